"""Key-value methods, awaited.

Written by scripts/write_async.py from ``_keys.py``.
"""

from typing import Any, AsyncIterator, Awaitable, List, Optional, Sequence, Tuple, overload

from .._formats import Format, TextFormat, Tokenizer
from .._rows import Rendered
from .._store import Store
from .._types import BytesLike, Durability
from ._mirror import Mirror


class AsyncKeyMethods(Mirror[Store]):
    """:class:`KeyMethods`, awaited."""

    async def get(self, key: BytesLike, namespace: str = "default") -> Optional[bytes]:
        """Read a key: its value, or None if it is absent or expired.

        Raises InvalidArgumentError for an empty key and LimitExceededError for one over 8 KiB. A namespace that does
        not exist holds nothing.
        """
        return await self._call(Store.get, key, namespace)

    async def put(
        self,
        key: BytesLike,
        value: BytesLike,
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a key, replacing any older value. Returns True.

        ttl: seconds from now after which the key is gone; None = for ever. A put without it clears an older one.
        durability: "durable" returns once the write is on disk; "volatile" returns earlier and may lose the write in a
        crash. Raises LimitExceededError for a key over 8 KiB or a value over 8 MiB, QuotaExceededError, BusyError,
        DiskFullError, and OutcomeUnknownError if the disk failed in the middle of it. A namespace that does not exist
        is created.
        """
        return await self._call(Store.put, key, value, namespace, ttl, durability)

    async def exists(self, key: BytesLike, namespace: str = "default") -> bool:
        """True if the key is present and not expired."""
        return await self._call(Store.exists, key, namespace)

    async def delete(self, key: BytesLike, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a key. Returns True if it existed; deleting nothing is no error."""
        return await self._call(Store.delete, key, namespace, durability)

    async def batch_put(
        self,
        entries: Sequence[Tuple[BytesLike, BytesLike]],
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write several (key, value) pairs, all or none. Returns True.

        A key given twice takes its last value. ttl and durability are as in put and hold for all of them. At most
        100,000 pairs a call; more raise LimitExceededError.
        """
        return await self._call(Store.batch_put, entries, namespace, ttl, durability)

    async def compare_and_set(
        self,
        key: BytesLike,
        expected: Optional[BytesLike],
        value: Optional[BytesLike],
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a key only if it holds `expected` (None = only if it is absent); a value of None deletes it.

        Returns True if the expectation held and the write happened. ttl and durability are as in put.
        """
        return await self._call(Store.compare_and_set, key, expected, value, namespace, ttl, durability)

    async def put_kv(
        self,
        key: str,
        value: BytesLike,
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a text key, stored as UTF-8; otherwise as :meth:`put`."""
        return await self._call(Store.put_kv, key, value, namespace, ttl, durability)

    async def get_kv(self, key: str, namespace: str = "default") -> Optional[bytes]:
        """Read a text key; otherwise as :meth:`get`."""
        return await self._call(Store.get_kv, key, namespace)

    async def delete_kv(self, key: str, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a text key; otherwise as :meth:`delete`."""
        return await self._call(Store.delete_kv, key, namespace, durability)

    @overload
    async def multi_get(
        self, keys: Sequence[BytesLike], namespace: str = "default", *, format: None = None, columns: None = None
    ) -> List[Optional[bytes]]: ...

    @overload
    async def multi_get(
        self,
        keys: Sequence[BytesLike],
        namespace: str = "default",
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    async def multi_get(
        self,
        keys: Sequence[BytesLike],
        namespace: str = "default",
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    async def multi_get(
        self,
        keys: Sequence[BytesLike],
        namespace: str = "default",
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Read several keys at one instant: for each its value, or None if it is absent or expired.

        In a format, keys that are absent give no row; see :class:`Rendered` for format, columns and tokenizer.
        """
        return await self._call(
            lambda sync: sync.multi_get(keys, namespace, format=format, columns=columns, tokenizer=tokenizer)
        )

    @overload
    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
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
        namespace: str = "default",
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        cursor: Optional[bytes] = None,
    ) -> Any:
        """Read (key, value) pairs in order of the keys.

        prefix: only keys that begin with it; start: only keys at or after it; end: only keys before it; all that are
        given must hold. limit: at most so many pairs; None = all. reverse: from the last key to the first.

        The pairs come in pages, each read at one instant as the iteration reaches it; a scan at one instant as a whole
        is :meth:`Transaction.scan`.

        See :class:`Rendered` for format, columns and tokenizer. A format holds one page of at most 10,000 pairs and 8
        MiB; ``cursor`` goes on where the last one ended. More than a page without a limit raises LimitExceededError.
        """
        if format is None and columns is None and tokenizer is None:
            return self._iterate(lambda sync: sync.scan(prefix, start, end, limit, reverse, namespace, cursor=cursor))
        return self._call(
            lambda sync: sync.scan(
                prefix,
                start,
                end,
                limit,
                reverse,
                namespace,
                format=format,
                columns=columns,
                tokenizer=tokenizer,
                cursor=cursor,
            )
        )

    def scan_keys(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        namespace: str = "default",
    ) -> AsyncIterator[bytes]:
        """Read keys in order, without their values; otherwise as :meth:`scan`. In a format: ``columns=["key"]``."""
        return self._iterate(Store.scan_keys, prefix, start, end, limit, reverse, namespace)
