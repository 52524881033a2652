"""Time, against a yardstick that is measured in the same minute on the same machine."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Timing:
    """What a piece of work took, and what the yardstick took beside it."""

    milliseconds: float
    """Median of the runs."""
    yardstick_milliseconds: float
    """Median of the yardstick's runs."""
    ratio: float
    """Fastest run over the yardstick's fastest run: what a busy machine adds is in neither."""


def time_beside(work: Callable[[], object], yardstick: Callable[[], object], runs: int) -> Timing:
    """Time work and yardstick in turns, after a warm-up of both.

    Args:
        work: What is timed.
        yardstick: What it is compared with.
        runs: Timed runs of each, at least 1.

    Returns:
        Times in milliseconds, and their ratio.
    """
    work()
    yardstick()
    took: list[float] = []
    yard: list[float] = []
    for _ in range(runs):
        yard.append(_seconds(yardstick))
        took.append(_seconds(work))
    return Timing(
        milliseconds=statistics.median(took) * 1000,
        yardstick_milliseconds=statistics.median(yard) * 1000,
        ratio=min(took) / min(yard) if min(yard) else 0.0,
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
