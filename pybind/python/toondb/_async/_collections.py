"""Collections, awaited.

Written by scripts/write_async.py from ``_collections.py``.
"""

from typing import Any, List, Mapping, Optional, Sequence, Union, overload

from .._collections import Filter, Vector, Vectors
from .._formats import Format, TextFormat, Tokenizer
from .._rows import Rendered
from .._store import Store
from .._types import CollectionInfo, Document, Durability, Metadata, Metric
from ._mirror import Mirror


class AsyncCollectionsMethods(Mirror[Store]):
    """:class:`CollectionMethods`, awaited."""

    async def create_collection(
        self,
        name: str,
        dimension: int,
        namespace: str = "default",
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> bool:
        """Create a collection for embeddings of ``dimension`` numbers. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised.
        """
        return await self._call(Store.create_collection, name, dimension, namespace, metric, metadata)

    async def list_collections(self, namespace: str = "default") -> List[str]:
        """The names of a namespace's collections, in order."""
        return await self._call(Store.list_collections, namespace)

    async def describe_collection(self, name: str, namespace: str = "default") -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return await self._call(Store.describe_collection, name, namespace)

    async def drop_collection(self, name: str, namespace: str = "default") -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return await self._call(Store.drop_collection, name, namespace)

    async def add_documents(
        self,
        collection_name: str,
        documents: Sequence[Union[Mapping[str, Any], Document]],
        namespace: str = "default",
        embeddings: Optional[Vectors] = None,
        durability: Durability = "durable",
    ) -> List[str]:
        """Add or replace documents, all or none. Returns their ids, in order.

        A document is a dict with ``content``, ``embedding``, and optionally ``id`` (otherwise a random one is given)
        and ``metadata``; or a :class:`Document`. ``embeddings``, a row for each document, takes the place of their own:
        the quick way for a numpy matrix. Raises CollectionNotFoundError; InvalidArgumentError names what is wrong.
        """
        return await self._call(Store.add_documents, collection_name, documents, namespace, embeddings, durability)

    async def get_document(
        self, collection_name: str, id: str, namespace: str = "default", include_embeddings: bool = False
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return await self._call(Store.get_document, collection_name, id, namespace, include_embeddings)

    @overload
    async def get_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        namespace: str = "default",
        include_embeddings: bool = False,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[Optional[Document]]: ...

    @overload
    async def get_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        namespace: str = "default",
        include_embeddings: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    async def get_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        namespace: str = "default",
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def get_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        namespace: str = "default",
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        return await self._call(
            lambda sync: sync.get_documents(
                collection_name, ids, namespace, include_embeddings, format=format, columns=columns, tokenizer=tokenizer
            )
        )

    async def delete_documents(
        self, collection_name: str, ids: Sequence[str], namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        return await self._call(Store.delete_documents, collection_name, ids, namespace, durability)

    async def delete_by_filter(
        self, collection_name: str, filter: Filter, namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete every document that matches, in one commit. Returns how many. A filter that is true of every document by
        its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        return await self._call(Store.delete_by_filter, collection_name, filter, namespace, durability)

    async def count(self, collection_name: str, namespace: str = "default", filter: Optional[Filter] = None) -> int:
        """How many documents there are, or how many match."""
        return await self._call(Store.count, collection_name, namespace, filter)

    @overload
    async def search_collection(
        self,
        collection_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[Document]: ...

    @overload
    async def search_collection(
        self,
        collection_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    async def search_collection(
        self,
        collection_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def search_collection(
        self,
        collection_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Find the ``k`` documents nearest to an embedding, nearest first, ties by id.

        With a filter exactly ``k`` are found whenever ``k`` match. Each result has ``score`` (larger is closer) and
        ``distance``; its ``embedding`` is empty unless ``include_embeddings``. ef: search width, larger is slower and
        finds more of the true nearest; None = a good default. Raises CollectionNotFoundError.
        """
        return await self._call(
            lambda sync: sync.search_collection(
                collection_name,
                query,
                k,
                namespace,
                filter,
                ef,
                include_embeddings,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
            )
        )

    async def search_collection_batch(
        self,
        collection_name: str,
        queries: Vectors,
        k: int = 10,
        namespace: str = "default",
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> List[List[Document]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as
        :meth:`search_collection`.
        """
        return await self._call(
            Store.search_collection_batch, collection_name, queries, k, namespace, filter, ef, include_embeddings
        )
