"""Handles: a store with the names of a namespace, or of a collection in it. Their methods are in ``_generated``."""

from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar

from ._documents import Vector
from ._methods import Methods, Steps, steps
from ._transactions import Transaction
from ._types import Durability, Metadata, Metric, Span

if TYPE_CHECKING:
    from ._generated._collection import Collection
    from ._snapshots import Snapshot
    from ._store import Store

Result = TypeVar("Result")


class NamespaceBase(Methods):
    """A store and the name of one of its namespaces."""

    def __init__(self, store: "Store", name: str) -> None:
        self._store = store
        self.name = name
        """The namespace's name."""

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__} {self.name!r}>"

    def _run(self, steps: "Steps[Any]") -> Any:
        return self._store._run(steps)

    @steps
    def collection(
        self,
        name: str,
        dimension: Optional[int] = None,
        *,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> "Steps[Collection]":
        """Open a collection, creating it if need be.

        With ``dimension`` it is created, or must have the same settings (otherwise AlreadyExistsError); without, it
        must exist (otherwise CollectionNotFoundError).
        """
        from ._generated._collection import Collection

        if dimension is None:
            # Also at a snapshot, which tells nothing of now.
            yield self._store.count(name, namespace=self.name)
        else:
            yield self._store.create_collection(name, dimension, self.name, metric=metric, metadata=metadata)
        return Collection(self._store, self.name, name)

    def snapshot(self) -> "Snapshot":
        """This namespace at one commit; see :class:`Snapshot`."""
        return self._store.snapshot(self.name)

    def transaction(self, *, durability: Durability = "durable") -> Transaction:
        """Begin a transaction; see :class:`Transaction`."""
        return self._store.transaction(namespace=self.name, durability=durability)

    def run_transaction(
        self,
        function: Callable[[Transaction], Result],
        *,
        retries: int = 10,
        durability: Durability = "durable",
    ) -> Result:
        """Run a function in a transaction, again on a conflict; see :meth:`Database.run_transaction`."""
        return self._store.run_transaction(function, retries=retries, namespace=self.name, durability=durability)


class CollectionBase(Methods):
    """A store and the names of one of its collections and of the collection's namespace."""

    def __init__(self, store: "Store", namespace: str, name: str) -> None:
        self._store = store
        self.namespace = namespace
        """The namespace's name."""
        self.name = name
        """The collection's name."""

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__} {self.name!r} of namespace {self.namespace!r}>"

    def _run(self, steps: "Steps[Any]") -> Any:
        return self._store._run(steps)

    @steps
    def add(
        self,
        id: Optional[str],
        content: str,
        embedding: Optional[Vector] = None,
        metadata: Optional[Metadata] = None,
        *,
        ttl: Optional[Span] = None,
        durability: Durability = "durable",
    ) -> Steps[str]:
        """Add or replace one document; an id of None = a random one. Returns its id. ttl: seconds, or a timedelta, after
        which it is gone.
        """
        document = {"id": id, "content": content, "embedding": embedding, "metadata": metadata}
        ids = yield self._store.add_documents(self.name, [document], self.namespace, ttl=ttl, durability=durability)
        return str(ids[0])

    @steps
    def delete(self, id: str, *, durability: Durability = "durable") -> Steps[bool]:
        """Delete a document. Returns True if it existed."""
        deleted = yield self._store.delete_documents(
            self.name, [id], namespace=self.namespace, durability=durability
        )
        return bool(deleted > 0)
