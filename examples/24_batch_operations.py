#!/usr/bin/env python3
"""All or nothing: batches, transactions that roll back, conditional updates, and what batching is worth.

python examples/24_batch_operations.py
"""

import tempfile
import threading
import time

from toondb import Database, Transaction, TransactionConflictError, WriteBatch

from example_data import heading, progress, table

WRITES = 2_000
THREADS = 8
DEPOSITS = 25


def batches(db: Database) -> None:
    heading("Atomic batches")
    db.batch_put(
        [
            (b"user:alice:email", b"alice@example.com"),
            (b"user:alice:age", b"30"),
            (b"user:alice:created", b"2026-01-07"),
        ]
    )
    table(["key", "value"], [(key.decode(), value.decode()) for key, value in db.scan(prefix=b"user:alice:")])


def rollback(db: Database) -> None:
    heading("A transaction that fails leaves nothing behind")
    try:
        with db.transaction() as tx:
            tx.put(b"order:1", b"a lamp")
            tx.add_node("order:1", "Order", {"item": "lamp"})
            print(f"  inside, it sees its own write: {tx.get(b'order:1')!r}")
            raise RuntimeError("the card was refused")
    except RuntimeError as error:
        print(f"  {error}; afterwards: {db.get(b'order:1')!r}, {db.get_node('order:1')}\n")


def conditions(db: Database) -> None:
    heading("Conditional updates")
    set_if = db.compare_and_set
    print(f"  set if absent:    {set_if(b'lock', None, b'worker-1')}, again: {set_if(b'lock', None, b'worker-2')}")
    print(f"  hand over:        {set_if(b'lock', b'worker-1', b'worker-2')}")
    print(f"  release if mine:  {set_if(b'lock', b'worker-1', None)}, {set_if(b'lock', b'worker-2', None)}")

    batch = WriteBatch()
    batch.require_absent(b"user:bob")
    batch.put(b"user:bob", b"bob@example.com")
    batch.add_node("bob", "Person")
    print(f"  first commit:     {db.commit(batch)}")
    try:
        db.commit(batch)
    except TransactionConflictError as error:
        print(f"  second commit:    {error}\n")


def rivals(db: Database) -> None:
    heading(f"{THREADS} threads, one account")
    db.put(b"account", b"0")
    runs = [0] * THREADS

    def deposit(thread: int) -> None:
        def once(tx: Transaction) -> None:
            runs[thread] += 1
            balance = int(tx.get(b"account") or 0)
            tx.put(b"account", str(balance + 1).encode())

        for _ in range(DEPOSITS):
            db.run_transaction(once, retries=1_000)

    threads = [threading.Thread(target=deposit, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = THREADS * DEPOSITS
    print(f"  {wanted} deposits, balance {int(db.get(b'account') or 0)}, {sum(runs) - wanted} conflicts run again\n")


def speed(db: Database) -> None:
    heading(f"What batching is worth: {WRITES:,} durable writes of 100 bytes")
    value = b"v" * 100
    rows = []
    for size in (1, 10, 100, 1_000):
        entries = [(f"batch:{size}:{number:06}".encode(), value) for number in range(WRITES)]
        begun = time.perf_counter()
        for start in range(0, WRITES, size):
            if size == 1:
                db.put(*entries[start])
            else:
                db.batch_put(entries[start : start + size])
            if start % 500 == 0 or start + size >= WRITES:
                progress(f"batches of {size}", start + size, WRITES)
        rows.append((size, int(WRITES / (time.perf_counter() - begun))))
    print()
    table(["pairs a batch", "pairs a second"], rows)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="toondb-batches-") as folder, Database.open(folder) as db:
        batches(db)
        rollback(db)
        conditions(db)
        rivals(db)
        speed(db)


if __name__ == "__main__":
    main()
