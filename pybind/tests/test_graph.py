"""The graph over both transports."""

import pytest

from toondb import GraphEdge, GraphNode, InvalidArgumentError, Namespace, NodeNotFoundError, Path


@pytest.fixture
def chain(home: Namespace) -> Namespace:
    """a -> b -> c -> d by NEXT, and a -> d by SKIP."""
    for id in "abcd":
        home.add_node(id, "Letter", {"upper": id.upper()})
    for pair in ("ab", "bc", "cd"):
        home.add_edge(pair[0], "NEXT", pair[1], {"weight": 1})
    home.add_edge("a", "SKIP", "d")
    return home


def test_nodes(home: Namespace) -> None:
    assert home.get_node("n") is None
    assert home.add_node("n", "Thing", {"size": 3, "tags": ["x"]}) is True
    assert home.get_node("n") == GraphNode("n", "Thing", {"size": 3, "tags": ["x"]})
    assert home.add_node("n", "Other") is True
    assert home.get_node("n") == GraphNode("n", "Other", {})
    assert home.delete_node("n") is True
    assert home.delete_node("n") is False


def test_edges_need_their_nodes(home: Namespace) -> None:
    home.add_node("a", "Letter")
    with pytest.raises(NodeNotFoundError):
        home.add_edge("a", "NEXT", "b")
    assert home.get_edges("a") == []


def test_edges_and_directions(chain: Namespace) -> None:
    assert chain.get_edges("a") == [
        GraphEdge("a", "NEXT", "b", {"weight": 1}),
        GraphEdge("a", "SKIP", "d", {}),
    ]
    assert chain.get_edges("d", direction="incoming", edge_types=["SKIP"]) == [GraphEdge("a", "SKIP", "d", {})]
    assert len(chain.get_edges("b", direction="both")) == 2
    assert len(chain.get_edges("a", limit=1)) == 1
    assert chain.delete_edge("a", "SKIP", "d") is True
    assert chain.delete_edge("a", "SKIP", "d") is False
    with pytest.raises(InvalidArgumentError, match="outgoing incoming both"):
        chain.get_edges("a", direction="up")  # type: ignore[arg-type]


def test_get_edges_pages_by_itself(home: Namespace) -> None:
    names = [f"leaf-{number:04}" for number in range(2_300)]
    with home.transaction() as tx:
        tx.add_node("hub", "Hub")
        for name in names:
            tx.add_node(name, "Leaf")
            tx.add_edge("hub", "HAS", name)
    assert [edge.to_id for edge in home.get_edges("hub")] == names
    assert len(home.get_edges("hub", limit=1_500)) == 1_500
    assert len(home.neighbors("hub", limit=10).edges) == 10


def test_traverse(chain: Namespace) -> None:
    nodes, edges = chain.traverse("a", edge_types=["NEXT"])
    assert [node.id for node in nodes] == ["a", "b", "c", "d"]
    assert [(edge.from_id, edge.to_id) for edge in edges] == [("a", "b"), ("b", "c"), ("c", "d")]
    nodes, _ = chain.traverse("a", max_depth=1)
    assert [node.id for node in nodes] == ["a", "b", "d"]
    nodes, _ = chain.traverse("d", direction="incoming", max_depth=1)
    assert sorted(node.id for node in nodes) == ["a", "c", "d"]
    nodes, _ = chain.traverse("a", order="dfs")
    assert [node.id for node in nodes] == ["a", "b", "c", "d"]
    whole = chain.traverse("a")
    assert whole.truncated is False and (whole.nodes, whole.edges) == (whole[0], whole[1])
    assert chain.traverse("a", limit=2).truncated is True
    assert chain.traverse("nowhere") == ([], [])


def test_shortest_path_and_neighbors(chain: Namespace) -> None:
    assert chain.shortest_path("a", "d") == Path(["a", "d"], [GraphEdge("a", "SKIP", "d", {})])
    path = chain.shortest_path("a", "d", edge_types=["NEXT"])
    assert path is not None and path.nodes == ["a", "b", "c", "d"]
    assert chain.shortest_path("a", "d", edge_types=["NEXT"], max_depth=2) is None
    assert chain.shortest_path("d", "a") is None
    nodes, edges = chain.neighbors("b", direction="both")
    assert sorted(node.id for node in nodes if node.id != "b") == ["a", "c"]
    assert len(edges) == 2


def test_deleting_a_node_deletes_its_edges(chain: Namespace) -> None:
    chain.delete_node("b")
    assert chain.get_edges("a") == [GraphEdge("a", "SKIP", "d", {})]
    assert chain.get_edges("c", direction="incoming") == []
