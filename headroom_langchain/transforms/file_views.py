"""Numbered views of files: the line numbers that tools such as ``cat -n`` write before each line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNNUMBERED = -1
"""Number of a line that carries none."""

_NUMBER = re.compile(r"( *+|0*+)([1-9][0-9]{0,8}|0)(\t|→|:| ?\|)")
_FIRST_CHARACTERS = frozenset(" 0123456789")
_FEWEST_LINES = 5
"""Consecutive numbers that make a view; fewer may be chance."""


def line_numbers(lines: Sequence[str]) -> list[int] | None:
    """Read the numbers of a numbered view.

    Args:
        lines: Lines of any text.

    Returns:
        The number of each line, :data:`UNNUMBERED` for headings and gaps. None where the text is no numbered view.
    """
    # Whatever run is long enough has a line at one of these steps.
    if not any(map(_NUMBER.match, lines[::_FEWEST_LINES])):
        return None
    numbers = [UNNUMBERED] * len(lines)
    numbered = False
    start = previous = 0
    mark = ""
    for index, line in enumerate([*lines, ""]):
        found = _NUMBER.match(line) if line[:1] in _FIRST_CHARACTERS else None
        if found is not None and index > start and found[3] == mark and int(found[2]) == previous + 1:
            previous += 1
            continue
        if index - start >= _FEWEST_LINES:
            numbers[start:index] = range(previous - (index - start) + 1, previous + 1)
            numbered = True
        start = index + 1
        if found is not None:
            start, mark, previous = index, found[3], int(found[2])
    return numbers if numbered else None


def without_number(line: str) -> tuple[str, str]:
    """What stands behind the number of a numbered line, after the mark between the two."""
    found = _NUMBER.match(line)
    return ("", line) if found is None else (found[3], line[found.end() :])


def renumbered(line: str, shift: int) -> str:
    """Write a numbered line with its number moved, in the padding of the view."""
    found = _NUMBER.match(line)
    if found is None:
        return line
    number = str(int(found[2]) + shift)
    width = len(found[1]) + len(found[2]) if found[1] else 0
    return number.rjust(width, found[1][:1] or " ") + line[found.start(3) :]
