"""Variants of a table's rows: sets of columns that have one value in many rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SAMPLE = 320
"""Rows that variants are searched in."""
_LONG = 16
"""Characters of a cell that is worth fixing even where few rows have it."""
_WIDEST = 4
"""Neighbouring columns that are looked at together."""
_LEAST_GAIN = 6.0
"""Tokens that a variant has to save."""
_LEGEND_LINE = 4.0
"""Tokens of a variant in the legend beyond its values."""
_FIRST_LETTER = 8.0
"""Tokens that say what letters are."""


@dataclass(slots=True)
class Variant:
    """Rows that share values."""

    fixed: dict[int, str]
    """Value of each column that rows do not name, the parent's included."""
    own: dict[int, str]
    """The part of ``fixed`` that the parent has not."""
    parent: Variant | None
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Node:
    variant: Variant
    rows: list[int]
    gain: float = 0.0
    split: dict[int, str] = field(default_factory=dict)


def find_variants(
    columns: Sequence[Sequence[str]], names: Sequence[str], count: Callable[[str], int], most: int
) -> list[Variant]:
    """Sort rows into variants.

    Args:
        columns: Cells of all rows, one sequence for each column.
        names: Names of the columns.
        count: Tokens of a text.
        most: Variants that may be found.

    Returns:
        Variants with their rows, parents before children; every row is in one of them. Some may have no rows left.
    """
    total = len(columns[0])
    prices: dict[str, int] = {}

    def price(text: str) -> int:
        found = prices.get(text)
        if found is None:
            found = prices[text] = count(text)
        return found

    step = total // _SAMPLE + 1
    sample = [column[::step] for column in columns]
    search = _Search(sample, list(names), price, total / len(sample[0]))
    variants = search.run(most)
    _assign(variants, columns, total)
    return variants


class _Search:
    """Best-first splitting of a sample of rows."""

    def __init__(
        self, sample: list[Sequence[str]], names: list[str], price: Callable[[str], int], scale: float
    ) -> None:
        self.sample = sample
        self.named = [price(f" {name}=") for name in names]
        self.price = price
        self.scale = scale
        size = len(sample[0])
        self.long = len(sample) - 1 if sum(map(len, sample[-1])) > _LONG * size else -1
        self.live = [
            position
            for position, column in enumerate(sample)
            if position == self.long or (different := len(set(column))) == 1 or different * 3 <= size * 2
        ]

    def run(self, most: int) -> list[Variant]:
        size = len(self.sample[0])
        root = self._node(None, {}, list(range(size)))
        variants = [root.variant]
        nodes = [root]
        self._look(root, nodes)
        while len(variants) < most:
            node = max(nodes, key=lambda node: node.gain)
            if node.gain < _LEAST_GAIN:
                break
            wanted = [(self.sample[column], value) for column, value in node.split.items()]
            rows = node.rows
            for column, value in wanted:
                rows = [row for row in rows if column[row] == value]
            child = self._node(node.variant, node.split, rows)
            taken = set(rows)
            node.rows = [row for row in node.rows if row not in taken]
            variants.append(child.variant)
            nodes.append(child)
            self._look(node, nodes)
            self._look(child, nodes)
        return variants

    def _node(self, parent: Variant | None, split: dict[int, str], rows: list[int]) -> _Node:
        """Take the rows into a variant that also fixes what else is the same in all of them."""
        own = dict(split)
        inherited = parent.fixed if parent else {}
        for column in self.live:
            if column in own or column in inherited:
                continue
            cells = self.sample[column]
            first = cells[rows[0]]
            if len(rows) * self.scale * self._worth(first) < self._declared(column, first):
                continue
            if all(cells[row] == first for row in rows):
                own[column] = first
        return _Node(Variant({**inherited, **own}, own, parent), rows)

    def _look(self, node: _Node, nodes: list[_Node]) -> None:
        """Find the split of a node that saves most tokens."""
        node.gain, node.split = 0.0, {}
        if len(node.rows) * self.scale < 2:
            return
        largest = max(nodes, key=lambda other: len(other.rows)) is node
        free = [column for column in self.live if column not in node.variant.fixed]
        cells = {column: [self.sample[column][row] for row in node.rows] for column in free}
        tops = [self._most(cells[column], long=column == self.long) for column in free]
        worths = [self._worth(value) for value, _ in tops]
        for width in range(1, _WIDEST + 1):
            for start in range(len(free) - width + 1):
                uses = min([number for _, number in tops[start : start + width]])
                if width > 1 and uses * self.scale * sum(worths[start : start + width]) <= node.gain:
                    continue
                window = free[start : start + width]
                values: tuple[str, ...] = (tops[start][0],)
                if width > 1:
                    values, uses = Counter(
                        zip(*[cells[column] for column in window], strict=True)
                    ).most_common(1)[0]
                if uses == 1 and self.scale < 2:
                    continue
                rows = uses * self.scale
                gain = rows * sum(map(self._worth, values)) - _LEGEND_LINE
                gain -= sum(map(self._declared, window, values))
                if len(nodes) == 1:
                    gain -= _FIRST_LETTER
                if largest:
                    gain -= min(rows, len(node.rows) * self.scale - rows)
                if gain > node.gain:
                    node.gain, node.split = gain, dict(zip(window, values, strict=True))

    def _most(self, cells: list[str], *, long: bool) -> tuple[str, int]:
        """The value that fixing saves most by, and how often it stands there."""
        uses = Counter(cells)
        if long:
            again = [item for item in uses.items() if item[1] > 1]
            if again:
                return max(again, key=lambda item: (item[1] - 1) * len(item[0]))
        return uses.most_common(1)[0]

    def _worth(self, value: str) -> int:
        return self.price(" " + value)

    def _declared(self, column: int, value: str) -> int:
        return self.named[column] + self.price(" " + value)


def _assign(variants: list[Variant], columns: Sequence[Sequence[str]], total: int) -> None:
    """Give every row to the last variant down the tree that it fits."""
    everything = Variant({}, {}, None, rows=list(range(total)))
    root = variants[0]
    if not _fits_all(root, columns):
        variants.insert(0, everything)
        root.parent = everything
    else:
        root.rows = everything.rows
    for variant in variants[1:]:
        parent = variant.parent
        if parent is None:
            continue
        rows = parent.rows
        for column, value in variant.own.items():
            cells = columns[column]
            rows = [row for row in rows if cells[row] == value]
        variant.rows = rows
        taken = set(rows)
        parent.rows = [row for row in parent.rows if row not in taken]


def _fits_all(variant: Variant, columns: Sequence[Sequence[str]]) -> bool:
    return all(all(cell == value for cell in columns[column]) for column, value in variant.fixed.items())
