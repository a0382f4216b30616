"""Ordered logs: values one behind the other. Chat histories, queues, journals."""

from typing import Any, Optional, Sequence, Tuple, Union

from ._entries import LogEntry, LogInfo
from ._methods import Methods, any_of, one_or_more
from ._rows import Rows
from ._types import Durability, Key


class LogMethods(Methods):
    """A log is made by the first value that is appended to it. Entries come at its end and go at its front, so their
    positions have no gaps; a position is never given twice, also not after its entry or the whole log is gone. Values are
    bytes, or a str, which stands for its UTF-8. A log that does not exist holds nothing.
    """

    def append(
        self,
        log: str,
        values: Union[Key, Sequence[Key]],
        *,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> int:
        """Append one value, or several in one commit. Returns the position of the first; the others follow it.

        However many append at once, each is served and none has to try again. The first position of a new log is 1, or
        lies behind all those of logs that were deleted. At most 100,000 values of at most 64 MiB each, and together 80 MiB through a server, 128 MiB embedded, a call.
        """
        return self._call("AppendLog", namespace, {"log": log, "values": one_or_more(values), "durability": durability})

    def read_log(
        self,
        log: str,
        *,
        after: Optional[int] = None,
        before: Optional[int] = None,
        last: Optional[int] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Rows[LogEntry]:
        """Read entries in order: ``for position, value in db.read_log("chat", last=20): ...``

        after: only those behind this position, so whoever follows a log gives the last position it has read; before: only
        those before this position; last: of these, only the newest so many. limit: at most so many, the oldest first;
        None = all. cursor: go on where an answer of :meth:`render` ended.
        """
        arguments = {"log": log, "after": after, "before": before, "last": last, "limit": limit, "cursor": cursor}
        return self._all("ReadLog", namespace, arguments)

    def pop_log(
        self, log: str, count: int = 1, *, namespace: str = "default", durability: Durability = "durable"
    ) -> Rows[LogEntry]:
        """Take the oldest entries out and return them: no two callers get the same. An empty log gives none.

        At most 10,000 are taken, and none after those with which they are more than 8 MiB. If the answer is lost (OutcomeUnknownError),
        what was taken is lost with it: what must survive its reader is read, worked off, and then trimmed.
        """
        return self._call("PopLog", namespace, {"log": log, "count": count, "durability": durability}, Rows)

    def log_length(self, log: str, *, namespace: str = "default") -> int:
        """How many entries a log holds."""
        return self._call("ReadLog", namespace, {"log": log, "limit": 0}, _length)

    def trim_log(
        self,
        log: str,
        *,
        before: Optional[int] = None,
        keep: Optional[int] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> int:
        """Delete the oldest entries: those before a position, or all but the newest ``keep``. Returns how many there
        were. At least one of the two is given; where both are, whatever either lets go is deleted.
        """
        arguments = {"log": log, "before": before, "keep": keep, "durability": durability}
        return self._call("TrimLog", namespace, arguments)

    def delete_log(self, log: str, *, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a log with all its entries. Returns True if it existed."""
        return self._call("DeleteLog", namespace, {"log": log, "durability": durability}, any_of)

    def list_logs(
        self,
        prefix: Optional[str] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Rows[LogInfo]:
        """List logs in the order of their names, those without entries too: how many entries each has, and where they
        begin and end. prefix: only names that begin with it. limit, cursor: as in :meth:`read_log`.
        """
        return self._all("ListLogs", namespace, {"prefix": prefix, "limit": limit, "cursor": cursor})


def _length(page: Tuple[Any, Any, int]) -> int:
    return page[2]
