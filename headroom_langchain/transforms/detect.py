"""What kind of text is this.

Told from the head, some lines of the middle and the tail, so that the work does not grow with the text. Every rule
looks at how many of the sampled lines have a shape; what comes first in the order of the rules wins, so shapes that
are hard to hit by chance stand above those that are easy.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from headroom_langchain.results import ContentKind
from headroom_langchain.transforms.line_shapes import (
    ANSI,
    BUILD,
    CODE,
    COLUMN_HEADER,
    COLUMNS,
    DIFF_CLASSIC,
    DIFF_DECISIVE,
    FENCE,
    GUTTER,
    HEADING,
    INLINE_MARKDOWN,
    JSON_START,
    LISTING,
    LOG,
    MARKDOWN,
    MATCH,
    MATCH_BARE,
    MATCH_NO_NUMBER,
    MATCH_PATH,
    NOT_BLANK,
    NUMBERED,
    ONE_WORD,
    PAGE_START,
    PATH_ONLY,
    QUOTED,
    SENTENCE,
    TAG_LINE,
    TAG_START,
    UNDERLINE,
    YAML_KEY,
    YAML_OTHER,
)
from headroom_langchain.transforms.marker import read_header

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD: Final = 3_000
"""Characters looked at from the start."""
_SPOT: Final = 1_000
"""Characters looked at in the middle and at the end."""
_HEAD_LINES: Final = 30
_SPOT_LINES: Final = 8
_LINE: Final = 300
"""Characters looked at in one line."""

_NEARLY_ALL: Final = 0.9
_MOST: Final = 0.75
_MANY: Final = 0.6
_HALF: Final = 0.5
_SOME: Final = 0.35
_FEW: Final = 0.2
_HARDLY_ANY: Final = 0.1
_PAIR: Final = 2
_TABLE: Final = 3
"""Lines, or delimiters in a line, from which on a regular pattern is no accident."""


def detect(text: str) -> ContentKind:
    """Tell the kind of a text from its head and a sample of its lines.

    Args:
        text: Any text, broken or huge included.

    Returns:
        The kind; :attr:`~ContentKind.PROSE` where nothing speaks for another one. Never raises.
    """
    if read_header(text) is not None:
        return ContentKind.COMPRESSED
    head = text[:_HEAD].lstrip("\ufeff \t\r\n")
    if not head:
        head = text.lstrip("\ufeff \t\r\n")[:_HEAD]
    if JSON_START.match(head):
        return _json_kind(text)
    lines = _sample(text)
    if not lines:
        return ContentKind.PROSE
    for rule in _RULES:
        kind = rule(lines)
        if kind is not None:
            return kind
    return ContentKind.PROSE


def _sample(text: str) -> list[str]:
    lines = _whole_lines(text[:_HEAD].removeprefix("\ufeff"), first=True, last=len(text) <= _HEAD)[
        :_HEAD_LINES
    ]
    if len(text) > _HEAD + 2 * _SPOT:
        middle = len(text) // 2
        lines += _whole_lines(text[middle : middle + _SPOT], first=False, last=False)[:_SPOT_LINES]
    if len(text) > _HEAD + _SPOT:
        lines += _whole_lines(text[-_SPOT:], first=False, last=True)[-_SPOT_LINES:]
    return lines


def _whole_lines(piece: str, *, first: bool, last: bool) -> list[str]:
    if "\x1b" in piece:
        piece = ANSI.sub("", piece)
    lines = piece.split("\n")
    if len(lines) > 1:
        lines = lines[0 if first else 1 : len(lines) if last else -1]
    clipped = (line[:_LINE].rstrip() for line in lines)
    return [line for line in clipped if line]


def _share(match: Callable[[str], object], lines: list[str]) -> float:
    return sum(1 for line in lines if match(line)) / len(lines)


def _json_kind(text: str) -> ContentKind:
    start = NOT_BLANK.search(text)
    end = text.find("\n", start.start()) if start else -1
    if start is None or end < 0:
        return ContentKind.JSON
    first = text[max(start.start() + 1, end - _LINE) : end].rstrip()
    following = text[end : end + _LINE].lstrip()[:1]
    return ContentKind.JSONL if first[-1:] in ("}", "]") and following == start[0] else ContentKind.JSON


def _markup(lines: list[str]) -> ContentKind | None:
    first = lines[0].lstrip(" \t")
    if PAGE_START.match(first):
        return ContentKind.HTML
    if TAG_START.match(first) and _share(TAG_LINE.match, lines) >= _MANY:
        return ContentKind.HTML
    return None


def _diff(lines: list[str]) -> ContentKind | None:
    decisive = sum(1 for line in lines if DIFF_DECISIVE.match(line))
    if decisive and not FENCE.match(lines[0]):
        plus_minus = sum(1 for line in lines if line[0] in "+-@ " or DIFF_DECISIVE.match(line))
        return ContentKind.DIFF if plus_minus / len(lines) >= _SOME else None
    if (
        DIFF_CLASSIC.match(lines[0])
        and _share(lambda line: line[:2] in ("< ", "> ", "<", ">"), lines) >= _SOME
    ):
        return ContentKind.DIFF
    return None


def _search(lines: list[str]) -> ContentKind | None:
    rows = [line for line in lines if line != "--"]
    if not rows:
        return None
    matches = sum(1 for line in rows if (found := MATCH.match(line)) and MATCH_PATH.search(found[0]))
    if matches / len(rows) >= _MANY or _counts_up(rows) or _rises_below_paths(rows):
        return ContentKind.SEARCH
    return None


def _counts_up(rows: list[str]) -> bool:
    """Whether each line carries the number after its neighbour's, as ``cat -n`` writes them."""
    found = [shape for line in rows if (shape := NUMBERED.match(line))]
    if len(found) < max(_MANY * len(rows), _TABLE):
        return False
    steps = [int(after[1][:18]) - int(before[1][:18]) for before, after in pairwise(found)]
    return steps.count(1) >= _MANY * len(steps)


def _rises_below_paths(rows: list[str]) -> bool:
    """Whether the lines are ``12:text`` with rising numbers, with or without paths as headings."""
    found = [shape for line in rows if (shape := MATCH_BARE.match(line))]
    if len(found) < max(_PAIR, _HALF * len(rows)):
        return False
    paths = sum(1 for line in rows if not MATCH_BARE.match(line) and PATH_ONLY.match(line))
    rising = sum(int(after[1][:18]) > int(before[1][:18]) for before, after in pairwise(found))
    return rising >= _MANY * (len(found) - 1) and (len(found) + paths) / len(rows) >= _NEARLY_ALL


def _search_without_numbers(lines: list[str]) -> ContentKind | None:
    paths = [found[1] for line in lines if (found := MATCH_NO_NUMBER.match(line))]
    if (
        len(paths) >= _PAIR
        and len(paths) / len(lines) >= _NEARLY_ALL
        and any("/" in p or "\\" in p or "." in p for p in paths)
    ):
        return ContentKind.SEARCH
    return None


def _build(lines: list[str]) -> ContentKind | None:
    strong = sum(1 for line in lines if BUILD.match(line))
    if not strong:
        return None
    share = (strong + sum(1 for line in lines if GUTTER.match(line))) / len(lines)
    first = BUILD.match(lines[0]) is not None
    if share < (_HARDLY_ANY if first else _FEW):
        return None
    return None if _share(LOG.match, lines) >= _SOME and share < _MOST else ContentKind.BUILD


def _log(lines: list[str]) -> ContentKind | None:
    stamped = [line for line in lines if LOG.match(line)]
    share = len(stamped) / len(lines)
    if share >= _HALF:
        return ContentKind.LOG
    trailing = sum(1 for line in lines if line[0] in " \t" or BUILD.match(line))
    return ContentKind.LOG if share >= _FEW and share + trailing / len(lines) >= _MOST else None


def _listing(lines: list[str]) -> ContentKind | None:
    share = _share(LISTING.match, lines)
    first = LISTING.match(lines[0]) is not None
    if share >= _MOST or (first and share >= _FEW):
        return ContentKind.LISTING
    if len(lines) > 1 and COLUMN_HEADER.match(lines[0]) and _share(COLUMNS.match, lines) >= _NEARLY_ALL:
        return ContentKind.LISTING
    return None


def _bare_words(lines: list[str]) -> ContentKind | None:
    if (
        len(lines) >= _TABLE
        and _share(ONE_WORD.match, lines) >= _NEARLY_ALL
        and max(map(len, lines)) < _LINE
        and lines[0].isascii()
    ):
        return ContentKind.LISTING
    return None


def _csv(lines: list[str]) -> ContentKind | None:
    whole = QUOTED.sub('"', "\n".join(lines[:_HEAD_LINES])).split("\n")
    if len(whole) < _PAIR:
        return None
    for delimiter in ("\t", ",", ";", "|"):
        columns = whole[0].count(delimiter)
        if not columns:
            continue
        even = sum(1 for line in whole if line.count(delimiter) == columns) / len(whole)
        if even < (_NEARLY_ALL if len(whole) > _TABLE else 1) or whole[0].lstrip()[:1] == "|":
            continue
        logged = LOG.match(whole[0]) is not None
        if logged and (columns < _TABLE or delimiter == "|"):
            continue
        if columns == 1 and not _plain_pairs(whole, delimiter):
            continue
        if (
            sum(1 for line in whole if line[-1:] in "{};(." or line.endswith(delimiter + " ")) / len(whole)
            < _HALF
        ):
            return ContentKind.CSV
    return None


def _plain_pairs(lines: list[str], delimiter: str) -> bool:
    """Whether lines with one delimiter each are cells, not clauses of sentences or lines of code."""
    if len(lines) < _TABLE or SENTENCE.match(lines[0]):
        return False
    if delimiter == "\t":
        return not lines[0][:1].isdigit() and lines[0][0] != "\t"
    tight = sum(
        1
        for line in lines
        if delimiter + " " not in line or line.rpartition(delimiter)[2].strip()[:1].isdigit()
    )
    wordy = sum(1 for line in lines if line[-1:] in ".,:;" or line.count(" ") > _SPOT_LINES or "(" in line)
    return tight >= _NEARLY_ALL * len(lines) and wordy <= _FEW * len(lines)


def _structured(lines: list[str]) -> ContentKind | None:
    """YAML, Markdown or code: all three have lines that look like the others', so they are weighed together."""
    outside, fences = _outside_fences(lines)
    if not outside:
        return ContentKind.MARKDOWN if fences else None
    if _is_yaml(outside) and not fences:
        return ContentKind.YAML
    total = len(outside)
    headings = sum(1 for line in outside if HEADING.match(line))
    headings += sum(
        1 for above, line in pairwise(outside) if UNDERLINE.match(line) and len(above) <= len(line) + 2
    )
    blocks = sum(1 for line in outside if MARKDOWN.match(line))
    inline = sum(1 for line in outside if INLINE_MARKDOWN.search(line))
    sentences = sum(1 for line in outside if SENTENCE.match(line))
    code = sum(1 for line in outside if CODE.match(line)) / total
    marks = blocks + inline + 2 * fences
    if fences and (sentences or headings or code < _SOME):
        return ContentKind.MARKDOWN
    if code >= _SOME and code > (blocks + inline) / total and sentences / total < _SOME:
        return ContentKind.CODE
    if (headings and marks >= _PAIR) or marks / total >= _SOME:
        only_numbers = not headings and not inline and blocks < _HALF * total
        return None if only_numbers else ContentKind.MARKDOWN
    return ContentKind.CODE if code >= _SOME and sentences / total < _SOME else None


def _outside_fences(lines: list[str]) -> tuple[list[str], int]:
    outside: list[str] = []
    fences, inside = 0, ""
    for line in lines:
        found = FENCE.match(line)
        if found and not inside:
            inside, fences = found[1], fences + 1
        elif found and found[1].startswith(inside) and not found[2].strip():
            inside = ""
        elif not inside:
            outside.append(line)
    return outside, fences


def _is_yaml(lines: list[str]) -> bool:
    keys: list[str] = []
    others = 0
    nested = lines[0].startswith(("---", "%YAML"))
    for line in lines:
        found = YAML_KEY.match(line)
        if found and line[-1] not in ";,{(" and not (found[1] or "").endswith(("=>", "->")):
            keys.append(line.partition(":")[0])
            nested = nested or found[1] is None or line[0] in " -"
        elif YAML_OTHER.match(line) and line[-1] not in ";{}(":
            others += 1
        else:
            others -= 1
    if len(keys) + max(others, 0) < _MOST * len(lines) or len(keys) < max(1, _SOME * len(lines)):
        return False
    if any(key.lstrip() in ("else", "try", "finally", "default", "public", "private") for key in keys):
        return False
    if nested:
        return len(keys) > 1
    return (
        len(keys) >= _PAIR
        and len(set(keys)) == len(keys)
        and _share(SENTENCE.match, [k for k in keys if k] or lines) == 0
    )


_RULES: Final[tuple[Callable[[list[str]], ContentKind | None], ...]] = (
    _markup,
    _diff,
    _search,
    _build,
    _csv,
    _listing,
    _log,
    _search_without_numbers,
    _structured,
    _bare_words,
)
