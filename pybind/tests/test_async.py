"""The asyncio client: every method of the sync one, awaited."""

import asyncio
import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Set, TypeVar

import pytest

import toondb
from toondb import (
    AsyncCollection,
    AsyncDatabase,
    AsyncIpcClient,
    AsyncNamespace,
    AsyncToonDBClient,
    AsyncTransaction,
    Collection,
    Database,
    IpcClient,
    Namespace,
    Query,
    Section,
    ToonDBClient,
    Transaction,
    count_tokens,
)
from toondb._async import AsyncStore

from conftest import Door, Server

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"

PAIRS = [
    (Database, AsyncDatabase),
    (IpcClient, AsyncIpcClient),
    (ToonDBClient, AsyncToonDBClient),
    (Namespace, AsyncNamespace),
    (Collection, AsyncCollection),
    (Transaction, AsyncTransaction),
]
NOT_AWAITED = {"namespace", "snapshot", "transaction"}
ITERATED = {"list", "list_document_ids", "list_documents", "list_ids", "scan", "scan_keys", "scan_prefixes"}

Result = TypeVar("Result")


Way = Callable[[], AsyncStore]
"""Makes a client for asyncio."""


@pytest.fixture(params=["embedded", "socket", "grpc"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each way to an engine; the embedded one joins a database that is open already."""
    if request.param == "embedded":
        request.getfixturevalue("database")
        directory = request.getfixturevalue("directory")
        return lambda: AsyncDatabase(directory)
    server: Server = request.getfixturevalue("server")
    if request.param == "socket":
        return lambda: AsyncIpcClient(server.socket)
    return lambda: AsyncToonDBClient(server.address)


def run(way: Way, use: Callable[[AsyncStore], Awaitable[Result]]) -> Result:
    """Awaits a function of a client."""

    async def body() -> Result:
        async with way() as client:
            return await use(client)

    return asyncio.run(body())


def public(kind: type) -> Set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def parameters(function: Any) -> Dict[str, Any]:
    return {name: each.default for name, each in inspect.signature(function).parameters.items()}


def test_the_written_methods_are_current() -> None:
    script = SCRIPTS / "write_surface.py"
    ran = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("sync, mirror", PAIRS)
def test_the_methods_are_those_of_the_sync_class(sync: type, mirror: type) -> None:
    assert public(mirror) == public(sync)
    for name in public(sync):
        ours, theirs = getattr(mirror, name), getattr(sync, name)
        given = parameters(ours)
        if name in ("connect", "open"):
            given.pop("concurrency")
        assert given == parameters(theirs), name
        assert inspect.getdoc(ours), name
        if name in ITERATED:
            assert not inspect.iscoroutinefunction(ours), name
        else:
            assert inspect.iscoroutinefunction(ours) == (name not in NOT_AWAITED), name


@pytest.mark.parametrize("sync, mirror", PAIRS[1:3])
def test_the_constructor_is_that_of_the_sync_class(sync: Any, mirror: type) -> None:
    given = parameters(mirror)
    assert given.pop("concurrency") == 128
    assert given == parameters(sync.connect) == parameters(sync)


def test_ways_to_connect(door: Door) -> None:
    async def body() -> None:
        async with door.mirror(door.address) as first:
            assert await first.ping() == toondb.__version__
        async with await door.mirror.connect(door.address, timeout=5) as second:
            assert await second.ping()
        third = door.mirror(door.address)
        assert await third.ping()
        await third.close()
        await third.close()
        for closed in (first, second, third, AsyncIpcClient("/nowhere"), AsyncToonDBClient("unix:/nowhere")):
            await closed.close()
            with pytest.raises(toondb.ShuttingDownError):
                await closed.ping()
            with pytest.raises(toondb.ShuttingDownError):
                [each async for each in closed.scan()]

    asyncio.run(body())


@pytest.mark.parametrize("mirror, address", [(AsyncIpcClient, "/nowhere"), (AsyncToonDBClient, "localhost:1")])
def test_nobody_there(mirror: Any, address: str) -> None:
    async def body() -> None:
        with pytest.raises(toondb.ConnectionError):
            await mirror.connect(address)
        with pytest.raises(toondb.ConnectionError):
            async with mirror(address):
                pass
        with pytest.raises(toondb.InvalidArgumentError):
            await mirror.connect(address, timeout=-1)

    asyncio.run(body())
    with pytest.raises(toondb.InvalidArgumentError):
        mirror(concurrency=0)


def test_a_server_that_comes_later_is_found(tmp_path: Path) -> None:
    async def body() -> None:
        client = AsyncIpcClient(tmp_path / "toondb.sock")
        with pytest.raises(toondb.ConnectionError):
            await client.ping()
        late = Server(tmp_path)
        late.connect().close()
        assert await client.ping()
        await client.close()
        late.stop()

    asyncio.run(body())


def test_every_area(way: Way, ns: str) -> None:
    async def body(client: AsyncStore) -> None:
        home = client.namespace(ns)
        assert await home.create({"kind": "test"}) is True
        assert (await home.info()).metadata == {"kind": "test"}
        assert await home.put(b"k", b"v") is True
        assert await client.get(b"k", namespace=ns) == b"v"
        assert await home.multi_get([b"k", b"missing"]) == [b"v", None]
        assert await home.compare_and_set(b"k", b"v", b"w") is True

        notes = await home.collection("notes", dimension=2)
        assert await notes.add("n1", "first", [1.0, 0.0], {"year": 2026}) == "n1"
        await notes.add_documents([{"id": "n2", "content": "second", "embedding": [0.0, 1.0]}])
        (found,) = await notes.search([1.0, 0.1], k=1)
        assert (found.id, found.metadata) == ("n1", {"year": 2026})
        assert await notes.count() == 2
        with pytest.raises(toondb.CollectionNotFoundError):
            await home.collection("other")
        assert repr(notes) == f"<toondb.AsyncCollection 'notes' of namespace '{ns}'>"

        await client.create_index("i", 2, namespace=ns)
        await client.insert_vectors("i", [1, 2], [[1.0, 0.0], [0.0, 1.0]], namespace=ns)
        assert [hit.id for hit in await client.search("i", [1.0, 0.1], k=1, namespace=ns)] == [1]

        await asyncio.gather(*(home.add_node(name, "letter") for name in "abc"))
        await home.add_edge("a", "NEXT", "b")
        nodes, edges = await home.traverse("a")
        assert ([node.id for node in nodes], len(edges)) == (["a", "b"], 1)

        await home.add_temporal_edge("door", "STATE", "open", 1_000, 2_000)
        (edge,) = await client.query_temporal_graph(ns, "door", timestamp=1_500)
        assert edge.to_id == "open"
        assert (await home.stats()).documents == 2

        batch = toondb.WriteBatch()
        batch.put(b"batched", b"yes")
        assert (await home.commit(batch)).commit_seq > 0
        assert "Put" in (await client.capabilities()).operations
        report = await client.check(namespaces=[ns])
        assert report.is_sound and [each.name for each in report.namespaces] == [ns], report.findings
        assert await client.delete_namespace(ns) is True

    run(way, body)


def test_iteration_pages_by_itself(way: Way, ns: str) -> None:
    async def body(client: AsyncStore) -> None:
        home = client.namespace(ns)
        pairs = [(f"{number:05}".encode(), b"v") for number in range(2_500)]
        await home.batch_put(pairs)
        assert [pair async for pair in home.scan()] == pairs
        assert [pair async for pair in client.scan(namespace=ns, reverse=True, limit=1_500)] == pairs[::-1][:1_500]
        assert [key async for key in home.scan_keys(prefix=b"001")] == [key for key, _ in pairs[100:200]]
        assert [key async for key in home.scan_keys(limit=0)] == []
        async for key in home.scan_keys():
            assert key == b"00000"
            break

    run(way, body)


def test_no_row_is_read_twice(way: Way, ns: str) -> None:
    """Two that read the same pages at a time: one has the rows, and the other is refused or finds none left."""

    async def body(client: AsyncStore) -> None:
        home = client.namespace(ns)
        pairs = [(f"{number:05}".encode(), b"v") for number in range(2_500)]
        await home.batch_put(pairs)
        pages = home.scan()
        found = await asyncio.gather(pages.rows(), pages.rows(), return_exceptions=True)
        refused = [each for each in found if isinstance(each, BaseException)]
        assert [pair for rows in found if isinstance(rows, list) for pair in rows] == pairs
        assert all("being read by another task" in str(error) for error in refused)
        # The refused one does not keep the pages from who comes after.
        assert await pages.rows() == []

    run(way, body)


def test_many_calls_at_once(way: Way, ns: str) -> None:
    before = len(os.listdir("/proc/self/task"))

    async def body(client: AsyncStore) -> None:
        home = client.namespace(ns)
        keys = [f"{number:03}".encode() for number in range(500)]
        await asyncio.gather(*(home.put(key, key) for key in keys))
        assert await asyncio.gather(*(home.get(key) for key in keys)) == keys

    run(way, body)
    # No thread waits for a call: of 500 at once there are as many as there were.
    assert len(os.listdir("/proc/self/task")) < before + 10


def test_transactions(way: Way, ns: str) -> None:
    async def body(client: AsyncStore) -> None:
        home = client.namespace(ns)
        await home.put(b"stock", b"3")
        async with home.transaction() as tx:
            assert await tx.get(b"stock") == b"3"
            await tx.put(b"stock", b"2")
            await tx.add_node("lamp", "thing")
            assert [pair async for pair in tx.scan()] == [(b"stock", b"2")]
            assert await home.get(b"stock") == b"3"
        assert await home.get(b"stock") == b"2"
        with pytest.raises(toondb.TransactionError):
            await tx.get(b"stock")

        with pytest.raises(KeyError):
            async with client.transaction(namespace=ns) as tx:
                await tx.put(b"stock", b"1")
                raise KeyError("changed my mind")
        assert await home.get(b"stock") == b"2"

        with pytest.raises(toondb.TransactionConflictError):
            async with home.transaction() as tx:
                await tx.get(b"stock")
                await home.put(b"stock", b"9")
                await tx.put(b"stock", b"1")
        assert await home.get(b"stock") == b"9"

        tx = home.transaction()
        await asyncio.gather(*(tx.put(b"order", str(turn).encode()) for turn in range(50)))
        result = await tx.commit()
        assert result is not None and await home.get(b"order") == b"49"

    run(way, body)


def test_no_increment_is_lost(way: Way, ns: str) -> None:
    async def increment(tx: AsyncTransaction) -> int:
        count = int(await tx.get(b"counter") or 0) + 1
        await tx.put(b"counter", str(count).encode())
        return count

    async def body(client: AsyncStore) -> None:
        home = client.namespace(ns)
        counts = await asyncio.gather(
            *(home.run_transaction(increment, retries=1_000) for _ in range(20)),
            *(client.run_transaction(increment, namespace=ns, retries=1_000) for _ in range(20)),
        )
        assert sorted(counts) == list(range(1, 41))
        with pytest.raises(ZeroDivisionError):

            async def fail(tx: AsyncTransaction) -> float:
                await tx.put(b"counter", b"lost")
                return 1 / 0

            await home.run_transaction(fail)
        assert await home.get(b"counter") == b"40"

    run(way, body)


def test_the_loop_runs_on_during_a_call(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        async with door.mirror(address, timeout=0.5) as client:
            await client.ping()
            proxy.stall()
            call = asyncio.create_task(client.get(b"k"))
            turns = 0
            while not call.done():
                turns += 1
                await asyncio.sleep(0)
            assert turns > 100
            with pytest.raises(toondb.TimeoutError):
                await call

    asyncio.run(body())


def test_one_client_serves_several_loops(door: Door, ns: str) -> None:
    client = door.mirror(door.address)

    async def work(loop: int) -> None:
        for number in range(50):
            await client.put(f"{loop}/{number}".encode(), b"v", namespace=ns)

    threads = [threading.Thread(target=lambda loop=loop: asyncio.run(work(loop))) for loop in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def count() -> int:
        found = [key async for key in client.scan_keys(namespace=ns)]
        await client.close()
        return len(found)

    assert asyncio.run(count()) == 150


def test_a_forked_child_connects_anew(door: Door, ns: str) -> None:
    script = (
        "import asyncio, os, sys, toondb\n"
        "client = getattr(toondb, sys.argv[3])(sys.argv[1])\n"
        "asyncio.run(client.put(b'k', b'parent', namespace=sys.argv[2]))\n"
        "if os.fork() == 0:\n"
        "    asyncio.run(client.put(b'k', b'child', namespace=sys.argv[2]))\n"
        "    sys.exit(0)\n"
        "assert os.wait()[1] == 0\n"
        "assert asyncio.run(client.get(b'k', namespace=sys.argv[2])) == b'child'\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, door.address, ns, door.mirror.__name__],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_reads_in_formats(way: Way, ns: str) -> None:
    async def use(client: AsyncStore) -> None:
        home = client.namespace(ns)
        await home.batch_put([(b"a", b"1"), (b"b", b"2")])
        assert [pair async for pair in home.scan()] == [(b"a", b"1"), (b"b", b"2")]
        page = await home.render(Query.scan(limit=1), columns=["key"], format="json")
        assert (page, page.rows, page.truncated) == ('[{"key":"a"}]', 1, True)
        assert [key async for key, _ in home.scan(cursor=page.cursor)] == [b"b"]
        text = await client.render(Query.multi_get([b"b"]), namespace=ns, format="auto", columns=["value"])
        assert text.tokens == count_tokens(text)
        notes = await home.collection("notes", dimension=2)
        await notes.add("n", "text", [1.0, 0.0])
        assert (await notes.search([1.0, 0.0])).to_json() == '[{"id":"n","score":1.0,"distance":0.0,"content":"text"}]'
        sections = [Section("Notes", Query.search_collection("notes", [1.0, 0.0]), columns=["content"])]
        context = await home.query_context(sections, 50)
        assert context == "## Notes\n[1]{content}:\n  text" and context.sections[0].rows == 1

    run(way, use)
