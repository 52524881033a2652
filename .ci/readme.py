"""Writes what the commands print today into README.md: ``python .ci/readme.py``."""

from __future__ import annotations

import re
from pathlib import Path

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
    return _put(_put(readme, "short:after", _short()), "demo:figures", _figures())


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


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
