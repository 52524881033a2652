"""What holds for every text: the decoder restores it, and bad data never raises."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode import records
from headroom_langchain.transforms.encode.options import EncodeOptions
from headroom_langchain.transforms.marker import read_header


def rough_count(text: str) -> int:
    return len(text) // 3 + 1


OPTIONS = [
    EncodeOptions(rough_count),
    EncodeOptions(rough_count, dense=True),
    EncodeOptions(rough_count, labelled=True),
    EncodeOptions(rough_count, dense=True, labelled=True),
]

nasty_texts = st.sampled_from(
    [
        "", " ", "~", "-", "^", "=", "null", "true", "12", "-0.0", "1e5", "007", '"', '"quoted"', 'a="b', "a,b", "a|b",
        "a\tb", "a;b", "[1]", "{x}", "{}", "{name}", "{{", "}", "line\nbreak", "\r\n", "\\", "\\n", "\u2028", "\x00",
        "\x7f", "ünïcode", "日本語", "😀", "\ud800", "a: b", "x=1", "(x)", "@3", "a@", "else", "%s", "%", "NaN", "1..",
        " lead", "trail ", "https://x.org/a", "https://x.org/b", "2024-05-21", "2024-05-21 10:00:00", "1.50", "+1", "é",
    ]
)  # fmt: skip
texts = nasty_texts | st.text(max_size=12)
fields = st.sampled_from(
    [*"ab12~", "", '"', "a,b", "x y", "1.50", "2024-05-21", "a|b", 'say "hi"', "null"]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
keys = (
    st.sampled_from(
        ["id", "name", "a", "b", "c", "a.b", "", "x y", "@", "-", "%", '"', "url", "id:str", "[n]"]
    )
    | texts
)
numbers = (
    st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.integers(min_value=0, max_value=9)
    | st.just(10**399)
)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=5) | st.dictionaries(keys, children, max_size=5),
    max_leaves=40,
)
styles = st.fixed_dictionaries(
    {"ensure_ascii": st.booleans()},
    optional={
        "indent": st.sampled_from([1, 2, 4, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": ")]),
    },
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records of one kind: some columns constant, derived, repeated, optional, nested or lists."""
    names = draw(st.lists(keys, min_size=1, max_size=6, unique=True))
    columns = {
        name: draw(
            st.sampled_from(
                [
                    scalars,
                    texts,
                    numbers,
                    st.just(draw(scalars)),
                    st.sampled_from(draw(st.lists(scalars, min_size=1, max_size=3))),
                    st.lists(texts, max_size=3),
                    st.dictionaries(st.sampled_from(["x", "y", "z"]), scalars, max_size=3) | st.none(),
                    st.lists(
                        st.fixed_dictionaries(
                            {"k": scalars}, optional={"l": texts, "m": st.lists(scalars, max_size=2)}
                        ),
                        max_size=3,
                    ),
                    values,
                ]
            )
        )
        for name in names
    }
    if draw(st.booleans()):
        columns["parts"] = st.lists(st.fixed_dictionaries({"k": scalars}), min_size=1, max_size=3)
    optional = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    rows = draw(st.integers(min_value=2, max_value=9))
    made = []
    for number in range(rows):
        row = {
            name: draw(column)
            for name, column in columns.items()
            if name not in optional or draw(st.booleans())
        }
        if draw(st.integers(0, 5)) == 0:
            row = dict(reversed(row.items()))
        if "url" in row:
            row["url"] = f"https://x.org/{row.get('id', number)}/{row.get('name')}"
        for part in row.get("parts", ()):
            part["link"] = f"https://x.org/{row.get('id')}/parts/{part['k']}"
        made.append(row)
    return made


def prove(text: str, options: EncodeOptions) -> None:
    form = records.encode(text, options)
    if form is None:
        return
    header = read_header(form)
    assert header is not None
    assert header[0] == "records"
    form.encode()
    decoded = records.decode(form)
    assert records.same(decoded, text), (form, decoded)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "dense", "labelled", "dense-labelled"])
@settings(deadline=None, max_examples=40)
@given(
    grid=st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(scalars | values, min_size=width, max_size=width), min_size=3, max_size=6
        )
    ),
    height=st.integers(3, 6),
    named=st.dictionaries(
        keys, st.fixed_dictionaries({"u": texts, "v": scalars}, optional={"key": values}), max_size=5
    ),
    style=styles,
    data=st.data(),
)
def test_grids_series_and_maps_are_restored(
    grid: list[Any],
    height: int,
    named: dict[str, Any],
    style: dict[str, Any],
    data: st.DataObject,
    options: EncodeOptions,
) -> None:
    series = data.draw(
        st.dictionaries(keys, st.lists(scalars, min_size=height, max_size=height), min_size=2, max_size=4)
    )
    for value in (grid, series, named, {"a": grid, "b": {"c": series, "d": named}}):
        prove(json.dumps(value, **style), options)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "dense", "labelled", "dense-labelled"])
@settings(deadline=None, max_examples=40)
@given(value=values, style=styles)
@example(value=[{"a": {"b": {}}}, {}], style={})
@example(value=[[]], style={})
def test_any_json_value_is_restored(value: Any, style: dict[str, Any], options: EncodeOptions) -> None:
    prove(json.dumps(value, **style), options)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "dense", "labelled", "dense-labelled"])
@settings(deadline=None, max_examples=40)
@given(value=tables(), style=styles, wrapped=st.booleans())
@example(
    value=[{"a": 1, "n": {'x="y': 2}}, {"a": 2, "n": {"=": 3}}, {"a": 3}, {"a": 4}], style={}, wrapped=False
)
@example(value=[{"a": 1, "id": 1e17 + 2}] * 5 + [{"a": 1, "id": "~"}], style={}, wrapped=False)
def test_any_table_is_restored(
    value: list[dict[str, Any]], style: dict[str, Any], wrapped: bool, options: EncodeOptions
) -> None:
    prove(json.dumps({"page": 1, "rows": value, "next": None} if wrapped else value, **style), options)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "dense", "labelled", "dense-labelled"])
@settings(deadline=None, max_examples=40)
@given(value=tables(), ascii_only=st.booleans(), end=st.sampled_from(["", "\n"]))
def test_json_lines_are_restored(
    value: list[dict[str, Any]], ascii_only: bool, end: str, options: EncodeOptions
) -> None:
    prove("\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in value) + end, options)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "dense", "labelled", "dense-labelled"])
@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(fields, min_size=width, max_size=width), min_size=5, max_size=9)
    ),
    separator=st.sampled_from(",\t;|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from(["minimal", "all"]),
    last=st.booleans(),
    odd=st.none() | texts,
)
def test_csv_is_restored(
    rows: list[list[str]],
    separator: str,
    end: str,
    quoting: str,
    last: bool,
    odd: str | None,
    options: EncodeOptions,
) -> None:
    def write(text: str) -> str:
        if quoting == "all" or any(mark in text for mark in '"\r\n' + separator):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [separator.join(map(write, row)) for row in rows]
    if odd is not None:
        lines.insert(3, odd)
    prove(end.join(lines) + (end if last else ""), options)


@settings(deadline=None, max_examples=100)
@given(value=tables(), dense=st.booleans(), data=st.data())
def test_damage_is_an_error_or_another_text(
    value: list[dict[str, Any]], dense: bool, data: st.DataObject
) -> None:
    form = records.encode(json.dumps({"rows": value, "end": 1}), EncodeOptions(rough_count, dense=dense))
    assert form is not None
    start = data.draw(st.integers(0, len(form) - 1))
    end = data.draw(st.integers(start, min(len(form), start + 9)))
    damaged = form[:start] + data.draw(texts) + form[end:]
    with contextlib.suppress(CompressionError):
        assert isinstance(records.decode(damaged), str)


@settings(deadline=None, max_examples=60)
@given(value=tables() | values, style=styles, outer=styles)
def test_json_inside_json_is_restored(value: Any, style: dict[str, Any], outer: dict[str, Any]) -> None:
    inner = json.dumps([value, "-" * 200], **style)
    for options in OPTIONS:
        prove(json.dumps({"content": [{"text": inner}], "more": inner}, **outer), options)


@settings(deadline=None, max_examples=40)
@given(text=st.text(alphabet='[{"a:,1 \n}]', max_size=60) | st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    for options in OPTIONS:
        prove(text, options)
