"""Key-value methods; get, put, exists, delete, multi_get, batch_put and compare_and_set are native."""

from typing import Iterator, Optional, Tuple

from ._toondb import PAGE_ITEMS_DEFAULT, Core
from ._types import BytesLike, Durability


class KeyMethods(Core):
    """Bytes to bytes, ordered by key."""

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

    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        namespace: str = "default",
    ) -> Iterator[Tuple[bytes, bytes]]:
        """Read (key, value) pairs in order of the keys.

        prefix: only keys that begin with it; start: only keys at or after it; end: only keys before it; all that are
        given must hold. limit: at most so many pairs; None = all. reverse: from the last key to the first.

        The pairs come in pages, each read at one instant as the iteration reaches it; a scan at one instant as a whole
        is :meth:`Transaction.scan`.
        """
        return self._scan(prefix, start, end, limit, reverse, namespace, False, None)

    def scan_keys(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        namespace: str = "default",
    ) -> Iterator[bytes]:
        """Read keys in order, without their values; otherwise as :meth:`scan`."""
        pairs = self._scan(prefix, start, end, limit, reverse, namespace, True, None)
        return (key for key, _ in pairs)

    def _scan(
        self,
        prefix: Optional[BytesLike],
        start: Optional[BytesLike],
        end: Optional[BytesLike],
        limit: Optional[int],
        reverse: bool,
        namespace: str,
        keys_only: bool,
        snapshot: Optional[int],
    ) -> Iterator[Tuple[bytes, bytes]]:
        cursor: Optional[bytes] = None
        left = limit
        while left is None or left > 0:
            entries, cursor = self._scan_page(
                namespace,
                prefix=prefix,
                start=start,
                end=end,
                limit=PAGE_ITEMS_DEFAULT if left is None else min(left, PAGE_ITEMS_DEFAULT),
                reverse=reverse,
                cursor=cursor,
                keys_only=keys_only,
                snapshot=snapshot,
            )
            yield from entries
            if cursor is None:
                return
            if left is not None:
                left -= len(entries)
