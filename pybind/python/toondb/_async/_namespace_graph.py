"""The graph methods of a handle on a namespace, awaited.

Written by scripts/write_async.py from ``_namespace_graph.py``.
"""

from typing import Any, List, Optional, Sequence, overload

from .._formats import Format, TextFormat, Tokenizer
from .._namespace import Namespace
from .._rows import Rendered
from .._types import Direction, Durability, GraphEdge, GraphNode, Metadata, Order, Path, Subgraph
from ._mirror import Mirror


class AsyncNamespaceGraph(Mirror[Namespace]):
    """:class:`NamespaceGraph`, awaited."""

    async def add_node(
        self, node_id: str, node_type: str, properties: Optional[Metadata] = None, durability: Durability = "durable"
    ) -> bool:
        """Add a node, or replace its type and properties."""
        return await self._call(Namespace.add_node, node_id, node_type, properties, durability)

    async def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return await self._call(Namespace.get_node, node_id)

    async def delete_node(self, node_id: str, durability: Durability = "durable") -> bool:
        """Delete a node with all its edges. Returns True if it existed."""
        return await self._call(Namespace.delete_node, node_id, durability)

    async def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Raises NodeNotFoundError unless both nodes exist."""
        return await self._call(Namespace.add_edge, from_id, edge_type, to_id, properties, durability)

    async def delete_edge(self, from_id: str, edge_type: str, to_id: str, durability: Durability = "durable") -> bool:
        """Delete an edge. Returns True if it existed."""
        return await self._call(Namespace.delete_edge, from_id, edge_type, to_id, durability)

    @overload
    async def get_edges(
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
    async def get_edges(
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
    async def get_edges(
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

    async def get_edges(
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
        return await self._call(
            lambda sync: sync.get_edges(
                node_id,
                edge_types,
                direction,
                limit,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
                cursor=cursor,
            )
        )

    @overload
    async def traverse(
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
    async def traverse(
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
    async def traverse(
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

    async def traverse(
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
        return await self._call(
            lambda sync: sync.traverse(
                start_node,
                max_depth,
                edge_types,
                order,
                direction,
                limit,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
            )
        )

    async def shortest_path(
        self,
        from_id: str,
        to_id: str,
        max_depth: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
    ) -> Optional[Path]:
        """A path with the fewest edges; see :meth:`Database.shortest_path`."""
        return await self._call(Namespace.shortest_path, from_id, to_id, max_depth, edge_types, direction)

    @overload
    async def neighbors(
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
    async def neighbors(
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
    async def neighbors(
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

    async def neighbors(
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
        return await self._call(
            lambda sync: sync.neighbors(
                node_id, edge_types, direction, limit, format=format, columns=columns, tokenizer=tokenizer
            )
        )
