"""Outliers of a series of numbers, found robustly.

The score of a value is the modified z-score of Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993):
0.6745 times the distance from the median over the median absolute deviation, an outlier above 3.5. Where more than
half of the values are equal, so that this deviation is zero, the mean absolute deviation times 1.2533 takes its place.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import inf
from operator import sub
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST: Final = 5
"""A series of fewer values has no outliers."""
THRESHOLD: Final = 3.5
_MEDIAN_FACTOR: Final = 0.6745
_MEAN_FACTOR: Final = 1.253314
_SHARE: Final = 0.1
"""Above this share, far values are a group of their own and not outliers of the rest."""
_DEEPEST: Final = 3
_FEW_LEVELS: Final = 12
_MOST: Final = 50
_SMALLEST: Final = 1e-300
_HALF: Final = 2048
_SMOOTH_SAMPLE: Final = 2 * _HALF
_SMOOTH: Final = 0.6
"""Below this ratio of von Neumann, neighbours resemble each other, and a spike is told by its neighbours."""


def find_outliers(values: Sequence[float]) -> list[int]:
    """Find the values that stand apart.

    Args:
        values: Finite numbers in the order of their rows.

    Returns:
        Positions, strongest first: at most a twentieth of the values (three where there are few, 50 where there are
        many), so that a heavy tail marks its end alone.
    """
    if len(values) < FEWEST:
        return []
    scores: dict[int, float] = {}
    _score(values, range(len(values)), scores, 0)
    if _is_smooth(values):
        _score_spikes(values, scores)
    common = _common_levels(values)
    most = max(3, min(_MOST, len(values) // 20))
    ranked = sorted(
        ((score, -position) for position, score in scores.items() if values[position] not in common),
        reverse=True,
    )
    return [-position for _, position in ranked[:most]]


def median(values: Sequence[float]) -> float:
    """The value in the middle; the lower one of two."""
    return sorted(values)[(len(values) - 1) // 2]


def _centre_and_scale(values: Sequence[float]) -> tuple[float, float]:
    """The median and what a distance from it is divided by; the scale is zero where nothing stands apart."""
    ascending = sorted(values)
    middle = ascending[(len(ascending) - 1) // 2]
    distances = sorted([abs(value - middle) for value in ascending])
    scale = distances[(len(distances) - 1) // 2] / _MEDIAN_FACTOR
    # Rounding errors of a computed column are no deviation.
    tiny = 1e-12 * max(abs(middle), distances[-1])
    if scale <= tiny:
        scale = _MEAN_FACTOR * (sum(distances) / len(distances))
    return middle, scale if tiny < scale < inf else 0.0


def _score(values: Sequence[float], positions: Sequence[int], scores: dict[int, float], depth: int) -> None:
    own = values if depth == 0 else [values[position] for position in positions]
    middle, scale = _centre_and_scale(own)
    if not scale:
        return
    low, high = middle - THRESHOLD * scale, middle + THRESHOLD * scale
    far = [position for position, value in zip(positions, own, strict=True) if value > high or value < low]
    if len(far) <= max(1, _SHARE * len(own)):
        for position in far:
            scores[position] = max(abs(values[position] - middle) / scale, scores.get(position, 0.0))
    elif depth < _DEEPEST:
        groups = (
            [position for position, value in zip(positions, own, strict=True) if low <= value <= high],
            [position for position in far if values[position] < low],
            [position for position in far if values[position] > high],
        )
        for group in groups:
            if len(group) >= FEWEST:
                _score(values, group, scores, depth + 1)


def _is_smooth(values: Sequence[float]) -> bool:
    sample = values if len(values) <= _SMOOTH_SAMPLE else [*values[:_HALF], *values[-_HALF:]]
    largest = max(map(abs, sample))
    if not _SMALLEST < largest < inf:
        return False
    scaled = [value / largest for value in sample]
    mean = sum(scaled) / len(scaled)
    spread = sum([(value - mean) ** 2 for value in scaled])
    steps = sum([(right - left) ** 2 for left, right in pairwise(scaled)])
    return steps < _SMOOTH * 2 * spread


def _score_spikes(values: Sequence[float], scores: dict[int, float]) -> None:
    """Score values by their distance from the median of five around them: in a trend, a spike is within the range."""
    residuals = list(map(sub, values, smoothed(values)))
    middle, scale = _centre_and_scale(residuals)
    if not scale:
        return
    # At the ends a trend lies beyond its mirror image.
    inner = range(2, len(residuals) - 2)
    far = [position for position in inner if abs(residuals[position] - middle) > 2 * THRESHOLD * scale]
    if len(far) <= max(1, _SHARE * len(values)):
        for position in far:
            scores[position] = max(abs(residuals[position] - middle) / scale, scores.get(position, 0.0))


def smoothed(values: Sequence[float]) -> list[float]:
    """Medians of each value and the two on either side; beyond the ends the series is mirrored."""
    padded = [values[2], values[1], *values, values[-2], values[-3]]
    return [sorted(padded[start : start + 5])[2] for start in range(len(values))]


def _common_levels(values: Sequence[float]) -> set[float]:
    """Values of a scale with few steps that occur often: a rating of one star is no outlier."""
    if len(set(values[:_SMOOTH_SAMPLE])) > _FEW_LEVELS:
        return set()
    levels = Counter(values)
    if not 2 < len(levels) <= _FEW_LEVELS:
        return set()
    return {level for level, count in levels.items() if count > max(2, len(values) // 100)}
