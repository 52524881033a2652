"""The budgeted keeper: in which order units are worth their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headroom_langchain.transforms.select.units import Units

_FRAME_SHARE = 0.1
"""Share of the budget that the frame of the text may take; a larger one comes with the units it frames."""
_LARGEST_SHARE = 0.5
"""A unit that takes more of the budget than this comes last."""
_MUSTS_TO_ANSWERS = 1.5
"""Tokens of must-keeps for one token of what answers the query, while there are both."""
_CLIFF = 0.5
"""Units below this share of the best score come behind what must stay."""


def order_by_worth(
    units: Units,
    costs: Sequence[float],
    *,
    anchors: Iterable[int] = (),
    musts: Iterable[int] = (),
    scores: Sequence[float],
    budget: float,
) -> list[int]:
    """Put units in the order in which they are kept: a prefix of it is the selection.

    The frame of the text comes first, then what the query names, then must-keeps side by side with what answers the
    query (each with its context), so that a prefix of any length holds both; then what is left by its score, mixed
    with an even sample of the text.

    Args:
        units: A cut text.
        costs: Estimated tokens of each unit.
        anchors: Units that carry what the query names, the most important first.
        musts: Other units that must stay, the most important first.
        scores: Relevance of each unit, from 0 to 1; all zero where there is no query.
        budget: Tokens that the selection may take.

    Returns:
        All units, each once.
    """
    too_large = {number for number, cost in enumerate(costs) if cost > budget * _LARGEST_SHARE}
    order: dict[int, None] = {}
    if sum(costs[number] for number in units.always) <= budget * _FRAME_SHARE:
        order.update(dict.fromkeys(sorted(units.always)))

    def take(number: int) -> float:
        """Keep a unit with its context; gives what that costs."""
        if number in too_large:
            return 0.0
        if number not in units.context:
            cost = 0.0 if number in order else costs[number]
            order[number] = None
            return cost
        new = [one for one in (*units.context.get(number, ()), number) if one not in order]
        order.update(dict.fromkeys(new))
        return sum(costs[one] for one in new)

    for number in anchors:
        take(number)
    ranked: list[int] = np.lexsort((np.array(costs), -np.array(scores, dtype=np.float64))).tolist()
    cliff = scores[ranked[0]] * _CLIFF if ranked else 0.0
    answers = iter([number for number in ranked if scores[number] >= cliff and scores[number] > 0])
    spent_on_answers = 0.0
    spent_on_musts = 0.0
    for must in musts:
        while spent_on_answers * _MUSTS_TO_ANSWERS < spent_on_musts:
            answer = next(answers, None)
            if answer is None:
                break
            spent_on_answers += take(answer)
        spent_on_musts += take(must)
    for number in (*answers, *_alternate([n for n in ranked if scores[n] > 0], _evenly(len(scores)))):
        take(number)
    return [*order, *[number for number in range(len(scores)) if number not in order]]


def _alternate(first: Sequence[int], second: Sequence[int]) -> Iterable[int]:
    """Two of the first for one of the second."""
    left, right = iter(first), iter(second)
    for number in left:
        yield number
        yield next(left, number)
        yield next(right, number)
    yield from right


def _evenly(count: int) -> list[int]:
    """Numbers below a count so that every prefix is spread over the whole: van der Corput's sequence."""
    if not count:
        return []
    bits = max(1, (count - 1).bit_length())
    order: list[int] = []
    reverse = [0]
    for _ in range(bits):
        reverse = [2 * number for number in reverse] + [2 * number + 1 for number in reverse]
    order.extend(number for number in reverse if number < count)
    return order
