"""The other methods of a handle on a namespace, awaited.

Written by scripts/write_async.py from ``_namespace.py``.
"""

from typing import List, Optional, Sequence

from .._checkpoints import ReadableFile
from .._collections import Vector
from .._context import Context, Section
from .._formats import TextFormat, Tokenizer
from .._namespace import Namespace
from .._toondb import WriteBatch
from .._types import (
    CacheHit,
    CacheStats,
    CheckpointInfo,
    CommitResult,
    Durability,
    ExportFormat,
    Metadata,
    NamespaceInfo,
    NamespaceStats,
    RestoreResult,
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

    async def commit(self, batch: WriteBatch, durability: Durability = "durable") -> CommitResult:
        """Make the writes of a batch, all or nothing; see :meth:`Database.commit`."""
        return await self._call(Namespace.commit, batch, durability)

    async def collections(self) -> List[str]:
        """The names of its collections, in order."""
        return await self._call(Namespace.collections)

    async def drop_collection(self, name: str) -> bool:
        """Drop a collection with everything in it. Returns True if it existed."""
        return await self._call(Namespace.drop_collection, name)

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
