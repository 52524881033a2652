"""The records form."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.options import EncodeOptions


def encode(text: str, options: EncodeOptions) -> str | None:
    """Write the form of a text; None where the form does not apply."""
    del text, options
    return None


def decode(form: str) -> str:
    """Restore the text of a form."""
    return form


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original."""
    return decoded == original
