"""Vector indexes, awaited.

Written by scripts/write_async.py from ``_vectors.py``.
"""

from typing import Any, List, Optional, Sequence, overload

from .._collections import Vector, Vectors
from .._formats import Format, TextFormat, Tokenizer
from .._rows import Rendered
from .._store import Store
from .._types import Durability, IndexInfo, Metric, SearchResult
from ._mirror import Mirror


class AsyncVectorMethods(Mirror[Store]):
    """:class:`VectorMethods`, awaited."""

    async def create_index(
        self, name: str, dimension: int, metric: Metric = "cosine", namespace: str = "default"
    ) -> bool:
        """Create a vector index. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised.
        """
        return await self._call(Store.create_index, name, dimension, metric, namespace)

    async def list_indexes(self, namespace: str = "default") -> List[str]:
        """The names of a namespace's vector indexes, in order."""
        return await self._call(Store.list_indexes, namespace)

    async def describe_index(self, name: str, namespace: str = "default") -> IndexInfo:
        """What an index is and how many vectors it has. Raises CollectionNotFoundError."""
        return await self._call(Store.describe_index, name, namespace)

    async def drop_index(self, name: str, namespace: str = "default") -> bool:
        """Drop an index with everything in it. Returns True if it existed."""
        return await self._call(Store.drop_index, name, namespace)

    async def insert_vectors(
        self,
        index_name: str,
        ids: Sequence[int],
        vectors: Vectors,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Insert or replace vectors, one for each id, all or none. Returns True.

        ``vectors`` has the shape (len(ids), dimension); a C-contiguous float32 matrix is copied in one piece. At most
        100,000 a call. Raises CollectionNotFoundError, and InvalidArgumentError for wrong shapes, NaN and infinity.
        """
        return await self._call(Store.insert_vectors, index_name, ids, vectors, namespace, durability)

    async def get_vectors(
        self, index_name: str, ids: Sequence[int], namespace: str = "default"
    ) -> List[Optional[List[float]]]:
        """Read vectors at one instant: for each id its numbers, or None."""
        return await self._call(Store.get_vectors, index_name, ids, namespace)

    async def delete_vectors(
        self, index_name: str, ids: Sequence[int], namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete vectors by id, in one commit. Returns how many existed."""
        return await self._call(Store.delete_vectors, index_name, ids, namespace, durability)

    async def count_vectors(self, index_name: str, namespace: str = "default") -> int:
        """How many vectors an index has."""
        return await self._call(Store.count_vectors, index_name, namespace)

    @overload
    async def search(
        self,
        index_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[SearchResult]: ...

    @overload
    async def search(
        self,
        index_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
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
        index_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def search(
        self,
        index_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Find the ``k`` vectors nearest to a query, nearest first, ties by id. Raises CollectionNotFoundError.

        ef: search width, larger is slower and finds more of the true nearest; None = a good default.
        """
        return await self._call(
            lambda sync: sync.search(
                index_name,
                query,
                k,
                namespace,
                ef,
                include_embeddings,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
            )
        )

    async def search_batch(
        self,
        index_name: str,
        queries: Vectors,
        k: int = 10,
        namespace: str = "default",
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> List[List[SearchResult]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as :meth:`search`."""
        return await self._call(Store.search_batch, index_name, queries, k, namespace, ef, include_embeddings)
