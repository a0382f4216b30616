"""Collections of documents, searched by embedding and filtered by metadata.

An embedding is a list or tuple of floats, a numpy array, an ``array.array`` or any other buffer of float32 (copied in
one piece) or float64. NaN, infinity, a wrong number of numbers, and a zero vector under cosine are refused with
InvalidArgumentError before anything is written. Several embeddings are a sequence of such, or a two-dimensional buffer.

A filter is a dict: ``{"field": value}`` asks for equality; ``{"field": {"$gte": 3, "$lt": 9}}`` uses the operators $eq
$ne $gt $gte $lt $lte $in $nin $exists $contains; ``$and``, ``$or`` (lists of filters) and ``$not`` combine filters. A
missing field satisfies nothing but ``{"$exists": False}``.
"""

from typing import Any, List, Mapping, Optional, Sequence, Union, overload

from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered, RowMethods, is_native
from ._toondb import Query
from ._types import CollectionInfo, Document, Durability, Metadata, Metric

Vector = Any
"""One embedding: a sequence of floats or a one-dimensional buffer of float32 or float64."""

Vectors = Any
"""Several embeddings: a sequence of them or a two-dimensional buffer of float32 or float64, a row each."""

Filter = Mapping[str, Any]
"""A condition on metadata."""


class CollectionMethods(RowMethods):
    """Documents ``{id, content, embedding, metadata}``.

    In a format the rows have the columns id, content, metadata and embedding; those of a search also score and
    distance. See :class:`Rendered` for format, columns and tokenizer.
    """

    def create_collection(
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
        self._create_collection(namespace, name, dimension, metric, metadata)
        return True

    def list_collections(self, namespace: str = "default") -> List[str]:
        """The names of a namespace's collections, in order."""
        return self._list_collections(namespace)

    def describe_collection(self, name: str, namespace: str = "default") -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return self._describe_collection(namespace, name)

    def drop_collection(self, name: str, namespace: str = "default") -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return self._drop_collection(namespace, name)

    def add_documents(
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
        return self._add_documents(namespace, collection_name, documents, embeddings, durability)

    def get_document(
        self, collection_name: str, id: str, namespace: str = "default", include_embeddings: bool = False
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return self._read(namespace, Query.get_documents(collection_name, [id], include_embeddings))[0]

    @overload
    def get_documents(
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
    def get_documents(
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
    def get_documents(
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

    def get_documents(
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
        query = Query.get_documents(collection_name, ids, include_embeddings)
        if is_native(format, columns, tokenizer):
            return self._read(namespace, query)
        return self._in_format(namespace, query, format, columns, tokenizer)

    def delete_documents(
        self, collection_name: str, ids: Sequence[str], namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        return self._delete_documents(namespace, collection_name, ids, durability)

    def delete_by_filter(
        self, collection_name: str, filter: Filter, namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete every document that matches, in one commit. Returns how many. A filter that is true of every document by
        its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        return self._delete_by_filter(namespace, collection_name, filter, durability)

    def count(self, collection_name: str, namespace: str = "default", filter: Optional[Filter] = None) -> int:
        """How many documents there are, or how many match."""
        return self._count_documents(namespace, collection_name, filter)

    @overload
    def search_collection(
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
    def search_collection(
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
    def search_collection(
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

    def search_collection(
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
        read = Query.search_collection(collection_name, query, k, filter, ef, include_embeddings)
        if is_native(format, columns, tokenizer):
            return self._read(namespace, read)
        return self._in_format(namespace, read, format, columns, tokenizer)

    def search_collection_batch(
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
        return self._search_collection_batch(namespace, collection_name, queries, k, ef, filter, include_embeddings)
