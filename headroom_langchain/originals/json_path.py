"""A subset of JSON paths (RFC 9535): what a model writes to name a part of a document.

``$`` is the root and may be left out. Then any of ``.name``, ``["name"]``, ``[3]``, ``[-1]``, ``[2:5]``, ``[*]`` or
``.*``, and ``..name`` for every value of that name at any depth. Filters, unions and steps of slices are refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP: Final = re.compile(
    r"""
    (?P<deep>\.\.)?\.?(?P<name>[^\s.\[\]"'*]+)
    | (?P<deep_quoted>\.\.)?\[\s*(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\]
    | \[\s*(?P<index>-?\d{1,15})\s*\]
    | \[\s*(?P<start>-?\d{1,15})?\s*:\s*(?P<stop>-?\d{1,15})?\s*\]
    | (?P<every>\.\*|\[\s*\*\s*\]|^\*)
    """,
    re.VERBOSE,
)
_PLAIN_NAME: Final = re.compile(r"[^\W\d][\w-]*")
LONGEST: Final = 500
"""Characters of a path."""


class PathError(ValueError):
    """A path is not one of this subset; the text says where."""


@dataclass(frozen=True, slots=True)
class Name:
    """A member by its name."""

    name: str
    deep: bool = False
    """At any depth."""


@dataclass(frozen=True, slots=True)
class Items:
    """Items of an array."""

    bounds: slice
    members: bool = False
    """Members of an object as well."""


Place = tuple[str | int, ...]


def parse_path(written: str) -> tuple[Name | Items, ...]:
    """Read a path.

    Args:
        written: The path.

    Returns:
        Its steps.

    Raises:
        PathError: It is not one of this subset.
    """
    text = written.strip()
    if len(text) > LONGEST:
        raise PathError(f"a path has at most {LONGEST} characters")
    position = 1 if text.startswith("$") else 0
    steps: list[Name | Items] = []
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            raise PathError(
                f'cannot read {text[position : position + 40]!r}; known are .name, ["name"], [3], [2:5], [*], ..name'
            )
        steps.append(_step(found))
        position = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Name | Items:
    if found["name"] is not None:
        return Name(found["name"], deep=found["deep"] is not None)
    if found["quoted"] is not None:
        return Name(_unquoted(found["quoted"]), deep=found["deep_quoted"] is not None)
    if found["index"] is not None:
        index = int(found["index"])
        return Items(slice(index, index + 1 or None))
    if found["every"] is not None:
        return Items(slice(None), members=True)
    start, stop = (None if bound is None else int(bound) for bound in (found["start"], found["stop"]))
    return Items(slice(start, stop))


def _unquoted(quoted: str) -> str:
    inner = quoted[1:-1]
    if quoted[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    try:
        name: str = json.loads(f'"{inner}"')
    except ValueError as error:
        raise PathError(f"cannot read the name {quoted[:40]}") from error
    return name


def values_at(value: Any, steps: tuple[Name | Items, ...]) -> list[tuple[Place, Any]]:
    """Take values out of a document.

    Args:
        value: The parsed document.
        steps: The path.

    Returns:
        The values in document order, each with its place.
    """
    found: list[tuple[Place, Any]] = [((), value)]
    for step in steps:
        found = [inner for place, outer in found for inner in _inside(place, outer, step)]
    return found


def _inside(place: Place, value: Any, step: Name | Items) -> Iterator[tuple[Place, Any]]:
    if isinstance(step, Name):
        if isinstance(value, dict) and step.name in value:
            yield (*place, step.name), value[step.name]
        if step.deep:
            for inner_place, inner in _children(place, value):
                yield from _inside(inner_place, inner, step)
    elif isinstance(value, list):
        for number in range(*step.bounds.indices(len(value))):
            yield (*place, number), value[number]
    elif step.members:
        yield from _children(place, value)


def _children(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        yield from (((*place, name), inner) for name, inner in value.items())
    elif isinstance(value, list):
        yield from (((*place, number), inner) for number, inner in enumerate(value))


def write_place(place: Place) -> str:
    """Write a place as a path that :func:`parse_path` reads."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else _member(step) for step in place)


def place_of_member(place: str, name: str) -> str:
    """Write the path of a member of the object at a path."""
    return place + _member(name)


def _member(name: str) -> str:
    quoted = json.dumps(name, ensure_ascii=not name.isprintable())
    return f".{name}" if _PLAIN_NAME.fullmatch(name) else f"[{quoted}]"
