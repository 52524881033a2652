from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.anchors import anchors_of, find_anchors
from headroom_langchain.transforms.select.corpus import Corpus


def found(query: str, *texts: str) -> list[str]:
    """Which texts carry an anchor of the query, among enough others for the guard."""
    units = [*texts, *["something else entirely"] * 90]
    return [units[unit] for unit in sorted(find_anchors(Corpus.of(units), query))]


def test_a_number_is_found_whole_only() -> None:
    whole = [
        "42",
        "[42,43]",
        '{"id":42}',
        '"42.0"',
        "item 42.",
        "order-42",
        "41,42,43",
        "1,42,420",
        "takes 42ms",
        "id=42;",
    ]
    parts = [
        "1420",
        "42.5",
        "1.42",
        "42,000",
        "a_42",
        "42_a",
        "id42",
        "2021-42-01",
        "10:42:11",
        "1/42/7",
        "142",
        "421",
    ]

    assert found("show order 42", *whole, *parts) == whole


@pytest.mark.parametrize(
    ("query", "hit", "miss"),
    [
        ("what did user_12 do", '{"user":"user_12"}', '{"user":"user_123"}'),
        ("what did user_12 do", "USER_12 logged in", "superuser_12 logged in"),
        ("find ORD-2041", "ORD-2041: shipped", "ORD-20411: shipped"),
        ("is build v1.2.3 fine", "tag v1.2.3, signed", "tag v1.2.34"),
        ("see headroom/llm.py", "in headroom/llm.py:42", "in headroom/llm.python"),
        ("open C:\\tmp\\a.txt", json.dumps({"path": "C:\\tmp\\a.txt"}), "C:\\tmp\\b.txt"),
        ("mail a.b@example.com", "to <a.b@example.com>", "to xa.b@example.com"),
        ("host 10.0.0.12", "from 10.0.0.12 port 22", "from 10.0.0.123 port 22"),
        ("host 10.0.0.12", "from 10.0.0.12:443", "from 110.0.0.12"),
        ("db-host-01.example.com", "at db-host-01.example.com.", "at db-host-011.example.com"),
        ("on 2024-03-05", "2024-03-05T10:11:12Z start", "2024-03-051"),
        ("at 2024-03-05T10:11:12", "2024-03-05 10:11:12 start", "2024-03-05 10:11:13 start"),
        ("commit a1b2c3d", "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678 fix", "xa1b2c3d fix"),
        (
            "id 123e4567-e89b-12d3-a456-426614174000",
            "<123e4567-e89b-12d3-a456-426614174000>",
            "123e4567-e89b",
        ),
        ("cost $1,234.50", '{"total": 1234.50}', '{"total": 11234.50}'),
        ("ids above 1234567", "1,234,567 items", "1,234,567,890 items"),
        ("flights from JFK", "JFK-LAX 10:00", "JFKX-LAX"),
        ("where is getUser()", "function getUser() {", "function getUsers() {"),
        ("https://x.io/a?b=1", "GET https://x.io/a?b=1 200", "GET https://x.io/a?b=12 200"),
        ("find -5 degrees", "at -5 C", "between 4-5"),
    ],
)
def test_what_the_query_names_is_found_as_a_whole_atom(query: str, hit: str, miss: str) -> None:
    assert found(query, hit, miss) == [hit]


@pytest.mark.parametrize(
    "query",
    [
        'why "Payment Failed"?', "why 'payment failed'?", "why “Payment Failed”?", "why „Payment Failed“?",
        "why «Payment failed»?", "why `payment failed`?", "why ‘Payment Failed’?",
    ],
)  # fmt: skip
def test_quoted_words_are_found_in_any_case_and_any_quotes(query: str) -> None:
    assert found(query, "status: PAYMENT FAILED now", "payment failedx") == ["status: PAYMENT FAILED now"]


@pytest.mark.parametrize(
    "query", ["「東京タワー」はどこ", "『東京タワー』は", "《東京タワー》在哪里", "“東京タワー”"]
)
def test_quotes_in_languages_without_spaces_are_found_within_sentences(query: str) -> None:
    text = "これは東京タワーです"

    assert found(query, text, json.dumps(text), "京都") == [text, json.dumps(text)]


def test_what_stands_in_most_units_is_no_anchor() -> None:
    texts = [f"user_12 did {place}" for place in range(60)] + ["nobody"] * 40

    assert find_anchors(Corpus.of(texts), "what did user_12 do") == {}


def test_a_small_number_that_stands_everywhere_is_no_anchor() -> None:
    texts = [json.dumps({"quantity": place % 4}) for place in range(100)]

    assert find_anchors(Corpus.of(texts), "show the top 3 orders") == {}


def test_plain_words_and_contractions_are_no_anchors() -> None:
    assert anchors_of("Don't show the 3rd one, it's what I'd like e.g. now") == []


@given(st.text(), st.lists(st.text(), min_size=1))
def test_any_query_and_any_text_is_searched(query: str, texts: list[str]) -> None:
    assert set(find_anchors(Corpus.of(texts), query)) <= set(range(len(texts)))


@given(st.from_regex(r"[A-Z]{2,4}-[0-9]{3,6}", fullmatch=True), st.integers(0, 39))
def test_an_id_is_found_in_its_unit_and_nowhere_else(name: str, place: int) -> None:
    texts = [f"row {number} of QQQQQ-{number}" for number in range(40)]
    texts[place] += f" {name}."

    assert set(find_anchors(Corpus.of(texts), f"what about {name}?")) == {place}
