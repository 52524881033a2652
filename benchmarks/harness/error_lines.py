"""Errors in a text, found without the package: which of them a selection shows or counts."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.selection_subject import Shown

_WORDS = re.compile(r"error|fail|exception|traceback", re.IGNORECASE)
_LEVEL_KEYS = frozenset(
    ["level", "severity", "loglevel", "log_level", "levelname", "status", "state", "result"]
)
_ERROR_VALUES = re.compile(
    r"\w*(?:error|fail|exception)\w*|fatal|critical|severe|emerg\w*|alert|crit", re.IGNORECASE
)
_SHAPE_COUNT = re.compile(r"(\d+) like: (.*)")
_LINE_COUNT = re.compile(r"\w+ that report an error: (\d[\d,]*)")
_DIGITS = re.compile(r"[0-9a-f]*\d[0-9a-f]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Errors:
    """What became of the errors of a text. They add up."""

    found: int = 0
    """Lines with a word of failure; records whose level, status or result is one."""
    kept: int = 0
    """Of these, those that stand in what was kept, decoded."""
    kinds: int = 0
    """Errors that differ in more than numbers."""
    kinds_kept: int = 0
    """Of these, those of which at least one was kept."""
    kept_or_counted: int = 0
    """Errors that were kept, or of which the facts give the number."""

    def __add__(self, other: Errors) -> Errors:
        """Add two up."""
        return Errors(
            self.found + other.found,
            self.kept + other.kept,
            self.kinds + other.kinds,
            self.kinds_kept + other.kinds_kept,
            self.kept_or_counted + other.kept_or_counted,
        )


def check_errors(original: str, shown: Shown) -> Errors:
    """Look for the errors of a text in what a model is shown of it.

    Args:
        original: A tool result.
        shown: What became of it.

    Returns:
        The counts.
    """
    found = errors_of(original)
    kept = found & errors_of(shown.decoded)
    counted = _counted(shown.facts)
    kinds = set(map(_kind, found))
    return Errors(
        found=found.total(),
        kept=kept.total(),
        kinds=len(kinds),
        kinds_kept=len(kinds & set(map(_kind, kept))),
        kept_or_counted=max(kept.total(), min(counted, found.total())),
    )


def errors_of(text: str) -> Counter[str]:
    """Count the error records of JSON, or the error lines of any other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return Counter(line for line in text.splitlines() if _WORDS.search(line))
    return Counter(json.dumps(record, sort_keys=True) for record in _records(value) if _is_error(record))


def _records(value: Any) -> Iterator[dict[str, Any]]:
    """All items of lists that are objects, outermost lists only."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item
            else:
                yield from _records(item)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _records(member)


def _is_error(record: dict[str, Any]) -> bool:
    return any(
        key.lower() in _LEVEL_KEYS and isinstance(value, str) and _ERROR_VALUES.fullmatch(value) is not None
        for key, value in record.items()
    )


def _counted(facts: Iterable[str]) -> int:
    """The errors that the facts count: in so many words, by level, or by what lines look like; never added up."""
    most = alike = 0
    for fact in facts:
        shape = _SHAPE_COUNT.fullmatch(fact)
        if shape is not None and _WORDS.search(shape[2]):
            alike += int(shape[1])
        lines = _LINE_COUNT.fullmatch(fact)
        if lines is not None:
            most = max(most, int(lines[1].replace(",", "")))
        name, _, said = fact.partition(": ")
        if name.lower() in _LEVEL_KEYS or name == "levels":
            pairs = re.findall(r"(\w+) \(?(\d+)\)?", said)
            most = max(most, sum(int(count) for value, count in pairs if _ERROR_VALUES.fullmatch(value)))
    return max(most, alike)


def _kind(error: str) -> str:
    return _DIGITS.sub("0", error)
