"""Records written as JSON again, whole columns at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import ABSENT_CELL, json_of
from headroom_langchain.transforms.encode.spec import Child, Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from headroom_langchain.transforms.encode.json_text import Style
    from headroom_langchain.transforms.encode.shape import Path
    from headroom_langchain.transforms.encode.tables import ReadTable


@dataclass(slots=True)
class _Object:
    """An object of the records: keys to the numbers of columns, or to objects inside."""

    path: Path
    members: dict[str, _Object | int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    """What stands before each member, as part of a format."""


class _Rows:
    """The columns of a table as JSON texts; None where a row has none."""

    def __init__(self, table: ReadTable, style: Style, depth: int) -> None:
        self.table = table
        self.style = style
        self.depth = depth
        self.root = _Object(())
        self.columns: list[list[str | None]] = []
        self.empty: dict[int, str | None] = {}
        """For columns of nested lists, what the list is in rows without nested rows."""
        for part in table.spec.parts:
            self._place(part.path, len(self.columns))
            level = depth + len(part.path)
            if isinstance(part, Child):
                self.empty[len(self.columns)] = None if part.none == ABSENT_CELL else part.none
                self.columns.append(_arrays(*table.children[part.path], style, level))
            else:
                self.columns.append(_texts(table.cells[part.path], part.kind, style, level))
        self.told: list[tuple[str, Path]] = []
        for path, cells in table.exceptions.items():
            self.told.append(("exception", path))
            self.columns.append([cell or None for cell in cells])
        for path, cells in table.variants.items():
            self.told.append(("variant", path))
            self.columns.append([cell or None for cell in cells])

    def _place(self, path: Path, number: int) -> None:
        node = self.root
        for depth, key in enumerate(path[:-1], 1):
            below = node.members.get(key)
            if below is None:
                below = node.members[key] = _Object(path[:depth])
                self._label(node, key)
            if not isinstance(below, _Object):
                raise CompressionError("a column is both a value and an object", {"key": key})
            node = below
        if path[-1] in node.members:
            raise CompressionError("a column stands twice", {"key": path[-1]})
        node.members[path[-1]] = number
        self._label(node, path[-1])

    def _label(self, node: _Object, key: str) -> None:
        node.labels[key] = self.style.quote(key).replace("%", "%%") + self.style.key

    def write(self) -> list[str]:
        """Write one JSON object for each row."""
        optional = [number for number, column in enumerate(self.columns) if None in column]
        told = range(len(self.columns) - len(self.told), len(self.columns))
        flags = sorted({*optional, *told})
        rows = list(zip(*self.columns, strict=True)) if self.columns else [()] * self.table.rows
        if not flags:
            write = self._writer({})
            return [write(row) for row in rows]
        marks = zip(
            *(
                self.columns[number] if number in told else [text is None for text in self.columns[number]]
                for number in flags
            ),
            strict=True,
        )
        writers: dict[Any, Callable[[Any], str]] = {}
        written = []
        for mark, row in zip(marks, rows, strict=True):
            write_row = writers.get(mark)
            if write_row is None:
                write_row = writers[mark] = self._writer(dict(zip(flags, mark, strict=True)))
            written.append(write_row(row))
        return written

    def _writer(self, marks: dict[int, Any]) -> Callable[[Any], str]:
        """Make the function that writes the rows of one pattern of absent cells."""
        first = len(self.columns) - len(self.told)
        told = {
            what: mark
            for index, what in enumerate(self.told)
            if (mark := marks.get(first + index)) is not None
        }
        used: list[int] = []
        template, _ = self._object(self.root, {n for n, mark in marks.items() if mark is True}, told, used)
        if not used:
            plain = template % ()
            return lambda _: plain
        if len(used) == 1:
            only = used[0]
            return lambda row: template % (row[only],)
        pick = itemgetter(*used)
        return lambda row: template % pick(row)

    def _object(
        self, node: _Object, absent: set[int], told: dict[tuple[str, Path], Any], used: list[int]
    ) -> tuple[str, bool]:
        """Write the format of an object, and tell whether anything in it shows."""
        note = self.table.spec.notes.get(node.path, Note())
        order = list(node.members)
        variant = told.get(("variant", node.path))
        if variant is not None:
            order = list(note.orders[int(variant) - 1])
        members = []
        shows = False
        for key in order:
            part = node.members[key]
            if not told and part.__class__ is int and part not in absent:
                used.append(part)
                members.append(node.labels[key] + "%s")
                shows = True
                continue
            text, seen = self._member(part, absent, told, used, (*node.path, key))
            shows = shows or seen
            if text is not None:
                members.append(node.labels[key] + text)
        return self.style.object(members, self.depth + len(node.path)), shows

    def _member(
        self,
        part: _Object | int,
        absent: set[int],
        told: dict[tuple[str, Path], Any],
        used: list[int],
        path: Path,
    ) -> tuple[str | None, bool]:
        exception = told.get(("exception", path))
        if isinstance(part, _Object):
            before = len(used)
            text, shows = self._object(part, absent, told, used)
            if exception is not None or not shows:
                del used[before:]
                none = exception or self.table.spec.notes.get(path, Note()).none
                return (None if none == ABSENT_CELL else none), exception is not None and none != ABSENT_CELL
            return text, True
        if exception is not None:
            return (None if exception == ABSENT_CELL else exception), False
        if part in absent:
            return self.empty.get(part), False
        used.append(part)
        return "%s", True


def _texts(cells: list[str], kind: str, style: Style, depth: int) -> list[str | None]:
    if ABSENT_CELL not in cells:
        return list(json_of(cells, kind, style, depth))
    present = iter(json_of([cell for cell in cells if cell != ABSENT_CELL], kind, style, depth))
    return [None if cell == ABSENT_CELL else next(present) for cell in cells]


def _arrays(counts: list[int], below: ReadTable, style: Style, depth: int) -> list[str | None]:
    records = write_records(below, style, depth + 1)
    ends = list(accumulate(counts))
    return [
        style.array(records[start:end], depth) if end > start else None
        for start, end in zip([0, *ends], ends, strict=False)
    ]


def write_records(table: ReadTable, style: Style, depth: int) -> list[str]:
    """Write the records of a table as JSON objects.

    Args:
        table: The table.
        style: Formatting of the JSON.
        depth: Depth at which the objects stand.

    Returns:
        One JSON object for each record.

    Raises:
        CompressionError: The table is damaged.
    """
    return _Rows(table, style, depth).write()
