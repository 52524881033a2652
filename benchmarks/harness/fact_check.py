"""Checks computed facts against the original: every figure is worked out again by other, slower code."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_FEWEST_ITEMS = 5
_ALL = re.compile(r"all (\d[\d,]*) rows:")
_REST = re.compile(r"(?P<said>.*?)(?:; (?P<others>\d+) no number)?(?:; (?P<empty>\d+) empty)?", re.DOTALL)
_SPAN = re.compile(r"(?P<low>\d{4}-\d\d-\d\d.*?) to (?P<high>\d{4}-\d\d-\d\d.*)")
_AT = r"(?: \((?P<{0}_name>.+?) (?P<{0}_at>[^ ].*?)\))?"
_VALUE = r"(?P<{0}>\S+(?: [^\s(]\S*)?)"
_NUMBERS = re.compile(
    "min " + _VALUE.format("low") + _AT.format("low")
    + ", max " + _VALUE.format("high") + _AT.format("high")
    + r"(?:, sum (?P<sum>\S+)(?: [^\s,]+)?)?(?:, mean (?P<mean>≈?\S+))?"
)  # fmt: skip
_ALWAYS = re.compile("always " + _VALUE.format("low"))
_FILLED = re.compile(r"(\d+) filled")
_OTHERS = re.compile(r"(?:^|, )\+(\d+) other values (\d+)$")
_IN_BRACKETS = re.compile(r"(.+?) \((\d+)\)(?:, |$)")
_NUMBER = re.compile(
    r"(?P<sign>[-+\u2212]?)[$€£¥₹₽]?\s?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)(?P<power>[eE][-+]?\d+)?\s?[^\d\s.,]{0,8}"
)
_DIGITS = 1400
_MEAN_DIGITS = 6


class _Literal(str):
    """A JSON number as it is written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FactCheck:
    """How many figures of facts are right. They add up."""

    figures: int = 0
    right: int = 0
    wrong: tuple[str, ...] = ()
    """Facts with a figure that is wrong, or that could not be read."""

    def __add__(self, other: FactCheck) -> FactCheck:
        """Add two up."""
        return FactCheck(self.figures + other.figures, self.right + other.right, self.wrong + other.wrong)


def check_facts(text: str, facts: Sequence[str]) -> FactCheck:
    """Work out every figure of facts again: rows, counts, extremes and where they stand, sums and means.

    Args:
        text: The original, JSON, JSON lines or CSV.
        facts: What is said of it, a line each.

    Returns:
        The counts; a line that could not be read is one wrong figure.
    """
    if not facts:
        return FactCheck()
    table = _Table(_rows_of(text))
    total = FactCheck()
    for fact in facts:
        verdicts = table.check(fact)
        good = sum(verdicts)
        total += FactCheck(len(verdicts), good, () if good == len(verdicts) else (fact,))
    return total


def _rows_of(text: str) -> list[dict[str, Any]]:
    try:
        return [row if isinstance(row, dict) else {"value": row} for row in _items(_parse(text))]
    except ValueError:
        pass
    try:
        lines = [_parse(line) for line in text.split("\n") if line.strip()]
        return [line if isinstance(line, dict) else {"value": line} for line in lines]
    except ValueError:
        records = list(
            csv.reader(io.StringIO(text), delimiter=max(",\t;|", key=text.split("\n", 1)[0].count))
        )
        return [dict(zip(records[0], record, strict=False)) for record in records[1:]]


def _parse(text: str) -> Any:
    return json.loads(text, parse_int=_Literal, parse_float=_Literal, parse_constant=_Literal)


def _items(value: Any) -> Iterator[Any]:
    """Items of the outermost lists with items enough."""
    if isinstance(value, list) and len(value) >= _FEWEST_ITEMS:
        yield from value
    elif isinstance(value, list | dict):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _items(member)


class _Table:
    """Cells by column, each with the number of its row."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self._count = len(rows)
        self._columns: dict[str, dict[int, Any]] = {}
        for number, row in enumerate(rows):
            for name, cell in _cells(row, ""):
                self._columns.setdefault(name, {})[number] = cell

    def check(self, fact: str) -> list[bool]:
        """Tell which figures of a fact are right."""
        rows = _ALL.fullmatch(fact)
        if rows is not None:
            return [int(rows[1].replace(",", "")) == self._count]
        names = [name for name in self._columns if fact.startswith(f"{name}: ")]
        if not names:
            return [False]
        name = max(names, key=len)
        cells = {number: cell for number, cell in self._columns[name].items() if cell not in (None, "")}
        found = _REST.fullmatch(fact[len(name) + 2 :])
        if found is None:
            return [False]
        verdicts = self._said(found["said"], cells)
        if found["others"]:
            verdicts.append(sum(_number(cell) is None for cell in cells.values()) == int(found["others"]))
        if found["empty"]:
            verdicts.append(self._count - len(cells) == int(found["empty"]))
        return verdicts

    def _said(self, said: str, cells: dict[int, Any]) -> list[bool]:
        readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], dict[int, Any]], list[bool]]], ...] = (
            (_NUMBERS, self._extremes),
            (_ALWAYS, _always),
            (_FILLED, lambda found, cells: [int(found[1]) == len(cells)]),
            (_SPAN, _span),
        )
        for pattern, read in readers:
            found = pattern.fullmatch(said)
            if found is not None:
                return read(found, cells)
        return _counts(said, cells)

    def _extremes(self, found: re.Match[str], cells: dict[int, Any]) -> list[bool]:
        numbers = {row: number for row, cell in cells.items() if (number := _number(cell)) is not None}
        if not numbers:
            return [False]
        verdicts: list[bool] = []
        for which, extreme in (("low", min(numbers.values())), ("high", max(numbers.values()))):
            verdicts.append(_equal(found[which], extreme))
            if found[f"{which}_at"]:
                verdicts.append(
                    self._stands_at(found[f"{which}_name"], found[f"{which}_at"], extreme, numbers)
                )
        with localcontext(Context(prec=_DIGITS)):
            total = sum(numbers.values(), Decimal(0))
        if found["sum"]:
            verdicts.append(_equal(found["sum"], total))
        if found["mean"]:
            verdicts.append(_is_mean(found["mean"], total, len(numbers)))
        return verdicts

    def _stands_at(self, name: str, at: str, extreme: Decimal, numbers: dict[int, Decimal]) -> bool:
        """Whether the extreme stands in the row of a number or of a name."""
        if name == "row":
            return numbers.get(int(at) - 1) == extreme
        named = self._columns.get(name, {})
        return any(
            _written(named.get(row)) == _plain(at) for row, number in numbers.items() if number == extreme
        )


def _cells(row: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, cell in row.items():
        if isinstance(cell, dict):
            yield from _cells(cell, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", cell


def _number(cell: Any) -> Decimal | None:
    if not isinstance(cell, str):
        return None
    if type(cell) is _Literal:
        try:
            number = Decimal(cell)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    found = _NUMBER.fullmatch(cell.strip())
    if found is None:
        return None
    digits = found["digits"].replace(",", "")
    if len(digits) > 1 and digits[0] == "0" and digits[1] != ".":
        return None  # 007 is a name
    sign = "-" if found["sign"] in {"-", "\u2212"} else ""
    return Decimal(sign + digits + (found["power"] or ""))


def _equal(written: str, number: Decimal) -> bool:
    if written.startswith("≈"):
        return abs(Decimal(written[1:]) - number) <= abs(number) * Decimal("1e-5")
    return _number(written) == number


def _is_mean(written: str, total: Decimal, count: int) -> bool:
    context = Context(prec=_MEAN_DIGITS, rounding=ROUND_HALF_EVEN)
    mean = context.divide(total, Decimal(count))
    with localcontext(Context(prec=_DIGITS)):
        exact = mean * count == total
    return Decimal(written.lstrip("≈")) == mean and written.startswith("≈") is not exact


def _always(found: re.Match[str], cells: dict[int, Any]) -> list[bool]:
    numbers = {number for cell in cells.values() if (number := _number(cell)) is not None}
    return [len(numbers) == 1 and _equal(found["low"], *numbers)]


def _span(found: re.Match[str], cells: dict[int, Any]) -> list[bool]:
    try:
        times = [_moment(str(cell)) for cell in cells.values()]
        return [_moment(found["low"]) == min(times), _moment(found["high"]) == max(times)]
    except (ValueError, TypeError):
        return [False, False]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(" UTC", "Z").replace("UTC", "Z").replace(" Z", "Z"))


def _counts(said: str, cells: dict[int, Any]) -> list[bool]:
    counts = Counter(map(_written, cells.values()))
    rest = _OTHERS.search(said)
    listed = said[: rest.start()] if rest else said
    pairs = _IN_BRACKETS.findall(listed)
    if not pairs:
        pairs = [(value, count) for value, _, count in (part.rpartition(" ") for part in listed.split(", "))]
    if not all(count.isdigit() for _, count in pairs):
        return [False]
    verdicts = [counts.get(_plain(value)) == int(count) for value, count in pairs]
    others = len(counts) - len(pairs)
    left = counts.total() - sum(int(count) for _, count in pairs)
    if rest:
        verdicts += [int(rest[1]) == others, int(rest[2]) == left]
    elif others or left:
        verdicts.append(False)
    return verdicts


def _written(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def _plain(value: str) -> str:
    """A value as it stands in the data: one that could not be written on a line is quoted."""
    try:
        return str(json.loads(value)) if value.startswith('"') else value
    except ValueError:
        return value
