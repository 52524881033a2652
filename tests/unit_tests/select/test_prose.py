"""Markdown and prose cut into sentences: what is left reads on, and all of it is the text itself."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.select.prose import GAP, cut

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.units import Units

SAMPLES = Path(__file__).parent / "samples"
READMES = ["langchain-core", "tiktoken", "pydantic", "hypothesis", "orjson", "rich", "httpx", "pytest"]
NAMES = ["russian.md", "japanese.txt", "arabic.md", "german.txt", "rest.txt"]
LINES = st.sampled_from(
    """
    # One|## Two|Title|=====|-----|~~~~~|- item: a|  - nested|  more of it|1. first|> quoted|a \\| b|--\\|--|1 \\| 2|```py|```
    ~~~|A sentence. And one more! See [docs][d].|[d]: https://example.com|    code()|---|<!-- x -->|key: value|文。次の文。|As:
    """.strip()
    .replace("\n    ", "|")
    .replace("\\|", "\x00")
    .split("|")
).map(lambda line: line.replace("\x00", "|"))
TEXTS = st.lists(LINES | st.just("")).map("\n".join) | st.lists(LINES).map("\n\n".join) | st.text()


def sample(name: str) -> str:
    """A text beside this file, or the README that an installed package carries."""
    path = SAMPLES / name
    if path.exists():
        return path.read_bytes().decode()
    return str(metadata(name).json["description"])


def units_of(text: str) -> Units:
    units = cut(text)
    assert units is not None
    return units


def number(units: Units, said: str) -> int:
    found = [i for i, text in enumerate(units.texts) if said in text]
    assert found, said
    return found[-1]


@pytest.mark.parametrize("name", NAMES + READMES)
def test_all_units_give_a_text_back_byte_for_byte(name: str) -> None:
    text = sample(name)
    for variant in (text, text.replace("\n", "\r\n"), "\n\n" + text, text.rstrip()):
        units = units_of(variant)
        assert units.write(range(len(units.texts))) == variant


@given(TEXTS)
def test_every_text_comes_back_and_none_raises(text: str) -> None:
    units = cut(text)
    if units is not None:
        assert units.write(range(len(units.texts))) == text


@given(TEXTS, st.data())
def test_kept_units_stand_in_the_text_in_order(text: str, data: st.DataObject) -> None:
    units = cut(text)
    if units is None:
        return
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(units.texts))))))
    written = units.write(kept)
    position = 0
    for i in kept:
        position = written.index(units.texts[i], position)
    if not kept:
        assert written.strip() == GAP


@given(TEXTS)
def test_a_unit_goes_with_units_of_the_text_and_never_with_itself(text: str) -> None:
    units = cut(text)
    if units is None:
        return
    for i, above in units.context.items():
        assert i not in above
        assert all(0 <= j < len(units.texts) for j in above)


@pytest.mark.parametrize("name", NAMES)
def test_no_unit_is_longer_than_a_few_sentences(name: str) -> None:
    units = units_of(sample(name))
    assert len(units.texts) > 8
    assert max(len(text) for text in units.texts if "```" not in text) < 700


def test_a_kept_sentence_stands_under_its_headings_with_gaps_around_it() -> None:
    text = (
        "# Guide\n\nAbout it.\n\n## Setup\n\nFirst do this. Then that. At last this.\n\n## Use\n\nUse it.\n"
    )
    units = units_of(text)
    assert units.write([number(units, "Then that.")]) == (
        f"# Guide\n\n{GAP}\n\n## Setup\n\n{GAP} Then that. {GAP}\n"
    )


def test_a_gap_costs_at_most_two_tokens() -> None:
    count = counter_for(None).count
    assert count(f"It was so. {GAP} Then it ended.") - count("It was so. Then it ended.") <= 2


def test_the_first_sentence_of_a_section_is_found_by_its_heading() -> None:
    units = units_of("# Guide\n\nAbout it.\n\n## Uninstalling\n\nRun this. Then that.\n")
    assert units.texts[number(units, "Run this.")] == "## Uninstalling\n\nRun this."
    assert units.texts[number(units, "Then that.")] == "Then that."


def test_a_sentence_goes_with_all_headings_above_it_and_no_others() -> None:
    units = units_of("# A\n\n## B\n\nOne.\n\n### C\n\nTwo.\n\n## D\n\nThree.\n\nE\n=\n\nF\n===\n\nFour.\n")
    said = {units.texts[i]: [units.texts[j] for j in above] for i, above in units.context.items()}
    assert said["### C\n\nTwo."] == ["# A", "## B", "### C"]
    assert said["## D\n\nThree."] == ["# A", "## D"]
    assert said["F\n===\n\nFour."] == ["F\n==="]


def test_list_items_are_units_and_go_with_what_they_stand_under() -> None:
    units = units_of("It needs:\n\n- a disk\n  of any kind\n  - of 2 TB\n- a net\n\nThat is all.\n")
    assert units.texts == ("It needs:", "- a disk\n  of any kind", "- of 2 TB", "- a net", "That is all.")
    assert units.context == {1: (0,), 2: (0, 1), 3: (0,)}


def test_table_rows_are_units_and_are_written_with_the_head_of_their_table() -> None:
    units = units_of("Sizes.\n\na | b\n--|--\n1 | 2\n3 | 4\n\nEnd of it.\n")
    assert units.write([number(units, "3 | 4")]) == f"{GAP}\n\na | b\n--|--\n{GAP}\n3 | 4\n\n{GAP}\n"


def test_code_is_one_unit_and_goes_with_the_sentence_that_leads_to_it() -> None:
    text = "Intro.\n\nRun this. Like so:\n\n```sh\n# no heading\n\nls. Ls.\n```\n\nAnd:\n\n    x = 1\n\n    y = 2\n\nEnd.\n"
    units = units_of(text)
    code = number(units, "```sh")
    assert units.texts[code] == "```sh\n# no heading\n\nls. Ls.\n```"
    assert [units.texts[i] for i in units.context[code]] == ["Like so:"]
    assert units.texts[number(units, "x = 1")] == "x = 1\n\n    y = 2"


def test_a_sentence_goes_with_the_definitions_of_its_links() -> None:
    units = units_of(
        "See [the docs][Docs] now. Or [that].\n\n[docs]: https://a.example\n[that]: https://b.example\n"
    )
    said = {units.texts[i]: [units.texts[j] for j in above] for i, above in units.context.items()}
    assert said["See [the docs][Docs] now."] == ["[docs]: https://a.example"]
    assert said["Or [that]."] == ["[that]: https://b.example"]


def test_short_front_matter_stays_and_long_front_matter_competes() -> None:
    units = units_of("---\ntitle: Guide\n---\n\n# A\n\nOne. Two.\n")
    assert units.always == {0}
    assert units.texts[0] == "---\ntitle: Guide\n---"
    units = units_of("---\n" + "".join(f"key{i}: value\n" for i in range(90)) + "---\nOne. Two.\n")
    assert not units.always


def test_a_rule_is_neither_front_matter_nor_a_unit() -> None:
    units = units_of("---\n\nOne. Two.\n\n---\n\nThree.\n\n***\n")
    assert units.texts == ("One.", "Two.", "Three.")
    assert units.write([0, 2]) == f"---\n\nOne. {GAP}\n\nThree.\n\n***\n"


@pytest.mark.parametrize("text", ["", " \n", "One sentence", "# Title\n", "```\ncode. More.\n```\n"])
def test_one_unit_is_nothing_to_select_from(text: str) -> None:
    assert cut(text) is None


@pytest.mark.parametrize(
    "noise",
    [
        "*",
        "<",
        "[",
        "\n",
        "#",
        "|",
        ">",
        ". ",
        "1. ",
        "- ",
        "a|b\n",
        "|-|\n",
        "=\n",
        "a\n===\n",
        "[a]: b\n",
        "[a][b] ",
        "\t",
        "。",
    ],
)
def test_a_hundred_thousand_characters_of_one_kind_are_cut(noise: str) -> None:
    text = noise * (100_000 // len(noise))
    units = cut(text)
    if units is not None:
        assert units.write(range(len(units.texts))) == text
        units.write([len(units.texts) // 2])
