"""What a compression reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


class ContentKind(StrEnum):
    """What a text is."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    YAML = "yaml"
    LOG = "log"
    BUILD = "build"
    """Build and test output."""
    SEARCH = "search"
    """``path:line:text`` matches of grep and its relatives, and numbered lines of ``cat -n``."""
    DIFF = "diff"
    CODE = "code"
    HTML = "html"
    MARKDOWN = "markdown"
    PROSE = "prose"
    LISTING = "listing"
    """Output of ls, find, ps, git log and other commands with one thing a line."""
    COMPRESSED = "compressed"
    """A form that this package wrote."""


class Loss(StrEnum):
    """What a form keeps of its original."""

    UNCHANGED = "unchanged"
    LOSSLESS = "lossless"


@dataclass(frozen=True, slots=True)
class CompressedText:
    """A text and the form it got."""

    text: str
    """The form to send: the smallest candidate that its decoder restored, or the original."""
    kind: ContentKind
    """What the text was taken for."""
    form: str
    """``records``, ``lines``, ``matches`` or ``original``."""
    loss: Loss
    tokens_before: int
    """Tokens of the original."""
    tokens_after: int
    """Tokens of :attr:`text`, legend included."""
    estimated: bool
    """True where the counts are estimates, not the model's own tokenizer."""
    reason: str
    """Why this form was taken, or why nothing was changed."""

    @property
    def tokens_saved(self) -> int:
        """Tokens before minus tokens after, never negative."""
        return self.tokens_before - self.tokens_after


@dataclass(frozen=True, slots=True)
class MessageDecision:
    """What was decided for one message, and why."""

    index: int
    """Position of the message in the input."""
    kind: ContentKind | None
    """What its text was taken for; None where no text was looked at."""
    form: str
    loss: Loss
    tokens_before: int
    """Tokens of the whole message."""
    tokens_after: int
    reason: str


@dataclass(frozen=True, slots=True)
class TransformDiff:
    """What one transform did."""

    transform_name: str
    tokens_before: int
    tokens_after: int
    tokens_saved: int
    items_removed: int
    items_kept: int
    details: str


@dataclass(frozen=True, slots=True)
class DiffArtifact:
    """What all transforms of one run did."""

    request_id: str
    original_tokens: int
    optimized_tokens: int
    total_tokens_saved: int
    transforms: tuple[TransformDiff, ...] = ()


@dataclass(frozen=True, slots=True)
class TransformResult:
    """Messages after compression, with what was decided for each."""

    messages: list[BaseMessage]
    tokens_before: int
    tokens_after: int
    estimated: bool
    """True where the counts are estimates, not the model's own tokenizer."""
    transforms_applied: tuple[str, ...] = ()
    markers_inserted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    decisions: tuple[MessageDecision, ...] = ()
    diff_artifact: DiffArtifact | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def tokens_saved(self) -> int:
        """Tokens before minus tokens after."""
        return self.tokens_before - self.tokens_after
