"""The methods that every way to an engine has in common."""

import random
import time
from types import TracebackType
from typing import TYPE_CHECKING, Callable, Optional, Sequence, Type, TypeVar

from ._caches import CacheMethods
from ._checkpoints import CheckpointMethods
from ._collections import CollectionMethods
from ._context import ContextMethods
from ._errors import SnapshotExpiredError, TransactionConflictError
from ._graph import GraphMethods
from ._keys import KeyMethods
from ._namespace import Namespace
from ._namespaces import NamespaceMethods
from ._temporal import TemporalMethods
from ._toondb import WriteBatch
from ._transactions import Transaction
from ._types import Capabilities, CheckReport, CommitResult, Durability, ServerStats
from ._vectors import VectorMethods

if TYPE_CHECKING:
    from typing_extensions import Self

Result = TypeVar("Result")

RETRY_DELAY_MAX_SECONDS = 0.1


def retry_delay(attempt: int) -> float:
    """Seconds to pause after a conflict, before attempt ``attempt + 1``: random, so that rivals fall out of step."""
    return random.uniform(0, min(RETRY_DELAY_MAX_SECONDS, 0.001 * 2**attempt))


class Store(
    KeyMethods,
    NamespaceMethods,
    CollectionMethods,
    VectorMethods,
    GraphMethods,
    TemporalMethods,
    CacheMethods,
    CheckpointMethods,
    ContextMethods,
):
    """What every kind of client can do. Methods may be called from several threads at once.

    The interpreter lock is released during each call. Ctrl-C ends the wait for a long one with KeyboardInterrupt; a
    write that was interrupted may still happen.
    """

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def namespace(self, name: str) -> Namespace:
        """A handle on a namespace, whether or not it exists yet: its methods need no ``namespace`` argument."""
        return Namespace(self, name)

    def transaction(self, namespace: str = "default", durability: Durability = "durable") -> Transaction:
        """Begin a transaction: ``with db.transaction() as tx: ...`` commits at its end. See :class:`Transaction`."""
        return Transaction(self, namespace, durability)

    def run_transaction(
        self,
        function: Callable[[Transaction], Result],
        namespace: str = "default",
        retries: int = 10,
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
                with self.transaction(namespace, durability) as transaction:
                    result = function(transaction)
                return result
            except (TransactionConflictError, SnapshotExpiredError):
                if attempt >= retries:
                    raise
            time.sleep(retry_delay(attempt))
            attempt += 1

    def commit(self, batch: WriteBatch, namespace: str = "default", durability: Durability = "durable") -> CommitResult:
        """Check a batch's preconditions and make its writes, all or nothing.

        Raises TransactionConflictError if a precondition does not hold. The batch may be committed again.
        """
        return self._commit(namespace, batch, None, durability)

    def ping(self) -> str:
        """A sign of life: the engine's version."""
        return self._ping()

    def stats(self) -> ServerStats:
        """The counters of the whole engine."""
        return self._stats()

    def capabilities(self) -> Capabilities:
        """What the engine can do and guarantees."""
        return self._capabilities()

    def check(self, *, namespaces: Sequence[str] = (), repair: bool = False) -> CheckReport:
        """Verify what is stored, while it is in use. Nothing is changed, and other calls go on meanwhile.

        namespaces: those to verify; none = all of them, the catalog against the folders, and the checkpoints. Of each
        namespace every page of the store is read from disk, past all caches, every row is held against the others, and
        the log is read as after a crash. Not verified are the tokens of callers over gRPC.

        repair: make anew what follows from other rows (indexes of expiries and of incoming edges, times of commits,
        counters), in namespaces where nothing else is wrong. Whoever uses such a namespace waits meanwhile, and its
        transactions end. Damage is never touched.

        It reads everything of a namespace, so it takes a second or more for each gigabyte: let ``timeout`` allow for
        that where a client is made. What is wrong is in the report, and no exception; NamespaceNotFoundError is raised
        for a namespace that does not exist, BusyError while another check is under way. What could not be repaired,
        because somebody goes on using it, is told as a notice.
        """
        return self._check(namespaces, repair)
