"""Units that are unlike the others: rare values of a category, unusual keys or types, lines of a shape of their own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from headroom_langchain.transforms.encode.json_text import Number
from headroom_langchain.transforms.select.columns import to_number
from headroom_langchain.transforms.select.failure_words import STATUS_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headroom_langchain.transforms.select.columns import Column

_MOST_CATEGORIES: Final = 50
_LONGEST_CATEGORY: Final = 60
_FEWEST: Final = 5
_FEWEST_FOR_RARE: Final = 20
_FEWEST_LINES: Final = 50
_DOMINATES: Final = 0.8
_STATUS_SHARE: Final = 0.1
_RARE_SHARE: Final = 0.02
_MOST_PER_COLUMN: Final = 20
_MOST_SHAPES: Final = 20
_RUNS: Final = re.compile(r"[\w\s]+")
_PLAIN: Final = np.array(
    [ord("w") if _RUNS.match(chr(code)) else code for code in range(128)], dtype=np.uint8
)
"""By ASCII code: the character, ``w`` for those of runs."""
_SHAPE_LENGTH: Final = 160
_CATEGORY_TYPES: Final = frozenset({str, bool, type(None), Number})


@dataclass(frozen=True, slots=True)
class Categories:
    """How often each value of a column stands in it."""

    counts: Counter[object] | None
    """None where it is no column of few short values."""

    @classmethod
    def of(cls, column: Column) -> Self:
        """Count the values of a column."""
        return cls(_categories(column))


def status_outliers(column: Column, known: Categories | None = None) -> dict[int, str]:
    """Find the rare values of a column in which one value is the rule: in any language, that is how failures look.

    Args:
        column: Any column.
        known: Its categories, where they are counted already.

    Returns:
        The value by the number of its row; nothing where the column is no category of texts, where no value stands in
        80 % of its cells, or where the others are many (each at most 10 % of a column named like a status, 2 %
        else).
    """
    counts = (known or Categories.of(column)).counts
    if counts is None or len(column.values) < _FEWEST or len(counts) < 2:
        return {}
    named = column.key in STATUS_KEYS or column.key.endswith(("_status", "_state"))
    if not named and any(isinstance(value, bool) for value in counts):
        return {}
    total = len(column.values)
    if counts.most_common(1)[0][1] < _DOMINATES * total:
        return {}
    return _rows_with_rare(
        column, counts, max(1 if named else 2, (_STATUS_SHARE if named else _RARE_SHARE) * total)
    )


def rare_categories(column: Column, known: Categories | None = None) -> dict[int, str]:
    """Find the rare values of a column of few values.

    Args:
        column: Any column.
        known: Its categories, where they are counted already.

    Returns:
        The value by the number of its row, for values in at most 2 % of the cells; the first row of each value comes
        first.
    """
    counts = (known or Categories.of(column)).counts
    total = len(column.values)
    if counts is None or total < _FEWEST_FOR_RARE or not 2 <= len(counts) <= max(2, total // 10):
        return {}
    return _rows_with_rare(column, counts, max(1, _RARE_SHARE * total))


def unusual_types(column: Column) -> dict[int, str]:
    """Find cells of another type than nearly all cells of their column: a null among numbers."""
    total = len(column.values)
    types = Counter(map(type, column.values))
    if total < _FEWEST_FOR_RARE or not 2 <= len(types) <= 4:
        return {}
    rare = {kind for kind, count in types.items() if count <= max(1, _RARE_SHARE * total)}
    if not rare or {int, float} >= set(types):
        return {}
    found = [row for row, value in zip(column.rows, column.values, strict=True) if type(value) in rare]
    return dict.fromkeys(found[:_MOST_PER_COLUMN], "unusual type")


def unusual_keys(rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Find records with keys that hardly any other record has.

    Args:
        rows: Records of one table.

    Returns:
        Numbers of records, ascending; none where records with rare sets of keys are more than 2 %.
    """
    if len(rows) < _FEWEST:
        return []
    signatures = [frozenset(row) for row in rows]
    return _singular(signatures)


def unusual_lines(texts: Sequence[str]) -> list[int]:
    """Find lines of a shape that hardly any other line has: what stays when words and blanks are taken out.

    Args:
        texts: Lines.

    Returns:
        Numbers of lines, ascending; none where such lines are more than 2 %, as in prose.
    """
    if len(texts) < _FEWEST_LINES:
        return []
    return _singular(_shapes([text[:_SHAPE_LENGTH] for text in texts]))


def _shapes(texts: Sequence[str]) -> Sequence[object]:
    together = "\0".join(texts)
    if not together.isascii() or together.count("\0") >= len(texts):
        return [_RUNS.sub("w", text) for text in texts]
    letters = _PLAIN[np.frombuffer(together.encode("ascii"), dtype=np.uint8)]
    inner = np.zeros(len(letters), dtype=np.bool_)
    runs = letters == ord("w")
    np.logical_and(runs[1:], runs[:-1], out=inner[1:])
    return letters[~inner].tobytes().split(b"\0")


def _singular(shapes: Sequence[object]) -> list[int]:
    counts = Counter(shapes)
    most = max(1, len(shapes) // 200)
    rare = {shape for shape, count in counts.items() if count <= most}
    found = [number for number, shape in enumerate(shapes) if shape in rare] if rare else []
    few = max(1, min(_MOST_SHAPES, len(shapes) * _RARE_SHARE))
    return found if len(found) <= few and len(found) * 2 < len(shapes) else []


def _categories(column: Column) -> Counter[object] | None:
    """How often each value of a column stands in it; None where it is no column of few short values with a rule."""
    sample = column.values[:1000]
    if not _CATEGORY_TYPES.issuperset(map(type, sample)):
        return None
    if len(set(sample)) > _MOST_CATEGORIES:
        return None
    try:
        counts = Counter(column.values)
    except TypeError:
        return None
    total = len(column.values)
    if len(counts) > max(2, total // 10) and counts.most_common(1)[0][1] < _DOMINATES * total:
        return None
    if len(counts) > _MOST_CATEGORIES or sum(to_number(value) is not None for value in counts) * 2 > len(
        counts
    ):
        return None
    short = all(
        value is None
        or isinstance(value, bool)
        or (isinstance(value, str) and len(value) <= _LONGEST_CATEGORY)
        for value in counts
    )
    return counts if short else None


def _rows_with_rare(column: Column, counts: Counter[object], most: float) -> dict[int, str]:
    rare = {value for value, count in counts.items() if count <= most and value is not None}
    if not rare:
        return {}
    rows = [(row, value) for row, value in zip(column.rows, column.values, strict=True) if value in rare]
    firsts: dict[object, int] = {}
    for row, value in rows:
        firsts.setdefault(value, row)
    order = dict.fromkeys([*firsts.values(), *[row for row, _ in rows]])
    said = dict(rows)
    return {row: f"{column.name} {said[row]}" for row in list(order)[:_MOST_PER_COLUMN]}
