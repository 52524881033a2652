from __future__ import annotations

import json
from typing import Any

import pytest

from headroom_langchain.transforms.select.musts import Must, find_musts

FILLER = "request served in good time"


def errors_in_lines(*lines: str, around: int = 40) -> list[str]:
    """Which lines are taken for errors, among enough quiet ones."""
    texts = [*[FILLER] * around, *lines, *[FILLER] * around]
    return [
        texts[must.index] for must in sorted(find_musts(texts), key=lambda must: must.index) if must.is_error
    ]


def errors_in_rows(rows: list[dict[str, Any]]) -> set[int]:
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    return {must.index for must in find_musts(texts, rows) if must.is_error}


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-01 10:00:00 ERROR db: connection lost",
        "[error] 31#31: *1 open() failed",
        "java.lang.NullPointerException: x was null",
        "ValueError: invalid literal",
        "request failed after 3 tries",
        "build FAILED",
        "kernel: Out of memory: Killed process 99",
        "panic: runtime error: index out of range",
        "Segmentation fault (core dumped)",
        "ssh: connect to host x port 22: Connection refused",
        "rm: cannot remove 'x': Permission denied",
        "3 failed, 20 passed in 2.1s",
        "errors=3 warnings=0",
        '{"level":"error","msg":"disk"}',
        '{"error": "disk full"}',
        "Verbindungsfehler: Zeitüberschreitung",
        "Der Auftrag ist fehlgeschlagen",
        "Erreur : fichier introuvable",
        "La connexion a échoué",
        "Fallo al conectar",
        "Falha na conexão com o banco",
        "Impossibile: errore di rete",
        "Произошла ошибка при записи",
        "Не удалось подключиться к базе",
        "连接数据库失败",
        "接続エラーが発生しました",
        "데이터베이스 연결에 실패했습니다",
        "حدث خطأ في الاتصال",
        "Wystąpił błąd zapisu",
        "Bağlantı başarısız oldu",
        "Σφάλμα δικτύου",
        "เกิดข้อผิดพลาดในระบบ",
    ],
)
def test_a_line_that_reports_a_failure_is_kept_in_any_language(line: str) -> None:
    assert errors_in_lines(line) == [line]


@pytest.mark.parametrize(
    "line",
    [
        '{"id": 1, "error": null}',
        '{"id": 1, "error": ""}',
        '{"id":1,"error":null,"ok":true}',
        '{"id": 1, "errors": 0, "failed": false}',
        '{"id": 1, "errors": []}',
        '{"error_rate": 0.01}',
        "20 passed, 0 failed in 2.1s",
        "0 errors, 2 warnings",
        "no errors found",
        "No syntax errors detected in a.php",
        "finished without errors",
        "errors: 0",
        "error=none",
        "Failures: 0, Errors: 0, Skipped: 0",
        "the error rate was fine",
        "see the error handling guide",
        "the terror of the deep",
        "エラーなし",
        "エラーはありません",
        "没有错误",
        "オーダー0件のエラー",
        "Keine Fehler gefunden",
        "Ошибок нет? без ошибок",
        "in fall we failsafe",
    ],
)
def test_what_says_that_nothing_failed_is_no_error(line: str) -> None:
    assert errors_in_lines(line) == []


def test_words_count_for_nothing_where_most_units_have_them() -> None:
    texts = [f"chapter {place}: how an error is thrown and an exception is caught" for place in range(60)]
    texts[30] = "chapter 30: intermission"

    assert not any(must.is_error for must in find_musts(texts))


def test_levels_count_where_every_line_has_the_word() -> None:
    texts = [
        f"2024-01-01 10:00:{place % 60:02} INFO error budget check {place} failed over" for place in range(60)
    ]
    texts[17] = "2024-01-01 10:00:17 ERROR error budget check 17 failed over"

    assert [must.index for must in find_musts(texts) if must.is_error] == [17]


@pytest.mark.parametrize(
    ("key", "fine", "wrong"),
    [
        ("error", None, "timeout"),
        ("error", "", "timeout"),
        ("errors", 0, 3),
        ("errors", [], ["x"]),
        ("failed", False, True),
        ("hasErrors", "no", "yes"),
        ("error_message", "none", "disk"),
        ("level", "info", "FATAL"),
        ("level", 30, 50),
        ("severity", "notice", "crit"),
        ("status", "ok", "timed_out"),
        ("paymentStatus", "paid", "PAYMENT_FAILED"),
        ("conclusion", "success", "failure"),
        ("status", 200, 503),
        ("status_code", "200", "404"),
        ("exit_code", 0, 137),
        ("success", True, False),
        ("ok", "true", "false"),
        ("stan", "dobrze", "coś innego"),
        ("состояние", "выполнен", "отменён"),
        ("状态", "完成", "取消"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_record_that_failed_is_kept_by_its_column(
    key: str, fine: object, wrong: object, *, nested: bool
) -> None:
    rows: list[dict[str, Any]] = [{"id": place, "data": {}} for place in range(60)]
    for place, row in enumerate(rows):
        (row["data"] if nested else row)[key] = wrong if place in {23, 41} else fine
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]

    kept = [must for must in find_musts(texts, rows) if must.priority <= 2]

    assert {must.index for must in kept} == {23, 41}, kept


def test_columns_of_measurements_are_no_errors() -> None:
    rows = [
        {
            "step": place,
            "error": 0.5 / (place + 1),
            "error_rate": 0.01,
            "errors_total": 12,
            "code": 40_000 + place,
        }
        for place in range(60)
    ]

    assert errors_in_rows(rows) == set()


def test_an_error_key_that_only_some_records_have_is_an_error() -> None:
    rows: list[dict[str, Any]] = [{"id": place} for place in range(60)]
    rows[31]["error"] = {"code": "E1", "detail": None}

    assert 31 in errors_in_rows(rows)


def test_every_failure_of_a_table_is_kept() -> None:
    rows = [{"id": place, "status": "failed" if place % 3 == 0 else "done"} for place in range(300)]

    assert errors_in_rows(rows) == set(range(0, 300, 3))


def test_the_first_errors_of_each_kind_come_before_those_seen_already() -> None:
    texts = [f"{place} ERROR disk full on node {place}" if place % 2 else FILLER for place in range(80)]
    texts[70] = "70 ERROR cable cut"

    errors = [must.index for must in find_musts(texts) if must.is_error]

    assert set(errors) == {*range(1, 80, 2), 70}
    assert 70 in errors[:4]


PYTHON = """\
2024-01-01 ERROR handler crashed
Traceback (most recent call last):
  File "/app/main.py", line 10, in <module>
    run()
    ~~~^^
  File "/app/run.py", line 3, in run
    return 1 / 0

ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 12, in <module>
    report()
app.errors.ReportProblem: nobody listens"""
JAVA = """\
Exception in thread "main" java.lang.IllegalStateException: no
	at com.x.Main.run(Main.java:10)
	at com.x.Main.main(Main.java:5)
Caused by: java.io.IOException: broken
	at com.x.Io.read(Io.java:3)
	... 2 more"""
NODE = """\
TypeError: Cannot read properties of undefined (reading 'x')
    at Object.<anonymous> (/app/index.js:3:9)
    at Module._compile (node:internal/modules/cjs/loader:1105:14)
    at async main (/app/index.js:9:1)"""
GO = """\
panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.lookup(...)
	/app/main.go:12
main.main()
	/app/main.go:7 +0x1d
exit status 2"""
RUST = """\
thread 'main' panicked at src/main.rs:4:10:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
   1: core::panicking::panic_fmt
   2: app::main
             at ./src/main.rs:4:10"""
CSHARP = """\
Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.
   at App.Program.Run(String name) in C:\\app\\Program.cs:line 12
   at App.Program.Main(String[] args) in C:\\app\\Program.cs:line 7"""
RUBY = """\
app.rb:3:in `fetch': key not found: :x (KeyError)
	from app.rb:3:in `run'
	from app.rb:7:in `<main>'"""
DOCKER = "\n".join(f"web_1  | {line}" for line in PYTHON.split("\n")[1:9])


def kept_lines(text: str) -> tuple[list[int], list[Must]]:
    lines = [f"{FILLER} {place}" for place in range(50)]
    texts = [*lines, *text.split("\n"), *lines]
    musts = find_musts(texts)
    own = range(50, 50 + len(text.split("\n")))
    return [place - 50 for place in own if place not in {must.index for must in musts}], musts


@pytest.mark.parametrize(
    "trace",
    [PYTHON, JAVA, NODE, GO.removesuffix("\nexit status 2"), RUST, CSHARP, RUBY, DOCKER],
    ids=["python", "java", "node", "go", "rust", "csharp", "ruby", "docker"],
)
def test_a_trace_is_kept_whole_and_its_last_line_matters_as_much_as_its_head(trace: str) -> None:
    lines = trace.split("\n")
    missing, musts = kept_lines(trace)

    assert [lines[place] for place in missing if lines[place].strip()] == []
    ranks = {must.index - 50: must.priority for must in musts}
    assert ranks[len(lines) - 1] == 1
    assert min(ranks[0], ranks[1]) == 1


def test_a_trace_at_the_end_of_the_text_is_kept() -> None:
    texts = [*[FILLER] * 60, *PYTHON.split("\n")[:7]]

    assert set(range(61, 67)) <= {must.index for must in find_musts(texts)}


PYTEST = """\
=================================== FAILURES ===================================
______________________________ test_total[empty] _______________________________

    def test_total():
        cart = Cart()
>       assert cart.total() == 3
E       assert 0 == 3
E        +  where 0 = total()

tests/test_cart.py:12: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total[empty] - assert 0 == 3"""
JEST = """\
  ● Cart › adds items

    expect(received).toBe(expected) // Object.is equality

    Expected: 3
    Received: 0

      10 |   const cart = new Cart()
    > 11 |   expect(cart.total()).toBe(3)
         |                        ^"""
GO_TEST = """\
--- FAIL: TestTotal (0.00s)
    cart_test.go:12: got 0
        want 3"""
CARGO = """\
---- cart::tests::total stdout ----
assertion `left == right` failed
  left: 0
 right: 3"""
UNITTEST = """\
FAIL: test_total (test_cart.CartTest.test_total)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/app/test_cart.py", line 12, in test_total
    self.assertEqual(cart.total(), 3)
AssertionError: 0 != 3"""
RUSTC = """\
error[E0308]: mismatched types
 --> src/main.rs:4:18
  |
4 |     let x: i32 = "a";
  |            ---   ^^^ expected `i32`, found `&str`"""
GCC = """\
src/main.c:12:5: error: expected ';' before 'return'
   12 |     return 0
      |     ^~~~~~"""


@pytest.mark.parametrize(
    "report",
    [PYTEST, JEST, GO_TEST, CARGO, UNITTEST, RUSTC, GCC],
    ids=["pytest", "jest", "go", "cargo", "unittest", "rustc", "gcc"],
)
def test_a_failing_test_is_kept_whole(report: str) -> None:
    lines = report.split("\n")
    missing, _ = kept_lines(report)

    assert [
        lines[place] for place in missing if lines[place].strip() and not lines[place].startswith("===")
    ] == []


@pytest.mark.parametrize(
    "line",
    [
        "test cart::tests::total ... FAILED",
        "tests/test_cart.py::test_total FAILED                 [ 50%]",
        "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0 <<< FAILURE! - in CartTest",
        "src/app.ts(12,5): error TS2322: Type 'string' is not assignable",
        "Program.cs(12,5): error CS0103: The name 'x' does not exist",
        "main.o: undefined reference to `total'",
        "not ok 3 - adds items",
        "FAIL src/cart.test.js",
    ],
)
def test_a_line_of_a_failing_build_is_kept(line: str) -> None:
    assert kept_lines(line)[0] == []


def test_passing_tests_are_no_errors() -> None:
    lines = [f"test cart::tests::case_{place} ... ok" for place in range(40)]

    assert not any(
        must.is_error for must in find_musts([*lines, "test result: ok. 40 passed; 0 failed; 0 ignored"])
    )
