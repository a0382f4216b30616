"""The ways to an engine for asyncio."""

from functools import partial
from typing import TYPE_CHECKING, Optional

from .._clients import IpcClient, PathLike, ToonDBClient
from ._store import CONCURRENCY_DEFAULT, AsyncStore

if TYPE_CHECKING:
    from typing_extensions import Self


class AsyncIpcClient(AsyncStore):
    """A server on this machine, through its Unix socket, for asyncio: the methods of :class:`IpcClient`, awaited.

    ``async with AsyncIpcClient("/tmp/toondb.sock") as client: ...`` connects, and closes at the end. So does ``client =
    await AsyncIpcClient.connect("/tmp/toondb.sock")``, to be closed with ``await client.close()``. A client that was
    only constructed connects with its first call.

    A client may be used by any number of tasks, by event loops in several threads, and by a forked child, which
    connects anew by itself. Cancelling a call ends the wait at once; a write may still happen then.
    """

    def __init__(
        self,
        path: PathLike = "/tmp/toondb.sock",
        timeout: Optional[float] = None,
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
    ) -> None:
        """Nothing is opened yet. concurrency: calls that run at a time, each on a thread and a socket; more wait."""
        super().__init__(partial(IpcClient, path, timeout), concurrency)
        self._path = path

    @classmethod
    async def connect(
        cls,
        path: PathLike = "/tmp/toondb.sock",
        timeout: Optional[float] = None,
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
    ) -> "Self":
        """Connect to a server's socket; arguments and exceptions as for :meth:`IpcClient.connect`.

        concurrency: calls that run at a time, each on a thread and a socket of its own, at most 16; more wait.
        """
        return await cls(path, timeout, concurrency=concurrency).__aenter__()

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__} {str(self._path)!r}>"


class AsyncToonDBClient(AsyncStore):
    """A server behind gRPC, for asyncio: the methods of :class:`ToonDBClient`, awaited.

    ``async with AsyncToonDBClient("localhost:50051") as client: ...`` connects, and closes at the end. So does
    ``client = await AsyncToonDBClient.connect("localhost:50051")``, to be closed with ``await client.close()``. A
    client that was only constructed connects with its first call.

    A client may be used by any number of tasks, by event loops in several threads, and by a forked child, which
    connects anew by itself. Cancelling a call ends the wait at once; a write may still happen then.
    """

    def __init__(
        self,
        address: str = "localhost:50051",
        secure: bool = False,
        token: Optional[str] = None,
        ca_cert: Optional[PathLike] = None,
        client_cert: Optional[PathLike] = None,
        client_key: Optional[PathLike] = None,
        timeout: Optional[float] = None,
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
    ) -> None:
        """Nothing is opened yet. concurrency: calls that run at a time, each on a thread; more wait."""
        connect = partial(ToonDBClient, address, secure, token, ca_cert, client_cert, client_key, timeout)
        super().__init__(connect, concurrency)
        self._address = address

    @classmethod
    async def connect(
        cls,
        address: str = "localhost:50051",
        secure: bool = False,
        token: Optional[str] = None,
        ca_cert: Optional[PathLike] = None,
        client_cert: Optional[PathLike] = None,
        client_key: Optional[PathLike] = None,
        timeout: Optional[float] = None,
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
    ) -> "Self":
        """Connect to a server by gRPC; arguments and exceptions as for :meth:`ToonDBClient.connect`.

        concurrency: calls that run at a time, each on a thread of its own, all on one connection; more wait.
        """
        client = cls(address, secure, token, ca_cert, client_cert, client_key, timeout, concurrency=concurrency)
        return await client.__aenter__()

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__} {self._address!r}>"
