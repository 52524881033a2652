"""Repeats across messages: what stands in the conversation already is pointed to.

::

    [headroom:same text as call_3]

    [headroom:changed since call_3, as a unified diff]
    @@ -192,3 +192,3 @@

    [headroom:same parts given as lines a-b of earlier results]
    [lines 1-340 of call_3 "import gc" to "return rows"]
    what is new stands as it is

Pointers go backwards, to a text that stands in full, so every form can be read without following a chain.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.file_views import UNNUMBERED, renumbered, without_number
from headroom_langchain.transforms.line_diff import apply_diff, unified_diff
from headroom_langchain.transforms.marker import header, read_header
from headroom_langchain.transforms.repeated_parts import (
    Part,
    Source,
    escapes,
    pointer,
    read_parts,
    write_parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SAME: Final = "same"
CHANGED: Final = "changed"

_TEXT_AS = "text as "
_PARTS = "parts given as lines a-b of earlier results"
_SINCE, _AS_DIFF = "since ", ", as a unified diff"

# A name ends where the grammar goes on.
_NAME = re.compile(r"[^\]\[\",\s](?:[^\]\[\",\n\r]*[^\]\[\",\s])?")

_FEWEST_LINES = 5
_LONG_PART = 1000
"""Characters that are worth a pointer however few the lines are."""
_LEAST_PART = 80
"""Characters below which a part cannot save enough to be counted."""
_LEAST_SAVED = 30
"""Tokens that a pointer saves: below, it breaks up the text for nothing."""
_LEAST_SHARE = 0.1
"""Share of a text's characters that pointers replace: below, the text is worth more as a whole, since later texts
may then point to it."""
_DIFF_SHARE = 0.5
"""Share of the lines on both sides that stay when a text counts as an edit of another."""
_MOST_PLACES = 4
"""Places that are remembered for a line. Of what stands as often, only the first is tried: rarer lines near it lead to
the others."""
_ESCAPE_TOKENS = 2
"""At most what a backslash costs."""
_UNKNOWN, _BETWEEN = -1, -2
"""Keys of a line that no earlier text has, and of the gap between two texts: they equal no key of a line."""


class _Run(NamedTuple):
    """Equal lines: ``[start, start + length)`` of a text and from ``place`` on in all lines."""

    start: int
    place: int
    length: int


class Seen:
    r"""The texts of one conversation that a later text may point to, oldest first.

    Owner: one run over the messages. Texts are indexed when the first one is looked up that could repeat them, each
    line once.

    Example:
        >>> seen, text = Seen(), "All 212 tests passed in 4.1 s.\n"
        >>> seen.add("call_1", text, sent=text)
        >>> seen.repeat_of(text, len, name="call_2")
        '[headroom:same text as call_1]\n'
    """

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        """Every text by its name."""
        self._names: dict[str, str] = {}
        """Name by text."""
        self._pending: list[Source] = []
        self._indexed: list[Source] = []
        """Texts whose lines may be pointed to."""
        self._starts: list[int] = []
        """Where each of them begins in all lines."""
        self._keys: list[int] = [_BETWEEN]
        """Keys of all lines, text after text."""
        self._known: dict[str | tuple[str, str], int] = {}
        """Key by line, as it is compared."""
        self._places: list[list[int]] = []
        """The first places of each key in all lines."""

    def add(self, name: str, text: str, sent: str) -> None:
        """Let later texts point to a text.

        Args:
            name: How the model finds the text: the id of the tool call, or ``message 5``. One that is taken already,
                or has brackets, quotes, commas or line ends in it, is left out.
            text: The original.
            sent: What stands in the conversation: the original, or a lossless form of it that says it in other words,
                which is good for nothing but the pointer to the whole. A text that was replaced by a pointer is not
                to be added.
        """
        if name in self._sources or not _NAME.fullmatch(name):
            return
        source = self._sources[name] = Source(name, text)
        self._names.setdefault(text, name)
        if sent == text:
            self._pending.append(source)

    def repeat_of(self, text: str, count: Callable[[str], int], *, name: str | None) -> str | None:
        """Write a text as a repeat of earlier ones.

        Args:
            text: Any text.
            count: Tokens of a text.
            name: The name of the text itself, which it does not point to.

        Returns:
            The smallest form, proven by its decoder, with fewer tokens than the text; None where there is none.

        Raises:
            CompressionError: A form did not give the text back.
        """
        first = self._names.get(text)
        if first is not None and first != name:
            form = header(SAME, _TEXT_AS + first)
            if count(form) >= count(text):
                return None
        else:
            self._index()
            if len(text) < _LEAST_PART or not self._indexed:
                return None
            found = self._overlap(Source("", text), count, name)
            if found is None:
                return None
            form = found
        if _expand(form, self._sources.__getitem__) != text:
            raise CompressionError("a repeat did not give its text back")
        return form

    def _index(self) -> None:
        for source in self._pending:
            self._starts.append(len(self._keys))
            self._indexed.append(source)
            for place, line in enumerate(_comparable(source), len(self._keys)):
                key = self._known.setdefault(line, len(self._known))
                self._keys.append(key)
                if key == len(self._places):
                    self._places.append([place])
                elif len(self._places[key]) < _MOST_PLACES:
                    self._places[key].append(place)
            self._keys.append(_BETWEEN)
        self._pending.clear()

    def _overlap(self, text: Source, count: Callable[[str], int], name: str | None) -> str | None:
        """The smaller of the pointers to parts and the diff; None where no part pays."""
        parts: list[Part] = []
        saved = replaced = 0
        for part in self._parts(text, name):
            there = "\n".join(text.lines[part.start : part.start + part.length])
            tokens = count(there) - count(pointer(part, named=True))
            if tokens >= _LEAST_SAVED:
                parts.append(part)
                saved += tokens
                replaced += len(there)
        start = header(SAME, _PARTS)
        spent = count(start) + _ESCAPE_TOKENS * escapes(text.lines)
        if replaced < len(text.text) * _LEAST_SHARE or saved <= spent:
            return None
        form = start + write_parts(text.lines, parts)
        base = _edited(text, parts)
        if base is None:
            return form
        diff = header(CHANGED, _SINCE + base.name + _AS_DIFF) + unified_diff(base.text, text.text)
        return diff if len(diff) < 2 * len(form) and count(diff) <= count(form) else form

    def _parts(self, text: Source, name: str | None) -> Iterator[Part]:
        """Parts of a text that stand in earlier ones, in order."""
        for run in self._runs(text, name):
            index = bisect_right(self._starts, run.place) - 1
            source, place = self._indexed[index], run.place - self._starts[index]
            moves = (_move(source, place + at, text, run.start + at) for at in range(run.length))
            at = 0
            for (fits, shift), group in groupby(moves):
                length = sum(1 for _ in group)
                start = run.start + at
                if fits and _worth_counting(length, text.sizes[start + length] - text.sizes[start]):
                    yield Part(start, length, source, place + at, shift)
                at += length

    def _runs(self, text: Source, name: str | None) -> Iterator[_Run]:
        """The longest runs of known lines, from the first line to the last."""
        known, own = self._keys, self._own(name)
        keys = [self._known.get(line, _UNKNOWN) for line in _comparable(text)]
        sizes = text.sizes
        end = len(keys)
        keys.append(_UNKNOWN)
        done = at = 0
        while at < end:
            # Blank lines begin nothing: they are found from the lines around them.
            if keys[at] == _UNKNOWN or not text.lines[at].strip():
                at += 1
                continue
            best = _Run(at, 0, 0)
            places = self._places[keys[at]]
            for place in places if len(places) < _MOST_PLACES else places[:1]:
                if place in own:
                    continue
                ahead, back = 1, 0
                while known[place + ahead] == keys[at + ahead]:
                    ahead += 1
                # Common lines before the first rare one are found from there.
                while at - back > done and known[place - back - 1] == keys[at - back - 1]:
                    back += 1
                if back + ahead > best.length:
                    best = _Run(at - back, place - back, back + ahead)
            stop = best.start + best.length
            if _worth_counting(best.length, sizes[stop] - sizes[best.start]):
                yield best
                done = at = stop
            else:
                at += 1

    def _own(self, name: str | None) -> range:
        """The lines of the text that has a name already: nobody could tell it from the one that is written."""
        for start, source in zip(self._starts, self._indexed, strict=True):
            if source.name == name:
                return range(start, start + len(source.lines))
        return range(0)


def _comparable(text: Source) -> Iterator[str | tuple[str, str]]:
    """Lines as they are compared: without the numbers of a numbered view."""
    if text.numbers is None:
        return iter(text.lines)
    return (
        line if number == UNNUMBERED else without_number(line)
        for line, number in zip(text.lines, text.numbers, strict=True)
    )


def _move(old: Source, place: int, new: Source, at: int) -> tuple[bool, int | None]:
    """Whether a pointer can give a line back, and how far its number moved; None for a line found by its place."""
    if not old.lines_by_number or old.numbers is None or new.numbers is None or new.numbers[at] == UNNUMBERED:
        return old.lines[place] == new.lines[at], None
    shift = new.numbers[at] - old.numbers[place]
    return renumbered(old.lines[place], shift) == new.lines[at], shift


def _worth_counting(lines: int, size: int) -> bool:
    return size >= (_LEAST_PART if lines >= _FEWEST_LINES else _LONG_PART)


def _edited(text: Source, parts: list[Part]) -> Source | None:
    """The earlier text that a text is an edit of, where there is one."""
    kept: Counter[str] = Counter()
    for part in parts:
        if not part.shift:
            kept[part.source.name] += part.length
    if not kept:
        return None
    name, lines = kept.most_common(1)[0]
    base = next(part.source for part in parts if part.source.name == name)
    return base if lines >= _DIFF_SHARE * max(len(base.lines), len(text.lines)) else None


def is_repeat(text: str) -> bool:
    """Whether a text begins like a pointer to earlier ones."""
    found = read_header(text)
    return found is not None and found[0] in (SAME, CHANGED)


def expand_repeat(form: str, originals: Mapping[str, str]) -> str:
    """Restore the text of a repeat.

    Args:
        form: What :meth:`Seen.repeat_of` wrote.
        originals: The earlier texts by the names that the form may use.

    Returns:
        The text, byte for byte.

    Raises:
        CompressionError: The form is damaged, or a text it points to is missing or another one.
    """
    sources: dict[str, Source] = {}

    def source(name: str) -> Source:
        if name not in sources:
            sources[name] = Source(name, originals[name])
        return sources[name]

    return _expand(form, source)


def _expand(form: str, source: Callable[[str], Source]) -> str:
    found = read_header(form)
    if found is None:
        raise CompressionError("this is no repeat of an earlier text", {"form": form[:80]})
    kind, note, end = found
    body = form[end:]
    try:
        if kind == SAME and note == _PARTS:
            return read_parts(body, source)
        if kind == SAME and note.startswith(_TEXT_AS) and not body:
            return source(note.removeprefix(_TEXT_AS)).text
        if kind == CHANGED and note.startswith(_SINCE) and note.endswith(_AS_DIFF):
            return apply_diff(body, source(note.removeprefix(_SINCE).removesuffix(_AS_DIFF)).text)
    except KeyError as missing:
        raise CompressionError("the earlier text is missing", {"name": missing.args[0]}) from None
    raise CompressionError("this is no repeat of an earlier text", {"form": form[:end].rstrip()})
