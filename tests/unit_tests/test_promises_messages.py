"""The promises about messages: causal, nothing else changes, fail open, only new messages cost, sync is async."""

from __future__ import annotations

import asyncio
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, FunctionMessage, HumanMessage, ToolMessage

from headroom_langchain import Engine, HeadroomConfig, Loss, expand_messages, optimize_messages
from headroom_langchain.content import plain_texts
from headroom_langchain.tokens import counter_for
from tests.unit_tests.strategies import contents, conversations, json_tables, log_texts, messages
from tests.unit_tests.test_promises_text import assert_same_text

if TYPE_CHECKING:
    from headroom_langchain.tokens import TokenCounter

EAGER = HeadroomConfig.model_validate({"lossless": {"min_tokens": 0}})
ALL_ROLES = EAGER.model_copy(update={"compress_system": True, "compress_human": True, "compress_ai": True})

configs = st.sampled_from(
    [EAGER, ALL_ROLES, HeadroomConfig(), EAGER.model_copy(update={"exclude_tools": ("read_*", "list jobs")})]
)
compressible = conversations | st.lists(
    messages(contents(st.one_of(json_tables, log_texts()))), min_size=1, max_size=4
)


@dataclass
class RecordingCounter:
    """The exact counter, with a record of what it was asked."""

    seen: list[str] = field(default_factory=list)
    inner: TokenCounter = field(default_factory=lambda: counter_for(None))

    @property
    def exact(self) -> bool:
        return self.inner.exact

    def count(self, text: str) -> int:
        self.seen.append(text)
        return self.inner.count(text)


def state(message: BaseMessage) -> dict[str, Any]:
    """All that a message holds but its content."""
    held = {**message.__dict__, **(message.__pydantic_extra__ or {})}
    del held["content"]
    return held


@settings(max_examples=60)
@given(conversation=compressible, config=configs, data=st.data())
def test_the_form_of_a_message_depends_on_nothing_after_it(
    conversation: list[BaseMessage], config: HeadroomConfig, data: st.DataObject
) -> None:
    whole = Engine(config).compress(conversation)
    cut = data.draw(st.integers(0, len(conversation)))
    part = Engine(config).compress(conversation[:cut])
    assert part.messages == whole.messages[:cut]
    assert part.decisions == whole.decisions[:cut]


@settings(max_examples=40)
@given(first=compressible, second=compressible)
def test_what_an_engine_saw_before_changes_no_result(
    first: list[BaseMessage], second: list[BaseMessage]
) -> None:
    used = Engine(ALL_ROLES)
    used.compress(first)
    used.compress([*second, *first])
    assert used.compress(second) == Engine(ALL_ROLES).compress(second)


@settings(max_examples=80)
@given(conversation=compressible, config=configs)
def test_nothing_but_content_changes(conversation: list[BaseMessage], config: HeadroomConfig) -> None:
    before = pickle.dumps([(type(message), message.content, state(message)) for message in conversation])
    result = Engine(config).compress(conversation)
    assert len(result.messages) == len(result.decisions) == len(conversation)
    restored = expand_messages(result.messages)
    for old, new, back, decision in zip(
        conversation, result.messages, restored, result.decisions, strict=True
    ):
        assert decision.reason
        if decision.loss is Loss.UNCHANGED:
            assert new is old
        else:
            assert type(new) is type(old)
            assert all(
                new_value is old_value
                for new_value, old_value in zip(state(new).values(), state(old).values(), strict=True)
            )
            assert list(state(new)) == list(state(old))
            assert_only_texts_differ(old.content, new.content, back.content)
    assert (
        pickle.dumps([(type(message), message.content, state(message)) for message in conversation]) == before
    )


def assert_only_texts_differ(old: Any, new: Any, back: Any) -> None:
    assert type(new) is type(old)
    if isinstance(old, str):
        assert_same_text(back if new is not old else new, old)
    elif isinstance(old, list):
        for before, after, again in zip(old, new, back, strict=True):
            if isinstance(before, str):
                assert_only_texts_differ(before, after, again)
            elif after is not before:
                assert before["type"] in {"text", "tool_result"}
                assert list(after) == list(before)
                changed = "text" if before["type"] == "text" else "content"
                assert all(after[key] is before[key] for key in before if key != changed)
                assert_only_texts_differ(before[changed], after[changed], again[changed])


@settings(max_examples=60)
@given(conversation=conversations)
def test_only_tool_results_are_touched_by_default(conversation: list[BaseMessage]) -> None:
    result = Engine(EAGER).compress(conversation)
    for old, new in zip(conversation, result.messages, strict=True):
        if isinstance(old, HumanMessage) and isinstance(old.content, list):
            for before, after in zip(old.content, new.content, strict=True):
                assert after is before or (isinstance(before, dict) and before["type"] == "tool_result")
        elif not isinstance(old, ToolMessage | FunctionMessage):
            assert new is old


@settings(max_examples=60)
@given(conversation=compressible, config=configs)
def test_no_message_is_larger_and_the_sums_are_right(
    conversation: list[BaseMessage], config: HeadroomConfig
) -> None:
    result = Engine(config).compress(conversation)
    assert all(decision.tokens_after <= decision.tokens_before for decision in result.decisions)
    assert result.tokens_before == sum(decision.tokens_before for decision in result.decisions)
    assert result.tokens_after == sum(decision.tokens_after for decision in result.decisions)
    again = Engine(config).compress(result.messages)
    assert again.messages == result.messages
    assert again.tokens_before == result.tokens_after


@settings(max_examples=60)
@given(conversation=compressible, config=configs)
def test_sync_and_async_are_the_same(conversation: list[BaseMessage], config: HeadroomConfig) -> None:
    assert asyncio.run(Engine(config).acompress(conversation)) == Engine(config).compress(conversation)


@settings(max_examples=40)
@given(conversation=compressible)
def test_a_shared_engine_gives_every_thread_the_same(conversation: list[BaseMessage]) -> None:
    shared = Engine(ALL_ROLES)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(shared.compress, [conversation] * 6))
    assert all(result == Engine(ALL_ROLES).compress(conversation) for result in results)


@settings(max_examples=40)
@given(conversation=compressible, mode=st.sampled_from(["audit", "simulate"]))
def test_observing_modes_give_back_the_same_objects_and_the_same_figures(
    conversation: list[BaseMessage], mode: str
) -> None:
    observed = optimize_messages(conversation, config=EAGER, mode=mode)
    assert all(new is old for new, old in zip(observed.messages, conversation, strict=True))
    assert observed.decisions == optimize_messages(conversation, config=EAGER, mode="optimize").decisions
    assert not observed.applied


class OddMessage(ToolMessage):
    """A message whose content was set to something that no content may be."""

    def with_content(self, content: Any) -> OddMessage:
        return self.model_copy(update={"content": content})


def test_odd_contents_pass_as_they_are() -> None:
    knot: list[Any] = ["text"]
    knot.append(knot)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    result_in_itself: dict[str, Any] = {"type": "tool_result"}
    result_in_itself["content"] = [result_in_itself]
    message = OddMessage(content="x", tool_call_id="1")
    odd = [
        None,
        3,
        {"rows": [1]},
        knot,
        deep,
        [result_in_itself],
        [b"bytes"],
        object(),
        ("a",),
        [{"type": ["text"]}],
    ]
    conversation: list[BaseMessage] = [message.with_content(content) for content in odd]
    result = Engine(EAGER).compress(conversation)
    assert all(new is old for new, old in zip(result.messages, conversation, strict=True))
    assert all(decision.reason for decision in result.decisions)


class BrokenCounter:
    """A user's counter that fails on some texts."""

    exact = True

    def count(self, text: str) -> int:
        if "poison" in text:
            raise RecursionError("too deep")
        return len(text)


def test_a_failure_costs_one_message_and_is_reported() -> None:
    rows = "ready\n" * 200
    conversation: list[BaseMessage] = [
        ToolMessage("poison " + rows, tool_call_id="1"),
        ToolMessage(rows, tool_call_id="2"),
        HumanMessage("poison"),
    ]
    result = Engine(EAGER, counter=BrokenCounter()).compress(conversation)
    assert result.messages[0] is conversation[0]
    assert result.decisions[0].reason == "left as it was: RecursionError: too deep"
    assert result.warnings == tuple(
        f"message {index}: left as it was: RecursionError: too deep" for index in (0, 2)
    )
    assert result.estimated
    assert result.decisions[1].tokens_before >= len(rows)
    assert result.decisions[1].kind is not None


@settings(max_examples=30)
@given(conversation=compressible, new=messages())
def test_a_turn_counts_only_its_new_message(conversation: list[BaseMessage], new: BaseMessage) -> None:
    counter = RecordingCounter()
    engine = Engine(EAGER, counter=counter)
    sent = engine.compress(conversation).messages
    earlier = {text for message in (*conversation, *sent) for text in plain_texts(message.content)}
    counter.seen.clear()
    engine.compress([*conversation, new])
    # Samples that an encoder counts may be the same in two messages; whole texts are counted once.
    counted_for_new = set(plain_texts(engine.compress([*conversation, new]).messages[-1].content))
    assert not (earlier - counted_for_new) & set(counter.seen)
    counter.seen.clear()
    engine.compress([*conversation, new])
    assert counter.seen == []


def test_a_text_that_stays_is_counted_once() -> None:
    texts = [f"unique prose number {index}, which no form makes smaller" for index in range(3)]
    counter = RecordingCounter()
    Engine(counter=counter).compress(
        [HumanMessage(texts[0]), AIMessage(texts[1]), ToolMessage(texts[2], tool_call_id="1")]
    )
    assert [counter.seen.count(text) for text in texts] == [1, 1, 1]


@settings(max_examples=20)
@given(conversation=compressible)
def test_copies_of_an_engine_decide_alike(conversation: list[BaseMessage]) -> None:
    engine = Engine(EAGER, model="gpt-4o")
    expected = engine.compress(conversation)
    pickled = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes
    for other in (pickled, copy.deepcopy(engine), copy.copy(engine)):
        assert other.compress(conversation) == expected
