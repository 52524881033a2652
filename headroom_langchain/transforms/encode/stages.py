"""Stages: what is taken out of the cells of a column before they are written, and put back when they are read.

Beside text around the cells (``name=Suite {}``) there are the stages of dense forms; they begin with a second ``=``:
``total==fare+tip+{}/100``, ``end==start+{}s``, ``zone==codes 1=Upper East Side;2=Midtown``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import add
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.json_text import parse, quote
from headroom_langchain.transforms.encode.rules import Ref, Template

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.rules import Lookup

_DECIMAL: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}(\D)\d\d\1\d\d(\D)\d\d(\D)\d\d\3\d\d(?:\.(\d{1,6}))?(|Z|[+-]\d\d:?\d\d)", re.ASCII
)
_CODE: Final = re.compile(r'(\d+)=("(?:[^"\\]|\\.)*"|[^;]*)(?:;|$)')
_SUM: Final = re.compile(r"=((?:[^+{}]+\+)*)\{\}/(1(0*))( fixed)?")
_ELAPSED: Final = re.compile(r"=([^+{}]+)\+\{\}s")
_NAIVE: Final = datetime(1, 1, 1)  # noqa: DTZ001 - differences of clock times, whatever their zone
ABOVE_TIME: Final = "^"
LARGEST: Final = 10**13
"""Whole numbers below this are exact as floats, with three places to spare."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Text around the cells, with other columns in it."""

    template: Template

    def __str__(self) -> str:
        return str(self.template)

    def restore(self, cells: list[str], column: Lookup) -> list[str]:
        """Put the text back around the cells."""
        return self.template.fill(len(cells), column, cells)

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the stage needs."""
        return self.template.refs


@dataclass(frozen=True, slots=True)
class Sum:
    """Decimals written as whole hundredths (tenths, ...), less other columns that they are the sum of."""

    terms: tuple[str, ...]
    places: int
    fixed: bool
    """All decimal places are written; otherwise zeros at the end are not, but for one."""

    def __str__(self) -> str:
        terms = "".join(f"{term}+" for term in self.terms)
        return f"={terms}{{}}/{10**self.places}{' fixed' if self.fixed else ''}"

    def restore(self, cells: list[str], column: Lookup) -> list[str]:
        """Add the other columns and write decimals."""
        try:
            numbers = list(map(int, cells))
        except ValueError as error:
            raise CompressionError("a part of a sum is no whole number") from error
        for term in self.terms:
            others = whole_numbers(column(term), self.places)
            if others is None:
                raise CompressionError("a term of a sum is no decimal", {"column": term})
            numbers = list(map(add, numbers, others))
        return decimals(numbers, self.places, fixed=self.fixed)

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the stage needs."""
        return self.terms


def decimals(numbers: list[int], places: int, *, fixed: bool) -> list[str]:
    """Write whole numbers of the last place as decimals."""
    if not places:
        return list(map(str, numbers))
    unit = 10**places
    if fixed:
        return [f"{number / unit:.{places}f}" for number in numbers]
    return [repr(number / unit) for number in numbers]


def trimmed(text: str) -> str:
    """Take the zeros off the end of a decimal, but for the first place behind the point."""
    short = text.rstrip("0")
    return short + "0" if short[-1] == "." else short


def whole_numbers(cells: list[str], places: int) -> list[int] | None:
    """Read decimals as whole numbers of their last place; None where one is no decimal or is huge."""
    unit = 10**places
    try:
        numbers = [round(number * unit) for number in map(float, cells)]
    except (ValueError, OverflowError):
        return None
    return numbers if max(map(abs, numbers), default=0) < LARGEST else None


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Times written as the seconds since another time in the row, or since the row above."""

    source: str
    """Name of the column, or ``^`` for the row above."""

    def __str__(self) -> str:
        return f"={self.source}+{{}}s"

    def take(self, cells: list[str], column: Lookup) -> list[str] | None:
        """Write the cells as seconds; None where they are no times, of another kind, or earlier than the others."""
        ticks = ticks_of(cells)
        starts = [ticks[0], *ticks[:-1]] if self.source == ABOVE_TIME and ticks else None
        starts = starts if self.source == ABOVE_TIME else ticks_of(column(self.source))
        if ticks is None or starts is None:
            return None
        one, other = _TIME.fullmatch(cells[0]), _TIME.fullmatch(cells[0])
        if self.source != ABOVE_TIME:
            other = _TIME.fullmatch(column(self.source)[0])
        if one is None or other is None or _form(one) != _form(other):
            return None
        if any(tick < start for tick, start in zip(ticks, starts, strict=True)):
            return None
        places = len(one[4] or "")
        spans = [_seconds(tick - start, places) for tick, start in zip(ticks, starts, strict=True)]
        return [cells[0], *spans[1:]] if self.source == ABOVE_TIME else spans

    def restore(self, cells: list[str], column: Lookup) -> list[str]:
        """Add the seconds."""
        if not cells:
            return cells
        above = self.source == ABOVE_TIME
        model = cells[0] if above else column(self.source)[0]
        form = _TIME.fullmatch(model)
        if form is None:
            raise CompressionError("seconds are added to what is no time", {"cell": model[:40]})
        places = len(form[4] or "")
        spans = [_ticks(cell, places) for cell in (cells[1:] if above else cells)]
        if above:
            total = (ticks_of(cells[:1]) or [0])[0]
            sums = [total]
            for span in spans:
                total += span
                sums.append(total)
        else:
            starts = ticks_of(column(self.source))
            if starts is None:
                raise CompressionError("seconds are added to what is no time", {"column": self.source})
            sums = [start + span for start, span in zip(starts, spans, strict=True)]
        return _times(sums, places, form)

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the stage needs."""
        return () if self.source == ABOVE_TIME else (self.source,)


def _form(found: re.Match[str]) -> tuple[str | None, ...]:
    return found[1], found[2], found[3], str(len(found[4] or "")), found[5]


def ticks_of(cells: list[str]) -> list[int] | None:
    """Read times as whole numbers of their last place; None where one is no time, or of another kind."""
    first = _TIME.fullmatch(cells[0]) if cells else None
    if first is None:
        return None
    places = len(first[4] or "")
    standard = first[1] == "-" and first[3] == ":" and first[2] in ("T", " ") and places in (0, 3, 6)
    if not standard or len(first[5]) > 1:
        return _slow_ticks(cells, first)
    try:
        spans = [moment - _NAIVE for moment in map(datetime.fromisoformat, map(_without_zone, cells))]
    except (ValueError, TypeError):
        return None
    if not places:
        return [span.days * 86_400 + span.seconds for span in spans]
    unit = 10 ** (6 - places)
    return [(span.days * 86_400 + span.seconds) * 10**places + span.microseconds // unit for span in spans]


def _without_zone(cell: str) -> str:
    return cell.removesuffix("Z")


def _slow_ticks(cells: list[str], first: re.Match[str]) -> list[int] | None:
    form, places = _form(first), len(first[4] or "")
    ticks = []
    for cell in cells:
        found = _TIME.fullmatch(cell)
        if found is None or _form(found) != form:
            return None
        try:
            moment = datetime.fromisoformat(
                f"{cell[:4]}-{cell[5:7]}-{cell[8:10]}T{cell[11:13]}:{cell[14:16]}:{cell[17:19]}"
            )
        except ValueError:
            return None
        span = moment - _NAIVE
        ticks.append((span.days * 86_400 + span.seconds) * 10**places + int(found[4] or 0))
    return ticks


def _seconds(ticks: int, places: int) -> str:
    if not places:
        return str(ticks)
    sign, unit = "-" if ticks < 0 else "", 10**places
    return trimmed(f"{sign}{abs(ticks) // unit}.{abs(ticks) % unit:0{places}}").removesuffix(".0")


def _ticks(cell: str, places: int) -> int:
    if _DECIMAL.fullmatch(cell) is None:
        raise CompressionError("no seconds", {"cell": cell[:40]})
    whole, _, fraction = cell.partition(".")
    return int(whole + fraction.ljust(places, "0"))


def _times(ticks: list[int], places: int, form: re.Match[str]) -> list[str]:
    unit = 10**places
    try:
        texts = [(_NAIVE + timedelta(seconds=tick // unit)).isoformat(form[2]) for tick in ticks]
    except OverflowError as error:
        raise CompressionError("a time beyond all calendars") from error
    if form[1] != "-" or form[3] != ":":
        texts = [
            text[:10].replace("-", form[1]) + text[10] + text[11:].replace(":", form[3]) for text in texts
        ]
    if places or form[5]:
        fractions = [f".{tick % unit:0{places}}" if places else "" for tick in ticks]
        texts = [text + fraction + form[5] for text, fraction in zip(texts, fractions, strict=True)]
    return texts


@dataclass(frozen=True, slots=True)
class Codes:
    """Long values that repeat, written as numbers that the legend explains."""

    values: tuple[str, ...]
    same_as: str = ""
    """Name of a column above with the same codes."""

    def __str__(self) -> str:
        if self.same_as:
            return f"=codes of {self.same_as}"
        items = (f"{code}={_guarded(value)}" for code, value in enumerate(self.values, 1))
        return f"=codes {';'.join(items)}"

    def take(self, cells: list[str]) -> list[str]:
        """Write the codes."""
        codes = {value: str(code) for code, value in enumerate(self.values, 1)}
        return [codes.get(cell, cell) for cell in cells]

    def restore(self, cells: list[str], column: Lookup) -> list[str]:
        """Write the values."""
        del column
        values = {str(code): value for code, value in enumerate(self.values, 1)}
        return [values.get(cell, cell) for cell in cells]

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the stage needs."""
        return ()


def _guarded(value: str) -> str:
    return quote(value) if ";" in value or value[:1] == '"' else value


Stage = Slot | Sum | Elapsed | Codes


def read_stage(text: str, others: dict[str, list[Stage | Template]]) -> Stage | Template:
    """Read a stage, or the template of an empty cell, from its line in the legend.

    Args:
        text: What stands behind the column's name and ``=``.
        others: Stages of the columns above.

    Raises:
        CompressionError: The line names no stage.
    """
    if text.startswith("=codes of "):
        codes = [
            stage for stage in others.get(text.removeprefix("=codes of "), ()) if isinstance(stage, Codes)
        ]
        if not codes:
            raise CompressionError("codes of a column that has none", {"line": text[:80]})
        return Codes(codes[0].values, text.removeprefix("=codes of "))
    if text.startswith("=codes "):
        items = _CODE.findall(text, len("=codes "))
        return Codes(tuple(parse(value) if value[:1] == '"' else value for _, value in items))
    if found := _SUM.fullmatch(text):
        return Sum(tuple(found[1].split("+")[:-1]), len(found[3]), found[4] is not None)
    if found := _ELAPSED.fullmatch(text):
        return Elapsed(found[1])
    if text[:1] == "=":
        raise CompressionError("unknown stage", {"line": text[:80]})
    template = Template.read(text)
    return Slot(template) if Ref("") in template.parts else template
