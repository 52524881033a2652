"""What is built, installed and imported is what was promised."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import headroom_langchain

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "headroom_langchain"
HEAVY = ("torch", "sentence_transformers", "langgraph", "pandas", "langchain_core", "tiktoken", "openai")


def _is_cache(file: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in file.relative_to(ROOT).parts)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel."""
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))
    with zipfile.ZipFile(built) as opened:
        return set(opened.namelist())


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the source distribution, without the folder they are in."""
    (built,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")))
    with tarfile.open(built) as opened:
        return {name.partition("/")[2] for name in opened.getnames()}


def test_the_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    files = [file for file in PACKAGE.rglob("*") if file.is_file() and not _is_cache(file)]
    assert {file.relative_to(ROOT).as_posix() for file in files} <= wheel
    for needed in (
        "py.typed",
        "demo/data/SOURCES.md",
        "demo/data/postgresql.log",
        "tokens/data/o200k_base.tiktoken.gz",
    ):
        assert f"headroom_langchain/{needed}" in wheel


def test_the_wheel_holds_the_licence_and_the_notice_and_nothing_of_the_tests(wheel: set[str]) -> None:
    endings = {name.rpartition("dist-info/")[2] for name in wheel if "dist-info/" in name}
    assert {"licenses/LICENSE", "licenses/NOTICE", "METADATA", "entry_points.txt"} <= endings
    assert not [name for name in wheel if name.startswith(("tests", "benchmarks"))]


def test_the_source_distribution_holds_what_the_readme_needs(sdist: set[str]) -> None:
    assert {"README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "pyproject.toml", ".ci/run"} <= sdist
    assert "headroom_langchain/demo/data/github_issues.json" in sdist
    assert "tests/unit_tests/test_package.py" in sdist
    assert any(name.startswith("benchmarks/") for name in sdist)
    assert not [name for name in sdist if "__pycache__" in name or name.startswith(".venv")]


def test_notice_names_every_licence_that_is_shipped() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for licence in PACKAGE.rglob("LICENSE*"):
        assert licence.name in notice


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="headroom-langchain")
    assert callable(command.load())


def test_the_types_are_public() -> None:
    assert resources.files(headroom_langchain).joinpath("py.typed").is_file()


def test_every_public_name_can_be_imported_and_is_documented() -> None:
    assert headroom_langchain.__all__ == sorted(headroom_langchain.__all__)
    for name in headroom_langchain.__all__:
        assert getattr(headroom_langchain, name).__doc__, name
    assert set(headroom_langchain.__all__) <= set(dir(headroom_langchain))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="HeadroomChatModell"):
        headroom_langchain.__getattr__("HeadroomChatModell")


def test_importing_the_package_imports_nothing_heavy() -> None:
    script = f"import sys, headroom_langchain; sys.exit(', '.join(set({HEAVY!r}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_dependency_is_bounded_below() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]
    for requirement in [*project["dependencies"], *extras]:
        assert ">=" in requirement or "==" in requirement, requirement
