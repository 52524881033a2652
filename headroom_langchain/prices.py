"""What input tokens cost, from maintained price data that ships with ``genai-prices``; nothing is looked up online."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from decimal import Decimal

_VENDOR: Final = re.compile("[/:]")


def input_price(model: str, tokens: int) -> Decimal | None:
    """Price one call's input at the list price, prompt cache left out.

    Args:
        model: A model's name, such as ``gpt-4o``, ``openai/gpt-4o`` or ``openai:gpt-4o``.
        tokens: Input tokens of the call.

    Returns:
        US dollars; None where the price data does not know the model.
    """
    from genai_prices import Usage, calc_price  # noqa: PLC0415

    usage = Usage(input_tokens=tokens)
    try:
        return calc_price(usage, model).total_price
    except LookupError:
        vendor, *name = _VENDOR.split(model, maxsplit=1)
    try:
        return calc_price(usage, name[0], provider_id=vendor.lower()).total_price if name else None
    except LookupError:
        return None
