"""What was left out can be found again: by words, pattern, path and position, within a budget."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain import ConfigurationError, expand_text
from headroom_langchain.originals import Lookup, Originals, Outcome, ranking
from headroom_langchain.tokens import FunctionCounter, counter_for
from tests.unit_tests.originals.items import LOG, WORDS, items
from tests.unit_tests.strategies import any_text, texts

COUNTER = counter_for(None)
ITEMS = items(1000)
ROWS = json.dumps(ITEMS)


def read(text: str, **asked: Any) -> Lookup:
    originals = Originals()
    ref = originals.put(text, thread="t", tool=asked.pop("tool", None))
    return originals.look_up(ref, thread="t", **{"counter": COUNTER, **asked})


def body_of(found: Lookup) -> str:
    """What an answer shows below its head, out of its compact form."""
    return expand_text(found.text.partition("\n")[2])


def numbers_of(found: Lookup) -> list[int]:
    return [number for span in found.spans for number in range(span.first, span.last + 1)]


def test_the_three_outcomes_are_told_apart() -> None:
    originals = Originals()
    ref = originals.put(ROWS, thread="t")
    unknown = originals.look_up(ref, thread="another", counter=COUNTER, query="timeout")
    nothing = originals.look_up(ref, thread="t", counter=COUNTER, query="rhinoceros")
    something = originals.look_up(ref, thread="t", counter=COUNTER, query=ITEMS[17]["id"])
    assert [found.outcome for found in (unknown, nothing, something)] == ["not found", "no match", "matches"]
    assert "conversation" in unknown.text
    assert ITEMS[17]["id"] in something.text
    for told in ("json", "1-1,000", "id", "message", "service"):
        assert told in nothing.text


def test_what_had_to_go_is_said_to_be_gone() -> None:
    originals = Originals(max_bytes=8_000)
    ref = originals.put(random.Random(1).randbytes(4_000).hex(), thread="t")
    originals.put(random.Random(2).randbytes(4_000).hex(), thread="t")
    found = originals.look_up(ref, thread="t", counter=COUNTER)
    assert found.outcome is Outcome.GONE
    assert "no longer stored" in found.text


def test_one_word_finds_its_items_among_a_thousand() -> None:
    originals = Originals()
    ref = originals.put(ROWS, thread="t")
    found_share = []
    for word in WORDS:
        wanted = {number for number, item in enumerate(ITEMS, 1) if word in item["message"].split()}
        assert wanted
        answer = originals.look_up(ref, thread="t", counter=COUNTER, query=word, limit=10)
        assert answer.tokens <= 1000
        found = set(numbers_of(answer))
        assert found
        found_share.append(len(found & wanted) / min(10, len(wanted)))
    assert sum(found_share) / len(found_share) >= 0.95


@pytest.mark.parametrize("key", ["id", "order", "host", "trace"])
def test_an_item_is_reached_by_any_of_its_ids_within_a_thousand_tokens(key: str) -> None:
    originals = Originals()
    ref = originals.put(ROWS, thread="t")
    for number in range(1, 1001, 37):
        item = ITEMS[number - 1]
        question = f"What happened to {item[key]}?"
        answer = originals.look_up(ref, thread="t", counter=COUNTER, query=question)
        assert number in numbers_of(answer), question
        assert item["message"] in body_of(answer)


def test_whole_ids_numbers_and_quoted_phrases_come_before_words() -> None:
    rows = [{"n": 170, "v": "seventeen 17x 17.5 0.17 17-1 job"}] * 40
    rows[23] = {"n": 1, "v": "took 17, then nothing"}
    rows[31] = {"n": 2, "v": "big red fox; job job job job"}
    rows[32] = {"n": 3, "v": "big red bus; jobs"}
    text = json.dumps(rows)
    assert numbers_of(read(text, query="job 17", limit=1)) == [24]
    assert numbers_of(read(text, query='job "red bus"', limit=1)) == [33]
    assert numbers_of(read(text, query="job 'red bus'", limit=1)) == [33]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("数据错误", 3),
        ("错误", 3),
        ("ОШИБКА", 4),
        ("größe", 5),
        ("GRÖSSE", 5),
        ("テスト", 6),
        ("naïve", 7),
        ("timeouts", 8),
    ],
)
def test_queries_in_any_script_find_their_line(query: str, line: int) -> None:
    lines = [f"2026-01-07 10:00:{number:02d} INFO ready" for number in range(60)]
    lines[2:8] = [
        "系统数据错误已记录",
        "ошибка соединения",
        "Größe überschritten",
        "テスト失敗",
        "naïve plan",
        "queryTimeouts=3",
    ]
    for text in ("\n".join(lines), json.dumps(lines), "\n".join(json.dumps({"m": text}) for text in lines)):
        assert line in numbers_of(read(text, query=query, limit=1)), text[:20]


def test_an_id_that_is_nowhere_is_told_even_where_its_parts_are_somewhere() -> None:
    found = read(ROWS, query="what became of evt_1, order 400017?")
    assert 2 in numbers_of(found)
    assert "nowhere: 'evt_1'" in found.text
    assert "400017" not in found.text.partition("\n")[0].partition("nowhere")[2]
    assert "nowhere" not in read(ROWS, query="order 400017").text.partition("\n")[0]


def test_part_of_a_word_is_found_where_no_whole_word_is() -> None:
    text = json.dumps([{"m": f"event {number}"} for number in range(50)] + [{"m": "DisconnectedByPeer"}])
    assert numbers_of(read(text, query="connectedby")) == [51]


def test_lines_come_with_their_numbers_and_neighbours() -> None:
    found = read(LOG, query="refused", budget_tokens=2000, limit=1)
    (number,) = numbers_of(found)
    lines = LOG.split("\n")
    assert "refused" in lines[number - 1]
    body = body_of(found).split("\n")
    assert f"{number}:{lines[number - 1]}" in body
    assert f"{number - 1}-{lines[number - 2]}" in body
    assert f"{number + 2}-{lines[number + 1]}" in body


def test_neighbours_never_cost_more_than_the_budget() -> None:
    for budget in range(64, 300, 6):
        found = read(LOG, query="refused", budget_tokens=budget)
        assert found.tokens == COUNTER.count(found.text) <= budget
        assert "refused" in found.text


def test_a_pattern_finds_exactly_the_lines_it_matches() -> None:
    wanted = [number for number, line in enumerate(LOG.split("\n"), 1) if "ERROR" in line]
    pages, start = [], 1
    while True:
        found = read(LOG, pattern=r"\bERROR\b", start=start, budget_tokens=300)
        assert found.matched == len(wanted)
        pages += numbers_of(found)
        if found.next_start is None:
            break
        assert f"next: start={found.next_start}" in found.text
        start = found.next_start
    assert pages == wanted


@pytest.mark.parametrize("pattern", ["(a+)+$", r"(\w+\s?)*!", "^(a|aa|aaa)+b$", "(.*)*x"])
def test_a_pattern_that_would_run_for_ever_ends(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "PATTERN_SECONDS", 0.1)
    found = read("\n".join(["a" * 900] * 50), pattern=pattern)
    assert found.outcome is not Outcome.REFUSED or "takes too long" in found.text


def test_a_pattern_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "PATTERN_SECONDS", 1e-9)
    found = read("\n".join(["a" * 900] * 50), pattern="^(a|aa|aaa)+c|b$")
    assert found.outcome is Outcome.REFUSED
    assert "takes too long" in found.text


@pytest.mark.parametrize("pattern", ["(", "[a", "(?P<x", "*a", "a" * 501])
def test_a_broken_pattern_is_told_not_raised(pattern: str) -> None:
    found = read(LOG, pattern=pattern)
    assert found.outcome is Outcome.REFUSED
    assert "pattern" in found.text


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.jobs[3].name", ["job 3"]),
        ("jobs[*].id", [10 * number for number in range(50)]),
        ("$.jobs[-1].id", [490]),
        ("$['jobs'][2:5]['name']", ["job 2", "job 3", "job 4"]),
        ("$..total", [50, 7]),
        ('$.meta["a.b"]', [{"total": 7}]),
        ("$.meta.*", [{"total": 7}]),
    ],
)
def test_a_path_takes_values_out(path: str, values: list[Any]) -> None:
    document = {
        "total": 50,
        "jobs": [{"id": 10 * number, "name": f"job {number}"} for number in range(50)],
        "meta": {"a.b": {"total": 7}},
    }
    found = read(json.dumps(document), path=path, budget_tokens=4000)
    shown = body_of(found)
    assert found.matched == found.total
    for value in values:
        assert json.dumps(value) in shown or json.dumps(value, separators=(",", ":")) in shown
    if len(values) > 1:
        assert len(numbers_of(found)) == len(values)


def test_a_path_narrows_what_a_query_and_a_pattern_look_at() -> None:
    document = {"a": [{"v": f"word {number}"} for number in range(20)], "b": ["word"] * 20}
    assert read(json.dumps(document), path="$.b[*]", query="word").matched == 20
    assert read(json.dumps(document), path="$.a[*]", pattern="1?7.}$").matched == 2
    assert read(json.dumps(document), path="$.b", pattern="^word$").matched == 20


def test_a_path_reads_columns_of_csv_and_jsonl() -> None:
    csv_text = "id,name\n" + "".join(f"{number},n{number}\n" for number in range(30))
    assert read(csv_text, path="$[4].name").text.endswith('"n4"')
    lines = "\n".join(json.dumps({"id": number, "name": f"n{number}"}) for number in range(30))
    assert read(lines, path="[4].name").text.endswith('"n4"')


@pytest.mark.parametrize(
    "path", ["$[?(@.a)]", "$.a[", "$.a[1,2]", "$[::2]", "$ a", "$" + ".a" * 400, '$["\\x"]']
)
def test_a_broken_path_is_told_not_raised(path: str) -> None:
    found = read(ROWS, path=path)
    assert found.outcome is Outcome.REFUSED


def test_a_path_into_what_is_no_json_is_told() -> None:
    for text in (LOG, '{"a": [1, 2', "[" * 3000 + "]" * 3000):
        assert read(text, path="$.a").outcome is Outcome.REFUSED
    assert read(ROWS, path="$.nothing").outcome is Outcome.NO_MATCH


def test_numbers_that_count_nothing_are_told() -> None:
    for asked in ({"limit": 0}, {"limit": -1}, {"start": 0}):
        assert read(ROWS, **asked).outcome is Outcome.REFUSED


def test_a_budget_that_holds_no_answer_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="budget_tokens"):
        read(ROWS, budget_tokens=63)


def test_rows_and_lines_are_read_by_position() -> None:
    found = read(ROWS, start=5, limit=3)
    assert numbers_of(found) == [5, 6, 7]
    assert json.loads(body_of(found)) == ITEMS[4:7]
    assert found.next_start == 8
    lines = LOG.split("\n")
    assert body_of(read(LOG, start=11, limit=4)).split("\n") == lines[10:14]
    assert body_of(read(LOG, start=-2)).split("\n") == lines[-2:]
    beyond = read(LOG, start=10_000)
    assert beyond.outcome is Outcome.NO_MATCH
    assert f"{len(lines):,}" in beyond.text


def test_csv_rows_keep_their_header_and_their_quoted_line_breaks() -> None:
    rows = [["id", "note"], *[[str(number), f"a, b\nnumber {number}"] for number in range(40)]]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    found = read(out.getvalue(), query="number 17", limit=1)
    assert numbers_of(found) == [18]
    assert list(csv.reader(io.StringIO(body_of(found), newline=""))) == [rows[0], rows[18]]
    assert read(out.getvalue()).total == 40


def pages_of(text: str, budget: int) -> list[Lookup]:
    originals = Originals()
    ref = originals.put(text, thread="t")
    pages: list[Lookup] = []
    start, offset = 1, None
    while start is not None:
        pages.append(
            originals.look_up(
                ref, thread="t", counter=COUNTER, start=start, offset=offset, budget_tokens=budget
            )
        )
        assert (pages[-1].next_start or 10**9, pages[-1].next_offset or 0) > (start, offset or 0)
        start, offset = pages[-1].next_start, pages[-1].next_offset  # type: ignore[assignment]
    return pages


SOME_ROWS = json.dumps(ITEMS[:60])


@pytest.mark.parametrize(
    "text", [LOG, SOME_ROWS, "x1 " * 5000, "数据" * 2000 + "\nend", "\n".join(["a" * 3000] * 3)], ids=len
)
def test_pages_put_together_are_the_whole_original(text: str) -> None:
    pages = pages_of(text, 400)
    assert {page.tokens <= 400 for page in pages} == {True}
    shown = [number for page in pages for number in numbers_of(page)]
    assert sorted(set(shown)) == list(range(1, pages[0].total + 1))
    if text != SOME_ROWS:
        joined = ""
        for page in pages:
            joined += body_of(page) + ("" if page.next_offset else "\n")
        assert joined.rstrip("\n") == text.rstrip("\n")
    else:
        assert [row for page in pages for row in json.loads(body_of(page))] == ITEMS[:60]


@given(
    text=texts,
    query=st.none() | any_text,
    pattern=st.sampled_from([None, None, ".", "a|1", "("]),
    path=st.sampled_from([None, None, "$", "$[*]", "$..id", "items"]),
    start=st.none() | st.integers(-3, 30),
    limit=st.none() | st.integers(-1, 5),
    offset=st.none() | st.integers(-1, 500),
    budget=st.integers(64, 300),
)
def test_no_answer_is_over_its_budget_or_raises(text: str, budget: int, **asked: Any) -> None:
    found = read(text, budget_tokens=budget, **asked)
    assert found.tokens == COUNTER.count(found.text) <= budget
    found.text.encode()


@given(texts, any_text)
def test_the_same_question_gets_the_same_answer_async(text: str, query: str) -> None:
    originals = Originals()
    ref = originals.put(text, thread="t")
    answers = [
        originals.look_up(ref, thread="t", counter=COUNTER, query=query),
        asyncio.run(originals.alook_up(ref, thread="t", counter=COUNTER, query=query)),
    ]
    assert answers[0] == answers[1]


async def test_long_originals_are_searched_off_the_event_loop() -> None:
    originals = Originals()
    ref = await originals.aput(ROWS, thread="t")
    found = await originals.alook_up(ref, thread="t", counter=COUNTER, query=ITEMS[5]["id"])
    assert found == originals.look_up(ref, thread="t", counter=COUNTER, query=ITEMS[5]["id"])
    assert (await originals.alook_up("zzzzzz", thread="t", counter=COUNTER)).outcome is Outcome.NOT_FOUND


def test_a_row_that_is_longer_than_the_budget_is_shown_around_its_match() -> None:
    rows = [
        {"id": number, "log": f"step {number} " * 2000 + f"needle{number} " + "rest " * 3000}
        for number in range(5)
    ]
    found = read(json.dumps(rows), query="needle3")
    assert numbers_of(found) == [4]
    assert "needle3" in found.text
    assert found.tokens <= 1000


def test_rows_that_are_longer_than_an_answer_are_shown_in_brief_with_the_way_to_the_whole() -> None:
    rows = [
        {
            "id": f"job-{number}",
            "log": "started " * 900 + f"because of flake {number} " + "ended " * 900,
            "state": "done",
        }
        for number in range(30)
    ]
    text = json.dumps(rows)
    found = read(text, query='"flake 7" flake', budget_tokens=1000)
    assert len(numbers_of(found)) > 3
    for number in numbers_of(found):
        assert f'"id":"job-{number - 1}"' in body_of(found)
        assert f"flake {number - 1} " in body_of(found)
    assert 8 in numbers_of(found)
    assert "whole: path=$[7]" in found.text
    assert "job-7" in read(text, path="$[7]").text
    cut = read(text, query="'flake 7'", budget_tokens=80)
    assert numbers_of(cut) == [8]
    assert "flake 7 " in cut.text
    assert "whole: path=$[7].log" in cut.text
    assert "flake 7 " in read(text, path="$[7].log", pattern="flake", budget_tokens=300).text


def test_a_scorer_of_the_users_own_is_asked() -> None:
    originals = Originals(scorer=lambda _, given_texts: [float("ready 7" in text) for text in given_texts])
    ref = originals.put("\n".join(f"ready {number}" for number in range(10)), thread="t")
    assert numbers_of(originals.look_up(ref, thread="t", counter=COUNTER, query="anything")) == [8]


def test_an_answer_says_where_it_is_from() -> None:
    found = read(ROWS, query="timeout", limit=2, tool="list_events")
    head = found.text.partition("\n")[0]
    assert head.startswith(f"{found.ref} (list_events): json; ")
    assert f"{found.matched} match 'timeout'" in head
    assert "of 1000" in head
    assert f"next: start={found.next_start}" in head


def test_storing_in_memory_loads_neither_langgraph_nor_numpy() -> None:
    code = (
        "import sys; from headroom_langchain.originals import Originals; o = Originals();"
        "o.get(o.put('text', thread='t'), thread='t'); sys.exit(', '.join({'langgraph', 'numpy', 'tiktoken'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_answers_are_compact_where_that_is_smaller() -> None:
    found = read(ROWS, start=1, limit=20, budget_tokens=4000)
    plain = COUNTER.count(json.dumps(ITEMS[:20], separators=(",", ":")))
    assert len(numbers_of(found)) == 20
    assert found.tokens < plain
    assert len(numbers_of(read(ROWS, budget_tokens=1000))) > len(ITEMS) * 1000 / COUNTER.count(ROWS)


def test_the_callers_counter_is_the_one_that_counts() -> None:
    found = read(ROWS, counter=FunctionCounter(len), budget_tokens=500)
    assert found.tokens == len(found.text) <= 500
