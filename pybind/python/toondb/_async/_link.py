"""The sync client under an async one, connected when it is first needed."""

import os
import threading
from typing import Callable, Optional

from .._store import Store
from ._pool import closed_error


class Link:
    """Gives the sync client; called on the pool's threads, because connecting waits."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect
        self._store: Optional[Store] = None
        self._closed = False
        self._unlock()

    def _unlock(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def __call__(self) -> Store:
        """The client. Raises what connecting raises; the next call then tries again."""
        store = self._store
        if store is not None:
            return store
        if self._pid != os.getpid():
            # A thread of the parent may have held the lock at the fork, and does not exist here to give it back.
            self._unlock()
        with self._lock:
            if self._closed:
                raise closed_error()
            if self._store is None:
                self._store = self._connect()
            return self._store

    def close(self) -> None:
        """Close the client, if there is one; there will be none afterwards."""
        with self._lock:
            self._closed = True
            if self._store is not None:
                self._store.close()
