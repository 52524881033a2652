"""The measurement of selection counts what was kept, fetched, counted and said, and is not easily fooled."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from harness.case import Case, Probe, load_case, texts_of  # noqa: E402
from harness.error_lines import Errors, check_errors  # noqa: E402
from harness.fact_check import check_facts  # noqa: E402
from harness.selection import FollowUp, ask_before, measure_selection  # noqa: E402
from harness.selection_report import selection_json, selection_tables  # noqa: E402
from harness.selection_subject import Budget, HeadroomSelector, Selection, Shown  # noqa: E402
from rich.console import Console  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.selection import SelectionResult

CASES = BENCHMARKS / "cases"
LOG = "".join(f"job {number} took {number * 37} ms\n" for number in range(900))
PROBES = (Probe("How long did job 4 take?", "148 ms"), Probe("How long did job 700 take?", "25900 ms"))


def case(output: str = LOG, kind: str = "log", probes: tuple[Probe, ...] = PROBES) -> Case:
    messages = (
        SystemMessage("Use the tools."),
        HumanMessage("Show the jobs."),
        AIMessage("", tool_calls=[{"name": "jobs", "args": {}, "id": "call_1"}]),
        ToolMessage(output, tool_call_id="call_1", name="jobs"),
    )
    return Case("one", kind, "here", messages, probes)


@dataclass(frozen=True)
class Fake:
    """Shows what it is told to show of a tool result, and answers look-ups as it is told."""

    show: Callable[[str], Shown]
    answer: Callable[[str], str] = lambda _: "title\nnothing"
    said: tuple[str, ...] = ()

    def select(self, messages: Sequence[BaseMessage], budget: Budget) -> Selection:
        texts = [text for m in messages if isinstance(m, ToolMessage) for text in texts_of(m)]
        look_up = self.answer
        return Selection(tuple(map(self.show, texts)), lambda _, question: look_up(question), ("[oops]",))

    def encode(self, messages: Sequence[BaseMessage]) -> object:
        return messages

    def facts(self, text: str) -> list[str]:
        return list(self.said)


def shown(body: str, *facts: str, ref: str = "abc123") -> Shown:
    head = "[headroom:omitted 1 of 900 lines, all: abc123]"
    return Shown("\n".join([head, *facts, "--", body]), body, facts, ref)


def drop_all(_: str) -> Shown:
    return shown("")


def keep_all(text: str) -> Shown:
    return Shown(text, text)


def only(fake: Fake, measured: Case | None = None) -> SelectionResult:
    (result,) = measure_selection([measured or case()], fake)
    return result


def test_what_drops_everything_keeps_nothing() -> None:
    result = only(Fake(drop_all))

    for kept in result.before.values():
        assert (kept.probes, kept.kept, kept.verbatim, kept.decodable) == (2, 0, 0, 0)
        assert kept.saved > 0.99
    assert result.after == FollowUp(probes=2, kept=0, asked=2, reachable=0, kept_or_reachable=0)


def test_what_keeps_everything_keeps_all_answers_saves_nothing_and_is_above_its_budget() -> None:
    result = only(Fake(keep_all))

    for kept in result.before.values():
        assert (kept.kept, kept.verbatim, kept.saved) == (2, 2, 0.0)
        assert (kept.over, kept.whole, kept.results) == (0, 2, 2)
    assert result.after == FollowUp(probes=2, kept=2, asked=0, reachable=0, kept_or_reachable=2)


def test_a_selection_above_its_budget_is_counted() -> None:
    result = only(Fake(shown))

    assert all((kept.over, kept.whole) == (2, 0) for kept in result.before.values())


def test_an_answer_in_the_question_is_not_kept() -> None:
    probe = Probe("Is 148 ms the time of job 4?", "148 ms")

    result = only(
        Fake(drop_all, answer=lambda question: f"title {question}\nno match"), case(probes=(probe,))
    )

    assert result.before["20%"].kept == 0
    assert result.after.reachable == 0


def test_an_answer_in_the_facts_alone_is_kept_by_the_facts_alone() -> None:
    kept = only(Fake(lambda _: shown("job 1", "slowest: 25900 ms"))).before["20%"]

    assert (kept.kept, kept.verbatim, kept.decodable, kept.facts_only) == (1, 0, 0, 1)


def test_an_answer_in_a_form_is_decodable_but_not_verbatim() -> None:
    kept = only(Fake(lambda _: replace(shown("job 4 took 4*37"), decoded="job 4 took 148 ms"))).before["20%"]

    assert (kept.kept, kept.verbatim, kept.decodable, kept.facts_only) == (1, 0, 1, 0)


def test_an_answer_that_is_looked_up_is_reachable_within_its_tokens_only() -> None:
    short = only(Fake(drop_all, answer=lambda _: "title\njob 4 took 148 ms")).after
    long = only(Fake(drop_all, answer=lambda _: "title\n" + LOG)).after

    assert (short.kept, short.reachable, short.kept_or_reachable) == (0, 1, 1)
    assert long.reachable == 0


def test_the_question_stands_in_the_place_of_the_last_human_text_before_the_result() -> None:
    before = [*case().messages, HumanMessage("Thanks.")]

    asked = ask_before(before, "Which?")

    assert [m.text for m in asked if isinstance(m, HumanMessage)] == ["Which?", "Thanks."]
    assert [m for m in asked if not isinstance(m, HumanMessage)] == [
        m for m in before if not isinstance(m, HumanMessage)
    ]
    assert ask_before(before[2:], "Which?")[0].text == "Which?"


def test_sessions_are_left_out() -> None:
    assert measure_selection([case(kind="multi")], Fake(drop_all)) == []


ERRORS = "start\njob 1 failed: 7\njob 2 failed: 9\nTimeoutError in job 3\nend\n"


@pytest.mark.parametrize(
    ("became", "expected"),
    [
        (shown(""), Errors(found=3, kept=0, kinds=2, kinds_kept=0, kept_or_counted=0)),
        (shown("job 1 failed: 7"), Errors(3, 1, 2, 1, 1)),
        (shown("job 1 failed: 8"), Errors(3, 0, 2, 0, 0)),
        (shown("end", "lines that report an error: 3"), Errors(3, 0, 2, 0, 3)),
        (shown("end", "lines that report an error: 50"), Errors(3, 0, 2, 0, 3)),
        (shown("end", "levels: INFO 2, ERROR 2"), Errors(3, 0, 2, 0, 2)),
        (shown("end", "2 like: job # failed: #", "9 like: start"), Errors(3, 0, 2, 0, 2)),
        (keep_all(ERRORS), Errors(3, 3, 2, 2, 3)),
    ],
)
def test_error_lines_are_kept_or_counted(became: Shown, expected: Errors) -> None:
    assert check_errors(ERRORS, became) == expected


def test_error_records_are_those_whose_level_says_so() -> None:
    rows = [
        {"id": 1, "level": "INFO", "text": "no error"},
        {"id": 2, "level": "ERROR"},
        {"id": 3, "level": "fatal"},
    ]
    kept = json.dumps({"rows": rows[1:2]})

    assert check_errors(json.dumps(rows), shown(kept, "level: ERROR 1, INFO 1, fatal 1")) == Errors(
        2, 1, 2, 1, 2
    )


def test_errors_are_looked_for_where_they_are_reports() -> None:
    assert only(Fake(keep_all), case(ERRORS, "testlog", ())).errors.found == 3
    assert only(Fake(keep_all), case(ERRORS, "search", ())).errors.found == 0


TABLE = json.dumps(
    [
        {
            "id": f"n{n}",
            "state": "ok" if n % 3 else "a, b",
            "ms": n * 1.5,
            "note": None if n else "x",
            "at": f"2025-01-0{n + 1}",
        }
        for n in range(8)
    ]
)
RIGHT = (
    "all 8 rows:",
    "state: ok (5), a, b (3)",
    "ms: min 0.0 (id n0), max 10.5 (id n7), sum 42, mean 5.25",
    "ms: min 0 (row 1), max 10.5 (row 8)",
    "note: 1 filled; 7 empty",
    "at: 2025-01-01 to 2025-01-08",
    "state: ok (5), +1 other values 3",
)


@pytest.mark.parametrize("fact", RIGHT)
def test_right_figures_are_told(fact: str) -> None:
    found = check_facts(TABLE, [fact])

    assert found.right == found.figures > 0


@pytest.mark.parametrize("fact", RIGHT)
def test_a_single_wrong_figure_is_told(fact: str) -> None:
    digits = list(re.finditer(r"\d", fact))

    assert digits
    for digit in digits:
        changed = fact[: digit.start()] + ("7" if digit[0] != "7" else "4") + fact[digit.end() :]
        assert check_facts(TABLE, [changed]).wrong == (changed,)


@pytest.mark.parametrize(
    "fact", ["colour: red 4", "ms: about 5", "ms: min 0, max 10.5, sum 42, mean ≈5.25", "state: ok (5)", ""]
)
def test_a_figure_that_is_unknown_vague_or_not_all_is_wrong(fact: str) -> None:
    found = check_facts(TABLE, [fact])

    assert found.right < found.figures
    assert found.wrong == (fact,)


@pytest.mark.parametrize("name", ["csv_timezones", "json_repositories", "json_settings"])
def test_all_figures_about_shipped_records_are_right_and_would_be_missed(name: str) -> None:
    text = texts_of(load_case(CASES / f"{name}.json").messages[-1])[0]
    facts = HeadroomSelector().facts(text)

    found = check_facts(text, facts)

    assert found.right == found.figures > len(facts) / 2
    bumped = [re.sub(r"\d+(?= rows| empty| filled|$)", lambda n: str(int(n[0]) + 1), fact) for fact in facts]
    changed = [new for new, old in zip(bumped, facts, strict=True) if new != old]
    assert changed
    assert check_facts(text, changed).wrong == tuple(changed)


def test_the_package_stays_in_its_budgets_and_fetches_what_it_left_out() -> None:
    rows = json.dumps([{"id": f"ord_{n * 7919}", "city": "Lisboa", "cents": n * 331} for n in range(600)])
    probes = (Probe("How many cents has ord_2375700?", "99300"), Probe("And ord_39595?", "1655"))

    (result,) = measure_selection([case(rows, "json", probes)], HeadroomSelector())

    for kept in result.before.values():
        assert (kept.kept, kept.over, kept.whole) == (2, 0, 0)
        assert kept.saved > 0.5
    assert result.after.asked == result.after.reachable == result.after.kept_or_reachable == 2
    assert result.facts.right == result.facts.figures > 0


def test_budgets_are_a_number_of_tokens_or_a_share() -> None:
    assert (Budget(tokens=2000).of(90_000), Budget(ratio=0.2).of(1000)) == (2000, 200)


def test_tables_and_json_hold_the_sums() -> None:
    results = measure_selection(
        [case(), case(ERRORS, "log", ())], Fake(drop_all, said=("all 900 lines:",)), runs=1
    )

    figures = json.loads(json.dumps(selection_json(results)))
    console = Console(width=140)
    with console.capture() as printed:
        console.print(*selection_tables(results))

    assert figures["sums"]["after"]["asked"] == 2
    assert figures["sums"]["errors"]["found"] == 3
    assert figures["cases"][0]["timing"]["selecting"] >= 0
    assert "0/2" in printed.get()
    assert "wrong or not read: all 900 lines:" in printed.get()
    assert "one: [oops]" in printed.get()
    assert figures["cases"][0]["warnings"] == ["[oops]"]


def test_one_command_prints_the_tables_and_writes_the_figures(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "one.json").write_bytes((CASES / "csv_timezones.json").read_bytes())
    command = [sys.executable, str(BENCHMARKS / "selection.py"), "--cases", str(cases), "--runs", "0"]

    done = subprocess.run(
        [*command, "--json", str(tmp_path / "out.json")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )

    figures = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert "csv_timezones" in done.stdout
    assert figures["sums"]["before"]["20%"]["over"] == 0
    assert figures["sums"]["facts"]["right"] == figures["sums"]["facts"]["figures"] > 0
    assert figures["cases"][0]["timing"] is None
