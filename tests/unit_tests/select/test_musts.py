from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom_langchain.transforms.encode.json_text import parse
from headroom_langchain.transforms.select.facts import facts
from headroom_langchain.transforms.select.musts import MustOptions, Priority, find_musts


def orders(count: int = 400) -> list[dict[str, Any]]:
    dice = random.Random(7)
    return [
        {
            "id": 1000 + place,
            "user": {"login": f"user_{dice.randint(1, 90)}", "plan": dice.choice(["free", "team"])},
            "status": dice.choice(["paid", "open", "shipped"]),
            "amount": round(dice.gauss(100, 15), 2),
            "load": f"{dice.gauss(40, 3):.1f} ms",
            "error": None,
        }
        for place in range(count)
    ]


def musts_of(rows: list[dict[str, Any]], query: str = "", **options: Any) -> dict[int, tuple[Priority, str]]:
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    found = find_musts(texts, rows, query, MustOptions(**options))
    return {must.index: (must.priority, must.reason) for must in found}


def test_quiet_records_keep_hardly_more_than_their_ends() -> None:
    found = musts_of(orders())

    assert {0, 1, 2, 398, 399} <= set(found)
    assert len(found) <= 15


def test_each_kind_of_must_is_found_with_its_reason() -> None:
    rows = orders()
    rows[50]["amount"] = 900.0
    rows[60]["load"] = "3 s"
    rows[70]["error"] = "disk full"
    rows[80]["status"] = "キャンセル"
    rows[90]["refund"] = 3
    rows[100]["amount"] = "n/a"
    for row in rows[200:]:
        row["shard"] = 7
    for row in rows[:200]:
        row["shard"] = 4

    found = musts_of(rows, "what did user_12 and order 1333 do?")

    assert found[333] == (Priority.ANCHOR, "query: 1333")
    assert found[70][0] == Priority.ERROR
    assert found[0] == (Priority.EDGE, "first")
    assert found[399] == (Priority.EDGE, "last")
    assert found[199] == found[200] == (Priority.CHANGE, "step in shard")
    assert found[50] == (Priority.OUTLIER, "outlier in amount")
    assert found[60] == (Priority.OUTLIER, "outlier in load")
    assert found[80] == (Priority.RARE, "rare status キャンセル")
    assert found[90] == (Priority.SHAPE, "unusual keys")
    assert found[100] == (Priority.SHAPE, "unusual type in amount")
    users = {place for place, row in enumerate(rows) if row["user"]["login"] == "user_12"}
    assert users == {place for place, (_, reason) in found.items() if "user_12" in reason}


def test_several_reasons_of_a_unit_stand_together_under_the_strongest() -> None:
    rows = orders()
    rows[0]["amount"] = 900.0

    assert musts_of(rows, "order 1000")[0] == (Priority.ANCHOR, "query: 1000; first; outlier in amount")


def test_the_most_important_come_first() -> None:
    rows = orders()
    rows[50]["amount"] = 900.0
    rows[70]["error"] = "disk full"
    texts = [json.dumps(row) for row in rows]

    priorities = [must.priority for must in find_musts(texts, rows, "order 1333")]

    assert priorities == sorted(priorities)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"first": 0}, "first"),
        ({"last": 0}, "last"),
        ({"change_points": False}, "step in shard"),
        ({"outliers": False}, "outlier in amount"),
        ({"rare": False}, "unusual keys"),
        ({"words": False}, "error: denied"),
    ],
)
def test_each_option_leaves_its_finder_out(option: dict[str, Any], reason: str) -> None:
    rows = orders()
    rows[150]["amount"] = 900.0
    rows[90]["refund"] = 3
    for place, row in enumerate(rows):
        row["shard"] = place // 200
        row["note"] = "denied by the bank" if place == 30 else "fine"

    assert reason in " ".join(text for _, text in musts_of(rows).values())
    assert reason not in " ".join(text for _, text in musts_of(rows, **option).values())


def test_numbers_as_they_are_written_in_json_and_csv_are_numbers() -> None:
    rows = orders()
    rows[50]["amount"] = 900.0
    as_literals = [parse(json.dumps(row)) for row in rows]
    as_texts = [{"id": str(row["id"]), "amount": str(row["amount"])} for row in rows]

    assert musts_of(rows)[50] == (Priority.OUTLIER, "outlier in amount")
    for table in (as_literals, as_texts):
        found = {must.index: must.reason for must in find_musts([""] * len(rows), table)}
        assert found[50] == "outlier in amount"


def test_a_slow_line_and_a_step_are_found_in_a_log() -> None:
    dice = random.Random(9)
    texts = [
        f"2024-01-01 10:{place // 60 % 60:02}:{place % 60:02} INFO served /p/{place} in {dice.gauss(20, 2):.1f} ms "
        f"queue={3 if place < 150 else 90}"
        for place in range(400)
    ]
    texts[33] = texts[33].replace(" in ", " in 9")

    found = {must.index: must.reason for must in find_musts(texts)}

    assert found[33] == "outlier in durations"
    assert found[149] == found[150] == "step in queue"


def test_a_line_unlike_all_others_is_found() -> None:
    texts = [f"Jan 01 10:00:{place % 60:02} host app[{place}]: accepted for user" for place in range(1000)]
    texts[500] = "*** kernel <2.6> re-booted ***"

    assert {must.index: must.reason for must in find_musts(texts)}[500] == "unusual shape"


CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["error", "1e999", "12 ms"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["id", "status", "error", "level", "code", "ok", "x", ""]) | st.text(max_size=4)


@settings(deadline=None)
@given(st.lists(st.dictionaries(KEYS, CELLS, max_size=5), min_size=1, max_size=30), st.text())
def test_any_records_are_judged_alike_each_time(rows: list[dict[str, Any]], query: str) -> None:
    texts = [json.dumps(row) for row in rows]

    found = find_musts(texts, rows, query)

    assert found == find_musts(texts, rows, query)
    assert len({must.index for must in found}) == len(found)
    assert {0, len(rows) - 1} <= {must.index for must in found} <= set(range(len(rows)))


@settings(deadline=None)
@given(
    st.lists(
        st.text() | st.sampled_from(["Traceback (most recent call last):", "  at x", "E   y"]), max_size=80
    )
)
def test_any_lines_are_judged(texts: list[str]) -> None:
    assert {must.index for must in find_musts(texts, None, "42")} <= set(range(len(texts)))


def test_numbers_beyond_all_bounds_are_survived() -> None:
    rows = [{"a": 10**5000, "error": 10**5000, "b": [10**5000]} for _ in range(30)]

    assert find_musts(["x"] * 30, rows)


def test_deep_and_wide_records_are_survived() -> None:
    deep: dict[str, Any] = {}
    for _ in range(3000):
        deep = {"a": deep}
    rows = [deep, *[{f"key_{place}": place} for place in range(500)]]

    assert find_musts([""] * 501, rows)


@pytest.mark.parametrize(
    "piece", ["(", "a", " ", "9", "9,", "=1", "\\", "_", "a(", "Exception", "#1", "error: 0 ", "\u3000"]
)
def test_hundreds_of_kilobytes_on_one_line_are_judged(piece: str) -> None:
    line = piece * (200_000 // len(piece))
    signs = "panic traceback = failures = failed goroutine"

    assert find_musts([line, signs], None, line)
    assert facts([line, line]) == []
