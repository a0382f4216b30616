"""A server that is killed and started anew: over its socket nobody notices, and each change is made once."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Callable, List

from conftest import Server
from toondb import AsyncIpcClient

LIVES = 5


def live_through(folder: Path, server: Server, done: Callable[[], int]) -> Server:
    """Kills the server again and again, each time once more has been done, and ends one in order."""
    for life in range(LIVES):
        before = done()
        while done() < before + 30:
            os.sched_yield()
        if life == 2:
            server.stop()
        else:
            server.kill()
        server = Server(folder)
    return server


def test_changes_are_made_once_through_kills(tmp_path: Path) -> None:
    server = Server(tmp_path)
    ends = threading.Event()
    counted = [0, 0, 0]
    failed: List[BaseException] = []

    def work(number: int) -> None:
        try:
            with server.connect() as client:
                while not ends.is_set():
                    assert client.incr(f"own{number}") == counted[number] + 1
                    client.incr("shared")
                    client.append("log", [f"{number}/{counted[number]}"])
                    counted[number] += 1
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(counted))]
    for thread in threads:
        thread.start()
    try:
        server = live_through(tmp_path, server, lambda: sum(counted) + 10_000 * len(failed))
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    assert not failed
    with server.connect() as client:
        assert client.get(b"shared") == str(sum(counted)).encode()
        values = [entry.value for entry in client.read_log("log", limit=1_000_000)]
        assert sorted(values) == sorted(f"{number}/{i}".encode() for number in range(3) for i in range(counted[number]))
    server.stop()


def test_calls_of_asyncio_are_made_once_through_kills(tmp_path: Path) -> None:
    server = Server(tmp_path)
    ends = threading.Event()
    counted = [0] * 8
    failed: List[BaseException] = []

    async def count(client: AsyncIpcClient, number: int) -> None:
        while not ends.is_set():
            await client.incr("shared")
            counted[number] += 1

    async def work() -> None:
        async with AsyncIpcClient(server.socket) as client:
            await asyncio.gather(*(count(client, number) for number in range(len(counted))))

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    try:
        server = live_through(tmp_path, server, lambda: sum(counted) + 10_000 * len(failed))
    finally:
        ends.set()
        thread.join()
    assert not failed
    with server.connect() as client:
        assert client.get(b"shared") == str(sum(counted)).encode()
    server.stop()
