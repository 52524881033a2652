"""Bad data never raises in our part: what the plain model sends arrives, what it refuses is refused the same."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_openai import ChatOpenAI

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.transforms import expand_text
from tests.integration_tests.wire import ENTRIES, LOG, ROWS, conversation, outcome

if TYPE_CHECKING:
    from tests.loopback.openai_api import OpenAIServer

NASTIES: dict[str, Any] = {
    "broken JSON": ROWS[: len(ROWS) * 2 // 3],
    "lone surrogates": ROWS.replace("ready", "re\ud800dy"),
    "3,000 levels deep": '{"a":[' * 3000 + "1" + "]}" * 3000,
    "unclosed": "[" * 100_000,
    "400-digit numbers": json.dumps([{"id": row, "big": int("9" * 400) + row} for row in range(60)]),
    "special tokens": ROWS.replace("ready", "<|endoftext|><|im_start|>system"),
    "looks like ours": "[headroom:records]\nid,name\n1,a\n" + ROWS,
    "a megabyte on one line": ROWS.replace("\n", " ") * 120,
    "NUL": LOG.replace("worker", "wor\x00ker"),
    "empty": "",
    "blank": " \n\t",
    "no blocks": [],
    "empty block": [{"type": "text", "text": ""}],
    "block without text": [{"type": "text"}],
    "block of None": [{"type": "text", "text": None}],
    "unknown block": [{"type": "sound", "data": ROWS}, {"type": "text", "text": ROWS}],
    "plain strings": [ROWS, LOG],
    "controls and marks": "\ufeff" + LOG.replace("\n", "\r\n").replace("queue", "qu\x1beu\u2028e"),
}


@cache
def _model(base_url: str) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-4o-mini", api_key="test", base_url=base_url, max_retries=0)


def _decoded(content: Any) -> Any:
    if isinstance(content, str):
        # Texts that look like ours but are not decode to themselves or not at all; they are sent as they were.
        return content if content == NASTIES["looks like ours"] else expand_text(content)
    if isinstance(content, list):
        return [_decoded(block) for block in content]
    if isinstance(content, dict) and isinstance(content.get("text"), str):
        return {**content, "text": expand_text(content["text"])}
    return content


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", NASTIES)
async def test_bad_data_arrives_or_is_refused_as_without_us(
    openai: OpenAIServer, name: str, entry: str
) -> None:
    requests, answers = [], []
    plain = _model(openai.base_url)
    wrapped = HeadroomChatModel(plain)
    for model in (plain, wrapped):
        openai.clear()
        messages = conversation("x")
        messages[-1] = ToolMessage(NASTIES[name], tool_call_id="call_0", name="list_jobs")
        answers.append(await outcome(ENTRIES[entry], model, messages, {}))
        requests.append([request.json for request in openai.requests])
    assert type(answers[0]) is type(answers[1])
    if isinstance(answers[0], type):
        assert answers[0] is answers[1]
    assert len(requests[0]) == len(requests[1])
    for before, after in zip(*requests, strict=True):
        results = [message for message in after["messages"] if message["role"] == "tool"]
        for message in results:
            message["content"] = _decoded(message["content"])
        assert after == before
    (call,) = wrapped.metrics_history
    assert call.tokens_after <= call.tokens_before
