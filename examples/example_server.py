"""A server for an example: started on a data directory of its own, and ended with the example.

Its binary is looked for where the caller says, in $TOONDB_BIN, in target/release and on PATH.
"""

import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple


def find_server(given: str = "") -> str:
    """The path of the toondb binary; empty if there is none."""
    built = Path(__file__).resolve().parent.parent / "target" / "release" / "toondb"
    for candidate in (given, os.environ.get("TOONDB_BIN", ""), str(built), "toondb"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    return ""


class Addresses(NamedTuple):
    """Where a server is."""

    grpc: str
    """For ``ToonDBClient``."""
    socket: str
    """For ``IpcClient``."""


def grpc_address(log: Path, server: "subprocess.Popen[bytes]") -> str:
    """Waits until a server that is just starting says where it listens."""
    deadline = time.monotonic() + 10
    while True:
        said = log.read_text()
        found = re.search(r"ToonDB is ready.* grpc=(\S+)", said)
        if found:
            return found[1]
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start:\n{said}")
        time.sleep(0.02)


@contextmanager
def served(binary: str, folder: Path) -> Iterator[Addresses]:
    """The addresses of a server of the example's own, which ends with the block."""
    log, socket = folder / "server.log", str(folder / "toondb.sock")
    # Port 0 stands for one that is free.
    command = [binary, "serve", "--grpc", "localhost:0", "--socket", socket, "--data", str(folder / "served")]
    with log.open("wb") as errors:
        server = subprocess.Popen(command, stderr=errors)
    try:
        yield Addresses(grpc_address(log, server), socket)
    finally:
        server.terminate()
        server.wait(timeout=20)
