"""tiktoken plug-in: the encodings of OpenAI's models load offline from the vocabularies in headroom_langchain.

tiktoken imports every module of the ``tiktoken_ext`` namespace before it builds its first encoding. A second
constructor under a taken name is refused there, so this module adds none: it puts a reader of the shipped files in
front of the loader that tiktoken's own constructors call. Every vocabulary that does not ship is loaded by tiktoken
as before, from its cache or the network. Nothing is read until an encoding is asked for.
"""

# ruff: noqa: INP001 - tiktoken searches a namespace package
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiktoken_ext import openai_public

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class OfflineLoader:
    """Loads merge ranks from the shipped files, and what does not ship with the loader that was there before."""

    otherwise: Callable[..., dict[bytes, int]]

    def __call__(self, tiktoken_bpe_file: str, expected_hash: str | None = None) -> dict[bytes, int]:
        """Load the merge ranks of one vocabulary.

        Args:
            tiktoken_bpe_file: Where tiktoken would download the vocabulary.
            expected_hash: SHA-256 that tiktoken expects of it, hexadecimal.

        Returns:
            Merge rank of every token, by the token's bytes.

        Raises:
            TokenizationError: A shipped vocabulary is damaged.
        """
        from headroom_langchain.tokens.vocabulary import SHIPPED_ENCODINGS, read_merge_ranks  # noqa: PLC0415

        name = tiktoken_bpe_file.rpartition("/")[2].removesuffix(".tiktoken")
        if expected_hash is None or name not in SHIPPED_ENCODINGS:
            return self.otherwise(tiktoken_bpe_file, expected_hash)
        return read_merge_ranks(name, expected_hash)


ENCODING_CONSTRUCTORS: Final[dict[str, Callable[[], dict[str, Any]]]] = {}
"""What tiktoken looks for in a plug-in; empty, because no encoding is added."""


def is_offline() -> bool:
    """Whether tiktoken's constructors load through this module.

    Returns:
        False where tiktoken loads its vocabularies in another way, or someone replaced the loader.
    """
    return isinstance(getattr(openai_public, "load_tiktoken_bpe", None), OfflineLoader)


# A tiktoken that loads its vocabularies in another way must go on working for everyone else.
if hasattr(openai_public, "load_tiktoken_bpe") and not is_offline():
    openai_public.load_tiktoken_bpe = OfflineLoader(openai_public.load_tiktoken_bpe)
