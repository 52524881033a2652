"""What only dense forms do to columns: values are split and written in fewer tokens."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from os.path import commonprefix
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.encode.cells import ABSENT_CELL, AUTO, RAW, SPLIT
from headroom_langchain.transforms.encode.rules import Ref, Template
from headroom_langchain.transforms.encode.stages import (
    ABOVE_TIME,
    Codes,
    Elapsed,
    Slot,
    Sum,
    decimals,
    whole_numbers,
)

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.discover import Column, Discovery
    from headroom_langchain.transforms.encode.stages import Stage

WEIGHED: Final = 12
"""Cells by which a stage is judged."""
MAX_CODES: Final = 40
MAX_TERMS: Final = 4
MAX_NUMERIC: Final = 8
"""Columns among which sums are looked for."""
_SEPARATORS: Final = "/?=&#"
_UNSAFE: Final = frozenset('{}|"+:')


def take_apart(discovery: Discovery) -> None:
    """Find the stages that shorten cells."""
    if discovery.rows < 3:
        return
    whole = discovery.whole
    _sums(discovery, whole)
    for column in discovery.open_columns():
        if (
            not column.stages
            and column.default is None
            and column.leaf.kind not in SPLIT
            and column.distinct > 2
        ):
            _times(discovery, column, whole) or _affixes(discovery, column, whole)
    _codes(discovery)


def _taken(discovery: Discovery, column: Column, stage: Stage, cells: list[str]) -> bool:
    """Take a stage if it saves more than its line in the legend costs."""
    if any(cell[:1] == '"' or cell == ABSENT_CELL for cell in cells):
        return False
    step = max(1, discovery.rows // WEIGHED)
    before, after = discovery.weight(column), discovery.weigh(cells[::step][:WEIGHED])
    cost = discovery.options.count(f"{column.name}={stage}") + 3
    if (before - after) * discovery.rows <= cost:
        return False
    discovery.take_stage(column, stage, cells)
    return True


def _times(discovery: Discovery, column: Column, whole: dict[str, list[str]]) -> bool:
    if not column.cells[0][:4].isdecimal() or ABSENT_CELL in column.cells:
        return False
    names = [
        other.name
        for other in discovery.open_columns()
        if other is not column
        and len(whole[other.name][0]) == len(column.cells[0])
        and _UNSAFE.isdisjoint(other.name)
        and not discovery.reaches(other, column)
    ]
    best: tuple[float, Elapsed, list[str]] | None = None
    for name in [ABOVE_TIME, *names]:
        stage = Elapsed(name)
        cells = stage.take(column.cells, whole.__getitem__)
        if cells is None or stage.restore(cells, whole.__getitem__) != column.cells:
            continue
        length = sum(map(len, cells))
        if best is None or length < best[0]:
            best = length, stage, cells
    return (
        best is not None
        and best[0] < sum(map(len, column.cells)) / 2
        and _taken(discovery, column, *best[1:])
    )


def split_url(discovery: Discovery, column: Column) -> bool:
    """Split URLs, and only at their separators, so that what is left is whole."""
    if discovery.rows < 3 or not column.cells[0].startswith(("http://", "https://")):
        return False
    return _affixes(discovery, column, discovery.whole, _SEPARATORS)


def _affixes(discovery: Discovery, column: Column, whole: dict[str, list[str]], separators: str = "") -> bool:
    """Split off what a column shares with its siblings, and what all its cells begin and end with.

    Args:
        discovery: The table.
        column: The column.
        whole: The cells of all columns before anything was split off.
        separators: Split behind and before one of these characters only; none to split anywhere.
    """
    rows = [row for row in discovery.sample if column.cells[row] != ABSENT_CELL]
    if len(rows) < 3 or column.cells[rows[0]][:1] in ('"', "[", "{") or ABSENT_CELL in column.cells:
        return False
    sources = [
        c
        for c in discovery.columns
        if c.rule is None and _UNSAFE.isdisjoint(c.name) and c.leaf.kind not in SPLIT
    ]
    sources += discovery.outer_columns
    usable = [
        (source, lower)
        for source, lower in discovery.templates.usable_sources(column, sources, rows)
        if min(len(whole[source.name][row]) for row in rows) > 1
    ]
    pieces = [
        _cut(column.cells[row], [(whole[s.name][row], s.name, lower) for s, lower in usable]) for row in rows
    ]
    template = _common(pieces, separators) or _common([[column.cells[row]] for row in rows], separators)
    if template is None or str(template).startswith("="):
        return False
    cells = _residue(template, column.cells, whole)
    if cells is None or any(cell[:1] == '"' for cell in cells):
        return False
    return _taken(discovery, column, Slot(template), cells)


def _cut(text: str, sources: list[tuple[str, str, bool]]) -> list[str | Ref]:
    parts: list[str | Ref] = [text]
    for cell, name, lower in sources:
        wanted = cell.lower() if lower else cell
        place = next((n for n, part in enumerate(parts) if isinstance(part, str) and wanted in part), None)
        if place is not None:
            before, _, behind = str(parts[place]).partition(wanted)
            parts[place : place + 1] = [before, Ref(name, lower), behind]
    return parts


def _common(pieces: list[list[str | Ref]], separators: str) -> Template | None:
    """Make one template of the pieces of several rows; None where more than one place varies."""
    refs = [[part for part in row if isinstance(part, Ref)] for row in pieces]
    if any(row != refs[0] for row in refs) or len({len(row) for row in pieces}) > 1:
        return None
    parts: list[str | Ref] = []
    slots = 0
    for place in zip(*pieces, strict=True):
        if isinstance(place[0], Ref):
            parts.append(place[0])
            continue
        texts = [str(text) for text in place]
        if len(set(texts)) == 1:
            parts.append(texts[0])
            continue
        slots += 1
        prefix = commonprefix(texts)
        suffix = commonprefix([text[len(prefix) :][::-1] for text in texts])[::-1]
        if separators:
            prefix = prefix[: max(prefix.rfind(mark) for mark in separators) + 1]
            suffix = suffix[
                min((suffix.find(mark) for mark in separators if mark in suffix), default=len(suffix)) :
            ]
        parts += [prefix, Ref(""), suffix]
    if slots != 1:
        return None
    kept = tuple(part for part in parts if part != "")
    return Template(kept) if len(kept) > 1 else None


def _residue(template: Template, cells: list[str], whole: dict[str, list[str]]) -> list[str] | None:
    """Cut the template off all cells; None where it does not fit. A shorter affix is tried once."""
    slot = template.parts.index(Ref(""))
    before = Template(template.parts[:slot]).fill(len(cells), whole.__getitem__)
    behind = Template(template.parts[slot + 1 :]).fill(len(cells), whole.__getitem__)
    rest = []
    for cell, head, tail in zip(cells, before, behind, strict=True):
        if len(cell) < len(head) + len(tail) or not cell.startswith(head) or not cell.endswith(tail):
            return None
        rest.append(cell[len(head) : len(cell) - len(tail)])
    return rest


def _sums(discovery: Discovery, whole: dict[str, list[str]]) -> None:
    """Write decimals as whole numbers, and sums without their terms."""
    decimal: dict[str, tuple[Column, int, bool]] = {}
    for column in discovery.open_columns():
        if column.leaf.kind not in (AUTO, RAW) or column.distinct < 3 or column.default is not None:
            continue
        if "." not in "".join(column.cells[:40]) or not _UNSAFE.isdisjoint(column.name):
            continue
        lengths = {len(cell.partition(".")[2]) for cell in column.cells}
        places = max(lengths)
        if places > 3:
            continue
        numbers = whole_numbers(column.cells, places)
        for fixed in (False, True):
            if numbers is not None and decimals(numbers, places, fixed=fixed) == column.cells:
                decimal[column.name] = column, places, fixed
                break
    if not decimal:
        return
    places = max(places for _, places, _ in decimal.values())
    numbers_of = {name: whole_numbers(whole[name], places) or [] for name in decimal}
    for name in sorted(decimal, key=lambda name: -sum(numbers_of[name][:100])):
        column, own_places, fixed = decimal[name]
        terms = _terms(discovery, column, numbers_of)
        if terms and decimals(numbers_of[name], places, fixed=fixed) == column.cells:
            sums = map(sum, zip(*(numbers_of[term] for term in terms), strict=True))
            rests = [str(number - other) for number, other in zip(numbers_of[name], sums, strict=True)]
            if _taken(discovery, column, Sum(terms, places, fixed), rests):
                continue
        unit = 10 ** (places - own_places)
        _taken(
            discovery,
            column,
            Sum((), own_places, fixed),
            [str(number // unit) for number in numbers_of[name]],
        )


def _terms(discovery: Discovery, column: Column, numbers_of: dict[str, list[int]]) -> tuple[str, ...]:
    """Find the columns whose sum leaves the fewest different rests."""
    others = [
        name
        for name in numbers_of
        if name != column.name and not discovery.reaches(discovery.by_name[name], column)
    ][:MAX_NUMERIC]
    picked = {name: [numbers[row] for row in discovery.sample] for name, numbers in numbers_of.items()}
    goal = picked[column.name]
    fewest: float = len(set(goal)) / 2
    best: tuple[str, ...] = ()
    for size in range(1, min(MAX_TERMS, len(others)) + 1):
        for names in combinations(others, size):
            sums = map(sum, zip(*(picked[name] for name in names), strict=True))
            rests = len({total - part for total, part in zip(goal, sums, strict=True)})
            if rests < fewest:
                fewest, best = rests, names
    return best


def _codes(discovery: Discovery) -> None:
    """Replace long values that repeat by numbers."""
    groups: list[tuple[list[Column], Counter[str]]] = []
    for column in discovery.open_columns():
        if (
            column.stages
            or column.default is not None
            or column.leaf.kind in SPLIT
            or column.distinct > discovery.rows * 0.7
        ):
            continue
        if discovery.weight(column) < 3 or any(map(str.isdecimal, column.cells)):
            continue
        counted = Counter(column.cells)
        for columns, known in groups:
            shared = sum((known & counted).values())
            if shared > 0.6 * sum(counted.values()):
                columns.append(column)
                known.update(counted)
                break
        else:
            groups.append(([column], counted))
    left = MAX_CODES
    for columns, counted in groups:
        weights = {
            cell: discovery.options.count("," + cell)
            for cell, times in counted.most_common(3 * left)
            if times > 2
        }
        gains = {
            cell: (counted[cell] - 1) * (weight - 2) - 4
            for cell, weight in weights.items()
            if cell != ABSENT_CELL and cell
        }
        values = sorted((cell for cell, gain in gains.items() if gain > 0), key=lambda cell: -gains[cell])[
            :left
        ]
        if sum(gains[cell] for cell in values) < 20:
            continue
        left -= len(values)
        first = ""
        for column in columns:
            stage = Codes(tuple(values), first)
            discovery.take_stage(column, stage, stage.take(column.cells))
            first = first or column.name


__all__ = ["take_apart"]
