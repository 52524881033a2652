"""Outlines: objects as ``key: value`` lines with tables in between.

::

    $1=https://shop.example/api/
    page: 1
    next: $1orders?page=2
    shop:
     name: Corner Store
     open: true
    tags: ["new","sale"]
    orders[20,]
    id,city
    1,Oslo
    ...

An array of records is a table (:mod:`spec`): ``name[rows,]``. An object of records is a table in braces,
``name{rows,}``, whose first column holds the keys. Arrays of equal length are a table in parentheses, ``name(rows,)``;
an object of such arrays, one for each column, a table in angles, ``name<rows,>``. Other arrays are JSON or, where their
items are long, items named ``-``. A text of several lines stands as it is below ``name|lines``; a
text that is JSON itself is written as such below ``name=json``, followed by its formatting.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.transforms.encode.cells import AUTO, text_cell
from headroom_langchain.transforms.encode.json_text import COMPACT, Number, is_deep, parse, quote, style_of
from headroom_langchain.transforms.encode.shape import (
    Shape,
    ShapelessError,
    grid_of,
    is_map_of_records,
    is_scalar,
    is_table,
    series_of,
    shape_of,
)
from headroom_langchain.transforms.encode.spec import segment
from headroom_langchain.transforms.encode.tables import write_table

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.options import EncodeOptions

LONG: Final = 200
"""Arrays of other things than records are JSON up to this many characters."""
ITEM: Final = "-"
DEEPEST: Final = 24
"""Objects nested deeper than this are JSON."""
CLOSING: Final = {"[": "]", "{": "}", "(": ")", "<": ">"}
NAMED: Final = "[{"
"""Kinds of tables whose cells may carry names; in the others they had none."""
LINE_END: Final = "\n"
BLOCK_BREAKS: Final = 2
"""Texts with this many line breaks stand as they are, on lines of their own."""
MAX_BASES: Final = 5
SHORTEST_BASE: Final = 20
MIN_GAIN: Final = 8
"""Tokens that a base must save, by a rough count."""
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]|^\[headroom:", re.MULTILINE)
_BASE_MARK: Final = re.compile(r"\$\d")


def write_outline(value: Any, options: EncodeOptions) -> list[str]:
    """Write a parsed JSON array or object as lines.

    Args:
        value: The parsed value, not empty.
        options: How the form may be written.

    Returns:
        Lines; rows with nested rows hold line breaks.
    """
    writer = _OutlineWriter(options, _bases(value))
    if isinstance(value, list):
        writer.entry("", value, "")
    elif not writer.columns("", value, ""):
        writer.members(value, "")
    return writer.lines


def write_rows(records: list[Any], options: EncodeOptions) -> list[str]:
    """Write parsed JSON objects as a table alone.

    Raises:
        ShapelessError: The objects have too little in common.
    """
    writer = _OutlineWriter(options, [])
    writer.table("[", shape_of(records), "")
    return writer.lines


def _bases(value: Any) -> list[str]:
    """Find the beginnings that URLs of an outline share."""
    urls: list[str] = []
    open_values = [value]
    while open_values:
        item = open_values.pop()
        if isinstance(item, dict) and not is_map_of_records(item):
            open_values += item.values()
        elif type(item) is str and item.startswith(("https://", "http://")):
            urls.append(item)
    bases: list[str] = []
    while len(urls) > 1 and len(bases) < MAX_BASES:
        counted = Counter(
            url[: found.end()]
            for url in urls
            for found in re.finditer("/", url)
            if found.end() >= SHORTEST_BASE
        )
        gains = {base: (times - 1) * len(base) / 4 - 2 * times - 4 for base, times in counted.items()}
        best = max(gains, key=lambda base: gains[base], default="")
        if not best or gains[best] < MIN_GAIN:
            break
        bases.append(best)
        urls = [url for url in urls if not url.startswith(best)]
    return sorted(bases, key=len, reverse=True)


class _OutlineWriter:
    """Collects the lines of an outline."""

    def __init__(self, options: EncodeOptions, bases: list[str]) -> None:
        self.options = options
        self.bases = bases
        self.lines = [f"${number}={base}" for number, base in enumerate(bases, 1)]

    def members(self, members: dict[str, Any], indent: str) -> None:
        """Write the members of an object."""
        for key, value in members.items():
            self.entry(segment(key), value, indent)

    def entry(self, name: str, value: Any, indent: str) -> None:
        """Write a named value."""
        if is_scalar(value):
            if type(value) is str and len(value) > LONG and self._json_text(name, value, indent):
                return
            if type(value) is str and value.count(LINE_END) >= BLOCK_BREAKS and not _UNFIT.search(value):
                self.lines.append(f"{indent}{name}|{value.count(LINE_END) + 1}")
                self.lines += value.split(LINE_END)
            else:
                self.lines.append(f"{indent}{name}: {self._scalar(value)}")
        elif not value or len(indent) >= DEEPEST:
            self.lines.append(f"{indent}{name}: {COMPACT.write(value)}")
        elif isinstance(value, dict):
            if not self.columns(name, value, indent):
                self.lines.append(f"{indent}{name}:")
                self.members(value, indent + " ")
        elif not self._rows(name, value, indent):
            self._items(name, value, indent)

    def _json_text(self, name: str, text: str, indent: str) -> bool:
        """Write a text that is JSON, if its formatting is a standard one."""
        if text[:1] not in ("{", "[") or len(indent) >= DEEPEST:
            return False
        try:
            value = parse(text)
        except (ValueError, RecursionError):
            return False
        if not value or is_deep(value):
            return False
        style = style_of(text, value)
        if style.write(value) + style.end != text:
            return False
        self.lines.append(f"{indent}{name}=json {style.words}".rstrip())
        self.entry(ITEM, value, indent + " ")
        return True

    def _items(self, name: str, items: list[Any], indent: str) -> None:
        inline = f"{indent}{name}: {COMPACT.write(items)}"
        if len(inline) <= LONG or all(map(is_scalar, items)):
            self.lines.append(inline)
            return
        start = len(self.lines)
        self.lines.append(f"{indent}{name}[]:")
        for item in items:
            self.entry(ITEM, item, indent + " ")
        if sum(map(len, self.lines[start:])) + 2 * (len(self.lines) - start) >= len(inline):
            self.lines[start:] = [inline]

    def _rows(self, name: str, items: list[Any], indent: str) -> bool:
        """Write an array as a table, if it is one."""
        if is_table(items):
            try:
                shape = shape_of(items)
            except ShapelessError:
                return False
            self.table(name + "[", shape, indent)
            return True
        grid = grid_of(items)
        if grid is not None:
            self.table(name + "(", grid, indent)
        return grid is not None

    def columns(self, name: str, members: dict[str, Any], indent: str) -> bool:
        """Write an object as a table, if its members are its rows or its columns."""
        series = series_of(members)
        if series is not None:
            self.table(name + "<", series, indent)
            return True
        if not is_map_of_records(members):
            return False
        known = set().union(*members.values())
        title = next(
            key for key in ("key", "name", "_key", *map(str, range(len(known) + 1))) if key not in known
        )
        try:
            shape = shape_of([{title: key, **record} for key, record in members.items()])
        except ShapelessError:
            return False
        if shape.parts[0].path != (title,):
            return False
        self.table(name + "{", shape, indent)
        return True

    def table(self, name: str, shape: Shape, indent: str) -> None:
        """Write a table; its name ends with the bracket that tells its kind."""
        named = name[-1] in NAMED
        table = write_table(
            shape, [shape.rows], self.options if named else replace(self.options, labelled=False)
        )
        height = sum(map(_height, table.blocks)) if shape.children else shape.rows
        count = f"{shape.rows}/{height}" if height != shape.rows else str(shape.rows)
        self.lines.append(f"{indent}{name}{count}{table.spec.delimiter}{CLOSING[name[-1]]}")
        self.lines += table.spec.lines()
        self.lines += table.blocks

    def _scalar(self, value: Any) -> str:
        if type(value) is Number:
            return value
        if type(value) is not str:
            return COMPACT.write(value)
        cell = text_cell(value, AUTO) or '""'
        if self.bases:
            if _BASE_MARK.match(cell):
                return quote(cell)
            for number, base in enumerate(self.bases, 1):
                if cell.startswith(base):
                    return f"${number}{cell[len(base) :]}"
        return cell


def _height(block: str) -> int:
    return block.count(LINE_END) + 1
