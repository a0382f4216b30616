"""The line between an event loop and an engine, at its worst: threads, cancellation, bounds, broken connections."""

import asyncio
import gc
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, List

import pytest

import toondb
from toondb import AsyncDatabase, AsyncIpcClient, Database, Query

from conftest import Door, Server


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


DEADLOCK = """
import asyncio, sys, threading, toondb
sys.setswitchinterval(1e-5)
kind, where = getattr(toondb, sys.argv[1]), sys.argv[2]
other = asyncio.new_event_loop()
threading.Thread(target=other.run_forever, daemon=True).start()

async def close_from_another_thread():
    for _ in range(60):
        client = kind(where)
        calls = [asyncio.ensure_future(client.ping()) for _ in range(3)]
        closed = asyncio.run_coroutine_threadsafe(client.close(), other)
        await asyncio.gather(*calls, asyncio.wrap_future(closed), return_exceptions=True)

asyncio.run(close_from_another_thread())
shared = kind(where)
def loops():
    for _ in range(40):
        asyncio.run(shared.ping())
threads = [threading.Thread(target=loops) for _ in range(4)]
[each.start() for each in threads]
[each.join() for each in threads]
print("fine")
"""


@pytest.mark.parametrize("kind", ["AsyncIpcClient", "AsyncToonDBClient", "AsyncDatabase"])
def test_threads_never_wait_for_each_other_in_a_circle(kind: str, server: Server, tmp_path: Path) -> None:
    where = {"AsyncIpcClient": server.socket, "AsyncToonDBClient": server.address}.get(kind, str(tmp_path / "data"))
    command = [sys.executable, "-W", "ignore", "-c", DEADLOCK, kind, where]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.stdout == "fine\n", ran.stderr


def test_a_cancelled_call_lets_the_next_one_begin(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        async with door.mirror(address, timeout=60, concurrency=1) as client:
            proxy.stall()
            first = asyncio.ensure_future(client.get(b"nobody wrote this"))
            second = asyncio.ensure_future(client.get(b"nobody wrote this"))
            await asyncio.sleep(0.05)
            first.cancel()
            await asyncio.sleep(0.05)
            proxy.resume()
            assert await asyncio.wait_for(second, 20) is None

    asyncio.run(body())


def test_the_wait_for_ones_turn_is_no_silence(server: Server, ns: str) -> None:
    async def body() -> None:
        async with AsyncIpcClient(server.socket, timeout=1, concurrency=2) as client:
            begun = time.monotonic()
            while time.monotonic() - begun < 1.5:
                puts = (client.put(b"k", b"v", namespace=ns, durability="volatile") for _ in range(10_000))
                await asyncio.gather(*puts)

    asyncio.run(body())


def test_what_waits_to_be_sent_is_bounded(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        async with door.mirror(address, timeout=60, concurrency=4) as client:
            await client.ping()
            proxy.stall()
            value = bytes(4 << 20)
            for _ in range(8):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.put(b"k", value), 0.02)
            before = memory_kib()
            for _ in range(40):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.put(b"k", value), 0.02)
            assert memory_kib() - before < 60 << 10, "40 cancelled puts of 4 MiB"
            proxy.resume()

    if door.mirror is AsyncIpcClient:
        asyncio.run(body())


def test_nothing_is_left_of_clients_that_failed_or_were_dropped(server: Server, tmp_path: Path) -> None:
    async def body() -> None:
        await asyncio.sleep(0)
        for turn in range(2):
            before = descriptors()
            for _ in range(20):
                with pytest.raises(toondb.ConnectionError):
                    await AsyncIpcClient.connect(tmp_path / "nobody.sock")
                client = AsyncIpcClient(server.socket)
                await client.ping()
                del client
            await asyncio.sleep(0.05)
            assert descriptors() <= before + 3 or turn == 0

    asyncio.run(body())


def test_a_write_on_a_connection_that_broke_idle_is_sent_again(tmp_path: Path) -> None:
    async def body() -> None:
        first = Server(tmp_path)
        client = await AsyncIpcClient.connect(first.socket)
        # The loop does not run meanwhile, so nobody sees the connection go.
        first.kill()
        second = Server(tmp_path)
        assert await client.put(b"k", b"v") is True
        await client.close()
        second.stop()

    asyncio.run(body())


def test_closing_while_opening_leaves_the_directory_free(tmp_path: Path) -> None:
    script = "import sys, toondb\ntoondb.Database.open(sys.argv[1]).close()"

    async def body() -> List[AsyncDatabase]:
        kept = []
        for _ in range(10):
            db = AsyncDatabase(tmp_path / "data")
            call = asyncio.ensure_future(db.ping())
            await asyncio.sleep(0)
            await db.close()
            await asyncio.gather(call, return_exceptions=True)
            subprocess.run([sys.executable, "-c", script, str(tmp_path / "data")], check=True)
            kept.append(db)
        return kept

    asyncio.run(body())


def test_a_directory_is_what_it_is_whatever_it_is_called(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a") as first:
        first.put(b"k", b"first")
        (tmp_path / "link").symlink_to(tmp_path / "a")
        with Database.open(tmp_path / "link") as same:
            assert same.get(b"k") == b"first"
        (tmp_path / "a").rename(tmp_path / "b")
        with Database.open(tmp_path / "b") as renamed:
            assert renamed.get(b"k") == b"first"
        # What is at its old place now is another one.
        with Database.open(tmp_path / "a") as other:
            assert other.get(b"k") is None
            other.put(b"k", b"other")
        assert first.get(b"k") == b"first"
    for name, value in (("a", b"other"), ("b", b"first")):
        with Database.open(tmp_path / name) as again:
            assert again.get(b"k") == value


def test_a_directory_closes_with_the_last_who_says_so(tmp_path: Path) -> None:
    script = "import sys, toondb\ntry:\n    toondb.Database.open(sys.argv[1])\nexcept toondb.LockedError:\n    print('held')"

    def others() -> str:
        ran = subprocess.run([sys.executable, "-c", script, str(tmp_path / "data")], capture_output=True, text=True)
        return ran.stdout.strip()

    async def body() -> None:
        first, second = Database.open(tmp_path / "data"), AsyncDatabase(tmp_path / "data")
        await second.put(b"k", b"v")
        first.close()
        first.close()
        assert others() == "held" and await second.get(b"k") == b"v"
        with pytest.raises(toondb.ShuttingDownError):
            first.get(b"k")
        await second.close()
        assert others() == ""

    asyncio.run(body())


FORKS = """
import os, sys, threading, toondb
stop = threading.Event()
def busy():
    while not stop.is_set():
        toondb.Database.open(sys.argv[1] + "/busy").close()
thread = threading.Thread(target=busy)
thread.start()
for turn in range(6):
    child = os.fork()
    if child == 0:
        with toondb.Database.open(f"{sys.argv[1]}/{turn}") as db:
            db.put(b"k", b"v")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
thread.join()
print("fine")
"""


def test_a_fork_while_another_thread_opens_and_closes(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKS, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ran.stdout == "fine\n", ran.stderr


def test_one_query_rendered_twice_at_once(server: Server, ns: str) -> None:
    pytest.importorskip("pyarrow")

    async def body() -> None:
        async with AsyncIpcClient(server.socket) as client:
            await client.batch_put({f"{number:05}": b"" for number in range(25_000)}, namespace=ns)
            query = Query.scan(limit=22_000)
            tables = await asyncio.gather(
                *(client.render(query, format="columnar", namespace=ns) for _ in range(3))
            )
            assert [table.num_rows for table in tables] == [22_000] * 3

    asyncio.run(body())


def test_pages_are_read_by_one_at_a_time(server: Server, ns: str) -> None:
    async def body() -> None:
        async with AsyncIpcClient(server.socket) as client:
            await client.batch_put({f"{number:05}": b"" for number in range(5_000)}, namespace=ns)
            pages = client.scan_keys(namespace=ns)
            found: List[bytes] = []

            async def read() -> None:
                async for key in pages:
                    found.append(key)

            results = await asyncio.gather(*(read() for _ in range(3)), return_exceptions=True)
            assert {type(each) for each in results} <= {type(None), toondb.InvalidArgumentError}
            assert len(found) == len(set(found)) == 5_000
            assert len(await client.scan_keys(namespace=ns).rows()) == 5_000
            with pytest.raises(toondb.InvalidArgumentError, match="awaited"):
                client.scan(namespace=ns).to_json()
            with pytest.raises(toondb.InvalidArgumentError, match="async for"):
                next(client.scan(namespace=ns))

    asyncio.run(body())


def test_a_server_that_answers_nonsense(tmp_path: Path) -> None:
    """Whatever comes instead of a welcome or an answer ends the call, never the process."""
    path = str(tmp_path / "nonsense.sock")
    answers: List[bytes] = [b"", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\5hello", os.urandom(64), b"\0\0\0\1\xc0" * 9]

    def serve(listener: socket.socket) -> None:
        for answer in answers * 2:
            near, _ = listener.accept()
            with near:
                near.recv(4_096)
                near.sendall(answer)

    async def body() -> None:
        for _ in answers * 2:
            client: Any = AsyncIpcClient(path, timeout=5)
            with pytest.raises((toondb.ConnectionError, toondb.ProtocolError)):
                await client.ping()
            await client.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        asyncio.run(body())
        thread.join()
