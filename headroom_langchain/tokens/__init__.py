"""Counting tokens: exact and offline for OpenAI models, a marked estimate for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headroom_langchain.tokens.counters import EstimatedCounter, ExactCounter, TokenCounter, counter_for
from headroom_langchain.tokens.models import wants_labelled_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = [
    "EstimatedCounter",
    "ExactCounter",
    "TokenCounter",
    "count_messages",
    "counter_for",
    "wants_labelled_cells",
]


def count_messages(messages: Sequence[BaseMessage], counter: TokenCounter) -> int:
    """Tokens of messages."""
    return sum(counter.count(message.text) for message in messages)
