"""The graph methods of a handle on a namespace."""

from typing import Any, List, Optional, Sequence, overload

from ._formats import Format, TextFormat, Tokenizer
from ._namespace_handle import NamespaceHandle
from ._rows import Rendered
from ._types import Direction, Durability, GraphEdge, GraphNode, Metadata, Order, Path, Subgraph


class NamespaceGraph(NamespaceHandle):
    """The graph methods of a handle on a namespace."""

    def add_node(
        self,
        node_id: str,
        node_type: str,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Add a node, or replace its type and properties."""
        return self._store.add_node(node_id, node_type, properties, self.name, durability)

    def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return self._store.get_node(node_id, self.name)

    def delete_node(self, node_id: str, durability: Durability = "durable") -> bool:
        """Delete a node with all its edges. Returns True if it existed."""
        return self._store.delete_node(node_id, self.name, durability)

    def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Raises NodeNotFoundError unless both nodes exist."""
        return self._store.add_edge(from_id, edge_type, to_id, properties, self.name, durability)

    def delete_edge(self, from_id: str, edge_type: str, to_id: str, durability: Durability = "durable") -> bool:
        """Delete an edge. Returns True if it existed."""
        return self._store.delete_edge(from_id, edge_type, to_id, self.name, durability)

    @overload
    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[GraphEdge]: ...

    @overload
    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Rendered: ...

    @overload
    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any: ...

    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """The edges of a node; see :meth:`Database.get_edges`."""
        return self._store.get_edges(
            node_id,
            edge_types,
            direction,
            limit,
            self.name,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
            cursor=cursor,
        )

    @overload
    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> Subgraph: ...

    @overload
    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Walk the graph from a node; see :meth:`Database.traverse`."""
        return self._store.traverse(
            start_node,
            max_depth,
            edge_types,
            self.name,
            order,
            direction,
            limit,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    def shortest_path(
        self,
        from_id: str,
        to_id: str,
        max_depth: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
    ) -> Optional[Path]:
        """A path with the fewest edges; see :meth:`Database.shortest_path`."""
        return self._store.shortest_path(from_id, to_id, max_depth, edge_types, self.name, direction)

    @overload
    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> Subgraph: ...

    @overload
    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """The nodes one edge away; see :meth:`Database.neighbors`."""
        return self._store.neighbors(
            node_id,
            edge_types,
            direction,
            limit,
            self.name,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )
