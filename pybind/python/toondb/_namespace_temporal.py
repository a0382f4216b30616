"""The temporal methods of a handle on a namespace."""

from typing import Any, List, Optional, Sequence, overload

from ._formats import Format, TextFormat, Tokenizer
from ._namespace_handle import NamespaceHandle
from ._rows import Rendered
from ._types import Direction, Durability, Metadata, Order, Superseded, TemporalEdge, TemporalSubgraph


class NamespaceTemporal(NamespaceHandle):
    """The temporal methods of a handle on a namespace."""

    def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """State a fact that holds over a period; see :meth:`Database.add_temporal_edge`."""
        return self._store.add_temporal_edge(
            self.name, from_id, edge_type, to_id, valid_from, valid_until, properties, durability
        )

    @overload
    def query_temporal_graph(
        self,
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
        """The facts of a node; see :meth:`Database.query_temporal_graph`."""
        return self._store.query_temporal_graph(
            self.name,
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

    def close_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        at: Optional[int] = None,
        durability: Durability = "durable",
    ) -> List[TemporalEdge]:
        """End the open periods of an edge; see :meth:`Database.close_temporal_edge`."""
        return self._store.close_temporal_edge(self.name, from_id, edge_type, to_id, at, durability)

    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> Superseded:
        """State the next value of a single-valued relation; see :meth:`Database.supersede_temporal_edge`."""
        return self._store.supersede_temporal_edge(
            self.name, from_id, edge_type, to_id, valid_from, valid_until, properties, durability
        )

    @overload
    def traverse_temporal(
        self,
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
        """Walk edges that are all valid at one instant; see :meth:`Database.traverse_temporal`."""
        return self._store.traverse_temporal(
            self.name,
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

    @overload
    def temporal_history(
        self,
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
        """Every belief about a node's facts; see :meth:`Database.temporal_history`."""
        return self._store.temporal_history(
            self.name,
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

    def erase_temporal(
        self,
        from_id: str,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        durability: Durability = "durable",
    ) -> int:
        """Remove a node's outgoing facts with their whole history; see :meth:`Database.erase_temporal`."""
        return self._store.erase_temporal(self.name, from_id, edge_type, to_id, durability)
