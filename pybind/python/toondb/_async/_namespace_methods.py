"""The methods of a handle on a namespace, awaited. Written by scripts/write_async.py from ``_namespace.py``."""

from typing import Any, AsyncIterator, Awaitable, List, Optional, Sequence, Tuple, overload

from .._checkpoints import ReadableFile
from .._collections import Vector
from .._context import Context, Section
from .._formats import Format, TextFormat, Tokenizer
from .._namespace import Namespace
from .._rows import Rendered
from .._toondb import WriteBatch
from .._types import (
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
from ._mirror import Mirror


class AsyncNamespaceMethods(Mirror[Namespace]):
    """:class:`Namespace`, awaited."""

    async def create(self, metadata: Optional[Metadata] = None, exist_ok: bool = True) -> bool:
        """Create the namespace; see :meth:`Database.create_namespace`. A first write does so too."""
        return await self._call(Namespace.create, metadata, exist_ok)

    async def info(self) -> NamespaceInfo:
        """What is known of it."""
        return await self._call(Namespace.info)

    async def stats(self) -> NamespaceStats:
        """Its counters."""
        return await self._call(Namespace.stats)

    async def flush(self) -> int:
        """Write its log into the store; see :meth:`Database.flush`."""
        return await self._call(Namespace.flush)

    async def get(self, key: BytesLike) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent or expired."""
        return await self._call(Namespace.get, key)

    async def put(
        self, key: BytesLike, value: BytesLike, ttl: Optional[float] = None, durability: Durability = "durable"
    ) -> bool:
        """Write a key; see :meth:`Database.put`."""
        return await self._call(Namespace.put, key, value, ttl, durability)

    async def exists(self, key: BytesLike) -> bool:
        """True if the key is present."""
        return await self._call(Namespace.exists, key)

    async def delete(self, key: BytesLike, durability: Durability = "durable") -> bool:
        """Delete a key. Returns True if it existed."""
        return await self._call(Namespace.delete, key, durability)

    async def put_kv(
        self, key: str, value: BytesLike, ttl: Optional[float] = None, durability: Durability = "durable"
    ) -> bool:
        """Write a text key."""
        return await self._call(Namespace.put_kv, key, value, ttl, durability)

    async def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return await self._call(Namespace.get_kv, key)

    async def delete_kv(self, key: str, durability: Durability = "durable") -> bool:
        """Delete a text key. Returns True if it existed."""
        return await self._call(Namespace.delete_kv, key, durability)

    @overload
    async def multi_get(
        self, keys: Sequence[BytesLike], *, format: None = None, columns: None = None
    ) -> List[Optional[bytes]]: ...

    @overload
    async def multi_get(
        self,
        keys: Sequence[BytesLike],
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    async def multi_get(
        self,
        keys: Sequence[BytesLike],
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def multi_get(
        self,
        keys: Sequence[BytesLike],
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Read several keys at one instant; see :meth:`Database.multi_get`."""
        return await self._call(
            lambda sync: sync.multi_get(keys, format=format, columns=columns, tokenizer=tokenizer)
        )

    async def batch_put(
        self,
        entries: Sequence[Tuple[BytesLike, BytesLike]],
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write several (key, value) pairs, all or none."""
        return await self._call(Namespace.batch_put, entries, ttl, durability)

    async def compare_and_set(
        self,
        key: BytesLike,
        expected: Optional[BytesLike],
        value: Optional[BytesLike],
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a key only if it holds what is expected; see :meth:`Database.compare_and_set`."""
        return await self._call(Namespace.compare_and_set, key, expected, value, ttl, durability)

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
    ) -> AsyncIterator[Tuple[bytes, bytes]]: ...

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
    ) -> Awaitable[Rendered]: ...

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
        if format is None and columns is None and tokenizer is None:
            return self._iterate(
                lambda sync: sync.scan(prefix, start, end, limit, reverse, cursor=cursor)
            )
        return self._call(
            lambda sync: sync.scan(
                prefix, start, end, limit, reverse, format=format, columns=columns, tokenizer=tokenizer, cursor=cursor
            )
        )

    def scan_keys(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> AsyncIterator[bytes]:
        """Read keys in order, without their values."""
        return self._iterate(Namespace.scan_keys, prefix, start, end, limit, reverse)

    async def commit(self, batch: WriteBatch, durability: Durability = "durable") -> CommitResult:
        """Make the writes of a batch, all or nothing; see :meth:`Database.commit`."""
        return await self._call(Namespace.commit, batch, durability)

    async def collections(self) -> List[str]:
        """The names of its collections, in order."""
        return await self._call(Namespace.collections)

    async def drop_collection(self, name: str) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return await self._call(Namespace.drop_collection, name)

    async def add_node(
        self, node_id: str, node_type: str, properties: Optional[Metadata] = None, durability: Durability = "durable"
    ) -> bool:
        """Add a node, or replace its type and properties."""
        return await self._call(Namespace.add_node, node_id, node_type, properties, durability)

    async def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return await self._call(Namespace.get_node, node_id)

    async def delete_node(self, node_id: str, durability: Durability = "durable") -> bool:
        """Delete a node with all its edges. Returns True if it existed."""
        return await self._call(Namespace.delete_node, node_id, durability)

    async def add_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Add an edge, or replace its properties. Raises NodeNotFoundError unless both nodes exist."""
        return await self._call(Namespace.add_edge, from_id, edge_type, to_id, properties, durability)

    async def delete_edge(self, from_id: str, edge_type: str, to_id: str, durability: Durability = "durable") -> bool:
        """Delete an edge. Returns True if it existed."""
        return await self._call(Namespace.delete_edge, from_id, edge_type, to_id, durability)

    @overload
    async def get_edges(
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
    async def get_edges(
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
    async def get_edges(
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

    async def get_edges(
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
        return await self._call(
            lambda sync: sync.get_edges(
                node_id,
                edge_types,
                direction,
                limit,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
                cursor=cursor,
            )
        )

    @overload
    async def traverse(
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
    async def traverse(
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
    async def traverse(
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

    async def traverse(
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
        return await self._call(
            lambda sync: sync.traverse(
                start_node,
                max_depth,
                edge_types,
                order,
                direction,
                limit,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
            )
        )

    async def shortest_path(
        self,
        from_id: str,
        to_id: str,
        max_depth: Optional[int] = None,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
    ) -> Optional[Path]:
        """A path with the fewest edges; see :meth:`Database.shortest_path`."""
        return await self._call(Namespace.shortest_path, from_id, to_id, max_depth, edge_types, direction)

    @overload
    async def neighbors(
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
    async def neighbors(
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
    async def neighbors(
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

    async def neighbors(
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
        return await self._call(
            lambda sync: sync.neighbors(
                node_id, edge_types, direction, limit, format=format, columns=columns, tokenizer=tokenizer
            )
        )

    async def add_temporal_edge(
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
        return await self._call(
            Namespace.add_temporal_edge, from_id, edge_type, to_id, valid_from, valid_until, properties, durability
        )

    @overload
    async def query_temporal_graph(
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
    async def query_temporal_graph(
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
    async def query_temporal_graph(
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

    async def query_temporal_graph(
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
        return await self._call(
            lambda sync: sync.query_temporal_graph(
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
        )

    async def close_temporal_edge(
        self, from_id: str, edge_type: str, to_id: str, at: Optional[int] = None, durability: Durability = "durable"
    ) -> List[TemporalEdge]:
        """End the open periods of an edge; see :meth:`Database.close_temporal_edge`."""
        return await self._call(Namespace.close_temporal_edge, from_id, edge_type, to_id, at, durability)

    async def supersede_temporal_edge(
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
        return await self._call(
            Namespace.supersede_temporal_edge,
            from_id,
            edge_type,
            to_id,
            valid_from,
            valid_until,
            properties,
            durability,
        )

    @overload
    async def traverse_temporal(
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
    async def traverse_temporal(
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
    async def traverse_temporal(
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

    async def traverse_temporal(
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
        return await self._call(
            lambda sync: sync.traverse_temporal(
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
        )

    @overload
    async def temporal_history(
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
    async def temporal_history(
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
    async def temporal_history(
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

    async def temporal_history(
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
        return await self._call(
            lambda sync: sync.temporal_history(
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
        )

    async def erase_temporal(
        self,
        from_id: str,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        durability: Durability = "durable",
    ) -> int:
        """Remove a node's outgoing facts with their whole history; see :meth:`Database.erase_temporal`."""
        return await self._call(Namespace.erase_temporal, from_id, edge_type, to_id, durability)

    async def query_context(
        self,
        sections: Sequence[Section],
        token_limit: int,
        format: TextFormat = "toon",
        tokenizer: Tokenizer = "o200k",
        deduplicate: bool = True,
    ) -> Context:
        """Put sections together into one text under a limit of tokens; see :meth:`Database.query_context`."""
        return await self._call(Namespace.query_context, sections, token_limit, format, tokenizer, deduplicate)

    async def cache_get(
        self,
        cache: str,
        query: Optional[str] = None,
        embedding: Optional[Vector] = None,
        threshold: Optional[float] = None,
    ) -> Optional[CacheHit]:
        """Look an answer up; see :meth:`Database.cache_get`."""
        return await self._call(Namespace.cache_get, cache, query, embedding, threshold)

    async def cache_put(
        self,
        cache: str,
        key: str,
        value: str,
        embedding: Vector,
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Remember an answer; see :meth:`Database.cache_put`."""
        return await self._call(Namespace.cache_put, cache, key, value, embedding, ttl, durability)

    async def cache_invalidate(self, cache: str, pattern: str, durability: Durability = "durable") -> int:
        """Forget the entries whose keys match a glob; see :meth:`Database.cache_invalidate`."""
        return await self._call(Namespace.cache_invalidate, cache, pattern, durability)

    async def cache_stats(self, cache: str) -> CacheStats:
        """The counters of a cache; see :meth:`Database.cache_stats`."""
        return await self._call(Namespace.cache_stats, cache)

    async def create_checkpoint(
        self, name: str = "", include_patterns: Sequence[str] = (), metadata: Optional[Metadata] = None
    ) -> CheckpointInfo:
        """Take a checkpoint of the namespace as it is now; see :meth:`Database.create_checkpoint`."""
        return await self._call(Namespace.create_checkpoint, name, include_patterns, metadata)

    async def list_checkpoints(self) -> List[CheckpointInfo]:
        """Its checkpoints, oldest first."""
        return await self._call(Namespace.list_checkpoints)

    async def restore_checkpoint(self, checkpoint_id: str, overwrite: bool = False) -> RestoreResult:
        """Make this namespace hold what a checkpoint, of it or another one, holds; see
        :meth:`Database.restore_checkpoint`.
        """
        return await self._call(Namespace.restore_checkpoint, checkpoint_id, overwrite)

    async def import_checkpoint(
        self, path: ReadableFile, name: str = "", format: ExportFormat = "binary"
    ) -> CheckpointInfo:
        """Make a checkpoint of this namespace from an exported one; see :meth:`Database.import_checkpoint`."""
        return await self._call(Namespace.import_checkpoint, path, name, format)
