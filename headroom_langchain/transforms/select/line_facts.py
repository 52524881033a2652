"""Facts about lines: how many of each level, file and shape, and from when to when."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.select.errors import shape
from headroom_langchain.transforms.select.figures import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEVEL: Final = re.compile(
    r"(?:^|[\s\[(<|:=\"])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|SEVERE|(?<==)(?:debug|info|warn(?:ing)?|error"
    r"|fatal)|(?<=\[)(?:debug|info|notice|warn(?:ing)?|error|crit|emerg|alert))(?=[\s\]>)|:,\"]|$)"
)
_LEVEL_REACH: Final = 120
_LEVEL_SHARE: Final = 0.5
_STAMP: Final = re.compile(
    r"\d{4}[-/.]\d\d[-/.]\d\d[T _,]{0,2}\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"
    r"|\d\d/\d\d/\d{2,4} \d\d:\d\d:\d\d|\b\d{6} \d{6}\b|\b1\d{9}\.\d+"
)
_STAMP_REACH: Final = 60
_STAMP_SHARE: Final = 0.5
_MATCH: Final = re.compile(r"((?:[A-Za-z]:)?[^:\n]+?)[:-]\d+[:-]")
_MATCH_REACH: Final = 400
_MATCH_SHARE: Final = 0.9
_FREQUENT_SHARE: Final = 0.05
_MOST_FREQUENT: Final = 3
_MOST_FILES: Final = 3
_LONGEST_SHAPE: Final = 70


def line_facts(texts: Sequence[str], noun: str, errors: int) -> list[tuple[float, str]]:
    """Compute facts about lines.

    Args:
        texts: Lines.
        noun: What they are called, in the plural.
        errors: How many of them report an error.

    Returns:
        Facts with how useful each is, in no order.
    """
    facts: list[tuple[float, str]] = []
    files = _files(texts)
    if files is not None:
        top = ", ".join(f"{one_line(path)} {count}" for path, count in files.most_common(_MOST_FILES))
        facts.append((9.0, f"files: {len(files)}; most {noun} in {top}"))
        return facts
    levels = Counter(found[1].upper() for text in texts if (found := _LEVEL.search(text[:_LEVEL_REACH])))
    if levels.total() >= _LEVEL_SHARE * len(texts):
        rest = len(texts) - levels.total()
        shown = ", ".join(f"{level} {count}" for level, count in levels.most_common())
        facts.append((9.0, f"levels: {shown}" + (f", without {rest}" if rest else "")))
    stamps = [found[0] for text in texts if (found := _STAMP.search(text[:_STAMP_REACH]))]
    if len(stamps) >= max(2, _STAMP_SHARE * len(texts)):
        facts.append((7.0, _span(stamps)))
    if not facts:
        return []
    if errors:
        facts.append((8.0, f"{noun} that report an error: {errors}"))
    facts.extend(_frequent(texts))
    return facts


def _span(stamps: Sequence[str]) -> str:
    if all(
        stamp[:4].isdigit() and len(stamp) == len(stamps[0]) and stamp[4] == stamps[0][4] for stamp in stamps
    ):
        return f"time: {min(stamps)} to {max(stamps)}"
    return f"time: first {stamps[0]}, last {stamps[-1]}"


def _files(texts: Sequence[str]) -> Counter[str] | None:
    """How many lines each file has, where the lines are matches of a search."""
    step = max(1, len(texts) // 64)
    sample = texts[::step]
    if sum(_MATCH.match(text[:_MATCH_REACH]) is not None for text in sample) < _MATCH_SHARE * len(sample):
        return None
    counts: Counter[str] = Counter()
    others = 0
    for text in texts:
        found = _MATCH.match(text[:_MATCH_REACH])
        if found and re.search(r"[/\\.]", found[1]) and " " not in found[1]:
            counts[found[1]] += 1
        elif text.strip() and text != "--":
            others += 1
    return counts if counts and others == 0 else None


def _frequent(texts: Sequence[str]) -> list[tuple[float, str]]:
    counts = Counter(map(shape, texts))
    least = max(3, _FREQUENT_SHARE * len(texts))
    facts: list[tuple[float, str]] = []
    for place, (line, count) in enumerate(counts.most_common(_MOST_FREQUENT)):
        text = line.strip().lstrip("#,.[] -")
        if count >= least and text:
            short = text if len(text) <= _LONGEST_SHAPE else f"{text[:_LONGEST_SHAPE]}…"
            facts.append((5.0 - place / 2, f"{count} like: {one_line(short)}"))
    return facts
