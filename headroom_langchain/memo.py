"""What was computed for a text, remembered within a bound."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


def text_key(text: str) -> bytes:
    """Name a text by its content: equal texts have equal keys, lone surrogates included."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Memo(Generic[Value]):
    """Remembers the values that were used last, up to a number of bytes.

    A memo never changes a result: only values that are pure functions of their key belong in it. Threads may
    share one. A copy, a deep copy and a pickle of a memo are empty.

    Args:
        limit: Bytes to hold at most; the value that was not used for longest goes first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._values: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> Value | None:
        """Look a value up; None where it is not remembered."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: bytes, value: Value, size: int) -> None:
        """Remember a value.

        Args:
            key: Name of what the value was computed from.
            value: Anything but None.
            size: Bytes that the value takes; one that is larger than the whole limit is not remembered.
        """
        if size > self._limit:
            return
        with self._lock:
            old = self._values.pop(key, None)
            self._held += size - (0 if old is None else old[1])
            self._values[key] = (value, size)
            while self._held > self._limit:
                self._held -= self._values.popitem(last=False)[1][1]

    def __reduce__(self) -> tuple[type[Memo[Value]], tuple[int]]:
        """Copy the limit, not what is remembered."""
        return type(self), (self._limit,)
