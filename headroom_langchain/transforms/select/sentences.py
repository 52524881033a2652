"""Finds sentences in the scripts of the world, without a model.

Where it is unsure it does not split: two sentences in one unit do less harm than half of one.
"""

from __future__ import annotations

import re

LONGEST_SENTENCE = 600
"""Characters, above which text without a clear end is cut at line ends, and at any full stop or semicolon."""

_FULL_WIDTH = "。！？｡"
_END = re.compile(r"""[.!?…؟۔।॥։።။។。！？｡]+["'”“’»›)\]）」』】〉》*_`]*""")
_LOOSE_END = re.compile(r"[.!?;؛；][ \t]+|\n\s*")
_WORD = re.compile(r"\w*")
_SPACE = re.compile(r"\s*")
_OPENING = "\"'“‘«‹„‚([{¿¡*_`"
_LOOK_BACK = 24
"""Characters of the longest abbreviation with what stands before it."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_TITLES = _words(
    "dr mr mrs ms mx prof st gen col sgt capt lt rev hon pres gov sen rep vs cf al approx dept est viz ibid",
    "resp hr fr frl bzw ca vgl evtl ggf inkl exkl zzgl geb gest sog bspw insb einschl dipl ing str tel hrsg",
    "zit ebd mme mlle mgr av env réf tél boul éd sra srta dña ud uds lic avda dra sig sigg dott ing avv г гг",
    "ул им тел руб коп тыс млн млрд см ср напр проф акад доц обл р-н пос пр просп пер кв vd jfr dvs tzv npr",
    "tj sr",
)
"""Abbreviations that are followed by a word of the same sentence."""
_NUMBERED = _words(
    "no nos nr nro núm num № fig figs abb tab tbl eq eqs sec sect § ch chap kap vol bd p pp s art abs pág",
    "págs lib ver v рис стр табл гл ст п пп разд jan feb mar apr jun jul aug sep sept oct nov dec",
)
"""Abbreviations that are followed by a number of the same sentence."""
_AFTER_ORDINALS = _words(
    "januar jänner februar märz april mai juni juli august september oktober november dezember jahrhundert",
    "jahrhunderts jh mal auflage klasse stock januára leden",
)
"""Words that a number with a full stop counts: ``3. Oktober``."""


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Find the sentences of a paragraph.

    Args:
        text: Any text.
        start: Where the paragraph begins, in characters.
        end: Where it ends; the end of the text by default.

    Returns:
        Start and end of each sentence in order. Between them is nothing but white space.
    """
    stop = len(text) if end is None else end
    ends = [match.end() for match in _END.finditer(text, start, stop) if _is_end(text, match, start, stop)]
    spans: list[tuple[int, int]] = []
    for one in [*ends, stop]:
        start = _skip_space(text, start, one)
        core = _trim(text, start, one)
        if core - start > LONGEST_SENTENCE:
            spans += _loosely(text, start, core)
        elif core > start:
            spans.append((start, core))
        start = max(start, one)
    return spans


def _loosely(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut what has no clear end at its lines, and at whatever looks like an end."""
    spans: list[tuple[int, int]] = []
    for match in _LOOSE_END.finditer(text, start, end):
        core = _trim(text, start, match.end())
        if core - start > LONGEST_SENTENCE // 4:
            spans.append((start, core))
            start = match.end()
    if start < end:
        spans.append((start, end))
    return spans


def _skip_space(text: str, start: int, end: int) -> int:
    match = _SPACE.match(text, start, end)
    return match.end() if match else start


def _trim(text: str, start: int, end: int) -> int:
    """The end without the white space before it."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _is_end(text: str, match: re.Match[str], start: int, stop: int) -> bool:
    """Whether a mark ends a sentence, by what stands before and behind it."""
    end = match.end()
    if end >= stop:
        return True
    mark = match[0].rstrip("\"'”“’»›)]）」』】〉》*_`")
    if mark[-1] in _FULL_WIDTH:
        return text[end].isspace() or len(mark) == len(match[0]) or match[0][-1] in "）】"
    if not text[end].isspace():
        return False
    behind = _skip_space(text, end, stop)
    for _ in range(3):
        if behind < stop and text[behind] in _OPENING:
            behind += 1
    following = text[behind : behind + 1]
    if following.islower():
        return False
    if match[0] != ".":
        return True
    return not _is_abbreviation(
        text[max(start, match.start() - _LOOK_BACK) : match.start()], text, behind, stop
    )


def _is_abbreviation(before: str, text: str, behind: int, stop: int) -> bool:
    """Whether the full stop between these belongs to the word before it."""
    words = before.split()
    if not words or before[-1].isspace():
        return False
    word = words[-1].lstrip(_OPENING)
    lower = word.lower()
    if lower in _NUMBERED:
        return text[behind].isdecimal() or len(lower) == 1
    if lower in _TITLES or (len(word) == 1 and word.isalpha() and not _is_ideograph(word)):
        return True
    if "." in word:
        return all(len(part) <= 2 and part.isalpha() for part in word.split("."))
    if word.isdecimal():
        following = _WORD.match(text, behind, stop)
        return len(words) == 1 or (following is not None and following[0].lower() in _AFTER_ORDINALS)
    return False


def _is_ideograph(letter: str) -> bool:
    return letter >= "\u2e80"
