"""Transactions, awaited."""

import asyncio
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Awaitable, Callable, Concatenate, Optional, ParamSpec, Type, TypeVar

from .._errors import SnapshotExpiredError, TransactionConflictError
from .._store import retry_delay
from .._transactions import Transaction
from ._pool import Pool
from ._transaction_methods import AsyncTransactionMethods

if TYPE_CHECKING:
    from typing_extensions import Self

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")


class AsyncTransaction(AsyncTransactionMethods):
    """All of it or nothing, in one namespace: made by :meth:`AsyncIpcClient.transaction`.

    It behaves as :class:`Transaction` does, its methods awaited: ``async with client.transaction() as tx: ...`` commits
    at its end, and an exception or a cancellation inside drops the writes. Its calls run one after the other, in the
    order in which they were begun. ``scan`` reads in pages of 1,000: the transaction depends on every page that was
    fetched. A transaction belongs to one event loop.
    """

    def __init__(self, pool: Pool, begin: Callable[[], Transaction]) -> None:
        super().__init__(pool, self._begun)
        self._begin = begin
        self._transaction: Optional[Transaction] = None
        # The first lock keeps the order and keeps those who wait off the threads. A call whose wait was cancelled gives
        # it back while its thread still uses the transaction, which the second one is for.
        self._turn = asyncio.Lock()
        self._in_use = threading.Lock()

    def _begun(self) -> Transaction:
        if self._transaction is None:
            self._transaction = self._begin()
        return self._transaction

    async def _call(
        self,
        function: Callable[Concatenate[Transaction, Parameters], Result],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        def alone() -> Result:
            with self._in_use:
                return function(self._begun(), *args, **kwargs)

        async with self._turn:
            return await self._pool.run(alone)

    def _drop(self) -> None:
        with self._in_use:
            self._begun().rollback()

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if isinstance(error, asyncio.CancelledError):
            # Whoever cancels does not want to wait, least of all for a call that hangs.
            self._pool.post(self._drop)
        else:
            await self._call(Transaction.__exit__, kind, error, traceback)


async def run_transaction(
    begin: Callable[[], AsyncTransaction],
    function: Callable[[AsyncTransaction], Awaitable[Result]],
    retries: int,
) -> Result:
    """Await ``function`` in a transaction and commit; on a conflict again, at most ``retries`` times."""
    attempt = 0
    while True:
        try:
            async with begin() as transaction:
                result = await function(transaction)
            return result
        except (TransactionConflictError, SnapshotExpiredError):
            if attempt >= retries:
                raise
        await asyncio.sleep(retry_delay(attempt))
        attempt += 1
