"""The property graph: nodes ``{id, type, properties}`` and directed edges, unique by (from, type, to)."""

from typing import Any, List, Optional, Sequence, Tuple, overload

from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered, RowMethods, is_native
from ._toondb import Query
from ._types import Direction, Durability, GraphEdge, GraphNode, Metadata, Order, Path, Subgraph


class GraphMethods(RowMethods):
    """``edge_types`` keeps to edges of these types, None = all; ``direction`` says which way edges are looked at.

    In a format, edges have the columns from_id, edge_type, to_id and properties; nodes id, node_type and properties. A
    walk gives two tables, ``nodes`` and ``edges``. See :class:`Rendered` for format, columns and tokenizer.
    """

    def add_node(
        self,
        node_id: str,
        node_type: str,
        properties: Optional[Metadata] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Add a node, or replace its type and properties. Returns True."""
        self._add_node(namespace, node_id, node_type, properties, durability)
        return True

    def get_node(self, node_id: str, namespace: str = "default") -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return self._get_node(namespace, node_id, None)

    def delete_node(self, node_id: str, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a node with all its edges and temporal edges, both ways. Returns True if it existed."""
        return self._delete_node(namespace, node_id, durability)

    def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Returns True. Raises NodeNotFoundError unless both nodes exist."""
        self._add_edge(namespace, from_id, edge_type, to_id, properties, durability)
        return True

    def delete_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Delete an edge. Returns True if it existed."""
        return self._delete_edge(namespace, from_id, edge_type, to_id, durability)

    @overload
    def get_edges(
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
    def get_edges(
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
    def get_edges(
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

    def get_edges(
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

        def page(size: int, at: Optional[bytes]) -> Query[Tuple[List[GraphEdge], Optional[bytes]]]:
            return Query.get_edges(node_id, edge_types, direction, size, at)

        if is_native(format, columns, tokenizer):
            return list(self._pages(namespace, page, limit, cursor))
        return self._page_in_format(namespace, page, limit, cursor, format, columns, tokenizer)

    @overload
    def traverse(
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
    def traverse(
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
    def traverse(
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

    def traverse(
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
        """Walk the graph from a node: ``nodes, edges = db.traverse("a")``.

        max_depth: most edges between the start and a visited node. limit: most nodes; None = 100,000. The result's
        ``truncated`` says whether a limit ended the walk early. An unknown start gives an empty result.
        """
        query = Query.traverse(start_node, max_depth, edge_types, order, direction, limit)
        if is_native(format, columns, tokenizer):
            return Subgraph(*self._read(namespace, query))
        return self._walk_in_format(namespace, query, format, columns, tokenizer)

    def shortest_path(
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
        found = self._shortest_path(namespace, from_id, to_id, max_depth, edge_types, direction)
        return None if found is None else Path(*found)

    @overload
    def neighbors(
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
    def neighbors(
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
    def neighbors(
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

    def neighbors(
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
        query = Query.neighbors(node_id, edge_types, direction, limit)
        if is_native(format, columns, tokenizer):
            return Subgraph(*self._read(namespace, query))
        return self._walk_in_format(namespace, query, format, columns, tokenizer)
