"""Repeats across messages: the promises, for conversations made of shared blocks, edits and odd lines."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.line_diff import apply_diff, unified_diff
from headroom_langchain.transforms.repeats import Seen, expand_repeat
from tests.unit_tests.strategies import texts

_COUNT = counter_for(None).count

_odd_lines = st.sampled_from(
    [
        "",
        " ",
        "\r",
        "}",
        "    return None",
        "größe 東京 🙂",
        "\ud800 \udc00 tail",
        "a\x0bb\x0c\x85\u2028c",
        "[lines 1-5 of call_0]",
        '[lines 1-5 of call_0 "a" to "b"]',
        "\\[lines 3",
        "\\\\[headroom:same text as call_0]",
        "[headroom:changed since call_0, as a unified diff]",
        "\\ No newline at end of file",
        "@@ -1 +1 @@",
        "-minus",
        "+plus",
        "    12\tnumbered by hand",
        "<|endoftext|>",
    ]
)
_plain_lines = st.integers(0, 40).map(
    lambda number: f"line {number} of a file that is {number * 7919} bytes long"
)
_lines = st.one_of(_plain_lines, _plain_lines, _odd_lines)


def _block(start: int, length: int, mark: str) -> list[str]:
    return [
        f"{mark} = compute_{mark}({number}, limit={number * 31})" for number in range(start, start + length)
    ]


_blocks = st.builds(_block, st.integers(0, 20), st.integers(3, 30), st.sampled_from("abc"))


@st.composite
def _edits(draw: st.DrawFn, lines: list[str]) -> list[str]:
    edited = list(lines)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(edited)))
        edited[at : at + draw(st.integers(0, 3))] = draw(st.lists(_lines, max_size=3))
    return edited


def _numbered(lines: list[str], first: int, style: str) -> list[str]:
    return [style.format(number) + line for number, line in enumerate(lines, first)]


@st.composite
def _conversations(draw: st.DrawFn) -> list[str]:
    """Texts, of which later ones repeat, cut, move and edit what stands in earlier ones."""
    made: list[list[str]] = []
    out: list[str] = []
    for _ in range(draw(st.integers(2, 5))):
        lines: list[str] = []
        for _ in range(draw(st.integers(1, 4))):
            if draw(st.booleans()) and made:
                old = draw(st.sampled_from(made))
                start = draw(st.integers(0, len(old)))
                length = draw(st.sampled_from([len(old), 10, 30]))
                part = old if length == len(old) else old[start : start + length]
                lines += draw(_edits(part))
            else:
                lines += draw(st.one_of(_blocks, st.lists(_lines, max_size=8)))
        made.append(lines)
        shown = lines
        if draw(st.booleans()):
            style = draw(st.sampled_from(["{:6}\t", "{}:", "{:>4}→", "{:05}| "]))
            shown = _numbered(lines, draw(st.sampled_from([1, 1, 95, 998])), style)
        end = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
        out.append(end.join(shown) + draw(st.sampled_from(["", end])))
    return out


_conversations_of_anything = st.one_of(
    _conversations(), _conversations(), st.lists(texts, min_size=2, max_size=3)
)


def _walk(conversation: list[str]) -> list[str | None]:
    """The forms of a conversation, each proven against the texts that stand in full before it."""
    seen = Seen()
    standing: dict[str, str] = {}
    forms: list[str | None] = []
    for number, text in enumerate(conversation):
        name = f"call_{number}"
        form = seen.repeat_of(text, _COUNT, name=name)
        forms.append(form)
        if form is None:
            seen.add(name, text, text)
            standing[name] = text
        else:
            assert expand_repeat(form, standing) == text
            assert _COUNT(form) < _COUNT(text)
    return forms


@given(_conversations_of_anything)
def test_every_repeat_is_exact_smaller_and_goes_back_to_a_text_in_full(conversation: list[str]) -> None:
    _walk(conversation)


@given(_conversations(), st.integers(0, 5))
def test_a_form_depends_on_what_came_before_alone(conversation: list[str], length: int) -> None:
    assert _walk(conversation[:length]) == _walk(conversation)[:length]


@given(_conversations_of_anything)
def test_a_text_said_again_is_one_line_or_too_short_for_it(conversation: list[str]) -> None:
    forms = _walk([conversation[0], conversation[0]])
    assert forms[1] == "[headroom:same text as call_0]\n" or _COUNT(conversation[0]) < 16


@given(_conversations(), st.data())
def test_damage_is_refused_and_never_anything_else(conversation: list[str], data: st.DataObject) -> None:
    seen = Seen()
    originals = {f"call_{number}": text for number, text in enumerate(conversation[:-1])}
    for name, text in originals.items():
        seen.add(name, text, text)
    form = seen.repeat_of(conversation[-1], _COUNT, name=None)
    if form is None:
        return
    start = data.draw(st.integers(0, len(form)))
    cut = form[:start] + form[start + data.draw(st.integers(1, 5)) :]
    with suppress(CompressionError):
        expand_repeat(cut, originals)


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[str, str]:
    old = draw(st.lists(_lines, max_size=30))
    new = draw(_edits(old))
    ends = st.sampled_from(["", "\n", "\r\n"])
    return "\n".join(old) + draw(ends), "\n".join(new) + draw(ends)


@given(st.one_of(_pairs(), st.tuples(texts, texts)))
def test_a_diff_gives_the_newer_text_back(pair: tuple[str, str]) -> None:
    old, new = pair
    diff = unified_diff(old, new)
    assert bool(diff) == (old != new)
    if diff:
        assert apply_diff(diff, old) == new
