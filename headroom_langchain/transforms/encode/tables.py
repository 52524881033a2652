"""Tables: the announcement of :mod:`spec`, then one line a record, lines of nested records indented below it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import ABSENT_CELL, requoted
from headroom_langchain.transforms.encode.discover import Discovery
from headroom_langchain.transforms.encode.json_text import parse, quote
from headroom_langchain.transforms.encode.rules import OUTER, Counted, spread, without_default
from headroom_langchain.transforms.encode.spec import (
    DELIMITERS,
    Child,
    Extra,
    Note,
    Ruled,
    Spec,
    Written,
    name_of,
    path_of,
)
from headroom_langchain.transforms.encode.stages import Codes

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.discover import Column
    from headroom_langchain.transforms.encode.options import EncodeOptions
    from headroom_langchain.transforms.encode.rules import Lookup
    from headroom_langchain.transforms.encode.shape import Leaf, Path, Shape

TAGS: Final = ("-", "+", "*", ">", "<", "%", "&", "!")
"""Marks at the start of nested rows, where a record has several nested lists."""
TASTE: Final = 1_500
"""Most characters of rows by which the delimiter is chosen."""
SHARE: Final = 8
"""Of small tables one character in so many is looked at."""


@dataclass(slots=True)
class Table:
    """A table that is being written."""

    spec: Spec
    blocks: list[str]
    """For each record its row, with the nested rows below it."""


def write_table(
    shape: Shape, lists: list[int], options: EncodeOptions, outer: list[Leaf] | None = None
) -> Table:
    """Write records as a table.

    Args:
        shape: The records as columns.
        lists: Records of each list that the table holds.
        options: How the form may be written.
        outer: Where the rows stand below other rows, the columns of these.

    Returns:
        The announcement and the rows.
    """
    columns = Discovery(shape.leaves, lists, options, outer).run()
    by_path = {column.leaf.path: column for column in columns}
    written = [column for column in columns if column.rule is None and not column.extra]
    labelled = options.labelled and len(written) > 1
    rare = [column for column in columns if column.extra]
    delimiter = _cheapest_delimiter(written, rare, options, labelled=labelled)
    rows = _join_rows(written, shape.rows, delimiter, labelled=labelled)
    extras = _extras(shape, rare, delimiter)
    if extras:
        rows = [
            row + "".join(delimiter + cell for cell in extras[index]) if index in extras else row
            for index, row in enumerate(rows)
        ]
        if not written:
            rows = [row[1:] for row in rows]
    spec = Spec(delimiter)
    for path, note in shape.notes.items():
        spec.notes[path] = Note(note.none, list(note.orders))
    children = shape.children
    tags = iter(TAGS if len(children) > 1 else ("",))
    for part in shape.parts:
        if part.path in by_path:
            spec.parts.append(by_path[part.path].part)
    below: list[tuple[str, list[int], list[str]]] = []
    for child in children:
        tag = next(tags)
        table = write_table(child.shape, child.counts, options, shape.leaves)
        spec.parts.insert(shape.parts.index(child), Child(child.path, tag, child.none, table.spec))
        below.append((tag, child.counts, table.blocks))
    return Table(spec, _with_children(rows, below) if below else rows)


def _join_rows(columns: list[Column], rows: int, delimiter: str, *, labelled: bool) -> list[str]:
    if not columns:
        return [""] * rows
    cells = [_protected(column.cells, delimiter) for column in columns]
    if labelled:
        cells = [
            [f"{label}={cell}" if cell else "" for cell in column_cells]
            for label, column_cells in zip((column.part.label for column in columns), cells, strict=True)  # type: ignore[union-attr]
        ]
    if len(cells) == 1:
        return list(cells[0])
    return list(map(delimiter.join, zip(*cells, strict=True)))


def _protected(cells: list[str], delimiter: str) -> list[str]:
    joined = "\n".join(cells)
    if delimiter not in joined and "\n " not in joined and '="' not in joined and joined[:1] != " ":
        return cells
    return [
        quote(cell)
        if (delimiter in cell or '="' in cell or cell[:1] == " ") and cell[:1] not in ('"', "[", "{")
        else cell
        for cell in cells
    ]


def _cheapest_delimiter(
    columns: list[Column], rare: list[Column], options: EncodeOptions, *, labelled: bool
) -> str:
    usable: tuple[str, ...] = DELIMITERS
    for column in chain(columns, rare):
        if {"[", "{"} & {cell[:1] for cell in column.cells}:
            structured = "".join(cell for cell in column.cells if cell[:1] in ("[", "{"))
            usable = tuple(mark for mark in usable if mark not in structured)
    if len(columns) < 2:
        return usable[0]
    rows = len(columns[0].cells)
    sample = _sample(columns, rows)
    tokens = {
        delimiter: options.count(
            "\n".join(_join_rows(sample, len(sample[0].cells), delimiter, labelled=labelled))
        )
        for delimiter in usable
    }
    return min(usable, key=lambda delimiter: tokens[delimiter])


def _sample(columns: list[Column], rows: int) -> list[Column]:
    width = sum(
        len(column.cells[0]) + len(column.cells[rows // 2]) + len(column.cells[-1]) for column in columns
    )
    size = rows * width // 3
    step = max(1, size // max(TASTE // 5, min(TASTE, size // SHARE)))
    return [replace(column, cells=column.cells[::step]) for column in columns]


def _extras(shape: Shape, columns: list[Column], delimiter: str) -> dict[int, list[str]]:
    """Collect the labelled cells at the end of rows."""
    extras: dict[int, list[str]] = {}

    def add(name: str, cells: list[str], empty: str) -> None:
        for index, cell in enumerate(cells):
            if cell != empty:
                text = f"{name}={cell}"
                safe = delimiter not in text or cell[:1] == '"'
                extras.setdefault(index, []).append(text if safe and '"' not in name else quote(text))

    for path, note in shape.notes.items():
        if note.exceptions is not None:
            add(name_of(path), note.exceptions, "")
        if note.variants is not None:
            add(f"{name_of(path)}@", note.variants, "")
    for child in shape.children:
        if child.exceptions is not None:
            add(name_of(child.path), child.exceptions, "")
    for column in columns:
        add(column.name, column.cells, ABSENT_CELL)
    return extras


def _with_children(rows: list[str], below: list[tuple[str, list[int], list[str]]]) -> list[str]:
    columns: list[list[str]] = [rows]
    for tag, counts, blocks in below:
        tagged = [tag + block for block in blocks] if tag else blocks
        ends = list(accumulate(counts))
        columns.append(
            [
                "\n " + "\n".join(tagged[start:end]).replace("\n", "\n ") if end > start else ""
                for start, end in zip([0, *ends], ends, strict=False)
            ]
        )
    return list(map("".join, zip(*columns, strict=True)))


@dataclass(slots=True)
class ReadTable:
    """A table that was read."""

    spec: Spec
    rows: int
    cells: dict[Path, list[str]]
    """Cells of each column in their canonical spelling."""
    exceptions: dict[Path, list[str]] = field(default_factory=dict)
    """For objects and lists that are something else in some rows: what, or an empty text."""
    variants: dict[Path, list[str]] = field(default_factory=dict)
    """For objects whose keys stand in another order in some rows: its number, or an empty text."""
    children: dict[Path, tuple[list[int], ReadTable]] = field(default_factory=dict)
    """For each nested list the records of each row, and all of them."""


def read_table(
    spec: Spec,
    lines: list[str],
    lists: list[int] | None = None,
    outer: dict[str, list[str]] | None = None,
    *,
    labelled: bool = False,
) -> ReadTable:
    """Read the rows of a table.

    Args:
        spec: The announcement.
        lines: All lines of the rows, nested ones included.
        lists: Rows of each list; None where all are one list.
        outer: Where the rows stand below other rows, the columns of these by name.
        labelled: Cells carry their column's name.

    Returns:
        The cells of all columns.

    Raises:
        CompressionError: The lines do not fit the announcement.
    """
    heads = lines
    if spec.children:
        heads = [line for line in lines if line[:1] != " "]
    written = spec.written
    columns, extras = _split(heads, spec, labelled=labelled and len(written) > 1)
    rows = len(heads)
    table = ReadTable(spec, rows, {})
    restored: dict[str, list[str]] = {}
    pending: set[str] = set()
    by_name = {name_of(part.path): part for part in spec.parts}
    positions = {id(part): index for index, part in enumerate(written)}

    def column(name: str) -> list[str]:
        if name in restored:
            return restored[name]
        if name.startswith(OUTER) and lists is not None and outer is not None and name[len(OUTER) :] in outer:
            return spread(outer[name[len(OUTER) :]], lists)
        part = by_name.get(name)
        if part is None or name in pending:
            raise CompressionError("a rule needs a column that is not there", {"column": name})
        pending.add(name)
        if isinstance(part, Written):
            cells = _restore(columns[positions[id(part)]], part, column)
        elif isinstance(part, Extra):
            cells = [extra.pop(name, ABSENT_CELL) for extra in extras] if extras else [ABSENT_CELL] * rows
        elif isinstance(part, Ruled):
            rule = part.rule
            cells = rule.numbers(lists or [rows]) if isinstance(rule, Counted) else rule.restore(rows, column)
        else:
            raise CompressionError("a rule needs a list", {"column": name})
        restored[name] = cells
        return cells

    for name, part in by_name.items():
        if not isinstance(part, Child):
            table.cells[part.path] = column(name)
    _sort_extras(table, extras)
    if spec.children:
        _read_children(table, lines, restored, labelled=labelled)
    return table


def _split(lines: list[str], spec: Spec, *, labelled: bool) -> tuple[list[list[str]], list[dict[str, str]]]:
    """Split rows into columns, and the labelled cells at their end."""
    delimiter, written = spec.delimiter, spec.written
    width = len(written)
    if any('"' in line for line in lines):
        mark = re.escape(delimiter)
        find = re.compile(
            rf'((?:[^{mark}"=]*=)?"(?:[^"\\]|\\.)*"(?={mark}|$)|[^{mark}]*)(?:{mark}|$)'
        ).findall
        rows = [
            (find(line)[: -1 if line[-1:] != delimiter else None] or [""])
            if '"' in line
            else line.split(delimiter)
            for line in lines
        ]
    else:
        rows = [line.split(delimiter) for line in lines]
    lengths = set(map(len, rows))
    extras: list[dict[str, str]] = []
    if width == 0:
        rows = [row if row != [""] else [] for row in rows]
        lengths = {len(row) for row in rows}
    if lengths and min(lengths) < width:
        raise CompressionError("a row has too few cells", {"columns": width})
    if lengths and max(lengths) > width:
        extras = [_labelled_cells(row[width:]) for row in rows]
        rows = [row[:width] for row in rows]
    columns = [list(cells) for cells in zip(*rows, strict=True)] if rows and width else [[] for _ in written]
    if labelled:
        columns = [_unlabelled(cells, part.label + "=") for part, cells in zip(written, columns, strict=True)]
    return columns, extras


def _unlabelled(cells: list[str], label: str) -> list[str]:
    if not all(cell.startswith(label) for cell in cells if cell):
        raise CompressionError("a cell does not carry its column's name", {"name": label})
    start = len(label)
    return [cell[start:] for cell in cells]


def _labelled_cells(cells: list[str]) -> dict[str, str]:
    labelled = {}
    for cell in cells:
        text = parse(cell) if cell[:1] == '"' else cell
        name, mark, value = _quoted_label(text) if '"' in text else text.partition("=")
        if not mark or name in labelled:
            raise CompressionError("a cell beyond the last column has no name", {"cell": cell[:80]})
        labelled[name] = value
    return labelled


def _quoted_label(text: str) -> tuple[str, str, str]:
    found = re.match(r'((?:"(?:[^"\\]|\\.)*"|[^"=])*)(=)', text)
    return (found[1], "=", text[found.end() :]) if found else (text, "", "")


def _restore(cells: list[str], part: Written, column: Lookup) -> list[str]:
    if part.default is not None:
        cells = without_default(cells, part.default, column)
    if '"' in {cell[:1] for cell in cells}:
        if not all(isinstance(stage, Codes) for stage in part.stages):
            cells = [parse(cell) if cell[:1] == '"' else cell for cell in cells]
        else:
            kind = part.kind
            cells = [requoted(cell, kind) if cell[:1] == '"' else cell for cell in cells]
    for stage in reversed(part.stages):
        cells = stage.restore(cells, column)
    return cells


def _sort_extras(table: ReadTable, extras: list[dict[str, str]]) -> None:
    if not any(extras):
        return
    for name in set(chain.from_iterable(extras)):
        cells = [extra.get(name, "") for extra in extras]
        if name.endswith("@"):
            table.variants[path_of(name[:-1])] = cells
        else:
            table.exceptions[path_of(name)] = cells


def _read_children(
    table: ReadTable, lines: list[str], columns: dict[str, list[str]], *, labelled: bool
) -> None:
    owner = -1
    by_tag: dict[str, tuple[list[str], list[int]]] = {
        child.tag: ([], [0] * table.rows) for child in table.spec.children
    }
    tagged = len(by_tag) > 1
    current: tuple[list[str], list[int]] = next(iter(by_tag.values()))
    if not tagged:
        child_lines, counts = current
        for line in lines:
            if line[:1] != " ":
                owner += 1
                continue
            child_lines.append(line[1:])
            if line[1:2] != " ":
                counts[owner] += 1
    else:
        for line in lines:
            if line[:1] != " ":
                owner += 1
            elif line[1:2] == " ":
                current[0].append(line[1:])
            elif line[1:2] in by_tag:
                current = by_tag[line[1:2]]
                current[0].append(line[2:])
                current[1][owner] += 1
            else:
                raise CompressionError("a nested row has no mark", {"line": line[:80]})
    if owner < 0 and lines:
        raise CompressionError("nested rows without a row above them")
    for child in table.spec.children:
        child_lines, counts = by_tag[child.tag]
        below = read_table(child.spec, child_lines, counts, columns, labelled=labelled)
        if below.rows != sum(counts):
            raise CompressionError("nested rows do not fit their lists")
        table.children[child.path] = counts, below
