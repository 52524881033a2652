"""What a process was told is stored is still there when every process was killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from langgraph.store.sqlite import SqliteStore

from headroom_langchain.originals import Original, Originals

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sqlite3, sys
from langgraph.store.sqlite import SqliteStore
from headroom_langchain.originals import Originals

path, name = sys.argv[1:]
connection = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
originals = Originals(SqliteStore(connection))
for number in range(100_000):
    # Every fourth text is one that the other processes store, too.
    who = "all" if number % 4 == 0 else name
    text = f"{who} {number} \\ud800 " * (1 + number % 50)
    print(number, originals.put(text, thread="t", user="u"), flush=True)
"""


def open_store(path: Path) -> SqliteStore:
    return SqliteStore(sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None))


def text_of(name: str, number: int) -> str:
    return f"{'all' if number % 4 == 0 else name} {number} \ud800 " * (1 + number % 50)


def test_everything_acknowledged_survives_four_processes_killed_while_they_write(tmp_path: Path) -> None:
    path = tmp_path / "originals.db"
    store = open_store(path)
    with closing(store.conn):
        store.setup()
    names = [f"process-{number}" for number in range(4)]
    writers = {
        name: subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE, text=True
        )
        for name in names
    }
    acknowledged: dict[tuple[str, int], str] = {}
    try:
        for _ in range(12):
            for name, writer in writers.items():
                assert writer.stdout is not None
                first, ref = writer.stdout.readline().split()
                acknowledged[name, int(first)] = ref
    finally:
        for writer in writers.values():
            writer.kill()
    for name, writer in writers.items():
        # What was written to the pipe before the end was acknowledged as well; the last line may be cut.
        rest = writer.communicate()[0].splitlines(keepends=True)
        for further, ref in (line.split() for line in rest if line.endswith("\n")):
            acknowledged[name, int(further)] = ref

    store = open_store(path)
    with closing(store.conn):
        originals = Originals(store)
        assert len(acknowledged) >= 48
        for (name, number), ref in acknowledged.items():
            found = originals.get(ref, thread="t", user="u")
            assert isinstance(found, Original)
            assert found.text == text_of(name, number)
        assert len(set(acknowledged.values())) == len({text_of(*key) for key in acknowledged})
        assert originals.put("written after the kill", thread="t", user="u") not in acknowledged.values()
