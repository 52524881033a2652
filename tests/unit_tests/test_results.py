"""What a run reports: every field is filled with what happened."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom_langchain import HeadroomConfig, optimize_messages
from headroom_langchain.memo import Memo, text_key
from headroom_langchain.prefix import prefix_metrics, request_hash

if TYPE_CHECKING:
    from headroom_langchain import TransformResult

ROWS = json.dumps([{"id": row, "state": "ready", "owner": None} for row in range(40)])
OTHER_ROWS = json.dumps([{"id": row * 7, "size": row * row} for row in range(40)])
LOG = "".join(
    f"2026-01-07T10:00:{row:02d}Z INFO worker finished job {row * 48271 % 9973} in 12 ms\n"
    for row in range(60)
)
CONVERSATION: list[BaseMessage] = [
    HumanMessage("How many jobs failed?"),
    ToolMessage(ROWS, tool_call_id="1"),
    ToolMessage([LOG, OTHER_ROWS], tool_call_id="2"),
]
ARTIFACT = HeadroomConfig(generate_diff_artifact=True)


def test_forms_are_reported_in_order_of_use() -> None:
    result = optimize_messages(CONVERSATION)
    assert result.transforms_applied == ("records", "lines")
    assert [decision.form for decision in result.decisions] == ["original", "records", "lines+records"]
    assert [marker.split()[0].rstrip("]") for marker in result.markers_inserted] == [
        "[headroom:records",
        "[headroom:lines",
        "[headroom:records",
    ]
    assert result.warnings == ()
    assert not result.estimated


def test_an_artifact_sums_up_each_form() -> None:
    result = optimize_messages(CONVERSATION, config=ARTIFACT)
    artifact = result.diff_artifact
    assert artifact is not None
    assert (artifact.original_tokens, artifact.optimized_tokens) == (
        result.tokens_before,
        result.tokens_after,
    )
    assert (
        artifact.total_tokens_saved
        == result.tokens_saved
        == sum(diff.tokens_saved for diff in artifact.transforms)
    )
    assert [
        (diff.transform_name, diff.items_kept, diff.items_removed, diff.details)
        for diff in artifact.transforms
    ] == [
        ("records", 2, 0, "messages 1, 2"),
        ("lines", 1, 0, "messages 2"),
    ]
    assert all(diff.tokens_before - diff.tokens_after == diff.tokens_saved for diff in artifact.transforms)
    assert optimize_messages(CONVERSATION).diff_artifact is None


def test_a_request_has_the_same_name_in_every_process() -> None:
    code = (
        "from langchain_core.messages import HumanMessage; from headroom_langchain.prefix import request_hash;"
        "print(request_hash([HumanMessage('größe \\ud800', name='me')]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == request_hash([HumanMessage("größe \ud800", name="me", id="another")])


@pytest.mark.parametrize(
    "other",
    [
        HumanMessage("b"),
        AIMessage("a"),
        HumanMessage("a", name="me"),
        AIMessage("a", tool_calls=[{"name": "f", "args": {}, "id": "1"}]),
    ],
)
def test_a_request_is_named_by_all_that_is_sent(other: BaseMessage) -> None:
    assert request_hash([HumanMessage("a")]) != request_hash([other])
    assert request_hash([HumanMessage("a"), other]) != request_hash([other, HumanMessage("a")])


def compared(first: list[BaseMessage], second: list[BaseMessage], **settings: Any) -> TransformResult:
    return optimize_messages(second, previous=optimize_messages(first, **settings), **settings)


def test_a_conversation_that_grows_keeps_its_prefix() -> None:
    result = compared(CONVERSATION, [*CONVERSATION, AIMessage("None failed.")])
    metrics = result.cache_metrics
    assert metrics is not None
    assert not metrics.prefix_changed
    assert (
        metrics.stable_prefix_hash
        == metrics.previous_hash
        == request_hash(optimize_messages(CONVERSATION).messages)
    )
    assert metrics.stable_prefix_tokens_est == sum(decision.tokens_after for decision in result.decisions[:3])
    assert 0 < metrics.stable_prefix_bytes < len(ROWS) + len(LOG)


def test_an_edited_message_ends_the_prefix() -> None:
    edited = [CONVERSATION[0], ToolMessage(ROWS.replace("ready", "done"), tool_call_id="1"), CONVERSATION[2]]
    metrics = compared(CONVERSATION, edited).cache_metrics
    assert metrics is not None
    assert metrics.prefix_changed
    assert metrics.stable_prefix_hash == request_hash(CONVERSATION[:1]) != metrics.previous_hash


def test_in_audit_the_prefix_is_that_of_the_originals() -> None:
    metrics = compared(CONVERSATION, CONVERSATION, mode="audit").cache_metrics
    assert metrics is not None
    assert metrics.stable_prefix_tokens_est == optimize_messages(CONVERSATION).tokens_before
    assert metrics.stable_prefix_hash == request_hash(CONVERSATION)


def test_without_an_earlier_request_no_prefix_is_claimed() -> None:
    assert optimize_messages(CONVERSATION).cache_metrics is None


def test_a_prefix_of_contents_that_contain_themselves_is_still_named() -> None:
    knot: list[Any] = []
    knot.append(knot)
    result = optimize_messages([HumanMessage("x").model_copy(update={"content": knot})])
    assert not prefix_metrics(result, result).prefix_changed


def test_results_cannot_be_changed() -> None:
    result = optimize_messages(CONVERSATION)
    for frozen in (result, result.decisions[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            frozen.tokens_before = 0  # type: ignore[misc]


def test_a_memo_forgets_what_was_not_used_for_longest() -> None:
    memo: Memo[str] = Memo(limit=30)
    for name in "abc":
        memo.put(text_key(name), name, 10)
    assert memo.get(text_key("a")) == "a"
    memo.put(text_key("d"), "d", 10)
    memo.put(text_key("huge"), "huge", 31)
    assert [memo.get(text_key(name)) for name in ("a", "b", "c", "d", "huge")] == ["a", None, "c", "d", None]
    memo.put(text_key("a"), "A", 30)
    assert [memo.get(text_key(name)) for name in "acd"] == ["A", None, None]


def test_texts_that_differ_in_a_lone_surrogate_have_different_keys() -> None:
    assert len({text_key("\ud800"), text_key("\ud801"), text_key("\ufffd"), text_key("")}) == 4


def test_a_content_of_thousands_of_levels_does_not_break_the_report() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    message = ToolMessage("x", tool_call_id="1", additional_kwargs={"deep": deep})
    config = HeadroomConfig(generate_diff_artifact=True)
    result = optimize_messages([message], config=config)
    assert result.diff_artifact is not None
    assert optimize_messages([message], config=config, previous=result).cache_metrics is not None
