"""Which texts an engine touches, which it leaves alone, and the reason it gives for each message."""

from __future__ import annotations

import json
from typing import Any

import pytest
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

from headroom_langchain import (
    Engine,
    HeadroomConfig,
    Loss,
    TransformError,
    TransformResult,
    expand_messages,
    expand_text,
)

ROWS = json.dumps([{"id": row, "state": "ready", "owner": None, "score": row / 4} for row in range(40)])
ENGINE = Engine()


def only(message: BaseMessage, **settings: Any) -> TransformResult:
    return Engine(HeadroomConfig.model_validate(settings)).compress([message])


def call(name: str, identity: str = "1") -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": {}, "id": identity}])


def assert_compressed(form: Any) -> None:
    assert isinstance(form, str)
    assert len(form) < len(ROWS) / 2
    assert json.loads(expand_text(form)) == json.loads(ROWS)


@pytest.mark.parametrize(
    "message",
    [
        ToolMessage(ROWS, tool_call_id="1"),
        ToolMessage(ROWS, tool_call_id="1", status="error"),
        FunctionMessage(content=ROWS, name="list_jobs"),
    ],
)
def test_tool_results_are_compressed_by_default(message: BaseMessage) -> None:
    result = ENGINE.compress([message])
    assert_compressed(result.messages[0].content)
    assert result.decisions[0].form == "records"
    assert result.decisions[0].loss is Loss.LOSSLESS
    assert result.tokens_saved == result.decisions[0].tokens_saved > 300


@pytest.mark.parametrize(
    ("message", "setting"),
    [
        (SystemMessage(ROWS), "compress_system"),
        (HumanMessage(ROWS), "compress_human"),
        (AIMessage(ROWS), "compress_ai"),
    ],
)
def test_other_roles_are_compressed_only_when_asked_for(message: BaseMessage, setting: str) -> None:
    left = ENGINE.compress([message])
    assert left.messages[0] is message
    assert left.decisions[0].reason.endswith(f"text is left alone: {setting} is off")
    assert_compressed(only(message, **{setting: True}).messages[0].content)


@pytest.mark.parametrize(
    "message",
    [ChatMessage(content=ROWS, role="tool"), RemoveMessage(id="1"), BaseMessage(content=ROWS, type="tool")],
)
def test_unknown_classes_pass_whatever_is_asked_for(message: BaseMessage) -> None:
    result = only(message, compress_system=True, compress_human=True, compress_ai=True)
    assert result.messages[0] is message
    assert result.decisions[0].reason == f"messages of class {type(message).__name__} are left alone"


def test_blocks_are_compressed_one_by_one_and_keep_their_other_keys() -> None:
    image = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    text = {"cache_control": {"type": "ephemeral"}, "text": ROWS, "type": "text", "id": "block"}
    message = ToolMessage([image, text, ROWS, {"type": "text", "text": "short"}], tool_call_id="1")
    result = ENGINE.compress([message])
    content = result.messages[0].content
    assert content[0] is message.content[0]
    assert content[3] is message.content[3]
    block: Any = content[1]
    assert list(block) == list(text)
    assert {**block, "text": ROWS} == text
    assert_compressed(block["text"])
    assert_compressed(content[2])
    assert result.markers_inserted == (block["text"].partition("\n")[0],) * 2
    assert result.decisions[0].reason == "smallest proven form: records; below 100 tokens"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"annotations": [{"start_index": 1}]}, "a text block carries annotations that point into its text"),
        ({"citations": [{"cited_text": "x"}]}, "a text block carries citations that point into its text"),
        ({"signature": "c2ln"}, "a text block is signed"),
        ({"extras": {"signature": "c2ln"}}, "a text block is signed"),
        ({"thought_signature": "c2ln"}, "a text block is signed"),
    ],
)
def test_a_block_that_something_else_depends_on_is_left_alone(more: dict[str, Any], reason: str) -> None:
    message = AIMessage([{"type": "text", "text": ROWS, **more}])
    result = only(message, compress_ai=True)
    assert result.messages[0] is message
    assert result.decisions[0].reason == reason


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": ROWS, "signature": "c2ln"},
        {"type": "reasoning", "reasoning": ROWS},
        {"type": "web_search_tool_result", "content": ROWS},
        {"type": "document", "source": {"type": "text", "data": ROWS}},
        {"text": ROWS},
        {"type": "tool_use", "id": "1", "name": "write", "input": {"rows": ROWS}},
    ],
)
def test_unknown_blocks_are_left_alone(block: dict[str, Any]) -> None:
    message = AIMessage([block])
    assert only(message, compress_ai=True).messages[0] is message


def test_tool_results_inside_human_messages_are_tool_results() -> None:
    results: list[str | dict[Any, Any]] = [
        {"type": "tool_result", "tool_use_id": "1", "content": ROWS, "is_error": False},
        {
            "type": "tool_result",
            "tool_use_id": "2",
            "content": [{"type": "text", "text": ROWS}, {"type": "image"}],
        },
        {"type": "tool_result", "tool_use_id": "3"},
        {"type": "text", "text": ROWS},
    ]
    message = HumanMessage(results)
    result = ENGINE.compress([message])
    content: Any = result.messages[0].content
    assert list(content[0]) == ["type", "tool_use_id", "content", "is_error"]
    assert_compressed(content[0]["content"])
    assert_compressed(content[1]["content"][0]["text"])
    given: Any = message.content
    assert content[1]["content"][1] is given[1]["content"][1]
    assert content[2] is given[2]
    assert content[3] is given[3]
    assert "compress_human is off" in result.decisions[0].reason


@pytest.mark.parametrize("pattern", ["list_jobs", "list_*", "*"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        [call("list_jobs")],
        [AIMessage([{"type": "tool_use", "id": "1", "name": "list_jobs", "input": {}}])],
        [AIMessage("", invalid_tool_calls=[{"name": "list_jobs", "args": "{", "id": "1", "error": "cut"}])],
    ],
    ids=["own name", "tool call", "tool_use block", "invalid call"],
)
def test_results_of_excluded_tools_are_left_alone(before: list[BaseMessage], pattern: str) -> None:
    message = ToolMessage(ROWS, tool_call_id="1", name=None if before else "list_jobs")
    nested = HumanMessage([{"type": "tool_result", "tool_use_id": "1", "content": ROWS}])
    conversation = [*before, message, *([nested] if before else [])]
    engine = Engine(HeadroomConfig(exclude_tools=("other", pattern)))
    result = engine.compress(conversation)
    assert all(new is old for new, old in zip(result.messages, conversation, strict=True))
    assert f"results of list_jobs are excluded by exclude_tools: {pattern}" in result.decisions[-1].reason


def test_a_call_that_comes_later_excludes_nothing() -> None:
    engine = Engine(HeadroomConfig(exclude_tools=("list_jobs",)))
    result = engine.compress([ToolMessage(ROWS, tool_call_id="1"), call("list_jobs")])
    assert result.decisions[0].form == "records"
    assert engine.compress([ToolMessage(ROWS, tool_call_id="1", name="LIST_JOBS")]).tokens_saved


def test_results_of_the_retrieve_tool_are_never_compressed() -> None:
    named = ToolMessage(ROWS, tool_call_id="1", name="headroom_retrieve")
    called = ToolMessage(ROWS, tool_call_id="2")
    nested = HumanMessage([{"type": "tool_result", "tool_use_id": "2", "content": ROWS}])
    conversation = [named, call("headroom_retrieve", "2"), called, nested]
    result = ENGINE.compress(conversation)
    assert result.tokens_saved == 0
    assert result.decisions[2].reason == "results of headroom_retrieve are never compressed again"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (ToolMessage("done", tool_call_id="1"), "below 100 tokens"),
        (ToolMessage("", tool_call_id="1"), "no text"),
        (ToolMessage([], tool_call_id="1"), "no text"),
        (AIMessage("ready"), "AI text is left alone: compress_ai is off"),
    ],
)
def test_why_was_nothing_compressed(message: BaseMessage, reason: str) -> None:
    assert ENGINE.compress([message]).decisions[0].reason == reason


@pytest.mark.parametrize(
    "given", ["text", b"bytes", None, 3, {"messages": []}, iter([]), [("human", "x")], [None]]
)
def test_what_are_no_messages_is_refused(given: Any) -> None:
    with pytest.raises(
        TransformError, match=f"given={type(given[0] if isinstance(given, list) else given).__name__}"
    ):
        ENGINE.compress(given)


def test_no_messages_are_no_messages() -> None:
    result = ENGINE.compress([])
    assert (result.messages, result.tokens_before, result.decisions) == ([], 0, ())


def test_messages_may_come_as_a_tuple() -> None:
    assert ENGINE.compress((HumanMessage("x"),)).messages == [HumanMessage("x")]


def test_a_pointer_is_remembered_for_the_conversation_it_points_into_alone() -> None:
    block = "\n".join(f"def step_{n}(x: int) -> int:\n    return x * {n * 7919}" for n in range(12))
    small = Engine(HeadroomConfig.model_validate({"lossless": {"min_tokens": 250}}))
    long = f"# first\n{block}\n# then\n{block}\n# last"
    earlier = ToolMessage(block, tool_call_id="call_1")
    later = ToolMessage(long, tool_call_id="call_2")
    pointed = small.compress([earlier, later])
    assert "call_1" in pointed.messages[1].text
    assert expand_messages(pointed.messages)[1].text == long
    assert "call_1" not in small.compress([later]).messages[0].text
