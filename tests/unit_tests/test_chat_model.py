"""Modes, metrics and settings of the wrapped model, and that its failures cost no call."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from langchain_core.messages import HumanMessage, ToolMessage

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.config import HeadroomConfig, HeadroomMode
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.metrics import CallMetrics, MetricsLog
from headroom_langchain.transforms import expand_text
from tests.unit_tests.recording_models import RecordingModel, StreamingModel
from tests.unit_tests.strategies import conversations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

LOG = "\n".join(
    f"2026-01-07T10:{line // 60:02d}:{line % 60:02d}Z INFO worker-{line % 4} finished job {line * 37 % 900}"
    for line in range(100)
)
MESSAGES: list[BaseMessage] = [
    HumanMessage("Which job failed?"),
    ToolMessage(LOG, tool_call_id="1", id="m-1"),
]


class BrokenCounter:
    """A counter that fails wherever it is asked."""

    @property
    def exact(self) -> bool:
        raise RuntimeError("counter down")

    def count(self, text: str) -> int:
        raise RuntimeError("counter down")


async def _everywhere(model: Any, messages: Sequence[BaseMessage]) -> None:
    model.invoke(messages)
    await model.ainvoke(messages)
    list(model.stream(messages))
    _ = [chunk async for chunk in model.astream(messages)]


async def test_optimize_sends_a_smaller_text_that_decodes_to_the_original() -> None:
    inner = StreamingModel()
    await _everywhere(HeadroomChatModel(inner), MESSAGES)
    assert len(inner.sent) == 4
    for sent in inner.sent:
        assert sent[0] is MESSAGES[0]
        assert len(sent[1].text) < len(LOG)
        assert expand_text(sent[1].text) == LOG
        assert sent[1].id == "m-1"


async def test_audit_sends_the_same_objects_and_says_what_would_be_saved() -> None:
    inner = StreamingModel()
    model = HeadroomChatModel(inner, mode="audit")
    await _everywhere(model, MESSAGES)
    assert all(sent[0] is MESSAGES[0] and sent[1] is MESSAGES[1] for sent in inner.sent)
    assert all(call.tokens_saved > 0 for call in model.metrics_history)
    summary = model.get_savings_summary()
    assert summary["tokens_saveable"] == sum(call.tokens_saved for call in model.metrics_history)
    assert summary["tokens_saved"] == model.total_tokens_saved == 0
    assert summary["tokens_after"] == summary["tokens_before"]


async def test_simulate_calls_no_model_and_answers_with_the_plan() -> None:
    inner = StreamingModel()
    model = HeadroomChatModel(inner, mode=HeadroomMode.SIMULATE)
    optimized = HeadroomChatModel(StreamingModel())
    optimized.invoke(MESSAGES)
    answers = [
        model.invoke(MESSAGES),
        await model.ainvoke(MESSAGES),
        *model.stream(MESSAGES),
        *[chunk async for chunk in model.astream(MESSAGES)],
    ]
    assert inner.sent == []
    assert len(answers) == 4
    for answer in answers:
        figures = answer.response_metadata["headroom"]
        assert figures["tokens_after"] == optimized.metrics_history[0].tokens_after
        assert figures["tokens_saved"] == optimized.total_tokens_saved > 0
        assert [decision["form"] for decision in figures["decisions"]] == ["original", "lines"]
        assert f"{figures['tokens_before']:,} tokens would become {figures['tokens_after']:,}" in answer.text
        json.dumps(figures)
    assert model.get_savings_summary()["tokens_saveable"] == 4 * optimized.total_tokens_saved


@pytest.mark.parametrize("default", HeadroomMode)
def test_mode_of_the_constructor_wins_over_the_settings(default: HeadroomMode) -> None:
    config = HeadroomConfig(default_mode=default)
    HeadroomChatModel(model := RecordingModel(), config).invoke(MESSAGES)
    assert len(model.sent) == (default is not HeadroomMode.SIMULATE)
    chosen = HeadroomChatModel(RecordingModel(), config, "audit")
    chosen.invoke(MESSAGES)
    assert chosen.metrics_history[0].mode is HeadroomMode.AUDIT


def test_settings_change_what_is_sent() -> None:
    inner = RecordingModel()
    HeadroomChatModel(inner, HeadroomConfig.model_validate({"lossless": {"enabled": False}})).invoke(MESSAGES)
    assert inner.sent[0][1] is MESSAGES[1]


def test_other_names_of_the_arguments_are_known() -> None:
    config = HeadroomConfig(default_mode=HeadroomMode.AUDIT)
    model = HeadroomChatModel(wrapped_model=RecordingModel(), headroom_config=config)
    assert model.headroom_config == config
    assert isinstance(model.wrapped_model, RecordingModel)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "model must be a chat model.*NoneType"),
        ({"model": "gpt-4o"}, "model must be a chat model.*str"),
        (
            {"model": RecordingModel() | (lambda answer: answer)},
            "model must be a chat model.*RunnableSequence",
        ),
        ({"model": RecordingModel(), "mode": "optimise"}, "mode.*'optimise'"),
        ({"model": RecordingModel(), "temperature": 1}, "no setting temperature"),
        ({"model": RecordingModel(), "wrapped_model": RecordingModel()}, "same setting"),
        ({"model": RecordingModel(), "config": {"compres_human": True}}, "compres_human"),
    ],
)
def test_wrong_arguments_are_refused_when_they_are_given(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        HeadroomChatModel(**arguments)


@given(conversations)
def test_any_conversation_is_sent_and_never_raises(messages: list[BaseMessage]) -> None:
    inner = RecordingModel()
    model = HeadroomChatModel(inner)
    try:
        RecordingModel().invoke(messages)
    except Exception as error:  # noqa: BLE001 - whatever LangChain itself refuses
        with pytest.raises(type(error)):
            model.invoke(messages)
        return
    model.invoke(messages)
    assert [message.type for message in inner.sent[0]] == [message.type for message in messages]


@pytest.mark.parametrize("mode", ["optimize", "audit"])
async def test_a_failure_of_ours_costs_no_call(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    inner = StreamingModel()
    model = HeadroomChatModel(inner, mode=mode, counter=BrokenCounter())
    with caplog.at_level(logging.WARNING, logger="headroom_langchain"):
        await _everywhere(model, MESSAGES)
    assert len(inner.sent) == 4
    assert all(sent[1] is MESSAGES[1] for sent in inner.sent)
    assert all("counter down" in call.warnings[0] for call in model.metrics_history)
    assert all(call.error is None for call in model.metrics_history)
    assert "counter down" in caplog.text


async def test_each_call_is_one_record() -> None:
    inner = StreamingModel(failures=[ConnectionError("down")])
    model = HeadroomChatModel(inner)
    with pytest.raises(ConnectionError):
        model.invoke(MESSAGES)
    await _everywhere(model, MESSAGES)
    failed, *good = model.metrics_history
    assert failed.error == "ConnectionError"
    assert failed.reported_input_tokens is None
    assert [call.stream for call in good] == [False, False, True, True]
    for call in good:
        assert call.error is None
        assert call.model == "gpt-4o-mini"
        assert call.reported_input_tokens == 70
        assert call.tokens_saved == call.tokens_before - call.tokens_after > 0
        assert call.savings_percent == pytest.approx(100 * call.tokens_saved / call.tokens_before)
        assert call.transforms_applied == ("lines",)
        assert call.timestamp.utcoffset() == timedelta(0)
        assert call.milliseconds > 0
    assert len({call.request_id for call in model.metrics_history}) == 5
    summary = model.get_savings_summary()
    assert summary["calls"] == 5
    assert summary["failed_calls"] == 1
    # A call that failed was not billed, so it saved nothing.
    assert summary["tokens_saved"] == model.total_tokens_saved == 4 * good[0].tokens_saved
    assert summary["reported_input_tokens"] == 280
    json.dumps(model.get_metrics())


def test_attempts_of_a_retry_are_calls() -> None:
    inner = RecordingModel(failures=[ConnectionError("down"), ConnectionError("down")])
    model = HeadroomChatModel(inner)
    model.with_retry(stop_after_attempt=3, wait_exponential_jitter=False).invoke(MESSAGES)
    assert [call.error for call in model.metrics_history] == ["ConnectionError", "ConnectionError", None]


def test_a_stream_that_is_left_early_is_recorded_without_error() -> None:
    model = HeadroomChatModel(StreamingModel())
    stream: Any = model.stream(MESSAGES)
    next(stream)
    assert model.get_savings_summary()["calls"] == 0
    stream.close()
    assert [call.error for call in model.metrics_history] == [None]


async def test_an_async_stream_that_is_left_early_is_recorded_without_error() -> None:
    model = HeadroomChatModel(StreamingModel())
    stream: Any = model.astream(MESSAGES)
    await anext(stream)
    await stream.aclose()
    del stream
    # LangChain leaves the model's own stream to the event loop to close.
    for _ in range(10):
        await asyncio.sleep(0)
    assert [call.error for call in model.metrics_history] == [None]


def test_copies_record_in_one_log() -> None:
    model = HeadroomChatModel(RecordingModel())
    for copy in (
        model.bind(user="u"),
        model.bind_tools([{"title": "f", "description": "d"}]),
        model.with_config(tags=["t"]),
    ):
        copy.invoke(MESSAGES)
    assert model.get_savings_summary()["calls"] == 3
    log = MetricsLog()
    for _ in range(2):
        HeadroomChatModel(RecordingModel(), metrics=log).invoke(MESSAGES)
    assert log.summary()["calls"] == 2


def test_the_history_is_bounded_and_the_totals_are_not() -> None:
    model = HeadroomChatModel(RecordingModel(), metrics=MetricsLog(max_calls=3))
    for _ in range(5):
        model.invoke(MESSAGES)
    assert len(model.metrics_history) == 3
    assert model.get_savings_summary()["calls"] == 5
    model.metrics.clear()
    assert model.get_savings_summary()["calls"] == len(model.metrics_history) == 0


def test_a_negative_history_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"max_calls.*-1"):
        MetricsLog(max_calls=-1)


def test_threads_lose_no_record() -> None:
    model = HeadroomChatModel(RecordingModel())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: model.invoke(MESSAGES), range(80)))
    summary = model.get_savings_summary()
    assert summary["calls"] == len(model.metrics_history) == 80
    assert summary["tokens_saved"] == 80 * model.metrics_history[0].tokens_saved


def test_reported_usage_calibrates_the_figures_of_estimated_models() -> None:
    log = MetricsLog()
    for reported in (1300, 1310, 9000, 1290):
        log.add(
            record(
                model="claude-x",
                estimated=True,
                tokens_before=1500,
                tokens_after=1000,
                reported_input_tokens=reported,
            )
        )
    log.add(
        record(
            model="gpt-4o", estimated=False, tokens_before=1500, tokens_after=1000, reported_input_tokens=1300
        )
    )
    assert log.summary()["calibration"] == {"claude-x": pytest.approx(1.3, abs=0.01)}
    assert log.calibrator("claude-x").correct(500) == pytest.approx(652, abs=4)
    log.clear()
    assert log.summary()["calibration"] == {}


def record(**figures: Any) -> CallMetrics:
    plain: dict[str, Any] = {
        "request_id": "r",
        "timestamp": datetime.now(UTC),
        "mode": HeadroomMode.OPTIMIZE,
        "stream": False,
        "transforms_applied": (),
        "warnings": (),
        "milliseconds": 1.0,
    }
    return CallMetrics(**{**plain, **figures})
