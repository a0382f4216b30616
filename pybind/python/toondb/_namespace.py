"""A handle on one namespace."""

from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Optional, Sequence, Tuple, TypeVar, overload

from ._checkpoints import ReadableFile
from ._collection import Collection
from ._collections import Vector
from ._context import Context, Section
from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered
from ._toondb import WriteBatch
from ._transactions import Transaction
from ._types import (
    BytesLike,
    CacheHit,
    CacheStats,
    CheckpointInfo,
    CommitResult,
    Direction,
    Durability,
    ExportFormat,
    GraphEdge,
    GraphNode,
    Metadata,
    Metric,
    NamespaceInfo,
    NamespaceStats,
    Order,
    Path,
    RestoreResult,
    Subgraph,
    Superseded,
    TemporalEdge,
    TemporalSubgraph,
)

if TYPE_CHECKING:
    from ._store import Store

Result = TypeVar("Result")


class Namespace:
    """A namespace: made by :meth:`Database.namespace`. Its methods are those of :class:`Database` without the name."""

    def __init__(self, store: "Store", name: str) -> None:
        self._store = store
        self.name = name
        """The namespace's name."""

    def __repr__(self) -> str:
        return f"<toondb.Namespace {self.name!r}>"

    # The namespace itself

    def create(self, metadata: Optional[Metadata] = None, exist_ok: bool = True) -> bool:
        """Create the namespace; see :meth:`Database.create_namespace`. A first write does so too."""
        return self._store.create_namespace(self.name, metadata, exist_ok=exist_ok)

    def info(self) -> NamespaceInfo:
        """What is known of it."""
        return self._store.describe_namespace(self.name)

    def stats(self) -> NamespaceStats:
        """Its counters."""
        return self._store.namespace_stats(self.name)

    def flush(self) -> int:
        """Write its log into the store; see :meth:`Database.flush`."""
        return self._store.flush(self.name)

    # Key-values

    def get(self, key: BytesLike) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent or expired."""
        return self._store.get(key, self.name)

    def put(
        self, key: BytesLike, value: BytesLike, ttl: Optional[float] = None, durability: Durability = "durable"
    ) -> bool:
        """Write a key; see :meth:`Database.put`."""
        return self._store.put(key, value, self.name, ttl, durability)

    def exists(self, key: BytesLike) -> bool:
        """True if the key is present."""
        return self._store.exists(key, self.name)

    def delete(self, key: BytesLike, durability: Durability = "durable") -> bool:
        """Delete a key. Returns True if it existed."""
        return self._store.delete(key, self.name, durability)

    def put_kv(
        self, key: str, value: BytesLike, ttl: Optional[float] = None, durability: Durability = "durable"
    ) -> bool:
        """Write a text key."""
        return self._store.put_kv(key, value, self.name, ttl, durability)

    def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return self._store.get_kv(key, self.name)

    def delete_kv(self, key: str, durability: Durability = "durable") -> bool:
        """Delete a text key. Returns True if it existed."""
        return self._store.delete_kv(key, self.name, durability)

    @overload
    def multi_get(
        self, keys: Sequence[BytesLike], *, format: None = None, columns: None = None
    ) -> List[Optional[bytes]]: ...

    @overload
    def multi_get(
        self,
        keys: Sequence[BytesLike],
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def multi_get(
        self,
        keys: Sequence[BytesLike],
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def multi_get(
        self,
        keys: Sequence[BytesLike],
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Read several keys at one instant; see :meth:`Database.multi_get`."""
        return self._store.multi_get(keys, self.name, format=format, columns=columns, tokenizer=tokenizer)

    def batch_put(
        self,
        entries: Sequence[Tuple[BytesLike, BytesLike]],
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write several (key, value) pairs, all or none."""
        return self._store.batch_put(entries, self.name, ttl, durability)

    def compare_and_set(
        self,
        key: BytesLike,
        expected: Optional[BytesLike],
        value: Optional[BytesLike],
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a key only if it holds what is expected; see :meth:`Database.compare_and_set`."""
        return self._store.compare_and_set(key, expected, value, self.name, ttl, durability)

    @overload
    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        *,
        format: None = None,
        columns: None = None,
    ) -> Iterator[Tuple[bytes, bytes]]: ...

    @overload
    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Rendered: ...

    @overload
    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any: ...

    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """Read (key, value) pairs in order; see :meth:`Database.scan`."""
        return self._store.scan(
            prefix,
            start,
            end,
            limit,
            reverse,
            self.name,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
            cursor=cursor,
        )

    def scan_keys(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> Iterator[bytes]:
        """Read keys in order, without their values."""
        return self._store.scan_keys(prefix, start, end, limit, reverse, self.name)

    # Commits

    def transaction(self, durability: Durability = "durable") -> Transaction:
        """Begin a transaction; see :class:`Transaction`."""
        return self._store.transaction(self.name, durability)

    def run_transaction(
        self,
        function: Callable[[Transaction], Result],
        retries: int = 10,
        durability: Durability = "durable",
    ) -> Result:
        """Run a function in a transaction, again on a conflict; see :meth:`Database.run_transaction`."""
        return self._store.run_transaction(function, self.name, retries, durability)

    def commit(self, batch: WriteBatch, durability: Durability = "durable") -> CommitResult:
        """Make the writes of a batch, all or nothing; see :meth:`Database.commit`."""
        return self._store.commit(batch, self.name, durability)

    # Collections

    def collection(
        self,
        name: str,
        dimension: Optional[int] = None,
        metric: Metric = "cosine",
        metadata: Optional[Metadata] = None,
    ) -> Collection:
        """Open a collection, creating it if need be.

        With ``dimension`` it is created, or must have the same settings (otherwise AlreadyExistsError); without, it
        must exist (otherwise CollectionNotFoundError).
        """
        if dimension is None:
            self._store.describe_collection(name, self.name)
        else:
            self._store.create_collection(name, dimension, self.name, metric, metadata)
        return Collection(self._store, self.name, name)

    def collections(self) -> List[str]:
        """The names of its collections, in order."""
        return self._store.list_collections(self.name)

    def drop_collection(self, name: str) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return self._store.drop_collection(name, self.name)

    # Graph

    def add_node(
        self,
        node_id: str,
        node_type: str,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Add a node, or replace its type and properties."""
        return self._store.add_node(node_id, node_type, properties, self.name, durability)

    def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return self._store.get_node(node_id, self.name)

    def delete_node(self, node_id: str, durability: Durability = "durable") -> bool:
        """Delete a node with all its edges. Returns True if it existed."""
        return self._store.delete_node(node_id, self.name, durability)

    def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Raises NodeNotFoundError unless both nodes exist."""
        return self._store.add_edge(from_id, edge_type, to_id, properties, self.name, durability)

    def delete_edge(self, from_id: str, edge_type: str, to_id: str, durability: Durability = "durable") -> bool:
        """Delete an edge. Returns True if it existed."""
        return self._store.delete_edge(from_id, edge_type, to_id, self.name, durability)

    @overload
    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[GraphEdge]: ...

    @overload
    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Rendered: ...

    @overload
    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any: ...

    def get_edges(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """The edges of a node; see :meth:`Database.get_edges`."""
        return self._store.get_edges(
            node_id,
            edge_types,
            direction,
            limit,
            self.name,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
            cursor=cursor,
        )

    @overload
    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> Subgraph: ...

    @overload
    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def traverse(
        self,
        start_node: str,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Walk the graph from a node; see :meth:`Database.traverse`."""
        return self._store.traverse(
            start_node,
            max_depth,
            edge_types,
            self.name,
            order,
            direction,
            limit,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    def shortest_path(
        self,
        from_id: str,
        to_id: str,
        max_depth: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
    ) -> Optional[Path]:
        """A path with the fewest edges; see :meth:`Database.shortest_path`."""
        return self._store.shortest_path(from_id, to_id, max_depth, edge_types, self.name, direction)

    @overload
    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> Subgraph: ...

    @overload
    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def neighbors(
        self,
        node_id: str,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """The nodes one edge away; see :meth:`Database.neighbors`."""
        return self._store.neighbors(
            node_id,
            edge_types,
            direction,
            limit,
            self.name,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    # Temporal graph

    def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """State a fact that holds over a period; see :meth:`Database.add_temporal_edge`."""
        return self._store.add_temporal_edge(
            self.name, from_id, edge_type, to_id, valid_from, valid_until, properties, durability
        )

    @overload
    def query_temporal_graph(
        self,
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
        *,
        format: None = None,
        columns: None = None,
    ) -> List[TemporalEdge]: ...

    @overload
    def query_temporal_graph(
        self,
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
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def query_temporal_graph(
        self,
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
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def query_temporal_graph(
        self,
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
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """The facts of a node; see :meth:`Database.query_temporal_graph`."""
        return self._store.query_temporal_graph(
            self.name,
            node_id,
            mode,
            timestamp,
            start_time,
            end_time,
            edge_types,
            direction,
            as_of,
            as_of_seq,
            clip,
            limit,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    def close_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        at: Optional[int] = None,
        durability: Durability = "durable",
    ) -> List[TemporalEdge]:
        """End the open periods of an edge; see :meth:`Database.close_temporal_edge`."""
        return self._store.close_temporal_edge(self.name, from_id, edge_type, to_id, at, durability)

    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> Superseded:
        """State the next value of a single-valued relation; see :meth:`Database.supersede_temporal_edge`."""
        return self._store.supersede_temporal_edge(
            self.name, from_id, edge_type, to_id, valid_from, valid_until, properties, durability
        )

    @overload
    def traverse_temporal(
        self,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> TemporalSubgraph: ...

    @overload
    def traverse_temporal(
        self,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def traverse_temporal(
        self,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def traverse_temporal(
        self,
        start_node: str,
        timestamp: Optional[int] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[int] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Walk edges that are all valid at one instant; see :meth:`Database.traverse_temporal`."""
        return self._store.traverse_temporal(
            self.name,
            start_node,
            timestamp,
            max_depth,
            edge_types,
            order,
            direction,
            as_of,
            as_of_seq,
            limit,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    @overload
    def temporal_history(
        self,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[TemporalEdge]: ...

    @overload
    def temporal_history(
        self,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Rendered: ...

    @overload
    def temporal_history(
        self,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any: ...

    def temporal_history(
        self,
        node_id: str,
        edge_type: Optional[str] = None,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """Every belief about a node's facts; see :meth:`Database.temporal_history`."""
        return self._store.temporal_history(
            self.name,
            node_id,
            edge_type,
            other_id,
            direction,
            limit,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
            cursor=cursor,
        )

    def erase_temporal(
        self,
        from_id: str,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        durability: Durability = "durable",
    ) -> int:
        """Remove a node's outgoing facts with their whole history; see :meth:`Database.erase_temporal`."""
        return self._store.erase_temporal(self.name, from_id, edge_type, to_id, durability)

    # Prompts

    def query_context(
        self,
        sections: Sequence[Section],
        token_limit: int,
        format: TextFormat = "toon",
        tokenizer: Tokenizer = "o200k",
        deduplicate: bool = True,
    ) -> Context:
        """Put sections together into one text under a limit of tokens; see :meth:`Database.query_context`."""
        return self._store.query_context(sections, token_limit, self.name, format, tokenizer, deduplicate)

    # Semantic caches

    def cache_get(
        self,
        cache: str,
        query: Optional[str] = None,
        embedding: Optional[Vector] = None,
        threshold: Optional[float] = None,
    ) -> Optional[CacheHit]:
        """Look an answer up; see :meth:`Database.cache_get`."""
        return self._store.cache_get(cache, query, embedding, threshold, self.name)

    def cache_put(
        self,
        cache: str,
        key: str,
        value: str,
        embedding: Vector,
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Remember an answer; see :meth:`Database.cache_put`."""
        return self._store.cache_put(cache, key, value, embedding, ttl, self.name, durability)

    def cache_invalidate(self, cache: str, pattern: str, durability: Durability = "durable") -> int:
        """Forget the entries whose keys match a glob; see :meth:`Database.cache_invalidate`."""
        return self._store.cache_invalidate(cache, pattern, self.name, durability)

    def cache_stats(self, cache: str) -> CacheStats:
        """The counters of a cache; see :meth:`Database.cache_stats`."""
        return self._store.cache_stats(cache, self.name)

    # Checkpoints

    def create_checkpoint(
        self, name: str = "", include_patterns: Sequence[str] = (), metadata: Optional[Metadata] = None
    ) -> CheckpointInfo:
        """Take a checkpoint of the namespace as it is now; see :meth:`Database.create_checkpoint`."""
        return self._store.create_checkpoint(name, self.name, include_patterns, metadata)

    def list_checkpoints(self) -> List[CheckpointInfo]:
        """Its checkpoints, oldest first."""
        return self._store.list_checkpoints(self.name)

    def restore_checkpoint(self, checkpoint_id: str, overwrite: bool = False) -> RestoreResult:
        """Make this namespace hold what a checkpoint, of it or another one, holds; see
        :meth:`Database.restore_checkpoint`.
        """
        return self._store.restore_checkpoint(checkpoint_id, self.name, overwrite)

    def import_checkpoint(self, path: ReadableFile, name: str = "", format: ExportFormat = "binary") -> CheckpointInfo:
        """Make a checkpoint of this namespace from an exported one; see :meth:`Database.import_checkpoint`."""
        return self._store.import_checkpoint(path, self.name, name, format)
