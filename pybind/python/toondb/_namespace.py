"""A handle on one namespace."""

from typing import Callable, List, Optional, Sequence, TypeVar

from ._checkpoints import ReadableFile
from ._collection import Collection
from ._collections import Vector
from ._context import Context, Section
from ._formats import TextFormat, Tokenizer
from ._namespace_graph import NamespaceGraph
from ._namespace_keys import NamespaceKeys
from ._namespace_temporal import NamespaceTemporal
from ._toondb import WriteBatch
from ._transactions import Transaction
from ._types import (
    CacheHit,
    CacheStats,
    CheckpointInfo,
    CommitResult,
    Durability,
    ExportFormat,
    Metadata,
    Metric,
    NamespaceInfo,
    NamespaceStats,
    RestoreResult,
)

Result = TypeVar("Result")


class Namespace(NamespaceKeys, NamespaceGraph, NamespaceTemporal):
    """A namespace: made by :meth:`Database.namespace`. Its methods are those of :class:`Database` without the name."""

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
