"""``get`` over the socket by ``AsyncIpcClient`` against the same call by ``IpcClient``.

One after the other, as a program that awaits each answer does; and 100 at once, by ``asyncio.gather``. Rounds of both kinds
follow each other; a figure is the ratio of the medians over the rounds. Run it pinned to one core, with the server that it
starts, and unpinned: there the virtual cores that fall asleep between calls decide.
"""

import argparse
import asyncio
import statistics
import time
from typing import List

import toondb
from report import note, row
from served import served

CALLS = 20_000
TOGETHER = 100


def sync_us(path: str) -> float:
    with toondb.IpcClient(path) as client:
        begun = time.perf_counter()
        for _ in range(CALLS):
            client.get("k")
        return (time.perf_counter() - begun) / CALLS * 1e6


async def async_us(path: str, together: int) -> float:
    async with toondb.AsyncIpcClient(path) as client:
        begun = time.perf_counter()
        for _ in range(CALLS // together):
            if together == 1:
                await client.get("k")
            else:
                await asyncio.gather(*(client.get("k") for _ in range(together)))
        return (time.perf_counter() - begun) / CALLS * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    one, alone, many = [], [], []  # type: List[float], List[float], List[float]
    with served() as path:
        with toondb.IpcClient(path) as client:
            client.put("k", b"v" * 100)
        for number in range(rounds):
            one.append(sync_us(path))
            alone.append(asyncio.run(async_us(path, 1)))
            many.append(asyncio.run(async_us(path, TOGETHER)))
            note(f"round {number}: sync {one[-1]:.1f} us, async {alone[-1]:.1f} us, gathered {many[-1]:.1f} us")
    sync, single, gathered = map(statistics.median, (one, alone, many))
    row("async `get` over the socket from Python / sync", "<= 1.6", f"{single / sync:.2f} ({single:.1f} us, {sync:.1f} us)")
    figure = f"{gathered / sync:.2f} ({gathered:.1f} us, {sync:.1f} us)"
    row(f"async `get`, {TOGETHER} gathered, each / sync", "reported", figure)


if __name__ == "__main__":
    main()
