"""The public names, and what an import costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import headroom_langchain

HEAVY = [
    "anthropic", "langchain", "langchain_anthropic", "langchain_openai", "langgraph", "numpy", "openai", "pandas", "rich",
    "sentence_transformers", "sklearn", "tiktoken", "torch", "transformers", "typer",
]  # fmt: skip


def loaded_after(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in run.stdout.split()} & set(HEAVY)


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import headroom_langchain") == set()


@pytest.mark.parametrize("name", headroom_langchain.__all__)
def test_every_public_name_is_there_and_at_home(name: str) -> None:
    value = getattr(headroom_langchain, name)
    assert value.__name__ == name
    assert value.__module__.startswith("headroom_langchain.")
    assert name in dir(headroom_langchain)


def test_using_every_public_name_loads_nothing_heavy() -> None:
    assert loaded_after("from headroom_langchain import *") == set()


def test_an_engine_is_ready_without_a_vocabulary() -> None:
    assert loaded_after("import headroom_langchain as h; h.Engine(); h.HeadroomRunnable()") == set()


def test_public_names_are_sorted_and_unknown_ones_are_refused() -> None:
    assert headroom_langchain.__all__ == sorted(set(headroom_langchain.__all__))
    with pytest.raises(AttributeError, match="'headroom_langchain' has no attribute 'Compressor'"):
        headroom_langchain.Compressor  # noqa: B018 - the access is the test
