"""The ways to an engine: in this process, behind a Unix socket, or behind gRPC."""

import os
from typing import TYPE_CHECKING, Dict, Optional, Union

from . import _toondb
from ._command import program
from ._store import Store

if TYPE_CHECKING:
    from typing_extensions import Self

PathLike = Union[str, "os.PathLike[str]"]


def _at_home(address: str) -> str:
    """An address in which the path of a Unix socket may begin with ``~``."""
    for start in ("unix://", "unix:"):
        # What is no text is refused, with its type, where the address is used.
        if isinstance(address, str) and address.startswith(start):
            return start + os.path.expanduser(address[len(start) :])
    return address


def grpc_options(
    address: str,
    secure: bool,
    token: Optional[str],
    ca_cert: Optional[PathLike],
    client_cert: Optional[PathLike],
    client_key: Optional[PathLike],
    timeout: Optional[float],
) -> Dict[str, object]:
    """How a server is reached by gRPC, as the native half takes it."""
    return {
        "address": _at_home(address),
        "secure": secure,
        "token": token,
        "ca_cert": ca_cert and os.path.expanduser(ca_cert),
        "client_cert": client_cert and os.path.expanduser(client_cert),
        "client_key": client_key and os.path.expanduser(client_key),
        "timeout": timeout,
    }


def open_options(path: PathLike, timeout: Optional[float], idle_exit: Optional[float]) -> Dict[str, object]:
    """How a directory is opened, as the native half takes it."""
    return {
        "path": os.path.abspath(os.path.expanduser(path)),
        "program": program(),
        "timeout": timeout,
        "idle_exit": idle_exit,
    }


def shown(path: PathLike) -> str:
    """A path as it was meant when it was given, whatever directory is the current one later."""
    return os.path.abspath(os.path.expanduser(os.fsdecode(path)))


class Database(Store):
    """The engine in this process, on a data directory that belongs to it alone.

    ``with Database.open("./mydb") as db: ...`` closes it at the end. Whoever in this process opens the same directory
    again shares its engine, which closes with the last of them. Another process that opens it gets LockedError: processes
    that share a directory open it with :func:`toondb.open`. After ``os.fork`` the child gets
    ForkedError from every method and never touches the files; it opens a connection of its own.
    """

    def __new__(cls, path: PathLike) -> "Self":
        self = super().__new__(cls, _toondb.open_embedded(os.path.expanduser(path)))
        self._where = shown(path)
        return self

    @classmethod
    def open(cls, path: PathLike) -> "Self":
        """Open a data directory; one that does not exist is created.

        Raises LockedError if another process has it open; CorruptError and UnsupportedVersionError if
        what is there cannot be read.
        """
        return cls(path)


class IpcClient(Store):
    """A server on this machine, through its Unix socket.

    ``with IpcClient.connect("/tmp/toondb.sock") as client: ...`` closes the connection at the end. A client may be used
    by several threads, and by a forked child, which connects anew by itself.
    """

    def __new__(cls, path: PathLike = "/tmp/toondb.sock", timeout: Optional[float] = None) -> "Self":
        self = super().__new__(cls, _toondb.connect_socket(os.path.expanduser(path), timeout))
        self._where = shown(path)
        return self

    @classmethod
    def connect(cls, path: PathLike = "/tmp/toondb.sock", timeout: Optional[float] = None) -> "Self":
        """Connect to a server's socket.

        timeout: seconds for the connection and for each request, after which TimeoutError is raised, or
        OutcomeUnknownError for a write, which may have happened; None = the client's default. A call whose connection
        breaks is made again for 5 seconds, a write under its number, so that it is made once: a server that is started
        anew by then is found, and nobody notices. Raises ConnectionError if no server answers, and ProtocolError or UnsupportedVersionError if what answers is not a ToonDB server of this
        protocol.
        """
        return cls(path, timeout)

    @classmethod
    def open(
        cls, path: PathLike, *, timeout: Optional[float] = None, idle_exit: Optional[float] = None
    ) -> "Self":
        """Open a data directory that any number of processes share: connect to its server, and start one if nobody answers.

        A directory that does not exist is made, for this user alone. The server is this package's own command, run by
        this interpreter; it goes on when this process ends, and ends itself once nobody has been connected for a while.
        A call that finds it gone starts it anew, within its timeout; a write is made once all the same.

        timeout: seconds for opening and for each call, as for :meth:`connect`; None = the client's default.
        idle_exit: seconds for which a server that is started goes on when nobody is connected; None = 60.

        Raises PermissionDeniedError if the directory or its server is another user's, LockedError if a process has it
        for itself, as with :class:`Database`, and what keeps the server from starting, such as CorruptError or
        DiskFullError.
        """
        self = super().__new__(cls, _toondb.open_directory(open_options(path, timeout, idle_exit)))
        self._where = shown(path)
        return self


def open(path: PathLike, *, timeout: Optional[float] = None, idle_exit: Optional[float] = None) -> IpcClient:
    """Open a data directory that any number of processes share, whoever comes first: :meth:`IpcClient.open`.

    ``with toondb.open("./memory") as db: ...`` closes the connection at the end; the server ends by itself.
    """
    return IpcClient.open(path, timeout=timeout, idle_exit=idle_exit)


def connect(*, timeout: Optional[float] = None, idle_exit: Optional[float] = None) -> IpcClient:
    """Open the memory that belongs to where this process works, as :func:`open` does.

    That is the project's: what ``toondb init`` made in the working directory or the nearest one above it. Without one it is the
    user's own, ``$XDG_DATA_HOME/toondb`` or ``~/.local/share/toondb``.
    """
    return IpcClient.open(_toondb.find_directory(), timeout=timeout, idle_exit=idle_exit)


class ToonDBClient(Store):
    """A server behind gRPC, on this machine or another one.

    ``with ToonDBClient("localhost:50051") as client: ...`` connects, and closes the connection at the end. A client may
    be used by any number of threads at once, which share its connection, and by a forked child, which connects anew by
    itself.

    A connection that breaks is made anew by the next call. A read is then asked once more; a write whose answer was
    lost raises OutcomeUnknownError and is never sent twice.
    """

    def __new__(
        cls,
        address: str = "localhost:50051",
        secure: bool = False,
        token: Optional[str] = None,
        ca_cert: Optional[PathLike] = None,
        client_cert: Optional[PathLike] = None,
        client_key: Optional[PathLike] = None,
        timeout: Optional[float] = None,
    ) -> "Self":
        options = grpc_options(address, secure, token, ca_cert, client_cert, client_key, timeout)
        self = super().__new__(cls, _toondb.connect_grpc(options))
        self._where = address
        return self

    @classmethod
    def connect(
        cls,
        address: str = "localhost:50051",
        secure: bool = False,
        token: Optional[str] = None,
        ca_cert: Optional[PathLike] = None,
        client_cert: Optional[PathLike] = None,
        client_key: Optional[PathLike] = None,
        timeout: Optional[float] = None,
    ) -> "Self":
        """Connect to a server by gRPC.

        address: ``host:port``, ``grpc://host:port``, ``grpcs://host:port`` (with TLS) or ``unix:/path``.
        secure: speak TLS and trust whom the system trusts; giving certificates asks for TLS too.
        token: what ``toondb token create`` printed. Without TLS it is sent only to this machine.
        ca_cert: path of the PEM file of the authority that signed the server's certificate.
        client_cert, client_key: paths of this client's own certificate and its key, for servers that want one.
        timeout: seconds for the connection and for each call, after which TimeoutError is raised, or
        OutcomeUnknownError for a write, which may have happened; None = the client's default, 30.

        Raises ConnectionError if no server answers or TLS fails, and PermissionDeniedError if it wants another token.
        """
        return cls(address, secure, token, ca_cert, client_cert, client_key, timeout)
