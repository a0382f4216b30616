"""Namespaces over both transports."""

from pathlib import Path

from typing import Any

import pytest

from toondb import (
    AlreadyExistsError,
    CheckReport,
    Finding,
    InvalidArgumentError,
    Namespace,
    Query,
    NamespaceNotFoundError,
    Quota,
    QuotaExceededError,
    WriteBatch,
)
from toondb._store import Store
from toondb._reports import FindingKind

from conftest import Server


def test_life_of_a_namespace(store: Store, ns: str) -> None:
    assert ns not in store.list_namespaces()
    assert store.create_namespace(ns, metadata={"team": "blue", "size": 3}) is True
    assert store.create_namespace(ns) is True
    with pytest.raises(AlreadyExistsError):
        store.create_namespace(ns, exist_ok=False)
    info = store.describe_namespace(ns)
    assert (info.name, info.metadata, info.quota) == (ns, {"team": "blue", "size": 3}, Quota())
    assert info.created_at > 1_600_000_000_000
    assert ns in store.list_namespaces()
    store.put(b"k", b"v", namespace=ns)
    assert store.delete_namespace(ns) is True
    with pytest.raises(NamespaceNotFoundError):
        store.delete_namespace(ns)
    assert ns not in store.list_namespaces()
    assert store.get(b"k", namespace=ns) is None


def test_a_write_creates_and_a_read_does_not(store: Store, home: Namespace) -> None:
    assert home.get(b"k") is None
    assert list(home.scan()) == []
    assert home.name not in store.list_namespaces()
    for manage in (home.info, home.stats, lambda: store.set_quota(home.name)):
        with pytest.raises(NamespaceNotFoundError):
            manage()
    home.put(b"k", b"v")
    assert home.name in store.list_namespaces()


def test_namespaces_are_apart(store: Store, ns: str) -> None:
    one, two = store.namespace(ns + ".one"), store.namespace(ns + ".two")
    one.put(b"k", b"1")
    two.put(b"k", b"2")
    one.add_node("n", "Thing")
    one.collection("c", dimension=2)
    assert (one.get(b"k"), two.get(b"k")) == (b"1", b"2")
    assert two.get_node("n") is None
    assert two.list_collections() == []


@pytest.mark.parametrize("name", ["../up", "a/b", "-dash", "a" * 65, "sp ace", "nul\0", "ünï"])
def test_bad_names_are_refused(store: Store, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        store.put(b"k", b"v", namespace=name)
    with pytest.raises(InvalidArgumentError):
        store.get(b"k", namespace=name)
    with pytest.raises(InvalidArgumentError):
        store.create_namespace(name)


def test_quota(store: Store, ns: str) -> None:
    store.create_namespace(ns, bytes_max=1_000, collections_max=1)
    assert store.describe_namespace(ns).quota == Quota(bytes_max=1_000, collections_max=1)
    store.put(b"k", bytes(500), namespace=ns)
    with pytest.raises(QuotaExceededError):
        store.put(b"l", bytes(600), namespace=ns)
    store.create_collection("one", 2, namespace=ns)
    with pytest.raises(QuotaExceededError):
        store.create_collection("two", 2, namespace=ns)
    assert store.set_quota(ns).quota == Quota()
    store.put(b"l", bytes(600), namespace=ns)


def test_an_empty_name_is_refused(store: Store) -> None:
    """To the engine it would be ``default``; to a caller it is a tenant's id that came out empty."""
    store.put(b"whose", b"the default's")
    uses = [
        lambda: store.namespace(""),
        lambda: store.get(b"whose", namespace=""),
        lambda: store.put(b"whose", b"mixed", namespace=""),
        lambda: list(store.scan(namespace="")),
        lambda: store.render(Query.scan(), namespace=""),
        lambda: store.create_namespace(""),
        lambda: store.delete_namespace(""),
        lambda: store.describe_namespace(""),
        lambda: store.set_quota("", bytes_max=1),
        lambda: store.add_node("n", "Thing", namespace=""),
        lambda: store.query_temporal_graph("", "n", mode="CURRENT"),
        lambda: store.create_collection("c", 2, namespace=""),
        lambda: store.query_context([], 100, namespace=""),
        lambda: store.commit(WriteBatch(), namespace=""),
        lambda: store.transaction(namespace="").get(b"whose"),
        lambda: store.create_checkpoint("c", namespace=""),
    ]
    for use in uses:
        with pytest.raises(InvalidArgumentError, match="namespace is empty"):
            use()
    assert store.get(b"whose") == b"the default's"


def test_no_name_is_refused(store: Store) -> None:
    """None is an id that was not found; it must not mean ``default`` either."""
    store.put(b"whose", b"the default's")
    nobody: Any = None
    uses = [
        lambda: store.namespace(nobody),
        lambda: store.get(b"whose", namespace=nobody),
        lambda: store.put(b"whose", b"mixed", namespace=nobody),
        lambda: store.exists(b"whose", namespace=nobody),
        lambda: store.delete(b"whose", namespace=nobody),
        lambda: store.batch_put({b"whose": b"mixed"}, namespace=nobody),
        lambda: list(store.scan(namespace=nobody)),
        lambda: store.render(Query.scan(), namespace=nobody),
        lambda: store.delete_namespace(nobody),
        lambda: store.set_quota(nobody, bytes_max=1),
        lambda: store.add_temporal_edge(nobody, "a", "IS", "b", 1),
        lambda: store.commit(WriteBatch(), namespace=nobody),
        lambda: store.transaction(namespace=nobody),
        lambda: store.flush(namespace=nobody),
    ]
    for use in uses:
        with pytest.raises(TypeError):
            use()
    assert store.get(b"whose") == b"the default's"


def test_stats_and_flush(store: Store, home: Namespace) -> None:
    home.put(b"k", b"v")
    home.add_node("n", "Thing")
    stats = home.stats()
    assert (stats.keys, stats.nodes, stats.edges) == (1, 1, 0)
    assert stats.commit_seq >= 2
    assert home.flush() >= stats.commit_seq
    assert home.stats().flushed_seq >= stats.commit_seq


def test_the_engine_as_a_whole(store: Store) -> None:
    version = store.ping()
    assert version
    stats = store.stats()
    assert stats.version == version
    assert stats.pid > 0
    capabilities = store.capabilities()
    assert {"Get", "Commit", "QueryTemporal"} <= set(capabilities.operations)
    assert set(capabilities.metrics) == {"cosine", "euclidean", "dot"}
    assert set(capabilities.durability) == {"durable", "volatile"}


def test_a_check_of_what_is_stored(store: Store, home: Namespace) -> None:
    home.put(b"k", b"v")
    home.flush()
    report = store.check(namespaces=[home.name])
    assert report.is_sound, report.findings
    (checked,) = report.namespaces
    assert checked.name == home.name
    assert checked.rows > 0 and checked.pages > 0 and checked.commit_seq >= 1
    assert (report.checkpoints, report.more, report.repaired) == (0, 0, [])
    everything = store.check()
    assert everything.is_sound, everything.findings
    names = [each.name for each in everything.namespaces]
    assert names == sorted(names) and {"default", home.name} <= set(names)
    assert home.get(b"k") == b"v"
    repaired = store.check(namespaces=[home.name], repair=True)
    assert repaired.is_sound and repaired.repaired == [], "there was nothing to repair"
    assert home.get(b"k") == b"v"


def test_a_check_of_what_does_not_exist(store: Store, home: Namespace) -> None:
    home.put(b"k", b"v")
    with pytest.raises(NamespaceNotFoundError):
        store.check(namespaces=[home.name, f"{home.name}-missing"])
    with pytest.raises(InvalidArgumentError):
        store.check(namespaces=[home.name, ""])
    with pytest.raises(TypeError):
        store.check(namespaces=home.name)


def test_a_check_names_what_is_damaged(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.connect() as client:
        client.put(b"whose", b"the default's")
        client.namespace("default").flush()
        assert client.check().is_sound
        (path,) = Path(server.data).glob("ns/*/store.redb")
        # In place, and wherever it is: the server has the file open, and older pages may be free.
        with open(path, "r+b") as file:
            stored = file.read()
            place = stored.find(b"the default's")
            assert place >= 0
            while place >= 0:
                file.seek(place)
                file.write(b"T")
                place = stored.find(b"the default's", place + 1)
        report = client.check(namespaces=["default"])
        assert not report.is_sound
        damage = [each for each in report.findings if each.kind == "damaged"]
        assert damage and all(each.part == "store" and "store.redb" in each.place for each in damage), report.findings
        assert all(each.what and each.advice for each in report.findings)
    server.kill()


def test_a_report_is_sound_without_findings_that_matter() -> None:
    def report(*kinds: FindingKind, more: int = 0) -> CheckReport:
        return CheckReport([], 0, [Finding(kind, "store", "place", "what", "advice") for kind in kinds], more)

    assert report().is_sound and report("notice", "notice").is_sound
    assert not report("notice", "derived").is_sound
    assert not report("damaged").is_sound
    assert not report("notice", more=1).is_sound
