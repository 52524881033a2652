"""Measures the store of originals: ``python benchmarks/originals.py --help``.

Stores distinct originals from many threads of one process, then from several processes at once, and reads every one
of them back. Nothing is sampled: a single original that differs ends the run with an error.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore
from rich.console import Console

from headroom_langchain.originals import Original, Originals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langgraph.store.base import BaseStore

_CONVERSATIONS = 50
_ROOMY = 4 * 2**30
_BUSY_SECONDS = 120


def _text(number: int) -> str:
    source = random.Random(number)  # noqa: S311 - test data
    rows = [
        f"{number} {source.getrandbits(40):010x} job {row} took {source.randrange(900)} ms"
        for row in range(20)
    ]
    return "\n".join(rows)


def _open(path: Path) -> SqliteStore:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    # Survives a killed process; a power cut may cost the last commits.
    connection.execute("pragma synchronous=normal")
    return SqliteStore(connection)


def _put(originals: Originals, number: int) -> str:
    return originals.put(_text(number), thread=f"thread {number % _CONVERSATIONS}")


def _check(originals: Originals, number: int, ref: str) -> None:
    found = originals.get(ref, thread=f"thread {number % _CONVERSATIONS}")
    if not isinstance(found, Original) or found.text != _text(number):
        raise SystemExit(f"original {number} did not come back by {ref}: {found!r}")


def _by_threads(store: BaseStore | None, count: int, threads: int) -> tuple[float, float]:
    """Seconds to put, and seconds to get."""
    originals = Originals(store, max_bytes=_ROOMY)
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        refs = list(pool.map(lambda number: _put(originals, number), range(count)))
        stored = time.perf_counter()
        list(pool.map(lambda number: _check(originals, number, refs[number]), range(count)))
        return stored - began, time.perf_counter() - stored


def _put_some(path: Path, numbers: Sequence[int]) -> list[str]:
    store = _open(path)
    with closing(store.conn):
        originals = Originals(store)
        return [_put(originals, number) for number in numbers]


def _get_some(path: Path, numbers: Sequence[int], refs: Sequence[str]) -> None:
    store = _open(path)
    with closing(store.conn):
        originals = Originals(store)
        for number, ref in zip(numbers, refs, strict=True):
            _check(originals, number, ref)


def _by_processes(path: Path, count: int, processes: int) -> tuple[float, float]:
    """Seconds to put, and seconds to get; every process reads what another one wrote."""
    store = _open(path)
    with closing(store.conn):
        store.setup()
    shares = [range(process, count, processes) for process in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        began = time.perf_counter()
        refs = list(pool.map(_put_some, [path] * processes, shares))
        stored = time.perf_counter()
        list(pool.map(_get_some, [path] * processes, shares[1:] + shares[:1], refs[1:] + refs[:1]))
        return stored - began, time.perf_counter() - stored


def main(
    count: Annotated[
        int, typer.Option(min=1, help="Originals to store, of about 800 characters each.")
    ] = 100_000,
    threads: Annotated[int, typer.Option(min=1, help="Threads that store at once.")] = 16,
    processes: Annotated[int, typer.Option(min=1, help="Processes that write one SQLite file at once.")] = 4,
) -> None:
    """Store originals, read all of them back and say how long it took."""
    console = Console()
    console.print(f"{count:,} originals, all read back byte by byte")

    def add(name: str, writers: str, seconds: tuple[float, float]) -> None:
        puts, gets = (f"{count / part:,.0f}" for part in seconds)
        console.print(f"{name:<15}{writers:<13}{puts:>8} puts/s{gets:>8} gets/s", highlight=False)

    add("memory", f"{threads} threads", _by_threads(None, count, threads))
    add("InMemoryStore", f"{threads} threads", _by_threads(InMemoryStore(), count, threads))
    with tempfile.TemporaryDirectory() as folder:
        store = _open(Path(folder, "threads.db"))
        with closing(store.conn):
            store.setup()
            add("SqliteStore", f"{threads} threads", _by_threads(store, count, threads))
        add(
            "SqliteStore",
            f"{processes} processes",
            _by_processes(Path(folder, "processes.db"), count, processes),
        )


if __name__ == "__main__":
    typer.run(main)
