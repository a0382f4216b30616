"""For asyncio: the methods of the sync classes, awaited.

Each class here holds its sync namesake over a connection that gives awaitables instead of waiting (``_LoopedStore``), and has its
methods, written into ``_generated``. Nothing waits on a thread: answers resolve futures of the event loop.
"""

import asyncio
import os
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Optional, Type, TypeVar

from . import _toondb
from ._clients import PathLike, grpc_options, open_options, shown
from ._errors import ErrorCode, SnapshotExpiredError, ToonDBError, TransactionConflictError, from_code
from ._generated._async_collection import AsyncCollectionMethods
from ._generated._async_namespace import AsyncNamespaceMethods
from ._generated._async_store import AsyncStoreMethods
from ._generated._async_transaction import AsyncTransactionMethods
from ._generated._collection import Collection
from ._generated._namespace import Namespace
from ._looped import awaited
from ._methods import Steps
from ._snapshots import AtSnapshot, Snapshot
from ._store import Store, checked_name
from ._toondb import Connection
from ._transactions import Transaction, retry_delay
from ._types import Durability, Metadata, Metric

if TYPE_CHECKING:
    from typing_extensions import Self

Result = TypeVar("Result")

CONCURRENCY_DEFAULT = 128
"""Calls of one event loop that are under way at a time."""


def _ignored(future: "asyncio.Future[Any]") -> None:
    """Whatever became of it: nobody else asks."""
    if not future.cancelled():
        future.exception()


class _LoopedStore(Store):
    """A store whose calls give awaitables."""

    async def _run(self, steps: "Steps[Result]") -> Any:
        try:
            call = next(steps)
            while True:
                try:
                    result = await call
                except BaseException as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as end:
            return end.value

    def _at_snapshot(self, transaction: Optional[Transaction] = None) -> AtSnapshot:
        held = _LoopedAtSnapshot(self._connection())
        held._transaction = transaction
        return held

    def _aside(self, function: Callable[[], Result]) -> Any:
        return asyncio.get_running_loop().run_in_executor(None, function)


class _LoopedAtSnapshot(_LoopedStore, AtSnapshot):
    """Reads at a snapshot that give awaitables."""


class AsyncCollection(AsyncCollectionMethods):
    """A collection, for asyncio: made by :meth:`AsyncNamespace.collection`."""

    def __init__(self, plain: Collection) -> None:
        self._plain = plain
        self.namespace = plain.namespace
        """The namespace's name."""
        self.name = plain.name
        """The collection's name."""

    def __repr__(self) -> str:
        return f"<toondb.AsyncCollection {self.name!r} of namespace {self.namespace!r}>"


class AsyncTransaction(AsyncTransactionMethods):
    """All of it or nothing, in one namespace, for asyncio: ``async with client.transaction() as tx: ...`` commits at its
    end.

    It is used by one task at a time. See :class:`Transaction`.
    """

    def __init__(self, plain: Transaction) -> None:
        self._plain = plain

    def __repr__(self) -> str:
        return repr(self._plain).replace("Transaction", "AsyncTransaction", 1)

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if not self._plain._open:
            return
        if kind is None:
            await self.commit()
            return
        # The exception on its way matters more, and may be that somebody waits no longer: the snapshot is given back without
        # a wait for the answer. One that cannot be given back expires by itself.
        with suppress(ToonDBError, RuntimeError):
            given_back = self._plain._end()
            if given_back is not None:
                given_back.add_done_callback(_ignored)


class AsyncNamespace(AsyncNamespaceMethods):
    """A handle on a namespace, for asyncio: made by ``client.namespace(name)``."""

    def __init__(self, client: "AsyncStore", plain: Namespace) -> None:
        self._client = client
        self._plain = plain
        self.name = plain.name
        """The namespace's name."""

    def __repr__(self) -> str:
        return f"<toondb.AsyncNamespace {self.name!r}>"

    async def collection(
        self,
        name: str,
        dimension: Optional[int] = None,
        *,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> AsyncCollection:
        """Open a collection, creating it if need be; see :meth:`Namespace.collection`."""
        opened = await awaited(self._plain.collection(name, dimension, metric=metric, metadata=metadata))
        return AsyncCollection(opened)

    def snapshot(self) -> "AsyncSnapshot":
        """This namespace at one commit, without awaiting this; see :class:`AsyncSnapshot`."""
        return self._client.snapshot(self.name)

    def transaction(self, *, durability: Durability = "durable") -> AsyncTransaction:
        """Begin a transaction, without awaiting this; see :class:`AsyncTransaction`."""
        return self._client.transaction(namespace=self.name, durability=durability)

    async def run_transaction(
        self,
        function: Callable[[AsyncTransaction], Awaitable[Result]],
        *,
        retries: int = 10,
        durability: Durability = "durable",
    ) -> Result:
        """Run a function in a transaction, again on a conflict; see :meth:`AsyncDatabase.run_transaction`."""
        return await self._client.run_transaction(
            function, retries=retries, namespace=self.name, durability=durability
        )


class AsyncSnapshot(AsyncNamespace):
    """A namespace as it was at one commit, for asyncio: ``async with client.snapshot("notes") as s: ...``; see
    :class:`Snapshot`.
    """

    _plain: Snapshot

    async def __aenter__(self) -> "Self":
        await awaited(self._plain._take())
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        # Nobody need wait for it; one that cannot be given back expires by itself.
        with suppress(ToonDBError, RuntimeError):
            given_back = self._plain._end()
            if given_back is not None:
                given_back.add_done_callback(_ignored)

    @property
    def seq(self) -> Optional[int]:
        """The commit at which it reads; see :attr:`Snapshot.seq`."""
        return self._plain.seq


class AsyncStore(AsyncStoreMethods):
    """The methods of the sync clients, awaited, with the same arguments, results and exceptions.

    A client may be used by any number of tasks, and of event loops in several threads. At most ``concurrency`` calls of a
    loop run at a time; more wait their turn. Methods that iterate are used with ``async for`` and fetch a page at a
    time.

    Cancelling a call (also by ``asyncio.timeout`` or ``asyncio.wait_for``) ends the wait at once. One that waits its
    turn never runs. Of one that runs a write may still happen.
    """

    def __init__(self, connection: Connection, where: str) -> None:
        self._plain = _LoopedStore(connection)
        self._plain._where = where

    async def __aenter__(self) -> "Self":
        await self.ping()
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__} {self._plain._where!r}{', closed' if self._plain._is_closed else ''}>"

    async def _connected(self) -> "Self":
        """This client, connected; closed if that fails, since nobody else has it."""
        try:
            return await self.__aenter__()
        except BaseException:
            self._plain.close()
            raise

    async def close(self) -> None:
        """End the use of the engine. Closing again does nothing; other methods raise ShuttingDownError from then on.

        Calls under way do not wait on: without an answer a read raises ShuttingDownError, a write OutcomeUnknownError.
        Calls that wait their turn raise ShuttingDownError.
        """
        self._plain.close()
        # Those who waited are told before this returns.
        await asyncio.sleep(0)

    def namespace(self, name: str) -> AsyncNamespace:
        """A handle on a namespace, whether or not it exists yet: its methods need no ``namespace`` argument."""
        return AsyncNamespace(self, Namespace(self._plain, checked_name(name)))

    def snapshot(self, namespace: str = "default") -> AsyncSnapshot:
        """A namespace at one commit, without awaiting this: ``async with client.snapshot("notes") as s: ...``. See
        :class:`AsyncSnapshot`.
        """
        return AsyncSnapshot(self, Snapshot(self._plain, checked_name(namespace)))

    def transaction(self, *, namespace: str = "default", durability: Durability = "durable") -> AsyncTransaction:
        """Begin a transaction, without awaiting this: ``async with client.transaction() as tx: ...`` commits at its
        end. See :class:`AsyncTransaction`.
        """
        return AsyncTransaction(Transaction(self._plain, checked_name(namespace), durability))

    async def run_transaction(
        self,
        function: Callable[[AsyncTransaction], Awaitable[Result]],
        *,
        retries: int = 10,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> Result:
        """Await ``function(transaction)`` and commit; on a conflict do so again, at most ``retries`` times. Returns its
        result.

        The function may run several times: what it does besides the transaction must bear that. Between two runs there
        is a short random pause, so that rivals do not meet again in step.
        """
        attempt = 0
        while True:
            try:
                async with self.transaction(namespace=namespace, durability=durability) as transaction:
                    result = await function(transaction)
                return result
            except (TransactionConflictError, SnapshotExpiredError):
                if attempt >= retries:
                    raise
            await asyncio.sleep(retry_delay(attempt))
            attempt += 1


def _checked(concurrency: int) -> int:
    if concurrency < 1:
        raise from_code(ErrorCode.INVALID_ARGUMENT, f"concurrency is {concurrency}; give at least 1")
    return concurrency


class AsyncDatabase(AsyncStore):
    """The engine in this process, for asyncio: the methods of :class:`Database`, awaited.

    ``async with AsyncDatabase("./mydb") as db: ...`` opens it, and closes it at the end. So does ``db = await
    AsyncDatabase.open("./mydb")``, to be closed with ``await db.close()``. A directory that this process has open
    already, in whatever way, is shared.
    """

    def __init__(self, path: PathLike, *, concurrency: int = CONCURRENCY_DEFAULT) -> None:
        super().__init__(_toondb.looped_embedded(os.path.expanduser(path), _checked(concurrency)), shown(path))

    async def close(self) -> None:
        """End the use of the engine; see :meth:`AsyncIpcClient.close`. Returns when the directory is free, if nobody else
        in this process uses it.
        """
        # It may wait for the disk, and the loop must not.
        await asyncio.get_running_loop().run_in_executor(None, self._plain.close)

    @classmethod
    async def open(cls, path: PathLike, *, concurrency: int = CONCURRENCY_DEFAULT) -> "Self":
        """Open a data directory; one that does not exist is created. See :meth:`Database.open`."""
        return await cls(path, concurrency=concurrency)._connected()


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
        connection = _toondb.looped_socket(os.path.expanduser(path), timeout, _checked(concurrency))
        super().__init__(connection, shown(path))

    @classmethod
    async def connect(
        cls,
        path: PathLike = "/tmp/toondb.sock",
        timeout: Optional[float] = None,
        *,
        concurrency: int = CONCURRENCY_DEFAULT,
    ) -> "Self":
        """Connect to a server's socket. timeout and exceptions are as for :meth:`IpcClient.connect`; concurrency: how many
        calls of one event loop run at a time.
        """
        return await cls(path, timeout, concurrency=concurrency)._connected()

    @classmethod
    async def open(
        cls,
        path: PathLike,
        *,
        timeout: Optional[float] = None,
        idle_exit: Optional[float] = None,
        concurrency: int = CONCURRENCY_DEFAULT,
    ) -> "Self":
        """Open a data directory that any number of processes share. See :meth:`IpcClient.open`."""
        self = cls.__new__(cls)
        options = open_options(path, timeout, idle_exit)
        AsyncStore.__init__(self, _toondb.looped_directory(options, _checked(concurrency)), shown(path))
        return await self._connected()


class AsyncToonDBClient(AsyncStore):
    """A server behind gRPC, for asyncio: the methods of :class:`ToonDBClient`, awaited.

    ``async with AsyncToonDBClient("localhost:50051") as client: ...`` connects, and closes at the end; so does ``client
    = await AsyncToonDBClient.connect("localhost:50051")``, to be closed with ``await client.close()``. A client that was
    only constructed connects with its first call. All event loops of a process share its connection.
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
        options = grpc_options(address, secure, token, ca_cert, client_cert, client_key, timeout)
        super().__init__(_toondb.looped_grpc(options, _checked(concurrency)), address)

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
        """Connect to a server by gRPC. Arguments and exceptions are as for :meth:`ToonDBClient.connect`; concurrency: how
        many calls of one event loop run at a time.
        """
        client = cls(
            address, secure, token, ca_cert, client_cert, client_key, timeout, concurrency=concurrency
        )
        return await client._connected()
