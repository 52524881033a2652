"""Outliers of a series of numbers, found robustly.

The score of a value is the modified z-score of Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993):
0.6745 times the distance from the median over the median absolute deviation, an outlier above 3.5. Where more than
half of the values are equal, so that this deviation is zero, the mean absolute deviation times 1.2533 takes its place.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, zip_longest
from math import inf, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST: Final = 5
"""A series of fewer values has no outliers."""
THRESHOLD: Final = 3.5
_MEDIAN_FACTOR: Final = 0.6745
_MEAN_FACTOR: Final = 1.253314
_SHARE: Final = 0.1
"""Above this share, far values are a group of their own and not outliers of the rest."""
_DEEPEST: Final = 3
_DEVIATIONS: Final = 4.5
_TRIM: Final = 100
"""One in so many values at either end has no say in the standard deviation."""
_ROUNDING: Final = 1e-12
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
    tails: dict[int, float] = {}
    inner: dict[int, float] = {}
    _find_apart(values, range(len(values)), tails, inner, 0)
    _find_beyond_deviations(values, tails)
    if _is_smooth(values):
        _find_spikes(values, inner)
    common = _common_levels(values)
    most = max(3, min(_MOST, len(values) // 20))
    ranked = [
        [
            position
            for position in sorted(found, key=lambda place: (-found[place], place))
            if values[position] not in common
        ]
        for found in (tails, inner)
    ]
    order = dict.fromkeys(
        position for pair in zip_longest(*ranked) for position in pair if position is not None
    )
    return list(order)[:most]


def median(values: Sequence[float] | NDArray[np.float64]) -> float:
    """The value in the middle; the lower one of two."""
    middle = (len(values) - 1) // 2
    if isinstance(values, np.ndarray):
        return float(np.partition(values, middle)[middle])
    return sorted(values)[middle]


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


def _find_apart(
    values: Sequence[float],
    positions: Sequence[int],
    tails: dict[int, float],
    inner: dict[int, float],
    depth: int,
) -> None:
    """Find values by their modified z-score; where many are far and behind a gap, each group is judged by itself."""
    own = values if depth == 0 else [values[position] for position in positions]
    middle, scale = _centre_and_scale(own)
    if not scale:
        return
    found = tails if depth == 0 else inner
    low, high = middle - THRESHOLD * scale, middle + THRESHOLD * scale
    far = [position for position, value in zip(positions, own, strict=True) if value > high or value < low]
    if len(far) <= max(1, _SHARE * len(own)):
        found.update({position: abs(values[position] - middle) / scale for position in far})
        return
    near = [value for value in own if low <= value <= high]
    groups: list[list[int]] = []
    highest, lowest = max(near), min(near)
    for side in (
        [position for position in far if values[position] > high],
        [position for position in far if values[position] < low],
    ):
        gap = min(
            [max(values[position] - highest, lowest - values[position]) for position in side], default=0.0
        )
        if gap > scale:
            groups.append(side)
        else:
            found.update({position: abs(values[position] - middle) / scale for position in side})
    if groups and depth < _DEEPEST:
        groups.append(
            [position for position, value in zip(positions, own, strict=True) if low <= value <= high]
        )
        for group in groups:
            if len(group) >= FEWEST:
                _find_apart(values, group, tails, inner, depth + 1)
            elif len(group) <= _SHARE * len(own):
                inner.update({position: abs(values[position] - middle) / scale for position in group})


def _find_beyond_deviations(values: Sequence[float], found: dict[int, float]) -> None:
    """Find values many standard deviations away: where there are two groups, the median tells nothing."""
    trim = len(values) // _TRIM
    kept = sorted(values)[trim : len(values) - trim]
    largest = max(abs(kept[0]), abs(kept[-1]))
    if not _SMALLEST < largest < inf:
        return
    mean = sum([value / largest for value in kept]) / len(kept)
    deviation = sqrt(sum([(value / largest - mean) ** 2 for value in kept]) / len(kept))
    if deviation <= _ROUNDING:
        return
    low, high = (mean - _DEVIATIONS * deviation) * largest, (mean + _DEVIATIONS * deviation) * largest
    for position, value in enumerate(values):
        if value < low or value > high:
            found[position] = max(abs(value / largest - mean) / deviation, found.get(position, 0.0))


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


def _find_spikes(values: Sequence[float], found: dict[int, float]) -> None:
    """Find values by their distance from the median of five around them: in a trend, a spike is within the range."""
    series = np.array(values)
    with np.errstate(over="ignore"):
        residuals: list[float] = (series - smoothed(series)).tolist()
    middle, scale = _centre_and_scale(residuals)
    if not scale:
        return
    # At the ends a trend lies beyond its mirror image.
    inner = range(2, len(residuals) - 2)
    far = [position for position in inner if abs(residuals[position] - middle) > 2 * THRESHOLD * scale]
    if len(far) <= max(1, _SHARE * len(values)):
        for position in far:
            found[position] = max(abs(residuals[position] - middle) / scale, found.get(position, 0.0))


def smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians of each value and the two on either side; beyond the ends the series is mirrored."""
    padded = np.concatenate((values[2:0:-1], values, values[-2:-4:-1]))
    out: NDArray[np.float64] = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)[:, 2]
    return out


def _common_levels(values: Sequence[float]) -> set[float]:
    """Values of a scale with few steps that occur often: a rating of one star is no outlier."""
    if len(set(values[:_SMOOTH_SAMPLE])) > _FEW_LEVELS:
        return set()
    levels = Counter(values)
    if not 2 < len(levels) <= _FEW_LEVELS:
        return set()
    return {level for level, count in levels.items() if count > max(2, len(values) // 100)}
