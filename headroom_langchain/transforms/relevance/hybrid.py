"""Terms and meaning together.

A weighted sum of both tiers, each scaled to its own best unit. Bruch, Gai and Ingber, "An Analysis of Fusion
Functions for Hybrid Retrieval", 2023, found such sums better than adding up ranks and hardly sensitive to the
scaling.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from headroom_langchain.transforms.relevance.bm25 import Bm25
from headroom_langchain.transforms.relevance.embedding import StandIn, arun, relative, run
from headroom_langchain.transforms.relevance.scores import settle
from headroom_langchain.transforms.relevance.words import query_terms, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.config import RelevanceScorerConfig
    from headroom_langchain.transforms.relevance.embedding import Meaning, ScoreFlow
    from headroom_langchain.transforms.relevance.scores import Scores

_EXACT: Final = re.compile(r"\d|\w[@_/\\]\w|\w::?\w|\w\.\w|[a-z][A-Z]|[/~]\w")
"""A number, an e-mail address, a path, a dotted name, an identifier in snake or camel case."""
_QUESTION: Final = 3
"""Terms from which on a query is a question and no keyword."""


class HybridScorer:
    """The ``hybrid`` tier: exact for ids and names, and open to other words.

    Args:
        config: The settings.
        meaning: Compares by the model.
    """

    def __init__(self, config: RelevanceScorerConfig, meaning: Meaning) -> None:
        self._config = config
        self._meaning = meaning
        self._bm25 = Bm25(config)
        self._stand_in = StandIn(config, "hybrid")

    def score(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by terms and meaning; see :class:`~headroom_langchain.transforms.relevance.Scorer`."""
        return run(self._flow(query, units), self._meaning.embeddings)

    async def ascore(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by terms and meaning through the model's asynchronous methods."""
        characters = len(query) + sum(map(len, units))
        return await arun(self._flow(query, units), self._meaning.embeddings, characters)

    def _flow(self, query: str, units: Sequence[str]) -> ScoreFlow:
        if not query.strip() or not units:
            return settle(np.zeros(len(units)), self._config, "hybrid")
        cosines = yield from self._meaning.cosines(query, units)
        if isinstance(cosines, Exception):
            return self._stand_in.score(query, units, cosines)
        terms, meaning = self._bm25.score(query, units), relative(cosines)
        # A tier that finds nothing has no vote; its zeros would only push the other's finds below the
        # threshold.
        weight = bm25_weight(query, self._config)
        if not terms.any():
            weight = 0.0
        elif not meaning.any():
            weight = 1.0
        return settle(weight * terms + (1 - weight) * meaning, self._config, "hybrid")


def bm25_weight(query: str, config: RelevanceScorerConfig) -> float:
    """Settle how much BM25 weighs for a query.

    Args:
        query: The query.
        config: ``hybrid_alpha`` is the weight; with ``adaptive_alpha`` it moves halfway to 1 for a query
            with an id, a number, a path, an identifier or a quoted string, which must be met to the letter,
            and halfway to 0 for a question of three terms or more without them.

    Example:
        >>> from headroom_langchain.config import RelevanceScorerConfig
        >>> bm25_weight("what happened to order A-4711?", RelevanceScorerConfig())
        0.75
        >>> bm25_weight("why are customers unhappy?", RelevanceScorerConfig())
        0.25
    """
    alpha = config.hybrid_alpha
    if not config.adaptive_alpha:
        return alpha
    if _EXACT.search(query) or any(quoted(query)):
        return (1 + alpha) / 2
    return alpha / 2 if len(query_terms(query)) >= _QUESTION else alpha
