"""The shape of records: objects of a list flattened into columns, and what the rows say about optional parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.transforms.encode.cells import ABSENT, ABSENT_CELL, cells_of
from headroom_langchain.transforms.encode.json_text import COMPACT, Number

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str, ...]

MAX_ORDERS: Final = 8
"""So many orders of the same keys are told apart; beyond that an object is written as JSON."""
MIN_CHILD_ROWS: Final = 3
"""Fewer records than this in a nested list are written as JSON."""
MAX_KEYS: Final = 300
"""Objects with more different keys than this are maps, not records."""
MIN_FILL: Final = 0.45
"""Small nested objects that share fewer of their keys than this are maps, not records."""
MIN_FILL_LARGE: Final = 0.1
"""The same for objects with much in them, where equal parts are worth finding."""
LARGE: Final = 12
"""Members of a large object, nested ones included."""


class ShapelessError(ValueError):
    """The objects have too little in common to stand in one table."""


@dataclass(slots=True)
class Leaf:
    """One column."""

    path: Path
    cells: list[str]
    kind: str


@dataclass(slots=True)
class ObjectNote:
    """What the rows say about one object, beyond the cells of its members."""

    none: str = ABSENT_CELL
    """What it is when all its members are absent: ``~`` (absent itself), ``null`` or ``{}``."""
    exceptions: list[str] | None = None
    """For each row an empty cell, or what the object is in this row instead."""
    orders: tuple[tuple[str, ...], ...] = ()
    """Orders of its keys beside the usual one."""
    variants: list[str] | None = None
    """For each row an empty cell, or the number (from 1) of its order."""


@dataclass(slots=True)
class ChildList:
    """A list of records inside each row."""

    path: Path
    none: str
    """What it is in rows without child rows: ``[]``, ``~`` (absent) or ``null``."""
    exceptions: list[str] | None
    counts: list[int]
    """Child rows of each row."""
    shape: Shape


@dataclass(slots=True)
class Shape:
    """Records as columns, in the order of their keys."""

    rows: int
    parts: list[Leaf | ChildList] = field(default_factory=list)
    notes: dict[Path, ObjectNote] = field(default_factory=dict)

    @property
    def leaves(self) -> list[Leaf]:
        """The columns without the nested lists."""
        return [part for part in self.parts if isinstance(part, Leaf)]

    @property
    def children(self) -> list[ChildList]:
        """The nested lists."""
        return [part for part in self.parts if isinstance(part, ChildList)]


def shape_of(records: list[dict[str, Any]]) -> Shape:
    """Flatten records into columns.

    Args:
        records: At least one parsed JSON object.

    Returns:
        Their columns.

    Raises:
        ShapelessError: The order of their keys follows no rule, or they have no keys.
    """
    shape = Shape(len(records))
    _flatten_object(records, (), shape)
    if not shape.parts:
        raise ShapelessError("records without keys")
    return shape


def _flatten_object(values: list[Any], path: Path, shape: Shape, alive: list[bool] | None = None) -> None:
    objects = [value for value in values if type(value) is dict]
    note = ObjectNote()
    if len(objects) < len(values) or not all(objects):
        note.none, note.exceptions = _exceptions(values, dict, alive)
        alive = [type(value) is dict and bool(value) for value in values]
    key_orders = list(dict.fromkeys(map(tuple, objects)))
    usual = _merged_order(Counter(map(tuple, objects))) if len(key_orders) > 1 else key_orders[0]
    if len(key_orders) > 1:
        unusual = [order for order in key_orders if order and not _is_subsequence(order, usual)]
        if len(unusual) > MAX_ORDERS:
            raise ShapelessError("keys in no order")
        if unusual:
            numbers = {order: str(number) for number, order in enumerate(unusual, 1)}
            note.orders = tuple(unusual)
            note.variants = [numbers.get(tuple(value), "") if type(value) is dict else "" for value in values]
    if note.none != ABSENT_CELL or note.exceptions or note.variants:
        shape.notes[path] = note
    columns: Iterable[list[Any]]
    if len(key_orders) == 1 and len(objects) == len(values):
        columns = ([value[key] for value in values] for key in usual)
    else:
        columns = (
            [value.get(key, ABSENT) if type(value) is dict else ABSENT for value in values] for key in usual
        )
    first = len(shape.parts)
    for key, column in zip(usual, columns, strict=True):
        _flatten_value(column, (*path, key), shape, alive)
    if path and not _shows_presence(shape.parts[first:], alive or [True] * len(values)):
        raise ShapelessError("an object whose members are all empty looks like none")


def _shows_presence(parts: list[Leaf | ChildList], alive: list[bool]) -> bool:
    """Whether in each row that has the object at least one of its members shows."""
    shown: list[bool] = [not there for there in alive]
    for part in parts:
        if isinstance(part, Leaf):
            shown = [seen or cell != ABSENT_CELL for seen, cell in zip(shown, part.cells, strict=True)]
        else:
            shown = [seen or count > 0 for seen, count in zip(shown, part.counts, strict=True)]
        if all(shown):
            return True
    return False


def _flatten_value(values: list[Any], path: Path, shape: Shape, alive: list[bool] | None) -> None:
    types = set(map(type, values))
    if dict in types and _is_record_column(values):
        mark, notes = len(shape.parts), dict(shape.notes)
        try:
            _flatten_object(values, path, shape, alive)
        except ShapelessError:
            del shape.parts[mark:]
            shape.notes = notes
        else:
            return
    if list in types and types <= {list, type(None), type(ABSENT)}:
        lists = [value for value in values if type(value) is list]
        records = list(chain.from_iterable(lists))
        if len(records) >= MIN_CHILD_ROWS and all(type(record) is dict and record for record in records):
            none, exceptions = _exceptions(values, list, alive)
            counts = [len(value) if type(value) is list else 0 for value in values]
            try:
                child = shape_of(records)
            except ShapelessError:
                pass
            else:
                shape.parts.append(ChildList(path, none, exceptions, counts, child))
                return
    cells, kind = cells_of(values)
    shape.parts.append(Leaf(path, cells, kind))


def _is_record_column(values: list[Any]) -> bool:
    types = set(map(type, values))
    if not types <= {dict, type(None), type(ABSENT)}:
        return False
    objects = [value for value in values if type(value) is dict and value]
    keys = set(chain.from_iterable(objects))
    many = len(objects) > 1 or len(values) == 1
    fill = sum(map(len, objects)) / (len(keys) * len(objects) or 1)
    return many and (fill >= MIN_FILL or (fill >= MIN_FILL_LARGE and max(map(_size, objects[:50])) >= LARGE))


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else 1


def _exceptions(values: list[Any], container: type, alive: list[bool] | None) -> tuple[str, list[str] | None]:
    """Tell the usual reason for an empty container, and the rows in which it is another."""
    empty = COMPACT.write(container())
    reasons = [
        (empty if not value else "")
        if type(value) is container
        else ABSENT_CELL
        if value is ABSENT
        else "null"
        for value in values
    ]
    if alive is not None:
        reasons = [reason if there else "" for reason, there in zip(reasons, alive, strict=True)]
    seen = Counter(reasons)
    del seen[""]
    if not seen:
        return (empty if container is list else ABSENT_CELL), None
    none = seen.most_common(1)[0][0]
    if len(seen) == 1:
        return none, None
    return none, ["" if reason == none else reason for reason in reasons]


def _merged_order(key_orders: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """Merge orders of keys into one that most of them follow."""
    ranked = [order for order, _ in key_orders.most_common()]
    merged = list(ranked[0])
    known = set(merged)
    for order in ranked[1:]:
        if known.issuperset(order):
            continue
        if len(known) > MAX_KEYS:
            raise ShapelessError("too many different keys")
        place = 0
        for key in order:
            if key in known:
                place = merged.index(key) + 1
            else:
                merged.insert(place, key)
                known.add(key)
                place += 1
    return tuple(merged)


def _is_subsequence(order: tuple[str, ...], usual: tuple[str, ...]) -> bool:
    rest = iter(usual)
    return all(key in rest for key in order)


def is_table(items: list[Any]) -> bool:
    """Whether the items of an array can stand in a table."""
    return len(items) > 1 and all(type(item) is dict and item for item in items)


def is_map_of_records(members: dict[str, Any]) -> bool:
    """Whether the members of an object are records that can stand in a table, named by their keys."""
    records = list(members.values())
    if len(records) < MIN_CHILD_ROWS or not is_table(records):
        return False
    keys = set(chain.from_iterable(records))
    return sum(map(len, records)) >= MIN_FILL * len(keys) * len(records)


def grid_of(rows: list[Any]) -> Shape | None:
    """Make columns of arrays of equal length, named by their numbers; None where the items are no such arrays."""
    if len(rows) < MIN_CHILD_ROWS or set(map(type, rows)) != {list} or len(set(map(len, rows))) != 1:
        return None
    width = len(rows[0])
    if not 1 < width <= MAX_KEYS:
        return None
    return _columns(
        [str(number) for number in range(1, width + 1)], map(list, zip(*rows, strict=True)), len(rows)
    )


def series_of(members: dict[str, Any]) -> Shape | None:
    """Make columns of an object whose members are arrays of equal length; None where they are not."""
    columns = list(members.values())
    if len(columns) < 2 or set(map(type, columns)) != {list} or len(set(map(len, columns))) != 1:
        return None
    height = len(columns[0])
    if height < MIN_CHILD_ROWS or not all(map(is_scalar, chain.from_iterable(columns))):
        return None
    return _columns(list(members), columns, height)


def _columns(names: list[str], columns: Iterable[list[Any]], rows: int) -> Shape:
    leaves: list[Leaf | ChildList] = []
    for name, column in zip(names, columns, strict=True):
        cells, kind = cells_of(column)
        leaves.append(Leaf((name,), cells, kind))
    return Shape(rows, leaves)


def is_scalar(value: Any) -> bool:
    """Whether a value is a string, number, boolean or null."""
    return not isinstance(value, (dict, list)) or isinstance(value, Number)
