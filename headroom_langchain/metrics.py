"""What each model call saved."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from headroom_langchain.config import HeadroomMode
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.tokens import Calibrator

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOTALS = (
    "calls",
    "failed_calls",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "tokens_saveable",
    "reported_input_tokens",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMetrics:
    """One call of a model. Attempts of a retry are calls of their own; answers from a cache are none."""

    request_id: str
    """Id of the traced run where there is one, else a random UUID."""
    timestamp: datetime
    """When the call began, UTC."""
    model: str | None
    """Name of the model that was called."""
    mode: HeadroomMode
    stream: bool
    """True where the answer came in chunks."""
    tokens_before: int
    """Tokens of the messages as they were given; 0 where compression failed."""
    tokens_after: int
    """Tokens of the compressed messages. In audit and simulate they were not sent."""
    estimated: bool
    """True where the counts are estimates, not the model's own tokenizer."""
    transforms_applied: tuple[str, ...]
    warnings: tuple[str, ...]
    """What the compression had to leave alone, and why."""
    milliseconds: float
    """Time spent on compression, not on the model."""
    reported_input_tokens: int | None = None
    """Input tokens that the provider reported for this call; None where it reported none."""
    error: str | None = None
    """Name of the exception that ended the call."""

    @property
    def tokens_saved(self) -> int:
        """Tokens before minus tokens after."""
        return self.tokens_before - self.tokens_after

    @property
    def savings_percent(self) -> float:
        """Tokens saved as a share of the tokens before, 0 to 100."""
        return 100 * self.tokens_saved / self.tokens_before if self.tokens_before else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values that :func:`json.dumps` takes."""
        return {
            **asdict(self),
            "timestamp": self.timestamp.isoformat(),
            "mode": self.mode.value,
            "tokens_saved": self.tokens_saved,
            "savings_percent": self.savings_percent,
        }


class MetricsLog:
    """Keeps the metrics of calls. Safe to share between threads, and between models.

    Totals count every call; the history holds the newest.

    Args:
        max_calls: How many calls the history holds, 0 for totals only.

    Raises:
        ConfigurationError: ``max_calls`` is negative.

    Example:
        >>> log = MetricsLog(max_calls=100)
        >>> log.summary()["calls"]
        0
    """

    def __init__(self, max_calls: int = 1000) -> None:
        if max_calls < 0:
            raise ConfigurationError("MetricsLog.max_calls must be 0 or more", {"given": max_calls})
        self._calls: deque[CallMetrics] = deque(maxlen=max_calls)
        self._totals: dict[str, int] = dict.fromkeys(_TOTALS, 0)
        self._calibrators: dict[str | None, Calibrator] = {}
        self._lock = Lock()

    def add(self, call: CallMetrics) -> None:
        """Record a call."""
        sent = call.mode is HeadroomMode.OPTIMIZE
        added = {
            "calls": 1,
            "failed_calls": int(call.error is not None),
            "tokens_before": call.tokens_before,
            "tokens_after": call.tokens_after if sent else call.tokens_before,
            "tokens_saved": call.tokens_saved if sent else 0,
            "tokens_saveable": 0 if sent else call.tokens_saved,
            "reported_input_tokens": call.reported_input_tokens or 0,
        }
        counted = ("calls", "failed_calls") if call.error is not None else _TOTALS
        with self._lock:
            self._calls.append(call)
            for name in counted:
                self._totals[name] += added[name]
        if call.estimated and call.error is None and call.reported_input_tokens:
            estimate = call.tokens_after if sent else call.tokens_before
            self.calibrator(call.model).observe(estimate, call.reported_input_tokens)

    def calibrator(self, model: str | None) -> Calibrator:
        """What was learned from a model's reported usage about the estimates of its tokens.

        Args:
            model: Name of the model, as in :attr:`CallMetrics.model`.

        Returns:
            The calibrator that the calls of this model feed; for reports, see
            :class:`~headroom_langchain.tokens.CalibratedCounter`.
        """
        with self._lock:
            return self._calibrators.setdefault(model, Calibrator())

    @property
    def history(self) -> tuple[CallMetrics, ...]:
        """The newest calls, oldest first."""
        with self._lock:
            return tuple(self._calls)

    @property
    def total_tokens_saved(self) -> int:
        """Tokens that calls which succeeded did not have to send."""
        with self._lock:
            return self._totals["tokens_saved"]

    def summary(self) -> dict[str, Any]:
        """Totals over all calls since the log was made.

        Returns:
            ``calls``, ``failed_calls``, then of the calls that succeeded: ``tokens_before``, ``tokens_after``
            (as sent), ``tokens_saved``, ``tokens_saveable`` (what audited and simulated calls would have
            saved), ``reported_input_tokens`` (the provider's own count), ``savings_percent``, 0 to 100, and
            ``calibration``: by model, the reported tokens for one estimated token, where estimates were reported on.
        """
        with self._lock:
            totals: dict[str, Any] = dict(self._totals)
            calibration = {model: calibrator.factor for model, calibrator in self._calibrators.items()}
        before = totals["tokens_before"]
        percent = 100 * totals["tokens_saved"] / before if before else 0.0
        return {**totals, "savings_percent": percent, "calibration": calibration}

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
            self._totals = dict.fromkeys(_TOTALS, 0)
            self._calibrators.clear()

    def __getstate__(self) -> dict[str, Any]:
        """The calls and their totals, without the lock and what was learned."""
        with self._lock:
            return {
                "max_calls": self._calls.maxlen,
                "calls": tuple(self._calls),
                "totals": dict(self._totals),
            }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Continue from a copied state under a new lock."""
        self._calls = deque(state["calls"], maxlen=state["max_calls"])
        self._totals = dict(state["totals"])
        self._calibrators = {}
        self._lock = Lock()


def utc_now() -> datetime:
    """The time now, with its zone."""
    return datetime.now(UTC)
