"""What the README shows is what happens."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from headroom_langchain.cli import app
from headroom_langchain.config import HeadroomConfig

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPECTED = re.compile(r"# -> (.*)$", re.MULTILINE)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def _behind(mark: str) -> str:
    """The text of the fenced block behind a mark."""
    return (
        README.split(f"<!-- {mark} -->\n")[1]
        .split("\n<!-- end -->")[0]
        .partition("\n")[2]
        .removesuffix("```")
    )


def _steady(printed: str) -> str:
    return re.sub(r"[\d,]+ ms", "N ms", printed)


@pytest.mark.filterwarnings(
    "ignore:A test tried to use socket"
)  # langchain-openai asks the system what it supports
def test_every_python_block_runs_and_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    shared_names: dict[str, Any] = {"__name__": "readme"}
    blocks = _blocks("python")
    assert len(blocks) >= 5
    for block in blocks:
        exec(compile(block, "README.md", "exec"), shared_names)  # noqa: S102 - running the README is the test
        assert capsys.readouterr().out.splitlines() == EXPECTED.findall(block)


def test_the_outputs_and_figures_are_those_of_today() -> None:
    filled = runpy.run_path(str(ROOT / ".ci" / "readme.py"))["filled"]
    assert _steady(filled(README)) == _steady(README), "run `python .ci/readme.py`"


def test_the_example_is_the_shipped_file() -> None:
    (command,) = [
        line for line in README.splitlines() if line.startswith("$") and "github_issues_short" in line
    ]
    file = ROOT / command.split()[3]
    before = re.sub(r"\s+", "", _behind("short:before"))
    assert before
    assert re.sub(r"\s+", "", file.read_text(encoding="utf-8")).startswith(before)
    assert len(_behind("short:after").splitlines()) > 10


def test_the_commands_of_the_readme_exist() -> None:
    commands = re.findall(r"headroom-langchain ([a-z]+)", "\n".join(_blocks("console")))
    assert set(commands) == {"demo", "compress", "expand"}
    for command in set(commands):
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


def test_the_check_script_takes_the_steps_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"test", "lint", "typing"} <= extras.keys()
    assert 'pip install -e ".[test]" && .venv/bin/pytest -n auto' in README
    assert '-e ".[test,lint,typing]"' in script
    for step in (
        "pip install --quiet .\n",
        "headroom-langchain demo",
        "pytest -n auto\n",
        "mypy\n",
        "ruff check .\n",
    ):
        assert step in script
    checked = subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], capture_output=True, check=False)  # noqa: S607
    assert (checked.returncode, checked.stderr) == (0, b"")


def test_the_settings_in_the_table_exist_with_these_defaults() -> None:
    config = HeadroomConfig()
    table = README.split("| setting | default |")[1].split("\n\n")[0]
    shown = {"off": False, "none": ()}
    for names, default in re.findall(r"^\| (`.+?`) \| (.+?) \|", table, re.MULTILINE):
        for name in re.findall(r"`([\w.]+)`", names):
            value: Any = config
            for part in name.split("."):
                value = getattr(value, part)
            expected = default.strip("`")
            assert value == shown[expected] if expected in shown else str(value) == expected


def test_every_file_that_the_readme_links_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).is_file(), link


def test_the_package_metadata_carries_the_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["readme"] == "README.md"
    assert sys.version_info >= (3, 11)
    assert "Python 3.11 or newer" in README
    assert project["requires-python"] == ">=3.11"
