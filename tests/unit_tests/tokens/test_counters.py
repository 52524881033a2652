from __future__ import annotations

import base64
import pickle
import random
import threading
from typing import cast

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom_langchain.exceptions import TokenizationError
from headroom_langchain.tokens import (
    EstimatedCounter,
    ExactCounter,
    FunctionCounter,
    TokenCounter,
    TokenCounters,
    counter_for,
)
from headroom_langchain.tokens.counters import LONG_RUN
from headroom_langchain.tokens.vocabulary import load_encoding

_ENCODINGS = ("o200k_base", "cl100k_base")
_TEXTS = (
    "",
    " ",
    "hello world",
    "def f(x):\n\treturn x  \n\n\n",
    '{"id": 12345, "url": "https://api.example.com/users/octocat"}',
    "Größe, naïve, Ελληνικά, русский, 日本語のテキスト, 한국어, हिन्दी, ไทย, עברית",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301",
    "<|endoftext|> and <|im_start|>user<|fim_prefix|>",
    "a\u200bb\ufeff\x00\x1b[31m",
    "0" * 999,
)


@pytest.mark.parametrize("encoding", _ENCODINGS)
@pytest.mark.parametrize("text", _TEXTS)
def test_counts_equal_tiktoken(encoding: str, text: str) -> None:
    expected = len(tiktoken.get_encoding(encoding).encode(text, disallowed_special=()))
    assert ExactCounter(encoding).count(text) == expected


@given(text=st.text(st.characters(), max_size=300), encoding=st.sampled_from(_ENCODINGS))
def test_counts_of_any_text_equal_tiktoken(text: str, encoding: str) -> None:
    assert ExactCounter(encoding).count(text) == len(tiktoken.get_encoding(encoding).encode_ordinary(text))


@pytest.mark.parametrize("text", ["\ud800", "a\udfff b", "\ud83d\ude00", "\udc00\ud800 tail"])
def test_surrogates_count_as_tiktoken_counts_them(text: str) -> None:
    encoding = tiktoken.get_encoding("o200k_base")
    assert counter_for("gpt-4o").count(text) == len(encoding.encode_ordinary(text))


def test_special_token_text_counts_as_text() -> None:
    assert counter_for("gpt-4o").count("<|endoftext|>") > 1


@pytest.mark.parametrize("encoding", _ENCODINGS)
@pytest.mark.parametrize(
    ("before", "run", "after"),
    [
        ("", " " * LONG_RUN, ""),
        ("word", " " * LONG_RUN, "word"),
        ("end!", "\r\n\n" + " " * 2 * LONG_RUN, "'s"),
        ("a/", "\n" * LONG_RUN + "\t" * LONG_RUN, "/x"),
        ("\n", "\u3000" * LONG_RUN, "\r\nword"),
        ("7", " \t" * LONG_RUN, "7"),
        ("中", "\n \t" * LONG_RUN, "!"),
        ("x", " " * LONG_RUN + "." + " " * LONG_RUN, "中"),
        ("x", "\x1c" * LONG_RUN, " y"),
    ],
)
def test_cutting_long_white_space_changes_no_count(encoding: str, before: str, run: str, after: str) -> None:
    # Below tiktoken's own limit, so that it can say what is right.
    text = before + run + after
    assert ExactCounter(encoding).count(text) == len(tiktoken.get_encoding(encoding).encode_ordinary(text))


@pytest.mark.parametrize("unit", [" ", " \t"])
def test_white_space_beyond_the_limit_of_tiktoken_is_counted(unit: str) -> None:
    run = unit * (1_000_002 // len(unit))
    counter = counter_for("gpt-4o")
    # The same pieces, written apart: the run without its last character, then that character with the word.
    assert counter.count(run + "x") == counter.count(run[:-1]) + counter.count(run[-1] + "x")


def test_a_megabyte_on_one_line_is_counted_as_tiktoken_counts_it() -> None:
    encoding = tiktoken.get_encoding("o200k_base")
    source = random.Random(7)
    for text in (
        "a" * 1_000_000,
        base64.b64encode(source.randbytes(750_000)).decode(),
        "令牌" * 166_000,
    ):
        assert counter_for("gpt-4o").count(text) == len(encoding.encode_ordinary(text))


def test_threads_share_one_encoding_and_agree() -> None:
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(counter_for("gpt-4o").count("one two three")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [3] * 8


def test_estimates_say_so_by_their_type() -> None:
    exact, estimate = counter_for("gpt-4o"), counter_for("claude-sonnet-4-5")
    assert isinstance(exact, ExactCounter)
    assert exact.exact
    assert isinstance(estimate, EstimatedCounter)
    assert not estimate.exact
    assert estimate.family == "claude"
    assert estimate.count("some words in a row " * 50) > exact.count("some words in a row " * 50)


@given(shorter=st.text(max_size=80), more=st.text(max_size=80))
def test_an_estimate_orders_texts_as_its_base_does(shorter: str, more: str) -> None:
    estimate = cast("EstimatedCounter", counter_for("claude-3-haiku"))
    base = estimate.base
    texts = (shorter, more)
    by_base = base.count(texts[0]) - base.count(texts[1])
    by_estimate = estimate.count(texts[0]) - estimate.count(texts[1])
    assert (by_base > 0, by_base == 0) == (by_estimate > 0, by_estimate == 0)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "claude-3-haiku", None])
def test_counters_survive_pickling(model: str | None) -> None:
    counter = counter_for(model)
    again = pickle.loads(pickle.dumps(counter))  # noqa: S301 - our own bytes
    assert again == counter
    assert again.count("a b c") == counter.count("a b c")


def test_a_registered_counter_is_used() -> None:
    own = TokenCounters({"claude-*": FunctionCounter(len), "MY-model": FunctionCounter(len, exact=False)})
    assert own.for_model("Claude-3-Opus").count("four") == 4
    assert own.for_model("Claude-3-Opus").exact
    assert not own.for_model("my-MODEL").exact
    assert own.for_model("gpt-4o") == counter_for("gpt-4o")
    assert own.for_model(None) == counter_for(None)


@pytest.mark.parametrize("returned", [-1, 1.5, None, True, "3"])
def test_a_registered_counter_that_returns_no_count_is_refused(returned: object) -> None:
    class Odd:
        exact = True

        def count(self, text: str) -> int:
            return cast("int", returned)

    counter: TokenCounter = TokenCounters({"odd": Odd()}).for_model("odd")
    with pytest.raises(TokenizationError, match="whole number"):
        counter.count("text")


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_long_text_counted_in_parts_has_as_many_tokens(encoding: str, data: st.DataObject) -> None:
    words = st.sampled_from(
        [
            '"id"',
            "it's",
            "I'LL",
            "x1",
            "1234567",
            "3.14",
            " ",
            "  ",
            "\n",
            "\r\n",
            "\n\n  ",
            ", ",
            "});",
            "日本",
            "é",
            "/",
            "//\n/a",
        ]
    )
    block = "".join(data.draw(st.lists(words, min_size=5, max_size=40)))
    text = block * (150_000 // len(block))
    expected = len(load_encoding(encoding).encode_ordinary(text))
    assert ExactCounter(encoding).count(text) == expected
