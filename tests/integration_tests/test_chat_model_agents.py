"""Agents on the wrapped model send what agents on the plain one send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.transforms import expand_text
from tests.integration_tests.wire import LOG, ROWS, tool_texts

if TYPE_CHECKING:
    from tests.loopback.openai_api import OpenAIServer


class Verdict(BaseModel):
    """What the agent found."""

    job: str


def read_jobs(page: int) -> str:
    """Read a page of jobs."""
    return LOG if page else ROWS


@pytest.mark.parametrize("structured", [True, False])
async def test_an_agent_sends_the_same_but_for_the_tool_results(
    openai: OpenAIServer, *, structured: bool
) -> None:
    plain = ChatOpenAI(model="gpt-4o", api_key="test", base_url=openai.base_url, max_retries=0)
    wrapped = HeadroomChatModel(plain)
    bodies, answers = [], []
    for model in (plain, wrapped):
        openai.clear()
        agent: Any = create_agent(model, [read_jobs], response_format=Verdict if structured else None)
        state = await agent.ainvoke({"messages": [("human", "Which job failed?")]})
        answers.append((state["messages"][-1].content, state.get("structured_response")))
        sent = [tool_texts(request) for request in openai.requests]
        assert sent[-1]
        bodies.append([request.json for request in openai.requests])
        if model is wrapped:
            assert all(expand_text(text) == LOG and len(text) < len(LOG) for text in sent[-1])
            # The agent keeps what the tool gave; only the request is smaller.
            assert [message.content for message in state["messages"] if message.type == "tool"] == [LOG]
    for body in bodies[1]:
        for message in body["messages"]:
            if message["role"] == "tool":
                message["content"] = expand_text(message["content"])
    assert bodies[0] == bodies[1]
    assert answers[0] == answers[1]
    assert ("response_format" in bodies[1][0]) is structured
    assert wrapped.get_savings_summary()["calls"] == len(bodies[1]) == 2
