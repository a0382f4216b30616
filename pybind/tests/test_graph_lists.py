"""Nodes and edges in lists, updates, merges and filtered walks, over all transports."""

import pytest

from toondb import (
    GraphEdge,
    GraphNode,
    InvalidArgumentError,
    LimitExceededError,
    MergedNodes,
    Namespace,
    NodeNotFoundError,
    Query,
    TransactionConflictError,
    WriteBatch,
)


@pytest.fixture
def town(home: Namespace) -> Namespace:
    """Four people and a shop: ann and bob know each other, all shop."""
    for number, name in enumerate(("ann", "bob", "cid", "dan")):
        home.add_node(name, "Person", {"age": 10 * number})
    home.add_node("shop", "Shop")
    home.add_edge("ann", "KNOWS", "bob", {"weight": 3})
    home.add_edge("bob", "KNOWS", "cid", {"weight": 1})
    for name in ("ann", "bob", "cid", "dan"):
        home.add_edge(name, "AT", "shop", {"weight": 2})
    return home


def test_nodes_are_listed_and_counted(town: Namespace) -> None:
    assert [node.id for node in town.list_nodes()] == ["ann", "bob", "cid", "dan", "shop"]
    grown = {"age": {"$gte": 20}}
    assert town.list_nodes(node_type="Person", filter=grown) == [
        GraphNode("cid", "Person", {"age": 20}),
        GraphNode("dan", "Person", {"age": 30}),
    ]
    assert [node.id for node in town.list_nodes(node_type="Person", limit=3)] == ["ann", "bob", "cid"]
    assert (town.count_nodes(), town.count_nodes(node_type="Person"), town.count_nodes(filter=grown)) == (5, 4, 2)
    assert town.list_nodes(node_type="Nobody") == []
    assert town.get_nodes(["shop", "x", "ann"]) == [
        GraphNode("shop", "Shop", {}),
        None,
        GraphNode("ann", "Person", {"age": 0}),
    ]
    assert town.list_nodes(node_type="Shop").to_toon() == "[1]{id,node_type}:\n  shop,Shop"
    with pytest.raises(LimitExceededError, match="node type"):
        town.list_nodes(node_type="x" * 300)


def test_more_nodes_than_a_page(home: Namespace) -> None:
    with home.transaction() as tx:
        for number in range(2_500):
            tx.add_node(f"{number:04}", "Even" if number % 2 == 0 else "Odd", {"number": number})
    assert [node.properties["number"] for node in home.list_nodes(node_type="Odd")] == list(range(1, 2_500, 2))
    assert home.list_nodes(filter={"number": 2_400})[0].id == "2400"
    query = Query.list_nodes(node_type="Even", limit=2)
    rendered = home.render(query, columns=["id"])
    assert (rendered, rendered.rows) == ("[2]{id}:\n  \"0000\"\n  \"0002\"", 2)
    rest = Query.list_nodes(node_type="Even", limit=1, cursor=rendered.cursor)
    assert "0004" in home.render(rest)


def test_edges_of_many_nodes(town: Namespace) -> None:
    assert town.get_edge("ann", "KNOWS", "bob") == GraphEdge("ann", "KNOWS", "bob", {"weight": 3})
    assert town.get_edge("bob", "KNOWS", "ann") is None
    edges = town.list_edges(["bob", "ann"], edge_types=["KNOWS"], direction="both")
    assert [(edge.from_id, edge.to_id) for edge in edges] == [("bob", "cid"), ("ann", "bob")]
    assert len(town.list_edges()) == 6
    assert [edge.from_id for edge in town.list_edges(filter={"weight": {"$ne": 2}})] == ["ann", "bob"]
    assert town.list_edges([]) == []
    assert len(town.get_edges("shop", direction="incoming", filter={"weight": 2})) == 4
    assert town.get_edges("shop", direction="incoming", filter={"weight": 3}) == []


def test_updates_merge(town: Namespace) -> None:
    assert town.update_node("ann", {"city": "Oslo"}, unset=["age"], node_type="Owner") is True
    assert town.get_node("ann") == GraphNode("ann", "Owner", {"city": "Oslo"})
    assert town.list_nodes(node_type="Owner") == [GraphNode("ann", "Owner", {"city": "Oslo"})]
    assert town.update_edge("ann", "KNOWS", "bob", {"since": 2020}) is True
    assert town.get_edge("ann", "KNOWS", "bob") == GraphEdge("ann", "KNOWS", "bob", {"weight": 3, "since": 2020})
    assert town.update_node("nobody", {"x": 1}) is False
    assert town.update_edge("shop", "AT", "ann", {"x": 1}) is False
    assert town.get_node("nobody") is None
    with pytest.raises(InvalidArgumentError, match="both set and unset"):
        town.update_node("ann", {"city": "Rome"}, unset=["city"])


def test_merging_nodes(town: Namespace) -> None:
    town.add_temporal_edge("dan", "LIVES_IN", "oslo", 5)
    assert town.merge_nodes("dan", "ann") == MergedNodes(nodes=1, edges=1, facts=1)
    assert town.get_node("dan") is None
    assert town.get_node("ann") == GraphNode("ann", "Person", {"age": 0})
    assert [edge.from_id for edge in town.get_edges("shop", direction="incoming")] == ["ann", "bob", "cid"]
    assert [edge.to_id for edge in town.query_temporal_graph("ann", timestamp=7)] == ["oslo"]
    assert town.query_temporal_graph("dan", timestamp=7) == []
    assert town.merge_nodes("dan", "ann") == MergedNodes(0, 0, 0)
    with pytest.raises(NodeNotFoundError, match="nowhere"):
        town.merge_nodes("ann", "nowhere")
    with pytest.raises(InvalidArgumentError, match="into itself"):
        town.merge_nodes("ann", "ann")


def test_walks_keep_to_some(town: Namespace) -> None:
    people = town.traverse("ann", node_types=["Person"])
    assert [node.id for node in people.nodes] == ["ann", "bob", "cid"]
    near = town.neighbors("ann", edge_filter={"weight": {"$gt": 2}})
    assert [node.id for node in near.nodes] == ["bob"]
    path = town.shortest_path("ann", "cid", direction="both", node_filter={"age": {"$exists": True}})
    assert path is not None and path.nodes == ["ann", "bob", "cid"]
    assert town.shortest_path("ann", "cid", edge_filter={"weight": {"$gt": 1}}) is None
    with pytest.raises(InvalidArgumentError, match=r"\$near"):
        town.traverse("ann", node_filter={"age": {"$near": 1}})


def test_a_node_that_was_never_added_keeps_its_facts(home: Namespace) -> None:
    home.add_temporal_edge("door", "STATE", "open", 5)
    assert home.delete_node("door") is False
    assert len(home.query_temporal_graph("door", timestamp=7)) == 1
    home.add_node("door", "Door")
    assert home.delete_node("door") is True
    assert home.query_temporal_graph("door", timestamp=7) == []


def test_changes_in_transactions_and_batches(town: Namespace) -> None:
    with town.transaction() as tx:
        assert tx.update_node("ann", {"city": "Oslo"}, unset=["age"]) is True
        assert tx.get_node("ann") == GraphNode("ann", "Person", {"city": "Oslo"})
        assert tx.update_node("nobody", {"x": 1}) is False
        tx.update_edge("ann", "KNOWS", "bob", {"weight": 4})
        tx.merge_nodes("dan", "ann")
        assert tx.get_node("dan") is None
        assert tx.get_node("ann") == GraphNode("ann", "Person", {"age": 30, "city": "Oslo"})
    assert town.get_node("ann") == GraphNode("ann", "Person", {"age": 30, "city": "Oslo"})
    assert town.get_edge("ann", "KNOWS", "bob") == GraphEdge("ann", "KNOWS", "bob", {"weight": 4})
    tx = town.transaction()
    tx.update_node("bob", {"age": 1})
    town.update_node("bob", {"age": 2})
    with pytest.raises(TransactionConflictError):
        tx.commit()
    batch = WriteBatch()
    batch.update_node("bob", {"age": 3}, node_type="Boss")
    batch.update_edge("bob", "KNOWS", "cid", unset=["weight"])
    batch.merge_nodes("cid", "bob")
    town.commit(batch)
    assert town.get_node("bob") == GraphNode("bob", "Boss", {"age": 3})
    assert town.get_edge("bob", "KNOWS", "bob") == GraphEdge("bob", "KNOWS", "bob", {})
