"""Words of queries and units, in every script.

A raw word is a run of letters, digits, combining marks and ``_``. It is read as parts:

* everything is case folded, compatibility forms are unified (NFKC), Arabic vowel signs and stretching, Hebrew
  points and the dots of Russian ``ё`` are dropped, because people write the same word with and without them;
* identifiers split at ``_`` and at case changes: ``getUserName`` is ``get user name``, ``HTTPServer`` is
  ``http server``. Letters and digits are not parted, so that hashes and ids stay in one piece;
* scripts that write without blanks, and Hangul with its endings, are read as overlapping pairs of characters:
  ``東京都`` is ``東京 京都``. Combining marks stay with their character, which matters in Thai and Khmer;
* English plurals and singulars meet in one stem (``queries`` and ``query``): a question says "which jobs", a
  row says "job". Nothing else is stemmed, because endings such as ``-ed`` and ``-ing`` carry states in logs.

What belongs together in a query (an address, a date, a path, a dotted name, a quoted string) is one more
term: the run of its parts in this order. So ``10.0.0.5`` is found as a whole and not only as four small
numbers, and ``2024-01-15`` is found in ``2024/01/15``, ``user_name`` in ``userName``.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_RUN: Final = 16
"""Parts of a run that are matched in order; what follows them counts as single parts only."""

# Python's \w has no combining marks, without which words of Hindi or Thai fall apart. Beyond these two ranges
# lie historic scripts.
_MARKS: Final = "".join(
    chr(code)
    for block in (range(0x300, 0x3100), range(0xA600, 0xAC00))
    for code in block
    if unicodedata.category(chr(code))[0] == "M"
)
_UNSPACED: Final = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u3040-\u3129\u31a0-\u31bf\u31f0-\u31ff"  # Kana, Bopomofo
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3035\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_ASCII_WORD: Final = re.compile(r"\w+", re.ASCII)
_WORD: Final = re.compile(rf"[\w{_MARKS}]+")
_SCRIPTS: Final = re.compile(f"([{_UNSPACED}]+)")
_CHARACTER: Final = re.compile(f"[^{_MARKS}][{_MARKS}]*|[{_MARKS}]+")
_LOWER: Final = "a-zß-öø-ÿа-џ"
_UPPER: Final = "A-ZÀ-ÖØ-ÞЀ-Я"
_SEAM: Final = re.compile(
    rf"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[{_UPPER}0-9])(?=[{_UPPER}][{_LOWER}])",
)
_ASCII_SEAM: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")
"""The same at twice the speed."""
_OPTIONAL: Final = dict.fromkeys(
    [0x640, 0x670, *range(0x591, 0x5C8), *range(0x610, 0x61B), *range(0x64B, 0x660)]
) | {ord("ё"): "е", ord("Ё"): "Е"}
_HAS_OPTIONAL: Final = re.compile(f"[{''.join(map(chr, _OPTIONAL))}]")
_CHUNK: Final = re.compile(r"""[^\s"'`()\[\]{}<>,;=|“”„«»「」『』、。，；！？]+""")
_QUOTED: Final = re.compile(
    r"""(?<!\w)(?:"([^"\n]{2,200})"|'([^'\n]{2,200})'|`([^`\n]{2,200})`)(?!\w)"""
    r"""|[“„]([^“”\n]{2,200})[“”]|«([^»\n]{2,200})»|「([^」\n]{2,200})」|『([^』\n]{2,200})』"""
)
_NO_PLURAL: Final = ("ss", "us", "is")


class Reading(NamedTuple):
    """A raw word as the index sees it."""

    parts: tuple[str, ...]
    """Its parts in order; none for a bare ``_``."""
    others: tuple[str, ...]
    """Further names it answers to: the joined identifier, the single characters of unspaced scripts."""


class QueryTerms(NamedTuple):
    """What to look for."""

    terms: tuple[tuple[str, ...], ...]
    """Each term once, in the order of the query: a single part, or parts that stand in a row."""

    def __len__(self) -> int:
        """Count the terms."""
        return len(self.terms)


def raw_words(text: str) -> list[str]:
    """Find the raw words of a text, in one pass.

    Args:
        text: Any text; lone surrogates are no words.

    Returns:
        The words in order, not case folded.
    """
    if text.isascii():
        return _ASCII_WORD.findall(text)
    text = unicodedata.normalize("NFKC", text)
    if _HAS_OPTIONAL.search(text):
        text = text.translate(_OPTIONAL)
    return _WORD.findall(text)


def read_word(word: str) -> Reading:
    """Read a raw word as parts and further names.

    Args:
        word: One of :func:`raw_words`.

    Example:
        >>> read_word("getUserNames")
        Reading(parts=('get', 'user', 'name'), others=('getusernam',))
        >>> read_word("東京都").parts
        ('東京', '京都')
    """
    if word.isascii():
        return _read_spaced(word)
    parts: list[str] = []
    others: list[str] = []
    for place, run in enumerate(_SCRIPTS.split(word)):
        if not run:
            continue
        if place % 2:
            characters = _CHARACTER.findall(run)
            parts += map("".join, pairwise(characters)) if characters[1:] else characters
            others += characters
        else:
            reading = _read_spaced(run)
            parts += reading.parts
            others += reading.others
    return Reading(tuple(parts), tuple(others))


def plain_part(word: str) -> str | None:
    """Read a raw word that is a single part with no other name: most words, at a fraction of the time.

    Args:
        word: One of :func:`raw_words`.

    Returns:
        The part; None where :func:`read_word` has to look closer.
    """
    if word.isascii() and (word.islower() or word.isdecimal()) and "_" not in word:
        return _stem(word)
    return None


def forms_of(part: str) -> list[str]:
    """Find the case folded words that are read as a part: ``query`` and ``queries`` for ``queri``."""
    ends = ("", "s", "e", "es", *(("y", "ys") if part.endswith("i") else ()))
    forms = [part[:-1] + end if end.startswith("y") else part + end for end in ends]
    return [form for form in forms if _stem(form) == part]


def query_terms(query: str) -> QueryTerms:
    """Read a query as the terms to look for.

    Args:
        query: A question, keywords, or the arguments of a tool call.

    Example:
        >>> query_terms("orders of 10.0.0.5").terms
        (('order',), ('of',), ('10',), ('0',), ('5',), ('10', '0', '0', '5'))
    """
    terms: dict[tuple[str, ...], None] = {}
    for chunk in _CHUNK.findall(query):
        run: list[str] = []
        for word in raw_words(chunk):
            reading = read_word(word)
            run += reading.parts
            terms.update(dict.fromkeys((part,) for part in reading.parts))
            if len(reading.parts) > 1 and len(reading.others) == 1:
                terms[reading.others] = None
        if len(run) > 1:
            terms[tuple(run[:LONGEST_RUN])] = None
    for phrase in quoted(query):
        run = [part for word in raw_words(phrase) for part in read_word(word).parts]
        if len(run) > 1:
            terms[tuple(run[:LONGEST_RUN])] = None
    return QueryTerms(tuple(terms))


def quoted(query: str) -> Iterator[str]:
    """Find the quoted strings of a query, without their quotes; an apostrophe is no quote."""
    return (next(filter(None, groups)) for groups in _QUOTED.findall(query))


def _read_spaced(word: str) -> Reading:
    if (word.islower() or word.isdecimal()) and "_" not in word:
        return Reading((_stem(word.casefold()),), ())
    seam = _ASCII_SEAM if word.isascii() else _SEAM
    pieces = seam.sub("_", word).casefold().split("_")
    parts = tuple([_stem(piece) for piece in pieces if piece])
    return Reading(parts, (_stem("".join(pieces)),) if len(parts) > 1 else ())


def _stem(word: str) -> str:
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    if word[-1] == "s" and not word.endswith(_NO_PLURAL):
        word = word[:-1]
    if word.endswith("ie"):
        return word[:-1]
    if len(word) > 4 and word[-1] == "e":
        return word[:-1]
    return f"{word[:-1]}i" if len(word) > 3 and word[-1] == "y" else word
