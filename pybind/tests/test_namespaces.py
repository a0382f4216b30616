"""Namespaces over both transports."""

import pytest

from toondb import (
    AlreadyExistsError,
    InvalidArgumentError,
    Namespace,
    NamespaceNotFoundError,
    Quota,
    QuotaExceededError,
)
from toondb._store import Store


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
    store.put(b"k", b"v", ns)
    assert store.delete_namespace(ns) is True
    with pytest.raises(NamespaceNotFoundError):
        store.delete_namespace(ns)
    assert ns not in store.list_namespaces()
    assert store.get(b"k", ns) is None


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
    assert two.collections() == []


@pytest.mark.parametrize("name", ["../up", "a/b", "-dash", "a" * 65, "sp ace", "nul\0", "ünï"])
def test_bad_names_are_refused(store: Store, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        store.put(b"k", b"v", name)
    with pytest.raises(InvalidArgumentError):
        store.get(b"k", name)
    with pytest.raises(InvalidArgumentError):
        store.create_namespace(name)


def test_quota(store: Store, ns: str) -> None:
    store.create_namespace(ns, bytes_max=1_000, collections_max=1)
    assert store.describe_namespace(ns).quota == Quota(bytes_max=1_000, collections_max=1)
    store.put(b"k", bytes(500), ns)
    with pytest.raises(QuotaExceededError):
        store.put(b"l", bytes(600), ns)
    store.create_collection("one", 2, namespace=ns)
    with pytest.raises(QuotaExceededError):
        store.create_collection("two", 2, namespace=ns)
    assert store.set_quota(ns).quota == Quota()
    store.put(b"l", bytes(600), ns)


def test_stats_and_flush(store: Store, home: Namespace) -> None:
    home.put(b"k", b"v")
    home.add_node("n", "Thing")
    stats = home.stats()
    assert (stats.keys, stats.nodes, stats.edges) == (1, 1, 0)
    assert stats.commit_seq >= 2
    assert home.flush() >= stats.commit_seq
    assert home.stats().checkpoint_seq >= stats.commit_seq


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
