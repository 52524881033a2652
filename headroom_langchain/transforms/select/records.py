"""Rows of JSON arrays, JSON lines and CSV as units."""

from __future__ import annotations

import csv
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.transforms.select.json_spans import SCAN, items_at, members_at, skip_blank
from headroom_langchain.transforms.select.units import Units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FEWEST_ITEMS: Final = 5
_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class _Array:
    """An array of a JSON text whose items are units."""

    start: int
    """Position of the first item."""
    end: int
    """Position behind the last item."""
    spans: list[tuple[int, int]]
    values: list[Any]


def cut_json(text: str) -> Units | None:
    """Cut a JSON text at the items of its outermost arrays of some length.

    Args:
        text: A JSON document.

    Returns:
        The items as units; written, they stand in their arrays again, with everything around them as it was. None
        where the text is no JSON or has no such array.
    """
    arrays: list[_Array] = []
    try:
        start = skip_blank(text, 0)
        value, end = SCAN(text, start)
        if skip_blank(text, end) != len(text):
            return None
        _find_arrays(text, start, value, arrays, 0)
    except (ValueError, RecursionError, IndexError):
        return None
    if not arrays:
        return None
    spans = [span for array in arrays for span in array.spans]
    values = [value for array in arrays for value in array.values]
    firsts = [0]
    for array in arrays:
        firsts.append(firsts[-1] + len(array.spans))

    def write(kept: Sequence[int]) -> str:
        out: list[str] = []
        position = 0
        for array, first, behind in zip(arrays, firsts, firsts[1:], strict=False):
            own = kept[bisect_left(kept, first) : bisect_left(kept, behind)]
            out.append(text[position : array.start])
            out.append(_join(text, array, [number - first for number in own]))
            position = array.end
        out.append(text[position:])
        return "".join(out)

    rows = [value if isinstance(value, dict) else {"value": value} for value in values]
    return Units("rows", [text[start:end] for start, end in spans], write, rows=rows)


def _join(text: str, array: _Array, kept: Sequence[int]) -> str:
    if len(kept) == len(array.spans):
        return text[array.start : array.end]
    separator = text[array.spans[0][1] : array.spans[1][0]]
    return separator.join([text[slice(*array.spans[number])] for number in kept])


def _find_arrays(text: str, start: int, value: Any, arrays: list[_Array], depth: int) -> None:
    """Find the outermost arrays with items enough, in the order of the text."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        spans, values = items_at(text, start)
        if len(spans) >= _FEWEST_ITEMS:
            arrays.append(_Array(spans[0][0], spans[-1][1], spans, values))
            return
        for (item_start, _), item in zip(spans, values, strict=True):
            _find_arrays(text, item_start, item, arrays, depth + 1)
    elif isinstance(value, dict) and _holds_arrays(value):
        for _, member_start, _, member in members_at(text, start):
            _find_arrays(text, member_start, member, arrays, depth + 1)


def _holds_arrays(value: dict[str, Any]) -> bool:
    return any(isinstance(member, (list, dict)) for member in value.values())


def cut_json_lines(text: str) -> Units | None:
    """Cut JSON lines at their lines.

    Args:
        text: One JSON value a line.

    Returns:
        The lines as units; None where a line is no JSON.
    """
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    try:
        values = [SCAN(line, skip_blank(line, 0))[0] for line in filled]
    except (ValueError, RecursionError):
        return None
    end = "\n" if lines[-1] == "" else ""

    def write(kept: Sequence[int]) -> str:
        if len(kept) == len(filled):
            return text
        return "\n".join([filled[number] for number in kept]) + end

    rows = [value if isinstance(value, dict) else {"value": value} for value in values]
    return Units("rows", filled, write, rows=rows) if filled else None


def cut_csv(text: str) -> Units | None:
    """Cut a CSV or TSV text with a header line at its lines.

    Args:
        text: A header line and one record a line; a quoted line break makes the text none of these.

    Returns:
        The lines below the header as units; None where a record takes more than a line.
    """
    lines = text.split("\n")
    end = "\n" if lines[-1] == "" else ""
    body = lines[1:-1] if end else lines[1:]
    delimiter = max(",\t;|", key=lines[0].count)
    try:
        records = list(
            csv.reader([line.rstrip("\r") for line in lines[: len(body) + 1]], delimiter=delimiter)
        )
    except csv.Error:
        return None
    if not body or len(records) != len(body) + 1:
        return None
    names = records[0]
    rows: list[Mapping[str, object]] = [dict(zip(names, record, strict=False)) for record in records[1:]]

    def write(kept: Sequence[int]) -> str:
        return "\n".join([lines[0], *[body[number] for number in kept]]) + end

    return Units("rows", body, write, rows=rows)
