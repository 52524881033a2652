"""Exact figures of a column: counts of categories, extremes and sums of numbers, spans of time."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, localcontext
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.encode.json_text import Number
from headroom_langchain.transforms.select.columns import PLAIN_NUMBERS, to_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headroom_langchain.transforms.select.columns import Column

_PRECISION: Final = 1400
"""Enough digits for an exact sum of literals of 400 digits with exponents up to 400."""
_MEAN_DIGITS: Final = 6
_MOST_CATEGORIES: Final = 50
_SAMPLE: Final = 1000
_LONGEST_LABEL: Final = 40
_LONGEST_PLAIN: Final = 400
_PLAIN_WIDTH: Final = 24
_MOST_BITS: Final = 128
_NUMERIC_SHARE: Final = 0.9
_TEXTS: Final = frozenset({str, Number})
_STAMP: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s?(Z|[+-]\d\d:?\d\d|UTC)?", re.ASCII
)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class NumberFigures:
    """Figures of the numbers of a column."""

    count: int
    others: int
    """Cells that are neither empty nor a number."""
    smallest: str
    """As it is written."""
    smallest_row: int
    largest: str
    largest_row: int
    total: Decimal
    """The exact sum."""
    unit: str


def is_empty(cell: object) -> bool:
    """Whether a cell holds nothing: a null, or an empty text."""
    return cell is None or cell == ""


def label(cell: object) -> str | None:
    """How a category is written, on one line; None for what is no category: lists, objects and long texts."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) or (isinstance(cell, int) and cell.bit_length() <= _MOST_BITS):
        cell = repr(cell)
    if not isinstance(cell, str) or len(cell) > _LONGEST_LABEL:
        return None
    return one_line(cell)


def one_line(text: str) -> str:
    """A text that can be sent on one line; with quotes and escapes where it cannot as it is."""
    if _UNPRINTABLE.search(text) or text != text.strip() or not text:
        return json.dumps(text)
    return text


def categories(column: Column) -> Counter[str] | None:
    """Count the categories of a column.

    Args:
        column: Any column; empty cells are not counted.

    Returns:
        Cells by how they are written; None where they are no categories: more than 50, or hardly any repeated.
    """
    cells = column.values
    if _TEXTS.issuperset(map(type, cells)):
        if len(set(cells[:_SAMPLE])) > _MOST_CATEGORIES + 2:
            return None
        # Texts are written the same where they are the same, so each is written once.
        weighed: Iterable[tuple[object, int]] = Counter(cells).items()
    else:
        weighed = ((cell, 1) for cell in cells)
    counts: Counter[str] = Counter()
    for cell, count in weighed:
        if is_empty(cell):
            continue
        written = label(cell)
        if written is None:
            return None
        counts[written] += count
        if len(counts) > _MOST_CATEGORIES:
            return None
    return counts if counts and len(counts) * 2 <= counts.total() else None


def number_figures(column: Column) -> NumberFigures | None:
    """Compute the figures of the numbers of a column.

    Args:
        column: Any column.

    Returns:
        The figures; None where fewer than nine tenths of the cells that are not empty hold a number, or where the
        numbers have different units.
    """
    if _is_other(column):
        return None
    exact = _plain(column.values)
    if exact is not None:
        return _figures(column, exact, range(len(exact)), "", 0)
    numbers: list[Decimal] = []
    places: list[int] = []
    units: set[str] = set()
    others = 0
    for place, cell in enumerate(column.values):
        if is_empty(cell):
            continue
        parsed = _exact(cell)
        if parsed is None:
            others += 1
            continue
        numbers.append(parsed[0])
        units.add(parsed[1])
        places.append(place)
    if len(units) != 1 or len(numbers) < _NUMERIC_SHARE * (len(numbers) + others):
        return None
    return _figures(column, numbers, places, units.pop(), others)


def _plain(cells: Sequence[object]) -> list[Decimal] | None:
    """The numbers of cells that are all plain literals, at a fraction of the time."""
    if not _TEXTS.issuperset(map(type, cells)):
        return None
    together = ",".join([*map(str, cells), ""])
    if together.count(",") != len(cells) or not PLAIN_NUMBERS.fullmatch(together):
        return None
    return list(map(Decimal, map(str, cells)))


def _figures(
    column: Column, numbers: Sequence[Decimal], places: Sequence[int], unit: str, others: int
) -> NumberFigures:
    low, high = min(numbers), max(numbers)
    first_low, first_high = places[numbers.index(low)], places[numbers.index(high)]
    with localcontext(Context(prec=_PRECISION)):
        total = sum(numbers, Decimal(0))
    return NumberFigures(
        len(numbers),
        others,
        _as_written(column.values[first_low], low),
        column.rows[first_low],
        _as_written(column.values[first_high], high),
        column.rows[first_high],
        total,
        unit,
    )


def _is_other(column: Column) -> bool:
    """Whether a look at some cells tells that they are no numbers."""
    step = max(1, len(column.values) // 64)
    sample = [cell for cell in column.values[::step] if not is_empty(cell)]
    return sum(_exact(cell) is not None for cell in sample) * 2 < len(sample)


def _exact(cell: object) -> tuple[Decimal, str] | None:
    if type(cell) is Number and len(cell) <= _LONGEST_PLAIN and "e" not in cell and "E" not in cell:
        return (Decimal(cell), "") if cell[-1].isdigit() else None
    return to_decimal(cell)


def _as_written(cell: object, number: Decimal) -> str:
    text = cell.strip() if isinstance(cell, str) else str(number)
    return one_line(text) if len(text) <= _LONGEST_LABEL else f"≈{number:.6e}"


def write_number(number: Decimal) -> str:
    """Write a number in full, without zeros that say nothing; a very long or small one with an exponent."""
    if not number:
        return "0"
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if len(plain) <= _PLAIN_WIDTH:
        return plain
    with localcontext(Context(prec=_PRECISION)):
        exponential = str(number.normalize())
    return exponential if len(exponential) < len(plain) else plain


def write_mean(total: Decimal, count: int) -> str:
    """Write a mean with six digits, after ``≈`` where it has more."""
    context = Context(prec=_MEAN_DIGITS)
    mean = context.divide(total, Decimal(count))
    return ("≈" if context.flags[Inexact] else "") + write_number(mean)


def time_span(column: Column) -> tuple[str, str] | None:
    """The earliest and the latest time of a column of ISO 8601 dates or times.

    Args:
        column: Any column; empty cells are left out.

    Returns:
        Both as they are written; None where a cell is no such time, or where some cells have an offset and some have
        none.
    """
    found: dict[str, tuple[str, str]] = {}
    for cell in column.values:
        if is_empty(cell) or (isinstance(cell, str) and cell in found):
            continue
        match = _STAMP.fullmatch(cell) if isinstance(cell, str) else None
        if match is None:
            return None
        found[str(cell)] = (f"{match[1]} {match[2] or ''}", _offset(match[3]))
    if not found:
        return None
    if len({offset for _, offset in found.values()}) == 1:
        # Fractions of different length compare well as text, for their ends are cut off with the offset.
        return min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    return _span_of_offsets(list(found))


def _offset(text: str | None) -> str:
    if text is None:
        return ""
    return "+0000" if text in {"Z", "UTC"} else text.replace(":", "")


def _span_of_offsets(stamps: Sequence[str]) -> tuple[str, str] | None:
    moments: dict[datetime, str] = {}
    for stamp in stamps:
        try:
            moment = datetime.fromisoformat(stamp.replace("UTC", "Z").replace(" Z", "Z"))
            if moment.tzinfo is None:
                return None
            moments.setdefault(moment.astimezone(UTC), stamp)
        except (ValueError, OverflowError):
            return None
    return moments[min(moments)], moments[max(moments)]
