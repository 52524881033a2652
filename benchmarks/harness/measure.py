"""One run over all cases: scores, times, the prefix property and the peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.case import texts_of
from harness.clock import time_beside
from harness.peers import find_peers
from harness.score import NOTHING, Score, count_messages, count_texts, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.messages import BaseMessage

    from harness.case import Case
    from harness.clock import Timing
    from harness.peers import Unavailable
    from harness.subject import Subject

_GROUPS = {"testlog": "log", "build": "log"}
ALL, SINGLES, SESSIONS = "all", "singles", "sessions"


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Whether a conversation's compressed beginning is the beginning of its compressed whole."""

    held: int
    """Lengths k for which ``compress(messages[:k])`` is a prefix of ``compress(messages)``."""
    checked: int

    @property
    def hold(self) -> bool:
        """Whether all do."""
        return self.held == self.checked


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What one case gave."""

    case: Case
    score: Score
    timing: Timing | None
    """None where nothing was timed."""
    prefixes: Prefixes | None
    """None for a single tool output."""
    peers: dict[str, Score]
    """By the peer's name."""


@dataclass(frozen=True, slots=True)
class Report:
    """What all cases gave."""

    subject: str
    results: tuple[CaseResult, ...]
    peers: tuple[str, ...]
    missing_peers: tuple[Unavailable, ...]

    def sums(self, peer: str | None = None) -> dict[str, Score]:
        """Add the scores up.

        Args:
            peer: Name of a peer; None adds up the subject's own scores.

        Returns:
            Sums by group of kinds (``log`` holds test output as well), and of all, singles and sessions.
        """
        sums: dict[str, Score] = {}
        for result in self.results:
            one = result.score if peer is None else result.peers[peer]
            for group in groups_of(result.case):
                sums[group] = sums.get(group, NOTHING) + one
        return sums


def groups_of(case: Case) -> tuple[str, ...]:
    """List the sums a case counts in."""
    if case.is_session:
        return (SESSIONS, ALL)
    return (_GROUPS.get(case.kind, case.kind), SINGLES, ALL)


def measure(
    cases: Sequence[Case],
    subject: Subject,
    *,
    with_peers: bool = False,
    runs: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure a subject on cases.

    Args:
        cases: What it compresses.
        subject: What is measured.
        with_peers: Also measure the peers, on the same messages.
        runs: Timed runs of each case; 0 times nothing.
        progress: Called with the id of each case before it is measured.

    Returns:
        All results, in the order of the cases.
    """
    results: list[CaseResult] = []
    names: tuple[str, ...] = ()
    missing: tuple[Unavailable, ...] = ()
    for case in cases:
        progress(case.id)
        after = subject.compress(case.messages)
        scores: dict[str, Score] = {}
        if with_peers:
            peers, absent = find_peers(count_messages(after))
            names, missing = tuple(peer.name for peer in peers), tuple(absent)
            for peer in peers:
                scores[peer.name] = score(case.messages, peer.compress(case.messages), case.probes, peer)
        results.append(
            CaseResult(
                case=case,
                score=score(case.messages, after, case.probes, subject),
                timing=_time(case.messages, subject, runs) if runs else None,
                prefixes=check_prefixes(case.messages, after, subject) if case.is_session else None,
                peers=scores,
            )
        )
    return Report(subject.name, tuple(results), names, missing)


def _time(messages: Sequence[BaseMessage], subject: Subject, runs: int) -> Timing:
    texts = [text for message in messages for text in texts_of(message)]
    return time_beside(lambda: subject.compress(messages), lambda: count_texts(texts), runs)


def check_prefixes(
    messages: Sequence[BaseMessage], whole: Sequence[BaseMessage], subject: Subject
) -> Prefixes:
    """Check that what was sent on an earlier turn is sent again unchanged.

    Args:
        messages: A session.
        whole: The session, compressed in one call.
        subject: What compressed it.

    Returns:
        For how many lengths of the session the property holds.
    """
    lengths: Iterable[int] = range(1, len(messages) + 1)
    held = [subject.compress(messages[:length]) == list(whole[:length]) for length in lengths]
    return Prefixes(sum(held), len(held))
