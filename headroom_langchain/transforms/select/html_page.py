"""Reads an HTML page as blocks: headings, paragraphs, list items, tables and code, and in which part of it they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headroom_langchain.transforms.select.html_elements import (
    HEADINGS,
    IN_HEAD,
    INLINE,
    VOID,
    Element,
    part_of,
)
from headroom_langchain.transforms.select.html_tables import Table
from headroom_langchain.transforms.select.html_tags import Tag, decoded, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADING = "heading"
PARAGRAPH = "paragraph"
TERM = "term"
ITEM = "item"
TABLE = "table"
CODE = "code"

LINK = re.compile("\x01(\\d+)\x02")
"""Stands behind the words of a link; the group is its number in the page."""

_USELESS = re.compile(r"\s*(?:#|javascript:|data:|mailto:|$)", re.IGNORECASE)
_CELLS = ("td", "th")
_ENDS_CELLS = frozenset(["table", "tr", "tbody", "thead", "tfoot", "body", "html"])
_CODES = ("code", "tt", "kbd", "samp")
_DEEPEST = 6
"""List levels that are shown."""
_SUP = "\x00"
"""Stands where a superscript begins."""
_SUPERSCRIPT = re.compile(rf"(?<=[\w)]){_SUP}(?=[\w+\-])")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page.

    Attributes:
        kind: One of the names in this module.
        text: What it says; ``LINK`` marks links. Of code the lines as they stand.
        level: Of a heading 1 to 6, of a list item its depth from 1.
        around: Whether it stands around the content: navigation, footers, banners.
        main: Whether it stands where the page says its content is.
        group: Number of the list item at the top level that it belongs to; 0 outside of lists.
        term: Number of the block with the term that it describes.
        rows: The cells of a table.
        has_head: Whether the first row of a table names its columns.
        language: Of code.
    """

    kind: str
    text: str
    level: int = 0
    around: bool = False
    main: bool = False
    group: int = 0
    term: int | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    has_head: bool = False
    language: str = ""


class Page:
    """Reads a page once.

    Attributes:
        title: What the page calls itself.
        blocks: Its blocks in order.
        links: Where the links of its blocks lead, by their numbers.
    """

    def __init__(self, page: str) -> None:
        self.title = ""
        self.blocks: list[Block] = []
        self.links: list[str] = []
        self._numbers: dict[str, int] = {}
        self._open: list[Element] = []
        self._places: dict[str, list[int]] = {}
        self._cells: list[int] = []
        self._seen: dict[tuple[str, str], Element] = {}
        self._around = self._main = self._never = 0
        self._buffer: list[str] = []
        self._link: tuple[str, int] | None = None
        self._heading = 0
        self._pre = False
        self._language = ""
        self._lists: list[int | None] = []
        self._marker = ""
        self._group = self._groups = 0
        self._terms: list[int | None] = []
        self._tables: list[Table] = []
        for part in tags_of(page):
            if isinstance(part, str):
                if not self._never:
                    self._buffer.append(part if self._pre else part.replace("\n", " "))
            elif part.is_end:
                self._end(part.name)
            else:
                self._start(part)
        self._close_to(0)
        self._flush()

    def _start(self, tag: Tag) -> None:
        name = tag.name
        if name == "title" and not self.title:
            self.title = " ".join(decoded(tag.raw).split())
        if name == "body" or (self._open and self._open[-1].name == "head" and name not in IN_HEAD):
            self._end("head")
        if name in VOID:
            self._void(tag)
            return
        self._imply_ends(name)
        if not self._never and name not in INLINE:
            self._block_starts(name)
        opened = self._opened(tag)
        self._around += opened.around
        self._main += opened.main
        self._never += opened.never
        self._places.setdefault(name, []).append(len(self._open))
        if name in _CELLS:
            self._cells.append(len(self._open))
        self._open.append(opened)
        if not self._never:
            self._enter(tag)

    def _opened(self, tag: Tag) -> Element:
        """What part of a page an element is."""
        seen = self._seen.get((tag.name, tag.source))
        if seen is None:
            seen = self._seen[tag.name, tag.source] = part_of(tag)
        if seen.language:
            self._language = seen.language
        # The header of an article is its title and its author.
        return Element(tag.name) if tag.name == "header" and self._main and not seen.never else seen

    def _imply_ends(self, name: str) -> None:
        """End what HTML lets authors leave open."""
        top = self._open[-1].name if self._open else ""
        if top == "p" and name not in INLINE:
            self._end("p")
        elif (
            name == "li" == top
            or (name in {"dt", "dd"} and top in {"dt", "dd"})
            or (name in _CELLS and top in _CELLS)
        ):
            self._end(top)
        elif name in {"tr", "tbody", "tfoot"}:
            if top in _CELLS:
                self._end(top)
            if self._open and self._open[-1].name == "tr":
                self._end("tr")
        elif name == "a" and self._link:
            self._end_link()

    def _end(self, name: str) -> None:
        """End an element, and all that is open in it."""
        places = self._places.get(name)
        if not places:
            if name == "p" and not self._never:
                self._break()
            return
        if name in INLINE and self._open[-1].name != name and self._open[-1].name not in INLINE:
            return
        if self._cells and places[-1] < self._cells[-1] and name not in _ENDS_CELLS:
            return
        self._close_to(places[-1])

    def _close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            if not self._never:
                self._leave(self._open[-1].name)
            closed = self._open.pop()
            self._places[closed.name].pop()
            if closed.name in _CELLS:
                self._cells.pop()
            self._around -= closed.around
            self._main -= closed.main
            self._never -= closed.never

    def _void(self, tag: Tag) -> None:
        if self._never:
            return
        if tag.name == "br":
            self._buffer.append("\n")
        elif tag.name == "hr":
            self._break()
        elif tag.name == "img" and "alt" in tag.source:
            attributes = tag.attributes()
            alt = " ".join(attributes.get("alt", "").split())
            if len(alt) > 2 and attributes.get("width", "") not in {"0", "1"}:
                self._buffer.append(f"![{alt}]")

    def _block_starts(self, name: str) -> None:
        """Break before a block; a table that holds blocks is there for the layout."""
        if self._tables and name in {"ul", "ol", "dl", "pre", "table", "blockquote", *HEADINGS}:
            self._dissolve()
        self._break()

    def _enter(self, tag: Tag) -> None:
        name = tag.name
        if name == "a" and not self._pre and not self._heading:
            href = tag.attributes().get("href", "").strip()
            self._link = (href, len(self._buffer)) if not _USELESS.match(href) else None
        elif name in _CODES and not self._pre:
            self._buffer.append("`")
        elif name == "sup":
            self._buffer.append(_SUP)
        elif name in HEADINGS:
            self._heading = int(name[1])
        elif name == "pre":
            self._pre = True
        elif name in {"ul", "ol"}:
            start = tag.attributes().get("start", "1") if name == "ol" else ""
            self._lists.append(
                (int(start) if re.fullmatch(r"-?\d{1,9}", start) else 1) if name == "ol" else None
            )
        elif name == "li":
            self._enter_item()
        elif name == "dl":
            self._terms.append(None)
        elif name == "table":
            self._tables.append(Table())
        elif self._tables:
            self._tables[-1].start(tag)

    def _enter_item(self) -> None:
        depth = max(1, len(self._lists))
        if depth == 1:
            self._groups += 1
            self._group = self._groups
        number = self._lists[-1] if self._lists else None
        self._marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _leave(self, name: str) -> None:
        if name in INLINE:
            if name == "a" and self._link:
                self._end_link()
            elif name in _CODES and not self._pre:
                self._buffer.append("`")
            return
        if name in _CELLS and self._tables and not self._tables[-1].is_layout:
            self._end_link()
            self._tables[-1].end_cell(_clean("".join(self._buffer)).replace("\n", " "))
            self._buffer = []
            return
        if name == "pre":
            self._flush()
            self._pre = False
            self._language = ""
            return
        self._break()
        if name in HEADINGS:
            self._heading = 0
        elif name in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif name == "li":
            self._marker = ""
            if len(self._lists) <= 1:
                self._group = 0
        elif name == "dt" and self._terms and self.blocks:
            self._terms[-1] = len(self.blocks) - 1
        elif name == "dl" and self._terms:
            self._terms.pop()
        elif name == "table" and self._tables:
            self._leave_table()

    def _end_link(self) -> None:
        """Put the number of a link behind its words."""
        if self._link is None:
            return
        href, at = self._link
        self._link = None
        words = " ".join("".join(self._buffer[at:]).split())
        if not words or words == href or words.startswith("!["):
            return
        number = self._numbers.setdefault(href, len(self.links))
        if number == len(self.links):
            self.links.append(href)
        self._buffer.append(f"\x01{number}\x02")

    def _break(self) -> None:
        """End a block; in a table's cell and in code it is only white space."""
        if self._pre:
            if self._buffer and not self._buffer[-1].endswith("\n"):
                self._buffer.append("\n")
        elif self._tables and not self._tables[-1].is_layout and self._in_cell():
            self._buffer.append(" ")
        else:
            self._flush()

    def _in_cell(self) -> bool:
        tables = self._places.get("table")
        return bool(self._cells and tables and self._cells[-1] > tables[-1])

    def _flush(self) -> None:
        """Make a block of the text that was read since the last one."""
        if not self._buffer:
            return
        self._end_link()
        text = "".join(self._buffer)
        self._buffer = []
        if self._pre:
            text = LINK.sub("", text).replace("\r\n", "\n").strip("\n").rstrip()
            if text.strip():
                self._add(CODE, text, level=len(self._lists), language=self._language)
            return
        text = _clean(text)
        if not LINK.sub("", text).strip("` \n"):
            return
        if self._heading:
            self._add(HEADING, LINK.sub("", text).replace("\n", " "), level=self._heading)
        elif self._group:
            depth = min(max(1, len(self._lists)), _DEEPEST)
            marker, self._marker = self._marker or "  ", ""
            indent = "  " * (depth - 1)
            self._add(ITEM, indent + marker + text.replace("\n", f"\n{indent}  "), level=depth)
        elif self._open and self._open[-1].name == "dt":
            self._add(TERM, text)
        else:
            quoted = "blockquote" in self._places and bool(self._places["blockquote"])
            self._add(PARAGRAPH, "> " + text.replace("\n", "\n> ") if quoted else text)

    def _add(self, kind: str, text: str, level: int = 0, language: str = "") -> None:
        term = next((term for term in reversed(self._terms[-_DEEPEST:]) if term is not None), None)
        # A page's own title often stands in its banner.
        around = self._around > 0 and not (kind == HEADING and level == 1)
        group = self._group if kind in {ITEM, CODE} else 0
        term = None if kind == TERM else term
        self.blocks.append(Block(kind, text, level, around, self._main > 0, group, term, language=language))

    def _dissolve(self) -> None:
        """Give up a table: its cells are blocks of the page."""
        table = self._tables[-1]
        if table.is_layout:
            return
        table.is_layout = True
        waiting, self._buffer = self._buffer, []
        self._flush_cells(table.rows)
        table.rows = []
        self._buffer = waiting

    def _flush_cells(self, rows: Iterable[Iterable[str]]) -> None:
        """Make a block of each cell."""
        for row in rows:
            for cell in row:
                self._buffer = [cell]
                self._flush()

    def _leave_table(self) -> None:
        table = self._tables.pop()
        rows = table.said()
        if not table.is_data():
            self._flush_cells(rows)
            return
        self.blocks.append(
            Block(
                TABLE,
                "",
                around=self._around > 0,
                main=self._main > 0,
                rows=tuple(map(tuple, rows)),
                has_head=table.has_head,
            )
        )


def _clean(text: str) -> str:
    """One line for each line that is broken on purpose, white space collapsed."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _SUPERSCRIPT.sub("^", "\n".join(filter(None, lines))).replace(_SUP, "")
