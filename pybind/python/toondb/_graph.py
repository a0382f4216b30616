"""The property graph: nodes ``{id, type, properties}`` and directed edges, unique by (from, type, to)."""

from typing import List, Optional, Sequence

from ._toondb import PAGE_ITEMS_DEFAULT, Core
from ._types import Direction, Durability, GraphEdge, GraphNode, Metadata, Order, Path, Subgraph


class GraphMethods(Core):
    """``edge_types`` keeps to edges of these types, None = all; ``direction`` says which way edges are looked at."""

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

    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        namespace: str = "default",
    ) -> List[GraphEdge]:
        """The edges of a node, outgoing ones first, then by type and other end; at most ``limit``, None = all.

        More than 1,000 are read in pages, each at one instant.
        """
        edges: List[GraphEdge] = []
        cursor: Optional[bytes] = None
        while limit is None or len(edges) < limit:
            wanted = PAGE_ITEMS_DEFAULT if limit is None else min(limit - len(edges), PAGE_ITEMS_DEFAULT)
            page, cursor = self._get_edges(namespace, node_id, edge_types, direction, wanted, cursor)
            edges.extend(page)
            if cursor is None:
                break
        return edges

    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        namespace: str = "default",
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
    ) -> Subgraph:
        """Walk the graph from a node: ``nodes, edges = db.traverse("a")``.

        max_depth: most edges between the start and a visited node. limit: most nodes; None = 100,000. The result's
        ``truncated`` says whether a limit ended the walk early. An unknown start gives an empty result.
        """
        return Subgraph(*self._traverse(namespace, start_node, max_depth, edge_types, order, direction, limit))

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

    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        namespace: str = "default",
    ) -> Subgraph:
        """The nodes one edge away and those edges; the node itself comes first. limit: most edges; None = 10,000."""
        return Subgraph(*self._neighbors(namespace, node_id, edge_types, direction, limit))
