from __future__ import annotations

import math
import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.changes import find_changes


def noise(dice: random.Random, count: int, level: float = 0.0) -> list[float]:
    return [dice.gauss(level, 1) for _ in range(count)]


@pytest.mark.parametrize(
    ("before", "behind"),
    [(5, 5), (8, 8), (10, 10), (30, 30), (5, 95), (95, 5), (20, 480), (990, 10), (2500, 2500), (300, 29_700)],
)
def test_a_step_is_found_balanced_or_not(before: int, behind: int) -> None:
    dice = random.Random(before)
    values = noise(dice, before) + noise(dice, behind, 10)

    assert find_changes(values)[0] == before


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_a_clean_step_is_found_at_any_scale(scale: float) -> None:
    assert find_changes([0.0] * 20 + [scale] * 15) == [20]


def test_every_step_of_several_is_found() -> None:
    dice = random.Random(1)
    values = (
        noise(dice, 200)
        + noise(dice, 150, 12)
        + noise(dice, 300, 5)
        + noise(dice, 20, 15)
        + noise(dice, 200, 5)
    )

    assert sorted(find_changes(values)) == [200, 350, 650, 670]


def test_a_step_among_spikes_is_placed_exactly() -> None:
    dice = random.Random(2)
    values = noise(dice, 100) + noise(dice, 100, 9)
    for place in (10, 45, 120, 180):
        values[place] += 1000

    assert find_changes(values) == [100]


@pytest.mark.parametrize("count", [12, 60, 300, 3000])
@pytest.mark.parametrize("slope", [0.05, 1.0, 30.0])
def test_a_trend_is_no_step(count: int, slope: float) -> None:
    dice = random.Random(3)

    assert find_changes([place * slope + dice.gauss(0, 1) for place in range(count)]) == []
    assert find_changes([place * slope for place in range(count)]) == []


def test_growth_waves_and_lone_spikes_are_no_steps() -> None:
    dice = random.Random(4)
    spike = noise(dice, 300)
    spike[150] = 500.0

    assert find_changes([1.01**place for place in range(1000)]) == []
    assert find_changes([math.sin(place / 30) + dice.gauss(0, 0.1) for place in range(1000)]) == []
    assert find_changes(spike) == []
    assert find_changes([5.0] * 50 + [90.0] + [5.0] * 50) == []


def test_noise_has_hardly_any_steps() -> None:
    dice = random.Random(5)
    series = [noise(dice, count) for count in (10, 30, 100, 500) for _ in range(50)]
    series += [[float(dice.randint(0, 1)) for _ in range(200)] for _ in range(50)]
    series += [[dice.choice((10, 1000)) + dice.gauss(0, 1) for _ in range(100)] for _ in range(50)]

    assert sum(bool(find_changes(values)) for values in series) <= 6


def test_a_long_random_walk_has_no_steps() -> None:
    dice = random.Random(6)

    assert find_changes(list(accumulate(noise(dice, 5000)))) == []


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_any_numbers_are_judged(values: list[float]) -> None:
    found = find_changes(values)

    assert len(found) <= 8
    assert all(0 < place < len(values) for place in found)
