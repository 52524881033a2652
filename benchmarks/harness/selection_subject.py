"""What selects: something that keeps a part of each tool result and lets the rest be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from langchain_core.messages import ToolMessage

from harness.case import texts_of
from headroom_langchain.config import HeadroomConfig, LosslessConfig, SelectionConfig
from headroom_langchain.engine import Engine
from headroom_langchain.exceptions import CompressionError
from headroom_langchain.originals import Originals
from headroom_langchain.restore import expand_messages
from headroom_langchain.results import ContentKind
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms import expand_text
from headroom_langchain.transforms.detect import detect
from headroom_langchain.transforms.marker import END_OF_FACTS, OMITTED, read_header
from headroom_langchain.transforms.select.facts import facts
from headroom_langchain.transforms.select.selector import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.messages import BaseMessage

LOOK_UP_TOKENS = 1000
"""Tokens that one answer of a look-up may take."""
_THREAD = "benchmark"
_FORM = "[headroom:"
_ALL_FACTS = 1_000_000
_RECORDS = frozenset([ContentKind.JSON, ContentKind.JSONL, ContentKind.CSV])


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens that a tool result may take: a number, or a share of its own."""

    tokens: int | None = None
    ratio: float | None = None

    @property
    def name(self) -> str:
        """Name in the tables."""
        return f"{self.ratio:.0%}" if self.ratio is not None else f"{self.tokens:,} tokens"

    def of(self, tokens_before: int) -> int:
        """Tokens that a result of so many may take."""
        limits = [] if self.tokens is None else [self.tokens]
        limits += [] if self.ratio is None else [int(self.ratio * tokens_before)]
        return min(limits)


@dataclass(frozen=True, slots=True)
class Shown:
    """One tool result as the model sees it."""

    text: str
    decoded: str
    """What was kept, in the words of the original; without marker and facts."""
    facts: tuple[str, ...] = ()
    """What is said of the whole."""
    ref: str | None = None
    """What the original is fetched by; None where nothing was left out."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The tool results of a conversation as the model sees them, and a way to ask for the rest."""

    results: tuple[Shown, ...]
    look_up: Callable[[str, str], str]
    """Answers a question about the original of a reference: the text that the model gets."""
    warnings: tuple[str, ...] = ()
    """What went wrong on the way."""


class Selector(Protocol):
    """Selects from tool results."""

    def select(self, messages: Sequence[BaseMessage], budget: Budget) -> Selection:
        """Select within a budget; nothing is remembered from one call to the next."""

    def encode(self, messages: Sequence[BaseMessage]) -> object:
        """Do all that :meth:`select` does but selecting, to be timed."""

    def facts(self, text: str) -> list[str]:
        """All that is said of the whole of a text of records; nothing for other texts."""


@dataclass(frozen=True, slots=True)
class HeadroomSelector:
    """This package, with a fresh engine and a fresh store for every call."""

    model: str = "gpt-4o"
    dense: bool = False

    def select(self, messages: Sequence[BaseMessage], budget: Budget) -> Selection:
        """Select from texts of all kinds, however short."""
        originals = Originals()
        selection = SelectionConfig(
            budget_tokens=budget.tokens,
            budget_ratio=budget.ratio,
            min_tokens=0,
            kinds=tuple(ContentKind),
        )
        config = HeadroomConfig(selection=selection, lossless=LosslessConfig(dense=self.dense))
        engine = Engine(config, model=self.model, originals=originals)
        result = engine.compress(list(messages), thread=_THREAD)
        sent = result.messages

        def look_up(ref: str, question: str) -> str:
            counter = counter_for(self.model)
            return originals.look_up(
                ref, thread=_THREAD, counter=counter, query=question, budget_tokens=LOOK_UP_TOKENS
            ).text

        shown = zip(_results(sent), _results(expand_messages(sent)), strict=True)
        return Selection(tuple(_shown(text, decoded) for text, decoded in shown), look_up, result.warnings)

    def encode(self, messages: Sequence[BaseMessage]) -> object:
        """Encode without loss."""
        config = HeadroomConfig(lossless=LosslessConfig(dense=self.dense))
        return Engine(config, model=self.model).compress(list(messages), thread=_THREAD)

    def facts(self, text: str) -> list[str]:
        """All facts about records, whatever their tokens."""
        kind = detect(text)
        units = cut(text, kind) if kind in _RECORDS else None
        if units is None or units.rows is None:
            return []
        return facts(units.texts, units.rows, noun=units.noun, tokens=_ALL_FACTS)


def _results(messages: Iterable[BaseMessage]) -> list[str]:
    return [text for message in messages if isinstance(message, ToolMessage) for text in texts_of(message)]


def _shown(text: str, decoded: str) -> Shown:
    found = read_header(text)
    if found is None or found[0] != OMITTED:
        return Shown(text, decoded)
    said, _, _ = text[found[2] - 1 :].partition(f"\n{END_OF_FACTS}\n")
    _, _, kept = decoded.partition(f"\n{END_OF_FACTS}\n")
    return Shown(text, kept, tuple(said.splitlines()[1:]), found[1].rpartition("all: ")[2])


def decode_answer(text: str) -> str:
    """Restore the form that an answer of a look-up may hold below its title; other text comes back as it is."""
    at = text.find(_FORM)
    try:
        return text[:at] + expand_text(text[at:]) if at >= 0 else text
    except CompressionError:
        return text
