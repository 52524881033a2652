"""BM25 over the units of one text.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with the idf of
Lucene, which is never negative. Document frequencies are those of the units at hand, so a term is rare or
common *in this text*. The length of a unit is its characters, which means the same in every script.

A text is scored once and then changed or gone, so building an index of all its words is work thrown away.
This one looks for the query's terms only and keeps their postings; both the looking, in ASCII units, and
the counting are numpy. The bm25s package indexes all words for many later queries, which takes two to three times as long for
one query over 100,000 log lines, and it has no words of unspaced scripts.
"""

from __future__ import annotations

import asyncio
from array import array
from typing import TYPE_CHECKING, Final

import numpy as np

from headroom_langchain.transforms.relevance.ascii_words import AsciiWords, Found
from headroom_langchain.transforms.relevance.scores import Scores, settle
from headroom_langchain.transforms.relevance.words import (
    QueryTerms,
    plain_part,
    query_terms,
    raw_words,
    read_word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from headroom_langchain.config import RelevanceScorerConfig

LONG_INPUT: Final = 50_000
"""Characters above which scoring leaves the event loop for a thread (some milliseconds of work)."""


class Bm25:
    """BM25 with document frequencies over the given units.

    Args:
        config: ``bm25_k1`` and ``bm25_b`` are used.

    Example:
        >>> from headroom_langchain.config import RelevanceScorerConfig
        >>> rows = ["order 17 ready", "order 18 ready", "order 19 failed"]
        >>> Bm25(RelevanceScorerConfig()).score("which orders failed?", rows).round(2).tolist()
        [0.12, 0.12, 1.0]
    """

    def __init__(self, config: RelevanceScorerConfig) -> None:
        self._config = config

    def score(self, query: str, units: Sequence[str]) -> NDArray[np.float64]:
        """Score units between 0 and 1.

        The raw scores are divided by the best of them. A share of the highest score that is possible would
        sink with every word of the query that the text does not have, and people ask in whole sentences.

        Args:
            query: What is looked for.
            units: The units, in order.

        Returns:
            One value per unit: 1 for the best, 0 where no term of the query occurs.
        """
        raw = self.raw(query, units)
        best = raw.max(initial=0.0)
        return raw / best if best > 0 else raw

    def raw(self, query: str, units: Sequence[str]) -> NDArray[np.float64]:
        """Compute the BM25 sums, in nats of inverse document frequency; arguments as in :meth:`score`."""
        terms = query_terms(query)
        if not terms or not units:
            return np.zeros(len(units))
        postings = _Postings(terms, units)
        k1, b = self._config.bm25_k1, self._config.bm25_b
        lengths = np.fromiter(map(len, units), dtype=np.float64, count=len(units))
        lengths /= max(lengths.mean(), 1.0)
        frequency = np.bincount(postings.term, minlength=len(terms))
        idf = np.log1p((len(units) - frequency + 0.5) / (frequency + 0.5))
        damping = k1 * (1 - b + b * lengths[postings.unit])
        gain = idf[postings.term] * postings.count * (k1 + 1) / (postings.count + damping)
        return np.bincount(postings.unit, weights=gain, minlength=len(units)).astype(np.float64, copy=False)


class Bm25Scorer:
    """The ``bm25`` tier: fast, offline, and exact for ids, names and numbers.

    Args:
        config: The settings.
        warnings: Told with the first scores: why this tier stands in for another one.
    """

    def __init__(self, config: RelevanceScorerConfig, warnings: tuple[str, ...] = ()) -> None:
        self._config = config
        self._bm25 = Bm25(config)
        self._warnings = warnings

    def score(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by BM25; see :class:`~headroom_langchain.transforms.relevance.Scorer`."""
        warnings, self._warnings = self._warnings, ()
        return settle(self._bm25.score(query, units), self._config, "bm25", warnings)

    async def ascore(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by BM25, long inputs in a thread."""
        if len(query) + sum(map(len, units)) < LONG_INPUT:
            return self.score(query, units)
        return await asyncio.to_thread(self.score, query, units)


class _Postings:
    """How often each term of the query occurs in each unit, as parallel arrays.

    Attributes:
        term: Term number of each posting.
        unit: Unit number of each posting.
        count: Occurrences of the term in the unit.
    """

    def __init__(self, terms: QueryTerms, units: Sequence[str]) -> None:
        trie = _Trie(terms)
        hits: list[NDArray[np.int64]] = []
        hit_units: list[NDArray[np.int64]] = []
        for parts, names in _found(trie, units):
            hits.append(names.label)
            hit_units.append(names.unit)
            # An empty place wherever parts were left out or a unit ends, so that no term reaches across.
            gaps = np.diff(parts.place, prepend=-1) > 1
            places = np.arange(len(parts.place)) + np.cumsum(gaps)
            line = np.zeros(int(places[-1]) + 2 if len(places) else 1, dtype=np.int64)
            line[places] = parts.label
            for term, ends in trie.walk(line):
                hits.append(term)
                hit_units.append(parts.unit[np.searchsorted(places, ends)])
        keys, self.count = np.unique(
            np.concatenate(hits) * len(units) + np.concatenate(hit_units), return_counts=True
        )
        self.term, self.unit = np.divmod(keys, len(units))


def _found(trie: _Trie, units: Sequence[str]) -> Iterator[tuple[Found, Found]]:
    """Find the parts that the query asks for, and the terms that are met by another name of a word."""
    others = [number for number, unit in enumerate(units) if not unit.isascii()]
    if len(others) < len(units):
        plain = set(range(len(units))).difference(others) if others else None
        numbers = np.array(sorted(plain) if plain is not None else range(len(units)), dtype=np.int64)
        labels = {name: term + 1 for name, term in trie.single_term.items()}
        words = AsciiWords(trie.part_number, labels)
        parts, names = words.find(units if plain is None else [units[number] for number in sorted(plain)])
        yield (
            parts._replace(unit=numbers[parts.unit]),
            names._replace(label=names.label - 1, unit=numbers[names.unit]),
        )
    if others:
        parts, names = _read(trie, [units[number] for number in others])
        numbers = np.array(others, dtype=np.int64)
        yield parts._replace(unit=numbers[parts.unit]), names._replace(unit=numbers[names.unit])


def _read(trie: _Trie, units: Sequence[str]) -> tuple[Found, Found]:
    """Find the same in units of any script, word by word."""
    lexicon = _Lexicon(trie)
    look_up = lexicon.__getitem__
    words = array("i")
    counts = array("q")
    for unit in units:
        found = raw_words(unit)
        words.extend(map(look_up, found))
        counts.append(len(found))
    numbers = np.asarray(words)
    met = np.flatnonzero(numbers)
    numbers = numbers[met]
    unit_of_word = np.repeat(np.arange(len(units)), np.asarray(counts))[met]

    names = _Ragged(lexicon.names)
    name_units = np.repeat(unit_of_word, names.lengths[numbers])
    parts = _Ragged(lexicon.parts)
    gaps = np.cumsum((np.diff(met, prepend=-1) > 1) | (np.diff(unit_of_word, prepend=-1) > 0))
    lengths = parts.lengths[numbers]
    unit_of_part = np.repeat(unit_of_word, lengths)
    places = np.arange(len(unit_of_part)) + np.repeat(gaps, lengths)
    return (
        Found(parts.gather(numbers), places, unit_of_part),
        Found(names.gather(numbers), name_units, name_units),
    )


class _Lexicon(dict[str, int]):
    """Numbers raw words by what they mean to the query; a word is read once, however often it occurs.

    Args:
        trie: Knows the parts that the query asks for.
    """

    def __init__(self, trie: _Trie) -> None:
        super().__init__()
        self._trie = trie
        self._numbers: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self.parts: list[tuple[int, ...]] = [()]
        """By word number: the numbers of its parts, 0 for parts that the query does not have."""
        self.names: list[tuple[int, ...]] = [()]
        """By word number: the terms that are met by another name of the word."""

    def __missing__(self, word: str) -> int:
        part_number, term_number = self._trie.part_number, self._trie.single_term
        plain = plain_part(word)
        if plain is not None and plain not in part_number:
            self[word] = 0
            return 0
        reading = read_word(word)
        parts = tuple([part_number.get(part, 0) for part in reading.parts])
        names = tuple([term_number[name] for name in reading.others if name in term_number])
        if not names and not any(parts):
            self[word] = 0
            return 0
        number = self._numbers.setdefault((parts, names), len(self.parts))
        if number == len(self.parts):
            self.parts.append(parts)
            self.names.append(names)
        self[word] = number
        return number


class _Ragged:
    """Short rows of different lengths in one array.

    Args:
        rows: The rows.
    """

    def __init__(self, rows: list[tuple[int, ...]]) -> None:
        self.lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        self._starts = np.cumsum(self.lengths) - self.lengths
        self._cells = np.fromiter((cell for row in rows for cell in row), dtype=np.int64)

    def gather(self, rows: NDArray[np.intc]) -> NDArray[np.int64]:
        """Write the given rows one after the other."""
        lengths = self.lengths[rows]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        shift = np.repeat(self._starts[rows] - (ends - lengths), lengths)
        cells: NDArray[np.int64] = self._cells[np.arange(total) + shift]
        return cells


class _Trie:
    """The terms of a query as paths of parts, walked at all places of the text at once.

    One step looks at all places where a term may still go on, so the work does not grow with the number of
    terms.

    Args:
        terms: The terms of the query.
    """

    def __init__(self, terms: QueryTerms) -> None:
        self.part_number: dict[str, int] = {}
        self.single_term: dict[str, int] = {}
        children: dict[tuple[int, int], int] = {}
        ends = {0: -1}
        for number, term in enumerate(terms.terms):
            node = 0
            for part in term:
                label = self.part_number.setdefault(part, len(self.part_number) + 1)
                node = children.setdefault((node, label), len(ends))
                ends.setdefault(node, -1)
            ends[node] = number
            if len(term) == 1:
                self.single_term[term[0]] = number
        self._width = len(self.part_number) + 1
        edges = sorted((node * self._width + label, child) for (node, label), child in children.items())
        self._edges, self._children = np.array(edges, dtype=np.int64).T
        self._ends = np.array([ends[node] for node in range(len(ends))], dtype=np.int64)

    def walk(self, line: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Find all terms in a line of parts.

        Args:
            line: Part numbers in order, 0 where no term goes on and at the end.

        Yields:
            Per number of parts: the terms found, and the places of their last parts.
        """
        places = np.flatnonzero(line)
        nodes = np.zeros_like(places)
        while len(places):
            keys = nodes * self._width + line[places]
            edges = np.minimum(np.searchsorted(self._edges, keys), len(self._edges) - 1)
            met = self._edges[edges] == keys
            places, nodes = places[met], self._children[edges[met]]
            terms = self._ends[nodes]
            ended = terms >= 0
            yield terms[ended], places[ended]
            places = places + 1
