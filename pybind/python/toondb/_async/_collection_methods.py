"""The methods of a handle on a collection, awaited.

Written by scripts/write_async.py from ``_collection.py``.
"""

from typing import Any, List, Mapping, Optional, Sequence, Union, overload

from .._collection import Collection
from .._collections import Filter, Vector, Vectors
from .._formats import Format, TextFormat, Tokenizer
from .._rows import Rendered
from .._types import CollectionInfo, Document, Durability, Metadata
from ._mirror import Mirror


class AsyncCollectionMethods(Mirror[Collection]):
    """:class:`Collection`, awaited."""

    async def info(self) -> CollectionInfo:
        """What the collection is and how many documents it has."""
        return await self._call(Collection.info)

    async def add(
        self,
        id: Optional[str],
        content: str,
        embedding: Vector,
        metadata: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> str:
        """Add or replace one document; an id of None = a random one. Returns its id."""
        return await self._call(Collection.add, id, content, embedding, metadata, durability)

    async def add_documents(
        self,
        documents: Sequence[Union[Mapping[str, Any], Document]],
        embeddings: Optional[Vectors] = None,
        durability: Durability = "durable",
    ) -> List[str]:
        """Add or replace documents, all or none; see :meth:`Database.add_documents`."""
        return await self._call(Collection.add_documents, documents, embeddings, durability)

    async def get(self, id: str, include_embeddings: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return await self._call(Collection.get, id, include_embeddings)

    @overload
    async def get_documents(
        self, ids: Sequence[str], include_embeddings: bool = False, *, format: None = None, columns: None = None
    ) -> List[Optional[Document]]: ...

    @overload
    async def get_documents(
        self,
        ids: Sequence[str],
        include_embeddings: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    async def get_documents(
        self,
        ids: Sequence[str],
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def get_documents(
        self,
        ids: Sequence[str],
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Read documents at one instant; see :meth:`Database.get_documents`."""
        return await self._call(
            lambda sync: sync.get_documents(
                ids, include_embeddings, format=format, columns=columns, tokenizer=tokenizer
            )
        )

    async def delete(self, id: str, durability: Durability = "durable") -> bool:
        """Delete a document. Returns True if it existed."""
        return await self._call(Collection.delete, id, durability)

    async def delete_documents(self, ids: Sequence[str], durability: Durability = "durable") -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        return await self._call(Collection.delete_documents, ids, durability)

    async def delete_by_filter(self, filter: Filter, durability: Durability = "durable") -> int:
        """Delete every document that matches, in one commit. Returns how many."""
        return await self._call(Collection.delete_by_filter, filter, durability)

    async def count(self, filter: Optional[Filter] = None) -> int:
        """How many documents there are, or how many match."""
        return await self._call(Collection.count, filter)

    @overload
    async def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[Document]: ...

    @overload
    async def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    async def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Find the ``k`` nearest documents; see :meth:`Database.search_collection`."""
        return await self._call(
            lambda sync: sync.search(
                query, k, filter, ef, include_embeddings, format=format, columns=columns, tokenizer=tokenizer
            )
        )

    async def search_batch(
        self,
        queries: Vectors,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> List[List[Document]]:
        """Several searches at one instant; see :meth:`Database.search_collection_batch`."""
        return await self._call(Collection.search_batch, queries, k, filter, ef, include_embeddings)

    async def drop(self) -> bool:
        """Drop the collection with everything in it. Returns True if it existed."""
        return await self._call(Collection.drop)
