"""Finding the columns of a listing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice, pairwise

from headroom_langchain.transforms.encode.column_names import name_columns
from headroom_langchain.transforms.encode.layout import FIT, Column, Layout, Row

_WORD = re.compile(r"\S+")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_FIELD = re.compile(r"\S+(?: \S+)*")
_SAMPLED_CHARACTERS = 400
_MOST_COLUMNS = 24
_ALIGNED = 0.6
"""Share of neighbouring lines that agree where an aligned column begins or ends."""
_COVERED = 0.5
"""Share of lines that a way of cutting has to restore."""
_HEADING_LINES = 6
_NEARLY = 0.98
_PLAIN_COLUMN = 0.1
"""What a column without padding is worth, measured in columns with padding."""
_BARS = "|│"
_HEAVY_BAR = "┃"
Spans = list[tuple[int, int]]


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
    lines = [line for chunk in chunks for line in chunk if _ALPHANUMERIC.search(line)]
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
    if not lines:
        return None
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
    if edges and bars < 2:
        return None
    body = [row for row in table if not _is_border("".join(row))] or table
    heads = [line.split(_HEAVY_BAR) for line in lines if line.count(_HEAVY_BAR) == bars] or body[:1]
    names = [cell.strip(" ") for cell in (heads[0][1:-1] if edges else heads[0])]
    if len(body) > 1 and heads[0] is body[0]:
        if any(name[:1].isdigit() or not name for name in names):
            names = [""] * len(names)
        else:
            body = body[1:]
    columns = list(zip(*[row[1:-1] if edges else row for row in body], strict=True))
    names = name_columns(names, [cell.strip(" ") for cell in next(zip(*columns, strict=True))], spaced=True)
    before: list[str] = [" " * len(body[0][0]) + bar if edges else ""]
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
        before[-1] += bar + " " * len(body[0][-1])
    return Cut(Layout(tuple(before), tuple(specs)), bar=bar)


def _is_border(text: str) -> bool:
    return not text.strip(" -=+:|─━┼╇┿")


def _find_starts(lines: list[str]) -> Cut | None:
    """Tables whose cells may hold blanks or nothing: columns begin where the heading's words begin."""
    if len(lines) < 3:
        return None
    fields = list(_FIELD.finditer(lines[0]))
    if len(fields) < 3 or fields[0].start():
        return None
    starts = tuple([field.start() for field in fields])
    body = lines[1:]
    for start, after in pairwise(starts):
        if sum(line[after - 1 : after] in (" ", "") for line in body) < len(body) * 0.9:
            return None
        if after != starts[1] and sum(line[start : start + 1] == " " for line in body) * 2 > len(body):
            return None
    holes = sum(
        " " in cell or not cell for line in body for a, b in pairwise(starts) for cell in (line[a:b].strip(),)
    )
    if holes * 10 < len(body):
        return None
    names = name_columns([field[0] for field in fields], [], spaced=True)
    columns = [
        Column(name, "<", after - start - 1)
        for name, (start, after) in zip(names, pairwise(starts), strict=False)
    ]
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
        if size < 2 or covered < total * 0.3 or covered < 2:
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
    if len(sections) > 1 and any("" in chunk[:-1] for chunk in chunks):
        candidates.append(_lay_out(sections, aligns, names))
    if any(aligns[1:]):
        candidates.append(Layout(("", *[" "] * (best_size - 1), ""), tuple(map(Column, names))))
    tabs = (
        all(lines[0][a:b] == "\t" for (_, a), (b, _) in pairwise(spans[0][0]))
        if spans[0] and "\t" in lines[0]
        else False
    )
    if tabs:
        candidates = [Layout(("", *["\t"] * (best_size - 1), ""), tuple(map(Column, names)))]
    ranked = [
        (_restored_in_sections(Cut(layout), chunks), -number, layout)
        for number, layout in enumerate(candidates)
    ]
    share, _, layout = max(ranked, key=lambda item: item[:2])
    if layout.fitted and ranked[0][0] >= share * _NEARLY:
        share, _, layout = ranked[0]
    return Cut(layout) if share * total >= 2 and share >= 0.2 else None


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
    enough = max(len(pairs) * _ALIGNED, 1)
    for position in range(size):
        last = position == size - 1
        starts = sum([one[position][0] == other[position][0] for one, other in pairs])
        end = -1 if last else position
        ends = sum([one[end][1] == other[end][1] for one, other in pairs])
        if max(starts, ends) < enough:
            aligns.append("")
        else:
            aligns.append(
                "<" if starts >= ends or (last and any(len(one) > size for one, _ in pairs)) else ">"
            )
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
            end - start == width
            for section in sections
            for line in section
            for start, end in (line[position],)
        ):
            columns.append(Column(name))
        else:
            columns.append(Column(name, align, width))
    if columns[-1].align == "<":
        columns[-1] = Column(names[-1])
    gaps = [
        Counter(item[2][position] for item in measured).most_common(1)[0][0] for position in range(1, size)
    ]
    return Layout((" " * lead, *[" " * (gap + 1) for gap in gaps], ""), tuple(columns))


def _measure(section: list[Spans], aligns: list[str]) -> tuple[int, list[tuple[int, int]], list[int]]:
    """Measure lines that stand below each other.

    Returns:
        The blanks before the first column, width and longest cell of each column, and the blanks before each column
        beyond the first blank.
    """
    size = len(aligns)
    anchors: list[int] = []
    longest: list[int] = []
    for position, align in enumerate(aligns):
        edge = int(align == ">")
        anchor = Counter(line[position][edge] for line in section).most_common(1)[0][0]
        anchors.append(anchor)
        longest.append(
            max(
                end - start
                for line in section
                for start, end in (line[position],)
                if line[position][edge] == anchor
            )
        )
    lead = anchors[0] if aligns[0] == "<" else 0
    widths: list[tuple[int, int]] = []
    gaps: list[int] = []
    begin = lead
    for position, align in enumerate(aligns):
        gap = (
            max(anchors[position] - begin, 0)
            if align == "<" and aligns[position - 1] == ">" and position
            else 0
        )
        gaps.append(gap)
        begin += gap
        if align == ">":
            width = anchors[position] - begin
        elif align == "<" and position + 1 < size and aligns[position + 1] == "<":
            width = anchors[position + 1] - anchors[position] - 1
        else:
            width = longest[position] if align else 0
        widths.append((width, longest[position]))
        begin += width + 1
    return lead, widths, gaps


def _names_of(chunks: list[list[str]], size: int) -> list[str]:
    """Name columns by the line above them, or by what they hold."""
    rows = [row for chunk in chunks for line in chunk if len(row := line.split(None, size - 1)) == size]
    first = next((line for chunk in chunks for line in chunk if line.strip()), "")
    fields = _FIELD.findall(first)
    if len(fields) == size and len(rows) > 1 and fields[0][:1].isupper():
        return name_columns(fields, rows[1])
    for head, row in islice(pairwise(rows), _HEADING_LINES):
        titled = sum([cell[:1].isupper() or cell[:1] in "%#" for cell in head])
        alike = any(map(str.__eq__, head, row))
        if titled * 4 >= size * 3 and not alike and not any(cell[:1].isdigit() for cell in head):
            return name_columns(head, row)
    return name_columns([""] * size, rows[len(rows) // 2] if rows else [])
