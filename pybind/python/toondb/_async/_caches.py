"""Semantic caches, awaited.

Written by scripts/write_async.py from ``_caches.py``.
"""

from typing import Optional

from .._collections import Vector
from .._store import Store
from .._types import CacheHit, CacheStats, Durability
from ._mirror import Mirror


class AsyncCacheMethods(Mirror[Store]):
    """:class:`CacheMethods`, awaited."""

    async def cache_get(
        self,
        cache: str,
        query: Optional[str] = None,
        embedding: Optional[Vector] = None,
        threshold: Optional[float] = None,
        namespace: str = "default",
    ) -> Optional[CacheHit]:
        """Look an answer up: the entry whose key is ``query``, otherwise the one most similar to ``embedding``; None
        if there is none.

        threshold: the lowest cosine similarity that counts, -1 to 1; None = 0.85. At least one of query and embedding
        is given, otherwise InvalidArgumentError is raised; also for an embedding of another dimension than the cache's.
        A cache that does not exist holds nothing.
        """
        return await self._call(Store.cache_get, cache, query, embedding, threshold, namespace)

    async def cache_put(
        self,
        cache: str,
        key: str,
        value: str,
        embedding: Vector,
        ttl: Optional[float] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Remember an answer; an entry with the same key is replaced. Returns True.

        ttl: seconds from now after which the entry is gone; None = it stays. Raises InvalidArgumentError for an empty
        key and for an embedding that does not fit the cache, and LimitExceededError for a key or value that is too
        long.
        """
        return await self._call(Store.cache_put, cache, key, value, embedding, ttl, namespace, durability)

    async def cache_invalidate(
        self, cache: str, pattern: str, namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Forget the entries whose whole key matches a glob. Returns how many.

        ``*`` stands for any characters, ``?`` for one, ``[a-z]`` for one of a set, ``[!a-z]`` for one outside it; a
        backslash takes the next character as it is. ``"*"`` empties the cache.
        """
        return await self._call(Store.cache_invalidate, cache, pattern, namespace, durability)

    async def cache_stats(self, cache: str, namespace: str = "default") -> CacheStats:
        """The counters of a cache, with its ``hit_rate``; all zero if it does not exist."""
        return await self._call(Store.cache_stats, cache, namespace)
