"""Counting tokens: exact and offline for OpenAI models, a marked estimate for others.

Importing this package loads neither tiktoken nor a vocabulary; the first count does, once per process.
"""

from __future__ import annotations

from headroom_langchain.tokens.calibration import CalibratedCounter, Calibrator
from headroom_langchain.tokens.counters import (
    EstimatedCounter,
    ExactCounter,
    FunctionCounter,
    TokenCounter,
    TokenCounters,
    counter_for,
)
from headroom_langchain.tokens.messages import MessageCounter, count_messages
from headroom_langchain.tokens.models import wants_labelled_cells

__all__ = [
    "CalibratedCounter",
    "Calibrator",
    "EstimatedCounter",
    "ExactCounter",
    "FunctionCounter",
    "MessageCounter",
    "TokenCounter",
    "TokenCounters",
    "count_messages",
    "counter_for",
    "wants_labelled_cells",
]
