"""Bare vector indexes: ids from 0 to 2**64 - 1 and vectors, nothing else.

Vectors are given as in collections; ids as a sequence of ints or a buffer of 64-bit integers.
"""

from functools import partial
from typing import List, Optional, Sequence

from ._documents import Vector, Vectors, answers
from ._errors import ErrorCode, from_code
from ._methods import Methods, always_true, any_of, first
from ._rows import Rows
from ._toondb import Core
from ._types import Durability, IndexInfo, Metric, SearchResult


class VectorMethods(Core, Methods):
    """Vector indexes and collections share one set of names within a namespace.

    As rows, the results of a search have the columns id, score, distance and, if asked for, embedding.
    """

    def create_index(
        self, name: str, dimension: int, metric: Metric = "cosine", *, namespace: str = "default"
    ) -> bool:
        """Create a vector index. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised.
        """
        arguments = {"index": name, "dimension": dimension, "metric": metric}
        return self._call("CreateIndex", namespace, arguments, always_true)

    def list_indexes(self, *, namespace: str = "default") -> List[str]:
        """The names of a namespace's vector indexes, in order."""
        return self._call("ListIndexes", namespace, {})

    def describe_index(self, name: str, *, namespace: str = "default") -> IndexInfo:
        """What an index is and how many vectors it has. Raises CollectionNotFoundError."""
        return self._call("DescribeIndex", namespace, {"index": name}, first)

    def drop_index(self, name: str, *, namespace: str = "default") -> bool:
        """Drop an index with everything in it. Returns True if it existed."""
        return self._call("DropIndex", namespace, {"index": name}, any_of)

    def insert_vectors(
        self,
        index_name: str,
        ids: Sequence[int],
        vectors: Vectors,
        *,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Insert or replace vectors, one for each id, all or none. Returns True.

        ``vectors`` has the shape (len(ids), dimension); a C-contiguous float32 matrix is copied in one piece. At most
        100,000 a call. Raises CollectionNotFoundError, and InvalidArgumentError for wrong shapes, NaN and infinity.
        """
        ids = ids if hasattr(ids, "__len__") else list(ids)
        if len(ids) != len(vectors):
            text = f"{len(ids)} ids for {len(vectors)} vectors; give one id for each vector"
            raise from_code(ErrorCode.INVALID_ARGUMENT, text)
        arguments = {"index": index_name, "ids": ids, "vectors": vectors, "durability": durability}
        return self._call("InsertVectors", namespace, arguments, always_true)

    def get_vectors(
        self, index_name: str, ids: Sequence[int], *, namespace: str = "default"
    ) -> List[Optional[List[float]]]:
        """Read vectors at one instant: for each id its numbers, or None."""
        return self._call("GetVectors", namespace, {"index": index_name, "ids": ids})

    def delete_vectors(
        self, index_name: str, ids: Sequence[int], *, namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete vectors by id, in one commit. Returns how many existed."""
        return self._call(
            "DeleteVectors", namespace, {"index": index_name, "ids": ids, "durability": durability}
        )

    def count_vectors(self, index_name: str, *, namespace: str = "default") -> int:
        """How many vectors an index has."""
        return self._call("CountVectors", namespace, {"index": index_name})

    def search(
        self,
        index_name: str,
        query: Vector,
        k: int = 10,
        *,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        offset: int = 0,
        threshold: Optional[float] = None,
        namespace: str = "default",
    ) -> Rows[SearchResult]:
        """Find the ``k`` vectors nearest to a query, nearest first, ties by id. Raises CollectionNotFoundError.

        ef: search width, larger is slower and finds more of the true nearest; None = a good default. offset: how many of the
        nearest to pass over, with ``k`` at most 10,000. threshold: the lowest ``score`` that counts.
        """
        arguments = {
            "index": index_name,
            "query": query,
            "k": k,
            "ef": ef,
            "include_embedding": include_embeddings,
            "offset": offset,
            "threshold": threshold,
        }
        return self._rows("SearchVectors", namespace, arguments, Rows)

    def search_batch(
        self,
        index_name: str,
        queries: Vectors,
        k: int = 10,
        *,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        offset: int = 0,
        threshold: Optional[float] = None,
        namespace: str = "default",
    ) -> List[Rows[SearchResult]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as :meth:`search`."""
        arguments = {
            "index": index_name,
            "queries": queries,
            "k": k,
            "ef": ef,
            "include_embedding": include_embeddings,
            "offset": offset,
            "threshold": threshold,
        }
        return self._call("SearchBatchVectors", namespace, arguments, partial(answers, queries, False))
