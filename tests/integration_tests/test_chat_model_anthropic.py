"""Around a compressed text, everything that the Anthropic client sends arrives as it was."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.transforms import expand_text
from headroom_langchain.transforms.repeats import expand_repeat, is_repeat
from tests.integration_tests.wire import ENTRIES, LOG, MODEL_ENTRIES, ROWS, list_jobs, outcome

if TYPE_CHECKING:
    from tests.loopback.anthropic_api import AnthropicServer
    from tests.loopback.server import Request

_CACHED = {"cache_control": {"type": "ephemeral"}}
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def _conversation() -> list[BaseMessage]:
    calls = [{"name": "list_jobs", "args": {"page": page}, "id": f"toolu_{page}"} for page in range(3)]
    thinking = {"type": "thinking", "thinking": "[1, 2, 3] " * 200, "signature": "c2lnbmF0dXJl"}
    uses = [
        {"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["args"]} for call in calls
    ]
    return [
        SystemMessage([{"type": "text", "text": "You watch a queue.", **_CACHED}]),
        HumanMessage("Which job failed?"),
        AIMessage([thinking, {"type": "text", "text": "I will look."}, *uses], tool_calls=calls),
        ToolMessage(ROWS, tool_call_id="toolu_0", name="list_jobs"),
        ToolMessage(
            [{"type": "text", "text": LOG, **_CACHED}, _IMAGE, {"type": "text", "text": "end"}],
            tool_call_id="toolu_1",
            name="list_jobs",
        ),
        ToolMessage(
            [{"type": "text", "text": LOG}], tool_call_id="toolu_2", name="list_jobs", status="error"
        ),
    ]


def _user_blocks() -> list[BaseMessage]:
    """Tool results as a user's turn in the provider's own blocks."""
    first = _conversation()[:3]
    results: list[str | dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": "toolu_0", "content": ROWS, "is_error": True, **_CACHED},
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": LOG}, _IMAGE]},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": []},
        {"type": "text", "text": "Go on.", **_CACHED},
    ]
    return [*first, HumanMessage(results)]


@cache
def _model(url: str) -> ChatAnthropic:
    return ChatAnthropic(
        model="claude-sonnet-4-5",
        api_key="test",
        base_url=url,
        max_retries=0,
        max_tokens=2048,
        thinking={"type": "enabled", "budget_tokens": 1024},
    )


def _texts(value: Any) -> Any:
    """A body with every compressed text decoded, and the number of characters that were saved."""
    if isinstance(value, str):
        earlier = {"toolu_0": ROWS, "toolu_1": LOG}
        original = expand_repeat(value, earlier) if is_repeat(value) else expand_text(value)
        return original, len(original) - len(value)
    if isinstance(value, list):
        pairs = [_texts(item) for item in value]
        return [item for item, _ in pairs], sum(saved for _, saved in pairs)
    if isinstance(value, dict):
        named = {name: _texts(item) for name, item in value.items()}
        return {name: item for name, (item, _) in named.items()}, sum(saved for _, saved in named.values())
    return value, 0


def _assert_only_results_differ(plain: list[Request], wrapped: list[Request]) -> None:
    assert len(plain) == len(wrapped) > 0
    for before, after in zip(plain, wrapped, strict=True):
        decoded, saved = _texts(after.json)
        assert decoded == before.json
        assert saved > 4000
        assert before.path == after.path == "/v1/messages"
        # Order of fields is part of what a prompt cache sees.
        assert str(decoded) == str(before.json)
        told = [
            {name.lower(): value for name, value in request.headers.items()} for request in (before, after)
        ]
        for headers in told:
            del headers["content-length"]
        assert told[0] == told[1]


@pytest.mark.parametrize("entry", [*ENTRIES, *MODEL_ENTRIES])
@pytest.mark.parametrize("blocks", [False, True], ids=["tool messages", "user blocks"])
async def test_blocks_arrive_untouched_around_the_compressed_text(
    anthropic: AnthropicServer, entry: str, *, blocks: bool
) -> None:
    requests, answers = [], []
    call = {**ENTRIES, **MODEL_ENTRIES}[entry]
    model = _model(anthropic.url)
    for caller in (model.bind_tools([list_jobs]), HeadroomChatModel(model).bind_tools([list_jobs])):
        anthropic.clear()
        messages = _user_blocks() if blocks else _conversation()
        given = copy.deepcopy(messages)
        answers.append(await outcome(call, caller, messages, {}))
        assert messages == given
        requests.append(anthropic.requests)
    _assert_only_results_differ(requests[0], requests[1])
    assert type(answers[0]) is type(answers[1])
    assert not isinstance(answers[0], type)


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
async def test_structured_output_sends_the_same(anthropic: AnthropicServer, method: Any) -> None:
    schema = {
        "title": "Job",
        "description": "A job.",
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }
    requests, answers = [], []
    plain = _model(anthropic.url).model_copy(update={"thinking": None})
    for model in (plain, HeadroomChatModel(plain)):
        anthropic.clear()
        answers.append(await model.with_structured_output(schema, method=method).ainvoke(_conversation()))
        requests.append(anthropic.requests)
    _assert_only_results_differ(requests[0], requests[1])
    assert answers == [{"name": "text"}, {"name": "text"}]


def test_reported_usage_is_the_providers_own(anthropic: AnthropicServer) -> None:
    model = HeadroomChatModel(_model(anthropic.url))
    answer = model.invoke(_conversation())
    chunks = list(model.stream(_conversation()))
    streamed = sum(chunk.usage_metadata["input_tokens"] for chunk in chunks if chunk.usage_metadata)
    assert answer.usage_metadata is not None
    assert [call.reported_input_tokens for call in model.metrics_history] == [
        answer.usage_metadata["input_tokens"],
        streamed,
    ]
    # The thinking block is not compressed, so both calls send the same and the provider counts the same.
    assert model.metrics_history[0].tokens_after == model.metrics_history[1].tokens_after


def test_no_tokens_are_counted_over_the_network(anthropic: AnthropicServer) -> None:
    HeadroomChatModel(_model(anthropic.url), mode="audit").invoke(_conversation())
    assert [request.path for request in anthropic.requests] == ["/v1/messages"]
