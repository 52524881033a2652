"""The command as a shell runs it: pipes, start-up, broken readers."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from headroom_langchain.demo.samples import SAMPLES, Sample
from tests.unit_tests.test_cli import LOG

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [
    sys.executable,
    "-c",
    "from headroom_langchain.cli import app; app(prog_name='headroom-langchain')",
]


def run(
    *arguments: str, given_input: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "110"}
    return subprocess.run(
        [*COMMAND, *arguments], input=given_input, capture_output=True, check=False, env=environment, cwd=cwd
    )


def test_a_pipe_of_both_commands_gives_back_the_bytes_in_any_locale() -> None:
    raw = LOG.replace("finished", "beendet – größe ок 数据").encode()
    compressed = run("compress", "-", given_input=raw)
    assert (compressed.returncode, compressed.stderr) == (0, b"")
    assert len(compressed.stdout) < len(raw)
    expanded = run("expand", "-", given_input=compressed.stdout)
    assert (expanded.returncode, expanded.stdout) == (0, raw)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.filename)
def test_the_shipped_samples_come_back_byte_for_byte(sample: Sample, tmp_path: Path) -> None:
    raw = sample.text().encode()
    (tmp_path / "raw").write_bytes(raw)
    compressed = run("compress", "raw", cwd=tmp_path)
    assert len(compressed.stdout) < len(raw)
    assert run("expand", "-", given_input=compressed.stdout).stdout == raw


def test_a_reader_that_goes_away_causes_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "big.log").write_text(LOG * 40)
    with subprocess.Popen(
        [*COMMAND, "expand", "big.log"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert "Traceback" not in errors
    assert "Exception" not in errors


def test_the_version_costs_none_of_the_heavy_imports() -> None:
    heavy = "{'langchain_core', 'langgraph', 'tiktoken', 'pydantic', 'openai', 'genai_prices'}"
    script = (
        "import sys\n"
        "from headroom_langchain.cli import app\n"
        "app(['--version'], standalone_mode=False)\n"
        f"sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_live_is_refused_without_a_key() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    done = subprocess.run([*COMMAND, "demo", "--live"], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"OPENAI_API_KEY" in done.stderr


def test_the_demo_runs_on_a_terminal_that_knows_only_ascii() -> None:
    done = run("demo", "--model", "größe-数据")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"counted for gr\\xf6\\xdfe" in done.stdout
    assert b"The price of gr\\xf6\\xdfe-\\u6570\\u636e is unknown" in done.stdout
