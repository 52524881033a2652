"""Words of every script, identifiers and what belongs together, in one pass."""

from __future__ import annotations

import pytest
from hypothesis import given

from headroom_langchain.transforms.relevance.words import (
    LONGEST_RUN,
    plain_part,
    query_terms,
    quoted,
    raw_words,
    read_word,
)
from tests.unit_tests.strategies import any_text


def parts(text: str) -> list[str]:
    return [part for word in raw_words(text) for part in read_word(word).parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUserName", ["get", "user", "name"]),
        ("HTTPServerError", ["http", "server", "error"]),
        ("sha256Sum", ["sha256", "sum"]),
        ("XMLHttpRequest2", ["xml", "http", "request2"]),
        ("user_id", ["user", "id"]),
        ("__init__", ["init"]),
        ("MAX_RETRY_COUNT", ["max", "retri", "count"]),
        ("src/app/main.py", ["src", "app", "main", "py"]),
        ("feature-flag", ["featur", "flag"]),
        ("3f9a2bc71d", ["3f9a2bc71d"]),
        ("A1B2C3", ["a1b2c3"]),
        ("10.0.0.5", ["10", "0", "0", "5"]),
        ("НомерЗаказа", ["номер", "заказа"]),
        ("größeÄndern", ["grösse", "ändern"]),
        ("_", []),
        ("", []),
    ],
)
def test_identifiers_split_at_their_seams_and_ids_stay_whole(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("東京都庁", ["東京", "京都", "都庁"]),
        ("犬", ["犬"]),
        ("支付失败", ["支付", "付失", "失败"]),
        ("サーバー", ["サー", "ーバ", "バー"]),
        ("서버가", ["서버", "버가"]),
        ("第3章", ["第", "3", "章"]),
        ("エラーcode404です", ["エラ", "ラー", "code404", "です"]),
        ("ﾃｽﾄ", ["テス", "スト"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("น้ำ", ["น\u0e49\u0e4dา"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("مُحَمَّد", ["محمد"]),
        ("العـــربية", ["العربية"]),
        ("отменён", ["отменен"]),
        ("Straße STRASSE", ["strass", "strass"]),
        ("cafe\u0301", ["café"]),
        ("ΣΊΣΥΦΟΣ", ["σίσυφοσ"]),
    ],
)
def test_every_script_has_words(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("error", "errors"), ("query", "queries"), ("class", "classes"), ("status", "statuses"), ("cache", "caches"),
        ("batch", "batches"), ("process", "processes"), ("cookie", "cookies"), ("node", "nodes"), ("day", "days"),
        ("index", "indexes"), ("delay", "delays"), ("address", "addresses"), ("key", "keys"), ("site", "sites"),
    ],
)  # fmt: skip
def test_singular_and_plural_meet(one: str, many: str) -> None:
    assert parts(one) == parts(many.upper()) == parts(many)


@pytest.mark.parametrize(
    "words",
    [
        "failed failing failure",
        "status stat",
        "redis red",
        "as a",
        "das da",
        "new news old",
        "1s 1",
        "b7s b7",
    ],
)
def test_other_endings_are_kept_apart(words: str) -> None:
    kept = [word for word in parts(words) if word != "new"]
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize(
    ("query", "run"),
    [
        ("ip 10.0.0.5?", ("10", "0", "0", "5")),
        ("since 2024-01-15", ("2024", "01", "15")),
        ("mail from a.b@example.com.", ("a", "b", "exampl", "com")),
        ("see /var/log/app.log", ("var", "log", "app", "log")),
        ("call getUserName()", ("get", "user", "name")),
        ('why "connection refused by peer"', ("connection", "refused", "by", "peer")),
        ("warum „Verbindung abgelehnt“", ("verbindung", "abgelehnt")),
        ("почему «Отказ в доступе»", ("отказ", "в", "доступе")),
        ("'no space left' on", ("no", "spac", "left")),
    ],
)
def test_what_belongs_together_is_a_term_beside_its_parts(query: str, run: tuple[str, ...]) -> None:
    terms = query_terms(query).terms
    assert run in terms
    assert {(part,) for part in run} <= set(terms)


def test_an_identifier_answers_to_its_joined_name() -> None:
    assert (
        query_terms("username").terms == (read_word("userName").others,) == (read_word("USER_NAME").others,)
    )
    assert read_word("userName").others in query_terms("userName").terms


def test_apostrophes_are_no_quotes() -> None:
    assert list(quoted("it isn't the customers' fault, don't ask")) == []
    assert list(quoted("the 'last' \"one\" of `three`")) == ["last", "one", "three"]


def test_each_term_is_looked_for_once() -> None:
    assert query_terms("error Error ERRORS error").terms == (("error",),)


def test_a_run_without_end_is_cut() -> None:
    terms = query_terms(".".join(str(number) for number in range(1000))).terms
    assert max(map(len, terms)) == LONGEST_RUN
    assert len(terms) == 1001


@given(any_text)
def test_any_text_has_terms_without_empty_parts(text: str) -> None:
    assert all(term and all(term) for term in query_terms(text).terms)


@given(any_text)
def test_the_short_way_to_read_a_word_reads_the_same(text: str) -> None:
    for word in raw_words(text):
        plain = plain_part(word)
        assert plain is None or (read_word(word).parts, read_word(word).others) == ((plain,), ())


@pytest.mark.parametrize(
    ("text", "count", "terms"),
    [
        ("a" * 10**6, 1, 1),
        ("a_" * 500_000, 500_000, 3),
        ("aA" * 500_000, 500_001, 4),
        ("1." * 500_000, 500_000, 2),
        ("東" * 10**6, 999_999, 2),
        ("'" * 10**6, 0, 0),
        ('"a' * 500_000, 500_000, 1),
    ],
    ids=["letters", "snake", "camel", "dots", "han", "quotes", "quoted"],
)
def test_a_megabyte_without_blanks_is_read(text: str, count: int, terms: int) -> None:
    assert len(parts(text)) == count
    assert len(query_terms(text)) == terms
