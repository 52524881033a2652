"""Waste is what a text loses when it is taken out: six signals, none counted twice, in linear time."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from headroom_langchain import WasteSignals, waste_signals
from headroom_langchain.dates import moments
from headroom_langchain.markup import without_markup
from headroom_langchain.tokens import counter_for
from tests.unit_tests.strategies import conversations, texts

COUNTER = counter_for("gpt-4o")
count = COUNTER.count

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Release notes</title>
<style>body { margin: 0; color: #333 }</style>
<script>window.dataLayer = window.dataLayer || []; if (1 < 2) gtag("js", new Date());</script>
</head><body class="docs page--wide"><!-- navigation is rendered on the client -->
<h1 id="r">Release 2.4</h1><p>Fixes a <b>race</b> in the scheduler: see <a href="/issues/812">#812</a>.</p>
<svg viewBox="0 0 4 4"><path d="M0 0L4 4"/></svg>
</body></html>"""
BLOB = base64.b64encode(random.Random(7).randbytes(900)).decode()


def only(signal: str, *given: Any) -> int:
    """Tokens of a signal, which must be the only one."""
    found = waste_signals(list(given), COUNTER).to_dict()
    tokens = found.pop(signal)
    assert set(found.values()) == {0}, found
    return tokens


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=5),
    max_leaves=12,
)
containers = st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=6), values, max_size=4)


@given(containers, st.sampled_from([None, 1, 2, 4]))
def test_json_bloat_is_the_json_minus_the_json_minified(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    minified = json.dumps(value, separators=(",", ":"))
    assert waste_signals(text, COUNTER).json_bloat_tokens == max(0, count(text) - count(minified))


def test_json_is_found_between_sentences_and_in_fences() -> None:
    rows = json.dumps([{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}], indent=2)
    lean = json.dumps(json.loads(rows), separators=(",", ":"))
    for frame in (
        "Found 2 rows:\n{}\nThat is all.",
        "```json\n{}\n```\n",
        "Result: {}",
        "1. first\n\n   rows: {}\n",
    ):
        text = frame.format(rows if "1. first" not in frame else rows.replace("\n", "\n   "))
        assert only("json_bloat_tokens", text) == count(text) - count(frame.format(lean)), frame


def test_json_lines_are_minified_line_by_line() -> None:
    lines = [json.dumps({"id": row, "state": "ready"}) for row in range(20)]
    lean = [json.dumps({"id": row, "state": "ready"}, separators=(",", ":")) for row in range(20)]
    assert only("json_bloat_tokens", "\n".join(lines)) == count("\n".join(lines)) - count("\n".join(lean)) > 0


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "tags": [1, 2}',
        '[\n  {"id": 1},\n  {"id": 2\n]',
        "[see the docs, please]",
        "const rows = [\n  1,\n  2\n];\n",
        'src/a.json:3:  {"id": 1, "n": 2}\nsrc/b.json:9:  {"id": 4, "n": 5}\n',
        '--- a/x.json\n+++ b/x.json\n@@ -1,4 +1,4 @@\n {\n   "a": 1,\n   "b": [1, 2]\n }\n',
        "def f() -> dict[str, int]:\n    return {\n        'a': 1,\n    }\n",
        '"{ \\"a\\": 1 }"',
    ],
)
def test_what_is_no_json_has_no_json_bloat(text: str) -> None:
    assert waste_signals(text, COUNTER).json_bloat_tokens == 0


def test_blanks_inside_of_json_strings_and_odd_numbers_stay() -> None:
    text = '{"say": "a  b\\" : c", "n": ' + "9" * 5000 + ', "x": 1E+05, "y": NaN}'
    lean = text.replace('", "', '","').replace('": ', '":').replace(', "', ',"').replace('\\":c', '\\" : c')
    found = waste_signals(text, COUNTER)
    assert found.json_bloat_tokens == count(text) - count(lean) > 0


def test_html_noise_is_all_but_what_a_page_says() -> None:
    said = without_markup(PAGE)
    assert " ".join(said.split()) == "Release notes Release 2.4Fixes a race in the scheduler: see #812."
    found = waste_signals(PAGE, COUNTER)
    assert found.html_noise_tokens == count(PAGE) - count(said)
    assert found.html_noise_tokens + found.whitespace_tokens == found.total()


def test_html_in_json_strings_is_noise_too() -> None:
    text = json.dumps({"body": '<p class="x">Hello <b>you</b></p>'}, separators=(",", ":"))
    assert without_markup(text) == '{"body":"Hello you"}'
    assert only("html_noise_tokens", text) == count(text) - count('{"body":"Hello you"}')


@pytest.mark.parametrize(
    "text",
    [
        "<instructions>Be brief.</instructions>",
        "if a <b and c> d: pass",
        "Press <b to go on.",
        "The <b> tag is never closed here.",
        "vector<int> v; map<string, a> m;",
        "import React from 'react'\n\nexport default function App() {\n  return <div><p>hi</p></div>;\n}\n",
    ],
)
def test_tags_of_prompts_and_code_are_no_noise(text: str) -> None:
    assert waste_signals(text, COUNTER).html_noise_tokens == 0


def test_scripts_and_comments_that_are_never_closed_hide_no_text() -> None:
    assert without_markup("<p>a</p><script>b <!-- c") == "ab <!-- c"
    assert without_markup("<p>a</p><SCRIPT>b</Script >c<!-- d -->e") == "ace"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"data:image/png;base64,{BLOB[:40]}", ""),
        (f'{{"image":"data:;base64,{BLOB}","n":1}}', '{"image":"","n":1}'),
        (f"The file is {BLOB} as sent.", "The file is  as sent."),
        (f"-----BEGIN X-----\n{base64.encodebytes(BLOB[:-2].encode()).decode()}-----END X-----", None),
        (json.dumps(base64.encodebytes(b"An attachment in English. " * 20).decode()), '"\\n"'),
    ],
)
def test_base64_is_data_uris_and_long_runs_wrapped_ones_included(text: str, left: str | None) -> None:
    left = "-----BEGIN X-----\n\n-----END X-----" if left is None else left
    assert waste_signals(text, COUNTER).base64_tokens == count(text) - count(left)


@pytest.mark.parametrize(
    "text",
    [
        hashlib.sha512(b"x").hexdigest(),
        hashlib.sha512(b"x").hexdigest() * 4,
        '"integrity":"sha512-' + base64.b64encode(hashlib.sha512(b"x").digest()).decode() + '"',
        "/srv/releases/Application/node_modules/pkg/dist/esm/internal/" * 4,
        "AbstractSingletonProxyFactoryBeanInternalFrameTitlePane2MaximizeButton" * 3,
        "GetURLFromHTTPRequestAsXMLDocumentV2" * 5,
        "some_very_long_snake_case_identifier_" * 8,
        "550e8400-e29b-41d4-a716-446655440000-" * 6,
        "A" * 5000,
        "=" * 300,
    ],
)
def test_hashes_paths_and_long_names_are_no_base64(text: str) -> None:
    assert waste_signals(text, COUNTER).base64_tokens == 0


def _lean_by_hand(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        filled = line.rstrip(" ")
        body = filled.lstrip(" ")
        while "  " in body:
            body = body.replace("  ", " ")
        kept = " " * (len(filled) - len(filled.lstrip(" "))) + body if body else ""
        if kept or lines[-2:] != ["", ""]:
            lines.append(kept)
    return "\n".join(lines)


@given(st.text("ab  \n", max_size=60).map(lambda text: "x" + text + "x"))
def test_white_space_is_all_beyond_a_blank_and_an_empty_line(text: str) -> None:
    # One empty line is two line breaks in a row.
    lean = "x" + _lean_by_hand(text)[1:]
    while "\n\n\n" in lean:
        lean = lean.replace("\n\n\n", "\n\n")
    assert waste_signals(text, COUNTER).whitespace_tokens == max(0, count(text) - count(lean))


def test_indentation_is_no_waste_and_columns_are() -> None:
    code = "def total(rows):\n    for row in rows:\n        if row:\n            yield row\n\n\treturn\n"
    assert waste_signals(code, COUNTER).total() == 0
    table = "PID        STATE          NAME\n1          running        init\n"
    assert only("whitespace_tokens", table) == count(table) - count("PID STATE NAME\n1 running init\n")
    windows = "a\r\n\r\n\r\n\r\nb   \r\nc\u3000\u3000 d"
    assert only("whitespace_tokens", windows) == count(windows) - count("a\r\n\r\nb\r\nc\u3000d")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Today is Tuesday, January 7, 2026 at 10:05 PM.", ["Tuesday, January 7, 2026 at 10:05 PM"]),
        ("now=2026-01-07T10:00:00.123Z;", ["2026-01-07T10:00:00.123Z"]),
        ("at 2026-01-07 10:00:00 +0200, or 7/1/2026", ["2026-01-07 10:00:00 +0200", "7/1/2026"]),
        ("Heute ist der 15. März 2024, 14:05 Uhr.", ["15. März 2024, 14:05"]),
        ("Hoy es 15 de marzo de 2024.", ["15 de marzo de 2024"]),
        ("Сегодня 7 января 2026 года", ["7 января 2026"]),
        ("今天是2026年1月7日。", ["2026年1月7日"]),
        ("Wed Jan  7 10:00:00 2026", ["Wed Jan  7 10:00:00 2026"]),
        ("Use gpt-4o-2024-08-06 v1.2.3 on 10.0.0.1:8080, 16:9, build 20240806, since June 2024.", []),
        ("", []),
    ],
)
def test_dates_and_times_are_found_and_names_are_not(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in moments(text)] == found


def test_dates_count_in_system_text_alone() -> None:
    text = "You are a clerk. Today is 2026-01-07."
    tokens = count(text) - count("You are a clerk. Today is .")
    assert only("dynamic_date_tokens", SystemMessage(text)) == tokens
    assert only("dynamic_date_tokens", ChatMessage(content=text, role="developer")) == tokens
    for message in (HumanMessage(text), AIMessage(text), ToolMessage(text, tool_call_id="1"), text):
        assert only("dynamic_date_tokens", message) == 0


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=4))
def test_repetition_is_every_line_beyond_its_first_within_and_across_texts(rows: list[list[int]]) -> None:
    seen: set[int] = set()
    given, expected = [], 0
    for numbers in rows:
        kept = []
        for number in numbers:
            if number not in seen:
                kept.append(number)
            seen.add(number)
        lines, lean = (
            "\n".join(f"worker {number} is waiting for its queue" for number in some)
            for some in (numbers, kept)
        )
        given.append(lines)
        expected += max(0, count(lines) - count(lean))
    assert only("repetition_tokens", *given) == expected


def test_a_block_read_again_counts_whole_and_short_lines_alone_do_not() -> None:
    source = "def first(rows):\n    for row in rows:\n        if row:\n            pass\n    return\n\n\n"
    assert only("repetition_tokens", "}\n}\n}\nend\nend\n") == 0
    again = ToolMessage(source, tool_call_id="2")
    found = waste_signals([ToolMessage(source, tool_call_id="1"), again], COUNTER)
    alone = waste_signals([again], COUNTER)
    # "def" lines are long enough; what is shorter follows them as it did before.
    assert found.repetition_tokens == count(source) - alone.whitespace_tokens
    assert alone.repetition_tokens == 0


def test_no_token_is_counted_twice() -> None:
    page = json.dumps({"html": PAGE + "\n\n\n\n" + BLOB, "n": [1, 2]}, indent=8)
    both = [SystemMessage(page + " 2026-01-07"), ToolMessage(page, tool_call_id="1"), HumanMessage(page)]
    found = waste_signals(both, COUNTER)
    assert found.total() == sum(found.to_dict().values()) <= sum(count(message.text) for message in both)
    assert min(found.to_dict().values()) >= 0
    # What is left of the second and third text is a repetition, so there is nothing left of them.
    assert waste_signals([page, page], COUNTER).total() == waste_signals(page, COUNTER).total() + count(page)


def test_texts_of_blocks_and_tool_results_are_read_and_calls_and_media_are_not() -> None:
    text = "[1,    2,    3]"
    tokens = waste_signals(text, COUNTER).total()
    assert tokens > 0
    result = {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": text}]}
    assert only("json_bloat_tokens", HumanMessage([{"type": "text", "text": text}])) == tokens
    assert only("json_bloat_tokens", HumanMessage([result])) == tokens
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BLOB}"}}
    call = {"name": "f", "args": {"x": "a    b"}, "id": "1"}
    quiet: list[BaseMessage] = [
        HumanMessage([image]),
        AIMessage([{"type": "thinking", "thinking": text, "signature": "x"}], tool_calls=[call]),
    ]
    assert waste_signals(quiet, COUNTER) == WasteSignals()


def test_signals_are_frozen_and_sum_up() -> None:
    signals = WasteSignals(1, 2, 3, 4, 5, 6)
    assert signals.total() == 21
    assert list(signals.to_dict()) == [
        "json_bloat_tokens",
        "html_noise_tokens",
        "base64_tokens",
        "whitespace_tokens",
        "dynamic_date_tokens",
        "repetition_tokens",
    ]
    with pytest.raises(FrozenInstanceError):
        signals.base64_tokens = 9  # type: ignore[misc]


@given(st.lists(texts, max_size=3))
def test_no_text_raises_and_waste_is_never_more_than_the_texts(given: list[str]) -> None:
    found = waste_signals(given, COUNTER)
    assert min(found.to_dict().values()) >= 0
    assert found.total() <= sum(map(count, given))


@given(conversations)
def test_no_message_raises_and_more_messages_never_make_less_waste(messages: list[BaseMessage]) -> None:
    totals = [waste_signals(messages[:end], COUNTER).total() for end in range(len(messages) + 1)]
    assert totals == sorted(totals)


@dataclass(frozen=True)
class Tallied:
    """Counts characters, and notes how many it was handed."""

    handed: list[int] = field(default_factory=list)
    exact: bool = True

    def count(self, text: str) -> int:
        self.handed.append(len(text))
        return len(text)


@pytest.mark.parametrize(
    "text",
    [
        "{" * 300_000,
        "[" * 300_000,
        "{\n" * 100_000,
        "".join(" " * depth + "{\n" for depth in range(400)) + "\n" * 100_000,
        "".join(" " * depth + "{\n" for depth in range(400)) + " " * 500 + "x\n",
        '"' * 300_000,
        "<b " * 100_000,
        "<!--" * 100_000,
        "<p></p>" + "<script>" * 50_000,
        "<" + "a" * 300_000,
        " " * 300_000 + "x",
        "x" + " " * 300_000 + "x",
        "\n" * 300_000,
        "\r\n" * 150_000,
        "\r" * 300_000,
        "aB3" * 100_000,
        "data:" * 60_000 + "base64,",
        "data:" + "a" * 300_000,
        "1:" * 150_000,
        "1 jan " * 50_000,
        "2026-01-07 " * 30_000,
        "}\n" * 150_000,
    ],
    ids=range(22),
)
def test_no_text_takes_more_than_linear_work(text: str) -> None:
    # Quadratic work on any of these would take longer than a run of tests may.
    counter = Tallied()
    waste_signals([SystemMessage(text)], counter)
    assert sum(counter.handed) <= 7 * len(text)
