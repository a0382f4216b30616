"""The methods that every async client has in common."""

from types import TracebackType
from typing import TYPE_CHECKING, Awaitable, Callable, Optional, Type, TypeVar

from .._store import Store
from .._types import Durability
from ._caches import AsyncCacheMethods
from ._checkpoints import AsyncCheckpointMethods
from ._collections import AsyncCollectionsMethods
from ._context import AsyncContextMethods
from ._engine import AsyncEngineMethods
from ._graph import AsyncGraphMethods
from ._keys import AsyncKeyMethods
from ._link import Link
from ._namespace import AsyncNamespace
from ._namespaces import AsyncNamespacesMethods
from ._pool import Pool
from ._temporal import AsyncTemporalMethods
from ._transaction import AsyncTransaction, run_transaction
from ._vectors import AsyncVectorMethods

if TYPE_CHECKING:
    from typing_extensions import Self

Result = TypeVar("Result")

CONCURRENCY_DEFAULT = 16
"""Calls that run at a time; also the most sockets that the sync client opens."""


class AsyncStore(
    AsyncKeyMethods,
    AsyncNamespacesMethods,
    AsyncCollectionsMethods,
    AsyncVectorMethods,
    AsyncGraphMethods,
    AsyncTemporalMethods,
    AsyncCacheMethods,
    AsyncCheckpointMethods,
    AsyncContextMethods,
    AsyncEngineMethods,
):
    """The methods of the sync clients, awaited, with the same arguments, results and exceptions.

    A client may be used by any number of tasks, and of event loops in several threads. At most ``concurrency`` calls
    run at a time; more wait their turn. Methods that iterate are used with ``async for`` and fetch a page at a time; a
    scan in a format is awaited instead.

    Cancelling a call (also by ``asyncio.timeout`` or ``asyncio.wait_for``) ends the wait at once. One that waits its
    turn never runs. One that runs gives up its wait within a moment, which frees its place; a write may still happen.
    """

    def __init__(self, connect: Callable[[], Store], concurrency: int) -> None:
        self._link = Link(connect)
        super().__init__(Pool(concurrency), self._link)

    async def __aenter__(self) -> "Self":
        await self._pool.run(self._link)
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the use of the engine. Closing again does nothing; other methods raise ShuttingDownError from then on.

        Calls under way do not wait on: without an answer a read raises ShuttingDownError, a write OutcomeUnknownError.
        Calls that wait their turn raise ShuttingDownError.
        """
        await self._pool.close(self._link.close)

    def namespace(self, name: str) -> AsyncNamespace:
        """A handle on a namespace, whether or not it exists yet: its methods need no ``namespace`` argument."""
        return AsyncNamespace(self._pool, self._link, name)

    def transaction(self, namespace: str = "default", durability: Durability = "durable") -> AsyncTransaction:
        """Begin a transaction, without awaiting this: ``async with client.transaction() as tx: ...`` commits at its
        end. See :class:`AsyncTransaction`.
        """
        return AsyncTransaction(self._pool, lambda: self._link().transaction(namespace, durability))

    async def run_transaction(
        self,
        function: Callable[[AsyncTransaction], Awaitable[Result]],
        namespace: str = "default",
        retries: int = 10,
        durability: Durability = "durable",
    ) -> Result:
        """Await ``function(transaction)`` and commit; on a conflict do so again, at most ``retries`` times. Returns its
        result.

        The function may run several times: what it does besides the transaction must bear that. Between two runs there
        is a short random pause, so that rivals do not meet again in step.
        """
        return await run_transaction(lambda: self.transaction(namespace, durability), function, retries)
