"""A handle on a collection.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import List, Optional, Sequence

from .._documents import Documents, Filter, Vector, Vectors
from .._handles import CollectionBase
from .._rows import Rows
from .._types import CollectionInfo, Document, Durability


class Collection(CollectionBase):
    """A collection: made by :meth:`Namespace.collection`. Its methods are those of :class:`Database` without the names."""

    def info(self) -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return self._store.describe_collection(self.name, namespace=self.namespace)

    def drop(self) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return self._store.drop_collection(self.name, namespace=self.namespace)

    def add_documents(
        self, documents: Documents, *, embeddings: Optional[Vectors] = None, durability: Durability = "durable"
    ) -> List[str]:
        """Add or replace documents, all or none. Returns their ids, in order.

        A document is a dict with ``content``, ``embedding``, and optionally ``id`` (otherwise a random one is given)
        and ``metadata``; or a :class:`Document`. ``embeddings``, a row for each document, takes the place of their own:
        the quick way for a numpy matrix. Raises CollectionNotFoundError; InvalidArgumentError names what is wrong.
        """
        return self._store.add_documents(
            self.name, documents, self.namespace, embeddings=embeddings, durability=durability
        )

    def get(self, id: str, *, include_embeddings: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return self._store.get_document(self.name, id, include_embeddings=include_embeddings, namespace=self.namespace)

    def get_documents(self, ids: Sequence[str], *, include_embeddings: bool = False) -> Rows[Optional[Document]]:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        return self._store.get_documents(
            self.name, ids, include_embeddings=include_embeddings, namespace=self.namespace
        )

    def delete_documents(self, ids: Sequence[str], *, durability: Durability = "durable") -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        return self._store.delete_documents(self.name, ids, namespace=self.namespace, durability=durability)

    def delete_by_filter(self, filter: Filter, *, durability: Durability = "durable") -> int:
        """Delete every document that matches, in one commit. Returns how many. A filter that is true of every document by
        its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        return self._store.delete_by_filter(self.name, filter, namespace=self.namespace, durability=durability)

    def count(self, filter: Optional[Filter] = None) -> int:
        """How many documents there are, or how many match."""
        return self._store.count(self.name, filter, namespace=self.namespace)

    def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        *,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> Rows[Document]:
        """Find the ``k`` documents nearest to an embedding, nearest first, ties by id.

        With a filter exactly ``k`` are found whenever ``k`` match. Each result has ``score`` (larger is closer) and
        ``distance``; its ``embedding`` is empty unless ``include_embeddings``. ef: search width, larger is slower and
        finds more of the true nearest; None = a good default. Raises CollectionNotFoundError.
        """
        return self._store.search_collection(
            self.name, query, k, self.namespace, filter, ef=ef, include_embeddings=include_embeddings
        )

    def search_batch(
        self,
        queries: Vectors,
        k: int = 10,
        *,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> List[Rows[Document]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as
        :meth:`search_collection`.
        """
        return self._store.search_collection_batch(
            self.name, queries, k, filter=filter, ef=ef, include_embeddings=include_embeddings, namespace=self.namespace
        )
