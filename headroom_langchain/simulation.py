"""What a compression would do to a conversation, without calling any model."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from headroom_langchain.blocks import block_breakdown, parts_of, role_of
from headroom_langchain.dates import moments
from headroom_langchain.engine import Engine
from headroom_langchain.memo import text_key
from headroom_langchain.prices import input_price
from headroom_langchain.results import BlockKind, SimulationResult
from headroom_langchain.waste import waste_signals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from langchain_core.messages import BaseMessage

    from headroom_langchain.config import HeadroomConfig
    from headroom_langchain.tokens import TokenCounter


def simulate(
    messages: Sequence[BaseMessage],
    *,
    config: HeadroomConfig | None = None,
    model: str | None = None,
    counter: TokenCounter | None = None,
) -> SimulationResult:
    """Plan a compression and report what there is to gain.

    Args:
        messages: A conversation, oldest message first. It is not changed.
        config: The settings; None takes the defaults. The plan is made whatever ``default_mode`` says.
        model: Name of the model that would read it, for its tokenizer and its price; None counts with
            ``o200k_base`` and has no price.
        counter: A counter to use in place of the model's own.

    Returns:
        The messages that would be sent, and tokens, money, waste and cache prefix of the conversation.

    Raises:
        ConfigurationError: A setting does not exist.
        TransformError: The input is not a sequence of messages.
        TokenizationError: A counter of the user's returned no count.

    Example:
        >>> from langchain_core.messages import ToolMessage
        >>> rows = "[" + ", ".join(f'{{"id": {i}, "state": "ready"}}' for i in range(40)) + "]"
        >>> plan = simulate([ToolMessage(rows, tool_call_id="1")], model="gpt-4o")
        >>> plan.transforms, plan.block_breakdown["overhead"]
        (('records',), 7)
    """
    engine = Engine(config, model=model, counter=counter)
    result = engine.compress(messages)
    saved = price_saved(model, result.tokens_before, result.tokens_after)
    system = stable_prefix(messages)
    return SimulationResult(
        tokens_before=result.tokens_before,
        tokens_after=result.tokens_after,
        tokens_saved=result.tokens_saved,
        transforms=result.transforms_applied,
        estimated_savings="unknown" if saved is None else f"${saved:,.4f} per call",
        estimated_savings_usd=saved,
        messages_optimized=result.messages,
        block_breakdown=block_breakdown(messages, engine.counter),
        waste_signals=waste_signals(messages, engine.counter),
        stable_prefix_hash=_prefix_hash(system),
        cache_alignment_score=cache_alignment(system, engine.counter),
        estimated=result.estimated,
        warnings=result.warnings,
    )


def price_saved(model: str | None, before: int, after: int) -> Decimal | None:
    """Price the input tokens that a call would not send.

    Args:
        model: A model's name.
        before: Input tokens without compression.
        after: Input tokens with it.

    Returns:
        US dollars at the list price, prompt cache left out; None where no price is known.
    """
    if model is None:
        return None
    # Two prices, not the price of the difference: some models cost more a token from a length on.
    full, less = input_price(model, before), input_price(model, after)
    return None if full is None or less is None else full - less


def stable_prefix(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The messages that every request of a conversation begins with.

    Args:
        messages: A conversation.

    Returns:
        The system messages before its first human message, developer messages included.
    """
    opening = takewhile(lambda message: role_of(message) is not BlockKind.USER, messages)
    return [message for message in opening if role_of(message) is BlockKind.SYSTEM]


def cache_alignment(system: Sequence[BaseMessage], counter: TokenCounter) -> float:
    """Score how much of a system prompt a prompt cache can hold from one day to the next.

    Args:
        system: The system messages of a conversation, in order.
        counter: Counts texts.

    Returns:
        Percent, with one decimal: the tokens of their text that stand before the first date or time, of the
        tokens of all their text. 100 where there is no date, or no text.
    """
    texts = [part.text for message in system for part in parts_of(message) if part.kind is BlockKind.SYSTEM]
    before = whole = 0
    dated = False
    for text in texts:
        tokens = counter.count(text)
        whole += tokens
        if dated:
            continue
        first = next(moments(text), None)
        dated = first is not None
        before += tokens if first is None else counter.count(text[: first[0]])
    return min(100.0, round(100 * before / whole, 1)) if dated and whole else 100.0


def _prefix_hash(system: Sequence[BaseMessage]) -> str:
    parts = (
        f"{index} {part.content_hash}" for index, message in enumerate(system) for part in parts_of(message)
    )
    return text_key("\n".join(parts)).hex()
