"""The words of ASCII texts, read all at once.

Reads what :func:`~headroom_langchain.transforms.relevance.words.read_word` reads, with numpy in place of a regular
expression and a look-up for each word: a query asks for few words, so the forms that they may have are looked for
instead of reading every word of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from headroom_langchain.transforms.relevance.words import forms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_CHUNK: Final = 1 << 16
"""Characters read together: what is computed of them stays in the processor's cache."""
_WINDOW: Final = 8
_TABLE_BITS: Final = 12
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_LOWER, _UPPER, _DIGIT, _BAR = 1, 2, 4, 8
_ALPHANUMERIC: Final = _LOWER | _UPPER | _DIGIT


def _classes() -> NDArray[np.uint8]:
    table = np.zeros(256, dtype=np.uint8)
    table[ord("a") : ord("z") + 1] = _LOWER
    table[ord("A") : ord("Z") + 1] = _UPPER
    table[ord("0") : ord("9") + 1] = _DIGIT
    table[ord("_")] = _BAR
    return table


_CLASSES: Final = _classes()
_LOWERED: Final = np.frombuffer(bytes(range(256)).lower(), dtype=np.uint8)
_MASKS: Final = np.array([(1 << (8 * size)) - 1 for size in range(_WINDOW + 1)], dtype=np.uint64)
"""By number of characters: keeps so many of a window."""


class Found(NamedTuple):
    """Parts that a query asks for, in parallel arrays, in the order of the text."""

    label: NDArray[np.int64]
    """What is asked for."""
    place: NDArray[np.int64]
    """Parts that follow each other have places that do; there is a gap between units."""
    unit: NDArray[np.int64]


class AsciiWords:
    """Finds parts of words by their labels.

    Args:
        labels: Label of each part that is looked for, from 1; as :func:`read_word` writes parts.
        names: The same for the joined identifiers of words of several parts.
    """

    def __init__(self, labels: Mapping[str, int], names: Mapping[str, int]) -> None:
        self._parts = _Forms(labels)
        self._names = _Forms(names)

    def find(self, units: Sequence[str]) -> tuple[Found, Found]:
        """Find parts and joined identifiers.

        Args:
            units: ASCII texts.

        Returns:
            The parts, and the joined identifiers, whose places mean nothing.
        """
        parts: list[Found] = []
        names: list[Found] = []
        first = size = base = 0
        for number, unit in enumerate(units):
            size += len(unit) + 1
            if size >= _CHUNK or number + 1 == len(units):
                found, named, count = self._read(units[first : number + 1])
                parts.append(Found(found.label, found.place + base, found.unit + first))
                names.append(Found(named.label, named.place, named.unit + first))
                base += count
                first, size = number + 1, 0
        return _joined(parts), _joined(names)

    def _read(self, units: Sequence[str]) -> tuple[Found, Found, int]:
        """Read some units; also gives how many places they take."""
        # Blanks behind the end, so that there is a window everywhere.
        text = np.frombuffer(("\n".join(units) + "\n" * _WINDOW).encode("ascii"), dtype=np.uint8)
        kinds = _CLASSES[text]
        held = (kinds & _ALPHANUMERIC) != 0
        upper = kinds == _UPPER
        joint = held[:-1] & held[1:]
        # The seams of words.py: between a small and a capital letter, and before the last capital of several.
        seam = (kinds[:-1] == _LOWER) & upper[1:]
        seam[:-1] |= ((kinds[:-2] & (_UPPER | _DIGIT)) != 0) & upper[1:-1] & (kinds[2:] == _LOWER)
        apart = ~joint | seam
        starts = np.flatnonzero(held[1:] & apart) + 1
        if held[0]:
            starts = np.concatenate(([0], starts))
        ends = np.flatnonzero(held[:-1] & apart) + 1
        bounds = np.cumsum(np.fromiter(map(len, units), dtype=np.int64, count=len(units)) + 1)
        words = _Windows(_LOWERED[text])
        labels = self._parts.match(words, starts, ends)
        met = np.flatnonzero(labels)
        unit = np.searchsorted(bounds, starts[met], side="right")
        found = Found(labels[met], met + unit, unit)
        named = self._joined_names(text, kinds, starts, ends, bounds)
        return found, named, len(starts) + len(units) + 1

    def _joined_names(
        self,
        text: NDArray[np.uint8],
        kinds: NDArray[np.uint8],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        bounds: NDArray[np.int64],
    ) -> Found:
        """Find words of several parts by their parts written together."""
        # Parts of one word touch, or have nothing but bars between them.
        breaks = np.cumsum(kinds == 0, dtype=np.int32)
        first = np.ones(len(starts) + 1, dtype=np.bool_)
        np.not_equal(breaks[starts[1:]], breaks[starts[:-1]], out=first[1:-1])
        heads = np.flatnonzero(first)
        several = np.flatnonzero(np.diff(heads) > 1)
        word_starts, word_ends = starts[heads[several]], ends[heads[several + 1] - 1]
        bars = np.flatnonzero(kinds == _BAR)
        if len(bars):
            plain = text[kinds != _BAR]
            begin = word_starts - np.searchsorted(bars, word_starts)
            end = word_ends - np.searchsorted(bars, word_ends)
        else:
            plain, begin, end = text, word_starts, word_ends
        labels = self._names.match(_Windows(_LOWERED[plain]), begin, end)
        met = np.flatnonzero(labels)
        unit = np.searchsorted(bounds, word_starts[met], side="right")
        return Found(labels[met], unit, unit)


class _Windows:
    """A text as a number for each place: the eight characters there.

    Args:
        text: Lower-case text with eight characters behind its end that belong to no word.
    """

    def __init__(self, text: NDArray[np.uint8]) -> None:
        self._bytes = text.tobytes()
        self._windows: NDArray[np.uint64] = np.ndarray(
            (len(text) - _WINDOW + 1,), dtype="<u8", buffer=self._bytes, strides=(1,)
        )

    def heads(self, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.uint64]:
        """The first characters of parts, at most eight."""
        out: NDArray[np.uint64] = self._windows[starts] & _MASKS[np.minimum(sizes, _WINDOW)]
        return out

    def text(self, start: int, end: int) -> str:
        """A part in full."""
        return self._bytes[start:end].decode("ascii")


class _Forms:
    """All forms in which parts may be written.

    Args:
        labels: Label of each part.
    """

    def __init__(self, labels: Mapping[str, int]) -> None:
        self._labels = {form: label for part, label in labels.items() for form in _ascii(forms_of(part))}
        forms = sorted(self._labels, key=lambda form: (_head(form), len(form)))
        self._heads = np.array([_head(form) for form in forms], dtype=np.uint64)
        self._sizes = np.array([len(form) for form in forms], dtype=np.int64)
        self._numbers = np.array([self._labels[form] for form in forms], dtype=np.int64)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._table[_slots(self._heads)] = True
        self._longest = int(self._sizes.max(initial=0))

    def match(self, words: _Windows, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Label parts of a text; 0 for one that is not asked for."""
        labels = np.zeros(len(starts), dtype=np.int64)
        if not self._labels or not len(starts):
            return labels
        sizes = ends - starts
        heads = words.heads(starts, sizes)
        maybe = np.flatnonzero(self._table[_slots(heads)])
        own = heads[maybe]
        row = np.searchsorted(self._heads, own)
        last = np.searchsorted(self._heads, own, side="right") - row
        short = (last == 1) & (sizes[maybe] <= _WINDOW)
        exact = short & (sizes[maybe] == self._sizes[np.minimum(row, len(self._sizes) - 1)])
        labels[maybe[exact]] = self._numbers[row[exact]]
        # Forms that begin alike are told apart one by one.
        for place in maybe[(last > 0) & ~short & (sizes[maybe] <= self._longest)].tolist():
            labels[place] = self._labels.get(words.text(starts[place], ends[place]), 0)
        return labels


def _ascii(forms: Iterable[str]) -> list[str]:
    return [form for form in forms if form.isascii()]


def _head(form: str) -> int:
    return int.from_bytes(form[:_WINDOW].encode("ascii"), "little")


def _slots(heads: NDArray[np.uint64]) -> NDArray[np.uint64]:
    out: NDArray[np.uint64] = (heads * _MIX) >> np.uint64(64 - _TABLE_BITS)
    return out


def _joined(found: Sequence[Found]) -> Found:
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return Found(empty, empty, empty)
    return Found(
        np.concatenate([one.label for one in found]),
        np.concatenate([one.place for one in found]),
        np.concatenate([one.unit for one in found]),
    )
