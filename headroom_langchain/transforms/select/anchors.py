"""What a query names: ids, numbers, paths, quoted words; found as whole atoms in the units."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from headroom_langchain.transforms.select.corpus import Corpus

_LONGEST_QUERY: Final = 20_000
_MOST_ANCHORS: Final = 100
_LONGEST_QUOTE: Final = 200
_LONGEST_ATOM: Final = 300
_QUOTES: Final = (
    ('"', '"'), ("`", "`"), ("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«"), ("‹", "›"), ("「", "」"),
    ("『", "』"), ("《", "》"), ("‘", "’"), ("＂", "＂"),
)  # fmt: skip
_QUOTED: Final = re.compile(
    "|".join(
        f"{opening}([^{opening}{closing}\n]{{1,{_LONGEST_QUOTE}}}){closing}" for opening, closing in _QUOTES
    )
    # An apostrophe opens a quotation where no letter stands before it and closes one where none follows.
    + rf"|(?<!\w)'([^'\n]{{1,{_LONGEST_QUOTE}}})'(?!\w)"
)
_ATOM: Final = re.compile(
    r"""
    (?P<url>[a-z][a-z0-9+.-]{1,20}://[^\s<>"'`，。、」』]+)
    | (?P<mail>[\w.+-]++@[\w-]++(?:\.[\w-]++)+)
    | (?P<path>(?:[a-z]:[\\/]|~/|\.{0,2}/|\\\\)[\w.@+\\/:-]{0,300}\w|[\w.@+-]++(?:[\\/][\w.@+-]++)+)
    | (?P<stamp>\d{4}-\d\d-\d\d(?:[t\x20]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?|\d{1,2}:\d\d(?::\d\d)?)
    | (?P<address>\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7})
    | (?P<number>[#$€£]?[-\u2212]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.-])[-\u2212]?\d+(?:\.\d+)?(?:e[+-]?\d+)?%?(?![\w]|[-.:]\w))
    | (?P<word>[^\W_](?:[\w.:@#-]*[^\W_])?|_+\w+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NO_SPACES: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_MIXED: Final = re.compile(
    r"[^\W\d_].*\d|\d.*[^\W\d_]|[^\W_]_+[^\W_]|^_+\w|\w\.\w|\w[:@#]\w|[a-z][A-Z]|^[A-Z][A-Z0-9]{2,}$"
)
_ORDINAL: Final = re.compile(r"\d{1,3}(?:st|nd|rd|th|x|s|k|h|m|am|pm)", re.IGNORECASE)
_HASH: Final = re.compile(r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}")
_EVERYDAY: Final = frozenset(
    {"e.g", "i.e", "a.m", "p.m", "u.s", "etc", "and/or", "json", "csv", "api", "url", "http"}
)
_GROUP: Final = re.compile(r"\d{3}(?!\d)")
_GROUP_BEFORE: Final = re.compile(r"(?:^|[^\d,.])\d{1,3},$")
_CELL_BEHIND: Final = re.compile(r",(?!\d{3}(?!\d))")
_MOST_SHARE: Final = 0.5
_WEAK_SHARE: Final = 0.1
_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Anchor:
    """Something that a query names."""

    text: str
    """In lower case."""
    kind: str
    """``quoted``, ``number``, ``stamp``, ``path``, ``word`` and the like."""

    @property
    def is_weak(self) -> bool:
        """Whether it is so short a number that it may stand for anything."""
        return self.kind == "number" and len(self.text.strip("-")) < 3


def anchors_of(query: str) -> list[Anchor]:
    """Find what a query names.

    Args:
        query: A question, a task, the arguments of a tool call.

    Returns:
        Quoted texts first, then atoms in their order, each once; at most a hundred.
    """
    query = query[:_LONGEST_QUERY]
    found: dict[str, Anchor] = {}
    for match in _QUOTED.finditer(query):
        text = (match[match.lastindex or 0]).strip().lower()
        if text:
            found.setdefault(text, Anchor(text, "quoted"))
    for match in _ATOM.finditer(query):
        kind = match.lastgroup or "word"
        if len(match[0]) > _LONGEST_ATOM:
            continue
        text = match[0].rstrip(".,:;!?)-#@") if kind != "number" else match[0].lstrip("#$€£").rstrip("%")
        if kind == "word" and not _is_identifier(text):
            continue
        if text and text.lower() not in _EVERYDAY:
            found.setdefault(text.lower(), Anchor(text.lower(), kind))
    return list(found.values())[:_MOST_ANCHORS]


def _is_identifier(word: str) -> bool:
    if _ORDINAL.fullmatch(word):
        return False
    return word.isdigit() or _MIXED.search(word) is not None


def find_anchors(corpus: Corpus, query: str) -> dict[int, list[str]]:
    """Find the units that carry what a query names.

    Args:
        corpus: The units.
        query: As for :func:`anchors_of`.

    Returns:
        For each unit its anchors. An anchor that stands in more than half of the units (a number of one or two digits:
        a tenth) names none of them and is left out.
    """
    out: dict[int, list[str]] = {}
    count = len(corpus.starts) - 1
    for anchor in anchors_of(query):
        most = max(_FEW, (_WEAK_SHARE if anchor.is_weak else _MOST_SHARE) * count)
        units: set[int] = set()
        for variant in _variants(anchor):
            for unit in _units_with(corpus, variant, anchor):
                units.add(unit)
                if len(units) > most:
                    break
        if len(units) <= most and (len(units) < count or count == 1):
            for unit in units:
                out.setdefault(unit, []).append(anchor.text)
    return out


def _variants(anchor: Anchor) -> Iterable[str]:
    """How an anchor may be written: numbers with and without separators, text escaped as in JSON."""
    text = anchor.text
    yield text
    if anchor.kind == "number":
        plain = text.replace(",", "").replace("\u2212", "-")
        if plain != text:
            yield plain
        digits, _, rest = plain.lstrip("-").partition(".")
        if len(digits) > 3 and digits.isdigit():
            grouped = f"{int(digits):,}" + (f".{rest}" if rest else "")
            if grouped != text:
                yield grouped
    if anchor.kind == "stamp" and "t" in text:
        yield text.replace("t", " ")
    elif anchor.kind == "stamp" and " " in text:
        yield text.replace(" ", "t")
    for ascii_only in (False, True):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        if escaped != text:
            yield escaped


def _units_with(corpus: Corpus, text: str, anchor: Anchor) -> Iterator[int]:
    """Units in which a text stands as a whole atom, ascending."""
    whole, starts = corpus.text, corpus.starts
    find, certain = _finder(whole, text, anchor)
    position = find(0)
    while position >= 0:
        end = position + len(text)
        if certain or _is_whole(whole, position, end, anchor):
            unit = corpus.unit_at(position)
            yield unit
            end = max(end, starts[unit + 1] - 1)
        position = find(end)


def _finder(whole: str, text: str, anchor: Anchor) -> tuple[Callable[[int], int], bool]:
    """Gives the next place of a text from a position on, and whether what it finds is sure to be a whole atom."""
    if not whole.isascii():
        return partial(whole.find, text), False
    literal = re.escape(text)
    left = rf"(?<!\w{literal})" if text[0].isalnum() or text[0] == "_" else ""
    right = r"(?!\w)" if text[-1].isalnum() or text[-1] == "_" else ""
    certain = anchor.kind not in {"number", "stamp", "address"} and not _HASH.fullmatch(anchor.text)
    if anchor.kind == "number":
        right = "(?![0-9_])"
    elif not certain:
        right = ""
    search = re.compile(f"{literal}{left}{right}", re.ASCII).search

    def find(position: int) -> int:
        match = search(whole, position)
        return match.start() if match else -1

    return find, certain


def _is_whole(whole: str, start: int, end: int, anchor: Anchor) -> bool:
    if anchor.kind == "number":
        return _is_whole_number(whole, start, end, anchor)
    if _continues_word(whole[max(0, start - 1) : start], whole[start]):
        return False
    after = whole[end : end + 2]
    if anchor.kind == "address" and after[:1] == "." and after[1:].isdigit():
        return False
    if (anchor.kind == "stamp" and after[:1] in {"t", ":", ".", "z"}) or (
        _HASH.fullmatch(anchor.text) and after[:1] in set("0123456789abcdef")
    ):
        # A date is named that begins a time stamp, a hash by its first digits.
        return True
    return not _continues_word(whole[end - 1], after[:1])


def _is_whole_number(whole: str, start: int, end: int, anchor: Anchor) -> bool:
    if not _starts_number(whole[max(0, start - 2) : start]) or _is_group(whole, start, end):
        return False
    after = whole[end : end + 2]
    if after[1:].isdigit():
        if after[0] == ".":
            # 42.0 is 42.
            return "." not in anchor.text and _ends_in_zeros(whole, end + 1)
        if after[0] in ":-/" or (after[0] == "," and not _is_list(whole, start, end)):
            return False
    return not (after[:1].isdigit() or after[:1] == "_")


def _starts_number(before: str) -> bool:
    if before[-1:] in {".", ":", "/"} and before[:1].isdigit():
        return False
    if before[-1:] == "-" and before[:1].isalnum():
        return not before[:1].isdigit()
    return not (before[-1:].isalnum() or before[-1:] == "_") or _NO_SPACES.match(before[-1:]) is not None


def _is_group(whole: str, start: int, end: int) -> bool:
    """Whether a number is the last digits of a longer one, as in ``1,420``; in ``5,1,420`` it is a cell."""
    if end - start != 3 or _GROUP_BEFORE.search(whole, max(0, start - 6), start) is None:
        return False
    return _CELL_BEHIND.match(whole, end) is None


def _is_list(whole: str, start: int, end: int) -> bool:
    """Whether the comma behind a number separates items: ``[42,43]`` and a CSV line, not ``42,000``."""
    if whole[end] != ",":
        return False
    following = _GROUP.match(whole, end + 1)
    if following is None or whole[max(0, start - 1) : start] == ",":
        return True
    return end - start > 3 and "," not in whole[start:end]


def _ends_in_zeros(whole: str, position: int) -> bool:
    while whole[position : position + 1] == "0":
        position += 1
    following = whole[position : position + 1]
    return not (following.isalnum() or following == "_")


def _continues_word(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    if not left or not right:
        return False
    if _NO_SPACES.match(left) or _NO_SPACES.match(right):
        return False
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")
