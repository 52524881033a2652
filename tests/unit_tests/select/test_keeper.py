"""The order in which units are worth their tokens."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.transforms.select.keeper import order_by_worth
from headroom_langchain.transforms.select.units import Units


def units(count: int, **more: object) -> Units:
    texts = [f"unit {number}" for number in range(count)]
    return Units("lines", texts, lambda kept: "\n".join(texts[number] for number in kept), **more)  # type: ignore[arg-type]


@given(data=st.data(), count=st.integers(0, 40))
def test_every_unit_stands_once_in_the_order(data: st.DataObject, count: int) -> None:
    numbers = st.integers(0, max(0, count - 1))
    musts = data.draw(st.lists(numbers, max_size=5)) if count else []
    scores = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    costs = data.draw(st.lists(st.floats(1, 50), min_size=count, max_size=count))
    order = order_by_worth(
        units(count), costs, musts=musts, scores=scores, budget=data.draw(st.floats(0, 500))
    )
    assert sorted(order) == list(range(count))


def test_what_the_query_names_comes_first() -> None:
    order = order_by_worth(units(5), [10] * 5, anchors=[4], musts=[2], scores=[0, 1, 0, 0, 0], budget=100)
    assert order[:3] == [4, 2, 1]


def test_must_keeps_and_answers_share_a_prefix_of_any_length() -> None:
    order = order_by_worth(units(20), [10] * 20, musts=range(10), scores=[0] * 10 + [1] * 10, budget=1000)
    for length in range(3, 17):
        musts = sum(number < 10 for number in order[:length])
        assert length * 0.45 <= musts <= length * 0.75


def test_a_unit_larger_than_half_the_budget_comes_last() -> None:
    order = order_by_worth(units(4), [10, 80, 10, 10], musts=[1, 2], scores=[0, 1, 0, 0], budget=100)
    assert order[0] == 2
    assert order[-1] == 1


def test_a_unit_that_answers_brings_its_context() -> None:
    cut = units(6, context={4: (1,)})
    assert order_by_worth(cut, [1] * 6, musts=[], scores=[0, 0, 0, 0, 1, 0], budget=100)[:2] == [1, 4]


def test_the_frame_comes_first() -> None:
    cut = units(6, always=frozenset({5, 0}))
    assert order_by_worth(cut, [4] * 6, musts=[3], scores=[0, 1, 0, 0, 0, 0], budget=100)[:2] == [0, 5]


def test_a_frame_too_large_for_the_budget_gives_way() -> None:
    cut = units(6, always=frozenset({5, 0}), context={3: (0,)})
    assert order_by_worth(cut, [30] * 6, musts=[3], scores=[0, 1, 0, 0, 0, 0], budget=100)[:2] == [0, 3]


def test_without_a_query_the_selection_is_spread_over_the_text() -> None:
    order = order_by_worth(units(100), [1] * 100, musts=[], scores=[0] * 100, budget=10)
    kept = sorted(order[:10])
    assert max(later - earlier for earlier, later in pairwise(kept)) <= 17
