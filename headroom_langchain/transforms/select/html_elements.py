"""What the elements of a page are: its content, what stands around that, or nothing anyone reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.html_tags import Tag


def words(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(" ".join(lines).split())


HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
VOID = words(
    "area base br col embed hr img input link meta param source track wbr",
)
IN_HEAD = words("title style script meta link base noscript template")
"""Elements that stand in a page's head; any other ends it."""
INLINE = words(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s",
    "samp small span strike strong sub sup time tt u var",
)
NEVER = words(
    "script style svg canvas template noscript iframe object embed audio video map select datalist button",
    "dialog textarea noembed noframes head",
)
"""Elements whose text is no part of what a page says."""
_AROUND = frozenset(["nav", "footer", "aside", "menu", "header"])
_AROUND_ROLES = words(
    "navigation banner contentinfo complementary search dialog alertdialog menu menubar",
)
_AROUND_NAMES = re.compile(
    r"""(?<![a-z])(?<!has-)(?<!no-)(?<!with-)
    (?:cookies?|consent|gdpr|nav|navbar|navigation|menu|breadcrumbs?|sidebar|footer|masthead|social|share|sharing|toc
    |newsletter|subscribe|subscription|advert\w*|ads?|promo|popup|modal|overlay|skip|skip-link|linenos?|headerlink)
    (?![a-z])""",
    re.VERBOSE | re.IGNORECASE,
)
_MARKS = re.compile(r"hidden|display\s*:\s*none|class|id\s*=|role", re.IGNORECASE)
_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:language-|lang-|highlight-source-|highlight-|brush:\s*)([\w+#-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Element:
    """An element that is open, and what ends with it."""

    name: str
    around: int = 0
    main: int = 0
    never: int = 0
    language: str = ""


def part_of(tag: Tag) -> Element:
    """Tell what part of a page an element says it is.

    Args:
        tag: A start tag.

    Returns:
        The element; by its name, its role, and its class and id.
    """
    name = tag.name
    if name in NEVER:
        return Element(name, never=1)
    is_main = name in {"main", "article"}
    opened = Element(name, main=int(is_main), around=int(name in _AROUND))
    if not _MARKS.search(tag.source):
        return opened
    attributes = tag.attributes()
    role = attributes.get("role", "").lower()
    is_unseen = "hidden" in attributes or bool(_NO_DISPLAY.search(attributes.get("style", "")))
    is_unseen |= attributes.get("aria-hidden") == "true" and name in INLINE
    if is_unseen or role == "main" or role in _AROUND_ROLES:
        return Element(
            name, main=int(role == "main"), around=int(role in _AROUND_ROLES), never=int(is_unseen)
        )
    if is_main or name in {"body", "html", *HEADINGS}:
        return opened
    called = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    if _AROUND_NAMES.search(called):
        # What a few words are called so is a sign, not a part of the page.
        is_sign = name in INLINE or "lineno" in called
        return Element(name, around=int(not is_sign), never=int(is_sign))
    language = _LANGUAGE.search(called) if name in {"div", "pre", "code"} else None
    return replace(opened, language=language[1].lower() if language else "")
