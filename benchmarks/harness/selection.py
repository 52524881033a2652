"""What a selection keeps, what can be fetched of the rest, and what it costs."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_core.messages import HumanMessage, ToolMessage

from harness.case import texts_of
from harness.error_lines import Errors, check_errors
from harness.fact_check import FactCheck, check_facts
from harness.score import count_texts
from harness.selection_subject import LOOK_UP_TOKENS, Budget, decode_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import BaseMessage

    from harness.case import Case, Probe
    from harness.selection_subject import Selection, Selector, Shown

ASKED_BEFORE = (Budget(ratio=0.2), Budget(ratio=0.1), Budget(tokens=2000))
"""Budgets that are measured with the question before the tool call."""
ASKED_AFTER = Budget(tokens=2000)
"""The budget that is measured with the question after the tool result, and with which all else is measured."""
_REPORTS_ERRORS = frozenset(["json", "log", "testlog", "build"])
"""Kinds whose errors are looked for; in code, pages and search results the words of failure are topics."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What selections within one budget kept. They add up."""

    probes: int = 0
    verbatim: int = 0
    """Answers that stand in what was kept, as it was sent."""
    decodable: int = 0
    """Answers that stand in what was kept, once it is decoded."""
    facts_only: int = 0
    """Answers that stand nowhere but in the facts about the whole."""
    kept: int = 0
    """Answers that stand in any of these."""
    results: int = 0
    """Tool results selected from, once for each question that was asked before them."""
    tokens_before: int = 0
    tokens_after: int = 0
    over: int = 0
    """Selections above their budget."""
    whole: int = 0
    """Results above their budget of which nothing was left out."""

    @property
    def saved(self) -> float:
        """Part of the tokens that is gone, 0 to 1."""
        return 1 - self.tokens_after / self.tokens_before if self.tokens_before else 0.0

    def __add__(self, other: Kept) -> Kept:
        """Add two up."""
        return Kept(
            self.probes + other.probes,
            self.verbatim + other.verbatim,
            self.decodable + other.decodable,
            self.facts_only + other.facts_only,
            self.kept + other.kept,
            self.results + other.results,
            self.tokens_before + other.tokens_before,
            self.tokens_after + other.tokens_after,
            self.over + other.over,
            self.whole + other.whole,
        )


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What answers a question that is asked after the selection. They add up."""

    probes: int = 0
    kept: int = 0
    asked: int = 0
    """Questions about results of which something was left out: the others need no look-up."""
    reachable: int = 0
    """Of these, those that one look-up answers within its tokens."""
    kept_or_reachable: int = 0

    def __add__(self, other: FollowUp) -> FollowUp:
        """Add two up."""
        return FollowUp(
            self.probes + other.probes,
            self.kept + other.kept,
            self.asked + other.asked,
            self.reachable + other.reachable,
            self.kept_or_reachable + other.kept_or_reachable,
        )


@dataclass(frozen=True, slots=True)
class SelectionTime:
    """Process time of a selection, in milliseconds, medians of the runs."""

    counting: float
    """Counting the tool results once with tiktoken."""
    lossless: float
    selecting: float
    """With selection, lossless encoding included."""

    @property
    def ratio(self) -> float:
        """What selection adds, over counting."""
        return max(0.0, self.selecting - self.lossless) / self.counting if self.counting else 0.0


@dataclass(frozen=True, slots=True)
class SelectionResult:
    """What one case gave."""

    case: Case
    before: dict[str, Kept]
    """With the question before the tool call, by the budget's name."""
    after: FollowUp
    errors: Errors
    facts: FactCheck
    timing: SelectionTime | None
    """None where nothing was timed, or nothing was left out."""
    warnings: tuple[str, ...]
    """What the selector warned of, with the case's own human message."""


def measure_selection(
    cases: Sequence[Case],
    selector: Selector,
    *,
    runs: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> list[SelectionResult]:
    """Measure selection from single tool outputs.

    Args:
        cases: Sessions among them are left out.
        selector: What is measured.
        runs: Timed runs of each case; 0 times nothing.
        progress: Called with the id of each case before it is measured.

    Returns:
        The results, in the order of the cases.
    """
    results: list[SelectionResult] = []
    for case in cases:
        if case.is_session:
            continue
        progress(case.id)
        originals = _tool_texts(case.messages)
        selection = selector.select(case.messages, ASKED_AFTER)
        results.append(
            SelectionResult(
                case=case,
                before={budget.name: _asked_before(case, selector, budget) for budget in ASKED_BEFORE},
                after=_asked_after(case.probes, selection),
                errors=_errors(case, originals, selection),
                facts=sum((check_facts(text, selector.facts(text)) for text in originals), FactCheck()),
                timing=_time(case, selector, runs) if runs and _left_out(selection) else None,
                warnings=selection.warnings,
            )
        )
    return results


def _errors(case: Case, originals: Sequence[str], selection: Selection) -> Errors:
    if case.kind not in _REPORTS_ERRORS:
        return Errors()
    return sum(map(check_errors, originals, selection.results), Errors())


def ask_before(messages: Sequence[BaseMessage], question: str) -> list[BaseMessage]:
    """Put a question in the place of the last human text before the first tool result."""
    asked = list(messages)
    first = next((i for i, message in enumerate(asked) if isinstance(message, ToolMessage)), len(asked))
    for index in reversed(range(first)):
        if isinstance(asked[index], HumanMessage):
            asked[index] = HumanMessage(question)
            return asked
    return [HumanMessage(question), *asked]


def _asked_before(case: Case, selector: Selector, budget: Budget) -> Kept:
    before = [count_texts([text]) for text in _tool_texts(case.messages)]
    total = Kept()
    for probe in case.probes:
        results = selector.select(ask_before(case.messages, probe.question), budget).results
        after = [count_texts([shown.text]) for shown in results]
        above = [
            shown.ref is not None
            for shown, old, new in zip(results, before, after, strict=True)
            if new > budget.of(old)
        ]
        in_text, in_decoded, in_facts = _where(probe.answer, results)
        total += Kept(
            probes=1,
            verbatim=in_text,
            decodable=in_decoded,
            facts_only=in_facts and not (in_text or in_decoded),
            kept=in_text or in_decoded or in_facts,
            results=len(results),
            tokens_before=sum(before),
            tokens_after=sum(after),
            over=sum(above),
            whole=len(above) - sum(above),
        )
    return total


def _where(answer: str, results: Sequence[Shown]) -> tuple[bool, bool, bool]:
    """Whether an answer stands in what was kept, in what was kept once decoded, and in the facts."""
    in_facts = any(answer in fact for shown in results for fact in shown.facts)
    in_text = any(answer in _without_facts(shown) for shown in results)
    return in_text, any(answer in shown.decoded for shown in results), in_facts


def _without_facts(shown: Shown) -> str:
    if shown.ref is None:
        return shown.text
    return shown.text.split("\n", 1 + len(shown.facts))[-1]


def _asked_after(probes: Sequence[Probe], selection: Selection) -> FollowUp:
    total = FollowUp()
    refs = [shown.ref for shown in selection.results if shown.ref is not None]
    for probe in probes:
        kept = any(_where(probe.answer, selection.results))
        reached = any(_answers(selection.look_up(ref, probe.question), probe) for ref in refs)
        total += FollowUp(1, kept, bool(refs), reached, kept or reached)
    return total


def _answers(text: str, probe: Probe) -> bool:
    if count_texts([text]) > LOOK_UP_TOKENS:
        return False
    # The title of an answer repeats the question, which may hold the answer's beginning but never counts.
    _, _, body = text.partition("\n")
    return probe.answer in body or probe.answer in decode_answer(body)


def _left_out(selection: Selection) -> bool:
    return any(shown.ref is not None for shown in selection.results)


def _time(case: Case, selector: Selector, runs: int) -> SelectionTime:
    texts = _tool_texts(case.messages)
    works: tuple[Callable[[], object], ...] = (
        lambda: count_texts(texts),
        lambda: selector.encode(case.messages),
        lambda: selector.select(case.messages, ASKED_AFTER),
    )
    took: list[list[float]] = [[], [], []]
    for _ in range(runs + 1):
        for work, times in zip(works, took, strict=True):
            started = time.process_time()
            work()
            times.append((time.process_time() - started) * 1000)
    # The first run warms up.
    return SelectionTime(*(statistics.median(times[1:]) for times in took))


def _tool_texts(messages: Sequence[BaseMessage]) -> list[str]:
    return [text for message in messages if isinstance(message, ToolMessage) for text in texts_of(message)]
