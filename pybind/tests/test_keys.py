"""Key-values over both transports."""

import math
import time
from datetime import timedelta

import pytest

from toondb import InvalidArgumentError, LimitExceededError, Namespace, Query
from toondb._store import Store


def test_round_trip_and_delete(store: Store, ns: str) -> None:
    assert store.get(b"k", namespace=ns) is None
    assert store.put(b"k", b"v", namespace=ns) is True
    assert store.get(b"k", namespace=ns) == b"v"
    assert store.get(b"k", namespace=ns) == b"v"
    assert store.exists(b"k", namespace=ns) is True
    assert store.delete(b"k", namespace=ns) is True
    assert store.delete(b"k", namespace=ns) is False
    assert store.exists(b"k", namespace=ns) is False


def test_the_default_namespace_is_default(store: Store) -> None:
    store.put(b"where", b"here")
    assert store.get(b"where", namespace="default") == b"here"
    assert store.namespace("default").get(b"where") == b"here"


@pytest.mark.parametrize("value", [b"", b"\x00\xff" * 3, b"x" * 1_000_000])
def test_values_are_any_bytes(home: Namespace, value: bytes) -> None:
    home.put(b"\x00\xff", value)
    assert home.get(b"\x00\xff") == value


def test_any_buffer_is_taken_as_bytes(home: Namespace) -> None:
    home.put(bytearray(b"key"), memoryview(b"a value")[2:])
    assert home.get(memoryview(b"key")) == b"value"
    home.put(b"every other", memoryview(b"abcdef")[::2])
    assert home.get(b"every other") == b"ace"


@pytest.mark.parametrize("key", [5, None, 1.5, ["k"]])
def test_other_types_are_refused(home: Namespace, key: object) -> None:
    with pytest.raises(TypeError):
        home.get(key)  # type: ignore[arg-type]


def test_keys_and_values_have_limits(home: Namespace) -> None:
    with pytest.raises(InvalidArgumentError):
        home.put(b"", b"value")
    with pytest.raises(LimitExceededError):
        home.put(b"k" * 9_000, b"value")
    with pytest.raises(LimitExceededError):
        home.put(b"k", bytes((64 << 20) + 1))
    assert list(home.scan()) == []


def test_text_keys(home: Namespace) -> None:
    assert home.put_kv("schlüssel", b"v") is True
    assert home.get_kv("schlüssel") == b"v"
    assert home.get("schlüssel".encode()) == b"v"
    assert home.delete_kv("schlüssel") is True
    assert home.get_kv("schlüssel") is None


def test_multi_get_keeps_the_order(home: Namespace) -> None:
    home.batch_put([(b"a", b"1"), (b"b", b"2")])
    assert home.multi_get([b"b", b"missing", b"a", b"b"]) == [b"2", None, b"1", b"2"]
    assert home.multi_get([]) == []


def test_batch_put_is_all_or_nothing(home: Namespace) -> None:
    assert home.batch_put([(b"a", b"1"), (b"a", b"2")]) is True
    assert home.get(b"a") == b"2"
    with pytest.raises(InvalidArgumentError):
        home.batch_put([(b"b", b"1"), (b"", b"2")])
    assert home.get(b"b") is None


def test_compare_and_set(home: Namespace) -> None:
    assert home.compare_and_set(b"k", None, b"1") is True
    assert home.compare_and_set(b"k", None, b"2") is False
    assert home.compare_and_set(b"k", b"1", b"2") is True
    assert home.compare_and_set(b"k", b"1", None) is False
    assert home.compare_and_set(b"k", b"2", None) is True
    assert home.get(b"k") is None


def test_a_key_with_a_time_to_live_expires(home: Namespace) -> None:
    home.put(b"brief", b"v", ttl=0.05)
    home.put(b"long", b"v", ttl=3600)
    assert home.get(b"long") == b"v"
    deadline = time.monotonic() + 10
    while home.get(b"brief") is not None:
        assert time.monotonic() < deadline
    assert list(home.scan_keys()) == [b"long"]


@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf")])
def test_a_time_to_live_must_be_positive(home: Namespace, ttl: float) -> None:
    with pytest.raises(InvalidArgumentError):
        home.put(b"k", b"v", ttl=ttl)


def test_durability_is_named(home: Namespace) -> None:
    assert home.put(b"k", b"v", durability="volatile") is True
    assert home.get(b"k") == b"v"
    with pytest.raises(InvalidArgumentError, match="choose one of durable volatile"):
        home.put(b"k", b"v", durability="maybe")  # type: ignore[arg-type]


def test_scan_ranges(home: Namespace) -> None:
    pairs = [(f"{letter}{number}".encode(), b"v") for letter in "ab" for number in range(5)]
    home.batch_put(pairs)
    assert list(home.scan()) == pairs
    assert list(home.scan(prefix=b"a")) == pairs[:5]
    assert list(home.scan(start=b"a3", end=b"b1")) == pairs[3:6]
    assert list(home.scan(prefix=b"a", start=b"a3")) == pairs[3:5]
    assert list(home.scan(reverse=True, limit=3)) == pairs[::-1][:3]
    assert list(home.scan_keys(prefix=b"b", limit=2)) == [b"b0", b"b1"]
    assert list(home.scan(limit=0)) == []


def test_scan_pages_by_itself(home: Namespace) -> None:
    pairs = [(f"{number:05}".encode(), str(number).encode()) for number in range(3_500)]
    home.batch_put(pairs)
    assert list(home.scan()) == pairs
    assert list(home.scan(reverse=True)) == pairs[::-1]
    assert list(home.scan(limit=2_345)) == pairs[:2_345]
    assert sum(1 for _ in home.scan_keys(prefix=b"01")) == 1_000


def test_scan_is_lazy(home: Namespace) -> None:
    home.batch_put([(f"{number:05}".encode(), b"") for number in range(2_500)])
    scan = home.scan_keys()
    assert next(scan) == b"00000"
    home.delete(b"02400")
    assert b"02400" not in list(scan)


def test_put_if_absent(home: Namespace) -> None:
    assert home.put("lock", "a", if_absent=True) is True
    assert home.put("lock", "b", if_absent=True) is False
    assert home.get("lock") == b"a"
    home.delete("lock")
    assert home.put("lock", "c", ttl=60, if_absent=True) is True
    left = home.ttl("lock")
    assert left is not None and 0 < left <= 60


def test_counting(home: Namespace) -> None:
    assert [home.incr("n"), home.incr("n", 10), home.incr("n", -1)] == [1, 11, 10]
    assert home.get("n") == b"10"
    home.put("n", "41")
    assert home.incr("n") == 42
    home.put("text", "x")
    with pytest.raises(InvalidArgumentError, match="no integer"):
        home.incr("text")
    home.put("n", str(2**63 - 1))
    with pytest.raises(LimitExceededError):
        home.incr("n")
    assert home.incr("window", ttl=60) == 1
    home.expire("window", 30)
    assert home.incr("window", ttl=60) == 2
    left = home.ttl("window")
    assert left is not None and left <= 30


def test_times_to_live(home: Namespace) -> None:
    home.put("a", "1")
    assert home.ttl("a") == math.inf and home.ttl("none") is None
    assert home.expire("a", timedelta(minutes=1)) is True and home.expire("none", 5) is False
    left = home.ttl("a")
    assert left is not None and 50 < left <= 60
    assert home.persist("a") is True and home.persist("a") is False and home.persist("none") is False
    assert home.ttl("a") == math.inf
    home.put("b", "2")
    assert home.touch(["a", "b", "none"]) == 2 and home.ttl("a") == math.inf
    assert home.touch(["a", "b", "none"], ttl=60) == 2 and home.touch("a") == 1 and home.touch("none") == 0
    assert home.ttl("b") != math.inf and home.get("b") == b"2"
    with pytest.raises(InvalidArgumentError):
        home.expire("a", 0)


def test_many_keys_are_deleted_at_once(home: Namespace) -> None:
    home.batch_put({"a": "1", "b": "2", "c": "3"})
    assert home.batch_delete(["a", b"c", "none", "a"]) == 2
    assert list(home.scan_keys()) == [b"b"]
    assert home.batch_delete([]) == 0


def test_ranges_of_keys_are_deleted_at_once(home: Namespace) -> None:
    home.batch_put({key: "v" for key in ["a", "b/1", "b/2", "b/3", "c", "d"]})
    assert home.delete_prefix("b/") == 3
    assert home.delete_range("b", "d") == 1 and home.delete_range("x") == 0
    assert list(home.scan_keys()) == [b"a", b"d"]
    for wrong in (lambda: home.delete_prefix(""), lambda: home.delete_range()):
        with pytest.raises(InvalidArgumentError):
            wrong()
    assert home.delete_range(b"") == 2 and list(home.scan()) == []


def test_more_keys_than_are_counted_are_hidden_at_once(home: Namespace) -> None:
    home.batch_put({f"k{number}": "v" for number in range(10_001)})
    home.put("other", "v")
    assert home.delete_prefix("k") is None
    home.put("k5", "new")
    assert list(home.scan()) == [(b"k5", b"new"), (b"other", b"v")]
    assert home.get("k6") is None and not home.exists("k7")


def test_directories(store: Store, ns: str) -> None:
    keys = ["a", "a/1", "a/2/x", "a/2/y", "b/1"]
    store.batch_put({key: "v" for key in keys}, namespace=ns)
    assert list(store.scan_prefixes(namespace=ns)) == [(b"a", False), (b"a/", True), (b"b/", True)]
    listed = store.scan_prefixes("a/", namespace=ns).rows()
    assert [(each.key, each.is_prefix) for each in listed] == [(b"a/1", False), (b"a/2/", True)]
    assert len(list(store.scan_prefixes(depth=2, namespace=ns))) == 4
    assert len(list(store.scan_prefixes(limit=2, namespace=ns))) == 2
    assert listed.to_json() == '[{"key":"a/1","is_prefix":false},{"key":"a/2/","is_prefix":true}]'
    assert store.render(Query.scan_prefixes("a/"), format="json", namespace=ns) == listed.to_json()
    with pytest.raises(InvalidArgumentError):
        list(store.scan_prefixes(delimiter="", namespace=ns))
    with pytest.raises(InvalidArgumentError):
        list(store.scan_prefixes(depth=0, namespace=ns))
