from __future__ import annotations

import base64
import random
import threading
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SecretStr

from headroom_langchain.tokens import MessageCounter, count_messages, counter_for
from headroom_langchain.tokens.messages import MESSAGE_TOKENS, REPLY_TOKENS, ROLE_TOKENS
from tests.unit_tests.tokens.test_media import png

_OVERHEAD = MESSAGE_TOKENS + ROLE_TOKENS
_BLOB = base64.b64encode(random.Random(1).randbytes(30_000)).decode()


class Spy:
    """The exact counter, with a list of what it was asked."""

    exact = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count(self, text: str) -> int:
        self.asked.append(text)
        return counter_for(None).count(text)


def _text(text: str) -> int:
    return counter_for(None).count(text)


def _content(*blocks: Any) -> int:
    """Tokens of content alone."""
    return MessageCounter(counter_for(None)).count_message(HumanMessage(list(blocks))) - _OVERHEAD


def _example() -> list[BaseMessage]:
    """The conversation whose count OpenAI's cookbook prints."""
    user, assistant = "example_user", "example_assistant"
    jargon = (
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
    )
    leverage = (
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."
    )
    ocean = "This late pivot means we don't have time to boil the ocean for the client deliverable."
    return [
        SystemMessage(jargon),
        SystemMessage("New synergies will help drive top-line growth.", name=user),
        SystemMessage("Things working well together will increase revenue.", name=assistant),
        SystemMessage(leverage, name=user),
        SystemMessage("Let's talk later when we're less busy about how to do better.", name=assistant),
        HumanMessage(ocean),
    ]


_WEATHER = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {
                    "type": "string",
                    "description": "The unit of temperature to return",
                    "enum": ["celsius", "fahrenheit"],
                },
            },
            "required": ["location"],
        },
    },
}


@pytest.mark.parametrize(("model", "tokens"), [("gpt-4o", 124), ("gpt-4", 129), ("gpt-3.5-turbo", 129)])
def test_messages_count_as_openai_bills_them(model: str, tokens: int) -> None:
    assert count_messages(_example(), counter_for(model)) == tokens


@pytest.mark.parametrize(("model", "tokens"), [("gpt-4o", 101), ("gpt-4", 105), ("gpt-3.5-turbo", 105)])
def test_tools_count_as_openai_bills_them(model: str, tokens: int) -> None:
    messages = [
        SystemMessage("You are a helpful assistant that can answer to questions about the weather."),
        HumanMessage("What's the weather like in San Francisco?"),
    ]
    assert count_messages(messages, counter_for(model), [_WEATHER]) == tokens


def test_tool_turns_count_as_the_openai_client_counts_them() -> None:
    messages: list[BaseMessage] = [
        *_example(),
        AIMessage(
            "Let me look.",
            tool_calls=[{"name": "f", "args": {"city": "Zürich", "n": [1, 2.5, None]}, "id": "1"}],
        ),
        ToolMessage('{"ok": true, "text": "日本"}', tool_call_id="1"),
        AIMessage("Done.", name="bob"),
        HumanMessage([{"type": "text", "text": "and this?"}, "plain"]),
    ]
    client = ChatOpenAI(model="gpt-4o", api_key=SecretStr("none"))
    assert count_messages(messages, counter_for("gpt-4o")) == client.get_num_tokens_from_messages(messages)


def test_messages_of_every_class_are_counted() -> None:
    counter = MessageCounter(counter_for("gpt-4o"))
    for message in (
        HumanMessage("text"),
        AIMessage("text"),
        AIMessageChunk(content="text"),
        SystemMessage("text"),
        ChatMessage(content="text", role="developer"),
    ):
        assert counter.count_message(message) == _OVERHEAD + 1
    assert counter.count_message(FunctionMessage(content="text", name="f")) == _OVERHEAD + 3
    assert (
        counter.count_message(ToolMessage("text", tool_call_id="call_1", artifact=[1] * 1000))
        == _OVERHEAD + 4
    )
    assert counter.count_message(RemoveMessage(id="1")) == 0
    assert counter.count_messages([]) == REPLY_TOKENS


def test_raw_and_parsed_tool_calls_are_counted_once() -> None:
    raw = {"id": "1", "type": "function", "function": {"name": "search", "arguments": '{"q": "tea"}'}}
    parsed = {"name": "search", "args": {"q": "tea"}, "id": "1"}
    block = {"type": "tool_use", "id": "1", "name": "search", "input": {"q": "tea"}}
    expected = _OVERHEAD + _text("search") + _text('{"q": "tea"}')
    count = MessageCounter(counter_for("gpt-4o")).count_message
    assert count(AIMessage("", tool_calls=[parsed])) == expected
    assert count(AIMessage("", additional_kwargs={"tool_calls": [raw]})) == expected
    assert count(AIMessage("", tool_calls=[parsed], additional_kwargs={"tool_calls": [raw]})) == expected
    assert count(AIMessage([block], tool_calls=[parsed])) == expected
    assert count(AIMessage([block])) == expected
    unanswered = {"type": "tool_use", "id": "2", "name": "search", "input": {"q": "tea"}}
    assert count(AIMessage([block, unanswered], tool_calls=[parsed])) == 2 * expected - _OVERHEAD


def test_invalid_and_legacy_tool_calls_are_counted() -> None:
    count = MessageCounter(counter_for("gpt-4o")).count_message
    invalid = {
        "name": "search",
        "args": '{"q": "te',
        "id": "1",
        "error": "no JSON",
        "type": "invalid_tool_call",
    }
    message = AIMessage("", invalid_tool_calls=[invalid])
    assert count(message) == _OVERHEAD + _text("search") + _text('{"q": "te')
    legacy = AIMessage("", additional_kwargs={"function_call": {"name": "search", "arguments": "{}"}})
    assert count(legacy) == _OVERHEAD + _text("search") + _text("{}")


def test_text_blocks_count_as_their_text() -> None:
    text = "the same words"
    for block in (
        text,
        {"type": "text", "text": text},
        {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}},
        {"type": "output_text", "text": text, "annotations": [], "id": "msg_1"},
        {"type": "refusal", "refusal": text},
        {"text": text},
        {"type": "thinking", "thinking": text, "signature": _BLOB},
        {"type": "reasoning", "reasoning": text, "extras": {"signature": _BLOB}},
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": _BLOB,
        },
        {"type": "tool_result", "tool_use_id": "1", "content": text},
        {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": text}]},
        {"type": "function_call_output", "call_id": "1", "output": text},
        {"type": "text-plain", "text": text, "mime_type": "text/plain"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}},
        {"type": "non_standard", "value": {"type": "text", "text": text}},
    ):
        assert _content(block) == _text(text), block


def test_base64_is_never_counted_as_text() -> None:
    image = base64.b64encode(png(600, 400)).decode()
    for block in (
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}},
        {"type": "image", "base64": image, "mime_type": "image/png"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}},
        {"type": "input_image", "image_url": f"data:image/png;base64,{image}"},
        {"type": "media", "mime_type": "image/png", "data": image},
        {"type": "tool_result", "content": [{"type": "image", "base64": image}]},
    ):
        assert _content(block) == 425, block
    assert (
        _content({"type": "image_url", "image_url": {"url": "https://x.example/a.png", "detail": "low"}})
        == 85
    )
    assert _content({"type": "image", "url": "https://x.example/a.png"}) == 765
    assert _content({"type": "file", "base64": _BLOB, "mime_type": "application/pdf"}) == 2000
    assert _content({"type": "redacted_thinking", "data": _BLOB}) == len(_BLOB) // 5
    assert _content({"type": "of_tomorrow", "payload": {"data": _BLOB, "label": "short"}}) < 50


def test_base64_in_arguments_is_text_to_the_model() -> None:
    message = AIMessage("", tool_calls=[{"name": "write", "args": {"data": _BLOB}, "id": "1"}])
    assert MessageCounter(counter_for(None)).count_message(message) > _text(_BLOB)


def test_unknown_blocks_count_by_their_json() -> None:
    block = {"type": "of_tomorrow", "a": [1, 2], "b": "é"}
    assert _content(block) == _text('{"type": "of_tomorrow", "a": [1, 2], "b": "é"}')


def test_a_turn_counts_only_what_is_new() -> None:
    spy = Spy()
    counter = MessageCounter(spy)
    messages: list[BaseMessage] = [HumanMessage("first"), AIMessage("second")]
    before = counter.count_messages(messages)
    spy.asked.clear()
    copies: list[BaseMessage] = [message.model_copy(deep=True) for message in messages]
    assert counter.count_messages([*copies, HumanMessage("third")]) == before + _OVERHEAD + 1
    assert spy.asked == ["third"]


def test_equal_messages_count_each_time() -> None:
    counter = MessageCounter(counter_for(None))
    message = HumanMessage("twice the same")
    once = counter.count_message(message)
    assert (
        counter.count_messages([message, message, HumanMessage("twice the same")]) == 3 * once + REPLY_TOKENS
    )


def test_a_message_changed_in_place_is_counted_anew() -> None:
    counter = MessageCounter(counter_for(None))
    message = AIMessage(
        [{"type": "text", "text": "short"}], tool_calls=[{"name": "f", "args": {"q": "a"}, "id": "1"}]
    )
    before = counter.count_message(message)
    cast("Any", message.content)[0]["text"] = "much longer than it was before"
    longer = counter.count_message(message)
    message.tool_calls[0]["args"]["q"] = "some more words here"
    assert before < longer < counter.count_message(message)
    message.content = ""
    message.tool_calls = []
    assert counter.count_message(message) == _OVERHEAD


@given(st.lists(st.text(max_size=20), max_size=30), st.integers(0, 5))
def test_what_is_remembered_changes_no_count(texts: list[str], entries: int) -> None:
    counter = MessageCounter(counter_for(None), max_entries=entries)
    messages = [HumanMessage(text) for text in texts]
    expected = sum(_OVERHEAD + _text(text) for text in texts)
    assert sum(map(counter.count_message, messages)) == expected
    assert sum(map(counter.count_message, messages)) == expected
    assert len(counter._known) <= entries


def test_threads_share_what_is_remembered() -> None:
    counter = MessageCounter(counter_for(None), max_entries=8)
    messages = [HumanMessage(f"message number {number}") for number in range(30)]
    expected = MessageCounter(counter_for(None)).count_messages(messages)
    totals: list[int] = []
    threads = [
        threading.Thread(target=lambda: totals.extend(counter.count_messages(messages) for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == [expected] * 80


def _unchecked(kind: type[BaseMessage], **fields: Any) -> BaseMessage:
    """A message as it may be after someone assigned to it: nothing is validated."""
    return kind.model_construct(**fields)


def _nested(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = {"a": [value]}
    return value


def _cycle() -> dict[str, Any]:
    value: dict[str, Any] = {"type": "odd", "text": 3}
    value["self"] = value
    value["content"] = [value, value]
    return value


_ODD: list[Any] = [
    {},
    {"type": None},
    {"type": ["list"]},
    {"type": "text"},
    {"type": "text", "text": None},
    {"type": "text", "text": "\ud800 lone \udfff"},
    {"type": "image_url"},
    {"type": "image_url", "image_url": None},
    {"type": "image_url", "image_url": {"url": 5, "detail": []}},
    {"type": "image", "source": {"data": b"\x89PNG"}},
    {"type": "tool_use", "id": [1], "name": 7, "input": {1, 2}},
    {"type": "tool_use", "id": "1", "input": {(1, 2): object()}},
    {"type": "tool_result", "content": _nested(3000)},
    {"type": "thinking"},
    {"type": "reasoning", "summary": [None, 3]},
    {"type": "odd", "value": 10**5000},
    {"type": "odd", "data": float("nan"), "bytes": b"\xff" * 10_000},
    _nested(3000),
    _cycle(),
    _cycle() | {"type": "tool_result"},
]


@pytest.mark.parametrize("block", _ODD, ids=range(len(_ODD)))
def test_odd_blocks_never_raise(block: Any) -> None:
    counter = MessageCounter(counter_for("gpt-4o"))
    assert counter.count_message(_unchecked(HumanMessage, content=[block])) >= _OVERHEAD
    assert counter.count_message(_unchecked(HumanMessage, content=block)) >= _OVERHEAD
    calls = [{"name": "f", "args": block, "id": "1"}]
    assert counter.count_message(_unchecked(AIMessage, content="", tool_calls=calls)) >= _OVERHEAD
    assert counter.count_tools([block]) >= 0


def test_odd_messages_never_raise() -> None:
    counter = MessageCounter(counter_for("claude-3-haiku"))
    for odd in (None, 3, b"bytes", [None, 3, [["x"]]], object()):
        assert counter.count_message(_unchecked(HumanMessage, content=odd)) >= _OVERHEAD
        assert (
            counter.count_message(_unchecked(AIMessage, content=odd, tool_calls=odd, name=odd)) >= _OVERHEAD
        )
        assert counter.count_message(_unchecked(AIMessage, content="", additional_kwargs={"tool_calls": odd}))
        assert counter.count_tools([odd]) >= 0


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
_KINDS = [
    "text",
    "image",
    "image_url",
    "tool_use",
    "tool_result",
    "reasoning",
    "thinking",
    "file",
    "audio",
    "new",
]
_KEYS = [
    "text",
    "source",
    "image_url",
    "content",
    "input",
    "data",
    "summary",
    "id",
    "name",
    "value",
    "thinking",
]


@given(st.sampled_from(_KINDS), st.dictionaries(st.sampled_from(_KEYS), _json, max_size=5))
def test_any_block_is_counted(kind: str, fields: dict[str, Any]) -> None:
    counter = MessageCounter(counter_for("gpt-4o"))
    message = _unchecked(AIMessage, content=[{"type": kind, **fields}])
    assert counter.count_message(message) == counter.count_message(message) >= _OVERHEAD


class Address(BaseModel):
    """Where someone lives."""

    street: str = Field(description="Street and number")
    kind: str = Field(json_schema_extra={"enum": ["home", "work"]})


class Person(BaseModel):
    """A person."""

    addresses: list[Address]
    boss: Address | None = None


def test_tools_are_counted_in_every_form() -> None:
    def lookup(city: str) -> str:
        """Look up a city."""
        return city

    counter = MessageCounter(counter_for("gpt-4o"))
    function = counter.count_tools([lookup])
    assert function == counter.count_tools([tool(lookup)])
    assert counter.count_tools([lookup, lookup]) == 2 * (function - 12) + 12
    assert counter.count_tools([Person]) > counter.count_tools([Address]) > function
    assert counter.count_tools([{"type": "web_search_preview"}]) > 12
    assert counter.count_tools([]) == 0


def test_a_schema_that_holds_itself_ends() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
    schema["properties"]["child"] = {"anyOf": [schema, schema]}
    odd = {"type": "function", "function": {"name": "f", "parameters": schema}}
    assert MessageCounter(counter_for("gpt-4o")).count_tools([odd]) > 12


def test_the_message_union_of_langchain_is_covered() -> None:
    counter = MessageCounter(counter_for("gpt-4o"))
    message: AnyMessage = AIMessage("text")
    assert counter.count_message(message) == _OVERHEAD + 1
    assert counter.exact
    assert not MessageCounter(counter_for("claude-3-haiku")).exact
