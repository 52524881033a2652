"""What the demo's calls cost."""

from __future__ import annotations

from headroom_langchain.prices import input_price

__all__ = ["input_price"]
