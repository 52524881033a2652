"""A text cut into the parts that are kept or left out whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Units:
    """A text as units: rows, lines, hunks, functions, sentences.

    A cutter makes one for its kind of text. ``write(range(len(texts)))`` gives the whole text back.
    """

    noun: str
    """What a unit is called, in the plural: ``rows``, ``lines``, ``hunks``, ``functions``, ``sentences``."""
    texts: Sequence[str]
    """What each unit says; selection looks for the query, errors and repeats in it."""
    write: Callable[[Sequence[int]], str]
    """Writes a text of the given units, in ascending order. It shows in its own way where units were left out (a
    gap line, a folded body with line numbers), in as few tokens as it can, and is of the same kind as the whole: a
    JSON array of fewer rows, a diff that still reads as one, code that still parses."""
    rows: Sequence[Mapping[str, object]] | None = None
    """The units as records, where they are records: for outliers and facts."""
    always: frozenset[int] = frozenset()
    """Units that come first: the frame of the text, such as headers and imports."""
    context: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Units that go with a unit: the heading above a sentence, the signature of a method."""
    weights: Mapping[int, float] = field(default_factory=dict)
    """Weights of units that count less than 1 beside their relevance: context, generated files."""
