"""The temporal graph, awaited.

Written by scripts/write_async.py from ``_temporal.py``.
"""

from typing import Any, List, Optional, Sequence, overload

from .._formats import Format, TextFormat, Tokenizer
from .._rows import Rendered
from .._store import Store
from .._types import Direction, Durability, Metadata, Order, Superseded, TemporalEdge, TemporalSubgraph
from ._mirror import Mirror


class AsyncTemporalMethods(Mirror[Store]):
    """:class:`TemporalMethods`, awaited."""

    async def add_temporal_edge(
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
        return await self._call(
            Store.add_temporal_edge,
            namespace,
            from_id,
            edge_type,
            to_id,
            valid_from,
            valid_until,
            properties,
            durability,
        )

    @overload
    async def query_temporal_graph(
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
    async def query_temporal_graph(
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
    async def query_temporal_graph(
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

    async def query_temporal_graph(
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
        return await self._call(
            lambda sync: sync.query_temporal_graph(
                namespace,
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
                format=format,
                columns=columns,
                tokenizer=tokenizer,
            )
        )

    async def close_temporal_edge(
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
        return await self._call(Store.close_temporal_edge, namespace, from_id, edge_type, to_id, at, durability)

    async def supersede_temporal_edge(
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
        return await self._call(
            Store.supersede_temporal_edge,
            namespace,
            from_id,
            edge_type,
            to_id,
            valid_from,
            valid_until,
            properties,
            durability,
        )

    @overload
    async def traverse_temporal(
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
    async def traverse_temporal(
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
    async def traverse_temporal(
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

    async def traverse_temporal(
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

        ``nodes, edges = await db.traverse_temporal("ns", "a", t)`` takes the result apart. max_depth, limit and
        ``truncated`` are as in :meth:`traverse`.
        """
        return await self._call(
            lambda sync: sync.traverse_temporal(
                namespace,
                start_node,
                timestamp,
                max_depth,
                edge_types,
                order,
                direction,
                as_of,
                as_of_seq,
                limit,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
            )
        )

    @overload
    async def temporal_history(
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
    async def temporal_history(
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
    async def temporal_history(
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

    async def temporal_history(
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
        return await self._call(
            lambda sync: sync.temporal_history(
                namespace,
                node_id,
                edge_type,
                other_id,
                direction,
                limit,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
                cursor=cursor,
            )
        )

    async def erase_temporal(
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
        return await self._call(Store.erase_temporal, namespace, from_id, edge_type, to_id, durability)
