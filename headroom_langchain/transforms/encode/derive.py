"""Finding columns that are templates of their siblings: ``url = https://shop.example/{id}``."""

from __future__ import annotations

from operator import contains, eq
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.encode.cells import ABSENT_CELL, SPLIT
from headroom_langchain.transforms.encode.rules import Counted, Derived, Ref, Template

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.discover import Column, Discovery

SHORTEST_DERIVED: Final = 4
"""Characters of the shortest cell for which a template is looked for."""
USUALLY: Final = 0.7
"""Share of rows for which a template must hold to stand for empty cells."""
_WORDS: Final = frozenset(("true", "false", "null", ABSENT_CELL))
SORTED_BY: Final = 40
"""Cells by whose length the columns are ranked; the longest gain most."""
MAX_SOURCES: Final = 60
"""Columns tried as sources of others; more would cost more time than they save."""


class TemplateFinder:
    """Looks for templates among the columns of one table."""

    def __init__(self, discovery: Discovery) -> None:
        self.discovery = discovery
        self._rows: dict[int, dict[str, str]] = {}

    def derive(self) -> list[tuple[Column, Template]]:
        """Give templates to the columns that follow from others; return those that nearly do."""
        sources = [column for column in self.discovery.open_columns() if column.distinct > 1][:MAX_SOURCES]
        sources += [column for column in self.discovery.columns if isinstance(column.rule, Counted)]
        sources += self.discovery.outer_columns
        sources = [column for column in sources if not any(mark in column.name for mark in '{}|"')]
        targets = sorted(
            self.discovery.open_columns(), key=lambda column: -sum(map(len, column.cells[:SORTED_BY]))
        )
        promising: list[tuple[Column, Template]] = []
        for target in targets:
            if not _worth_deriving(target):
                continue
            rows = [row for row in self.discovery.sample if target.cells[row] != ABSENT_CELL]
            template = self._template(target, sources, rows) if rows else None
            if template is None:
                continue
            if template.fill(self.discovery.rows, self.discovery.whole.__getitem__) == target.cells:
                target.rule = Derived(template)
                target.needs.update(template.refs)
            else:
                promising.append((target, template))
        return promising

    def derive_usually(self, promising: list[tuple[Column, Template]]) -> None:
        """Let templates that hold in most rows stand for empty cells."""
        for target, template in promising:
            sources = [self.discovery.by_name[name] for name in template.refs]
            if target.rule is not None or any(
                source.rule or self.discovery.reaches(source, target) for source in sources
            ):
                continue
            filled = template.fill(self.discovery.rows, self.discovery.whole.__getitem__)
            absent = target.cells.count(ABSENT_CELL)
            if sum(map(eq, filled, target.cells)) - absent >= USUALLY * self.discovery.rows:
                target.default = template
                target.needs.update(template.refs)

    def _template(self, target: Column, sources: list[Column], rows: list[int]) -> Template | None:
        """Find a template that holds in all or nearly all sample rows, without a place of the target's own."""
        usable = self.usable_sources(target, sources, rows, USUALLY)
        if not usable:
            return None
        for row in dict.fromkeys((rows[0], rows[len(rows) // 2])):
            for from_end in (False, True):
                template = fit(target.cells[row], row, usable, from_end=from_end)
                if template.refs and self._holds(template, target, rows):
                    return template
        return None

    def usable_sources(
        self, target: Column, sources: list[Column], rows: list[int], share: float = 1.0
    ) -> list[tuple[Column, bool]]:
        """Columns whose cells stand in the target's cells, as they are or in lower case; longest cells first.

        Args:
            target: The column that is to be written by others.
            sources: The others.
            rows: Rows to look at.
            share: Share of the rows in which the cell must be found.
        """
        wanted = [target.cells[row] for row in rows]
        lowered = list(map(str.lower, wanted))
        likely: dict[int, None] = {}
        for place in {0, len(rows) // 2}:
            text = lowered[place]
            cells = self._lowered(rows[place])
            likely.update(
                (number, None) for number, source in enumerate(sources) if cells[source.name] in text
            )
        needed = share * len(rows)
        usable = []
        for number in likely:
            source = sources[number]
            if source is target or (source.rule is not None and not isinstance(source.rule, Counted)):
                continue
            whole = self.discovery.whole[source.name]
            picked = [whole[row] for row in rows]
            if ABSENT_CELL in picked or "" in picked:
                continue
            exact = sum(map(contains, wanted, picked)) >= needed
            lower = not exact and sum(map(contains, wanted, map(str.lower, picked))) >= needed
            if (exact or lower) and not self.discovery.reaches(source, target):
                usable.append((sum(map(len, picked)), source, lower))
        usable.sort(key=lambda item: -item[0])
        return [(source, lower) for _, source, lower in usable]

    def _lowered(self, row: int) -> dict[str, str]:
        """Cells of a row in lower case; a line break, which is in no cell, for those that are of no use."""
        if row not in self._rows:
            self._rows[row] = {
                name: cells[row].lower() if cells[row] not in ("", ABSENT_CELL) else "\n"
                for name, cells in self.discovery.whole.items()
            }
        return self._rows[row]

    def _holds(self, template: Template, target: Column, rows: list[int]) -> bool:
        picked = {name: [self.discovery.by_name[name].cells[row] for row in rows] for name in template.refs}
        filled = template.fill(len(rows), picked.__getitem__)
        hits: int = sum(map(eq, filled, (target.cells[row] for row in rows)))
        return hits >= USUALLY * len(rows)


def _worth_deriving(target: Column) -> bool:
    if target.distinct < 2 or target.leaf.kind in SPLIT or max(map(len, target.cells)) < SHORTEST_DERIVED:
        return False
    return target.distinct > 4 or not _WORDS.issuperset(target.cells)


def fit(text: str, row: int, usable: list[tuple[Column, bool]], *, from_end: bool) -> Template:
    """Replace the cells of a row where they stand in a text of the same row."""
    parts: list[str | Ref] = [text]
    for source, lower in usable:
        cell = source.cells[row].lower() if lower else source.cells[row]
        places = [index for index, part in enumerate(parts) if isinstance(part, str) and cell in part]
        if not places:
            continue
        place = places[-1 if from_end else 0]
        whole = parts[place]
        before, _, behind = str(whole).rpartition(cell) if from_end else str(whole).partition(cell)
        pieces = (before, Ref(source.name, lower), behind)
        parts[place : place + 1] = [piece for piece in pieces if piece]
    return Template(tuple(parts))
