"""Records in a LangGraph store."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.exceptions import StorageError
from headroom_langchain.originals.records import Drop, Fetch, Keep, Record

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from langgraph.store.base import BaseStore, Item, Op, PutOp

    from headroom_langchain.originals.records import Namespace, Step

_PIECE: Final = 900_000
"""Characters in one value of a store; some refuse values from a megabyte on."""
_PAGE: Final = 50
"""Values that are read at once when a thread is forgotten."""


class StoreRecords:
    """Records in any LangGraph store; the caller opens, sets up and closes it.

    A value holds text and whole numbers only and is never indexed for search by meaning. Reads and writes are
    never mixed in one batch, because a store that runs a batch as one SQLite transaction could then not wait for
    the lock of another process.

    Args:
        store: The store.
    """

    def __init__(self, store: BaseStore) -> None:
        self._store = store

    def run(self, step: Step) -> Record | None:
        """Carry a step out.

        Args:
            step: What to do.

        Returns:
            The record of a :class:`Fetch`, or None.

        Raises:
            StorageError: The store failed, or holds something that is no record.
        """
        work = _work(step)
        try:
            ops = next(work)
            while True:
                ops = work.send(self._store.batch(ops))
        except StopIteration as done:
            return _result(done)
        except StorageError:
            raise
        except Exception as error:
            raise _failure(step, error) from error

    async def arun(self, step: Step) -> Record | None:
        """Carry a step out as :meth:`run` does; a store without async methods is called in a thread."""
        work = _work(step)
        try:
            ops = next(work)
            while True:
                ops = work.send(await self._batch(ops))
        except StopIteration as done:
            return _result(done)
        except StorageError:
            raise
        except Exception as error:
            raise _failure(step, error) from error

    async def _batch(self, ops: Sequence[Op]) -> list[Any]:
        try:
            return await self._store.abatch(ops)
        except NotImplementedError:
            return await asyncio.to_thread(self._store.batch, ops)


def _result(done: StopIteration) -> Record | None:
    record: Record | None = done.value
    return record


def _failure(step: Step, error: Exception) -> StorageError:
    what = type(step).__name__.lower()
    # The store's own words may quote a whole value.
    return StorageError(
        "The store failed.", {"step": what, "error": f"{type(error).__name__}: {error}"[:300]}
    )


def _work(step: Step) -> Generator[Sequence[Op], list[Any], Record | None]:
    match step:
        case Fetch():
            return _fetch(step.namespace, step.ref)
        case Keep():
            return _keep(step.namespace, step.ref, step.record)
        case Drop():
            return _drop(step.namespace)


def _piece_key(ref: str, number: int) -> str:
    return f"{ref}/{number}"


def _fetch(namespace: Namespace, ref: str) -> Generator[Sequence[Op], list[Any], Record | None]:
    from langgraph.store.base import GetOp  # noqa: PLC0415 - only users of a LangGraph store load langgraph

    item: Item | None
    (item,) = yield [GetOp(namespace, ref)]
    if item is None:
        return None
    try:
        digest, about, stored_at, pieces, data = (
            item.value[name] for name in ("digest", "about", "stored_at", "pieces", "data")
        )
        more: list[Item | None] = []
        if pieces > 1:
            more = yield [GetOp(namespace, _piece_key(ref, number)) for number in range(1, pieces)]
        payload: bytes | None = None
        # Pieces are named by their text, so that those of another one are never put together with these.
        if all(piece is not None and piece.value["digest"] == digest for piece in more):
            parts = [data, *(piece.value["data"] for piece in more if piece is not None)]
            payload = b64decode("".join(parts), validate=True)
        return Record(str(digest), str(about), int(stored_at), payload)
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError("The store holds something that is no original.", {"ref": ref}) from error


def _keep(namespace: Namespace, ref: str, record: Record) -> Generator[Sequence[Op], list[Any], None]:
    from langgraph.store.base import PutOp  # noqa: PLC0415 - only users of a LangGraph store load langgraph

    def put(key: str, value: dict[str, Any]) -> PutOp:
        return PutOp(namespace, key, {"digest": record.digest, **value}, index=False)

    data = b64encode(record.payload or b"").decode("ascii")
    first, *more = [data[start : start + _PIECE] for start in range(0, len(data), _PIECE)] or [""]
    for number, piece in enumerate(more, 1):
        yield [put(_piece_key(ref, number), {"data": piece})]
    # The head comes last: without it nothing was stored.
    head = {"about": record.about, "stored_at": record.stored_at, "pieces": 1 + len(more), "data": first}
    yield [put(ref, head)]


def _drop(namespace: Namespace) -> Generator[Sequence[Op], list[Any], None]:
    from langgraph.store.base import PutOp, SearchOp  # noqa: PLC0415 - only users of a LangGraph store load it

    while True:
        (found,) = yield [SearchOp(namespace, limit=_PAGE)]
        # Some stores match the beginning of a label as well.
        keys = [item.key for item in found if tuple(item.namespace) == namespace]
        if not keys:
            return
        yield [PutOp(namespace, key, None) for key in keys]
