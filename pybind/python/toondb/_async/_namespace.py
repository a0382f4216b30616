"""A handle on one namespace, its methods awaited."""

from typing import Awaitable, Callable, Optional, TypeVar

from .._namespace import Namespace
from .._namespace_handle import checked_name
from .._store import Store
from .._types import Durability, Metadata, Metric
from ._collection import AsyncCollection
from ._namespace_graph import AsyncNamespaceGraph
from ._namespace_keys import AsyncNamespaceKeys
from ._namespace_methods import AsyncNamespaceMethods
from ._namespace_temporal import AsyncNamespaceTemporal
from ._pool import Pool
from ._transaction import AsyncTransaction, run_transaction

Result = TypeVar("Result")


class AsyncNamespace(AsyncNamespaceKeys, AsyncNamespaceGraph, AsyncNamespaceTemporal, AsyncNamespaceMethods):
    """A namespace: made by :meth:`AsyncIpcClient.namespace`. It has the methods of :class:`Namespace`, awaited."""

    def __init__(self, pool: Pool, store: Callable[[], Store], name: str) -> None:
        super().__init__(pool, lambda: Namespace(store(), name))
        self._store = store
        self.name = checked_name(name)
        """The namespace's name."""

    def __repr__(self) -> str:
        return f"<toondb.AsyncNamespace {self.name!r}>"

    def transaction(self, durability: Durability = "durable") -> AsyncTransaction:
        """Begin a transaction, without awaiting this; see :class:`AsyncTransaction`."""
        return AsyncTransaction(self._pool, lambda: self._store().transaction(self.name, durability))

    async def run_transaction(
        self,
        function: Callable[[AsyncTransaction], Awaitable[Result]],
        retries: int = 10,
        durability: Durability = "durable",
    ) -> Result:
        """Await a function in a transaction, again on a conflict; see :meth:`AsyncIpcClient.run_transaction`."""
        return await run_transaction(lambda: self.transaction(durability), function, retries)

    async def collection(
        self,
        name: str,
        dimension: Optional[int] = None,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> AsyncCollection:
        """Open a collection, creating it if need be; see :meth:`Namespace.collection`."""
        await self._call(Namespace.collection, name, dimension, metric, metadata)
        return AsyncCollection(self._pool, self._store, self.name, name)
