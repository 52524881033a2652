"""Which units report an error: by words, by the columns of records, by levels, traces and failing tests of lines."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.select.columns import numbers_of, to_number
from headroom_langchain.transforms.select.failure_words import (
    ERROR_KEYS,
    ERROR_LEVELS,
    EXIT_KEYS,
    FAILED_STATES,
    FINE,
    HTTP_KEYS,
    LEVEL_KEYS,
    STATUS_KEYS,
    SUCCESS_KEYS,
    WORDS,
    FailureWord,
)
from headroom_langchain.transforms.select.stems import Stems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from headroom_langchain.transforms.select.columns import Column
    from headroom_langchain.transforms.select.corpus import Corpus

_MAJORITY: Final = 0.5
_FEW_UNITS: Final = 4
_BENIGN: Final = (
    r"(?:null|none|nil|undefined|false|no|ok|n/a|\[\s*\]|\{\s*\}|\\?\"\\?\"|''|-?0+(?:\.0+)?%?|<null>|\(null\)|-)"
    r"(?![\w.])"
)
_KEY: Final = re.compile(r"\\?[\"']?(?:\s*[:=]|\s*=>|\s+is)\s*")
_BENIGN_VALUE: Final = re.compile(
    rf"\\?[\"']?(?:\s*[:=]|\s*=>|\s+is)\s*\\?[\"']?(?:{_BENIGN}|\s*$|\s*[,}}])", re.MULTILINE
)
_TOPIC: Final = re.compile(
    r"[\s-]*(?:free\b|rates?\b|handl(?:ing|ers?|ed)\b|budgets?\b|margins?\b|bars?\b|correct(?:ion|ing)\b|toleran|proof\b"
    r"|report(?:ing|er)\b|boundar|over\b|safe|prone|нет\b|не (?:обнаруж|найден|было)|なし|無し|は(?:あり|発生し)?ません|はない|がない|없|0(?!\d))"
)
_DENIED: Final = re.compile(
    r"(?:\b(?:no|zero|without(?: any)?|non|not|never|0|kein\w*|ohne|sans|aucune?|sin|sem|nessun\w?|нет|без|senza)"
    r"[\s\-_]+(?:[^\W\d]+ )?|没有|无|無|未|не |(?<!\d)0\s?[件个건개]\S{0,2}\s?)$"
)
_APART: Final = frozenset(" \t\n\r\f\v\x1c\x1d\x1e\x1f-_")
_ZERO_BEHIND: Final = re.compile(r"\s*[(=:]\s*0\s*\)?(?![\w.])")
_TERROR: Final = re.compile(r"(?:^|\W)t$")
_NULL: Final = ('": null', '":null')
_QUOTES: Final = ('"', "'")
_TELLING_KEYS: Final = frozenset({"error", "exception", "traceback", "fail"})
_LEVEL: Final = re.compile(
    r"(?:^|[\s\[(<|:=\"'])(?:error|fatal|critical|crit|severe|emerg|alert|panic|err)(?=[\s\]>)|:,\"']|$)"
)
_BEFORE_LEVEL: Final = frozenset(" \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0[(<|:=\"'")
_LEVEL_REACH: Final = 90
_NOT: Final = frozenset({"false", "no", "0"})
_FAILED_PARTS: Final = frozenset(
    ["fail", "failed", "failure", "error", "errored", "crashed", "fatal", "rejected", "denied"]
)
_KEYS_OF_NUMBERS: Final = LEVEL_KEYS | HTTP_KEYS | EXIT_KEYS
_VARIABLE: Final = re.compile(r"\d[\w.:-]*")
_SHAPE_LENGTH: Final = 160
_ANY_LEVEL: Final = re.compile(
    r"(?:^|[\s\[(<|:=\"'])(?:trace|debug|info|notice|warn|warning|error|fatal|critical|crit|severe)(?=[\s\]>)|:,\"']|$)"
)


_LEVEL_WORDS: Final = ("error", "fatal", "crit", "severe", "emerg", "alert", "panic", "err]", "err:")
_STEMS: Final = Stems([*[word.stem for word in WORDS], *_LEVEL_WORDS])


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a unit is taken for an error."""

    reason: str
    kind: str
    """Units of one kind report the same thing."""


def find_errors(corpus: Corpus, columns: Sequence[Column], *, words: bool = True) -> dict[int, Evidence]:
    """Find the units that report an error.

    Args:
        corpus: The units.
        columns: Columns of the units where they are records, else nothing.
        words: Whether words count.

    Returns:
        The evidence for each. Words count for nothing where more than half of all units have them.
    """
    count = len(corpus.starts) - 1
    found: dict[int, Evidence] = {}
    for column in columns:
        found.update(_by_column(column))
    held = _STEMS.perhaps_in(corpus.text)
    if not columns:
        found.update(_by_level(corpus, held))
    said = _by_words(corpus, held) if words else {}
    if len(said) <= max(_FEW_UNITS - 1, _MAJORITY * count):
        for unit, evidence in said.items():
            found.setdefault(unit, evidence)
    return found


def _by_words(corpus: Corpus, held: AbstractSet[str]) -> dict[int, Evidence]:
    text, starts = corpus.text, corpus.starts
    found: dict[int, Evidence] = {}
    most = _MAJORITY * (len(starts) - 1) + _FEW_UNITS
    for word in WORDS:
        if word.stem in held:
            pattern = _pattern(word)
            position = text.find(word.stem)
            while position >= 0:
                unit = corpus.unit_at(position)
                behind = position + len(word.stem)
                if unit in found:
                    behind = max(behind, starts[unit + 1] - 1)
                elif text.startswith(_NULL, behind):
                    pass
                else:
                    match = pattern.match(text, position)
                    if match and _reports(
                        text, starts[unit], position, match.end(), starts[unit + 1] - 1, word
                    ):
                        found[unit] = Evidence(
                            f"error: {match[0]}", shape(text[starts[unit] : starts[unit + 1]])
                        )
                        if len(found) > most:
                            return found
                        behind = starts[unit + 1] - 1
                position = text.find(word.stem, behind)
    return found


def _pattern(word: FailureWord) -> re.Pattern[str]:
    end = r"(?!\w)" if word.stem.isascii() or word.tail or not word.prefixed else ""
    return re.compile(re.escape(word.stem) + word.tail + end)


def _reports(text: str, start: int, position: int, end: int, unit_end: int, word: FailureWord) -> bool:
    """Whether a word at a position reports a failure rather than its absence or a topic."""
    before = text[max(start, position - 40) : position]
    if before[-1:].isalnum() and (not word.prefixed or _TERROR.search(before)):
        return False
    behind = text[end : min(end + 60, unit_end)]
    if _TOPIC.match(behind) or _ZERO_BEHIND.match(behind) or _BENIGN_VALUE.match(behind):
        return False
    # What denies stands apart from the word, or is written in a script without blanks.
    if (before[-1:] in _APART or not before.isascii()) and _DENIED.search(before):
        return False
    # Of the keys of a record only those that are there because of an error say something.
    is_key = before[-1:] in _QUOTES and behind[:1] in _QUOTES and _KEY.match(behind) is not None
    return not is_key or word.stem in _TELLING_KEYS


def _by_level(corpus: Corpus, held: AbstractSet[str]) -> dict[int, Evidence]:
    """Lines whose level, near their head, is one of errors; a word in capitals in a sentence is none."""
    text, starts = corpus.text, corpus.starts
    found: dict[int, Evidence] = {}
    for word in _LEVEL_WORDS:
        position = text.find(word) if word in held else -1
        while position >= 0:
            unit = corpus.unit_at(position)
            start = starts[unit]
            if unit in found or position - start > _LEVEL_REACH:
                position = text.find(word, starts[unit + 1])
                continue
            is_apart = position == start or text[position - 1] in _BEFORE_LEVEL
            position = text.find(word, position + len(word))
            if not is_apart:
                continue
            head = text[start : min(starts[unit + 1] - 1, start + _LEVEL_REACH + 10)]
            first = _ANY_LEVEL.search(head)
            match = _LEVEL.search(head)
            if match is None or (first is not None and first.start() < match.start()):
                continue
            shouted = corpus.texts[unit][match.start() : match.end()].strip("[(<|:=\"' ").isupper()
            if _is_level(head, match, shouted=shouted):
                found[unit] = Evidence(f"level {word.rstrip(']:')}", shape(text[start : starts[unit + 1]]))
    return found


def _is_level(head: str, match: re.Match[str], *, shouted: bool) -> bool:
    behind = head[match.end() :]
    if _BENIGN_VALUE.match(behind) or _TOPIC.match(behind) or _ZERO_BEHIND.match(behind):
        return False
    return (
        shouted or head[match.start() : match.start() + 1] in set('[(<|="') or behind[:1] in {":", "]", "|"}
    )


def _by_column(column: Column) -> Mapping[int, Evidence]:
    key = column.key
    if key in ERROR_KEYS:
        found = _cells(column, _is_filled)
        # In a table of measurements the error is one of them.
        measured = len(found) > _MAJORITY * len(column.rows) and numbers_of(column) is not None
        return {} if measured else found
    test = _test_of_numbers(column) or _test_of_words(key)
    return _cells(column, test) if test else {}


def _test_of_numbers(column: Column) -> Callable[[object], bool] | None:
    if column.key not in _KEYS_OF_NUMBERS:
        return None
    numbers = Counter(to_number(value) for value in column.values)
    del numbers[None]
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    if column.key in LEVEL_KEYS and all(number % 10 == 0 for number in known):
        # Bunyan and pino count levels in tens: 50 is error, 60 is fatal.
        return lambda value: (to_number(value) or 0) >= 50
    if column.key in HTTP_KEYS and all(100 <= number <= 599 for number in known):
        return lambda value: (to_number(value) or 0) >= 400
    if column.key in EXIT_KEYS:
        return lambda value: (to_number(value) or 0) != 0
    return None


def _test_of_words(key: str) -> Callable[[object], bool] | None:
    if key in LEVEL_KEYS:
        return lambda value: isinstance(value, str) and value.strip().lower() in ERROR_LEVELS
    if key in SUCCESS_KEYS:
        return lambda value: value is False or (isinstance(value, str) and value.lower() in _NOT)
    if key in STATUS_KEYS or key.endswith(("_status", "_state", "_result", "_outcome")):
        return _is_failed_state
    return None


def _cells(column: Column, test: Callable[[object], bool]) -> dict[int, Evidence]:
    verdicts: dict[str, bool] = {}
    found: dict[int, Evidence] = {}
    for row, value in zip(column.rows, column.values, strict=True):
        if isinstance(value, str):
            verdict = verdicts.get(value)
            if verdict is None:
                verdict = verdicts[value] = test(value)
        else:
            verdict = test(value)
        if verdict:
            said = value if isinstance(value, str) else _said(value)
            found[row] = Evidence(f"error: {column.name} {said[:40]}", f"{column.name} {shape(said)}")
    return found


def _said(value: object) -> str:
    number = to_number(value)
    return (
        f"{number:g}"
        if number is not None
        else str(value)
        if isinstance(value, bool)
        else type(value).__name__
    )


def _is_filled(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is True
    if isinstance(value, str):
        number = to_number(value)
        return (
            number != 0 if number is not None else value.strip().lower() not in FINE and not _is_denial(value)
        )
    if isinstance(value, int | float):
        return value != 0
    return bool(value)


def _is_denial(value: str) -> bool:
    return re.match(r"\s*(?:no|without|0)\s", value, re.IGNORECASE) is not None


def _is_failed_state(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 60:
        return False
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s-]+", "_", value.strip()).lower()
    return words in FAILED_STATES or any(part in _FAILED_PARTS for part in words.split("_"))


def shape(text: str) -> str:
    """What stays of a text when numbers and ids are taken out; units of one shape say the same."""
    return _VARIABLE.sub("#", text[:_SHAPE_LENGTH])
