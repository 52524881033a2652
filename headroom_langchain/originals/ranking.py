"""Which units answer a query or match a pattern, the best first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final
from unicodedata import normalize

import regex

from headroom_langchain.config import RelevanceScorerConfig

Scorer = Callable[[str, Sequence[str]], Sequence[float]]
"""How well texts answer a query: one number per text, above 0 where it has anything to do with the query."""

LONGEST_PATTERN: Final = 500
"""Characters of a pattern."""
PATTERN_SECONDS: Final = 2.0
"""Time that one pattern gets for a whole original."""
_FEW_UNITS: Final = 10
_QUOTED: Final = re.compile(r"\"([^\"]{1,200})\"|`([^`]{1,200})`|“([^”]{1,200})”|«([^»]{1,200})»|「([^」]{1,200})」"
                            r"|(?<!\w)'([^']{2,200})'(?!\w)")  # fmt: skip
_WORD: Final = re.compile(r"[^\s\"'`“”«»「」,;()\[\]{}<>]+")
_ENDS: Final = ".,:;?!"
_INSIDE: Final = re.compile(r"\w[_./\\:@#-]+\w|\d|^[/#@]\w")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_STEM: Final = 4
"""Characters of a word from which on it is also looked for inside other words."""


class PatternError(ValueError):
    """A pattern cannot be used; the text says why."""


def matches(pattern: str, texts: Sequence[str]) -> list[int]:
    """Find the texts that a regular expression matches.

    Patterns whose time grows without bound are stopped, not foreseen: each text is at most a few thousand
    characters and all of them together get two seconds.

    Args:
        pattern: The expression, as Python's ``re`` writes it; ``(?i)`` in front ignores case.
        texts: The texts.

    Returns:
        Numbers of the texts, counted from 0.

    Raises:
        PatternError: The pattern is broken, too long or takes too long.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"a pattern has at most {LONGEST_PATTERN} characters")
    try:
        compiled = regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PatternError(f"the pattern is no regular expression: {error}") from error
    end = monotonic() + PATTERN_SECONDS
    found = []
    try:
        for number, text in enumerate(texts):
            if compiled.search(text, timeout=max(end - monotonic(), 1e-6), concurrent=True):
                found.append(number)
    except TimeoutError:
        raise PatternError("the pattern takes too long; write it without nested repetitions") from None
    return found


def atoms_of(query: str) -> list[str]:
    """Ids, numbers, paths and quoted phrases of a query, each once, case-folded."""
    quoted = [next(filter(None, found.groups())) for found in _QUOTED.finditer(query)]
    words = [word.rstrip(_ENDS) for word in _WORD.findall(_QUOTED.sub(" ", query))]
    named = [word for word in words if _INSIDE.search(word)]
    return list(dict.fromkeys(fold(atom) for atom in [*quoted, *named] if atom.strip()))


def fold(text: str) -> str:
    """Make case and compatibility forms alike."""
    return text.casefold() if text.isascii() else normalize("NFKC", text).casefold()


def _whole(atom: str) -> Callable[[str], object]:
    """A test whether a folded text has the atom, not a part of a longer one."""
    # JSON writes some characters of a string with a backslash.
    forms = {re.escape(form) for form in (atom, json.dumps(atom, ensure_ascii=False)[1:-1])}
    body = "(?:" + "|".join(sorted(forms)) + ")"
    if _NUMBER.fullmatch(atom):
        return re.compile(rf"(?<![\w-])(?<!\d[.:]){body}(?![\w-])(?![.:]\d)").search
    # Scripts without blanks between words have no edges to look at.
    before = r"(?<!\w)" if atom[0].isascii() and atom[0].isalnum() else ""
    after = r"(?!\w)" if atom[-1].isascii() and atom[-1].isalnum() else ""
    return re.compile(before + body + after).search


@dataclass(frozen=True, slots=True)
class Ranking:
    """The texts that have anything to do with a query."""

    order: tuple[int, ...]
    """Their numbers, counted from 0, the best first."""
    scores: tuple[float, ...]
    """Their scores, in the same order; above a half for each carried atom."""
    missing: tuple[str, ...]
    """Ids, numbers and quoted phrases of the query that no text carries, case-folded."""


def rank(query: str, texts: Sequence[str], scorer: Scorer | None) -> Ranking:
    """Order the texts that have anything to do with a query.

    First those that carry an id, number or quoted phrase of the query as a whole, unless more than half of all do;
    then by score. Where no text scores, those that have a word of the query inside a longer word.

    Args:
        query: The query.
        texts: The texts.
        scorer: How well texts answer the query; None takes BM25.

    Returns:
        The order, with the scores and what was not found.
    """
    folded = [fold(text) for text in texts]
    carried = [0] * len(texts)
    missing = []
    for atom in atoms_of(query):
        is_whole = _whole(atom)
        having = [number for number, text in enumerate(folded) if is_whole(text)]
        if not having:
            missing.append(atom)
        if len(having) <= len(texts) // 2 or len(texts) <= _FEW_UNITS:
            for number in having:
                carried[number] += 1
    scores = list(map(float, (scorer or _bm25)(query, texts)))
    if not any(scores) and not any(carried):
        scores = _inside_words(query, folded)
    best = max(scores, default=0.0) or 1.0
    total = [have + score / best / 2 for have, score in zip(carried, scores, strict=True)]
    order = sorted(
        (number for number, score in enumerate(total) if score > 0),
        key=lambda number: (-total[number], number),
    )
    return Ranking(tuple(order), tuple(total[number] for number in order), tuple(missing))


def _bm25(query: str, texts: Sequence[str]) -> Sequence[float]:
    from headroom_langchain.transforms.relevance.bm25 import Bm25  # noqa: PLC0415 - numpy takes 100 ms

    scores: list[float] = Bm25(RelevanceScorerConfig()).score(query, texts).tolist()
    return scores


def _inside_words(query: str, folded: Sequence[str]) -> list[float]:
    words = {word.strip(_ENDS) for word in fold(query).split()}
    words = {word for word in words if len(word) >= _STEM or not word.isascii()}
    return [float(sum(word in text for word in words)) for text in folded]


def focus(query: str | None, pattern: str | None, text: str) -> int:
    """Find where in a text that matched the match is.

    Args:
        query: The query.
        pattern: The pattern, which :func:`matches` has accepted.
        text: The text.

    Returns:
        A position in characters; 0 where it cannot be told.
    """
    if pattern:
        try:
            found = regex.search(pattern, text, timeout=PATTERN_SECONDS, concurrent=True)
        except TimeoutError:
            found = None
        if found is not None:
            start: int = found.start()
            return start
    folded = fold(text)
    words = sorted((word.strip(_ENDS) for word in fold(query or "").split()), key=len, reverse=True)
    places = (folded.find(word) for word in [*atoms_of(query or ""), *words] if word)
    return next((place for place in places if place >= 0), 0)
