"""Fixed rules: what stays of a JSON result, how it is announced, and that every setting of them acts."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom_langchain import expand_text
from headroom_langchain.config import HeadroomConfig, ToolCrusherConfig, ToolProfile
from headroom_langchain.engine import Engine
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.originals import Original, Originals
from headroom_langchain.results import Loss
from headroom_langchain.transforms.marker import read_header
from headroom_langchain.transforms.select.crush import GAP, Crushed, crush, cut_string
from tests.unit_tests.strategies import any_text, json_texts, record_lists, texts

CASES = Path(__file__).parents[3] / "benchmarks" / "cases"
WORDS = "the quick brown fox jumps over the lazy dog and runs away from it "
ROWS = [
    {
        "id": n,
        "state": "failed" if n == 250 else "ready",
        "size": 98_111 if n == 333 else 100 + n * 31 % 97,
        "note": WORDS * 30 if n == 499 else "",
        "parts": [{"part": n * 12 + k, "at": {"shelf": {"row": {"place": [k, k]}}}} for k in range(12)],
        "message": WORDS * 25 if n == 0 else "",
    }
    for n in range(500)
]


def call(text: str, *, tool: str = "list_orders", question: str = "How is 123?") -> list[BaseMessage]:
    return [
        HumanMessage(question),
        AIMessage("", tool_calls=[{"name": tool, "args": {}, "id": "1"}]),
        ToolMessage(text, tool_call_id="1"),
    ]


def engine(selection: dict[str, Any] | None = None, **rules: Any) -> Engine:
    config = {"tool_crusher": {"enabled": True, **rules}, "selection": selection or {}}
    return Engine(HeadroomConfig.model_validate(config), originals=Originals())


def crushed(value: Any, query: str = "", **rules: Any) -> Any:
    done = crush(json.dumps(value), ToolCrusherConfig(**rules), query)
    return None if done is None else json.loads(done.text)


def test_first_and_last_items_errors_outliers_and_what_was_asked_for_stay() -> None:
    kept = crushed(ROWS, "How is 123?")
    ids = [row["id"] for row in kept]
    assert len(ids) == 10
    assert ids == sorted(ids)
    assert {0, 123, 250, 333, 499} <= set(ids)


def test_the_result_is_announced_and_its_original_can_be_fetched() -> None:
    text = json.dumps({"orders": ROWS})
    store = Originals()
    own = Engine(HeadroomConfig.model_validate({"tool_crusher": {"enabled": True}}), originals=store)
    result = own.compress(call(text), thread="t")
    content = result.messages[2].text
    header = read_header(content)
    assert header is not None
    assert header[0] == "omitted"
    (omission,) = result.decisions[2].omissions
    assert header[1] == f"{omission.kept} of {omission.total} items, all: {omission.ref}"
    assert "orders: 10 of 500 items" in content
    assert "orders[].parts: 100 of 120 items" in content
    found = store.get(omission.ref, thread="t")
    assert isinstance(found, Original)
    assert found.text == text
    assert "98111" in content
    _, _, body = expand_text(content).partition("\n--\n")
    assert json.loads(body)["orders"][0]["id"] == 0
    assert result.decisions[2].loss is Loss.SELECTED


def test_strings_are_cut_between_words_at_a_sign() -> None:
    (kept,) = crushed([WORDS * 30])
    assert len(kept) <= 1000
    head, sign, tail = kept.partition(f" {GAP} ")
    assert sign
    assert (WORDS * 30).startswith(f"{head} ")
    assert (WORDS * 30).endswith(f" {tail}")
    assert set(kept.split()) - {GAP} <= set(WORDS.split())


def test_one_long_word_and_scripts_without_blanks_are_cut_to_length() -> None:
    assert len(cut_string("x" * 5000, 100)) <= 100
    japanese = cut_string("東京都は日本の首都である。" * 100, 100)
    assert 80 < len(japanese) <= 100
    family = "👩‍👩‍👧‍👦" * 100
    for part in cut_string(family, 60).split(f" {GAP} "):
        assert family.startswith(part)
    assert "e\u0301" * 3 in cut_string("e\u0301" * 500, 51).partition(" ")[2]


def test_values_of_preserved_keys_are_never_cut() -> None:
    deep = {"a": {"b": [1, 2, {"c": "x" * 200}]}}
    value = [{"Error": WORDS * 40, "code": list(range(50)), "status": deep, "text": "x" * 3000}]
    (kept,) = crushed(value, max_depth=2)
    assert {key: kept[key] for key in ("Error", "code", "status")} == {
        key: value[0][key] for key in ("Error", "code", "status")
    }
    assert len(kept["text"]) <= 1000


def test_what_is_nested_too_deep_leaves_a_sign_with_its_count() -> None:
    deep = {f"key{n}": "x" * 20 for n in range(7)}
    kept = crushed(
        {"a": {"b": deep, "c": [list(range(9)), deep], "d": {**deep, "id": 7}, "e": {}}}, max_depth=2
    )
    assert kept == {
        "a": {"b": "... 7 keys", "c": "... 2 items", "d": {"id": 7, "...": "7 keys"}, "e": {}},
    }


def test_numbers_keys_and_order_stand_as_they_were_written() -> None:
    rows = [f'{{"n": 1.{n:03d}0e5, "n": -0, "big": {"9" * 50}}}' for n in range(40)]
    done = crush("[" + ",\n  ".join(rows) + "]", ToolCrusherConfig(max_array_items=5))
    assert done is not None
    kept = [row for row in rows if row in done.text]
    assert done.text == "[" + ",\n  ".join(kept) + "]"
    assert (kept[0], kept[-1], done.kept, done.total) == (rows[0], rows[-1], 5, 40)


@pytest.mark.parametrize("text", ["", "[1, 2", '{"a": 1} x', "[" * 5000 + "]" * 5000, "plain", "[]", "3"])
def test_what_is_no_json_or_breaks_no_rule_is_left_alone(text: str) -> None:
    done = crush(text, ToolCrusherConfig())
    assert done is None or "... 1 items" in done.text


def test_fixed_rules_act_only_where_originals_are_kept_and_they_are_on() -> None:
    messages = call(json.dumps(ROWS))
    on = HeadroomConfig.model_validate({"tool_crusher": {"enabled": True}})
    assert Engine(on).compress(messages).decisions[2].loss is not Loss.SELECTED
    by_budget = Engine(originals=Originals()).compress(messages).decisions[2]
    assert "fixed rules" not in by_budget.reason
    assert "fixed rules" in engine().compress(messages).decisions[2].reason


@pytest.mark.parametrize(
    "rule", [{"lossless_only": True}, {"schema_preserving": True, "budget_tokens": 50_000_000}]
)
def test_rules_that_keep_results_whole_come_first(rule: dict[str, Any]) -> None:
    decision = engine({"tools": {"list_*": rule}, "budget_tokens": None}).compress(call(json.dumps(ROWS)))
    assert decision.decisions[2].loss is not Loss.SELECTED


def test_what_is_no_json_gets_a_budget_as_ever() -> None:
    log = "\n".join(f"2026-01-07T10:00:{n % 60:02d}Z INFO {n * 7919} took {n * 31} ms" for n in range(2000))
    decision = engine({"budget_tokens": 800}).compress(call(log)).decisions[2]
    assert decision.loss is Loss.SELECTED
    assert "for 800 tokens" in decision.reason


def test_profiles_override_by_exact_name_then_by_the_first_glob() -> None:
    own = engine(
        tool_profiles={
            "list_*": {"max_array_items": 5},
            "*": {"enabled": False},
            "list_orders": {"max_array_items": 7},
        },
    )
    text = json.dumps([{"id": n, "n": n * 7919 % 1009} for n in range(500)])
    kept = {
        tool: [omission.kept for omission in own.compress(call(text, tool=tool)).decisions[2].omissions]
        for tool in ("list_orders", "list_users")
    }
    assert kept == {"list_orders": [7], "list_users": [5]}
    assert "fixed rules" not in own.compress(call(text, tool="find")).decisions[2].reason


OTHER_RULES: dict[str, Any] = {
    "enabled": False,
    "min_tokens_to_crush": 10**7,
    "max_array_items": 6,
    "max_string_length": 200,
    "max_depth": 3,
    "preserve_keys": {"note"},
    "tool_profiles": {"list_*": {"max_array_items": 4}},
}


def test_places_are_shared_by_what_was_asked_for_and_what_stands_apart() -> None:
    rows = [{"id": n, "team": "blue", "state": "failed" if n == 60 else "ready"} for n in range(100)]
    for row in rows[20:50]:
        row["team"] = "W0039595"
    ids = [row["id"] for row in crushed(rows, "What does team W0039595 do?", max_array_items=4)]
    assert (ids[0], ids[1] in range(20, 50), ids[2:]) == (0, True, [60, 99])


def test_every_rule_is_tried_below() -> None:
    assert list(OTHER_RULES) == list(ToolCrusherConfig.model_fields)
    assert set(OTHER_RULES) - {"tool_profiles"} == set(ToolProfile.model_fields)


@pytest.mark.parametrize("name", OTHER_RULES)
def test_changing_a_rule_changes_the_output(name: str) -> None:
    text = json.dumps(ROWS)
    other = engine(**{name: OTHER_RULES[name]}).compress(call(text)).messages[2]
    assert other != engine().compress(call(text)).messages[2]


@pytest.mark.parametrize("name", ToolProfile.model_fields)
def test_a_profile_changes_the_output_as_the_rule_does(name: str) -> None:
    messages = call(json.dumps(ROWS))
    profile = {"list_orders": {name: OTHER_RULES[name]}}
    assert (
        engine(tool_profiles=profile).compress(messages).messages
        == engine(**{name: OTHER_RULES[name]}).compress(messages).messages
    )


@pytest.mark.parametrize("name", OTHER_RULES)
def test_rules_survive_copies_pickles_and_json_and_are_frozen(name: str) -> None:
    rules = ToolCrusherConfig(**{name: OTHER_RULES[name]})
    pickled = pickle.loads(pickle.dumps(rules))  # noqa: S301 - our own bytes
    assert pickled == copy.deepcopy(rules) == rules.model_copy() == rules
    assert ToolCrusherConfig.model_validate_json(rules.model_dump_json()) == rules
    with pytest.raises(ValueError, match="frozen"):
        setattr(rules, name, OTHER_RULES[name])


def test_keys_are_the_same_setting_in_whatever_order_they_are_given() -> None:
    one, other = ToolCrusherConfig(preserve_keys=("b", "a", "b")), ToolCrusherConfig(preserve_keys={"a", "b"})
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"max_array_items": 1}, "ToolCrusherConfig.max_array_items"),
        ({"max_string_length": 5}, "ToolCrusherConfig.max_string_length"),
        ({"max_depth": 0}, "ToolCrusherConfig.max_depth"),
        ({"preserve_keys": "error"}, "ToolCrusherConfig.preserve_keys"),
        ({"tool_profiles": {"a": {"max_depth": 99}}}, "max_depth"),
        ({"tool_profiles": {"a": {"depth": 3}}}, "ToolProfile.depth is no setting"),
    ],
)
def test_wrong_rules_are_refused_by_name(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told.replace(".", r"\.")):
        ToolCrusherConfig(**given)


def test_real_records_keep_whole_items() -> None:
    case = json.loads((CASES / "json_repositories.json").read_text(encoding="utf-8"))
    text = max((m["content"] for m in case["messages"] if m.get("role") == "tool"), key=len)
    done = crush(text, ToolCrusherConfig(max_array_items=4, max_string_length=10_000, max_depth=50))
    assert done is not None
    kept, whole = json.loads(done.text), json.loads(text)
    assert type(kept) is type(whole)
    assert done.kept < done.total


def _depth(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return (1 if isinstance(value, list | dict) else 0) + max(map(_depth, inner), default=0)


def _longest(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return max(
        [len(value) if isinstance(value, str | list) else 0, *map(_longest, inner)],
    )


@settings(max_examples=150)
@given(
    text=st.one_of(json_texts, record_lists().map(lambda rows: "[" + ",".join(rows) + "]")),
    items=st.integers(2, 6),
    length=st.integers(20, 60),
)
def test_any_json_stays_valid_json_within_the_rules(text: str, items: int, length: int) -> None:
    rules = ToolCrusherConfig(max_array_items=items, max_string_length=length, max_depth=50, preserve_keys=())
    done = crush(text, rules)
    if done is not None:
        assert done.kept < done.total
        assert _longest(json.loads(done.text)) <= max(items, length)


@settings(max_examples=60)
@given(text=texts)
def test_no_text_raises(text: str) -> None:
    rules = {"min_tokens_to_crush": 0, "max_array_items": 2, "max_string_length": 20, "max_depth": 1}
    result = engine(None, **rules).compress(call(text))
    assert not [warning for warning in result.warnings if "left as it was" in warning]


@given(value=st.text(min_size=30, max_size=400) | st.lists(any_text, min_size=40).map(" ".join))
def test_any_string_is_cut_to_its_limit_with_its_ends(value: str) -> None:
    if len(value) <= 24:
        return
    cut = cut_string(value, 24)
    head, _, tail = cut.partition(f" {GAP} ")
    assert len(cut) <= 24
    assert GAP in value or (value.startswith(head) and value.endswith(tail))


def test_the_crushed_text_says_what_it_counts() -> None:
    done = crush(json.dumps({"text": "word " * 500}), ToolCrusherConfig())
    assert isinstance(done, Crushed)
    assert (done.noun, done.kept, done.total) == ("values", 1, 2)
    assert done.notes == (f"strings cut to 1,000 characters at {GAP}: 1",)
