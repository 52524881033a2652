"""What a compression reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

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
    """Written in fewer tokens, and the decoder restored it."""
    SELECTED = "selected"
    """Something was left out, announced by a marker, and can be fetched."""


@dataclass(frozen=True, slots=True)
class Omission:
    """What a selection left out."""

    ref: str
    """What the original can be fetched by."""
    noun: str
    """What the parts are called: ``rows``, ``lines``, ``hunks``."""
    kept: int
    """Parts that stayed."""
    total: int
    """Parts of the original."""


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
    warnings: tuple[str, ...] = ()
    """Forms that failed on this text, which is a defect to report; the text was sent all the same."""

    omission: Omission | None = None
    """What was left out; None where nothing was."""

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
    """What its longest text was taken for; None where no text was looked at."""
    form: str
    """The forms its texts got, joined by ``+``; ``original`` where nothing changed."""
    loss: Loss
    tokens_before: int
    """Tokens of the whole message."""
    tokens_after: int
    """Tokens of the whole message in its new form."""
    reason: str
    """Why the message got this form, or why nothing was changed."""
    omissions: tuple[Omission, ...] = ()
    """What was left out of its texts, with the references that fetch the originals."""

    @property
    def tokens_saved(self) -> int:
        """Tokens before minus tokens after, never negative."""
        return self.tokens_before - self.tokens_after


@dataclass(frozen=True, slots=True)
class TransformDiff:
    """What one transform did in one run."""

    transform_name: str
    """Name of the form."""
    tokens_before: int
    """Tokens of the texts that got this form."""
    tokens_after: int
    """Tokens of the same texts in this form."""
    tokens_saved: int
    items_removed: int
    """Texts that lost something; 0 for a lossless form."""
    items_kept: int
    """Texts that are whole."""
    details: str
    """Which messages got this form."""


@dataclass(frozen=True, slots=True)
class DiffArtifact:
    """What all transforms of one run did."""

    request_id: str
    """Hash of the messages that went in: the same messages always have the same id."""
    original_tokens: int
    optimized_tokens: int
    total_tokens_saved: int
    transforms: tuple[TransformDiff, ...] = ()


@dataclass(frozen=True, slots=True)
class CachePrefixMetrics:
    """How much of a request a provider's prompt cache can already hold from the request before it."""

    stable_prefix_bytes: int
    """UTF-8 bytes of the leading messages that are the same in both requests, as JSON."""
    stable_prefix_tokens_est: int
    """Tokens of those messages; the provider's own framing may differ."""
    stable_prefix_hash: str
    """Hash of those messages."""
    prefix_changed: bool
    """True where the request before is not a prefix of this one: the cache is lost from the first change on."""
    previous_hash: str
    """Hash of the whole request before; equals :attr:`stable_prefix_hash` where it is a prefix of this one."""


@dataclass(frozen=True, slots=True)
class TransformResult:
    """Messages after compression, with what was decided for each."""

    messages: list[BaseMessage]
    """The messages to send: as many as came in, in the same order."""
    tokens_before: int
    """Tokens of the messages that were given, without the few that prime the reply."""
    tokens_after: int
    """Tokens of the compressed messages, also where :attr:`applied` is False."""
    estimated: bool
    """True where the counts are estimates, not the model's own tokenizer."""
    applied: bool = True
    """False in ``audit`` and ``simulate``: the messages are the originals and the counts say what could be saved."""
    transforms_applied: tuple[str, ...] = ()
    """Names of the forms that were used, in order of their first use."""
    markers_inserted: tuple[str, ...] = ()
    """The header lines that tell a reader how to read the forms, in message order."""
    warnings: tuple[str, ...] = ()
    """What went wrong and was passed through unchanged."""
    decisions: tuple[MessageDecision, ...] = ()
    """One for every message."""
    diff_artifact: DiffArtifact | None = None
    """Filled where ``generate_diff_artifact`` is set."""
    cache_metrics: CachePrefixMetrics | None = None
    """Filled where the result of the request before was given."""

    @property
    def tokens_saved(self) -> int:
        """Tokens before minus tokens after, never negative."""
        return self.tokens_before - self.tokens_after


class BlockKind(StrEnum):
    """What a part of a conversation is to the model."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    REASONING = "reasoning"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    OTHER = "other"
    """A block of a type that no rule knows, or text of a role that is none of LangChain's."""
    OVERHEAD = "overhead"
    """What frames a message: role, name and ids. Only in breakdowns, never a block."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a conversation: a text, a tool call, an image."""

    kind: BlockKind
    text: str
    """The text; name and arguments of a tool call; empty for media and hidden reasoning."""
    tokens_est: int
    """Tokens of the block without its message's framing, by the model's counter: exact where that is."""
    content_hash: str
    """32 hexadecimal digits; blocks of equal text have equal hashes, in whichever message."""
    source_index: int
    """Position of its message in the conversation."""
    flags: tuple[str, ...] = ()
    """In order of the alphabet: the :class:`ContentKind` of its text unless that is prose; ``error`` for results of
    failed tools; ``cache_control`` where the block ends a cached prefix; ``date`` for system text that holds one."""


@dataclass(frozen=True, slots=True)
class WasteSignals:
    """Tokens that tell the model nothing new, by what they are spent on; no token is counted twice."""

    json_bloat_tokens: int = 0
    """Blanks and line breaks between the parts of JSON."""
    html_noise_tokens: int = 0
    """Tags, scripts, styles, drawings and comments of HTML."""
    base64_tokens: int = 0
    """Binary data written as text."""
    whitespace_tokens: int = 0
    """Runs of blanks and of empty lines beyond the first, and blanks at the ends of lines."""
    dynamic_date_tokens: int = 0
    """Dates and times in system text, which end the prefix that a prompt cache can hold."""
    repetition_tokens: int = 0
    """Lines that were said before, in the same message or an earlier one."""

    def total(self) -> int:
        """Tokens of all signals."""
        return sum(asdict(self).values())

    def to_dict(self) -> dict[str, int]:
        """The signals by name, without the total."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What a compression would do, and what there is to gain."""

    tokens_before: int
    """Tokens of the messages that were given, without the few that prime the reply."""
    tokens_after: int
    """Tokens of the messages that would be sent."""
    tokens_saved: int
    transforms: tuple[str, ...]
    """Names of the forms that would be used, in order of their first use."""
    estimated_savings: str
    """Money that one call would save, such as ``$0.0123 per call``: the model's list price, prompt cache left out;
    ``unknown`` where no model was named or the price data does not know it."""
    estimated_savings_usd: Decimal | None
    """The same as a figure in US dollars; None where it is unknown."""
    messages_optimized: list[BaseMessage]
    """The messages that would be sent."""
    block_breakdown: dict[str, int]
    """Tokens of the given messages by :class:`BlockKind`; they sum to :attr:`tokens_before`."""
    waste_signals: WasteSignals
    """Waste in the messages that were given."""
    stable_prefix_hash: str
    """Hash of the system messages before the first human message: the same hash in two requests means that the
    second can be served from the prompt cache up to there."""
    cache_alignment_score: float
    """Percent of the tokens of that system text that stand before its first date or time; 100 without one."""
    estimated: bool
    """True where the counts are estimates, not the model's own tokenizer."""
    warnings: tuple[str, ...] = ()
    """What went wrong and would be passed through unchanged."""
