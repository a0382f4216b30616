"""A handle on a collection.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import Any, List, Optional, Sequence, Tuple

from .._bulk import Progress
from .._document_writes import AddedIds, Affected, OnConflict
from .._documents import Documents, Filter, Vector, Vectors
from .._handles import CollectionBase
from .._methods import Pages
from .._rows import Rows
from .._types import CollectionInfo, Document, Durability, FacetCount, Metadata, Span


class Collection(CollectionBase):
    """A collection: made by :meth:`Namespace.collection`. Its methods are those of :class:`Database` without the names."""

    def info(self) -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return self._store.describe_collection(self.name, namespace=self.namespace)

    def drop(self) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return self._store.drop_collection(self.name, namespace=self.namespace)

    def set_metadata(self, *, metadata: Metadata) -> CollectionInfo:
        """Give a collection other metadata, in the place of what it had. Raises CollectionNotFoundError."""
        return self._store.update_collection(self.name, metadata=metadata, namespace=self.namespace)

    def truncate(self) -> int:
        """Remove every document of a collection and keep the collection, in one commit that takes the same time however
        many there are. Returns how many there were. Raises CollectionNotFoundError.
        """
        return self._store.truncate(self.name, namespace=self.namespace)

    def add_documents(
        self,
        documents: Documents,
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
        return self._store.add_documents(
            self.name,
            documents,
            self.namespace,
            embeddings=embeddings,
            on_conflict=on_conflict,
            ttl=ttl,
            create_missing=create_missing,
            chunk_size=chunk_size,
            progress=progress,
            durability=durability,
        )

    def update_documents(
        self,
        *,
        ids: Optional[Sequence[str]] = None,
        filter: Optional[Filter] = None,
        all: bool = False,
        set: Optional[Metadata] = None,
        unset: Sequence[str] = (),
        ttl: Optional[Span] = None,
        persist: bool = False,
        return_ids: bool = False,
        durability: Durability = "durable",
    ) -> Affected:
        """Merge fields into the metadata of documents, in one commit: text and embedding stay as they are. Returns how many
        documents there were; with ``return_ids`` their ``ids`` too.

        Exactly one of ``ids``, ``filter`` and ``all`` says which; an id that does not exist is no error, and a filter that
        is true of every document by its form is refused. set: fields that get these values. unset: fields that go, if
        they are there. ttl: seconds, or a timedelta, after which the documents are gone. persist: they do not expire.
        Whatever breaks a bound after the merge is refused as a whole.
        """
        return self._store.update_documents(
            self.name,
            ids=ids,
            filter=filter,
            all=all,
            set=set,
            unset=unset,
            ttl=ttl,
            persist=persist,
            return_ids=return_ids,
            namespace=self.namespace,
            durability=durability,
        )

    def get(self, id: str, *, include_embeddings: bool = False, missing_ok: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return self._store.get_document(
            self.name, id, include_embeddings=include_embeddings, missing_ok=missing_ok, namespace=self.namespace
        )

    def get_documents(
        self, ids: Sequence[str], *, include_embeddings: bool = False, missing_ok: bool = False
    ) -> Rows[Optional[Document]]:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        return self._store.get_documents(
            self.name, ids, include_embeddings=include_embeddings, missing_ok=missing_ok, namespace=self.namespace
        )

    def delete_documents(
        self, ids: Sequence[str], *, return_ids: bool = False, durability: Durability = "durable"
    ) -> Affected:
        """Delete documents by id, in one commit. Returns how many existed; with ``return_ids`` their ``ids`` too."""
        return self._store.delete_documents(
            self.name, ids, return_ids=return_ids, namespace=self.namespace, durability=durability
        )

    def delete_by_filter(
        self, filter: Filter, *, return_ids: bool = False, durability: Durability = "durable"
    ) -> Affected:
        """Delete every document that matches, in one commit. Returns how many; with ``return_ids`` their ``ids`` too. A
        filter that is true of every document by its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        return self._store.delete_by_filter(
            self.name, filter, return_ids=return_ids, namespace=self.namespace, durability=durability
        )

    def count(self, filter: Optional[Filter] = None, *, missing_ok: bool = False) -> int:
        """How many documents there are, or how many match."""
        return self._store.count(self.name, filter, missing_ok=missing_ok, namespace=self.namespace)

    def search(
        self,
        query: Vector,
        k: int = 10,
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
        return self._store.search_collection(
            self.name,
            query,
            k,
            self.namespace,
            filter,
            ef=ef,
            include_embeddings=include_embeddings,
            offset=offset,
            threshold=threshold,
            group_by=group_by,
            group_size=group_size,
            missing_ok=missing_ok,
        )

    def search_batch(
        self,
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
    ) -> List[Rows[Document]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as
        :meth:`search_collection`.
        """
        return self._store.search_collection_batch(
            self.name,
            queries,
            k,
            filter=filter,
            ef=ef,
            include_embeddings=include_embeddings,
            offset=offset,
            threshold=threshold,
            group_by=group_by,
            group_size=group_size,
            missing_ok=missing_ok,
            namespace=self.namespace,
        )

    def list(
        self,
        filter: Optional[Filter] = None,
        *,
        order_by: Optional[str] = None,
        descending: bool = False,
        columns: Optional[Sequence[str]] = None,
        include_embeddings: bool = False,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
    ) -> Pages[Document]:
        """List documents, all or those that match, in the order of their ids or of a field of their metadata.

        order_by: the field. Values of different kinds stand in the order None, bool, numbers, str, bytes, lists, dicts; of one
        value, and of those that lack the field, which come last, documents stand by id. descending: the other way round; with
        order_by the values alone. columns: what is read of each, ``id``, ``content``, ``embedding``, ``metadata`` or
        ``metadata.<name>``; the rest stays empty. None = all but the embedding, that too with ``include_embeddings``. limit:
        at most so many; None = all.

        The documents come in pages, each read at one instant as the iteration reaches it; ``rows()`` gives all that are left
        as a list. Writes between two pages make no document appear twice, and leave none out that was there all the time.
        cursor: go on where another list of the same order ended, by its ``cursor``. Raises CollectionNotFoundError.
        """
        return self._store.list_documents(
            self.name,
            filter,
            order_by=order_by,
            descending=descending,
            columns=columns,
            include_embeddings=include_embeddings,
            limit=limit,
            cursor=cursor,
            missing_ok=missing_ok,
            namespace=self.namespace,
        )

    def list_ids(
        self,
        filter: Optional[Filter] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
    ) -> Pages[str]:
        """List the ids of documents in order, without reading anything else of them; otherwise as :meth:`list_documents`."""
        return self._store.list_document_ids(
            self.name, filter, limit=limit, cursor=cursor, missing_ok=missing_ok, namespace=self.namespace
        )

    def facet(
        self, field: str, filter: Optional[Filter] = None, *, limit: int = 10, missing_ok: bool = False
    ) -> Rows[FacetCount]:
        """The values of a field with how many documents have each: ``for value, count in db.facet("notes", "lang")``.

        The most frequent first, ties by value, at most ``limit`` (1,000 at most). A document whose field is a list counts once
        under each element that it has. 1 and 1.0 are one value. Raises CollectionNotFoundError.
        """
        return self._store.facet(self.name, field, filter, limit=limit, missing_ok=missing_ok, namespace=self.namespace)

    def min_max(
        self, field: str, filter: Optional[Filter] = None, *, missing_ok: bool = False
    ) -> Optional[Tuple[Any, Any]]:
        """The smallest and the largest value of a field; None if no document has a number or a str there.

        If any has a number, they are those of the numbers, otherwise of the texts; values of other kinds do not count. Raises
        CollectionNotFoundError.
        """
        return self._store.min_max(self.name, field, filter, missing_ok=missing_ok, namespace=self.namespace)
