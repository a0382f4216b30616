"""What transactions read beside keys: with their own writes, or at the snapshot and held to what they looked into."""

import re
from pathlib import Path
from typing import Callable, cast

import pytest

from toondb import (
    ArgumentTypeError,
    CollectionNotFoundError,
    InvalidArgumentError,
    Namespace,
    Transaction,
    TransactionConflictError,
    TransactionError,
)
from toondb._toondb import reads_at_snapshot
from toondb._transactions import _PARTS


def test_reads_of_several_things_see_own_writes(home: Namespace) -> None:
    home.batch_put({"a": "1", "b": "2"})
    home.collection("docs", dimension=2)
    home.add_documents("docs", [{"id": "x", "content": "old", "embedding": [1, 0], "metadata": {"n": 1}}])
    for name in ("p", "q", "r"):
        home.add_node(name, "T", {"n": 1})
    home.add_edge("p", "E", "q", {"w": 1})
    home.add_edge("q", "E", "r")
    with home.transaction() as tx:
        tx.put("b", "new")
        tx.delete("a")
        assert tx.multi_get(["a", "b", "none", "b"]) == [None, b"new", None, b"new"]
        assert list(tx.scan_keys()) == [b"b"] and list(tx.scan_keys(limit=0)) == []
        tx.update_documents("docs", ["x"], set={"m": (1, 2)})
        tx.add_documents("docs", ({"id": id, "content": id, "embedding": [0.1, 0.2]} for id in ("y", "z")))
        found = tx.get_documents("docs", ["z", "x", "none"], include_embeddings=True)
        assert [each and each.id for each in found] == ["z", "x", None]
        assert found[1] is not None and found[1].metadata == {"n": 1, "m": [1, 2]}, "as it will be stored"
        tx.update_node("p", {"n": 2.5}, unset=["gone"])
        tx.update_edge("p", "E", "q", {"w": 2})
        tx.add_edge("p", "E", "r", {"t": (1,)})
        nodes = tx.get_nodes(["p", "none", "q"])
        assert [each and each.properties for each in nodes] == [{"n": 2.5}, None, {"n": 1}]
        edge = tx.get_edge("p", "E", "q")
        assert edge is not None and edge.properties == {"w": 2}
        edge = tx.get_edge("p", "E", "r")
        assert edge is not None and edge.properties == {"t": [1]}
        tx.delete_node("q")
        assert tx.get_edge("p", "E", "q") is None and tx.get_edge("q", "E", "r") is None
        own = [tx.get_documents("docs", ["y"], include_embeddings=True)[0], tx.get_edge("p", "E", "r"), tx.get_node("p")]
    stored = [home.get_document("docs", "y", include_embeddings=True), home.get_edge("p", "E", "r"), home.get_node("p")]
    assert own == stored, "what a transaction sees of itself is what the next one reads"


def test_searches_lists_and_walks_stand_at_the_snapshot(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    home.add_documents("docs", [{"id": "x", "content": "", "embedding": [1, 0], "metadata": {"n": 1}}])
    home.add_node("p", "T")
    home.add_node("q", "T")
    home.add_edge("p", "E", "q")
    home.add_temporal_edge("p", "AT", "q", 10)
    home.append("log", "entry")
    with home.transaction() as tx:
        assert [hit.id for hit in tx.search_collection("docs", [1, 0], 5)] == ["x"]
        assert tx.count("docs") == 1 and tx.count("docs", {"n": 2}) == 0
        assert [each.id for each in tx.list_documents("docs")] == ["x"] and len(tx.facet("docs", "n")) == 1
        assert len(tx.get_edges("p")) == 1 and len(tx.neighbors("p")[0]) == 1 and tx.shortest_path("p", "q") is not None
        assert len(tx.query_temporal_graph("p", timestamp=20)) == 1
        assert [each.value for each in tx.read_log("log")] == [b"entry"]
        assert [each.key for each in tx.scan_prefixes().rows()] == [] and tx.ttl("none") is None
        tx.put("done", "1")
    assert home.get("done") == b"1"


def test_what_was_looked_into_must_not_have_changed(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    home.add_documents("docs", [{"id": "x", "content": "", "embedding": [1, 0]}])
    home.collection("other", dimension=2)

    def attempt(read: Callable[[Transaction], object], change: Callable[[], object]) -> bool:
        tx = home.transaction()
        read(tx)
        change()
        tx.put("done", "1")
        try:
            tx.commit()
        except TransactionConflictError:
            return False
        return True

    def add(name: str) -> Callable[[], object]:
        return lambda: home.add_documents(name, [{"content": "", "embedding": [0, 1]}])

    search = lambda tx: tx.search_collection("docs", [1, 0], 1)  # noqa: E731
    assert not attempt(search, add("docs")), "another one may be nearer now"
    assert attempt(search, add("other")) and attempt(search, lambda: home.put("k", "v"))
    assert not attempt(lambda tx: tx.count("docs"), lambda: home.delete_documents("docs", ["x"]))
    assert not attempt(lambda tx: tx.list_nodes(), lambda: home.add_node("p", "T"))
    assert attempt(lambda tx: tx.list_nodes(), lambda: home.append("log", "v"))
    assert not attempt(lambda tx: tx.read_log("log"), lambda: home.append("log", "v"))
    assert not attempt(lambda tx: tx.list_facts(), lambda: home.add_temporal_edge("a", "AT", "b", 1))
    assert not attempt(lambda tx: tx.multi_get(["k", "l"]), lambda: home.put("l", "v"))


def test_a_search_does_not_look_past_own_writes(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    home.collection("other", dimension=2)
    with home.transaction() as tx:
        tx.add_documents("docs", [{"id": "x", "content": "", "embedding": [1, 0]}])
        tx.add_node("p", "T")
        for read in (
            lambda: tx.search_collection("docs", [1, 0], 1),
            lambda: tx.count("docs"),
            lambda: tx.list_documents("docs").rows(),
            lambda: tx.get_edges("p"),
        ):
            with pytest.raises(TransactionError, match="commit"):
                read()
        assert tx.count("other") == 0 and len(tx.list_facts()) == 0
    with pytest.raises(TransactionError):
        tx.count("docs")
    assert home.count("docs") == 1


def test_what_comes_before_own_keys_counts_as_read(home: Namespace) -> None:
    for reverse, rival in ((False, "k1"), (True, "k9")):
        home.delete_range("")
        home.put("k5", "v")
        tx = home.transaction()
        tx.put("k3" if not reverse else "k7", "own")
        (first,) = tx.scan(limit=1, reverse=reverse)
        assert first[1] == b"own"
        home.put(rival, "v")
        with pytest.raises(TransactionConflictError):
            tx.commit()


def test_every_read_at_a_snapshot_is_one_of_a_transaction() -> None:
    table = (Path(__file__).parents[2] / "engine/src/api/operations.rs").read_text(encoding="utf-8")
    operations = re.findall(r"^    \d+ (\w+)\(", table, re.MULTILINE)
    assert len(operations) > 80
    by_name = {"Get", "Exists", "MultiGet", "Scan", "GetDocuments", "GetNode", "GetNodes", "GetEdge"}
    # A context is text of several reads; whoever needs one in a transaction makes it of rows.
    expected = {name for name in operations if reads_at_snapshot(name)} - {"AssembleContext", "Render"}
    assert set(_PARTS) | by_name == expected


def test_that_a_collection_was_not_there_counts_as_read(home: Namespace) -> None:
    home.put("k", "v")
    tx = home.transaction()
    with pytest.raises(CollectionNotFoundError):
        tx.get_document("docs", "x")
    home.collection("docs", dimension=2)
    tx.put("done", "1")
    with pytest.raises(TransactionConflictError):
        tx.commit()


def test_a_collection_that_is_dropped_meanwhile_is_a_conflict(home: Namespace) -> None:
    docs = home.collection("docs", dimension=2)
    docs.add("x", "")
    tx = home.transaction()
    assert tx.get_document("docs", "x") is not None
    docs.drop()
    tx.put("done", "1")
    with pytest.raises(TransactionConflictError):
        tx.commit()


def test_a_write_that_was_refused_is_not_one_that_was_made(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    with home.transaction() as tx:
        with pytest.raises(InvalidArgumentError, match="no id"):
            tx.add_documents("docs", [{"content": ""}])
        with pytest.raises(ArgumentTypeError):
            tx.put("k", cast(str, 5))
        assert tx.count("docs") == 0 and tx.scan_prefixes().rows() == []
        tx.delete_node("none")
        for read in (tx.list_nodes, tx.list_facts):
            with pytest.raises(TransactionError, match="commit"):
                read()
