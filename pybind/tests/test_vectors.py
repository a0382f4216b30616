"""Vector indexes over both transports."""

import random

import pytest

from toondb import (
    AlreadyExistsError,
    CollectionNotFoundError,
    InvalidArgumentError,
    LimitExceededError,
    SearchResult,
    WriteBatch,
)
from toondb._store import Store


def test_life_of_an_index(store: Store, ns: str) -> None:
    assert store.create_index("i", 2, "euclidean", namespace=ns) is True
    assert store.create_index("i", 2, "euclidean", namespace=ns) is True
    with pytest.raises(AlreadyExistsError):
        store.create_index("i", 3, "euclidean", namespace=ns)
    assert store.list_indexes(namespace=ns) == ["i"]
    assert store.insert_vectors("i", [1, 2, 2**64 - 1], [[0, 0], [1, 0], [0, 3]], namespace=ns) is True
    info = store.describe_index("i", namespace=ns)
    assert (info.name, info.dimension, info.metric, info.count) == ("i", 2, "euclidean", 3)
    assert store.get_vectors("i", [2, 7, 1], namespace=ns) == [[1.0, 0.0], None, [0.0, 0.0]]
    found = store.search("i", [0.0, 0.0], k=2, namespace=ns)
    assert found == [SearchResult(1, 0.0, 1.0), SearchResult(2, 1.0, 0.5)]
    assert store.search("i", [0.0, 3.0], k=1, namespace=ns, include_embeddings=True)[0].embedding == [0.0, 3.0]
    assert store.search("i", [0.0, 3.0], k=1, namespace=ns)[0].id == 2**64 - 1
    assert store.delete_vectors("i", [1, 7], namespace=ns) == 1
    assert store.count_vectors("i", namespace=ns) == 2
    assert store.drop_index("i", namespace=ns) is True
    with pytest.raises(CollectionNotFoundError):
        store.search("i", [0.0, 0.0], namespace=ns)


def test_batch_search_is_several_searches(store: Store, ns: str) -> None:
    seed = random.Random(7)
    rows = [[seed.gauss(0, 1) for _ in range(8)] for _ in range(300)]
    store.create_index("i", 8, namespace=ns)
    store.insert_vectors("i", range(300), rows, namespace=ns)
    queries = rows[:5]
    batch = store.search_batch("i", queries, k=4, namespace=ns)
    assert batch == [store.search("i", query, k=4, namespace=ns) for query in queries]
    assert [found[0].id for found in batch] == [0, 1, 2, 3, 4]


def test_bounds(store: Store, ns: str) -> None:
    store.create_index("i", 2, namespace=ns)
    store.insert_vectors("i", [1], [[1, 0]], namespace=ns)
    for k in (0, 10_001):
        with pytest.raises(LimitExceededError):
            store.search("i", [1, 0], k=k, namespace=ns)
    for k in (-1, 2**40):
        with pytest.raises(InvalidArgumentError):
            store.search("i", [1, 0], k=k, namespace=ns)
    for dimension in (0, 8193, -3):
        with pytest.raises(InvalidArgumentError):
            store.create_index("j", dimension, namespace=ns)
    with pytest.raises(InvalidArgumentError):
        store.create_index("j", 2, "manhattan", namespace=ns)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError):
        store.insert_vectors("i", [1, 2], [[1, 0]], namespace=ns)
    with pytest.raises(InvalidArgumentError):
        store.insert_vectors("i", [-1], [[1, 0]], namespace=ns)
    with pytest.raises(InvalidArgumentError):
        store.insert_vectors("i", [1, 2], [[1, 0], [1]], namespace=ns)
    assert store.count_vectors("i", namespace=ns) == 1


def test_ids_given_twice_take_the_last_vector(store: Store, ns: str) -> None:
    store.create_index("i", 2, "euclidean", namespace=ns)
    store.insert_vectors("i", [1, 1], [[0, 0], [5, 5]], namespace=ns)
    assert store.get_vectors("i", [1], namespace=ns) == [[5.0, 5.0]]
    assert store.count_vectors("i", namespace=ns) == 1


def test_shapes_that_happen_to_fit_are_refused(store: Store, ns: str) -> None:
    """Three rows of four numbers are as many numbers as two of six."""
    store.create_index("six", 6, namespace=ns)
    rows = [[0.5] * 4] * 3
    batch = WriteBatch()
    for use in (
        lambda: store.insert_vectors("six", [1, 2], rows, namespace=ns),
        lambda: batch.insert_vectors("six", [1, 2], rows),
        lambda: store.insert_vectors("six", [1, 2, 3], rows, namespace=ns),
        lambda: store.search_batch("six", rows, namespace=ns),
    ):
        with pytest.raises(InvalidArgumentError):
            use()
    assert store.count_vectors("six", namespace=ns) == 0 and not batch
