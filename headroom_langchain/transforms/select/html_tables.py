"""Reads the cells of an HTML table, row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.html_tags import Tag

_MOST_COLUMNS = 50
"""The widest cell, in columns; more is a mistake or an attack."""
_LONGEST_CELL = 600
"""Characters, above which a cell is a text and its table a layout."""


@dataclass(slots=True)
class Table:
    """A table that is being read.

    Attributes:
        rows: The cells so far.
        has_head: Whether the first row names the columns.
        is_layout: Whether its cells hold blocks, so that it is no table of data.
    """

    rows: list[list[str]] = field(default_factory=list)
    has_head: bool = False
    is_layout: bool = False
    _spans: tuple[int, int] = (1, 1)
    _carried: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Cells that reach into the rows below: the rows that are left, and the text, by column."""

    def start(self, tag: Tag) -> None:
        """Start a row or a cell.

        Args:
            tag: The start tag of a ``tr``, ``td`` or ``th``; others change nothing.
        """
        if tag.name == "tr":
            self.rows.append([])
        elif tag.name in {"td", "th"}:
            if not self.rows:
                self.rows.append([])
            if len(self.rows) == 1:
                self.has_head = tag.name == "th" and (self.has_head or not self.rows[0])
            self._spans = (1, 1)
            if "span" in tag.source:
                attributes = tag.attributes()
                self._spans = (_span(attributes.get("colspan")), _span(attributes.get("rowspan")))

    def end_cell(self, text: str) -> None:
        """Put a cell into the row.

        Args:
            text: What the cell says. It stands in each row that it reaches into, so that each can be read alone.
        """
        if not self.rows:
            return
        row = self.rows[-1]
        while len(row) in self._carried:
            left, above = self._carried.pop(len(row))
            if left > 1:
                self._carried[len(row)] = (left - 1, above)
            row.append(above)
        columns, rows = self._spans
        for _ in range(columns):
            if rows > 1 and len(row) < _MOST_COLUMNS:
                self._carried[len(row)] = (rows - 1, text)
            row.append(text)
            text = ""

    def said(self) -> list[list[str]]:
        """The rows that say anything."""
        return [row for row in self.rows if any(row)]

    def is_data(self) -> bool:
        """Whether it has rows and columns of short cells."""
        rows = self.said()
        return (
            len(rows) > 1
            and max(map(len, rows)) > 1
            and max(len(cell) for row in rows for cell in row) <= _LONGEST_CELL
        )


def _span(value: str | None) -> int:
    return min(int(value), _MOST_COLUMNS) or 1 if value and re.fullmatch(r"[0-9]{1,6}", value) else 1
