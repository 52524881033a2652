"""Other ways to spend fewer tokens, each used as its documentation shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, ToolMessage, trim_messages

from harness.score import count_messages, count_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.subject import Subject


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A peer that cannot be measured here, and why."""

    name: str
    reason: str


def _rewrite_json(messages: Sequence[BaseMessage], write: Callable[[Any], str]) -> list[BaseMessage]:
    rewritten: list[BaseMessage] = []
    for message in messages:
        new = None
        if isinstance(message, ToolMessage) and isinstance(message.content, str):
            new = _smaller(message.content, write)
        rewritten.append(message if new is None else message.model_copy(update={"content": new}))
    return rewritten


def _smaller(text: str, write: Callable[[Any], str]) -> str | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        form = write(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
    return form if count_texts([form]) < count_texts([text]) else None


@dataclass(frozen=True, slots=True)
class MinifiedJson:
    """``json.dumps`` without spaces, on tool outputs that are JSON, where that is smaller."""

    name: str = "minified JSON"

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Write JSON without spaces."""
        return _rewrite_json(messages, partial(json.dumps, separators=(",", ":"), ensure_ascii=False))

    def expand(self, text: str) -> str:
        """Minified JSON is JSON."""
        return text


@dataclass(frozen=True, slots=True)
class Toon:
    """TOON by the ``toon-format`` package, on tool outputs that are JSON, where that is smaller."""

    encode: Callable[[Any], str]
    decode: Callable[[str], Any]
    name: str = "TOON"

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Write JSON as TOON."""
        return _rewrite_json(messages, self.encode)

    def expand(self, text: str) -> str:
        """Read TOON back into JSON.

        Raises:
            ValueError: The text is not TOON.
        """
        try:
            return json.dumps(self.decode(text), ensure_ascii=False)
        except (TypeError, KeyError, IndexError, RecursionError) as error:
            raise ValueError(f"not TOON: {error}") from error


@dataclass(frozen=True, slots=True)
class TrimMessages:
    """langchain's ``trim_messages`` to the tokens that another subject needed.

    The last messages, the system message kept and the first one that does not fit cut at a line, so that the
    budget is used up.
    """

    budget: int
    """Tokens allowed for the messages."""
    name: str = "trim_messages"

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Drop what is oldest."""
        kept: list[BaseMessage] = trim_messages(
            list(messages),
            max_tokens=self.budget,
            token_counter=count_messages,
            strategy="last",
            include_system=True,
            allow_partial=True,
        )
        return kept

    def expand(self, text: str) -> str:
        """What was dropped cannot be restored."""
        return text


@dataclass(frozen=True, slots=True)
class ClearToolUses:
    """langchain's ``ClearToolUsesEdit`` with its defaults: above 100,000 tokens, all but the last 3 tool results."""

    apply: Callable[..., None]
    name: str = "ClearToolUsesEdit"

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Replace old tool results by a placeholder."""
        edited = list(messages)
        self.apply(edited, count_tokens=count_messages)
        return edited

    def expand(self, text: str) -> str:
        """What was cleared cannot be restored."""
        return text


def find_peers(budget: int) -> tuple[list[Subject], list[Unavailable]]:
    """Find the peers that are installed.

    Args:
        budget: Tokens that the subject they are compared with needed, for those that cut to a budget.

    Returns:
        The peers, and those that cannot be measured with the reason.
    """
    peers: list[Subject] = [MinifiedJson()]
    missing: list[Unavailable] = []
    if find_spec("toon_format"):
        toon = import_module("toon_format")
        peers.append(Toon(toon.encode, toon.decode))
    else:
        missing.append(Unavailable("TOON", "the package toon-format is not installed"))
    peers.append(TrimMessages(budget))
    if find_spec("langchain"):
        editing = import_module("langchain.agents.middleware")
        peers.append(ClearToolUses(editing.ClearToolUsesEdit().apply))
    else:
        missing.append(Unavailable("ClearToolUsesEdit", "the package langchain is not installed"))
    return peers, missing
