"""What is shown of a row or line that is longer than one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headroom_langchain.originals.json_path import place_of_member
from headroom_langchain.transforms.encode.json_text import COMPACT, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from headroom_langchain.originals.units import Unit

_SHORT: Final = 80
"""Characters of a field that is shown whole beside the one that matched."""
_WINDOW: Final = 400
"""Characters of the field that matched in a line for a long row, and of the fields beside it."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text to cut, and where it is from."""

    text: str
    begin: int
    """Characters to skip."""
    offset: int
    """Characters of the row, line or field in front of the text."""
    whole: int
    """Characters of the row, line or field."""
    before: str = ""
    """Short fields of the row, as a line of JSON."""
    field: str = ""
    """Name of the field that the text is from; empty for a whole row or line."""
    path: str = ""
    """JSON path of the field."""


def excerpt_from(unit: Unit, offset: int) -> Excerpt:
    """Read on in a row or line.

    Args:
        unit: The row or line.
        offset: Characters to skip.

    Returns:
        What to cut.
    """
    return Excerpt(unit.text, min(offset, len(unit.text)), 0, len(unit.text))


def excerpt_around(unit: Unit, focus: Callable[[str], int], room: int) -> Excerpt:
    """Show where a row or line matches; of a JSON object the field that matches, below the fields that are short.

    Args:
        unit: The row or line, or a part of it.
        focus: Where in a text the match is.
        room: Characters for the short fields; half as many are shown in front of the match.

    Returns:
        What to cut.
    """
    found = _field(unit, focus, room)
    if found is not None:
        return found
    # Some of what stands before the match says what it belongs to.
    begin = max(0, focus(unit.text) - room // 2)
    return Excerpt(unit.text, begin, unit.offset, len(unit.text) if unit.whole < 0 else unit.whole)


def brief(unit: Unit, focus: Callable[[str], int]) -> str | None:
    """Write a long row in one line: its short fields, and what stands around the match.

    Args:
        unit: The row.
        focus: Where in a text the match is.

    Returns:
        The line; None where the unit is no JSON object.
    """
    excerpt = _field(unit, focus, _WINDOW)
    if excerpt is None:
        return None
    stop = excerpt.begin + _WINDOW
    shown = COMPACT.write(excerpt.text[excerpt.begin : stop])
    return f"{excerpt.before} {excerpt.field}[{excerpt.begin}:{min(stop, excerpt.whole)}]={shown}".lstrip()


def _field(unit: Unit, focus: Callable[[str], int], room: int) -> Excerpt | None:
    if unit.whole >= 0 or not unit.place or not unit.text.startswith("{"):
        return None
    row = parse(unit.text)
    members = {name: COMPACT.write({name: value})[1:-1] for name, value in row.items()}
    place = focus("{" + ",".join(members.values()) + "}") - 1
    matched = ""
    for name, member in members.items():
        matched = name
        if place < len(member):
            break
        place -= len(member) + 1
    short = []
    lead = room // 2
    for name, member in members.items():
        if name != matched and len(member) <= _SHORT and len(member) < room:
            room -= len(member)
            short.append(member)
    value = row[matched]
    text = value if isinstance(value, str) else COMPACT.write(value)
    begin = max(0, place - len(COMPACT.write(matched)) - lead) if len(text) > 2 * lead else 0
    return Excerpt(
        text,
        min(begin, len(text)),
        0,
        len(text),
        before="{" + ",".join(short) + "}" if short else "",
        field=matched,
        path=place_of_member(unit.place, matched),
    )
