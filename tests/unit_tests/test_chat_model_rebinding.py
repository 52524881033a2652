"""What is built on the wrapper, and what is built around the wrapped model, is compressed and complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
from langchain_core.runnables import ConfigurableField, Runnable, RunnableBinding, RunnableLambda
from langchain_core.runnables.retry import RunnableRetry
from pydantic import BaseModel

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.config import HeadroomMode
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.metrics import MetricsLog
from headroom_langchain.transforms import expand_text
from tests.unit_tests.recording_models import RecordingModel, StreamingModel, jobs
from tests.unit_tests.test_chat_model import LOG, MESSAGES

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage


class Job(BaseModel):
    """A job."""

    name: str


def test_bound_tools_are_a_binding_around_the_wrapper() -> None:
    model = HeadroomChatModel(RecordingModel())
    bound = model.bind_tools([jobs], tool_choice="any")
    assert isinstance(bound, RunnableBinding)
    assert bound.bound is model
    assert bound.kwargs == RecordingModel().bind_tools([jobs], tool_choice="any").kwargs  # type: ignore[attr-defined]


class Hiding(RecordingModel):
    """A model whose methods hide it in functions."""

    def _answer(self, messages: Any) -> AIMessage:
        return self.invoke(messages)

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, AIMessage]:
        return RunnableLambda(self._answer)

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        return RunnableLambda(self._answer)


def test_a_model_that_would_be_called_past_the_wrapper_is_refused() -> None:
    model = HeadroomChatModel(Hiding())
    with pytest.raises(ConfigurationError, match=r"bind_tools of the wrapped model.*Hiding"):
        model.bind_tools([jobs])
    with pytest.raises(
        ConfigurationError, match=r"with_structured_output of the wrapped model.*RunnableLambda"
    ):
        model.with_structured_output(Job)


@pytest.mark.parametrize("include_raw", [True, False])
def test_structured_output_of_every_kind_of_wrapped_model_is_compressed(*, include_raw: bool) -> None:
    inner = RecordingModel()
    for wrapped in (
        inner,
        inner.bind(user="u"),
        inner.with_retry(),
        inner.with_fallbacks([inner]),
        inner.configurable_fields(temperature=ConfigurableField(id="warmth")),
        inner.configurable_alternatives(ConfigurableField(id="llm"), other=lambda: inner),
    ):
        inner.sent.clear()
        model = HeadroomChatModel(wrapped)
        structured = model.with_structured_output(Job, include_raw=include_raw)
        structured.invoke(MESSAGES, {"configurable": {"llm": "other"}})
        assert len(inner.sent) == 1
        assert expand_text(inner.sent[0][1].text) == LOG
        assert len(inner.sent[0][1].text) < len(LOG)
        assert model.get_savings_summary()["calls"] == 1


def test_arguments_of_a_wrapped_binding_reach_every_call() -> None:
    inner = StreamingModel()
    model = HeadroomChatModel(inner.bind(user="u", stop=["END"]))
    model.invoke(MESSAGES)
    list(model.stream(MESSAGES))
    model.generate([MESSAGES])
    model.bind_tools([jobs]).invoke(MESSAGES)
    model.with_structured_output(Job).invoke(MESSAGES)
    assert [(call["user"], call["stop"]) for call in inner.arguments] == [("u", ["END"])] * 5
    model.invoke(MESSAGES, stop=["OTHER"])
    assert inner.arguments[-1]["stop"] == ["OTHER"]


def test_settings_of_a_wrapped_retry_and_fallbacks_are_kept() -> None:
    inner = RecordingModel(failures=[KeyError("a"), KeyError("b")])
    retry = inner.with_retry(
        retry_if_exception_type=(KeyError,), stop_after_attempt=3, wait_exponential_jitter=False
    )
    model = HeadroomChatModel(retry)
    assert isinstance(model._routed, RunnableRetry)
    model.invoke(MESSAGES)
    assert [call.error for call in model.metrics_history] == ["KeyError", "KeyError", None]
    first, second = (
        RecordingModel(failures=[KeyError("a"), ValueError("b")]),
        RecordingModel(model_name="gpt-4.1"),
    )
    fallbacks = HeadroomChatModel(first.with_fallbacks([second], exceptions_to_handle=(KeyError,)))
    fallbacks.invoke(MESSAGES)
    assert [call.model for call in fallbacks.metrics_history] == ["gpt-4o-mini", "gpt-4.1"]
    with pytest.raises(ValueError, match="b"):
        fallbacks.invoke(MESSAGES)


def test_fields_of_both_models_are_configurable() -> None:
    inner = RecordingModel()
    log = MetricsLog()
    model = HeadroomChatModel(inner, metrics=log).configurable_fields(
        temperature=ConfigurableField(id="warmth"), mode=ConfigurableField(id="mode")
    )
    assert {spec.id for spec in model.config_specs} == {"warmth", "mode"}
    model.with_config(configurable={"mode": "audit", "warmth": 0.9}).invoke(MESSAGES)
    model.invoke(MESSAGES)
    assert [call.mode for call in log.history] == [HeadroomMode.AUDIT, HeadroomMode.OPTIMIZE]
    with pytest.raises(ValueError, match="warmness"):
        HeadroomChatModel(inner).configurable_fields(warmness=ConfigurableField(id="warmth"))


def test_fallbacks_find_the_methods_that_return_runnables() -> None:
    first, second = RecordingModel(failures=[ValueError("down")]), RecordingModel()
    chain: Any = HeadroomChatModel(first).with_fallbacks([HeadroomChatModel(second)])
    chain.bind_tools([jobs]).invoke(MESSAGES)
    assert second.arguments[0]["tools"][0]["function"]["name"] == "jobs"
    mine = [
        name
        for kind in HeadroomChatModel.__mro__
        if kind.__module__.startswith("headroom")
        for name in vars(kind)
    ]
    for name in mine:
        method = getattr(HeadroomChatModel, name, None)
        if callable(method) and not name.startswith("__"):
            get_type_hints(method)
