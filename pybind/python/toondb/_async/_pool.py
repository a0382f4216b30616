"""The threads on which a client's calls run.

They are the client's own: calls of another library that fill the event loop's default threads do not hold these up, nor
the other way round. A thread is started when it is first needed. A forked child has none of its parent's threads, which
the executor would not notice: there a new one takes its place.
"""

import asyncio
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Callable, TypeVar, cast

from .._errors import ErrorCode, ShuttingDownError, ToonDBError, from_code
from .._toondb import Abandonable

Result = TypeVar("Result")


def closed_error() -> ToonDBError:
    """What calls of a closed client raise."""
    return from_code(ErrorCode.SHUTTING_DOWN, "this client is closed; connect another one")


class Pool:
    """Runs at most ``concurrency`` calls at a time; more wait their turn."""

    def __init__(self, concurrency: int) -> None:
        if concurrency < 1:
            raise from_code(ErrorCode.INVALID_ARGUMENT, f"concurrency is {concurrency}; give at least 1")
        self._concurrency = concurrency
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._executor = ThreadPoolExecutor(self._concurrency, thread_name_prefix="toondb")

    def _submit(self, function: Callable[[], Result]) -> "Future[Result]":
        if self._pid != os.getpid():
            self._start()
        if self._closed:
            raise closed_error()
        try:
            return self._executor.submit(function)
        except RuntimeError as error:
            # Another thread closed the client just now, or the interpreter is ending.
            raise closed_error() from error

    async def run(self, function: Callable[[], Result]) -> Result:
        """Run a function on a thread. If the wait is cancelled, a function that has not begun never runs, and one that
        has gives up its waits for the engine: it neither keeps its thread nor, at the end, the process waiting.
        """
        call = Abandonable()
        begun = self._submit(lambda: cast(Result, call.run(function)))
        try:
            return await asyncio.wrap_future(begun)
        except asyncio.CancelledError:
            call.abandon()
            raise

    def post(self, function: Callable[[], object]) -> None:
        """Run a function on a thread without waiting for it; nobody learns what becomes of it. It sends what it has to
        send, and waits for an answer only for a moment.
        """
        call = Abandonable()
        call.abandon()
        with suppress(ShuttingDownError):
            self._submit(lambda: cast(object, call.run(function)))

    async def close(self, last: Callable[[], None]) -> None:
        """Take no more functions and run ``last``, on a thread of its own: all of the pool's may be busy.

        What was begun ends by itself, at the latest when its wait finds the client closed; what waits its turn finds so too.
        """
        self._closed = True
        done: "Future[None]" = Future()
        done.set_running_or_notify_cancel()

        def close() -> None:
            try:
                last()
                self._executor.shutdown(wait=False)
                done.set_result(None)
            except BaseException as error:
                done.set_exception(error)

        threading.Thread(target=close, name="toondb-close", daemon=True).start()
        await asyncio.wrap_future(done)
