from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.results import ContentKind
from headroom_langchain.transforms.detect import detect

_LABELLED = Path(__file__).parent / "labelled"
_WANTED = 0.95


def _texts(name: str) -> list[dict[str, str]]:
    with (_LABELLED / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize(("name", "at_least"), [("texts.jsonl", 120), ("held_out.jsonl", 30)])
def test_kinds_of_real_texts_are_told_apart(name: str, at_least: int) -> None:
    texts = _texts(name)
    assert len(texts) >= at_least
    confusion = Counter(
        (text["id"], text["kind"], kind.value)
        for text in texts
        if (kind := detect(text["text"])) != text["kind"]
    )
    assert 1 - len(confusion) / len(texts) >= _WANTED, sorted(confusion)


def test_every_kind_is_in_the_labelled_set() -> None:
    labelled = {text["kind"] for text in _texts("texts.jsonl")}
    assert labelled == {kind.value for kind in ContentKind} - {"compressed"}


def test_kinds_survive_windows_line_ends_and_a_byte_order_mark() -> None:
    texts = _texts("texts.jsonl")
    changed = [
        text["id"]
        for text in texts
        if detect("\ufeff" + text["text"].replace("\r", "").replace("\n", "\r\n")) != text["kind"]
    ]
    assert len(changed) <= (1 - _WANTED) * len(texts), changed


def test_a_kind_is_told_from_a_long_text_too() -> None:
    for text in _texts("texts.jsonl"):
        if text["kind"] in {"log", "csv", "search", "jsonl"} and "\n" in text["text"].strip():
            header, _, rows = text["text"].partition("\n")
            long = header + "\n" + (rows.rstrip("\n") + "\n") * 40
            assert detect(long) == text["kind"], text["id"]


def test_json_that_breaks_off_is_still_json() -> None:
    assert detect('{"rows": [{"id": 1}, {"id": ') is ContentKind.JSON
    assert detect('[\n  {\n    "id": 1,\n    "na') is ContentKind.JSON


def test_jsonl_is_told_by_lines_longer_than_the_sample() -> None:
    row = json.dumps({"text": "tea " * 20_000})
    assert detect(f"{row}\n{row}\n") is ContentKind.JSONL


def test_own_forms_are_compressed() -> None:
    assert detect("[headroom:matches rows are line:text]\na.py\n1:x") is ContentKind.COMPRESSED


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\ufeff", "\x00", "\ud800", "\x1b[0m", " " * 400 + "x"])
def test_next_to_nothing_is_prose(text: str) -> None:
    assert detect(text) is ContentKind.PROSE


@given(st.text() | st.text(alphabet="{}[]()<>:-|#\"'`=,;.0a \t\n\\/\x1b", max_size=2_000))
def test_any_text_gets_a_kind(text: str) -> None:
    assert isinstance(detect(text), ContentKind)


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "[",
        " ",
        "(",
        ")",
        "a ",
        "a.b(",
        "word, ",
        "-",
        "= ",
        "1:2-3-",
        "`*",
        "<a ",
        "[[",
        "| ",
        "\"'a",
        "\t",
    ],
)
def test_hostile_texts_get_a_kind_without_backtracking(piece: str) -> None:
    assert isinstance(detect(piece * (1_000_000 // len(piece))), ContentKind)
    assert isinstance(detect((piece * 150 + "x\n") * 300), ContentKind)
