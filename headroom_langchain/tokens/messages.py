"""Tokens of messages: text, content blocks, tool calls, names and the overhead of each message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.tokens.media import audio_tokens, file_tokens, image_tokens, media_data, video_tokens
from headroom_langchain.tokens.plain import as_json, is_encoded
from headroom_langchain.tokens.tools import (
    END_TOKENS,
    FUNCTION_TOKENS,
    FUNCTION_TOKENS_CL100K,
    schema_tokens,
    tool_schema,
)

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from headroom_langchain.tokens.counters import TokenCounter

MESSAGE_TOKENS: Final = 3
"""Each message, as OpenAI's cookbook counts; its role is one token more."""
ROLE_TOKENS: Final = 1
NAME_TOKENS: Final = 1
"""A name, besides its text."""
REPLY_TOKENS: Final = 3
"""Once, for the reply that follows."""
TOOL_CALL_ID_TOKENS: Final = 3
"""The id in a tool's result; OpenAI documents no figure, langchain-openai assumes this one."""
HIDDEN_CHARACTERS_PER_TOKEN: Final = 5
"""Encrypted reasoning: base64 characters (4 for 3 bytes) at about 4 bytes a token."""

_CALL_BLOCKS: Final = frozenset(
    {
        "tool_use",
        "tool_call",
        "tool_call_chunk",
        "invalid_tool_call",
        "function_call",
        "custom_tool_call",
        "server_tool_use",
        "server_tool_call",
        "server_tool_call_chunk",
        "mcp_tool_use",
        "input_json_delta",
        "function",
    }
)
_REASONING_BLOCKS: Final = frozenset({"reasoning", "reasoning_content", "thinking", "redacted_thinking"})
_IMAGE_BLOCKS: Final = frozenset({"image_url", "image", "input_image"})
_LEVELS: Final = 20


class MessageCounter:
    """Counts messages for one model and remembers texts it has counted, so a turn costs only what is new.

    Counts are remembered by a digest of the text, never by message: equal texts are counted once, a message that was
    changed in place is counted anew, and no text is kept. Safe to share between threads. Never raises for data that
    messages can hold; what no rule covers is counted by its JSON.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> from headroom_langchain.tokens import counter_for
        >>> MessageCounter(counter_for("gpt-4o")).count_messages([HumanMessage("hello")])
        8

    Args:
        counter: Counts texts, for instance ``counter_for("gpt-4o")``.
        max_entries: Texts whose counts are remembered, at about 150 bytes each; the least recently used go first.
    """

    def __init__(self, counter: TokenCounter, max_entries: int = 20_000) -> None:
        self.counter = counter
        self._max_entries = max(0, max_entries)
        self._known: OrderedDict[bytes, int] = OrderedDict()
        self._lock = Lock()

    @property
    def exact(self) -> bool:
        """Whether texts are counted as the model counts them."""
        return self.counter.exact

    def count_text(self, text: str) -> int:
        """Count a text, or remember its count.

        Args:
            text: Any text.

        Returns:
            Tokens.
        """
        if not text:
            return 0
        if not self._max_entries:
            return self.counter.count(text)
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        tokens = self.counter.count(text)
        with self._lock:
            self._known[key] = tokens
            while len(self._known) > self._max_entries:
                self._known.popitem(last=False)
        return tokens

    def count_message(self, message: BaseMessage) -> int:
        """Count one message with its overhead.

        Args:
            message: A message of any class.

        Returns:
            Tokens; 0 for a ``RemoveMessage``, which is never sent.
        """
        if message.type == "remove":
            return 0
        # Fields are read from the instance: pydantic is slow to say that a class has no such field.
        fields = vars(message)
        calls = _calls(fields)
        total = MESSAGE_TOKENS
        role = fields.get("role")
        total += self.count_text(role) if isinstance(role, str) else ROLE_TOKENS
        if isinstance(message.name, str) and message.name:
            total += NAME_TOKENS + self.count_text(message.name)
        if isinstance(fields.get("tool_call_id"), str):
            total += TOOL_CALL_ID_TOKENS
        total += sum(self._call_tokens(call) for call in calls)
        ids = {call["id"] for call in calls if isinstance(call.get("id"), str)}
        return total + self._content_tokens(message.content, ids, _LEVELS)

    def count_messages(self, messages: Sequence[BaseMessage], tools: Sequence[object] | None = None) -> int:
        """Count a request.

        Args:
            messages: All messages of the request.
            tools: Tools that are bound, in any form that ``bind_tools`` takes.

        Returns:
            Tokens, those that prime the reply included.
        """
        total = REPLY_TOKENS + sum(self.count_message(message) for message in messages)
        return total + self.count_tools(tools or ())

    def count_tools(self, tools: Sequence[object]) -> int:
        """Count the schemas of tools by the rule of OpenAI's cookbook.

        Args:
            tools: Schemas, ``BaseTool`` objects, pydantic classes or functions.

        Returns:
            Tokens; what LangChain cannot convert counts nothing, because it cannot be bound either.
        """
        cl100k = getattr(self.counter, "encoding", None) == "cl100k_base"
        overhead = FUNCTION_TOKENS_CL100K if cl100k else FUNCTION_TOKENS
        schemas = [schema for schema in map(tool_schema, tools) if schema is not None]
        total = sum(schema_tokens(schema, self.count_text, overhead) for schema in schemas)
        return total + END_TOKENS if schemas else 0

    def _content_tokens(self, content: object, calls: set[str], levels: int) -> int:
        """Count content; calls are the ids of tool calls that the message carries besides it."""
        if isinstance(content, str):
            return self.count_text(content)
        if isinstance(content, Mapping):
            return self._block_tokens(content, calls, levels)
        if isinstance(content, (list, tuple)) and levels:
            return sum(self._content_tokens(part, calls, levels - 1) for part in content)
        return 0 if content is None else self.count_text(as_json(content))

    def _block_tokens(self, block: Mapping[str, Any], calls: set[str], levels: int) -> int:
        kind = _kind(block)
        if kind in _CALL_BLOCKS:
            own = {value for value in (block.get("id"), block.get("call_id")) if isinstance(value, str)}
            return 0 if own & calls else self._call_tokens(block)
        media = _media_tokens(block)
        if media is not None:
            return media
        if kind in _REASONING_BLOCKS and not isinstance(block.get("thinking"), str):
            return self._reasoning_tokens(block, levels)
        inside = _inside(block, kind)
        if inside is None or not levels:
            return self.count_text(as_json(block, skip_encoded=True))
        return self._content_tokens(inside, calls, levels - 1)

    def _reasoning_tokens(self, block: Mapping[str, Any], levels: int) -> int:
        for key in ("reasoning", "summary", "reasoning_content", "content"):
            value = block.get(key)
            if value and levels and isinstance(value, (str, list, tuple, Mapping)):
                return self._content_tokens(value, set(), levels - 1)
        hidden = block.get("data") or block.get("encrypted_content")
        return ceil(len(hidden) / HIDDEN_CHARACTERS_PER_TOKEN) if isinstance(hidden, str) else 0

    def _call_tokens(self, call: Mapping[str, Any]) -> int:
        """Count a tool call, in LangChain's form or a provider's: its name and its arguments."""
        inner = call.get("function")
        source = inner if isinstance(inner, Mapping) else call
        name = source.get("name")
        total = self.count_text(name) if isinstance(name, str) else 0
        for key in ("args", "arguments", "input", "partial_json"):
            value = source.get(key)
            if value is not None:
                return total + self.count_text(value if isinstance(value, str) else as_json(value))
        return total


def count_messages(
    messages: Sequence[BaseMessage], counter: TokenCounter, tools: Sequence[object] | None = None
) -> int:
    """Count a request once; keep a :class:`MessageCounter` to count a growing conversation.

    Args:
        messages: All messages of the request.
        counter: Counts texts.
        tools: Tools that are bound, in any form that ``bind_tools`` takes.

    Returns:
        Tokens, those that prime the reply included.
    """
    return MessageCounter(counter).count_messages(messages, tools)


def _calls(fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tool calls of a message as they are sent: the raw ones only where LangChain parsed none."""
    parsed = _mappings(fields.get("tool_calls")) + _mappings(fields.get("invalid_tool_calls"))
    extra = fields.get("additional_kwargs")
    if not parsed and isinstance(extra, Mapping):
        parsed += _mappings(extra.get("tool_calls"))
        parsed = parsed or _mappings([extra.get("function_call")])
    return parsed


def _mappings(values: object) -> list[Mapping[str, Any]]:
    return (
        [value for value in values if isinstance(value, Mapping)] if isinstance(values, (list, tuple)) else []
    )


def _kind(block: Mapping[str, Any]) -> str | None:
    kind = block.get("type")
    return kind if isinstance(kind, str) else None


def _inside(block: Mapping[str, Any], kind: str | None) -> object:
    """The text or content that a block carries, None for blocks that are counted by their JSON."""
    for key in ("text", "refusal", "thinking"):
        if isinstance(block.get(key), str):
            return block[key]
    for key in ("content", "output", "value") if kind else ():
        if isinstance(block.get(key), (str, list, tuple, Mapping)):
            return block[key]
    source = block.get("source")
    if kind == "document" and isinstance(source, Mapping):
        return source.get("data") or source.get("content")
    return None


def _media_tokens(block: Mapping[str, Any]) -> int | None:
    """Tokens of an image, audio, video or file block, None for other blocks."""
    kind = _kind(block)
    mime = block.get("mime_type") or block.get("media_type")
    family = mime.partition("/")[0] if kind == "media" and isinstance(mime, str) else None
    if kind in _IMAGE_BLOCKS or family == "image":
        nested = block.get("image_url")
        detail = nested.get("detail") if isinstance(nested, Mapping) else block.get("detail")
        return image_tokens(media_data(block), detail)
    if kind in {"audio", "input_audio"} or family == "audio":
        return audio_tokens(media_data(block))
    if kind == "video" or family == "video":
        return video_tokens(media_data(block))
    if kind in {"file", "input_file", "document", "media"}:
        return None if _is_text_document(block) else file_tokens(media_data(block))
    return None


def _is_text_document(block: Mapping[str, Any]) -> bool:
    source = block.get("source")
    if isinstance(source, Mapping):
        return source.get("type") in {"text", "content"}
    data = block.get("text")
    return isinstance(data, str) and not is_encoded(data)
