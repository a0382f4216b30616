"""The methods of a handle on a collection, for asyncio.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import List, Optional, Sequence

from .._documents import Documents, Filter, Vector, Vectors
from .._looped import awaited
from .._rows import Rows
from .._types import CollectionInfo, Document, Durability, Metadata

from ._collection import Collection


class AsyncCollectionMethods:
    """:class:`Collection`, awaited."""

    _plain: Collection

    async def add(
        self,
        id: Optional[str],
        content: str,
        embedding: Vector,
        metadata: Optional[Metadata] = None,
        *,
        durability: Durability = "durable",
    ) -> str:
        """Add or replace one document; an id of None = a random one. Returns its id."""
        return await awaited(self._plain.add(id, content, embedding, metadata, durability=durability))

    async def delete(self, id: str, *, durability: Durability = "durable") -> bool:
        """Delete a document. Returns True if it existed."""
        return await awaited(self._plain.delete(id, durability=durability))

    async def info(self) -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return await awaited(self._plain.info())

    async def drop(self) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return await awaited(self._plain.drop())

    async def add_documents(
        self, documents: Documents, *, embeddings: Optional[Vectors] = None, durability: Durability = "durable"
    ) -> List[str]:
        """Add or replace documents, all or none. Returns their ids, in order.

        A document is a dict with ``content``, ``embedding``, and optionally ``id`` (otherwise a random one is given)
        and ``metadata``; or a :class:`Document`. ``embeddings``, a row for each document, takes the place of their own:
        the quick way for a numpy matrix. Raises CollectionNotFoundError; InvalidArgumentError names what is wrong.
        """
        return await awaited(self._plain.add_documents(documents, embeddings=embeddings, durability=durability))

    async def get(self, id: str, *, include_embeddings: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return await awaited(self._plain.get(id, include_embeddings=include_embeddings))

    async def get_documents(self, ids: Sequence[str], *, include_embeddings: bool = False) -> Rows[Optional[Document]]:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        return await awaited(self._plain.get_documents(ids, include_embeddings=include_embeddings))

    async def delete_documents(self, ids: Sequence[str], *, durability: Durability = "durable") -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        return await awaited(self._plain.delete_documents(ids, durability=durability))

    async def delete_by_filter(self, filter: Filter, *, durability: Durability = "durable") -> int:
        """Delete every document that matches, in one commit. Returns how many. A filter that is true of every document by
        its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        return await awaited(self._plain.delete_by_filter(filter, durability=durability))

    async def count(self, filter: Optional[Filter] = None) -> int:
        """How many documents there are, or how many match."""
        return await awaited(self._plain.count(filter))

    async def search(
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
        return await awaited(self._plain.search(query, k, filter, ef=ef, include_embeddings=include_embeddings))

    async def search_batch(
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
        return await awaited(
            self._plain.search_batch(queries, k, filter=filter, ef=ef, include_embeddings=include_embeddings)
        )
