"""The lines form: what it looks like, and that it gives every byte back."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.encode import lines
from headroom_langchain.transforms.encode.options import EncodeOptions

COUNT = counter_for(None).count


def options(*, dense: bool = False, labelled: bool = False) -> EncodeOptions:
    return EncodeOptions(COUNT, dense=dense, labelled=labelled)


def service_log(entries: int = 40) -> str:
    """A service log over two days: three messages, an error with its trace, an entry of its own."""
    out: list[str] = []
    chance = random.Random(entries)
    for i in range(entries):
        day = 3 + (i > entries // 2)
        time = f"2024-05-{day:02d} 10:{i % 60:02d}:{i * 7 % 60:02d},{i * 37 % 1000:03d}"
        message = chance.randrange(3) if i != 1 else 1
        if message == 0:
            out.append(
                f"{time} INFO  [worker-{i % 4}] GET /api/users/{i * 7919 % 100000} 200 {i * 13 % 900}ms"
            )
        elif message == 1:
            out.append(f"{time} DEBUG [pool] idle={i % 9} busy={i * 3 % 11}")
        else:
            out.append(f"{time} INFO  [cache] hit key=user:{i * 104729 % 1000000} ttl={i % 300}")
        if i == entries - 5:
            out.append(f"{time} ERROR [worker-1] payment 7731 failed")
            out.append("Traceback (most recent call last):")
            out.append('  File "/srv/pay.py", line 88, in charge')
            out.append("GatewayTimeout: no answer after 30 s")
    return "\n".join(out) + "\n"


def restored(text: str, **how: bool) -> str:
    form = lines.encode(text, options(**how))
    assert form is not None
    return lines.decode(form)


@pytest.mark.parametrize("how", [{}, {"dense": True}, {"labelled": True}, {"dense": True, "labelled": True}])
def test_a_log_comes_back_byte_for_byte(how: dict[str, bool]) -> None:
    text = service_log()
    assert restored(text, **how) == text


def test_a_log_needs_a_third_fewer_tokens_and_dense_still_fewer() -> None:
    text = service_log(200)
    plain = lines.encode(text, options())
    dense = lines.encode(text, options(dense=True))
    assert plain is not None
    assert dense is not None
    assert COUNT(plain) < COUNT(text) * 0.67
    assert COUNT(dense) < COUNT(plain)


def test_a_template_names_its_variables_and_a_row_holds_their_whole_values() -> None:
    form = lines.encode(service_log(), options())
    assert form is not None
    legend, _, body = form.partition("\n--\n")
    assert re.search(r"(\{@date\} \{time\} |~)DEBUG \[pool\] idle=\{idle\} busy=\{busy\}", legend)
    assert "@date=2024-05-03" in body
    assert "@date=2024-05-04" in body
    assert re.search(r"^10:01:07,037 A 1 3$", body, re.MULTILINE)


def test_labelled_rows_carry_the_names_of_their_values() -> None:
    form = lines.encode(service_log(), options(labelled=True))
    assert form is not None
    assert re.search(r"^time=10:01:07,037 A idle=1 busy=3$", form, re.MULTILINE)


def test_an_error_and_its_trace_stand_as_they_were() -> None:
    form = lines.encode(service_log(), options())
    assert form is not None
    for line in (
        "payment 7731 failed",
        'File "/srv/pay.py", line 88, in charge',
        "GatewayTimeout: no answer after 30 s",
    ):
        assert line in form


def test_every_atom_stands_whole_in_the_default_form() -> None:
    text = service_log()
    form = lines.encode(text, options())
    assert form is not None
    for atom in set(re.findall(r"[^\s\[\]=]*\d[^\s\[\]=]*", text)):
        assert atom in form, atom


def test_repeated_blocks_are_declared_once_and_titles_are_centred_again() -> None:
    names = [
        "test_login",
        "test_logout_after_timeout",
        "test_a",
        "test_upload_of_large_file",
        "test_search",
        "test_x1",
    ]
    blocks = [
        format(f" ERROR at setup of {name} ", "_^80")
        + "\ntests/conftest.py:19: in client\n    return app.test_client()\nE   RuntimeError: no app"
        for name in names
    ]
    text = "\n".join(["==== test session starts ====", *blocks, "==== 6 errors in 0.10s ===="])
    form = lines.encode(text, options())
    assert form is not None
    assert form.count("RuntimeError: no app") == 1
    assert "{:_^80} ERROR at setup of {of}" in form
    assert re.findall(r"^A (\w+)$", form, re.MULTILINE) == names
    assert lines.decode(form) == text


def test_equal_lines_in_a_row_are_folded() -> None:
    text = "\n".join(["worker 17 is waiting for a free slot in the queue"] * 30 + ["worker 17 is done"])
    form = lines.encode(text, options())
    assert form is not None
    assert "*29" in form
    assert lines.decode(form) == text


def test_a_value_that_ends_a_path_of_its_row_is_read_from_the_path() -> None:
    text = "\n".join(
        f"Deleting block blk_{i * 7919} file /data/sub{i % 7}/blk_{i * 7919} now" for i in range(20)
    )
    form = lines.encode(text, options())
    assert form is not None
    assert ":tail}" in form
    assert form.count("blk_7919 ") + form.count("blk_7919\n") == 1
    assert lines.decode(form) == text


@pytest.mark.parametrize(
    "line",
    [
        "A 10 looks like a row",
        "10:00 A looks like a row with its value first",
        "@date=1 looks like a heading",
        "*3",
        "\\ begins with a backslash",
        "[headroom:lines looks like a form]",
        "--",
        "|{time}",
        "~",
        "",
        "   ",
        "\x1b[31mred\x1b[0m",
        "tab\tand\rreturn",
        "Ошибка: нет соединения №5",
        "{braces} {{and}} %s",
    ],
)
def test_lines_that_look_like_our_own_syntax_are_escaped(line: str) -> None:
    for text in (f"{service_log()}{line}\n", f"{line}\n{service_log()}", f"{service_log()}{line}"):
        assert restored(text) == text


def test_windows_line_ends_and_a_missing_last_one_come_back() -> None:
    text = service_log().replace("\n", "\r\n")
    assert restored(text) == text
    assert restored(text.rstrip()) == text.rstrip()


def test_control_characters_that_the_encoder_uses_are_left_alone() -> None:
    assert lines.encode(service_log() + "\0", options()) is None


def test_free_text_has_no_lines_form() -> None:
    assert lines.encode("Dear all,\n\nthe meeting is moved.\nBring tea.\n\nYours\nA.", options()) is None


def test_long_logs_become_several_forms_that_join_to_the_same_text() -> None:
    text = service_log(9000) + "[headroom:lines]\n--\nnot ours"
    form = lines.encode(text, options())
    assert form is not None
    assert form.count("\n[headroom:lines") >= 2
    assert lines.decode(form) == text


@pytest.mark.parametrize(
    "damage",
    [
        lambda form: form.replace("\n--\n", "\n"),
        lambda form: re.sub(r"^A .*$", "A", form, count=1, flags=re.MULTILINE),
        lambda form: form.replace("[headroom:lines", "[headroom:rows"),
    ],
)
def test_a_damaged_form_is_refused(damage: object) -> None:
    form = lines.encode(
        "\n".join(f"job {i} of user {i * 31} is done in room {i * 7}" for i in range(30)), options()
    )
    assert form is not None
    assert callable(damage)
    with pytest.raises((CompressionError, ValueError, KeyError)):
        lines.decode(damage(form))


_WORDS = st.sampled_from(
    [
        *(
            "A",
            "B",
            "@x",
            "\\",
            "*3",
            "*",
            "--",
            "{n}",
            "{{",
            "}}",
            "{:_^80}",
            "GET",
            "/a/b/c.py",
            "10.0.0.1:80",
        ),
        *(
            "12:00:02,123",
            "2024-01-01",
            "id=7",
            "k=",
            "[x]",
            "",
            "\r",
            "\t",
            "\x1b[31m",
            "\0",
            "\2",
            "\u2028",
        ),
        *(
            "日本語",
            "blk_12",
            "~",
            "~x",
            "[headroom:lines x]",
            "|",
            "=",
            "%s",
            "{0}",
            "ERROR",
            "___",
            "=== y ===",
        ),
    ]
)
_SHAPES = st.sampled_from(
    [
        *(
            "{} INFO start {}",
            "ERR {} at /x/{}/y{}",
            "{}",
            "  at {}({}:{})",
            "user={} ip=10.0.0.{}",
            "=== t{} ===",
        ),
        *("____ t{} ____", "[headroom:lines {}]", "A {} {}", "@{}={}", "*{}", "file /a/b{}/{} is {}"),
    ]
)
_VALUES = st.sampled_from(
    ["1", "2", "23", "x9", "12:00:01", "2024-01-01", "a", "/p/q", "1,5", "foo", "z=1", "{n}"]
)


@st.composite
def line_texts(draw: st.DrawFn) -> str:
    shapes = draw(st.lists(_SHAPES, min_size=1, max_size=4))
    out: list[str] = []
    for _ in range(draw(st.integers(3, 40))):
        if draw(st.integers(0, 9)) == 0:
            out.append(" ".join(draw(st.lists(_WORDS, max_size=6))))
        else:
            out.append(draw(st.sampled_from(shapes)).format(*[draw(_VALUES) for _ in range(3)]))
    return draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(out) + draw(st.sampled_from(["", "\n"]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=line_texts(), dense=st.booleans(), labelled=st.booleans())
def test_every_form_decodes_to_its_text(text: str, dense: bool, labelled: bool) -> None:
    form = lines.encode(text, EncodeOptions(len, dense=dense, labelled=labelled))
    if form is not None:
        assert lines.decode(form) == text
