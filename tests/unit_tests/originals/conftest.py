"""The stores that originals must work over, each opened as its users open it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

from headroom_langchain.originals import Originals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from langgraph.store.base import BaseStore


def open_sqlite(path: Path | str) -> SqliteStore:
    connection = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
    # No test here pulls the plug, and waiting for the disk is most of the time.
    connection.execute("pragma synchronous=off")
    store = SqliteStore(connection)
    store.setup()
    return store


@pytest.fixture(params=["memory", "InMemoryStore", "SqliteStore"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BaseStore | None]:
    match request.param:
        case "memory":
            yield None
        case "InMemoryStore":
            yield InMemoryStore()
        case _:
            opened = open_sqlite(tmp_path / "originals.db")
            with closing(opened.conn):
                yield opened


@pytest.fixture
def originals(store: BaseStore | None) -> Originals:
    return Originals(store)
