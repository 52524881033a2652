"""What a compression saved and what it kept, measured without a model and without trusting the compressor."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import tiktoken

from harness.case import texts_of
from harness.subject import RestoresMessages
from headroom_langchain.exceptions import CompressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.messages import BaseMessage

    from harness.case import Probe
    from harness.subject import Subject


@cache
def _encode() -> Callable[[str], list[int]]:
    return tiktoken.get_encoding("o200k_base").encode_ordinary


def count_texts(texts: Iterable[str]) -> int:
    """Count the o200k_base tokens of texts with tiktoken itself, so that no counter of a subject is trusted."""
    encode = _encode()
    return sum(len(encode(text)) for text in texts)


def count_messages(messages: Iterable[BaseMessage]) -> int:
    """Count the o200k_base tokens of all texts of messages; tool call arguments are not texts."""
    return count_texts(text for message in messages for text in texts_of(message))


@dataclass(frozen=True, slots=True)
class Score:
    """What one compression did to one case. Scores add up."""

    tokens_before: int
    tokens_after: int
    probes: int
    """Answers looked for."""
    verbatim: int
    """Answers that stand in the compressed messages as they are."""
    decodable: int
    """Answers that stand there after each text is restored."""
    messages: int
    """Messages given."""
    restored: int
    """Messages whose texts all come back: equal bytes, or equal JSON in value, types and key order."""

    @property
    def saved(self) -> float:
        """Part of the tokens that is gone, 0 to 1; below 0 where the compression made it larger."""
        return 1 - self.tokens_after / self.tokens_before if self.tokens_before else 0.0

    def __add__(self, other: Score) -> Score:
        """Add two cases up."""
        return Score(
            self.tokens_before + other.tokens_before,
            self.tokens_after + other.tokens_after,
            self.probes + other.probes,
            self.verbatim + other.verbatim,
            self.decodable + other.decodable,
            self.messages + other.messages,
            self.restored + other.restored,
        )


NOTHING = Score(0, 0, 0, 0, 0, 0, 0)


def score(
    before: Sequence[BaseMessage], after: Sequence[BaseMessage], probes: Sequence[Probe], subject: Subject
) -> Score:
    """Measure a compression.

    Args:
        before: The messages that were given.
        after: The messages that came back.
        probes: Questions whose answers stand in ``before``.
        subject: Restores the texts of ``after``.

    Returns:
        The counts.
    """
    shown = [texts_of(message) for message in after]
    # A text that came back as it was given is no form, however much it looks like one.
    given = [texts_of(message) for message in before]
    originals = {text for texts in given for text in texts}
    if isinstance(subject, RestoresMessages):
        expanded = [texts_of(message) for message in subject.expand_messages(after)]
    else:
        expanded = [
            [text if text in originals else _expand(text, subject) for text in texts] for texts in shown
        ]
    return Score(
        tokens_before=count_messages(before),
        tokens_after=count_messages(after),
        probes=len(probes),
        verbatim=sum(_stands_in(probe.answer, shown) for probe in probes),
        decodable=sum(_stands_in(probe.answer, expanded) for probe in probes),
        messages=len(before),
        restored=_restored(given, expanded),
    )


def _expand(text: str, subject: Subject) -> str:
    try:
        return subject.expand(text)
    except (CompressionError, ValueError):
        return text


def _stands_in(answer: str, messages: Sequence[Sequence[str]]) -> bool:
    return any(answer in text for texts in messages for text in texts)


def _restored(before: Sequence[Sequence[str]], expanded: Sequence[Sequence[str]]) -> int:
    if len(before) == len(expanded):
        return sum(_all_same(old, new) for old, new in zip(before, expanded, strict=True))
    return sum(any(list(old) == list(new) for new in expanded) for old in before)


def _all_same(old: Sequence[str], new: Sequence[str]) -> bool:
    return len(old) == len(new) and all(same_text(a, b) for a, b in zip(old, new, strict=True))


def same_text(one: str, other: str) -> bool:
    """Whether texts have equal bytes or, both being JSON, equal values, types and key order.

    Integers and fractions are different types, numbers are compared without rounding, and strings by code point.
    """
    if one == other:
        return True
    try:
        return bool(_parse(one) == _parse(other))
    except (ValueError, ArithmeticError, RecursionError):
        return False


def _parse(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: ("object", *pairs),
        parse_int=lambda digits: ("int", digits),
        parse_float=lambda digits: ("float", Decimal(digits)),
        parse_constant=lambda name: ("constant", name),
    )
