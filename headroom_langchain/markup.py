"""What in a text is HTML and not what a page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG: Final = re.compile(
    r"<(?:(?P<comment>!--)|!doctype\b[^<>]*+>|(?P<closing>/)?(?P<name>[a-z][a-z0-9]*+)(?=[\s/>])[^<>]*+>)",
    re.IGNORECASE,
)
# fmt: off
_ELEMENTS: Final = frozenset({
    "a", "abbr", "address", "area", "article", "aside", "audio", "b", "base", "bdi", "bdo", "blockquote",
    "body", "br", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "data",
    "datalist", "dd", "del", "details", "dfn", "dialog", "div", "dl", "dt", "em", "embed", "fieldset",
    "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header",
    "hgroup", "hr", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "link",
    "main", "map", "mark", "menu", "meta", "meter", "nav", "noscript", "object", "ol", "optgroup", "option",
    "output", "p", "param", "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "script",
    "section", "select", "slot", "small", "source", "span", "strike", "strong", "style", "sub", "summary",
    "sup", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title",
    "tr", "track", "tt", "u", "ul", "var", "video", "wbr",
})
# fmt: on
_SILENT: Final = {name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in ("script", "style", "svg")}
"""Elements whose content is no text, with the pattern of their ends."""


def without_markup(text: str) -> str:
    """Take the HTML out of a text.

    Tags of HTML's own elements, document types, comments, and scripts, styles and SVG drawings with all that is in
    them. Tags of other names stay, because prompts and code use them; so does everything where no tag is closed.
    A script that is never closed loses its tag alone, a comment nothing. Words that only a tag stood between
    stand together in what is left.

    Args:
        text: Any text.

    Returns:
        What is left; the text itself where there is no HTML.
    """
    kept, at, sure = [], 0, False
    for start, end, tells in _markup(text):
        kept.append(text[at:start])
        at = end
        sure = sure or tells
    return "".join([*kept, text[at:]]) if sure else text


def _markup(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each piece of markup, and whether it alone says that this is HTML."""
    at = 0
    # Ends that are not there are looked for once, so that a thousand open comments take no thousand searches.
    missing: set[str] = set()
    while found := _TAG.search(text, at):
        at = found.end()
        name = (found["name"] or "").lower()
        tells = not name or found["closing"] is not None
        if found["comment"]:
            end = -1 if "" in missing else text.find("-->", at)
            if end < 0:
                missing.add("")
                continue
            at = end + 3
        elif name and name not in _ELEMENTS:
            continue
        elif name in _SILENT and not found["closing"] and name not in missing and text[at - 2] != "/":
            last = _SILENT[name].search(text, at)
            if last is None:
                missing.add(name)
            else:
                at, tells = last.end(), True
        yield found.start(), at, tells
