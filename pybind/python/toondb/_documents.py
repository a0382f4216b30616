"""Collections of documents, searched by embedding and filtered by metadata.

An embedding is a list or tuple of floats, a numpy array, an ``array.array`` or any other buffer of float32 (copied in
one piece) or float64. NaN, infinity, a wrong number of numbers, and a zero vector under cosine are refused with
InvalidArgumentError before anything is written. Several embeddings are a sequence of such, or a two-dimensional buffer.
"""

from dataclasses import replace
from functools import partial
from typing import Any, List, Mapping, Optional, Sequence, Union

from ._errors import ErrorCode, from_code
from ._methods import Methods, always_true, any_of, first
from ._rows import Rows
from ._toondb import Core, split_rows
from ._types import CollectionInfo, Document, Durability, Metadata, Metric

Vector = Any
"""One embedding: a sequence of floats or a one-dimensional buffer of float32 or float64."""

Vectors = Any
"""Several embeddings: a sequence of them or a two-dimensional buffer of float32 or float64, a row each."""

Filter = Mapping[str, Any]
"""A condition on documents; :class:`DocumentMethods` tells its forms."""

Documents = Sequence[Union[Mapping[str, Any], Document]]
"""Documents to add: dicts or :class:`Document`."""


def _with_embeddings(documents: Documents, embeddings: Optional[Vectors]) -> Documents:
    """Documents, each with its row of ``embeddings`` if there are any."""
    if embeddings is None:
        return documents
    all_of_them, rows = list(documents), split_rows(embeddings)
    if len(all_of_them) != len(rows):
        text = f"{len(rows)} embeddings for {len(all_of_them)} documents; give one row for each"
        raise from_code(ErrorCode.INVALID_ARGUMENT, text)
    return [
        replace(document, embedding=row) if isinstance(document, Document) else {**document, "embedding": row}
        for document, row in zip(all_of_them, rows)
    ]


def given(filter: Optional[Filter]) -> Optional[Filter]:
    """A filter, if it asks for anything: None and an empty dict do not."""
    return None if isinstance(filter, Mapping) and len(filter) == 0 else filter


def answers(asked: Vectors, lists: "List[List[Any]]") -> "List[Rows[Any]]":
    """The answers to several searches; vectors of another dimension would be taken for more of them, or fewer."""
    if len(lists) != len(asked):
        text = f"{len(asked)} queries are of another dimension than what they search: {len(lists)} would fit"
        raise from_code(ErrorCode.INVALID_ARGUMENT, text)
    return Rows.each(lists)


def only(documents: "List[Optional[Document]]") -> Optional[Document]:
    """The document of a read of one."""
    return documents[0]


class DocumentMethods(Core, Methods):
    """Documents ``{id, content, embedding, metadata}``.

    A filter is a dict over metadata: ``{"year": 2026}`` asks for equality, ``{"year": {"$gte": 2020, "$lt": 2030}}`` uses
    operators; several fields are joined by "and"; ``$and``, ``$or`` (lists of filters) and ``$not`` combine filters.

    ==================================  ===============================================================================
    ``$eq $ne $gt $gte $lt $lte``       compare with a value; the ordered ones with values of one kind
    ``$in $nin``                        equal to one, to none of a list
    ``$exists``                         whether the field is there
    ``$contains $icontains``            a part of a text or an element of a list; without regard to case
    ``$startswith``                     the beginning of a text
    ``$all $any``                       a list with all, with at least one of these elements
    ``$not``                            negates the operators in it
    ==================================  ===============================================================================

    ``"address.city"`` is the field of this very name, or else ``city`` in the dict ``address``; lists are not entered. ``$id``
    and ``$content`` are the document's own; contents are read for it, so narrow such a filter by other fields. Names that
    begin with ``$`` or hold dots: ``{"$field": [["$price"], {"$gt": 3}]}``.

    A field that a document lacks satisfies nothing but ``{"$exists": False}`` and a ``$not``. An operator that is unknown or
    lacks its ``$``, and an operand that can match nothing, raise InvalidArgumentError, which names the likely one.

    In metadata and filters an aware ``datetime`` is its UTC time to the millisecond as a text, ``2026-01-31T12:00:00.000Z``, and a
    ``date`` is ``2026-01-31``: they compare in the order of time, and come back as texts.

    As rows they have the columns id, content and metadata, and embedding if asked for; those of a search also score and
    distance.
    """

    def create_collection(
        self,
        name: str,
        dimension: int,
        namespace: str = "default",
        *,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> bool:
        """Create a collection for embeddings of ``dimension`` numbers. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised.
        """
        arguments = {"collection": name, "dimension": dimension, "metric": metric, "metadata": metadata}
        return self._call("CreateCollection", namespace, arguments, always_true)

    def list_collections(self, *, namespace: str = "default") -> List[str]:
        """The names of a namespace's collections, in order."""
        return self._call("ListCollections", namespace, {})

    def describe_collection(self, name: str, *, namespace: str = "default") -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return self._call("DescribeCollection", namespace, {"collection": name}, first)

    def drop_collection(self, name: str, *, namespace: str = "default") -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return self._call("DropCollection", namespace, {"collection": name}, any_of)

    def add_documents(
        self,
        collection_name: str,
        documents: Documents,
        namespace: str = "default",
        *,
        embeddings: Optional[Vectors] = None,
        durability: Durability = "durable",
    ) -> List[str]:
        """Add or replace documents, all or none. Returns their ids, in order.

        A document is a dict with ``content``, ``embedding``, and optionally ``id`` (otherwise a random one is given)
        and ``metadata``; or a :class:`Document`. ``embeddings``, a row for each document, takes the place of their own:
        the quick way for a numpy matrix. Raises CollectionNotFoundError; InvalidArgumentError names what is wrong.
        """
        whole = _with_embeddings(documents, embeddings)
        arguments = {"collection": collection_name, "documents": whole, "durability": durability}
        return self._call("AddDocuments", namespace, arguments)

    def get_document(
        self, collection_name: str, id: str, *, include_embeddings: bool = False, namespace: str = "default"
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        arguments = {"collection": collection_name, "ids": [id], "include_embedding": include_embeddings}
        return self._call("GetDocuments", namespace, arguments, only)

    def get_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        *,
        include_embeddings: bool = False,
        namespace: str = "default",
    ) -> Rows[Optional[Document]]:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        arguments = {"collection": collection_name, "ids": ids, "include_embedding": include_embeddings}
        return self._rows("GetDocuments", namespace, arguments, Rows)

    def delete_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        *,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        arguments = {"collection": collection_name, "ids": ids, "durability": durability}
        return self._call("DeleteDocuments", namespace, arguments)

    def delete_by_filter(
        self,
        collection_name: str,
        filter: Filter,
        *,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> int:
        """Delete every document that matches, in one commit. Returns how many. A filter that is true of every document by
        its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        arguments = {"collection": collection_name, "filter": filter, "durability": durability}
        return self._call("DeleteByFilter", namespace, arguments)

    def count(self, collection_name: str, filter: Optional[Filter] = None, *, namespace: str = "default") -> int:
        """How many documents there are, or how many match."""
        return self._call("CountDocuments", namespace, {"collection": collection_name, "filter": given(filter)})

    def search_collection(
        self,
        collection_name: str,
        query: Vector,
        k: int = 10,
        namespace: str = "default",
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
        arguments = {
            "collection": collection_name,
            "query": query,
            "k": k,
            "filter": given(filter),
            "ef": ef,
            "include_embedding": include_embeddings,
        }
        return self._rows("SearchCollection", namespace, arguments, Rows)

    def search_collection_batch(
        self,
        collection_name: str,
        queries: Vectors,
        k: int = 10,
        *,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        namespace: str = "default",
    ) -> List[Rows[Document]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as
        :meth:`search_collection`.
        """
        arguments = {
            "collection": collection_name,
            "queries": queries,
            "k": k,
            "filter": given(filter),
            "ef": ef,
            "include_embedding": include_embeddings,
        }
        return self._call("SearchBatchCollection", namespace, arguments, partial(answers, queries))
