"""Key-values: bytes to bytes, ordered by key."""

from typing import List, Mapping, Optional, Sequence, Tuple, Union

from ._errors import ArgumentTypeError
from ._methods import Methods, Pages, always_true, any_of, ttl_ms
from ._toondb import Core
from ._types import BytesLike, Durability, Key, Span


class KeyMethods(Core, Methods):
    """A key or value that is a str stands for its UTF-8.

    As rows, pairs have the columns key and value; rendered, also version, the commit that wrote the value.
    """

    def get(self, key: Key, *, namespace: str = "default") -> Optional[bytes]:
        """Read a key: its value, or None if it is absent or expired.

        Raises InvalidArgumentError for an empty key and LimitExceededError for one over 8 KiB. A namespace that does
        not exist holds nothing.
        """
        return self._get(key, namespace)

    def put(
        self,
        key: Key,
        value: Key,
        *,
        ttl: Optional[Span] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Write a key, replacing any older value. Returns True.

        ttl: seconds, or a timedelta, from now after which the key is gone; None = for ever. A put without it clears an
        older one. durability: "durable" returns once the write is on disk; "volatile" returns earlier and may lose the
        write in a crash. Raises LimitExceededError for a key over 8 KiB or a value over 8 MiB, QuotaExceededError,
        BusyError, DiskFullError, and OutcomeUnknownError if the disk failed in the middle of it. A namespace that does
        not exist is created.
        """
        return self._put(key, value, namespace, ttl_ms(ttl), durability)

    def exists(self, key: Key, *, namespace: str = "default") -> bool:
        """True if the key is present and not expired."""
        return self._call("Exists", namespace, {"key": key})

    def delete(self, key: Key, *, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a key. Returns True if it existed; deleting nothing is no error."""
        return self._call("DeleteKey", namespace, {"key": key, "durability": durability}, any_of)

    def put_kv(
        self,
        key: str,
        value: BytesLike,
        namespace: str = "default",
        *,
        ttl: Optional[Span] = None,
        durability: Durability = "durable",
    ) -> bool:
        """Write a text key, stored as UTF-8; otherwise as :meth:`put`."""
        return self._put(key, value, namespace, ttl_ms(ttl), durability)

    def get_kv(self, key: str, namespace: str = "default") -> Optional[bytes]:
        """Read a text key; otherwise as :meth:`get`."""
        return self._get(key, namespace)

    def delete_kv(self, key: str, namespace: str = "default", *, durability: Durability = "durable") -> bool:
        """Delete a text key; otherwise as :meth:`delete`."""
        return self._call("DeleteKey", namespace, {"key": key, "durability": durability}, any_of)

    def multi_get(self, keys: Sequence[Key], *, namespace: str = "default") -> List[Optional[bytes]]:
        """Read several keys at one instant: for each its value, or None if it is absent or expired."""
        return self._rows("MultiGet", namespace, {"keys": keys}, list)

    def batch_put(
        self,
        entries: Union[Mapping[Key, Key], Sequence[Tuple[Key, Key]]],
        *,
        ttl: Optional[Span] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Write several pairs of key and value, a dict or a list of tuples, all or none. Returns True.

        A key given twice takes its last value. ttl and durability are as in :meth:`put` and hold for all of them. At
        most 100,000 pairs a call; more raise LimitExceededError.
        """
        pairs = entries.items() if isinstance(entries, Mapping) else entries
        ttl = ttl_ms(ttl)
        given = []
        for place, pair in enumerate(pairs):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ArgumentTypeError(f"entries[{place}]: a pair of key and value is expected, not {pair!r}")
            given.append({"key": pair[0], "value": pair[1], "ttl_ms": ttl})
        return self._call("BatchPut", namespace, {"entries": given, "durability": durability}, always_true)

    def compare_and_set(
        self,
        key: Key,
        expected: Optional[Key],
        value: Optional[Key],
        *,
        ttl: Optional[Span] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Write a key only if it holds `expected` (None = only if it is absent); a value of None deletes it.

        Returns True if the expectation held and the write happened. ttl and durability are as in :meth:`put`.
        """
        arguments = {
            "key": key,
            "expected": expected,
            "value": value,
            "ttl_ms": ttl_ms(ttl),
            "durability": durability,
        }
        return self._call("CompareAndSet", namespace, arguments)

    def scan(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Pages[Tuple[bytes, bytes]]:
        """Read pairs of key and value in order of the keys.

        prefix: only keys that begin with it; start: only keys at or after it; end: only keys before it; all that are
        given must hold. limit: at most so many pairs; None = all. reverse: from the last key to the first. cursor: go
        on where an answer of :meth:`render` ended.

        The pairs come in pages, each read at one instant as the iteration reaches it; a scan at one instant as a whole
        is :meth:`Transaction.scan`.
        """
        arguments = {
            "prefix": prefix,
            "start": start,
            "end": end,
            "limit": limit,
            "reverse": reverse,
            "cursor": cursor,
        }
        return self._pages("Scan", namespace, arguments)

    def scan_keys(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Pages[bytes]:
        """Read keys in order, without their values; otherwise as :meth:`scan`."""
        arguments = {
            "prefix": prefix,
            "start": start,
            "end": end,
            "limit": limit,
            "reverse": reverse,
            "cursor": cursor,
            "keys_only": True,
        }
        return self._pages("Scan", namespace, arguments, _key)


def _key(pair: Tuple[bytes, bytes]) -> bytes:
    return pair[0]
