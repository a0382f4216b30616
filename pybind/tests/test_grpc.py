"""What only a client by gRPC has: addresses, timeouts, broken connections, and many calls on one connection."""

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Callable, Iterator, List, Set

import pytest

import toondb
from toondb import AsyncToonDBClient, InvalidArgumentError, OutcomeUnknownError, ToonDBClient

from conftest import Server, StallingProxy


def test_forms_of_an_address(server: Server, tmp_path: Path) -> None:
    for address in (server.address, f"grpc://{server.address}"):
        with ToonDBClient(address) as client, ToonDBClient.connect(address=address, secure=False) as again:
            assert client.ping() == again.ping() == toondb.__version__
    other = Server(tmp_path, grpc=f"unix:{tmp_path}/grpc.sock")
    for address in (f"unix:{tmp_path}/grpc.sock", f"unix://{tmp_path}/grpc.sock"):
        with ToonDBClient(address) as client:
            assert client.ping()
    with pytest.raises(InvalidArgumentError, match="without TLS"):
        ToonDBClient(f"unix:{tmp_path}/grpc.sock", secure=True)
    other.stop()
    for address in ("", "localhost:0", "http://localhost:1", "localhost:port", "unix:", "::1:1"):
        with pytest.raises(InvalidArgumentError, match="grpc://host:port"):
            ToonDBClient(address)


def test_arguments_that_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="client_key"):
        ToonDBClient(client_cert="cert.pem")
    with pytest.raises(InvalidArgumentError, match="cert.pem"):
        ToonDBClient(ca_cert="/nowhere/cert.pem")
    with pytest.raises(InvalidArgumentError, match="timeout"):
        ToonDBClient(timeout=0)
    with pytest.raises(InvalidArgumentError, match="in the clear"):
        ToonDBClient("db.example.com:50051", token="secret")
    with pytest.raises(TypeError):
        ToonDBClient(50051)  # type: ignore[arg-type]


def elapsed(call: Callable[[], object]) -> float:
    begun = time.monotonic()
    call()
    return time.monotonic() - begun


@pytest.fixture
def silent() -> Iterator[str]:
    """Somebody who listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        yield f"{host}:{port}"


@pytest.fixture
def full() -> Iterator[str]:
    """An address where no connection comes about: the queue of its listener is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(listener.getsockname())
        host, port = listener.getsockname()
        yield f"{host}:{port}"
        for each in waiting:
            each.close()


def test_nobody_there_is_told_within_the_timeout(full: str) -> None:
    def refused() -> None:
        with pytest.raises(toondb.ConnectionError, match="no ToonDB server answers on localhost:1"):
            ToonDBClient("localhost:1", timeout=5)

    def unreachable() -> None:
        with pytest.raises(toondb.ConnectionError):
            ToonDBClient(full, timeout=1)

    assert elapsed(refused) < 5
    assert elapsed(unreachable) < 3


@pytest.mark.parametrize("secure", [False, True])
def test_a_listener_that_never_answers(silent: str, secure: bool) -> None:
    def connect() -> None:
        with pytest.raises(toondb.TimeoutError, match="did not answer"):
            ToonDBClient(silent, secure, timeout=0.5)

    assert elapsed(connect) < 5


def test_ctrl_c_ends_a_wait_for_a_connection(silent: str) -> None:
    timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    timer.start()

    def connect() -> None:
        with pytest.raises(KeyboardInterrupt):
            ToonDBClient(silent)

    assert elapsed(connect) < 5


def test_a_server_that_comes_back_is_found(tmp_path: Path) -> None:
    first = Server(tmp_path)
    with ToonDBClient(first.address) as client:
        assert client.put(b"k", b"1")
        first.stop()
        for use in (lambda: client.get(b"k"), lambda: client.put(b"k", b"lost")):
            with pytest.raises(toondb.ConnectionError):
                use()
        second = Server(tmp_path, grpc=first.address)
        assert client.put(b"k2", b"2")
        assert (client.get(b"k"), client.get(b"k2")) == (b"1", b"2")
        second.stop()


def test_a_killed_server_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    victim = Server(tmp_path)
    acknowledged: List[bytes] = []
    unknown: Set[bytes] = set()
    unsent: Set[bytes] = set()
    enough = threading.Event()

    def write(thread: int, client: ToonDBClient) -> None:
        for number in range(1_000_000):
            key = f"{thread}/{number}".encode()
            try:
                # A second application of the same request would find the key, and be told so.
                assert client.compare_and_set(key, None, b"v") is True
                acknowledged.append(key)
            except OutcomeUnknownError:
                unknown.add(key)
                return
            except toondb.ConnectionError:
                unsent.add(key)
                return
            if len(acknowledged) > 200:
                enough.set()

    with ToonDBClient(victim.address) as client:
        with ThreadPoolExecutor(8) as threads:
            runs = [threads.submit(write, thread, client) for thread in range(8)]
            assert enough.wait(60)
            victim.kill()
            for run in runs:
                run.result()
        assert unknown, "calls were under way"
        again = Server(tmp_path, grpc=victim.address)
        kept = set(client.scan_keys())
        again.stop()
    assert set(acknowledged) <= kept <= set(acknowledged) | unknown
    assert not kept & unsent


class Cutter(StallingProxy):
    """A proxy that can cut a connection when the server begins to answer."""

    cuts = 0

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.cuts and source.family == socket.AF_INET:
                    self.cuts -= 1
                    break
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def test_a_read_whose_connection_broke_is_asked_again(server: Server, ns: str, tmp_path: Path) -> None:
    cutter = Cutter(tmp_path / "proxy.sock", server.address)
    with ToonDBClient(f"unix:{tmp_path}/proxy.sock") as client:
        client.put(b"k", b"v", namespace=ns)
        for _ in range(20):
            cutter.cuts = 1
            assert client.get(b"k", namespace=ns) == b"v"
            assert cutter.cuts == 0


def test_a_write_whose_connection_broke_is_not_repeated(server: Server, ns: str, tmp_path: Path) -> None:
    cutter = Cutter(tmp_path / "proxy.sock", server.address)
    with ToonDBClient(f"unix:{tmp_path}/proxy.sock") as client:
        client.put(b"counter", b"0", namespace=ns)
        for number in range(20):
            before = client.namespace_stats(ns).commit_seq
            cutter.cuts = 1
            with pytest.raises(OutcomeUnknownError, match="may have happened"):
                client.put(f"{number}".encode(), b"v", namespace=ns)
            # By another read than the one that shows the outcome: the write may still be on its way.
            assert client.namespace_stats(ns).commit_seq - before <= 1
            assert client.put(b"counter", b"1", namespace=ns)


def test_threads_share_one_connection(server: Server, ns: str) -> None:
    before = server.connect()
    with before, ToonDBClient(server.address) as client:

        def work(thread: int) -> None:
            for number in range(50):
                key = f"{thread}/{number}".encode()
                client.put(key, key, namespace=ns, durability="volatile")
                assert client.get(key, namespace=ns) == key

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(work, range(32)))
        assert sum(1 for _ in client.scan_keys(namespace=ns)) == 1_600


def test_fifty_megabytes_in_one_call(server: Server, ns: str) -> None:
    numpy = pytest.importorskip("numpy")
    rows, dimension = 3_200, 4_096
    matrix = numpy.random.default_rng(7).standard_normal((rows, dimension), dtype=numpy.float32)
    assert matrix.nbytes > 50_000_000
    with ToonDBClient(server.address, timeout=300) as client:
        client.create_index("wide", dimension, namespace=ns)
        assert client.insert_vectors("wide", range(rows), matrix, namespace=ns, durability="volatile")
        assert client.count_vectors("wide", namespace=ns) == rows
        (found,) = client.search("wide", matrix[17], k=1, namespace=ns)
        assert found.id == 17
        client.delete_namespace(ns)


def test_a_hundred_tasks(server: Server, ns: str) -> None:
    async def body() -> None:
        async with AsyncToonDBClient(server.address, concurrency=100) as client:
            keys = [f"{number:03}".encode() for number in range(100)]
            await asyncio.gather(*(client.put(key, key, namespace=ns) for key in keys))
            assert await asyncio.gather(*(client.get(key, namespace=ns) for key in keys)) == keys

    asyncio.run(body())


FORKS = """
import gc, os, sys, threading, toondb

client = toondb.ToonDBClient(sys.argv[1], timeout=20)
ends = threading.Event()

def work(thread):
    while not ends.is_set():
        assert client.get(b"forked", namespace=sys.argv[2]) is not None

client.put(b"forked", b"0", namespace=sys.argv[2])
threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
for thread in threads:
    thread.start()
for turn in range(20):
    child = os.fork()
    if child == 0:
        if turn % 4 == 0:
            os._exit(0 if client.put(b"forked", b"%d" % turn, namespace=sys.argv[2]) else 1)
        if turn % 4 == 1:
            client.close()
        if turn % 4 == 2:
            del client
            gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, turn
    assert client.get(b"forked", namespace=sys.argv[2]) == b"%d" % (turn - turn % 4)
ends.set()
for thread in threads:
    thread.join()
print("fine")
"""


def test_forks_while_other_threads_call(server: Server, ns: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS, server.address, ns], capture_output=True, text=True, timeout=120
    )
    assert ran.stdout == "fine\n", ran.stdout + ran.stderr


def test_a_process_ends_without_closing(server: Server) -> None:
    script = "import sys, toondb\nclient = toondb.ToonDBClient(sys.argv[1])\nclient.ping()\nkeep = [client]"
    subprocess.run([sys.executable, "-c", script, server.address], check=True, timeout=60)
