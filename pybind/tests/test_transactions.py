"""Transactions and commits over both transports."""

from typing import List

import pytest

from toondb import (
    ArgumentTypeError,
    CollectionNotFoundError,
    Document,
    GraphNode,
    InvalidArgumentError,
    Namespace,
    NodeNotFoundError,
    Transaction,
    TransactionConflictError,
    TransactionError,
    WriteBatch,
)


def test_commit_makes_all_writes(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    with home.transaction() as tx:
        tx.put(b"k", b"v")
        tx.put_kv("t", b"w")
        tx.add_documents("docs", [{"id": "d", "content": "c", "embedding": [1.0, 0.0]}])
        tx.add_node("a", "Letter")
        tx.add_node("b", "Letter")
        tx.add_edge("a", "NEXT", "b")
        tx.add_temporal_edge("a", "SEEN", "b", 100)
        assert home.get(b"k") is None
    assert home.multi_get([b"k", b"t"]) == [b"v", b"w"]
    assert home.collection("docs").count() == 1
    assert len(home.get_edges("a")) == 1
    (seen,) = home.query_temporal_graph("a", timestamp=100)
    assert {seen.asserted_seq} == {home.stats().commit_seq}


def test_a_transaction_sees_what_its_ranges_delete(home: Namespace) -> None:
    home.batch_put({key: "v" for key in ["a", "b/1", "b/2", "c"]})
    with home.transaction() as tx:
        tx.put("b/3", "own")
        tx.delete_prefix("b/")
        tx.put("b/2", "new")
        assert [tx.get(key) for key in ("a", "b/1", "b/2", "b/3")] == [b"v", None, b"new", None]
        assert list(tx.scan()) == [(b"a", b"v"), (b"b/2", b"new"), (b"c", b"v")]
        assert list(tx.scan("b/", reverse=True, limit=5)) == [(b"b/2", b"new")]
        tx.delete_range("c")
        assert [key for key, _ in tx.scan(reverse=True)] == [b"b/2", b"a"]
    assert list(home.scan()) == [(b"a", b"v"), (b"b/2", b"new")]
    batch = WriteBatch()
    batch.delete_range("a", "b")
    batch.put("z", "v")
    home.commit(batch)
    assert list(home.scan_keys()) == [b"b/2", b"z"]


def test_an_exception_drops_everything(home: Namespace) -> None:
    home.put(b"before", b"v")
    with pytest.raises(KeyError, match="mine"):
        with home.transaction() as tx:
            tx.get(b"before")
            tx.put(b"k", b"v")
            tx.delete(b"before")
            raise KeyError("mine")
    assert home.get(b"k") is None
    assert home.get(b"before") == b"v"


def test_one_failing_write_drops_all(home: Namespace) -> None:
    with pytest.raises(NodeNotFoundError):
        with home.transaction() as tx:
            tx.put(b"k", b"v")
            tx.add_edge("nobody", "NEXT", "nothing")
    assert home.get(b"k") is None


def test_reads_see_a_snapshot_and_own_writes(home: Namespace) -> None:
    home.batch_put([(b"a", b"1"), (b"b", b"1")])
    tx = home.transaction()
    assert tx.get(b"a") == b"1"
    home.put(b"b", b"2")
    home.put(b"c", b"2")
    assert tx.get(b"b") == b"1"
    assert tx.exists(b"c") is False
    tx.put(b"b", b"3")
    tx.delete(b"a")
    assert (tx.get(b"b"), tx.get(b"a"), tx.get_kv("b")) == (b"3", None, b"3")
    tx.rollback()
    assert home.get(b"b") == b"2"


@pytest.mark.parametrize("found", [True, False])
def test_a_key_that_was_read_and_changed_conflicts(home: Namespace, found: bool) -> None:
    if found:
        home.put(b"k", b"1")
    tx = home.transaction()
    assert tx.exists(b"k") is found
    tx.put(b"other", b"v")
    home.put(b"k", b"2")
    with pytest.raises(TransactionConflictError):
        tx.commit()
    assert home.get(b"other") is None
    for use in (lambda: tx.put(b"more", b"v"), lambda: tx.get(b"other"), lambda: list(tx.scan())):
        with pytest.raises(TransactionError, match="over"):
            use()


def test_a_key_written_anew_with_the_same_value_conflicts(home: Namespace) -> None:
    home.put(b"k", b"1")
    tx = home.transaction()
    tx.get(b"k")
    home.put(b"k", b"1")
    tx.put(b"other", b"v")
    with pytest.raises(TransactionConflictError):
        tx.commit()


def test_what_was_not_read_does_not_conflict(home: Namespace) -> None:
    home.batch_put([(b"a", b"1"), (b"b", b"1")])
    with home.transaction() as tx:
        tx.get(b"a")
        home.put(b"b", b"2")
        tx.put(b"b", b"3")
    assert home.get(b"b") == b"3"


def test_a_transaction_that_only_reads_never_conflicts(home: Namespace) -> None:
    home.put(b"k", b"1")
    with home.transaction() as tx:
        assert tx.get(b"k") == b"1"
        home.put(b"k", b"2")
        assert tx.get(b"k") == b"1"


def test_scans_are_merged_with_own_writes(home: Namespace) -> None:
    home.batch_put([(key, b"old") for key in (b"a", b"c", b"e", b"g")])
    with home.transaction() as tx:
        tx.put(b"b", b"new")
        tx.put(b"c", b"new")
        tx.delete(b"e")
        tx.put(b"h", b"new")
        merged = [(b"a", b"old"), (b"b", b"new"), (b"c", b"new"), (b"g", b"old"), (b"h", b"new")]
        assert list(tx.scan()) == merged
        assert list(tx.scan(reverse=True)) == merged[::-1]
        assert list(tx.scan(limit=2)) == merged[:2]
        assert list(tx.scan(start=b"b", end=b"g")) == merged[1:3]
        assert list(tx.scan(prefix=b"h")) == merged[4:]
        assert list(tx.scan(start=b"x", end=b"b")) == []
        tx.rollback()


@pytest.mark.parametrize(
    ("change", "conflicts"), [("insert", True), ("delete", True), ("update", True), ("outside", False)]
)
def test_scanned_ranges_are_guarded(home: Namespace, change: str, conflicts: bool) -> None:
    home.batch_put([(b"r/a", b"1"), (b"r/c", b"1"), (b"s", b"1")])
    tx = home.transaction()
    assert len(list(tx.scan(prefix=b"r/"))) == 2
    tx.put(b"total", b"2")
    if change == "insert":
        home.put(b"r/b", b"1")
    elif change == "delete":
        home.delete(b"r/a")
    elif change == "update":
        home.put(b"r/a", b"2")
    else:
        home.put(b"s", b"2")
    if conflicts:
        with pytest.raises(TransactionConflictError):
            tx.commit()
    else:
        tx.commit()
    assert home.exists(b"total") is not conflicts


def test_an_empty_range_is_guarded(home: Namespace) -> None:
    tx = home.transaction()
    assert list(tx.scan(prefix=b"r/")) == []
    tx.put(b"total", b"0")
    home.put(b"r/a", b"1")
    with pytest.raises(TransactionConflictError):
        tx.commit()


@pytest.mark.parametrize(
    ("reverse", "touched", "conflicts"),
    [
        (False, b"b", True),
        (False, b"d", False),
        (True, b"d", True),
        (True, b"b", False),
    ],
)
def test_only_the_consumed_part_of_a_scan_is_guarded(
    home: Namespace, reverse: bool, touched: bytes, conflicts: bool
) -> None:
    home.batch_put([(key, b"1") for key in (b"a", b"b", b"c", b"d", b"e")])
    tx = home.transaction()
    assert len(list(tx.scan(limit=2, reverse=reverse))) == 2
    tx.put(b"total", b"2")
    home.put(touched, b"2")
    if conflicts:
        with pytest.raises(TransactionConflictError):
            tx.commit()
    else:
        assert tx.commit() is not None


def test_documents_and_nodes_are_read_and_guarded(home: Namespace) -> None:
    collection = home.collection("docs", dimension=2)
    collection.add("d", "first", [1.0, 0.0])
    home.add_node("n", "Thing")
    for change in (
        lambda: collection.add("d", "second", [1.0, 0.0]),
        lambda: home.add_node("n", "Other"),
        lambda: collection.add("absent", "", [1.0, 0.0]),
    ):
        tx = home.transaction()
        assert tx.get_document("docs", "d") is not None and tx.get_node("n") is not None
        assert tx.get_document("docs", "absent") is None and tx.get_node("absent") is None
        change()
        tx.put(b"k", b"v")
        with pytest.raises(TransactionConflictError):
            tx.commit()
    tx = home.transaction()
    assert tx.get_node("n") is not None
    home.delete_node("n")
    tx.put(b"k", b"v")
    with pytest.raises(TransactionConflictError):
        tx.commit()
    assert home.get(b"k") is None


def test_a_collection_that_is_not_there(home: Namespace) -> None:
    home.put(b"k", b"v")
    with pytest.raises(CollectionNotFoundError):
        home.transaction().get_document("docs", "d")


def test_the_first_transaction_of_a_namespace(home: Namespace) -> None:
    with home.transaction() as tx:
        assert (tx.get(b"k"), list(tx.scan()), tx.get_node("n")) == (None, [], None)
        tx.put(b"k", b"1")
    rival = home.transaction()
    assert rival.get(b"k") == b"1"
    rival.rollback()
    assert home.get(b"k") == b"1"


def test_own_documents_and_nodes_are_seen(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    with home.transaction() as tx:
        tx.add_documents("docs", [{"id": "d", "content": "c", "embedding": [1.0, 0.0], "metadata": {"x": 1}}])
        assert tx.get_document("docs", "d", include_embeddings=True) == Document("d", "c", [1.0, 0.0], {"x": 1})
        tx.delete_documents("docs", ["d"])
        assert tx.get_document("docs", "d") is None
        tx.add_node("n", "Thing", {"x": 1})
        assert tx.get_node("n") == GraphNode("n", "Thing", {"x": 1})
        tx.delete_node("n")
        assert tx.get_node("n") is None


def test_run_transaction_runs_again_on_a_conflict(home: Namespace) -> None:
    home.put(b"k", b"1")
    runs: List[int] = []

    def increment(tx: Transaction) -> int:
        value = int(tx.get(b"k") or 0)
        if not runs:
            home.put(b"k", b"10")
        runs.append(value)
        tx.put(b"k", str(value + 1).encode())
        return value + 1

    assert home.run_transaction(increment) == 11
    assert runs == [1, 10]
    assert home.get(b"k") == b"11"


def test_run_transaction_gives_up(home: Namespace) -> None:
    def meddle(tx: Transaction) -> None:
        tx.get(b"k")
        home.put(b"k", b"x")
        tx.put(b"l", b"y")

    with pytest.raises(TransactionConflictError):
        home.run_transaction(meddle, retries=2)
    assert home.get(b"l") is None


def test_batches_with_preconditions(home: Namespace) -> None:
    batch = WriteBatch()
    batch.require_absent(b"k")
    batch.put(b"k", b"1")
    assert (len(batch), bool(batch), bool(WriteBatch())) == (1, True, False)
    result = home.commit(batch)
    assert result.commit_seq >= 1 and result.durability == "durable"
    with pytest.raises(TransactionConflictError):
        home.commit(batch)
    batch = WriteBatch()
    batch.require_value(b"k", b"1")
    batch.require_present(b"k")
    batch.delete(b"k")
    batch.put(b"l", b"2", ttl=3600)
    assert home.commit(batch).commit_seq == result.commit_seq + 1
    assert (home.get(b"k"), home.get(b"l")) == (None, b"2")


def test_batches_write_everything(home: Namespace) -> None:
    home.collection("docs", dimension=2)
    home._store.create_index("i", 2, namespace=home.name)
    batch = WriteBatch()
    batch.add_documents("docs", [{"id": "a", "content": ""}, {"id": "b", "content": ""}], embeddings=[[1, 0], [0, 1]])
    batch.insert_vectors("i", [1, 2], [[1, 0], [0, 1]])
    for node in ("x", "y", "z"):
        batch.add_node(node, "Letter")
    batch.add_edge("x", "NEXT", "y", {"n": 1})
    batch.add_edge("y", "NEXT", "z")
    batch.supersede_temporal_edge("x", "AT", "y", 100)
    batch.supersede_temporal_edge("x", "AT", "z", 200)
    batch.close_temporal_edge("x", "AT", "z", 300)
    home.commit(batch)
    batch = WriteBatch()
    batch.delete_documents("docs", ["a"])
    batch.delete_vectors("i", [1])
    batch.delete_edge("x", "NEXT", "y")
    batch.delete_node("z")
    home.commit(batch)
    assert home.collection("docs").count() == 1
    assert home._store.count_vectors("i", namespace=home.name) == 1
    assert home.get_edges("x") == []
    assert home.get_edges("y") == []
    with pytest.raises(InvalidArgumentError, match="no id"):
        batch.add_documents("docs", [{"content": "", "embedding": [1, 0]}])


def test_a_scan_goes_on_where_it_was_left(home: Namespace) -> None:
    home.batch_put({f"t/{number}": b"" for number in range(6)})
    with home.transaction() as tx:
        pairs = tx.scan("t/")
        assert [next(pairs)[0], next(pairs)[0]] == [b"t/0", b"t/1"]
        for key, _ in pairs:
            assert key == b"t/2"
            break
        assert [key for key, _ in pairs] == [b"t/3", b"t/4", b"t/5"]
        tx.put("z", b"1")
    with home.transaction() as tx:
        assert next(tx.scan("t/"))[0] == b"t/0"
        # What was not reached was not read: others may change it.
        home.put("t/5", b"changed")
        tx.put("z", b"2")
    with pytest.raises(TransactionConflictError), home.transaction() as tx:
        assert len(list(tx.scan("t/"))) == 6
        home.put("t/5", b"changed again")
        tx.put("z", b"3")


def test_a_scan_that_failed_can_be_tried_again(home: Namespace) -> None:
    pairs = home.scan(limit="many")  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(ArgumentTypeError, match="limit"):
            next(pairs)
