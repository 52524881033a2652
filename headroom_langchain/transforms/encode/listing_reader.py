"""Reading the listing form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import TYPE_CHECKING

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode import paths
from headroom_langchain.transforms.encode.layout import Layout
from headroom_langchain.transforms.encode.listing_grammar import (
    END_OF_LEGEND,
    HEAD,
    NOTE_CRLF,
    NOTE_LABELLED,
    Grammar,
)
from headroom_langchain.transforms.marker import read_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.transforms.encode.layout import Row


_LEGEND = re.compile(r"([A-Z]+)([:=])(.*)", re.DOTALL)


def read_part(form: str) -> str:
    """Restore the text of one form.

    Raises:
        CompressionError: The form is damaged.
    """
    found = read_header(form)
    if found is None or found[0] != "listing":
        raise CompressionError("this is no listing form")
    note = found[1]
    lines = form[found[2] :].split("\n")
    end = lines.index(END_OF_LEGEND)
    separator = "|" if note.startswith("|") else " "
    legend = _Legend(lines[:end], separator)
    out = _read_body(lines[end + 1 :], legend, labelled=note.removeprefix("|").startswith(NOTE_LABELLED))
    return ("\r\n" if note.endswith(NOTE_CRLF) else "\n").join(out)


@dataclass(slots=True)
class _Reading:
    """Rows of one variant as they are read."""

    table: int
    fixed: dict[int, str]
    free: int
    """Number of values in a row."""
    lines: list[int] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)


class _Legend:
    """What a legend declares."""

    def __init__(self, lines: list[str], separator: str) -> None:
        self.layouts: list[Layout] = []
        self.variants: dict[str, _Reading] = {}
        self.repeats: dict[str, str] = {}
        for line in lines:
            found = _LEGEND.fullmatch(line)
            if found is None:
                self.layouts.append(Layout.parse(line))
            elif found[2] == "=":
                self.repeats[found[1]] = found[3]
            else:
                self._declare(found[1], found[3], separator)
        if self.layouts and "A" not in self.variants:
            self.variants["A"] = _Reading(0, {}, len(self.layouts[0].columns))
        self.grammar = self._grammar(separator)

    def _declare(self, letter: str, declared: str, separator: str) -> None:
        columns = self.layouts[-1].columns
        positions = {column.name: position for position, column in enumerate(columns)}
        fixed: dict[int, str] = {}
        last = columns[-1].name
        values, is_last, rest = (separator + declared).partition(f"{separator}{last}=")
        for item in values.split(separator)[1:]:
            name, is_value, value = item.partition("=")
            if is_value:
                fixed[positions[name]] = value
            elif item:
                fixed.update(self.variants[item].fixed)
        if is_last:
            fixed[len(columns) - 1] = rest
        self.variants[letter] = _Reading(len(self.layouts) - 1, fixed, len(columns) - len(fixed))

    def _grammar(self, separator: str) -> Grammar:
        default = self.variants.get("A")
        named = [(letter, variant.free) for letter, variant in self.variants.items() if letter != "A"]
        before = {*self.repeats, *[letter for letter, free in named if free < 2]}
        if default is not None and not default.free:
            before.add("A")
        return Grammar(
            separator,
            frozenset(before),
            frozenset([letter for letter, free in named if free > 1]),
            default.free - 1 if default else 0,
            paths=any(layout.paths for layout in self.layouts),
            only_paths=bool(self.layouts) and len(self.layouts[0].columns) == 1,
        )


def _read_body(lines: list[str], legend: _Legend, *, labelled: bool) -> list[str]:
    out: list[str] = []
    grammar, separator = legend.grammar, legend.grammar.separator
    directory = ""
    section = 0
    for line in lines:
        kind = grammar.kind(line) if legend.layouts else line[:1] if line[:1] == "\\" else ""
        if kind == "/":
            directory = line
            continue
        reading = legend.variants.get(kind)
        if reading is not None:
            if kind == "A":
                row = line if reading.free else ""
            elif reading.free > 1:
                first, _, others = line.partition(separator)
                row = first + others[len(kind) :]
            else:
                row = line[len(kind) + 1 :]
            reading.lines.append(len(out))
            reading.rows.append(row)
            reading.directories.append(directory)
            reading.sections.append(section)
            out.append("")
            continue
        if kind == HEAD:
            names = tuple([column.name for column in legend.layouts[0].columns])
            line = legend.layouts[0].render([names], [0])[0]  # noqa: PLW2901
        elif kind == "\\":
            line = line[1:]  # noqa: PLW2901
        elif kind:
            line = legend.repeats[kind]  # noqa: PLW2901
        section += not line
        out.append(line)
    for number, layout in enumerate(legend.layouts):
        readings = [reading for reading in legend.variants.values() if reading.table == number]
        _fill(out, layout, readings, separator, labelled=labelled)
    return out


def _fill(
    out: list[str], layout: Layout, readings: list[_Reading], separator: str, *, labelled: bool
) -> None:
    """Write the rows of a table into the lines they stand in."""
    numbers: list[int] = []
    sections: list[int] = []
    rows: list[Row] = []
    for reading in readings:
        if not reading.rows:
            continue
        cells = [row.split(separator, reading.free - 1) for row in reading.rows] if reading.free else []
        columns: list[Sequence[str]] = list(zip(*cells, strict=True))
        if len(columns) != reading.free:
            raise CompressionError("a row has another number of values than its table has columns")
        if labelled and len(layout.columns) > 1:
            columns = [[cell.partition("=")[2] for cell in column] for column in columns]
        if layout.paths:
            columns[-1] = paths.restore(columns[-1], reading.directories)
        free = iter(columns)
        whole = [
            repeat(reading.fixed[position]) if position in reading.fixed else next(free)
            for position in range(len(layout.columns))
        ]
        rows += islice(zip(*whole, strict=False), len(reading.rows))
        numbers += reading.lines
        sections += reading.sections
    if layout.fitted and len(readings) > 1:
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        numbers = [numbers[index] for index in order]
        sections = [sections[index] for index in order]
        rows = [rows[index] for index in order]
    for number, line in zip(numbers, layout.render(rows, sections), strict=True):
        out[number] = line
