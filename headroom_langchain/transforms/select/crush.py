"""Fixed rules for JSON: so many items, characters and levels, and no more."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.transforms.encode.json_text import Number
from headroom_langchain.transforms.select.json_spans import SCAN, items_at, members_at, skip_blank
from headroom_langchain.transforms.select.musts import MustOptions, find_musts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.config import ToolCrusherConfig
    from headroom_langchain.transforms.select.musts import Must, Priority

GAP: Final = "..."
"""Stands where a string was cut and for what was nested too deep; ASCII, so that no text escapes it."""
_MOST_NOTES: Final = 8
_LONGEST_PATH: Final = 60
_OPTIONS: Final = MustOptions(first=1, last=1)
_FIRST_WIDE: Final = "\u2e80"
"""From here on scripts are written without blanks: a word may end behind every character."""
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Crushed:
    """A JSON text after the rules."""

    text: str
    """Valid JSON; what stayed stands as it was written."""
    notes: tuple[str, ...]
    """What the rules took away, a line each."""
    noun: str
    """What :attr:`kept` and :attr:`total` count: ``items`` of arrays, or ``values`` where only these were cut."""
    kept: int
    total: int


def crush(text: str, rules: ToolCrusherConfig, query: str = "") -> Crushed | None:
    """Apply fixed rules to a JSON text.

    Args:
        text: A JSON document.
        rules: The rules.
        query: What the text was fetched for; items that it names stay before others.

    Returns:
        The text by the rules; None where it is no JSON or breaks no rule. Time is linear in the length of the text for
        a given ``max_depth``, but for sorting.
    """
    crusher = _Crusher(text, rules, query, frozenset(key.casefold() for key in rules.preserve_keys))
    try:
        start = skip_blank(text, 0)
        value, end = SCAN(text, start)
        if skip_blank(text, end) != len(text):
            return None
        crusher.visit(start, end, value, 1, "")
    except (ValueError, RecursionError, IndexError):
        return None
    return crusher.result() if crusher.edits else None


@dataclass(slots=True)
class _Crusher:
    text: str
    rules: ToolCrusherConfig
    query: str
    preserved: frozenset[str]
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    """Spans of the text with what replaces them; none overlaps another."""
    arrays: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Items kept and items in all by the path of the arrays."""
    strings: int = 0
    folds: int = 0
    values: int = 0

    def visit(self, start: int, end: int, value: Any, depth: int, path: str) -> None:
        """Apply the rules to the value at a span; ``depth`` is the level it would have as a container."""
        self.values += 1
        if isinstance(value, str):
            if len(value) > self.rules.max_string_length and not isinstance(value, Number):
                self.strings += 1
                cut = cut_string(value, self.rules.max_string_length)
                self.edits.append((start, end, self._written(cut)))
        elif not isinstance(value, list | dict) or not value:
            return
        elif depth > self.rules.max_depth:
            self._fold(start, end, value)
        elif isinstance(value, list):
            self._array(start, depth, path)
        else:
            for key, member_start, member_end, member in members_at(self.text, start):
                if key.casefold() not in self.preserved:
                    self.visit(member_start, member_end, member, depth + 1, f"{path}.{key}")

    def _array(self, start: int, depth: int, path: str) -> None:
        spans, values = items_at(self.text, start)
        kept = self._kept(spans, values)
        if len(kept) < len(spans):
            kept_before, total_before = self.arrays.get(path, (0, 0))
            self.arrays[path] = (kept_before + len(kept), total_before + len(spans))
            # The first and the last item always stay, so every gap lies between two that do.
            for one, following in pairwise(kept):
                if following > one + 1:
                    self.edits.append((spans[one][1], spans[following - 1][1], ""))
        for number in kept:
            self.visit(*spans[number], values[number], depth + 1, f"{path}[]")

    def _kept(self, spans: list[tuple[int, int]], values: list[Any]) -> list[int]:
        count = len(spans)
        most = self.rules.max_array_items
        if count <= most:
            return list(range(count))
        texts = [self.text[start:end] for start, end in spans]
        rows = [value if isinstance(value, dict) else {"value": value} for value in values]
        musts = _in_turn(find_musts(texts, rows, self.query, _OPTIONS))
        order = dict.fromkeys([0, count - 1, *musts, *range(count)])
        return sorted(list(order)[:most])

    def _fold(self, start: int, end: int, value: list[Any] | dict[str, Any]) -> None:
        """Replace what is nested too deep by its count; keys that must stay do, one by one."""
        if isinstance(value, list):
            written = f'"{GAP} {len(value)} items"'
        else:
            members = list(members_at(self.text, start))
            own = [
                f"{self._written(key)}: {self.text[slice(*span)]}"
                for key, *span, _ in members
                if key.casefold() in self.preserved
            ]
            count = f"{len(members) - len(own)} keys"
            written = "{" + ", ".join([*own, f'"{GAP}": "{count}"']) + "}" if own else f'"{GAP} {count}"'
        if len(written) < end - start:
            self.folds += 1
            self.edits.append((start, end, written))

    def _written(self, value: str) -> str:
        written = json.dumps(value, ensure_ascii=self.text.isascii())
        try:
            written.encode()
        except UnicodeEncodeError:
            return json.dumps(value)
        return written

    def result(self) -> Crushed:
        """Put the text together again."""
        out: list[str] = []
        position = 0
        for start, end, written in sorted(self.edits):
            out += (self.text[position:start], written)
            position = end
        out.append(self.text[position:])
        notes = [
            f"{_readable(path)}: {kept:,} of {total:,} items"
            for path, (kept, total) in sorted(self.arrays.items(), key=lambda item: item[1][0] - item[1][1])
        ]
        notes[_MOST_NOTES:] = (
            [f"and {len(notes) - _MOST_NOTES} more arrays"] if len(notes) > _MOST_NOTES else []
        )
        if self.strings:
            notes.append(
                f"strings cut to {self.rules.max_string_length:,} characters at {GAP}: {self.strings:,}"
            )
        if self.folds:
            notes.append(f"values below level {self.rules.max_depth} counted as {GAP}: {self.folds:,}")
        if self.arrays:
            kept = sum(own for own, _ in self.arrays.values())
            total = sum(own for _, own in self.arrays.values())
            return Crushed("".join(out), tuple(notes), "items", kept, total)
        whole = self.values - self.strings - self.folds
        return Crushed("".join(out), tuple(notes), "values", whole, self.values)


def _in_turn(musts: Sequence[Must]) -> list[int]:
    """Must-keeps with every kind in turn: where few places are left, many of one kind must not take them all."""
    places: dict[Priority, int] = {}
    order: list[tuple[int, Priority, int]] = []
    for must in musts:
        places[must.priority] = place = places.get(must.priority, 0) + 1
        order.append((place, must.priority, must.index))
    return [index for _, _, index in sorted(order)]


def cut_string(value: str, limit: int) -> str:
    """Cut a string between words, or inside of one that is longer than half of what may stay.

    Args:
        value: A string longer than the limit.
        limit: Characters that may stay, the sign for the gap included; at least 20.

    Returns:
        The beginning and, half as long, the end.
    """
    room = limit - len(GAP) - 2
    tail = room // 3
    head = _between_words(value, room - tail, -1, (room - tail) // 2)
    end = _between_words(value, len(value) - tail, 1, tail // 2)
    return f"{value[:head].rstrip()} {GAP} {value[end:].lstrip()}"


def _between_words(value: str, position: int, step: int, most: int) -> int:
    """The nearest position between two words in one direction; inside a word where there is none near."""
    for place in range(position, position + step * most, step):
        before, after = value[place - 1], value[place]
        if before.isspace() or after.isspace() or (before >= _FIRST_WIDE and _starts(before, after)):
            return place
    while 0 < position < len(value) and not _starts(value[position - 1], value[position]):
        position += step
    return position


def _starts(before: str, after: str) -> bool:
    """Whether a character is the first of what a reader sees as one."""
    return not (unicodedata.combining(after) or after in _JOINERS or before == "\u200d")


def _readable(path: str) -> str:
    """A path on one line, the names in it as they are but for what cannot be seen."""
    shown = "".join(char if char.isprintable() else "?" for char in path.removeprefix(".")) or "array"
    return shown if len(shown) <= _LONGEST_PATH else GAP + shown[-_LONGEST_PATH:]
