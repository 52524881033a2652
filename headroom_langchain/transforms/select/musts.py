"""The units of a text that a selection never loses, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from headroom_langchain.transforms.select.anchors import find_anchors
from headroom_langchain.transforms.select.changes import find_changes
from headroom_langchain.transforms.select.columns import Column, columns_of, numbers_of, to_number
from headroom_langchain.transforms.select.corpus import Corpus
from headroom_langchain.transforms.select.errors import find_errors, shape
from headroom_langchain.transforms.select.outliers import find_outliers
from headroom_langchain.transforms.select.rare import (
    Categories,
    rare_categories,
    status_outliers,
    unusual_keys,
    unusual_lines,
    unusual_types,
)
from headroom_langchain.transforms.select.traces import find_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MOST_REASONS: Final = 3
_FEWEST_NUMBERS: Final = 5
_PER_KIND: Final = 3
_FEW: Final = 10
_SETTING: Final = re.compile(r"=(-?\d++(?:\.\d++)?+)(?![\w.:/-])")
_NAME_LENGTH: Final = 40
_MEASURE: Final = re.compile(
    # What stands before is looked at behind the first digit, which is found faster than what is not there.
    r"(\d(?<![a-z0-9_.:/-]\d)\d{0,14}+(?:\.\d{1,15}+)?+) ?(?=[nuµmsbkg%])(ns|us|µs|ms|s|secs?|seconds|b|bytes|kb|mb|gb|kib|mib|gib|%)(?![\w/])"
)
_DIGIT, _UNIT, _BLANK, _IN_ATOM = 1, 2, 4, 8
_KINDS: Final = np.array(
    [
        _DIGIT * chr(code).isdigit()
        | _UNIT * (chr(code) in "numsbkg%")
        | _BLANK * (code == ord(" "))
        | _IN_ATOM * (chr(code) in "_.:/-0123456789abcdefghijklmnopqrstuvwxyz")
        for code in range(128)
    ],
    dtype=np.uint8,
)
"""By ASCII code: what a character may be to a number with a unit."""
_UNITS_OF_TIME: Final = frozenset({"ns", "us", "µs", "ms", "s", "sec", "secs", "seconds"})
_NO_MEASURE: Final = re.compile(
    r"(?:.*[._-])?(?:u?id|pid|tid|port|line|seq|sequence|ts|time|timestamp|date|year|zip)$"
)


class Priority(IntEnum):
    """How much a must-keep is missed, the most first."""

    ANCHOR = 0
    """Carries what the query names."""
    ERROR = 1
    """Reports an error: its head, its last line, the first errors of each kind."""
    REPEATED_ERROR = 2
    """Frames of a trace, and errors of a kind that was reported before."""
    EDGE = 3
    """The first and the last units."""
    CHANGE = 4
    """Beside a step of a series of numbers."""
    OUTLIER = 5
    RARE = 6
    """Holds a rare value of a category."""
    SHAPE = 7
    """Built unlike the others."""
    COMMON_ERROR = 8
    """An error of a kind seen before, where most units report errors."""


@dataclass(frozen=True, slots=True)
class Must:
    """A unit that a selection keeps."""

    index: int
    reason: str
    """Why, for people; several reasons are joined by semicolons."""
    priority: Priority
    is_error: bool = False
    """Whether it reports an error by itself; the frames of a trace do not."""


@dataclass(frozen=True, slots=True)
class MustOptions:
    """What counts as a must-keep."""

    first: int = 3
    """So many units at the beginning."""
    last: int = 2
    """So many units at the end."""
    words: bool = True
    """Take words such as ``failed`` for errors; off for code, diffs and markup, which name errors all the time."""
    change_points: bool = True
    """Keep both sides of each step of a series of numbers."""
    outliers: bool = True
    """Keep numbers that stand apart."""
    rare: bool = True
    """Keep rare values of categories and units that are built unlike the others."""


@dataclass(slots=True)
class _Found:
    reasons: dict[int, list[str]] = field(default_factory=dict)
    ranks: dict[int, tuple[Priority, int]] = field(default_factory=dict)
    errors: set[int] = field(default_factory=set)

    def add(self, unit: int, priority: Priority, reason: str, rank: int = 0) -> None:
        reasons = self.reasons.setdefault(unit, [])
        if len(reasons) < _MOST_REASONS and reason not in reasons:
            reasons.append(reason)
        known = self.ranks.get(unit)
        if known is None or (priority, rank) < known:
            self.ranks[unit] = (priority, rank)


def find_musts(
    texts: Sequence[str],
    rows: Sequence[Mapping[str, object]] | None = None,
    query: str = "",
    options: MustOptions | None = None,
) -> list[Must]:
    """Find the units that a selection must keep.

    Args:
        texts: What each unit says.
        rows: The units as records, where they are records.
        query: What the text was fetched for.
        options: What counts; the default counts everything.

    Returns:
        The units, each once, the most important first. The result depends on the arguments alone; time is linear in
        their size, but for sorting.
    """
    if not texts:
        return []
    options = options or MustOptions()
    corpus = Corpus.of(texts)
    columns = columns_of(rows) if rows else []
    categories = list(map(Categories.of, columns))
    found = _Found()
    for unit, anchors in find_anchors(corpus, query).items():
        found.add(unit, Priority.ANCHOR, f"query: {', '.join(anchors[:3])}", -len(anchors))
    _add_errors(found, corpus, columns, categories, words=options.words)
    for unit in (
        *range(min(options.first, len(texts))),
        *range(max(0, len(texts) - options.last), len(texts)),
    ):
        found.add(unit, Priority.EDGE, "first" if unit < options.first else "last")
    _add_numbers(found, columns if rows else measures(corpus), options)
    if options.rare:
        _add_unusual(found, corpus, columns, categories, rows)
    order = sorted(found.ranks, key=lambda unit: (*found.ranks[unit], unit))
    return [
        Must(unit, "; ".join(found.reasons[unit]), found.ranks[unit][0], unit in found.errors)
        for unit in order
    ]


def _add_errors(
    found: _Found, corpus: Corpus, columns: Sequence[Column], categories: Sequence[Categories], *, words: bool
) -> None:
    errors = find_errors(corpus, columns, words=words)
    found.errors.update(errors)
    for column, counts in zip(columns, categories, strict=True):
        for unit, said in status_outliers(column, counts).items():
            if unit not in errors:
                found.add(unit, Priority.ERROR, f"unlike the rule: {said}")
    blocks = [] if columns else find_blocks(corpus)
    kinds: dict[str, int] = {}
    for block in blocks:
        head = shape(corpus.texts[block.telling[-1]])
        kinds[head] = seen = kinds.get(head, 0) + 1
        telling = set(block.telling)
        for unit in block.units:
            repeated = unit not in telling or seen > _PER_KIND
            found.add(unit, Priority.REPEATED_ERROR if repeated else Priority.ERROR, block.reason, seen)
    repeated_rank = Priority.REPEATED_ERROR
    if len(errors) > max(_FEW, len(corpus.texts) // 2):
        repeated_rank = Priority.COMMON_ERROR
    kinds = {}
    for unit, evidence in sorted(errors.items()):
        kinds[evidence.kind] = seen = kinds.get(evidence.kind, 0) + 1
        fresh = seen <= (_PER_KIND if len(kinds) <= _FEW * _FEW else 0)
        found.add(unit, Priority.ERROR if fresh else repeated_rank, evidence.reason, seen)


def _add_numbers(found: _Found, columns: Iterable[Column], options: MustOptions) -> None:
    for column in columns:
        numbers = numbers_of(column) if _may_hold_numbers(column) else None
        if numbers is None or len(numbers.values) < _FEWEST_NUMBERS:
            continue
        if options.outliers:
            for rank, place in enumerate(find_outliers(numbers.values)):
                found.add(numbers.rows[place], Priority.OUTLIER, f"outlier in {column.name}", rank)
        if options.change_points:
            for rank, place in enumerate(find_changes(numbers.values)):
                for side in (place - 1, place):
                    found.add(numbers.rows[side], Priority.CHANGE, f"step in {column.name}", rank)


def _may_hold_numbers(column: Column) -> bool:
    return any(
        isinstance(value, int | float | str) and not isinstance(value, bool) for value in column.values[:50]
    )


def _add_unusual(
    found: _Found,
    corpus: Corpus,
    columns: Sequence[Column],
    categories: Sequence[Categories],
    rows: Sequence[Mapping[str, object]] | None,
) -> None:
    for column, counts in zip(columns, categories, strict=True):
        for rank, (unit, said) in enumerate(rare_categories(column, counts).items()):
            found.add(unit, Priority.RARE, f"rare {said}", rank)
        for unit, said in unusual_types(column).items():
            found.add(unit, Priority.SHAPE, f"{said} in {column.name}")
    units, reason = (
        (unusual_keys(rows), "unusual keys") if rows else (unusual_lines(corpus.texts), "unusual shape")
    )
    for unit in units:
        found.add(unit, Priority.SHAPE, reason)


def measures(corpus: Corpus) -> list[Column]:
    """The numbers that lines carry as ``name=number``, and those with a unit of time or size, as columns.

    Args:
        corpus: Lines.

    Returns:
        A column for each name, with the first number of each line.
    """
    cells: dict[str, dict[int, object]] = {}
    text = corpus.text
    measured: dict[str, bool] = {}
    for match in _SETTING.finditer(text):
        start = match.start()
        name = (
            text[max(0, start - _NAME_LENGTH) : start].rpartition(" ")[2].rpartition(",")[2].lstrip("([{\"'")
        )
        if name not in measured:
            measured[name] = bool(name) and _NO_MEASURE.match(name) is None
        if measured[name]:
            cells.setdefault(name, {}).setdefault(corpus.unit_at(start), match[1])
    for match in _measured(text):
        unit = match[2]
        name = "durations" if unit in _UNITS_OF_TIME else "percentages" if unit == "%" else "sizes"
        value = to_number(f"{match[1]}{unit if unit != 'seconds' else 's'}")
        cells.setdefault(name, {}).setdefault(corpus.unit_at(match.start()), value)
    return [Column(name, list(own), list(own.values())) for name, own in cells.items()]


def _measured(text: str) -> Iterator[re.Match[str]]:
    """Numbers with a unit, in order."""
    if not text.isascii():
        return _MEASURE.finditer(text)
    kinds = _KINDS[np.frombuffer(f"\n{text}\n\n".encode("ascii"), dtype=np.uint8)]
    digits = (kinds[1:-2] & _DIGIT) != 0
    starts = np.flatnonzero(digits & ((kinds[:-3] & _IN_ATOM) == 0))
    unit = (kinds[2:] & _UNIT) != 0
    follows = unit[:-1] | (((kinds[2:-1] & _BLANK) != 0) & unit[1:])
    ends = np.flatnonzero(digits & follows)
    own = np.searchsorted(starts, ends, side="right") - 1
    places = dict.fromkeys(starts[own[own >= 0]].tolist())
    return (match for place in places if (match := _MEASURE.match(text, place)))
