"""Semantic caches: answers to questions, found again by a question that means nearly the same.

An entry is a key (the question), a value (the answer) and the question's embedding. A cache exists from its first entry
on, which fixes its dimension; its name is apart from those of collections.
"""

from typing import Optional

from ._documents import Vector
from ._methods import Methods, always_true, ttl_ms
from ._toondb import Core
from ._types import CacheHit, CacheStats, Durability, Span


class CacheMethods(Core, Methods):
    """What a language model said once need not be asked again."""

    def cache_get(
        self,
        cache: str,
        query: Optional[str] = None,
        embedding: Optional[Vector] = None,
        *,
        threshold: Optional[float] = None,
        namespace: str = "default",
    ) -> Optional[CacheHit]:
        """Look an answer up: the entry whose key is ``query``, otherwise the one most similar to ``embedding``; None
        if there is none.

        threshold: the lowest cosine similarity that counts, -1 to 1; None = 0.85. At least one of query and embedding
        is given, otherwise InvalidArgumentError is raised; also for an embedding of another dimension than the cache's.
        A cache that does not exist holds nothing.
        """
        arguments = {"cache": cache, "key": query, "embedding": embedding, "threshold": threshold}
        return self._call("CacheGet", namespace, arguments)

    def cache_put(
        self,
        cache: str,
        key: str,
        value: str,
        embedding: Vector,
        *,
        ttl: Optional[Span] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Remember an answer; an entry with the same key is replaced. Returns True.

        ttl: seconds, or a timedelta, from now after which the entry is gone; None = it stays. Raises
        InvalidArgumentError for an empty key and for an embedding that does not fit the cache, and LimitExceededError
        for a key or value that is too long.
        """
        arguments = {
            "cache": cache,
            "key": key,
            "value": value,
            "embedding": embedding,
            "ttl_ms": ttl_ms(ttl),
            "durability": durability,
        }
        return self._call("CachePut", namespace, arguments, always_true)

    def cache_invalidate(
        self, cache: str, pattern: str, *, namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Forget the entries whose whole key matches a glob. Returns how many.

        ``*`` stands for any characters, ``?`` for one, ``[a-z]`` for one of a set, ``[!a-z]`` for one outside it; a
        backslash takes the next character as it is. ``"*"`` empties the cache.
        """
        arguments = {"cache": cache, "pattern": pattern, "durability": durability}
        return self._call("CacheInvalidate", namespace, arguments)

    def cache_stats(self, cache: str, *, namespace: str = "default") -> CacheStats:
        """The counters of a cache, with its ``hit_rate``; all zero if it does not exist."""
        return self._call("CacheStats", namespace, {"cache": cache})
