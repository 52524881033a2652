"""Names of originals and of the places they are stored in."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST: Final = 6
"""Characters of a reference that no other text claimed first."""
LONGEST: Final = 32
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# A reference that begins with a letter is never taken for a number, in whatever way a model writes it.
_LETTERS: Final = _DIGITS[10:]
_MISREAD: Final = str.maketrans("ilo", "110")
_AROUND: Final = " \t\r\n\"'`[](){}<>#.,:"
_ROOT: Final = "headroom"
_NOBODY: Final = "nobody"


def digest_of(text: str) -> str:
    """Name a text by its content: 32 characters, the first a letter; lone surrogates included."""
    return _name(text.encode("utf-8", "surrogatepass"))


def _name(content: bytes) -> str:
    number = int.from_bytes(blake2b(content, digest_size=24).digest())
    number, first = divmod(number, len(_LETTERS))
    written = [_LETTERS[first]]
    for _ in range(LONGEST - 1):
        number, digit = divmod(number, len(_DIGITS))
        written.append(_DIGITS[digit])
    return "".join(written)


def references(digest: str) -> Iterator[str]:
    """The references a text may get, the shortest first."""
    return (digest[:length] for length in range(SHORTEST, LONGEST + 1))


def read_reference(written: str) -> str | None:
    """Read a reference as a model wrote it.

    Args:
        written: A reference, maybe in capitals, in quotes or brackets, or with ``l`` and ``o`` for ``1`` and ``0``.

    Returns:
        The reference; None where the text cannot be one.
    """
    ref = written[:100].strip(_AROUND).lower().translate(_MISREAD)
    if SHORTEST <= len(ref) <= LONGEST and ref[0] in _LETTERS and set(ref) <= set(_DIGITS):
        return ref
    return None


def namespace_of(thread: str, user: str | None) -> tuple[str, str, str]:
    """Name the place in a store that belongs to one thread of one user.

    Ids are hashed, because stores refuse empty labels and dots, some compare labels without regard to case or by
    their beginnings, and because an id may be somebody's address.

    Args:
        thread: Id of the thread, any text.
        user: Id of the user, any text; None where the application has no users.

    Returns:
        A namespace for LangGraph stores.
    """
    owner = _NOBODY if user is None else _name(user.encode("utf-8", "surrogatepass"))
    return _ROOT, owner, _name(thread.encode("utf-8", "surrogatepass"))
