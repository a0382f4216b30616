"""Semantic caches over each transport."""

import asyncio
import time

import pytest

from toondb import CacheHit, CacheStats, InvalidArgumentError, LimitExceededError, Namespace
from toondb._store import Store

from conftest import Door

NEAR = [0.9, 0.1, 0.0]
FAR = [0.0, 0.0, 1.0]


@pytest.fixture
def answers(home: Namespace) -> Namespace:
    assert home.cache_put("llm", "what is wort?", "unfermented beer", [1.0, 0.0, 0.0]) is True
    assert home.cache_put("llm", "what is mash?", "grain in hot water", [0.0, 1.0, 0.0]) is True
    return home


def test_by_key_and_by_meaning(answers: Namespace) -> None:
    assert answers.cache_get("llm", "what is wort?") == CacheHit("what is wort?", "unfermented beer", 1.0)
    hit = answers.cache_get("llm", embedding=NEAR)
    assert hit is not None and hit.key == "what is wort?"
    assert hit.similarity == pytest.approx(0.9939, abs=1e-3)
    hit = answers.cache_get("llm", "what on earth is wort?", NEAR)
    assert hit is not None and hit.value == "unfermented beer"
    assert answers.cache_get("llm", "what on earth is wort?") is None


def test_the_threshold(answers: Namespace) -> None:
    assert answers.cache_get("llm", embedding=FAR) is None
    assert answers.cache_get("llm", embedding=FAR, threshold=-1.0) is not None
    assert answers.cache_get("llm", embedding=NEAR, threshold=0.999) is None
    for threshold in (1.5, -1.5, float("nan")):
        with pytest.raises(InvalidArgumentError):
            answers.cache_get("llm", embedding=NEAR, threshold=threshold)


def test_what_is_refused(answers: Namespace) -> None:
    with pytest.raises(InvalidArgumentError):
        answers.cache_get("llm")
    with pytest.raises(InvalidArgumentError):
        answers.cache_put("llm", "", "v", NEAR)
    with pytest.raises(InvalidArgumentError):
        answers.cache_put("llm", "k", "v", [1.0, 0.0])
    with pytest.raises(InvalidArgumentError):
        answers.cache_put("llm", "k", "v", NEAR, ttl=0)
    with pytest.raises(LimitExceededError):
        answers.cache_put("llm", "k" * 10_000, "v", NEAR)


def test_a_replaced_entry(answers: Namespace) -> None:
    answers.cache_put("llm", "what is wort?", "sweet liquid", [1.0, 0.0, 0.0])
    hit = answers.cache_get("llm", embedding=NEAR)
    assert hit is not None and hit.value == "sweet liquid"
    assert answers.cache_stats("llm").entries == 2


def test_counters(answers: Namespace) -> None:
    assert answers.cache_stats("llm") == CacheStats(0, 0, 2)
    assert answers.cache_stats("llm").hit_rate == 0.0
    answers.cache_get("llm", "what is wort?")
    answers.cache_get("llm", embedding=NEAR)
    answers.cache_get("llm", embedding=NEAR)
    answers.cache_get("llm", embedding=FAR)
    assert answers.cache_stats("llm") == CacheStats(3, 1, 2)
    assert answers.cache_stats("llm").hit_rate == 0.75
    assert answers.cache_stats("missing") == CacheStats(0, 0, 0)


def test_invalidation_by_glob(answers: Namespace) -> None:
    assert answers.cache_invalidate("llm", "*wort*") == 1
    assert answers.cache_get("llm", embedding=NEAR) is None
    assert answers.cache_invalidate("llm", "*") == 1
    assert answers.cache_invalidate("llm", "*") == 0
    with pytest.raises(InvalidArgumentError):
        answers.cache_invalidate("llm", "[a-")


def test_entries_expire(answers: Namespace) -> None:
    answers.cache_put("llm", "brief", "v", FAR, ttl=0.05)
    deadline = time.monotonic() + 10
    while answers.cache_get("llm", "brief") is not None:
        assert time.monotonic() < deadline
    assert answers.cache_get("llm", embedding=FAR) is None


def test_caches_are_apart(store: Store, answers: Namespace, ns: str) -> None:
    assert store.cache_get("llm", "what is wort?", namespace=ns) is not None
    assert store.cache_get("other", "what is wort?", namespace=ns) is None
    assert store.cache_get("llm", "what is wort?", namespace=f"{ns}-other") is None
    assert "llm" not in answers.list_collections()


def test_awaited(door: Door, ns: str) -> None:
    async def body() -> None:
        async with door.mirror(door.address) as client:
            await client.cache_put("llm", "q", "a", NEAR, namespace=ns)
            assert await client.namespace(ns).cache_get("llm", embedding=NEAR) is not None
            assert (await client.cache_stats("llm", namespace=ns)).hit_rate == 1.0

    asyncio.run(body())
