"""A conversation to send, every way to send it, and what must be true of what arrives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom_langchain.transforms import expand_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from langchain_core.runnables import RunnableConfig

    from tests.loopback.server import Request

ROWS = json.dumps(
    [
        {
            "id": 4000 + row,
            "name": f"jöb-{row}",
            "state": "failed" if row == 41 else "ready",
            "owner": {"login": f"user{row % 7}", "team": "数据"},
            "url": f"https://example.com/jobs/{4000 + row}",
            "attempts": row % 3,
        }
        for row in range(60)
    ],
    ensure_ascii=False,
)
LOG = "\n".join(
    f"2026-01-07T10:{line // 60:02d}:{line % 60:02d}Z INFO worker-{line % 4} finished job {line * 37 % 900}"
    f" of queue nightly in {line * 13 % 400} ms"
    for line in range(120)
)
ORIGINALS = (ROWS, LOG)


def conversation(*results: str) -> list[BaseMessage]:
    """A turn in which tools gave these results, two large ones by default."""
    texts = results or ORIGINALS
    calls = [
        {"name": "list_jobs", "args": {"page": index, "query": "größe"}, "id": f"call_{index}"}
        for index, _ in enumerate(texts)
    ]
    return [
        SystemMessage("You watch a queue of jobs."),
        HumanMessage("Which job failed?"),
        AIMessage("I will look.", tool_calls=calls, id="ai-1"),
        *(
            ToolMessage(text, tool_call_id=f"call_{index}", name="list_jobs", id=f"tool-{index}")
            for index, text in enumerate(texts)
        ),
    ]


def list_jobs(page: int, query: str) -> str:
    """List the jobs of a page.

    Args:
        page: Number of the page.
        query: What to look for.
    """
    return f"{page} {query}"


Entry = "Callable[[Any, list[BaseMessage], RunnableConfig], Awaitable[Any]]"


async def _invoke(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return model.invoke(messages, config)


async def _ainvoke(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return await model.ainvoke(messages, config)


async def _stream(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return list(model.stream(messages, config))


async def _astream(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return [chunk async for chunk in model.astream(messages, config)]


async def _batch(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return model.batch([messages], config)


async def _abatch(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return await model.abatch([messages], config)


async def _batch_as_completed(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return list(model.batch_as_completed([messages], config))


async def _abatch_as_completed(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return [item async for item in model.abatch_as_completed([messages], config)]


async def _astream_events(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return [event["event"] async for event in model.astream_events(messages, config, version="v2")]


async def _astream_log(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return [patch async for patch in model.astream_log(messages, config)][-1]


async def _transform(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    return list(model.transform(iter([messages]), config))


async def _atransform(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    async def once() -> Any:
        yield messages

    return [chunk async for chunk in model.atransform(once(), config)]


ENTRIES: dict[str, Callable[[Any, list[BaseMessage], RunnableConfig], Awaitable[Any]]] = {
    "invoke": _invoke,
    "ainvoke": _ainvoke,
    "stream": _stream,
    "astream": _astream,
    "batch": _batch,
    "abatch": _abatch,
    "batch_as_completed": _batch_as_completed,
    "abatch_as_completed": _abatch_as_completed,
    "astream_events": _astream_events,
    "astream_log": _astream_log,
    "transform": _transform,
    "atransform": _atransform,
}


async def _stream_events_v3(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    stream = model.stream_events(messages, config, version="v3")
    return [event["event"] for event in stream]


async def _astream_events_v3(model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    stream = await model.astream_events(messages, config, version="v3")
    return [event["event"] async for event in stream]


async def _generate(model: Any, messages: list[BaseMessage], _: RunnableConfig) -> Any:
    return model.generate([messages])


async def _agenerate(model: Any, messages: list[BaseMessage], _: RunnableConfig) -> Any:
    return await model.agenerate([messages])


MODEL_ENTRIES = {
    "stream_events_v3": _stream_events_v3,
    "astream_events_v3": _astream_events_v3,
    "generate": _generate,
    "agenerate": _agenerate,
}
"""Entries that only chat models and bindings of them have."""


async def outcome(entry: Any, model: Any, messages: list[BaseMessage], config: RunnableConfig) -> Any:
    """What comes of a call: its answer, or the class of the error it raises."""
    try:
        return await entry(model, messages, config)
    except Exception as error:  # noqa: BLE001 - the wrapped model must raise whatever the plain one raises
        return type(error)


def tool_texts(request: Request) -> list[str]:
    """Texts of the tool results in a chat completions request."""
    return [message["content"] for message in request.json["messages"] if message["role"] == "tool"]


def assert_only_tools_differ(
    plain: Sequence[Request], wrapped: Sequence[Request], originals: Sequence[str] = ORIGINALS
) -> None:
    """Requests are equal byte for byte, but for the tool results, which are smaller and decode to the originals."""
    assert len(plain) == len(wrapped) > 0
    for before, after in zip(plain, wrapped, strict=True):
        expected = before.body
        for original, sent in zip(originals, tool_texts(after), strict=True):
            assert expand_text(sent) == original
            assert len(sent) < len(original) * 0.75
            assert encoded(original) in expected
            expected = expected.replace(encoded(original), encoded(sent), 1)
        assert after.body == expected
        assert _headers(before) == _headers(after)
        assert before.path == after.path


def encoded(text: str) -> bytes:
    """A text as the clients write it into a body."""
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _headers(request: Request) -> list[tuple[str, str]]:
    return sorted(
        (name.lower(), value) for name, value in request.headers.items() if name.lower() != "content-length"
    )
