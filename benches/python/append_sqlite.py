"""Appends to one log from several processes, durable, against SQLite.

Six processes append one entry of 100 bytes after the other to one log, each waiting until it is on disk; and as many insert one row
after the other into one table of SQLite (WAL, ``synchronous=FULL``, a busy timeout of a minute). By turns, each for some seconds;
the figure is the ratio of the medians of entries a second.
"""

import argparse
import multiprocessing
import sqlite3
import statistics
import tempfile
import time
from typing import Any, Callable, List

import toondb
from report import note, row
from served import ROOT, served

PROCESSES = 6
VALUE = b"v" * 100


def append_all(path: str, seconds: float, begin: Any, counted: Any) -> None:
    with toondb.IpcClient(path) as client:
        client.append("log", VALUE)
        begin.wait()
        done, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            client.append("log", VALUE)
            done += 1
    counted.put(done)


def insert_all(path: str, seconds: float, begin: Any, counted: Any) -> None:
    database = sqlite3.connect(path, timeout=60, isolation_level=None)
    database.execute("PRAGMA synchronous=FULL")
    begin.wait()
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        database.execute("INSERT INTO log (value) VALUES (?)", (VALUE,))
        done += 1
    counted.put(done)
    database.close()


def entries_a_second(work: Callable[..., None], path: str, seconds: float) -> float:
    context = multiprocessing.get_context("spawn")
    begin, counted = context.Barrier(PROCESSES), context.Queue()
    workers = [context.Process(target=work, args=(path, seconds, begin, counted)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    total = sum(counted.get(timeout=seconds + 120) for _ in workers)
    for worker in workers:
        worker.join()
    return float(total) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one short round")
    given = parser.parse_args()
    rounds, seconds = (1, 1.0) if given.quick else (given.rounds, 5.0)
    ours, theirs = [], []  # type: List[float], List[float]
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder, served() as path:
        database = f"{folder}/sqlite.db"
        with sqlite3.connect(database) as made:
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("CREATE TABLE log (position INTEGER PRIMARY KEY, value BLOB)")
        for number in range(rounds):
            ours.append(entries_a_second(append_all, path, seconds))
            theirs.append(entries_a_second(insert_all, database, seconds))
            note(f"round {number}: {ours[-1]:,.0f} entries a second, SQLite {theirs[-1]:,.0f}")
    one, other = statistics.median(ours), statistics.median(theirs)
    figure = f"{one / other:.1f} ({one:,.0f} and {other:,.0f})"
    row(f"`append` to one log from {PROCESSES} processes, durable, entries a second / SQLite (WAL, FULL)", ">= 5", figure)


if __name__ == "__main__":
    main()
