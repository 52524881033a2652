"""Write what was found within a token budget, with where it is from and how to read on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from headroom_langchain.originals.excerpts import brief, excerpt_around, excerpt_from
from headroom_langchain.originals.units import Unit, is_one_array
from headroom_langchain.transforms import compress_text
from headroom_langchain.transforms.encode.json_text import is_unicode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from headroom_langchain.originals.excerpts import Excerpt
    from headroom_langchain.originals.units import Units
    from headroom_langchain.tokens import TokenCounter

_CONTEXT: Final = (2, 1)
"""Lines shown around a match where they cost no match, the most first."""
_TRIES: Final = 6
"""Answers written to find the one that fills the budget."""
_FORM_FACTOR: Final = 6
"""A compact form takes no less than this part of what it is written from; what is longer is not tried."""
_WORTH_A_FORM: Final = 60
"""Tokens below which no compact form is tried."""
_LISTED_SPANS: Final = 8
_BRIEF_ROWS: Final = 20
"""Long rows that are tried in one answer."""
_CHARACTERS_PER_TOKEN: Final = 20
"""More than any text has over hundreds of tokens, runs of blanks aside."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows or lines in a row, both ends included, counted from 1."""

    first: int
    last: int

    def __str__(self) -> str:
        """Write ``7`` or ``7-9``."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Page:
    """What an answer has to show."""

    title: str
    units: Units
    chosen: tuple[int, ...]
    """Numbers of units, counted from 0, the most wanted first."""
    first: int
    """Matches on pages before this one."""
    matched: int
    """Matches on all pages."""
    asked: str
    """What was asked for; empty where rows or lines are read in order."""
    focus: Callable[[str], int] | None
    """Where in a text the match is; None where nothing was looked for."""
    offset: int
    """Characters of the first unit to skip."""
    total: int
    """Rows, lines or values of the original."""
    hint: str = ""
    """What else the answer has to say."""


@dataclass(frozen=True, slots=True)
class Written:
    """An answer."""

    text: str
    tokens: int
    spans: tuple[Span, ...]
    next_start: int | None
    next_offset: int | None = None


def sendable(text: str) -> str:
    """Escape halves of surrogate pairs, which cannot be sent."""
    return text if is_unicode(text) else text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_page(page: Page, budget: int, counter: TokenCounter) -> Written:
    """Write as many of the chosen units as the budget holds.

    Args:
        page: What to show, one unit at least.
        budget: Tokens.
        counter: Counts them.

    Returns:
        The answer. A first unit that is longer than the budget is cut: around its match, or from its offset on.
    """
    if page.offset:
        return _write_cut(page, budget, counter)
    best = _most(page, budget, counter) or _most_in_brief(page, budget, counter)
    if best is None:
        return _write_cut(page, budget, counter)
    count, written = best
    if page.focus is not None and page.units.noun == "line" and count == len(page.chosen):
        for context in _CONTEXT:
            wider = _write(page, count, counter, context)
            if wider.tokens <= budget:
                return wider
    return written


def _most(page: Page, budget: int, counter: TokenCounter) -> tuple[int, Written] | None:
    """The answer with the most units that the budget holds; None where it does not even hold one."""
    fitting, most = _estimate(page, budget, counter)
    best: tuple[int, Written] | None = None
    low, high, count = 0, most + 1, max(1, fitting)
    tries = 0
    while low + 1 < high and (tries < _TRIES or best is None):
        tries += 1
        written = _write(page, count, counter)
        if written.tokens <= budget:
            low, best = count, (count, written)
        else:
            high = count
        guess = int(count * budget / max(written.tokens, 1))
        count = max(low + 1, min(high - 1, guess if tries < _TRIES else (low + high) // 2))
    return best


def _most_in_brief(page: Page, budget: int, counter: TokenCounter) -> tuple[int, Written] | None:
    """The answer with the most rows in brief, where one is too long to be shown whole; None where none fits."""
    if page.focus is None:
        return None
    focus = page.focus
    rows = [page.units.all[number] for number in page.chosen[:_BRIEF_ROWS]]
    lines = [brief(row, focus) for row in rows]
    units = [Unit(row.number, line) for row, line in zip(rows, lines, strict=True) if line is not None]
    if not units or len(units) < len(rows):
        return None
    order = sorted(range(len(units)), key=lambda number: units[number].number)
    chosen = tuple(order.index(number) for number in range(len(units)))
    shown = replace(page.units, all=[units[number] for number in order])
    hint = "; ".join(filter(None, (page.hint, f"in brief, whole: path={rows[0].place}")))
    return _most(replace(page, units=shown, chosen=chosen, hint=hint), budget, counter)


def _estimate(page: Page, budget: int, counter: TokenCounter) -> tuple[int, int]:
    """How many units surely fit by what they are, and how many may fit in a compact form."""
    tokens = fitting = 0
    for count, number in enumerate(page.chosen):
        text = page.units.all[number].text
        if len(text) > budget * _CHARACTERS_PER_TOKEN * _FORM_FACTOR:
            return fitting, count
        tokens += counter.count(text)
        if tokens <= budget - budget // 8:
            fitting = count + 1
        if tokens > budget * _FORM_FACTOR:
            return fitting, count + 1
    return fitting, len(page.chosen)


def _write(page: Page, count: int, counter: TokenCounter, context: int = 0) -> Written:
    numbers = sorted(page.chosen[:count])
    picked = [page.units.all[number] for number in numbers]
    spans = _spans(unit.number for unit in picked)
    next_start = page.first + count + 1 if page.first + count < page.matched else None
    goes_on = f"next: start={next_start}" if next_start else ""
    head = _head(page, spans, "; ".join(filter(None, (page.hint, goes_on))))
    if page.focus is not None and page.units.noun == "line":
        body = _numbered(page.units.all, numbers, context)
    else:
        body = _body(page.units, picked)
    form = compress_text(sendable(body), counter=counter, min_tokens=_WORTH_A_FORM).text
    text = f"{sendable(head)}\n{form}"
    return Written(text, counter.count(text), spans, next_start)


def _body(units: Units, picked: Sequence[Unit]) -> str:
    if any(unit.whole >= 0 for unit in picked) or not (
        units.noun == "line" or units.head or is_one_array(picked)
    ):
        return "\n".join(f"{_where(unit)}: {unit.text}" for unit in picked)
    if units.noun == "line" or units.head:
        return "\n".join([units.head] * bool(units.head) + [unit.text for unit in picked])
    return "[" + ",\n".join(unit.text for unit in picked) + "]"


def _where(unit: Unit) -> str:
    place = unit.place or str(unit.number)
    return place if unit.whole < 0 else f"{place} characters {unit.offset + 1}-{unit.offset + len(unit.text)}"


def _numbered(units: Sequence[Unit], numbers: Sequence[int], context: int) -> str:
    shown = dict.fromkeys(numbers, ":")
    for number in numbers:
        for near in range(max(0, number - context), min(len(units), number + context + 1)):
            shown.setdefault(near, "-")
    lines: list[str] = []
    before: int | None = None
    for number in sorted(shown):
        if context and before is not None and number > before + 1:
            lines.append("--")
        lines.append(f"{_where(units[number])}{shown[number]}{units[number].text}")
        before = number
    return "\n".join(lines)


def _spans(numbers: Iterable[int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for number in numbers:
        if spans and number - spans[-1].last <= 1:
            spans[-1] = replace(spans[-1], last=number)
        else:
            spans.append(Span(number, number))
    return tuple(spans)


def _head(page: Page, spans: Sequence[Span], rest: str) -> str:
    units = page.units
    noun = units.noun if len(spans) == 1 and spans[0].first == spans[0].last else f"{units.noun}s"
    listed = ", ".join(map(str, spans[:_LISTED_SPANS])) + (", …" if len(spans) > _LISTED_SPANS else "")
    said = [f"{page.title}: {units.kind}", f"{noun} {listed} of {page.total}"]
    if page.asked:
        said.append(f"{page.matched} {'matches' if page.matched == 1 else 'match'} {page.asked}")
    return "; ".join([*said, rest] if rest else said)


def _write_cut(page: Page, budget: int, counter: TokenCounter) -> Written:
    """Write as much of the first unit as the budget holds."""
    unit = page.units.all[page.chosen[0]]
    if page.focus is None:
        excerpt = excerpt_from(unit, page.offset)
    else:
        excerpt = excerpt_around(unit, page.focus, budget)
    best = _cut(page, unit, excerpt, 0, counter)
    if best.tokens > budget and excerpt.before:
        excerpt = replace(excerpt, before="")
        best = _cut(page, unit, excerpt, 0, counter)
    low, high = 0, min(len(excerpt.text) - excerpt.begin, budget * _CHARACTERS_PER_TOKEN)
    while low < high:
        middle = (low + high + 1) // 2
        written = _cut(page, unit, excerpt, middle, counter)
        if written.tokens <= budget:
            low, best = middle, written
        else:
            high = middle - 1
    return best if best.tokens <= budget else _only_where(page, unit, counter)


def _only_where(page: Page, unit: Unit, counter: TokenCounter) -> Written:
    """Say where a match is, where even its names are longer than the budget."""
    text = f"{page.title}: {page.units.kind}; {page.units.noun} {unit.number} of {page.total}; budget too small to show it"
    return Written(text, counter.count(text), (Span(unit.number, unit.number),), page.first + 1)


def _cut(page: Page, unit: Unit, excerpt: Excerpt, length: int, counter: TokenCounter) -> Written:
    begin = excerpt.offset + excerpt.begin
    stop = begin + length
    next_start: int | None = page.first + 2 if page.first + 1 < page.matched else None
    next_offset: int | None = None
    rest = f"{page.hint}; " if page.hint else ""
    rest += f"{excerpt.field} characters {begin + 1}-{stop} of {excerpt.whole}".lstrip()
    if stop < excerpt.whole and page.focus is None:
        next_start, next_offset = page.first + 1, stop
        rest += f"; next: start={next_start} offset={next_offset}"
    elif stop < excerpt.whole or excerpt.path:
        where = f"path={excerpt.path}" if excerpt.path else f"start={unit.number} without a query"
        rest += f"; whole: {where}"
    if next_start is not None and next_offset is None:
        rest += f"; next: start={next_start}"
    spans = (Span(unit.number, unit.number),)
    shown = excerpt.text[excerpt.begin : excerpt.begin + length]
    text = sendable("\n".join(filter(None, (_head(page, spans, rest), excerpt.before, shown))))
    return Written(text, counter.count(text), spans, next_start, next_offset)
