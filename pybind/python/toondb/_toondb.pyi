"""The native half of the package: the engine in-process and the clients of its servers."""

from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple, Union, final

from typing_extensions import Self, disjoint_base

from ._types import (
    BytesLike,
    CacheHit,
    CacheStats,
    Capabilities,
    CheckpointInfo,
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
    ServerStats,
    TemporalEdge,
)

__all__ = [
    "Connection",
    "Core",
    "ERROR_CODES",
    "PAGE_ITEMS_DEFAULT",
    "WriteBatch",
    "__version__",
    "connect_grpc",
    "connect_socket",
    "open_embedded",
]

ERROR_CODES: List[Tuple[str, int]]
PAGE_ITEMS_DEFAULT: int
__version__: str

@final
class Connection: ...

def open_embedded(path: str) -> Connection: ...
def connect_socket(path: str, timeout: Optional[float] = None) -> Connection: ...
def connect_grpc(options: Mapping[str, object]) -> Connection: ...

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
    def multi_get(self, keys: Sequence[BytesLike], namespace: str = "default") -> List[Optional[bytes]]: ...
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
    def _scan_page(
        self,
        namespace: str,
        *,
        prefix: Optional[BytesLike],
        start: Optional[BytesLike],
        end: Optional[BytesLike],
        limit: int,
        reverse: bool,
        cursor: Optional[bytes],
        keys_only: bool,
        snapshot: Optional[int],
    ) -> Tuple[List[Tuple[bytes, bytes]], Optional[bytes]]: ...
    def _ping(self) -> str: ...
    def _capabilities(self) -> Capabilities: ...
    def _stats(self) -> ServerStats: ...
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
    def _get_documents(
        self, namespace: str, collection: str, ids: Sequence[str], include_embedding: bool, snapshot: Optional[int]
    ) -> List[Optional[Document]]: ...
    def _delete_documents(self, namespace: str, collection: str, ids: Sequence[str], durability: Durability) -> int: ...
    def _delete_by_filter(
        self, namespace: str, collection: str, filter: Mapping[str, Any], durability: Durability
    ) -> int: ...
    def _count_documents(self, namespace: str, collection: str, filter: Optional[Mapping[str, Any]]) -> int: ...
    def _search_collection(
        self,
        namespace: str,
        collection: str,
        query: Any,
        k: int,
        ef: Optional[int],
        filter: Optional[Mapping[str, Any]],
        include_embedding: bool,
        snapshot: Optional[int],
    ) -> List[Document]: ...
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
    def _search(
        self,
        namespace: str,
        index: str,
        query: Any,
        k: int,
        ef: Optional[int],
        include_embedding: bool,
        snapshot: Optional[int],
    ) -> List[SearchResult]: ...
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
    def _get_edges(
        self,
        namespace: str,
        node_id: str,
        types: Optional[Sequence[str]],
        direction: Direction,
        limit: int,
        cursor: Optional[bytes],
    ) -> Tuple[List[GraphEdge], Optional[bytes]]: ...
    def _traverse(
        self,
        namespace: str,
        start: str,
        max_depth: int,
        types: Optional[Sequence[str]],
        order: Order,
        direction: Direction,
        limit: Optional[int],
    ) -> Tuple[List[GraphNode], List[GraphEdge], bool]: ...
    def _shortest_path(
        self,
        namespace: str,
        from_id: str,
        to_id: str,
        max_depth: Optional[int],
        types: Optional[Sequence[str]],
        direction: Direction,
    ) -> Optional[Tuple[List[str], List[GraphEdge]]]: ...
    def _neighbors(
        self,
        namespace: str,
        node_id: str,
        types: Optional[Sequence[str]],
        direction: Direction,
        limit: Optional[int],
    ) -> Tuple[List[GraphNode], List[GraphEdge], bool]: ...
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
    def _query_temporal(
        self,
        namespace: str,
        node_id: str,
        mode: str,
        timestamp: Optional[int],
        start: Optional[int],
        end: Optional[int],
        clip: bool,
        types: Optional[Sequence[str]],
        direction: Direction,
        as_of_time: Optional[int],
        as_of_seq: Optional[int],
        limit: Optional[int],
    ) -> Tuple[List[TemporalEdge], bool]: ...
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
    def _traverse_temporal(
        self,
        namespace: str,
        start: str,
        at: Optional[int],
        as_of_time: Optional[int],
        as_of_seq: Optional[int],
        order: Order,
        max_depth: int,
        types: Optional[Sequence[str]],
        direction: Direction,
        limit: Optional[int],
    ) -> Tuple[List[GraphNode], List[TemporalEdge], bool]: ...
    def _temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str],
        other_id: Optional[str],
        direction: Direction,
        limit: int,
        cursor: Optional[bytes],
    ) -> Tuple[List[TemporalEdge], Optional[bytes]]: ...
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
    def _commit(
        self, namespace: str, batch: WriteBatch, snapshot: Optional[int], durability: Durability
    ) -> CommitResult: ...
    def _take_snapshot(self, namespace: str) -> int: ...
    def _end_snapshot(self, namespace: str, seq: int) -> bool: ...

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
