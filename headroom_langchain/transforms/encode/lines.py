"""The ``lines`` form: templates declared once, then what varies.

::

    [headroom:lines ...]
    A={time} INFO worker[{pid}]: done in {n} ms
    --
    10:00:01 A 4711 12

A row is the letter of its template and the values of its slots in order; where nothing but heads comes before the first
slot, the letter stands behind that value. ``@name=value`` sets what ``{@name}`` means from there on, ``*3`` repeats the
line above three times more. Any other line stands as it was; one that would be read as something else has a backslash
before it.
"""

from __future__ import annotations

import re
from itertools import groupby, islice, pairwise
from operator import eq
from typing import TYPE_CHECKING

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.skeletons import CENTRED, HEADS, banner_width, mine, restore_banner
from headroom_langchain.transforms.encode.slots import (
    derive_tails,
    hoist_slow_cells,
    name_cells,
    trim_affixes,
)
from headroom_langchain.transforms.encode.templates import HEADING, Template, written_out
from headroom_langchain.transforms.marker import header, read_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headroom_langchain.transforms.encode.options import EncodeOptions
    from headroom_langchain.transforms.encode.templates import Mined

_NOTE = "row=values for its letter's {slots} in order"
_NOTE_LABELLED = "row=its letter's {slots} as name=value"
_NOTE_HEADS = "; @ sets {@}"
_END_OF_LEGEND = "--"
_SPECIAL = ("\\", "@", "*", "[headroom:")
_FEWEST_BREAKS = 4
_SPECIAL_VALUES = ("\\", "[headroom:")
"""A row must not begin like this."""
_LONGEST_PART = 4096
"""Lines that share one legend."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SAMPLE = 3
_LEADING = re.compile(r"(?:\{@\w+\}| )*\{(?!text\})[a-z]+\d*\}")
_NEXT_PART = re.compile(r"\n(?=\[headroom:lines)")
_WORD_END = re.compile(r"(?<! ) +|\[|\(")
_LONGEST_PREFIX = 8
_LEAST_SHARED = 40
_SHARED_CHARACTERS = 3
_PREFIX_SAMPLE = 3
_SLOW, _SLOW_DENSE = 3, 2
_SLOT = re.compile(r"\{\{|\}\}|\{(?:(@?)([a-z]+\d*)(:tail)?|:(.)\^(\d+))\}")


def encode(text: str, options: EncodeOptions) -> str | None:
    """Write the form of a text; None where no template pays.

    Args:
        text: Lines of a log, a listing, a build or a test run. Very long ones become several forms below each other,
            so that memory stays bounded.
        options: How the form may be written.
    """
    breaks = text.count("\n")
    if breaks < _FEWEST_BREAKS:
        return None
    if breaks <= _LONGEST_PART:
        return _encode_part(text, options)
    lines = text.split("\n")
    parts = ["\n".join(lines[start : start + _LONGEST_PART]) for start in range(0, len(lines), _LONGEST_PART)]
    del lines
    forms = [_encode_part(part, options) for part in parts]
    if not any(forms):
        return None
    return "\n".join(
        [form if form is not None else _unchanged_part(part) for form, part in zip(forms, parts, strict=True)]
    )


def _unchanged_part(text: str) -> str:
    body = [_verbatim(line, set(), set()) for line in text.split("\n")]
    return header("lines") + "\n".join([_END_OF_LEGEND, *body])


def _encode_part(text: str, options: EncodeOptions) -> str | None:
    mined = mine(text, dense=options.dense)
    if mined is None or not any(number >= 0 for number in mined.sequence):
        return None
    uses = mined.uses()
    trim_affixes(mined, uses, dense=options.dense)
    derive_tails(mined, uses)
    names = {
        number: name_cells(mined.templates[number], [mined.rows[index] for index in members[:_SAMPLE]])
        for number, members in enumerate(uses)
        if members
    }
    hoist_slow_cells(mined, uses, names, HEADS, slow=_SLOW_DENSE if options.dense else _SLOW)
    letters = _letters(mined)
    legend = _share_prefix(
        [
            line
            for number, letter in letters.items()
            for line in _legend_lines(letter, mined.templates[number], names[number], mined.heads)
        ]
    )
    body = _body(mined, letters, names if options.labelled else None)
    note = (_NOTE_LABELLED if options.labelled else _NOTE) + (_NOTE_HEADS if mined.heads else "")
    return header("lines", note) + "\n".join([*legend, _END_OF_LEGEND, *body])


def _letters(mined: Mined) -> dict[int, str]:
    """Letters in order of first use: one letter for the first templates, two for the others."""
    used = dict.fromkeys(number for number in mined.sequence if number >= 0)
    codes = (first + second for first in ("", *_LETTERS) for second in _LETTERS)
    longer = (first + second + third for first in _LETTERS for second in _LETTERS for third in _LETTERS)
    return dict(zip(used, _chain(codes, longer), strict=False))


def _chain(*parts: Iterator[str]) -> Iterator[str]:
    for part in parts:
        yield from part


def _legend_lines(letter: str, template: Template, names: list[str], heads: dict[str, str]) -> list[str]:
    out = [_literal(template.literals[0], heads)]
    for slot, literal in zip(template.slots, template.literals[1:], strict=True):
        name = names[slot] if slot >= 0 else f"{names[~slot]}:tail"
        out += (f"{{{name}}}", _literal(literal, heads))
    first, *others = "".join(out).split("\n")
    return [f"{letter}={first}", *("|" + line for line in others)]


def _share_prefix(legend: list[str]) -> list[str]:
    """Declare what many lines of the legend begin with once, as ``~=``."""
    bodies = [line[1:] if line[0] == "|" else line.partition("=")[2] for line in legend]
    if any(body.startswith("~") for body in bodies):
        return legend
    best, best_gain = "", _LEAST_SHARED
    for sample in bodies[:: len(bodies) // _PREFIX_SAMPLE + 1]:
        for found in islice(_WORD_END.finditer(sample), _LONGEST_PREFIX):
            prefix = sample[: found.end()]
            gain = (sum(body.startswith(prefix) for body in bodies) - 1) * (len(prefix) - _SHARED_CHARACTERS)
            if gain > best_gain:
                best, best_gain = prefix, gain
    if not best:
        return legend
    shared = [
        line[: len(line) - len(body)] + "~" + body[len(best) :] if body.startswith(best) else line
        for line, body in zip(legend, bodies, strict=True)
    ]
    return ["~=" + best, *shared]


def _literal(text: str, heads: dict[str, str]) -> str:
    text = text.replace("{", "{{").replace("}", "}}")
    for mark, name in heads.items():
        text = text.replace(mark, f"{{@{name}}}")
    if CENTRED in text:
        text = re.sub(f"{CENTRED}(.)(.)", lambda found: f"{{:{found[1]}^{banner_width(found[2])}}}", text)
    return text


def _body(mined: Mined, letters: dict[int, str], labels: dict[int, list[str]] | None) -> list[str]:
    leading = {number: _leads(mined.templates[number]) for number in letters}
    first_words = {letter for number, letter in letters.items() if not leading[number]}
    second_words = {letter for number, letter in letters.items() if leading[number]}
    body: list[str] = []
    heads: dict[str, str] = {}
    for number, row in zip(mined.sequence, mined.rows, strict=True):
        if number >= 0:
            cells = row if labels is None else tuple(map("=".join, zip(labels[number], row, strict=True)))
            if not leading[number]:
                body.append(" ".join([letters[number], *cells]))
            elif cells[0].startswith(_SPECIAL_VALUES):
                text = written_out(mined.templates[number], row, heads)
                body.extend(
                    [_verbatim(restore_banner(line), first_words, second_words) for line in text.split("\n")]
                )
            else:
                body.append(" ".join([cells[0], letters[number], *cells[1:]]))
        elif number == HEADING:
            body.append("@" + " ".join([f"{mined.heads[item[0]]}={item[1:]}" for item in row]))
            heads.update((item[0], item[1:]) for item in row)
        else:
            body.append(_verbatim(restore_banner(row[0]), first_words, second_words))
    return _fold_runs(body)


def _leads(template: Template) -> bool:
    """Whether the first value stands before the letter: where nothing but heads comes before its slot."""
    if template.slots[:1] != (0,) or (template.rest and template.cells == 1):
        return False
    return not template.literals[0].strip(HEADS + " ")


def _verbatim(line: str, first_words: set[str], second_words: set[str]) -> str:
    words = line.split(" ", 2)
    if line.startswith(_SPECIAL) or words[0] in first_words or (len(words) > 1 and words[1] in second_words):
        return "\\" + line
    return line


def _fold_runs(body: list[str]) -> list[str]:
    if not any(map(eq, body, islice(body, 2, None))):
        return body
    folded: list[str] = []
    for line, run in groupby(body):
        count = sum(1 for _ in run)
        folded.append(line)
        if count > 2 and line:
            folded.append(f"*{count - 1}")
        else:
            folded.extend([line] * (count - 1))
    return folded


def decode(form: str) -> str:
    """Restore the text of a form.

    Raises:
        CompressionError: The form is damaged.
    """
    starts = [0, *[found.start() + 1 for found in _NEXT_PART.finditer(form)], len(form) + 1]
    return "\n".join([_decode_part(form[start : end - 1]) for start, end in pairwise(starts)])


def _decode_part(form: str) -> str:
    found = read_header(form)
    if found is None or found[0] != "lines":
        raise CompressionError("this is no lines form")
    lines = form[found[2] :].split("\n")
    end = lines.index(_END_OF_LEGEND)
    readers = _read_legend(lines[:end], labelled=found[1].startswith(_NOTE_LABELLED))
    first = {letter: reader for letter, reader in readers.items() if not reader.leading}
    second = {letter: reader for letter, reader in readers.items() if reader.leading}
    out: list[str] = []
    heads: dict[str, str] = {}
    previous = ""
    for line in lines[end + 1 :]:
        mark = line[:1]
        if mark == "\\":
            previous = line[1:]
        else:
            words = line.split(" ")
            reader = first.get(words[0])
            if reader is not None:
                previous = reader.read(words[1:], heads)
            elif len(words) > 1 and (reader := second.get(words[1])) is not None:
                del words[1]
                previous = reader.read(words, heads)
            elif mark == "@":
                heads.update(item.partition("=")[::2] for item in line[1:].split(" "))
                continue
            elif mark == "*":
                out.extend([previous] * int(line[1:]))
                continue
            else:
                previous = line
        out.append(previous)
    return "\n".join(out)


class _Reader:
    """Writes rows of one template out."""

    def __init__(self, pattern: str, *, labelled: bool) -> None:
        self._labelled = labelled
        self._heads: list[str] = []
        self._tails: list[int] = []
        self._centred = "\n{:" in "\n" + pattern
        self.leading = _LEADING.match(pattern) is not None
        slots = [(found[2], bool(found[1] or found[3])) for found in _SLOT.finditer(pattern) if found[2]]
        names = dict.fromkeys(name for name, shown_otherwise in slots if not shown_otherwise)
        self._rest = "text" in names
        if self._rest:
            del names["text"]
            names["text"] = None
        self._cells = len(names)
        self._write = _SLOT.sub(lambda found: self._place(found, list(names)), pattern).format

    def _place(self, found: re.Match[str], names: list[str]) -> str:
        """The replacement field of a slot: cells first, then heads, then tails."""
        if found[4] is not None:
            return f"{CENTRED}{found[4]}{chr(0xE000 + int(found[5]))}"
        if found[2] is None:
            return found[0]
        if found[1]:
            if found[2] not in self._heads:
                self._heads.append(found[2])
            return f"{{{self._cells + self._heads.index(found[2])}}}"
        if found[3]:
            self._tails.append(names.index(found[2]))
            return f"{{{self._cells + len(HEADS) + len(self._tails) - 1}}}"
        return f"{{{names.index(found[2])}}}"

    def read(self, row: list[str], heads: dict[str, str]) -> str:
        """Write the row of these words out."""
        if len(row) != self._cells:
            if not self._rest or len(row) < self._cells:
                raise CompressionError(
                    "a row has another number of values than its template has slots", {"row": " ".join(row)}
                )
            row[self._cells - 1 :] = [" ".join(row[self._cells - 1 :])]
        if self._labelled:
            row = [cell.partition("=")[2] for cell in row]
        if self._heads or self._tails:
            tails = [row[cell].rpartition("/")[2] for cell in self._tails]
            row += [heads[name] for name in self._heads]
            if tails:
                row += [""] * (self._cells + len(HEADS) - len(row)) + tails
        text = self._write(*row)
        return "\n".join(map(restore_banner, text.split("\n"))) if self._centred else text


def _read_legend(lines: list[str], *, labelled: bool) -> dict[str, _Reader]:
    patterns: dict[str, list[str]] = {}
    shared = ""
    if lines and lines[0].startswith("~="):
        shared, lines = lines[0][2:], lines[1:]
        lines = [re.sub(r"\A(\||[A-Z]+=)~", lambda found: found[1] + shared, line) for line in lines]
    for line in lines:
        if line.startswith("|"):
            next(reversed(patterns.values())).append(line[1:])
        else:
            letter, _, pattern = line.partition("=")
            patterns[letter] = [pattern]
    return {letter: _Reader("\n".join(pattern), labelled=labelled) for letter, pattern in patterns.items()}


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original, byte for byte."""
    return decoded == original
