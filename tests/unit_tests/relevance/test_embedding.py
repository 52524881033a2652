"""Meaning finds other words; a model that fails is replaced by BM25 with a warning, never silently."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import DeterministicFakeEmbedding

from headroom_langchain.config import RelevanceScorerConfig
from headroom_langchain.transforms.relevance import Scores, scorer_for
from headroom_langchain.transforms.relevance.bm25 import Bm25
from headroom_langchain.transforms.relevance.embedding import EmbeddingScorer, Meaning, VectorCache, relative
from tests.unit_tests.relevance.embeddings import Answers, AsyncConcepts, Concepts, Unreachable
from tests.unit_tests.strategies import any_text

UNITS = ["card declined", "disk full", "parcel arrived", "", "meeting on thursday"]
BY_MEANING = RelevanceScorerConfig(tier="embedding")


def as_lists(scores: Scores) -> tuple[list[float], list[bool], str, tuple[str, ...]]:
    return scores.values.tolist(), scores.relevant.tolist(), scores.tier_used, scores.warnings


def test_meaning_finds_other_words() -> None:
    scores = scorer_for(BY_MEANING, Concepts()).score("why was the bill not charged", UNITS)
    assert scores.values.argmax() == 0
    assert scores.values[0] == 1
    assert scores.relevant.tolist() == [True, False, False, False, False]
    assert (scores.tier_used, scores.warnings) == ("embedding", ())


@pytest.mark.parametrize("tier", ["embedding", "hybrid"])
async def test_async_gives_the_same_and_uses_the_models_own_methods(tier: str) -> None:
    config = RelevanceScorerConfig.model_validate({"tier": tier})
    expected = scorer_for(config, Concepts()).score("storage", UNITS)
    model = AsyncConcepts()
    for size in (1, 3000):
        units = UNITS * size
        scores = await scorer_for(config, model).ascore("storage", units)
        assert as_lists(scores) == as_lists(scorer_for(config, Concepts()).score("storage", units))
    assert as_lists(await scorer_for(config, model).ascore("storage", UNITS)) == as_lists(expected)
    assert set(model.calls) == {"aquery", "adocuments"}


@given(any_text, st.lists(any_text, max_size=6))
def test_any_text_is_scored_the_same_in_both_worlds(query: str, units: list[str]) -> None:
    for tier in ("bm25", "embedding", "hybrid"):
        config = RelevanceScorerConfig.model_validate({"tier": tier})
        scores = scorer_for(config, DeterministicFakeEmbedding(size=8)).score(query, units)
        twin = asyncio.run(scorer_for(config, DeterministicFakeEmbedding(size=8)).ascore(query, units))
        assert as_lists(scores) == as_lists(twin)
        assert (scores.tier_used, scores.warnings) == (tier, ())
        assert len(scores.values) == len(units)
        assert ((scores.values >= 0) & (scores.values <= 1)).all()


def test_a_unit_is_embedded_once_however_often_it_comes() -> None:
    model = Concepts()
    scorer = scorer_for(BY_MEANING, model)
    first = scorer.score("storage", [*UNITS, *UNITS])
    second = scorer.score("storage", [*UNITS, "a new one", *UNITS])
    assert sorted(model.embedded) == sorted([*filter(None, UNITS), "a new one"])
    assert model.queries == ["storage"]
    assert second.values[:5].tolist() == first.values[:5].tolist()


def test_large_inputs_are_embedded_in_batches() -> None:
    model = Concepts()
    scorer_for(BY_MEANING, model).score("storage", [f"disk {number}" for number in range(600)])
    assert model.calls == ["query", "documents", "documents", "documents"]


def test_the_cache_stays_within_its_bytes_and_drops_the_oldest() -> None:
    cache = VectorCache(max_bytes=3 * 5 * 4)
    model = Concepts()
    meaning = Meaning(model, cache)
    scorer = EmbeddingScorer(BY_MEANING, meaning)
    scorer.score("disk", ["a", "b", "c", "d"])
    assert len(cache) == 3
    scorer.score("disk", ["d"])
    assert model.embedded == ["a", "b", "c", "d"]
    scorer.score("disk", ["a"])
    assert model.embedded == ["a", "b", "c", "d", "a"]


def test_blank_units_and_queries_never_reach_the_model() -> None:
    model = Concepts()
    assert scorer_for(BY_MEANING, model).score(" \n", UNITS).values.tolist() == [0] * 5
    assert scorer_for(BY_MEANING, model).score("disk", []).values.tolist() == []
    assert model.calls == []
    assert scorer_for(BY_MEANING, model).score("disk", ["", "\n"]).values.tolist() == [0, 0]
    assert model.embedded == []


def test_lone_surrogates_reach_the_model_as_text_that_can_be_sent() -> None:
    model = Concepts()
    scorer_for(BY_MEANING, model).score("disk \ud800", ["full \udfff"])
    assert (model.queries, model.embedded) == (["disk ?"], ["full ?"])


@pytest.mark.parametrize("tier", ["embedding", "hybrid"])
@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Unreachable(ConnectionError("no route\nto host")), "ConnectionError: no route"),
        (Unreachable(StopIteration()), ": "),
        (Answers([[1.0, 0.0]], [1.0, 0.0]), "(1, 2) numbers for 4 texts"),
        (Answers([[1.0, 0.0]] * 4, [1.0, 0.0, 0.0]), "ValueError"),
        (Answers([[1.0], [1.0, 2.0], [], []], [1.0]), "ValueError"),
        (Answers([[float("nan")]] * 4, [1.0]), "not finite"),
        (Answers([[1.0]] * 4, []), "(1, 0) numbers for 1 texts"),
        (Answers([["x"]] * 4, [1.0]), "ValueError"),  # type: ignore[list-item]
    ],
)
async def test_a_model_that_fails_is_replaced_by_bm25_with_the_reason(
    tier: str, model: Answers | Unreachable, told: str
) -> None:
    config = RelevanceScorerConfig.model_validate({"tier": tier})
    scorer = scorer_for(config, model)
    for scores in (scorer.score("disk 4711", UNITS), await scorer.ascore("disk 4711", UNITS)):
        assert scores.tier_used == "bm25"
        assert scores.values.tolist() == Bm25(config).score("disk 4711", UNITS).tolist()
        (warning,) = scores.warnings
        assert f"relevance tier '{tier}' fell back to 'bm25'" in warning
        assert told in warning
        assert "\n" not in warning


def test_a_model_that_recovers_is_used_again() -> None:
    class Shaky(Concepts):
        failures = 1

        def embed_query(self, text: str) -> list[float]:
            if self.failures:
                self.failures -= 1
                raise TimeoutError
            return super().embed_query(text)

    scorer = scorer_for(BY_MEANING, Shaky())
    assert scorer.score("storage", UNITS).tier_used == "bm25"
    assert scorer.score("storage", UNITS).tier_used == "embedding"


@pytest.mark.parametrize("tier", ["embedding", "hybrid"])
def test_without_the_extra_the_model_is_replaced_by_bm25_and_told_once(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    scorer = scorer_for(RelevanceScorerConfig.model_validate({"tier": tier}))
    first, second = scorer.score("disk", UNITS), scorer.score("disk", UNITS)
    assert first.values.tolist() == second.values.tolist() == [0, 1, 0, 0, 0]
    assert (first.tier_used, second.tier_used) == ("bm25", "bm25")
    (warning,) = first.warnings
    assert "'all-MiniLM-L6-v2' is not available" in warning
    assert "install headroom-langchain[embeddings]" in warning
    assert second.warnings == ()


async def test_an_abandoned_call_ends_as_such() -> None:
    class Slow(Concepts):
        async def aembed_query(self, text: str) -> list[float]:
            await asyncio.Event().wait()
            return []

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(scorer_for(BY_MEANING, Slow()).ascore("disk", UNITS), 0.01)


def test_threads_share_a_scorer() -> None:
    scorer = scorer_for(BY_MEANING, Concepts())
    expected = scorer_for(BY_MEANING, Concepts()).score("storage", UNITS).values.tolist()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: scorer.score("storage", UNITS).values.tolist(), range(40)))
    assert results == [expected] * 40


def test_cosines_are_spread_between_the_worst_and_the_best() -> None:
    assert relative(np.array([0.9, 0.7, 0.8])) == pytest.approx([1, 0, 0.5])
    assert relative(np.array([0.90, 0.89])) == pytest.approx([1, 0.9])
    assert relative(np.array([0.5, -0.5, 0.0, np.nan])) == pytest.approx([1, 0, 0, 0])
    assert relative(np.array([-0.1, -0.5])).tolist() == [0, 0]
    assert relative(np.array([np.nan])).tolist() == [0]
