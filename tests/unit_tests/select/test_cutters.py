"""Cutting texts into units: everything written again is the text, and less of it keeps its kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.lines import cut_lines
from headroom_langchain.transforms.select.records import cut_csv, cut_json, cut_json_lines

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.units import Units

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=4), inner, max_size=5),
    max_leaves=40,
)
STYLES = st.sampled_from(
    [{}, {"indent": 2}, {"separators": (",", ":")}, {"indent": "\t", "ensure_ascii": False}]
)


def everything(units: Units) -> str:
    return units.write(range(len(units.texts)))


@given(value=JSON, style=STYLES)
def test_all_rows_of_a_json_text_written_again_are_the_text(value: object, style: dict[str, object]) -> None:
    text = json.dumps(value, **style)  # type: ignore[arg-type]
    units = cut_json(text)
    if units is not None:
        assert everything(units) == text
        for row, item in zip(units.rows or (), units.texts, strict=True):
            parsed = json.loads(item)
            assert set(row) == (set(parsed) if isinstance(parsed, dict) else {"value"})


@given(value=JSON, style=STYLES, data=st.data())
def test_fewer_rows_of_a_json_text_are_json_of_original_items(
    value: object, style: dict[str, object], data: st.DataObject
) -> None:
    units = cut_json(json.dumps(value, **style))  # type: ignore[arg-type]
    if units is not None:
        kept = sorted(data.draw(st.sets(st.sampled_from(range(len(units.texts))))))
        written = units.write(kept)
        json.loads(written)
        assert all(units.texts[number] in written for number in kept)


def test_rows_are_found_inside_an_answer_with_everything_else_kept() -> None:
    answer = {"total": 6, "page": {"items": [{"id": n} for n in range(6)]}, "next": None, "tags": ["a", "b"]}
    units = cut_json(json.dumps(answer))
    assert units is not None
    assert len(units.texts) == 6
    assert json.loads(units.write([1, 4])) == {**answer, "page": {"items": [{"id": 1}, {"id": 4}]}}
    assert json.loads(units.write([])) == {**answer, "page": {"items": []}}


@pytest.mark.parametrize(
    "text", ["", "3", "[1, 2]", "[1, 2, 3, 4, 5", '{"a": 1}', "[1,2,3,4,5] x", "[" * 100_000, "\ud800", "nul"]
)
def test_what_has_no_rows_is_not_cut_as_json(text: str) -> None:
    assert cut_json(text) is None


def test_json_lines_are_cut_at_lines() -> None:
    text = "".join(f'{{"n": {n}}}\n' for n in range(5))
    units = cut_json_lines(text)
    assert units is not None
    assert everything(units) == text
    assert units.write([0, 3]) == '{"n": 0}\n{"n": 3}\n'
    assert cut_json_lines('{"n": 1}\nnot json\n') is None


def test_csv_keeps_its_header() -> None:
    text = 'id,name\r\n1,Ann\r\n2,"Bo, Jr"\r\n3,Cy\r\n'
    units = cut_csv(text)
    assert units is not None
    assert everything(units) == text
    assert units.write([1]) == 'id,name\r\n2,"Bo, Jr"\r\n'
    assert units.rows is not None
    assert dict(units.rows[1]) == {"id": "2", "name": "Bo, Jr"}
    assert cut_csv('id,name\n1,"two\nlines"\n') is None


@given(text=st.text(alphabet=st.sampled_from("ab \t\n1:._=-"), max_size=200))
def test_all_lines_written_again_are_the_text(text: str) -> None:
    units = cut_lines(text)
    if units is not None:
        assert everything(units) == text


def test_a_gap_tells_how_many_lines_stood_there() -> None:
    units = cut_lines("\n".join(f"line {n}" for n in range(10)) + "\n")
    assert units is not None
    assert units.write([0, 5]) == "line 0\n… 4\nline 5\n… 4\n"


def test_a_trace_stays_with_its_error() -> None:
    trace = [
        "ERROR job 7 failed",
        "Traceback (most recent call last):",
        '  File "a.py", line 3',
        "ValueError: no",
    ]
    units = cut_lines("\n".join(["INFO start", *trace, "INFO end"]))
    assert units is not None
    assert units.texts[1] == "\n".join(trace)


def test_a_commit_is_one_unit() -> None:
    log = "".join(
        f"commit {n:040x}\nAuthor: Ann\nDate:   today\n\n    change {n}\n\n src/a.py | {n} +\n\n"
        for n in range(4)
    )
    units = cut_lines(log)
    assert units is not None
    assert len(units.texts) == 4
    assert everything(units) == log
