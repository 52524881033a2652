"""What an original is made of: rows of data, or lines of text."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.originals.json_path import PathError, parse_path, values_at, write_place
from headroom_langchain.results import ContentKind
from headroom_langchain.transforms.detect import detect
from headroom_langchain.transforms.encode.json_text import COMPACT, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headroom_langchain.originals.json_path import Place

_PART: Final = 1_000
"""Characters of a line from which on it is searched in parts."""
_ROWS: Final = 3
"""Items from which on an array is rows, however small they are."""
_WHOLE: Final = 300
"""Characters up to which an object is one unit."""
_SAMPLE: Final = 200
"""Rows whose keys are looked at."""
_WHERE_PARTS_END: Final = " ,;\t"


@dataclass(frozen=True, slots=True)
class Unit:
    """A row, a line, or a part of a long one."""

    number: int
    """Of the row or line, counted from 1."""
    text: str
    """Compact JSON of a row, or a line without its end."""
    place: str = ""
    """JSON path of the value; empty for lines and rows of CSV."""
    offset: int = 0
    """Characters of the row or line in front of this part."""
    whole: int = -1
    """Characters of the whole row or line where this is a part of it, else -1."""

    @property
    def searched(self) -> str:
        """The text that queries and patterns are tried on: a string without quotes, a member with its name."""
        if not self.place:
            return self.text
        text = self.text[1:-1] if self.text[:1] == '"' == self.text[-1:] else self.text
        return text if self.place.endswith("]") else f"{self.place}: {text}"


@dataclass(frozen=True, slots=True)
class Units:
    """An original, taken apart."""

    kind: str
    noun: str
    """``row``, ``line`` or ``value``."""
    all: Sequence[Unit]
    names: tuple[str, ...] = ()
    """Columns or keys of the rows."""
    head: str = ""
    """The line that names the columns of CSV."""

    def in_parts(self) -> Units:
        """Cut what is too long to be one match; JSON stays whole, because its fields belong together."""
        if all(unit.place or len(unit.text) <= _PART for unit in self.all):
            return self
        return replace(self, all=[part for unit in self.all for part in _parts(unit)])


def is_one_array(units: Sequence[Unit]) -> bool:
    """Whether units are items of one JSON array, so that they can be shown as one."""
    return (
        all(unit.place.endswith("]") for unit in units)
        and len({u.place.rpartition("[")[0] for u in units}) == 1
    )


def _parts(unit: Unit) -> Iterator[Unit]:
    text, start = unit.text, 0
    while not unit.place and len(text) - start > _PART:
        end = start + _PART
        blank = max(text.rfind(mark, start + _PART // 2, end) for mark in _WHERE_PARTS_END)
        end = blank + 1 if blank >= 0 else end
        yield replace(unit, text=text[start:end], offset=start, whole=len(text))
        start = end
    yield replace(unit, text=text[start:], offset=start, whole=len(text) if start else -1)


def units_of(text: str, kind: str | None = None, path: str | None = None) -> Units:
    """Take an original apart.

    Args:
        text: The original, broken or huge included.
        kind: What it is, where that is known.
        path: A JSON path to the values to take.

    Returns:
        Items of arrays and members of objects for JSON, records for CSV, lines for everything else.

    Raises:
        PathError: The path cannot be read, or the text has no values to take.
    """
    kind = kind or detect(text)
    try:
        if path is not None:
            return _at_path(text, kind, path)
        if kind == ContentKind.JSON:
            return _json_units(parse(text))
        if kind == ContentKind.JSONL:
            return _json_lines(text)
        if kind == ContentKind.CSV:
            found = _csv_units(text)
            if found is not None:
                return found
    except PathError:
        raise
    except (ValueError, RecursionError):
        if path is not None:
            raise PathError("the text is no valid JSON, so a path leads nowhere") from None
    return Units(str(kind), "line", _lines(text))


def _lines(text: str) -> list[Unit]:
    body = text.removesuffix("\n")
    return [Unit(number, line.removesuffix("\r")) for number, line in enumerate(body.split("\n"), 1)]


def _json_units(value: Any) -> Units:
    cut = list(_cut((), value))
    units = [
        Unit(number, COMPACT.write(inner), write_place(place)) for number, (place, inner) in enumerate(cut, 1)
    ]
    rows = [inner for _, inner in cut if isinstance(inner, dict)]
    return Units("json", "row" if is_one_array(units) else "value", units, _names(rows) or _top(value))


def _cut(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, list) and value:
        rows = len(value) >= _ROWS
        for number, item in enumerate(value):
            if rows:
                yield (*place, number), item
            else:
                yield from _cut((*place, number), item)
    elif isinstance(value, dict) and value and (not place or _is_large(value) or _holds_rows(value)):
        for name, item in value.items():
            yield from _cut((*place, name), item)
    else:
        yield place, value


def _is_large(value: Any) -> bool:
    """Whether a value takes more characters than one unit should; looks no further than it must."""
    left, open_values = _WHOLE, [value]
    while open_values and left >= 0:
        inner = open_values.pop()
        if isinstance(inner, dict):
            left -= sum(map(len, inner))
            open_values.extend(inner.values())
        elif isinstance(inner, list):
            open_values.extend(inner)
        left -= len(inner) if isinstance(inner, str) else 4
    return left < 0


def _holds_rows(value: dict[str, Any]) -> bool:
    return any(
        isinstance(item, list) and len(item) >= _ROWS and isinstance(item[0], dict) for item in value.values()
    )


def _names(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows[:_SAMPLE] for name in row))


def _top(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, dict) else ()


def _json_lines(text: str) -> Units:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    values = [parse(line) for line in lines]
    # Escapes would hide what they stand for from a query.
    rows = [
        COMPACT.write(value) if "\\u" in line else line for line, value in zip(lines, values, strict=True)
    ]
    units = [Unit(number + 1, row, f"$[{number}]") for number, row in enumerate(rows)]
    return Units("jsonl", "row", units, _names([value for value in values if isinstance(value, dict)]))


def _csv_rows(text: str) -> tuple[list[str], list[tuple[str, list[str]]]] | None:
    """Columns, and rows as they are written with their cells; None where the text is no table."""
    body = text.removeprefix("\ufeff")
    first = body.partition("\n")[0]
    separator = max(",\t;|", key=first.count)
    source = io.StringIO(body, newline="")
    lines: list[str] = []

    def feed() -> Iterator[str]:
        for line in source:
            lines.append(line)
            yield line

    rows: list[tuple[str, list[str]]] = []
    try:
        for cells in csv.reader(feed(), delimiter=separator, strict=True):
            written = "".join(lines).rstrip("\r\n")
            lines.clear()
            if cells:
                rows.append((written, cells))
    except csv.Error:
        return None
    return (rows[0][1], rows) if len(rows) > 1 else None


def _csv_units(text: str) -> Units | None:
    found = _csv_rows(text)
    if found is None:
        return None
    names, rows = found
    units = [Unit(number, written) for number, (written, _) in enumerate(rows[1:], 1)]
    return Units("csv", "row", units, tuple(names), rows[0][0])


def _at_path(text: str, kind: str, path: str) -> Units:
    steps = parse_path(path)
    value: Any
    if kind == ContentKind.JSON:
        value = parse(text)
    elif kind == ContentKind.JSONL:
        value = [parse(line) for line in text.split("\n") if line.strip()]
    elif kind == ContentKind.CSV and (found := _csv_rows(text)) is not None:
        value = [dict(zip(found[0], cells, strict=False)) for _, cells in found[1][1:]]
    else:
        raise PathError(f"a path works in JSON and CSV only, and this is {kind}")
    cut = values_at(value, steps)
    if len(cut) == 1 and isinstance(cut[0][1], (list, dict)):
        cut = list(_cut(*cut[0]))
    units = [
        Unit(number, COMPACT.write(inner), write_place(place)) for number, (place, inner) in enumerate(cut, 1)
    ]
    rows = [inner for _, inner in cut if isinstance(inner, dict)]
    return Units(str(kind), "value", units, _names(rows) or (_top(value) if not units else ()))
