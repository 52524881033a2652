"""Facts that are computed about all units, so that questions about the whole have exact answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.select.columns import Column, columns_of
from headroom_langchain.transforms.select.failure_words import ERROR_KEYS, LEVEL_KEYS, STATUS_KEYS
from headroom_langchain.transforms.select.figures import (
    categories,
    label,
    number_figures,
    one_line,
    time_span,
    write_mean,
    write_number,
)
from headroom_langchain.transforms.select.line_facts import line_facts

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence

    from headroom_langchain.transforms.select.figures import NumberFigures
    from headroom_langchain.transforms.select.musts import Must

_TOKENS: Final = 150
_FEWEST: Final = 2
_MOST_SHOWN: Final = 6
_FEW_LEVELS: Final = 8
_LONGEST_NAME: Final = 60
_ASKED: Final = 10.0
_NESTED: Final = 0.4
_NO_SUM: Final = re.compile(
    r"(?:.*_)?(?:id|ids|uid|pid|key|zip|zipcode|postcode|port|lat|lon|lng|latitude|longitude|phone|code|status|year|month"
    r"|day|hour|ts|time|timestamp|epoch|version|line|level|rank|index|row|number|no|nr|x|y|created|updated|created_at"
    r"|updated_at|expires|age|temperature|temp|percent|percentage|pct|rate|ratio|share|rating|score)"
)
_TOTALLED: Final = re.compile(
    r".*(?:amount|price|total|cost|count|quantity|qty|duration|latency|bytes|size|revenue|sales|fare|fee|value|salary"
    r"|balance|sum|ms|seconds|score|tokens|hours|weight)"
)
_NUMBERED: Final = re.compile(r"\d$|[,;]")
_OUR_WORDS: Final = frozenset(
    ["min", "max", "sum", "mean", "empty", "row", "other", "values", "always", "filled", "number"]
)
_NAMES: Final = (
    "id",
    "uuid",
    "key",
    "number",
    "name",
    "title",
    "login",
    "slug",
    "email",
    "sku",
    "path",
    "url",
)


def facts(
    texts: Sequence[str],
    rows: Sequence[Mapping[str, object]] | None = None,
    *,
    noun: str = "rows",
    query: str = "",
    musts: Sequence[Must] = (),
    tokens: int = _TOKENS,
    count: Callable[[str], int] | None = None,
) -> list[str]:
    """Compute facts about all units, kept and left out alike.

    Args:
        texts: What each unit says.
        rows: The units as records, where they are records.
        noun: What units are called, in the plural.
        query: What the text was fetched for; facts about columns that it names come first.
        musts: The must-keeps of the units, of which those that report errors are counted.
        tokens: Tokens that the facts may take together.
        count: Counts the tokens of a text; a third of its bytes, where it is not given.

    Returns:
        Lines: ``all 1,000 rows:``, then the facts, the most useful first. Counts, extremes and sums are exact, a mean
        that had to be rounded begins with ``≈``. Nothing where there is nothing to say within the tokens.
    """
    if len(texts) < _FEWEST:
        return []
    count = count or _estimate
    found = (
        _table_facts(rows, query) if rows else line_facts(texts, noun, sum(must.is_error for must in musts))
    )
    lines = [f"all {len(texts):,} {noun}:"]
    left = tokens - count(lines[0]) - 1
    for _, fact in sorted(found, key=lambda item: -item[0]):
        cost = count(fact) + 1
        if cost <= left:
            lines.append(fact)
            left -= cost
    return lines if len(lines) > 1 and left >= 0 else []


def _estimate(text: str) -> int:
    return -(-len(text.encode("utf-8", "surrogatepass")) // 3)


def _table_facts(rows: Sequence[Mapping[str, object]], query: str) -> list[tuple[float, str]]:
    columns = columns_of(rows)
    naming = _naming_column(columns, len(rows))
    asked = set(re.findall(r"\w+", query.lower()))
    found: list[tuple[float, str]] = []
    for column in columns:
        if len(column.name) > _LONGEST_NAME:
            continue
        empty = len(rows) - _filled(column)
        share = 1.0 if column.key in ERROR_KEYS else 1 - empty / len(rows) / 2
        for useful, fact in _column_facts(column, empty, naming):
            worth = useful * share - column.name.count(".") * _NESTED
            found.append((worth + (_ASKED if _is_asked(column, fact, asked) else 0.0), fact))
    return found


def _is_asked(column: Column, fact: str, asked: set[str]) -> bool:
    words = set(column.key.split("_")) | {column.key, column.key.rstrip("s"), f"{column.key}s"}
    said = set(re.findall(r"[^\W\d]{3,}", fact.lower())) - _OUR_WORDS
    return bool((words | said) & asked)


def _column_facts(column: Column, empty: int, naming: Column | None) -> list[tuple[float, str]]:
    name = one_line(column.name)
    rest = f"; {empty} empty" if empty else ""
    span = time_span(column)
    if span is not None:
        return [(5.5, f"{name}: {span[0]} to {span[1]}{rest}")]
    counts = categories(column)
    figures = number_figures(column)
    if figures is not None:
        found = [_number_fact(column, name, figures, naming, rest)]
        if counts is not None and len(counts) <= _FEW_LEVELS:
            found.append((4.0 if column.key in STATUS_KEYS else 2.5, f"{name}: {_counts(counts)}{rest}"))
        return found
    if counts is not None:
        return [(_worth_of_counts(column, counts), f"{name}: {_counts(counts)}{rest}")]
    if empty and empty == len(column.values):
        return []
    if empty:
        filled = f"{name}: {_filled(column)} filled{rest}"
        return [(7.5 if column.key in ERROR_KEYS else 2.0, filled)]
    return []


def _filled(column: Column) -> int:
    return len(column.values) - column.values.count(None) - column.values.count("")


def _worth_of_counts(column: Column, counts: Counter[str]) -> float:
    if column.key in ERROR_KEYS:
        return 7.5
    if len(counts) == 1:
        return 1.5
    if column.key in STATUS_KEYS or column.key in LEVEL_KEYS or column.key.endswith(("_status", "_state")):
        return 9.0
    return 5.0 if len(counts) <= _FEW_LEVELS else 3.0


def _counts(counts: Counter[str]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    most = len(ranked) if len(ranked) <= _FEW_LEVELS else _MOST_SHOWN
    # A count behind a number would read as a part of it.
    plain = not any(_NUMBERED.search(value) for value, _ in ranked[:most])
    shown = ", ".join(f"{value} {count}" if plain else f"{value} ({count})" for value, count in ranked[:most])
    rest = ranked[most:]
    if not rest:
        return shown
    return f"{shown}, +{len(rest)} other values {sum(count for _, count in rest)}"


def _number_fact(
    column: Column, name: str, figures: NumberFigures, naming: Column | None, rest: str
) -> tuple[float, str]:
    others = f"; {figures.others} no number" if figures.others else ""
    low = figures.smallest + _where(figures.smallest_row, column, naming)
    if figures.smallest == figures.largest:
        return 1.0, f"{name}: always {figures.smallest}{others}{rest}"
    high = figures.largest + _where(figures.largest_row, column, naming)
    if _NO_SUM.fullmatch(column.key):
        mean = ""
        if column.key.endswith(
            ("age", "temperature", "temp", "rate", "ratio", "rating", "score", "percent", "pct")
        ):
            mean = f", mean {write_mean(figures.total, figures.count)}"
        return 3.5 if mean else 1.5, f"{name}: min {low}, max {high}{mean}{others}{rest}"
    unit = f" {figures.unit}" if figures.unit else ""
    total = f"sum {write_number(figures.total)}{unit}, mean {write_mean(figures.total, figures.count)}"
    worth = 6.0 if _TOTALLED.match(column.key) else 4.5
    return worth, f"{name}: min {low}, max {high}, {total}{others}{rest}"


def _where(row: int, column: Column, naming: Column | None) -> str:
    """Which row a figure stands in, by its id or name, else by its number from one."""
    if naming is None:
        return f" (row {row + 1})"
    if naming is column:
        return ""
    return f" ({one_line(naming.name)} {label(naming.values[row])})"


def _naming_column(columns: Sequence[Column], count: int) -> Column | None:
    """The column whose cells name their rows: every row has one, and each is its own."""
    named = [column for key in _NAMES for column in columns if column.key == key and "." not in column.name]
    named.extend(
        column
        for column in columns
        if column.key.endswith(("_id", "_key", "_name")) and "." not in column.name
    )
    for column in named:
        labels = [label(cell) for cell in column.values]
        if len(labels) == count and None not in labels and "" not in labels and len(set(labels)) == count:
            return column
    return None
