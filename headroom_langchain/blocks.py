"""A conversation in its parts: what each is, and how many tokens it takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.dates import moments
from headroom_langchain.memo import text_key
from headroom_langchain.results import Block, BlockKind, ContentKind
from headroom_langchain.tokens import MessageCounter, counter_for
from headroom_langchain.tokens.plain import as_json
from headroom_langchain.transforms.detect import detect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.messages import BaseMessage

    from headroom_langchain.tokens import TokenCounter

_ROLES: Final = {
    "system": BlockKind.SYSTEM,
    "developer": BlockKind.SYSTEM,
    "human": BlockKind.USER,
    "user": BlockKind.USER,
    "ai": BlockKind.ASSISTANT,
    "assistant": BlockKind.ASSISTANT,
    "tool": BlockKind.TOOL_RESULT,
    "function": BlockKind.TOOL_RESULT,
}
_TYPES: Final = {
    "image_url": BlockKind.IMAGE,
    "image": BlockKind.IMAGE,
    "input_image": BlockKind.IMAGE,
    "audio": BlockKind.AUDIO,
    "input_audio": BlockKind.AUDIO,
    "video": BlockKind.VIDEO,
    "file": BlockKind.FILE,
    "input_file": BlockKind.FILE,
    "document": BlockKind.FILE,
    "text-plain": BlockKind.FILE,
    "reasoning": BlockKind.REASONING,
    "reasoning_content": BlockKind.REASONING,
    "thinking": BlockKind.REASONING,
    "redacted_thinking": BlockKind.REASONING,
    "tool_result": BlockKind.TOOL_RESULT,
    "server_tool_result": BlockKind.TOOL_RESULT,
    "function_call_output": BlockKind.TOOL_RESULT,
    "custom_tool_call_output": BlockKind.TOOL_RESULT,
    "mcp_tool_result": BlockKind.TOOL_RESULT,
    "web_search_tool_result": BlockKind.TOOL_RESULT,
    "code_execution_tool_result": BlockKind.TOOL_RESULT,
    "tool_use": BlockKind.TOOL_CALL,
    "tool_call": BlockKind.TOOL_CALL,
    "tool_call_chunk": BlockKind.TOOL_CALL,
    "invalid_tool_call": BlockKind.TOOL_CALL,
    "function_call": BlockKind.TOOL_CALL,
    "custom_tool_call": BlockKind.TOOL_CALL,
    "server_tool_use": BlockKind.TOOL_CALL,
    "server_tool_call": BlockKind.TOOL_CALL,
    "server_tool_call_chunk": BlockKind.TOOL_CALL,
    "mcp_tool_use": BlockKind.TOOL_CALL,
    "input_json_delta": BlockKind.TOOL_CALL,
    "function": BlockKind.TOOL_CALL,
}
_WITHOUT_TEXT: Final = frozenset({BlockKind.IMAGE, BlockKind.AUDIO, BlockKind.VIDEO})
_NO_CALLS: Final[dict[str, Any]] = {"tool_calls": [], "invalid_tool_calls": []}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of one message, not yet counted."""

    kind: BlockKind
    text: str
    """Empty where the part has no text."""
    fields: dict[str, Any]
    """Fields of a message that holds this part and nothing else."""
    failed: bool
    """Whether it is the result of a tool that failed."""
    flags: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """32 hexadecimal digits: of its text, or of its fields where it has none."""
        return text_key(self.text or _plain(self.fields)).hex()


def role_of(message: BaseMessage) -> BlockKind:
    """Tell whose text a message holds.

    Args:
        message: A message of any class.

    Returns:
        ``OTHER`` for roles that are none of LangChain's.
    """
    role = getattr(message, "role", None) if message.type == "chat" else message.type
    return _ROLES.get(role, BlockKind.OTHER) if isinstance(role, str) else BlockKind.OTHER


def parts_of(message: BaseMessage) -> Iterator[Part]:
    """Split a message into its parts, content first, then tool calls.

    Args:
        message: A message of any class; one that removes another has no parts, because it is never sent.

    Yields:
        The parts in order.
    """
    if message.type == "remove":
        return
    role = role_of(message)
    failed = getattr(message, "status", None) == "error"
    content: Any = message.content
    for part in content if isinstance(content, (list, tuple)) else [content]:
        yield from _content_parts(part, role, failed=failed)
    yield from _call_parts(vars(message))


def blocks_of(messages: Sequence[BaseMessage], counter: TokenCounter | None = None) -> list[Block]:
    """Split a conversation into blocks and count each.

    Args:
        messages: A conversation, oldest message first.
        counter: Counts texts; None counts with ``o200k_base``.

    Returns:
        The blocks in order: one for each text, media or other block of a content, for each part of a provider's
        ``tool_result`` block, and for each tool call. A call that stands both in the content and among the tool
        calls is one block.

    Raises:
        TokenizationError: A counter of the user's returned no count.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> [(block.kind.value, block.tokens_est) for block in blocks_of([HumanMessage("hello")])]
        [('user', 1)]
    """
    return [block for blocks, _ in _counted(messages, counter) for block in blocks]


def block_breakdown(messages: Sequence[BaseMessage], counter: TokenCounter | None = None) -> dict[str, int]:
    """Sum the tokens of a conversation by kind.

    Args:
        messages: A conversation.
        counter: Counts texts; None counts with ``o200k_base``.

    Returns:
        Tokens by :class:`BlockKind`, kinds that do not occur left out. They sum to what
        :class:`~headroom_langchain.tokens.MessageCounter` counts for the messages one by one; what frames them is
        ``overhead``.

    Raises:
        TokenizationError: A counter of the user's returned no count.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> block_breakdown([HumanMessage("hello")])
        {'user': 1, 'overhead': 4}
    """
    tokens: dict[str, int] = {}
    for blocks, overhead in _counted(messages, counter):
        for block in blocks:
            tokens[block.kind.value] = tokens.get(block.kind.value, 0) + block.tokens_est
        if overhead:
            tokens[BlockKind.OVERHEAD.value] = tokens.get(BlockKind.OVERHEAD.value, 0) + overhead
    return tokens


def _counted(
    messages: Sequence[BaseMessage], counter: TokenCounter | None
) -> Iterator[tuple[list[Block], int]]:
    """Blocks and overhead of each message.

    A part is worth what a message with it takes more than the same message without: so there is one set of rules
    for counting, and the parts sum to the whole.
    """
    counting = MessageCounter(counter_for(None) if counter is None else counter)
    for index, message in enumerate(messages):
        # Calls stay while contents are counted: a call that stands in both places is counted among the calls.
        with_calls = counting.count_message(message.model_copy(update={"content": ""}))
        bare = _bare(message)
        overhead = counting.count_message(bare)
        blocks = []
        for part in parts_of(message):
            of_content = "content" in part.fields
            whole = counting.count_message((message if of_content else bare).model_copy(update=part.fields))
            tokens = whole - (with_calls if of_content else overhead)
            # A call in the content that also stands among the calls takes no tokens, and is the same call.
            if tokens or not (of_content and part.kind is BlockKind.TOOL_CALL):
                blocks.append(_block(part, tokens, index))
        yield blocks, overhead


def _bare(message: BaseMessage) -> BaseMessage:
    fields = vars(message)
    calls = {key: value for key, value in _NO_CALLS.items() if key in fields}
    return message.model_copy(update={"content": "", "additional_kwargs": {}, **calls})


def _block(part: Part, tokens: int, index: int) -> Block:
    flags = set(part.flags)
    if part.text:
        kind = detect(part.text)
        flags |= {kind.value} if kind is not ContentKind.PROSE else set()
    if part.failed:
        flags.add("error")
    if part.kind is BlockKind.SYSTEM and any(moments(part.text)):
        flags.add("date")
    return Block(part.kind, part.text, tokens, part.content_hash, index, tuple(sorted(flags)))


def _plain(fields: dict[str, Any]) -> str:
    try:
        return json.dumps(fields, default=repr)
    except (TypeError, ValueError, RecursionError):
        # Contents that contain themselves or nest thousands of levels deep.
        return as_json(fields)


def _content_parts(part: Any, role: BlockKind, *, failed: bool) -> Iterator[Part]:
    if isinstance(part, str):
        if part:
            yield Part(role, part, {"content": [part]}, failed)
        return
    if not isinstance(part, Mapping):
        if part is not None:
            yield Part(BlockKind.OTHER, as_json(part), {"content": [part]}, failed)
        return
    kind = _kind_of(part, role)
    flags = ("cache_control",) if part.get("cache_control") else ()
    failed = failed or (kind is BlockKind.TOOL_RESULT and bool(part.get("is_error")))
    inner = part.get("content")
    if part.get("type") == "tool_result" and isinstance(inner, list) and not _own_text(part):
        for piece in inner:
            whole = {"content": [{**part, "content": [piece]}]}
            for found in _content_parts(piece, BlockKind.TOOL_RESULT, failed=failed):
                yield Part(found.kind, found.text, whole, failed, tuple({*flags, *found.flags}))
        return
    yield Part(kind, _text_of(part, kind), {"content": [part]}, failed, flags)


def _kind_of(block: Mapping[str, Any], role: BlockKind) -> BlockKind:
    name = block.get("type")
    if name == "media":
        mime = block.get("mime_type")
        family = mime.partition("/")[0] if isinstance(mime, str) else ""
        return {"image": BlockKind.IMAGE, "audio": BlockKind.AUDIO, "video": BlockKind.VIDEO}.get(
            family, BlockKind.FILE
        )
    known = _TYPES.get(name) if isinstance(name, str) else None
    if known is not None:
        return known
    return role if _own_text(block) else BlockKind.OTHER


def _own_text(block: Mapping[str, Any]) -> str:
    """The text that stands in a block itself."""
    found = (block.get(key) for key in ("text", "refusal", "thinking"))
    return next((text for text in found if isinstance(text, str)), "")


def _text_of(block: Mapping[str, Any], kind: BlockKind) -> str:
    if kind in _WITHOUT_TEXT:
        return ""
    if kind is BlockKind.TOOL_CALL:
        return _call_text(block)
    own = _own_text(block)
    if own:
        return own
    if kind is BlockKind.REASONING:
        value = block.get("reasoning") or block.get("summary") or block.get("reasoning_content")
        return "\n".join(_texts_in(value))
    if kind is BlockKind.FILE:
        source = block.get("source")
        held = source if isinstance(source, Mapping) and source.get("type") in {"text", "content"} else {}
        return "\n".join(_texts_in(held.get("data") or held.get("content")))
    value = block.get("content", block.get("output"))
    return "\n".join(_texts_in(value)) or as_json(block, skip_encoded=True)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield _own_text(value)
    elif isinstance(value, (list, tuple)):
        yield from (part if isinstance(part, str) else _own_text(part) for part in value if _has_text(part))


def _has_text(part: object) -> bool:
    return isinstance(part, (str, Mapping))


def _call_parts(fields: Mapping[str, Any]) -> Iterator[Part]:
    """The tool calls of a message as they are sent: the raw ones only where LangChain parsed none."""
    parsed = False
    for key in _NO_CALLS:
        for call in _mappings(fields.get(key)):
            parsed = True
            yield Part(BlockKind.TOOL_CALL, _call_text(call), {key: [call]}, failed=False)
    extra = fields.get("additional_kwargs")
    if parsed or not isinstance(extra, Mapping):
        return
    raw = _mappings(extra.get("tool_calls")) or _mappings([extra.get("function_call")])
    for call in raw:
        held = {"additional_kwargs": {"tool_calls": [call]}}
        yield Part(BlockKind.TOOL_CALL, _call_text(call), held, failed=False)


def _mappings(values: object) -> list[Mapping[str, Any]]:
    given = values if isinstance(values, (list, tuple)) else ()
    return [value for value in given if isinstance(value, Mapping)]


def _call_text(call: Mapping[str, Any]) -> str:
    inner = call.get("function")
    source = inner if isinstance(inner, Mapping) else call
    held = (source.get(key) for key in ("args", "arguments", "input", "partial_json"))
    arguments = next((value for value in held if value is not None), "")
    name = source.get("name")
    given = arguments if isinstance(arguments, str) else as_json(arguments)
    return f"{name if isinstance(name, str) else ''}({given})"
