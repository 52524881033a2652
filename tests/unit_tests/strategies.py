"""Hypothesis strategies for what an agent reads: texts of every kind, and messages of every class."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.ai import UsageMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

_PLAIN = ["ready", "failed", "done", "worker", "queue", "retry", "timeout"]
_FOREIGN = ["größe", "ошибка", "数据", "naïve", "e\u0301", "🙂"]
_MARKS = ["a=b", "c:d", "x|y", "\\n", "[headroom:lines]"]
WORDS = st.sampled_from(_PLAIN + _FOREIGN + _MARKS)
NAMES = st.sampled_from(
    ["id", "name", "state", "url", "größe", "a.b", "", "x y", "created_at", "value,unit", "#", "|"]
)
TOOLS = ["search", "read_file", "read_url", "headroom_retrieve", "list jobs"]

# Lone surrogates reach us from broken clients; the default alphabet of st.text leaves them out.
any_text = st.text(st.characters(exclude_categories=()), max_size=40)
json_numbers = st.one_of(
    st.integers(-9, 99).map(str),
    st.integers(-(10**40), 10**40).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["-0", "-0.0", "0.0", "1.0", "1.00", "1e5", "1E+05", "1.5e-7", "0.1E1", "9" * 400, "1e999"]
    ),
)
json_strings = st.one_of(
    st.builds(json.dumps, any_text, ensure_ascii=st.booleans()),
    st.builds(json.dumps, WORDS),
    st.sampled_from(
        ['"\\/"', '"\\u0041"', '"\\ud800"', '"\\ud83d\\ude00"', '"1.0"', '"null"', '""', '"\\u0000"']
    ),
)
json_scalars = st.one_of(
    json_numbers, json_strings, st.sampled_from(["null", "true", "false", "NaN", "Infinity", "-Infinity"])
)


def _array(parts: list[str], gap: str) -> str:
    return "[" + f",{gap}".join(parts) + "]"


def _object(pairs: list[tuple[str, str]], gap: str) -> str:
    return "{" + f",{gap}".join(f"{json.dumps(key)}:{gap}{value}" for key, value in pairs) + "}"


_gaps = st.sampled_from(["", " ", "\n  "])


def _nested(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.one_of(
        st.builds(_array, st.lists(inner, max_size=6), _gaps),
        # Keys may repeat: the order and every copy count.
        st.builds(_object, st.lists(st.tuples(st.one_of(NAMES, any_text), inner), max_size=6), _gaps),
    )


json_values: SearchStrategy[str] = st.recursive(json_scalars, _nested, max_leaves=25)
small_json_values: SearchStrategy[str] = st.recursive(json_scalars, _nested, max_leaves=4)
deep_json = st.builds(
    lambda depth, leaf: "[" * depth + leaf + "]" * depth,
    st.integers(50, 5000),
    st.sampled_from(["", "1", '{"a":1}']),
)


def _word_columns(seed: int, word: str) -> list[Callable[[int], str | None]]:
    return [
        lambda row: json.dumps(f"https://example.com/{word}/{row * 7919 % 1000}", ensure_ascii=False),
        lambda row: json.dumps(word if row % 5 else f"{word} {row}"),
        lambda row: json.dumps([row, word]),
        lambda row: str(seed + row),
        lambda row: json.dumps(f"{(seed + row) * 2654435761 % 2**64:016x}"),
        lambda row: str((seed + row) * 48271 % 99991),
        lambda row: json.dumps(f"2026-01-{row % 28 + 1:02d}T00:{row % 60:02d}:00Z"),
        lambda row: _object([("login", json.dumps(f"user{row}")), ("n", str(row * row))], " "),
    ]


def _scalar_columns(scalar: str) -> list[Callable[[int], str | None]]:
    return [lambda row: scalar, lambda row: scalar if row % 3 else None]


def columns() -> SearchStrategy[Callable[[int], str | None]]:
    """A column of records: JSON source by row number; None where the row has no such field."""
    words = st.builds(_word_columns, st.integers(0, 10**6), WORDS).flatmap(st.sampled_from)
    scalars = json_scalars.map(_scalar_columns).flatmap(st.sampled_from)
    nested = small_json_values.map(lambda value: lambda row: value if row % 4 else "null")
    return st.one_of(words, words, scalars, nested)


@st.composite
def record_lists(draw: DrawFn) -> list[str]:
    """JSON objects of one shape, as JSON source."""
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    cells = [draw(columns()) for _ in names]
    gap = draw(st.sampled_from(["", " "]))
    rows = []
    for row in range(draw(st.integers(3, 40))):
        pairs = [(name, cell(row)) for name, cell in zip(names, cells, strict=True)]
        rows.append(_object([(name, value) for name, value in pairs if value is not None], gap))
    return rows


json_tables = st.builds(
    lambda rows, gap, wrap: wrap[0] + _array(rows, gap) + wrap[1],
    record_lists(),
    _gaps,
    st.sampled_from(
        [("", ""), ("", "\n"), ('{"total": 12, "items": ', ', "next": null}'), (" [", ", 1.0] ")]
    ),
)
_ends = st.sampled_from(["\n", "\r\n"])
jsonl_texts = st.builds(
    lambda rows, end, last: end.join(rows) + last, record_lists(), _ends, st.sampled_from(["", "\n"])
)


@st.composite
def csv_texts(draw: DrawFn) -> str:
    """Comma- or tab-separated values, with quoted cells and blanks."""
    mark = draw(st.sampled_from([",", "\t", ";"]))
    end = draw(_ends)
    cells = [draw(columns()) for _ in range(draw(st.integers(2, 5)))]
    lines = [mark.join(f"column{index}" for index in range(len(cells)))]
    for row in range(draw(st.integers(2, 40))):
        values = [(cell(row) or "").strip('"') for cell in cells]
        lines.append(
            mark.join(
                '"' + value.replace('"', '""') + '"' if {mark, '"', "\n", "\r"} & set(value) else value
                for value in values
            )
        )
    return end.join(lines) + draw(st.sampled_from(["", end, end + end]))


@st.composite
def log_texts(draw: DrawFn) -> str:
    """Lines written by a few statements, with what real ones carry: colours, tabs, folds, traces, odd ends."""
    seed = draw(st.integers(0, 10**6))
    words = draw(st.lists(WORDS, min_size=2, max_size=4))
    shapes = draw(
        st.lists(
            st.sampled_from(
                [
                    "2026-01-07T10:{m:02d}:{s:02d}.{n:03d}Z INFO worker-{w} {word}: took {n} ms",
                    "Jan  7 10:{m:02d}:{s:02d} host-{w} sshd[{n}]: Accepted key for {word} from 10.0.{w}.{s}",
                    "\x1b[32mPASS\x1b[0m src/{word}/test_{w}.py ({n} ms)",
                    "drwxr-xr-x\t2 root root {n:6d} Jan  7 10:{m:02d} {word}-{h}",
                    "ERROR {h} at line {n}: {word}",
                    "Traceback (most recent call last):",
                    '  File "/srv/{word}/app.py", line {n}, in main',
                    "{word}",
                    "",
                ]
            ),
            min_size=1,
            max_size=4,
        )
    )
    ends = draw(st.lists(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\x00\n"]), min_size=1, max_size=3))
    text = ""
    for row in range(draw(st.integers(3, 80))):
        random = (seed + row) * 48271 % 2147483647
        line = shapes[random % len(shapes)].format(
            m=random % 60,
            s=row % 60,
            n=random % 900,
            w=random % 4,
            h=f"{random * 2654435761 % 2**40:010x}",
            word=words[random % len(words)],
        )
        text += line + ends[random % len(ends)]
    return text if draw(st.booleans()) else text.rstrip("\r\n")


@st.composite
def match_texts(draw: DrawFn) -> str:
    """Output of grep and its relatives."""
    folders = draw(
        st.lists(
            st.sampled_from(["src", "src/app", "./lib", "C:\\work", "größe dir", "a:b"]),
            min_size=1,
            max_size=3,
        )
    )
    body = draw(
        st.lists(st.one_of(any_text.map(lambda text: text.replace("\n", " ")), WORDS), min_size=1, max_size=4)
    )
    mark = draw(st.sampled_from([":", "-"]))
    lines = [
        f"{folders[row % len(folders)]}/file{row // 4}.py{mark}{row * 3 + 1}{mark}{body[row % len(body)]}"
        for row in range(draw(st.integers(2, 60)))
    ]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"]))


raw_lines = st.lists(
    st.tuples(any_text, st.sampled_from(["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])),
    max_size=30,
).map(lambda pairs: "".join(line + end for line, end in pairs))
header_like = st.sampled_from(
    [
        "[headroom:records]\nid,name\n1,a\n",
        "[headroom:lines x]\n",
        "[headroom:matches]",
        "[headroom:nothing]\n1",
        "[headroom:records]\n" + '[{"id": 1}]',
    ]
)
broken_texts = st.one_of(
    json_tables.map(lambda text: text[: len(text) * 2 // 3]),
    st.sampled_from(
        [
            "{" * 3000,
            "[" * 100_000,
            "\x00" * 500,
            "\ud800" * 300,
            "<|endoftext|>" * 50,
            '{"a": ' + "9" * 5000 + "}",
        ]
    ),
    st.sampled_from([" ", "\n", "\t\r\n", "\ufeff[]", "\ufeff"]),
    header_like,
)
json_texts = st.one_of(json_tables, json_values, deep_json)
line_texts = st.one_of(log_texts(), match_texts(), raw_lines, csv_texts())
texts = st.one_of(json_texts, jsonl_texts, line_texts, broken_texts, any_text)

_extras = st.dictionaries(
    st.text(string.ascii_lowercase, min_size=1, max_size=5).map(lambda key: "x_" + key),
    st.one_of(st.none(), st.integers(), any_text, st.lists(st.integers(), max_size=3)),
    max_size=2,
)
_blocks = st.one_of(
    st.sampled_from(
        [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
            {"type": "thinking", "thinking": "[1, 2, 3]" * 60, "signature": "c2ln"},
            {"type": "reasoning", "reasoning": "[1, 2, 3]" * 60},
            {"type": "unknown", "text": "[1, 2, 3]" * 60},
            {"type": "text"},
            {"type": "text", "text": None},
            {"text": "no type"},
            {},
        ]
    ),
    _extras,
)


def _text_blocks(inner: SearchStrategy[str]) -> SearchStrategy[dict[str, Any]]:
    decoration = st.sampled_from(
        [
            {},
            {"cache_control": {"type": "ephemeral"}},
            {"id": "block-1", "index": 0},
            {"annotations": []},
            {"annotations": [{"type": "citation", "start_index": 0, "end_index": 4}]},
            {"citations": [{"cited_text": "x"}]},
            {"extras": {"signature": "c2ln"}},
        ]
    )
    return st.builds(lambda text, more: {"type": "text", "text": text, **more}, inner, decoration)


def contents(inner: SearchStrategy[str] = texts) -> SearchStrategy[str | list[str | dict[str, Any]]]:
    """Contents of a message: a text, or a list of texts and blocks."""
    flat = st.lists(st.one_of(inner, _text_blocks(inner), _blocks), max_size=4)
    results = st.builds(
        lambda call, content: {"type": "tool_result", "tool_use_id": call, "content": content},
        call_ids,
        st.one_of(inner, flat, st.none()),
    )
    return st.one_of(inner, inner, flat, st.lists(st.one_of(results, _text_blocks(inner)), max_size=3))


call_ids = st.sampled_from(["call-0", "call-1", "call-2", "call-3"])
_calls = st.builds(
    lambda name, identity, args: {"name": name, "id": identity, "args": args, "type": "tool_call"},
    st.sampled_from(TOOLS),
    call_ids,
    st.dictionaries(
        st.sampled_from(["path", "q"]), st.one_of(any_text, st.integers(), st.none()), max_size=2
    ),
)
_usage = st.one_of(st.none(), st.just(UsageMetadata(input_tokens=7, output_tokens=3, total_tokens=10)))
_shared: dict[str, SearchStrategy[Any]] = {
    "id": st.one_of(st.none(), st.sampled_from(["m-1", "m-2"])),
    "name": st.one_of(st.none(), st.sampled_from(TOOLS)),
    "additional_kwargs": _extras,
    "response_metadata": _extras,
}


class AuditedToolMessage(ToolMessage):
    """A user's own tool message with a field of its own."""

    audited_by: str = "nobody"


class NoteMessage(BaseMessage):
    """A user's own message class that is none of LangChain's roles."""

    type: str = "note"


@st.composite
def messages(draw: DrawFn, content: SearchStrategy[Any] | None = None) -> BaseMessage:
    """A message of any class with anything that it may carry."""
    given_content = contents() if content is None else content
    kind = draw(
        st.sampled_from(
            ["tool", "tool", "tool", "audited", "human", "ai", "system", "function", "chat", "remove", "note"]
        )
    )
    common = {key: draw(value) for key, value in _shared.items()} | draw(_extras)
    body = draw(given_content)
    made: BaseMessage
    match kind:
        case "tool" | "audited":
            common |= {
                "content": body,
                "tool_call_id": draw(call_ids),
                "artifact": draw(st.sampled_from([None, {"rows": [1, 2]}, "raw"])),
                "status": draw(st.sampled_from(["success", "error"])),
            }
            made = ToolMessage(**common) if kind == "tool" else AuditedToolMessage(audited_by="me", **common)
        case "ai":
            calls = draw(st.lists(_calls, max_size=2))
            made = AIMessage(body, tool_calls=calls, usage_metadata=draw(_usage), **common)
        case "human":
            made = HumanMessage(body, **common)
        case "system":
            made = SystemMessage(body, **common)
        case "function":
            made = FunctionMessage(content=body, **{**common, "name": draw(st.sampled_from(TOOLS))})
        case "chat":
            made = ChatMessage(content=body, role="critic", **common)
        case "remove":
            made = RemoveMessage(id="m-1")
        case _:
            made = NoteMessage(content=body, **common)
    return made


conversations = st.lists(messages(), max_size=5)
