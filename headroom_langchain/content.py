"""Which texts of a message's content may be re-encoded, and how their forms are put in their places.

The walk is a generator: it yields a text, is sent the text's form, and returns the new content. So it knows
nothing of how a form is found, and sync and async callers drive the same walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headroom_langchain.results import Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from headroom_langchain.results import CompressedText

    Walk = Generator[str, CompressedText, Any]

_OFFSETS = ("annotations", "citations")
_SIGNATURES = ("signature", "thought_signature", "thoughtSignature")


def walk_content(
    content: Any, *, texts: bool, excluded: Callable[[str | None], str | None], notes: list[str]
) -> Walk:
    """Walk the texts of a content that may be re-encoded.

    Args:
        content: A message's content: a string, or a list of strings and blocks; anything else is left alone.
        texts: Whether the strings and text blocks themselves may be re-encoded. Blocks of type ``tool_result``
            inside of it always may.
        excluded: Says for a tool call id why the result of that call must be left alone; None where it need not.
        notes: Takes the reasons why blocks were left alone.

    Yields:
        Texts, each to be answered with its form.

    Returns:
        The same object where nothing changed, else a new content in which all else is the same objects.
    """
    if isinstance(content, str):
        return (yield from _text(content)) if texts and content else content
    if not isinstance(content, list):
        return content
    walked = []
    for block in content:
        if isinstance(block, dict) and block.get("type") == "tool_result":
            walked.append((yield from _tool_result(block, excluded, notes)))
        elif texts:
            walked.append((yield from _block(block, notes)))
        else:
            walked.append(block)
    return _changed(content, walked)


def plain_texts(content: Any) -> Iterator[str]:
    """Texts of a content: the string itself, or the strings and text blocks of a list; nothing of odd contents."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            text = block.get("text") if isinstance(block, dict) else block
            if isinstance(text, str):
                yield text


def _text(text: str) -> Walk:
    form = yield text
    return text if form.loss is Loss.UNCHANGED else form.text


def _block(block: Any, notes: list[str]) -> Walk:
    if isinstance(block, str):
        return (yield from _text(block)) if block else block
    if not isinstance(block, dict) or block.get("type") != "text":
        return block
    text = block.get("text")
    if not isinstance(text, str) or not text:
        return block
    reason = _reason_to_leave(block)
    if reason is not None:
        notes.append(reason)
        return block
    form = yield from _text(text)
    return block if form is text else {**block, "text": form}


def _tool_result(
    block: dict[Any, Any], excluded: Callable[[str | None], str | None], notes: list[str]
) -> Walk:
    inner = block.get("content")
    reason = excluded(block.get("tool_use_id"))
    if reason is not None:
        notes.append(reason)
        return block
    if isinstance(inner, str):
        form = (yield from _text(inner)) if inner else inner
        return block if form is inner else {**block, "content": form}
    if not isinstance(inner, list):
        return block
    walked = []
    for part in inner:
        walked.append((yield from _block(part, notes)))  # noqa: PERF401 - no yield in comprehensions
    changed = _changed(inner, walked)
    return block if changed is inner else {**block, "content": changed}


def _changed(old: list[Any], new: list[Any]) -> list[Any]:
    return old if all(before is after for before, after in zip(old, new, strict=True)) else new


def _reason_to_leave(block: dict[Any, Any]) -> str | None:
    for key in _OFFSETS:
        if block.get(key):
            return f"a text block carries {key} that point into its text"
    extras = block.get("extras")
    for key in _SIGNATURES:
        if block.get(key) or (isinstance(extras, dict) and extras.get(key)):
            return "a text block is signed"
    return None
