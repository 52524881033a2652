"""What the cutter of code promises: the whole comes back, the rest still parses, and nothing raises."""

from __future__ import annotations

import random
import re
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Node, Parser
from tree_sitter_language_pack import get_language

from headroom_langchain.transforms.select.code import cut, why_not
from headroom_langchain.transforms.select.grammars import named
from tests.unit_tests.select.code_samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from headroom_langchain.transforms.select.units import Units

FOLD = re.compile(r"\s*(?:(?:\.\.\.|\"\"\")?  #|/\*|//|#|\.\.\.  #|\() ?lines? (\d+)(?:-(\d+))?")
LANGUAGES = sorted(SAMPLES)


def numbered(code: str, first: int = 1) -> str:
    return "\n".join(f"{n:6}\t{line}" for n, line in enumerate(code.split("\n"), first))


DRESSES: dict[str, Callable[[str, str], str]] = {
    "plain": lambda code, _: code,
    "crlf": lambda code, _: code.replace("\n", "\r\n"),
    "tabs": lambda code, _: code.replace("    ", "\t"),
    "no final newline": lambda code, _: code.rstrip("\n"),
    "byte order mark": lambda code, _: "\ufeff" + code,
    "fence": lambda code, language: f"```{language}\n{code}```\n",
    "cat -n": lambda code, _: numbered(code),
    "cat -n, no final newline": lambda code, _: numbered(code.rstrip("\n"), 101),
    "arrows under a heading": lambda code, _: (
        "Contents of file:\n" + "\n".join(f"{n:>5}→{line}" for n, line in enumerate(code.split("\n"), 1))
    ),
}


def errors(code: str, language: str) -> int:
    pending: list[Node] = [Parser(get_language(language)).parse(code.encode()).root_node]  # type: ignore[arg-type]
    count = 0
    while pending:
        node = pending.pop()
        count += node.is_error or node.is_missing
        pending += [child for child in node.children if child.has_error]
    return count


def cut_surely(text: str, **options: object) -> Units:
    units = cut(text, **options)  # type: ignore[arg-type]
    assert units is not None, why_not(text)
    return units


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_units_give_the_text_back_byte_for_byte(language: str, dress: str) -> None:
    text = DRESSES[dress](SAMPLES[language], language)
    units = cut_surely(text)
    assert units.write(range(len(units.texts))) == text


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_choice_of_units_still_parses(language: str, data: st.DataObject) -> None:
    text = SAMPLES[language]
    units = cut_surely(text)
    kept = data.draw(st.sets(st.integers(0, len(units.texts) - 1)))
    assert errors(text, language) == 0
    assert errors(units.write(sorted(kept)), language) == 0


@pytest.mark.parametrize("crlf", [False, True])
@given(seed=st.integers())
@settings(max_examples=40, deadline=None)
def test_python_that_is_left_compiles(crlf: bool, seed: int) -> None:
    text = SAMPLES["python"].replace("\n", "\r\n") if crlf else SAMPLES["python"]
    units = cut_surely(text)
    dice = random.Random(seed)
    compile(units.write([n for n in range(len(units.texts)) if dice.random() < 0.5]), "sample", "exec")


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_numbers_in_folds_are_the_lines_that_are_gone(language: str, data: st.DataObject) -> None:
    lines = SAMPLES[language].split("\n")
    units = cut_surely(numbered(SAMPLES[language], 1_001))
    kept = data.draw(st.sets(st.integers(0, len(units.texts) - 1)))
    shown: set[int] = set()
    folded: set[int] = set()
    for line in units.write(sorted(kept)).split("\n"):
        fold = FOLD.search(line)
        if fold:
            folded |= set(range(int(fold[1]), int(fold[2] or fold[1]) + 1))
        number, tab, rest = line[: fold.start() if fold else None].partition("\t")
        if tab:
            shown.add(int(number))
            assert lines[int(number) - 1_001].startswith(rest)
    gone = {n for n, line in enumerate(lines, 1_001) if line.strip(" \t{}()[];,*/\"'")} - shown
    assert gone <= folded


def test_a_kept_body_brings_its_class_and_its_signature() -> None:
    units = cut_surely(SAMPLES["python"], frame=0)
    body = next(n for n, text in enumerate(units.texts) if "self.pop()" in text)
    assert units.texts[body].startswith("Stapel.drain\n")
    written = units.write([body])
    assert "class Stapel(list):" in written
    assert "async def drain(self, limit=LIMIT):" in written
    assert "raise IndexError" not in written
    assert [units.texts[n].split("\n")[0] for n in units.context[body]] == ["Stapel", "Stapel.drain"]


@pytest.mark.parametrize(
    ("language", "says", "name"),
    [
        ("javascript", "item.preis * item.anzahl", "Warenkorb.total"),
        ("typescript", "offer as unknown as T", "Shop.add"),
        ("go", "no price", "Total"),
        ("rust", "let länge", "Stack<T>.pop"),
        ("java", "offer.price()", "Till.total"),
        ("c", "voll: %d", "push"),
        ("cpp", "sum += price", "shop.Till.total"),
        ("ruby", "kein Preis", "Shop.Till.total"),
        ("csharp", "Task.Delay", "Shop.Tills.Till.OpenAsync"),
    ],
)
def test_a_body_says_whose_it_is(language: str, says: str, name: str) -> None:
    units = cut_surely(SAMPLES[language])
    body = next(text for text in units.texts if says in text)
    assert body.split("\n")[0] == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frame_keeps_imports_and_every_signature(language: str) -> None:
    units = cut_surely(SAMPLES[language], frame=10_000)
    written = units.write(sorted(units.always))
    for line in SAMPLES[language].split("\n"):
        if re.match(
            r"(import|from|use|using|#include|package|require) ?.*|(    )?(async )?(def (?!inner)|fn |func )\w+",
            line,
        ):
            assert line.split("{")[0].strip() in written


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frame_larger_than_its_budget_gives_way(language: str) -> None:
    units = cut_surely(SAMPLES[language], frame=0)
    assert units.always == frozenset()
    assert len(units.write([])) < len(SAMPLES[language]) / 2
    assert len(units.write(sorted(units.always))) <= len(
        units.write(sorted(cut_surely(SAMPLES[language]).always))
    )


def test_signatures_stay_longer_than_constants() -> None:
    code = "".join(f"LIMIT_{n} = {n}  # of things\n\n" for n in range(40)) + SAMPLES["python"]
    units = cut_surely(code, frame=700)
    written = units.write(sorted(units.always))
    assert "def top(self)" in written
    assert "LIMIT_7 = 7" not in written


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_told_from_the_code(language: str) -> None:
    assert cut(SAMPLES[language]) is not None
    written = cut_surely(SAMPLES[language]).write([])
    assert ("# line" in written) == (language in {"python", "ruby"})


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("py", "python"),
        ("Python", "python"),
        ("src/app.tsx", "tsx"),
        ("c++", "cpp"),
        ("C#", "csharp"),
        (r"C:\src\till.rb", "ruby"),
        ("README.md", None),
        ("", None),
    ],
)
def test_tags_and_file_names_name_the_language(name: str, language: str | None) -> None:
    assert named(name) == language


def test_code_with_an_error_folds_only_what_is_sound() -> None:
    broken = SAMPLES["python"].replace("for k in range(m) if", "for for k in in range(m if")
    units = cut_surely(broken)
    written = units.write([])
    assert "for for k in in" in written
    assert "self.pop()" not in written
    assert errors(written, "python") <= errors(broken, "python")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It was a dark night, and nobody had a language to speak of.\n" * 20, "no language"),
        ('{"id": 1, "items": [1, 2, 3], "name": "none"}\n' * 20, "no language"),
        ("import nothing\n", "nothing to fold"),
        ("def f(:\n  ))) class ]] {{ \x00 while" * 40, "does not parse"),
        ("def f():\n    return '\ud800'\n", "Unicode"),
    ],
)
def test_what_cannot_be_cut_says_why(text: str, reason: str) -> None:
    language = "python" if "import" in text or "def" in text else None
    assert cut(text, language=language) is None
    assert reason in str(why_not(text, language=language))


def test_without_the_grammars_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter_language_pack", None)
    assert cut(SAMPLES["go"]) is None
    assert "`code` extra" in str(why_not(SAMPLES["go"]))


@given(text=st.text(), language=st.sampled_from([None, *LANGUAGES]))
@settings(max_examples=150, deadline=None)
def test_no_text_raises(text: str, language: str | None) -> None:
    units = cut(text, language=language)
    if units is not None:
        assert units.write(range(len(units.texts))) == text
        units.write([])


@given(data=st.data(), language=st.sampled_from(LANGUAGES))
@settings(max_examples=120, deadline=None)
def test_code_with_pieces_torn_out_never_gets_worse(data: st.DataObject, language: str) -> None:
    code = SAMPLES[language]
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(code) - 1))
        code = code[:at] + code[at + data.draw(st.integers(1, 30)) :]
    units = cut(code, language=language)
    if units is None:
        assert why_not(code, language=language)
        return
    assert units.write(range(len(units.texts))) == code
    kept = data.draw(st.sets(st.integers(0, len(units.texts) - 1)))
    assert errors(units.write(sorted(kept)), language) <= errors(code, language)


@pytest.mark.parametrize("opening", ["(", "[", "{", "if x { ", "def f():\n"])
def test_deep_nesting_does_not_exhaust_the_stack(opening: str) -> None:
    text = SAMPLES["javascript"] + opening * 3_000
    cut(text, language="javascript")
    cut("x = " + opening * 3_000 + "1", language="python")
    blocks = "function f() { " * 2_000 + "}" * 2_000
    units = cut(blocks, language="javascript")
    assert units is None or errors(units.write([]), "javascript") == 0
