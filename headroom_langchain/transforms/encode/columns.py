"""Columns of a listing: where they stand, how they are padded, and writing rows out again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

Row = tuple[str, ...]

FIT: Final = -1
"""Width of a column that is padded to its longest cell between two empty lines."""

_WORD = re.compile(r"\S+")
_FIELD = re.compile(r"\S+(?: \S+)*")
_SAMPLED_CHARACTERS = 400
_MOST_COLUMNS = 24
_ALIGNED = 0.6
"""Share of neighbouring lines that agree where an aligned column begins or ends."""
_COVERED = 0.5
"""Share of lines that a way of cutting has to restore."""
_PLAIN_COLUMN = 0.1
"""What a column without padding is worth, measured in columns with padding."""
_BARS = "|│"
_SLOT = re.compile(r"\{([^{}:/]+)(/?)(?::([<>])(\d*))?\}")
_NO_NAME = re.compile(r"[{}:/=|\\\s]")

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layout."""

    name: str
    align: str = ""
    """``<`` padded behind, ``>`` padded before, empty for no padding."""
    width: int = 0
    """Characters, or :data:`FIT`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows of cells become lines."""

    literals: tuple[str, ...]
    """What stands before the first column, between columns and behind the last one."""
    columns: tuple[Column, ...]
    paths: bool = False
    """The last column holds paths whose directories are given by headings."""

    @property
    def fitted(self) -> bool:
        """Whether a column is padded to its longest cell."""
        return any(column.width == FIT for column in self.columns)

    @property
    def padded(self) -> int:
        """Number of columns whose padding a row needs no more."""
        return sum(1 for column in self.columns if column.align) + sum(len(text) > 1 for text in self.literals)

    def __str__(self) -> str:
        """Write the layout as it stands in a legend."""
        out = [self.literals[0]]
        for position, (column, literal) in enumerate(zip(self.columns, self.literals[1:], strict=True)):
            spec = f":{column.align}{column.width if column.width > 0 else ''}" if column.align else ""
            tail = "/" if self.paths and position == len(self.columns) - 1 else ""
            out.append(f"{{{column.name}{tail}{spec}}}{literal}")
        return "".join(out)

    @classmethod
    def parse(cls, text: str) -> Layout:
        """Read a layout as :meth:`__str__` wrote it."""
        parts = _SLOT.split(text)
        columns = tuple(
            Column(name, align or "", int(width) if width else FIT if align else 0)
            for name, align, width in zip(parts[1::5], parts[3::5], parts[4::5], strict=True)
        )
        return cls(tuple(parts[0::5]), columns, paths=any(parts[2::5]))

    def render(self, rows: list[Row], sections: list[int]) -> list[str]:
        """Write rows out.

        Args:
            rows: A cell for each column.
            sections: For each row, how many empty lines stand before it in the text.
        """
        if not self.fitted:
            return list(map(self._format([]).__mod__, rows))
        out: list[str] = []
        start = 0
        for _, run in groupby(sections):
            end = start + len(list(run))
            part = rows[start:end]
            longest = [max(map(len, cells)) for cells in zip(*part, strict=True)]
            out += map(self._format(longest).__mod__, part)
            start = end
        return out

    def _format(self, longest: list[int]) -> str:
        out = [self.literals[0]]
        for position, column in enumerate(self.columns):
            width = longest[position] if column.width == FIT else column.width
            out.append(f"%{'-' if column.align == '<' else ''}{width}s" if column.align else "%s")
            out.append(self.literals[position + 1])
        return "".join(out)


@dataclass(frozen=True, slots=True)
class Cut:
    """How lines become rows of cells."""

    layout: Layout
    starts: tuple[int, ...] = ()
    """Where each column begins, in characters; empty where blanks or bars part the cells."""
    bar: str = ""
    """What parts the cells of a table with borders."""

    def cells(self, lines: list[str]) -> list[Row | None]:
        """Cut lines; None for a line that has not enough cells."""
        size = len(self.layout.columns)
        if self.bar:
            edges = bool(self.layout.literals[0].strip(" "))
            return [_between(line.split(self.bar), size, edges=edges) for line in lines]
        if self.starts:
            cuts = [*pairwise(self.starts), (self.starts[-1], None)]
            columns = [[line[start:end].rstrip(" ") for line in lines] for start, end in cuts]
            return list(zip(*columns, strict=True))
        if size == 1:
            return [(line,) for line in lines]
        found = [line.split(None, size - 1) for line in lines]
        return [tuple(cells) if len(cells) == size else None for cells in found]


def _between(fields: list[str], size: int, *, edges: bool) -> Row | None:
    if edges:
        fields = fields[1:-1]
    return tuple([field.strip(" ") for field in fields]) if len(fields) == size else None


def find_cut(chunks: list[list[str]]) -> Cut | None:
    """Find the columns of a listing.

    Args:
        chunks: Samples of consecutive lines.

    Returns:
        How to cut the lines into cells; None where they show no columns.
    """
    chunks = [[line[:_SAMPLED_CHARACTERS] for line in chunk] for chunk in chunks]
    lines = [line for chunk in chunks for line in chunk if line]
    for found in (_find_bars(lines), _find_starts(lines)):
        if found is not None and _restored(found, lines) >= _COVERED:
            return found
    return _find_words(chunks)


def _restored(cut: Cut, lines: list[str]) -> float:
    rows = [(line, row) for line, row in zip(lines, cut.cells(lines), strict=True) if row is not None]
    if not rows:
        return 0.0
    out = cut.layout.render([row for _, row in rows], [0] * len(rows))
    return sum(line == text for (line, _), text in zip(rows, out, strict=True)) / len(lines)


def _find_bars(lines: list[str]) -> Cut | None:
    """Tables whose cells stand between bars, as databases, Markdown and terminals draw them."""
    joined = "\n".join(lines)
    bar = max(_BARS, key=joined.count)
    if joined.count(bar) < len(lines):
        return None
    counts = Counter(line.count(bar) for line in lines)
    del counts[0]
    bars, uses = counts.most_common(1)[0]
    if uses < len(lines) * _COVERED or bars < 1:
        return None
    table = [line.split(bar) for line in lines if line.count(bar) == bars]
    first, last = table[0][0].strip(" "), table[0][-1].strip(" ")
    edges = not first and not last
    if edges and bars < 2:  # noqa: PLR2004 - an edge on both sides
        return None
    names_row = next((row for row in table if all(cell.strip(" ") for cell in (row[1:-1] if edges else row))), table[0])
    body = [row for row in table if row is not names_row and not _is_border("".join(row))] or table
    columns = list(zip(*[row[1:-1] if edges else row for row in body], strict=True))
    names = name_columns([cell.strip(" ") for cell in (names_row[1:-1] if edges else names_row)], [])
    before: list[str] = [body[0][0] + bar if edges else ""]
    specs: list[Column] = []
    for name, cells in zip(names, columns, strict=True):
        lead = min([len(cell) - len(cell.lstrip(" ")) for cell in cells if cell.strip(" ")], default=1)
        tail = min([len(cell) - len(cell.rstrip(" ")) for cell in cells if cell.strip(" ")], default=1)
        width, agreed = Counter(map(len, cells)).most_common(1)[0]
        column = Column(name)
        if agreed > len(cells) * _ALIGNED and width > lead + tail:
            ragged = sum(len(cell) - len(cell.lstrip(" ")) > lead for cell in cells if cell.strip(" "))
            column = Column(name, ">" if ragged * 2 > len(cells) else "<", width - lead - tail)
        before[-1] += " " * lead
        specs.append(column)
        before.append(" " * tail + bar)
    before[-1] = before[-1][:-1]
    if edges:
        before[-1] += bar + body[0][-1]
    return Cut(Layout(tuple(before), tuple(specs)), bar=bar)


def _is_border(text: str) -> bool:
    return not text.strip(" -=+:|─━┼╇┿")


def _find_starts(lines: list[str]) -> Cut | None:
    """Tables whose cells may hold blanks or nothing: columns begin where the heading's words begin."""
    if len(lines) < 2:  # noqa: PLR2004
        return None
    fields = list(_FIELD.finditer(lines[0]))
    if len(fields) < 3 or fields[0].start():  # noqa: PLR2004 - two columns need no heading
        return None
    starts = tuple([field.start() for field in fields])
    body = lines[1:]
    for start, after in pairwise(starts):
        if sum(line[after - 1 : after] in (" ", "") for line in body) < len(body) * 0.9:
            return None
        if after != starts[1] and sum(line[start : start + 1] == " " for line in body) * 2 > len(body):
            return None
    holes = sum(" " in cell or not cell for line in body for a, b in pairwise(starts) for cell in (line[a:b].strip(),))
    if holes * 10 < len(body):
        return None
    names = name_columns([field[0] for field in fields], [])
    columns = [Column(name, "<", after - start - 1) for name, (start, after) in zip(names, pairwise(starts), strict=False)]
    literals = ("", *[" "] * len(columns), "")
    return Cut(Layout(literals, (*columns, Column(names[-1]))), starts=starts)


def _find_words(chunks: list[list[str]]) -> Cut | None:
    """Tables whose cells hold no blanks, but for the last column."""
    spans = [[[found.span() for found in _WORD.finditer(line)] for line in chunk] for chunk in chunks]
    total = sum(map(len, spans))
    sizes = Counter(min(len(line), _MOST_COLUMNS) for chunk in spans for line in chunk)
    best, best_size = 0.0, 0
    aligns: list[str] = []
    for size in sorted(sizes, reverse=True):
        covered = sum(count for other, count in sizes.items() if other >= size)
        if size < 2 or covered < total * 0.3 or covered < 2:  # noqa: PLR2004
            continue
        found = _alignments(spans, size)
        worth = (sum(1.0 if align else _PLAIN_COLUMN for align in found[1:]) + _PLAIN_COLUMN) * covered
        if worth > best:
            best, best_size, aligns = worth, size, found
    if not best_size:
        return None
    sections = _sections(chunks, spans, best_size)
    lines = [line for chunk in chunks for line in chunk]
    names = _names_of(chunks, best_size)
    candidates = [_lay_out([[line for section in sections for line in section]], aligns, names)]
    if len(sections) > 1:
        candidates.append(_lay_out(sections, aligns, names))
    if any(aligns[1:]):
        candidates.append(Layout(("", *[" "] * (best_size - 1), ""), tuple(map(Column, names))))
    tabs = all(lines[0][a:b] == "\t" for (_, a), (b, _) in pairwise(spans[0][0])) if spans[0] and "\t" in lines[0] else False
    if tabs:
        candidates = [Layout(("", *["\t"] * (best_size - 1), ""), tuple(map(Column, names)))]
    ranked = [(_restored_in_sections(Cut(layout), chunks), -number, layout) for number, layout in enumerate(candidates)]
    share, _, layout = max(ranked, key=lambda item: item[:2])
    return Cut(layout) if share * total >= 2 and share >= 0.2 else None  # noqa: PLR2004


def _restored_in_sections(cut: Cut, chunks: list[list[str]]) -> float:
    total = good = 0
    for chunk in chunks:
        total += len(chunk)
        section, rows, lines, sections = 0, [], [], []
        for line, row in zip(chunk, cut.cells(chunk), strict=True):
            section += not line
            if row is not None:
                rows.append(row)
                lines.append(line)
                sections.append(section)
        good += sum(map(str.__eq__, lines, cut.layout.render(rows, sections)))
    return good / max(total, 1)


def _alignments(spans: list[list[Spans]], size: int) -> list[str]:
    """For each column ``<`` where lines agree with their neighbours on its start, ``>`` on its end, else empty."""
    pairs = [
        (one, other)
        for chunk in spans
        for one, other in pairwise(chunk)
        if len(one) >= size and len(other) >= size
    ]
    aligns: list[str] = []
    for position in range(size):
        starts = sum(one[position][0] == other[position][0] for one, other in pairs)
        ends = sum(one[position][1] == other[position][1] for one, other in pairs)
        last = position == size - 1
        if max(starts, 0 if last else ends) < len(pairs) * _ALIGNED or not pairs:
            aligns.append(">" if last and ends > starts and ends >= len(pairs) * _ALIGNED else "")
        else:
            aligns.append("<" if starts >= ends else ">")
    for position in reversed(range(size - 1)):
        if aligns[position] == "<" and not aligns[position + 1]:
            aligns[position] = ""
    return aligns


def _sections(chunks: list[list[str]], spans: list[list[Spans]], size: int) -> list[list[Spans]]:
    """Lines between empty lines; those that a sample cuts off only where there are no others."""
    whole: list[list[Spans]] = []
    cut: list[list[Spans]] = []
    for chunk, found in zip(chunks, spans, strict=True):
        sections: list[list[Spans]] = [[]]
        for line, words in zip(chunk, found, strict=True):
            if not line:
                sections.append([])
            elif len(words) >= size:
                sections[-1].append(words)
        if len(chunks) == 1:
            whole += sections
        else:
            cut += sections
            whole += sections[1:-1]
    return [section for section in whole if section] or [section for section in cut if section]


def _lay_out(sections: list[list[Spans]], aligns: list[str], names: list[str]) -> Layout:
    """Find widths: what is wider than its longest cell is a number, in one section; the others fit the longest."""
    measured = [_measure(section, aligns) for section in sections]
    size = len(aligns)
    lead = Counter(item[0] for item in measured).most_common(1)[0][0]
    columns: list[Column] = []
    for position, (name, align) in enumerate(zip(names, aligns, strict=True)):
        widths = [item[1][position] for item in measured]
        width, agreed = Counter(width for width, _ in widths).most_common(1)[0]
        fits = sum(width == longest for width, longest in widths)
        if not align or width <= 0:
            columns.append(Column(name))
        elif len(sections) > 1 and (fits == len(widths) or fits > agreed):
            columns.append(Column(name, align, FIT))
        elif all(
            end - start == width for section in sections for line in section for start, end in (line[position],)
        ):
            columns.append(Column(name))
        else:
            columns.append(Column(name, align, width))
    if columns[-1].align == "<":
        columns[-1] = Column(names[-1])
    return Layout((" " * lead, *[" "] * (size - 1), ""), tuple(columns))


def _measure(section: list[Spans], aligns: list[str]) -> tuple[int, list[tuple[int, int]]]:
    """Width and longest cell of each column of lines that stand below each other, and the blanks before the first."""
    size = len(aligns)
    anchors: list[int] = []
    longest: list[int] = []
    for position, align in enumerate(aligns):
        edge = int(align == ">")
        anchor = Counter(line[position][edge] for line in section).most_common(1)[0][0]
        anchors.append(anchor)
        longest.append(max(end - start for line in section for start, end in (line[position],) if line[position][edge] == anchor))
    lead = anchors[0] if aligns[0] == "<" else 0
    widths: list[tuple[int, int]] = []
    begin = lead
    for position, align in enumerate(aligns):
        if align == ">":
            width = anchors[position] - begin
        elif align == "<" and position + 1 < size and aligns[position + 1] == "<":
            width = anchors[position + 1] - anchors[position] - 1
        else:
            width = longest[position] if align else 0
        widths.append((width, longest[position]))
        begin += width + 1
    return lead, widths


def _names_of(chunks: list[list[str]], size: int) -> list[str]:
    """Name columns by the line above them, or by what they hold."""
    rows = [row for chunk in chunks for line in chunk if len(row := line.split(None, size - 1)) == size]
    head = rows[0] if rows else []
    first = next((line for chunk in chunks for line in chunk if line.strip()), "")
    fields = _FIELD.findall(first)
    if len(fields) == size and len(rows) > 1 and fields[0][:1].isalpha() and fields[0][:1].isupper():
        return name_columns(fields, rows[1])
    if len(head) == size and not any(cell[:1].isdigit() or cell[:1] in "-/" for cell in head[:-1]) and len(rows) > 1:
        alike = sum(one == other for one, other in zip(head, rows[1], strict=True))
        if head[0][:1].isalpha() and not alike and (head[0].isupper() or head[0].istitle()):
            return name_columns(head, rows[1])
    return name_columns([""] * size, rows[len(rows) // 2] if rows else [])


_BY_VALUE = (
    ("mode", re.compile(r"[-dlcbpsD][-rwxsStTlL]{9}[.+@]?")),
    ("month", re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")),
    ("date", re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d")),
    ("time", re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?")),
    ("ip", re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")),
    ("path", re.compile(r"[\w.@+~-]*(?:/[\w.@+~-]*)+")),
    ("hash", re.compile(r"(?=.*[a-f])[0-9a-f]{7,}")),
    ("n", re.compile(r"\d+")),
    ("size", re.compile(r"\d[\d.,]*[KMGTPkmgtp]?i?B?")),
)
_FILE_COLUMNS = ("mode", "links", "owner", "group", "size", "month", "day", "time", "name")


def name_columns(heads: list[str], sample: list[str] | Row) -> list[str]:
    """Name columns, no two the same.

    Args:
        heads: Cells of a heading; empty or odd ones are replaced.
        sample: Cells of a row.
    """
    values = [*sample, *[""] * (len(heads) - len(sample))]
    if len(heads) == len(_FILE_COLUMNS) and not any(heads) and _BY_VALUE[0][1].fullmatch(values[0]):
        return list(_FILE_COLUMNS)
    names: list[str] = []
    for position, (head, value) in enumerate(zip(heads, values, strict=True)):
        last = position == len(heads) - 1
        name = head.partition("  ")[0]
        if not name or _NO_NAME.search(head.replace(" ", "") if last else head):
            name = _NO_NAME.sub("_", name)[:_LONGEST_NAME] or next(
                (kind for kind, pattern in _BY_VALUE if pattern.fullmatch(value)), "text" if last else chr(97 + position % 26)
            )
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name}{number}", number + 1
        names.append(unique)
    return names


_LONGEST_NAME = 16
