"""No word is overlooked, whatever stands around it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.failure_words import WORDS
from headroom_langchain.transforms.select.stems import Stems
from tests.unit_tests.strategies import any_text

ALL = [word.stem for word in WORDS]
STEMS = Stems(ALL)


@given(any_text, st.lists(st.sampled_from(ALL), max_size=3), any_text, st.sampled_from([0, 65_530, 65_536]))
def test_every_word_that_a_text_holds_is_found(before: str, words: list[str], after: str, size: int) -> None:
    text = "x" * size + before + "".join(words) + after
    assert STEMS.perhaps_in(text) >= {word for word in ALL if word in text}


def test_words_that_begin_unlike_all_of_a_text_are_left_out() -> None:
    short = {word for word in ALL if len(word.encode()) < 4}
    assert STEMS.perhaps_in("GET /health 200 in 4 ms\n" * 5000) == short
    assert Stems(["error", "fail", "io"]).perhaps_in("no failure") == {"fail", "io"}
