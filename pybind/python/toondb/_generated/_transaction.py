"""Reads of a namespace in a transaction.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple

from .._documents import Filter, Vector, Vectors
from .._entries import LogEntry, LogInfo, PrefixEntry
from .._methods import Methods, Pages
from .._rows import History, Rows
from .._types import (
    Direction,
    Document,
    FacetCount,
    GraphEdge,
    GraphNode,
    Key,
    Order,
    Path,
    SearchResult,
    Subgraph,
    TemporalEdge,
    TemporalPath,
    TemporalSubgraph,
    Time,
)


if TYPE_CHECKING:
    from ._namespace import Namespace


class TransactionReads(Methods):
    """What a transaction reads at its snapshot as it is there."""

    @property
    def _seen(self) -> "Namespace":
        """The namespace at the snapshot; what is read there is noted."""
        raise NotImplementedError

    def ttl(self, key: Key) -> Optional[float]:
        """As :meth:`Namespace.ttl`, at the snapshot."""
        return self._seen.ttl(key)

    def scan_prefixes(
        self,
        prefix: Optional[Key] = None,
        *,
        delimiter: Key = "/",
        depth: int = 1,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Pages[PrefixEntry]:
        """As :meth:`Namespace.scan_prefixes`, at the snapshot."""
        return self._seen.scan_prefixes(prefix, delimiter=delimiter, depth=depth, limit=limit, cursor=cursor)

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
        """As :meth:`Namespace.read_log`, at the snapshot."""
        return self._seen.read_log(log, after=after, before=before, last=last, limit=limit, cursor=cursor)

    def log_length(self, log: str) -> int:
        """As :meth:`Namespace.log_length`, at the snapshot."""
        return self._seen.log_length(log)

    def list_logs(
        self, prefix: Optional[str] = None, *, limit: Optional[int] = None, cursor: Optional[bytes] = None
    ) -> Rows[LogInfo]:
        """As :meth:`Namespace.list_logs`, at the snapshot."""
        return self._seen.list_logs(prefix, limit=limit, cursor=cursor)

    def count(self, collection_name: str, filter: Optional[Filter] = None, *, missing_ok: bool = False) -> int:
        """As :meth:`Namespace.count`, at the snapshot."""
        return self._seen.count(collection_name, filter, missing_ok=missing_ok)

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
        """As :meth:`Namespace.search_collection`, at the snapshot."""
        return self._seen.search_collection(
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
        """As :meth:`Namespace.search_collection_batch`, at the snapshot."""
        return self._seen.search_collection_batch(
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
        """As :meth:`Namespace.list_documents`, at the snapshot."""
        return self._seen.list_documents(
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

    def list_document_ids(
        self,
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
    ) -> Pages[str]:
        """As :meth:`Namespace.list_document_ids`, at the snapshot."""
        return self._seen.list_document_ids(collection_name, filter, limit=limit, cursor=cursor, missing_ok=missing_ok)

    def facet(
        self,
        collection_name: str,
        field: str,
        filter: Optional[Filter] = None,
        *,
        limit: int = 10,
        missing_ok: bool = False,
    ) -> Rows[FacetCount]:
        """As :meth:`Namespace.facet`, at the snapshot."""
        return self._seen.facet(collection_name, field, filter, limit=limit, missing_ok=missing_ok)

    def min_max(
        self, collection_name: str, field: str, filter: Optional[Filter] = None, *, missing_ok: bool = False
    ) -> Optional[Tuple[Any, Any]]:
        """As :meth:`Namespace.min_max`, at the snapshot."""
        return self._seen.min_max(collection_name, field, filter, missing_ok=missing_ok)

    def get_vectors(self, index_name: str, ids: Sequence[int]) -> List[Optional[List[float]]]:
        """As :meth:`Namespace.get_vectors`, at the snapshot."""
        return self._seen.get_vectors(index_name, ids)

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
        """As :meth:`Namespace.search`, at the snapshot."""
        return self._seen.search(
            index_name, query, k, ef=ef, include_embeddings=include_embeddings, offset=offset, threshold=threshold
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
        """As :meth:`Namespace.search_batch`, at the snapshot."""
        return self._seen.search_batch(
            index_name, queries, k, ef=ef, include_embeddings=include_embeddings, offset=offset, threshold=threshold
        )

    def list_nodes(
        self,
        *,
        node_type: Optional[str] = None,
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[GraphNode]:
        """As :meth:`Namespace.list_nodes`, at the snapshot."""
        return self._seen.list_nodes(node_type=node_type, filter=filter, limit=limit, cursor=cursor)

    def count_nodes(self, *, node_type: Optional[str] = None, filter: Optional[Filter] = None) -> int:
        """As :meth:`Namespace.count_nodes`, at the snapshot."""
        return self._seen.count_nodes(node_type=node_type, filter=filter)

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
        """As :meth:`Namespace.list_edges`, at the snapshot."""
        return self._seen.list_edges(
            node_ids, edge_types, filter=filter, direction=direction, limit=limit, cursor=cursor
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
        """As :meth:`Namespace.get_edges`, at the snapshot."""
        return self._seen.get_edges(node_id, edge_types, direction=direction, filter=filter, limit=limit, cursor=cursor)

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
        """As :meth:`Namespace.traverse`, at the snapshot."""
        return self._seen.traverse(
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
        """As :meth:`Namespace.shortest_path`, at the snapshot."""
        return self._seen.shortest_path(
            from_id,
            to_id,
            max_depth,
            edge_types=edge_types,
            direction=direction,
            node_types=node_types,
            node_filter=node_filter,
            edge_filter=edge_filter,
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
        """As :meth:`Namespace.neighbors`, at the snapshot."""
        return self._seen.neighbors(
            node_id,
            edge_types,
            direction=direction,
            node_types=node_types,
            node_filter=node_filter,
            edge_filter=edge_filter,
            limit=limit,
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
        """As :meth:`Namespace.query_temporal_graph`, at the snapshot."""
        return self._seen.query_temporal_graph(
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
        """As :meth:`Namespace.traverse_temporal`, at the snapshot."""
        return self._seen.traverse_temporal(
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
        """As :meth:`Namespace.temporal_shortest_path`, at the snapshot."""
        return self._seen.temporal_shortest_path(
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
        """As :meth:`Namespace.temporal_neighbors`, at the snapshot."""
        return self._seen.temporal_neighbors(
            node_id, timestamp, edge_types, direction=direction, as_of=as_of, as_of_seq=as_of_seq, limit=limit
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
        """As :meth:`Namespace.list_facts`, at the snapshot."""
        return self._seen.list_facts(
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
        """As :meth:`Namespace.temporal_history`, at the snapshot."""
        return self._seen.temporal_history(
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
