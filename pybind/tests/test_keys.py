"""Key-values over both transports."""

import time

import pytest

from toondb import InvalidArgumentError, LimitExceededError, Namespace
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
        home.put(b"k", bytes(9 << 20))
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
