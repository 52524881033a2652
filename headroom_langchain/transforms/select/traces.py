"""Traces, failing tests and compiler messages among lines: each is kept from its head to its last line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.select.stems import Stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headroom_langchain.transforms.select.corpus import Corpus

_PYTHON_HEAD: Final = "Traceback (most recent call last)"
_CHAIN: Final = ("During handling of the above exception", "The above exception was the direct cause")
_SIGNS: Final = (
    "traceback (most recent", "\tat ", "  at ", "\n at ", "caused by:", "panic", "goroutine ", "stack trace", "stacktrace",
    "backtrace", "#0 ", "#1 ", "from /", ":in `", ":in '", "exception in thread",
)  # fmt: skip
"""Without one of them a text holds no trace."""
_FRAME: Final = re.compile(
    r"""
      \s+at\s+(?:\S.*[(:]|<|async\s|\S+$)                 # Java, Kotlin, C#, Node
    | \s*(?:\.\.\.\s\d+\s(?:more|common|skipped))
    | (?:Caused\ by|Suppressed):\s | ---\ End\ of\ (?:inner|stack)
    | \s*\#\d+\s+(?:0x|\S.*(?:\(|:\d)|\{)                 # gdb, PHP, Dart
    | goroutine\ \d+\ \[ | created\ by\ \S+ | \s+\S+\.go:\d+ | [\w./*-]++(?:\(\*?\w++\)[\w./*-]*+)?\([^()]*+\)$  # Go
    | stack\ backtrace: | \s+\d+:\s+(?:0x[0-9a-f]+\s-\s)?[\w<{$:.]+ # Rust
    | \s*(?:from\s)?\S+:\d+:in\s[`']                      # Ruby
    | \s+(?:File|Fichier)\s".*",\sline\s\d+
    | \s*Stack\ ?[Tt]race:?\s*$ | \s+---[ ]
    """,
    re.VERBOSE,
)
_LOOSE_FRAME: Final = re.compile(r"[\w./*-]++(?:\(\*?\w++\)[\w./*-]*+)?\([^()]*+\)$")
_TRACE_HEAD: Final = re.compile(
    r"panic: |fatal error: |thread '.*' panicked|.*(?:Exception|Error|Throwable|Fault)\b|.*\bstack ?trace\b|.*(?:signal|SIG[A-Z]{3,})"
)
_LONGEST_GAP: Final = 2
_BLOCK_SIGNS: Final = (
    "= failures =", "= errors =", "●", "--- fail", "---- ", "fail:", "error:", "error[", "failed", "error ", "✗", "✖",
    "not ok", "failure!", "error!",
)  # fmt: skip
_HEADS: Final = re.compile(
    r"""
      (?P<pytest>_{3,}\ .+\ _{3,}$)
    | (?P<jest>\s*●\ \S.*)
    | (?P<go>\s*---\ FAIL:\ )
    | (?P<cargo>----\ \S+\ stdout\ ----)
    | (?P<unittest>(?:FAIL|ERROR):\ \w+\ \()
    | (?P<rust>(?:error|warning:\ unused)(?:\[E\d+\])?:\ )
    | (?P<tap>not\ ok\ \d+)
    | (?P<compiler>(?:[A-Za-z]:)?[^\s:(]+(?:[:(]\d+)(?:[:,]\d+)?\)?:\ (?:fatal\ )?(?:error|Fehler|erreur|ошибка)\b)
    """,
    re.VERBOSE,
)
_ENDS: Final = {
    "pytest": re.compile(r"_{3,} .+ _{3,}$|={3,} .*=$|-{5,} Captured"),
    "jest": re.compile(r"\s*● |Tests?(?: Suites| Files)?:\s|PASS |FAIL |\s*-{5,}\|"),
    "cargo": re.compile(r"---- \S+ stdout ----|failures:|test result:"),
    "unittest": re.compile(r"={20,}$|Ran \d+ tests?|-{70}$"),
    "tap": re.compile(r"(?:not )?ok \d|# |\d+\.\.\d+"),
}
_RESULT: Final = re.compile(
    r"(?:FAILED|ERROR)\s+\S+(?:::|\.\w|\s-)|\S+::\S+\s+(?:FAILED|ERROR)|FAIL\s+\S|test\s\S.*\.\.\.\s(?:FAILED|failed)"
    r"|E\s{3}\s*\S|\s*[✗✖✘×]\s\S|BUILD FAILED"
)
_RESULT_INSIDE: Final = re.compile(
    rf"{_RESULT.pattern}|.*<<<\s(?:FAILURE|ERROR)!|.*\.\.\.\s(?:FAIL|ERROR)$|.*undefined reference to"
)
_INSIDE_SIGNS: Final = ("<<<", "... fail", "... error", "...\tfail", "...\terror", "undefined reference to")
"""Without one of them no line tells a result behind its beginning."""
_STEMS: Final = Stems([*_SIGNS, *_BLOCK_SIGNS, *_INSIDE_SIGNS])
_LONGEST_BLOCK: Final = 400
_REACH: Final = 400


@dataclass(frozen=True, slots=True)
class Block:
    """Units that report one failure together."""

    reason: str
    units: Sequence[int]
    telling: Sequence[int]
    """The head and the last line, which say what happened."""


def find_blocks(corpus: Corpus) -> list[Block]:
    """Find traces, failing tests and compiler messages.

    Args:
        corpus: Lines; a unit of several lines holds its trace itself.

    Returns:
        Blocks in the order of their first lines; they may overlap.
    """
    blocks: list[Block] = []
    # What a line is can be told by its beginning, however long it is.
    heads = [text[:_REACH] for text in corpus.texts]
    held = _STEMS.perhaps_in(corpus.text)
    if any(sign in corpus.text for sign in _SIGNS if sign in held):
        blocks.extend(_python_traces(corpus))
        blocks.extend(_framed_traces(heads))
    if any(sign in corpus.text for sign in _BLOCK_SIGNS if sign in held):
        inside = any(sign in corpus.text for sign in _INSIDE_SIGNS if sign in held)
        blocks.extend(_failing_tests(heads, _RESULT_INSIDE if inside else _RESULT))
    return sorted(blocks, key=lambda block: block.units[0])


def _python_traces(corpus: Corpus) -> Iterator[Block]:
    texts = corpus.texts
    behind = 0
    for position in corpus.find(_PYTHON_HEAD.lower()):
        first = corpus.unit_at(position)
        if first < behind:
            continue
        prefix = _prefix(texts[first], texts[first + 1] if first + 1 < len(texts) else "")
        telling = [first]
        last = first
        while last + 1 < len(texts):
            text = _without(texts[last + 1], prefix)
            last += 1
            if text[:1].isspace() or not text.strip() or text.lstrip(" |+").startswith(_PYTHON_HEAD):
                continue
            if text.startswith(_CHAIN):
                continue
            telling.append(last)
            if not _goes_on(texts, last, prefix):
                break
        behind = last + 1
        yield Block("trace", range(first, last + 1), telling)


def _prefix(head: str, following: str) -> str:
    """What stands before each line of a trace, such as the name of a container; blanks before it belong to it."""
    prefix = head[: max(0, head.find(_PYTHON_HEAD))]
    if prefix.strip() and not following.startswith(prefix):
        # A time stamp before the head alone.
        return ""
    return prefix


def _without(text: str, prefix: str) -> str:
    return text[len(prefix) :] if prefix and text.startswith(prefix) else text


def _goes_on(texts: Sequence[str], last: int, prefix: str) -> bool:
    """Whether another trace is chained to the one that ends here."""
    for number in range(last + 1, min(last + 4, len(texts))):
        text = _without(texts[number], prefix)
        if text.strip():
            return text.startswith(_CHAIN)
    return False


def _framed_traces(texts: Sequence[str]) -> Iterator[Block]:
    """Runs of frames, with the message above them."""
    match = _FRAME.match
    frames = [number for number, text in enumerate(texts) if match(text)]
    start = 0
    for place in range(1, len(frames) + 1):
        if place < len(frames) and frames[place] - frames[place - 1] <= _LONGEST_GAP + 1:
            continue
        run = frames[start:place]
        start = place
        if all(_LOOSE_FRAME.match(texts[number]) for number in run):
            continue
        first, last = run[0], run[-1]
        head = next(
            (
                number
                for number in range(first - 1, max(-1, first - 5), -1)
                if _TRACE_HEAD.match(texts[number])
            ),
            None,
        )
        if head is None and (len(run) < 2 or not first):
            continue
        first = head if head is not None else first - 1
        telling = [first, *[number for number in run if texts[number].startswith("Caused by")]]
        if texts[last].lstrip().startswith("File ") or re.match(r"\s+at /rustc|\s+\d+:", texts[last]):
            last = min(last + 1, len(texts) - 1)
        yield Block("trace", range(first, last + 1), [*telling, last])


def _failing_tests(texts: Sequence[str], results: re.Pattern[str]) -> Iterator[Block]:
    match, result = _HEADS.match, results.match
    behind = 0
    in_failures = False
    for number, text in enumerate(texts):
        if text.startswith("==="):
            in_failures = " FAILURES " in text or " ERRORS " in text
        head = match(text)
        kind = head.lastgroup if head else None
        if number >= behind and kind and (kind != "pytest" or in_failures):
            behind = _end(texts, number, kind)
            yield Block(
                "failing test" if kind in {*_ENDS, "go"} else "build error", *_block(texts, number, behind)
            )
        elif result(text):
            yield Block("failing test", (number,), (number,))


def _block(texts: Sequence[str], first: int, behind: int) -> tuple[Sequence[int], Sequence[int]]:
    units = range(first, behind)
    telling = [first, *[number for number in units if texts[number].startswith(("E  ", ">"))], behind - 1]
    return units, list(dict.fromkeys(telling))


def _end(texts: Sequence[str], first: int, kind: str) -> int:
    """The first line behind a block."""
    limit = min(len(texts), first + _LONGEST_BLOCK)
    ends = _ENDS.get(kind)
    number = first + 1
    if kind == "unittest":
        # A ruler follows the head; the next one ends the trace.
        number += 1
    while number < limit:
        text = texts[number]
        if ends is not None:
            if ends.match(text):
                break
        elif kind == "go":
            if text[: len(texts[first]) - len(texts[first].lstrip()) + 1].strip():
                break
        elif not text.strip() or not (text[:1].isspace() or (kind == "rust" and text[:1].isdigit())):
            break
        number += 1
    while number - 1 > first and not texts[number - 1].strip():
        number -= 1
    return number
