"""Prose shortened by a model: the rate and the budget are asked for, kept, announced and redeemable."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom_langchain.config import HeadroomConfig
from headroom_langchain.engine import Engine
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.originals import Original, Originals
from headroom_langchain.results import Loss
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.marker import read_header
from headroom_langchain.transforms.select.llmlingua import LLMLinguaCompressor, TextShortener

PROSE = "\n\n".join(
    f"In chapter {n} the harbour master of the {n * 31 % 97}th pier tells how the fog came in from the sea, and how "
    f"the {n * 17 % 89} boats that were still out found their way home by the sound of the bell alone."
    for n in range(80)
)
count = counter_for(None).count


@dataclass
class Model:
    """Has the one method of ``llmlingua.PromptCompressor`` and keeps every ``n``-th word by the rate."""

    excess: float = 1.0
    asked: list[dict[str, Any]] = field(default_factory=list)

    def compress_prompt(self, context: list[str], **how: Any) -> dict[str, str]:
        self.asked.append(how)
        words = context[0].split()
        kept = max(1, int(len(words) * how["rate"] * self.excess))
        return {"compressed_prompt": " ".join(words[:kept])}


def compress(
    shortener: TextShortener | None, *, budget: int = 1000, text: str = PROSE
) -> tuple[Any, Originals]:
    store = Originals()
    selection = {"kinds": ("prose", "markdown"), "budget_tokens": budget, "min_tokens": 0}
    config = HeadroomConfig.model_validate({"selection": selection})
    messages: list[BaseMessage] = [
        HumanMessage("Who rang the bell?"),
        AIMessage("", tool_calls=[{"name": "read_book", "args": {}, "id": "1"}]),
        ToolMessage(text, tool_call_id="1"),
    ]
    return Engine(config, originals=store, prose_compressor=shortener).compress(messages, thread="t"), store


def test_the_target_rate_is_asked_for() -> None:
    model = Model()
    shorter = LLMLinguaCompressor(0.3, compressor=model).shorten(PROSE, 10**6)
    assert model.asked[0]["rate"] == 0.3
    assert model.asked[0]["force_reserve_digit"]
    assert len(shorter.split()) == int(len(PROSE.split()) * 0.3)


def test_a_budget_below_the_rate_is_asked_for_instead() -> None:
    model = Model()
    LLMLinguaCompressor(0.5, compressor=model).shorten(PROSE, 400)
    assert model.asked[0]["rate"] == pytest.approx(400 / count(PROSE))


def test_a_shortened_result_is_announced_within_its_budget_and_redeemable() -> None:
    model = Model(excess=0.9)
    result, store = compress(LLMLinguaCompressor(0.5, compressor=model))
    decision = result.decisions[2]
    assert decision.loss is Loss.SELECTED
    assert decision.tokens_after <= 1000 + 20  # the message's own frame
    assert model.asked
    header = read_header(result.messages[2].content)
    (omission,) = decision.omissions
    assert header is not None
    assert header[:2] == (
        "omitted",
        f"{omission.kept:,} of {omission.total:,} tokens, all: {omission.ref}",
    )
    found = store.get(omission.ref, thread="t")
    assert isinstance(found, Original)
    assert found.text == PROSE


def test_a_model_that_writes_too_much_is_asked_for_less_then_replaced() -> None:
    once = Model(excess=1.1)
    result, _ = compress(LLMLinguaCompressor(0.9, compressor=once))
    assert len(once.asked) == 2
    assert once.asked[1]["rate"] < once.asked[0]["rate"]
    assert "shortened" in result.decisions[2].reason
    result, _ = compress(Broken(PROSE))
    assert "sentences" in result.decisions[2].reason
    assert result.decisions[2].tokens_after <= 1000 + 20
    assert any("prose was not shortened" in warning for warning in result.warnings)


class Broken:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    def shorten(self, text: str, budget_tokens: int) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [RuntimeError("no memory"), "", None, 3, "[headroom:lines x]\nbroken"])
def test_whatever_a_shortener_does_the_call_goes_on_and_says_so(answer: object) -> None:
    result, _ = compress(Broken(answer))
    assert result.decisions[2].loss is Loss.SELECTED
    assert any("prose was not shortened" in warning for warning in result.warnings)


def test_a_failure_is_told_also_where_nothing_else_can_be_left_out() -> None:
    result, _ = compress(Broken(RuntimeError("no memory")), budget=50, text="word " * 400)
    assert (
        any("no memory" in warning for warning in result.warnings)
        or result.decisions[2].loss is Loss.SELECTED
    )


def test_without_a_shortener_sentences_are_selected() -> None:
    assert "shortened" not in compress(None)[0].decisions[2].reason


def test_a_missing_extra_is_named() -> None:
    with pytest.raises((ImportError, OSError), match=r"llmlingua|local"):
        LLMLinguaCompressor(model="no such model").shorten(PROSE, 100)


@pytest.mark.parametrize("rate", [0, 1, -0.5, 2, float("nan")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="target_rate"):
        LLMLinguaCompressor(rate)


def test_a_shortener_is_copied_with_its_settings() -> None:
    copied = pickle.loads(  # noqa: S301 - our own bytes
        pickle.dumps(LLMLinguaCompressor(0.4, model="m", compressor=Model()))
    )
    assert (copied.target_rate, copied.model) == (0.4, "m")
    assert copied.shorten(PROSE, 10**6)
    engine = pickle.loads(pickle.dumps(Engine(prose_compressor=copied)))  # noqa: S301 - our own bytes
    assert engine._prose_compressor.target_rate == 0.4
