"""Cutting lines into skeletons and atoms.

An *atom* is a run without blanks, brackets, quotes or commas that holds a digit or a slash; what stays of a line is its
skeleton. Lines of one skeleton, and skeletons that differ in rare words only, share a template; the frequency rule for
words is that of SLCT (Vaarandi 2003).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from headroom_langchain.transforms.encode.templates import (
    HEADING,
    NO_TEMPLATE,
    Mined,
    Row,
    Template,
    drop_costly,
    fold,
    join_blocks,
    split_by_values,
    value_cost,
)

HEADS = "\2\3\4\5"
"""Stand in a literal for a value that a heading line gives."""
CENTRED = "\6"
"""Begins a line that is a title centred between two runs of one character."""

_GAP = "\0"
_WORD = "\1"
_OURS = _GAP + _WORD + HEADS + CENTRED
_BORDER = r" \t\n\r\x0b\x0c\[\](){}\"'<>=,;|"
_ATOM = f"[^{_BORDER}]"
_ATOMS = re.compile(f"(?<!{_ATOM})([^{_BORDER}0-9/]*+[0-9/]{_ATOM}*+(?:,[0-9]{_ATOM}*+)*+)")
_FILLS = "=_*"
_BANNER = re.compile(rf"(?<=\n)(([{_FILLS}])\2\2+) (\S.*\S) \2\2\2+(?=\n)")
_WIDTHS = 0xE000
_FEWEST_HEADED = 8
_HEAD_SAMPLE = 200
_SLOW = 8
"""A head changes in at most one of so many lines."""
_MARKS = HEADS + CENTRED
_SUPPORT = 4
"""A word stays part of the skeleton when so many skeletons have it at the same place."""
_FREE_TEXT = 3
_FEW_GROUPS = 200


def mine(text: str, *, dense: bool = False) -> Mined | None:
    """Find the templates of a text's lines.

    Args:
        text: Lines, separated by line feeds.
        dense: Values at the head of lines may be split into a slow and a quick part.

    Returns:
        The text as templates and values; None where one of our control characters stands in it.
    """
    if any(mark in text for mark in _OURS):
        return None
    lines, skeletons, rows = _cut(text)
    heads: dict[str, str] = {}
    headings = _hoist_heads(skeletons, rows, heads, dense=dense)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, skeleton in enumerate(skeletons):
        groups[skeleton].append(index)
    patterns = groups if _is_free_text(groups, lines) else _merge_by_words(groups, lines, rows)
    mined = _collect(patterns, lines, rows, headings)
    mined.heads = heads
    uses = mined.uses()
    fold(mined, uses)
    split_by_values(mined, uses)
    single = len(mined.templates)
    join_blocks(mined, related=not dense)
    fold(mined, mined.uses(), since=single)
    drop_costly(mined)
    return mined


def _cut(text: str) -> tuple[list[str], list[str], list[Row]]:
    """Lines with their skeletons and atoms; a line that comes again is cut once."""
    lines = text.split("\n")
    number_of = {line: number for number, line in enumerate(dict.fromkeys(lines))}
    repetitive = len(number_of) * 10 < len(lines) * 9
    once = _mark_banners("\n".join(number_of) if repetitive else text)
    parts = _ATOMS.split(once)
    skeletons = _GAP.join(parts[0::2]).split("\n")
    rows = _cells_of(skeletons, parts[1::2])
    marked = once.split("\n")
    if not repetitive:
        return marked, skeletons, rows
    numbers = [number_of[line] for line in lines]
    return [marked[n] for n in numbers], [skeletons[n] for n in numbers], [rows[n] for n in numbers]


def _mark_banners(text: str) -> str:
    """Mark lines such as ``____ title ____`` that are a title centred in a fixed width."""

    def mark(found: re.Match[str]) -> str:
        line, fill, title = found[0], found[2], found[3]
        if format(f" {title} ", f"{fill}^{len(line)}") != line:
            return line
        return f"{CENTRED}{fill}{chr(_WIDTHS + len(line))} {title}"

    return _BANNER.sub(mark, text) if any(fill * 3 in text for fill in _FILLS) else text


def banner_width(mark: str) -> int:
    """Width in characters that the third character of a marked line stands for."""
    return ord(mark) - _WIDTHS


def restore_banner(line: str) -> str:
    """Write a marked line out again; other lines come back as they are."""
    return format(line[3:] + " ", f"{line[1]}^{banner_width(line[2])}") if line.startswith(CENTRED) else line


def _cells_of(skeletons: list[str], atoms: list[str]) -> list[Row]:
    rows: list[Row] = []
    start = 0
    for skeleton in skeletons:
        end = start + skeleton.count(_GAP)
        rows.append(tuple(atoms[start:end]))
        start = end
    return rows


def _hoist_heads(
    skeletons: list[str], rows: list[Row], heads: dict[str, str], *, dense: bool
) -> dict[int, Row]:
    """Take slow values at the head of lines (a date, a host) out of the lines.

    Skeletons and rows are changed in place, heads gets the names.

    Returns:
        Which heads change before which line: each head's mark with its new value behind it.
    """
    headings: dict[int, list[str]] = defaultdict(list)
    sampled = range(0, len(skeletons), len(skeletons) // _HEAD_SAMPLE + 1)
    for mark in HEADS:
        starts = Counter(skeletons[i].partition(_GAP)[0] for i in sampled if _GAP in skeletons[i])
        if not starts:
            break
        start = starts.most_common(1)[0][0]
        lead = start + _GAP
        if not dense and _changes_often([rows[i][0] for i in sampled if skeletons[i].startswith(lead)]):
            break
        members = [index for index, skeleton in enumerate(skeletons) if skeleton.startswith(lead)]
        count = len(members)
        if count < _FEWEST_HEADED or count * 2 < len(skeletons):
            break
        values = [rows[index][0] for index in members]
        changes = sum(map(str.__ne__, values, values[1:])) + 1
        width = 0
        if changes * _SLOW > count:
            width = _slow_width(values) if dense else 0
            if not width:
                break
        current = ""
        size = len(values[0])
        for index, value in zip(members, values, strict=True):
            if width and len(value) != size:
                continue
            slow = value[:width] if width else value
            if slow != current:
                headings[index].append(mark + slow)
                current = slow
            if width:
                skeletons[index] = start + mark + skeletons[index][len(start) :]
                rows[index] = (value[width:], *rows[index][1:])
            else:
                skeletons[index] = start + mark + skeletons[index][len(lead) :]
                rows[index] = rows[index][1:]
        heads[mark] = _head_name(values[0], heads)
        if width:
            break
    return {index: tuple(items) for index, items in headings.items()}


def _changes_often(sample: list[str]) -> bool:
    """Whether a sample of a head's values has too many different ones to be slow."""
    return len(set(sample)) * 2 > len(sample) > _FEWEST_HEADED


def _slow_width(values: list[str]) -> int:
    """Characters of the values' beginning that change seldom enough to be given once; 0 where there are none."""
    size = len(values[0])
    if sum(len(value) == size for value in values) * 10 < len(values) * 9:
        return 0
    best_gain, best_width = 0.0, 0
    for width in range(1, size):
        if values[0][width - 1].isdigit() and values[0][width].isdigit() and (size - width) % 3:
            continue
        slow = [value[:width] for value in values]
        changes = sum(map(str.__ne__, slow, slow[1:])) + 1
        cost = value_cost(slow[0])
        gain = (len(values) - changes) * (cost - 1) - changes * 4
        if changes * 4 < len(values) and gain > best_gain:
            best_gain, best_width = gain, width
    return best_width


def _head_name(value: str, heads: dict[str, str]) -> str:
    name = "time" if ":" in value else "date" if value[:1].isdigit() else "head"
    return f"{name}{len(heads) + 1}" if name in heads.values() else name


def _is_free_text(groups: dict[str, list[int]], lines: list[str]) -> bool:
    """Whether so many lines have skeletons of their own that comparing their words is not worth its time."""
    return len(groups) > _FEW_GROUPS and len(groups) * _FREE_TEXT > len(lines)


def _merge_by_words(groups: dict[str, list[int]], lines: list[str], rows: list[Row]) -> dict[str, list[int]]:
    """Put skeletons that differ in rare words under one pattern; the rows of those lines are cut anew."""
    patterns: dict[str, list[int]] = {}
    of_size: dict[int, list[tuple[list[str], str]]] = defaultdict(list)
    for skeleton, members in groups.items():
        words = skeleton.split(" ")
        of_size[len(words)].append((words, skeleton))
        if len(members) >= _SUPPORT:
            patterns[skeleton] = members
    words_of: dict[str, list[str]] = {}
    found: dict[str, list[str]] = defaultdict(list)
    for alike in of_size.values():
        if len(alike) < _SUPPORT:
            patterns.update((skeleton, groups[skeleton]) for _, skeleton in alike)
            continue
        frequent = [
            {word for word, count in Counter(column).items() if count >= _SUPPORT}
            for column in zip(*[words for words, _ in alike], strict=True)
        ]
        for words, skeleton in alike:
            if skeleton in patterns:
                continue
            words_of[skeleton] = words
            rare = [
                position
                for position, (word, kept) in enumerate(zip(words, frequent, strict=True))
                if word and word not in kept and word[0] not in _MARKS
            ]
            found[_pattern(words, rare)].append(skeleton)
    for pattern, similar in found.items():
        if len(similar) == 1 or (len(similar) < _SUPPORT and pattern.endswith(_WORD + _WORD)):
            for skeleton in similar:
                patterns[skeleton] = groups[skeleton]
            continue
        words = pattern.split(" ")
        opened = [position for position, word in enumerate(words) if word.startswith(_WORD)]
        for skeleton in similar:
            for index in groups[skeleton]:
                real = lines[index].split(" ", len(words) - 1)
                if rows[index]:
                    rows[index] = _cut_anew(words, words_of[skeleton], rows[index], real)
                else:
                    rows[index] = tuple([real[position] for position in opened])
        patterns[pattern] = sorted(index for skeleton in similar for index in groups[skeleton])
    return patterns


def _pattern(words: list[str], rare: list[int]) -> str:
    """Open slots for few rare words; of a line with many keep the head and take the rest as one slot.

    A line that begins with a rare word, and has many, keeps its skeleton.
    """
    if len(rare) <= max(1, len(words) // 3):
        opened = list(words)
        for position in rare:
            opened[position] = _WORD
        return " ".join(opened)
    if rare[0] == 0:
        return " ".join(words)
    return " ".join([*words[: rare[0]], _WORD + _WORD])


def _cut_anew(pattern: list[str], skeleton: list[str], row: Row, real: list[str]) -> Row:
    """Cells of a line under a pattern, from its cells under its own skeleton and its words."""
    cells: list[str] = []
    start = 0
    for word, own, text in zip(pattern, skeleton, real, strict=False):
        end = start + own.count(_GAP)
        if word.startswith(_WORD):
            cells.append(text)
        else:
            cells.extend(row[start:end])
        start = end
    return tuple(cells)


def _collect(
    patterns: dict[str, list[int]], lines: list[str], rows: list[Row], headings: dict[int, Row]
) -> Mined:
    numbers = [NO_TEMPLATE] * len(lines)
    mined = Mined([], [], [])
    for pattern, members in patterns.items():
        if len(members) < 2:
            continue
        rest = pattern.endswith(_WORD + _WORD)
        literals = tuple(pattern.replace(_WORD + _WORD, _GAP).replace(_WORD, _GAP).split(_GAP))
        for index in members:
            numbers[index] = len(mined.templates)
        mined.templates.append(Template(literals, tuple(range(len(literals) - 1)), rest=rest))
    cells = [
        (line,) if number == NO_TEMPLATE else row
        for line, number, row in zip(lines, numbers, rows, strict=True)
    ]
    start = 0
    for index in sorted(headings):
        mined.sequence += [*numbers[start:index], HEADING]
        mined.rows += [*cells[start:index], headings[index]]
        start = index
    mined.sequence += numbers[start:]
    mined.rows += cells[start:]
    return mined
