"""Which part of a text answers the query: by terms, by meaning, or both.

Example:
    >>> from headroom_langchain.config import RelevanceScorerConfig
    >>> scores = scorer_for(RelevanceScorerConfig()).score("user 4711", ["user 17", "user 4711", "host 5"])
    >>> scores.values.round(2).tolist(), scores.tier_used
    ([0.36, 1.0, 0.0], 'bm25')
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headroom_langchain.transforms.relevance.scores import Scorer, Scores

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from headroom_langchain.config import RelevanceScorerConfig

__all__ = ["Scorer", "Scores", "scorer_for"]


def scorer_for(config: RelevanceScorerConfig, embeddings: Embeddings | None = None) -> Scorer:
    """Make the scorer that the settings ask for.

    Keep it: it holds the loaded model and the vectors of units that come again. It may be shared among
    threads.

    Args:
        config: The settings.
        embeddings: A model for the tiers that use one; None loads ``embedding_model`` at the first score.

    Returns:
        The scorer. One whose model fails scores by BM25 and says so in ``warnings``.
    """
    from headroom_langchain.transforms.relevance.bm25 import Bm25Scorer  # noqa: PLC0415 - numpy takes 100 ms

    tier = config.tier
    if tier == "auto":
        tier = "bm25" if embeddings is None else "hybrid"
    if tier == "bm25":
        return Bm25Scorer(config, _unused_model(config))

    from headroom_langchain.transforms.relevance.embedding import (  # noqa: PLC0415 - as above
        EmbeddingScorer,
        LocalModel,
        Meaning,
    )
    from headroom_langchain.transforms.relevance.hybrid import HybridScorer  # noqa: PLC0415 - as above

    meaning = Meaning(LocalModel(config.embedding_model) if embeddings is None else embeddings)
    return EmbeddingScorer(config, meaning) if tier == "embedding" else HybridScorer(config, meaning)


def _unused_model(config: RelevanceScorerConfig) -> tuple[str, ...]:
    default = type(config).model_fields["embedding_model"].default
    if config.tier == "bm25" or config.embedding_model == default:
        return ()
    warning = (
        f"relevance tier 'auto' loads no model: embedding_model {config.embedding_model!r} is not used; set the "
        "tier 'hybrid' or 'embedding', or give an Embeddings object"
    )
    return (warning,)
