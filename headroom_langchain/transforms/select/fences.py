"""Fenced blocks of a text: what stands between lines of backticks or tildes, and what stands around them.

Follows CommonMark 0.31, section 4.5, and is wider in two ways: a fence may be indented or quoted as deep as it likes,
because models and issue trackers write fences in lists and quotes; and a line of tildes under a title is an underline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPEN = re.compile(
    r"^[ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?+(?P<mark>`{3,}+(?=[^`\n]*+$)|~{3,}+)(?P<info>[^\n]*+)$",
    re.MULTILINE,
)
_CLOSE = re.compile(r"^[ \t>]*+(`{3,}+|~{3,}+)[ \t\r]*+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text: a fenced block with its fences, or what stands between two of them."""

    text: str
    """The stretch as it stands, fences included."""
    start: int
    """Where it begins in the whole text, in characters."""
    end: int
    """Where it ends."""
    fenced: bool = False
    """Whether it is a fenced block."""
    info: str = ""
    """What the opening fence says behind its mark: ``c++``, ``python title="a.py"``."""
    body_start: int = 0
    """Where the lines between the fences begin in the whole text."""
    body_end: int = 0
    """Where they end: the start of the closing fence's line, or the end of the text."""

    @property
    def language(self) -> str:
        """The first word of the info in lower case, without braces and dots; empty if there is none."""
        words = self.info.split(None, 1)
        return words[0].strip("{}.").lower() if words else ""

    @property
    def body(self) -> str:
        """What stands between the fences; the whole stretch if it is not fenced."""
        return (
            self.text[self.body_start - self.start : self.body_end - self.start] if self.fenced else self.text
        )


def fences(text: str) -> list[Part]:
    r"""Split a text at its fenced blocks.

    Args:
        text: Markdown, or prose with fences in it.

    Returns:
        Parts in order without gaps: the joined ``text`` of all is the text. A fence that nothing closes runs to the
        end. Empty for an empty text.

    Example:
        >>> [part.language for part in fences("As JSON:\n```json\n{}\n```\nDone.\n") if part.fenced]
        ['json']
    """
    parts: list[Part] = []
    done = 0
    while opening := _next_opening(text, done):
        start = opening.start()
        if start > done:
            parts.append(Part(text[done:start], done, start))
        body_start = min(opening.end() + 1, len(text))
        body_end, done = _closing(text, body_start, opening["mark"])
        info = opening["info"].strip()
        parts.append(
            Part(
                text[start:done],
                start,
                done,
                fenced=True,
                info=info,
                body_start=body_start,
                body_end=body_end,
            )
        )
    if done < len(text):
        parts.append(Part(text[done:], done, len(text)))
    return parts


def _next_opening(text: str, position: int) -> re.Match[str] | None:
    """The next opening fence that is no underline of a title."""
    for opening in _OPEN.finditer(text, position):
        if opening["mark"][0] == "`" or opening["info"].strip():
            return opening
        above = text.rfind("\n", position, max(position, opening.start() - 1)) + 1
        title = text[max(position, above) : opening.start()].strip()
        if not title or len(title) > len(opening["mark"]) or len(opening["mark"]) < 4:
            return opening
    return None


def _closing(text: str, position: int, mark: str) -> tuple[int, int]:
    """Where the body of a fence ends, and where its closing line ends; twice the end of the text if there is none."""
    for closing in _CLOSE.finditer(text, position):
        if closing[1][0] == mark[0] and len(closing[1]) >= len(mark):
            return closing.start(), min(closing.end() + 1, len(text))
    return len(text), len(text)
