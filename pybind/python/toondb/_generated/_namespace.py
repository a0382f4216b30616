"""A handle on a namespace.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import Any, List, Mapping, Optional, Sequence, Tuple, Union, overload

from .._bulk import Progress
from .._checkpoints import ReadableFile
from .._context import Context, Section
from .._document_writes import AddedIds, Affected, OnConflict
from .._documents import Documents, Filter, Vector, Vectors
from .._entries import LogEntry, LogInfo, PrefixEntry
from .._formats import Format, TextFormat, Tokenizer
from .._handles import NamespaceBase
from .._methods import Pages
from .._rows import History, Rendered, Rows
from .._types import (
    CacheHit,
    CacheStats,
    CheckpointInfo,
    CollectionInfo,
    CommitResult,
    Direction,
    Document,
    Durability,
    ExportFormat,
    FacetCount,
    GraphEdge,
    GraphNode,
    IndexInfo,
    Key,
    MergedNodes,
    Metadata,
    Metric,
    NamespaceInfo,
    NamespaceStats,
    Order,
    Path,
    RestoreResult,
    SearchResult,
    Span,
    Subgraph,
    Superseded,
    TemporalEdge,
    TemporalPath,
    TemporalSubgraph,
    Time,
)

from ._batch import WriteBatch
from ._query import Query


class Namespace(NamespaceBase):
    """A namespace: made by :meth:`Database.namespace`. Its methods are those of :class:`Database` without the name."""

    def get(self, key: Key) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent or expired.

        Raises InvalidArgumentError for an empty key and LimitExceededError for one over 8 KiB. A namespace that does
        not exist holds nothing.
        """
        return self._store.get(key, namespace=self.name)

    def put(
        self,
        key: Key,
        value: Key,
        *,
        ttl: Optional[Span] = None,
        if_absent: bool = False,
        durability: Durability = "durable",
    ) -> bool:
        """Write a key, replacing any older value. Returns True.

        if_absent: write only if the key is absent or expired; returns whether it was written.

        ttl: seconds, or a timedelta, from now after which the key is gone; None = for ever. A put without it clears an
        older one. durability: "durable" returns once the write is on disk; "volatile" returns earlier and may lose the
        write in a crash. Raises LimitExceededError for a key over 8 KiB or a value over 64 MiB, QuotaExceededError,
        BusyError, DiskFullError, and OutcomeUnknownError if the disk failed in the middle of it. A namespace that does
        not exist is created.
        """
        return self._store.put(key, value, ttl=ttl, if_absent=if_absent, namespace=self.name, durability=durability)

    def exists(self, key: Key) -> bool:
        """True if the key is present and not expired."""
        return self._store.exists(key, namespace=self.name)

    def delete(self, key: Key, *, durability: Durability = "durable") -> bool:
        """Delete a key. Returns True if it existed; deleting nothing is no error."""
        return self._store.delete(key, namespace=self.name, durability=durability)

    def batch_delete(self, keys: Sequence[Key], *, durability: Durability = "durable") -> int:
        """Delete several keys, all in one commit. Returns how many of them existed. At most 100,000 keys a call."""
        return self._store.batch_delete(keys, namespace=self.name, durability=durability)

    def delete_prefix(self, prefix: Key, *, durability: Durability = "durable") -> Optional[int]:
        """Delete every key that begins with a prefix; otherwise as :meth:`delete_range`. The prefix must not be empty."""
        return self._store.delete_prefix(prefix, namespace=self.name, durability=durability)

    def delete_range(
        self, start: Optional[Key] = None, end: Optional[Key] = None, *, durability: Durability = "durable"
    ) -> Optional[int]:
        """Delete every key at or after start and before end, however many, all in one commit. Returns how many there were.

        None means more than 10,000 keys, or 8 MiB of keys: from this commit on nobody sees them, and they are removed in the
        background; statistics and the quota count them until then. One bound may be left out; ``delete_range(b"")``
        deletes every key. Raises BusyError while 64 such ranges are still being removed.
        """
        return self._store.delete_range(start, end, namespace=self.name, durability=durability)

    def incr(self, key: Key, by: int = 1, *, ttl: Optional[Span] = None, durability: Durability = "durable") -> int:
        """Add to the integer that a key holds, in one step however many do so at once. Returns what it holds now.

        The value is decimal text, as ``get`` shows it: ``put(key, "10")`` begins at 10, and a key that is absent counts
        as 0. by: negative to take away. ttl: the time to live of a key that this makes; one that is there keeps its own,
        so ``incr(key, ttl=60)`` counts what happens in a minute. Raises InvalidArgumentError if the key holds anything
        else, and LimitExceededError for a sum beyond 64 signed bits; then nothing is changed.
        """
        return self._store.incr(key, by, ttl=ttl, namespace=self.name, durability=durability)

    def expire(self, key: Key, ttl: Span, *, durability: Durability = "durable") -> bool:
        """Have a key expire: ttl seconds, or a timedelta, from now. Returns True if the key exists; its value stays.

        The value is written again with it: expiring a large one costs as much as putting it.
        """
        return self._store.expire(key, ttl, namespace=self.name, durability=durability)

    def persist(self, key: Key, *, durability: Durability = "durable") -> bool:
        """Have a key live for ever. Returns True if it would have expired; False if not, or if there is no such key."""
        return self._store.persist(key, namespace=self.name, durability=durability)

    def touch(
        self, keys: Union[Key, Sequence[Key]], *, ttl: Optional[Span] = None, durability: Durability = "durable"
    ) -> int:
        """Give those of the keys that exist another time to live, all in one commit. Returns how many exist.

        ttl: seconds, or a timedelta, from now; None = only count, they keep what they have. One key may be given by
        itself. Values and versions stay, and are written again.
        """
        return self._store.touch(keys, ttl=ttl, namespace=self.name, durability=durability)

    def ttl(self, key: Key) -> Optional[float]:
        """How many seconds a key still lives: ``math.inf`` for one that never expires, None if there is no such key."""
        return self._store.ttl(key, namespace=self.name)

    def put_kv(self, key: str, value: Key, *, ttl: Optional[Span] = None, durability: Durability = "durable") -> bool:
        """Write a text key, stored as UTF-8; otherwise as :meth:`put`."""
        return self._store.put_kv(key, value, self.name, ttl=ttl, durability=durability)

    def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key; otherwise as :meth:`get`."""
        return self._store.get_kv(key, self.name)

    def delete_kv(self, key: str, *, durability: Durability = "durable") -> bool:
        """Delete a text key; otherwise as :meth:`delete`."""
        return self._store.delete_kv(key, self.name, durability=durability)

    def multi_get(self, keys: Sequence[Key]) -> List[Optional[bytes]]:
        """Read several keys at one instant: for each its value, or None if it is absent or expired.

        Together the values may have 72 MiB (LimitExceededError): what may be more is read by a scan, which comes in pages.
        """
        return self._store.multi_get(keys, namespace=self.name)

    def batch_put(
        self,
        entries: Union[Mapping[Key, Key], Sequence[Tuple[Key, Key]]],
        *,
        ttl: Optional[Span] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write several pairs of key and value, a dict or a list of tuples, all or none. Returns True.

        A key given twice takes its last value. ttl and durability are as in :meth:`put` and hold for all of them. At
        most 100,000 pairs a call; more raise LimitExceededError.
        """
        return self._store.batch_put(entries, ttl=ttl, namespace=self.name, durability=durability)

    def compare_and_set(
        self,
        key: Key,
        expected: Optional[Key],
        value: Optional[Key],
        *,
        ttl: Optional[Span] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a key only if it holds `expected` (None = only if it is absent); a value of None deletes it.

        Returns True if the expectation held and the write happened. ttl and durability are as in :meth:`put`.
        """
        return self._store.compare_and_set(key, expected, value, ttl=ttl, namespace=self.name, durability=durability)

    def scan(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        cursor: Optional[bytes] = None,
    ) -> Pages[Tuple[bytes, bytes]]:
        """Read pairs of key and value in order of the keys.

        prefix: only keys that begin with it; start: only keys at or after it; end: only keys before it; all that are
        given must hold. limit: at most so many pairs; None = all. reverse: from the last key to the first. cursor: go
        on where an answer of :meth:`render` ended.

        The pairs come in pages, each read at one instant as the iteration reaches it; a scan at one instant as a whole
        is :meth:`Transaction.scan`.
        """
        return self._store.scan(
            prefix, start=start, end=end, limit=limit, reverse=reverse, cursor=cursor, namespace=self.name
        )

    def scan_keys(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        cursor: Optional[bytes] = None,
    ) -> Pages[bytes]:
        """Read keys in order, without their values; otherwise as :meth:`scan`."""
        return self._store.scan_keys(
            prefix, start=start, end=end, limit=limit, reverse=reverse, cursor=cursor, namespace=self.name
        )

    def scan_prefixes(
        self,
        prefix: Optional[Key] = None,
        *,
        delimiter: Key = "/",
        depth: int = 1,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Pages[PrefixEntry]:
        """List what stands under a prefix, as a directory lists files and folders: ``scan_prefixes("users/")``.

        Keys are cut behind their delimiter number ``depth``, counted from the prefix on, and those that become equal are
        given once, with ``is_prefix``; keys with fewer delimiters are given whole. All in the order of their bytes. What
        stands below a prefix that is given is skipped: the work is that of what is listed. limit, cursor: as in
        :meth:`scan`.
        """
        return self._store.scan_prefixes(
            prefix, delimiter=delimiter, depth=depth, limit=limit, cursor=cursor, namespace=self.name
        )

    def append(self, log: str, values: Union[Key, Sequence[Key]], *, durability: Durability = "durable") -> int:
        """Append one value, or several in one commit. Returns the position of the first; the others follow it.

        However many append at once, each is served and none has to try again. The first position of a new log is 1, or
        lies behind all those of logs that were deleted. At most 100,000 values of at most 64 MiB each, and together 80 MiB through a server, 128 MiB embedded, a call.
        """
        return self._store.append(log, values, namespace=self.name, durability=durability)

    def read_log(
        self,
        log: str,
        *,
        after: Optional[int] = None,
        before: Optional[int] = None,
        last: Optional[int] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[LogEntry]:
        """Read entries in order: ``for position, value in db.read_log("chat", last=20): ...``

        after: only those behind this position, so whoever follows a log gives the last position it has read; before: only
        those before this position; last: of these, only the newest so many. limit: at most so many, the oldest first;
        None = all. cursor: go on where an answer of :meth:`render` ended.
        """
        return self._store.read_log(
            log, after=after, before=before, last=last, limit=limit, cursor=cursor, namespace=self.name
        )

    def pop_log(self, log: str, count: int = 1, *, durability: Durability = "durable") -> Rows[LogEntry]:
        """Take the oldest entries out and return them: no two callers get the same. An empty log gives none.

        At most 10,000 are taken, and none after those with which they are more than 8 MiB. If the answer is lost (OutcomeUnknownError),
        what was taken is lost with it: what must survive its reader is read, worked off, and then trimmed.
        """
        return self._store.pop_log(log, count, namespace=self.name, durability=durability)

    def log_length(self, log: str) -> int:
        """How many entries a log holds."""
        return self._store.log_length(log, namespace=self.name)

    def trim_log(
        self, log: str, *, before: Optional[int] = None, keep: Optional[int] = None, durability: Durability = "durable"
    ) -> int:
        """Delete the oldest entries: those before a position, or all but the newest ``keep``. Returns how many there
        were. At least one of the two is given; where both are, whatever either lets go is deleted.
        """
        return self._store.trim_log(log, before=before, keep=keep, namespace=self.name, durability=durability)

    def delete_log(self, log: str, *, durability: Durability = "durable") -> bool:
        """Delete a log with all its entries. Returns True if it existed."""
        return self._store.delete_log(log, namespace=self.name, durability=durability)

    def list_logs(
        self, prefix: Optional[str] = None, *, limit: Optional[int] = None, cursor: Optional[bytes] = None
    ) -> Rows[LogInfo]:
        """List logs in the order of their names, those without entries too: how many entries each has, and where they
        begin and end. prefix: only names that begin with it. limit, cursor: as in :meth:`read_log`.
        """
        return self._store.list_logs(prefix, limit=limit, cursor=cursor, namespace=self.name)

    def create(
        self,
        metadata: Optional[Metadata] = None,
        *,
        bytes_max: Optional[int] = None,
        vectors_max: Optional[int] = None,
        collections_max: Optional[int] = None,
        exist_ok: bool = True,
    ) -> bool:
        """Create a namespace. Returns True.

        A write to a new name creates it too; this sets its metadata and quota (bytes of live data, vectors, collections
        and indexes; None = no bound). One that exists is left as it is, or raises AlreadyExistsError with
        ``exist_ok=False``.
        """
        return self._store.create_namespace(
            self.name,
            metadata,
            bytes_max=bytes_max,
            vectors_max=vectors_max,
            collections_max=collections_max,
            exist_ok=exist_ok,
        )

    def info(self) -> NamespaceInfo:
        """What is known of a namespace. Raises NamespaceNotFoundError."""
        return self._store.describe_namespace(self.name)

    def stats(self) -> NamespaceStats:
        """The counters of a namespace. Raises NamespaceNotFoundError."""
        return self._store.namespace_stats(self.name)

    def set_quota(
        self,
        *,
        bytes_max: Optional[int] = None,
        vectors_max: Optional[int] = None,
        collections_max: Optional[int] = None,
    ) -> NamespaceInfo:
        """Replace the bounds of a namespace; None = no bound. What exceeds them already stays, only growth is
        refused.
        """
        return self._store.set_quota(
            self.name, bytes_max=bytes_max, vectors_max=vectors_max, collections_max=collections_max
        )

    def flush(self) -> int:
        """Write the log into the store, so that a restart replays nothing. Returns the commit_seq up to which it did.

        No durability depends on it: acknowledged writes are on disk already.
        """
        return self._store.flush(namespace=self.name)

    def create_collection(
        self,
        name: str,
        dimension: Optional[int] = None,
        *,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> bool:
        """Create a collection for embeddings of ``dimension`` numbers; None = as many as the first has. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised. A dimension
        or metadata that is left out is the same as any.
        """
        return self._store.create_collection(name, dimension, self.name, metric=metric, metadata=metadata)

    def list_collections(self) -> List[str]:
        """The names of a namespace's collections, in order."""
        return self._store.list_collections(namespace=self.name)

    def describe_collection(self, name: str) -> CollectionInfo:
        """What a collection is and how many documents it has. Raises CollectionNotFoundError."""
        return self._store.describe_collection(name, namespace=self.name)

    def drop_collection(self, name: str) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return self._store.drop_collection(name, namespace=self.name)

    def update_collection(self, name: str, *, metadata: Metadata) -> CollectionInfo:
        """Give a collection other metadata, in the place of what it had. Raises CollectionNotFoundError."""
        return self._store.update_collection(name, metadata=metadata, namespace=self.name)

    def truncate(self, name: str) -> int:
        """Remove every document of a collection and keep the collection, in one commit that takes the same time however
        many there are. Returns how many there were. Raises CollectionNotFoundError.
        """
        return self._store.truncate(name, namespace=self.name)

    def add_documents(
        self,
        collection_name: str,
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
            collection_name,
            documents,
            self.name,
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
            collection_name,
            ids=ids,
            filter=filter,
            all=all,
            set=set,
            unset=unset,
            ttl=ttl,
            persist=persist,
            return_ids=return_ids,
            namespace=self.name,
            durability=durability,
        )

    def get_document(
        self, collection_name: str, id: str, *, include_embeddings: bool = False, missing_ok: bool = False
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return self._store.get_document(
            collection_name, id, include_embeddings=include_embeddings, missing_ok=missing_ok, namespace=self.name
        )

    def get_documents(
        self, collection_name: str, ids: Sequence[str], *, include_embeddings: bool = False, missing_ok: bool = False
    ) -> Rows[Optional[Document]]:
        """Read documents at one instant: for each id its document, or None; in a format, no row."""
        return self._store.get_documents(
            collection_name, ids, include_embeddings=include_embeddings, missing_ok=missing_ok, namespace=self.name
        )

    def delete_documents(
        self, collection_name: str, ids: Sequence[str], *, return_ids: bool = False, durability: Durability = "durable"
    ) -> Affected:
        """Delete documents by id, in one commit. Returns how many existed; with ``return_ids`` their ``ids`` too."""
        return self._store.delete_documents(
            collection_name, ids, return_ids=return_ids, namespace=self.name, durability=durability
        )

    def delete_by_filter(
        self, collection_name: str, filter: Filter, *, return_ids: bool = False, durability: Durability = "durable"
    ) -> Affected:
        """Delete every document that matches, in one commit. Returns how many; with ``return_ids`` their ``ids`` too. A
        filter that is true of every document by its form, such as ``{}`` or ``{"$or": [{}, x]}``, is refused.
        """
        return self._store.delete_by_filter(
            collection_name, filter, return_ids=return_ids, namespace=self.name, durability=durability
        )

    def count(self, collection_name: str, filter: Optional[Filter] = None, *, missing_ok: bool = False) -> int:
        """How many documents there are, or how many match."""
        return self._store.count(collection_name, filter, missing_ok=missing_ok, namespace=self.name)

    def search_collection(
        self,
        collection_name: str,
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
            collection_name,
            query,
            k,
            self.name,
            filter,
            ef=ef,
            include_embeddings=include_embeddings,
            offset=offset,
            threshold=threshold,
            group_by=group_by,
            group_size=group_size,
            missing_ok=missing_ok,
        )

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
    ) -> List[Rows[Document]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as
        :meth:`search_collection`.
        """
        return self._store.search_collection_batch(
            collection_name,
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
            namespace=self.name,
        )

    def list_documents(
        self,
        collection_name: str,
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
            collection_name,
            filter,
            order_by=order_by,
            descending=descending,
            columns=columns,
            include_embeddings=include_embeddings,
            limit=limit,
            cursor=cursor,
            missing_ok=missing_ok,
            namespace=self.name,
        )

    def list_document_ids(
        self,
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
    ) -> Pages[str]:
        """List the ids of documents in order, without reading anything else of them; otherwise as :meth:`list_documents`."""
        return self._store.list_document_ids(
            collection_name, filter, limit=limit, cursor=cursor, missing_ok=missing_ok, namespace=self.name
        )

    def facet(
        self,
        collection_name: str,
        field: str,
        filter: Optional[Filter] = None,
        *,
        limit: int = 10,
        missing_ok: bool = False,
    ) -> Rows[FacetCount]:
        """The values of a field with how many documents have each: ``for value, count in db.facet("notes", "lang")``.

        The most frequent first, ties by value, at most ``limit`` (1,000 at most). A document whose field is a list counts once
        under each element that it has. 1 and 1.0 are one value. Raises CollectionNotFoundError.
        """
        return self._store.facet(
            collection_name, field, filter, limit=limit, missing_ok=missing_ok, namespace=self.name
        )

    def min_max(
        self, collection_name: str, field: str, filter: Optional[Filter] = None, *, missing_ok: bool = False
    ) -> Optional[Tuple[Any, Any]]:
        """The smallest and the largest value of a field; None if no document has a number or a str there.

        If any has a number, they are those of the numbers, otherwise of the texts; values of other kinds do not count. Raises
        CollectionNotFoundError.
        """
        return self._store.min_max(collection_name, field, filter, missing_ok=missing_ok, namespace=self.name)

    def create_index(self, name: str, dimension: int, metric: Metric = "cosine") -> bool:
        """Create a vector index. Returns True.

        One that exists with the same settings is left as it is; with others, AlreadyExistsError is raised.
        """
        return self._store.create_index(name, dimension, metric, namespace=self.name)

    def list_indexes(self) -> List[str]:
        """The names of a namespace's vector indexes, in order."""
        return self._store.list_indexes(namespace=self.name)

    def describe_index(self, name: str) -> IndexInfo:
        """What an index is and how many vectors it has. Raises CollectionNotFoundError."""
        return self._store.describe_index(name, namespace=self.name)

    def drop_index(self, name: str) -> bool:
        """Drop an index with everything in it. Returns True if it existed."""
        return self._store.drop_index(name, namespace=self.name)

    def insert_vectors(
        self, index_name: str, ids: Sequence[int], vectors: Vectors, *, durability: Durability = "durable"
    ) -> bool:
        """Insert or replace vectors, one for each id, all or none. Returns True.

        ``vectors`` has the shape (len(ids), dimension); a C-contiguous float32 matrix is copied in one piece. At most
        100,000 a call. Raises CollectionNotFoundError, and InvalidArgumentError for wrong shapes, NaN and infinity.
        """
        return self._store.insert_vectors(index_name, ids, vectors, namespace=self.name, durability=durability)

    def get_vectors(self, index_name: str, ids: Sequence[int]) -> List[Optional[List[float]]]:
        """Read vectors at one instant: for each id its numbers, or None."""
        return self._store.get_vectors(index_name, ids, namespace=self.name)

    def delete_vectors(self, index_name: str, ids: Sequence[int], *, durability: Durability = "durable") -> int:
        """Delete vectors by id, in one commit. Returns how many existed."""
        return self._store.delete_vectors(index_name, ids, namespace=self.name, durability=durability)

    def count_vectors(self, index_name: str) -> int:
        """How many vectors an index has."""
        return self._store.count_vectors(index_name, namespace=self.name)

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
    ) -> Rows[SearchResult]:
        """Find the ``k`` vectors nearest to a query, nearest first, ties by id. Raises CollectionNotFoundError.

        ef: search width, larger is slower and finds more of the true nearest; None = a good default. offset: how many of the
        nearest to pass over, with ``k`` at most 10,000. threshold: the lowest ``score`` that counts.
        """
        return self._store.search(
            index_name,
            query,
            k,
            ef=ef,
            include_embeddings=include_embeddings,
            offset=offset,
            threshold=threshold,
            namespace=self.name,
        )

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
    ) -> List[Rows[SearchResult]]:
        """Several searches at one instant, at most 1,000: a list of results for each query, as :meth:`search`."""
        return self._store.search_batch(
            index_name,
            queries,
            k,
            ef=ef,
            include_embeddings=include_embeddings,
            offset=offset,
            threshold=threshold,
            namespace=self.name,
        )

    def add_node(
        self, node_id: str, node_type: str, properties: Optional[Metadata] = None, *, durability: Durability = "durable"
    ) -> bool:
        """Add a node, or replace its type and properties. Returns True."""
        return self._store.add_node(node_id, node_type, properties, self.name, durability=durability)

    def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return self._store.get_node(node_id, namespace=self.name)

    def get_nodes(self, node_ids: Sequence[str]) -> Rows[Optional[GraphNode]]:
        """Read nodes at one instant: for each id its node, or None; in a format, no row."""
        return self._store.get_nodes(node_ids, namespace=self.name)

    def list_nodes(
        self,
        *,
        node_type: Optional[str] = None,
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[GraphNode]:
        """The nodes of a type, or all, that match, by id; at most ``limit``, None = all.

        More than 1,000 are read in pages, each at one instant. cursor: go on where an answer of :meth:`render` ended.
        """
        return self._store.list_nodes(
            node_type=node_type, filter=filter, limit=limit, cursor=cursor, namespace=self.name
        )

    def count_nodes(self, *, node_type: Optional[str] = None, filter: Optional[Filter] = None) -> int:
        """How many nodes there are, of a type, and that match."""
        return self._store.count_nodes(node_type=node_type, filter=filter, namespace=self.name)

    def update_node(
        self,
        node_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        node_type: Optional[str] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Set and remove properties of a node, and give it another type; the rest stays. Returns False, and does nothing, if
        there is no such node.
        """
        return self._store.update_node(
            node_id, set, unset=unset, node_type=node_type, namespace=self.name, durability=durability
        )

    def merge_nodes(self, source_id: str, target_id: str, *, durability: Durability = "durable") -> MergedNodes:
        """Make one node of two: what is said of the source is said of the target from then on, and the source is gone.

        Edges and temporal facts move in both directions. Where both have a property, of the node or of an edge with the same
        ends and type, the target's stays, and so does its type. An edge between the two becomes a loop. Facts keep the times
        at which they hold and were believed, as if they had always been about the target; where both had a belief in the
        same fact at the same time, the target's stands. Raises NodeNotFoundError if the source was added and the target was
        not, LimitExceededError if more would move than one commit takes: nothing has changed then.
        """
        return self._store.merge_nodes(source_id, target_id, namespace=self.name, durability=durability)

    def delete_node(self, node_id: str, *, durability: Durability = "durable") -> bool:
        """Delete a node with all its edges and temporal edges, both ways. Returns True if it existed.

        False means that nothing has changed: facts about a node that was never added are erased by :meth:`erase_temporal`.
        """
        return self._store.delete_node(node_id, namespace=self.name, durability=durability)

    def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        *,
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Returns True. Raises NodeNotFoundError unless both nodes exist."""
        return self._store.add_edge(from_id, edge_type, to_id, properties, self.name, durability=durability)

    def delete_edge(self, from_id: str, edge_type: str, to_id: str, *, durability: Durability = "durable") -> bool:
        """Delete an edge. Returns True if it existed."""
        return self._store.delete_edge(from_id, edge_type, to_id, namespace=self.name, durability=durability)

    def get_edge(self, from_id: str, edge_type: str, to_id: str) -> Optional[GraphEdge]:
        """Read an edge; None if there is none."""
        return self._store.get_edge(from_id, edge_type, to_id, namespace=self.name)

    def update_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        durability: Durability = "durable",
    ) -> bool:
        """Set and remove properties of an edge; the rest stays. Returns False, and does nothing, if there is no such edge."""
        return self._store.update_edge(
            from_id, edge_type, to_id, set, unset=unset, namespace=self.name, durability=durability
        )

    def list_edges(
        self,
        node_ids: Optional[Sequence[str]] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        filter: Optional[Filter] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[GraphEdge]:
        """The edges of several nodes, node by node as given, each as :meth:`get_edges`; None = all edges, by start.

        Each edge is given once: one between two of the nodes with the one that is named first. More than 1,000 are read in
        pages, each at one instant.
        """
        return self._store.list_edges(
            node_ids, edge_types, filter=filter, direction=direction, limit=limit, cursor=cursor, namespace=self.name
        )

    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[GraphEdge]:
        """The edges of a node, outgoing ones first, then by type and other end; at most ``limit``, None = all.

        More than 1,000 are read in pages, each at one instant. cursor: go on where an answer of :meth:`render` ended.
        """
        return self._store.get_edges(
            node_id, edge_types, direction=direction, filter=filter, limit=limit, cursor=cursor, namespace=self.name
        )

    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        *,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
        limit: Optional[int] = None,
    ) -> Subgraph:
        """Walk the graph from a node: ``nodes, edges = db.traverse("a")``.

        max_depth: most edges between the start and a visited node. limit: most nodes; None = 100,000. The result's
        ``truncated`` says whether a limit ended the walk early. An unknown start gives an empty result.
        """
        return self._store.traverse(
            start_node,
            max_depth,
            edge_types,
            self.name,
            order=order,
            direction=direction,
            node_types=node_types,
            node_filter=node_filter,
            edge_filter=edge_filter,
            limit=limit,
        )

    def shortest_path(
        self,
        from_id: str,
        to_id: str,
        max_depth: Optional[int] = None,
        *,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
    ) -> Optional[Path]:
        """A path with the fewest edges, at most ``max_depth`` (None = 16); None if there is none.

        Among several the first by edge type and node id is given.
        """
        return self._store.shortest_path(
            from_id,
            to_id,
            max_depth,
            edge_types=edge_types,
            direction=direction,
            node_types=node_types,
            node_filter=node_filter,
            edge_filter=edge_filter,
            namespace=self.name,
        )

    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
        limit: Optional[int] = None,
    ) -> Subgraph:
        """The nodes one edge away, and those edges. limit: most edges; None = 10,000. Its ``truncated`` says whether there
        were more.
        """
        return self._store.neighbors(
            node_id,
            edge_types,
            direction=direction,
            node_types=node_types,
            node_filter=node_filter,
            edge_filter=edge_filter,
            limit=limit,
            namespace=self.name,
        )

    def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        *,
        durability: Durability = "durable",
        **row: Any,
    ) -> bool:
        """State a fact that holds over ``[valid_from, valid_until)``; an end of 0 or None is open. Returns True.

        The same edge with another ``valid_from`` is another fact; with the same one it replaces the belief and keeps
        the old one in the history. Raises InvalidArgumentError unless the end is after the start. Nodes need not exist.

        row: what else a row of facts has, so that ``add_temporal_edge(namespace, **row)`` takes one as it was read:
        columns ``properties.NAME`` are properties, and when it was believed is left out. (A row of JSON says 0 of an end
        at the first instant of 1970, which here is open.)
        """
        return self._store.add_temporal_edge(
            self.name, from_id, edge_type, to_id, valid_from, valid_until, properties, durability=durability, **row
        )

    def query_temporal_graph(
        self,
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[Time] = None,
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
    ) -> Rows[TemporalEdge]:
        """The facts of a node, ordered by start, type and other end.

        mode: ``POINT_IN_TIME``, those valid at ``timestamp``; ``RANGE``, those valid at some time in ``[start_time,
        end_time)``, where an end left out is open, their periods cut to it with ``clip``; ``CURRENT``, those valid now.
        limit: only the first so many; without one, more than 100,000 raise LimitExceededError. edge_types, direction:
        which edges of the node.

        as_of: as believed at that time, what was written in that very millisecond included; as_of_seq: as believed after
        that commit, exactly (``namespace_stats(name).commit_seq`` is the newest). None = as believed now. Raises
        InvalidArgumentError for times that the mode does not take.
        """
        return self._store.query_temporal_graph(
            self.name,
            node_id,
            mode,
            timestamp,
            start_time,
            end_time,
            edge_types,
            direction=direction,
            as_of=as_of,
            as_of_seq=as_of_seq,
            clip=clip,
            limit=limit,
        )

    def close_temporal_edge(
        self, from_id: str, edge_type: str, to_id: str, at: Optional[Time] = None, *, durability: Durability = "durable"
    ) -> Rows[TemporalEdge]:
        """End what holds of an edge at a time, None = now: its open periods, and those whose planned end is later.
        Returns them as they are believed now.

        Periods that have ended by then, or are planned to begin then or later, stay as they are. Raises EdgeNotFoundError
        if none is left, and InvalidArgumentError if an open one begins then or later.
        """
        return self._store.close_temporal_edge(self.name, from_id, edge_type, to_id, at, durability=durability)

    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        *,
        durability: Durability = "durable",
        **row: Any,
    ) -> Superseded:
        """State the next value of a single-valued relation ``(from_id, edge_type)``, in one step.

        The open fact ends where this one begins. A fact that arrives late, before one already known, is stored closed
        at the start of the next. row: as for :meth:`add_temporal_edge`.
        """
        return self._store.supersede_temporal_edge(
            self.name, from_id, edge_type, to_id, valid_from, valid_until, properties, durability=durability, **row
        )

    def state_fact(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        *,
        valid_from: Optional[Time] = None,
        valid_until: Optional[Time] = None,
        durability: Durability = "durable",
    ) -> Superseded:
        """State the value (``to_id`` and properties) that a single-valued relation has from a time on, None = now.

        As :meth:`supersede_temporal_edge`, but periods of one value that touch are one period. Where the relation has this
        value already nothing is written, which ``changed`` says; a period of the same value that ends where this one
        begins, or begins where it ends, grows. So stating what a sensor says, again and again, keeps one fact for each
        change. valid_until: 0 or None is open.
        """
        return self._store.state_fact(
            self.name,
            from_id,
            edge_type,
            to_id,
            properties,
            valid_from=valid_from,
            valid_until=valid_until,
            durability=durability,
        )

    def traverse_temporal(
        self,
        start_node: str,
        timestamp: Optional[Time] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        *,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> TemporalSubgraph:
        """Walk edges that are all valid at one instant, None = now.

        ``nodes, edges = db.traverse_temporal("ns", "a", t)`` takes the result apart. max_depth, limit and
        ``truncated`` are as in :meth:`traverse`.
        """
        return self._store.traverse_temporal(
            self.name,
            start_node,
            timestamp,
            max_depth,
            edge_types,
            order=order,
            direction=direction,
            as_of=as_of,
            as_of_seq=as_of_seq,
            limit=limit,
        )

    def temporal_shortest_path(
        self,
        from_id: str,
        to_id: str,
        timestamp: Optional[Time] = None,
        max_depth: Optional[int] = None,
        *,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
    ) -> Optional[TemporalPath]:
        """A path with the fewest facts that all hold at one instant, None = now; at most ``max_depth`` of them (None =
        16). None if there is none.

        Nodes need not have been added. Among several the first by edge type and node id is given.
        """
        return self._store.temporal_shortest_path(
            self.name,
            from_id,
            to_id,
            timestamp,
            max_depth,
            edge_types=edge_types,
            direction=direction,
            as_of=as_of,
            as_of_seq=as_of_seq,
        )

    def temporal_neighbors(
        self,
        node_id: str,
        timestamp: Optional[Time] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> TemporalSubgraph:
        """The nodes one fact away at an instant, None = now, and those facts. limit: most facts; None = 10,000."""
        return self._store.temporal_neighbors(
            self.name,
            node_id,
            timestamp,
            edge_types,
            direction=direction,
            as_of=as_of,
            as_of_seq=as_of_seq,
            limit=limit,
        )

    def list_facts(
        self,
        edge_type: Optional[str] = None,
        *,
        from_id: Optional[str] = None,
        to_id: Optional[str] = None,
        mode: Optional[str] = None,
        at: Optional[Time] = None,
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        changed_since: Optional[Time] = None,
        changed_since_seq: Optional[int] = None,
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[TemporalEdge]:
        """Facts across nodes, those valid now unless something else is asked for; at most ``limit``, None = all.

        at: valid at that time. start_time, end_time: valid at some time between, where one left out is open. mode: as for
        :meth:`query_temporal_graph`, if the times do not say it; ``RANGE`` without times is every period. as_of,
        as_of_seq: as believed then. filter: on their properties, as for :meth:`search_collection`.

        changed_since, changed_since_seq: only beliefs asserted or retracted after that time or commit, of any period
        unless one is asked for, retracted ones too; each once, at its last change, by the commit of that. What was
        erased is not told.

        They come by from_id, type, start and to_id; those of one ``to_id`` by type, start and from_id. More than 1,000 are
        read in pages, each at one instant. cursor: go on where an answer of :meth:`render` ended.
        """
        return self._store.list_facts(
            self.name,
            edge_type,
            from_id=from_id,
            to_id=to_id,
            mode=mode,
            at=at,
            start_time=start_time,
            end_time=end_time,
            as_of=as_of,
            as_of_seq=as_of_seq,
            changed_since=changed_since,
            changed_since_seq=changed_since_seq,
            filter=filter,
            limit=limit,
            cursor=cursor,
        )

    def temporal_history(
        self,
        node_id: str,
        edge_type: Optional[str] = None,
        *,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        newest_first: bool = False,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> History[TemporalEdge]:
        """Every belief about a node's facts, also retracted and replaced ones; at most ``limit``, None = all.

        They come by type, start, other end and commit; with ``newest_first`` those that begin last come first, whatever
        their type, and of one fact the newest belief. edge_type, other_id: only facts of this type, or with this node at
        the other end. start_time, end_time: only beliefs in periods that overlap ``[start_time, end_time)`` in valid
        time; one left out is open. as_of, as_of_seq: the history as it was known then. cursor: go on where an answer of
        :meth:`render` ended.
        """
        return self._store.temporal_history(
            self.name,
            node_id,
            edge_type,
            other_id=other_id,
            direction=direction,
            start_time=start_time,
            end_time=end_time,
            as_of=as_of,
            as_of_seq=as_of_seq,
            newest_first=newest_first,
            limit=limit,
            cursor=cursor,
        )

    def erase_temporal(
        self,
        from_id: Optional[str] = None,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        *,
        node_id: Optional[str] = None,
        filter: Optional[Filter] = None,
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        durability: Durability = "durable",
    ) -> int:
        """Remove facts with their whole history, for privacy. Returns how many beliefs, retracted ones too.

        No query finds them again, at any time or belief. All that is given must hold: from_id, to_id: where they begin,
        where they end; node_id: where they begin or end; edge_type: their type; filter: on the properties of each belief.
        start_time, end_time: facts whose period lies between, as they were believed last; an open one ends nowhere.

        Many are removed in several commits; an error in between leaves those that are left.
        """
        return self._store.erase_temporal(
            self.name,
            from_id,
            edge_type,
            to_id,
            node_id=node_id,
            filter=filter,
            start_time=start_time,
            end_time=end_time,
            durability=durability,
        )

    def cache_get(
        self,
        cache: str,
        query: Optional[str] = None,
        embedding: Optional[Vector] = None,
        *,
        threshold: Optional[float] = None,
    ) -> Optional[CacheHit]:
        """Look an answer up: the entry whose key is ``query``, otherwise the one most similar to ``embedding``; None
        if there is none.

        threshold: the lowest cosine similarity that counts, -1 to 1; None = 0.85. At least one of query and embedding
        is given, otherwise InvalidArgumentError is raised; also for an embedding of another dimension than the cache's.
        A cache that does not exist holds nothing.
        """
        return self._store.cache_get(cache, query, embedding, threshold=threshold, namespace=self.name)

    def cache_put(
        self,
        cache: str,
        key: str,
        value: str,
        embedding: Vector,
        *,
        ttl: Optional[Span] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Remember an answer; an entry with the same key is replaced. Returns True.

        ttl: seconds, or a timedelta, from now after which the entry is gone; None = it stays. Raises
        InvalidArgumentError for an empty key and for an embedding that does not fit the cache, and LimitExceededError
        for a key or value that is too long.
        """
        return self._store.cache_put(cache, key, value, embedding, ttl=ttl, namespace=self.name, durability=durability)

    def cache_invalidate(self, cache: str, pattern: str, *, durability: Durability = "durable") -> int:
        """Forget the entries whose whole key matches a glob. Returns how many.

        ``*`` stands for any characters, ``?`` for one, ``[a-z]`` for one of a set, ``[!a-z]`` for one outside it; a
        backslash takes the next character as it is. ``"*"`` empties the cache.
        """
        return self._store.cache_invalidate(cache, pattern, namespace=self.name, durability=durability)

    def cache_stats(self, cache: str) -> CacheStats:
        """The counters of a cache, with its ``hit_rate``; all zero if it does not exist."""
        return self._store.cache_stats(cache, namespace=self.name)

    def create_checkpoint(
        self, name: str = "", *, include_patterns: Sequence[str] = (), metadata: Optional[Metadata] = None
    ) -> CheckpointInfo:
        """Take a checkpoint of a namespace as it is now; writes go on meanwhile and are not in it.

        name: for people, need not be unique. include_patterns: globs over keys (as in :meth:`cache_invalidate`); with
        any, the checkpoint holds only the key-values whose key matches one, otherwise the whole namespace. metadata:
        whatever is to be remembered about it. Raises NamespaceNotFoundError, LimitExceededError and DiskFullError.
        """
        return self._store.create_checkpoint(
            name, include_patterns=include_patterns, metadata=metadata, namespace=self.name
        )

    def list_checkpoints(self) -> List[CheckpointInfo]:
        """The checkpoints of a namespace, oldest first, also of one that was deleted since."""
        return self._store.list_checkpoints(namespace=self.name)

    def restore_checkpoint(self, checkpoint_id: str, *, overwrite: bool = False) -> RestoreResult:
        """Make a namespace hold what a checkpoint holds, in one step: a crash leaves all of the old or all of the new.

        namespace: where to; None = the one it was taken of. One that holds anything is refused with AlreadyExistsError
        unless ``overwrite``. Raises CheckpointNotFoundError.
        """
        return self._store.restore_checkpoint(checkpoint_id, namespace=self.name, overwrite=overwrite)

    def import_checkpoint(
        self, path: ReadableFile, *, name: str = "", format: ExportFormat = "binary"
    ) -> CheckpointInfo:
        """Make a checkpoint of a namespace from an exported file; :meth:`restore_checkpoint` puts it to use.

        path: where from; or a file open for reading bytes, read to its end and left open. name: for people; empty = the
        one in the export. What is damaged or no export is refused with InvalidArgumentError or CorruptError, and leaves
        no checkpoint behind.
        """
        return self._store.import_checkpoint(path, name=name, format=format, namespace=self.name)

    @overload
    def render(
        self,
        query: Query,
        *,
        format: TextFormat = "toon",
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def render(
        self,
        query: Query,
        *,
        format: Format,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def render(
        self,
        query: Query,
        *,
        format: Format = "toon",
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """The rows of a read in a format, written by the engine.

        format: ``"toon"``, ``"json"``, ``"markdown"`` and ``"auto"`` (TOON or compact JSON, whichever has fewer tokens for
        the rows at hand) give a :class:`Rendered`; ``"columnar"`` gives a ``pyarrow.Table``, or an :class:`ArrowStream`
        if pyarrow is not installed; ``"pandas"`` a ``pandas.DataFrame``. The members of :class:`WireFormat` and
        :class:`ContextFormat` are taken too. tokenizer, ``"o200k"`` or ``"cl100k"``, asks for the number of tokens;
        ``"auto"`` counts by itself.

        columns: those wanted, in order; what is left out is not read. ``metadata`` and ``properties`` stand for all
        their fields, ``metadata.year`` for one, which is null in rows that lack it. None = all but the embedding, which
        is there if the query asked for it.

        A text holds one answer: at most 10,000 rows of a read that comes in pages, and 8 MiB. What is more than that,
        and was not cut by the query's own ``limit``, raises LimitExceededError; ask with a limit, and go on with the
        result's ``cursor``. Tables hold as many answers as there are.
        """
        return self._store.render(query, format=format, columns=columns, tokenizer=tokenizer, namespace=self.name)

    def query_context(
        self,
        sections: Sequence[Section],
        token_limit: int,
        *,
        format: TextFormat = "toon",
        tokenizer: Tokenizer = "o200k",
        deduplicate: bool = True,
    ) -> Context:
        """Put sections together into one text that never has more tokens than ``token_limit``.

        The sections stand in the text in the order given, and all read at one instant. Their rows are taken in the
        order of priority, as many as fit; what is left out is reported in the result's ``sections``. format: of the
        rows; with ``auto`` each section takes its own. tokenizer: by which tokens are counted, on the final text.
        deduplicate: give what several sections found only in the most important of them.

        At most 64 sections and 1,000,000 tokens. Raises InvalidArgumentError if not even one row fits.
        """
        return self._store.query_context(
            sections, token_limit, format=format, tokenizer=tokenizer, deduplicate=deduplicate, namespace=self.name
        )

    def commit(self, batch: WriteBatch, *, durability: Durability = "durable") -> CommitResult:
        """Check a batch's preconditions and make its writes, all or nothing.

        Raises TransactionConflictError if a precondition does not hold. The batch may be committed again.
        """
        return self._store.commit(batch, namespace=self.name, durability=durability)
