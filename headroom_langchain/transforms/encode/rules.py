"""Rules for columns that cost less than their cells: constants, templates, look-ups, counters and defaults.

A rule works on cells, whatever they mean, so a rule that holds for the cells holds for the values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import ABSENT_CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Lookup = Callable[[str], list[str]]

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}|]*)(\|lower)?\}")


@dataclass(frozen=True, slots=True)
class Ref:
    """The cell of another column in the same row."""

    name: str
    lower: bool = False
    """In lower case."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with the cells of other columns in it."""

    parts: tuple[str | Ref, ...]
    """A :class:`Ref` with an empty name is the place of the column's own cell."""

    def __str__(self) -> str:
        return "".join(
            part.replace("{", "{{").replace("}", "}}")
            if isinstance(part, str)
            else f"{{{part.name}{'|lower' if part.lower else ''}}}"
            for part in self.parts
        )

    @classmethod
    def read(cls, text: str) -> Template:
        """Read what ``str`` wrote."""
        parts: list[str | Ref] = []
        literal, end = "", 0
        for found in _PART.finditer(text):
            literal += text[end : found.start()]
            end = found.end()
            if found[1] is None:
                literal += found[0][0]
                continue
            if literal:
                parts.append(literal)
                literal = ""
            parts.append(Ref(found[1], found[2] is not None))
        literal += text[end:]
        return cls((*parts, literal) if literal else tuple(parts))

    def fill(self, rows: int, column: Lookup, own: list[str] | None = None) -> list[str]:
        """Write the template for each row; where a column it refers to is absent, the result is absent.

        Args:
            rows: Number of rows.
            column: Finds the cells of a column by name.
            own: Cells for the column's own place.

        Returns:
            One cell for each row.
        """
        if not self.parts:
            return [""] * rows
        filled: list[Iterable[str]] = []
        absent = False
        for part in self.parts:
            if isinstance(part, str):
                filled.append(repeat(part, rows))
                continue
            cells = own if not part.name and own is not None else column(part.name)
            absent = absent or ABSENT_CELL in cells
            filled.append(map(str.lower, cells) if part.lower else cells)
        if absent:
            return [ABSENT_CELL if ABSENT_CELL in row else "".join(row) for row in zip(*filled, strict=True)]
        return list(map("".join, zip(*filled, strict=True)))

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the template needs."""
        return tuple(part.name for part in self.parts if isinstance(part, Ref) and part.name)


@dataclass(frozen=True, slots=True)
class Constant:
    """The same cell in every row."""

    cell: str
    where: str | None = None
    """Only in rows that have this column; absent in the others."""

    def restore(self, rows: int, column: Lookup) -> list[str]:
        """Write the cells."""
        if self.where is None:
            return [self.cell] * rows
        return [cell if cell == ABSENT_CELL else self.cell for cell in column(self.where)]

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the rule needs."""
        return () if self.where is None else (self.where,)


@dataclass(frozen=True, slots=True)
class Derived:
    """A template of other columns."""

    template: Template

    def restore(self, rows: int, column: Lookup) -> list[str]:
        """Write the cells."""
        return self.template.fill(rows, column)

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the rule needs."""
        return self.template.refs


@dataclass(frozen=True, slots=True)
class Mapped:
    """A cell that follows from the cell of another column."""

    source: str
    cells: dict[str, str]

    def restore(self, rows: int, column: Lookup) -> list[str]:
        """Write the cells."""
        del rows
        try:
            return [self.cells[cell] for cell in column(self.source)]
        except KeyError as error:
            raise CompressionError("a value is missing from a look-up", {"value": error}) from error

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the rule needs."""
        return (self.source,)


@dataclass(frozen=True, slots=True)
class Counted:
    """Whole numbers that rise by one within each list."""

    start: int

    def numbers(self, lists: Sequence[int]) -> list[str]:
        """Write the cells.

        Args:
            lists: Rows of each list.
        """
        longest = max(lists, default=0)
        numbers = list(map(str, range(self.start, self.start + longest)))
        if len(lists) == 1:
            return numbers
        return list(chain.from_iterable(numbers[:rows] for rows in lists))


OUTER: Final = "^."
"""Before the name of a column of the row that a nested row belongs to."""


def spread(cells: list[str], lists: Sequence[int]) -> list[str]:
    """Repeat the cells of rows for the nested rows of each."""
    return list(chain.from_iterable(map(repeat, cells, lists)))


Rule = Constant | Derived | Mapped | Counted
"""How a column that has no cells in the rows is restored."""


@dataclass(frozen=True, slots=True)
class Above:
    """An empty cell repeats the cell above it."""


Default = str | Above | Template
"""What an empty cell stands for; of a template, what the template gives in this row."""


def with_default(cells: list[str], default: Default, column: Lookup) -> list[str]:
    """Empty the cells that hold a default; cells that are empty already are quoted."""
    usual: Iterable[str | None]
    if isinstance(default, Above):
        usual = chain((None,), cells)
    elif isinstance(default, Template):
        usual = default.fill(len(cells), column)
    else:
        return ["" if cell == default else cell or '""' for cell in cells]
    return ["" if cell == other else cell or '""' for cell, other in zip(cells, usual, strict=False)]


def without_default(cells: list[str], default: Default, column: Lookup) -> list[str]:
    """Undo :func:`with_default`, quoted cells left as they are.

    Raises:
        CompressionError: The first cell repeats a cell that is not there.
    """
    if isinstance(default, Template):
        return [cell or usual for cell, usual in zip(cells, default.fill(len(cells), column), strict=True)]
    if not isinstance(default, Above):
        return [cell or default for cell in cells]
    if cells and not cells[0]:
        raise CompressionError("the first row repeats a row above it")
    last = ""
    restored = []
    for cell in cells:
        last = cell or last
        restored.append(last)
    return restored
