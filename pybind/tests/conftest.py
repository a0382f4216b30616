"""Every test of behaviour runs over each transport: the engine in this process, and a server's socket and gRPC."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Iterator, List, NamedTuple, Tuple, Type, Union

import pytest

from toondb import AsyncIpcClient, AsyncToonDBClient, Database, IpcClient, Namespace, ToonDBClient
from toondb._store import Store

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = itertools.count()


def pytest_configure() -> None:
    """Ctrl-C means what it means at a terminal, also where the caller ignores SIGINT, as `nohup` and `&` in a script do: Python
    then installs no handler, and each process started from here would ignore it too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def server_binary() -> str:
    """The toondb binary: $TOONDB_BIN, a build of this repository, or one on PATH."""
    builds = [ROOT / "target" / profile / "toondb" for profile in ("release", "debug")]
    for candidate in (os.environ.get("TOONDB_BIN", ""), *map(str, builds), "toondb"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    pytest.fail("no toondb binary: build it with `cargo build --release`, or name one in TOONDB_BIN")


class Server:
    """A server of the tests' own, with its own data directory, on a socket and on gRPC."""

    def __init__(self, folder: Path, *arguments: str, grpc: str = "127.0.0.1:0") -> None:
        self.socket = str(folder / "toondb.sock")
        self.data = str(folder / "data")
        self.said: List[str] = []
        command = [server_binary(), "serve", "--socket", self.socket, "--data", self.data, "--grpc", grpc, *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.address = self.wait_until_ready()
        threading.Thread(target=self.listen, daemon=True).start()

    def wait_until_ready(self) -> str:
        """Reads the log up to the line that says where gRPC is."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            found = re.search(r"ToonDB is ready.* grpc=(\S+)", line)
            if found:
                return found[1]
        pytest.fail("the server did not start: " + "".join(self.said))

    def listen(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)

    def connect(self) -> IpcClient:
        return IpcClient.connect(self.socket)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0, "".join(self.said)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=30)


class StallingProxy:
    """Stands between a client and its server, and holds bytes back while it is stalled."""

    def __init__(self, path: Path, target: str) -> None:
        self.target = target
        self.flowing = threading.Event()
        self.flowing.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def stall(self) -> None:
        self.flowing.clear()

    def resume(self) -> None:
        self.flowing.set()

    def reach(self) -> socket.socket:
        if self.target.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            return far
        host, _, port = self.target.rpartition(":")
        return socket.create_connection((host, int(port)))

    def accept(self) -> None:
        while True:
            near, _ = self.listener.accept()
            far = self.reach()
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.flowing.wait()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class Door(NamedTuple):
    """A way to a running server: the classes of its clients, and the address for them."""

    kind: Union[Type[IpcClient], Type[ToonDBClient]]
    mirror: Union[Type[AsyncIpcClient], Type[AsyncToonDBClient]]
    address: str
    reached: str

    def proxy(self, folder: Path) -> Tuple[StallingProxy, str]:
        """A proxy before the server, and the address of it for this kind of client."""
        path = folder / "proxy.sock"
        return StallingProxy(path, self.reached), f"unix:{path}" if self.kind is ToonDBClient else str(path)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("served"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this process has its own database."""
    return tmp_path_factory.mktemp("embedded") / "data"


@pytest.fixture(scope="session")
def database(directory: Path) -> Iterator[Database]:
    with Database.open(directory) as opened:
        yield opened


@pytest.fixture(params=["socket", "grpc"])
def door(request: pytest.FixtureRequest, server: Server) -> Door:
    """Each way to the server."""
    if request.param == "socket":
        return Door(IpcClient, AsyncIpcClient, server.socket, server.socket)
    return Door(ToonDBClient, AsyncToonDBClient, server.address, server.address)


@pytest.fixture(scope="session", params=["embedded", "socket", "grpc"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "embedded":
        yield request.getfixturevalue("database")
        return
    running = request.getfixturevalue("server")
    with running.connect() if request.param == "socket" else ToonDBClient(running.address) as client:
        yield client


@pytest.fixture
def ns() -> str:
    """A namespace that no other test uses."""
    return f"test-{next(NUMBERS)}"


@pytest.fixture
def home(store: Store, ns: str) -> Namespace:
    """A handle on that namespace, over each transport."""
    return store.namespace(ns)
