"""The key-value methods of a handle on a namespace, awaited.

Written by scripts/write_async.py from ``_namespace_keys.py``.
"""

from typing import Any, AsyncIterator, Awaitable, List, Optional, Sequence, Tuple, overload

from .._formats import Format, TextFormat, Tokenizer
from .._namespace import Namespace
from .._rows import Rendered
from .._types import BytesLike, Durability
from ._mirror import Mirror


class AsyncNamespaceKeys(Mirror[Namespace]):
    """:class:`NamespaceKeys`, awaited."""

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
        return await self._call(lambda sync: sync.multi_get(keys, format=format, columns=columns, tokenizer=tokenizer))

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
            return self._iterate(lambda sync: sync.scan(prefix, start, end, limit, reverse, cursor=cursor))
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
