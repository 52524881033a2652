"""A row's layout: where its cells stand and how they are padded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from os.path import commonprefix
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


Row = tuple[str, ...]
FIT: Final = -1
"""Width of a column that is padded to its longest cell between two empty lines."""
_SLOT = re.compile(r"\{([^{}:/]+)(/?)(?::([<>])(\d*))?\}")
_OPENED = re.compile(r"[\[(<\"']+")
_CLOSED = re.compile(r"[\])>\"',;][^{}\s]*\Z")
_PLAIN_START = re.compile(r"[^A-Z\s{}][^{}\s]*")
_PLAIN_END = re.compile(r"[^{}\s]+\Z")
_LONGEST_AFFIX = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layout."""

    name: str
    align: str = ""
    """``<`` padded behind, ``>`` padded before, empty for no padding."""
    width: int = 0
    """Characters, or :data:`FIT`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows of cells become lines."""

    literals: tuple[str, ...]
    """What stands before the first column, between columns and behind the last one."""
    columns: tuple[Column, ...]
    paths: bool = False
    """The last column holds paths whose directories are given by headings."""

    @property
    def fitted(self) -> bool:
        """Whether a column is padded to its longest cell."""
        return any(column.width == FIT for column in self.columns)

    @property
    def padded(self) -> int:
        """Number of columns whose padding a row needs no more."""
        return sum(1 for column in self.columns if column.align) + sum(
            len(text) > 1 for text in self.literals
        )

    def __str__(self) -> str:
        """Write the layout as it stands in a legend."""
        out = [self.literals[0]]
        for position, (column, literal) in enumerate(zip(self.columns, self.literals[1:], strict=True)):
            spec = f":{column.align}{column.width if column.width > 0 else ''}" if column.align else ""
            tail = "/" if self.paths and position == len(self.columns) - 1 else ""
            out.append(f"{{{column.name}{tail}{spec}}}{literal}")
        return "".join(out)

    @classmethod
    def parse(cls, text: str) -> Layout:
        """Read a layout as :meth:`__str__` wrote it."""
        parts = _SLOT.split(text)
        columns = tuple(
            Column(name, align or "", int(width) if width else FIT if align else 0)
            for name, align, width in zip(parts[1::5], parts[3::5], parts[4::5], strict=True)
        )
        return cls(tuple(parts[0::5]), columns, paths=any(parts[2::5]))

    def render(self, rows: list[Row], sections: Sequence[int]) -> list[str]:
        """Write rows out.

        Args:
            rows: A cell for each column.
            sections: For each row, how many empty lines stand before it in the text.
        """
        if not self.fitted:
            return list(map(self._format([]).__mod__, rows))
        out: list[str] = []
        start = 0
        for _, run in groupby(sections):
            end = start + len(list(run))
            part = rows[start:end]
            longest = [max(map(len, cells)) for cells in zip(*part, strict=True)]
            out += map(self._format(longest).__mod__, part)
            start = end
        return out

    def _format(self, longest: list[int]) -> str:
        literals = [literal.replace("%", "%%") for literal in self.literals]
        out = [literals[0]]
        for position, column in enumerate(self.columns):
            width = longest[position] if column.width == FIT else column.width
            out.append(f"%{'-' if column.align == '<' else ''}{width}s" if column.align else "%s")
            out.append(literals[position + 1])
        return "".join(out)

    def renamed(self) -> Layout:
        """Write names without blanks, but for the last one's."""
        columns = [replace(column, name=column.name.replace(" ", "_")) for column in self.columns[:-1]]
        return replace(self, columns=(*columns, self.columns[-1]))

    def with_ending(self, position: int, ending: str) -> Layout:
        """Write what the cells of a column end with into the layout."""
        literals = list(self.literals)
        literals[position + 1] = ending + literals[position + 1]
        return replace(self, literals=tuple(literals))

    def trimmed(self, rows: list[Row], *, dense: bool) -> tuple[Layout, list[Row]]:
        """Write what all cells of a column without padding begin or end with into the layout.

        Args:
            rows: A cell for each column.
            dense: Whether anywhere, not only at brackets, quotes and commas.

        Returns:
            The layout and the rows without what it says now.
        """
        literals = list(self.literals)
        columns: list[Row] = list(zip(*rows, strict=True))
        for position, column in enumerate(self.columns):
            if column.align or (self.paths and position == len(self.columns) - 1):
                continue
            before, after = _affixes(columns[position], dense=dense)
            if before or after:
                end = -len(after) or None
                columns[position] = tuple([cell[len(before) : end] for cell in columns[position]])
                literals[position] += before
                literals[position + 1] = after + literals[position + 1]
        if literals == list(self.literals):
            return self, rows
        return Layout(tuple(literals), self.columns, self.paths), list(zip(*columns, strict=True))


def _affixes(cells: Row, *, dense: bool) -> tuple[str, str]:
    """What all cells begin with, up to a bracket or quote, and end with, from a bracket, quote or comma on."""
    if not dense and cells[0][:1].isalnum() and cells[0][-1:].isalnum() and "," not in cells[0]:
        return "", ""
    shortest = min(map(len, cells)) - 1
    if shortest < 1:
        return "", ""
    before = commonprefix((min(cells), max(cells)))[:shortest]
    found = (_PLAIN_START if dense else _OPENED).match(before)
    before = found[0] if found else ""
    reverse = [cell[: -_LONGEST_AFFIX - 1 : -1] for cell in cells]
    after = commonprefix((min(reverse), max(reverse)))[: shortest - len(before)][::-1]
    found = (_PLAIN_END if dense else _CLOSED).search(after)
    return before, found[0] if found else ""
