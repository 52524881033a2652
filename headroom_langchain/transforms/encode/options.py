"""What an encoder is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """How a lossless form may be written."""

    count: Callable[[str], int]
    """Tokens of a text; used on small samples to choose between ways of writing, never on the whole input."""
    dense: bool = False
    """Values may be split at shared affixes and replaced by aliases that a legend declares."""
    labelled: bool = False
    """Cells carry their column's name."""
