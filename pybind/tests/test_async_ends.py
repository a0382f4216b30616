"""The asyncio client: how calls end that are cancelled, closed upon or interrupted."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Iterator, List, NamedTuple

import pytest

import toondb

from conftest import Door


def test_cancelling_ends_the_wait_and_the_pool_recovers(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        async with door.mirror(address, timeout=60, concurrency=2) as client:
            assert await client.ping()
            proxy.stall()
            begun = time.monotonic()
            calls = [asyncio.create_task(client.get(b"k")) for _ in range(5)]
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.gather(*calls), 0.1)
            assert time.monotonic() - begun < 0.9
            assert all(call.cancelled() for call in calls)
            proxy.resume()
            # The two that ran give their threads up at once; the three that waited never run.
            assert await client.ping()
            assert time.monotonic() - begun < 20

    asyncio.run(body())


ENDING = """
import asyncio, sys, toondb

async def main():
    client = await getattr(toondb, sys.argv[1]).connect(sys.argv[2], timeout=60)
    # A transaction asks nothing of a namespace that did not exist when it began.
    await client.put(b"k", b"v")
    transaction = client.transaction()
    await transaction.get(b"k")
    print("stall", flush=True)
    sys.stdin.readline()

    async def within():
        async with transaction:
            await transaction.get(b"other")

    for call in (client.get(b"k"), within(), client.put(b"k", b"v")):
        try:
            await asyncio.wait_for(call, 0.1)
        except asyncio.TimeoutError:
            print("late", flush=True)
    await client.close()
    print("closed", flush=True)

asyncio.run(main())
"""


def test_a_closed_client_does_not_keep_the_process(door: Door, tmp_path: Path) -> None:
    """Calls that a server never answers end with those who asked, not with the client's timeout of a minute."""
    proxy, address = door.proxy(tmp_path)
    command = [sys.executable, "-c", ENDING, door.mirror.__name__, address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "stall\n"
        proxy.stall()
        begun = time.monotonic()
        said, _ = process.communicate("\n", timeout=50)
        assert said == "late\nlate\nlate\nclosed\n"
        assert process.returncode == 0
        assert time.monotonic() - begun < 30


def test_cancelling_a_transaction_drops_it(door: Door, ns: str, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        async with door.mirror(address, timeout=1) as client:

            async def work() -> None:
                async with client.transaction(namespace=ns) as tx:
                    await tx.put(b"k", b"v")
                    proxy.stall()
                    await tx.get(b"other")

            begun = time.monotonic()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(work(), 0.1)
            assert time.monotonic() - begun < 0.9

    asyncio.run(body())
    with door.kind(door.address) as client:
        assert client.get(b"k", namespace=ns) is None


def test_closing_with_calls_under_way(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        client = await door.mirror.connect(address, timeout=1, concurrency=2)
        proxy.stall()
        calls = [asyncio.create_task(client.get(b"k")) for _ in range(5)]
        await asyncio.sleep(0)
        begun = time.monotonic()
        await client.close()
        assert time.monotonic() - begun < 0.9
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        kinds: List[type] = [type(outcome) for outcome in outcomes]
        assert kinds.count(toondb.ShuttingDownError) >= 3
        assert set(kinds) <= {toondb.ShuttingDownError, toondb.TimeoutError}

    asyncio.run(body())


def test_closing_ends_the_calls_under_way(door: Door, tmp_path: Path) -> None:
    """Their threads would keep the process alive for the whole timeout otherwise."""
    proxy, address = door.proxy(tmp_path)

    async def body() -> None:
        client = await door.mirror.connect(address, timeout=60, concurrency=2)
        proxy.stall()
        read = asyncio.create_task(client.get(b"k"))
        write = asyncio.create_task(client.put(b"k", b"v"))
        await asyncio.sleep(0)
        begun = time.monotonic()
        await client.close()
        outcomes = await asyncio.gather(read, write, return_exceptions=True)
        assert time.monotonic() - begun < 20
        assert isinstance(outcomes[0], toondb.ShuttingDownError)
        assert isinstance(outcomes[1], (toondb.ShuttingDownError, toondb.OutcomeUnknownError))

    asyncio.run(body())


class Mute(NamedTuple):
    """A server that takes connections and says nothing."""

    listener: socket.socket
    address: str


@pytest.fixture
def mute(door: Door, tmp_path: Path) -> Iterator[Mute]:
    path = tmp_path / "mute.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield Mute(listener, str(path) if door.kind is toondb.IpcClient else f"unix:{path}")


def test_closing_ends_a_connecting_client(door: Door, mute: Mute) -> None:
    async def body() -> None:
        client = door.mirror(mute.address, timeout=60)
        calls = [asyncio.create_task(client.get(b"k")) for _ in range(3)]
        # It has come as far as a connection.
        await asyncio.get_running_loop().run_in_executor(None, mute.listener.accept)
        begun = time.monotonic()
        await client.close()
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(outcome, toondb.ShuttingDownError)
        assert time.monotonic() - begun < 20

    asyncio.run(body())


CONNECTING = """
import asyncio, sys, toondb

async def main():
    client = getattr(toondb, sys.argv[1])(sys.argv[2], timeout=60)
    try:
        await asyncio.wait_for(client.get(b"k"), 0.1)
    except asyncio.TimeoutError:
        print("late", flush=True)

if sys.argv[1].startswith("Async"):
    asyncio.run(main())
else:
    getattr(toondb, sys.argv[1])(sys.argv[2], timeout=60)
"""


def test_a_cancelled_first_call_does_not_keep_the_process(door: Door, mute: Mute) -> None:
    begun = time.monotonic()
    command = [sys.executable, "-c", CONNECTING, door.mirror.__name__, mute.address]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=50, check=True).stdout
    assert said == "late\n" and time.monotonic() - begun < 30


def test_ctrl_c_ends_connecting(door: Door, mute: Mute) -> None:
    command = [sys.executable, "-c", CONNECTING, door.kind.__name__, mute.address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        connection, _ = mute.listener.accept()
        begun = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=50)
        connection.close()
    assert process.returncode != 0 and "KeyboardInterrupt" in errors, errors
    assert time.monotonic() - begun < 30


def test_signals_do_not_shorten_a_timeout(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)
    with door.kind(address, timeout=1) as client:
        client.ping()
        proxy.stall()
        before = signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        try:
            begun = time.monotonic()
            with pytest.raises(toondb.TimeoutError):
                client.get(b"k")
            assert time.monotonic() - begun > 0.9
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def test_ctrl_c_ends_a_program_that_waits(door: Door, tmp_path: Path) -> None:
    proxy, address = door.proxy(tmp_path)
    script = (
        "import asyncio, sys, toondb\n"
        "async def main():\n"
        "    async with getattr(toondb, sys.argv[2])(sys.argv[1], timeout=2) as client:\n"
        "        await client.ping()\n"
        "        print('ready', flush=True)\n"
        "        sys.stdin.readline()\n"
        "        print('waiting', flush=True)\n"
        "        await client.get(b'k')\n"
        "asyncio.run(main())\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", script, address, door.mirror.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdin is not None and started.stdout is not None
    with suppress(BrokenPipeError):
        assert started.stdout.readline() == "ready\n"
        proxy.stall()
        started.stdin.write("\n")
        started.stdin.flush()
        assert started.stdout.readline() == "waiting\n"
    os.kill(started.pid, 2)
    _, errors = started.communicate(timeout=20)
    assert started.returncode != 0 and "KeyboardInterrupt" in errors, errors
