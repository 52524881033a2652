"""Originals come back byte by byte, to their own thread alone, from every store."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.store.base import BaseStore, PutOp
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import AsyncSqliteStore

from headroom_langchain import ConfigurationError
from headroom_langchain.config import CCRConfig
from headroom_langchain.exceptions import StorageError
from headroom_langchain.originals import Absent, Original, Originals
from headroom_langchain.originals import store as store_module
from headroom_langchain.originals.records import MemoryRecords
from headroom_langchain.originals.references import SHORTEST, digest_of, namespace_of
from tests.unit_tests.originals.conftest import open_sqlite
from tests.unit_tests.strategies import texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ids = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=12),
    st.sampled_from([".", "a.b", "*", "langgraph"]),
)
shared_store = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def text_of(found: Original | Absent) -> str:
    assert isinstance(found, Original), found
    return found.text


@shared_store
@given(text=texts, thread=ids, user=st.none() | ids, tool=st.none() | ids)
def test_any_text_comes_back_byte_by_byte_from_any_store(
    originals: Originals, text: str, thread: str, user: str | None, tool: str | None
) -> None:
    originals.forget(thread, user=user)
    ref = originals.put(text, thread=thread, user=user, tool=tool, kind="json")
    assert originals.get(ref, thread=thread, user=user) == Original(ref, text, tool, "json")


@shared_store
@given(text=texts, owners=st.lists(st.tuples(ids, st.none() | ids), min_size=2, max_size=2, unique=True))
def test_a_stranger_never_sees_an_original(text: str, owners: list[tuple[str, str | None]]) -> None:
    originals = Originals(InMemoryStore())
    (thread, user), (other_thread, other_user) = owners
    ref = originals.put(text, thread=thread, user=user)
    assert originals.get(ref, thread=other_thread, user=other_user) is Absent.NOT_FOUND
    originals.forget(other_thread, user=other_user)
    assert text_of(originals.get(ref, thread=thread, user=user)) == text


def test_a_stranger_with_the_same_text_has_a_life_of_its_own(originals: Originals) -> None:
    refs = [
        originals.put("same", thread=thread, user=user)
        for thread in ("1", "2")
        for user in (None, "nobody", "")
    ]
    assert len(set(refs)) == 1
    originals.forget("1", user="nobody")
    left = [
        originals.get(refs[0], thread=thread, user=user)
        for thread in ("1", "2")
        for user in (None, "nobody", "")
    ]
    assert [found is Absent.NOT_FOUND for found in left] == [False, True, False, False, False, False]


@given(st.lists(texts, max_size=8))
def test_the_same_texts_get_the_same_references_in_every_process(given_texts: list[str]) -> None:
    runs = []
    for originals in (Originals(), Originals(InMemoryStore()), Originals(ttl_seconds=1e-9)):
        runs.append([originals.put(text, thread="t") for text in given_texts])
        assert runs[-1] == [originals.put(text, thread="t") for text in given_texts]
    assert runs[0] == runs[1] == runs[2]
    assert len(set(runs[0])) == len(set(given_texts))


@given(texts)
def test_a_reference_is_short_and_never_a_number(text: str) -> None:
    ref = Originals().put(text, thread="t")
    assert len(ref) == SHORTEST
    assert ref[0].isalpha()
    assert ref.isascii()


def colliding(count: int) -> list[str]:
    """Texts that all have the same shortest reference."""
    return [f"text {number}" for number in range(count)]


@pytest.fixture
def colliding_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    # Real collisions of 30 bits take too long to find; these begin alike for 12 characters.
    monkeypatch.setattr(store_module, "digest_of", lambda text: "a" * 12 + digest_of(text)[12:])


@pytest.mark.usefixtures("colliding_digests")
def test_texts_whose_hashes_begin_alike_get_longer_references(originals: Originals) -> None:
    refs = [originals.put(text, thread="t") for text in colliding(5)]
    assert [len(ref) for ref in refs] == [6, 7, 8, 9, 10]
    assert [text_of(originals.get(ref, thread="t")) for ref in refs] == colliding(5)
    assert [originals.put(text, thread="t") for text in colliding(5)] == refs
    assert originals.put("text 4", thread="another") == refs[0]


class MeetingStore(InMemoryStore):
    """Lets two threads read before either writes, as a slow database does."""

    def __init__(self) -> None:
        super().__init__()
        self._meeting = Barrier(2)

    def batch(self, ops: Iterable[Any]) -> list[Any]:
        results = super().batch(ops)
        with suppress(BrokenBarrierError):
            self._meeting.wait(timeout=2)
        return results


@pytest.mark.usefixtures("colliding_digests")
def test_two_threads_that_both_found_a_reference_free_do_not_both_take_it() -> None:
    originals = Originals(store := MeetingStore())
    with ThreadPoolExecutor(2) as pool:
        refs = list(pool.map(lambda text: originals.put(text, thread="t"), colliding(2)))
    store._meeting.abort()
    assert [text_of(originals.get(ref, thread="t")) for ref in refs] == colliding(2)
    assert sorted(map(len, refs)) == [SHORTEST, SHORTEST + 1]


@pytest.mark.usefixtures("colliding_digests")
def test_threads_that_collide_at_the_same_moment_never_share_a_reference(originals: Originals) -> None:
    wanted = colliding(12) * 4
    random.Random(3).shuffle(wanted)
    with ThreadPoolExecutor(16) as pool:
        refs = list(pool.map(lambda text: originals.put(text, thread="t"), wanted))
        back = list(pool.map(lambda ref: text_of(originals.get(ref, thread="t")), refs))
    assert back == wanted


@pytest.mark.usefixtures("colliding_digests")
def test_a_reference_of_an_original_that_went_is_never_given_to_another_text() -> None:
    originals = Originals(max_bytes=40_000)
    noise = [random.Random(number).randbytes(9_000).hex() for number in range(4)]
    first = originals.put(noise[0], thread="t")
    others = [originals.put(text, thread="u") for text in noise[1:]]
    assert originals.get(first, thread="t") is Absent.GONE
    assert len(originals.put("another", thread="t")) == len(first) + 1
    assert originals.put(noise[0], thread="t") == first
    assert text_of(originals.get(first, thread="t")) == noise[0]
    assert others


def test_sixteen_threads_get_back_what_they_put(originals: Originals) -> None:
    def work(number: int) -> bool:
        text = f"row {number % 1500} " * (1 + number % 40)
        ref = originals.put(text, thread=f"t{number % 7}", user=f"u{number % 3}")
        return text_of(originals.get(ref, thread=f"t{number % 7}", user=f"u{number % 3}")) == text

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(2000)))


async def test_async_callers_get_what_sync_callers_get(store: BaseStore | None) -> None:
    for text in ("short", "long " * 20_000, "\ud800" * 50_000):
        one, other = Originals(store), Originals(store if store is not None else None)
        ref = await one.aput(text, thread="t", user="u", tool="search", kind="prose")
        assert other.put(text, thread="t", user="u", tool="search", kind="prose") == ref
        expected = Original(ref, text, "search", "prose")
        assert await one.aget(ref, thread="t", user="u") == other.get(ref, thread="t", user="u") == expected
        assert await one.aget(ref, thread="t") == one.get(ref, thread="t") == Absent.NOT_FOUND
        await one.aforget("t", user="u")
        assert await one.aget(ref, thread="t", user="u") is Absent.NOT_FOUND


async def test_an_async_store_takes_and_returns_what_a_sync_one_does(tmp_path: Path) -> None:
    path = tmp_path / "async.db"
    texts_of_all_sizes = ["", "short", "\ud800" * 50_000, random.Random(1).randbytes(1_500_000).hex()]
    async with AsyncSqliteStore.from_conn_string(str(path)) as opened:
        await opened.setup()
        originals = Originals(opened)
        refs = await asyncio.gather(*(originals.aput(text, thread="t") for text in texts_of_all_sizes))
        again = await asyncio.gather(*(originals.aget(ref, thread="t") for ref in refs))
        assert [text_of(found) for found in again] == texts_of_all_sizes
        # A synchronous caller comes from a thread of its own: an async store belongs to its event loop.
        assert text_of(await asyncio.to_thread(originals.get, refs[1], thread="t")) == "short"
        with pytest.raises(StorageError):
            originals.get(refs[1], thread="t")
    sync = open_sqlite(path)
    with closing(sync.conn):
        assert [text_of(Originals(sync).get(ref, thread="t")) for ref in refs] == texts_of_all_sizes
        assert [Originals(sync).put(text, thread="t") for text in texts_of_all_sizes] == refs


def test_a_huge_original_is_stored_in_pieces_that_any_store_takes(tmp_path: Path) -> None:
    text = random.Random(1).randbytes(2_000_000).hex()
    opened = open_sqlite(tmp_path / "huge.db")
    with closing(opened.conn):
        originals = Originals(opened)
        ref = originals.put(text, thread="t")
        assert text_of(originals.get(ref, thread="t")) == text
        sizes = [size for (size,) in opened.conn.execute("select length(value) from store")]
        assert len(sizes) > 1
        assert max(sizes) < 1_000_000
        originals.forget("t")
        assert list(opened.conn.execute("select 1 from store")) == []


def test_an_original_whose_piece_is_lost_is_no_longer_stored() -> None:
    store = InMemoryStore()
    originals = Originals(store)
    text = random.Random(1).randbytes(1_500_000).hex()
    ref = originals.put(text, thread="t")
    store.delete(namespace_of("t", None), f"{ref}/1")
    assert originals.get(ref, thread="t") is Absent.GONE
    assert originals.put(text, thread="t") == ref
    assert text_of(originals.get(ref, thread="t")) == text


def test_forgetting_a_thread_deletes_all_of_it_and_nothing_else(originals: Originals) -> None:
    mine = [originals.put(f"mine {number}", thread="t") for number in range(120)]
    theirs = originals.put("theirs", thread="t2")
    originals.forget("t")
    originals.forget("never seen")
    assert {originals.get(ref, thread="t") for ref in mine} == {Absent.NOT_FOUND}
    assert text_of(originals.get(theirs, thread="t2")) == "theirs"


def test_originals_survive_a_restart(tmp_path: Path) -> None:
    refs: dict[str, str] = {}
    for start in range(3):
        opened = open_sqlite(tmp_path / "restart.db")
        with closing(opened.conn):
            originals = Originals(opened)
            assert {ref: text_of(originals.get(ref, thread="t")) for ref in refs} == refs
            refs[originals.put(f"run {start}", thread="t")] = f"run {start}"
    assert len(refs) == 3


def test_an_original_lives_until_its_time_is_over_and_again_when_stored_again(
    store: BaseStore | None,
) -> None:
    now = [1_000_000.0]
    originals = Originals(store, ttl_seconds=100, clock=lambda: now[0])
    ref = originals.put("text", thread="t")
    seen = []
    for step in (99, 0, 99, 2, 0):
        now[0] += step
        seen.append(originals.get(ref, thread="t"))
        if step == 0:
            assert originals.put("text", thread="t") == ref
    assert [found is Absent.GONE for found in seen] == [False, False, False, True, True]
    assert text_of(originals.get(ref, thread="t")) == "text"


def test_without_a_time_to_live_an_original_outlives_every_clock(store: BaseStore | None) -> None:
    now = [0.0]
    originals = Originals(store, clock=lambda: now[0])
    ref = originals.put("text", thread="t")
    now[0] = 1e11
    assert text_of(originals.get(ref, thread="t")) == "text"


def test_memory_stays_within_its_bytes_and_the_least_used_goes_first() -> None:
    originals = Originals(max_bytes=100_000)
    noise = [random.Random(number).randbytes(5_000).hex() for number in range(400)]
    refs = [originals.put(text, thread=f"t{number % 3}") for number, text in enumerate(noise[:5])]
    for number, text in enumerate(noise[5:]):
        assert text_of(originals.get(refs[0], thread="t0")) == noise[0]
        originals.put(text, thread=f"t{number % 3}")
        records = originals._records
        assert isinstance(records, MemoryRecords)
        assert records.held <= 100_000
    for number in range(1, 5):
        assert isinstance(originals.get(refs[number], thread=f"t{number % 3}"), Absent)


@given(
    limit=st.integers(2_500, 9_000),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 30), st.integers(0, 2)),
            st.tuples(st.just("get"), st.integers(0, 30), st.integers(0, 2)),
            st.tuples(st.just("forget"), st.just(0), st.integers(0, 2)),
        ),
        max_size=60,
    ),
)
def test_memory_never_holds_more_than_its_bytes_nor_returns_another_text(
    limit: int, steps: list[tuple[str, int, int]]
) -> None:
    originals = Originals(max_bytes=limit)
    records = originals._records
    assert isinstance(records, MemoryRecords)
    refs: dict[tuple[int, int], str] = {}
    for act, number, thread in steps:
        text = random.Random(number).randbytes(30 * number).hex()
        if act == "put":
            refs[thread, number] = originals.put(text, thread=str(thread))
            assert text_of(originals.get(refs[thread, number], thread=str(thread))) == text
        elif act == "get" and (thread, number) in refs:
            found = originals.get(refs[thread, number], thread=str(thread))
            assert isinstance(found, Absent) or found.text == text
        elif act == "forget":
            originals.forget(str(thread))
            for (other, _), ref in refs.items():
                assert other != thread or originals.get(ref, thread=str(thread)) is Absent.NOT_FOUND
        assert 0 <= records.held <= limit
    for thread in range(3):
        originals.forget(str(thread))
    assert records.held == 0


def test_memory_gives_back_every_byte_of_a_forgotten_thread() -> None:
    records = MemoryRecords(50_000)
    originals = Originals(max_bytes=50_000)
    originals._records = records
    for number in range(30):
        originals.put(random.Random(number).randbytes(3_000).hex(), thread=f"t{number % 4}")
    for number in range(4):
        originals.forget(f"t{number}")
    assert records.held == 0


def test_what_is_larger_than_the_memory_is_refused_not_lost() -> None:
    originals = Originals(max_bytes=2_000)
    small = originals.put("small", thread="t")
    with pytest.raises(StorageError, match="larger than the whole memory"):
        originals.put(random.Random(1).randbytes(5_000).hex(), thread="t")
    assert text_of(originals.get(small, thread="t")) == "small"


@pytest.mark.parametrize(
    "written",
    ["{}", " {} ", "`{}`", '"{}"', "[{}]", "#{}", "ref {}"[4:]],
    ids=lambda written: written.format("ref"),
)
def test_a_reference_is_read_as_models_write_it(originals: Originals, written: str) -> None:
    ref = originals.put("text", thread="t")
    for variant in (ref, ref.upper(), ref.replace("1", "l").replace("0", "O")):
        assert text_of(originals.get(written.format(variant), thread="t")) == "text"


@pytest.mark.parametrize(
    "ref", ["", "x", "\ud800" * 6, "zzzzzz", "123456", "a" * 10_000, "../../x", "headroom"]
)
def test_what_is_no_reference_is_not_found(originals: Originals, ref: str) -> None:
    originals.put("text", thread="t")
    assert originals.get(ref, thread="t") is Absent.NOT_FOUND


class FailingStore(InMemoryStore):
    """Fails like a database that went away."""

    def batch(self, ops: Iterable[Any]) -> list[Any]:
        raise sqlite3.OperationalError("disk I/O error")

    async def abatch(self, ops: Iterable[Any]) -> list[Any]:
        raise sqlite3.OperationalError("disk I/O error")


async def test_a_store_that_fails_is_a_storage_error_and_blocks_nothing() -> None:
    originals = Originals(FailingStore())
    for act in (
        lambda: originals.put("text", thread="t"),
        lambda: originals.get("abcdef", thread="t"),
        lambda: originals.forget("t"),
    ):
        with pytest.raises(StorageError, match="disk I/O error"):
            act()
    with pytest.raises(StorageError, match="disk I/O error"):
        await originals.aput("text", thread="t")
    with pytest.raises(StorageError, match="disk I/O error"):
        await originals.aget("abcdef", thread="t")
    assert originals._claims == {}


@pytest.mark.parametrize(
    "damage",
    [
        {"data": "bm90IHpsaWI="},
        {"data": "not base64"},
        {"data": None},
        {"pieces": "many"},
        {"about": "[]"},
        {"digest": "of another text"},
    ],
    ids=str,
)
def test_a_damaged_original_is_a_storage_error_never_another_text(damage: dict[str, Any]) -> None:
    store = InMemoryStore()
    originals = Originals(store)
    ref = originals.put("text", thread="t")
    item = store.get(namespace_of("t", None), ref)
    assert item is not None
    store.batch([PutOp(namespace_of("t", None), ref, {**item.value, **damage})])
    with pytest.raises(StorageError, match=r"damaged|no original"):
        originals.get(ref, thread="t")


def test_stores_get_plain_values_that_are_not_indexed(store: BaseStore | None) -> None:
    class Watching(InMemoryStore):
        def batch(self, ops: Iterable[Any]) -> list[Any]:
            given_ops = list(ops)
            puts.extend(op for op in given_ops if isinstance(op, PutOp))
            return super().batch(given_ops)

    puts: list[PutOp] = []
    Originals(Watching(), ttl_seconds=5).put("text \ud800", thread="a.b", user="", tool="\udfff")
    assert puts
    for put in puts:
        assert put.index is False
        assert put.ttl is None
        assert all(label and "." not in label and label.isascii() for label in put.namespace)
        assert put.value is not None
        assert json.loads(json.dumps(put.value).encode()) == put.value


def test_copies_share_what_is_stored() -> None:
    originals = Originals()
    ref = copy.deepcopy(originals).put("text", thread="t")
    assert text_of(copy.copy(originals).get(ref, thread="t")) == "text"


@pytest.mark.parametrize("wrong", [{"max_bytes": 0}, {"ttl_seconds": 0}, {"ttl_seconds": -1}], ids=str)
def test_wrong_numbers_are_refused_at_the_door(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Originals(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"store_max_bytes": 0}, {"store_ttl_seconds": 0}, {"store_ttl_seconds": float("inf")}, {"ttl": 1}],
    ids=str,
)
def test_wrong_settings_are_refused_at_the_door(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        CCRConfig.model_validate(wrong)


def test_the_settings_bound_the_memory_and_the_life() -> None:
    small = Originals.from_config(CCRConfig(store_max_bytes=700))
    with pytest.raises(StorageError):
        small.put(random.Random(1).randbytes(500).hex(), thread="t")
    assert Originals.from_config(CCRConfig(store_ttl_seconds=5))._ttl_seconds == 5
    assert Originals.from_config(CCRConfig())._ttl_seconds is None
