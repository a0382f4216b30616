"""Ordered logs."""

import asyncio
import threading
from pathlib import Path

import pytest

from toondb import (
    AsyncDatabase,
    InvalidArgumentError,
    LimitExceededError,
    LogEntry,
    Namespace,
    Query,
    TransactionConflictError,
    WriteBatch,
)
from toondb._store import Store


def test_a_chat_history(home: Namespace) -> None:
    assert home.append("chat", "hello") == 1
    assert home.append("chat", ["how are you", b"\xff"]) == 2
    assert home.read_log("chat") == [(1, b"hello"), (2, b"how are you"), (3, b"\xff")]
    entry = home.read_log("chat", last=1)[0]
    assert isinstance(entry, LogEntry) and entry.position == 3 and entry.value == b"\xff"
    assert [position for position, _ in home.read_log("chat", after=1)] == [2, 3]
    assert [position for position, _ in home.read_log("chat", before=3, last=1)] == [2]
    assert [position for position, _ in home.read_log("chat", limit=2)] == [1, 2]
    assert home.read_log("chat", limit=0) == [] and home.read_log("none") == []
    assert home.log_length("chat") == 3 and home.log_length("none") == 0


def test_a_value_alone_is_one_value(home: Namespace) -> None:
    for value in ("text", b"bytes", bytearray(b"array"), memoryview(b"view")):
        home.append("log", value)
    assert [value for _, value in home.read_log("log")] == [b"text", b"bytes", b"array", b"view"]
    assert home.append("log", []) == 5
    assert home.append("log", (value for value in ["a", "b"])) == 5  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        home.append("log", [5])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        home.append("log", 5)  # type: ignore[arg-type]


def test_a_queue(home: Namespace) -> None:
    home.append("jobs", ["a", "b", "c"])
    assert home.pop_log("jobs") == [(1, b"a")]
    assert home.pop_log("jobs", 5) == [(2, b"b"), (3, b"c")]
    assert home.pop_log("jobs") == []
    assert home.append("jobs", "d") == 4
    with pytest.raises(InvalidArgumentError):
        home.pop_log("jobs", 0)
    with pytest.raises(LimitExceededError):
        home.pop_log("jobs", 10_001)


def test_no_two_callers_get_the_same(home: Namespace) -> None:
    count, threads = 60, 4
    home.append("jobs", [str(number) for number in range(count)])
    taken: "list[int]" = []

    def work() -> None:
        while True:
            found = home.pop_log("jobs", 3)
            if not found:
                return
            taken.extend(position for position, _ in found)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == list(range(1, count + 1))


def test_trimming_deleting_listing(home: Namespace) -> None:
    home.append("a", ["1", "2", "3", "4"])
    home.append("b", "x")
    assert home.trim_log("a", before=2) == 1
    assert home.trim_log("a", keep=2) == 1
    assert [(each.log, each.length, each.first, each.next) for each in home.list_logs()] == [("a", 2, 3, 5), ("b", 1, 1, 2)]
    assert [each.log for each in home.list_logs("b")] == ["b"]
    assert home.delete_log("a") is True and home.delete_log("a") is False
    assert home.append("a", "again") == 5
    with pytest.raises(InvalidArgumentError):
        home.trim_log("a")


def test_long_logs_are_read_whole(home: Namespace) -> None:
    home.append("log", [f"{number}" for number in range(2_500)])
    found = home.read_log("log")
    assert [position for position, _ in found] == list(range(1, 2_501))
    assert [position for position, _ in home.read_log("log", last=1_500)] == list(range(1_001, 2_501))
    assert len(home.read_log("log", last=1_500, limit=1_200)) == 1_200


def test_batches_and_transactions_append(store: Store, ns: str) -> None:
    batch = WriteBatch()
    batch.put("k", "v")
    batch.append("log", ["a", "b"])
    store.commit(batch, namespace=ns)
    with store.transaction(namespace=ns) as tx:
        tx.append("log", "c")
        tx.put("k", "w")
    assert [value for _, value in store.read_log("log", namespace=ns)] == [b"a", b"b", b"c"]
    refused = WriteBatch()
    refused.append("log", "d")
    refused.require_absent("k")
    with pytest.raises(TransactionConflictError):
        store.commit(refused, namespace=ns)
    assert store.log_length("log", namespace=ns) == 3


def test_entries_know_their_formats(store: Store, ns: str) -> None:
    store.append("log", ["one", "two"], namespace=ns)
    rows = store.read_log("log", namespace=ns)
    assert rows.to_json() == '[{"position":1,"value":"one"},{"position":2,"value":"two"}]'
    text = store.render(Query.read_log("log"), format="json", namespace=ns)
    assert text == rows.to_json()
    logs = store.list_logs(namespace=ns)
    assert store.render(Query.list_logs(), format="json", namespace=ns) == logs.to_json()


def test_loops_append_and_read(tmp_path: Path) -> None:
    async def main() -> None:
        async with await AsyncDatabase.open(tmp_path) as db:
            first = await asyncio.gather(*(db.append("log", f"{number}") for number in range(20)))
            assert sorted(first) == list(range(1, 21))
            assert len(await db.read_log("log", last=5)) == 5
            home = db.namespace("default")
            assert [position for position, _ in await home.pop_log("log", 2)] == [1, 2]
            assert await db.log_length("log") == 18

    asyncio.run(main())
