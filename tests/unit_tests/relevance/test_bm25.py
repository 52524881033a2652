"""BM25 ranks what the query names, in every script, and does with numpy what the formula says."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.config import RelevanceScorerConfig
from headroom_langchain.transforms.relevance.bm25 import Bm25
from headroom_langchain.transforms.relevance.words import query_terms, raw_words, read_word
from tests.unit_tests.strategies import any_text

CONFIG = RelevanceScorerConfig()


def ranking(query: str, units: list[str], config: RelevanceScorerConfig = CONFIG) -> list[int]:
    scores = Bm25(config).score(query, units)
    return [int(place) for place in np.argsort(-scores, kind="stable") if scores[place] > 0]


def by_the_book(query: str, units: list[str], config: RelevanceScorerConfig) -> list[float]:
    """The formula, term by term and unit by unit."""
    average = max(sum(map(len, units)) / len(units), 1) if units else 1
    sums = [0.0] * len(units)
    for term in query_terms(query).terms:
        counts = []
        for unit in units:
            readings = [read_word(word) for word in raw_words(unit)]
            parts = [part for reading in readings for part in reading.parts]
            count = sum(tuple(parts[at : at + len(term)]) == term for at in range(len(parts)))
            if len(term) == 1:
                count += sum(reading.others.count(term[0]) for reading in readings)
            counts.append(count)
        having = sum(count > 0 for count in counts)
        idf = log(1 + (len(units) - having + 0.5) / (having + 0.5))
        for place, count in enumerate(counts):
            if count:
                damping = config.bm25_k1 * (1 - config.bm25_b + config.bm25_b * len(units[place]) / average)
                sums[place] += idf * count * (config.bm25_k1 + 1) / (count + damping)
    return sums


WORDS = st.sampled_from(
    [
        "error", "Errors", "getUserName", "user_name", "username", "10.0.0.5", "10", "0.0", "支付失败", "失败", "失",
        "ошибка", "the", "a_b_a_b", "a.b", "b a", "_", "-", "\ud800", "第3章", "'a b'",
    ]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)


@given(TEXTS, st.lists(TEXTS | any_text, max_size=8), st.floats(0, 3), st.floats(0, 1))
def test_the_arrays_compute_the_formula(query: str, units: list[str], k1: float, b: float) -> None:
    config = RelevanceScorerConfig(bm25_k1=k1, bm25_b=b)
    assert Bm25(config).raw(query, units) == pytest.approx(by_the_book(query, units, config))


@given(any_text, st.lists(any_text, max_size=6))
def test_scores_lie_between_0_and_1_and_the_best_found_is_1(query: str, units: list[str]) -> None:
    scores = Bm25(CONFIG).score(query, units)
    assert scores.dtype == np.float64
    assert len(scores) == len(units)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert not scores.any() or scores.max() == 1


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=6))
def test_the_order_of_units_does_not_change_their_scores(query: str, units: list[str]) -> None:
    forward, backward = Bm25(CONFIG).score(query, units), Bm25(CONFIG).score(query, units[::-1])
    assert forward == pytest.approx(backward[::-1])


def test_a_rare_term_outranks_a_common_one() -> None:
    units = [f"request {number} served in 12 ms" for number in range(50)] + ["deadlock 7 after 12 ms"]
    assert ranking("served deadlock", units)[0] == 50
    scores = Bm25(CONFIG).score("served deadlock", units)
    assert scores[:50].max() < 0.25


@pytest.mark.parametrize(
    ("query", "units", "best"),
    [
        ("какой заказ отменён?", ["Заказ 17 оплачен", "Заказ 18 ОТМЕНЕН", "Заказ 19 доставлен"], 1),
        ("支払いエラーはどれ", ["注文を受け付けました", "配送が完了しました", "支払いでエラーが発生"], 2),
        ("支付失败的订单", ["订单已发货", "用户登录成功", "订单支付失败，请重试"], 2),
        ("서버 오류", ["서버가 시작됨", "서버에서 오류가 발생했습니다", "작업 완료"], 1),
        ("خطأ في الدفع", ["تم الشحن", "حدث خَطَأ أثناء الدفع", "تم التسجيل"], 1),
        ("Größe der Straße", ["Farbe: rot", "GRÖSSE und STRASSE", "Breite"], 1),
        ("ข้อผิดพลาด", ["ชำระเงินสำเร็จ", "เกิดข้อผิดพลาดในระบบ", "ยินดีต้อนรับ"], 1),
        ("भुगतान विफल", ["आदेश भेजा गया", "भुगतान विफल हुआ", "स्वागत है"], 1),
        ("犬", ["猫が好き", "子犬小屋", "鳥"], 1),
    ],
)
def test_every_language_finds_its_unit(query: str, units: list[str], best: int) -> None:
    assert ranking(query, units)[0] == best


@pytest.mark.parametrize(
    ("query", "wanted", "decoy"),
    [
        ("10.0.0.5", "host 10.0.0.5 down", "host 5.10.0.0 down 10 5 0 0"),
        ("order 2024-01-15", "created 2024/01/15", "created 2024-15-01 01"),
        ("what is user_name", "the userName field", "the user and his name"),
        ("username", "the user_name field", "the user and his name"),
        ("getUserName", "GetUsername()", "get all of it, user"),
        ("a3f9-77b2", "trace a3f9-77b2 end", "trace 77b2 a3f9 end"),
        ("jane.doe@example.com", "to jane.doe@example.com", "to doe.jane@com.example"),
        ("src/api/routes.py", "edited src/api/routes.py", "edited routes.py of api in src"),
        ('"connection refused"', "connection refused", "refused a connection"),
        ("which classes failed", "class failed", "glass failed"),
    ],
)
def test_ids_paths_and_identifiers_are_found_as_a_whole_first(query: str, wanted: str, decoy: str) -> None:
    filler = [f"line {letter}" for letter in "klmnop"]
    assert ranking(query, [decoy, wanted, *filler])[0] == 1


def test_no_term_reaches_across_units() -> None:
    raw = Bm25(CONFIG).raw
    assert raw("user_id", ["user", "id", "x"]).tolist() == raw("user id", ["user", "id", "x"]).tolist()


def test_k1_says_what_repetition_gains() -> None:
    units = ["error", "error error error", "fine"]
    once = RelevanceScorerConfig(bm25_k1=0, bm25_b=0)
    often = RelevanceScorerConfig(bm25_k1=3, bm25_b=0)
    assert Bm25(once).score("error", units)[0] == 1
    assert Bm25(often).score("error", units)[0] < 0.7


def test_b_says_how_much_length_costs() -> None:
    units = ["error", "error " + "padding " * 50, "fine"]
    assert Bm25(RelevanceScorerConfig(bm25_b=0)).score("error", units)[1] == 1
    assert Bm25(RelevanceScorerConfig(bm25_b=1)).score("error", units)[1] < 0.5


@pytest.mark.parametrize("query", ["", " ", "?!", "\ud800", "_"])
def test_a_query_without_words_finds_nothing(query: str) -> None:
    assert Bm25(CONFIG).score(query, ["some", "units", query]).tolist() == [0, 0, 0]


def test_units_without_words_score_0() -> None:
    assert Bm25(CONFIG).score("error", ["", "\n", "\ud800", "error"]).tolist() == [0, 0, 0, 1]
    assert Bm25(CONFIG).score("error", []).tolist() == []
    assert Bm25(CONFIG).score("error", [""]).tolist() == [0]


def test_a_query_as_long_as_a_file_is_scored() -> None:
    query = " ".join(
        f"2024-01-{day:02d}T{hour:02d}:{minute:02d}"
        for day in range(28)
        for hour in range(24)
        for minute in range(60)
    )
    units = [f"2024-01-{day:02d}T05:06 started" for day in range(28)] * 20
    assert Bm25(CONFIG).score(query, units).max() == 1
