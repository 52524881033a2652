"""Send each sample through a compressing chat model and measure what arrived."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.demo.model import RecordingChatModel
from headroom_langchain.engine import optimize_messages
from headroom_langchain.exceptions import CompressionError
from headroom_langchain.tokens import count_messages, counter_for
from headroom_langchain.transforms import expand_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

    from headroom_langchain.demo.samples import Sample


class Restored(StrEnum):
    """What the original could be restored to from what was sent."""

    BYTES = "yes, byte for byte"
    VALUE = "yes, the equal JSON value: types and key order kept, white space between values not"
    NO = "NO"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a real model answered."""

    text: str
    billed_tokens: int | None
    """Input tokens by the provider's own count; None where it reports none."""


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One sample's call, measured at the model's door."""

    sample: Sample
    original: str
    """The tool's output."""
    sent: str
    """The tool message's text as the model received it."""
    reason: str
    """Why it was sent in this form, or as it was."""
    tokens_before: int
    """Tokens of the whole conversation."""
    tokens_after: int
    """Tokens of the whole conversation as the model received it."""
    estimated: bool
    """True where the model's tokenizer is not public."""
    milliseconds: float
    """From the call to its arrival at the model: everything that compression adds."""
    restored: Restored
    reply: Reply | None
    """The real model's answer to the compressed conversation; None offline."""
    reply_uncompressed: Reply | None
    """The real model's answer to the original conversation; None offline."""

    @property
    def percent_saved(self) -> float:
        """Share of the conversation's tokens that was not sent, 0 to 100."""
        return 100 * (self.tokens_before - self.tokens_after) / self.tokens_before


def run_sample(sample: Sample, model: str, answering: BaseChatModel | None = None) -> DemoRun:
    """Send a sample's conversation and measure what arrived.

    Args:
        sample: The tool output and its conversation.
        model: Name of the model to count for.
        answering: A real model that answers, twice: compressed and as it was. None stays offline.

    Returns:
        What was sent, and whether the original can be restored from it.
    """
    conversation = sample.conversation()
    counter = counter_for(model)
    tokens_before = count_messages(conversation, counter)  # also loads the vocabulary, outside the time below
    recorder = RecordingChatModel(model_name=model, answering=answering)
    wrapped = HeadroomChatModel(recorder)
    started = time.perf_counter()
    answer = wrapped.invoke(conversation)
    sent = recorder.sent[-1].text
    return DemoRun(
        sample=sample,
        original=sample.text(),
        sent=sent,
        reason=optimize_messages(conversation, model=model).decisions[-1].reason,
        tokens_before=tokens_before,
        tokens_after=count_messages(recorder.sent, counter),
        estimated=not counter.exact,
        milliseconds=1000 * (recorder.received_at - started),
        restored=check_restored(sent, sample.text()),
        reply=None if answering is None else _reply(answer),
        reply_uncompressed=None if answering is None else _reply(answering.invoke(conversation)),
    )


def check_restored(sent: str, original: str) -> Restored:
    """Expand what was sent and compare it with the original.

    Args:
        sent: The text that the model received.
        original: The tool's output.

    Returns:
        What the expansion is equal to.
    """
    try:
        expanded = expand_text(sent)
        if expanded == original:
            return Restored.BYTES
        if _literal(expanded) == _literal(original):
            return Restored.VALUE
    except (CompressionError, json.JSONDecodeError):
        pass
    return Restored.NO


def _literal(text: str) -> object:
    """Read JSON so that only the white space between values is lost."""
    return json.loads(
        text,
        parse_int=lambda literal: ("number", literal),
        parse_float=lambda literal: ("number", literal),
        parse_constant=lambda literal: ("number", literal),
        object_pairs_hook=lambda pairs: ("object", pairs),
    )


def _reply(answer: AIMessage) -> Reply:
    usage = answer.usage_metadata
    return Reply(text=answer.text, billed_tokens=None if usage is None else usage["input_tokens"])
