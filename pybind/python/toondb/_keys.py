"""Key-value methods; get, put, exists, delete, batch_put and compare_and_set are native."""

from typing import Any, Iterator, List, Optional, Sequence, Tuple, overload

from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered, RowMethods, is_native
from ._toondb import Query
from ._types import BytesLike, Durability


class KeyMethods(RowMethods):
    """Bytes to bytes, ordered by key. In a format the rows have the columns key, value and version."""

    def put_kv(
        self,
        key: str,
        value: BytesLike,
        namespace: str = "default",
        ttl: Optional[float] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a text key, stored as UTF-8; otherwise as :meth:`put`."""
        return self.put(key.encode(), value, namespace, ttl, durability)

    def get_kv(self, key: str, namespace: str = "default") -> Optional[bytes]:
        """Read a text key; otherwise as :meth:`get`."""
        return self.get(key.encode(), namespace)

    def delete_kv(self, key: str, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a text key; otherwise as :meth:`delete`."""
        return self.delete(key.encode(), namespace, durability)

    @overload
    def multi_get(
        self, keys: Sequence[BytesLike], namespace: str = "default", *, format: None = None, columns: None = None
    ) -> List[Optional[bytes]]: ...

    @overload
    def multi_get(
        self,
        keys: Sequence[BytesLike],
        namespace: str = "default",
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def multi_get(
        self,
        keys: Sequence[BytesLike],
        namespace: str = "default",
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def multi_get(
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
        query = Query.multi_get(keys)
        if is_native(format, columns, tokenizer):
            return self._read(namespace, query)
        return self._in_format(namespace, query, format, columns, tokenizer)

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
    ) -> Iterator[Tuple[bytes, bytes]]: ...

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
    ) -> Rendered: ...

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

        def page(size: int, at: Optional[bytes]) -> Query[Tuple[List[Tuple[bytes, bytes]], Optional[bytes]]]:
            return Query.scan(prefix, start, end, size, reverse, cursor=at)

        if is_native(format, columns, tokenizer):
            return self._pages(namespace, page, limit, cursor)
        return self._page_in_format(namespace, page, limit, cursor, format, columns, tokenizer)

    def scan_keys(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        namespace: str = "default",
    ) -> Iterator[bytes]:
        """Read keys in order, without their values; otherwise as :meth:`scan`. In a format: ``columns=["key"]``."""

        def page(size: int, at: Optional[bytes]) -> Query[Tuple[List[Tuple[bytes, bytes]], Optional[bytes]]]:
            return Query.scan(prefix, start, end, size, reverse, keys_only=True, cursor=at)

        return (key for key, _ in self._pages(namespace, page, limit))
