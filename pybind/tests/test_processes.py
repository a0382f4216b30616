"""Threads, forks and Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import toondb
from toondb import Database, Namespace, Transaction

from conftest import Door

FORK = """
import gc, os, sys, toondb

def check(name, good):
    if not good:
        print("failed:", name)
        sys.stdout.flush()
        os._exit(1)

db = toondb.Database.open(sys.argv[1])
db.put(b"k", b"v")
client = getattr(toondb, sys.argv[3]).connect(sys.argv[2])
client.put(b"forked", b"before")
child = os.fork()
if child == 0:
    for use in (lambda: db.get(b"k"), lambda: db.put(b"k", b"child"), db.ping, lambda: db.transaction().get(b"k")):
        try:
            use()
            check("no error", False)
        except toondb.ForkedError as error:
            check("message", "fork" in str(error))
    db.close()
    check("client reads", client.get(b"forked") == b"before")
    client.put(b"forked", b"child")
    del db
    gc.collect()
    sys.exit(0)
_, status = os.waitpid(child, 0)
check("child", status == 0)
check("child wrote", client.get(b"forked") == b"child")
check("parent reads", db.get(b"k") == b"v")
db.put(b"k", b"w")
with toondb.Database.open(sys.argv[1]) as other:
    check("shared", other.get(b"k") == b"w")
db.close()
with toondb.Database.open(sys.argv[1]) as again:
    check("reopened", again.get(b"k") == b"w")
print("fine")
"""


def test_a_forked_child_never_touches_the_files(tmp_path: Path, door: Door) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORK, str(tmp_path / "data"), door.address, door.kind.__name__],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.stdout.strip() == "fine", ran.stdout + ran.stderr


def test_many_threads_write_and_read(home: Namespace) -> None:
    def work(thread: int) -> int:
        for number in range(100):
            key = f"{thread}/{number}".encode()
            home.put(key, key, durability="volatile")
            assert home.get(key) == key
        return thread

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(work, range(8))) == list(range(8))
    assert sum(1 for _ in home.scan_keys()) == 800


def test_no_increment_is_lost(home: Namespace) -> None:
    def increment(tx: Transaction) -> None:
        tx.put(b"counter", str(int(tx.get(b"counter") or 0) + 1).encode())

    with ThreadPoolExecutor(4) as threads:
        for run in [threads.submit(home.run_transaction, increment, retries=1_000) for _ in range(40)]:
            run.result()
    assert home.get(b"counter") == b"40"


def test_the_interpreter_runs_on_during_a_call(database: Database, ns: str) -> None:
    database.create_index("i", 64, namespace=ns)
    rows = memoryview(bytes(bytearray(b"\0\0\x80\x3f") * 64 * 20_000)).cast("f", (20_000, 64))
    turns = 0
    inserting = threading.Thread(target=database.insert_vectors, args=("i", range(20_000), rows), kwargs={"namespace": ns})
    inserting.start()
    while inserting.is_alive():
        turns += 1
    assert turns > 1_000


def interrupt_soon(after: float) -> threading.Timer:
    timer = threading.Timer(after, signal.raise_signal, [signal.SIGINT])
    timer.daemon = True
    timer.start()
    return timer


def test_ctrl_c_ends_a_wait_for_the_server(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)
    with door.kind(address) as client:
        assert client.ping()
        proxy.stall()
        begun = time.monotonic()
        interrupt_soon(0.1)
        with pytest.raises(KeyboardInterrupt):
            client.get(b"k")
        assert time.monotonic() - begun < 5


def test_ctrl_c_ends_a_long_call(database: Database, ns: str) -> None:
    rows, dimension, queries = 20_000, 256, 1_000
    count = rows * dimension
    # Random mantissas under the exponent of 1.0: numbers from 1 to 2.
    mantissas = int.from_bytes(os.urandom(count * 4), "little") & int.from_bytes(b"\xff\xff\x7f\0" * count, "little")
    packed = (mantissas | int.from_bytes(b"\0\0\x80\x3f" * count, "little")).to_bytes(count * 4, "little")
    numbers = memoryview(packed).cast("f", (rows, dimension))
    database.create_index("i", dimension, "euclidean", namespace=ns)
    database.insert_vectors("i", range(rows), numbers, namespace=ns, durability="volatile")
    some = numbers.cast("B")[: queries * dimension * 4].cast("f", (queries, dimension))
    begun = time.monotonic()
    database.search_batch("i", some, k=1_000, ef=1_000, namespace=ns)
    whole = time.monotonic() - begun
    begun = time.monotonic()
    interrupt_soon(0.05)
    with pytest.raises(KeyboardInterrupt):
        database.search_batch("i", some, k=1_000, ef=1_000, namespace=ns)
    assert time.monotonic() - begun < max(whole / 2, 0.5)
    assert database.count_vectors("i", namespace=ns) == rows


def test_ctrl_c_is_tested_also_where_sigint_is_ignored() -> None:
    tests = "test_grpc.py::test_ctrl_c_ends_a_wait_for_a_connection"
    command = ["/bin/sh", "-c", 'trap "" INT; exec "$0" -m pytest -q "$1"', sys.executable, tests]
    ended = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0 and "1 passed" in ended.stdout, ended.stdout + ended.stderr


def test_a_signal_handler_may_use_the_client(door: Door, database: Database, ns: str, tmp_path: Path) -> None:
    handled = []
    proxy, address = door.proxy(tmp_path)
    with door.kind(door.address) as other, door.kind(address, timeout=1) as client:

        def handler(number: int, frame: object) -> None:
            handled.append(database.get(b"missing", namespace=ns))
            handled.append(other.get(b"missing", namespace=ns))
            try:
                # The very client that waits.
                client.ping()
            except TimeoutError:
                handled.append(None)

        before = signal.signal(signal.SIGUSR1, handler)
        try:
            client.ping()
            proxy.stall()
            threading.Timer(0.1, signal.raise_signal, [signal.SIGUSR1]).start()
            with pytest.raises(TimeoutError):
                client.get(b"k")
        finally:
            signal.signal(signal.SIGUSR1, before)
            proxy.resume()
    assert handled == [None, None, None]


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with Database.open("~/memory") as database:
        database.put(b"k", b"v")
    assert (tmp_path / "memory" / "catalog.redb").exists()
    assert not (tmp_path / "~").exists()
    # Of a server that is not there, and of certificates.
    for address in ("unix:~/g.sock", "unix://~/g.sock"):
        with pytest.raises(toondb.ConnectionError, match=re.escape(str(tmp_path / "g.sock"))):
            toondb.ToonDBClient(address)
    for files in ({"ca_cert": "~/ca.pem"}, {"client_cert": "~/c.pem", "client_key": "~/c.key"}):
        with pytest.raises(toondb.ToonDBError, match=re.escape(str(tmp_path))):
            toondb.ToonDBClient("localhost:1", **files)
