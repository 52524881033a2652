"""Blocks: every part of a conversation with its kind, and tokens that sum to the whole."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from headroom_langchain import BlockKind, Engine, block_breakdown, blocks_of
from headroom_langchain.tokens import FunctionCounter, MessageCounter, counter_for
from tests.unit_tests.strategies import conversations

COUNTER = counter_for("gpt-4o")
ROWS = json.dumps([{"id": row, "state": "ready"} for row in range(10)])
PNG = "data:image/png;base64,iVBORw0KGgo="


def kinds(*messages: BaseMessage) -> list[str]:
    return [block.kind.value for block in blocks_of(messages, COUNTER)]


def message_tokens(messages: list[BaseMessage]) -> int:
    return sum(MessageCounter(COUNTER).count_message(message) for message in messages)


@given(conversations)
def test_the_breakdown_sums_to_the_tokens_of_the_messages(messages: list[BaseMessage]) -> None:
    breakdown = block_breakdown(messages, COUNTER)
    assert sum(breakdown.values()) == message_tokens(messages)
    assert set(breakdown) <= set(BlockKind)
    assert min(breakdown.values(), default=1) >= 0


@given(conversations)
def test_blocks_stand_in_order_and_take_what_is_not_overhead(messages: list[BaseMessage]) -> None:
    blocks = blocks_of(messages, COUNTER)
    assert [block.source_index for block in blocks] == sorted(block.source_index for block in blocks)
    assert all(block.tokens_est >= 0 and len(block.content_hash) == 32 for block in blocks)
    overhead = block_breakdown(messages, COUNTER).get("overhead", 0)
    assert sum(block.tokens_est for block in blocks) == message_tokens(messages) - overhead


def test_the_breakdown_sums_to_what_the_engine_reports() -> None:
    messages = [
        SystemMessage("Be brief."),
        HumanMessage("Which?", name="ann"),
        ToolMessage(ROWS, tool_call_id="1"),
    ]
    assert (
        sum(block_breakdown(messages, COUNTER).values())
        == Engine(counter=COUNTER).compress(messages).tokens_before
    )


def test_every_role_has_its_kind() -> None:
    assert kinds(
        SystemMessage("a"),
        ChatMessage(content="b", role="developer"),
        HumanMessage("c"),
        AIMessage("d"),
        ToolMessage("e", tool_call_id="1"),
        FunctionMessage(content="f", name="g"),
        ChatMessage(content="h", role="critic"),
        RemoveMessage(id="1"),
        AIMessage(""),
    ) == ["system", "system", "user", "assistant", "tool_result", "tool_result", "other"]


def test_every_content_block_is_a_block() -> None:
    content: list[str | dict[str, Any]] = [
        "look",
        {"type": "text", "text": "at this"},
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "media", "mime_type": "audio/wav", "data": "AAAA"},
        {"type": "video", "url": "https://example.com/v.mp4"},
        {"type": "file", "base64": "AAAA", "mime_type": "application/pdf"},
        {"type": "document", "source": {"type": "text", "data": "chapter one"}},
        {"type": "novelty", "x": 1},
    ]
    blocks = blocks_of([HumanMessage(content)], COUNTER)
    assert [block.kind.value for block in blocks] == [
        "user", "user", "image", "audio", "video", "file", "file", "other"
    ]  # fmt: skip
    assert [block.text for block in blocks] == [
        "look", "at this", "", "", "", "", "chapter one", '{"type": "novelty", "x": 1}'
    ]  # fmt: skip
    assert blocks[1].tokens_est == COUNTER.count("at this")
    assert blocks[6].tokens_est == COUNTER.count("chapter one")
    assert len({block.content_hash for block in blocks}) == len(blocks)


def test_thinking_and_calls_are_blocks_of_their_own() -> None:
    call = {"name": "search", "args": {"q": "größe"}, "id": "c1", "type": "tool_call"}
    message = AIMessage(
        [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "text", "text": "I will look."},
            {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": "größe"}},
        ],
        tool_calls=[call],
    )
    blocks = blocks_of([message], COUNTER)
    assert [(block.kind.value, block.text) for block in blocks] == [
        ("reasoning", "hm"),
        ("assistant", "I will look."),
        ("tool_call", 'search({"q": "größe"})'),
    ]
    assert blocks[2].tokens_est == COUNTER.count("search") + COUNTER.count('{"q": "größe"}')


def test_calls_that_langchain_did_not_parse_are_blocks() -> None:
    raw = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    old = ChatMessage(content="", role="assistant", additional_kwargs={"function_call": raw["function"]})
    new = ChatMessage(content="", role="assistant", additional_kwargs={"tool_calls": [raw, raw]})
    broken = AIMessage("", invalid_tool_calls=[{"name": "f", "args": '{"a":', "id": "1", "error": None}])
    assert [block.text for block in blocks_of([old, new, broken], COUNTER)] == ['f({"a":1})'] * 3 + [
        'f({"a":)'
    ]
    assert sum(block_breakdown([old, new, broken], COUNTER).values()) == message_tokens([old, new, broken])


def test_the_parts_of_a_tool_result_block_are_blocks() -> None:
    result = {
        "type": "tool_result",
        "tool_use_id": "c1",
        "is_error": True,
        "content": [
            {"type": "text", "text": ROWS},
            {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
        ],
    }
    blocks = blocks_of([HumanMessage([result, {"type": "text", "text": "go on"}])], COUNTER)
    assert [(block.kind.value, block.flags) for block in blocks] == [
        ("tool_result", ("error", "json")),
        ("image", ("error",)),
        ("user", ()),
    ]
    assert blocks[0].tokens_est == COUNTER.count(ROWS)


def test_flags_say_what_a_block_is() -> None:
    page = "<!doctype html><html><body><p>hi</p></body></html>"
    cached = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    blocks = blocks_of(
        [
            SystemMessage([cached, "It is 2026-01-07."]),
            HumanMessage("It is 2026-01-07."),
            ToolMessage(ROWS, tool_call_id="1"),
            ToolMessage(page, tool_call_id="2", status="error"),
        ],
        COUNTER,
    )
    assert [block.flags for block in blocks] == [
        ("cache_control",),
        ("date",),
        (),
        ("json",),
        ("error", "html"),
    ]


def test_equal_texts_have_equal_hashes_wherever_they_stand() -> None:
    blocks = blocks_of([HumanMessage("a"), ToolMessage(["a", "b"], tool_call_id="1")], COUNTER)
    assert blocks[0].content_hash == blocks[1].content_hash != blocks[2].content_hash


def test_contents_that_json_cannot_hold_are_blocks() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    around: dict[str, Any] = {"type": "loop"}
    around["self"] = around
    for block in (deep, around, {"type": "bytes", "data": b"\xff"}, {"type": "text", "text": "\ud800"}):
        messages: list[BaseMessage] = [HumanMessage.model_construct(content=[block])]
        assert len(blocks_of(messages, COUNTER)) == 1
        assert sum(block_breakdown(messages, COUNTER).values()) == message_tokens(messages)


def test_a_counter_of_the_users_counts() -> None:
    words = FunctionCounter(lambda text: len(text.split()))
    assert block_breakdown([HumanMessage("one two three")], words) == {"user": 3, "overhead": 4}


def test_blocks_are_frozen_and_messages_are_not_touched() -> None:
    message = AIMessage("hi", tool_calls=[{"name": "f", "args": {}, "id": "1"}])
    before = message.model_copy(deep=True)
    block = blocks_of([message], COUNTER)[0]
    assert message == before
    with pytest.raises(FrozenInstanceError):
        block.text = ""  # type: ignore[misc]
