"""What is measured: something that takes messages and gives fewer tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from headroom_langchain.config import HeadroomConfig, LosslessConfig
from headroom_langchain.engine import Engine
from headroom_langchain.restore import expand_messages
from headroom_langchain.transforms import expand_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage


class Subject(Protocol):
    """Compresses messages and, where it can, restores their texts."""

    @property
    def name(self) -> str:
        """Name in the tables."""

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Compress messages; nothing is remembered from one call to the next."""

    def expand(self, text: str) -> str:
        """Restore a compressed text; a text that is no compressed form comes back as it is.

        Raises:
            ValueError: The text cannot be restored.
        """


@runtime_checkable
class RestoresMessages(Protocol):
    """A subject whose texts may point to earlier messages."""

    def expand_messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Restore all texts of compressed messages."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """This package, with a fresh engine for every call so that no cache flatters the time."""

    dense: bool = False
    model: str = "gpt-4o"

    @property
    def name(self) -> str:
        """Name in the tables."""
        return "headroom dense" if self.dense else "headroom"

    def engine(self) -> Engine:
        """Make an engine that has seen nothing."""
        return Engine(HeadroomConfig(lossless=LosslessConfig(dense=self.dense)), model=self.model)

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Compress messages."""
        return self.engine().compress(list(messages)).messages

    def expand(self, text: str) -> str:
        """Restore a compressed text that points to no other."""
        return expand_text(text)

    def expand_messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Restore all texts of compressed messages."""
        return expand_messages(messages)
