"""What every relevance tier gives back, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from headroom_langchain.config import RelevanceScorerConfig

TierUsed = Literal["bm25", "embedding", "hybrid"]


@dataclass(frozen=True, eq=False)
class Scores:
    """The relevance of units to a query."""

    values: NDArray[np.float64]
    """One value in [0, 1] per unit, relative to the best unit of this call; 0 where nothing is found."""
    relevant: NDArray[np.bool_]
    """Units above 0 that reach ``relevance_threshold``."""
    tier_used: TierUsed
    """The tier that gave the values; ``bm25`` where a model was asked for and failed."""
    warnings: tuple[str, ...] = ()
    """Why the values come from another tier than the one asked for."""


class Scorer(Protocol):
    """A relevance tier."""

    def score(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by their relevance to a query.

        Args:
            query: A question, keywords, or the arguments of a tool call; an empty one finds nothing.
            units: Rows, lines, blocks, sentences or documents of one text.

        Returns:
            The scores in the order of the units; bad data never raises.
        """
        ...

    async def ascore(self, query: str, units: Sequence[str]) -> Scores:
        """Score as :meth:`score` does, without blocking the event loop for long."""
        ...


def settle(
    values: NDArray[np.float64], config: RelevanceScorerConfig, tier: TierUsed, warnings: tuple[str, ...] = ()
) -> Scores:
    """Apply the relevance threshold to finished values.

    Args:
        values: Values in [0, 1].
        config: Its ``relevance_threshold`` says what counts as relevant.
        tier: The tier that gave them.
        warnings: What to tell the user.
    """
    return Scores(values, (values > 0) & (values >= config.relevance_threshold), tier, warnings)
