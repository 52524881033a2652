"""Lines of logs, listings, build and test output, and search results as units."""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.select.units import Units

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTINUES: Final = re.compile(
    r"[ \t]+\S|Traceback |Caused by: |\.\.\. \d+ more|goroutine \d|[\w.]+(?:Error|Exception)\b"
)
"""Lines that belong to the one above: indented ones and the parts of a trace."""
_MOST_IN_UNIT: Final = 60
_BLOCKS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"commit [0-9a-f]{7,40}\b",
        r"_{3,} .+ _{3,}$|={3,} .+ ={3,}$",
        r"\s*--- (?:FAIL|PASS|SKIP): ",
        r"\s*● .+ › ",
    )
)
"""First lines of blocks that belong together: commits, failures of pytest, tests of Go, failures of Jest."""
_FEWEST_BLOCKS: Final = 3


def cut_lines(text: str, noun: str = "lines") -> Units | None:
    """Cut a text at its lines; indented lines and traces stay with the line above them.

    Args:
        text: Lines of a log or of a command's output.
        noun: What a line is.

    Returns:
        The lines as units; None for a text of one line. Where units are left out, a line ``… 12`` tells how many
        lines stood there.
    """
    lines = text.split("\n")
    end = len(lines) - (lines[-1] == "")
    starts = _starts(lines[:end])
    if len(starts) < 2:
        return None
    spans = list(pairwise([*starts, end]))

    def write(kept: Sequence[int]) -> str:
        if len(kept) == len(spans):
            return text
        out: list[str] = []
        written = 0
        for number in kept:
            start, behind = spans[number]
            if start > written:
                out.append(f"… {start - written}")
            out.extend(lines[start:behind])
            written = behind
        if written < end:
            out.append(f"… {end - written}")
        return "\n".join(out + lines[end:])

    return Units(noun, ["\n".join(lines[start:behind]) for start, behind in spans], write)


def _starts(lines: list[str]) -> list[int]:
    """Numbers of the lines that begin a unit."""
    for block in _BLOCKS:
        begun = [number for number, line in enumerate(lines) if block.match(line)]
        if len(begun) >= _FEWEST_BLOCKS:
            # What stands before the first block is cut line by line.
            blocks = [range(start, end, _MOST_IN_UNIT) for start, end in pairwise([*begun, len(lines)])]
            return [*_starts_of_lines(lines[: begun[0]]), *chain.from_iterable(blocks)]
    return _starts_of_lines(lines)


def _starts_of_lines(lines: list[str]) -> list[int]:
    starts: list[int] = []
    for number, line in enumerate(lines):
        if not (starts and number - starts[-1] < _MOST_IN_UNIT and _CONTINUES.match(line)):
            starts.append(number)
    return starts
