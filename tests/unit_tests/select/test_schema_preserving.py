"""Results that are parsed stay valid text of their kind with original items alone, and who runs it is told."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom_langchain.config import HeadroomConfig
from headroom_langchain.engine import Engine
from headroom_langchain.originals import Original, Originals
from headroom_langchain.results import ContentKind, Loss
from headroom_langchain.transforms.detect import detect
from tests.unit_tests.strategies import csv_texts, json_texts, jsonl_texts, record_lists

if TYPE_CHECKING:
    from headroom_langchain.results import TransformResult

CASES = Path(__file__).parents[3] / "benchmarks" / "cases"
QUESTION = "Which repository has the most open issues?"


def call(text: str, *, question: str = QUESTION, tool: str = "list_rows") -> list[BaseMessage]:
    return [
        HumanMessage(question),
        AIMessage("", tool_calls=[{"name": tool, "args": {}, "id": "1"}]),
        ToolMessage(text, tool_call_id="1", additional_kwargs={"kept": True}, artifact=[1]),
    ]


def engine(budget: int = 600, *, originals: Originals | None = None, **selection: Any) -> Engine:
    given = {"budget_tokens": budget, "min_tokens": 0, "schema_preserving": True, **selection}
    return Engine(HeadroomConfig.model_validate({"selection": given}), originals=originals or Originals())


def sent(result: TransformResult) -> str:
    content = result.messages[2].content
    assert isinstance(content, str)
    return content


def real(name: str) -> str:
    case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    texts = [message["content"] for message in case["messages"] if message.get("role") == "tool"]
    return str(max(texts, key=len))


def test_real_records_stay_json_of_original_items_within_the_budget() -> None:
    text = real("json_repositories")
    whole = json.loads(text)
    result = engine(6000).compress(call(text))
    assert result.decisions[2].loss is Loss.SELECTED
    assert result.decisions[2].form == "parseable"
    assert result.decisions[2].tokens_after <= 6000 + 20  # the message's own frame
    kept = json.loads(sent(result))
    assert type(kept) is type(whole)
    assert kept == [row for row in whole if row in kept]
    assert 0 < len(kept) < len(whole)


def test_a_wrapped_array_is_shortened_and_all_around_it_stays() -> None:
    rows = [{"id": n, "state": "failed" if n == 77 else "ready"} for n in range(400)]
    text = json.dumps({"page": 1, "next": None, "rows": rows, "total": 400}, indent=1)
    kept = json.loads(sent(engine().compress(call(text, question="What is the state of 123?"))))
    assert list(kept) == ["page", "next", "rows", "total"]
    assert (kept["page"], kept["next"], kept["total"]) == (1, None, 400)
    assert [row for row in rows if row in kept["rows"]] == kept["rows"]
    assert {77, 123, 0, 399} <= {row["id"] for row in kept["rows"]}


def test_real_csv_keeps_its_header_and_whole_records() -> None:
    text = real("csv_timezones")
    result = engine().compress(call(text))
    lines = text.splitlines()
    written = sent(result).splitlines()
    assert result.decisions[2].loss is Loss.SELECTED
    assert written[0] == lines[0]
    assert 1 < len(written) < len(lines)
    assert set(written) <= set(lines)
    assert {len(record) for record in csv.reader(written)} == {len(record) for record in csv.reader(lines)}


def test_json_lines_stay_json_lines() -> None:
    lines = [json.dumps({"id": n, "say": f"größe {n * 7919 % 101}"}, ensure_ascii=False) for n in range(300)]
    result = engine().compress(call("\n".join(lines) + "\n"))
    assert result.decisions[2].loss is Loss.SELECTED
    assert set(sent(result).splitlines()) < set(lines)


def test_what_was_left_out_is_told_in_the_decision_and_can_be_fetched() -> None:
    store = Originals()
    text = json.dumps([{"id": n, "n": n * n} for n in range(500)])
    result = engine(originals=store).compress(call(text), thread="t")
    (omission,) = result.decisions[2].omissions
    assert omission.total == 500
    assert omission.kept == len(json.loads(sent(result)))
    found = store.get(omission.ref, thread="t")
    assert isinstance(found, Original)
    assert found.text == text
    assert "the model is not told" in result.decisions[2].reason


def test_nothing_but_the_content_changes() -> None:
    messages = call(json.dumps([{"id": n} for n in range(500)]))
    result = engine().compress(messages)
    assert result.messages[2] == messages[2].model_copy(update={"content": sent(result)})


@pytest.mark.parametrize("where", ["within the budget", "without a store", "repeated", "an error"])
def test_what_is_not_shortened_is_sent_as_it_was(where: str) -> None:
    text = json.dumps([{"id": n, "state": "ready"} for n in range(200)])
    own = engine(50_000) if where in ("within the budget", "repeated") else engine()
    if where == "without a store":
        own = Engine(own.config)
    messages = call(text)
    if where == "an error":
        messages[2] = ToolMessage(text, tool_call_id="1", status="error")
    if where == "repeated":
        messages += [ToolMessage(text, tool_call_id="2", name="list_rows")]
    result = own.compress(messages)
    assert [one is other for one, other in zip(result.messages, messages, strict=True)] == [True] * len(
        messages
    )


def test_a_rule_holds_for_its_tools_alone() -> None:
    text = json.dumps([{"id": n, "state": "ready"} for n in range(400)])
    own = engine(schema_preserving=False, tools={"list_*": {"schema_preserving": True}})
    assert json.loads(sent(own.compress(call(text))))
    assert sent(own.compress(call(text, tool="find_rows"))).startswith("[headroom:")


def test_two_tools_with_the_same_result_get_their_own_forms() -> None:
    text = json.dumps([{"id": n, "n": n * 7919 % 1009} for n in range(400)])
    own = engine(schema_preserving=False, tools={"list_*": {"schema_preserving": True}})
    assert sent(own.compress(call(text, tool="find_rows"))).startswith("[headroom:")
    assert json.loads(sent(own.compress(call(text))))


def test_text_of_other_kinds_is_compressed_as_ever() -> None:
    log = "\n".join(f"2026-01-07T10:00:{n % 60:02d}Z INFO worker-{n % 4} took {n} ms" for n in range(300))
    assert sent(engine().compress(call(log))).startswith("[headroom:")


async def test_sync_and_async_shorten_the_same() -> None:
    messages = call(json.dumps([{"id": n} for n in range(500)]))
    assert (await engine().acompress(messages)).messages == engine().compress(messages).messages


@settings(max_examples=60)
@given(rows=record_lists(), budget=st.integers(50, 400))
def test_any_array_of_records_stays_valid_json_of_original_items(rows: list[str], budget: int) -> None:
    text = "[" + ", ".join(rows) + "]"
    result = engine(budget).compress(call(text))
    written = sent(result)
    assert isinstance(json.loads(written), list)
    if written != text:
        assert result.decisions[2].loss is Loss.SELECTED
        assert result.decisions[2].tokens_after <= budget + 20
        # The rows that stayed stand as they were written, in their order.
        position = 0
        for row in rows:
            position += len(row) if written.startswith(row, position + 1) else 0
            position += len(", ") if written.startswith(", ", position + 1) else 0
        assert written[position + 1 :] == "]"


@settings(max_examples=60)
@given(text=st.one_of(json_texts, jsonl_texts, csv_texts()), budget=st.integers(50, 300))
def test_any_text_stays_valid_text_of_its_kind(text: str, budget: int) -> None:
    kind = detect(text)
    written = sent(engine(budget).compress(call(text)))
    if kind is ContentKind.JSON and written != text:
        json.loads(written)
    elif kind is ContentKind.JSONL:
        assert set(written.split("\n")) <= set(text.split("\n"))
    elif kind is ContentKind.CSV:
        assert written.split("\n", maxsplit=1)[0] == text.split("\n", maxsplit=1)[0]
        assert set(written.split("\n")) <= set(text.split("\n"))
