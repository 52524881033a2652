"""Reads outlines (:mod:`outline`) back into JSON text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import AUTO, json_of
from headroom_langchain.transforms.encode.json_text import style_of_words
from headroom_langchain.transforms.encode.outline import CLOSING, LINE_END, NAMED
from headroom_langchain.transforms.encode.rebuild import write_records
from headroom_langchain.transforms.encode.spec import Child, Part, Reader, path_of
from headroom_langchain.transforms.encode.tables import read_table

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.json_text import Style
    from headroom_langchain.transforms.encode.tables import ReadTable

_ENTRY: Final = re.compile(
    r'(?P<indent> *)(?P<name>(?:"(?:[^"\\]|\\.)*"|[\w$#/+%-]+)?)'
    r"(?:[\[{(<](?P<rows>\d+)(?:/(?P<height>\d+))?(?P<delimiter>[,|\t;])(?P<closing>[\]})>])$"
    r"|(?P<items>\[\]:)$|\|(?P<lines>\d+)$|=json(?P<json>[a-z0-9 ]*)$|:(?: (?P<cell>.*))?$)"
)
_CLOSING_NAMED: Final = frozenset(CLOSING[opening] for opening in NAMED)
_BASE: Final = re.compile(r"\$(\d)=(.+)")
_BASED: Final = re.compile(r"\$(\d)(.*)")


class _OutlineReader:
    """Reads lines back into JSON text."""

    def __init__(self, lines: list[str], style: Style, *, labelled: bool) -> None:
        self.lines = lines
        self.position = 0
        self.style = style
        self.labelled = labelled
        self.bases: dict[str, str] = {}

    def root(self) -> str:
        """Read all lines."""
        while found := _BASE.fullmatch(self.lines[self.position]):
            self.bases[found[1]] = found[2]
            self.position += 1
        first = _ENTRY.match(self.lines[self.position])
        if first is not None and not first["name"]:
            text = self._value(self._entry(0), 0)
        else:
            text = self._members(0, 0)
        if self.position < len(self.lines):
            raise CompressionError("lines behind the end", {"line": self.lines[self.position][:80]})
        return text

    def rows(self) -> list[str]:
        """Read a table alone."""
        records = self._table(self._entry(0), 0)
        if self.position < len(self.lines):
            raise CompressionError("lines behind the end", {"line": self.lines[self.position][:80]})
        return records

    def _entry(self, indent: int) -> re.Match[str]:
        found = _ENTRY.match(self.lines[self.position])
        if found is None or len(found["indent"]) != indent:
            raise CompressionError("a line is damaged", {"line": self.lines[self.position][:80]})
        self.position += 1
        return found

    def _inside(self, indent: int) -> bool:
        if self.position >= len(self.lines):
            return False
        line = self.lines[self.position]
        return line[:indent] == " " * indent and line[indent : indent + 1] != " "

    def _members(self, indent: int, depth: int) -> str:
        members = []
        while self._inside(indent):
            found = self._entry(indent)
            key = self.style.quote(path_of(found["name"])[0] if found["name"] else "")
            members.append(f"{key}{self.style.key}{self._value(found, depth + 1)}")
        return self.style.object(members, depth)

    def _value(self, found: re.Match[str], depth: int) -> str:
        indent = len(found["indent"])
        if found["rows"]:
            return self._any_table(found, depth)
        if found["lines"] or found["json"] is not None:
            return self.style.quote(self._text(found, indent))
        if found["items"]:
            items = []
            while self._inside(indent + 1):
                items.append(self._value(self._entry(indent + 1), depth + 1))
            return self.style.array(items, depth)
        if found["cell"] is not None:
            return self._scalar(found["cell"], depth)
        return self._members(indent + 1, depth)

    def _scalar(self, cell: str, depth: int) -> str:
        based = _BASED.fullmatch(cell) if self.bases else None
        if based is not None and based[1] in self.bases:
            return self.style.quote(self.bases[based[1]] + based[2])
        return json_of([cell], AUTO, self.style, depth)[0]

    def _text(self, found: re.Match[str], indent: int) -> str:
        if found["lines"]:
            start, self.position = self.position, self.position + int(found["lines"])
            return LINE_END.join(self.lines[start : self.position])
        style = style_of_words(found["json"].split())
        inner = _OutlineReader(self.lines, style, labelled=self.labelled)
        inner.position, inner.bases = self.position, self.bases
        text = inner._value(inner._entry(indent + 1), 0)
        self.position = inner.position
        return text + style.end

    def _any_table(self, found: re.Match[str], depth: int) -> str:
        style, closing = self.style, found["closing"]
        if closing == "]":
            return style.array(self._table(found, depth + 1), depth)
        if closing == "}":
            return style.object(self._named_table(found, depth + 1), depth)
        table = self._read_table(found)
        if closing == ")":
            columns = [
                json_of(table.cells[part.path], _kind(part), style, depth + 2) for part in table.spec.parts
            ]
            return style.array([style.array(row, depth + 1) for row in zip(*columns, strict=True)], depth)
        return style.object(
            [
                f"{style.quote(part.path[0])}{style.key}"
                f"{style.array(json_of(table.cells[part.path], _kind(part), style, depth + 2), depth + 1)}"
                for part in table.spec.parts
            ],
            depth,
        )

    def _table(self, found: re.Match[str], depth: int) -> list[str]:
        return write_records(self._read_table(found), self.style, depth)

    def _named_table(self, found: re.Match[str], depth: int) -> list[str]:
        table = self._read_table(found)
        key = table.spec.parts.pop(0)
        names = json_of(table.cells[key.path], _kind(key), self.style, depth)
        if any(name[:1] != '"' for name in names):
            raise CompressionError("a key is no string", {"line": found[0][:80]})
        note = table.spec.notes.get(())
        if note is not None:
            note.orders = [tuple(part for part in order if (part,) != key.path) for order in note.orders]
        records = write_records(table, self.style, depth)
        return [f"{name}{self.style.key}{record}" for name, record in zip(names, records, strict=True)]

    def _read_table(self, found: re.Match[str]) -> ReadTable:
        rows, height = int(found["rows"]), int(found["height"] or found["rows"])
        reader = Reader(self.lines, self.position)
        spec = reader.read(found["delimiter"])
        labelled = self.labelled and found["closing"] in _CLOSING_NAMED
        self.position = reader.position + height
        table = read_table(spec, self.lines[reader.position : self.position], labelled=labelled)
        if table.rows != rows:
            raise CompressionError("rows are missing", {"expected": rows, "found": table.rows})
        return table


def _kind(part: Part) -> str:
    if isinstance(part, Child):
        raise CompressionError("a list stands where a column must be", {"column": part.path})
    return part.kind


def read_outline(lines: list[str], style: Style, *, labelled: bool) -> str:
    """Read the lines of an outline.

    Args:
        lines: What :func:`write_outline` wrote, blocks of rows split into lines.
        style: Formatting of the JSON.
        labelled: Cells of tables carry their column's name.

    Returns:
        The JSON text.

    Raises:
        CompressionError: The lines are damaged.
    """
    return _OutlineReader(lines, style, labelled=labelled).root()


def read_rows(lines: list[str], style: Style, *, labelled: bool) -> list[str]:
    """Read a table that :func:`write_rows` wrote.

    Returns:
        One JSON object for each row.

    Raises:
        CompressionError: The lines are damaged.
    """
    return _OutlineReader(lines, style, labelled=labelled).rows()
