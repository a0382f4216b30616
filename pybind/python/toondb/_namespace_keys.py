"""The key-value methods of a handle on a namespace."""

from typing import Any, Iterator, List, Optional, Sequence, Tuple, overload

from ._formats import Format, TextFormat, Tokenizer
from ._namespace_handle import NamespaceHandle
from ._rows import Rendered
from ._types import BytesLike, Durability


class NamespaceKeys(NamespaceHandle):
    """The key-value methods of a handle on a namespace."""

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
