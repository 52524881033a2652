"""How the lines of a listing form are told from each other; writing and reading ask the same questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


NOTE = "row=values of {columns}"
NOTE_LABELLED = "row=name=value of {columns}"
NOTE_LETTERS = "; letter=its values fixed, none=A"
NOTE_FIT = "; <> pad to longest"
NOTE_PATHS = "; x/=directory of what follows"
NOTE_CRLF = "; CRLF"
END_OF_LEGEND = "--"
HEAD = "@"
SPECIAL = ("\\", "[headroom:")


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a line of the body is told from others; writing and reading ask the same questions."""

    separator: str
    before: frozenset[str]
    """Letters that begin a row."""
    behind: frozenset[str]
    """Letters that stand behind the first value."""
    needed: int
    """Separators that a row without a letter has at least."""
    paths: bool
    only_paths: bool

    def kind(self, line: str) -> str:
        """Tell what a line is: the letter of its row, ``A`` for a row without one, or a mark."""
        if line[:1] == "\\" or line == HEAD:
            return line[:1]
        words = line.split(self.separator, 2)
        if words[0] in self.before:
            return words[0]
        if len(words) > 1 and words[1] in self.behind:
            return words[1]
        if self.paths and line[-1:] == "/" and (self.only_paths or len(words) == 1):
            return "/"
        plain = line.count(self.separator) >= self.needed and (line or self.only_paths)
        return "A" if plain else ""

    def is_clear(self, letter: str, cells: list[Sequence[str]]) -> bool:
        """Whether it is clear without looking at each of them that rows are read as rows of their letter."""
        if len(cells) <= 1 + (letter == "A") or self.only_paths:
            return False
        firsts = set(cells[0])
        if not self.before.isdisjoint(firsts) or any(first.startswith((HEAD, *SPECIAL)) for first in firsts):
            return False
        return letter != "A" or self.behind.isdisjoint(cells[1])

    def reads(self, line: str) -> bool:
        """Whether a line that is no row would be read as one, or as a mark."""
        return line.startswith(SPECIAL) or self.kind(line) != ""
