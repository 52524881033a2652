"""Read a part of an original: by words, by pattern, by path or by position, within a token budget."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.originals.answer import Page, Span, sendable, write_page
from headroom_langchain.originals.json_path import PathError
from headroom_langchain.originals.ranking import PatternError, Scorer, focus, matches, rank
from headroom_langchain.originals.records import Absent
from headroom_langchain.originals.units import units_of

if TYPE_CHECKING:
    from headroom_langchain.originals.units import Units
    from headroom_langchain.tokens import TokenCounter

__all__ = ["Lookup", "Outcome", "Request", "Scorer", "Span", "absent", "look_up"]

MIN_BUDGET: Final = 64
"""Tokens in which every answer can at least say what it is."""
_CLIFF: Final = 0.5
"""Share of the best score below which a page of matches ends."""
_AT_LEAST: Final = 10
"""Matches on a page before it may end there."""
_SHOWN: Final = 60
"""Characters of what was asked that an answer repeats."""


class Outcome(StrEnum):
    """What became of a look-up."""

    NOT_FOUND = "not found"
    """No such reference in this thread of this user."""
    GONE = "no longer stored"
    """The original expired or had to make room."""
    NO_MATCH = "no match"
    """The original is there, but nothing in it answers; the text says what is there instead."""
    REFUSED = "refused"
    """The pattern, the path or a number cannot be used; the text says why."""
    MATCHES = "matches"
    """The text holds what was asked for, or the first of it."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """An answer to a look-up."""

    outcome: Outcome
    ref: str
    text: str
    """What a model should read: within the budget, with where it is from and how to go on."""
    tokens: int
    """Tokens of :attr:`text`."""
    kind: str = ""
    """What the original is, a value of :class:`~headroom_langchain.results.ContentKind`."""
    noun: str = ""
    """What is counted: ``row``, ``line`` or ``value``."""
    total: int = 0
    """Rows, lines or values there are."""
    matched: int = 0
    """Of these, those that answer the query and the pattern, or that stand between start and limit."""
    spans: tuple[Span, ...] = ()
    """Rows or lines that the text shows, context lines aside, in the order of the original."""
    next_start: int | None = None
    """``start`` of the next page; None after the last one."""
    next_offset: int | None = None
    """``offset`` of the next page, where a long row or line is not at its end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of an original; see :meth:`~headroom_langchain.originals.store.Originals.look_up`."""

    query: str | None = None
    start: int | None = None
    limit: int | None = None
    offset: int | None = None
    pattern: str | None = None
    path: str | None = None
    budget_tokens: int = 1000

    def __post_init__(self) -> None:
        """Refuse a budget in which nothing can be said.

        Raises:
            ConfigurationError: The budget is too small.
        """
        if self.budget_tokens < MIN_BUDGET:
            raise ConfigurationError(
                f"budget_tokens must be at least {MIN_BUDGET}", {"given": self.budget_tokens}
            )

    @property
    def searches(self) -> bool:
        """Whether something is looked for, rather than read in order."""
        return bool(self.pattern) or bool(self.query and self.query.strip())

    @property
    def words(self) -> str:
        """What is asked for, in few words."""
        asked = [] if not self.query else [_short(self.query)]
        asked += [f"pattern {_short(self.pattern)}"] if self.pattern else []
        asked += [f"path {_short(self.path)}"] if self.path else []
        return " and ".join(asked) or f"start {self.start or 1}"


def _short(text: str) -> str:
    clean = re.sub(r"\s+", " ", text).strip()
    return repr(clean if len(clean) <= _SHOWN else clean[:_SHOWN] + "…")


def absent(ref: str, why: Absent, request: Request, counter: TokenCounter) -> Lookup:
    """Answer for an original that cannot be had.

    Args:
        ref: The reference as it was given.
        why: Why it cannot be had.
        request: What was asked.
        counter: Counts the tokens of the answer.

    Returns:
        The outcome with a text that a model understands.
    """
    short = _short(ref)
    if why is Absent.GONE:
        text = f"{short} is no longer stored here. Run the tool again if you need it."
        return _told(Lookup(Outcome.GONE, ref, text, 0), request, counter)
    text = (
        f"{short} is not found in this conversation. Take a reference as it is written in the conversation."
    )
    return _told(Lookup(Outcome.NOT_FOUND, ref, text, 0), request, counter)


def look_up(
    ref: str,
    text: str,
    request: Request,
    counter: TokenCounter,
    *,
    kind: str | None = None,
    tool: str | None = None,
    scorer: Scorer | None = None,
) -> Lookup:
    """Read a part of a text.

    Args:
        ref: Its reference, which the answer repeats.
        text: The original.
        request: What is asked.
        counter: Counts the tokens of the answer.
        kind: What the text is, where that is known.
        tool: The tool that returned it.
        scorer: How well texts answer a query; None takes BM25.

    Returns:
        The answer, within the budget.
    """
    title = ref if tool is None else f"{ref} ({_short(tool)[1:-1]})"
    for name in ("start", "limit"):
        if getattr(request, name) == 0 or (name == "limit" and (request.limit or 1) < 0):
            return _told(
                Lookup(Outcome.REFUSED, ref, f"{title}: {name} counts from 1", 0, kind or ""),
                request,
                counter,
            )
    try:
        units = units_of(text, kind, request.path)
        choice = _choose(units, request, scorer)
    except (PathError, PatternError) as error:
        return _told(Lookup(Outcome.REFUSED, ref, f"{title}: {error}", 0, kind or ""), request, counter)
    total = len(units.all)
    found = Lookup(Outcome.MATCHES, ref, "", 0, units.kind, units.noun, total, len(choice.numbers))
    first = _first(request.start, len(choice.numbers))
    if first >= len(choice.numbers):
        return _told(
            replace(
                found, outcome=Outcome.NO_MATCH, text=_instead(title, units, request, len(choice.numbers))
            ),
            request,
            counter,
        )
    last = len(choice.numbers) if request.limit is None else min(len(choice.numbers), first + request.limit)
    page = Page(
        title,
        choice.units,
        choice.numbers[first : _cliff(choice.scores, first, last)],
        first=first,
        matched=len(choice.numbers),
        asked=request.words if request.searches or request.path else "",
        focus=partial(focus, request.query, request.pattern) if request.searches else None,
        offset=0 if request.searches else max(request.offset or 0, 0),
        total=total,
        hint=choice.hint,
    )
    written = write_page(page, request.budget_tokens, counter)
    return replace(
        found,
        text=written.text,
        tokens=written.tokens,
        spans=written.spans,
        next_start=written.next_start,
        next_offset=written.next_offset,
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """The units that answer."""

    units: Units
    numbers: tuple[int, ...]
    """Of the units that answer, counted from 0, in the order to show them in."""
    scores: tuple[float, ...] = ()
    """Of the same units, where there was a query."""
    hint: str = ""
    """What to say besides."""


def _choose(units: Units, request: Request, scorer: Scorer | None) -> _Choice:
    if not request.searches:
        return _Choice(units, tuple(range(len(units.all))))
    units = units.in_parts()
    texts = [unit.searched for unit in units.all]
    chosen = tuple(range(len(texts))) if not request.pattern else tuple(matches(request.pattern, texts))
    if not request.query or not request.query.strip():
        return _Choice(units, chosen)
    ranking = rank(request.query, [texts[number] for number in chosen], scorer)
    # A word that is like an id must not be taken for the id.
    missing = ", ".join(map(_short, ranking.missing[:3]))
    hint = f"nowhere: {missing}" if missing else ""
    return _Choice(units, tuple(chosen[number] for number in ranking.order), ranking.scores, hint)


def _first(start: int | None, count: int) -> int:
    if start is None:
        return 0
    return start - 1 if start > 0 else max(count + start, 0)


def _cliff(scores: tuple[float, ...], first: int, last: int) -> int:
    """Where a page ends because what follows answers much less well."""
    if not scores:
        return last
    low = scores[first] * _CLIFF
    return next((number for number in range(first + _AT_LEAST, last) if scores[number] < low), last)


def _instead(title: str, units: Units, request: Request, matched: int) -> str:
    """Say what is there where nothing answers."""
    total = len(units.all)
    range_of = f"{units.noun}s 1-{total:,}" if total else f"no {units.noun}s"
    known = f"; columns {', '.join(map(_plain, units.names))}" if units.names else ""
    why = f"no match for {request.words}"
    if matched:
        why = (
            f"only {matched:,} match {request.words}"
            if request.searches
            else f"it ends at {units.noun} {total:,}"
        )
    return f"{title}: {why}. There: {units.kind}, {range_of}{known}"


def _plain(name: str) -> str:
    return name if len(name) <= _SHOWN else name[:_SHOWN] + "…"


def _told(lookup: Lookup, request: Request, counter: TokenCounter) -> Lookup:
    """Fit a plain answer into the budget."""
    text = sendable(lookup.text)
    while (tokens := counter.count(text)) > request.budget_tokens and len(text) > MIN_BUDGET // 4:
        text = text[: max(1, len(text) * request.budget_tokens // tokens - 2)] + "…"
    return replace(lookup, text=text, tokens=tokens)
