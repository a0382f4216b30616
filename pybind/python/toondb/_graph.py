"""The property graph: nodes ``{id, type, properties}`` and directed edges, unique by (from, type, to)."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._documents import Filter, given
from ._methods import Methods, always_true, any_of
from ._rows import Rows
from ._toondb import Core
from ._types import Direction, Durability, GraphEdge, GraphNode, MergedNodes, Metadata, Order, Path, Subgraph


def _subgraph(answer: Tuple[Any, ...]) -> Subgraph:
    return Subgraph(*answer)


def _path(found: Optional[Tuple[List[str], List[GraphEdge]]]) -> Optional[Path]:
    return None if found is None else Path(*found)


def _only(
    node_types: Optional[Sequence[str]], node_filter: Optional[Filter], edge_filter: Optional[Filter]
) -> Dict[str, Any]:
    return {"node_types": node_types, "nodes": given(node_filter), "edges": given(edge_filter)}


class GraphMethods(Core, Methods):
    """``edge_types`` keeps to edges of these types, None = all; ``direction`` says which way edges are looked at.

    Filters are over properties, with the operators of those over documents. In walks ``edge_filter`` leaves edges out, which
    are then not walked; ``node_types`` and ``node_filter`` leave nodes out, which are then neither given nor walked through.
    Nodes that the call itself names, where a walk begins or a path ends, are never left out.

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

    def get_nodes(self, node_ids: Sequence[str], *, namespace: str = "default") -> Rows[Optional[GraphNode]]:
        """Read nodes at one instant: for each id its node, or None; in a format, no row."""
        return self._rows("GetNodes", namespace, {"ids": node_ids}, Rows)

    def list_nodes(
        self,
        *,
        node_type: Optional[str] = None,
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Rows[GraphNode]:
        """The nodes of a type, or all, that match, by id; at most ``limit``, None = all.

        More than 1,000 are read in pages, each at one instant. cursor: go on where an answer of :meth:`render` ended.
        """
        arguments = {"node_type": node_type, "filter": given(filter), "limit": limit, "cursor": cursor}
        return self._all("ListNodes", namespace, arguments)

    def count_nodes(
        self, *, node_type: Optional[str] = None, filter: Optional[Filter] = None, namespace: str = "default"
    ) -> int:
        """How many nodes there are, of a type, and that match."""
        return self._call("CountNodes", namespace, {"node_type": node_type, "filter": given(filter)})

    def update_node(
        self,
        node_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        node_type: Optional[str] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Set and remove properties of a node, and give it another type; the rest stays. Returns False, and does nothing, if
        there is no such node.
        """
        update = {"id": node_id, "node_type": node_type, "set": set, "unset": unset}
        return self._call("UpdateNode", namespace, {"update": update, "durability": durability})

    def merge_nodes(
        self, source_id: str, target_id: str, *, namespace: str = "default", durability: Durability = "durable"
    ) -> MergedNodes:
        """Make one node of two: what is said of the source is said of the target from then on, and the source is gone.

        Edges and temporal facts move in both directions. Where both have a property, of the node or of an edge with the same
        ends and type, the target's stays, and so does its type. An edge between the two becomes a loop. Facts keep the times
        at which they hold and were believed, as if they had always been about the target; where both had a belief in the
        same fact at the same time, the target's stands. Raises NodeNotFoundError if the source was added and the target was
        not, LimitExceededError if more would move than one commit takes: nothing has changed then.
        """
        arguments = {"source_id": source_id, "target_id": target_id, "durability": durability}
        return self._call("MergeNodes", namespace, arguments)

    def delete_node(self, node_id: str, *, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a node with all its edges and temporal edges, both ways. Returns True if it existed.

        False means that nothing has changed: facts about a node that was never added are erased by :meth:`erase_temporal`.
        """
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

    def get_edge(
        self, from_id: str, edge_type: str, to_id: str, *, namespace: str = "default"
    ) -> Optional[GraphEdge]:
        """Read an edge; None if there is none."""
        return self._call("GetEdge", namespace, {"from_id": from_id, "edge_type": edge_type, "to_id": to_id})

    def update_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Set and remove properties of an edge; the rest stays. Returns False, and does nothing, if there is no such edge."""
        update = {"from_id": from_id, "edge_type": edge_type, "to_id": to_id, "set": set, "unset": unset}
        return self._call("UpdateEdge", namespace, {"update": update, "durability": durability})

    def list_edges(
        self,
        node_ids: Optional[Sequence[str]] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        filter: Optional[Filter] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Rows[GraphEdge]:
        """The edges of several nodes, node by node as given, each as :meth:`get_edges`; None = all edges, by start.

        Each edge is given once: one between two of the nodes with the one that is named first. More than 1,000 are read in
        pages, each at one instant.
        """
        arguments = {
            "node_ids": node_ids,
            "edge_types": edge_types,
            "filter": given(filter),
            "direction": direction,
            "limit": limit,
            "cursor": cursor,
        }
        return self._all("ListEdges", namespace, arguments)

    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        filter: Optional[Filter] = None,
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
            "filter": given(filter),
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
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
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
            "filter": _only(node_types, node_filter, edge_filter),
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
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
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
            "filter": _only(node_types, node_filter, edge_filter),
        }
        return self._call("ShortestPath", namespace, arguments, _path)

    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        node_types: Optional[Sequence[str]] = None,
        node_filter: Optional[Filter] = None,
        edge_filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        namespace: str = "default",
    ) -> Subgraph:
        """The nodes one edge away, and those edges. limit: most edges; None = 10,000. Its ``truncated`` says whether there
        were more.
        """
        arguments = {
            "node_id": node_id,
            "edge_types": edge_types,
            "direction": direction,
            "filter": _only(node_types, node_filter, edge_filter),
            "limit": limit,
        }
        return self._rows("Neighbors", namespace, arguments, _subgraph)
