"""ToonDB: durable memory for AI agents.

Key-values, documents with embeddings, a property graph and a bitemporal graph ("what was true at time T?"), per tenant
namespace. :class:`Database` runs the engine in this process; :class:`IpcClient` talks to ``toondb serve`` over a Unix
socket, :class:`ToonDBClient` over gRPC. All have the same methods and give the same answers; :class:`AsyncDatabase`,
:class:`AsyncIpcClient` and :class:`AsyncToonDBClient` have them awaited, for asyncio.

``ConnectionError``, ``TimeoutError`` and ``Path`` are here by name; ``from toondb import *`` leaves Python's own alone.

    from toondb import Database

    with Database.open("./mydb") as db:
        db.put(b"key", b"value")
"""

from types import FunctionType

from ._async import (
    AsyncCollection,
    AsyncDatabase,
    AsyncIpcClient,
    AsyncNamespace,
    AsyncToonDBClient,
    AsyncSnapshot,
    AsyncTransaction,
)
from ._clients import Database, IpcClient, ToonDBClient
from ._context import Context, Section
from ._document_writes import AddedIds, Affected
from ._entries import LogEntry, LogInfo, PrefixEntry
from ._errors import (
    AlreadyExistsError,
    ArgumentTypeError,
    BusyError,
    CheckpointNotFoundError,
    CollectionNotFoundError,
    ConnectionError as ConnectionError,
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
    TimeoutError as TimeoutError,
    ToonDBError,
    TransactionConflictError,
    TransactionError,
    UnavailableError,
    UnknownOperationError,
    UnsupportedVersionError,
)
from ._formats import (
    ContextFormat,
    FormatCapabilities,
    WireFormat,
    convert_text,
    count_tokens,
    from_json,
    from_toon,
    to_json,
    to_toon,
)
from ._generated._batch import WriteBatch
from ._generated._collection import Collection
from ._generated._namespace import Namespace
from ._generated._query import Query
from ._reports import Capabilities, CheckedNamespace, CheckReport, Finding, ServerStats
from ._rows import ArrowStream, History, Rendered, Rows
from ._snapshots import Snapshot
from ._toondb import __version__
from ._transactions import Transaction
from ._types import (
    CacheHit,
    CacheStats,
    CheckpointInfo,
    CollectionInfo,
    CommitResult,
    Document,
    FacetCount,
    GraphEdge,
    GraphNode,
    IndexInfo,
    MergedNodes,
    NamespaceInfo,
    NamespaceStats,
    Path as Path,
    Quota,
    RestoreResult,
    SearchResult,
    SectionResult,
    Subgraph,
    Superseded,
    TemporalEdge,
    TemporalPath,
    TemporalSubgraph,
)

__all__ = [
    "AddedIds",
    "Affected",
    "AlreadyExistsError",
    "ArgumentTypeError",
    "ArrowStream",
    "AsyncCollection",
    "AsyncDatabase",
    "AsyncIpcClient",
    "AsyncNamespace",
    "AsyncToonDBClient",
    "AsyncSnapshot",
    "AsyncTransaction",
    "BusyError",
    "CacheHit",
    "CacheStats",
    "Capabilities",
    "CheckReport",
    "CheckedNamespace",
    "CheckpointInfo",
    "CheckpointNotFoundError",
    "Collection",
    "CollectionInfo",
    "CollectionNotFoundError",
    "CommitResult",
    "Context",
    "ContextFormat",
    "CorruptError",
    "Database",
    "DatabaseError",
    "DiskFullError",
    "Document",
    "FacetCount",
    "EdgeNotFoundError",
    "ErrorCode",
    "FencedError",
    "Finding",
    "ForkedError",
    "FormatCapabilities",
    "FormatConversionError",
    "GraphEdge",
    "GraphNode",
    "History",
    "IndexInfo",
    "InternalError",
    "InvalidArgumentError",
    "IpcClient",
    "LimitExceededError",
    "LockedError",
    "LogEntry",
    "LogInfo",
    "MergedNodes",
    "Namespace",
    "NamespaceInfo",
    "NamespaceNotFoundError",
    "NamespaceStats",
    "NodeNotFoundError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PrefixEntry",
    "ProtocolError",
    "Query",
    "Quota",
    "QuotaExceededError",
    "Rendered",
    "RestoreResult",
    "Rows",
    "SearchResult",
    "Section",
    "SectionResult",
    "ServerStats",
    "ShuttingDownError",
    "Snapshot",
    "SnapshotExpiredError",
    "Subgraph",
    "Superseded",
    "TemporalEdge",
    "TemporalPath",
    "TemporalSubgraph",
    "ToonDBClient",
    "ToonDBError",
    "Transaction",
    "TransactionConflictError",
    "TransactionError",
    "UnavailableError",
    "UnknownOperationError",
    "UnsupportedVersionError",
    "WireFormat",
    "WriteBatch",
    "__version__",
    "convert_text",
    "count_tokens",
    "from_json",
    "from_toon",
    "to_json",
    "to_toon",
]

# Classes go by the name under which they are imported, in tracebacks and pickles too.
for _name in __all__:
    _public = globals()[_name]
    if isinstance(_public, type) and _public.__module__.startswith("toondb."):
        _public.__module__ = __name__
        # So do methods that it has from the classes of their areas, where a call lacks an argument.
        for _base in _public.__mro__[1:]:
            for _method in vars(_base).values() if _base.__module__.startswith("toondb.") else ():
                if isinstance(_method, FunctionType) and _method.__qualname__.split(".")[0] not in __all__:
                    _method.__qualname__ = f"{_name}.{_method.__name__}"
del _name, _public, _base, _method
