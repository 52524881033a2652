"""Finding the rules that hold in the columns of a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from operator import eq
from os.path import commonprefix
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.encode.cells import ABSENT_CELL, AUTO, RAW, SPLIT, STR, requoted, text_cell
from headroom_langchain.transforms.encode.dense import split_url, take_apart
from headroom_langchain.transforms.encode.derive import TemplateFinder
from headroom_langchain.transforms.encode.rules import (
    OUTER,
    Above,
    Constant,
    Counted,
    Default,
    Mapped,
    Ref,
    Rule,
    Template,
    spread,
    with_default,
)
from headroom_langchain.transforms.encode.spec import Extra, Ruled, Written, lookup_text, name_of
from headroom_langchain.transforms.encode.stages import Slot

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.options import EncodeOptions
    from headroom_langchain.transforms.encode.shape import Leaf
    from headroom_langchain.transforms.encode.stages import Stage

SAMPLE: Final = 40
"""Rows on which a rule is tried before it is proven on all."""
COUNTED_ROWS: Final = 32
"""Longest list whose numbers are left to the reader's counting, outside of dense forms."""
RARE: Final = 0.3
"""Columns that fewer rows than this have are written as labelled cells at the end of these rows."""
WEIGHED: Final = 12
"""Cells by which a column is weighed."""
LONGEST_WEIGHED: Final = 80
MAX_LOOKUP: Final = 150
"""Entries of the longest look-up."""
MAX_OUTER: Final = 30
"""Columns of an outer table from which nested columns may be derived."""
MAX_LOOKUP_SOURCES: Final = 24
_UNQUOTED: Final = frozenset('" :')
"""Characters that the name of a column in a rule must not have."""
MOST_DISTINCT: Final = 0.75
"""Columns with a larger share of different cells have no usual one."""
LONGEST_DEFAULT: Final = 200
MIN_SAVED: Final = 6
"""Tokens that a default must save over all rows."""


@dataclass(slots=True)
class Column:
    """A column while rules are looked for."""

    name: str
    leaf: Leaf
    cells: list[str]
    distinct: int
    stages: tuple[Stage, ...] = ()
    default: Default | None = None
    rule: Rule | None = None
    extra: bool = False
    needs: set[str] = field(default_factory=set)
    """Columns that must be restored before this one."""

    @property
    def part(self) -> Written | Ruled | Extra:
        """What the announcement says of the column."""
        path, kind = self.leaf.path, self.leaf.kind
        if self.rule is not None:
            return Ruled(path, kind, self.rule)
        if self.extra:
            return Extra(path, kind)
        return Written(path, kind, self.stages, self.default)


class Discovery:
    """Looks for rules in the columns of one table.

    Args:
        leaves: The columns.
        lists: Rows of each list; a table of nested lists has many.
        options: How the form may be written.
        outer: Where the rows stand below other rows, the columns of these.
    """

    def __init__(
        self, leaves: list[Leaf], lists: list[int], options: EncodeOptions, outer: list[Leaf] | None
    ) -> None:
        self.rows = sum(lists)
        self.lists = lists
        self.options = options
        self.nested = outer is not None
        self.columns = [Column(name_of(leaf.path), leaf, leaf.cells, len(set(leaf.cells))) for leaf in leaves]
        self.whole = {column.name: column.cells for column in self.columns}
        self.by_name = {column.name: column for column in self.columns}
        self.outer_columns: list[Column] = []
        if outer and any("/" in leaf.cells[0] for leaf in leaves):
            self._add_outer(outer)
        step = max(1, self.rows // SAMPLE)
        self.sample = range(0, self.rows, step)
        self._weights: dict[str, float] = {}
        self.templates = TemplateFinder(self)

    def _add_outer(self, leaves: list[Leaf]) -> None:
        for leaf in leaves[:MAX_OUTER]:
            cells = spread(leaf.cells, self.lists)
            column = Column(OUTER + name_of(leaf.path), leaf, cells, len(cells))
            self.outer_columns.append(column)
            self.by_name[column.name] = column
            self.whole[column.name] = cells

    def run(self) -> list[Column]:
        """Find a rule for every column that has one."""
        self._constants()
        self._counters()
        promising = self.templates.derive()
        self._lookups()
        self.templates.derive_usually(promising)
        self._rare()
        if self.columns and not any(column.rule is None for column in self.columns):
            first = self.columns[0]
            if isinstance(first.rule, Constant):
                first.cells = [first.rule.cell] * self.rows
            first.rule = None
        if self.options.dense:
            take_apart(self)
        else:
            self._slots()
        self._defaults()
        return self.columns

    def open_columns(self) -> list[Column]:
        """The columns without a rule."""
        return [column for column in self.columns if column.rule is None and not column.extra]

    def weight(self, column: Column) -> float:
        """Tokens of one cell with its delimiter, by a sample."""
        if column.name not in self._weights:
            step = max(1, self.rows // WEIGHED)
            cells = column.cells[::step][:WEIGHED]
            self._weights[column.name] = self.weigh(cells)
        return self._weights[column.name]

    def weigh(self, cells: list[str]) -> float:
        """Tokens of one cell with its delimiter; of very long cells only the beginning counts."""
        return self.options.count(",".join([cell[:LONGEST_WEIGHED] for cell in cells])) / max(1, len(cells))

    def forget_weight(self, column: Column) -> None:
        """Weigh a column anew after its cells changed."""
        self._weights.pop(column.name, None)

    def reaches(self, start: Column, goal: Column) -> bool:
        """Whether a column needs another one, directly or through others."""
        open_names, seen = set(start.needs), {start.name}
        while open_names:
            name = open_names.pop()
            if name == goal.name:
                return True
            if name not in seen:
                seen.add(name)
                open_names |= self.by_name[name].needs
        return False

    def _constants(self) -> None:
        gaps: dict[tuple[int, ...], list[Column]] = {}
        for column in self.columns:
            if ABSENT_CELL in column.cells:
                rows = tuple(row for row, cell in enumerate(column.cells) if cell == ABSENT_CELL)
                gaps.setdefault(rows, []).append(column)
        twins = {column.name: columns for columns in gaps.values() for column in columns}
        for column in self.columns:
            cells = column.cells
            if column.distinct == 1 and self.rows > 1 and cells[0] != ABSENT_CELL:
                column.rule = Constant(_respelled(column))
            elif column.distinct == 2 and ABSENT_CELL in cells:
                twin = next((other for other in twins[column.name] if _can_be_twin(other, column)), None)
                if twin is not None:
                    column.rule = Constant(next(cell for cell in cells if cell != ABSENT_CELL), twin.name)
                    column.needs.add(twin.name)

    def _counters(self) -> None:
        if max(self.lists) > COUNTED_ROWS and not self.options.dense:
            return
        for column in self.open_columns():
            first = column.cells[0]
            if (
                column.leaf.kind not in (AUTO, RAW)
                or not first.removeprefix("-").isdecimal()
                or len(first) > 15
            ):
                continue
            rule = Counted(int(first))
            if self.rows > 2 and rule.numbers(self.lists) == column.cells:
                column.rule = rule

    def _lookups(self) -> None:
        limit = min(MAX_LOOKUP, self.rows // 6)
        sources = [
            column
            for column in self.open_columns()
            if 1 < column.distinct <= limit
            and column.leaf.kind not in SPLIT
            and _UNQUOTED.isdisjoint(column.name)
            and column.distinct * 4 <= self.rows - column.cells.count(ABSENT_CELL)
        ][:MAX_LOOKUP_SOURCES]
        if not sources:
            return
        tasted = {column.name: [column.cells[row] for row in self.sample] for column in self.open_columns()}
        different = {source.name: len(set(tasted[source.name])) for source in sources}
        for target in sorted(self.open_columns(), key=self.weight, reverse=True):
            if target is self.columns[0] or not 1 < target.distinct <= limit or target.leaf.kind in SPLIT:
                continue
            best: tuple[float, Mapped] | None = None
            for source in sources:
                if source is target or source.distinct < target.distinct or source.rule is not None:
                    continue
                if (
                    len(set(zip(tasted[source.name], tasted[target.name], strict=True)))
                    > different[source.name]
                ):
                    continue
                if self.reaches(source, target):
                    continue
                cells = dict(zip(source.cells, target.cells, strict=True))
                if len(set(zip(source.cells, target.cells, strict=True))) != len(cells):
                    continue
                cost = self.options.count(lookup_text(cells)) + 8
                saved = self.rows * self.weight(target) - cost
                if saved > cost / 4 and (best is None or saved > best[0]):
                    best = saved, Mapped(source.name, cells)
            if best is not None:
                target.rule = best[1]
                target.needs.add(best[1].source)

    def _rare(self) -> None:
        for column in self.open_columns():
            if column.default is not None:
                continue
            present = self.rows - column.cells.count(ABSENT_CELL)
            if present <= RARE * self.rows and self.rows > 2:
                column.extra = True

    def _slots(self) -> None:
        for column in self.open_columns():
            if column.default is not None or split_url(self, column):
                continue
            slot = self._whole_word_slot(column)
            if slot is None:
                continue
            self.strip_affixes(column, *slot)

    def _whole_word_slot(self, column: Column) -> tuple[str, str] | None:
        """Text that all cells begin with, cut where no atom is split: behind a space, or inside a URL."""
        if self.rows < 3 or column.distinct < 3 or column.leaf.kind not in (AUTO, STR, RAW):
            return None
        prefix = shared_prefix(column.cells)
        if prefix.startswith(("http://", "https://")):
            prefix = prefix[: prefix.rfind("/") + 1]
        elif " " in prefix:
            prefix = prefix[: prefix.rfind(" ") + 1]
        else:
            return None
        return (prefix, "") if prefix and prefix[0] not in '"[{=' else None

    def strip_affixes(self, column: Column, prefix: str, suffix: str) -> None:
        """Write a column without the text that all its cells share."""
        end = -len(suffix) or None
        rest = [cell[len(prefix) : end] for cell in column.cells]
        if any(cell[:1] in ('"', "~") for cell in rest):
            return
        parts = (prefix, Ref(""), suffix) if suffix else (prefix, Ref(""))
        stage = Slot(Template(parts if prefix else parts[1:]))
        saved = self.weigh(column.cells[:WEIGHED]) - self.weigh(rest[:WEIGHED])
        if saved * self.rows > self.options.count(f"{column.name}={stage}") + 2:
            self.take_stage(column, stage, rest)

    def take_stage(self, column: Column, stage: Stage, cells: list[str]) -> None:
        """Write other cells for a column."""
        column.stages = (*column.stages, stage)
        column.cells = cells
        column.distinct = len(set(cells))
        column.needs.update(stage.refs)
        self.forget_weight(column)

    def _defaults(self) -> None:
        alone = len(self.open_columns()) == 1
        for column in self.open_columns():
            if column.default is not None:
                column.cells = with_default(column.cells, column.default, self.whole.__getitem__)
                continue
            if column.distinct > MOST_DISTINCT * self.rows or self.rows < 3 or alone:
                continue
            usual, hits = Counter(column.cells).most_common(1)[0]
            repeats = 0
            if not self.nested and not self.options.labelled:
                repeats = sum(map(eq, islice(column.cells, 1, None), column.cells))
            default: Default = usual
            if repeats > 1.2 * hits:
                default, hits = Above(), repeats
            saved = hits * (self.weight(column) - 0.8) - 4
            if (
                hits < (0.3 if self.options.dense else 0.5) * self.rows
                or saved < MIN_SAVED
                or usual == ""
                or not _can_stand_in_header(default)
            ):
                continue
            column.default = default
            column.cells = with_default(column.cells, default, self.whole.__getitem__)


def _can_stand_in_header(default: Default) -> bool:
    if not isinstance(default, str):
        return True
    return len(default) <= LONGEST_DEFAULT and (
        default[0] not in "[{" or not any(mark in default for mark in '()",|\t;')
    )


def _respelled(column: Column) -> str:
    """Write a constant without help of the column's kind."""
    cell, kind = column.cells[0], column.leaf.kind
    if kind == STR:
        if cell[:1] == '"':
            cell = requoted(cell, AUTO)
        elif cell[:1] not in ("[", "{") and cell not in ("null", "true", "false"):
            cell = text_cell(cell, AUTO)
        column.leaf.kind = AUTO
    return cell


def _can_be_twin(twin: Column, column: Column) -> bool:
    return twin is not column and twin.rule is None and '"' not in twin.name


def shared_prefix(cells: list[str]) -> str:
    """The text that all cells begin with."""
    return commonprefix([min(cells), max(cells)])
