"""Code as it comes in messages: between fences, with a gutter of line numbers, with a byte order mark."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_OPENING: Final = re.compile(r"\A\s*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n")
_GUTTER: Final = re.compile(r"[ ]*\d+(\t|→|[ ]?\|[ ]?|:[ \t]?)")
_AROUND: Final = 3
"""Lines without a number that may stand above or below numbered lines."""


@dataclass(frozen=True, slots=True)
class Source:
    """Code apart from what surrounds it in a message; offsets are bytes of ``code``."""

    code: bytes
    before: str
    """What stands above the code, such as an opening fence."""
    after: str
    tag: str
    """The language named by the fence, or an empty string."""
    first: int
    """The number of the first line of the code."""
    starts: tuple[int, ...]
    """Where each line starts."""
    gutters: tuple[str, ...] = ()
    """What stands before each line, line numbers included; empty where there is no gutter."""

    def line(self, offset: int) -> int:
        """Tell the number of the line an offset is on, as the reader of the whole text sees it."""
        row = bisect_right(self.starts, offset) - 1
        if self.gutters:
            digits = re.search(r"\d+", self.gutters[row])
            return int(digits[0]) if digits else row + self.first
        return row + self.first

    def render(self, pieces: list[tuple[int, int] | str]) -> str:
        """Write spans of the code and new texts one after the other, with the gutter where there was one."""
        if not self.gutters:
            body = b"".join(p.encode() if isinstance(p, str) else self.code[p[0] : p[1]] for p in pieces)
            return self.before + body.decode() + self.after
        out: list[str] = []
        fresh = True
        for piece in pieces:
            if isinstance(piece, str):
                out.append(piece)
                fresh = False
                continue
            start, end = piece
            for row in range(bisect_right(self.starts, start) - 1, len(self.starts)):
                if start > end or (start == end < len(self.code)):
                    break
                if fresh and start == self.starts[row]:
                    out.append(self.gutters[row])
                stop = min(end, self.starts[row + 1]) if row + 1 < len(self.starts) else end
                out.append(self.code[start:stop].decode())
                fresh = stop > start and self.code[stop - 1 : stop] == b"\n"
                start = stop
        return self.before + "".join(out) + self.after


def read(text: str) -> Source | None:
    """Take code out of a text.

    Args:
        text: Any text.

    Returns:
        The code and what surrounds it, or None where the text is no valid Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    before, code, after, tag = _unfence(text)
    if code.startswith("\ufeff"):
        before, code = before + "\ufeff", code[1:]
    numbered = _without_gutter(code)
    if numbered is not None:
        head, lines, gutters, tail = numbered
        before, after, code = before + head, tail + after, "\n".join(lines)
    else:
        gutters = ()
    data = code.encode()
    starts = (0, *(found.end() for found in re.finditer(rb"\n", data)))
    return Source(
        code=data,
        before=before,
        after=after,
        tag=tag,
        first=before.count("\n") + 1,
        starts=starts,
        gutters=gutters,
    )


def _unfence(text: str) -> tuple[str, str, str, str]:
    opening = _OPENING.match(text)
    if opening is None:
        return "", text, "", ""
    closing = re.compile(rf"^[ \t]*{opening[1]}[`~]*\s*\Z", re.MULTILINE).search(text, opening.end())
    if closing is None or text.find("\n" + opening[1], opening.end(), closing.start() - 1) >= 0:
        return "", text, "", ""
    return opening[0], text[opening.end() : closing.start()], text[closing.start() :], opening[2]


def _without_gutter(code: str) -> tuple[str, list[str], tuple[str, ...], str] | None:
    lines = code.split("\n")
    skipped = 0
    while skipped < len(lines) and not (gutter := _GUTTER.match(lines[skipped])):
        skipped += 1
        if skipped > _AROUND:
            return None
    if skipped == len(lines) or gutter is None:
        return None
    separator = gutter[1]
    bare = re.escape(separator.strip(" ")) if separator.strip(" \t") else ""
    shape = re.compile(rf"[ ]*(\d{{1,9}})(?:{re.escape(separator)}|{bare}(?=\r?\Z))")
    found: list[re.Match[str]] = []
    for line in lines[skipped:]:
        match = shape.match(line)
        if match is None:
            break
        found.append(match)
    rest = lines[skipped + len(found) :]
    if len(found) < _AROUND or sum(1 for line in rest if line.strip()) > _AROUND:
        return None
    if any(int(after[1]) <= int(before[1]) for before, after in pairwise(found)):
        return None
    head = "".join(line + "\n" for line in lines[:skipped])
    tail = "".join("\n" + line for line in rest)
    stripped = [match.string[match.end() :] for match in found]
    return head, stripped, tuple(match[0] for match in found), tail
