"""Giving a conversation its original tool results back."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

from headroom_langchain.content import plain_texts
from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.pipeline import expand_text
from headroom_langchain.transforms.repeats import expand_repeat, is_repeat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage


def expand_messages(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Restore the originals of lossless forms in a conversation, pointers to earlier results included.

    Args:
        messages: A conversation as it was sent, from its first message on.

    Returns:
        Messages with the original texts; the same objects where nothing was compressed. Of a selection, what was kept
        comes back below its marker. A text that begins like a form but is none, or is damaged, stands as it is; ask
        :func:`~headroom_langchain.expand_text` what is wrong with it.

    Raises:
        CompressionError: A pointer is damaged, or the result it points to is missing.
    """
    originals: dict[str, str] = {}
    restored: list[BaseMessage] = []
    for message in messages:
        content = _expand(message.content, originals)
        restored.append(
            message if content is message.content else message.model_copy(update={"content": content})
        )
        if isinstance(message, ToolMessage):
            for text in plain_texts(content):
                originals.setdefault(message.tool_call_id, text)
    return restored


def _expand(content: Any, originals: dict[str, str]) -> Any:
    """Restore the texts of a content; the same object where nothing changed."""
    if isinstance(content, str):
        text = expand_repeat(content, originals) if is_repeat(content) else _expand_form(content)
        return content if text == content else text
    if isinstance(content, list):
        expanded = [_expand(part, originals) for part in content]
        return content if all(map(is_, expanded, content)) else expanded
    if isinstance(content, dict):
        key = "content" if content.get("type") == "tool_result" else "text"
        if key in content and content.get("type") in ("text", "tool_result"):
            inner = _expand(content[key], originals)
            return content if inner is content[key] else {**content, key: inner}
    return content


def _expand_form(text: str) -> str:
    """Restore a form; a text that only begins like one stands as it is."""
    try:
        return expand_text(text)
    except CompressionError:
        return text
