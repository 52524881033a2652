from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.outliers import find_outliers

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES: dict[str, Callable[[random.Random, int], float]] = {
    "normal": lambda dice, _: dice.gauss(50, 4),
    "uniform": lambda dice, _: dice.uniform(0, 10),
    "integers": lambda dice, _: float(dice.randint(1, 6)),
    "exponential": lambda dice, _: dice.expovariate(0.1),
    "log-normal": lambda dice, _: math.exp(dice.gauss(0, 0.8)),
    "bimodal": lambda dice, _: dice.choice((10, 1000)) + dice.gauss(0, 1),
    "sparse counts": lambda dice, _: float(dice.random() < 0.03),
    "constant": lambda _dice, _place: 7.0,
    "trend": lambda dice, place: place * 0.5 + dice.gauss(0, 1),
    "wave": lambda dice, place: 100 * math.sin(place / 40) + dice.gauss(0, 1),
    "negative": lambda dice, _: -dice.expovariate(1),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", [0, 1, 50, 133, 498, 499])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_spike_is_found_in_data_of_every_shape_wherever_it_stands(
    shape: str, place: int, sign: int
) -> None:
    dice = random.Random(f"{shape}{place}{sign}")
    values = [SHAPES[shape](dice, number) for number in range(500)]
    mean = sum(values) / 500
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / 500)
    values[place] = mean + sign * (6 * deviation + 1)

    assert place in find_outliers(values)


def test_a_spike_within_the_range_of_a_trend_is_found() -> None:
    values = [float(number) for number in range(500)]
    values[100] = 350.0

    assert find_outliers(values) == [100]


def test_a_value_between_two_groups_is_found() -> None:
    dice = random.Random(1)
    values = [dice.choice((10, 1000)) + dice.gauss(0, 1) for _ in range(300)]
    values[77] = 505.0

    assert 77 in find_outliers(values)


@pytest.mark.parametrize("size", [5, 6, 9, 40])
def test_one_deviation_from_a_constant_is_found(size: int) -> None:
    assert find_outliers([5.0] * (size - 1) + [6.0]) == [size - 1]


@pytest.mark.parametrize("tail", [0.5, 0.8, 1.0, 1.5])
def test_a_heavy_tail_marks_its_end_only_and_the_strongest_first(tail: float) -> None:
    dice = random.Random(2)
    values = [dice.paretovariate(tail) for _ in range(1000)]

    found = find_outliers(values)

    assert len(found) <= 50
    assert values[found[0]] == max(values)


def test_ratings_ids_and_sequences_have_no_outliers() -> None:
    dice = random.Random(3)
    ratings = [float(dice.choices((1, 2, 3, 4, 5), (3, 3, 4, 10, 80))[0]) for _ in range(500)]

    assert find_outliers(ratings) == []
    assert find_outliers([float(number) for number in range(1000)]) == []
    assert find_outliers([float(dice.randrange(10**9)) for _ in range(1000)]) == []


def test_noise_has_few_outliers() -> None:
    dice = random.Random(4)

    assert len(find_outliers([dice.gauss(0, 1) for _ in range(10_000)])) <= 20


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_any_numbers_are_judged_and_a_twentieth_at_most_stands_apart(values: list[float]) -> None:
    found = find_outliers(values)

    assert len(set(found)) == len(found) <= max(3, len(values) // 20)
    assert set(found) <= set(range(len(values)))
