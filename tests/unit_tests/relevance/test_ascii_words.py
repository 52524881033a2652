"""Words of ASCII texts read all at once are those that are read one by one."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from headroom_langchain.transforms.relevance.ascii_words import AsciiWords, Found
from headroom_langchain.transforms.relevance.words import forms_of, raw_words, read_word

PARTS = {"a": 1, "ab": 2, "queri": 3, "get": 4, "10": 5, "a1": 6, "informational": 7, "informati": 8}
NAMES = {"getqueri": 1, "aab": 2, "informationalinformational": 3}
LETTERS = st.text("aAbB1_ .-\n\x00", max_size=30)
IDENTIFIERS = st.sampled_from(
    [
        "getQueries", "GET_QUERY", "_get__query_", "HTTPGet", "query's", "10", "a1B", "aAB", "informationals",
        "INFORMATIONAL_informational", "InformationalInformational", "informationes", "_", "__a__",
    ]
)  # fmt: skip
UNITS = st.lists(LETTERS | st.lists(IDENTIFIERS, max_size=5).map(" ".join), max_size=6)


def met(found: Found) -> list[tuple[int, int]]:
    return sorted(zip(found.unit.tolist(), found.label.tolist(), strict=True))


@given(UNITS)
@example(["x" * 70_000 + " getQuery", "get_queries " * 6000, "", "a"])
def test_parts_and_joined_identifiers_are_those_of_each_word(units: list[str]) -> None:
    parts, names = AsciiWords(PARTS, NAMES).find(units)
    readings = [(unit, read_word(word)) for unit, text in enumerate(units) for word in raw_words(text)]
    assert met(parts) == sorted(
        (unit, PARTS[part]) for unit, reading in readings for part in reading.parts if part in PARTS
    )
    assert met(names) == sorted(
        (unit, NAMES[name]) for unit, reading in readings for name in reading.others if name in NAMES
    )


@given(UNITS)
def test_places_follow_each_other_within_a_unit_only(units: list[str]) -> None:
    labels = {part: 1 for text in units for word in raw_words(text) for part in read_word(word).parts}
    found, _ = AsciiWords(labels, {}).find(units)
    steps = zip(found.unit.tolist(), found.place.tolist(), strict=True)
    last = (-1, -1)
    for unit, place in steps:
        assert (place == last[1] + 1) == (unit == last[0]) or last == (-1, -1)
        last = unit, place


@given(st.text("abeiosy", min_size=1, max_size=8))
def test_a_word_is_one_of_the_forms_of_its_part(word: str) -> None:
    (part,) = read_word(word).parts
    assert word in forms_of(part)
    assert all(read_word(form).parts == (part,) for form in forms_of(part))
