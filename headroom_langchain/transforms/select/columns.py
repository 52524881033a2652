"""Records as columns: nested objects under dotted names, numbers as floats or exact decimals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.encode.json_text import Number

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEEPEST: Final = 6
_SAMPLE: Final = 64
_LONGEST_LITERAL: Final = 400
_LARGEST_EXPONENT: Final = 400
_NUMBER: Final = re.compile(
    r"(?P<sign>[-+\u2212]?)(?P<before>[$€£¥₹₽]\s?)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)(?P<exponent>[eE][-+]?\d+)?"
    r"\s?(?P<unit>[a-zA-Zµμ°%/]{1,8}|[€$£¥₽₹]|ms|млн|руб\.?|シ|円|元|원)?",
    re.ASCII,
)
PLAIN_NUMBERS: Final = re.compile(r"(?:-?(?:0|[1-9]\d{0,17}+)(?:\.\d{1,18}+)?+,)+", re.ASCII)
"""A column of literals that need no closer look."""
_SCALES: Final[Mapping[str, float]] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "secs": 1.0, "m": 60.0,
    "min": 60.0, "mins": 60.0, "h": 3600.0, "hr": 3600.0, "hours": 3600.0, "d": 86400.0, "days": 86400.0,
    "b": 1.0, "bytes": 1.0, "kb": 1e3, "k": 1e3, "kib": 1024.0, "mb": 1e6, "mib": 1048576.0, "gb": 1e9,
    "gib": 1073741824.0, "g": 1e9, "tb": 1e12, "tib": 1099511627776.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of records."""

    name: str
    """Key, or keys joined by dots."""
    rows: Sequence[int]
    """Numbers of the records that have it, ascending."""
    values: Sequence[object]
    """The cell of each of these records."""

    @property
    def key(self) -> str:
        """The innermost key in lower case, words joined by underscores."""
        return _key(self.name)


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    last = name.rsplit(".", 1)[-1].lstrip("@")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+", "_", last).lower()


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a column."""

    rows: Sequence[int]
    """Numbers of the records with a number."""
    values: Sequence[float]


def columns_of(rows: Sequence[Mapping[str, object]]) -> list[Column]:
    """Turn records into columns.

    Args:
        rows: Records as parsed from JSON or CSV. Objects in them become columns of their own.

    Returns:
        Columns in the order in which their names appear. Time is linear in the number of cells.
    """
    out: list[Column] = []
    _collect(rows, range(len(rows)), "", out, 0)
    return out


def _collect(
    rows: Sequence[Mapping[str, object]], numbers: Sequence[int], prefix: str, out: list[Column], depth: int
) -> None:
    for key, (own, values) in _cells(rows, numbers).items():
        name = f"{prefix}{key}"
        types = set(map(type, values))
        if depth < _DEEPEST and dict in types:
            nested = [
                (number, value)
                for number, value in zip(own, values, strict=True)
                if isinstance(value, Mapping)
            ]
            plain = [
                (number, value)
                for number, value in zip(own, values, strict=True)
                if not isinstance(value, Mapping)
            ]
            if plain:
                out.append(Column(name, [number for number, _ in plain], [value for _, value in plain]))
            _collect([row for _, row in nested], [number for number, _ in nested], f"{name}.", out, depth + 1)
        else:
            out.append(Column(name, own, values))


def _cells(
    rows: Sequence[Mapping[str, object]], numbers: Sequence[int]
) -> dict[str, tuple[Sequence[int], Sequence[object]]]:
    """The cells of each key, with the numbers of their rows."""
    keys = list(rows[0]) if rows else []
    if all(map(keys.__eq__, map(list, rows))):
        return {
            key: (numbers, values)
            for key, values in zip(keys, zip(*[row.values() for row in rows], strict=True), strict=True)
        }
    cells: dict[str, tuple[list[int], list[object]]] = {}
    for number, row in zip(numbers, rows, strict=True):
        for key, value in row.items():
            cell = cells.get(key)
            if cell is None:
                cell = cells[key] = ([], [])
            cell[0].append(number)
            cell[1].append(value)
    return {**cells}


def to_number(cell: object) -> float | None:
    """Read a cell as a number.

    Args:
        cell: A number, or a text that holds one, with a sign of currency or a unit (``"1,234.5"``, ``"12 ms"``).

    Returns:
        A finite number, in seconds or bytes where the unit is one of time or size; None for anything else,
        truth values and numbers beyond the range of a float included.
    """
    if isinstance(cell, bool):
        return None
    try:
        if isinstance(cell, int | float) or (type(cell) is Number and len(cell) <= _LONGEST_LITERAL):
            number = float(cell)
        elif isinstance(cell, str):
            found = split_unit(cell)
            if found is None:
                return None
            number = float(found[0]) * _SCALES.get(found[1].lower(), 1.0)
        else:
            return None
    except OverflowError:
        return None
    return number if isfinite(number) else None


def split_unit(cell: str) -> tuple[str, str] | None:
    """Split a text into the literal of a number and its unit; None where it is no number."""
    if len(cell) > _LONGEST_LITERAL or cell[:1].isalpha():
        return None
    found = _NUMBER.fullmatch(cell.strip())
    if found is None or (found["before"] and found["unit"]):
        return None
    sign = "-" if found["sign"] in {"-", "\u2212"} else ""
    literal = sign + found["digits"].replace(",", "") + (found["exponent"] or "")
    return literal, found["unit"] or (found["before"] or "").strip()


def to_decimal(cell: object) -> tuple[Decimal, str] | None:
    """Read a cell as an exact number.

    Args:
        cell: As for :func:`to_number`.

    Returns:
        The number as it was written and its unit; None for anything else and for exponents beyond 400.
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return (Decimal(cell), "") if abs(cell).bit_length() < _LONGEST_LITERAL * 3 else None
    if isinstance(cell, float):
        return (Decimal(repr(cell)), "") if isfinite(cell) else None
    found = split_unit(cell) if isinstance(cell, str) else None
    if found is None:
        return None
    _, _, exponent = found[0].lower().partition("e")
    if len(exponent) > 5 or abs(int(exponent or 0)) > _LARGEST_EXPONENT:
        return None
    return Decimal(found[0]), found[1]


def numbers_of(column: Column) -> Numbers | None:
    """The numbers of a column.

    Args:
        column: Any column; cells without a number are left out.

    Returns:
        The numbers in their order; None where fewer than half of its cells (nulls aside) hold one.
    """
    values = column.values
    step = max(1, len(values) // _SAMPLE)
    sample = [value for value in values[::step] if value not in (None, "")]
    if sum(to_number(value) is not None for value in sample) * 2 < len(sample):
        return None
    if set(map(type, values)) <= {int, float, Number}:
        try:
            literals = list(map(float, values))  # type: ignore[arg-type]
        except OverflowError:
            literals = []
        if literals and all(map(isfinite, literals)):
            return Numbers(column.rows, literals)
    plain = _plain_numbers(values) if set(map(type, values)) == {str} else None
    if plain is not None:
        return Numbers(column.rows, plain)
    known: dict[object, float | None] = {}
    rows: list[int] = []
    out: list[float] = []
    filled = 0
    for row, value in zip(column.rows, values, strict=True):
        if value is None or value == "":
            continue
        filled += 1
        if isinstance(value, str):
            if value not in known:
                known[value] = to_number(value)
            number = known[value]
        else:
            number = to_number(value)
        if number is not None:
            rows.append(row)
            out.append(number)
    return Numbers(rows, out) if out and len(out) * 2 >= filled else None


def _plain_numbers(cells: Sequence[object]) -> list[float] | None:
    together = ",".join([*map(str, cells), ""])
    if together.count(",") != len(cells) or not PLAIN_NUMBERS.fullmatch(together):
        return None
    return list(map(float, map(str, cells)))
