"""The ``listing`` form: columns declared once, then what stands in them.

::

    [headroom:listing ...]
    {mode} {links:>2} {owner} {group} {size:>} {month} {day:>2} {time:>5} {name}
    A:mode=-rw-r--r-- links=1 owner=root group=root
    --
    /etc:
    34547 Oct 16 23:04 ld.so.cache

A row is its values in order, with a blank between them; where cells hold blanks themselves, the header's note begins
with ``|`` and bars stand between them. ``A:name=value`` makes a letter of columns that have one value in many rows,
``B:A name=value`` adds to another letter, and ``C=text`` makes a letter of a line. A letter stands behind the first
value of its row, or before the only one; ``A`` is left out. ``<`` and ``>`` pad a column to its width, or to its
longest value between two empty lines. A line that ends with a slash is the directory of the names below it; a value
with a slash in it is a whole path. ``@`` is the heading that names the columns. Any other line stands as it was; one
that would be read as something else has a backslash before it.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice, pairwise, repeat
from operator import itemgetter
from typing import TYPE_CHECKING

from headroom_langchain.transforms.encode import paths
from headroom_langchain.transforms.encode.listing_grammar import (
    END_OF_LEGEND,
    HEAD,
    NOTE,
    NOTE_CRLF,
    NOTE_FIT,
    NOTE_LABELLED,
    NOTE_LETTERS,
    NOTE_PATHS,
    SPECIAL,
    Grammar,
)
from headroom_langchain.transforms.encode.listing_reader import read_part
from headroom_langchain.transforms.encode.listing_tables import find_tables, split_by_ending, take_head, vary
from headroom_langchain.transforms.marker import header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headroom_langchain.transforms.encode.listing_tables import Table
    from headroom_langchain.transforms.encode.options import EncodeOptions


_NEXT_PART = re.compile(r"\n(?=\[headroom:listing)")
_LONGEST_PART = 8192
"""Lines that share one legend."""
_MOST_REPEATS = 8
_LEAST_REPEAT_GAIN = 4
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def encode(text: str, options: EncodeOptions) -> str | None:
    """Write the form of a text; None where it shows no columns and no paths, or would not get smaller.

    Args:
        text: Rows of a table, or paths. Very long texts become several forms below each other, so that memory stays
            bounded.
        options: How the form may be written.
    """
    if text.count("\n") <= _LONGEST_PART:
        return _encode_part(text, options)
    lines = text.split("\n")
    parts = ["\n".join(lines[start : start + _LONGEST_PART]) for start in range(0, len(lines), _LONGEST_PART)]
    del lines
    forms = [_encode_part(part, options) for part in parts]
    if not any(forms):
        return None
    return "\n".join(
        [_unchanged_part(part) if form is None else form for form, part in zip(forms, parts, strict=True)]
    )


def _unchanged_part(text: str) -> str:
    body = ["\\" + line if line.startswith(SPECIAL) or line == HEAD else line for line in text.split("\n")]
    return header("listing") + "\n".join([END_OF_LEGEND, *body])


def _encode_part(text: str, options: EncodeOptions) -> str | None:
    crlf = text.count("\r\n")
    if crlf and crlf == text.count("\n") == text.count("\r"):
        text = text.replace("\r\n", "\n")
    else:
        crlf = 0
    lines = text.split("\n")
    tables, separator = find_tables(lines)
    if not tables:
        return None
    take_head(tables[0])
    tables = [part for table in tables for part in split_by_ending(table, dense=options.dense)]
    vary(tables, options)
    if not _saves(tables):
        return None
    letters = _letters(tables)
    repeats = _repeats(lines, tables, options, len(letters) or 1)
    grammar = _grammar(tables, letters, separator, repeats.values())
    body: list[str | None] = [None] * len(lines)
    for table in tables:
        if not _write_rows(table, letters, grammar, body, labelled=options.labelled):
            return None
    for index, (row, line) in enumerate(zip(body, lines, strict=True)):
        if row is None:
            body[index] = repeats.get(line) or ("\\" + line if grammar.reads(line) else line)
    legend = [line for table in tables for line in _legend_lines(table, letters, separator)]
    legend += [f"{letter}={line}" for line, letter in repeats.items()]
    note = separator.strip() + (NOTE_LABELLED if options.labelled else NOTE)
    note += NOTE_LETTERS if letters else ""
    note += NOTE_FIT if any(table.layout.fitted for table in tables) else ""
    note += NOTE_PATHS if grammar.paths else ""
    note += NOTE_CRLF if crlf else ""
    form = header("listing", note) + "\n".join([*legend, END_OF_LEGEND, *_with_headings(body, tables)])
    return form if len(form) < len(text) else None


def _saves(tables: list[Table]) -> bool:
    """Whether there is anything that rows need no more."""
    return any(
        table.layout.padded
        or table.headings
        or any(variant.fixed and variant.rows for variant in table.variants)
        for table in tables
    )


def _repeats(lines: list[str], tables: list[Table], options: EncodeOptions, used: int) -> dict[str, str]:
    """Letters for lines outside of tables that stand there again and again."""
    taken = {index for table in tables for index in table.lines}
    if len(taken) == len(lines):
        return {}
    uses = Counter([line for index, line in enumerate(lines) if index not in taken])
    found = [line for line, number in uses.most_common(_MOST_REPEATS) if number > 2 and len(line) > 2]
    worth = [line for line in found if (uses[line] - 1) * (options.count(line) - 1) > _LEAST_REPEAT_GAIN]
    return dict(zip(worth, islice(_codes(tables), used, None), strict=False))


def _letters(tables: list[Table]) -> dict[int, str]:
    """Letter of each variant that needs one, by its ``id``; ``A`` is the one with most rows in the first table."""
    everything = [variant for table in tables for variant in table.variants]
    first = max(tables[0].variants, key=lambda variant: len(variant.rows))
    used = {id(variant) for variant in everything if variant.rows}
    children = Counter(
        id(variant.parent) for variant in everything if variant.parent is not None and variant.rows
    )
    named = [variant for variant in everything if variant is not first]
    named = [
        variant for variant in named if id(variant) in used or (children[id(variant)] > 1 and variant.fixed)
    ]
    if not named and not first.fixed:
        return {}
    codes = _codes(tables)
    return {id(variant): next(codes) for variant in [first, *named]}


def _codes(tables: list[Table]) -> Iterator[str]:
    """Letters that stand in no cell, ``A`` first."""
    cells = {
        cell
        for table in tables
        if len(table.layout.columns) > 1
        for column in table.columns
        for cell in set(column)
        if len(cell) < 3
    }
    codes = (one + other for one in ("", *_LETTERS) for other in _LETTERS)
    return (code for code in codes if code == "A" or code not in cells)


def _grammar(tables: list[Table], letters: dict[int, str], separator: str, repeats: Iterable[str]) -> Grammar:
    before = set(repeats)
    behind: set[str] = set()
    needed = len(tables[0].layout.columns) - 1
    for table in tables:
        for variant in table.variants:
            letter = letters.get(id(variant), "")
            free = len(table.layout.columns) - len(variant.fixed)
            if letter == "A":
                needed = free - 1
            if letter and (letter != "A" or not free):
                (behind if free > 1 else before).add(letter)
    only_paths = len(tables[0].layout.columns) == 1
    with_paths = any(table.layout.paths for table in tables)
    return Grammar(separator, frozenset(before), frozenset(behind), needed, with_paths, only_paths)


def _legend_lines(table: Table, letters: dict[int, str], separator: str) -> list[str]:
    out = [str(table.layout)]
    columns = table.layout.columns
    for variant in table.variants:
        letter = letters.get(id(variant))
        if letter is None:
            continue
        parent = variant.parent
        while parent is not None and id(parent) not in letters:
            parent = parent.parent
        inherited = parent.fixed if parent is not None else {}
        items = [letters[id(parent)]] if parent is not None and inherited else []
        items += [
            f"{columns[position].name}={value}"
            for position, value in sorted(variant.fixed.items())
            if position not in inherited
        ]
        out.append(f"{letter}:{separator.join(items)}")
    return out


def _write_rows(
    table: Table, letters: dict[int, str], grammar: Grammar, body: list[str | None], *, labelled: bool
) -> bool:
    """Write the rows of a table; what would be read as something else stays unwritten.

    Returns:
        Whether the rows that were written are enough to find the widths again.
    """
    columns: list[Sequence[str]] = list(table.columns)
    if table.names is not None:
        columns[-1] = table.names
    if labelled and len(columns) > 1:
        names = [column.name for column in table.layout.columns]
        columns = [[f"{name}={cell}" for cell in cells] for name, cells in zip(names, columns, strict=True)]
    if table.head >= 0:
        body[table.head] = HEAD
    unclear = {index for index, name in enumerate(table.names or ()) if name == paths.BARE}
    for variant in table.variants:
        if not variant.rows:
            continue
        letter = letters.get(id(variant), "A")
        free = [column for position, column in enumerate(columns) if position not in variant.fixed]
        if len(variant.rows) < len(table.rows):
            pick = itemgetter(*variant.rows) if len(variant.rows) > 1 else _Only(variant.rows[0])
            free = list(map(pick, free))
        written: Iterable[str] = repeat(letter, len(variant.rows))
        if free and letter == "A":
            written = map(grammar.separator.join, zip(*free, strict=True))
        elif free:
            marks = repeat(letter, len(variant.rows))
            cells = [free[0], marks, *free[1:]] if len(free) > 1 else [marks, free[0]]
            written = map(grammar.separator.join, zip(*cells, strict=True))
        if not unclear and grammar.is_clear(letter, free):
            for row, line in zip(variant.rows, written, strict=True):
                body[table.lines[row]] = line
            continue
        for row, line in zip(variant.rows, written, strict=True):
            if row in unclear or line.startswith("[headroom:") or grammar.kind(line) != letter:
                unclear.add(row)
            else:
                body[table.lines[row]] = line
    return not (unclear and table.layout.fitted)


class _Only:
    """Picks one cell as a column of its own."""

    def __init__(self, row: int) -> None:
        self.row = row

    def __call__(self, column: Sequence[str]) -> Sequence[str]:
        return [column[self.row]]


def _with_headings(body: list[str | None], tables: list[Table]) -> Iterator[str]:
    headings = {index: directory for table in tables for index, directory in table.headings.items()}
    for index, line in enumerate(body):
        if index in headings:
            yield headings[index]
        yield line or ""


def decode(form: str) -> str:
    """Restore the text of a form.

    Raises:
        CompressionError: The form is damaged.
    """
    starts = [0, *[found.start() + 1 for found in _NEXT_PART.finditer(form)], len(form) + 1]
    return "\n".join([read_part(form[start : end - 1]) for start, end in pairwise(starts)])


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original, byte for byte."""
    return decoded == original
