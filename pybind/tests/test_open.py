"""Directories that processes share: ``toondb.open``, ``toondb.connect``, and the server that nobody starts by hand."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import toondb
from toondb import AsyncIpcClient, Database, IpcClient, LockedError
from toondb._command import program

PATIENCE_S = 60


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """A directory that does not exist yet, with a path that is short enough for a socket."""
    return tmp_path / "m"


def server_of(memory: Path) -> int:
    """The process that serves it, as its lock says."""
    said = (memory / "LOCK").read_text().split(",")[0]
    assert said.startswith("pid "), said
    return int(said[len("pid ") :])


def wait_for_end(pid: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail(f"process {pid} is still there")


def test_processes_share_a_directory_and_nothing_is_left_running(memory: Path) -> None:
    child = "import sys, toondb\nwith toondb.open(sys.argv[1]) as db: print(db.get(b'k')); db.put(b'theirs', b'2')"
    with toondb.open(memory, idle_exit=0.2) as db:
        assert isinstance(db, IpcClient)
        db.put(b"k", b"1")
        ran = subprocess.run([sys.executable, "-c", child, str(memory)], capture_output=True, text=True, timeout=PATIENCE_S)
        assert ran.returncode == 0 and ran.stdout.strip() == "b'1'", ran.stderr
        assert db.get(b"theirs") == b"2"
        pid = server_of(memory)
        with pytest.raises(LockedError, match="toondb.open"):
            Database.open(memory)
    wait_for_end(pid)
    with Database.open(memory) as alone:
        assert alone.get(b"k") == b"1"
        with pytest.raises(LockedError):
            toondb.open(memory)


def test_a_server_that_is_killed_is_started_by_the_next_call(memory: Path) -> None:
    with toondb.open(memory, idle_exit=0.2) as db:
        for number in range(5):
            assert db.incr(b"n") == number + 1
            pid = server_of(memory)
            os.kill(pid, signal.SIGKILL)
        assert db.incr(b"n") == 6
        pid = server_of(memory)
    wait_for_end(pid)


async def test_event_loops_open_too(memory: Path) -> None:
    async with await AsyncIpcClient.open(memory, idle_exit=0.2) as db:
        await db.put(b"k", b"1")
        pid = server_of(memory)
        os.kill(pid, signal.SIGKILL)
        assert await db.incr(b"n") == 1
        assert await db.get(b"k") == b"1"
        pid = server_of(memory)
    wait_for_end(pid)


def test_connect_finds_the_memory_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    subprocess.run([*program(), "init", str(tmp_path)], check=True, timeout=PATIENCE_S, capture_output=True)
    monkeypatch.chdir(below)
    with toondb.connect(idle_exit=0.2) as db:
        db.put(b"k", b"1")
    with toondb.open(tmp_path / ".toondb" / "data", idle_exit=0.2) as db:
        assert db.get(b"k") == b"1"
        pid = server_of(tmp_path / ".toondb" / "data")
    wait_for_end(pid)


def test_what_keeps_a_server_from_starting_is_told(memory: Path) -> None:
    memory.mkdir()
    memory.chmod(0o777)
    with pytest.raises(toondb.PermissionDeniedError):
        toondb.open(memory)
