"""Reads Markdown, reStructuredText's titles and plain prose as blocks, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headroom_langchain.transforms.select.fences import fences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADING = "heading"
PARAGRAPH = "paragraph"
ITEM = "item"
TABLE_HEAD = "table head"
ROW = "row"
CODE = "code"
FRONT_MATTER = "front matter"
DEFINITION = "definition"

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t\r]*\n(?:[^\n]*\n)*?\1[ \t\r]*(?:\n|\Z)")
_ATX = re.compile(r"(#{1,6})(?:[ \t]|$)")
_ITEM = re.compile(r"(?:[-*+•‣◦–]|\d{1,9}[.)]|[(]?[a-z][)])[ \t]+\S")
_DEFINITION = re.compile(r"\[[^\[\]]{1,200}\]:[ \t]*\S")
_UNDERLINES = {"=": 1, "-": 2, "~": 3, "^": 4, '"': 4}
_TAB = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a text.

    Attributes:
        kind: One of the names in this module.
        start: Where it begins in the text, in characters.
        end: Where it ends, without the white space behind it.
        level: Of a heading 1 to 6; of anything else how far it is indented.
    """

    kind: str
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    core: str
    """The line without the white space around it."""
    indent: int


def blocks_of(text: str) -> Iterator[Block]:
    """Read a text.

    Args:
        text: Markdown or prose.

    Yields:
        Blocks in order. What is between them is white space and rules (``---``).
    """
    start = 0
    if (front := _FRONT_MATTER.match(text)) and (":" in front[0] or "=" in front[0]):
        yield Block(FRONT_MATTER, 0, len(front[0].rstrip()))
        start = front.end()
    for part in fences(text[start:] if start else text):
        if part.fenced:
            begin = start + part.start + len(part.text) - len(part.text.lstrip())
            yield Block(CODE, begin, start + part.start + len(part.text.rstrip()))
        else:
            yield from _Reader(_lines(text, start + part.start, start + part.end)).blocks()


def _lines(text: str, start: int, end: int) -> list[_Line]:
    lines: list[_Line] = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        line = text[start:stop]
        core = line.strip()
        left = line.lstrip()
        indent = len(line) - len(left)
        if indent and "\t" in line[:indent]:
            indent = len(line[:indent].expandtabs(_TAB))
        lines.append(_Line(start + len(line) - len(left), start + len(line.rstrip()), core, indent))
        start = stop + 1
    return lines


class _Reader:
    """Reads the lines between two fences."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        self._at = 0
        self._in_table = False

    def blocks(self) -> Iterator[Block]:
        """The blocks of the lines."""
        in_list = False
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.core or _is_rule(line.core):
                self._in_table = False
                self._at += 1
                continue
            block = self._special(line, in_list=in_list) or self._paragraph(line)
            if block.kind == ITEM:
                in_list = True
            elif not line.indent:
                in_list = False
            self._in_table = block.kind in {TABLE_HEAD, ROW}
            yield block

    def _special(self, line: _Line, *, in_list: bool) -> Block | None:
        """The block that starts with a line and is no paragraph."""
        kind = TABLE_HEAD if self._is_table_head() else _kind(line)
        if not kind and self._in_table and "|" in line.core:
            kind = ROW
        if kind == ITEM:
            return self._run(ITEM, line)
        if not kind:
            return self._indented(line) if line.indent >= _TAB and not in_list else None
        self._at += 2 if kind == TABLE_HEAD else 1
        level = len(line.core) - len(line.core.lstrip("#")) if kind == HEADING else line.indent
        return Block(kind, line.start, self._lines[self._at - 1].end, level)

    def _paragraph(self, line: _Line) -> Block:
        """A paragraph, or the title that is underlined."""
        below = self._lines[self._at + 1].core if self._at + 1 < len(self._lines) else ""
        if level := _underline(line.core, below):
            self._at += 2
            return Block(HEADING, line.start, self._lines[self._at - 1].end, level)
        return self._run(PARAGRAPH, line)

    def _run(self, kind: str, first: _Line) -> Block:
        """Lines up to the next that is empty or starts something else."""
        end = first.end
        self._at += 1
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if (
                not line.core
                or line.core == ">"
                or _is_rule(line.core)
                or _kind(line)
                or self._is_table_head()
            ):
                break
            end = line.end
            self._at += 1
        return Block(kind, first.start, end, first.indent)

    def _indented(self, first: _Line) -> Block:
        """A block of indented code, with its empty lines."""
        end = first.end
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.core and line.indent < _TAB:
                break
            end = line.end if line.core else end
            self._at += 1
        return Block(CODE, first.start, end, first.indent)

    def _is_table_head(self) -> bool:
        at = self._at
        return (
            at + 1 < len(self._lines)
            and "|" in self._lines[at].core
            and _is_delimiter(self._lines[at + 1].core)
        )


def _kind(line: _Line) -> str:
    """The kind of block a line alone tells of; empty for text."""
    first = line.core[0]
    if first == "#" and _ATX.match(line.core):
        return HEADING
    if first == "|" and line.core.count("|") > 1:
        return ROW
    if first == "[" and _DEFINITION.match(line.core):
        return DEFINITION
    return ITEM if _ITEM.match(line.core) else ""


def _is_rule(core: str) -> bool:
    """Whether a line is a rule or a line that only underlines."""
    return len(core) >= 3 and core[0] in "-*_=" and not core.strip(core[0] + " \t")


def _is_delimiter(core: str) -> bool:
    """Whether a line stands between the head and the rows of a table."""
    return "-" in core and "|" in core and not core.strip("|-: \t")


def _underline(title: str, below: str) -> int:
    """The level of a title that is underlined; 0 if it is none."""
    if len(below) < 3 or below[0] not in _UNDERLINES or below.strip(below[0]):
        return 0
    if below[0] not in "=-" and len(below) < len(title):
        return 0
    return _UNDERLINES[below[0]]
