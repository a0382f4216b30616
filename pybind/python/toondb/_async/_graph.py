"""The property graph, awaited.

Written by scripts/write_async.py from ``_graph.py``.
"""

from typing import Any, List, Optional, Sequence, overload

from .._formats import Format, TextFormat, Tokenizer
from .._rows import Rendered
from .._store import Store
from .._types import Direction, Durability, GraphEdge, GraphNode, Metadata, Order, Path, Subgraph
from ._mirror import Mirror


class AsyncGraphMethods(Mirror[Store]):
    """:class:`GraphMethods`, awaited."""

    async def add_node(
        self,
        node_id: str,
        node_type: str,
        properties: Optional[Metadata] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Add a node, or replace its type and properties. Returns True."""
        return await self._call(Store.add_node, node_id, node_type, properties, namespace, durability)

    async def get_node(self, node_id: str, namespace: str = "default") -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return await self._call(Store.get_node, node_id, namespace)

    async def delete_node(self, node_id: str, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a node with all its edges and temporal edges, both ways. Returns True if it existed."""
        return await self._call(Store.delete_node, node_id, namespace, durability)

    async def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Returns True. Raises NodeNotFoundError unless both nodes exist."""
        return await self._call(Store.add_edge, from_id, edge_type, to_id, properties, namespace, durability)

    async def delete_edge(
        self, from_id: str, edge_type: str, to_id: str, namespace: str = "default", durability: Durability = "durable"
    ) -> bool:
        """Delete an edge. Returns True if it existed."""
        return await self._call(Store.delete_edge, from_id, edge_type, to_id, namespace, durability)

    @overload
    async def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """The edges of a node, outgoing ones first, then by type and other end; at most ``limit``, None = all.

        More than 1,000 are read in pages, each at one instant. A format holds one page of at most 10,000 edges and 8
        MiB; ``cursor`` goes on where the last one ended. More than a page without a limit raises LimitExceededError.
        """
        return await self._call(
            lambda sync: sync.get_edges(
                node_id,
                edge_types,
                direction,
                limit,
                namespace,
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
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Walk the graph from a node: ``nodes, edges = await db.traverse("a")``.

        max_depth: most edges between the start and a visited node. limit: most nodes; None = 100,000. The result's
        ``truncated`` says whether a limit ended the walk early. An unknown start gives an empty result.
        """
        return await self._call(
            lambda sync: sync.traverse(
                start_node,
                max_depth,
                edge_types,
                namespace,
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
        namespace: str = "default",
        direction: Direction = "outgoing",
    ) -> Optional[Path]:
        """A path with the fewest edges, at most ``max_depth`` (None = 16); None if there is none.

        Among several the first by edge type and node id is given.
        """
        return await self._call(Store.shortest_path, from_id, to_id, max_depth, edge_types, namespace, direction)

    @overload
    async def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """The nodes one edge away and those edges; the node itself comes first. limit: most edges; None = 10,000."""
        return await self._call(
            lambda sync: sync.neighbors(
                node_id, edge_types, direction, limit, namespace, format=format, columns=columns, tokenizer=tokenizer
            )
        )
