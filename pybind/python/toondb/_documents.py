"""Collections of documents, searched by embedding and filtered by metadata.

An embedding is a list or tuple of floats, a numpy array, an ``array.array`` or any other buffer of float32 (copied in
one piece) or float64. NaN, infinity, a wrong number of numbers, and a zero vector under cosine are refused with
InvalidArgumentError before anything is written. Several embeddings are a sequence of such, or a two-dimensional buffer.
"""

from dataclasses import replace
from functools import partial
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from ._bulk import Progress, chunks_of, documents_of, reporter
from ._document_writes import AddedIds, Affected, OnConflict
from ._errors import ErrorCode, from_code
from ._methods import Arguments, Methods, Steps, always_true, any_of, first, ttl_ms
from ._rows import Rows
from ._toondb import Core, split_rows
from ._types import (
    CollectionInfo,
    Document,
    Durability,
    Metadata,
    Metric,
    Span,
)

Vector = Any
"""One embedding: a sequence of floats or a one-dimensional buffer of float32 or float64."""

Vectors = Any
"""Several embeddings: a sequence of them or a two-dimensional buffer of float32 or float64, a row each."""

Filter = Mapping[str, Any]
"""A condition on documents; :class:`DocumentMethods` tells its forms."""

Documents = Any
"""Documents to add: dicts or :class:`Document`, any iterable of them; or a table, a row each (pandas, pyarrow, polars)."""

CHUNK_DOCUMENTS_DEFAULT = 10_000
"""Documents of a chunk where progress is wanted and nothing says how large chunks are."""


def _with_embeddings(documents: Documents, embeddings: Optional[Vectors]) -> Documents:
    """Documents, also those of a table, each with its row of ``embeddings`` if there are any."""
    documents = documents_of(documents)
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


def answers(asked: Vectors, missing_ok: bool, lists: "List[List[Any]]") -> "List[Rows[Any]]":
    """The answers to several searches; vectors of another dimension would be taken for more of them, or fewer."""
    if missing_ok and not lists:
        # There is no collection, and so no dimension that says how many searches the numbers are.
        return Rows.each([] for _ in asked)
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

    ``"address.city"`` is the field of this very name, or else ``city`` in the dict ``address``; lists are not entered, so ask
    for an element with ``$contains`` or ``$any``. ``$id`` and ``$content`` are the document's own; contents are read for it,
    so narrow such a filter by other fields. Names that begin with ``$`` or hold dots: ``{"$field": [["$price"], {"$gt": 3}]}``.

    A field that a document lacks satisfies nothing but ``{"$exists": False}`` and a ``$not``. An operator that is unknown or
    lacks its ``$``, and an operand that can match nothing, raise InvalidArgumentError, which names the likely one.

    In metadata and filters an aware ``datetime`` is its UTC time to the millisecond as a text,
    ``2026-01-31T12:00:00.000Z``, and a ``date`` is ``2026-01-31``: they compare in the order of time, and come back as texts.

    As rows they have the columns id, content and metadata, and embedding if asked for; those of a search also score and
    distance. ``missing_ok``: a collection that does not exist holds nothing, instead of raising CollectionNotFoundError.
    """

    def create_collection(
        self,
        name: str,
        dimension: Optional[int] = None,
        namespace: str = "default",
        *,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> bool:
        """Create a collection for embeddings of ``dimension`` numbers; None = as many as the first has. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised. A dimension
        or metadata that is left out is the same as any.
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

    def update_collection(self, name: str, *, metadata: Metadata, namespace: str = "default") -> CollectionInfo:
        """Give a collection other metadata, in the place of what it had. Raises CollectionNotFoundError."""
        return self._call("UpdateCollection", namespace, {"collection": name, "metadata": metadata}, first)

    def truncate(self, name: str, *, namespace: str = "default") -> int:
        """Remove every document of a collection and keep the collection, in one commit that takes the same time however
        many there are. Returns how many there were. Raises CollectionNotFoundError.
        """
        return self._call("TruncateCollection", namespace, {"collection": name})

    def add_documents(
        self,
        collection_name: str,
        documents: Documents,
        namespace: str = "default",
        *,
        embeddings: Optional[Vectors] = None,
        on_conflict: OnConflict = "replace",
        ttl: Optional[Span] = None,
        create_missing: bool = False,
        chunk_size: Optional[int] = None,
        progress: Progress = False,
        durability: Durability = "durable",
    ) -> AddedIds:
        """Add documents in their order, all or none. Returns the ids of all of them, in order, with those ``skipped``.

        A document is a dict with ``content``, and optionally ``id`` (otherwise a random one is given), ``embedding``,
        ``metadata`` and ``ttl``; or a :class:`Document`. One without an embedding, or with an empty one, is found by
        everything but a search for the nearest: also one that was read without its embedding and is added again. A table
        of pandas, pyarrow or polars holds a document in each row: in its columns of these names, or an index named ``id``;
        all other columns are fields of the metadata, and a missing value is a field less.
        ``embeddings``, a row for each document, takes the place of their own: the quick way for a numpy matrix.

        on_conflict: what happens where an id exists, be it from the same call: "replace"; "skip", the document that is
        there stays; "error", AlreadyExistsError names the first and nothing is written. ttl: seconds, or a timedelta,
        after which documents without a ``ttl`` of their own are gone. create_missing: create the collection if it does
        not exist, with the cosine metric and the dimension of the first embedding; without it CollectionNotFoundError is
        raised. InvalidArgumentError names what is wrong.

        chunk_size: commit so many at a time, for more than one call takes (100,000, or 80 MiB; embedded 128 MiB): then each chunk is all or
        none, and those before one that fails stay. Documents may then come from a generator that no memory would hold.
        progress: a function that is told how many are written after each chunk, or True for a line on standard error; chunks
        are of 10,000 documents then unless ``chunk_size`` says otherwise.
        """
        arguments = {
            "collection": collection_name,
            "on_conflict": on_conflict,
            "ttl_ms": ttl_ms(ttl),
            "create_missing": create_missing,
            "durability": durability,
        }
        if chunk_size is None and not progress:
            arguments["documents"] = _with_embeddings(documents, embeddings)
            return self._call("AddDocuments", namespace, arguments)
        size = CHUNK_DOCUMENTS_DEFAULT if chunk_size is None else chunk_size
        if not isinstance(size, int) or size < 1:
            raise from_code(ErrorCode.INVALID_ARGUMENT, f"chunk_size: at least 1 document is expected, not {size!r}")
        return self._run(self._add_chunks(namespace, arguments, chunks_of(documents, embeddings, size), progress))

    def _add_chunks(
        self, namespace: str, arguments: Arguments, chunks: Iterator[Tuple[Documents, Vectors]], progress: Progress
    ) -> Steps[AddedIds]:
        added, tell = AddedIds(), reporter(progress)
        for documents, embeddings in chunks:
            chunk = {**arguments, "documents": _with_embeddings(documents, embeddings)}
            ids = yield self._call("AddDocuments", namespace, chunk)
            added.extend(ids)
            added.skipped.extend(ids.skipped)
            tell(len(added), False)
        tell(len(added), True)
        return added

    def update_documents(
        self,
        collection_name: str,
        *,
        ids: Optional[Sequence[str]] = None,
        filter: Optional[Filter] = None,
        all: bool = False,
        set: Optional[Metadata] = None,
        unset: Sequence[str] = (),
        ttl: Optional[Span] = None,
        persist: bool = False,
        return_ids: bool = False,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> Affected:
        """Merge fields into the metadata of documents, in one commit: text and embedding stay as they are. Returns how many
        documents there were; with ``return_ids`` their ``ids`` too.

        Exactly one of ``ids``, ``filter`` and ``all`` says which; an id that does not exist is no error, and a filter that
        is true of every document by its form is refused. set: fields that get these values. unset: fields that go, if
        they are there. ttl: seconds, or a timedelta, after which the documents are gone. persist: they do not expire.
        Whatever breaks a bound after the merge is refused as a whole.
        """
        update = {
            "collection": collection_name,
            "ids": ids,
            "filter": filter,
            "all": all,
            "set": set,
            "unset": unset,
            "ttl_ms": ttl_ms(ttl),
            "persist": persist,
        }
        arguments = {"update": update, "return_ids": return_ids, "durability": durability}
        return self._call("UpdateDocuments", namespace, arguments)

    def get_document(
        self,
        collection_name: str,
        id: str,
        *,
        include_embeddings: bool = False,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        arguments = {
            "collection": collection_name,
            "ids": [id],
            "include_embedding": include_embeddings,
            "missing_ok": missing_ok,
        }
        return self._call("GetDocuments", namespace, arguments, only)

    def get_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        *,
        include_embeddings: bool = False,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> Rows[Optional[Document]]:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        arguments = {
            "collection": collection_name,
            "ids": ids,
            "include_embedding": include_embeddings,
            "missing_ok": missing_ok,
        }
        return self._rows("GetDocuments", namespace, arguments, Rows)

    def delete_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        *,
        return_ids: bool = False,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> Affected:
        """Delete documents by id, in one commit. Returns how many existed; with ``return_ids`` their ``ids`` too."""
        arguments = {"collection": collection_name, "ids": ids, "return_ids": return_ids, "durability": durability}
        return self._call("DeleteDocuments", namespace, arguments)

    def delete_by_filter(
        self,
        collection_name: str,
        filter: Filter,
        *,
        return_ids: bool = False,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> Affected:
        """Delete every document that matches, in one commit. Returns how many; with ``return_ids`` their ``ids`` too. A
        filter that is true of every document by its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        arguments = {
            "collection": collection_name,
            "filter": filter,
            "return_ids": return_ids,
            "durability": durability,
        }
        return self._call("DeleteByFilter", namespace, arguments)

    def count(
        self,
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> int:
        """How many documents there are, or how many match."""
        arguments = {"collection": collection_name, "filter": given(filter), "missing_ok": missing_ok}
        return self._call("CountDocuments", namespace, arguments)

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
        offset: int = 0,
        threshold: Optional[float] = None,
        group_by: Optional[str] = None,
        group_size: Optional[int] = None,
        missing_ok: bool = False,
    ) -> Rows[Document]:
        """Find the ``k`` documents nearest to an embedding, nearest first, ties by id.

        With a filter exactly ``k`` are found whenever ``k`` match. Each result has ``score`` (larger is closer) and
        ``distance``; its ``embedding`` is empty unless ``include_embeddings``. ef: search width, larger is slower and
        finds more of the true nearest; None = a good default. Raises CollectionNotFoundError.

        offset: how many of the nearest to pass over, with ``k`` at most 10,000. threshold: the lowest ``score`` that counts.
        group_by: a field of the metadata, such as the id of the text that a piece is from: at most ``group_size`` results
        (None = 1) have the same value there; a document that lacks it stands for itself. The search goes on until ``k`` are
        found, or all have been looked at.
        """
        arguments = {
            "collection": collection_name,
            "query": query,
            "k": k,
            "filter": given(filter),
            "ef": ef,
            "include_embedding": include_embeddings,
            "offset": offset,
            "threshold": threshold,
            "group_by": group_by,
            "group_size": group_size,
            "missing_ok": missing_ok,
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
        offset: int = 0,
        threshold: Optional[float] = None,
        group_by: Optional[str] = None,
        group_size: Optional[int] = None,
        missing_ok: bool = False,
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
            "offset": offset,
            "threshold": threshold,
            "group_by": group_by,
            "group_size": group_size,
            "missing_ok": missing_ok,
        }
        return self._call("SearchBatchCollection", namespace, arguments, partial(answers, queries, missing_ok))
