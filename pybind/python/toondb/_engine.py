"""Commits, and the engine as a whole."""

from typing import Sequence

from ._generated._batch import WriteBatch
from ._methods import Methods
from ._toondb import Core
from ._reports import Capabilities, CheckReport, ServerStats
from ._types import CommitResult, Durability


class EngineMethods(Core, Methods):
    """What is of no area."""

    def commit(
        self, batch: WriteBatch, *, namespace: str = "default", durability: Durability = "durable"
    ) -> CommitResult:
        """Check a batch's preconditions and make its writes, all or nothing.

        Raises TransactionConflictError if a precondition does not hold. The batch may be committed again.
        """
        return self._commit(namespace, batch, None, durability)

    def ping(self) -> str:
        """A sign of life: the engine's version."""
        return self._call("Ping", None, {})

    def stats(self) -> ServerStats:
        """The counters of the whole engine."""
        return self._call("ServerStats", None, {})

    def capabilities(self) -> Capabilities:
        """What the engine can do and guarantees."""
        return self._call("Capabilities", None, {})

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
        return self._call("Check", None, {"namespaces": namespaces, "repair": repair})
