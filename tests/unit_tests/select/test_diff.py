"""Diffs cut into changes: what is left of a diff is a diff, and all of it is the diff itself."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.select.diff import CONTEXT_WEIGHT, GENERATED_WEIGHT, cut

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.units import Units

SAMPLES = Path(__file__).parent / "samples"
COUNT = counter_for(None).count
HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def sample(name: str) -> str:
    return (SAMPLES / name).read_bytes().decode()


def units_of(text: str) -> Units:
    units = cut(text)
    assert units is not None
    return units


def numbers(units: Units, said: str) -> list[int]:
    return [i for i, text in enumerate(units.texts) if said in text]


def applied(diff: str, old: list[str]) -> list[str]:
    """Apply the hunks of a diff of one file by their line numbers; refuses one that does not fit."""
    new: list[str] = []
    done = 0
    lines = diff.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        header = HEADER.match(lines[at])
        at += 1
        if not header or "lines left out)" in lines[at - 1]:
            continue
        start, count = int(header[1]), int(header[2] or 1)
        first = start - 1 if count else start
        new += old[done:first]
        assert len(new) == int(header[3]) - (0 if header[4] == "0" else 1)
        done = first
        left, right = count, int(header[4] or 1)
        while left or right:
            mark, line = lines[at][0], lines[at][1:]
            if mark in " -":
                assert old[done] == line
                done, left = done + 1, left - 1
            if mark in " +":
                new.append(line)
                right -= 1
            at += 1
    return new + old[done:]


edits = st.lists(
    st.sampled_from(["", "one", "two", "three", "+ plus", "- minus", "@@ -1 +1 @@", "-- a", "++ b"]),
    max_size=90,
)


def unified(old: list[str], new: list[str], context: int = 3) -> str:
    before, after = [f"{line}\n" for line in old], [f"{line}\n" for line in new]
    return "".join(difflib.unified_diff(before, after, "a/x.py", "b/x.py", n=context))


@pytest.mark.parametrize("name", ["changes.diff", "log.diff", "combined.diff"])
def test_all_units_give_a_diff_back_byte_for_byte(name: str) -> None:
    text = sample(name)
    units = units_of(text)
    assert units.write(range(len(units.texts))) == text


@given(st.text(alphabet="@-+ ,1\\\r\nadif\u2028") | st.text())
def test_no_text_raises_and_every_text_comes_back(noise: str) -> None:
    for text in (noise, "@@ -1,3 +1,3 @@ f\n" + noise, "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n" + noise):
        units = cut(text)
        if units is not None:
            assert units.write(range(len(units.texts))) == text
            units.write([])


@given(edits, edits, st.data())
def test_every_kept_unit_stands_in_the_text_in_order(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    units = cut(unified(old, new))
    if units is None:
        return
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(units.texts))))))
    written = units.write(kept)
    position = 0
    for number in kept:
        position = written.index(units.texts[number], position)


@given(edits, edits)
def test_a_diff_without_its_context_still_applies(old: list[str], new: list[str]) -> None:
    units = cut(unified(old, new))
    if units is None:
        return
    light = [i for i in range(len(units.texts)) if i not in (units.weights or {})]
    rebuilt = applied(units.write(light), [f"{line}\n" for line in old])
    assert rebuilt == [f"{line}\n" for line in new]


@given(edits, edits, st.data())
def test_a_selection_says_where_each_change_stands_and_how_much_is_missing(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    text = unified(old, new)
    units = cut(text)
    if units is None:
        return
    written = units.write(sorted(data.draw(st.sets(st.sampled_from(range(len(units.texts)))))))
    told = re.findall(r"\+(\d+) -(\d+) lines left out\)$", written, re.MULTILINE)
    in_hunks = "".join(re.split(r"^@@.*\n", written, flags=re.MULTILINE)[1:])
    for mark, column in (("+", 0), ("-", 1)):
        whole = sum(line.startswith(mark) for line in text.splitlines()[2:])
        there = sum(line.startswith(mark) for line in in_hunks.splitlines())
        assert there + sum(int(pair[column]) for pair in told) == whole


def test_a_folded_hunk_shows_its_header_with_the_lines_left_out() -> None:
    units = units_of(sample("changes.diff"))
    written = units.write(sorted(units.always))
    assert "@@ -80,8 +80,8 @@ def step_7(order: Order) -> Order: (+2 -2 lines left out)\n" in written
    assert "surcharge" not in written


def test_every_file_header_and_hunk_header_of_written_files_is_frame() -> None:
    text = sample("changes.diff")
    units = units_of(text)
    written = units.write(sorted(units.always))
    for line in text.splitlines():
        if line.startswith(("diff ", "--- ", "+++ ", "rename ", "old mode", "new mode")):
            assert line in written.splitlines()
    for section in re.findall(r"^@@ .*@@( def.*)$", text, re.MULTILINE):
        assert section in written


def test_a_new_long_file_is_more_than_one_unit() -> None:
    units = units_of(sample("changes.diff"))
    pieces = numbers(units, "VALUE_")
    assert len(pieces) == 4
    kept = sorted({pieces[1], *units.always})
    written = units.write(kept)
    assert re.search(r"^@@ -0,0 \+1,\d+ @@ \(\+\d+ -0 lines left out\)$", written, re.MULTILINE)
    assert units.texts[pieces[1]] in written


def test_lock_files_weigh_little_and_fold_into_one_line() -> None:
    units = units_of(sample("changes.diff"))
    assert units.weights is not None
    lock = numbers(units, '"p9": "1.1.9"')
    assert [units.weights[i] for i in lock] == [GENERATED_WEIGHT]
    assert re.search(
        r"\+\+\+ b/package-lock.json\n\(\d hunks?, \+7 -7 lines left out\)\n",
        units.write(sorted(units.always)),
    )
    assert units.texts[lock[0]] in units.write([lock[0]])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("web/app.min.js", "x"),
        ("uv.lock", "x"),
        ("api/user_pb2.py", "x"),
        ("x/go.sum", "x"),
        ("a.js", "y" * 3000),
        ("client.go", "// Code generated by protoc. DO NOT EDIT."),
    ],
)
def test_changes_nobody_wrote_by_hand_weigh_little(name: str, line: str) -> None:
    text = f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-{line}\n+{line}!\n@@ -9 +9 @@\n-a\n+b\n"
    text += "--- a/by_hand.py\n+++ b/by_hand.py\n@@ -1 +1 @@\n-c\n+d\n"
    units = units_of(text)
    assert units.weights is not None
    assert units.weights[numbers(units, f"-{line}")[0]] == GENERATED_WEIGHT
    assert units.weights[numbers(units, "-a\n+b")[0]] == GENERATED_WEIGHT
    assert numbers(units, "-c\n+d")[0] not in units.weights


def test_far_context_is_a_unit_of_little_weight_and_near_context_goes_with_its_change() -> None:
    units = units_of(sample("changes.diff"))
    assert units.weights is not None
    assert units.weights[numbers(units, "log.info('step 0')\n     total")[0]] == CONTEXT_WEIGHT
    change = numbers(units, "TooMuchError(order.id")[0]
    assert units.texts[change].startswith("     if total > LIMIT:\n-")
    assert change not in units.weights


def test_a_unit_goes_with_the_headers_of_its_file_and_hunk() -> None:
    units = units_of(sample("changes.diff"))
    change = numbers(units, "Line seventeen")[0]
    said = [units.texts[i] for i in units.context[change]]
    assert any("rename from old name.md" in text for text in said)


def test_a_commit_message_is_a_unit_and_its_commit_line_is_frame() -> None:
    units = units_of(sample("log.diff"))
    message = numbers(units, "The fee of step eight was forgotten.")
    assert len(message) == 1
    assert message[0] not in units.always
    written = units.write(sorted(units.always))
    assert len(re.findall(r"^commit [0-9a-f]{40}", written, re.MULTILINE)) == 2


def test_a_binary_patch_is_told_of_by_its_length() -> None:
    units = units_of(sample("changes.diff"))
    written = units.write(sorted(units.always))
    assert "GIT binary patch\n" in written
    assert "literal 256" not in written
    assert re.search(r"^\(\d+ lines left out\)$", written, re.MULTILINE)


def test_files_of_which_nothing_is_kept_are_one_line() -> None:
    units = units_of(sample("changes.diff"))
    written = units.write(numbers(units, "Line seventeen"))
    assert written.startswith("(3 files, 3 hunks, +151 -3 lines left out)\ndiff --git a/old")
    assert "rename from old name.md\n" in written
    assert written.endswith(
        "+Line seventeen of the guide.\n Line 18 of the guide.\n(5 files, 10 hunks, +14 -13 lines left out)\n"
    )


def test_a_combined_diff_keeps_the_numbers_of_all_parents() -> None:
    text = sample("combined.diff")
    units = units_of(text)
    change = numbers(units, "<<<<<<<")[0]
    written = units.write(sorted({change, *units.always}))
    assert re.search(r"^@@@ -11,5 -11,5 \+11,11 @@@ def step_0", written, re.MULTILINE)


def test_carriage_returns_and_missing_newlines_stay() -> None:
    text = sample("changes.diff")
    dos = text.replace("\r\n", "\n").replace("\n", "\r\n")
    units = units_of(dos)
    assert units.write(range(len(units.texts))) == dos
    written = units.write(sorted(units.always))
    assert re.search(r"step_7.* lines left out\)\r\n", written)
    units = units_of(text)
    tail = numbers(units, "+three")[0]
    assert units.texts[tail].count("\\ No newline at end of file") == 2


def test_a_removed_line_that_looks_like_a_header_is_no_header() -> None:
    text = unified(["-- old.sql", "select 1", *["x"] * 20, "-- end"], ["++ new.sql", "select 1", *["x"] * 20])
    units = units_of(text)
    assert "--- old.sql\n+++ new.sql" in units.write(range(len(units.texts)))
    assert len(units.always) == 3


def test_wrong_counts_do_not_swallow_the_next_file() -> None:
    text = (
        "--- a/x\n+++ b/x\n@@ -1,90 +1,90 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1,9 +1,9 @@\n c\n-d\n+e\n"
        "diff --git a/z b/z\n--- a/z\n+++ b/z\n@@ -1 +1 @@\n-f\n+g\n"
    )
    units = units_of(text)
    assert {"--- a/x\n+++ b/x", "--- a/y\n+++ b/y"} <= {units.texts[i] for i in units.always}
    assert numbers(units, "-d\n+e") != numbers(units, "-f\n+g")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "@@ -1 +1 @@",
        "@@ -1 +1 @@\n-a\n+b\n",
        "diff --git a/x b/y\nrename from x\nrename to y\n",
    ],
)
def test_a_text_with_nothing_to_select_is_not_cut(text: str) -> None:
    assert cut(text) is None


@pytest.mark.parametrize(
    "noise", ["@", "@@ -", "-", "+", "\n", "@@ -1,9 +1,9 @@\n", "\\ ", "--- a\n", "index 0"]
)
def test_a_hundred_thousand_characters_of_one_kind_are_cut(noise: str) -> None:
    text = ("@@ -1,99999999 +1,99999999 @@\n" + noise * (100_000 // len(noise)) + "\n") * 2
    units = cut(text)
    assert units is None or units.write(range(len(units.texts))) == text


def test_dropping_the_context_of_a_diff_saves_tokens() -> None:
    text = sample("changes.diff")
    units = units_of(text)
    light = [i for i in range(len(units.texts)) if i not in (units.weights or {})]
    assert COUNT(units.write(light)) < COUNT(text) * 0.8
