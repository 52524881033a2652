"""One call of a model: what compression made of its messages, and what is recorded of it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from langchain_core.messages import AIMessage

from headroom_langchain.config import HeadroomMode
from headroom_langchain.metrics import CallMetrics, MetricsLog, utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from langchain_core.messages import BaseMessage

    from headroom_langchain.results import TransformResult

_logger = logging.getLogger(__name__)
_PLAN_LINES = 20


class ModelCall:
    """Follows a call from the messages that were given to the record in the log.

    Args:
        messages: The messages as they were given.
        mode: What to do with them.
        model: Name of the model that is called.
        stream: Whether the answer comes in chunks.
        run_id: Id of the traced run; None where it is not known.
        log: Where the call is recorded.
    """

    def __init__(
        self,
        messages: list[BaseMessage],
        *,
        mode: HeadroomMode,
        model: str | None,
        stream: bool,
        run_id: UUID | None,
        log: MetricsLog,
    ) -> None:
        self.mode = mode
        self.result: TransformResult | None = None
        self._given = messages
        self._model = model
        self._stream = stream
        self._request_id = str(run_id or uuid4())
        self._log = log
        self._timestamp = utc_now()
        self._milliseconds = 0.0
        self._warnings: tuple[str, ...] = ()
        self._reported: int | None = None
        self._finished = False

    @property
    def messages(self) -> list[BaseMessage]:
        """The messages to send."""
        if self.result is None or self.mode is not HeadroomMode.OPTIMIZE:
            return self._given
        return self.result.messages

    @contextmanager
    def compressing(self) -> Iterator[None]:
        """Time a compression. Fail open: what is raised inside leaves the messages as they were given."""
        started = perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - fail open: our failure must not cost the user's call
            self.result = None
            self._warnings = (f"the messages were sent as they were: {type(error).__name__}: {error}",)
            _logger.warning("%s", self._warnings[0])
        finally:
            self._milliseconds += 1000 * (perf_counter() - started)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record the call when the block ends, however it ends."""
        error: str | None = None
        try:
            yield
        except GeneratorExit:
            # The reader of a stream has had enough; the call itself went well.
            raise
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            self.finish(error)

    def finish(self, error: str | None = None) -> None:
        """Record the call, once.

        Args:
            error: Name of the exception that ended it.
        """
        if not self._finished:
            self._finished = True
            self._log.add(self._record(error))

    def saw(self, message: BaseMessage | None) -> None:
        """Note the input tokens that the provider reported with an answer or a chunk of it."""
        usage = message.usage_metadata if isinstance(message, AIMessage) else None
        tokens = usage.get("input_tokens") if usage else None
        if isinstance(tokens, int):
            self._reported = (self._reported or 0) + tokens

    def plan(self) -> AIMessage:
        """Write what would be sent as an answer; the figures are in ``response_metadata["headroom"]``."""
        result = self.result
        record = self._record(None)
        figures = {
            **{name: value for name, value in record.to_dict().items() if name in _FIGURES},
            "transforms_applied": list(record.transforms_applied),
            "warnings": list(record.warnings),
            "decisions": [
                {
                    **asdict(decision),
                    "kind": decision.kind and decision.kind.value,
                    "loss": decision.loss.value,
                }
                for decision in (result.decisions if result else ())
            ],
        }
        changed = [
            f"message {decision.index}: {decision.form}, {decision.tokens_before:,} to "
            f"{decision.tokens_after:,} tokens"
            for decision in (result.decisions if result else ())
            if decision.tokens_saved
        ]
        hidden = len(changed) - _PLAN_LINES
        lines = [
            "Simulation: no model was called.",
            f"{record.tokens_before:,} tokens would become {record.tokens_after:,} ({record.savings_percent:.1f} % fewer).",
            *changed[:_PLAN_LINES],
            *([f"and {hidden} more messages"] if hidden > 0 else []),
            *record.warnings,
        ]
        return AIMessage("\n".join(lines), response_metadata={"headroom": figures})

    def _record(self, error: str | None) -> CallMetrics:
        result = self.result
        return CallMetrics(
            request_id=self._request_id,
            timestamp=self._timestamp,
            model=self._model,
            mode=self.mode,
            stream=self._stream,
            tokens_before=result.tokens_before if result else 0,
            tokens_after=result.tokens_after if result else 0,
            estimated=result.estimated if result else True,
            transforms_applied=result.transforms_applied if result else (),
            warnings=(*self._warnings, *(result.warnings if result else ())),
            milliseconds=self._milliseconds,
            reported_input_tokens=self._reported,
            error=error,
        )


_FIGURES = frozenset(
    {"mode", "model", "tokens_before", "tokens_after", "tokens_saved", "savings_percent", "estimated"}
)
