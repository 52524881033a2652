r"""Unified diffs of two texts, exact to the byte and linear in their size.

Lines end at ``\n`` alone; a carriage return belongs to its line. The alignment is a patience diff: lines that stand
once in both texts anchor it (https://bramcohen.livejournal.com/73318.html).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from headroom_langchain.exceptions import CompressionError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_NEWLINE = "\n\\ No newline at end of file"
"""Stands behind a last line without a newline, so that it differs from the same line with one."""
_HUNK = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@")
_CONTEXT = 1
"""Unchanged lines around a change: enough to find the place in a text that the reader has."""
_DEEPEST = 8
"""Passes that look for anchors between anchors."""


class _Block(NamedTuple):
    """Lines that stand in both texts."""

    old: int
    new: int
    length: int


class _Change(NamedTuple):
    """Lines ``[old, old_end)`` that became ``[new, new_end)``."""

    old: int
    old_end: int
    new: int
    new_end: int


def unified_diff(old: str, new: str) -> str:
    """Write what changed between two texts.

    Args:
        old: The text that the reader has.
        new: The text to tell.

    Returns:
        Hunks of a unified diff without the names of files; empty where nothing changed.
    """
    before, after = _lines(old), _lines(new)
    out: list[str] = []
    for hunk in _hunks(_changes(_align(before, after), len(before), len(after))):
        first, last = hunk[0], hunk[-1]
        start = max(first.old - _CONTEXT, 0)
        end = min(last.old_end + _CONTEXT, len(before))
        new_start, new_end = first.new - (first.old - start), last.new_end + (end - last.old_end)
        out.append(f"@@ -{_span(start, end)} +{_span(new_start, new_end)} @@")
        for change in hunk:
            out += [" " + line for line in before[start : change.old]]
            out += ["-" + line for line in before[change.old : change.old_end]]
            out += ["+" + line for line in after[change.new : change.new_end]]
            start = change.old_end
        out += [" " + line for line in before[start:end]]
    return "\n".join(out)


def apply_diff(diff: str, old: str) -> str:
    """Restore the newer text.

    Args:
        diff: What :func:`unified_diff` wrote.
        old: The text it was written against.

    Returns:
        The newer text, byte for byte.

    Raises:
        CompressionError: The diff is damaged or belongs to another text.
    """
    before = _lines(old)
    after: list[str] = []
    position = 0
    for start, removed, added in _read_hunks(diff):
        if start < position or before[start : start + len(removed)] != removed:
            raise CompressionError("a hunk does not fit the earlier text", {"line": start + 1})
        after += before[position:start]
        after += added
        position = start + len(removed)
    after += before[position:]
    if any("\n" in line for line in after[:-1]):
        raise CompressionError("a line without a newline is followed by another")
    if after and after[-1].endswith(_NO_NEWLINE):
        return "\n".join(after).removesuffix(_NO_NEWLINE)
    return "".join([line + "\n" for line in after])


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, last + _NO_NEWLINE] if last else lines


def _span(start: int, end: int) -> str:
    length = end - start
    # By convention an empty side names the line before it, and a length of one goes without saying.
    return f"{start + 1}" if length == 1 else f"{start + (length > 0)},{length}"


def _changes(blocks: list[_Block], old_end: int, new_end: int) -> Iterator[_Change]:
    bounds = [_Block(0, 0, 0), *blocks, _Block(old_end, new_end, 0)]
    for left, right in pairwise(bounds):
        change = _Change(left.old + left.length, right.old, left.new + left.length, right.new)
        if change.old < change.old_end or change.new < change.new_end:
            yield change


def _hunks(changes: Iterator[_Change]) -> Iterator[list[_Change]]:
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change.old - hunk[-1].old_end > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _read_hunks(diff: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """Where each hunk starts, the lines it expects there and the lines that take their place."""
    lines = diff.split("\n")
    position = 0
    while position < len(lines):
        found = _HUNK.fullmatch(lines[position])
        if found is None:
            raise CompressionError("this is no hunk of a diff", {"line": lines[position][:80]})
        start, old_length, _, new_length = (1 if number is None else int(number) for number in found.groups())
        removed: list[str] = []
        added: list[str] = []
        position += 1
        while position < len(lines) and not lines[position].startswith("@"):
            mark, line = lines[position][:1], lines[position][1:]
            position += 1
            if position < len(lines) and lines[position].startswith("\\"):
                line += "\n" + lines[position]
                position += 1
            if mark not in {" ", "-", "+"}:
                raise CompressionError("this is no line of a diff", {"line": (mark + line)[:80]})
            if mark != "+":
                removed.append(line)
            if mark != "-":
                added.append(line)
        if len(removed) != old_length or len(added) != new_length:
            raise CompressionError("a hunk has lost lines", {"hunk": found[0]})
        yield start - (old_length > 0), removed, added


def _align(old: list[str], new: list[str]) -> list[_Block]:
    """Find lines that stand in both texts in the same order."""
    blocks: list[_Block] = []
    pending = [(0, len(old), 0, len(new), 0)]
    while pending:
        low, high, new_low, new_high, depth = pending.pop()
        start = low
        while low < high and new_low < new_high and old[low] == new[new_low]:
            low, new_low = low + 1, new_low + 1
        if low > start:
            blocks.append(_Block(start, new_low - (low - start), low - start))
        end = high
        while low < high and new_low < new_high and old[high - 1] == new[new_high - 1]:
            high, new_high = high - 1, new_high - 1
        if end > high:
            blocks.append(_Block(high, new_high, end - high))
        if depth == _DEEPEST or low == high or new_low == new_high:
            continue
        anchors = _anchors(old, new, (low, high, new_low, new_high))
        if anchors:
            bounds = [(low, new_low), *anchors, (high, new_high)]
            # An anchor opens the gap behind it, whose common lines then count it in.
            pending += [(*span, depth + 1) for span in _gaps(bounds)]
    return sorted(blocks)


def _gaps(bounds: list[tuple[int, int]]) -> Iterator[tuple[int, int, int, int]]:
    for (low, new_low), (high, new_high) in pairwise(bounds):
        yield low, high, new_low, new_high


def _anchors(old: list[str], new: list[str], span: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    """Lines that stand once on both sides: the longest run of them that keeps its order."""
    low, high, new_low, new_high = span
    once = {line for line, times in Counter(new[new_low:new_high]).items() if times == 1}
    times = Counter(old[low:high])
    there = {line: low + at for at, line in enumerate(old[low:high]) if line in once and times[line] == 1}
    pairs = [(there[line], new_low + at) for at, line in enumerate(new[new_low:new_high]) if line in there]
    ends: list[int] = []
    chain: list[int] = []
    before: list[int] = []
    for index, (place, _) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(chain[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            chain.append(index)
        else:
            ends[length], chain[length] = place, index
    run: list[tuple[int, int]] = []
    index = chain[-1] if chain else -1
    while index >= 0:
        run.append(pairs[index])
        index = before[index]
    return run[::-1]
