"""Which of many words a text may hold, found in one pass over the text instead of one for each word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_PAIRS: Final = 1 << 16
_GRAM: Final = 4
_CHUNK: Final = 1 << 16
"""Characters looked at together: what is computed of them stays in the processor's cache."""


class Stems:
    """A fixed list of words.

    Each word is told by its first four bytes in UTF-8: a table of pairs of bytes finds the places where one may begin,
    a second one what follows.

    Args:
        words: The words; one of fewer than four bytes counts as held by every text.

    Example:
        >>> Stems(["error", "fail"]).perhaps_in("2 errors")
        {'error'}
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._first = np.zeros(_PAIRS, dtype=np.bool_)
        self._second = np.zeros(_PAIRS, dtype=np.bool_)
        self._words: dict[int, list[str]] = {}
        self._short: list[str] = []
        for word in words:
            gram = word.encode()[:_GRAM]
            if len(gram) < _GRAM:
                self._short.append(word)
                continue
            number = int.from_bytes(gram, "big")
            self._first[number // _PAIRS] = True
            self._second[number % _PAIRS] = True
            self._words.setdefault(number, []).append(word)

    def perhaps_in(self, text: str) -> set[str]:
        """Find the words that a text may hold.

        Args:
            text: Any text.

        Returns:
            All words that stand in it, and some others that begin like a word that does.
        """
        found = set(self._short)
        for start in range(0, len(text), _CHUNK):
            chunk = text[start : start + _CHUNK + _GRAM].encode("utf-8", "surrogatepass")
            for gram in self._grams(np.frombuffer(chunk, dtype=np.uint8)):
                found.update(self._words.get(gram, ()))
        return found

    def _grams(self, text: NDArray[np.uint8]) -> set[int]:
        if len(text) < _GRAM:
            return set()
        wide = text.astype(np.uint16)
        pairs = (wide[:-1] << 8) | wide[1:]
        places = np.flatnonzero(self._first[pairs[:-2]])
        places = places[self._second[pairs[places + 2]]]
        return set((pairs[places].astype(np.int64) * _PAIRS + pairs[places + 2]).tolist())
