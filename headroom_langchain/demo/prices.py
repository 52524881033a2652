"""What input tokens cost, from maintained price data that ships with ``genai-prices``; nothing is looked up online."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def input_price(model: str, tokens: int) -> Decimal | None:
    """Price one call's input at the list price, prompt cache left out.

    Args:
        model: A model's name, such as ``gpt-4o``.
        tokens: Input tokens of the call.

    Returns:
        US dollars; None where the price data does not know the model.
    """
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    try:
        return calc_price(Usage(input_tokens=tokens), model).total_price
    except LookupError:
        return None
