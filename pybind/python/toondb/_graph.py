"""The property graph: nodes ``{id, type, properties}`` and directed edges, unique by (from, type, to)."""

from typing import Any, List, Optional, Sequence, Tuple

from ._methods import Methods, always_true, any_of
from ._rows import Rows
from ._toondb import Core
from ._types import Direction, Durability, GraphEdge, GraphNode, Metadata, Order, Path, Subgraph


def _subgraph(answer: Tuple[Any, ...]) -> Subgraph:
    return Subgraph(*answer)


def _path(found: Optional[Tuple[List[str], List[GraphEdge]]]) -> Optional[Path]:
    return None if found is None else Path(*found)


class GraphMethods(Core, Methods):
    """``edge_types`` keeps to edges of these types, None = all; ``direction`` says which way edges are looked at.

    As rows, edges have the columns from_id, edge_type, to_id and properties; nodes id, node_type and properties. A
    walk gives two tables, ``nodes`` and ``edges``.
    """

    def add_node(
        self,
        node_id: str,
        node_type: str,
        properties: Optional[Metadata] = None,
        namespace: str = "default",
        *,
        durability: Durability = "durable",
    ) -> bool:
        """Add a node, or replace its type and properties. Returns True."""
        node = {"id": node_id, "node_type": node_type, "properties": properties}
        return self._call("AddNode", namespace, {"node": node, "durability": durability}, always_true)

    def get_node(self, node_id: str, *, namespace: str = "default") -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return self._call("GetNode", namespace, {"id": node_id})

    def delete_node(self, node_id: str, *, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a node with all its edges and temporal edges, both ways. Returns True if it existed."""
        return self._call("DeleteNode", namespace, {"id": node_id, "durability": durability}, any_of)

    def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        namespace: str = "default",
        *,
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Returns True. Raises NodeNotFoundError unless both nodes exist."""
        edge = {"from_id": from_id, "edge_type": edge_type, "to_id": to_id, "properties": properties}
        return self._call("AddEdge", namespace, {"edge": edge, "durability": durability}, always_true)

    def delete_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        *,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Delete an edge. Returns True if it existed."""
        arguments = {"from_id": from_id, "edge_type": edge_type, "to_id": to_id, "durability": durability}
        return self._call("DeleteEdge", namespace, arguments, any_of)

    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Rows[GraphEdge]:
        """The edges of a node, outgoing ones first, then by type and other end; at most ``limit``, None = all.

        More than 1,000 are read in pages, each at one instant. cursor: go on where an answer of :meth:`render` ended.
        """
        arguments = {
            "node_id": node_id,
            "edge_types": edge_types,
            "direction": direction,
            "limit": limit,
            "cursor": cursor,
        }
        return self._all("GetEdges", namespace, arguments)

    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        namespace: str = "default",
        *,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
    ) -> Subgraph:
        """Walk the graph from a node: ``nodes, edges = db.traverse("a")``.

        max_depth: most edges between the start and a visited node. limit: most nodes; None = 100,000. The result's
        ``truncated`` says whether a limit ended the walk early. An unknown start gives an empty result.
        """
        arguments = {
            "start": start_node,
            "max_depth": max_depth,
            "edge_types": edge_types,
            "order": order,
            "direction": direction,
            "limit": limit,
        }
        return self._rows("Traverse", namespace, arguments, _subgraph)

    def shortest_path(
        self,
        from_id: str,
        to_id: str,
        max_depth: Optional[int] = None,
        *,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        namespace: str = "default",
    ) -> Optional[Path]:
        """A path with the fewest edges, at most ``max_depth`` (None = 16); None if there is none.

        Among several the first by edge type and node id is given.
        """
        arguments = {
            "from_id": from_id,
            "to_id": to_id,
            "max_depth": max_depth,
            "edge_types": edge_types,
            "direction": direction,
        }
        return self._call("ShortestPath", namespace, arguments, _path)

    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        namespace: str = "default",
    ) -> Subgraph:
        """The nodes one edge away, and those edges. limit: most edges; None = 10,000."""
        arguments = {"node_id": node_id, "edge_types": edge_types, "direction": direction, "limit": limit}
        return self._rows("Neighbors", namespace, arguments, _subgraph)
