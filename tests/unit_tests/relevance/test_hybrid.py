"""Terms and meaning together: the weight follows the query, and no tier drags the other down."""

from __future__ import annotations

import pytest

from headroom_langchain.config import RelevanceScorerConfig
from headroom_langchain.transforms.relevance import scorer_for
from headroom_langchain.transforms.relevance.hybrid import bm25_weight
from tests.unit_tests.relevance.embeddings import Concepts

UNITS = ["card declined for A-4711", "disk full on A-4711", "storage report", "bill sent", "meeting"]
CONFIG = RelevanceScorerConfig(tier="hybrid")


@pytest.mark.parametrize(
    "query",
    [
        "what happened to A-4711?", "status of user 17", 'rows with "card declined"', "open src/app", "show main.py",
        "where is getUserName used", "who calls parse_row here", "mail to jane@example.com please", "/etc", "~/notes today",
        "set LOG_LEVEL to what", "почему упал заказ 4711", "订单4711为什么失败", "用户「支付失败」的原因", "see std::vector docs",
    ],
)  # fmt: skip
def test_what_must_be_met_to_the_letter_leans_on_bm25(query: str) -> None:
    assert bm25_weight(query, CONFIG) == 0.75


@pytest.mark.parametrize(
    "query",
    [
        "why are so many customers unhappy?", "Which deliveries came late?", "почему клиенты недовольны", "为什么客户不满意",
        "warum sind die Kunden unzufrieden", "what's the customers' main complaint", "I want a long-term overview",
    ],
)  # fmt: skip
def test_questions_lean_on_the_embedding(query: str) -> None:
    assert bm25_weight(query, CONFIG) == 0.25


@pytest.mark.parametrize("query", ["payment", "disk space", "ошибка"])
def test_keywords_keep_the_given_weight(query: str) -> None:
    assert bm25_weight(query, CONFIG) == 0.5


def test_the_weight_stays_where_it_was_set() -> None:
    fixed = RelevanceScorerConfig(adaptive_alpha=False, hybrid_alpha=0.3)
    assert {bm25_weight(query, fixed) for query in ("A-4711", "why are they so unhappy", "disk")} == {0.3}
    assert bm25_weight("A-4711", RelevanceScorerConfig(hybrid_alpha=0.2)) == pytest.approx(0.6)


def test_hybrid_finds_by_terms_and_by_meaning() -> None:
    scorer = scorer_for(CONFIG, Concepts())
    by_id = scorer.score("storage problem of A-4711", UNITS)
    assert by_id.values.argmax() == 1
    assert by_id.tier_used == "hybrid"
    by_meaning = scorer.score("delivery charged twice to customer", UNITS)
    assert by_meaning.values.argmax() in {0, 3}


def test_alpha_moves_the_scores() -> None:
    query, units = "storage", ["disk full", "storage storage", "meeting"]
    only_terms = RelevanceScorerConfig(tier="hybrid", hybrid_alpha=1, adaptive_alpha=False)
    only_meaning = RelevanceScorerConfig(tier="hybrid", hybrid_alpha=0, adaptive_alpha=False)
    assert scorer_for(only_terms, Concepts()).score(query, units).values.tolist() == [0, 1, 0]
    meaning = scorer_for(only_meaning, Concepts()).score(query, units)
    assert meaning.values.tolist() == scorer_for(
        RelevanceScorerConfig(tier="embedding"), Concepts()
    ).score(query, units).values.tolist()  # fmt: skip
    assert meaning.values[0] > 0.9


def test_a_tier_that_finds_nothing_has_no_vote() -> None:
    scores = scorer_for(CONFIG, Concepts()).score("charged", ["card declined", "disk full"])
    assert scores.values[0] == 1


@pytest.mark.parametrize("query", ["A" * 10**6 + "b", "_" * 10**6, '"' * 10**6, "a:" * 500_000, "犬" * 10**6])
def test_a_query_without_blanks_is_weighed_in_one_pass(query: str) -> None:
    assert bm25_weight(query, CONFIG) in {0.25, 0.5, 0.75}
