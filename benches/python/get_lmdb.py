"""Embedded ``get`` from Python against py-lmdb's ``get`` of the same key, a read transaction each.

Both hold the same 10,000 keys with values of 100 bytes. They take turns in short batches of random keys; a figure is the ratio of
the medians of a round, and the median over the rounds. The loop itself (drawing a key, calling a function) is the same for both.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from typing import Callable, List

import lmdb
from report import note, row
from toondb import Database

KEYS = 10_000
VALUE = b"x" * 100
BATCH = 500


def mean_us(get: Callable[[bytes], object], keys: List[bytes]) -> float:
    """The time of one call, over a batch."""
    start = time.perf_counter_ns()
    for key in keys:
        get(key)
    return (time.perf_counter_ns() - start) / 1e3 / len(keys)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", default="target/bench", help="where temporary data goes")
    parser.add_argument("--quick", action="store_true", help="shows that it runs, not how fast it is")
    options = parser.parse_args()
    rounds, batches = (1, 20) if options.quick else (5, 200)
    os.makedirs(options.dir, exist_ok=True)
    keys = [b"key:%012d" % number for number in range(KEYS)]
    draw = random.Random(6)
    with tempfile.TemporaryDirectory(dir=options.dir, prefix="python-") as folder:
        environment = lmdb.open(os.path.join(folder, "lmdb"), map_size=1 << 28)
        with Database.open(os.path.join(folder, "toondb")) as database, environment:
            with environment.begin(write=True) as write:
                for key in keys:
                    write.put(key, VALUE)
            for key in keys:
                database.put(key, VALUE, durability="volatile")
            # Into the store, where nearly all data of a database is at any time.
            database.flush()

            def lmdb_get(key: bytes) -> object:
                with environment.begin() as read:
                    return read.get(key)

            assert all(database.get(key) == lmdb_get(key) == VALUE for key in keys)
            ours, theirs = [], []
            for _ in range(rounds):
                our_batches, their_batches = [], []
                for _ in range(batches):
                    batch = draw.choices(keys, k=BATCH)
                    our_batches.append(mean_us(database.get, batch))
                    their_batches.append(mean_us(lmdb_get, batch))
                ours.append(statistics.median(our_batches))
                theirs.append(statistics.median(their_batches))
                note(f"get {ours[-1]:.2f} us, py-lmdb {theirs[-1]:.2f} us")
    ratio = statistics.median(our / their for our, their in zip(ours, theirs))
    measured = f"{ratio:.2f} ({statistics.median(ours):.2f} us, py-lmdb {statistics.median(theirs):.2f} us)"
    row("embedded Python `get` / py-lmdb `get`, a read transaction each", "<= 3", measured)


if __name__ == "__main__":
    main()
