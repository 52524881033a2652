"""The ``listing`` form: columns declared once, then what stands in them.

::

    [headroom:listing ...]
    {mode} {links:>2} {owner} {group} {size:>} {month} {day:>2} {time:>5} {name}
    A:mode=-rw-r--r-- links=1 owner=root group=root
    --
    /etc:
    34547 Oct 16 23:04 ld.so.cache

A row is its values in order; letters stand for sets of columns that have one value in many rows. A letter stands behind
the first value of its row, and ``A`` is left out. ``<`` and ``>`` pad a column to its width, or to its longest value
between two empty lines. A line that ends with a slash is the directory of the names below it, ``@`` is the heading
that names the columns. Any other line stands as it was; one that would be read as something else has a backslash
before it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise, repeat
from operator import itemgetter
from typing import TYPE_CHECKING

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode import paths
from headroom_langchain.transforms.encode.columns import Column, Cut, Layout, find_cut
from headroom_langchain.transforms.encode.variants import Variant, find_variants
from headroom_langchain.transforms.marker import header, read_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headroom_langchain.transforms.encode.columns import Row
    from headroom_langchain.transforms.encode.options import EncodeOptions

_NOTE = "row=values of {columns}"
_NOTE_LABELLED = "row=name=value of {columns}"
_NOTE_BARS = "|"
_NOTE_LETTERS = "; letter=its values fixed, none=A"
_NOTE_FIT = "; <> pad to longest"
_NOTE_PATHS = "; x/=directory of what follows"
_NOTE_CRLF = "; CRLF"
_END_OF_LEGEND = "--"
_HEAD = "@"
_SPECIAL = ("\\", "[headroom:")
_LEGEND = re.compile(r"([A-Z]+)([:=])(.*)", re.DOTALL)
_NEXT_PART = re.compile(r"\n(?=\[headroom:listing)")
_LONGEST_PART = 8192
"""Lines that share one legend."""
_CHUNKS, _CHUNK = 8, 40
_MOST_LAYOUTS = 3
_FEWEST_ROWS = 3
_LEAST_SHARE = 0.05
_MOST_VARIANTS, _MOST_VARIANTS_DENSE = 26, 40
_MOST_REPEATS = 8
_LEAST_REPEAT_GAIN = 4
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class _Table:
    """Lines that one layout restores."""

    layout: Layout
    lines: list[int]
    rows: list[Row]
    headings: dict[int, str] = field(default_factory=dict)
    """Directory that is given before a line."""
    names: list[str] | None = None
    """What stands for the last column below the headings."""
    head: int = -1
    """The line that holds the names of the columns."""
    variants: list[Variant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """How a line of the body is told from others; writing and reading ask the same questions."""

    separator: str
    before: frozenset[str]
    """Letters that begin a row."""
    behind: frozenset[str]
    """Letters that stand behind the first value."""
    needed: int
    """Separators that a row without a letter has at least."""
    paths: bool
    only_paths: bool

    def kind(self, line: str) -> str:
        """Tell what a line is: the letter of its row, ``A`` for a row without one, or a mark."""
        if line[:1] == "\\":
            return "\\"
        if line == _HEAD:
            return _HEAD
        words = line.split(self.separator, 2)
        if words[0] in self.before:
            return words[0]
        if len(words) > 1 and words[1] in self.behind:
            return words[1]
        if self.paths and line[-1:] == "/" and (self.only_paths or len(words) == 1):
            return "/"
        if not line and not self.only_paths:
            return ""
        return "A" if line.count(self.separator) >= self.needed else ""

    def reads(self, line: str) -> bool:
        """Whether a line that is no row would be read as one, or as a mark."""
        return line.startswith(_SPECIAL) or self.kind(line) != ""


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
    body = ["\\" + line if line.startswith(_SPECIAL) or line == _HEAD else line for line in text.split("\n")]
    return header("listing") + "\n".join([_END_OF_LEGEND, *body])


def _encode_part(text: str, options: EncodeOptions) -> str | None:
    crlf = text.count("\r\n")
    if crlf and crlf == text.count("\n") == text.count("\r"):
        text = text.replace("\r\n", "\n")
    else:
        crlf = 0
    lines = text.split("\n")
    tables, separator = _find_tables(lines)
    if not tables:
        return None
    for table in tables:
        _take_head(table)
        _vary(table, options)
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
    note = separator.strip() + (_NOTE_LABELLED if options.labelled else _NOTE)
    note += _NOTE_LETTERS if letters else ""
    note += _NOTE_FIT if any(table.layout.fitted for table in tables) else ""
    note += _NOTE_PATHS if grammar.paths else ""
    note += _NOTE_CRLF if crlf else ""
    form = header("listing", note) + "\n".join([*legend, _END_OF_LEGEND, *_with_headings(body, tables)])
    return form if len(form) < len(text) else None


def _saves(tables: list[_Table]) -> bool:
    """Whether there is anything that rows need no more."""
    return any(
        table.layout.padded or table.headings or any(variant.fixed and variant.rows for variant in table.variants)
        for table in tables
    )


def _repeats(lines: list[str], tables: list[_Table], options: EncodeOptions, used: int) -> dict[str, str]:
    """Letters for lines outside of tables that stand there again and again."""
    taken = {index for table in tables for index in table.lines}
    if len(taken) == len(lines):
        return {}
    uses = Counter([line for index, line in enumerate(lines) if index not in taken])
    found = [line for line, number in uses.most_common(_MOST_REPEATS) if number > 2 and len(line) > 2]  # noqa: PLR2004
    worth = [line for line in found if (uses[line] - 1) * (options.count(line) - 1) > _LEAST_REPEAT_GAIN]
    return dict(zip(worth, islice(_codes(tables), used, None), strict=False))


def _find_tables(lines: list[str]) -> tuple[list[_Table], str]:
    tables: list[_Table] = []
    separator = " "
    rest = list(range(len(lines)))
    if _are_paths(lines):
        return _path_table(lines), separator
    sections = list(accumulate([not line for line in lines]))
    while len(tables) < _MOST_LAYOUTS:
        cut = find_cut(_chunks([lines[index] for index in rest]))
        if cut is None:
            break
        table = _restore_with(cut, lines, rest, sections, separator)
        if not tables and (cut.bar or cut.starts):
            other = _restore_with(cut, lines, rest, sections, "|")
            if len(other.lines) > len(table.lines) * 1.02:
                table, separator = other, "|"
        if len(table.lines) < max(_FEWEST_ROWS, len(lines) * _LEAST_SHARE):
            break
        tables.append(table)
        taken = set(table.lines)
        rest = [index for index in rest if index not in taken]
        if len(rest) < max(_FEWEST_ROWS, len(lines) * _LEAST_SHARE):
            break
    return tables, separator


def _chunks(lines: list[str]) -> list[list[str]]:
    if len(lines) <= _CHUNKS * _CHUNK:
        return [lines]
    step = (len(lines) - _CHUNK) // (_CHUNKS - 1)
    return [lines[start : start + _CHUNK] for start in range(0, step * _CHUNKS, step)]


def _are_paths(lines: list[str]) -> bool:
    sample = [line for line in lines[:: len(lines) // 200 + 1] if line]
    whole = sum("/" in line and " " not in line and "\t" not in line and line[-1] != ":" for line in sample)
    return whole * 2 > len(sample) and all(" " not in line or "/" in line for line in sample)


def _path_table(lines: list[str]) -> list[_Table]:
    end = len(lines) if lines[-1] else len(lines) - 1
    found = paths.hoist(lines[:end], empty_names=True)
    if found is None:
        return []
    names, headings = found
    table = _Table(Layout(("", ""), (Column("path"),), paths=True), list(range(end)), [(line,) for line in lines[:end]])
    table.names, table.headings = names, headings
    return [table]


def _restore_with(cut: Cut, lines: list[str], rest: list[int], sections: list[int], separator: str) -> _Table:
    """Find the lines that a cut gives back byte for byte."""
    members: list[int] = []
    rows: list[Row] = []
    for index, row in zip(rest, cut.cells([lines[index] for index in rest]), strict=True):
        if row is not None:
            members.append(index)
            rows.append(row)
    if separator == "|" or cut.bar or cut.starts:
        fit = [_holds(row, separator) for row in rows]
        members = [index for index, good in zip(members, fit, strict=True) if good]
        rows = [row for row, good in zip(rows, fit, strict=True) if good]
    layout = cut.layout
    while rows:
        out = layout.render(rows, [sections[index] for index in members])
        good = [lines[index] == line for index, line in zip(members, out, strict=True)]
        if all(good):
            break
        if layout.fitted:
            bad = {sections[index] for index, fine in zip(members, good, strict=True) if not fine}
            good = [sections[index] not in bad for index in members]
        members = [index for index, fine in zip(members, good, strict=True) if fine]
        rows = [row for row, fine in zip(rows, good, strict=True) if fine]
    table = _Table(layout, members, rows)
    if rows and separator == " ":
        last = [row[-1] for row in rows]
        if sum("/" in value for value in last) * 2 > len(last) and len(rows[0]) > 1:
            found = paths.hoist(last, empty_names=False)
            if found is not None and len(found[1]) * 2 < len(last):
                _share_directories(table, *found)
    return table


def _share_directories(table: _Table, names: list[str], headings: dict[int, str]) -> None:
    if any(" " in directory for directory in headings.values()):
        return
    table.layout = Layout(table.layout.literals, table.layout.columns, paths=True)
    table.names = names
    table.headings = {table.lines[position]: directory for position, directory in headings.items()}


def _holds(row: Row, separator: str) -> bool:
    if separator == "|":
        return not any("|" in cell for cell in row)
    return all(row) and not any(" " in cell for cell in row[:-1])


def _take_head(table: _Table) -> None:
    """Leave the row that names the columns out of the rows."""
    names = tuple([column.name for column in table.layout.columns])
    if len(names) > 1 and table.rows[0] == names and table.names is None and not table.layout.fitted:
        table.head = table.lines.pop(0)
        del table.rows[0]


def _vary(table: _Table, options: EncodeOptions) -> None:
    size = len(table.layout.columns)
    if not table.rows or size == 1:
        table.variants = [Variant({}, {}, None, list(range(len(table.rows))))]
        return
    most = _MOST_VARIANTS_DENSE if options.dense else _MOST_VARIANTS
    columns = list(zip(*table.rows, strict=True))
    names = [column.name for column in table.layout.columns]
    if table.names is not None:
        table.variants = find_variants(columns[:-1], names[:-1], options.count, most)
    else:
        table.variants = find_variants(columns, names, options.count, most)


def _letters(tables: list[_Table]) -> dict[int, str]:
    """Letter of each variant that needs one, by its ``id``; ``A`` is the one with most rows in the first table."""
    everything = [variant for table in tables for variant in table.variants]
    first = max(tables[0].variants, key=lambda variant: len(variant.rows))
    used = {id(variant) for variant in everything if variant.rows}
    children = Counter(id(variant.parent) for variant in everything if variant.parent is not None and variant.rows)
    named = [variant for variant in everything if variant is not first]
    named = [variant for variant in named if id(variant) in used or (children[id(variant)] > 1 and variant.fixed)]
    if not named and not first.fixed:
        return {}
    codes = _codes(tables)
    return {id(variant): next(codes) for variant in [first, *named]}


def _codes(tables: list[_Table]) -> Iterator[str]:
    """Letters that stand in no cell, ``A`` first."""
    cells = {
        cell
        for table in tables
        if len(table.layout.columns) > 1
        for column in zip(*table.rows, strict=True)
        for cell in set(column)
        if len(cell) < 3  # noqa: PLR2004 - codes have two letters at most
    }
    codes = (one + other for one in ("", *_LETTERS) for other in _LETTERS)
    return (code for code in codes if code == "A" or code not in cells)


def _grammar(tables: list[_Table], letters: dict[int, str], separator: str, repeats: Iterable[str]) -> _Grammar:
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
    return _Grammar(separator, frozenset(before), frozenset(behind), needed, with_paths, only_paths)


def _legend_lines(table: _Table, letters: dict[int, str], separator: str) -> list[str]:
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
    table: _Table, letters: dict[int, str], grammar: _Grammar, body: list[str | None], *, labelled: bool
) -> bool:
    """Write the rows of a table; what would be read as something else stays unwritten.

    Returns:
        Whether the rows that were written are enough to find the widths again.
    """
    columns: list[Sequence[str]] = list(zip(*table.rows, strict=True))
    if table.names is not None:
        columns[-1] = table.names
    if labelled:
        names = [column.name for column in table.layout.columns]
        columns = [[f"{name}={cell}" for cell in cells] for name, cells in zip(names, columns, strict=True)]
    if table.head >= 0:
        body[table.head] = _HEAD
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


def _with_headings(body: list[str | None], tables: list[_Table]) -> Iterator[str]:
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
    return "\n".join([_decode_part(form[start : end - 1]) for start, end in pairwise(starts)])


def _decode_part(form: str) -> str:
    found = read_header(form)
    if found is None or found[0] != "listing":
        raise CompressionError("this is no listing form")
    note = found[1]
    lines = form[found[2] :].split("\n")
    end = lines.index(_END_OF_LEGEND)
    separator = "|" if note.startswith("|") else " "
    legend = _Legend(lines[:end], separator)
    out = _read_body(lines[end + 1 :], legend, labelled=note.removeprefix("|").startswith(_NOTE_LABELLED))
    return ("\r\n" if note.endswith(_NOTE_CRLF) else "\n").join(out)


@dataclass(slots=True)
class _Reading:
    """Rows of one variant as they are read."""

    table: int
    fixed: dict[int, str]
    free: int
    """Number of values in a row."""
    lines: list[int] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)


class _Legend:
    """What a legend declares."""

    def __init__(self, lines: list[str], separator: str) -> None:
        self.layouts: list[Layout] = []
        self.variants: dict[str, _Reading] = {}
        self.repeats: dict[str, str] = {}
        for line in lines:
            found = _LEGEND.fullmatch(line)
            if found is None:
                self.layouts.append(Layout.parse(line))
            elif found[2] == "=":
                self.repeats[found[1]] = found[3]
            else:
                self._declare(found[1], found[3], separator)
        if self.layouts and "A" not in self.variants:
            self.variants["A"] = _Reading(0, {}, len(self.layouts[0].columns))
        self.grammar = self._grammar(separator)

    def _declare(self, letter: str, declared: str, separator: str) -> None:
        columns = self.layouts[-1].columns
        positions = {column.name: position for position, column in enumerate(columns)}
        fixed: dict[int, str] = {}
        last = columns[-1].name
        values, is_last, rest = (separator + declared).partition(f"{separator}{last}=")
        for item in values.split(separator)[1:]:
            name, is_value, value = item.partition("=")
            if is_value:
                fixed[positions[name]] = value
            elif item:
                fixed.update(self.variants[item].fixed)
        if is_last:
            fixed[len(columns) - 1] = rest
        self.variants[letter] = _Reading(len(self.layouts) - 1, fixed, len(columns) - len(fixed))

    def _grammar(self, separator: str) -> _Grammar:
        default = self.variants.get("A")
        named = [(letter, variant.free) for letter, variant in self.variants.items() if letter != "A"]
        before = {*self.repeats, *[letter for letter, free in named if free < 2]}  # noqa: PLR2004
        if default is not None and not default.free:
            before.add("A")
        return _Grammar(
            separator,
            frozenset(before),
            frozenset([letter for letter, free in named if free > 1]),
            default.free - 1 if default else 0,
            paths=any(layout.paths for layout in self.layouts),
            only_paths=bool(self.layouts) and len(self.layouts[0].columns) == 1,
        )


def _read_body(lines: list[str], legend: _Legend, *, labelled: bool) -> list[str]:
    out: list[str] = []
    grammar, separator = legend.grammar, legend.grammar.separator
    directory = ""
    section = 0
    for line in lines:
        kind = grammar.kind(line) if legend.layouts else line[:1] if line[:1] == "\\" else ""
        if kind == "/":
            directory = line
            continue
        reading = legend.variants.get(kind)
        if reading is not None:
            if kind == "A":
                row = line if reading.free else ""
            elif reading.free > 1:
                first, _, others = line.partition(separator)
                row = first + others[len(kind) :]
            else:
                row = line[len(kind) + 1 :]
            reading.lines.append(len(out))
            reading.rows.append(row)
            reading.directories.append(directory)
            reading.sections.append(section)
            out.append("")
            continue
        if kind == _HEAD:
            names = tuple([column.name for column in legend.layouts[0].columns])
            line = legend.layouts[0].render([names], [0])[0]  # noqa: PLW2901
        elif kind == "\\":
            line = line[1:]  # noqa: PLW2901
        elif kind:
            line = legend.repeats[kind]  # noqa: PLW2901
        section += not line
        out.append(line)
    for number, layout in enumerate(legend.layouts):
        readings = [reading for reading in legend.variants.values() if reading.table == number]
        _fill(out, layout, readings, separator, labelled=labelled)
    return out


def _fill(out: list[str], layout: Layout, readings: list[_Reading], separator: str, *, labelled: bool) -> None:
    """Write the rows of a table into the lines they stand in."""
    numbers: list[int] = []
    sections: list[int] = []
    rows: list[Row] = []
    for reading in readings:
        if not reading.rows:
            continue
        cells = [row.split(separator, reading.free - 1) for row in reading.rows] if reading.free else []
        columns: list[Sequence[str]] = list(zip(*cells, strict=True))
        if len(columns) != reading.free:
            raise CompressionError("a row has another number of values than its table has columns")
        if labelled:
            columns = [[cell.partition("=")[2] for cell in column] for column in columns]
        if layout.paths:
            columns[-1] = paths.restore(columns[-1], reading.directories)
        free = iter(columns)
        whole = [
            repeat(reading.fixed[position]) if position in reading.fixed else next(free)
            for position in range(len(layout.columns))
        ]
        rows += islice(zip(*whole, strict=False), len(reading.rows))
        numbers += reading.lines
        sections += reading.sections
    if layout.fitted and len(readings) > 1:
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        numbers, sections, rows = ([items[index] for index in order] for items in (numbers, sections, rows))
    for number, line in zip(numbers, layout.render(rows, sections), strict=True):
        out[number] = line


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original, byte for byte."""
    return decoded == original
