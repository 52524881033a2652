"""Sentences end where a reader of the language sees their end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.sentences import LONGEST_SENTENCE, sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith paid $3.14 on Jan. 5 (see No. 5, Fig. 3).", "It was v1.2.3, e.g. the last."],
        ["J. R. R. Tolkien came.", '"Stop!" he said.', '"Why?"', "She left."],
        ["In the U.S. Army it is so.", "Wait... what?", "Done...", "Next one!"],
        ["Is that No. 5?", "No.", "It is No. 6."],
        ["See https://example.com/a.b?c=d.e for more.", "It has 1,234.5 rows."],
        [
            "Am 3. Oktober kam z. B. Herr Dr. Müller, d.h. der Chef, ca. 5 Min. zu spät.",
            "Es war Nr. 7 bzw. Nr. 8.",
        ],
        ["Das stimmt usw.", "Danach ging er.", "„Gut so.“", "Er lachte."],
        [
            "А. С. Пушкин родился в 1799 г. в Москве, т.е. давно.",
            "См. рис. 5 и табл. 3.",
            "Потом ушёл…",
            "Всё!",
        ],
        ["ذهب أحمد إلى السوق.", "هل اشترى شيئا؟", "نعم!", "عاد إلى البيت."],
        ["یہ پہلا جملہ ہے۔", "یہ دوسرا ہے۔"],
        ["यह पहला वाक्य है।", "यह दूसरा है।", "क्या?"],
        ["¿Qué tal?", "¡Bien!", "El Sr. López vino.", "Fin."],
        ["M. Dupont est là.", "C'est bien, cf. Mme. Durand."],
    ],
)
def test_a_paragraph_is_cut_at_the_ends_of_its_sentences(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected
    assert sentences("\n".join(expected)) == expected


def test_japanese_and_chinese_need_no_space_between_sentences() -> None:
    expected = ["今日は晴れです。", "明日は？", "「はい。」と彼は言った。", "値段は3.14ドル。", "终于到了！"]
    assert sentences("".join(expected)) == expected


@given(st.text(alphabet='aB1 .!?…。」"\n\t(') | st.text())
def test_nothing_but_space_is_between_sentences(text: str) -> None:
    done = 0
    for start, end in sentence_spans(text):
        assert not text[done:start].strip()
        assert text[start:end].strip() == text[start:end] != ""
        done = end
    assert not text[done:].strip()


def test_text_without_clear_ends_is_cut_at_its_lines() -> None:
    text = "\n".join(f"item {i} of a list without any full stop at all" for i in range(100))
    assert max(map(len, sentences(text))) < LONGEST_SENTENCE


def test_lower_case_chat_is_cut_where_it_is_long() -> None:
    assert len(sentences("well that is it. not much more to say here. " * 40)) > 5
