"""Originals of what was left out: stored for as long as their thread lives, and searchable."""

from __future__ import annotations

from headroom_langchain.originals.lookup import Lookup, Outcome, Scorer, Span
from headroom_langchain.originals.records import Absent
from headroom_langchain.originals.store import Original, Originals

__all__ = ["Absent", "Lookup", "Original", "Originals", "Outcome", "Scorer", "Span"]
