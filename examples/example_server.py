"""A server for an example: started on a data directory of its own, and ended with the example.

Its binary is looked for where the caller says, in $TOONDB_BIN, in target/release and on PATH.
"""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from toondb import ConnectionError, IpcClient


def find_server(given: str = "") -> str:
    """The path of the toondb binary; empty if there is none."""
    built = Path(__file__).resolve().parent.parent / "target" / "release" / "toondb"
    for candidate in (given, os.environ.get("TOONDB_BIN", ""), str(built), "toondb"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    return ""


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    """Returns once a server that is just starting can be reached."""
    deadline = time.monotonic() + 10
    while True:
        try:
            connect(address).close()
            return
        except ConnectionError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def connect(address: str) -> IpcClient:
    """A client of the server at this address."""
    return IpcClient(address)


@contextmanager
def served(binary: str, folder: Path) -> Iterator[str]:
    """The address of a server of the example's own, which ends with the block."""
    address = str(folder / "toondb.sock")
    server = subprocess.Popen([binary, "serve", "--socket", address, "--data", str(folder / "served")])
    try:
        wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
