"""Writes what the commands print today into README.md: ``python .ci/readme.py``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.testing import CliRunner

from headroom_langchain.cli import app
from headroom_langchain.demo.run import run_sample
from headroom_langchain.demo.samples import SAMPLES

ROOT = Path(__file__).parents[1]


def filled(readme: str) -> str:
    """Fill in the marked parts.

    Args:
        readme: Text of README.md.

    Returns:
        The text with today's output of the commands behind the marks.

    Raises:
        ValueError: A mark is missing.
    """
    parts = {"short:after": _short(), "demo:figures": _figures(), "benchmark:figures": _benchmark()}
    for mark, part in parts.items():
        readme = _put(readme, mark, part)
    return readme


def _put(readme: str, mark: str, part: str) -> str:
    found = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- end -->)", re.DOTALL)
    text, times = found.subn(lambda around: around[1] + part + around[2], readme)
    if times != 1:
        raise ValueError(f"README.md has the mark {mark} {times} times")
    return text


def _short() -> str:
    file = ROOT / "headroom_langchain" / "demo" / "data" / "github_issues_short.json"
    done = CliRunner().invoke(app, ["compress", str(file), "--stats"])
    return f"```text\n{done.stdout.rstrip()}\n\n{done.stderr.rstrip()}\n```"


def _figures() -> str:
    rows = ["| tool output | tokens before | tokens after | saved |", "|---|---:|---:|---:|"]
    for run in (run_sample(sample, "gpt-4o") for sample in SAMPLES):
        tokens = f"{run.tokens_before:,} | {run.tokens_after:,}"
        rows.append(f"| {run.sample.title} | {tokens} | {run.percent_saved:.1f} % |")
    return "\n".join(rows)


def _benchmark() -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command: list[str | Path] = [
            sys.executable,
            ROOT / "benchmarks" / "run.py",
            "--peers",
            "--runs",
            "0",
            "--json",
            file,
        ]
        subprocess.run(command, check=True, capture_output=True)
        dense: list[str | Path] = [*command[:2], "--dense", "--runs", "0", "--json", f"{file}.dense"]
        subprocess.run(dense, check=True, capture_output=True)
        sums = json.loads(file.read_text(encoding="utf-8"))["sums"]
        sums |= json.loads(Path(f"{file}.dense").read_text(encoding="utf-8"))["sums"]
    rows = [
        "| on the same 8 conversations | tokens | saved | answers that stand there | ... or are restored | messages restored |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, kinds in sorted(
        sums.items(), key=lambda item: -item[1]["all"]["decodable"] * 2 - item[1]["all"]["saved"]
    ):
        total = kinds["all"]
        kept = f"{total['verbatim']} of {total['probes']} | {total['decodable']} of {total['probes']}"
        restored = f"{total['restored']} of {total['messages']}"
        shown = f"**{name}**" if name.startswith("headroom") else name
        rows.append(
            f"| {shown} | {total['tokens_after']:,} | {total['saved'] * 100:.1f} % | {kept} | {restored} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
