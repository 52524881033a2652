"""How much of a request is the same as the request before it, as a provider's prompt cache sees it."""

from __future__ import annotations

import json
from hashlib import blake2b
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from headroom_langchain.results import CachePrefixMetrics
from headroom_langchain.tokens.plain import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.messages import BaseMessage

    from headroom_langchain.results import TransformResult

# What providers are sent of a message. Its id, usage and artifact are not part of any prompt.
_SENT = (
    "type",
    "role",
    "name",
    "content",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_id",
    "status",
    "additional_kwargs",
)


def _sent(message: BaseMessage) -> bytes:
    values: dict[str, Any] = {key: getattr(message, key, None) for key in _SENT}
    try:
        return json.dumps(values, default=repr).encode("ascii")
    except (ValueError, TypeError, RecursionError):
        # Contents that contain themselves, thousands of levels, or keys that JSON does not have.
        return as_json(values).encode("utf-8", "backslashreplace")


def _digest(sent: Iterable[bytes]) -> str:
    whole = blake2b(digest_size=16)
    for part in sent:
        whole.update(part)
        whole.update(b"\n")
    return whole.hexdigest()


def request_hash(messages: Sequence[BaseMessage]) -> str:
    """Name a request by what a provider is sent of its messages.

    Args:
        messages: The request.

    Returns:
        32 hexadecimal digits; requests whose values are JSON have the same name in every process.
    """
    return _digest(map(_sent, messages))


def prefix_metrics(previous: TransformResult, current: TransformResult) -> CachePrefixMetrics:
    """Compare a request with the request before it.

    Args:
        previous: Result of the request before in the same conversation.
        current: Result of this request.

    Returns:
        What both have in common from the first message on.
    """
    before = [_sent(message) for message in previous.messages]
    now = [_sent(message) for message in current.messages]
    same = [part for part, _ in takewhile(lambda pair: pair[0] == pair[1], zip(now, before, strict=False))]
    tokens = (
        decision.tokens_after if current.applied else decision.tokens_before
        for decision in current.decisions[: len(same)]
    )
    return CachePrefixMetrics(
        stable_prefix_bytes=sum(map(len, same)),
        stable_prefix_tokens_est=sum(tokens),
        stable_prefix_hash=_digest(same),
        prefix_changed=len(same) < len(before),
        previous_hash=_digest(before),
    )
