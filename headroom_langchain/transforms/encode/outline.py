"""Outlines: objects as ``key: value`` lines with tables in between.

::

    page: 1
    shop:
     name: Corner Store
     open: true
    tags: ["new","sale"]
    orders[20,]
    id,city
    1,Oslo
    ...

An array of records is a table (:mod:`spec`), an object of records is a table in braces whose first column holds the
keys. Other arrays are JSON or, where their items are long, items named ``-``. A text of several lines stands as it is
below ``name|lines``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import AUTO, json_of, text_cell
from headroom_langchain.transforms.encode.json_text import COMPACT, Number
from headroom_langchain.transforms.encode.rebuild import write_records
from headroom_langchain.transforms.encode.shape import ShapelessError, is_map_of_records, is_scalar, is_table, shape_of
from headroom_langchain.transforms.encode.spec import Child, Reader, path_of, segment
from headroom_langchain.transforms.encode.tables import read_table, write_table

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.json_text import Style
    from headroom_langchain.transforms.encode.options import EncodeOptions
    from headroom_langchain.transforms.encode.tables import ReadTable

LONG: Final = 200
"""Arrays of other things than records are JSON up to this many characters."""

_ENTRY: Final = re.compile(
    r'( *)((?:"(?:[^"\\]|\\.)*"|[\w$#/+%-]+)?)'
    r"(?:[\[{](\d+)(?:/(\d+))?([,|\t;])([\]}])$|(\[\]:)$|\|(\d+)$|:(?: (.*))?$)"
)
ITEM: Final = "-"
LINE_END: Final = "\n"
BLOCK_BREAKS: Final = 2
"""Texts with this many line breaks stand as they are, on lines of their own."""
_UNPRINTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def write_outline(value: Any, options: EncodeOptions) -> list[str]:
    """Write a parsed JSON array or object as lines.

    Raises:
        ShapelessError: Nothing in it stands in a table or is shorter as lines.
    """
    lines: list[str] = []
    if isinstance(value, dict):
        if not is_map_of_records(value) or not _write_map("", value, "", lines, options):
            _write_members(value, "", lines, options)
    else:
        _write_entry("", value, "", lines, options)
    return lines


def _write_members(members: dict[str, Any], indent: str, lines: list[str], options: EncodeOptions) -> None:
    for key, value in members.items():
        _write_entry(segment(key), value, indent, lines, options)


def _write_entry(name: str, value: Any, indent: str, lines: list[str], options: EncodeOptions) -> None:
    if is_scalar(value):
        if type(value) is str and value.count("\n") >= BLOCK_BREAKS and not _UNPRINTED.search(value):
            lines.append(f"{indent}{name}|{value.count(LINE_END) + 1}")
            lines += value.split(LINE_END)
        else:
            lines.append(f"{indent}{name}: {_scalar(value)}")
    elif isinstance(value, dict):
        if is_map_of_records(value) and _write_map(name, value, indent, lines, options):
            return
        if value:
            lines.append(f"{indent}{name}:")
            _write_members(value, indent + " ", lines, options)
        else:
            lines.append(f"{indent}{name}: {{}}")
    elif not is_table(value) or not _write_table(name, value, indent, lines, options):
        inline = COMPACT.write(value)
        if len(inline) <= LONG or all(map(is_scalar, value)):
            lines.append(f"{indent}{name}: {inline}")
            return
        lines.append(f"{indent}{name}[]:")
        for item in value:
            _write_entry(ITEM, item, indent + " ", lines, options)


def _write_map(name: str, members: dict[str, Any], indent: str, lines: list[str], options: EncodeOptions) -> bool:
    known = set().union(*members.values())
    title = next(key for key in ("key", "name", "_key", *map(str, range(len(known) + 1))) if key not in known)
    records = [{title: key, **record} for key, record in members.items()]
    return _write_table(name, records, indent, lines, options, brackets="{}")


def _write_table(
    name: str,
    records: list[Any],
    indent: str,
    lines: list[str],
    options: EncodeOptions,
    brackets: str = "[]",
) -> bool:
    try:
        shape = shape_of(records)
    except ShapelessError:
        return False
    if brackets == "{}" and shape.parts[0].path != (next(iter(records[0])),):
        return False
    table = write_table(shape, [shape.rows], options)
    height = sum(map(_height, table.blocks)) if shape.children else shape.rows
    count = f"{shape.rows}/{height}" if height != shape.rows else str(shape.rows)
    lines.append(f"{indent}{name}{brackets[0]}{count}{table.spec.delimiter}{brackets[1]}")
    lines += table.spec.lines()
    lines += table.blocks
    return True


def write_rows(records: list[Any], options: EncodeOptions) -> list[str]:
    """Write parsed JSON objects as a table alone.

    Raises:
        ShapelessError: The objects have too little in common.
    """
    lines: list[str] = []
    if not _write_table("", records, "", lines, options):
        raise ShapelessError("no table")
    return lines


def _height(block: str) -> int:
    return block.count("\n") + 1


def _scalar(value: Any) -> str:
    if type(value) is Number:
        return value
    if type(value) is str:
        return text_cell(value, AUTO) or '""'
    return COMPACT.write(value)


class _OutlineReader:
    """Reads lines back into JSON text."""

    def __init__(self, lines: list[str], style: Style, *, labelled: bool) -> None:
        self.lines = lines
        self.position = 0
        self.style = style
        self.labelled = labelled

    def root(self) -> str:
        """Read all lines."""
        first = _ENTRY.match(self.lines[0])
        if first is not None and not first[2]:
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
        if found is None or len(found[1]) != indent:
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
            key = self.style.quote(path_of(found[2])[0] if found[2] else "")
            members.append(f"{key}{self.style.key}{self._value(found, depth + 1)}")
        return self.style.object(members, depth)

    def _value(self, found: re.Match[str], depth: int) -> str:
        indent = len(found[1])
        if found[3]:
            if found[6] == "}":
                return self.style.object(self._named_table(found, depth + 1), depth)
            return self.style.array(self._table(found, depth + 1), depth)
        if found[8]:
            start, self.position = self.position, self.position + int(found[8])
            return self.style.quote(LINE_END.join(self.lines[start : self.position]))
        if found[7]:
            items = []
            while self._inside(indent + 1):
                items.append(self._value(self._entry(indent + 1), depth + 1))
            return self.style.array(items, depth)
        if found[9] is not None:
            return json_of([found[9]], AUTO, self.style, depth)[0]
        return self._members(indent + 1, depth)

    def _table(self, found: re.Match[str], depth: int) -> list[str]:
        return write_records(self._read_table(found), self.style, depth)

    def _named_table(self, found: re.Match[str], depth: int) -> list[str]:
        table = self._read_table(found)
        key = table.spec.parts.pop(0)
        if isinstance(key, Child):
            raise CompressionError("a table has no keys", {"line": found[0][:80]})
        names = json_of(table.cells[key.path], key.kind, self.style, depth)
        if any(name[:1] != '"' for name in names):
            raise CompressionError("a key is no string", {"line": found[0][:80]})
        records = write_records(table, self.style, depth)
        return [f"{name}{self.style.key}{record}" for name, record in zip(names, records, strict=True)]

    def _read_table(self, found: re.Match[str]) -> ReadTable:
        rows, height = int(found[3]), int(found[4] or found[3])
        reader = Reader(self.lines, self.position)
        spec = reader.read(found[5])
        self.position = reader.position + height
        table = read_table(spec, self.lines[reader.position : self.position], labelled=self.labelled)
        if table.rows != rows:
            raise CompressionError("rows are missing", {"expected": rows, "found": table.rows})
        return table


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
