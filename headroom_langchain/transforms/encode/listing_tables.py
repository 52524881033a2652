"""Finding the tables of a listing, and what repeats in them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate, compress
from typing import TYPE_CHECKING

from headroom_langchain.transforms.encode import paths
from headroom_langchain.transforms.encode.columns import Cut, find_cut
from headroom_langchain.transforms.encode.layout import Column, Layout
from headroom_langchain.transforms.encode.variants import Variant, find_variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.transforms.encode.layout import Row
    from headroom_langchain.transforms.encode.options import EncodeOptions


_CHUNKS, _CHUNK = 8, 30
_MOST_LAYOUTS = 3
_FEWEST_ROWS = 3
_ENDING = re.compile(r"(?<=\w)[/,;@][^\s{}/]+\Z")
_ENDINGS_SAMPLE = 200
_FEWEST_ENDINGS = 8
_LEAST_SHARE = 0.05
_MOST_VARIANTS, _MOST_VARIANTS_DENSE = 26, 40


@dataclass(slots=True)
class Table:
    """Lines that one layout restores."""

    layout: Layout
    lines: list[int]
    rows: list[Row]
    headings: dict[int, str] = field(default_factory=dict)
    """Directory that is given before a line."""
    names: list[str] | None = None
    """What stands for the last column below the headings."""
    head: int = -1
    """The line that holds the names of the columns."""
    variants: list[Variant] = field(default_factory=list)
    columns: list[Row] = field(default_factory=list)
    """The rows, turned."""


def find_tables(lines: list[str]) -> tuple[list[Table], str]:
    """Find the tables, or the list of paths, that lines show.

    Returns:
        The tables, and what stands between the values of their rows.
    """
    tables: list[Table] = []
    separator = " "
    rest = list(range(len(lines)))
    if _are_paths(lines):
        return _path_table(lines), separator
    sections = list(accumulate([not line for line in lines]))
    while len(tables) < _MOST_LAYOUTS:
        cut = find_cut(_chunks([lines[index] for index in rest]))
        if cut is None:
            break
        table = _restore_with(cut, lines, rest, sections, separator)
        if not tables and (cut.bar or cut.starts):
            other = _restore_with(cut, lines, rest, sections, "|")
            if len(other.lines) > len(table.lines) * 1.02:
                table, separator = other, "|"
        if len(table.lines) < max(_FEWEST_ROWS, len(lines) * _LEAST_SHARE) or (
            tables and not table.layout.padded
        ):
            break
        table.layout = table.layout.renamed() if separator == " " else table.layout
        tables.append(table)
        taken = set(table.lines)
        rest = [index for index in rest if index not in taken]
        if sum([lines[index].count(" ") > 1 for index in rest]) < max(
            _FEWEST_ROWS, len(lines) * _LEAST_SHARE
        ):
            break
    return tables, separator


def _chunks(lines: list[str]) -> list[list[str]]:
    if len(lines) <= _CHUNKS * _CHUNK:
        return [lines]
    step = (len(lines) - _CHUNK) // (_CHUNKS - 1)
    return [lines[start : start + _CHUNK] for start in range(0, step * _CHUNKS, step)]


def _are_paths(lines: list[str]) -> bool:
    sample = [line for line in lines[:: len(lines) // 200 + 1] if line]
    whole = sum("/" in line and " " not in line and "\t" not in line and line[-1] != ":" for line in sample)
    return whole * 2 > len(sample) and all(" " not in line or "/" in line for line in sample)


def _path_table(lines: list[str]) -> list[Table]:
    end = len(lines) if lines[-1] else len(lines) - 1
    found = paths.hoist(lines[:end], empty_names=True)
    if found is None:
        return []
    names, headings = found
    table = Table(
        Layout(("", ""), (Column("path"),), paths=True), list(range(end)), [(line,) for line in lines[:end]]
    )
    table.names, table.headings = names, headings
    return [table]


def _restore_with(
    cut: Cut, lines: list[str], rest: list[int], sections: Sequence[int], separator: str
) -> Table:
    """Find the lines that a cut gives back byte for byte."""
    members: list[int] = []
    rows: list[Row] = []
    for index, row in zip(rest, cut.cells([lines[index] for index in rest]), strict=True):
        if row is not None:
            members.append(index)
            rows.append(row)
    if separator == "|" or cut.bar or cut.starts:
        fit = [_holds(row, separator) for row in rows]
        members = [index for index, good in zip(members, fit, strict=True) if good]
        rows = [row for row, good in zip(rows, fit, strict=True) if good]
    layout = cut.layout
    while rows:
        out = layout.render(rows, [sections[index] for index in members])
        good = [lines[index] == line for index, line in zip(members, out, strict=True)]
        if all(good):
            break
        if layout.fitted:
            bad = Counter(sections[index] for index, fine in zip(members, good, strict=True) if not fine)
            size = Counter(sections[index] for index in members)
            given_up = {section for section, number in bad.items() if number * 2 > size[section]}
            good = [
                fine and sections[index] not in given_up for index, fine in zip(members, good, strict=True)
            ]
        members = [index for index, fine in zip(members, good, strict=True) if fine]
        rows = [row for row, fine in zip(rows, good, strict=True) if fine]
    table = Table(layout, members, rows)
    if rows and separator == " ":
        last = [row[-1] for row in rows]
        if sum("/" in value for value in last) * 2 > len(last) and len(rows[0]) > 1:
            found = paths.hoist(last, empty_names=False)
            if found is not None and len(found[1]) * 2 < len(last):
                _share_directories(table, *found)
    return table


def _share_directories(table: Table, names: list[str], headings: dict[int, str]) -> None:
    if any(" " in directory for directory in headings.values()):
        return
    table.layout = Layout(table.layout.literals, table.layout.columns, paths=True)
    table.names = names
    table.headings = {table.lines[position]: directory for position, directory in headings.items()}


def _holds(row: Row, separator: str) -> bool:
    if separator == "|":
        return not any("|" in cell for cell in row)
    return all(row) and not any(" " in cell for cell in row[:-1])


def take_head(table: Table) -> None:
    """Leave the row that names the columns out of the rows."""
    names = tuple([column.name for column in table.layout.columns])
    if len(names) > 1 and table.rows[0] == names and table.names is None and not table.layout.fitted:
        table.head = table.lines.pop(0)
        del table.rows[0]


def split_by_ending(table: Table, *, dense: bool) -> list[Table]:
    """Give the rows whose cells in one column end like most do a layout that says so.

    Returns:
        The table, and another one for the rows that end otherwise.
    """
    layout = table.layout
    if table.head >= 0 or table.names is not None or layout.fitted or len(layout.columns) == 1:
        return [table]
    table.layout, table.rows = layout, rows = layout.trimmed(table.rows, dense=dense)
    sample = rows[:: len(rows) // _ENDINGS_SAMPLE + 1]
    for position, column in enumerate(layout.columns):
        if column.align:
            continue
        endings = Counter([found[0] for row in sample if (found := _ENDING.search(row[position]))])
        ending, uses = endings.most_common(1)[0] if endings else ("", 0)
        if uses * 2 < len(sample) or uses < _FEWEST_ENDINGS:
            continue
        alike = [len(ending) < len(row[position]) and row[position].endswith(ending) for row in rows]
        one = Table(layout.with_ending(position, ending), list(compress(table.lines, alike)), [])
        cut = -len(ending)
        one.rows = [
            (*row[:position], row[position][:cut], *row[position + 1 :]) for row in compress(rows, alike)
        ]
        others = [not ends for ends in alike]
        other = Table(layout, list(compress(table.lines, others)), list(compress(rows, others)))
        return [one, other] if len(other.rows) >= _FEWEST_ENDINGS else [one]
    return [table]


def vary(tables: list[Table], options: EncodeOptions) -> None:
    """Find which values many rows share, for at most as many letters as a reader can look up."""
    room = _MOST_VARIANTS_DENSE if options.dense else _MOST_VARIANTS
    for table in tables:
        _vary(table, options, room)
        room = max(1, room - len(table.variants))


def _vary(table: Table, options: EncodeOptions, most: int) -> None:
    table.columns = list(zip(*table.rows, strict=True))
    size = len(table.layout.columns)
    if not table.rows or size == 1:
        table.variants = [Variant({}, {}, None, list(range(len(table.rows))))]
        return
    columns = table.columns
    names = [column.name for column in table.layout.columns]
    if table.names is not None:
        table.variants = find_variants(columns[:-1], names[:-1], options.count, most)
    else:
        table.variants = find_variants(columns, names, options.count, most)
