"""Templates of lines, and what makes a set of them smaller."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter

Row = tuple[str, ...]

NO_TEMPLATE = -1
"""Entry of a sequence that is a line written out."""
HEADING = -2
"""Entry of a sequence that sets heads: a row of ``mark + value`` texts."""

_MOST_BLOCK_LINES = 24
_MOST_RELATED_CELLS = 8
"""More values than that in a row are hard to tell apart."""
_PAIR_ROUNDS = 3
_by_count = itemgetter(0)
_FIRST = 0x100
"""Character of the first template where a sequence is written as a string."""
_FEWEST_PAIRS = 3
_FEWEST_SPLIT = 6
_DEEPEST_SPLIT = 3
LITERAL_TOKENS = 0.27
"""Estimated tokens of a character in a literal; only for choosing between ways of writing."""
_ROW_TOKENS = 2
"""What a row costs beyond its values: its letter and its line end."""
_SLOT_TOKENS = 3
"""What a slot costs in the legend."""


@dataclass(slots=True)
class Template:
    """Literals around slots: ``literals[0] slot literals[1] slot ... literals[n]``."""

    literals: tuple[str, ...]
    slots: tuple[int, ...]
    """The cell of the row that each slot shows; ``~cell`` for what stands behind the cell's last slash."""
    rest: bool = False
    """The last cell takes the rest of a line, blanks included."""
    lines: int = 1
    """How many lines it writes."""
    legend_cost: float = field(init=False)
    """Estimated tokens of the template in the legend."""

    def __post_init__(self) -> None:
        self.legend_cost = sum(map(len, self.literals)) * LITERAL_TOKENS + _SLOT_TOKENS * len(self.slots) + 2

    @property
    def cells(self) -> int:
        """Number of values in a row."""
        return max(self.slots, default=-1) + 1

    def gain(self, uses: int) -> float:
        """Estimated tokens saved by using the template so many times."""
        saved = sum(map(len, self.literals)) * LITERAL_TOKENS - _ROW_TOKENS
        saved += _SLOT_TOKENS * (len(self.slots) - self.cells)
        return uses * saved - self.legend_cost


@dataclass(slots=True)
class Mined:
    """A text as a sequence of templates with values."""

    templates: list[Template]
    sequence: list[int]
    """Template of each entry, or one of the marks above."""
    rows: list[Row]
    """Cells of each entry; the line itself where there is no template."""
    heads: dict[str, str] = field(default_factory=dict)
    """Name of each head mark that stands in literals."""

    def uses(self) -> list[list[int]]:
        """Where in the sequence each template is used."""
        found: list[list[int]] = [[] for _ in self.templates]
        for index, number in enumerate(self.sequence):
            if number >= 0:
                found[number].append(index)
        return found


def value_cost(value: str) -> float:
    """Estimate the tokens of an atom and the blank before it."""
    return len(value) * 0.4 + 0.8


def written_out(template: Template, row: Row, heads: dict[str, str]) -> str:
    """Write a row out with its template and the current values of the heads."""
    out = [template.literals[0]]
    for slot, literal in zip(template.slots, template.literals[1:], strict=True):
        out += (row[slot] if slot >= 0 else row[~slot].rpartition("/")[2], literal)
    text = "".join(out)
    for mark, value in heads.items():
        text = text.replace(mark, value)
    return text


def fold(mined: Mined, uses: list[list[int]], since: int = 0) -> None:
    """Write cells that are the same in all rows into the template, and cells that equal another one only once.

    Args:
        mined: Templates and rows; changed in place.
        uses: Where each template is used.
        since: Templates before this one are left alone.
    """
    for number, members in enumerate(uses):
        template = mined.templates[number]
        if number < since or not members or not template.slots:
            continue
        columns = list(zip(*[mined.rows[index] for index in members], strict=True))
        constant: dict[int, str] = {}
        kept: dict[Row, int] = {}
        cell_of: dict[int, int] = {}
        last = len(columns) - 1
        for cell, column in enumerate(columns):
            first = column[0]
            if column.count(first) == len(column):
                constant[cell] = first
            elif cell == last and template.rest:
                cell_of[cell] = len(kept)
                kept[(*column, "")] = len(kept)
            else:
                cell_of[cell] = kept.setdefault(column, len(kept))
        if len(kept) == len(columns):
            continue
        literals = [template.literals[0]]
        slots: list[int] = []
        for slot, literal in zip(template.slots, template.literals[1:], strict=True):
            if slot in constant:
                literals[-1] += constant[slot] + literal
            else:
                slots.append(cell_of[slot])
                literals.append(literal)
        mined.templates[number] = Template(
            tuple(literals), tuple(slots), rest=template.rest and last in cell_of
        )
        shrunk = list(zip(*kept, strict=False)) if kept else [()] * len(members)
        for index, row in zip(members, shrunk, strict=False):
            mined.rows[index] = row


def split_by_values(mined: Mined, uses: list[list[int]]) -> None:
    """Give a frequent value of a cell a template of its own, with the value written into it."""
    pending = [(number, members, 0) for number, members in enumerate(uses)]
    while pending:
        number, members, depth = pending.pop()
        template = mined.templates[number]
        if len(members) < _FEWEST_SPLIT or depth > _DEEPEST_SPLIT or not template.slots:
            continue
        cell, values = _best_split(template, [mined.rows[index] for index in members])
        if not values:
            continue
        parts: dict[str, list[int]] = defaultdict(list)
        left: list[int] = []
        for index in members:
            value = mined.rows[index][cell]
            (parts[value] if value in values else left).append(index)
        for value, part in parts.items():
            fixed = len(mined.templates)
            mined.templates.append(_with_value(template, cell, value))
            for index in part:
                row = mined.rows[index]
                mined.sequence[index] = fixed
                mined.rows[index] = row[:cell] + row[cell + 1 :]
            pending.append((fixed, part, depth + 1))
        pending.append((number, left, depth + 1))


def _best_split(template: Template, rows: list[Row]) -> tuple[int, set[str]]:
    own_cost = template.legend_cost
    best_gain, best_cell, best_values = 0.0, -1, set[str]()
    for cell, column in enumerate(zip(*rows, strict=True)):
        if template.rest and cell == template.cells - 1:
            continue
        if len(set(column)) * 2 > len(rows):
            continue
        gains = {
            value: (count - 1) * value_cost(value) - own_cost for value, count in Counter(column).items()
        }
        values = {value for value, gain in gains.items() if gain > 0}
        gain = sum(gains[value] for value in values)
        if gain > best_gain:
            best_gain, best_cell, best_values = gain, cell, values
    return best_cell, best_values


def _with_value(template: Template, cell: int, value: str) -> Template:
    literals = [template.literals[0]]
    slots: list[int] = []
    for slot, literal in zip(template.slots, template.literals[1:], strict=True):
        if slot == cell:
            literals[-1] += value + literal
        else:
            slots.append(slot - (slot > cell))
            literals.append(literal)
    return Template(tuple(literals), tuple(slots), rest=template.rest)


def join_blocks(mined: Mined, *, related: bool) -> None:
    """Join templates that often follow each other into templates of several lines.

    Pairs are joined as in Re-Pair (Larsson and Moffat 1999), several pairs in a round, on a string that has one
    character an entry.

    Args:
        mined: Templates and rows; changed in place.
        related: Join only where at least half of the uses of one template stand beside the other, and where rows
            stay short.
    """
    text = "".join(map(chr, [number + _FIRST for number in mined.sequence]))
    parts: dict[str, str] = {}
    for _ in range(_PAIR_ROUNDS):
        single = Counter(text)
        taken: set[str] = set()
        pairs = Counter(pairwise(text))
        frequent = [(count, pair) for pair, count in pairs.items() if count >= _FEWEST_PAIRS]
        for count, (first, second) in sorted(frequent, key=_by_count, reverse=True):
            if ord(first) < _FIRST or ord(second) < _FIRST or first in taken or second in taken:
                continue
            left, right = mined.templates[ord(first) - _FIRST], mined.templates[ord(second) - _FIRST]
            if related and (
                first == second
                or count * 2 < min(single[first], single[second])
                or left.cells + right.cells > _MOST_RELATED_CELLS
            ):
                continue
            if not _pays(left, right, count, single[first], single[second]):
                continue
            joined = _join(left, right)
            if joined is None:
                continue
            taken |= {first, second}
            new = chr(len(mined.templates) + _FIRST)
            parts[new] = parts.get(first, first) + parts.get(second, second)
            mined.templates.append(joined)
            text = text.replace(first + second, new)
        if not taken:
            break
    if not parts:
        return
    rows: list[Row] = []
    start = 0
    for entry in text:
        if entry in parts:
            end = start + len(parts[entry])
            rows.append(tuple([cell for row in mined.rows[start:end] for cell in row]))
            start = end
        else:
            rows.append(mined.rows[start])
            start += 1
    mined.sequence = [ord(entry) - _FIRST for entry in text]
    mined.rows = rows


def _pays(left: Template, right: Template, count: int, left_uses: int, right_uses: int) -> bool:
    if left is right:
        return count // 2 * _ROW_TOKENS > 2 * left.legend_cost
    cost = (left.legend_cost if left_uses > count else 0) + (right.legend_cost if right_uses > count else 0)
    return count * (_ROW_TOKENS + 1) > cost


def _join(first: Template, second: Template) -> Template | None:
    if first.rest or first.lines + second.lines > _MOST_BLOCK_LINES:
        return None
    literals = (*first.literals[:-1], first.literals[-1] + "\n" + second.literals[0], *second.literals[1:])
    offset = first.cells
    slots = (*first.slots, *[slot + offset for slot in second.slots])
    return Template(literals, slots, rest=second.rest, lines=first.lines + second.lines)


def drop_costly(mined: Mined) -> None:
    """Write lines out whose template costs more than it saves."""
    counts = Counter(mined.sequence)
    costly = {
        number for number, count in counts.items() if number >= 0 and mined.templates[number].gain(count) <= 0
    }
    if not costly:
        return
    sequence: list[int] = []
    rows: list[Row] = []
    heads: dict[str, str] = {}
    for number, row in zip(mined.sequence, mined.rows, strict=True):
        if number == HEADING:
            heads.update((item[0], item[1:]) for item in row)
        if number in costly:
            lines = written_out(mined.templates[number], row, heads).split("\n")
            sequence.extend([NO_TEMPLATE] * len(lines))
            rows.extend([(line,) for line in lines])
        else:
            sequence.append(number)
            rows.append(row)
    mined.sequence, mined.rows = sequence, rows
