"""Reads as values.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import Any, Optional, Sequence, cast

from .._documents import DocumentMethods, Filter, Vector
from .._graph import GraphMethods
from .._keys import KeyMethods
from .._listings import ListingMethods
from .._logs import LogMethods
from .._query import Noting, QueryBase
from .._temporal import TemporalMethods
from .._types import Direction, Key, Order, Time
from .._vectors import VectorMethods


class Query(QueryBase):
    """A read that gives rows: what to look for, without the namespace to look in.

    Each kind is made by the method that has the name and the arguments of the method of :class:`Database`, for
    example ``Query.search_collection("notes", embedding, k=5)``: it is what :meth:`Database.render` renders and a
    :class:`Section` holds.
    """

    @staticmethod
    def multi_get(keys: Sequence[Key]) -> "Query":
        """As :meth:`Database.multi_get`."""
        return cast("Query", KeyMethods.multi_get(_NOTING, keys))

    @staticmethod
    def scan(
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.scan`."""
        return cast("Query", 
            KeyMethods.scan(_NOTING, prefix, start=start, end=end, limit=limit, reverse=reverse, cursor=cursor)
        )

    @staticmethod
    def scan_keys(
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.scan_keys`."""
        return cast("Query", 
            KeyMethods.scan_keys(_NOTING, prefix, start=start, end=end, limit=limit, reverse=reverse, cursor=cursor)
        )

    @staticmethod
    def scan_prefixes(
        prefix: Optional[Key] = None,
        *,
        delimiter: Key = "/",
        depth: int = 1,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.scan_prefixes`."""
        return cast("Query", 
            KeyMethods.scan_prefixes(_NOTING, prefix, delimiter=delimiter, depth=depth, limit=limit, cursor=cursor)
        )

    @staticmethod
    def read_log(
        log: str,
        *,
        after: Optional[int] = None,
        before: Optional[int] = None,
        last: Optional[int] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.read_log`."""
        return cast("Query", 
            LogMethods.read_log(_NOTING, log, after=after, before=before, last=last, limit=limit, cursor=cursor)
        )

    @staticmethod
    def list_logs(
        prefix: Optional[str] = None, *, limit: Optional[int] = None, cursor: Optional[bytes] = None
    ) -> "Query":
        """As :meth:`Database.list_logs`."""
        return cast("Query", LogMethods.list_logs(_NOTING, prefix, limit=limit, cursor=cursor))

    @staticmethod
    def get_documents(
        collection_name: str, ids: Sequence[str], *, include_embeddings: bool = False, missing_ok: bool = False
    ) -> "Query":
        """As :meth:`Database.get_documents`."""
        return cast("Query", 
            DocumentMethods.get_documents(
                _NOTING, collection_name, ids, include_embeddings=include_embeddings, missing_ok=missing_ok
            )
        )

    @staticmethod
    def search_collection(
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
    ) -> "Query":
        """As :meth:`Database.search_collection`."""
        return cast("Query", 
            DocumentMethods.search_collection(
                _NOTING,
                collection_name,
                query,
                k,
                "",
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

    @staticmethod
    def list_documents(
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
    ) -> "Query":
        """As :meth:`Database.list_documents`."""
        return cast("Query", 
            ListingMethods.list_documents(
                _NOTING,
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

    @staticmethod
    def list_document_ids(
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
    ) -> "Query":
        """As :meth:`Database.list_document_ids`."""
        return cast("Query", 
            ListingMethods.list_document_ids(
                _NOTING, collection_name, filter, limit=limit, cursor=cursor, missing_ok=missing_ok
            )
        )

    @staticmethod
    def facet(
        collection_name: str, field: str, filter: Optional[Filter] = None, *, limit: int = 10, missing_ok: bool = False
    ) -> "Query":
        """As :meth:`Database.facet`."""
        return cast("Query", 
            ListingMethods.facet(_NOTING, collection_name, field, filter, limit=limit, missing_ok=missing_ok)
        )

    @staticmethod
    def search(
        index_name: str,
        query: Vector,
        k: int = 10,
        *,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        offset: int = 0,
        threshold: Optional[float] = None,
    ) -> "Query":
        """As :meth:`Database.search`."""
        return cast("Query", 
            VectorMethods.search(
                _NOTING,
                index_name,
                query,
                k,
                ef=ef,
                include_embeddings=include_embeddings,
                offset=offset,
                threshold=threshold,
            )
        )

    @staticmethod
    def get_nodes(node_ids: Sequence[str]) -> "Query":
        """As :meth:`Database.get_nodes`."""
        return cast("Query", GraphMethods.get_nodes(_NOTING, node_ids))

    @staticmethod
    def list_nodes(
        *,
        node_type: Optional[str] = None,
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.list_nodes`."""
        return cast("Query", 
            GraphMethods.list_nodes(_NOTING, node_type=node_type, filter=filter, limit=limit, cursor=cursor)
        )

    @staticmethod
    def list_edges(
        node_ids: Optional[Sequence[str]] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        filter: Optional[Filter] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.list_edges`."""
        return cast("Query", 
            GraphMethods.list_edges(
                _NOTING, node_ids, edge_types, filter=filter, direction=direction, limit=limit, cursor=cursor
            )
        )

    @staticmethod
    def get_edges(
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> "Query":
        """As :meth:`Database.get_edges`."""
        return cast("Query", 
            GraphMethods.get_edges(
                _NOTING, node_id, edge_types, direction=direction, filter=filter, limit=limit, cursor=cursor
            )
        )

    @staticmethod
    def traverse(
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
    ) -> "Query":
        """As :meth:`Database.traverse`."""
        return cast("Query", 
            GraphMethods.traverse(
                _NOTING,
                start_node,
                max_depth,
                edge_types,
                "",
                order=order,
                direction=direction,
                node_types=node_types,
                node_filter=node_filter,
                edge_filter=edge_filter,
                limit=limit,
            )
        )

    @staticmethod
    def neighbors(
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
        limit: Optional[int] = None,
    ) -> "Query":
        """As :meth:`Database.neighbors`."""
        return cast("Query", 
            GraphMethods.neighbors(
                _NOTING,
                node_id,
                edge_types,
                direction=direction,
                node_types=node_types,
                node_filter=node_filter,
                edge_filter=edge_filter,
                limit=limit,
            )
        )

    @staticmethod
    def query_temporal_graph(
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
    ) -> "Query":
        """As :meth:`Database.query_temporal_graph`."""
        return cast("Query", 
            TemporalMethods.query_temporal_graph(
                _NOTING,
                "",
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

    @staticmethod
    def traverse_temporal(
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
    ) -> "Query":
        """As :meth:`Database.traverse_temporal`."""
        return cast("Query", 
            TemporalMethods.traverse_temporal(
                _NOTING,
                "",
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

    @staticmethod
    def temporal_neighbors(
        node_id: str,
        timestamp: Optional[Time] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> "Query":
        """As :meth:`Database.temporal_neighbors`."""
        return cast("Query", 
            TemporalMethods.temporal_neighbors(
                _NOTING,
                "",
                node_id,
                timestamp,
                edge_types,
                direction=direction,
                as_of=as_of,
                as_of_seq=as_of_seq,
                limit=limit,
            )
        )

    @staticmethod
    def list_facts(
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
    ) -> "Query":
        """As :meth:`Database.list_facts`."""
        return cast("Query", 
            TemporalMethods.list_facts(
                _NOTING,
                "",
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

    @staticmethod
    def temporal_history(
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
    ) -> "Query":
        """As :meth:`Database.temporal_history`."""
        return cast("Query", 
            TemporalMethods.temporal_history(
                _NOTING,
                "",
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


_NOTING: Any = Noting(Query)
