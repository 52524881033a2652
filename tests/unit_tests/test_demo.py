"""The demo shows what really happens, offline, on data whose origin is written down."""

from __future__ import annotations

import hashlib
import io
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from rich.console import Console
from typer.testing import CliRunner

from headroom_langchain.cli import app
from headroom_langchain.demo.model import RecordingChatModel
from headroom_langchain.demo.prices import input_price
from headroom_langchain.demo.report import excerpt, print_run, print_summary
from headroom_langchain.demo.run import DemoRun, Restored, check_restored, run_sample
from headroom_langchain.demo.samples import SAMPLES, Sample
from headroom_langchain.tokens import count_messages, counter_for
from headroom_langchain.transforms import expand_text

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

MODEL = "gpt-4o"


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda sample: sample.filename)
def run(request: pytest.FixtureRequest) -> DemoRun:
    sample: Sample = request.param
    return run_sample(sample, MODEL)


def _printed(*runs: DemoRun, model: str = MODEL) -> str:
    console = Console(file=io.StringIO(), width=110, highlight=False)
    for one in runs:
        print_run(console, one, model)
    print_summary(console, runs, model)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_sample_gets_smaller(run: DemoRun) -> None:
    assert run.tokens_after < run.tokens_before
    assert run.sent != run.original


def test_the_original_can_be_restored_from_what_was_sent(run: DemoRun) -> None:
    assert run.restored is not Restored.NO
    expanded = expand_text(run.sent)
    assert expanded == run.original or json.loads(expanded) == json.loads(run.original)


def test_the_tokens_are_those_of_the_conversations(run: DemoRun) -> None:
    counter = counter_for(MODEL)
    before = run.sample.conversation()
    sent = [*before[:-1], before[-1].model_copy(update={"content": run.sent})]
    assert run.tokens_before == count_messages(before, counter)
    assert run.tokens_after == count_messages(sent, counter)
    assert not run.estimated


def test_what_is_printed_is_what_was_measured(run: DemoRun) -> None:
    printed = _printed(run)
    assert f"{run.tokens_before:,} -> {run.tokens_after:,} tokens ({run.percent_saved:.1f} % less)" in printed
    assert f"expands to the original: {run.restored.value}" in printed
    assert run.original[:60].splitlines()[0] in printed
    assert run.sent.splitlines()[0][:60] in printed
    before, after = input_price(MODEL, run.tokens_before), input_price(MODEL, run.tokens_after)
    assert before is not None
    assert after is not None
    assert f"${1000 * (before - after):,.2f} saved in 1,000 calls" in printed


def test_a_text_that_stays_is_shown_with_the_reason(tmp_path: Path) -> None:
    prose = tmp_path / "letter.txt"
    prose.write_text("Dear reader,\nthere is nothing in this letter that is said twice.\n")
    letter = Sample("prose: a letter", str(prose), "What does it say?", "read_mail", {})
    run = run_sample(letter, MODEL)
    assert run.sent == run.original == prose.read_text()
    assert run.reason
    assert f"the same; {run.reason}" in " ".join(_printed(run).split())


def test_an_unknown_model_has_an_unknown_price(run: DemoRun) -> None:
    printed = _printed(run, model="our-own-model")
    assert "unknown saved in 1,000 calls" in printed
    assert "The price of our-own-model is unknown" in printed
    assert "$" not in printed.replace(run.original[:2000], "").split("sent: ")[1]


def test_prices_are_per_token_and_never_guessed() -> None:
    million = input_price(MODEL, 1_000_000)
    assert million is not None
    assert input_price(MODEL, 2_000) == million * 2_000 / 1_000_000
    assert input_price("gpt-0-nonsense", 1_000) is None
    assert input_price("", 1_000) is None


def test_a_real_model_is_asked_with_and_without_compression() -> None:
    asked: list[list[Any]] = []

    class Answering(GenericFakeChatModel):
        def _generate(self, messages: list[Any], *args: Any, **kwargs: Any) -> Any:
            asked.append(messages)
            return super()._generate(messages, *args, **kwargs)

    replies = [
        AIMessage(
            f"answer {n}", usage_metadata={"input_tokens": n, "output_tokens": 1, "total_tokens": n + 1}
        )
        for n in (7001, 9001)
    ]
    run = run_sample(SAMPLES[2], MODEL, Answering(messages=iter(replies)))
    assert [messages[-1].text for messages in asked] == [run.sent, run.original]
    printed = _printed(run)
    assert "answer, compressed (7,001 input tokens billed)" in printed
    assert "answer, uncompressed (9,001 input tokens billed)" in printed


def test_the_recorder_passes_a_scripted_answer_on() -> None:
    model = RecordingChatModel(model_name=MODEL)
    assert "no model was called" in model.invoke("hello").text


@pytest.mark.parametrize(
    ("sent", "original", "restored"),
    [
        ("plain", "plain", Restored.BYTES),
        ("plain", "other", Restored.NO),
        ("[headroom:nothing]\nx", "x", Restored.NO),
        ('{"a":1}', '{ "a": 1 }', Restored.VALUE),
        ('{"a":1.0}', '{"a":1}', Restored.NO),
        ('{"a":true}', '{"a":1}', Restored.NO),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', Restored.NO),
        ('{"a":1,"a":2}', '{"a":2}', Restored.NO),
    ],
)
def test_restoring_is_checked_strictly(sent: str, original: str, restored: Restored) -> None:
    assert check_restored(sent, original) is restored


def test_the_command_runs_offline_and_says_so() -> None:
    result = CliRunner().invoke(app, ["demo"], env={"COLUMNS": "110"})
    assert result.exit_code == 0, result.output
    assert "offline" in result.stdout
    assert "scripted model" in result.stdout
    shown = re.findall(r"([\d,]+) -> ([\d,]+) tokens \(([\d.]+) % less\)", result.stdout)
    assert len(shown) == len(SAMPLES)
    counter = counter_for(MODEL)
    for sample, (before, after, percent) in zip(SAMPLES, shown, strict=True):
        tokens = [int(number.replace(",", "")) for number in (before, after)]
        assert tokens[0] == count_messages(sample.conversation(), counter)
        assert float(percent) == pytest.approx(100 * (1 - tokens[1] / tokens[0]), abs=0.06)
    assert result.stdout.count("expands to the original: yes") == len(SAMPLES)


def _data() -> Traversable:
    return files("headroom_langchain.demo") / "data"


def test_every_sample_has_a_source_and_a_licence_on_record() -> None:
    sources = (_data() / "SOURCES.md").read_text()
    for sample in SAMPLES:
        raw = (_data() / sample.filename).read_bytes()
        assert f"{hashlib.sha256(raw).hexdigest()}  {sample.filename}" in sources
        row = next(line for line in sources.splitlines() if line.startswith(f"| `{sample.filename}`"))
        assert re.search(r"BSD-3-Clause|Apache-2\.0", row)
        for licence in re.findall(r"`(LICENSE-[^`]+)`", row):
            assert "Redistribution and use in source and binary forms" in (_data() / licence).read_text()


def test_every_shipped_data_file_is_accounted_for() -> None:
    sources = (_data() / "SOURCES.md").read_text()
    for file in _data().iterdir():
        assert file.name == "SOURCES.md" or f"`{file.name}`" in sources


def test_the_samples_are_real_conversations() -> None:
    for sample in SAMPLES:
        human, ai, tool = sample.conversation()
        assert human.text == sample.question
        assert isinstance(ai, AIMessage)
        assert ai.tool_calls[0]["id"] == getattr(tool, "tool_call_id", None)
        assert tool.text == sample.text()


def test_an_excerpt_shows_beginning_and_middle_and_says_what_it_leaves_out() -> None:
    assert excerpt("one\ntwo", 80) == "one\ntwo"
    lines = [f"line {n}\n" for n in range(1000)]
    shown = excerpt("".join(lines), 80).splitlines(keepends=True)
    assert shown[:6] == lines[:6]
    middle = lines.index(shown[7])
    assert 400 < middle < 600
    assert shown[7:11] == lines[middle : middle + 4]
    skipped, rest = len("".join(lines[6:middle])), len("".join(lines[middle + 4 :]))
    assert shown[6] == f"... {skipped:,} more characters ...\n"
    assert shown[11] == f"... {rest:,} more characters ..."


@given(st.text(st.sampled_from("ab \r\n\t")), st.integers(1, 9))
def test_an_excerpt_leaves_no_character_out_silently(text: str, width: int) -> None:
    shown = excerpt(text, width)
    left_out = sum(
        int(number) for number in re.findall(r"^\.\.\. (\d+) more characters \.\.\.$", shown, re.MULTILINE)
    )
    seen = re.sub(r"^\.\.\. .*$", "", shown, flags=re.MULTILINE)
    visible = [character for character in seen if character not in "\r\n"]
    assert len(visible) <= len([c for c in text if c not in "\r\n"])
    assert len(visible) + left_out + text.count("\r") + text.count("\n") >= len(text)
    assert len(visible) + left_out <= len(text)
