"""The sync client under an async one, connected when it is first needed."""

import os
import threading
from typing import Callable, Optional, cast

from .._errors import ToonDBError
from .._store import Store
from .._toondb import Abandonable
from ._pool import closed_error


class Link:
    """Gives the sync client; called on the pool's threads, because connecting waits."""

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect
        self._store: Optional[Store] = None
        self._connecting: Optional[Abandonable] = None
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
            # Said before it is looked whether the client is closed: closing looks at the two the other way round.
            self._connecting = Abandonable()
            if self._closed:
                raise closed_error()
            if self._store is None:
                try:
                    self._store = cast(Store, self._connecting.run(self._connect))
                except ToonDBError as error:
                    if self._closed:
                        raise closed_error() from error
                    raise
            return self._store

    def close(self) -> None:
        """Close the client, if there is one; there will be none afterwards. Connecting ends within a moment."""
        self._closed = True
        connecting = self._connecting
        if connecting is not None:
            connecting.abandon()
        if self._pid != os.getpid():
            self._unlock()
        with self._lock:
            if self._store is not None:
                self._store.close()
