"""Every test of behaviour runs over both transports: the engine in this process, and a server behind a socket."""

import itertools
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest

from toondb import ConnectionError, Database, IpcClient, Namespace
from toondb._store import Store

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = itertools.count()


def server_binary() -> str:
    """The toondb binary: $TOONDB_BIN, a build of this repository, or one on PATH."""
    builds = [ROOT / "target" / profile / "toondb" for profile in ("release", "debug")]
    for candidate in (os.environ.get("TOONDB_BIN", ""), *map(str, builds), "toondb"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    pytest.fail("no toondb binary: build it with `cargo build --release`, or name one in TOONDB_BIN")


class Server:
    """A server of the tests' own, with its own data directory."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "toondb.sock")
        self.address = ""
        self.data = str(folder / "data")
        self.process = subprocess.Popen([server_binary(), "serve", "--socket", self.socket, "--data", self.data])

    def connect(self) -> IpcClient:
        deadline = time.monotonic() + 20
        while True:
            try:
                return IpcClient.connect(self.socket)
            except ConnectionError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                # The server has no other way to say that its socket is there.
                time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0


class StallingProxy:
    """Stands between a client and its server, and stops passing bytes on when it is told to."""

    def __init__(self, path: str, target: str) -> None:
        self.stalled = False
        self.target = target
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65_536):
            if not self.stalled:
                sink.sendall(data)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("served"))
    running.connect().close()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Database.open(tmp_path_factory.mktemp("embedded") / "data") as opened:
        yield opened


@pytest.fixture(scope="session", params=["embedded", "socket"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "embedded":
        yield request.getfixturevalue("database")
        return
    with request.getfixturevalue("server").connect() as client:
        yield client


@pytest.fixture
def ns() -> str:
    """A namespace that no other test uses."""
    return f"test-{next(NUMBERS)}"


@pytest.fixture
def home(store: Store, ns: str) -> Namespace:
    """A handle on that namespace, over each transport."""
    return store.namespace(ns)
