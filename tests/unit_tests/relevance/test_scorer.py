"""The tier that the settings ask for, each setting acting, and nothing heavy loaded before it is used."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from headroom_langchain.config import RelevanceScorerConfig
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.transforms.relevance import scorer_for
from tests.unit_tests.relevance.embeddings import Concepts

UNITS = ["storage storage storage", "disk full of old things and logs and more", "meeting storage", "card"]

OTHER_VALUES: dict[str, Any] = {
    "tier": "embedding",
    "bm25_k1": 0,
    "bm25_b": 0,
    "embedding_model": "other-model",
    "hybrid_alpha": 0.9,
    "adaptive_alpha": False,
    "relevance_threshold": 0.99,
}


def outcome(**settings: Any) -> tuple[object, ...]:
    """Everything a user can see of a score, with a model that does something and with one that is not there."""
    with_object = scorer_for(RelevanceScorerConfig(**settings), Concepts())
    without = scorer_for(RelevanceScorerConfig(**{"tier": "hybrid", **settings}))
    seen: list[object] = []
    for scorer in (with_object, without):
        scores = scorer.score("which storage is full", UNITS)
        seen += [scores.values.round(9).tolist(), scores.relevant.tolist(), scores.tier_used, scores.warnings]
    return tuple(seen)


def test_every_setting_is_tried_below() -> None:
    assert list(RelevanceScorerConfig.model_fields) == list(OTHER_VALUES)


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_changing_a_setting_changes_a_score(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert outcome(**{name: OTHER_VALUES[name]}) != outcome()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"tier": "cosine"}, "'auto', 'bm25', 'embedding' or 'hybrid'"),
        ({"bm25_k1": -0.1}, "bm25_k1"),
        ({"bm25_k1": float("nan")}, "bm25_k1"),
        ({"bm25_k1": 11}, "bm25_k1"),
        ({"bm25_b": 1.1}, "bm25_b"),
        ({"bm25_b": True}, "bm25_b"),
        ({"embedding_model": ""}, "embedding_model"),
        ({"hybrid_alpha": 1.5}, "hybrid_alpha"),
        ({"hybrid_alpha": "0.5"}, "hybrid_alpha"),
        ({"adaptive_alpha": 1}, "adaptive_alpha"),
        ({"relevance_threshold": -1}, "relevance_threshold"),
        ({"treshold": 0.5}, "treshold is no setting"),
    ],
)
def test_a_wrong_setting_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=r"RelevanceScorerConfig\.") as refused:
        RelevanceScorerConfig(**given)
    assert told in str(refused.value)


def test_every_setting_documents_itself() -> None:
    assert [name for name, info in RelevanceScorerConfig.model_fields.items() if not info.description] == []


def test_auto_is_hybrid_with_a_model_and_bm25_without() -> None:
    config = RelevanceScorerConfig()
    assert scorer_for(config, Concepts()).score("disk", UNITS).tier_used == "hybrid"
    alone = scorer_for(config).score("disk", UNITS)
    assert (alone.tier_used, alone.warnings) == ("bm25", ())


def test_bm25_leaves_a_model_alone() -> None:
    model = Concepts()
    assert scorer_for(RelevanceScorerConfig(tier="bm25"), model).score("disk", UNITS).tier_used == "bm25"
    assert model.calls == []


def test_a_model_name_that_no_tier_loads_is_told_once() -> None:
    scorer = scorer_for(RelevanceScorerConfig(embedding_model="/models/minilm"))
    (warning,) = scorer.score("disk", UNITS).warnings
    assert "'/models/minilm' is not used" in warning
    assert scorer.score("disk", UNITS).warnings == ()


def test_the_threshold_says_what_is_relevant() -> None:
    everything = scorer_for(RelevanceScorerConfig(relevance_threshold=0)).score("storage", UNITS)
    best_only = scorer_for(RelevanceScorerConfig(relevance_threshold=1)).score("storage", UNITS)
    assert everything.relevant.tolist() == [True, False, True, False]
    assert best_only.relevant.tolist() == [True, False, False, False]
    assert everything.values.tolist() == best_only.values.tolist()


async def test_long_inputs_are_scored_the_same_off_the_event_loop() -> None:
    units = [f"row {number} of the storage report" for number in range(3000)]
    scorer = scorer_for(RelevanceScorerConfig())
    here, there = scorer.score("row 77", units), await scorer.ascore("row 77", units)
    assert here.values.tolist() == there.values.tolist()


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import headroom_langchain.transforms.relevance", set()),
        ("from headroom_langchain.transforms.relevance import *", set()),
        (
            (
                "from headroom_langchain.config import RelevanceScorerConfig as C\n"
                "from headroom_langchain.transforms.relevance import scorer_for\n"
                "scorer_for(C()).score('a', ['a', 'b'])"
            ),
            {"numpy"},
        ),
        (
            (
                "from headroom_langchain.config import RelevanceScorerConfig as C\n"
                "from headroom_langchain.transforms.relevance import scorer_for\n"
                "scorer_for(C(tier='hybrid'))"
            ),
            {"numpy"},
        ),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_used(code: str, loaded: set[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"numpy", "torch", "sentence_transformers", "transformers", "scipy", "tiktoken"}
    assert {name.partition(".")[0] for name in run.stdout.split()} & heavy == loaded


@pytest.mark.parametrize("room", ["", ".bm25", ".embedding", ".hybrid", ".scores", ".words"])
def test_the_examples_are_right(room: str) -> None:
    assert doctest.testmod(import_module(f"headroom_langchain.transforms.relevance{room}")).failed == 0
