"""What the cells of a template are called, and what of them is the same in every row."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from headroom_langchain.transforms.encode.templates import HEADING, Row, Template, value_cost

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.templates import Mined

_NO_ATOM = re.compile(r"[\[\](){}\"'<>=,;|]")
_NAMES_BY_VALUE = (
    ("time", re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?")),
    ("date", re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d")),
    ("time", re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d[T_ -].*\d\d[:.]\d\d.*")),
    ("ip", re.compile(r"/?\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")),
    ("path", re.compile(r"(?:[A-Za-z]:)?[\w.@+~-]*(?:[/\\][\w.@+~-]*)+")),
    ("hex", re.compile(r"0x[0-9a-fA-F]+|(?=.*[a-f])[0-9a-f]{7,}")),
)
_PUNCTUATION = ":.!?"
_WORD_BEFORE = re.compile(r"([A-Za-z]+)[^A-Za-z]{0,2}\Z")
_LONGEST_NAME = 10
_HEADING_TOKENS = 3


def trim_affixes(mined: Mined, uses: list[list[int]], *, dense: bool) -> None:
    """Write what all values of a cell begin or end with into the template.

    By default only at the borders of atoms: brackets, quotes, commas, and punctuation at the end.

    Args:
        mined: Templates and rows; changed in place.
        uses: Where each template is used.
        dense: Split anywhere.
    """
    for number, members in enumerate(uses):
        template = mined.templates[number]
        if not members or not template.slots:
            continue
        columns = list(zip(*[mined.rows[index] for index in members], strict=True))
        affixes: dict[int, tuple[str, str]] = {}
        for cell, column in enumerate(columns):
            if template.rest and cell == len(columns) - 1:
                continue
            affix = _shared(column, dense=dense)
            if affix != ("", ""):
                affixes[cell] = affix
        if not affixes:
            continue
        for cell, (before, after) in affixes.items():
            end = -len(after) or None
            columns[cell] = tuple([value[len(before) : end] for value in columns[cell]])
        literals = [template.literals[0]]
        for slot, literal in zip(template.slots, template.literals[1:], strict=True):
            before, after = affixes.get(slot, ("", ""))
            literals[-1] += before
            literals.append(after + literal)
        mined.templates[number] = Template(tuple(literals), template.slots, rest=template.rest)
        for index, row in zip(members, zip(*columns, strict=True), strict=True):
            mined.rows[index] = row


def _shared(column: Row, *, dense: bool) -> tuple[str, str]:
    probe = column[0]
    if not dense and probe[-1:] not in _PUNCTUATION and _NO_ATOM.search(probe) is None:
        return "", ""
    low, high = min(column), max(column)
    before = os.path.commonprefix((low, high))
    shortest = min(map(len, column)) - 1
    before = before[:shortest]
    reverse = [value[::-1] for value in column]
    after = os.path.commonprefix((min(reverse), max(reverse)))[::-1]
    room = shortest - len(before)
    after = after[max(0, len(after) - room) :]
    if dense:
        return before, after
    borders = [found.end() for found in _NO_ATOM.finditer(before)]
    before = before[: borders[-1]] if borders else ""
    found = _NO_ATOM.search(after)
    if found is not None:
        return before, after[found.start() :]
    end = len(after)
    while end and after[end - 1] in _PUNCTUATION:
        end -= 1
    return before, after[end:]


def derive_tails(mined: Mined, uses: list[list[int]]) -> None:
    """Drop cells that are always the last part of a path in another cell."""
    for number, members in enumerate(uses):
        template = mined.templates[number]
        if not members or template.cells < 2 or template.rest:
            continue
        if not any(cell.count("/") > 1 for cell in mined.rows[members[0]]):
            continue
        columns = list(zip(*[mined.rows[index] for index in members], strict=True))
        paths = [cell for cell, column in enumerate(columns) if column[0].count("/") > 1]
        source_of: dict[int, int] = {}
        for path in paths:
            tails = [value[value.rfind("/") + 1 :] for value in columns[path]]
            for cell, column in enumerate(columns):
                free = cell != path and cell not in source_of and path not in source_of
                if free and column[0] == tails[0] and list(column) == tails:
                    source_of[cell] = path
        if not source_of:
            continue
        kept = [cell for cell in range(len(columns)) if cell not in source_of]
        renumbered = {cell: new for new, cell in enumerate(kept)}
        slots = tuple(
            ~renumbered[source_of[slot]] if slot in source_of else renumbered[slot] for slot in template.slots
        )
        mined.templates[number] = Template(template.literals, slots)
        for index in members:
            row = mined.rows[index]
            mined.rows[index] = tuple([row[cell] for cell in kept])


def name_cells(template: Template, sample: list[Row]) -> list[str]:
    """Name the cells of a template by what they hold or by the word before them.

    Args:
        template: A template.
        sample: Some of its rows.

    Returns:
        A name for each cell, no two the same.
    """
    names: list[str] = []
    taken: Counter[str] = Counter()
    before: dict[int, str] = {}
    for slot, literal in zip(template.slots, template.literals, strict=False):
        before.setdefault(slot, literal)
    for cell in range(template.cells):
        name = _name(before.get(cell, ""), [row[cell] for row in sample])
        if template.rest and cell == template.cells - 1:
            name = "text"
        taken[name] += 1
        names.append(name if taken[name] == 1 else f"{name}{taken[name]}")
    return names


def _name(before: str, values: list[str]) -> str:
    for name, shape in _NAMES_BY_VALUE:
        if all(map(shape.fullmatch, values)):
            return name
    if before.endswith("["):
        return "pid" if all(map(str.isdigit, values)) else "tag"
    found = _WORD_BEFORE.search(before, max(0, len(before) - _LONGEST_NAME - 3))
    if found is not None and len(found[1]) <= _LONGEST_NAME:
        return found[1].lower()
    return "n" if all(map(str.isdigit, values)) else "value"


def hoist_slow_cells(
    mined: Mined, uses: list[list[int]], names: dict[int, list[str]], marks: str, *, slow: int
) -> None:
    """Give cells that seldom change their own heading lines.

    Args:
        mined: Templates and rows; changed in place.
        uses: Where each template is used.
        names: Names of the cells of each template; hoisted ones are taken out.
        marks: Characters that may stand for a head.
        slow: A cell is hoisted when its value changes in at most one of so many rows.
    """
    cell_of = {number: {name: cell for cell, name in enumerate(own)} for number, own in names.items()}
    series: dict[str, list[tuple[int, str]]] = {}
    for name in _slow_names(mined, uses, names, slow):
        found = [
            (index, mined.rows[index][cells[name]])
            for number, cells in cell_of.items()
            if name in cells
            for index in uses[number]
        ]
        series[name] = sorted(found)
    free = [mark for mark in marks if mark not in mined.heads]
    changes_at: dict[int, list[str]] = {}
    taken = set(mined.heads.values())
    for name, found in series.items():
        if not free or name in taken:
            continue
        values = [value for _, value in found]
        changes = sum(map(str.__ne__, values, values[1:])) + 1
        if changes * slow > len(values):
            continue
        cost = sum(map(value_cost, values)) / len(values)
        if (len(values) - changes) * cost <= changes * (_HEADING_TOKENS + 1):
            continue
        mark = free.pop(0)
        mined.heads[mark] = name
        current: str | None = None
        for index, value in found:
            if value != current:
                changes_at.setdefault(index, []).append(mark + value)
                current = value
        _take_out(mined, uses, names, cell_of, name, mark)
    if not changes_at:
        return
    sequence: list[int] = []
    rows: list[Row] = []
    for index, (number, row) in enumerate(zip(mined.sequence, mined.rows, strict=True)):
        if index in changes_at:
            sequence.append(HEADING)
            rows.append(tuple(changes_at[index]))
        sequence.append(number)
        rows.append(row)
    mined.sequence, mined.rows = sequence, rows


def _slow_names(mined: Mined, uses: list[list[int]], names: dict[int, list[str]], slow: int) -> list[str]:
    """Names whose distinct values are few enough that they may change seldom."""
    distinct: dict[str, set[str]] = {}
    total: Counter[str] = Counter()
    derived: set[str] = {"text"}
    for number, own in names.items():
        members = uses[number]
        for name, column in zip(
            own, zip(*[mined.rows[index] for index in members], strict=True), strict=True
        ):
            total[name] += len(members)
            distinct.setdefault(name, set()).update(column)
        derived.update(own[~slot] for slot in mined.templates[number].slots if slot < 0)
    return [
        name for name, values in distinct.items() if len(values) * slow <= total[name] and name not in derived
    ]


def _take_out(
    mined: Mined,
    uses: list[list[int]],
    names: dict[int, list[str]],
    cell_of: dict[int, dict[str, int]],
    name: str,
    mark: str,
) -> None:
    for number, cells in cell_of.items():
        cell = cells.get(name)
        if cell is None:
            continue
        template = mined.templates[number]
        literals = [template.literals[0]]
        slots: list[int] = []
        for slot, literal in zip(template.slots, template.literals[1:], strict=True):
            if slot == cell:
                literals[-1] += mark + literal
            else:
                slots.append(slot - (slot > cell) if slot >= 0 else ~(~slot - (~slot > cell)))
                literals.append(literal)
        mined.templates[number] = Template(tuple(literals), tuple(slots), rest=template.rest)
        for index in uses[number]:
            row = mined.rows[index]
            mined.rows[index] = row[:cell] + row[cell + 1 :]
        names[number] = names[number][:cell] + names[number][cell + 1 :]
        cell_of[number] = {own: position for position, own in enumerate(names[number])}
