"""What is lost by wrapping a model carelessly is not lost here."""

from __future__ import annotations

import copy
import pickle
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.rate_limiters import BaseRateLimiter

from headroom_langchain.chat_model import HeadroomChatModel
from headroom_langchain.config import HeadroomConfig
from headroom_langchain.transforms import expand_text
from tests.unit_tests.recording_models import USAGE, RecordingModel, StreamingModel, jobs
from tests.unit_tests.test_chat_model import LOG, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID


class Counting(BaseCallbackHandler):
    """Counts what happens in runs."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.parents: list[UUID | None] = []
        self.inputs: list[Any] = []
        self.tags: list[str] = []
        self.metadata: dict[str, Any] = {}

    def on_chat_model_start(
        self, serialized: Any, messages: Any, *, parent_run_id: Any = None, **kwargs: Any
    ) -> None:
        self.events.append("start")
        self.parents.append(parent_run_id)
        self.inputs.append(messages[0])
        self.tags = list(kwargs.get("tags") or [])
        self.metadata = dict(kwargs.get("metadata") or {})

    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        self.events.append("end")

    def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
        self.events.append("error")

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        self.events.append("chain")


class Tickets(BaseRateLimiter):
    """Counts who asks to be let through."""

    def __init__(self) -> None:
        self.taken = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        self.taken += 1
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        self.taken += 1
        return True


async def _calls(model: Any, config: Any = None) -> list[Callable[[], Any]]:
    async def astream() -> list[Any]:
        return [chunk async for chunk in model.astream(MESSAGES, config)]

    async def events() -> list[Any]:
        return [event async for event in model.astream_events(MESSAGES, config, version="v2")]

    return [
        lambda: model.invoke(MESSAGES, config),
        lambda: model.ainvoke(MESSAGES, config),
        lambda: list(model.stream(MESSAGES, config)),
        astream,
        lambda: model.batch([MESSAGES], config),
        lambda: model.abatch([MESSAGES], config),
        events,
    ]


async def _run(call: Callable[[], Any]) -> Any:
    result = call()
    return await result if hasattr(result, "__await__") else result


@pytest.mark.parametrize("inner", [RecordingModel, StreamingModel])
async def test_a_call_is_one_run_with_the_messages_as_given(inner: type[RecordingModel]) -> None:
    for index in range(7):
        counting = Counting()
        await _run((await _calls(HeadroomChatModel(inner()), {"callbacks": [counting]}))[index])
        assert counting.events == ["start", "end"]
        assert counting.parents == [None]
        assert counting.inputs[0][1].content == LOG


async def test_a_wrapped_binding_adds_no_run() -> None:
    for index in range(7):
        counting = Counting()
        model = HeadroomChatModel(StreamingModel().bind(user="u").with_config(callbacks=[counting]))
        await _run((await _calls(model))[index])
        assert counting.events == ["start", "end"]


def test_an_error_is_reported_once() -> None:
    counting = Counting()
    with pytest.raises(ValueError, match="down"):
        HeadroomChatModel(RecordingModel(failures=[ValueError("down")])).invoke(
            MESSAGES, {"callbacks": [counting]}
        )
    assert counting.events == ["start", "error"]


async def test_callbacks_tags_and_metadata_of_the_inner_model_are_kept() -> None:
    counting = Counting()
    inner = StreamingModel(callbacks=[counting], tags=["theirs"], metadata={"tenant": "t-1"})
    model = HeadroomChatModel(inner)
    for call in await _calls(model):
        await _run(call)
    assert counting.events == ["start", "end"] * 7
    assert counting.tags == ["theirs"]
    assert counting.metadata["tenant"] == "t-1"
    versions = counting.metadata["lc_versions"]
    assert {"langchain-core", "headroom-langchain"} <= versions.keys()
    assert "headroom-langchain" not in (inner.metadata or {})["lc_versions"]


def test_what_the_wrapper_is_given_wins() -> None:
    mine, theirs = Counting(), Counting()
    inner = RecordingModel(callbacks=[theirs], tags=["theirs"], metadata={"tenant": "t-1", "a": 1})
    HeadroomChatModel(inner, callbacks=[mine], tags=["mine"], metadata={"a": 2}).invoke(MESSAGES)
    assert (mine.events, theirs.events) == (["start", "end"], [])
    assert mine.tags == ["mine"]
    assert (mine.metadata["a"], mine.metadata["tenant"]) == (2, "t-1")


async def test_the_rate_limiter_lets_each_call_through_once() -> None:
    tickets = Tickets()
    for number, call in enumerate(await _calls(HeadroomChatModel(StreamingModel(rate_limiter=tickets))), 1):
        await _run(call)
        assert tickets.taken == number


def test_the_cache_answers_the_same_question_only() -> None:
    cache = InMemoryCache()
    inner = RecordingModel(cache=cache)
    model = HeadroomChatModel(inner)
    warmer = RecordingModel(cache=cache, temperature=0.9)
    askers: list[Any] = [
        model,
        model.bind_tools([jobs]),
        model.bind(stop=["END"]),
        HeadroomChatModel(inner, mode="audit"),
        HeadroomChatModel(inner, HeadroomConfig(compress_human=True)),
        HeadroomChatModel(warmer),
    ]
    for asker in askers:
        asker.invoke(MESSAGES)
    calls = len(inner.sent) + len(warmer.sent)
    for asker in askers:
        assert asker.invoke(MESSAGES).text == "Three jobs failed."
    assert calls == len(inner.sent) + len(warmer.sent) == len(askers)


def test_a_simulated_answer_is_never_served_as_a_real_one() -> None:
    inner = RecordingModel(cache=InMemoryCache())
    HeadroomChatModel(inner, mode="simulate").invoke(MESSAGES)
    assert HeadroomChatModel(inner).invoke(MESSAGES).text == "Three jobs failed."


async def test_an_inner_model_that_always_streams_streams() -> None:
    inner = StreamingModel(streaming=True)
    model = HeadroomChatModel(inner)
    assert model.invoke(MESSAGES).text == (await model.ainvoke(MESSAGES)).text == "Three jobs failed."
    assert [arguments.get("streamed") for arguments in inner.arguments] == [True, True]


async def test_an_inner_model_without_streams_answers_in_one_piece() -> None:
    inner = RecordingModel()
    model = HeadroomChatModel(inner)
    assert [chunk.text for chunk in model.stream(MESSAGES)] == ["Three jobs failed."]
    assert [chunk.text async for chunk in model.astream(MESSAGES)] == ["Three jobs failed."]
    assert expand_text(inner.sent[1][1].text) == LOG


@pytest.mark.parametrize("disabled", [True, "tool_calling"])
@pytest.mark.parametrize("outside", [True, False])
def test_disabled_streaming_stays_disabled(disabled: Any, *, outside: bool) -> None:
    inner = StreamingModel(**({} if outside else {"disable_streaming": disabled}))
    model = HeadroomChatModel(inner, **({"disable_streaming": disabled} if outside else {}))
    list(model.bind_tools([jobs]).stream(MESSAGES))
    assert "streamed" not in inner.arguments[0]


def test_questions_about_the_model_get_the_inner_models_answers() -> None:
    inner = RecordingModel(
        custom_get_token_ids=lambda text: [0] * len(text), profile={"structured_output": True}
    )
    model = HeadroomChatModel(inner)
    assert model.profile == {"structured_output": True}
    assert model._llm_type == "recording"
    assert model._get_ls_params(stop=["END"]) == inner._get_ls_params(stop=["END"])
    assert model._get_ls_params(model="other")["ls_model_name"] == "other"
    assert model._get_invocation_params(seed=1) == inner._get_invocation_params(seed=1)
    assert model.asdict() == inner.asdict()
    assert model.get_num_tokens("four") == 4
    assert model.get_token_ids("four") == [0] * 4
    assert model.get_num_tokens_from_messages(MESSAGES) == inner.get_num_tokens_from_messages(MESSAGES)
    assert model.generate([MESSAGES, MESSAGES]).llm_output == {"calls": 2}
    assert HeadroomChatModel(inner, profile={"max_input_tokens": 9}).profile == {"max_input_tokens": 9}


def test_usage_is_the_bill_and_stays_as_reported() -> None:
    answer = HeadroomChatModel(RecordingModel()).invoke(MESSAGES)
    assert answer.usage_metadata == USAGE
    assert "headroom" not in answer.response_metadata


def test_public_attributes_of_the_inner_model_are_readable() -> None:
    model: Any = HeadroomChatModel(RecordingModel().bind(user="u"))
    assert (model.temperature, model.model_name) == (0.5, "gpt-4o-mini")
    assert "temperature" in dir(model)
    assert not hasattr(model, "model_id")
    with pytest.raises(
        AttributeError, match="neither HeadroomChatModel nor the wrapped RecordingModel has 'temprature'"
    ):
        _ = model.temprature


def test_hooks_of_the_inner_model_do_not_bypass_the_wrapper() -> None:
    class WithEvents(StreamingModel):
        def _stream_chat_model_events(self, messages: Any, **kwargs: Any) -> Iterator[Any]:
            self._note(messages, {"events": True})
            yield {"event": "message-start", "role": "ai"}
            yield {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}}
            yield {"event": "content-block-delta", "index": 0, "content": {"type": "text", "text": "Three."}}
            yield {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "Three."}}
            yield {"event": "message-finish", "reason": "stop"}

    inner = WithEvents()
    model: Any = HeadroomChatModel(inner)
    stream = model.stream_events(MESSAGES, version="v3")
    assert [event["event"] for event in stream][-1] == "message-finish"
    assert inner.arguments == [{"events": True}]
    assert expand_text(inner.sent[0][1].text) == LOG
    assert len(inner.sent[0][1].text) < len(LOG)
    assert [call.error for call in model.metrics_history] == [None]


def test_models_older_than_run_managers_work() -> None:
    class Old(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "old"

        def _generate(self, messages: Any, stop: Any = None, **kwargs: Any) -> ChatResult:  # type: ignore[override]
            assert kwargs == {}
            return ChatResult(generations=[ChatGeneration(message=AIMessage("fine"))])

    assert HeadroomChatModel(Old()).invoke(MESSAGES).text == "fine"


async def test_context_variables_reach_the_model() -> None:
    tenant: ContextVar[str] = ContextVar("tenant", default="none")

    class Reading(RecordingModel):
        def _generate(
            self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any
        ) -> ChatResult:
            return ChatResult(generations=[ChatGeneration(message=AIMessage(tenant.get()))])

    tenant.set("t-1")
    model = HeadroomChatModel(Reading())
    long = [HumanMessage("?"), *(MESSAGES[1].model_copy(update={"content": LOG + str(n)}) for n in range(10))]
    assert model.invoke(long).text == (await model.ainvoke(long)).text == "t-1"


def test_the_wrapper_is_its_own_class_for_serialization() -> None:
    assert not HeadroomChatModel.is_lc_serializable()
    assert "get_lc_namespace" not in vars(HeadroomChatModel)


def _pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, _pickled],
    ids=["copy", "deep", "pickle"],
)
@pytest.mark.parametrize("bound", [True, False])
def test_a_copy_works_as_the_original_does(duplicate: Callable[[Any], Any], *, bound: bool) -> None:
    inner = FakeListChatModel(responses=["Three."])
    model = HeadroomChatModel(
        inner.bind(stop=["END"]) if bound else inner, HeadroomConfig(compress_human=True)
    )
    model.invoke(MESSAGES)
    copied = duplicate(model)
    assert copied.invoke(MESSAGES).text == "Three."
    assert copied.headroom_config == model.headroom_config
    assert copied.metrics_history[0] == model.metrics_history[0]
    assert copied.get_savings_summary()["calls"] == 2


def test_what_cannot_be_pickled_says_so_as_without_us() -> None:
    inner = RecordingModel(callbacks=[Counting()], custom_get_token_ids=lambda text: [0])
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(inner)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(HeadroomChatModel(inner))


def test_wrapping_twice_compresses_once() -> None:
    inner = RecordingModel()
    HeadroomChatModel(HeadroomChatModel(inner)).invoke(MESSAGES)
    assert expand_text(inner.sent[0][1].text) == LOG
