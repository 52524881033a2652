"""Estimates corrected by what providers report."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from headroom_langchain.tokens.counters import TokenCounter

_LEAST_TOKENS: Final = 50
"""Below this, fixed overheads of a provider hide the ratio."""
_MOST_APART: Final = 4.0
"""Reports further from the estimate than this factor describe another request."""


class Calibrator:
    """Learns from reported usage by how much estimates are off; owned by whoever runs the model.

    The correction is the median of the last ratios, so one odd report (a cached turn, an injected prompt) moves
    nothing. It changes while a process runs, so it belongs in reports only: compressed forms are chosen with the
    uncorrected counter, which gives the same count for the same text always.

    Example:
        >>> calibrator = Calibrator()
        >>> calibrator.observe(estimated=1000, reported=1250)
        >>> calibrator.correct(200)
        250

    Args:
        window: Reports that are remembered, at least 1.
    """

    def __init__(self, window: int = 32) -> None:
        self._ratios: deque[float] = deque(maxlen=max(1, window))
        self._lock = Lock()

    def observe(self, estimated: int, reported: int) -> None:
        """Take note of a reported count.

        Args:
            estimated: Tokens that were estimated for the messages of a call, uncorrected.
            reported: ``usage_metadata["input_tokens"]`` of the same call.
        """
        if min(estimated, reported) < _LEAST_TOKENS:
            return
        ratio = reported / estimated
        if 1 / _MOST_APART <= ratio <= _MOST_APART:
            with self._lock:
                self._ratios.append(ratio)

    @property
    def factor(self) -> float:
        """Reported tokens per estimated token; 1.0 before the first report."""
        with self._lock:
            return median(self._ratios) if self._ratios else 1.0

    def correct(self, tokens: int) -> int:
        """Correct an estimate.

        Args:
            tokens: Estimated tokens.

        Returns:
            Tokens that a provider would have reported for them.
        """
        return round(tokens * self.factor)


@dataclass(frozen=True, slots=True)
class CalibratedCounter:
    """An estimate with the correction of a :class:`Calibrator`; for reports, never for choosing forms."""

    base: TokenCounter
    """Counts before the correction."""
    calibrator: Calibrator
    exact: ClassVar[bool] = False

    def count(self, text: str) -> int:
        """Estimate the tokens of a text, as far as is known now.

        Args:
            text: Any text.

        Returns:
            Tokens; may differ after the next report.
        """
        return self.calibrator.correct(self.base.count(text))
