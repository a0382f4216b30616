"""Values of many megabytes over each transport."""

import asyncio
import random
from pathlib import Path
from typing import List, Optional

import pytest

from toondb import AsyncIpcClient, IpcClient, LimitExceededError, Namespace, Query, Section, ToonDBClient

from conftest import Door, Server

MIB = 1 << 20


def large(size: int, seed: int) -> bytes:
    """Bytes of which no part is like another."""
    return random.Random(seed).randbytes(size)


def test_the_largest_value_comes_back(home: Namespace) -> None:
    value = large(64 * MIB, 1)
    home.put("k", value)
    assert home.get("k") == value
    with pytest.raises(LimitExceededError, match="67108865 bytes"):
        home.put("k", value + b"x")
    assert home.get("k") == value
    assert [bytes(key) for key in home.scan_keys("k")] == [b"k"]
    assert home.compare_and_set("k", value, b"small")
    assert home.get("k") == b"small"


def test_large_values_in_pages_and_transactions(home: Namespace) -> None:
    values = {f"k{number}".encode(): large(12 * MIB, number) for number in range(4)}
    for key, value in values.items():
        home.put(key, value)
    assert dict(home.scan("k")) == values
    with home.transaction() as txn:
        held = txn.get("k0")
        assert held == values[b"k0"]
        txn.put("k0", held[::-1])
        txn.append("log", [held])
    assert home.get("k0") == values[b"k0"][::-1]
    assert [value for _, value in home.read_log("log")] == [values[b"k0"]]
    assert home.delete_prefix("k") == 4
    assert home.get("k1") is None


def test_many_are_asked_for_at_once(door: Door, ns: str) -> None:
    """Over one connection, whose unread answers are bounded: each waits for its turn, and none is refused."""
    values = [large(30 * MIB, number) for number in range(10)]

    async def ask() -> List[Optional[bytes]]:
        async with door.mirror(door.address) as client:
            for number, value in enumerate(values):
                await client.put(str(number), value, namespace=ns)
            return list(await asyncio.gather(*(client.get(str(number), namespace=ns) for number in range(10))))

    assert asyncio.run(ask()) == values


def test_none_is_refused_while_its_namespace_is_opened(tmp_path: Path) -> None:
    """What they bring is not known before; after a start, all of them are asked for before any file is open."""
    values = [large(30 * MIB, number) for number in range(6)]
    before = Server(tmp_path)
    with before.connect() as client:
        for number, value in enumerate(values):
            client.put(str(number), value)
    before.stop()
    after = Server(tmp_path)

    async def ask() -> List[Optional[bytes]]:
        async with AsyncIpcClient(after.socket) as client:
            return list(await asyncio.gather(*(client.get(str(number)) for number in range(6))))

    assert asyncio.run(ask()) == values
    after.stop()


def test_many_are_written_at_once(server: Server, ns: str) -> None:
    """By several processes' worth of connections: none is told that there is no room."""
    values = [large(60 * MIB, number) for number in range(4)]

    async def write(value: bytes) -> None:
        async with AsyncIpcClient(server.socket) as client:
            await client.put(value[:8], value, namespace=ns)

    async def write_all() -> None:
        await asyncio.gather(*(write(value) for value in values))

    asyncio.run(write_all())
    with server.connect() as client:
        assert all(client.get(value[:8], namespace=ns) == value for value in values)


def test_more_than_one_message_holds_is_refused_before_it_is_sent(door: Door, ns: str) -> None:
    with door.kind(door.address) if door.kind is ToonDBClient else IpcClient.connect(door.address) as client:
        with pytest.raises(LimitExceededError, match="the limit is 83886080"):
            client.batch_put({"a": bytes(50 * MIB), "b": bytes(50 * MIB)}, namespace=ns)
        assert not client.exists("a", namespace=ns)


def test_a_section_that_cannot_be_written_is_named(home: Namespace) -> None:
    home.append("log", [large(20 * MIB, 1), b"short"])
    with pytest.raises(LimitExceededError, match='section "History"'):
        home.query_context([Section("History", Query.read_log("log"))], token_limit=1_000)
