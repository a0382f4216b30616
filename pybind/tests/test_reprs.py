"""What objects say of themselves to people."""

import asyncio
from pathlib import Path

import pytest
import toondb
from conftest import Server
from toondb import AsyncDatabase, AsyncIpcClient, AsyncToonDBClient, Database, Document, IpcClient, ToonDBClient, WriteBatch


def test_clients_say_where_they_are_and_whether_they_are_closed(tmp_path: Path, server: Server) -> None:
    path = str(tmp_path / "data")
    with Database.open(path) as db:
        assert repr(db) == f"<toondb.Database {path!r}>"
        assert repr(db.namespace("n")) == "<toondb.Namespace 'n'>"
    assert repr(db) == f"<toondb.Database {path!r}, closed>"
    with IpcClient.connect(server.socket) as client:
        assert repr(client) == f"<toondb.IpcClient {str(server.socket)!r}>"
    with ToonDBClient(server.address) as remote:
        assert repr(remote) == f"<toondb.ToonDBClient {server.address!r}>"
    assert repr(remote).endswith(", closed>")


def test_clients_for_asyncio_say_the_same(tmp_path: Path, server: Server) -> None:
    async def run() -> None:
        path = str(tmp_path / "data")
        async with AsyncDatabase(path) as db:
            assert repr(db) == f"<toondb.AsyncDatabase {path!r}>"
        assert repr(db) == f"<toondb.AsyncDatabase {path!r}, closed>"
        async with AsyncIpcClient(server.socket) as client:
            assert repr(client) == f"<toondb.AsyncIpcClient {str(server.socket)!r}>"
        async with AsyncToonDBClient(server.address) as remote:
            assert repr(remote) == f"<toondb.AsyncToonDBClient {server.address!r}>"

    asyncio.run(run())


def test_what_is_open_says_how_far_it_is(tmp_path: Path) -> None:
    with Database.open(tmp_path / "data") as db:
        db.put("k", "v")
        with db.transaction() as tx:
            tx.put("a", "1")
            assert repr(tx) == "<toondb.Transaction of namespace 'default', 1 writes>"
        assert repr(tx) == "<toondb.Transaction of namespace 'default', over>"
        with db.snapshot() as at:
            assert repr(at) == f"<toondb.Snapshot of namespace 'default', at commit {at.seq}>"
        assert repr(at) == "<toondb.Snapshot of namespace 'default', not held>"
    batch = WriteBatch()
    batch.put("k", "v")
    assert repr(batch) == "<toondb.WriteBatch of 1 writes>"


def test_a_long_embedding_is_shortened() -> None:
    assert len(repr(Document("id", "text", [0.5] * 1536, {}))) < 200


def test_classes_go_by_their_public_names() -> None:
    private = [
        name
        for name in toondb.__all__
        if isinstance(getattr(toondb, name), type) and getattr(toondb, name).__module__ not in ("toondb", "builtins")
    ]
    assert private == []


def test_what_a_call_lacks_is_said_of_the_public_class() -> None:
    for kind, name in ((toondb.Database, "get"), (toondb.Collection, "add"), (toondb.Transaction, "count")):
        with pytest.raises(TypeError, match=f"{kind.__name__}.{name}"):
            getattr(kind, name)()
