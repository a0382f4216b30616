"""Commits, and the engine as a whole, awaited.

Written by scripts/write_async.py from ``_store.py``.
"""

from .._store import Store
from .._toondb import WriteBatch
from .._types import Capabilities, CommitResult, Durability, ServerStats
from ._mirror import Mirror


class AsyncEngineMethods(Mirror[Store]):
    """:class:`Store`, awaited."""

    async def commit(
        self, batch: WriteBatch, namespace: str = "default", durability: Durability = "durable"
    ) -> CommitResult:
        """Check a batch's preconditions and make its writes, all or nothing.

        Raises TransactionConflictError if a precondition does not hold. The batch may be committed again.
        """
        return await self._call(Store.commit, batch, namespace, durability)

    async def ping(self) -> str:
        """A sign of life: the engine's version."""
        return await self._call(Store.ping)

    async def stats(self) -> ServerStats:
        """The counters of the whole engine."""
        return await self._call(Store.stats)

    async def capabilities(self) -> Capabilities:
        """What the engine can do and guarantees."""
        return await self._call(Store.capabilities)
