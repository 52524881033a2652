"""What only dense forms do to columns: values are split and written in fewer tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.discover import Discovery


def take_apart(discovery: Discovery) -> None:
    """Find the stages that shorten cells."""
    del discovery
