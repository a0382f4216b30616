"""Reads at one commit: ``with db.snapshot()``."""

import asyncio

import pytest

from toondb import (
    AsyncDatabase,
    InvalidArgumentError,
    Namespace,
    Query,
    Snapshot,
    TransactionError,
)
from toondb._store import Store

from conftest import Door


def test_every_read_sees_the_same(home: Namespace) -> None:
    docs = home.collection("docs", dimension=2)
    docs.add("a", "first", [1.0, 0.0], {"year": 2020})
    home.put(b"k", b"1")
    home.add_node("x", "Letter")
    home.add_node("y", "Letter")
    home.add_edge("x", "NEXT", "y")
    home.add_temporal_edge("x", "SEEN", "y", 100)
    with home.snapshot() as s:
        assert isinstance(s, Snapshot) and s.seq == home.stats().commit_seq
        docs.add("b", "second", [0.0, 1.0], {"year": 2021})
        docs.delete("a")
        home.put(b"k", b"2")
        home.put(b"l", b"2")
        home.delete_node("y")
        then = s.collection("docs")
        assert [found.id for found in then.search([0.0, 1.0])] == ["a"]
        assert then.count({"year": {"$gte": 0}}) == 1
        assert then.get("b") is None
        assert (s.get(b"k"), s.multi_get([b"k", b"l"])) == (b"1", [b"1", None])
        assert list(s.scan()) == [(b"k", b"1")] and s.exists(b"k")
        assert len(s.get_edges("x")) == 1 and s.get_node("y") is not None
        assert len(s.query_temporal_graph("x", timestamp=100)) == 1
        assert s.render(Query.scan(), format="json", columns=["value"]) == '[{"value":"1"}]'
    assert (home.get(b"k"), docs.count()) == (b"2", 1)


def test_before_the_first_commit_nothing_is_there(home: Namespace) -> None:
    with home.snapshot() as s:
        assert s.seq == 0
        home.put(b"k", b"1")
        assert s.get(b"k") is None and list(s.scan()) == [] and s.get_node("k") is None
    with home.transaction() as tx:
        assert tx.get(b"k") == b"1"


def test_a_snapshot_only_reads_and_only_inside_with(store: Store, ns: str) -> None:
    held = store.snapshot(ns)
    with pytest.raises(TransactionError, match="inside `with`"):
        held.get(b"k")
    with held as s:
        for write in (
            lambda: s.put(b"k", b"v"),
            lambda: s.add_node("a", "Letter"),
            lambda: s.delete_documents("docs", ["a"]),
            lambda: s.stats(),
            lambda: s.transaction().__enter__().get(b"k"),
        ):
            with pytest.raises(InvalidArgumentError, match="no read at a snapshot"):
                write()
        with pytest.raises(TransactionError, match="held already"):
            s.__enter__()
    with pytest.raises(TransactionError):
        held.get(b"k")
    assert held.seq is None


def test_of_asyncio(door: Door, ns: str) -> None:
    async def main() -> None:
        async with door.mirror(door.address) as client:
            await client.put(b"k", b"1", namespace=ns)
            async with client.snapshot(ns) as s:
                await client.put(b"k", b"2", namespace=ns)
                assert await s.get(b"k") == b"1"
                assert [pair async for pair in s.scan()] == [(b"k", b"1")]
                with pytest.raises(InvalidArgumentError, match="no read at a snapshot"):
                    await s.put(b"k", b"3")
            async with client.namespace(ns).snapshot() as s:
                assert await s.get(b"k") == b"2"

    asyncio.run(main())
