"""The benchmark measures what it says, and what ships with it is lossless."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from harness.case import Case, Probe, load_case, load_cases, texts_of  # noqa: E402
from harness.measure import ALL, SESSIONS, SINGLES, check_prefixes, measure  # noqa: E402
from harness.peers import MinifiedJson, TrimMessages, find_peers  # noqa: E402
from harness.report import as_json, cases_table, peers_table  # noqa: E402
from harness.scaling import measure_one  # noqa: E402
from harness.score import count_messages, same_text, score  # noqa: E402
from harness.subject import Headroom  # noqa: E402
from make_case import choose_probes  # noqa: E402
from rich.console import Console  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.measure import Report

CASES = BENCHMARKS / "cases"


def conversation(output: str = "job 4711 failed\njob 4712 passed\n") -> list[BaseMessage]:
    return [
        SystemMessage("Use the tools."),
        HumanMessage("Which job failed?"),
        AIMessage("", tool_calls=[{"name": "jobs", "args": {}, "id": "call_1"}]),
        ToolMessage(output, tool_call_id="call_1", name="jobs"),
    ]


@dataclass(frozen=True)
class Fake:
    """Rewrites tool outputs as told and restores them as told."""

    write: Callable[[str], str] = field(default=lambda text: text)
    read: Callable[[str], str] = field(default=lambda text: text)
    name: str = "fake"

    def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return [
            m.model_copy(update={"content": self.write(str(m.content))}) if isinstance(m, ToolMessage) else m
            for m in messages
        ]

    def expand(self, text: str) -> str:
        return self.read(text)


@pytest.fixture(scope="module", params=[False, True], ids=["default", "dense"])
def shipped(request: pytest.FixtureRequest) -> Report:
    return measure(load_cases(CASES), Headroom(dense=request.param))


def test_every_shipped_case_is_restored_and_never_larger(shipped: Report) -> None:
    for result in shipped.results:
        assert result.score.decodable == result.score.probes, result.case.id
        assert result.score.restored == result.score.messages, result.case.id
        assert result.score.tokens_after <= result.score.tokens_before, result.case.id


def test_shipped_sessions_keep_their_prefix(shipped: Report) -> None:
    sessions = [result for result in shipped.results if result.prefixes is not None]

    assert sessions
    assert all(result.prefixes is not None and result.prefixes.hold for result in sessions)


def test_shipped_cases_say_where_they_come_from_and_ask_five_questions() -> None:
    cases = load_cases(CASES)

    assert {"json", "csv", "log", "testlog", "search", "multi"} <= {case.kind for case in cases}
    for case in cases:
        assert any(
            word in case.source for word in ("MIT", "Apache-2.0", "PostgreSQL Licence", "public domain")
        )
        assert len(case.probes) == 5


def test_sums_add_up_the_cases_by_kind_and_in_total(shipped: Report) -> None:
    sums = shipped.sums()
    kinds = [sums[group] for group in sums if group not in (ALL, SINGLES, SESSIONS)]

    assert sums[ALL].tokens_before == sum(result.score.tokens_before for result in shipped.results)
    assert sums[SINGLES].tokens_before == sum(kind.tokens_before for kind in kinds)
    assert sums[ALL] == sums[SINGLES] + sums[SESSIONS]
    assert "testlog" not in sums


def test_a_dropped_answer_is_neither_verbatim_nor_decodable() -> None:
    before = conversation()
    dropping = Fake(write=lambda text: text.replace("4711", ""))

    result = score(before, dropping.compress(before), [Probe("?", "4711"), Probe("?", "4712")], dropping)

    assert (result.verbatim, result.decodable, result.restored) == (1, 1, 3)


def test_a_hidden_answer_is_decodable_but_not_verbatim() -> None:
    before = conversation()
    hiding = Fake(write=lambda text: text.swapcase()[::-1], read=lambda form: form[::-1].swapcase())

    result = score(before, hiding.compress(before), [Probe("?", "job 4711 failed")], hiding)

    assert (result.verbatim, result.decodable, result.restored) == (0, 1, 4)


def test_a_form_that_cannot_be_decoded_counts_as_lost() -> None:
    def refuse(form: str) -> str:
        raise ValueError(form)

    before = conversation()
    broken = Fake(write=lambda text: "x" + text[:8], read=refuse)

    result = score(before, broken.compress(before), [Probe("?", "4712")], broken)

    assert (result.decodable, result.restored) == (0, 3)


def test_a_larger_result_is_a_negative_saving() -> None:
    before = conversation()
    padding = Fake(write=lambda text: text * 3)

    assert score(before, padding.compress(before), [], padding).saved < 0


def test_a_dropped_message_is_not_restored() -> None:
    before = conversation()

    assert score(before, before[1:], [Probe("?", "4711")], Fake()).restored == 3


def test_a_change_of_an_earlier_message_breaks_the_prefix() -> None:
    @dataclass(frozen=True)
    class Forgetful(Fake):
        def compress(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
            return [HumanMessage("(old)"), *messages[1:]] if len(messages) > 2 else list(messages)

    messages = conversation()
    subject = Forgetful()

    prefixes = check_prefixes(messages, subject.compress(messages), subject)

    assert (prefixes.held, prefixes.checked) == (2, 4)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": 2}', '{"a":1,"b":2}', True),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', False),
        ("[1]", "[1.0]", False),
        ("[1]", "[true]", False),
        ("[1.50]", "[1.5]", True),
        ("[0.1234567890123456789]", "[0.12345678901234567]", False),
        ('{"a": 1, "a": 2}', '{"a": 2}', False),
        ('["é"]', '["\\u00e9"]', True),
        ("[1] ", "{", False),
        ("plain", "plain ", False),
        ("[" * 5000 + "]" * 5000, "[" * 5000 + " ]" + "]" * 4999, False),
    ],
)
def test_texts_are_the_same_by_bytes_or_by_json_value_type_and_key_order(
    one: str, other: str, same: bool
) -> None:
    assert same_text(one, other) is same


def test_texts_of_a_message_are_its_text_blocks() -> None:
    message = ToolMessage(
        ["first", {"type": "text", "text": "second"}, {"type": "image", "url": "x"}], tool_call_id="call_1"
    )

    assert texts_of(message) == ["first", "second"]


def test_tokens_are_those_of_tiktoken_even_for_special_tokens() -> None:
    assert count_messages([HumanMessage("hello world")]) == 2
    assert count_messages([HumanMessage("<|endoftext|>")]) > 1


def test_minified_json_is_measured_as_lossless() -> None:
    before = conversation(json.dumps([{"id": 4711, "share": 1.0, "name": "Zoë"}] * 9, indent=2))
    peer = MinifiedJson()

    result = score(before, peer.compress(before), [Probe("?", "4711")], peer)

    assert result.saved > 0.2
    assert (result.decodable, result.restored) == (1, 4)


def test_toon_is_restored_from_its_own_format_and_loses_the_type_of_whole_floats() -> None:
    pytest.importorskip("toon_format")
    toon = next(peer for peer in find_peers(0)[0] if peer.name == "TOON")

    def restored(value: object) -> int:
        before = conversation(json.dumps([{"id": number, "value": value} for number in range(20)]))
        return score(before, toon.compress(before), [], toon).restored

    assert restored(1.5) == 4
    assert restored(2.0) == 3


def test_trim_messages_stays_in_its_budget() -> None:
    before = conversation("\n".join(f"job {number} passed" for number in range(400)))

    after = TrimMessages(200).compress(before)

    assert 100 < count_messages(after) <= 200


def test_a_peer_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.peers.find_spec", lambda _: None)
    case = Case("one", "log", "here", tuple(conversation()), (Probe("?", "4711"),))

    report = measure([case], Fake(), with_peers=True)

    assert report.peers == ("minified JSON", "trim_messages")
    assert [peer.name for peer in report.missing_peers] == ["TOON", "ClearToolUsesEdit"]
    console = Console(width=140)
    with console.capture() as printed:
        console.print(cases_table(report), peers_table(report))
    assert "toon-format is not installed" in printed.get()


def test_the_json_report_holds_sums_versions_and_every_case() -> None:
    case = Case("one", "log", "here", tuple(conversation()), (Probe("?", "4711"),))

    figures = json.loads(json.dumps(as_json(measure([case], Fake(), with_peers=True, runs=1))))

    assert figures["sums"]["fake"]["all"]["decodable"] == 1
    assert figures["surroundings"]["tiktoken"]
    assert [one["id"] for one in figures["cases"]] == ["one"]
    assert figures["cases"][0]["timing"]["milliseconds"] >= 0


@pytest.mark.parametrize(
    "broken",
    [
        "{",
        "[]",
        '{"id": "x"}',
        json.dumps(
            {
                "id": "x",
                "kind": "log",
                "source": "",
                "messages": [{"role": "user", "content": "hi"}],
                "probes": [{"question": "?", "answer": "elsewhere"}],
            }
        ),
    ],
)
def test_a_file_that_is_no_case_is_named(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(broken, encoding="utf-8")

    with pytest.raises(ValueError, match=r"bad\.json"):
        load_case(path)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no cases"):
        load_cases(tmp_path)


def test_chosen_questions_have_answers_and_one_is_about_trouble() -> None:
    lines = [f"2025-03-03 step {number} took {number * 37} ms in zone-{number}" for number in range(200)]
    lines[120] = "2025-03-03 step 120 failed with code E-90210"
    text = "\n".join(lines)

    probes = choose_probes([text], seed=7)

    assert choose_probes([text], seed=7) == probes
    assert len({probe["answer"] for probe in probes}) == 5
    assert all(probe["answer"] in text for probe in probes)
    assert probes[-1]["type"] == "rare"
    assert probes[-1]["answer"] in lines[120]


def test_scaling_tells_tokens_time_and_memory_of_a_text(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("".join(f"job {number} passed\n" for number in range(300)), encoding="utf-8")

    scale = measure_one("log", 300, str(file), dense=False, model="gpt-4o")

    assert scale.size == file.stat().st_size
    assert 0 < scale.tokens_after <= scale.tokens_before
    assert scale.milliseconds > 0
    assert scale.peak >= 0


def test_one_command_prints_the_table_and_writes_the_figures(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "one.json").write_bytes((CASES / "testlog_requests.json").read_bytes())
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--cases", str(cases), "--runs", "0"]

    done = subprocess.run(
        [*command, "--json", str(tmp_path / "out.json")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )

    assert "testlog_requests" in done.stdout
    assert (
        json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["sums"]["headroom"]["all"]["saved"]
        >= 0
    )
