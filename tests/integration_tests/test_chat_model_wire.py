"""What the wrapped model sends is what the plain one sends, with the tool results compressed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.runnables import ConfigurableField, RunnableConfig
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from headroom_langchain.chat_model import HeadroomChatModel
from tests.integration_tests.wire import (
    ENTRIES,
    MODEL_ENTRIES,
    assert_only_tools_differ,
    conversation,
    list_jobs,
    outcome,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.loopback.openai_api import OpenAIServer


class FailedJob(BaseModel):
    """The job that failed."""

    name: str
    attempts: int


@dataclass(frozen=True)
class Shape:
    """A way to build what is called: from the model by itself, and from the wrapped model."""

    plain: Callable[[Any], Any]
    wrapped: Callable[[Any], Any]
    config: RunnableConfig = field(default_factory=RunnableConfig)
    failures: tuple[int, ...] = ()


def _same(build: Callable[[Any], Any], **more: Any) -> Shape:
    """The swap: whatever is built on the model is built on the wrapped model."""
    return Shape(build, lambda model: build(HeadroomChatModel(model)), **more)


def _inside(build: Callable[[Any], Any], **more: Any) -> Shape:
    """What is built on the model is wrapped as a whole."""
    return Shape(build, lambda model: HeadroomChatModel(build(model)), **more)


def _fallbacks(model: Any) -> Any:
    return model.bind(seed=1).with_fallbacks([model.bind(seed=2)])


def _retry(model: Any) -> Any:
    return model.with_retry(stop_after_attempt=2, wait_exponential_jitter=False)


def _configurable(model: Any) -> Any:
    return model.configurable_fields(temperature=ConfigurableField(id="warmth"))


def _alternatives(model: Any) -> Any:
    other = ChatOpenAI(**{**_arguments(model), "model": "gpt-4.1"})
    wrapped = HeadroomChatModel(other) if isinstance(model, HeadroomChatModel) else other
    return model.configurable_alternatives(ConfigurableField(id="llm"), default_key="mini", large=wrapped)


def _structured(method: str, *, include_raw: bool = False) -> Callable[[Any], Any]:
    return lambda model: model.with_structured_output(FailedJob, method=method, include_raw=include_raw)


_WARM: RunnableConfig = {"configurable": {"warmth": 0.9}}
_LARGE: RunnableConfig = {"configurable": {"llm": "large"}}
MODEL_SHAPES = {
    "unbound": _same(lambda model: model),
    "bind": _same(lambda model: model.bind(stop=["END"], user="u-1")),
    "bind_tools": _same(lambda model: model.bind_tools([list_jobs], parallel_tool_calls=False)),
    "bind_tools strict": _same(lambda model: model.bind_tools([list_jobs], tool_choice="none", strict=True)),
    "bound inside": _inside(lambda model: model.bind_tools([list_jobs]).bind(stop=["END"])),
    "with_config": _same(lambda model: model.with_config(tags=["t"], metadata={"m": 1})),
}
SHAPES = {
    **MODEL_SHAPES,
    "retry": _same(_retry, failures=(429,)),
    "retry inside": _inside(_retry, failures=(500,)),
    "retry spent": _same(_retry, failures=(429, 429, 429, 429)),
    "fallbacks": _same(_fallbacks, failures=(500,)),
    "fallbacks inside": _inside(_fallbacks, failures=(500,)),
    "fallbacks inside, bound": _same(lambda model: _fallbacks(model).bind(stop=["END"]), failures=(500,)),
    "tools on fallbacks": _same(
        lambda model: model.with_fallbacks([model]).bind_tools([list_jobs]), failures=(500,)
    ),
    "tools on fallbacks inside": Shape(
        lambda model: model.with_fallbacks([model]).bind_tools([list_jobs]),
        lambda model: HeadroomChatModel(model.with_fallbacks([model])).bind_tools([list_jobs]),
        failures=(500,),
    ),
    "structured fallbacks inside": Shape(
        lambda model: model.with_fallbacks([model]).with_structured_output(FailedJob, include_raw=True),
        lambda model: HeadroomChatModel(model.with_fallbacks([model])).with_structured_output(
            FailedJob, include_raw=True
        ),
        failures=(500,),
    ),
    "configurable": _same(_configurable, config=_WARM),
    "configurable by default": _same(_configurable),
    "configurable inside": _inside(_configurable, config=_WARM),
    "configurable inside, bound": _inside(
        lambda model: _configurable(model).bind(stop=["END"]), config=_WARM
    ),
    "configured": _same(lambda model: _configurable(model).with_config(_WARM)),
    "alternatives": _same(_alternatives, config=_LARGE),
    "alternatives by default": _same(_alternatives),
    "alternatives inside": _inside(_alternatives, config=_LARGE),
    "structured by tools": _same(_structured("function_calling")),
    "structured by schema": _same(_structured("json_schema")),
    "structured by JSON mode": _same(_structured("json_mode")),
    "raw by tools": _same(_structured("function_calling", include_raw=True)),
    "raw by schema": _same(_structured("json_schema", include_raw=True)),
    "raw by JSON mode": _same(_structured("json_mode", include_raw=True)),
    "structured, bound inside": Shape(
        lambda model: model.with_structured_output(FailedJob, seed=7),
        lambda model: HeadroomChatModel(model.bind(seed=7)).with_structured_output(FailedJob),
    ),
}


def _arguments(model: Any) -> dict[str, Any]:
    key = model.openai_api_key
    return {"model": model.model_name, "api_key": key, "base_url": model.openai_api_base, "max_retries": 0}


@cache
def _model(base_url: str) -> ChatOpenAI:
    return ChatOpenAI(
        model="gpt-4o-mini",
        api_key="test",
        base_url=base_url,
        max_retries=0,
        temperature=0.2,
        stream_usage=True,
    )


async def _both(server: OpenAIServer, shape: Shape, entry: Any) -> tuple[list[Any], list[Any], Any, Any]:
    requests, answers = [], []
    for build in (shape.plain, shape.wrapped):
        server.clear()
        server.fail(*shape.failures)
        answers.append(await outcome(entry, build(_model(server.base_url)), conversation(), shape.config))
        requests.append(server.requests)
    return requests[0], requests[1], answers[0], answers[1]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("shape", SHAPES)
async def test_only_the_tool_results_differ_on_the_wire(openai: OpenAIServer, shape: str, entry: str) -> None:
    plain, wrapped, expected, answer = await _both(openai, SHAPES[shape], ENTRIES[entry])
    if shape == "retry inside" and entry.endswith("as_completed"):
        # A plain retry does not retry these two; the wrapped one does.
        assert_only_tools_differ(plain, wrapped[:1])
        assert_only_tools_differ(plain, wrapped[1:])
        return
    assert_only_tools_differ(plain, wrapped)
    assert type(answer) is type(expected)
    if isinstance(expected, type):
        assert answer is expected


@pytest.mark.parametrize(
    ("shape", "entry"),
    # A plain binding has no arguments of its own in `generate`, so there is nothing to compare with.
    [(s, e) for s in MODEL_SHAPES for e in MODEL_ENTRIES if s == "unbound" or not e.endswith("generate")],
)
async def test_only_the_tool_results_differ_on_the_wire_of_model_entries(
    openai: OpenAIServer, shape: str, entry: str
) -> None:
    plain, wrapped, expected, answer = await _both(openai, MODEL_SHAPES[shape], MODEL_ENTRIES[entry])
    assert_only_tools_differ(plain, wrapped)
    assert type(answer) is type(expected)
