"""Optimistic transactions: read a snapshot, collect writes, commit if nothing that was read has changed.

The commit sends the writes together with what was read as preconditions: a key found must be unchanged since the
snapshot, a key found absent still absent, a range scanned must hold as many keys, none of them newer. The engine checks
and writes in one step, so that a transaction is serializable without ever holding a lock.
"""

import random
import warnings
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Type

from ._errors import ToonDBError, TransactionError
from ._methods import Arguments, Steps, steps
from ._transaction_overlay import TransactionOverlay
from ._types import CommitResult, Durability

if TYPE_CHECKING:
    from ._generated._namespace import Namespace
    from ._store import Store

RETRY_DELAY_MAX_SECONDS = 0.1

_PARTS = {
    operation: part
    for part, operations in {
        "keys": "GetTtl ScanPrefixes",
        "collection": "CountDocuments SearchCollection SearchBatchCollection ListDocuments ListDocumentIds "
        "FacetDocuments MinMaxDocuments",
        "index": "GetVectors SearchVectors SearchBatchVectors",
        "graph": "CountNodes GetEdges ListEdges ListNodes Neighbors ShortestPath Traverse",
        "facts": "ListFacts QueryTemporal TemporalHistory TemporalNeighbors TemporalShortestPath TraverseTemporal",
        "logs": "ListLogs ReadLog",
    }.items()
    for operation in operations.split()
}
"""What a read looks into as a whole, as the engine calls it: whatever changes there may change its answer."""


def retry_delay(attempt: int) -> float:
    """Seconds to pause after a conflict, before attempt ``attempt + 1``: random, so that rivals fall out of step."""
    return random.uniform(0, min(RETRY_DELAY_MAX_SECONDS, 0.001 * 2**attempt))


class Transaction(TransactionOverlay):
    """All of it or nothing, in one namespace: made by :meth:`Database.transaction`.

    Its reads see the snapshot that the first of them takes (for at most 30 seconds, then SnapshotExpiredError). What is
    read by its name is seen with the transaction's own writes: ``get``, ``multi_get``, ``exists``, ``scan``, ``scan_keys``,
    ``get_document``, ``get_documents``, ``get_node``, ``get_nodes`` and ``get_edge``. Searches, lists, counts, walks, facts
    and logs see the snapshot alone, and raise TransactionError once the transaction itself has written where they look.

    Writes are collected and made by the commit at the end of the ``with`` block; an exception inside it drops them. If
    something that was read has changed by then, TransactionConflictError is raised and nothing is written: run the
    transaction again, or let :meth:`Database.run_transaction` do so. Where a search, list, count or walk has looked, that is
    anything in the collection, in the index, in the graph, among the facts or the logs. A transaction belongs to one thread.
    """

    def __init__(self, store: "Store", namespace: str, durability: Durability) -> None:
        super().__init__(store, namespace)
        self._durability: Durability = durability
        self._reads_within: Optional["Namespace"] = None

    def __repr__(self) -> str:
        state = f"{len(self._batch)} writes" if self._open else "over"
        return f"<toondb.Transaction of namespace {self._namespace!r}, {state}>"

    def __enter__(self) -> "Transaction":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if not self._open:
            return
        if kind is None:
            self.commit()
        else:
            # The exception on its way matters more; a snapshot that cannot be given back expires by itself.
            with suppress(ToonDBError):
                self.rollback()

    def __del__(self) -> None:
        if self._open and len(self._batch) > 0:
            text = f"a transaction of namespace {self._namespace!r} was dropped with {len(self._batch)} writes"
            warnings.warn(f"{text}: neither committed nor rolled back", ResourceWarning, source=self, stacklevel=2)

    def _end(self) -> Any:
        """Ends it without its writes: what gives the snapshot back, if there is one, and None otherwise."""
        self._open = False
        snapshot, self._snapshot = self._snapshot, None
        return self._store._call("EndSnapshot", self._namespace, {"seq": snapshot}) if snapshot else None

    @property
    def _seen(self) -> "Namespace":
        if self._reads_within is None:
            from ._generated._namespace import Namespace

            self._reads_within = Namespace(self._store._at_snapshot(self), self._namespace)
        return self._reads_within

    def _look_into(self, operation: str, arguments: Arguments) -> None:
        """Notes that an operation looks into a part as a whole."""
        part = _PARTS.get(operation)
        if part is None:
            raise TransactionError(f"{operation} is no read of a transaction")
        name = arguments[part] if part in ("collection", "index") else ""
        if self._batch._changes(part, name):
            where = f"{part} {name!r}" if name else f"the {part}"
            text = f"such a read does not see what this transaction has written into {where}: call it before, or commit first"
            raise TransactionError(text)
        self._parts_read.add((part, name))

    # The end

    @steps
    def commit(self) -> Steps[Optional[CommitResult]]:
        """Make the writes, if nothing that was read has changed. Returns None if there are none.

        Raises TransactionConflictError if something has changed; the transaction is over either way.
        """
        batch = self._writing()
        if len(batch) == 0:
            yield self.rollback()
            return None
        self._open = False
        seq = self._snapshot
        if seq is not None:
            for target, at, found in self._reads.values():
                batch._read(target, at, seq, int(found))
            for read in self._ranges_read:
                bounds = read.bounds()
                if bounds is not None:
                    batch._read("key_range", {"start": bounds[0], "end": bounds[1]}, seq, read.count)
            for part, name in sorted(self._parts_read):
                batch._read("part", {"part": part, "name": name}, seq, 1)
        return (yield self._store._commit(self._namespace, batch, seq or None, self._durability))

    @steps
    def rollback(self) -> Steps[None]:
        """Drop the writes. The transaction is over; rolling back again does nothing."""
        given_back = self._end()
        if given_back is not None:
            yield given_back
