"""A handle on one collection, its methods awaited."""

from typing import Callable

from .._collection import Collection
from .._store import Store
from ._collection_methods import AsyncCollectionMethods
from ._pool import Pool


class AsyncCollection(AsyncCollectionMethods):
    """A collection: made by :meth:`AsyncNamespace.collection`. It has the methods of :class:`Collection`, awaited."""

    def __init__(self, pool: Pool, store: Callable[[], Store], namespace: str, name: str) -> None:
        super().__init__(pool, lambda: Collection(store(), namespace, name))
        self.namespace = namespace
        """The namespace's name."""
        self.name = name
        """The collection's name."""

    def __repr__(self) -> str:
        return f"<toondb.AsyncCollection {self.name!r} of namespace {self.namespace!r}>"
