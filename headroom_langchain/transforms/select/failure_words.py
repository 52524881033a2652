"""Words by which texts report failures, in the languages that logs and tables are written in.

Each word is a stem that is looked for as plain text, a pattern for what may follow within the word, and whether other
letters may stand before it (``ValueError``, ``Verbindungsfehler``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FailureWord:
    """A word that reports a failure."""

    stem: str
    """In lower case."""
    tail: str = ""
    """Pattern of the rest of the word."""
    prefixed: bool = False
    """Whether it may end a longer word."""


def _words(text: str, tail: str = "", *, prefixed: bool = False) -> tuple[FailureWord, ...]:
    return tuple(FailureWord(stem, tail, prefixed) for stem in text.split("|"))


WORDS: Final[tuple[FailureWord, ...]] = (
    FailureWord("error", "(?:s|ed|es|e|i)?", prefixed=True),
    FailureWord("exception", "s?", prefixed=True),
    FailureWord("fail", "(?:ed|s|ures?|ing)?"),
    *_words("crash|abort|panic|corrupt", "(?:ed|es|s|ked|ion|ing)?"),
    *_words("fatal|traceback|segfault|unhandled|uncaught|timed out|timed_out|out of memory|core dumped|oom"),
    *_words(
        "denied|refused|rejected|unreachable|unauthorized|forbidden|unable to|deadlock|broken pipe|stack overflow"
    ),
    *_words("segmentation fault|sigsegv|sigabrt|sigkill|undefined reference|unhealthy"),
    # German, Dutch, Scandinavian.
    FailureWord("fehler", r"\w*", prefixed=True),
    *_words("fehlgeschlagen|gescheitert|abgebrochen|abgelehnt|verweigert|mislukt|misslyckades|mislykkedes"),
    *_words("ungültig|abgestürzt"),
    FailureWord("fout", "(?:en)?"),
    # French, Spanish, Portuguese, Italian.
    *_words("erreur|échec|échou|défaillance|refusé", r"\w*"),
    FailureWord("erro", "s?"),
    FailureWord("fall", "(?:os?|ó|id[oa]s?|aron|it[oa])"),
    FailureWord("falh", "(?:as?|ou|aram)"),
    *_words("rechaz|excepci|exceç|eccezion", r"\w*"),
    *_words("denegado|recusado|rejeitado|negado|rifiutato"),
    # Polish, Czech, Turkish, Indonesian, Vietnamese.
    *_words("błąd|błędy|błędu|wyjątek|niepowodzenie|selhalo|selhání|výjimka|başarısız|lỗi|thất bại"),
    FailureWord("hata", "(?:sı|lar)?"),
    *_words("chyba|chyby|gagal|kesalahan"),
    # Russian, Ukrainian, Bulgarian, Greek.
    *_words("ошиб|сбо|исключени|отказ|авари|неудач|помилк|збі|невдал|провал|грешк", r"\w*"),
    *_words("не удалось|не вдалося|невозможно подключиться|прервано|отклонено|отклонён|недоступен"),
    *_words("σφάλμα|αποτυχία|απέτυχε|εξαίρεση"),
    # Chinese, Japanese, Korean.
    *_words("错误|失败|异常|崩溃|超时|拒绝|故障|錯誤|失敗|異常|崩潰|逾時|拒絕|中断", prefixed=True),
    *_words("エラー|例外|クラッシュ|タイムアウト|障害|拒否|不具合", prefixed=True),
    *_words("오류|실패|예외|에러|장애|거부|시간 초과|시간초과", r"\w*", prefixed=True),
    # Arabic, Persian, Hebrew, Hindi, Thai.
    *_words("خطأ|فشل|أخطاء|استثناء|مرفوض|خطا|شکست", r"\w*", prefixed=True),
    *_words("שגיאה|נכשל|त्रुटि|विफल|असफल|ผิดพลาด|ล้มเหลว", prefixed=True),
)

ERROR_KEYS: Final = frozenset(
    [
        "error",
        "errors",
        "err",
        "exception",
        "exceptions",
        "failure",
        "failures",
        "fault",
        "faults",
        "traceback",
        "stacktrace",
        "stack_trace",
        "error_message",
        "error_msg",
        "error_code",
        "error_type",
        "error_details",
        "errormessage",
        "errno",
        "errmsg",
        "err_msg",
        "last_error",
        "failure_reason",
        "exception_message",
        "failed",
        "is_error",
        "has_error",
        "has_errors",
        "is_failed",
        "errored",
        "crashed",
        "error_count",
        "failed_count",
        "failure_count",
        "num_errors",
        "num_failures",
        "failures_count",
        "errors_count",
        "violation",
        "violations",
        "fehler",
        "erreur",
        "ошибка",
        "ошибки",
        "错误",
        "エラー",
    ]
)
LEVEL_KEYS: Final = frozenset(
    [
        "level",
        "severity",
        "loglevel",
        "log_level",
        "lvl",
        "levelname",
        "level_name",
        "priority",
        "severity_text",
        "severitytext",
    ]
)
ERROR_LEVELS: Final = frozenset(
    [
        "error",
        "err",
        "e",
        "fatal",
        "f",
        "critical",
        "crit",
        "alert",
        "emerg",
        "emergency",
        "panic",
        "severe",
        "blocker",
    ]
)
STATUS_KEYS: Final = frozenset(
    [
        "status",
        "state",
        "conclusion",
        "result",
        "outcome",
        "phase",
        "health",
        "verdict",
        "disposition",
        "test_status",
        "job_status",
        "build_status",
        "payment_status",
        "order_status",
        "delivery_status",
        "run_status",
        "статус",
        "состояние",
        "результат",
        "zustand",
        "ergebnis",
        "statut",
        "état",
        "etat",
        "estado",
        "resultado",
        "stato",
        "状态",
        "状態",
        "结果",
        "結果",
        "상태",
        "결과",
        "الحالة",
    ]
)
HTTP_KEYS: Final = frozenset(
    [
        "status",
        "status_code",
        "statuscode",
        "http_status",
        "http_status_code",
        "response_status",
        "response_code",
        "httpstatus",
        "sc_status",
        "http_code",
        "code",
    ]
)
EXIT_KEYS: Final = frozenset(
    ["exit_code", "exitcode", "exit_status", "rc", "return_code", "returncode", "exit", "retcode"]
)
SUCCESS_KEYS: Final = frozenset(
    [
        "success",
        "ok",
        "succeeded",
        "passed",
        "successful",
        "is_ok",
        "is_success",
        "is_successful",
        "healthy",
        "is_healthy",
        "is_valid",
        "valid",
    ]
)
FAILED_STATES: Final = frozenset(
    [
        "fail",
        "failed",
        "failure",
        "failing",
        "error",
        "errored",
        "err",
        "cancelled",
        "canceled",
        "timed_out",
        "timeout",
        "denied",
        "rejected",
        "refused",
        "aborted",
        "crashed",
        "unhealthy",
        "down",
        "broken",
        "dead",
        "critical",
        "fatal",
        "faulted",
        "lost",
        "expired",
        "declined",
        "bounced",
        "undeliverable",
        "blocked",
        "stalled",
        "crashloopbackoff",
        "imagepullbackoff",
        "oomkilled",
        "evicted",
        "unreachable",
        "offline",
        "degraded",
        "invalid",
        "nok",
        "ko",
        "action_required",
        "startup_failure",
    ]
)
FINE: Final = frozenset(
    {"", "0", "none", "null", "nil", "no", "false", "ok", "n/a", "na", "-", "--", "[]", "{}", "nan"}
)
"""What a cell of an error column says where there was no error."""
