"""Vectors inserted each second from Python: one numpy matrix of 100,000 x 128 float32, durable when the call returns and found by
the very next search.
"""

import argparse
import os
import statistics
import tempfile
import time

import numpy
from report import note, row
from toondb import Database

DIMENSION = 128


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", default="target/bench", help="where temporary data goes")
    parser.add_argument("--quick", action="store_true", help="shows that it runs, not how fast it is")
    options = parser.parse_args()
    rounds, count = (1, 10_000) if options.quick else (5, 100_000)
    os.makedirs(options.dir, exist_ok=True)
    vectors = numpy.random.default_rng(7).uniform(-1, 1, (count, DIMENSION)).astype(numpy.float32)
    ids = numpy.arange(count, dtype=numpy.uint64)
    rates = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=options.dir, prefix="python-") as folder, Database.open(folder) as database:
            database.create_index("vectors", DIMENSION)
            start = time.perf_counter()
            database.insert_vectors("vectors", ids, vectors)
            nearest = database.search("vectors", vectors[-1], k=1)
            rates.append(count / (time.perf_counter() - start))
            assert nearest[0].id == count - 1, nearest
            # Ends the building of a graph, which would be under way while the next round is measured.
            database.drop_index("vectors")
        note(f"{rates[-1]:.0f} vectors per second")
    figure = f"insert of {count} x {DIMENSION} float32 from a numpy matrix, durable and searchable, embedded Python"
    row(figure, "reported", f"{statistics.median(rates):.0f} per second")


if __name__ == "__main__":
    main()
