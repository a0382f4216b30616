"""The temporal graph: facts ``(from, type, to)`` that hold over a period, and the record of when each was believed.

Valid time is half-open, ``[valid_from, valid_until)``, in milliseconds since 1970, negative before it; 0 = open end.
Transaction time is kept by the database: ``as_of`` (milliseconds) and ``as_of_seq`` (a commit_seq) ask what was
believed then.
"""

from typing import Any, List, Optional, Sequence, Tuple, overload

from ._errors import ErrorCode, from_code
from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered, RowMethods, is_native
from ._toondb import Query
from ._types import Direction, Durability, Metadata, Order, Superseded, TemporalEdge, TemporalSubgraph


class TemporalMethods(RowMethods):
    """``edge_types`` keeps to edges of these types, None = all; ``direction`` says which way edges are looked at.

    In a format, facts have the columns from_id, edge_type, to_id, valid_from, valid_until (null = open) and properties;
    in a history, or if named, also asserted_seq, asserted_at, retracted_seq and retracted_at. See :class:`Rendered`
    for format, columns and tokenizer.
    """

    def add_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """State a fact that holds over ``[valid_from, valid_until)``; 0 = open end. Returns True.

        The same edge with another ``valid_from`` is another fact; with the same one it replaces the belief and keeps
        the old one in the history. Raises InvalidArgumentError unless the end is after the start. Nodes need not exist.
        """
        self._add_temporal_edge(namespace, from_id, edge_type, to_id, valid_from, valid_until, properties, durability)
        return True

    @overload
    def query_temporal_graph(
        self,
        namespace: str,
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[int] = None,
        start_time: Optional[int] = None,
        end_time: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[TemporalEdge]: ...

    @overload
    def query_temporal_graph(
        self,
        namespace: str,
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[int] = None,
        start_time: Optional[int] = None,
        end_time: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def query_temporal_graph(
        self,
        namespace: str,
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[int] = None,
        start_time: Optional[int] = None,
        end_time: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def query_temporal_graph(
        self,
        namespace: str,
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[int] = None,
        start_time: Optional[int] = None,
        end_time: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """The facts of a node, ordered by start, type and other end.

        mode: ``POINT_IN_TIME``, those valid at ``timestamp``; ``RANGE``, those valid at some time in ``[start_time,
        end_time)``, their periods cut to it with ``clip``; ``CURRENT``, those valid now. limit: only the first so many;
        without one, more than 100,000 raise LimitExceededError. Raises InvalidArgumentError for times that the mode
        does not take.
        """
        query = Query.query_temporal_graph(
            node_id,
            mode,
            timestamp,
            start_time,
            end_time,
            edge_types,
            direction,
            as_of,
            as_of_seq,
            clip,
            limit,
        )
        if not is_native(format, columns, tokenizer):
            return self._in_format(namespace, query, format, columns, tokenizer, limit is not None)
        edges, truncated = self._read(namespace, query)
        if truncated and limit is None:
            reason = f"node {node_id!r} has more facts than fit in one answer ({len(edges)})"
            raise from_code(ErrorCode.LIMIT_EXCEEDED, f"{reason}; narrow the query or give a limit")
        return edges

    def close_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        at: Optional[int] = None,
        durability: Durability = "durable",
    ) -> List[TemporalEdge]:
        """End the open periods of an edge at a time, None = now. Returns them as they are believed now.

        Raises EdgeNotFoundError if none is open and InvalidArgumentError if the time is not after a period's start.
        """
        return self._close_temporal_edge(namespace, from_id, edge_type, to_id, at, durability)

    def supersede_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> Superseded:
        """State the next value of a single-valued relation ``(from_id, edge_type)``, in one step.

        The open fact ends where this one begins. A fact that arrives late, before one already known, is stored closed
        at the start of the next.
        """
        return Superseded(
            *self._supersede_temporal_edge(
                namespace, from_id, edge_type, to_id, valid_from, valid_until, properties, durability
            )
        )

    @overload
    def traverse_temporal(
        self,
        namespace: str,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> TemporalSubgraph: ...

    @overload
    def traverse_temporal(
        self,
        namespace: str,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def traverse_temporal(
        self,
        namespace: str,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def traverse_temporal(
        self,
        namespace: str,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Walk edges that are all valid at one instant, None = now.

        ``nodes, edges = db.traverse_temporal("ns", "a", t)`` takes the result apart. max_depth, limit and
        ``truncated`` are as in :meth:`traverse`.
        """
        query = Query.traverse_temporal(
            start_node, timestamp, max_depth, edge_types, order, direction, as_of, as_of_seq, limit
        )
        if is_native(format, columns, tokenizer):
            return TemporalSubgraph(*self._read(namespace, query))
        return self._walk_in_format(namespace, query, format, columns, tokenizer)

    @overload
    def temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[TemporalEdge]: ...

    @overload
    def temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Rendered: ...

    @overload
    def temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any: ...

    def temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """Every belief about a node's facts, also retracted and replaced ones; at most ``limit``, None = all.

        edge_type, other_id: only facts of this type, or with this node at the other end. A format holds one page of at
        most 10,000 beliefs; ``cursor`` goes on where the last one ended. More than a page without a limit raises
        LimitExceededError.
        """

        def page(size: int, at: Optional[bytes]) -> Query[Tuple[List[TemporalEdge], Optional[bytes]]]:
            return Query.temporal_history(node_id, edge_type, other_id, direction, size, at)

        if is_native(format, columns, tokenizer):
            return list(self._pages(namespace, page, limit, cursor))
        return self._page_in_format(namespace, page, limit, cursor, format, columns, tokenizer)

    def erase_temporal(
        self,
        namespace: str,
        from_id: str,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        durability: Durability = "durable",
    ) -> int:
        """Remove a node's outgoing facts with their whole history, for privacy. Returns how many beliefs, retracted
        ones too.

        No query finds them again, at any time or belief. edge_type, to_id: only facts of this type, or that end there.
        """
        return self._erase_temporal(namespace, from_id, edge_type, to_id, durability)
