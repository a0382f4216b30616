"""Bare vector indexes: ids from 0 to 2**64 - 1 and vectors, nothing else.

Vectors are given as in collections; ids as a sequence of ints or a buffer of 64-bit integers.
"""

from typing import Any, List, Optional, Sequence, overload

from ._collections import Vector, Vectors
from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered, RowMethods, is_native
from ._toondb import Query
from ._types import Durability, IndexInfo, Metric, SearchResult


class VectorMethods(RowMethods):
    """Vector indexes and collections share one set of names within a namespace.

    In a format the rows of a search have the columns id, score, distance and embedding; see :class:`Rendered`.
    """

    def create_index(self, name: str, dimension: int, metric: Metric = "cosine", namespace: str = "default") -> bool:
        """Create a vector index. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised.
        """
        self._create_index(namespace, name, dimension, metric)
        return True

    def list_indexes(self, namespace: str = "default") -> List[str]:
        """The names of a namespace's vector indexes, in order."""
        return self._list_indexes(namespace)

    def describe_index(self, name: str, namespace: str = "default") -> IndexInfo:
        """What an index is and how many vectors it has. Raises CollectionNotFoundError."""
        return self._describe_index(namespace, name)

    def drop_index(self, name: str, namespace: str = "default") -> bool:
        """Drop an index with everything in it. Returns True if it existed."""
        return self._drop_index(namespace, name)

    def insert_vectors(
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
        self._insert_vectors(namespace, index_name, ids, vectors, durability)
        return True

    def get_vectors(
        self, index_name: str, ids: Sequence[int], namespace: str = "default"
    ) -> List[Optional[List[float]]]:
        """Read vectors at one instant: for each id its numbers, or None."""
        return self._get_vectors(namespace, index_name, ids)

    def delete_vectors(
        self, index_name: str, ids: Sequence[int], namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete vectors by id, in one commit. Returns how many existed."""
        return self._delete_vectors(namespace, index_name, ids, durability)

    def count_vectors(self, index_name: str, namespace: str = "default") -> int:
        """How many vectors an index has."""
        return self._count_vectors(namespace, index_name)

    @overload
    def search(
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
    def search(
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
    def search(
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

    def search(
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
        read = Query.search(index_name, query, k, ef, include_embeddings)
        if is_native(format, columns, tokenizer):
            return self._read(namespace, read)
        return self._in_format(namespace, read, format, columns, tokenizer)

    def search_batch(
        self,
        index_name: str,
        queries: Vectors,
        k: int = 10,
        namespace: str = "default",
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> List[List[SearchResult]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as :meth:`search`."""
        return self._search_batch(namespace, index_name, queries, k, ef, include_embeddings)
