"""The native half of the package: the engine in-process and the clients of its servers."""

from types import GenericAlias
from typing import Any, Callable, Generic, Iterable, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union, final

from typing_extensions import Self, disjoint_base

from ._types import (
    BytesLike,
    CacheHit,
    CacheStats,
    Capabilities,
    CheckpointInfo,
    CheckReport,
    CollectionInfo,
    CommitResult,
    Direction,
    Document,
    Durability,
    ExportFormat,
    GraphEdge,
    GraphNode,
    IndexInfo,
    Metadata,
    Metric,
    NamespaceInfo,
    NamespaceStats,
    Order,
    RestoreResult,
    SearchResult,
    SectionResult,
    ServerStats,
    TemporalEdge,
)

__all__ = [
    "Abandonable",
    "Connection",
    "Core",
    "ERROR_CODES",
    "PAGE_ITEMS_DEFAULT",
    "PAGE_ITEMS_MAX",
    "Query",
    "WriteBatch",
    "__version__",
    "connect_grpc",
    "connect_socket",
    "convert_text",
    "count_tokens",
    "from_json",
    "from_toon",
    "open_embedded",
    "to_json",
    "to_toon",
]

_T = TypeVar("_T")

ERROR_CODES: List[Tuple[str, int]]
PAGE_ITEMS_DEFAULT: int
PAGE_ITEMS_MAX: int
__version__: str

@final
class Connection: ...

def open_embedded(path: str) -> Connection: ...
def connect_socket(path: str, timeout: Optional[float] = None) -> Connection: ...
def connect_grpc(options: Mapping[str, object]) -> Connection: ...
def to_toon(value: object) -> str: ...
def to_json(value: object) -> str: ...
def from_toon(text: str) -> Any: ...
def from_json(text: str) -> Any: ...
def count_tokens(text: str, tokenizer: str) -> int: ...
def convert_text(text: str, to: str, from_format: Optional[str], tokenizer: str) -> Tuple[str, Union[str, bytes]]: ...

_Documents = Iterable[Union[Mapping[str, Any], Document]]

@disjoint_base
class Core:
    def __new__(cls, connection: Connection) -> Self: ...
    def close(self) -> None: ...
    def get(self, key: BytesLike, namespace: str = "default") -> Optional[bytes]: ...
    def put(
        self,
        key: BytesLike,
        value: BytesLike,
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool: ...
    def exists(self, key: BytesLike, namespace: str = "default") -> bool: ...
    def delete(self, key: BytesLike, namespace: str = "default", durability: Durability = "durable") -> bool: ...
    def batch_put(
        self,
        entries: Sequence[Tuple[BytesLike, BytesLike]],
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool: ...
    def compare_and_set(
        self,
        key: BytesLike,
        expected: Optional[BytesLike],
        value: Optional[BytesLike],
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool: ...
    def _get_at(self, key: BytesLike, namespace: str, snapshot: int) -> Optional[bytes]: ...
    def _ping(self) -> str: ...
    def _capabilities(self) -> Capabilities: ...
    def _stats(self) -> ServerStats: ...
    def _check(self, namespaces: Sequence[str], repair: bool) -> CheckReport: ...
    def _create_namespace(
        self,
        name: str,
        metadata: Optional[Metadata],
        bytes_max: Optional[int],
        vectors_max: Optional[int],
        collections_max: Optional[int],
        must_be_new: bool,
    ) -> bool: ...
    def _list_namespaces(self) -> List[str]: ...
    def _describe_namespace(self, name: str) -> NamespaceInfo: ...
    def _namespace_stats(self, name: str) -> NamespaceStats: ...
    def _delete_namespace(self, name: str) -> bool: ...
    def _set_quota(
        self, name: str, bytes_max: Optional[int], vectors_max: Optional[int], collections_max: Optional[int]
    ) -> NamespaceInfo: ...
    def _flush(self, namespace: str) -> int: ...
    def _create_collection(
        self, namespace: str, collection: str, dimension: int, metric: Metric, metadata: Optional[Metadata]
    ) -> bool: ...
    def _list_collections(self, namespace: str) -> List[str]: ...
    def _describe_collection(self, namespace: str, collection: str) -> CollectionInfo: ...
    def _drop_collection(self, namespace: str, collection: str) -> bool: ...
    def _add_documents(
        self, namespace: str, collection: str, documents: _Documents, embeddings: Optional[Any], durability: Durability
    ) -> List[str]: ...
    def _delete_documents(self, namespace: str, collection: str, ids: Sequence[str], durability: Durability) -> int: ...
    def _delete_by_filter(
        self, namespace: str, collection: str, filter: Mapping[str, Any], durability: Durability
    ) -> int: ...
    def _count_documents(self, namespace: str, collection: str, filter: Optional[Mapping[str, Any]]) -> int: ...
    def _search_collection_batch(
        self,
        namespace: str,
        collection: str,
        queries: Any,
        k: int,
        ef: Optional[int],
        filter: Optional[Mapping[str, Any]],
        include_embedding: bool,
    ) -> List[List[Document]]: ...
    def _create_index(self, namespace: str, index: str, dimension: int, metric: Metric) -> bool: ...
    def _list_indexes(self, namespace: str) -> List[str]: ...
    def _describe_index(self, namespace: str, index: str) -> IndexInfo: ...
    def _drop_index(self, namespace: str, index: str) -> bool: ...
    def _insert_vectors(
        self, namespace: str, index: str, ids: Sequence[int], vectors: Any, durability: Durability
    ) -> int: ...
    def _get_vectors(self, namespace: str, index: str, ids: Sequence[int]) -> List[Optional[List[float]]]: ...
    def _delete_vectors(self, namespace: str, index: str, ids: Sequence[int], durability: Durability) -> int: ...
    def _count_vectors(self, namespace: str, index: str) -> int: ...
    def _search_batch(
        self, namespace: str, index: str, queries: Any, k: int, ef: Optional[int], include_embedding: bool
    ) -> List[List[SearchResult]]: ...
    def _add_node(
        self, namespace: str, id: str, node_type: str, properties: Optional[Metadata], durability: Durability
    ) -> bool: ...
    def _get_node(self, namespace: str, id: str, snapshot: Optional[int]) -> Optional[GraphNode]: ...
    def _delete_node(self, namespace: str, id: str, durability: Durability) -> bool: ...
    def _add_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata],
        durability: Durability,
    ) -> bool: ...
    def _delete_edge(
        self, namespace: str, from_id: str, edge_type: str, to_id: str, durability: Durability
    ) -> bool: ...
    def _shortest_path(
        self,
        namespace: str,
        from_id: str,
        to_id: str,
        max_depth: Optional[int],
        types: Optional[Sequence[str]],
        direction: Direction,
    ) -> Optional[Tuple[List[str], List[GraphEdge]]]: ...
    def _add_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int,
        properties: Optional[Metadata],
        durability: Durability,
    ) -> bool: ...
    def _close_temporal_edge(
        self, namespace: str, from_id: str, edge_type: str, to_id: str, at: Optional[int], durability: Durability
    ) -> List[TemporalEdge]: ...
    def _supersede_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int,
        properties: Optional[Metadata],
        durability: Durability,
    ) -> Tuple[TemporalEdge, List[TemporalEdge]]: ...
    def _erase_temporal(
        self, namespace: str, from_id: str, edge_type: Optional[str], to_id: Optional[str], durability: Durability
    ) -> int: ...
    def _cache_get(
        self,
        namespace: str,
        cache: str,
        key: Optional[str],
        embedding: Optional[Any],
        threshold: Optional[float],
    ) -> Optional[CacheHit]: ...
    def _cache_put(
        self,
        namespace: str,
        cache: str,
        key: str,
        value: str,
        embedding: Any,
        ttl: Optional[float],
        durability: Durability,
    ) -> None: ...
    def _cache_invalidate(self, namespace: str, cache: str, pattern: str, durability: Durability) -> int: ...
    def _cache_stats(self, namespace: str, cache: str) -> CacheStats: ...
    def _create_checkpoint(
        self, namespace: str, name: str, include_patterns: Sequence[str], metadata: Optional[Metadata]
    ) -> CheckpointInfo: ...
    def _list_checkpoints(self, namespace: str) -> List[CheckpointInfo]: ...
    def _restore_checkpoint(self, namespace: Optional[str], checkpoint_id: str, overwrite: bool) -> RestoreResult: ...
    def _delete_checkpoint(self, checkpoint_id: str) -> bool: ...
    def _export_part(
        self, checkpoint_id: str, format: ExportFormat, offset: int, bytes_max: int
    ) -> Tuple[bytes, Optional[int]]: ...
    def _import_part(
        self,
        namespace: str,
        format: ExportFormat,
        name: str,
        data: BytesLike,
        continues: Optional[int],
        more: bool,
    ) -> Tuple[Optional[CheckpointInfo], Optional[int]]: ...
    def _read(self, namespace: str, query: Query[_T]) -> _T: ...
    def _render(
        self,
        namespace: str,
        query: Query[Any],
        format: str,
        columns: Optional[Sequence[str]],
        tokenizer: Optional[str],
    ) -> Tuple[str, Union[str, bytes], int, Optional[int], Optional[bytes], bool]: ...
    def _rows(self, namespace: str, query: Query[Any], columns: Sequence[str]) -> Tuple[Any, Optional[bytes], bool]: ...
    def _assemble_context(
        self,
        namespace: str,
        sections: Sequence[Tuple[str, int, Union[str, Query[Any]], Optional[Sequence[str]]]],
        token_limit: int,
        format: str,
        tokenizer: str,
        deduplicate: bool,
    ) -> Tuple[str, int, List[SectionResult]]: ...
    def _commit(
        self, namespace: str, batch: WriteBatch, snapshot: Optional[int], durability: Durability
    ) -> CommitResult: ...
    def _take_snapshot(self, namespace: str) -> int: ...
    def _end_snapshot(self, namespace: str, seq: int) -> bool: ...

@final
class Query(Generic[_T]):
    @classmethod
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...
    @staticmethod
    def scan(
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        keys_only: bool = False,
        cursor: Optional[bytes] = None,
    ) -> Query[Tuple[List[Tuple[bytes, bytes]], Optional[bytes]]]: ...
    @staticmethod
    def multi_get(keys: Sequence[BytesLike]) -> Query[List[Optional[bytes]]]: ...
    @staticmethod
    def get_documents(
        collection_name: str, ids: Sequence[str], include_embeddings: bool = False
    ) -> Query[List[Optional[Document]]]: ...
    @staticmethod
    def search_collection(
        collection_name: str,
        query: Any,
        k: int = 10,
        filter: Optional[Mapping[str, Any]] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> Query[List[Document]]: ...
    @staticmethod
    def search(
        index_name: str, query: Any, k: int = 10, ef: Optional[int] = None, include_embeddings: bool = False
    ) -> Query[List[SearchResult]]: ...
    @staticmethod
    def get_edges(
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Query[Tuple[List[GraphEdge], Optional[bytes]]]: ...
    @staticmethod
    def traverse(
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
    ) -> Query[Tuple[List[GraphNode], List[GraphEdge], bool]]: ...
    @staticmethod
    def neighbors(
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
    ) -> Query[Tuple[List[GraphNode], List[GraphEdge], bool]]: ...
    @staticmethod
    def query_temporal_graph(
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[int] = None,
        start_time: Optional[int] = None,
        end_time: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
    ) -> Query[Tuple[List[TemporalEdge], bool]]: ...
    @staticmethod
    def traverse_temporal(
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> Query[Tuple[List[GraphNode], List[TemporalEdge], bool]]: ...
    @staticmethod
    def temporal_history(
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Query[Tuple[List[TemporalEdge], Optional[bytes]]]: ...
    def _at(self, snapshot: int) -> Query[_T]: ...

@final
class Abandonable:
    def __new__(cls) -> Self: ...
    def run(self, function: Callable[[], Any]) -> Any: ...
    def abandon(self) -> None: ...

@final
class WriteBatch:
    def __new__(cls) -> Self: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def put(self, key: BytesLike, value: BytesLike, ttl: Optional[float] = None) -> None: ...
    def delete(self, key: BytesLike) -> None: ...
    def add_documents(self, collection_name: str, documents: _Documents, embeddings: Optional[Any] = None) -> None: ...
    def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None: ...
    def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Any) -> None: ...
    def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None: ...
    def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None: ...
    def delete_node(self, node_id: str) -> None: ...
    def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None: ...
    def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None: ...
    def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
    ) -> None: ...
    def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[int] = None) -> None: ...
    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
    ) -> None: ...
    def require_absent(self, key: BytesLike) -> None: ...
    def require_present(self, key: BytesLike) -> None: ...
    def require_value(self, key: BytesLike, value: BytesLike) -> None: ...
    def _read_key(self, key: BytesLike, seq: int, found: bool) -> None: ...
    def _read_range(self, start: bytes, end: Optional[BytesLike], seq: int, count: int) -> None: ...
    def _read_document(self, collection: str, id: str, seq: int, found: bool) -> None: ...
    def _read_node(self, id: str, seq: int, found: bool) -> None: ...
