"""Units joined into one lower-case text, so that a word is looked for once instead of once in each unit."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Corpus:
    """The texts of all units in lower case, one after the other."""

    texts: Sequence[str]
    """The texts as they are."""
    text: str
    """Lower-case texts with a line feed after each."""
    starts: Sequence[int]
    """Where each unit begins, in characters; the length of the text comes last."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Join texts."""
        lowered = "\n".join([*texts, ""]).lower()
        starts = list(accumulate(map(len, texts), lambda position, size: position + size + 1, initial=0))
        if len(lowered) != starts[-1]:
            # Some capitals become two characters, so lengths are only known after lowering.
            low = [text.lower() for text in texts]
            starts = list(accumulate(map(len, low), lambda position, size: position + size + 1, initial=0))
            lowered = "\n".join([*low, ""])
        return cls(texts, lowered, starts)

    def unit_at(self, position: int) -> int:
        """Number of the unit that a character belongs to."""
        return bisect_right(self.starts, position) - 1

    def find(self, word: str) -> Iterator[int]:
        """Positions of a lower-case text, overlapping ones left out."""
        position = self.text.find(word)
        while position >= 0:
            yield position
            position = self.text.find(word, position + len(word))
