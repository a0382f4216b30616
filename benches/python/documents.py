"""Lists, updates and deletes of many, from Python over the socket.

100,000 documents with a text, three fields and an embedding of 128 numbers are listed whole, page by page, without their embeddings;
10,000 of them, chosen by a filter, get another field in one commit; and 1,000,000 keys are deleted by their prefix in one commit,
the wait for its answer and for the first scan after it. Each figure is the median of its rounds.
"""

import argparse
import statistics
import time
from typing import Callable, List

import numpy
import toondb
from report import note, row
from served import served

DOCUMENTS = 100_000
UPDATED = 10_000
KEYS = 1_000_000


def fill(client: "toondb.IpcClient") -> None:
    client.create_collection("docs", 128)
    random = numpy.random.default_rng(7)
    for start in range(0, DOCUMENTS, 10_000):
        documents = [
            {
                "id": f"d{number:06}",
                "content": f"the text of document {number}",
                "metadata": {"part": number % 10, "number": number, "kind": "note"},
            }
            for number in range(start, start + 10_000)
        ]
        client.add_documents("docs", documents, embeddings=random.random((10_000, 128), dtype="f4"))


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round and fewer keys")
    given = parser.parse_args()
    rounds, keys = (1, KEYS // 10) if given.quick else (given.rounds, KEYS)
    listed, updated, deleted, scanned = [], [], [], []  # type: List[float], List[float], List[float], List[float]
    with served() as path, toondb.IpcClient(path) as client:
        fill(client)
        for number in range(rounds):
            listed.append(seconds(lambda: client.list_documents("docs").rows()))
            updated.append(seconds(lambda: client.update_documents("docs", filter={"part": 3}, set={"round": number})))
            note(f"round {number}: listed in {listed[-1]:.3f} s, updated in {updated[-1] * 1000:.1f} ms")
        assert client.count("docs", {"round": rounds - 1}) == UPDATED
        for number in range(rounds):
            for start in range(0, keys, 100_000):
                client.batch_put([(b"k%08d" % key, b"v" * 100) for key in range(start, start + 100_000)])
            client.flush()
            deleted.append(seconds(lambda: client.delete_prefix("k")))
            scanned.append(seconds(lambda: list(client.scan("k"))))
            note(f"round {number}: deleted in {deleted[-1] * 1000:.1f} ms, then scanned in {scanned[-1] * 1000:.1f} ms")
    rate = DOCUMENTS / statistics.median(listed)
    row(f"list {DOCUMENTS:,} documents without embeddings from Python, rows a second", ">= 300,000", f"{rate:,.0f}")
    took = statistics.median(updated) * 1000
    row(f"`update_documents` of {UPDATED:,} of {DOCUMENTS:,} by filter, durable", "<= 100 ms", f"{took:.1f} ms")
    took, then = statistics.median(deleted) * 1000, statistics.median(scanned) * 1000
    row(f"`delete_prefix` of {keys:,} keys, durable; a scan after it", "reported", f"{took:.1f} ms; {then:.1f} ms")


if __name__ == "__main__":
    main()
