"""HeadroomRunnable in pipes: what it takes, what it gives, and that it behaves like any Runnable."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import ConfigurableField, Runnable, RunnableLambda

from headroom_langchain import HeadroomConfig, HeadroomRunnable, TransformError, expand_text

ROWS = json.dumps([{"id": row, "state": "ready", "owner": None} for row in range(40)])
MESSAGES: list[BaseMessage] = [HumanMessage("How many?"), ToolMessage(ROWS, tool_call_id="1")]
PROMPT = ChatPromptTemplate([SystemMessage("Answer briefly."), MessagesPlaceholder("messages")])


class EchoingModel(GenericFakeChatModel):
    """Answers with the text of the last message that it was sent."""

    messages: Any = None

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        self.messages = iter([AIMessage(messages[-1].text)])
        return super()._generate(messages, *args, **kwargs)


def assert_compressed(messages: list[BaseMessage]) -> None:
    form = messages[-1].text
    assert len(form) < len(ROWS) / 2
    assert json.loads(expand_text(form)) == json.loads(ROWS)


def test_a_pipe_into_a_model_sends_it_the_compressed_messages() -> None:
    pipe: Runnable[dict[str, Any], str] = PROMPT | HeadroomRunnable() | EchoingModel() | StrOutputParser()
    answer = pipe.invoke({"messages": MESSAGES})
    assert len(answer) < len(ROWS) / 2
    assert json.loads(expand_text(answer)) == json.loads(ROWS)


async def test_a_pipe_works_in_async_and_as_a_stream() -> None:
    pipe: Runnable[dict[str, Any], str] = PROMPT | HeadroomRunnable() | EchoingModel() | StrOutputParser()
    answer = pipe.invoke({"messages": MESSAGES})
    assert await pipe.ainvoke({"messages": MESSAGES}) == answer
    assert "".join(pipe.stream({"messages": MESSAGES})) == answer
    assert "".join([part async for part in pipe.astream({"messages": MESSAGES})]) == answer


def test_it_may_stand_first_or_last_in_a_pipe() -> None:
    assert_compressed((PROMPT | HeadroomRunnable()).invoke({"messages": MESSAGES}))
    first: Runnable[Any, int] = HeadroomRunnable() | RunnableLambda(len)
    assert first.invoke(MESSAGES) == 2
    plain: Runnable[Any, list[BaseMessage]] = RunnableLambda(lambda _: MESSAGES) | HeadroomRunnable()
    assert_compressed(plain.invoke(None))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("hello", [HumanMessage("hello")]),
        (ChatPromptTemplate([("human", "hello")]).invoke({}), [HumanMessage("hello")]),
        (
            [("system", "be brief"), {"role": "user", "content": "hello"}],
            [SystemMessage("be brief"), HumanMessage("hello")],
        ),
        ([], []),
    ],
)
def test_it_takes_what_a_chat_model_takes(given: Any, expected: list[BaseMessage]) -> None:
    assert HeadroomRunnable().invoke(given) == expected


@pytest.mark.parametrize("given", [3, None, [3], [{"role": "user"}], [("captain", "x")]])
async def test_what_holds_no_messages_is_refused(given: Any) -> None:
    with pytest.raises(TransformError, match="the input holds no messages"):
        HeadroomRunnable().invoke(given)
    with pytest.raises(TransformError, match="the input holds no messages"):
        await HeadroomRunnable().ainvoke(given)


async def test_sync_async_and_batches_are_the_same() -> None:
    runnable = HeadroomRunnable()
    expected = runnable.invoke(MESSAGES)
    assert_compressed(expected)
    assert expected[0] is MESSAGES[0]
    assert await runnable.ainvoke(MESSAGES) == expected
    assert runnable.batch([MESSAGES, "x"]) == [expected, [HumanMessage("x")]]
    assert await runnable.abatch([MESSAGES, "x"]) == [expected, [HumanMessage("x")]]


@pytest.mark.parametrize("mode", ["audit", "simulate"])
def test_observing_modes_hand_the_messages_on(mode: str) -> None:
    for runnable in (
        HeadroomRunnable(mode=mode),
        HeadroomRunnable(config=HeadroomConfig.model_validate({"default_mode": mode})),
    ):
        assert all(new is old for new, old in zip(runnable.invoke(MESSAGES), MESSAGES, strict=True))


def test_settings_act() -> None:
    config = HeadroomConfig(exclude_tools=("list_*",))
    messages = [ToolMessage(ROWS, tool_call_id="1", name="list_jobs")]
    assert HeadroomRunnable(config=config).invoke(messages)[0] is messages[0]
    with pytest.raises(TypeError, match="modle"):
        HeadroomRunnable(modle="gpt-4o")  # type: ignore[call-arg]


class Runs(BaseCallbackHandler):
    """Notes the runs of chains that it sees."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.seen.append((kwargs["name"], kwargs["tags"]))


async def test_the_call_settings_reach_the_callbacks_once() -> None:
    runs = Runs()
    HeadroomRunnable().with_config(run_name="compress").invoke(
        MESSAGES, {"callbacks": [runs], "tags": ["mine"]}
    )
    await HeadroomRunnable().ainvoke(MESSAGES, {"callbacks": [runs], "tags": ["mine"]})
    assert runs.seen == [("compress", ["mine"]), ("HeadroomRunnable", ["mine"])]


def test_copies_and_pickles_do_the_same() -> None:
    runnable = HeadroomRunnable(model="gpt-4o", config=HeadroomConfig(exclude_tools=("x",)))
    expected = runnable.invoke(MESSAGES)
    pickled = pickle.loads(pickle.dumps(runnable))  # noqa: S301 - our own bytes
    for other in (pickled, copy.deepcopy(runnable), copy.copy(runnable), runnable.model_copy()):
        assert (other.config, other.model, other.mode) == (runnable.config, runnable.model, runnable.mode)
        assert other.invoke(MESSAGES) == expected


class CountsNothing:
    """A counter by which no text is ever long enough."""

    exact = True

    def count(self, text: str) -> int:
        return 0


def test_a_setting_can_be_left_to_the_call() -> None:
    runnable = HeadroomRunnable().configurable_fields(mode=ConfigurableField("mode"))
    assert_compressed(runnable.invoke(MESSAGES))
    assert runnable.invoke(MESSAGES, {"configurable": {"mode": "audit"}})[1] is MESSAGES[1]
    counting = HeadroomRunnable(counter=CountsNothing()).configurable_fields(mode=ConfigurableField("mode"))
    assert counting.invoke(MESSAGES, {"configurable": {"mode": "optimize"}})[1] is MESSAGES[1]


def test_schemas_can_be_shown() -> None:
    runnable = HeadroomRunnable()
    assert "anyOf" in runnable.get_input_jsonschema()
    assert runnable.get_output_jsonschema()["type"] == "array"
