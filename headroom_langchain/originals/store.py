"""Store originals under short references, and hand them out to their own thread only."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from headroom_langchain.exceptions import ConfigurationError, StorageError
from headroom_langchain.originals.lookup import Lookup, Request, absent, look_up
from headroom_langchain.originals.records import Absent, Drop, Fetch, Keep, MemoryRecords, Record
from headroom_langchain.originals.references import digest_of, namespace_of, read_reference, references

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from langgraph.store.base import BaseStore

    from headroom_langchain.config import CCRConfig
    from headroom_langchain.originals.lookup import Scorer
    from headroom_langchain.originals.records import Namespace, Records, Step
    from headroom_langchain.tokens import TokenCounter

Result = TypeVar("Result")

DEFAULT_MAX_BYTES: Final = 256 * 2**20
_RENEWAL: Final = 0.1
"""Part of an original's life after which storing it again begins a new one."""
# Below this many characters the work takes a few milliseconds, less than a hop to a thread is worth.
_LOOP_CHARACTERS: Final = 32_000
_USUAL_RATIO: Final = 8
"""Characters of a text per byte of its payload, where it repeats itself as tool outputs do."""


@dataclass(frozen=True, slots=True)
class _Work:
    """Something to compute between two steps."""

    compute: Callable[[], Any]
    long: bool
    """It would block an event loop."""


@dataclass(frozen=True, slots=True)
class Original:
    """A text as it was before something was left out of it."""

    ref: str
    """Its reference."""
    text: str
    """The text, byte by byte."""
    tool: str | None = None
    """The tool that returned it."""
    kind: str | None = None
    """What it was taken for, a value of :class:`~headroom_langchain.results.ContentKind`."""


class Originals:
    """Originals of what was left out, for as long as their thread lives.

    A reference is the beginning of a hash of the text, and as long as it must be to differ from those that stand
    for other texts of the thread. The same texts in the same order get the same references, in every process.
    References belong to one thread of one user: for any other they are "not found".

    May be shared by threads, tasks and, over a store that allows it, by processes. Two processes that at the same
    moment store two different texts of one thread whose hashes begin alike (one chance in 700 million a pair) are
    not told apart. A copy shares what is stored.

    Args:
        store: A LangGraph store, opened and set up by the caller: ``SqliteStore`` for one machine, Postgres or
            Redis for many. None keeps originals in this process's memory. Processes that share one SQLite file
            need connections that wait for each other: ``sqlite3.connect(path, timeout=60, isolation_level=None,
            check_same_thread=False)``.
        max_bytes: Bytes to hold in memory at most; the originals that were not used for longest go first, and are
            "no longer stored" from then on. Without effect on a given store, whose size is its owner's.
        ttl_seconds: Seconds after which an original that was not stored again is no longer handed out; its bytes
            are freed with its thread. None binds its life to the thread alone.
        clock: Seconds since the epoch.
        scorer: How well texts answer a query; None takes the package's own BM25.

    Raises:
        ConfigurationError: A number is outside its valid range.

    Example:
        >>> originals = Originals()
        >>> ref = originals.put("build 7 failed", thread="t-1")
        >>> originals.get(ref, thread="t-1").text
        'build 7 failed'
        >>> originals.get(ref, thread="t-2")
        <Absent.NOT_FOUND: 'not found'>
    """

    def __init__(
        self,
        store: BaseStore | None = None,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        ttl_seconds: float | None = None,
        clock: Callable[[], float] = time.time,
        scorer: Scorer | None = None,
    ) -> None:
        if max_bytes < 1:
            raise ConfigurationError("max_bytes must be at least 1", {"given": max_bytes})
        if ttl_seconds is not None and not ttl_seconds > 0:
            raise ConfigurationError("ttl_seconds must be above 0, or None", {"given": ttl_seconds})
        self._records: Records = _records(store, max_bytes)
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._scorer = scorer
        self._claims: dict[tuple[Namespace, str], tuple[str, int]] = {}
        self._lock = Lock()

    @classmethod
    def from_config(cls, config: CCRConfig, store: BaseStore | None = None) -> Self:
        """Store as the settings say.

        Args:
            config: The settings.
            store: A LangGraph store; None keeps originals in memory.

        Returns:
            Originals, empty unless the store is not.
        """
        return cls(store, max_bytes=config.store_max_bytes, ttl_seconds=config.store_ttl_seconds)

    def put(
        self,
        text: str,
        *,
        thread: str,
        user: str | None = None,
        tool: str | None = None,
        kind: str | None = None,
    ) -> str:
        """Store a text; storing it again changes nothing and returns the same reference.

        With a time to live, storing it again begins a new life.

        Args:
            text: Any text.
            thread: Id of the thread that may ask for it, any text.
            user: Id of the user that may ask for it, any text; None where the application has no users.
            tool: The tool that returned the text.
            kind: What the text was taken for.

        Returns:
            The reference: 6 characters, or more where another text of the thread has them.

        Raises:
            StorageError: The store failed, or the text is larger than the whole memory.
        """
        return self._drive(self._put(text, namespace_of(thread, user), tool, kind))

    async def aput(
        self,
        text: str,
        *,
        thread: str,
        user: str | None = None,
        tool: str | None = None,
        kind: str | None = None,
    ) -> str:
        """Store a text as :meth:`put` does, without blocking the event loop."""
        return await self._adrive(self._put(text, namespace_of(thread, user), tool, kind))

    def get(self, ref: str, *, thread: str, user: str | None = None) -> Original | Absent:
        """Fetch an original.

        Args:
            ref: Its reference; capitals, quotes and brackets around it do not matter.
            thread: Id of the thread that asks.
            user: Id of the user that asks.

        Returns:
            The original, or why it cannot be had.

        Raises:
            StorageError: The store failed, or what it holds is damaged.
        """
        return self._drive(self._get(ref, namespace_of(thread, user)))

    async def aget(self, ref: str, *, thread: str, user: str | None = None) -> Original | Absent:
        """Fetch an original as :meth:`get` does, without blocking the event loop."""
        return await self._adrive(self._get(ref, namespace_of(thread, user)))

    def forget(self, thread: str, *, user: str | None = None) -> None:
        """Delete every original of a thread.

        Args:
            thread: Id of the thread that ended.
            user: Id of its user.

        Raises:
            StorageError: The store failed; call again.
        """
        self._drive(_forget(namespace_of(thread, user)))

    async def aforget(self, thread: str, *, user: str | None = None) -> None:
        """Delete every original of a thread as :meth:`forget` does, without blocking the event loop."""
        await self._adrive(_forget(namespace_of(thread, user)))

    def look_up(
        self,
        ref: str,
        *,
        thread: str,
        counter: TokenCounter,
        user: str | None = None,
        query: str | None = None,
        start: int | None = None,
        limit: int | None = None,
        offset: int | None = None,
        pattern: str | None = None,
        path: str | None = None,
        budget_tokens: int = 1000,
    ) -> Lookup:
        """Read a part of an original.

        ``path`` takes values out of JSON, ``pattern`` keeps what it matches, ``query`` sorts by relevance; they may
        be given together. With none of them, rows or lines are read in order.

        Args:
            ref: Reference of the original.
            thread: Id of the thread that asks.
            counter: Counts the tokens of the answer.
            user: Id of the user that asks.
            query: Words, ids or quoted phrases; whole ids, numbers and quoted phrases come first.
            start: The first row or line, counted from 1, or from the end where negative. With a query or a
                pattern: the first match, in their order.
            limit: Rows, lines or matches to return at most.
            offset: Characters of the first row or line to skip, where it is longer than one answer.
            pattern: A regular expression; it is searched in rows, or in lines of which long ones are folded.
            path: A JSON path of names, ``[0]``, ``[2:5]``, ``[*]`` and ``..name``, such as ``$.items[*].id``.
            budget_tokens: Tokens of the answer at most, at least 64.

        Returns:
            What was found, or what is there instead; a wrong pattern or path is told in the answer.

        Raises:
            StorageError: The store failed.
            ConfigurationError: The budget is below 64 tokens.
        """
        request = Request(query, start, limit, offset, pattern, path, budget_tokens)
        return self._answer(ref, self.get(ref, thread=thread, user=user), request, counter)

    async def alook_up(
        self,
        ref: str,
        *,
        thread: str,
        counter: TokenCounter,
        user: str | None = None,
        query: str | None = None,
        start: int | None = None,
        limit: int | None = None,
        offset: int | None = None,
        pattern: str | None = None,
        path: str | None = None,
        budget_tokens: int = 1000,
    ) -> Lookup:
        """Read a part of an original as :meth:`look_up` does, without blocking the event loop."""
        request = Request(query, start, limit, offset, pattern, path, budget_tokens)
        found = await self.aget(ref, thread=thread, user=user)
        if isinstance(found, Absent) or len(found.text) <= _LOOP_CHARACTERS:
            return self._answer(ref, found, request, counter)
        return await asyncio.to_thread(self._answer, ref, found, request, counter)

    def _answer(self, ref: str, found: Original | Absent, request: Request, counter: TokenCounter) -> Lookup:
        if isinstance(found, Absent):
            return absent(ref, found, request, counter)
        return look_up(
            found.ref, found.text, request, counter, kind=found.kind, tool=found.tool, scorer=self._scorer
        )

    def _put(
        self, text: str, namespace: Namespace, tool: str | None, kind: str | None
    ) -> Generator[Step | _Work, Any, str]:
        long = len(text) > _LOOP_CHARACTERS
        digest: str = yield _Work(lambda: digest_of(text), long)
        for ref in references(digest):
            with self._claimed((namespace, ref), digest) as mine:
                if not mine:
                    continue
                found: Record | None = yield Fetch(namespace, ref)
                if found is not None and found.digest != digest:
                    continue
                now = int(self._clock() * 1000)
                if found is None or found.payload is None or self._age(found, now) >= _RENEWAL:
                    payload: bytes = yield _Work(lambda: _packed(text), long)
                    about = json.dumps({"tool": tool, "kind": kind})
                    yield Keep(namespace, ref, Record(digest, about, now, payload))
                return ref
        raise StorageError("Another text has the same hash.", {"digest": digest})

    def _get(self, ref: str, namespace: Namespace) -> Generator[Step | _Work, Any, Original | Absent]:
        name = read_reference(ref)
        if name is None:
            return Absent.NOT_FOUND
        found: Record | None = yield Fetch(namespace, name)
        if found is None:
            return Absent.NOT_FOUND
        if found.payload is None or self._age(found, int(self._clock() * 1000)) >= 1:
            return Absent.GONE
        packed = found.payload
        original: Original = yield _Work(
            lambda: _opened(name, found, packed), len(packed) > _LOOP_CHARACTERS // _USUAL_RATIO
        )
        return original

    def _age(self, record: Record, now: int) -> float:
        """Part of its life that a record has behind it."""
        return 0 if self._ttl_seconds is None else (now - record.stored_at) / (self._ttl_seconds * 1000)

    @contextmanager
    def _claimed(self, name: tuple[Namespace, str], digest: str) -> Iterator[bool]:
        """Hold a reference for a text while the store is asked, so that no other text takes it meanwhile."""
        with self._lock:
            holder, holds = self._claims.get(name, (digest, 0))
            mine = holder == digest
            if mine:
                self._claims[name] = (digest, holds + 1)
        try:
            yield mine
        finally:
            if mine:
                with self._lock:
                    holds = self._claims[name][1] - 1
                    if holds:
                        self._claims[name] = (digest, holds)
                    else:
                        del self._claims[name]

    def _drive(self, flow: Generator[Step | _Work, Any, Result]) -> Result:
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    step = flow.send(step.compute() if isinstance(step, _Work) else self._records.run(step))
            except StopIteration as done:
                result: Result = done.value
                return result

    async def _adrive(self, flow: Generator[Step | _Work, Any, Result]) -> Result:
        with closing(flow):
            try:
                step = next(flow)
                while True:
                    step = flow.send(await self._reply(step))
            except StopIteration as done:
                result: Result = done.value
                return result

    async def _reply(self, step: Step | _Work) -> Any:
        if not isinstance(step, _Work):
            return await self._records.arun(step)
        return await asyncio.to_thread(step.compute) if step.long else step.compute()

    def __copy__(self) -> Self:
        """Share what is stored: a reference from one copy is redeemed through the other."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Share what is stored, as :meth:`__copy__` does."""
        return self


def _records(store: BaseStore | None, max_bytes: int) -> Records:
    if store is None:
        return MemoryRecords(max_bytes)
    from headroom_langchain.originals.persistent import StoreRecords  # noqa: PLC0415 - not needed in memory

    return StoreRecords(store)


def _forget(namespace: Namespace) -> Generator[Step | _Work, Any, None]:
    yield Drop(namespace)


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def _opened(ref: str, record: Record, payload: bytes) -> Original:
    try:
        text = zlib.decompress(payload).decode("utf-8", "surrogatepass")
        about = json.loads(record.about)
        original = Original(ref, text, about.get("tool"), about.get("kind"))
    except (zlib.error, ValueError, AttributeError) as error:
        raise StorageError("The stored original is damaged.", {"ref": ref}) from error
    if digest_of(text) != record.digest:
        raise StorageError("The stored original is damaged.", {"ref": ref})
    return original
