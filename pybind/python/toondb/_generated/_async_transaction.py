"""The methods of a transaction, for asyncio.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import Any, List, Optional, Sequence, Tuple, Union

from .._documents import Documents, Filter, Vector, Vectors
from .._entries import LogEntry, LogInfo, PrefixEntry
from .._looped import AsyncPages, awaited, paged
from .._rows import History, Rows
from .._transactions import Transaction
from .._types import (
    CommitResult,
    Direction,
    Document,
    FacetCount,
    GraphEdge,
    GraphNode,
    Key,
    Metadata,
    Order,
    Path,
    SearchResult,
    Span,
    Subgraph,
    TemporalEdge,
    TemporalPath,
    TemporalSubgraph,
    Time,
)


class AsyncTransactionMethods:
    """:class:`Transaction`, awaited."""

    _plain: Transaction

    async def ttl(self, key: Key) -> Optional[float]:
        """How many seconds a key still lives: ``math.inf`` for one that never expires, None if there is no such key."""
        return await awaited(self._plain.ttl(key))

    def scan_prefixes(
        self,
        prefix: Optional[Key] = None,
        *,
        delimiter: Key = "/",
        depth: int = 1,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> AsyncPages[PrefixEntry]:
        """List what stands under a prefix, as a directory lists files and folders: ``scan_prefixes("users/")``.

        Keys are cut behind their delimiter number ``depth``, counted from the prefix on, and those that become equal are
        given once, with ``is_prefix``; keys with fewer delimiters are given whole. All in the order of their bytes. What
        stands below a prefix that is given is skipped: the work is that of what is listed. limit, cursor: as in
        :meth:`scan`.
        """
        return paged(self._plain.scan_prefixes(prefix, delimiter=delimiter, depth=depth, limit=limit, cursor=cursor))

    async def read_log(
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
        return await awaited(
            self._plain.read_log(log, after=after, before=before, last=last, limit=limit, cursor=cursor)
        )

    async def log_length(self, log: str) -> int:
        """How many entries a log holds."""
        return await awaited(self._plain.log_length(log))

    async def list_logs(
        self, prefix: Optional[str] = None, *, limit: Optional[int] = None, cursor: Optional[bytes] = None
    ) -> Rows[LogInfo]:
        """List logs in the order of their names, those without entries too: how many entries each has, and where they
        begin and end. prefix: only names that begin with it. limit, cursor: as in :meth:`read_log`.
        """
        return await awaited(self._plain.list_logs(prefix, limit=limit, cursor=cursor))

    async def count(self, collection_name: str, filter: Optional[Filter] = None, *, missing_ok: bool = False) -> int:
        """How many documents there are, or how many match."""
        return await awaited(self._plain.count(collection_name, filter, missing_ok=missing_ok))

    async def search_collection(
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
        return await awaited(
            self._plain.search_collection(
                collection_name,
                query,
                k,
                filter,
                ef=ef,
                include_embeddings=include_embeddings,
                offset=offset,
                threshold=threshold,
                group_by=group_by,
                group_size=group_size,
                missing_ok=missing_ok,
            )
        )

    async def search_collection_batch(
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
        return await awaited(
            self._plain.search_collection_batch(
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
            )
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
    ) -> AsyncPages[Document]:
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
        return paged(
            self._plain.list_documents(
                collection_name,
                filter,
                order_by=order_by,
                descending=descending,
                columns=columns,
                include_embeddings=include_embeddings,
                limit=limit,
                cursor=cursor,
                missing_ok=missing_ok,
            )
        )

    def list_document_ids(
        self,
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
    ) -> AsyncPages[str]:
        """List the ids of documents in order, without reading anything else of them; otherwise as :meth:`list_documents`."""
        return paged(
            self._plain.list_document_ids(collection_name, filter, limit=limit, cursor=cursor, missing_ok=missing_ok)
        )

    async def facet(
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
        return await awaited(self._plain.facet(collection_name, field, filter, limit=limit, missing_ok=missing_ok))

    async def min_max(
        self, collection_name: str, field: str, filter: Optional[Filter] = None, *, missing_ok: bool = False
    ) -> Optional[Tuple[Any, Any]]:
        """The smallest and the largest value of a field; None if no document has a number or a str there.

        If any has a number, they are those of the numbers, otherwise of the texts; values of other kinds do not count. Raises
        CollectionNotFoundError.
        """
        return await awaited(self._plain.min_max(collection_name, field, filter, missing_ok=missing_ok))

    async def get_vectors(self, index_name: str, ids: Sequence[int]) -> List[Optional[List[float]]]:
        """Read vectors at one instant: for each id its numbers, or None."""
        return await awaited(self._plain.get_vectors(index_name, ids))

    async def search(
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
        return await awaited(
            self._plain.search(
                index_name, query, k, ef=ef, include_embeddings=include_embeddings, offset=offset, threshold=threshold
            )
        )

    async def search_batch(
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
        return await awaited(
            self._plain.search_batch(
                index_name, queries, k, ef=ef, include_embeddings=include_embeddings, offset=offset, threshold=threshold
            )
        )

    async def list_nodes(
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
        return await awaited(self._plain.list_nodes(node_type=node_type, filter=filter, limit=limit, cursor=cursor))

    async def count_nodes(self, *, node_type: Optional[str] = None, filter: Optional[Filter] = None) -> int:
        """How many nodes there are, of a type, and that match."""
        return await awaited(self._plain.count_nodes(node_type=node_type, filter=filter))

    async def list_edges(
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
        return await awaited(
            self._plain.list_edges(node_ids, edge_types, filter=filter, direction=direction, limit=limit, cursor=cursor)
        )

    async def get_edges(
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
        return await awaited(
            self._plain.get_edges(node_id, edge_types, direction=direction, filter=filter, limit=limit, cursor=cursor)
        )

    async def traverse(
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
        return await awaited(
            self._plain.traverse(
                start_node,
                max_depth,
                edge_types,
                order=order,
                direction=direction,
                node_types=node_types,
                node_filter=node_filter,
                edge_filter=edge_filter,
                limit=limit,
            )
        )

    async def shortest_path(
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
        return await awaited(
            self._plain.shortest_path(
                from_id,
                to_id,
                max_depth,
                edge_types=edge_types,
                direction=direction,
                node_types=node_types,
                node_filter=node_filter,
                edge_filter=edge_filter,
            )
        )

    async def neighbors(
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
        return await awaited(
            self._plain.neighbors(
                node_id,
                edge_types,
                direction=direction,
                node_types=node_types,
                node_filter=node_filter,
                edge_filter=edge_filter,
                limit=limit,
            )
        )

    async def query_temporal_graph(
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
        return await awaited(
            self._plain.query_temporal_graph(
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
        )

    async def traverse_temporal(
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
        return await awaited(
            self._plain.traverse_temporal(
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
        )

    async def temporal_shortest_path(
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
        return await awaited(
            self._plain.temporal_shortest_path(
                from_id,
                to_id,
                timestamp,
                max_depth,
                edge_types=edge_types,
                direction=direction,
                as_of=as_of,
                as_of_seq=as_of_seq,
            )
        )

    async def temporal_neighbors(
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
        return await awaited(
            self._plain.temporal_neighbors(
                node_id, timestamp, edge_types, direction=direction, as_of=as_of, as_of_seq=as_of_seq, limit=limit
            )
        )

    async def list_facts(
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
        return await awaited(
            self._plain.list_facts(
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
        )

    async def temporal_history(
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
        return await awaited(
            self._plain.temporal_history(
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
        )

    async def get(self, key: Key) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent."""
        return await awaited(self._plain.get(key))

    async def exists(self, key: Key) -> bool:
        """True if the key is present."""
        return await awaited(self._plain.exists(key))

    async def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return await awaited(self._plain.get_kv(key))

    async def multi_get(self, keys: Sequence[Key]) -> List[Optional[bytes]]:
        """Read several keys: for each its value, or None if it is absent."""
        return await awaited(self._plain.multi_get(keys))

    def scan(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> AsyncPages[Tuple[bytes, bytes]]:
        """Read pairs of key and value in order, at the transaction's snapshot; arguments as for :meth:`Database.scan`.

        What has been iterated over when the transaction commits counts as read.
        """
        return paged(self._plain.scan(prefix, start=start, end=end, limit=limit, reverse=reverse))

    def scan_keys(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> AsyncPages[bytes]:
        """Read keys in order, as :meth:`scan` does pairs."""
        return paged(self._plain.scan_keys(prefix, start=start, end=end, limit=limit, reverse=reverse))

    async def get_document(
        self, collection_name: str, id: str, *, include_embeddings: bool = False
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return await awaited(self._plain.get_document(collection_name, id, include_embeddings=include_embeddings))

    async def get_documents(
        self, collection_name: str, ids: Sequence[str], *, include_embeddings: bool = False
    ) -> List[Optional[Document]]:
        """Read documents by id: for each the document, or None if there is none."""
        return await awaited(self._plain.get_documents(collection_name, ids, include_embeddings=include_embeddings))

    async def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return await awaited(self._plain.get_node(node_id))

    async def get_nodes(self, node_ids: Sequence[str]) -> List[Optional[GraphNode]]:
        """Read nodes by id: for each the node, or None if there is none."""
        return await awaited(self._plain.get_nodes(node_ids))

    async def get_edge(self, from_id: str, edge_type: str, to_id: str) -> Optional[GraphEdge]:
        """Read an edge; None if there is none."""
        return await awaited(self._plain.get_edge(from_id, edge_type, to_id))

    async def put(self, key: Key, value: Key, *, ttl: Optional[Span] = None) -> None:
        """Write a key. ttl: seconds, or a timedelta, from the commit after which it is gone."""
        self._plain.put(key, value, ttl=ttl)

    async def put_kv(self, key: str, value: Key, *, ttl: Optional[Span] = None) -> None:
        """Write a text key."""
        self._plain.put_kv(key, value, ttl=ttl)

    async def delete(self, key: Key) -> None:
        """Delete a key."""
        self._plain.delete(key)

    async def delete_kv(self, key: str) -> None:
        """Delete a text key."""
        self._plain.delete_kv(key)

    async def delete_prefix(self, prefix: Key) -> None:
        """Delete every key that begins with a prefix, which must not be empty."""
        self._plain.delete_prefix(prefix)

    async def delete_range(self, start: Optional[Key] = None, end: Optional[Key] = None) -> None:
        """Delete every key at or after start and before end, however many; one bound may be left out."""
        self._plain.delete_range(start, end)

    async def add_documents(
        self,
        collection_name: str,
        documents: Documents,
        *,
        embeddings: Optional[Vectors] = None,
        ttl: Optional[Span] = None,
        create_missing: bool = False,
    ) -> None:
        """Add or replace documents; each needs an id here. The collection must exist by the commit, unless
        ``create_missing`` says that it may be created.
        """
        self._plain.add_documents(
            collection_name, documents, embeddings=embeddings, ttl=ttl, create_missing=create_missing
        )

    async def update_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        *,
        set: Optional[Metadata] = None,
        unset: Sequence[str] = (),
        ttl: Optional[Span] = None,
        persist: bool = False,
    ) -> None:
        """Merge fields into the metadata of documents; text and embedding stay as they are."""
        self._plain.update_documents(collection_name, ids, set=set, unset=unset, ttl=ttl, persist=persist)

    async def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None:
        """Delete documents by id."""
        self._plain.delete_documents(collection_name, ids)

    async def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Insert or replace vectors."""
        self._plain.insert_vectors(index_name, ids, vectors)

    async def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None:
        """Delete vectors by id."""
        self._plain.delete_vectors(index_name, ids)

    async def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None:
        """Add a node, or replace its type and properties."""
        self._plain.add_node(node_id, node_type, properties)

    async def delete_node(self, node_id: str) -> None:
        """Delete a node with all its edges."""
        self._plain.delete_node(node_id)

    async def update_node(
        self,
        node_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        node_type: Optional[str] = None,
    ) -> bool:
        """Set and remove properties of a node, which counts as read. Returns False, and does nothing, if there is none."""
        return await awaited(self._plain.update_node(node_id, set, unset=unset, node_type=node_type))

    async def merge_nodes(self, source_id: str, target_id: str) -> None:
        """Make one node of two, which count as read: what is said of the source is said of the target from then on."""
        await awaited(self._plain.merge_nodes(source_id, target_id))

    async def update_edge(
        self, from_id: str, edge_type: str, to_id: str, set: Optional[Metadata] = None, *, unset: Sequence[str] = ()
    ) -> None:
        """Set and remove properties of an edge; where there is none by then, nothing happens."""
        self._plain.update_edge(from_id, edge_type, to_id, set, unset=unset)

    async def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None:
        """Add an edge, or replace its properties. Both nodes must exist by then."""
        self._plain.add_edge(from_id, edge_type, to_id, properties)

    async def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None:
        """Delete an edge."""
        self._plain.delete_edge(from_id, edge_type, to_id)

    async def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        **row: Any,
    ) -> None:
        """State a fact that holds over ``[valid_from, valid_until)``; an end of 0 or None is open."""
        self._plain.add_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties, **row)

    async def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[Time] = None) -> None:
        """End the open periods of an edge at a time; None = at the commit."""
        self._plain.close_temporal_edge(from_id, edge_type, to_id, at)

    async def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State the next value of a single-valued relation; the open fact ends where this one begins."""
        self._plain.supersede_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties)

    async def append(self, log: str, values: Union[Key, Sequence[Key]]) -> None:
        """Append one value or several to a log, in the order of the commits."""
        self._plain.append(log, values)

    async def state_fact(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        *,
        valid_from: Optional[Time] = None,
        valid_until: Optional[Time] = None,
    ) -> None:
        """State the value of a single-valued relation from a time on, None = the commit; nothing if it has it already."""
        self._plain.state_fact(from_id, edge_type, to_id, properties, valid_from=valid_from, valid_until=valid_until)

    async def commit(self) -> Optional[CommitResult]:
        """Make the writes, if nothing that was read has changed. Returns None if there are none.

        Raises TransactionConflictError if something has changed; the transaction is over either way.
        """
        return await awaited(self._plain.commit())

    async def rollback(self) -> None:
        """Drop the writes. The transaction is over; rolling back again does nothing."""
        await awaited(self._plain.rollback())
