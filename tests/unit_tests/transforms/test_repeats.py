"""Repeats across messages: what they look like, and that every byte comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.marker import read_header
from headroom_langchain.transforms.repeats import Seen, expand_repeat

if TYPE_CHECKING:
    from collections.abc import Callable

_COUNT = counter_for(None).count

_FILE = "".join(
    f"def load_{name}(path: str) -> list[{name.title()}]:\n"
    f'    """Read every {name} of a file."""\n'
    f"    with open(path) as file:\n"
    f"        return [{name.title()}.parse(line) for line in file]\n\n\n"
    for name in ("user", "order", "invoice", "parcel", "refund", "address", "session", "coupon")
)
_EDITED = _FILE.replace(
    "[Parcel.parse(line) for line in file]", "[Parcel.parse(line) for line in file if line]"
)
_RUN = (
    "============================= test session starts ==============================\n"
    + "".join(
        f"tests/test_cart.py::test_total_of_{number}_items PASSED [{number:3}%]\n" for number in range(100)
    )
    + "============================= 100 passed in {seconds}s =============================="
)


def _numbered(text: str, first: int = 1, last: int = 10**6) -> str:
    lines = [f"{number:6}\t{line}" for number, line in enumerate(text.split("\n"), 1)]
    return "\n".join(lines[first - 1 : last])


def _repeat(text: str, *earlier: str) -> str | None:
    seen = Seen()
    originals = {f"call_{number}": old for number, old in enumerate(earlier, 1)}
    for name, old in originals.items():
        seen.add(name, old, old)
    form = seen.repeat_of(text, _COUNT, name="call_new")
    if form is not None:
        assert expand_repeat(form, originals) == text
        assert _COUNT(form) < _COUNT(text)
        assert read_header(form) is not None
    return form


def _saved(text: str, *earlier: str) -> float:
    form = _repeat(text, *earlier)
    return 0.0 if form is None else 1 - _COUNT(form) / _COUNT(text)


def test_a_file_read_twice_costs_one_short_line() -> None:
    form = _repeat(_FILE, "other\n", _FILE)
    assert form == "[headroom:same text as call_2]\n"
    assert _COUNT(form) <= 15


def test_a_file_read_after_an_edit_is_a_unified_diff() -> None:
    form = _repeat(_EDITED, _FILE)
    assert form is not None
    header, *diff = form.split("\n")
    assert header == "[headroom:changed since call_1, as a unified diff]"
    assert diff == [
        "@@ -21,3 +21,3 @@",
        "     with open(path) as file:",
        "-        return [Parcel.parse(line) for line in file]",
        "+        return [Parcel.parse(line) for line in file if line]",
        " ",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_FILE, _EDITED.rstrip("\n")),
        (_FILE.rstrip("\n"), _EDITED),
        (_FILE.rstrip("\n"), _EDITED.rstrip("\n")),
        (_FILE, _FILE.replace("for line in file", "for line in file  ", 1)),
        (_FILE.replace("\n", "\r\n"), _EDITED.replace("\n", "\r\n")),
        (_FILE, _FILE.replace("\n", "\r\n", 3)),
        (_FILE, _FILE + "\\ No newline at end of file\n"),
        (_FILE, "\ud800\n" + _EDITED + "\u2028\x85\x0c"),
    ],
    ids=[
        "no final newline",
        "final newline",
        "neither",
        "blanks",
        "crlf",
        "mixed",
        "like a diff",
        "surrogate",
    ],
)
def test_an_edit_comes_back_byte_for_byte(old: str, new: str) -> None:
    assert _saved(new, old) > 0.6


def test_a_range_of_a_file_that_was_read_is_a_pointer() -> None:
    part = "\n".join(_FILE.split("\n")[6:30])
    assert _repeat(part, _FILE) == (
        "[headroom:same parts given as lines a-b of earlier results]\n"
        '[lines 7-30 of call_1 "def load_order(path: str) -> list[Order]:" '
        'to "return [Refund.parse(line) for line in file]"]'
    )


def test_what_is_new_stands_verbatim_between_pointers_to_several_texts() -> None:
    new = "first\n" + _FILE + "something new\n" + _RUN + "\nlast"
    form = _repeat(new, _FILE, _RUN)
    assert form is not None
    lines = form.split("\n")
    assert [line for line in lines[1:] if not line.startswith("[lines ")] == [
        "first",
        "something new",
        "last",
    ]
    assert [line.split(' "')[0] for line in lines if line.startswith("[lines ")] == [
        "[lines 1-48 of call_1",
        "[lines 1-102 of call_2",
    ]


def test_the_same_test_run_with_another_time_costs_a_few_lines() -> None:
    assert _saved(_RUN.format(seconds="2.31"), _RUN.format(seconds="2.29")) > 0.9


def test_a_numbered_view_inside_one_that_was_shown_is_found_by_its_numbers() -> None:
    assert _repeat(_numbered(_FILE, 10, 40), _numbered(_FILE)) == (
        "[headroom:same parts given as lines a-b of earlier results]\n[lines numbered 10-40 of call_1]"
    )


def test_a_pointer_into_a_view_that_begins_later_uses_the_numbers_that_it_shows() -> None:
    form = _repeat(_numbered(_FILE, 20, 40), _numbered(_FILE, 15, 45))
    assert form is not None
    assert form.endswith("\n[lines numbered 20-40 of call_1]")


@pytest.mark.parametrize(
    "view",
    [
        _numbered,
        lambda text: "\n".join(f"{number}:{line}" for number, line in enumerate(text.split("\n"), 1)),
        lambda text: "\n".join(f"{number:05}| {line}" for number, line in enumerate(text.split("\n"), 1)),
        lambda text: "\n".join(f"{number:>5}→{line}" for number, line in enumerate(text.split("\n"), 1)),
        lambda text: "<file>\n" + _numbered(text, 3) + "\n</file>\n(end of file)",
    ],
    ids=["cat -n", "grep -n", "zero-padded", "arrow", "framed"],
)
def test_a_numbered_view_whose_numbers_moved_is_a_pointer_with_new_numbers(
    view: Callable[[str], str],
) -> None:
    lines = _FILE.split("\n")
    new = view("\n".join([*lines[:20], "    # one", "    # two", *lines[20:]]))
    form = _repeat(new, view(_FILE))
    assert form is not None
    assert ", now 23-" in form
    assert _COUNT(form) < 0.35 * _COUNT(new)


def test_numbers_in_other_digits_are_text() -> None:
    eastern = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    lines = list(enumerate(_FILE.split("\n"), 100))
    old = "\n".join(f"1{str(number)[1:].translate(eastern)}:{line}" for number, line in lines)
    assert _repeat("\n".join(f"{number}:{line}" for number, line in lines), old) is None


def test_a_view_in_another_padding_is_another_text() -> None:
    unpadded = "\n".join(line.lstrip(" ") for line in _numbered(_FILE).split("\n"))
    assert _repeat(unpadded, _numbered(_FILE)) is None


def test_numbers_that_start_again_are_not_taken_for_one_view() -> None:
    two = _numbered(_FILE) + "\n" + _numbered(_EDITED)
    form = _repeat(_numbered(_EDITED), two)
    assert form is not None
    assert "numbered" not in form


def test_lines_that_look_like_our_syntax_come_back_as_they_were() -> None:
    odd = '[lines 1-5 of call_1 "a" to "b"]\n\\[lines 1-2\n[headroom:same text as call_1]\n\\\\[headroom:x\n[lines up'
    form = _repeat(odd + "\n" + _FILE + odd, _FILE)
    assert form is not None
    assert form.split("\n")[1] == '\\[lines 1-5 of call_1 "a" to "b"]'


def test_a_text_that_is_a_repeat_by_itself_is_a_text() -> None:
    text = "[headroom:same text as call_9]\n" + _FILE
    assert _repeat(text, _FILE) is not None
    assert _repeat(text, text) == "[headroom:same text as call_1]\n"


def test_a_text_that_stands_in_another_form_is_only_pointed_to_as_a_whole() -> None:
    seen = Seen()
    seen.add("call_1", _FILE, "[headroom:lines]\n...")
    assert seen.repeat_of(_FILE, _COUNT, name=None) == "[headroom:same text as call_1]\n"
    assert seen.repeat_of(_EDITED, _COUNT, name=None) is None


def test_a_text_never_points_to_its_own_name() -> None:
    seen = Seen()
    seen.add("call_1", _FILE, _FILE)
    assert seen.repeat_of(_FILE, _COUNT, name="call_1") is None
    assert seen.repeat_of(_EDITED, _COUNT, name="call_1") is None
    assert seen.repeat_of(_EDITED, _COUNT, name="call_2") is not None


def test_a_name_means_the_first_text_that_had_it() -> None:
    seen = Seen()
    seen.add("call_1", _FILE, _FILE)
    seen.add("call_1", _RUN, _RUN)
    assert seen.repeat_of(_RUN, _COUNT, name=None) is None
    assert seen.repeat_of(_FILE, _COUNT, name=None) == "[headroom:same text as call_1]\n"


@pytest.mark.parametrize("name", ["", " ", "a]b", "a\nb", 'a"b', "a, now 1-2", "x ", "[a", "a\r"])
def test_a_name_that_would_break_the_grammar_is_left_out(name: str) -> None:
    seen = Seen()
    seen.add(name, _FILE, _FILE)
    assert seen.repeat_of(_FILE, _COUNT, name=None) is None
    assert seen.repeat_of(_EDITED, _COUNT, name=None) is None


@pytest.mark.parametrize("name", ["message 5", "functions.bash:0", "toolu_01A", "größe-1", "a of b", "x"])
def test_any_other_name_is_written_and_read(name: str) -> None:
    seen = Seen()
    seen.add(name, _FILE, _FILE)
    for text in (_FILE, _EDITED, "new\n" * 60 + _FILE):
        form = seen.repeat_of(text, _COUNT, name=None)
        assert form is not None
        assert name in form
        assert expand_repeat(form, {name: _FILE}) == text


@pytest.mark.parametrize("text", ["", "ok", "\n", "a\nb\nc", "\n" * 50, "no\n" * 4])
def test_what_is_too_short_to_save_anything_is_left_alone(text: str) -> None:
    assert _repeat(text, text, _FILE) is None or _COUNT(text) > 10


def test_a_few_shared_lines_do_not_break_up_a_text() -> None:
    shared = "import os\nimport re\nimport sys\nimport json\n"
    assert _repeat(shared + _FILE, shared + _RUN) is None
    body = "\n".join(f"row {number} of the report, never seen before" for number in range(400))
    assert _repeat(body + "\n" + "\n".join(_FILE.split("\n")[:12]), _FILE) is None


def test_one_long_line_is_a_part_of_its_own() -> None:
    long = ", ".join(f'{{"id": {number}}}' for number in range(300))
    assert _saved(f"HTTP 200\n{long}\nend", f"HTTP 500\n{long}") > 0.9


def test_the_result_depends_on_nothing_that_is_added_later() -> None:
    early, late = Seen(), Seen()
    for seen in (early, late):
        seen.add("call_1", _FILE, _FILE)
    first = early.repeat_of(_EDITED, _COUNT, name=None)
    early.add("call_2", _EDITED, _EDITED)
    assert first == late.repeat_of(_EDITED, _COUNT, name=None)


_FORMS = [_repeat(_FILE, _FILE), _repeat(_EDITED, _FILE), _repeat("new\n" * 60 + _FILE, _FILE)]


@pytest.mark.parametrize("form", _FORMS)
def test_a_form_whose_earlier_text_is_missing_or_another_one_is_refused(form: str) -> None:
    with pytest.raises(CompressionError, match="missing"):
        expand_repeat(form, {})
    if "same text" not in form:
        with pytest.raises(CompressionError):
            expand_repeat(form, {"call_1": _RUN})


@pytest.mark.parametrize(
    "form",
    [
        "",
        _FILE,
        "[headroom:lines]\n",
        "[headroom:same]\n",
        "[headroom:same text as call_1]\nmore",
        "[headroom:changed since call_1]\n",
        "[headroom:changed since call_1, as a unified diff]\n",
        "[headroom:changed since call_1, as a unified diff]\n@@ -1 +1 @@\n-x\n+y",
        "[headroom:changed since call_1, as a unified diff]\n@@ -1 +1,2 @@\n-a\n+y",
        "[headroom:changed since call_1, as a unified diff]\n@@ -1 +1 @@\n?a\n+y",
        "[headroom:changed since call_1, as a unified diff]\n@@ -3 +3 @@\n-c\n+y\n@@ -1 +1 @@\n-a\n+y",
        "[headroom:changed since call_1, as a unified diff]\n@@ -1 +1 @@\n-a\n+y\n\\ No newline at end of file",
        '[headroom:same parts given as lines a-b of earlier results]\n[lines 1-2 "a" to "b"]',
        '[headroom:same parts given as lines a-b of earlier results]\n[lines 1-9 of call_1 "a" to "b"]',
        '[headroom:same parts given as lines a-b of earlier results]\n[lines 2-1 of call_1 "a" to "b"]',
        '[headroom:same parts given as lines a-b of earlier results]\n[lines 0-1 of call_1 "a" to "b"]',
        '[headroom:same parts given as lines a-b of earlier results]\n[lines 1-2 of call_1 "a" to "c"]',
        "[headroom:same parts given as lines a-b of earlier results]\n[lines numbered 1-2 of call_1]",
        "[headroom:same parts given as lines a-b of earlier results]\n[lines 1 of call_1]",
    ],
)
def test_a_damaged_form_is_refused(form: str) -> None:
    with pytest.raises(CompressionError):
        expand_repeat(form, {"call_1": "a\nb\nc\n"})
