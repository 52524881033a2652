"""Reads a diff as runs of lines: headers, messages, changes, context."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NEAR = 1
"""Unchanged lines on each side that belong to a change."""
_LONGEST_GROUP = 60
"""Changed lines, above which a change is cut into pieces of about ``_PIECE`` lines."""
_PIECE = 40
_HUNK = re.compile(r"(@@{1,32}) ((?:-\d{1,9}(?:,\d{1,9})? ){1,32})\+(\d{1,9})(?:,(\d{1,9}))? \1")
_FRAME = re.compile(
    r"diff |--- |\+\+\+ |Index: |={20,}|commit [0-9a-f]{7,}|From [0-9a-f]{40}|Author: |Date: |Subject: |rename |copy "
    r"|similarity |dissimilarity |new file |deleted file |old mode |new mode |mode |Binary files |Only in |GIT binary patch"
)
_INDEX = re.compile(r"index [0-9a-f]+(?:,[0-9a-f]+)*\.\.[0-9a-f]+")
_BINARY = re.compile(r"(?:literal|delta) \d+\s*$")


@dataclass(frozen=True, slots=True)
class Hunk:
    """The numbers of a hunk's header."""

    parents: int
    """How many files it compares with: 1, or more in a combined diff."""
    section: str
    """What follows the ranges: the name of the function the hunk is in, with the line's end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of lines that is one unit.

    Attributes:
        kind: ``frame``, ``index``, ``message``, ``binary``, ``header``, ``context`` or ``change``.
        lines: The lines with their ends.
        file: The number of the file it is in.
        hunk: The header it is under; None outside of hunks.
        at: The numbers of its first line in each parent and in the result.
    """

    kind: str
    lines: tuple[str, ...]
    file: int
    hunk: Hunk | None = None
    at: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The lines as they stand."""
        return "".join(self.lines)


def _lines(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends a line, as in git."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def pieces_of(text: str) -> Iterator[Piece]:
    """Read a diff.

    Args:
        text: A diff; lines that belong to none of its hunks and headers are messages.

    Yields:
        Runs of lines in order; together they are the text.
    """
    lines = _lines(text)
    at, file = 0, 0
    in_hunks = True
    while at < len(lines):
        line = lines[at]
        if line.startswith("@@") and (header := _HUNK.match(line)):
            end = _hunk_end(lines, at, header)
            yield from _hunk_pieces(lines[at:end], header, file)
            in_hunks = True
            at = end
            continue
        kind, end = _outside(lines, at)
        if kind == "frame" and (line.startswith(("diff ", "Index: ")) or in_hunks):
            file += 1
        in_hunks = in_hunks and kind != "frame"
        yield Piece(kind, tuple(lines[at:end]), file)
        at = end


def _outside(lines: Sequence[str], at: int) -> tuple[str, int]:
    """The kind of the lines outside of hunks that start here, and where they end."""
    line = lines[at]
    if _INDEX.match(line):
        return "index", at + 1
    if _BINARY.match(line):
        end = at + 1
        while end < len(lines) and lines[end].strip():
            end += 1
        return "binary", min(end + 1, len(lines))
    if _FRAME.match(line):
        end = at + 1
        while (
            end < len(lines)
            and _FRAME.match(lines[end])
            and not lines[end].startswith(("diff ", "Index: ", "commit "))
        ):
            end += 1
        return "frame", end
    end = at + 1
    while end < len(lines) and not _starts_something(lines[end]):
        end += 1
    return "message", end


def _starts_something(line: str) -> bool:
    return bool(_FRAME.match(line) or _HUNK.match(line) or _INDEX.match(line) or _BINARY.match(line))


def _ranges(header: re.Match[str]) -> list[tuple[int, int]]:
    """The first line and the number of lines in each parent, then in the result."""
    ranges = [*(part[1:] for part in header[2].split()), header[3] + "," + (header[4] or "1")]
    parts = [part.partition(",") for part in ranges]
    return [(int(start), int(count or 1)) for start, _, count in parts]


def _hunk_end(lines: Sequence[str], at: int, header: re.Match[str]) -> int:
    """Where a hunk ends: when its counts are used up, or where something else than a hunk's line stands."""
    parents = len(header[1]) - 1
    left = [count for _, count in _ranges(header)]
    end = at + 1
    while end < len(lines):
        line = lines[end]
        if line.startswith("\\"):
            end += 1
            continue
        if not any(count > 0 for count in left):
            break
        if line[0] not in " +-\r\n" or _is_next_file(lines[end : end + 3]):
            break
        for i, one in enumerate(moves(line, parents)):
            left[i] -= one
        end += 1
    return end


def _is_next_file(lines: Sequence[str]) -> bool:
    """Whether these lines are a file's header, though the counts of the hunk above promise more lines."""
    return len(lines) == 3 and all(map(str.startswith, lines, ("--- ", "+++ ", "@@ ")))


def moves(line: str, parents: int) -> tuple[int, ...]:
    """By how many lines a line of a hunk moves each parent and the result on.

    Args:
        line: A line with its mark.
        parents: How many files the hunk compares with; each has its mark.

    Returns:
        0 or 1 for each parent, then for the result.
    """
    if line[0] == "\\":
        return (0,) * (parents + 1)
    marks = line[:parents] if line.strip() else " " * parents
    if "-" in marks:
        return (*(int(mark == "-") for mark in marks.ljust(parents)), 0)
    return (*(int(mark != "+") for mark in marks.ljust(parents)), 1)


def _hunk_pieces(lines: Sequence[str], header: re.Match[str], file: int) -> Iterator[Piece]:
    """A hunk's header, and its lines as changes and the context between them."""
    parents = len(header[1]) - 1
    # An empty range is written with the line before it.
    at = tuple(start if count else start + 1 for start, count in _ranges(header))
    hunk = Hunk(parents, lines[0][header.end() :])
    yield Piece("header", (lines[0],), file, hunk, at)
    for kind, run in _runs(lines[1:], parents):
        yield Piece(kind, tuple(run), file, hunk, at)
        moved = [moves(line, parents) for line in run]
        at = tuple(sum(column) for column in zip(at, *moved, strict=True))


def _runs(body: Sequence[str], parents: int) -> Iterator[tuple[str, Sequence[str]]]:
    """The lines of a hunk as runs of context and of changes that have a line of context on each side."""
    changed = [bool(set(line[:parents]) & {"+", "-"}) for line in body]
    for i, line in enumerate(body):
        if line[0] == "\\" and i:
            changed[i] = changed[i - 1]
    runs = [(mark, len(list(same))) for mark, same in groupby(changed)]
    near: list[bool] = []
    for i, (mark, length) in enumerate(runs):
        before, after = _NEAR * (i > 0), _NEAR * (i + 1 < len(runs))
        if mark or length <= before + after + _NEAR:
            near += [True if mark else bool(before or after)] * length
        else:
            near += [True] * before + [False] * (length - before - after) + [True] * after
    at = 0
    for mark, same in groupby(near):
        end = at + len(list(same))
        if not mark:
            yield "context", body[at:end]
        else:
            for start, stop in _split(body, at, end):
                yield "change", body[start:stop]
        at = end


def _split(body: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """A long change in pieces, cut where a line is empty if one is near."""
    while end - start > _LONGEST_GROUP:
        stop = start + _PIECE
        for i in range(stop, start + _PIECE // 2, -1):
            if not body[i - 1].strip("+- \t\r\n"):
                stop = i
                break
        while body[stop][0] == "\\" and stop < end - 1:
            stop += 1
        yield start, stop
        start = stop
    yield start, end
