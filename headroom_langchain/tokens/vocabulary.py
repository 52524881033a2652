"""The vocabularies that ship with the package, loaded without network, cache folder or settings.

The files are OpenAI's own, gzip-compressed. Which file belongs to which encoding, its SHA-256, the pattern that
splits text and the special tokens are tiktoken's: its constructors run unchanged, and only the step that would
download a vocabulary reads the shipped file instead.
"""

from __future__ import annotations

import gzip
import hashlib
import pkgutil
import zlib
from binascii import Error as Base64Error
from binascii import a2b_base64
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import TokenizationError

if TYPE_CHECKING:
    import tiktoken

SHIPPED_ENCODINGS: Final = ("o200k_base", "cl100k_base")
"""Encodings whose vocabulary ships with the package. ``o200k_harmony`` has the merges of ``o200k_base``."""

_MEND: Final = "reinstall headroom-langchain"


def read_merge_ranks(name: str, sha256: str) -> dict[bytes, int]:
    """Read a shipped vocabulary.

    Args:
        name: Encoding, one of :data:`SHIPPED_ENCODINGS`.
        sha256: Published hash of the uncompressed vocabulary, hexadecimal.

    Returns:
        Merge rank of every token, by the token's bytes.

    Raises:
        TokenizationError: The file is missing, or is not the vocabulary that was published.
    """
    file = f"data/{name}.tiktoken.gz"
    try:
        packed = pkgutil.get_data(__package__ or "headroom_langchain.tokens", file)
    except OSError as error:
        raise TokenizationError(f"The vocabulary {name} is missing: {_MEND}.", {"file": file}) from error
    if packed is None:
        raise TokenizationError(
            f"The vocabulary {name} cannot be read from this import: {_MEND}.", {"file": file}
        )
    return parse_merge_ranks(packed, name, sha256)


def parse_merge_ranks(packed: bytes, name: str, sha256: str) -> dict[bytes, int]:
    """Unpack a vocabulary and prove that it is the published one.

    Args:
        packed: The gzip-compressed vocabulary.
        name: Encoding, for the error text.
        sha256: Published hash of the uncompressed vocabulary, hexadecimal.

    Returns:
        Merge rank of every token, by the token's bytes.

    Raises:
        TokenizationError: The bytes are not the vocabulary that was published.
    """
    try:
        raw = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise TokenizationError(
            f"The vocabulary {name} is damaged: {_MEND}.", {"reason": str(error)}
        ) from error
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        raise TokenizationError(
            f"The vocabulary {name} is not the published one: {_MEND}.", {"expected": sha256, "found": found}
        )
    fields = raw.split()
    try:
        return dict(zip(map(a2b_base64, fields[::2]), map(int, fields[1::2]), strict=True))
    except (Base64Error, ValueError) as error:
        raise TokenizationError(
            f"The vocabulary {name} has an unknown format.", {"reason": str(error)}
        ) from error


@lru_cache(maxsize=len(SHIPPED_ENCODINGS))
def load_encoding(name: str) -> tiktoken.Encoding:
    """Load a shipped encoding: once per process, shared with ``tiktoken.get_encoding``, safe in threads.

    Args:
        name: Encoding, one of :data:`SHIPPED_ENCODINGS`.

    Returns:
        tiktoken's own encoding object.

    Raises:
        TokenizationError: The encoding does not ship, its vocabulary is damaged, or tiktoken refuses it.
    """
    if name not in SHIPPED_ENCODINGS:
        raise TokenizationError(
            f"No vocabulary ships for the encoding {name!r}.", {"shipped": ", ".join(SHIPPED_ENCODINGS)}
        )
    # Imported here because tiktoken costs tens of milliseconds that only a counting process should pay. The
    # plug-in is imported by name because a frozen program may hide it from tiktoken's own search.
    import tiktoken  # noqa: PLC0415

    from tiktoken_ext.headroom_langchain import is_offline  # noqa: PLC0415

    if not is_offline():
        raise TokenizationError(
            "tiktoken would load its vocabulary from the network: its loader was replaced.",
            {"tiktoken": tiktoken.__version__},
        )
    try:
        return tiktoken.get_encoding(name)
    except ValueError as error:
        raise TokenizationError(f"tiktoken cannot load {name}: {error}") from error
