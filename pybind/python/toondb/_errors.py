"""Exceptions of ToonDB, and the one table from the engine's error codes to them.

Every exception has ``code``, an :class:`ErrorCode`, says with ``retryable`` whether the same call may succeed later, and with its
message what to do. Nothing was changed unless the error is :class:`OutcomeUnknownError`.
"""

import builtins
from enum import IntEnum
from typing import Dict, Optional, Type

from ._toondb import ERROR_CODES


class ErrorCode(IntEnum):
    """The engine's stable error codes."""

    INVALID_ARGUMENT = 1
    NAMESPACE_NOT_FOUND = 2
    COLLECTION_NOT_FOUND = 3
    NODE_NOT_FOUND = 4
    EDGE_NOT_FOUND = 5
    CHECKPOINT_NOT_FOUND = 6
    ALREADY_EXISTS = 10
    CONFLICT = 11
    SNAPSHOT_EXPIRED = 12
    BUSY = 20
    QUOTA_EXCEEDED = 21
    LIMIT_EXCEEDED = 22
    DISK_FULL = 23
    FORMAT_CONVERSION = 24
    OUTCOME_UNKNOWN = 30
    CORRUPT = 31
    FENCED = 32
    LOCKED = 33
    FORKED = 34
    SHUTTING_DOWN = 35
    UNAVAILABLE = 36
    INTERNAL = 40
    UNKNOWN_OPERATION = 50
    PROTOCOL = 51
    UNSUPPORTED_VERSION = 52
    PERMISSION_DENIED = 53
    CONNECTION_FAILED = 54
    TIMEOUT = 55


class ToonDBError(Exception):
    """Base of every exception that ToonDB raises on its own account."""

    code: Optional[ErrorCode] = None
    """The engine's code; None for the bases of several kinds."""

    @property
    def retryable(self) -> bool:
        """True if nothing was changed and the same call, made again after a pause, may well succeed. A transaction is to be
        run again as a whole.
        """
        return self.code in _RETRYABLE


class ConnectionError(ToonDBError, builtins.ConnectionError):
    """No server could be reached, or the connection broke before the request was sent."""


class TransactionError(ToonDBError):
    """A transaction failed; nothing of it was written."""


class TransactionConflictError(TransactionError):
    """Something the transaction had read was changed meanwhile, or a precondition does not hold. Run it again."""


class SnapshotExpiredError(TransactionError):
    """The transaction was open for too long and its snapshot is no longer held. Run it again."""


class ProtocolError(ToonDBError):
    """The two sides do not speak the same protocol."""


class UnknownOperationError(ProtocolError):
    """The server is older than this client and does not know the operation."""


class UnsupportedVersionError(ProtocolError):
    """The peer, or the file on disk, has a version that this build does not know. Nothing was changed."""


class DatabaseError(ToonDBError):
    """The engine refused or failed an operation."""


class InvalidArgumentError(DatabaseError, ValueError):
    """The request is malformed or contradicts itself; change it."""


class ArgumentTypeError(InvalidArgumentError, TypeError):
    """An argument is of a type that means nothing there."""


class NotFoundError(DatabaseError, LookupError):
    """What the operation needs does not exist."""


class NamespaceNotFoundError(NotFoundError):
    """A management call named a namespace that does not exist."""


class CollectionNotFoundError(NotFoundError):
    """The collection or vector index does not exist."""


class NodeNotFoundError(NotFoundError):
    """The graph node does not exist; add it first."""


class EdgeNotFoundError(NotFoundError):
    """No edge or fact matches; nothing was changed."""


class CheckpointNotFoundError(NotFoundError):
    """There is no checkpoint of this id; list those there are."""


class AlreadyExistsError(DatabaseError):
    """The thing to create exists with other settings."""


class BusyError(DatabaseError):
    """Too many requests are waiting; try again after a short pause."""


class QuotaExceededError(DatabaseError):
    """The namespace's quota would be exceeded; delete something or raise it."""


class LimitExceededError(DatabaseError):
    """A bound of this build would be exceeded; split the request."""


class DiskFullError(DatabaseError):
    """The disk has too little free space for writes; reads and deletes still work."""


class OutcomeUnknownError(DatabaseError):
    """The write may or may not have happened; read to find out before repeating it.

    Over the socket this is left for servers that did not come back in time: a write is asked for again under its number.
    """


class CorruptError(DatabaseError):
    """Stored data failed its checksum; restore from a copy."""


class FencedError(DatabaseError):
    """The namespace is out of service after repeated faults; the server's log says why."""


class LockedError(DatabaseError):
    """Another process owns the data directory; connect to its socket with IpcClient instead."""


class ForkedError(DatabaseError):
    """This process is a fork of the one that opened the database; open a connection of its own."""


class ShuttingDownError(DatabaseError):
    """The server or database is closing or closed; the request was not executed."""


class UnavailableError(DatabaseError, OSError):
    """The file system refused or failed: no permission, a file in the way, read-only, a failing device. The message says
    which path and why. Nothing was changed; mend that, or just try again: files are opened anew."""


class InternalError(DatabaseError):
    """A defect in ToonDB; the request failed alone. Please report it."""


class PermissionDeniedError(DatabaseError, PermissionError):
    """The peer may not do this."""


class TimeoutError(DatabaseError, builtins.TimeoutError):
    """The time allowed for the request is over, and nothing was changed: a late write raises OutcomeUnknownError."""


class FormatConversionError(ToonDBError, ValueError):
    """A text is malformed, a format cannot hold a value or has no counterpart, or a name means no format."""


CLASSES: Dict[ErrorCode, Type[ToonDBError]] = {
    ErrorCode.INVALID_ARGUMENT: InvalidArgumentError,
    ErrorCode.NAMESPACE_NOT_FOUND: NamespaceNotFoundError,
    ErrorCode.COLLECTION_NOT_FOUND: CollectionNotFoundError,
    ErrorCode.NODE_NOT_FOUND: NodeNotFoundError,
    ErrorCode.EDGE_NOT_FOUND: EdgeNotFoundError,
    ErrorCode.CHECKPOINT_NOT_FOUND: CheckpointNotFoundError,
    ErrorCode.ALREADY_EXISTS: AlreadyExistsError,
    ErrorCode.CONFLICT: TransactionConflictError,
    ErrorCode.SNAPSHOT_EXPIRED: SnapshotExpiredError,
    ErrorCode.BUSY: BusyError,
    ErrorCode.QUOTA_EXCEEDED: QuotaExceededError,
    ErrorCode.LIMIT_EXCEEDED: LimitExceededError,
    ErrorCode.DISK_FULL: DiskFullError,
    ErrorCode.FORMAT_CONVERSION: FormatConversionError,
    ErrorCode.OUTCOME_UNKNOWN: OutcomeUnknownError,
    ErrorCode.CORRUPT: CorruptError,
    ErrorCode.FENCED: FencedError,
    ErrorCode.LOCKED: LockedError,
    ErrorCode.FORKED: ForkedError,
    ErrorCode.SHUTTING_DOWN: ShuttingDownError,
    ErrorCode.UNAVAILABLE: UnavailableError,
    ErrorCode.INTERNAL: InternalError,
    ErrorCode.UNKNOWN_OPERATION: UnknownOperationError,
    ErrorCode.PROTOCOL: ProtocolError,
    ErrorCode.UNSUPPORTED_VERSION: UnsupportedVersionError,
    ErrorCode.PERMISSION_DENIED: PermissionDeniedError,
    ErrorCode.CONNECTION_FAILED: ConnectionError,
    ErrorCode.TIMEOUT: TimeoutError,
}

for _code, _class in CLASSES.items():
    _class.code = _code

_RETRYABLE = {ErrorCode(number) for _, number, is_retryable in ERROR_CODES if is_retryable}


def from_code(code: int, message: str) -> ToonDBError:
    """The exception of a code. A code from a newer server becomes a plain DatabaseError."""
    try:
        known = ErrorCode(code)
    except ValueError:
        return DatabaseError(f"{message} (error code {code})")
    return CLASSES[known](message)
