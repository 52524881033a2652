"""Parts of a text that stand in an earlier one: pointers to ranges of its lines.

::

    [lines 12-340 of call_7 "def load(path):" to "return rows"]
    [lines numbered 150-180 of call_9, now 153-183]

A pointer without ``of`` goes to the text of the pointer before it. Other lines stand as they are; one that would be read
as a pointer or a header has a backslash before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.file_views import UNNUMBERED, line_numbers, renumbered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_POINTER = re.compile(
    r"\[lines (numbered )?([0-9]{1,9})-([0-9]{1,9})(?: of ([^\]\[\",]+?))?(?: \".*\"|, now ([0-9]{1,9})-([0-9]{1,9}))?\]"
)
_SPECIAL = re.compile(r"\\*\[(?:lines |headroom:)")
_ESCAPED = re.compile(r"\\+\[(?:lines |headroom:)")
_RULES = re.compile(r"([^\w\s]|_)\1{3,}(?: \1+)*|(?:_ ){4,}_?")
"""What only draws a line."""
_QUOTED = 60
"""Characters of a line that a pointer quotes."""
_SEARCHED = 200
"""Characters of a line that are searched for words to quote."""


@dataclass(frozen=True)
class Source:
    """A text that parts may be taken from."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Lines of the text without their ends."""
        return self.text.split("\n")

    @cached_property
    def sizes(self) -> list[int]:
        """Characters before each line and in all, line ends included."""
        return [0, *accumulate(len(line) + 1 for line in self.lines)]

    @cached_property
    def numbers(self) -> list[int] | None:
        """The number of each line, where the text is a numbered view."""
        return line_numbers(self.lines)

    @cached_property
    def lines_by_number(self) -> dict[int, int]:
        """Index of each line by the number it carries; empty where a number is not enough to find a line."""
        numbered = [(number, at) for at, number in enumerate(self.numbers or ()) if number != UNNUMBERED]
        grow = all(left < right for (left, _), (right, _) in pairwise(numbered))
        return dict(numbered) if grow else {}


class Part(NamedTuple):
    """Lines ``[start, start + length)`` of a text that stand in a source from line ``place`` on."""

    start: int
    length: int
    source: Source
    place: int
    shift: int | None
    """How far the lines' own numbers moved; None for lines without numbers."""


def pointer(part: Part, *, named: bool) -> str:
    """Write the line that stands for a part.

    Args:
        part: What it points to.
        named: Name the source.
    """
    last = part.place + part.length - 1
    of = f" of {part.source.name}" if named else ""
    if part.shift is None or part.source.numbers is None:
        quoted = _quoted(part.source.lines[part.place : last + 1])
        return f"[lines {part.place + 1}-{last + 1}{of}{quoted}]"
    first, last = part.source.numbers[part.place], part.source.numbers[last]
    now = f", now {first + part.shift}-{last + part.shift}" if part.shift else ""
    return f"[lines numbered {first}-{last}{of}{now}]"


def _quoted(lines: Sequence[str]) -> str:
    """The first and the last words of a range, since nobody counts 340 lines."""
    first = next(filter(None, map(_words, lines)), "")
    last = next(filter(None, map(_words, reversed(lines))), "")
    return f' "{first}" to "{last}"' if first else ""


def _words(line: str) -> str:
    return _RULES.sub("", line[:_SEARCHED]).strip()[:_QUOTED].rstrip()


def write_parts(lines: Sequence[str], parts: Sequence[Part]) -> str:
    """Write a text with pointers in place of its parts.

    Args:
        lines: Lines of the text.
        parts: What is replaced, in order and without overlaps.
    """
    out: list[str] = []
    position = 0
    source = None
    for part in parts:
        out += map(_escape, lines[position : part.start])
        out.append(pointer(part, named=part.source is not source))
        position, source = part.start + part.length, part.source
    out += map(_escape, lines[position:])
    return "\n".join(out)


def _escape(line: str) -> str:
    return "\\" + line if _SPECIAL.match(line) else line


def escapes(lines: Sequence[str]) -> int:
    """Count the lines that need a backslash when they stand as they are."""
    return sum(_SPECIAL.match(line) is not None for line in lines)


def read_parts(body: str, source_of: Callable[[str], Source]) -> str:
    """Restore a text.

    Args:
        body: What :func:`write_parts` wrote.
        source_of: Finds a source by its name; raises ``CompressionError`` where there is none.

    Returns:
        The text, byte for byte.

    Raises:
        CompressionError: The body is damaged or a source is another one.
    """
    out: list[str] = []
    source: Source | None = None
    for line in body.split("\n"):
        if line.startswith("[lines "):
            found = _POINTER.fullmatch(line)
            if found is None:
                raise CompressionError("this is no pointer to lines", {"line": line[:80]})
            source = source if found[4] is None else source_of(found[4])
            if source is None:
                raise CompressionError("the first pointer names no text", {"line": line[:80]})
            part = _read_pointer(found, source)
            if pointer(part, named=found[4] is not None) != line:
                raise CompressionError("a pointer does not fit its text", {"line": line[:80]})
            out += _taken(part)
        else:
            out.append(line[1:] if _ESCAPED.match(line) else line)
    return "\n".join(out)


def _read_pointer(found: re.Match[str], source: Source) -> Part:
    first, last = int(found[2]), int(found[3])
    if not found[1]:
        start, end, shift = first - 1, last - 1, None
    else:
        start, end = (source.lines_by_number.get(number, UNNUMBERED) for number in (first, last))
        shift = int(found[5]) - first if found[5] else 0
    if not 0 <= start <= end < len(source.lines):
        raise CompressionError("a pointer leaves its text", {"line": found[0][:80]})
    return Part(0, end - start + 1, source, start, shift)


def _taken(part: Part) -> list[str]:
    """The lines of a part as they stand in the newer text."""
    lines = part.source.lines[part.place : part.place + part.length]
    return [renumbered(line, part.shift) for line in lines] if part.shift else lines
