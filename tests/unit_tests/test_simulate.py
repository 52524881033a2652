"""A simulation says what a compression would do, and every field of it is filled."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from headroom_langchain import (
    Engine,
    HeadroomConfig,
    TransformError,
    block_breakdown,
    optimize_messages,
    simulate,
    waste_signals,
)
from headroom_langchain.prices import input_price
from headroom_langchain.tokens import counter_for
from tests.unit_tests.strategies import conversations

ROWS = json.dumps([{"id": row, "state": "ready", "owner": None} for row in range(60)], indent=2)
CONVERSATION: list[BaseMessage] = [
    SystemMessage("You are a clerk. Answer in one sentence. Today is 2026-01-07. Be brief, be kind."),
    HumanMessage("How many jobs are ready?"),
    AIMessage("", tool_calls=[{"name": "jobs", "args": {}, "id": "1"}]),
    ToolMessage(ROWS, tool_call_id="1"),
]


def test_a_simulation_is_the_plan_of_the_engine() -> None:
    plan = simulate(CONVERSATION, model="gpt-4o")
    result = Engine(model="gpt-4o").compress(CONVERSATION)
    assert plan.messages_optimized == result.messages
    assert (plan.tokens_before, plan.tokens_after, plan.tokens_saved, plan.transforms, plan.estimated) == (
        result.tokens_before,
        result.tokens_after,
        result.tokens_saved,
        ("records",),
        False,
    )
    assert plan.tokens_saved > 500


def test_every_field_is_filled() -> None:
    plan = simulate(CONVERSATION, model="gpt-4o")
    counter = counter_for("gpt-4o")
    assert plan.block_breakdown == block_breakdown(CONVERSATION, counter)
    assert sum(plan.block_breakdown.values()) == plan.tokens_before
    assert plan.waste_signals == waste_signals(CONVERSATION, counter)
    assert plan.waste_signals.json_bloat_tokens > 0
    assert plan.waste_signals.dynamic_date_tokens > 0
    assert len(plan.stable_prefix_hash) == 32
    assert 0 < plan.cache_alignment_score < 100
    empty = [one.name for one in dataclasses.fields(plan) if getattr(plan, one.name) in (None, "", 0, [], {})]
    assert empty == ["estimated"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.tokens_saved = 0  # type: ignore[misc]


def test_savings_are_the_models_list_price() -> None:
    plan = simulate(CONVERSATION, model="gpt-4o")
    # gpt-4o reads a million tokens for 2.50 dollars.
    assert plan.estimated_savings_usd == Decimal("2.5") * plan.tokens_saved / 1_000_000
    assert plan.estimated_savings == f"${plan.estimated_savings_usd:.4f} per call"
    assert simulate(CONVERSATION, model="openai/gpt-4o").estimated_savings_usd == plan.estimated_savings_usd


@pytest.mark.parametrize("model", [None, "", "my-own-model", "nobody/gpt-4o", "nobody:", "/"])
def test_a_price_is_never_guessed(model: str | None) -> None:
    plan = simulate(CONVERSATION, model=model)
    assert (plan.estimated_savings, plan.estimated_savings_usd) == ("unknown", None)


def test_a_vendor_before_the_name_finds_the_vendors_price() -> None:
    assert (
        input_price("anthropic:claude-sonnet-4-5", 1000) == input_price("claude-sonnet-4-5", 1000) is not None
    )


def test_the_score_is_the_share_of_system_tokens_before_the_first_date() -> None:
    count = counter_for("gpt-4o").count
    head, tail = "You are a clerk. Answer in one sentence. ", "2026-01-07 is today. It is 10:05."
    expected = round(100 * count(head) / count(head + tail), 1)
    assert simulate([SystemMessage(head + tail)], model="gpt-4o").cache_alignment_score == expected
    # What follows the first date in other system messages is lost as well.
    more = [
        SystemMessage("Be kind."),
        SystemMessage(["Now: ", tail]),
        ChatMessage(content=head, role="system"),
    ]
    before = count("Be kind.") + count("Now: ")
    whole = before + count(tail) + count(head)
    assert simulate(more, model="gpt-4o").cache_alignment_score == round(100 * before / whole, 1)


@pytest.mark.parametrize(
    ("messages", "score"),
    [
        ([], 100.0),
        ([HumanMessage("It is 2026-01-07.")], 100.0),
        ([SystemMessage("Be kind.")], 100.0),
        ([SystemMessage("")], 100.0),
        ([SystemMessage("2026-01-07")], 0.0),
        ([SystemMessage("Be kind."), HumanMessage("Hi"), SystemMessage("2026-01-07")], 100.0),
    ],
)
def test_the_score_is_whole_without_a_date_in_the_prefix(messages: list[BaseMessage], score: float) -> None:
    assert simulate(messages).cache_alignment_score == score


def test_the_prefix_hash_is_that_of_the_system_messages_before_the_first_human_one() -> None:
    system, other = SystemMessage("Be kind.", id="a"), SystemMessage("Be quick.")

    def prefix(*messages: BaseMessage) -> str:
        return simulate(messages).stable_prefix_hash

    assert prefix(system) == prefix(system, HumanMessage("Hi"), other) == prefix(SystemMessage("Be kind."))
    assert len({prefix(), prefix(system), prefix(other), prefix(system, other), prefix(other, system)}) == 5
    assert prefix(SystemMessage(["a", "b"])) != prefix(SystemMessage("a"), SystemMessage("b"))


def test_messages_are_not_changed_whatever_the_mode() -> None:
    before = [message.model_copy(deep=True) for message in CONVERSATION]
    plan = simulate(CONVERSATION, config=HeadroomConfig(default_mode="audit"))
    assert before == CONVERSATION
    assert plan.messages_optimized[3].content != ROWS
    assert plan.tokens_after == optimize_messages(CONVERSATION).tokens_after


def test_what_is_no_conversation_is_refused() -> None:
    with pytest.raises(TransformError):
        simulate("hello")  # type: ignore[arg-type]


@given(conversations)
@settings(max_examples=40)
def test_no_conversation_raises(messages: list[BaseMessage]) -> None:
    plan = simulate(messages, model="gpt-4o")
    assert len(plan.messages_optimized) == len(messages)
    assert 0 <= plan.tokens_saved == plan.tokens_before - plan.tokens_after
    assert 0 <= plan.cache_alignment_score <= 100
    assert plan.waste_signals.total() <= plan.tokens_before
