"""What is stored for an original, and the bounded memory that stores it where no other store is given."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from headroom_langchain.exceptions import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Namespace = tuple[str, ...]

_OVERHEAD: Final = 600
"""Bytes that a record takes besides its payload."""
_SHARE_OF_REMAINS: Final = 8
"""Of the bound, this part at most goes to what is remembered of records that had to go."""


class Absent(StrEnum):
    """Why an original cannot be had."""

    NOT_FOUND = "not found"
    """No such reference in this thread of this user."""
    GONE = "no longer stored"
    """It was stored here; it expired, or had to make room."""


@dataclass(frozen=True, slots=True)
class Record:
    """An original as it is stored."""

    digest: str
    """Name of the text by its content."""
    about: str
    """What is known of the text: JSON in ASCII."""
    stored_at: int
    """Milliseconds since the epoch."""
    payload: bytes | None
    """The compressed text; None where it is no longer stored."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for a record."""

    namespace: Namespace
    ref: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Store a record, in place of the one that has the reference."""

    namespace: Namespace
    ref: str
    record: Record


@dataclass(frozen=True, slots=True)
class Drop:
    """Delete all records of a namespace."""

    namespace: Namespace


Step = Fetch | Keep | Drop


class Records(Protocol):
    """Carries steps out, for synchronous and asynchronous callers."""

    def run(self, step: Step) -> Record | None:
        """Carry a step out; a :class:`Fetch` returns the record or None.

        Raises:
            StorageError: The store failed.
        """

    async def arun(self, step: Step) -> Record | None:
        """Carry a step out as :meth:`run` does, without blocking the event loop."""


class MemoryRecords:
    """Records in this process's memory, up to a number of bytes.

    The record that was not used for longest goes first. Its digest stays, so that its reference is never given to
    another text and whoever asks for it hears that it is no longer stored; only the oldest of these remains go too.

    Args:
        max_bytes: Bytes to hold at most.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = 0
        self._records: OrderedDict[tuple[Namespace, str], Record] = OrderedDict()
        self._remains: OrderedDict[tuple[Namespace, str], Record] = OrderedDict()
        self._refs: dict[Namespace, set[str]] = {}
        self._lock = Lock()

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def run(self, step: Step) -> Record | None:
        """Carry a step out.

        Args:
            step: What to do.

        Returns:
            The record of a :class:`Fetch`, or None.

        Raises:
            StorageError: A record is larger than the whole memory.
        """
        with self._lock:
            match step:
                case Fetch():
                    return self._fetch((step.namespace, step.ref))
                case Keep():
                    self._keep((step.namespace, step.ref), step.record)
                case Drop():
                    refs = self._refs.pop(step.namespace, set())
                    self._remove((step.namespace, ref) for ref in refs)
        return None

    async def arun(self, step: Step) -> Record | None:
        """Carry a step out as :meth:`run` does."""
        return self.run(step)

    def _fetch(self, key: tuple[Namespace, str]) -> Record | None:
        found = self._records.get(key)
        if found is None:
            return self._remains.get(key)
        self._records.move_to_end(key)
        return found

    def _keep(self, key: tuple[Namespace, str], record: Record) -> None:
        if _size(record) > self._max_bytes:
            raise StorageError(
                "The original is larger than the whole memory.",
                {"bytes": _size(record), "max_bytes": self._max_bytes},
            )
        self._remove([key])
        self._records[key] = record
        self._refs.setdefault(key[0], set()).add(key[1])
        self._held += _size(record)
        while self._held > self._max_bytes:
            self._make_room()

    def _make_room(self) -> None:
        few = len(self._remains) * _OVERHEAD <= self._max_bytes // _SHARE_OF_REMAINS
        # What was stored last is never what makes room for itself.
        if few and len(self._records) > 1:
            key, record = self._records.popitem(last=False)
            self._remains[key] = replace(record, payload=None, about="{}")
            self._held -= _size(record) - _OVERHEAD
            return
        (namespace, ref), _ = self._remains.popitem(last=False)
        self._held -= _OVERHEAD
        refs = self._refs[namespace]
        refs.discard(ref)
        if not refs:
            del self._refs[namespace]

    def _remove(self, keys: Iterable[tuple[Namespace, str]]) -> None:
        for key in keys:
            old = self._records.pop(key, None) or self._remains.pop(key, None)
            self._held -= 0 if old is None else _size(old)


def _size(record: Record) -> int:
    return _OVERHEAD + (0 if record.payload is None else len(record.payload) + len(record.about))
