"""The ways to an engine: in this process, or behind a Unix socket."""

import os
from typing import TYPE_CHECKING, Optional, Union

from . import _toondb
from ._store import Store

if TYPE_CHECKING:
    from typing_extensions import Self

PathLike = Union[str, "os.PathLike[str]"]


class Database(Store):
    """The engine in this process, on a data directory that belongs to it alone.

    ``with Database.open("./mydb") as db: ...`` closes it at the end. Another process that opens the same directory gets
    LockedError: start ``toondb serve`` on it and let everyone use :class:`IpcClient`. After ``os.fork`` the child gets
    ForkedError from every method and never touches the files; it opens a connection of its own.
    """

    def __new__(cls, path: PathLike) -> "Self":
        return super().__new__(cls, _toondb.open_embedded(os.fspath(path)))

    @classmethod
    def open(cls, path: PathLike) -> "Self":
        """Open a data directory; one that does not exist is created.

        Raises LockedError if another process, or this one, has it open; CorruptError and UnsupportedVersionError if
        what is there cannot be read.
        """
        return cls(path)

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__}>"


class IpcClient(Store):
    """A server on this machine, through its Unix socket.

    ``with IpcClient.connect("/tmp/toondb.sock") as client: ...`` closes the connection at the end. A client may be used
    by several threads, and by a forked child, which connects anew by itself.
    """

    def __new__(cls, path: PathLike = "/tmp/toondb.sock", timeout: Optional[float] = None) -> "Self":
        return super().__new__(cls, _toondb.connect_socket(os.fspath(path), timeout))

    @classmethod
    def connect(cls, path: PathLike = "/tmp/toondb.sock", timeout: Optional[float] = None) -> "Self":
        """Connect to a server's socket.

        timeout: seconds for the connection and for each request, after which TimeoutError is raised (a write may still
        happen then); None = the client's default. Raises ConnectionError if no server answers, and ProtocolError or
        UnsupportedVersionError if what answers is not a ToonDB server of this protocol.
        """
        return cls(path, timeout)

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__}>"
