"""Any value as text that can be counted, whatever it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENCODED: Final = re.compile(r"data:[\w/+.;=-]{0,100};base64,|[A-Za-z0-9+/_-]{1024}")
_SHORTEST_ENCODED: Final = 1024


def is_encoded(text: str) -> bool:
    """Whether a value is binary data in base64, a ``data:`` URL or a signature, rather than text.

    Args:
        text: A value of a content block.

    Returns:
        True for at least 1,024 characters that start like base64 and hold no white space there.
    """
    return len(text) >= _SHORTEST_ENCODED and _ENCODED.match(text) is not None


def as_json(value: object, *, skip_encoded: bool = False) -> str:
    """Write a value as the JSON that would be sent.

    Args:
        value: Any value.
        skip_encoded: Leave out binary data in base64, for blocks in which it is no text to the model.

    Returns:
        JSON with the spacing that clients use. For what JSON cannot hold (cycles, thousands of levels, numbers of
        thousands of digits), and where data was left out: the keys, texts and numbers in it, one a line.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, default=_stand_in)
    except (TypeError, ValueError, RecursionError):
        return "\n".join(_leaves(value, skip_encoded=skip_encoded))
    if skip_encoded and len(text) >= _SHORTEST_ENCODED and any(map(is_encoded, _leaves(value))):
        return "\n".join(_leaves(value, skip_encoded=True))
    return text


def _stand_in(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return "" if isinstance(value, (bytes, bytearray, memoryview)) else type(value).__name__


def _leaves(value: object, *, skip_encoded: bool = False) -> Iterator[str]:
    """The keys, texts and numbers of a value; each container once, with no recursion."""
    waiting, seen = [value], set[int]()
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if not (skip_encoded and is_encoded(item)):
                yield item
        elif isinstance(item, (Mapping, list, tuple)):
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, Mapping):
                waiting.extend(reversed([part for pair in item.items() for part in pair]))
            else:
                waiting.extend(reversed(item))
        elif isinstance(item, int):
            # Hexadecimal, because Python refuses to write thousands of decimal digits.
            yield hex(item)
        elif item is None or isinstance(item, float):
            yield repr(item)
        elif not isinstance(item, (bytes, bytearray, memoryview)):
            yield type(item).__name__
