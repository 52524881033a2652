"""Where the parts of a JSON text stand in it, so that what is kept stays as it was written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.transforms.encode.json_text import Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCAN: Final[Callable[[str, int], tuple[Any, int]]] = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=Number
).raw_decode
"""Reads the value at a position: the value and the position behind it. Raises ``ValueError`` where there is none."""
_BLANK: Final = re.compile(r"[ \t\r\n]*")


def skip_blank(text: str, position: int) -> int:
    """The position of what follows the blanks at a position."""
    found = _BLANK.match(text, position)
    return position if found is None else found.end()


def items_at(text: str, start: int) -> tuple[list[tuple[int, int]], list[Any]]:
    """Where the items of the array at a position stand, and what they are.

    Args:
        text: Valid JSON.
        start: Position of the opening bracket.
    """
    spans: list[tuple[int, int]] = []
    values: list[Any] = []
    position = skip_blank(text, start + 1)
    while text[position] != "]":
        value, end = SCAN(text, position)
        spans.append((position, end))
        values.append(value)
        position = _behind_comma(text, end)
    return spans, values


def members_at(text: str, start: int) -> Iterator[tuple[str, int, int, Any]]:
    """The members of the object at a position, equal keys included.

    Args:
        text: Valid JSON.
        start: Position of the opening brace.

    Yields:
        Key, position of the value, position behind it, and the value.
    """
    position = skip_blank(text, start + 1)
    while text[position] != "}":
        key, position = SCAN(text, position)
        position = skip_blank(text, skip_blank(text, position) + 1)
        value, end = SCAN(text, position)
        yield key, position, end, value
        position = _behind_comma(text, end)


def _behind_comma(text: str, position: int) -> int:
    position = skip_blank(text, position)
    return skip_blank(text, position + 1) if text[position] == "," else position
