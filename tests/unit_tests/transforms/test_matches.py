"""The matches form: what it looks like, and that it gives every byte back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.encode import matches
from headroom_langchain.transforms.encode.options import EncodeOptions

_SEARCH = Path(__file__).parent / "labelled" / "search"
_COUNT = counter_for(None).count


def _read(name: str) -> str:
    return (_SEARCH / name).read_bytes().decode("utf-8")


def _form(text: str, *, dense: bool = False) -> str:
    form = matches.encode(text, EncodeOptions(_COUNT, dense=dense))
    assert form is not None
    restored = matches.decode(form)
    assert restored == text
    assert matches.same(restored, text)
    return form


def _rows(text: str, *, dense: bool = False) -> list[str]:
    return _form(text, dense=dense).split("\n")[1:]


def _saved(text: str, *, dense: bool = False) -> float:
    return 1 - _COUNT(_form(text, dense=dense)) / _COUNT(text)


@pytest.mark.parametrize(
    ("name", "at_least"),
    [("grep_httpx.txt", 0.4), ("grep_context_httpx.txt", 0.35), ("cat_n_httpx.txt", 0.3)],
)
def test_search_results_come_back_byte_for_byte_from_far_fewer_tokens(name: str, at_least: float) -> None:
    text = _read(name)
    saved = _saved(text)
    assert saved >= at_least
    assert _saved(text, dense=True) >= saved


def test_paths_and_line_numbers_stand_verbatim() -> None:
    text = _read("grep_httpx.txt")
    words = set(_form(text).replace(",", " ").split())
    for line in text.splitlines():
        path, number, _ = line.split(":", 2)
        assert {path, number} <= words


def test_a_path_heads_its_matches() -> None:
    text = "src/a.py:3:import os\nsrc/a.py:14:    return os.sep\nb.py:1:x = 1\n"
    assert _rows(text) == ["src/a.py", "3 import os", "14     return os.sep", "b.py", "1 x = 1", ""]


def test_equal_texts_are_written_once_with_all_their_numbers() -> None:
    text = "a.py:3:  pass\na.py:7:  return\na.py:9:  pass\na.py:20:  pass\n"
    assert _rows(text) == ["a.py", "3,9,20   pass", "7   return", ""]


def test_equal_texts_stay_apart_where_numbers_do_not_rise() -> None:
    text = "a.py:9:x\na.py:3:x\na.py:9:x"
    assert _rows(text) == ["a.py", "9 x", "3 x", "9 x"]


def test_a_text_that_every_file_has_is_written_once() -> None:
    text = "".join(f"src/{name}.py:{number}:import os\n" for number, name in enumerate("abcdefgh", 1))
    rows = ["src/a.py", "1 import os", "src/b.py", '2 "', "src/c.py", '3 "']
    assert _rows(text)[:6] == rows
    assert _rows(text.replace("d.py:4:import os", 'd.py:4:"'))[:4] == [*rows[:3], "2 import os"]


def test_a_text_that_every_file_has_twice_comes_back() -> None:
    _form(
        "".join(f"{name}.py:1:x y\n{name}.py:4:z\n{name}.py:9:x y\n{name}.py:11:x y\n" for name in "abcdefgh")
    )


def test_context_lines_stand_with_the_matches_of_their_file() -> None:
    text = "a-1.py-4-def f():\na-1.py:5:    raise E\na-1.py-6-t[1:2:3]\n--\nb.py-1-import a\nb.py:2:raise E\nb.py=9=class A"
    rows = [
        "a-1.py",
        "4-def f():",
        "5     raise E",
        "6-t[1:2:3]",
        "--",
        "b.py",
        "1-import a",
        "2 raise E",
        "9=class A",
    ]
    assert _rows(text) == rows


def test_windows_paths_keep_their_drive() -> None:
    text = "C:\\dev\\a b.py:12:import os\r\nC:\\dev\\a b.py:14:os.sep\r\nD:\\x.py:1:y\r\n"
    assert _rows(text) == ["C:\\dev\\a b.py", "12 import os", "14 os.sep", "D:\\x.py", "1 y", ""]


def test_revisions_belong_to_the_path() -> None:
    text = "HEAD~2:src/a.py:12:import os\nHEAD~2:src/a.py:14:os.sep: str\nHEAD~2:b.py:1:y\n"
    assert _rows(text) == ["HEAD~2:src/a.py", "12 import os", "14 os.sep: str", "HEAD~2:b.py", "1 y", ""]


def test_columns_stay_in_front_of_the_text() -> None:
    assert _rows("a.py:3:8:os\na.py:4:1:x\na.py:9:2:z")[1:] == ["3 8:os", "4 1:x", "9 2:z"]


def test_matches_without_numbers_are_headed_too() -> None:
    text = "src/a.py:import os\nsrc/a.py:    import re\nsrc/b.py:import os: 12:00\n"
    assert _rows(text) == ["src/a.py", " import os", "     import re", "src/b.py", " import os: 12:00", ""]


def test_matches_of_one_file_need_no_path() -> None:
    assert _rows("3:import os\n9:import re\n12:import os\n") == ["3,12 import os", "9 import re", ""]


def test_headings_of_ripgrep_are_kept() -> None:
    text = "src/a.py\n3:import os\n9:import re\n\nsrc/b.py\n12:import os\n"
    assert _rows(text) == ["src/a.py", "3 import os", "9 import re", "", "src/b.py", "12 import os", ""]


@pytest.mark.parametrize("line", ["{:>6}\t{}", "{:>6}→{}", "{}\t{}", "{}:{}", "{:>3}|{}"])
def test_numbers_of_a_numbered_file_are_declared_once(line: str) -> None:
    texts = ["import os", "", "    5→x", "|y", "\tz", "12 a", "[headroom:matches]"] * 20
    text = "\n".join(line.format(number, text) for number, text in enumerate(texts, 95)) + "\n"
    form = _form(text)
    assert form.startswith("[headroom:matches lines 95-234 of a file")
    assert form.split("\n")[1:-1] == texts


def test_a_numbered_file_may_end_in_an_empty_line() -> None:
    text = "1\timport os\n2\t\n3\tx = 1\n4\t"
    assert _rows(text) == ["import os", "", "x = 1", "4\t"]


def test_a_numbered_file_may_stand_between_other_lines() -> None:
    text = (
        "Here is the file:\n" + "\n".join(f"{n:>6}\tx = {n}" for n in range(1, 9)) + "\n\n(cut after 8 lines)"
    )
    assert _rows(text)[:2] == ["Here is the file:", "x = 1"]


def test_lines_that_are_no_match_stay_where_they_are() -> None:
    text = "a.py:1:x\nBinary file b.bin matches\na.py:2:y\n\na.py:3:z\n| a.py:4:w\n--\n 12 q\n3 a\na.py:7:\n"
    assert "|Binary file b.bin matches" in _rows(text)


def test_directories_head_their_files_in_dense() -> None:
    text = "src/x/a.py:1:q\nsrc/x/b.py:2:r\nc.py:3:s\nsrc/x/b.py:5:t\n"
    rows = ["src/x/", "a.py", "1 q", "b.py", "2 r", "", "c.py", "3 s", "src/x/", "b.py", "5 t", ""]
    assert _rows(text, dense=True) == rows


@pytest.mark.parametrize("path", ["12 a", "|a", " a", "3,4-b", "--", "x/", "7=/a", "x/12 a", "-a", "\\"])
def test_paths_that_look_like_rows_come_back(path: str) -> None:
    text = f"a.py:1:x\n{path}:2:y\n{path}:3:y\na.py:4:z\na.py:5:z"
    _form(text)
    _form(text, dense=True)


@pytest.mark.parametrize(
    "text", ["", "\n", "no match here\n", "a.py:1:x\n", "one\ntwo\nthree\nfour\n", "\n\n\n\n"]
)
def test_other_texts_have_no_such_form(text: str) -> None:
    assert matches.encode(text, EncodeOptions(_COUNT)) is None


@pytest.mark.parametrize(
    "form",
    [
        "12 x",
        "[headroom:matches never heard of]\n12 x",
        "[headroom:matches lines 1-9 of a file, numbers left out (6 tab)]\nx",
        "[headroom:matches lines 1-2 of a file, numbers left out (6 moon)]\nx\ny",
    ],
)
def test_a_damaged_form_is_refused(form: str) -> None:
    with pytest.raises(CompressionError):
        matches.decode(form)


_NASTY = [
    "\r",
    "\x00",
    "\x1b[31mred\x1b[0m",
    "\u2028",
    "\x85",
    "\x0c",
    "\ud800",
    "日本語",
    ":",
    "::",
    "12:",
    "-7-",
    "|",
]
_NASTY += [" ", "\t", "--", "=3=", "import os", "    raise E", "3,9 x", "4-", "[headroom:matches]", "a/b.py"]
_TEXTS = st.lists(st.sampled_from(_NASTY), max_size=4).map("".join)
_PATHS = st.sampled_from(
    [
        "a.py",
        "a/b.py",
        "a/c.py",
        "C:\\x y\\z.py",
        "a-1-b.py",
        "12 x",
        "HEAD:a.py",
        "|",
        "日/本.py",
        "/",
        "./",
        "x\x85y",
    ]
)
_NUMBERS = st.integers(0, 12).map(str) | st.sampled_from(["007", "123456789", "1234567890", "٣", "²"])
_SIGNS = st.sampled_from([":", ":", ":", "-", "="])


@st.composite
def _search_lines(draw: st.DrawFn) -> str:
    path, number, sign, text = draw(_PATHS), draw(_NUMBERS), draw(_SIGNS), draw(_TEXTS)
    shape = draw(
        st.sampled_from(
            ["{p}{s}{n}{s}{t}"] * 6 + ["{p}:{t}", "{n}{s}{t}", "{t}", "--", "{n:>6}\t{t}", "{p}", ""]
        )
    )
    return shape.format(p=path, n=number, s=sign, t=text)


@st.composite
def _search_results(draw: st.DrawFn) -> str:
    lines = draw(st.lists(_search_lines(), max_size=25))
    if draw(st.booleans()):
        lines.sort()
    if draw(st.booleans()):
        lines += [f"{path}:{draw(_NUMBERS)}:{_NASTY[-2]}" for path in draw(st.lists(_PATHS, max_size=9))]
    return draw(st.sampled_from(["\n", "\n", "\r\n"])).join(lines) + draw(
        st.sampled_from(["", "\n", "\r\n", "\n\n"])
    )


@st.composite
def _numbered_files(draw: st.DrawFn) -> str:
    first, width, sign = (
        draw(st.integers(0, 120)),
        draw(st.integers(0, 7)),
        draw(st.sampled_from(["\t", "→", ":", ": ", "|"])),
    )
    texts = draw(st.lists(_TEXTS, min_size=1, max_size=20))
    around = st.lists(_search_lines(), max_size=4)
    lines = [f"{number:>{width}}{sign}{text}" for number, text in enumerate(texts, first)]
    return "\n".join(draw(around) + lines + draw(around)) + draw(st.sampled_from(["", "\n"]))


@given(_search_results() | _numbered_files() | st.text(st.characters(exclude_categories=())), st.booleans())
def test_whatever_gets_a_form_comes_back_byte_for_byte(text: str, dense: bool) -> None:
    form = matches.encode(text, EncodeOptions(len, dense=dense))
    assert form is None or matches.decode(form) == text


@pytest.mark.parametrize(
    "piece",
    [
        "a:",
        "a:1:",
        "a-1-",
        "1:",
        "1-",
        ",",
        "-",
        "1,",
        ":",
        " ",
        "=1=",
        "a/b.py:1:x\n",
        "a-1-b:2:\n",
        "x:1:y\nx-2-",
    ],
)
def test_megabytes_of_one_piece_come_back(piece: str) -> None:
    text = "a:1:x\na:2:y\na:3:z\n" + piece * (1_000_000 // len(piece))
    form = matches.encode(text, EncodeOptions(len))
    assert form is None or matches.decode(form) == text
