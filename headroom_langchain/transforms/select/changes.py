"""Change points: where the level of a series of numbers steps.

A moving sum procedure (Eichinger and Kirch, "A MOSUM procedure for the estimation of multiple random change points",
Bernoulli 24, 2018) over several window widths, made robust in three ways. Values are cut at Tukey's far fences and
smoothed by medians of five, so that a spike is no step. The difference of two neighbouring windows is judged by the
spread of all such differences, so that a random walk, whose windows differ everywhere, has no steps. And the windows
of half the width must show the same difference, so that a trend, where it shrinks with the width, has none either.
"""

from __future__ import annotations

from math import inf, log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from headroom_langchain.transforms.select.outliers import median, smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST: Final = 8
"""A series of fewer values has no change points."""
_WIDTHS: Final = (2, 4, 8, 16, 32, 64)
_MOST_POINTS: Final = 2048
"""A longer series is judged by the medians of so many equal pieces; steps are then placed exactly."""
_MARGIN: Final = 1.8
_FENCE: Final = 3
"""Far fences lie so many interquartile ranges beyond the quartiles (Tukey 1977)."""
_SAME: Final = 0.65
"""Windows of half the width show at least this share of the difference, where it is a step."""
_MEDIAN_FACTOR: Final = 0.6745
_TRUSTED: Final = 0.5
"""Share of the noise by squares that the noise by medians must reach; below, the values are few and repeat."""
_SHORT: Final = 100
_LEAST_STEP: Final = 2.8
_MOST_STEPS: Final = 8


def find_changes(values: Sequence[float]) -> list[int]:
    """Find where the level steps.

    Args:
        values: Finite numbers in the order of their rows.

    Returns:
        Positions of the first value behind each step, strongest step first, at most eight. The value before is the
        other side of the step.
    """
    if len(values) < FEWEST:
        return []
    size = -(-len(values) // _MOST_POINTS)
    own = np.array(values, dtype=np.float64)
    series = _bounded(_medians(own, size) if size > 1 else own)
    if series is None:
        return []
    steps = _steps(series)
    if size > 1:
        return [_place(own, (place - 3) * size, (place + 3) * size) for place, _ in steps]
    if steps:
        return [_place(own, place - width, place + width) for place, width in steps]
    return _single_step(series, _place(own, 0, len(values))) if len(series) <= _SHORT else []


def _medians(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The medians of equal pieces; the last one may be shorter."""
    whole = len(values) // size * size
    out: NDArray[np.float64] = np.sort(values[:whole].reshape(-1, size), axis=1)[:, (size - 1) // 2]
    return np.append(out, median(values[whole:])) if whole < len(values) else out


def _bounded(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Scale values to the quartiles and cut them at the far fences; None where they are all equal."""
    ascending = np.sort(values)
    low, high = float(ascending[len(values) // 4]), float(ascending[-(len(values) // 4) - 1])
    if low == high:
        low, high = float(ascending[0]), float(ascending[-1])
    spread = high - low
    if not 0 < spread < inf:
        return None
    with np.errstate(over="ignore"):
        return np.clip((values - low) / spread, -_FENCE, 1 + _FENCE)


def _steps(series: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Places of steps and the widths they show in, strongest first."""
    count = len(series)
    noise = _noise(series)
    sums = np.concatenate(([0.0], np.cumsum(smoothed(series))))
    threshold = sqrt(2 * log(count)) + _MARGIN
    found: list[tuple[float, int, int]] = []
    for width in _WIDTHS:
        if width * 4 > count:
            break
        differences = _differences(sums, width, width)
        centre = median(differences)
        distances = np.abs(differences - centre)
        # What sums leave behind in rounding is no difference.
        scale = max(median(distances) / _MEDIAN_FACTOR, noise * sqrt(2 / width), 1e-9)
        far = np.flatnonzero(distances > threshold * scale).tolist()
        if not far:
            continue
        near = _differences(sums, width // 2, width)
        near_centre = median(near)
        for place in far:
            distance = float(distances[place])
            if (
                distance >= distances[max(0, place - width) : place + width + 1].max()
                and (near[place] - near_centre) / (differences[place] - centre) > _SAME
            ):
                found.append((distance / scale, -(place + width), width))
    chosen: list[tuple[int, int]] = []
    for _, place, width in sorted(found, reverse=True):
        if all(abs(-place - other) > max(width, wide) for other, wide in chosen):
            chosen.append((-place, width))
            if len(chosen) == _MOST_STEPS:
                break
    return chosen


def _single_step(series: NDArray[np.float64], place: int) -> list[int]:
    """The one step of a short series, whose windows are too few to be judged by each other."""
    left, right = series[:place], series[place:]
    if min(len(left), len(right)) < 3:
        return []
    step = float(right.mean() - left.mean())
    noise = sqrt(float(left.var() * len(left) + right.var() * len(right)) / (len(series) - 2))
    near = max(2, min(len(left), len(right)) // 3)
    local = float(right[:near].mean() - left[-near:].mean())
    threshold = (sqrt(2 * log(len(series))) + _MARGIN) / sqrt(len(left) * len(right) / len(series))
    return [place] if abs(step) > max(_LEAST_STEP, threshold) * noise and local / step > _SAME else []


def _noise(series: NDArray[np.float64]) -> float:
    """Standard deviation of the noise, from the differences of neighbours, which hold the noise and only few steps."""
    steps = np.abs(np.diff(series))
    by_squares = sqrt(float(np.square(steps).sum()) / (2 * len(steps)))
    by_medians = median(steps) / (_MEDIAN_FACTOR * sqrt(2))
    return by_medians if by_medians > _TRUSTED * by_squares else by_squares


def _differences(sums: NDArray[np.float64], width: int, margin: int) -> NDArray[np.float64]:
    """Differences of the means of two neighbouring windows at each place that is a margin away from the ends."""
    places = np.arange(margin, len(sums) - margin)
    out: NDArray[np.float64] = (sums[places + width] - 2 * sums[places] + sums[places - width]) / width
    return out


def _place(values: NDArray[np.float64], start: int, end: int) -> int:
    """Place a step within a stretch: where the means on both sides differ most (CUSUM)."""
    start, end = max(0, start), min(len(values), end)
    own = _bounded(values[start:end])
    if own is None or len(own) < 2:
        return start + 1
    totals = np.cumsum(own)
    count = len(own)
    before = np.arange(1, count)
    weights = (totals[:-1] - before * (totals[-1] / count)) ** 2 * count / (before * (count - before))
    return start + 1 + int(np.argmax(weights))
