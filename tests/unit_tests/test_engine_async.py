"""Long work leaves the event loop free, short and remembered work stays on it, and context follows."""

from __future__ import annotations

import asyncio
import json
import threading
from contextvars import ContextVar

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from headroom_langchain import Engine, TransformError

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")
LONG = json.dumps([{"id": row, "state": "ready", "note": f"job {row * 7919}"} for row in range(3000)])
SHORT = json.dumps([{"id": row, "state": "ready"} for row in range(40)])


class WhereAndWho:
    """Counts characters, and notes in which thread and for whom."""

    exact = True

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.tenants: set[str] = set()

    def count(self, text: str) -> int:
        self.threads.add(threading.get_ident())
        self.tenants.add(TENANT.get())
        return len(text)


async def test_a_long_text_is_worked_on_off_the_loop_with_its_context() -> None:
    counter = WhereAndWho()
    TENANT.set("acme")
    result = await Engine(counter=counter).acompress([ToolMessage(LONG, tool_call_id="1")])
    assert result.tokens_saved > 0
    assert counter.tenants == {"acme"}
    assert threading.get_ident() not in counter.threads


async def test_many_short_texts_are_long_work_together() -> None:
    counter = WhereAndWho()
    texts = [f"{SHORT} {number}" for number in range(100)]
    await Engine(counter=counter).acompress([ToolMessage(text, tool_call_id="1") for text in texts])
    assert len(counter.threads) == 2


async def test_a_long_human_text_is_counted_off_the_loop() -> None:
    counter = WhereAndWho()
    await Engine(counter=counter).acompress([HumanMessage([{"type": "text", "text": LONG}])])
    assert threading.get_ident() not in counter.threads


async def test_the_loop_serves_others_meanwhile() -> None:
    turns = 0
    work = asyncio.create_task(Engine(counter=WhereAndWho()).acompress([ToolMessage(LONG, tool_call_id="1")]))
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert work.result().decisions[0].form == "records"


@pytest.mark.parametrize("remembered", [True, False])
async def test_short_and_remembered_texts_need_no_thread(
    remembered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(counter=WhereAndWho())
    messages = [ToolMessage(LONG if remembered else SHORT, tool_call_id="1")]
    expected = engine.compress(messages) if remembered else Engine(counter=WhereAndWho()).compress(messages)

    def no_thread(*_: object) -> None:
        pytest.fail("hopped to a thread")

    monkeypatch.setattr(asyncio, "to_thread", no_thread)
    assert await engine.acompress(messages) == expected


async def test_wrong_arguments_are_refused_as_in_sync() -> None:
    with pytest.raises(TransformError):
        await Engine().acompress("text")  # type: ignore[arg-type]


async def test_many_tasks_share_an_engine() -> None:
    engine = Engine()
    conversations = [[ToolMessage(f"{LONG[:-1]}, {number}]", tool_call_id="1")] for number in range(4)]
    results = await asyncio.gather(*(engine.acompress(messages) for messages in conversations))
    assert [result.messages for result in results] == [
        Engine().compress(messages).messages for messages in conversations
    ]
