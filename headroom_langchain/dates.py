"""Dates and times that stand in a text.

A date in a system prompt is different on the next day, and from there on a provider's prompt cache no longer fits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTH: Final = (
    # Stems of month names: English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian.
    "(?:jan|ene|gen|feb|fév|fev|mar|mär|mrt|apr|avr|abr|kwi|may|mai|mei|maj|mag|jun|jui|giu|cze|jul|lug|lip"
    "|aug|aoû|ago|sie|sep|set|wrz|oct|okt|out|ott|paź|nov|nob|lis|dec|dez|dic|déc|gru"
    r"|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек)[^\W\d_]{0,8}\.?"
)
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,?\s{1,2})?"
_YEAR: Final = r"(?:19|20)\d\d"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_TIME: Final = (
    r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?(?:\s?[ap](?:m\b|\.m\.))?"
    r"(?:\s?(?-i:Z|UTC|GMT|[A-Z]{1,3}[SD]T)\b|\s?[+-]\d\d:?\d\d)?"
)
_DATE: Final = "|".join(
    [
        rf"{_YEAR}-(?:0?[1-9]|1[0-2])-{_DAY}",
        rf"{_YEAR}/(?:0?[1-9]|1[0-2])/{_DAY}",
        rf"{_YEAR}\.(?:0[1-9]|1[0-2])\.(?:0[1-9]|[12]\d|3[01])\.?",
        rf"{_DAY}(?P<mark>[-/.]){_DAY}(?P=mark){_YEAR}",
        rf"{_YEAR}\s?[年년]\s?\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일]?",
        rf"{_WEEKDAY}{_MONTH}\s{{1,2}}{_DAY}(?:st|nd|rd|th)?,?\s{{1,2}}(?:{_TIME}\s)?{_YEAR}",
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|º|\.)?\s{{1,2}}(?:de\s|of\s)?{_MONTH},?\s{{1,2}}(?:de\s)?{_YEAR}",
    ]
)
_MOMENT: Final = re.compile(
    # The neighbours are ASCII because Chinese and Japanese write a date without blanks around it.
    rf"(?<![A-Za-z0-9_.:-])(?=\w)(?:(?:{_DATE})(?:(?:t|,?\s{{1,2}}(?:at\s|um\s)?){_TIME})?|{_TIME})(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)
_DIGIT: Final = re.compile(r"\d")


def moments(text: str) -> Iterator[tuple[int, int]]:
    """Find dates and times: a day with its year, a time of day, or both.

    Dates that are part of a name (``gpt-4o-2024-08-06``), a month or a year alone and Unix timestamps are not
    found: they are as often names, facts and ids as they are the clock.

    Args:
        text: Any text.

    Yields:
        Start and end of each in characters, in order, without overlaps. A date and its time are one.
    """
    # Every moment has a digit, and one look for a digit is much faster than the pattern.
    if _DIGIT.search(text):
        for found in _MOMENT.finditer(text):
            yield found.span()
