"""Real files of the standard library: what is left parses, and most of the tokens are saved.

``python -m tests.unit_tests.select.test_code_corpus python FILE...`` runs the same over any files.
"""

from __future__ import annotations

import random
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import tiktoken

from headroom_langchain.transforms.select.code import cut
from tests.unit_tests.select.test_code import errors

MODULES = ("argparse", "json.decoder", "textwrap", "http.cookiejar", "statistics", "gettext", "tarfile")


def source_of(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_bytes().decode()


def check(text: str, language: str, seed: int) -> tuple[int, int] | None:
    """Check random choices of units; give the tokens of the text and of its frame."""
    units = cut(text, language=language)
    if units is None:
        return None
    everything = range(len(units.texts))
    assert units.write(everything) == text
    dice = random.Random(seed)
    before = errors(text.removeprefix("\ufeff"), language)
    for share in (0, 0.1, 0.5, 0.9):
        kept = [unit for unit in everything if dice.random() < share]
        written = units.write(kept)
        assert errors(written.removeprefix("\ufeff"), language) <= before, kept
        if language == "python" and not before:
            compile(written, "written", "exec")
    encoding = tiktoken.get_encoding("o200k_base")
    frame = units.write(sorted(units.always))
    return len(encoding.encode_ordinary(text)), len(encoding.encode_ordinary(frame))


@pytest.mark.parametrize("module", MODULES)
def test_real_files_parse_and_save_six_tokens_in_ten(module: str) -> None:
    tokens = check(source_of(module), "python", seed=7)
    assert tokens is not None
    before, after = tokens
    assert after <= 0.4 * before


def main(language: str, paths: list[str]) -> None:
    total = left = files = 0
    for path in paths:
        tokens = check(Path(path).read_bytes().decode(), language, seed=len(path))
        if tokens is not None:
            files, total, left = files + 1, total + tokens[0], left + tokens[1]
    sys.stdout.write(
        f"{files} files, {total} tokens, {1 - left / max(total, 1):.1%} saved with all bodies folded\n"
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
