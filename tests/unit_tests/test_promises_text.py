"""The promises about a text: nothing lost, never larger, atoms whole, nothing raised."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headroom_langchain import CompressedText, Loss, compress_text, expand_text
from headroom_langchain.tokens import counter_for
from tests.unit_tests.strategies import (
    broken_texts,
    csv_texts,
    json_tables,
    json_texts,
    jsonl_texts,
    line_texts,
    log_texts,
    match_texts,
    record_lists,
    texts,
)

_LONG_LINE = "x" * 100_000 + "1"


def literal_value(text: str) -> Any:
    """A JSON text's value in which number literals, the order of keys and repeated keys all count."""
    return json.loads(
        text,
        parse_int=lambda number: ("number", number),
        parse_float=lambda number: ("number", number),
        parse_constant=lambda name: ("constant", name),
        object_pairs_hook=lambda pairs: ("object", pairs),
    )


def assert_same_text(restored: str, original: str) -> None:
    """The same bytes; or, text by text and line by line, the same JSON."""
    if restored == original:
        return
    try:
        assert literal_value(restored) == literal_value(original)
    except ValueError:
        for new, old in zip(restored.split("\n"), original.split("\n"), strict=True):
            assert new == old or literal_value(new) == literal_value(old)


def assert_restored(compressed: CompressedText, original: str, *, as_json: bool) -> None:
    if compressed.loss is Loss.UNCHANGED:
        assert compressed.text == original
    elif as_json:
        assert_same_text(expand_text(compressed.text), original)
    else:
        assert expand_text(compressed.text) == original


def deep_in_the_stack(frames: int, text: str) -> CompressedText:
    return compress_text(text) if frames == 0 else deep_in_the_stack(frames - 1, text)


@settings(max_examples=150)
@given(text=json_texts, dense=st.booleans(), style=st.sampled_from(["header", "labelled"]))
def test_json_comes_back_with_the_same_values_types_literals_and_key_order(
    text: str, dense: bool, style: Any
) -> None:
    assert_restored(compress_text(text, dense=dense, cell_style=style), text, as_json=True)


@settings(max_examples=60)
@given(text=jsonl_texts, dense=st.booleans(), style=st.sampled_from(["header", "labelled"]))
def test_jsonl_comes_back_line_by_line(text: str, dense: bool, style: Any) -> None:
    assert_restored(compress_text(text, dense=dense, cell_style=style), text, as_json=True)


@settings(max_examples=150)
@given(text=line_texts, dense=st.booleans())
@example(text="\n" * 200, dense=False)
@example(text="same line\r\n" * 60, dense=False)
@example(text="same line\n" * 60 + "same line", dense=False)
@example(text=_LONG_LINE + "\n" + _LONG_LINE, dense=False)
def test_lines_come_back_byte_for_byte(text: str, dense: bool) -> None:
    assert_restored(compress_text(text, dense=dense), text, as_json=False)


@settings(max_examples=100)
@given(text=texts, dense=st.booleans())
def test_no_form_is_larger_than_its_original(text: str, dense: bool) -> None:
    count = counter_for(None).count
    compressed = compress_text(text, dense=dense)
    assert compressed.tokens_before == count(text)
    assert compressed.tokens_after == count(compressed.text)
    assert compressed.tokens_after <= compressed.tokens_before
    assert (compressed.tokens_after < compressed.tokens_before) == (compressed.loss is Loss.LOSSLESS)


@settings(max_examples=60)
@given(text=texts)
def test_the_same_text_always_gets_the_same_form(text: str) -> None:
    assert compress_text(text) == compress_text(text)


@pytest.mark.parametrize("levels", [10, 60, 150, 300, 1000])
def test_how_deep_the_caller_stands_changes_no_form(levels: int) -> None:
    rows = json.dumps([{"id": row, "state": "ready"} for row in range(40)])
    text = '{"a":' * levels + rows + "}" * levels
    assert deep_in_the_stack(400, text).text == compress_text(text).text


@settings(max_examples=60)
@given(text=st.one_of(json_tables, log_texts(), csv_texts(), match_texts()))
def test_a_form_is_not_compressed_again(text: str) -> None:
    once = compress_text(text).text
    assert compress_text(once).text == once


@settings(max_examples=60)
@given(text=broken_texts)
@example(text="{" * 100_000)
@example(text='{"a":' * 3000 + "1" + "}" * 3000)
@example(text="[" + "9" * 5000 + "]")
@example(text="\ud800\ud800" * 100)
@example(text='{"k": "' + "z" * 1_000_000 + '"}')
def test_a_broken_text_passes_unchanged_or_comes_back(text: str) -> None:
    compressed = compress_text(text)
    assert compressed.reason
    if compressed.loss is Loss.UNCHANGED:
        assert compressed.text == text
    else:
        assert_restored(compressed, text, as_json=True)


_ATOMS = re.compile(r"https?://[^\s\"]+|\b[0-9a-f]{16}\b|\b\d{4}-\d\d-\d\dT[\d:.]+Z")


@settings(max_examples=60)
@given(rows=record_lists(), seed=st.integers(1, 10**6))
def test_ids_and_hashes_in_records_stand_whole(rows: list[str], seed: int) -> None:
    # No template derives these: whatever stands in the original must stand in the form.
    hashes = [f"{(seed + row) * 0x9E3779B97F4A7C15 % 2**64:016x}" for row in range(len(rows))]
    numbers = [str((seed + row) ** 3 * 48271 % 999983 + 10**6) for row in range(len(rows))]
    text = (
        "["
        + ",".join(
            f'{{"sha":"{sha}","job":{number},"row":{row}}}'
            for sha, number, row in zip(hashes, numbers, rows, strict=True)
        )
        + "]"
    )
    form = compress_text(text).text
    assert [atom for atom in hashes + numbers if atom not in form] == []


@settings(max_examples=60)
@given(seed=st.integers(1, 10**6), count=st.integers(3, 60), end=st.sampled_from(["\n", "\r\n"]))
def test_ids_and_hashes_in_lines_stand_whole(seed: int, count: int, end: str) -> None:
    hashes = [f"{(seed + row) * 0x9E3779B97F4A7C15 % 2**64:016x}" for row in range(count)]
    text = "".join(
        f"2026-01-07 10:00:{row % 60:02d} INFO worker: request {sha} took {int(sha[:3], 16)} ms{end}"
        for row, sha in enumerate(hashes)
    )
    form = compress_text(text).text
    assert [sha for sha in hashes if sha not in form] == []


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(
            [{"id": 1000 + row, "state": "ready", "owner": None, "score": row / 4} for row in range(40)],
            indent=1,
        ),
        "".join(f'{{"level": "info", "attempt": {row}, "job": "sync"}}\n' for row in range(40)),
        "".join(
            f"2026-01-07T10:00:{row:02d}Z INFO worker-{row % 3} finished job {row * 17} in 12 ms\n"
            for row in range(60)
        ),
        "".join(
            f"src/very/long/folder/name/module_{row // 10}.py:{row * 3}:    return value\n"
            for row in range(60)
        ),
        "id,state,region\n" + "".join(f"{row},ready,eu-central-1\n" for row in range(60)),
    ],
    ids=["json", "jsonl", "log", "matches", "csv"],
)
def test_repetitive_texts_lose_a_quarter_of_their_tokens(text: str) -> None:
    compressed = compress_text(text)
    assert_restored(compressed, text, as_json=True)
    assert compressed.tokens_after < compressed.tokens_before * 3 / 4, compressed.reason
