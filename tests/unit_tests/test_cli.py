"""The command line keeps its promises: exact bytes, honest figures, clear refusals."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import OpenAIError
from typer import Exit
from typer.testing import CliRunner

from headroom_langchain.cli import Cells, app, named_failure
from headroom_langchain.config import CellStyle
from headroom_langchain.results import ContentKind, Loss
from headroom_langchain.transforms import compress_text
from headroom_langchain.transforms.marker import read_header

if TYPE_CHECKING:
    from pathlib import Path

LOG = "".join(
    f"2026-03-01T10:{i // 60:02}:{i % 60:02}Z worker-{i % 4} INFO job {1000 + i} finished in {i * 7 % 90} ms\n"
    for i in range(120)
)
BOM = b"\xef\xbb\xbf"
runner = CliRunner()


def run(*arguments: str, given_input: bytes = b"") -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of one run."""
    result = runner.invoke(app, list(arguments), input=given_input)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout_bytes, result.stderr


texts = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.lists(
        st.sampled_from([*LOG.splitlines(keepends=True)[:9], "\r\n", "\r", "\n", "größe=1", "\x85", "\x1c"])
    ).map("".join),
).filter(lambda text: read_header(text) is None and not text.startswith("\ufeff"))


@settings(max_examples=60)
@given(texts, st.booleans())
def test_compress_and_expand_give_back_the_same_bytes(text: str, bom: bool) -> None:
    raw = BOM * bom + text.encode()
    code, compressed, _ = run("compress", "-", given_input=raw)
    assert code == 0
    code, expanded, _ = run("expand", "-", given_input=compressed)
    assert code == 0
    if expanded != raw:
        assert compress_text(text).kind is ContentKind.JSON
        assert json.loads(expanded) == json.loads(raw)


@pytest.mark.parametrize("spacing", [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": 4}])
@pytest.mark.parametrize("end", ["", "\n"])
def test_json_as_programs_space_it_comes_back_byte_for_byte(spacing: dict[str, Any], end: str) -> None:
    rows = [{"id": 70 + i, "name": f"größe {i}", "done": i % 3 == 0, "cost": i / 8} for i in range(30)]
    raw = (json.dumps(rows, ensure_ascii=False, **spacing) + end).encode()
    _, compressed, _ = run("compress", "-", given_input=raw)
    assert len(compressed) < len(raw)
    assert run("expand", "-", given_input=compressed)[1] == raw


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_nothing_is_added_to_or_taken_from_the_end(end: str) -> None:
    raw = (LOG.rstrip("\n") + end).encode()
    _, compressed, _ = run("compress", "-", given_input=raw)
    assert len(compressed) < len(raw)
    assert run("expand", "-", given_input=compressed)[1] == raw


def test_the_printed_text_is_exactly_the_compressed_form(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_text(LOG)
    code, printed, errors = run("compress", str(file))
    assert (code, errors) == (0, "")
    assert printed.decode() == compress_text(LOG).text


def test_a_byte_order_mark_stays_and_does_not_hide_the_kind(tmp_path: Path) -> None:
    file = tmp_path / "with_bom.log"
    file.write_bytes(BOM + LOG.encode())
    _, compressed, _ = run("compress", str(file))
    assert compressed == BOM + compress_text(LOG).text.encode()
    back = tmp_path / "compressed"
    back.write_bytes(compressed)
    assert run("expand", str(back))[1] == BOM + LOG.encode()


def test_json_holds_the_text_and_the_figures() -> None:
    code, printed, _ = run("compress", "-", "--json", given_input=BOM + LOG.encode())
    figures = json.loads(printed)
    direct = compress_text(LOG)
    assert code == 0
    assert figures["text"] == "\ufeff" + direct.text
    assert (figures["tokens_before"], figures["tokens_after"]) == (direct.tokens_before, direct.tokens_after)
    assert (figures["kind"], figures["form"], figures["loss"]) == ("log", "lines", Loss.LOSSLESS.value)
    assert figures["percent_saved"] == pytest.approx(
        100 * (1 - direct.tokens_after / direct.tokens_before), abs=0.01
    )
    assert figures["milliseconds"] > 0
    assert figures["reason"] == direct.reason


def test_stats_go_to_standard_error_and_leave_the_output_alone() -> None:
    plain = run("compress", "-", given_input=LOG.encode())[1]
    code, printed, errors = run("compress", "-", "--stats", given_input=LOG.encode())
    direct = compress_text(LOG)
    assert (code, printed) == (0, plain)
    assert f"{direct.tokens_before:,} -> {direct.tokens_after:,} tokens" in errors
    assert errors.startswith("log as lines")
    assert " ms" in errors


def test_stats_of_a_text_that_stays_say_why() -> None:
    _, printed, errors = run("compress", "-", "--stats", given_input=b"Good morning.")
    assert printed == b"Good morning."
    assert compress_text("Good morning.").reason in errors
    assert "0.0 % less" in errors


def test_nothing_in_is_nothing_out() -> None:
    assert run("compress", "-", given_input=b"") == (0, b"", "")
    code, printed, errors = run("compress", "-", "--stats", given_input=b"")
    assert (code, printed) == (0, b"")
    assert "0 -> 0 tokens (0.0 % less)" in errors


def test_options_reach_the_compressor() -> None:
    rows = json.dumps(
        [{"path": f"/srv/data/archive/{i}", "state": "ready", "size": i * 31 % 17} for i in range(60)]
    )
    for arguments, keywords in (
        (["--dense"], {"dense": True}),
        (["--cell-style", "labelled"], {"cell_style": "labelled"}),
        (["--cell-style", "header"], {"cell_style": "header"}),
        (["--model", "gpt-4"], {"model": "gpt-4"}),
    ):
        figures = json.loads(run("compress", "-", "--json", *arguments, given_input=rows.encode())[1])
        direct = compress_text(rows, **keywords)
        assert (figures["text"], figures["tokens_before"]) == (direct.text, direct.tokens_before)


def test_the_cell_styles_are_those_of_the_settings() -> None:
    assert [style.value for style in Cells] == list(get_args(CellStyle))


def test_a_text_that_is_no_form_is_printed_as_it_is_with_a_note() -> None:
    code, printed, errors = run("expand", "-", given_input=b"plain\r\ntext")
    assert (code, printed) == (0, b"plain\r\ntext")
    assert "not a compressed form" in errors


@pytest.mark.parametrize(
    "damage", [lambda form: form[: len(form) // 2], lambda form: form.replace(b":lines", b":lions")]
)
def test_a_damaged_form_prints_nothing_and_ends_with_1(damage: object) -> None:
    assert callable(damage)
    compressed = run("compress", "-", given_input=LOG.encode())[1]
    code, printed, errors = run("expand", "-", given_input=damage(compressed))
    assert (code, printed) == (1, b"")
    assert "standard input is damaged" in errors


@pytest.mark.parametrize("command", ["compress", "expand"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["binary", "NUL", "byte at 8"]),
        ("größe".encode("latin-1"), ["not UTF-8", "byte 2", "iconv -f LATIN1"]),
        ("text".encode("utf-16"), ["UTF-16", "iconv -f UTF-16"]),
        (BOM + b"ab\xff", ["not UTF-8", "byte 5"]),
    ],
    ids=["png", "latin-1", "utf-16", "bom-then-invalid"],
)
def test_binary_input_is_refused_with_the_file_and_the_mend(
    tmp_path: Path, command: str, content: bytes, words: list[str]
) -> None:
    file = tmp_path / "input.dat"
    file.write_bytes(content)
    code, printed, errors = run(command, str(file))
    assert (code, printed) == (2, b"")
    assert str(file) in errors
    for word in words:
        assert word in errors


@pytest.mark.parametrize("command", ["compress", "expand"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, command: str) -> None:
    for path, reason in ((tmp_path / "missing.json", "No such file"), (tmp_path, "directory")):
        code, printed, errors = run(command, str(path))
        assert (code, printed) == (2, b"")
        assert str(path) in errors
        assert reason in errors


@pytest.mark.parametrize(
    "arguments",
    [["compress"], ["expand"], ["compress", "-", "--cell-style", "wide"], ["shrink"], ["demo", "--lively"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    code, printed, errors = run(*arguments)
    assert (code, printed) == (2, b"")
    assert "Usage:" in errors


def test_the_version_is_the_installed_one() -> None:
    assert run("--version") == (0, f"headroom-langchain {version('headroom-langchain')}\n".encode(), "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["compress", "--help"], ["expand", "-h"], ["demo", "--help"]]
)
def test_help_is_there_for_every_command(arguments: list[str]) -> None:
    code, printed, _ = run(*arguments)
    assert code == 0
    assert printed.startswith(b"Usage:")


def test_a_failing_provider_is_an_error_text_and_not_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as ended, named_failure("gpt-4o"):
        raise OpenAIError("Incorrect API key provided.")
    assert ended.value.exit_code == 2
    assert "Calling gpt-4o failed: Incorrect API key provided." in capsys.readouterr().err


def test_live_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    code, printed, errors = run("demo", "--live")
    assert (code, printed) == (2, b"")
    assert 'pip install "headroom-langchain[openai]"' in errors
