"""ToonDB: durable memory for AI agents.

Key-values, documents with embeddings, a property graph and a bitemporal graph ("what was true at time T?"), per tenant
namespace. :class:`Database` runs the engine in this process; :class:`IpcClient` talks to ``toondb serve`` over a Unix
socket, :class:`ToonDBClient` over gRPC. All have the same methods and give the same answers; :class:`AsyncIpcClient`
and :class:`AsyncToonDBClient` have them awaited, for asyncio.

    from toondb import Database

    with Database.open("./mydb") as db:
        db.put(b"key", b"value")
"""

from ._async._clients import AsyncIpcClient, AsyncToonDBClient
from ._async._collection import AsyncCollection
from ._async._namespace import AsyncNamespace
from ._async._transaction import AsyncTransaction
from ._clients import Database, IpcClient, ToonDBClient
from ._collection import Collection
from ._errors import (
    AlreadyExistsError,
    BusyError,
    CollectionNotFoundError,
    ConnectionError,
    CorruptError,
    DatabaseError,
    DiskFullError,
    EdgeNotFoundError,
    ErrorCode,
    FencedError,
    ForkedError,
    FormatConversionError,
    InternalError,
    InvalidArgumentError,
    LimitExceededError,
    LockedError,
    NamespaceNotFoundError,
    NodeNotFoundError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExceededError,
    ShuttingDownError,
    SnapshotExpiredError,
    TimeoutError,
    ToonDBError,
    TransactionConflictError,
    TransactionError,
    UnknownOperationError,
    UnsupportedVersionError,
)
from ._formats import ContextFormat, FormatCapabilities, WireFormat
from ._namespace import Namespace
from ._toondb import WriteBatch, __version__
from ._transactions import Transaction
from ._types import (
    CacheHit,
    CacheStats,
    Capabilities,
    CheckpointInfo,
    CollectionInfo,
    CommitResult,
    Document,
    GraphEdge,
    GraphNode,
    IndexInfo,
    NamespaceInfo,
    NamespaceStats,
    Path,
    Quota,
    RestoreResult,
    SearchResult,
    ServerStats,
    Subgraph,
    Superseded,
    TemporalEdge,
    TemporalSubgraph,
)

__all__ = [
    "AlreadyExistsError",
    "AsyncCollection",
    "AsyncIpcClient",
    "AsyncNamespace",
    "AsyncToonDBClient",
    "AsyncTransaction",
    "BusyError",
    "CacheHit",
    "CacheStats",
    "Capabilities",
    "CheckpointInfo",
    "Collection",
    "CollectionInfo",
    "CollectionNotFoundError",
    "CommitResult",
    "ConnectionError",
    "ContextFormat",
    "CorruptError",
    "Database",
    "DatabaseError",
    "DiskFullError",
    "Document",
    "EdgeNotFoundError",
    "ErrorCode",
    "FencedError",
    "ForkedError",
    "FormatCapabilities",
    "FormatConversionError",
    "GraphEdge",
    "GraphNode",
    "IndexInfo",
    "InternalError",
    "InvalidArgumentError",
    "IpcClient",
    "LimitExceededError",
    "LockedError",
    "Namespace",
    "NamespaceInfo",
    "NamespaceNotFoundError",
    "NamespaceStats",
    "NodeNotFoundError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Path",
    "PermissionDeniedError",
    "ProtocolError",
    "Quota",
    "QuotaExceededError",
    "RestoreResult",
    "SearchResult",
    "ServerStats",
    "ShuttingDownError",
    "SnapshotExpiredError",
    "Subgraph",
    "Superseded",
    "TemporalEdge",
    "TemporalSubgraph",
    "TimeoutError",
    "ToonDBClient",
    "ToonDBError",
    "Transaction",
    "TransactionConflictError",
    "TransactionError",
    "UnknownOperationError",
    "UnsupportedVersionError",
    "WireFormat",
    "WriteBatch",
    "__version__",
]
