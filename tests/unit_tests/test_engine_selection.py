"""Selection in a conversation: what a budget has no room for is announced, kept elsewhere, and causal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom_langchain.config import HeadroomConfig
from headroom_langchain.engine import Engine
from headroom_langchain.exceptions import StorageError
from headroom_langchain.originals import Original, Originals
from headroom_langchain.results import Loss
from headroom_langchain.transforms.marker import read_header

ORDERS = json.dumps(
    [
        {
            "order": f"W{i * 7919 % 1000003:07d}",
            "customer": f"customer_{i * 31 % 977}",
            "status": "failed" if i in (71, 404) else "shipped",
            "total": round(20 + i * 17.3 % 180, 2) if i != 333 else 98111.5,
            "note": "address checked by hand" if i == 250 else "",
        }
        for i in range(600)
    ]
)


def conversation(question: str = "Where is order W0039595?", **result: Any) -> list[BaseMessage]:
    return [
        HumanMessage(question),
        AIMessage("", tool_calls=[{"name": "list_orders", "args": {"year": 2024}, "id": "call_1"}]),
        ToolMessage(ORDERS, tool_call_id="call_1", name="list_orders", **result),
    ]


def engine(**selection: object) -> Engine:
    return Engine(HeadroomConfig.model_validate({"selection": selection}), originals=Originals())


def test_a_large_result_fits_its_budget_and_says_what_was_left_out() -> None:
    result = engine(budget_tokens=2000).compress(conversation(), thread="t")
    sent = result.messages[2]
    assert isinstance(sent.content, str)
    assert result.decisions[2].loss is Loss.SELECTED
    assert result.decisions[2].tokens_after <= 2000 + 20  # the message's own frame
    header = read_header(sent.content)
    assert header is not None
    assert header[0] == "omitted"
    assert " of 600 rows" in header[1]


@pytest.mark.parametrize("wanted", ["W0039595", "failed", "98111.5", "address checked by hand"])
def test_what_was_asked_for_errors_and_outliers_stay(wanted: str) -> None:
    sent = (
        engine(budget_tokens=1500).compress(conversation("Where is order W0039595?"), thread="t").messages[2]
    )
    assert wanted in sent.text


def test_every_byte_of_the_rest_can_be_fetched() -> None:
    store = Originals()
    sent = Engine(originals=store).compress(conversation(), thread="t", user="u").messages[2]
    header = read_header(sent.text)
    assert header is not None
    ref = header[1].rpartition(" ")[2]
    found = store.get(ref, thread="t", user="u")
    assert isinstance(found, Original)
    assert found.text == ORDERS
    assert not isinstance(store.get(ref, thread="another", user="u"), Original)
    assert not isinstance(store.get(ref, thread="t", user="somebody"), Original)


def test_without_a_store_nothing_is_left_out() -> None:
    result = Engine().compress(conversation())
    assert result.decisions[2].loss is Loss.LOSSLESS


def test_a_later_question_changes_no_earlier_form() -> None:
    first = conversation()
    later = [*first, AIMessage("It is on its way."), HumanMessage("And what about customer_404?")]
    assert engine().compress(later, thread="t").messages[:3] == engine().compress(first, thread="t").messages


def test_the_same_engine_gives_the_same_form_again() -> None:
    own = engine()
    assert (
        own.compress(conversation(), thread="t").messages == own.compress(conversation(), thread="t").messages
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": False},
        {"budget_tokens": None},
        {"budget_tokens": 100_000},
        {"min_tokens": 1_000_000},
        {"kinds": ("log",)},
        {"tools": {"list_*": {"lossless_only": True}}},
        {"tools": {"list_*": {"budget_tokens": 100_000}}},
    ],
)
def test_settings_that_leave_room_keep_everything(changes: dict[str, object]) -> None:
    assert engine(**changes).compress(conversation()).decisions[2].loss is Loss.LOSSLESS


@pytest.mark.parametrize(
    ("changes", "tokens"),
    [
        ({"budget_ratio": 0.05, "budget_tokens": None}, 1500),
        ({"budget_tokens": 700}, 700),
        ({"tools": {"list_*": {"budget_tokens": 600}}}, 600),
        ({"tools": {"list_orders": {"budget_ratio": 0.04}, "*": {"lossless_only": True}}}, 1300),
    ],
)
def test_the_smallest_budget_holds(changes: dict[str, object], tokens: int) -> None:
    decision = engine(**changes).compress(conversation()).decisions[2]
    assert decision.loss is Loss.SELECTED
    assert decision.tokens_after <= tokens + 20


def test_a_share_of_the_context_window_is_a_budget() -> None:
    config = HeadroomConfig.model_validate(
        {
            "selection": {"budget_share": 0.01, "budget_tokens": None},
            "model_context_limits": {"gpt-4o": 80_000},
        }
    )
    decision = (
        Engine(config, model="gpt-4o-mini", originals=Originals()).compress(conversation()).decisions[2]
    )
    assert decision.tokens_after <= 800 + 20


def test_error_results_are_never_selected_from() -> None:
    result = engine().compress(conversation(status="error"))
    assert result.decisions[2].loss is Loss.LOSSLESS


class BrokenOriginals(Originals):
    def put(self, text: str, **how: Any) -> str:
        raise StorageError("the disk is full")

    async def aput(self, text: str, **how: Any) -> str:
        raise StorageError("the disk is full")


async def test_a_store_that_fails_leaves_nothing_out_and_is_reported() -> None:
    own = Engine(originals=BrokenOriginals())
    for result in (own.compress(conversation()), await own.acompress(conversation())):
        assert result.decisions[2].loss is Loss.LOSSLESS
        assert any("could not be stored" in warning for warning in result.warnings)


async def test_sync_and_async_select_the_same() -> None:
    assert (await engine().acompress(conversation(), thread="t")).messages == engine().compress(
        conversation(), thread="t"
    ).messages
