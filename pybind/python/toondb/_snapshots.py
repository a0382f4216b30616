"""A namespace as it was at one commit."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, Type

from ._errors import ErrorCode, TransactionError, from_code
from ._generated._namespace import Namespace
from ._methods import Arguments, Steps, steps
from ._store import Store
from ._toondb import reads_at_snapshot

if TYPE_CHECKING:
    from ._transactions import Transaction
    from typing_extensions import Self


class AtSnapshot(Store):
    """A store whose reads stand at a snapshot, and which does nothing else."""

    _seq: Optional[int] = None
    _transaction: "Optional[Transaction]" = None
    """The one whose snapshot this is, if it is one's: it takes the snapshot with its first read, and notes what is read."""

    def _call(
        self,
        operation: str,
        namespace: Optional[str],
        arguments: Arguments,
        then: Optional[Callable[[Any], Any]] = None,
    ) -> Any:
        if self._transaction is not None:
            return self._run(self._within(self._transaction, operation, namespace, arguments, then))
        return self._read(operation, namespace, arguments, then)

    def _within(
        self,
        transaction: "Transaction",
        operation: str,
        namespace: Optional[str],
        arguments: Arguments,
        then: Optional[Callable[[Any], Any]],
    ) -> Steps[Any]:
        transaction._look_into(operation, arguments)
        self._seq = yield transaction._seq()
        return (yield self._read(operation, namespace, arguments, then))

    def _read(
        self,
        operation: str,
        namespace: Optional[str],
        arguments: Arguments,
        then: Optional[Callable[[Any], Any]],
    ) -> Any:
        if self._seq is None:
            raise TransactionError("the snapshot is not held: use it inside `with`")
        if not reads_at_snapshot(operation):
            text = f"{operation} is no read at a snapshot; call it on the client or its namespace"
            raise from_code(ErrorCode.INVALID_ARGUMENT, text)
        if operation == "Render":
            return super()._call(operation, namespace, {**arguments, "read": arguments["read"]._at(self._seq)}, then)
        return super()._call(operation, namespace, {**arguments, "snapshot": self._seq}, then)

    def _get(self, key: Any, namespace: str) -> Any:
        return self._call("Get", namespace, {"key": key})

    def _put(self, key: Any, value: Any, namespace: str, ttl_ms: Optional[int], durability: str) -> Any:
        return self._call("Put", namespace, {})

    def _commit(self, namespace: str, batch: Any, snapshot: Optional[int], durability: str) -> Any:
        return self._call("Commit", namespace, {})


class Snapshot(Namespace):
    """A namespace as it was at one commit: ``with db.snapshot("notes") as s: ...``, and every read of ``s`` sees the same.

    It has the methods of :class:`Namespace`; those that write, and the few that tell of now alone, raise
    InvalidArgumentError. It is held for at most 30 seconds; from then on reads raise SnapshotExpiredError.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._live = store
        self._held = store._at_snapshot()
        super().__init__(self._held, name)

    @steps
    def _take(self) -> Steps[None]:
        if self._held._seq is not None:
            raise TransactionError("the snapshot is held already; take another one")
        self._held._seq = yield self._live._call("TakeSnapshot", self.name, {})

    def _end(self) -> Any:
        """What gives the snapshot back; None if there is nothing to give back."""
        seq, self._held._seq = self._held._seq, None
        return self._live._call("EndSnapshot", self.name, {"seq": seq}) if seq else None

    def __enter__(self) -> "Self":
        self._take()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._end()

    def __repr__(self) -> str:
        state = "not held" if self.seq is None else f"at commit {self.seq}"
        return f"<toondb.Snapshot of namespace {self.name!r}, {state}>"

    @property
    def seq(self) -> Optional[int]:
        """The commit at which it reads; None outside of ``with``. 0 is before every commit."""
        return self._held._seq
