"""Reads HTML as a stream of tags and text.

The rules are those of the HTML standard's tokenizer as far as they decide what is text: quotes count only behind an
equals sign, scripts and styles end at their own end tag, and a comment or tag that nothing ends runs to the end.
There is no tree: one is quadratic in the depth of nesting, and what reads this needs none. Time is linear in the size.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG = re.compile(
    r"""<(?:
        !--(?:-?>|.*?--!?>|.*)
        |[!?][^>]*+>?
        |(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)
         (?P<attributes>(?:[^>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?)*+)>?
    )""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s=/"'>]++)(?:\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>]++)))?+|["'=/>]""",
)
_RAW_END = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}
_UNSEEN_CHARACTER = re.compile("[\x00-\x02\u200b\ufeff\xad]")
_UNSEEN = str.maketrans("", "", "\x00\x01\x02\u200b\ufeff\xad")


class Tag(NamedTuple):
    """A start or end tag."""

    name: str
    """In lower case."""
    source: str
    """The attributes as they stand."""
    is_end: bool
    raw: str = ""
    """What stands in an element that holds no tags: a title, a script."""

    def attributes(self) -> dict[str, str]:
        """The attributes by their names in lower case, references decoded; the first of a name counts."""
        found: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(self.source):
            if name:
                found.setdefault(name.lower(), decoded(double or single or bare))
        return found


def tags_of(page: str) -> Iterator[Tag | str]:
    """Read a page.

    Args:
        page: HTML, whole or a piece, however broken.

    Yields:
        Tags, and the text between them with its references decoded. Comments are left out.
    """
    if _UNSEEN_CHARACTER.search(page):
        page = page.translate(_UNSEEN)
    done = 0
    while found := _TAG.search(page, done):
        if found.start() > done:
            yield decoded(page[done : found.start()])
        done = found.end()
        end, name, attributes = found.groups()
        if not name:
            continue
        name = name.lower()
        raw = ""
        if name in _RAW_END and not end:
            ending = _RAW_END[name].search(page, done)
            stop = ending.start() if ending else len(page)
            raw, done = page[done:stop], stop
        yield Tag(name, attributes, bool(end), raw)
    if done < len(page):
        yield decoded(page[done:])


def decoded(text: str) -> str:
    """Decode character references, and drop characters that nobody sees.

    Args:
        text: Text as it stands in a page.

    Returns:
        The text as a reader sees it; as it stands if a reference is a number that is too long for one.
    """
    if "&" not in text:
        return text
    try:
        return unescape(text).translate(_UNSEEN)
    except ValueError:
        return text
