"""One pass over a conversation: what it has learned so far, and what it asks its driver for."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from headroom_langchain.memo import Memo, text_key
from headroom_langchain.results import CompressedText, MessageDecision, TransformResult
from headroom_langchain.transforms.repeats import Seen

if TYPE_CHECKING:
    from headroom_langchain.tokens import TokenCounter

ENTRY_BYTES: Final = 400
"""What an entry of a memory takes beside its texts."""


@dataclass(frozen=True, slots=True)
class Put:
    """An original to be stored before the pass goes on; it is answered with its reference."""

    text: str
    tool: str | None
    thread: str
    user: str | None


Flow = Generator[int | Put, str | None, TransformResult]
"""A pass over messages: yields characters of new text before it works on them, and originals to store."""


@dataclass(slots=True)
class Run:
    """What one pass over the messages has learned so far: of messages 0..i only."""

    thread: str = ""
    user: str | None = None
    calls: dict[str, str] = field(default_factory=dict)
    """Name of the tool by tool call id."""
    arguments: dict[str, str] = field(default_factory=dict)
    """Arguments as JSON by tool call id."""
    asked: str = ""
    """The last human text."""
    seen: Seen = field(default_factory=Seen)
    """The tool results that later ones may point to."""
    trail: str = ""
    """Names all that :attr:`seen` holds, for remembering what depends on it."""
    keys: dict[str, bytes] = field(default_factory=dict)
    """Names of texts, each computed once."""

    def see(self, name: str, text: str, sent: str) -> None:
        """Let later results point to one."""
        self.seen.add(name, text, sent=sent)
        self.trail = text_key(f"{self.trail}\0{name}\0{self.key(text).hex()}\0{sent == text}").hex()

    def key(self, text: str) -> bytes:
        """Name a text by its content."""
        known = self.keys.get(text)
        if known is None:
            known = self.keys[text] = text_key(text)
        return known

    decisions: list[MessageDecision] = field(default_factory=list)
    forms: list[tuple[int, CompressedText]] = field(default_factory=list)
    """Forms that were used, with the index of their message."""
    warnings: list[str] = field(default_factory=list)
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class RememberingCounter:
    """Counts a text once, however many turns it stays in the conversation."""

    counter: TokenCounter
    counts: Memo[int]

    @property
    def exact(self) -> bool:
        """Whether the counts are the model's own."""
        return self.counter.exact

    def count(self, text: str) -> int:
        """Count a text, or remember its count."""
        key = text_key(text)
        known = self.counts.get(key)
        if known is None:
            known = self.counter.count(text)
            self.counts.put(key, known, ENTRY_BYTES)
        return known
