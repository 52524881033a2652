from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom_langchain.transforms.encode.json_text import Number, parse
from headroom_langchain.transforms.select.facts import facts
from headroom_langchain.transforms.select.musts import find_musts

PLENTY = 100_000


def table(rows: list[dict[str, Any]], **options: Any) -> list[str]:
    return facts([""] * len(rows), rows, **{"tokens": PLENTY, **options})


def test_the_questions_people_ask_about_a_table_are_answered() -> None:
    rows = [
        {
            "id": 100 + place,
            "status": "failed" if place in {3, 8} else "paid",
            "amount": f"{place}.10",
            "created": f"2024-01-{place + 1:02}T10:00:00Z",
            "note": None if place % 2 else f"unique words {place}",
        }
        for place in range(20)
    ]

    assert table(rows) == [
        "all 20 rows:",
        "status: paid 18, failed 2",
        "amount: min 0.10 (id 100), max 19.10 (id 119), sum 192, mean 9.6",
        "created: 2024-01-01T10:00:00Z to 2024-01-20T10:00:00Z",
        "id: min 100, max 119",
        "note: 10 filled; 10 empty",
    ]


def test_sums_of_literals_are_exact() -> None:
    rows = [parse(json.dumps({"amount": value})) for value in (0.1, 0.2, 0.3, 1e-7)]
    rows.append({"amount": Number("123456789012345678901234567890")})

    (fact,) = table(rows)[1:]

    assert "sum 123456789012345678901234567890.6000001" in fact
    assert "max 123456789012345678901234567890 (row 5)" in fact


def test_what_is_no_number_is_said_and_never_summed() -> None:
    rows: list[dict[str, Any]] = [{"amount": place} for place in range(1, 40)]
    rows += [{"amount": Number("NaN")}, {"amount": True}, {"amount": None}, {}]

    assert table(rows)[1] == (
        "amount: min 1 (row 1), max 39 (row 39), sum 780, mean 20; 2 no number; 2 empty"
    )


def test_numbers_of_different_units_are_not_added_up() -> None:
    rows = [{"took": "12 ms"}, {"took": "3 s"}, {"took": "900 ms"}]

    assert table(rows) == []
    assert table([{"took": "12 ms"}, {"took": "900 ms"}])[1:] == [
        "took: min 12 ms (row 1), max 900 ms (row 2), sum 912 ms, mean 456"
    ]


def test_ids_years_and_codes_are_not_summed() -> None:
    rows = [{"user_id": 7 * place, "year": 2000 + place, "lat": place / 7} for place in range(30)]

    assert not any("sum" in fact for fact in table(rows))


def test_categories_beyond_the_first_are_counted_together() -> None:
    rows = [{"city": f"city {chr(97 + place % 12)}"} for place in range(1200)]

    assert table(rows)[1].endswith(", +6 other values 600")


def test_counts_of_numbers_cannot_be_read_as_numbers() -> None:
    rows = [{"stars": 5 if place % 3 else 1} for place in range(30)]

    assert "stars: 5 (20), 1 (10)" in table(rows)


def test_times_with_offsets_are_compared_as_moments() -> None:
    stamps = ["2024-01-01T23:00:00-05:00", "2024-01-02T01:00:00+03:00", "2024-01-02T00:00:00Z"]

    assert table([{"at": stamp} for stamp in stamps])[1] == f"at: {stamps[1]} to {stamps[0]}"


def test_times_with_and_without_fractions_are_compared_as_times() -> None:
    stamps = ["2024-01-01T10:00:00.5Z", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00.25Z"]

    assert table([{"at": stamp} for stamp in stamps])[1] == f"at: {stamps[1]} to {stamps[0]}"


def test_facts_stay_within_their_tokens_and_the_most_useful_come_first() -> None:
    rows = [{f"column_{name}": f"{name}{place % 3}" for name in "abcdefghij"} for place in range(30)]
    for place, row in enumerate(rows):
        row["status"] = "failed" if place == 4 else "ok"

    for tokens in range(0, 300, 7):
        found = table(rows, tokens=tokens, count=len)
        assert sum(len(fact) + 1 for fact in found) <= tokens
        if len(found) > 1:
            assert found[1] == "status: ok 29, failed 1"


def test_columns_that_the_query_names_come_first() -> None:
    rows = [{"status": "ok" if place else "late", "tip": place, "fare": 2 * place} for place in range(30)]

    assert table(rows)[1].startswith("status")
    assert table(rows, query="what is the sum of the tips?")[1].startswith("tip")
    assert table(rows, query="what is the highest fare?")[1].startswith("fare")


def test_a_log_tells_its_levels_span_and_errors() -> None:
    texts = [f"2024-01-01 10:00:{place:02},123 INFO app: served /p/{place}" for place in range(50)]
    texts[7] = "2024-01-01 10:00:07,123 ERROR app: disk full"
    texts[8] = "    at the disk"

    found = facts(texts, noun="lines", musts=find_musts(texts), tokens=PLENTY)

    assert found[:4] == [
        "all 50 lines:",
        "levels: INFO 48, ERROR 1, without 1",
        "lines that report an error: 1",
        "time: 2024-01-01 10:00:00,123 to 2024-01-01 10:00:49,123",
    ]
    assert found[4].startswith("48 like: ")


def test_a_search_tells_how_many_files_it_found() -> None:
    texts = [
        f"src/{name}.py:{line}:import os" for name in "abc" for line in range(1, 5 if name == "b" else 3)
    ]

    assert facts(texts, noun="matches") == [
        "all 8 matches:",
        "files: 3; most matches in src/b.py 4, src/a.py 2, src/c.py 2",
    ]


@pytest.mark.parametrize("rows", [[], [{}], [{"a": 1}], [{}, {}], [{"a": None}, {"a": None}]])
def test_nothing_is_said_where_there_is_nothing_to_say(rows: list[dict[str, Any]]) -> None:
    assert table(rows) == []


NUMBERS = (
    st.integers()
    | st.floats()
    | st.integers(-(10**40), 10**40)
    | st.decimals(-1000, 1000, places=2).map(float)
)
CATEGORIES = (
    st.sampled_from(["ok", "failed", "キャンセル", "a b", "", "x\ny", " z"]) | st.booleans() | st.none()
)


@settings(deadline=None)
@given(st.lists(st.none() | NUMBERS, min_size=2, max_size=40), st.booleans())
def test_every_figure_of_numbers_is_that_of_brute_force(cells: list[float | None], as_literals: bool) -> None:
    rows: list[dict[str, Any]] = [{"amount": cell} for cell in cells]
    if as_literals:
        rows = [parse(json.dumps(row)) for row in rows]
    numbers = [cell for cell in cells if cell is not None and math.isfinite(cell)]

    filled = sum(cell is not None for cell in cells)
    found = table(rows)[1:]
    if numbers and len(numbers) >= 0.9 * filled and len(set(numbers)) > 8:
        assert len(found) == 1
        assert "sum" in found[0]
    for fact in found:
        parts = re.match(
            r"amount: min (\S+) \(row (\d+)\), max (\S+) \(row (\d+)\), sum (\S+), mean (≈?)([^\s;]+)", fact
        )
        if parts is None:
            assert "sum" not in fact
            continue
        exact = [Fraction(repr(number)) for number in numbers]
        assert cells[int(parts[2]) - 1] == min(numbers)
        assert cells[int(parts[4]) - 1] == max(numbers)
        for written, value in ((parts[1], min(exact)), (parts[3], max(exact))):
            if written.startswith("≈"):
                assert abs(Fraction(Decimal(written[1:])) - value) <= abs(value) / 10**6
            else:
                assert Fraction(written) == value
        assert Fraction(Decimal(parts[5])) == sum(exact)
        mean = sum(exact, Fraction(0)) / len(exact)
        if parts[6]:
            assert abs(Fraction(Decimal(parts[7])) - mean) <= abs(mean) / 10**5
        else:
            assert Fraction(Decimal(parts[7])) == mean
        others = sum(cell is not None for cell in cells) - len(numbers)
        assert (f"; {others} no number" in fact) == (others > 0)
        assert (f"; {cells.count(None)} empty" in fact) == (None in cells)


@settings(deadline=None)
@given(st.lists(CATEGORIES, min_size=2, max_size=60))
def test_every_count_of_categories_is_that_of_brute_force(cells: list[str | bool | None]) -> None:
    rows = [{"kind": cell} for cell in cells]
    known = {True: "true", False: "false", "x\ny": '"x\\ny"', " z": '" z"'}
    counts = Counter(known.get(cell, cell) for cell in cells if cell not in {None, ""})

    for fact in table(rows)[1:]:
        assert "\n" not in fact
        shown, _, rest = fact.removeprefix("kind: ").partition("; ")
        assert rest == (
            f"{cells.count(None) + cells.count('')} empty" if None in cells or "" in cells else ""
        )
        if not shown.endswith(" filled"):
            assert shown == ", ".join(
                f"{value} {count}"
                for value, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
            )


CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1e999", "$1,000.50", "9 ms"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=4), CELLS, max_size=5), max_size=30), st.text())
def test_any_records_have_facts_of_one_line_each(rows: list[dict[str, Any]], query: str) -> None:
    found = table(rows, query=query)

    assert found == table(rows, query=query)
    assert all(len(fact.splitlines()) == 1 for fact in found)


@given(st.lists(st.text()))
def test_any_lines_have_facts_of_one_line_each(texts: list[str]) -> None:
    found = facts(texts, noun="lines", tokens=PLENTY)

    assert all(len(fact.splitlines()) == 1 for fact in found)


def test_a_large_table_is_counted_right() -> None:
    dice = random.Random(11)
    rows = [
        {"id": place, "kind": dice.choice("abc"), "amount": dice.randrange(10**6)} for place in range(5000)
    ]

    found = table(rows)

    counts = sorted(Counter(row["kind"] for row in rows).items(), key=lambda item: -item[1])
    assert found[0] == "all 5,000 rows:"
    assert f"kind: {', '.join(f'{value} {count}' for value, count in counts)}" in found
    assert any(f"sum {sum(row['amount'] for row in rows)}," in fact for fact in found)  # type: ignore[misc]
