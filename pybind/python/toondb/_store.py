"""The methods that every way to an engine has in common."""

import inspect
import time
from types import TracebackType
from typing import TYPE_CHECKING, Callable, Optional, Type, TypeVar

from ._caches import CacheMethods
from ._checkpoints import CheckpointMethods
from ._context import ContextMethods
from ._documents import DocumentMethods
from ._engine import EngineMethods
from ._errors import ArgumentTypeError, ErrorCode, SnapshotExpiredError, TransactionConflictError, from_code
from ._graph import GraphMethods
from ._keys import KeyMethods
from ._listings import ListingMethods
from ._logs import LogMethods
from ._namespaces import NamespaceMethods
from ._temporal import TemporalMethods
from ._transactions import Transaction, retry_delay
from ._types import Durability
from ._vectors import VectorMethods

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._generated._namespace import Namespace
    from ._snapshots import AtSnapshot, Snapshot

Result = TypeVar("Result")


def checked_name(name: str) -> str:
    """The name of a namespace, if it is one at all. The engine takes no name for the default one; to a caller an empty
    name is an id that came out empty, which would mix tenants.
    """
    if not isinstance(name, str):
        raise ArgumentTypeError(f"namespace is a str, not {type(name).__name__}")
    if not name:
        raise from_code(ErrorCode.INVALID_ARGUMENT, "the name of a namespace is empty; the common one is 'default'")
    return name


class Store(
    KeyMethods,
    LogMethods,
    NamespaceMethods,
    DocumentMethods,
    ListingMethods,
    VectorMethods,
    GraphMethods,
    TemporalMethods,
    CacheMethods,
    CheckpointMethods,
    ContextMethods,
    EngineMethods,
):
    """What every kind of client can do. Methods may be called from several threads at once.

    The interpreter lock is released during each call. Ctrl-C ends the wait for a long one with KeyboardInterrupt; a
    write that was interrupted may still happen.
    """

    _where = ""
    """The directory or the address, for people."""
    _is_closed = False

    def __repr__(self) -> str:
        return f"<toondb.{type(self).__name__} {self._where!r}{', closed' if self._is_closed else ''}>"

    def close(self) -> None:
        """End the use of the engine; closing again is no error. Other calls raise ShuttingDownError from then on."""
        self._is_closed = True
        super().close()

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def namespace(self, name: str) -> "Namespace":
        """A handle on a namespace, whether or not it exists yet: its methods need no ``namespace`` argument."""
        from ._generated._namespace import Namespace

        return Namespace(self, checked_name(name))

    def snapshot(self, namespace: str = "default") -> "Snapshot":
        """A namespace at one commit, the newest by then: ``with db.snapshot("notes") as s: ...``. See :class:`Snapshot`."""
        from ._snapshots import Snapshot

        return Snapshot(self, checked_name(namespace))

    def _at_snapshot(self, transaction: Optional[Transaction] = None) -> "AtSnapshot":
        """The same connection, for reads at a snapshot."""
        from ._snapshots import AtSnapshot

        held = AtSnapshot(self._connection())
        held._transaction = transaction
        return held

    def transaction(self, *, namespace: str = "default", durability: Durability = "durable") -> Transaction:
        """Begin a transaction: ``with db.transaction() as tx: ...`` commits at its end. See :class:`Transaction`."""
        return Transaction(self, checked_name(namespace), durability)

    def run_transaction(
        self,
        function: Callable[[Transaction], Result],
        *,
        retries: int = 10,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> Result:
        """Run ``function(transaction)`` and commit; on a conflict run it again, at most ``retries`` times. Returns its
        result.

        The function may run several times: what it does besides the transaction must bear that. Between two runs there
        is a short random pause, so that rivals do not meet again in step.
        """
        attempt = 0
        while True:
            try:
                with self.transaction(namespace=namespace, durability=durability) as transaction:
                    result = function(transaction)
                    if inspect.iscoroutine(result):
                        result.close()
                        raise ArgumentTypeError("the function is async; run it with a client for asyncio")
                return result
            except (TransactionConflictError, SnapshotExpiredError):
                if attempt >= retries:
                    raise
            time.sleep(retry_delay(attempt))
            attempt += 1
