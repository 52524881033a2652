"""Fenced blocks are found with their exact place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.fences import fences

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.fences import Part

LINES = st.sampled_from(
    [
        "```",
        "````",
        "~~~",
        "~~~~",
        "```json",
        "~~~ c++ ```",
        "  ```",
        "> ```",
        "- ```sh",
        "1. ~~~",
        "text",
        "",
        "```a`b",
        "a\r",
    ]
)


def fenced(text: str) -> list[Part]:
    return [part for part in fences(text) if part.fenced]


@given(st.lists(LINES).map("\n".join) | st.text(alphabet="`~ \n\r>-a") | st.text())
def test_the_parts_are_the_text_at_their_offsets(text: str) -> None:
    done = 0
    for part in fences(text):
        assert part.start == done
        assert part.end > part.start
        assert text[part.start : part.end] == part.text
        if part.fenced:
            assert part.start <= part.body_start <= part.body_end <= part.end
            assert part.body == text[part.body_start : part.body_end]
        done = part.end
    assert done == len(text)


def test_a_fence_tells_its_language_and_body() -> None:
    text = 'Call:\n```json\n{"a": 1}\n```\nthen\n~~~ {.C++ .numberLines}\nint x;\n~~~\n```\nplain\n```'
    assert [(part.language, part.body) for part in fenced(text)] == [
        ("json", '{"a": 1}\n'),
        ("c++", "int x;\n"),
        ("", "plain\n"),
    ]


def test_a_longer_fence_holds_shorter_ones() -> None:
    text = "````markdown\n```python\nprint()\n```\n~~~\n````\nafter\n"
    assert [part.body for part in fenced(text)] == ["```python\nprint()\n```\n~~~\n"]


def test_a_fence_of_tildes_is_not_closed_by_backticks() -> None:
    assert [part.body for part in fenced("~~~\na\n```\nb\n~~~\n")] == ["a\n```\nb\n"]


def test_an_unclosed_fence_runs_to_the_end() -> None:
    assert [part.body for part in fenced("a\n```py\nx = 1\n\ny = 2")] == ["x = 1\n\ny = 2"]
    assert [part.body for part in fenced("```")] == [""]


def test_inline_code_on_a_line_of_its_own_is_no_fence() -> None:
    assert fenced("```inline```\ntext\n") == []


@pytest.mark.parametrize(
    "text",
    ["- run\n  ```sh\n  ls\n  ```\n- next\n", "1. ```sh\n   ls\n   ```\n2. b\n", "> ```sh\n> ls\n> ```\n"],
)
def test_a_fence_in_a_list_or_a_quote_is_a_fence(text: str) -> None:
    assert [part.language for part in fenced(text)] == ["sh"]
    assert fenced(text)[0].body.strip(" >\n") == "ls"


def test_windows_line_ends_are_kept() -> None:
    parts = fences("a\r\n```json\r\n[]\r\n```\r\nb\r\n")
    assert [part.text for part in parts] == ["a\r\n", "```json\r\n[]\r\n```\r\n", "b\r\n"]
    assert parts[1].language == "json"


def test_a_line_of_tildes_under_a_title_is_an_underline() -> None:
    assert fenced("Title\n~~~~~\n\nText.\n\nMore text\n~~~~~~~~~\n") == []


@pytest.mark.parametrize("noise", ["`", "~", "```\n", "~~~~\n", "````\n```\n", " ", "> ", "- ", "```a`\n"])
def test_a_hundred_thousand_characters_of_one_kind_are_split(noise: str) -> None:
    text = noise * (100_000 // len(noise))
    assert "".join(part.text for part in fences(text)) == text
