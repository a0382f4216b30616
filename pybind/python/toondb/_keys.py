"""Key-values: bytes to bytes, ordered by key."""

import math
from typing import List, Mapping, Optional, Sequence, Tuple, Union

from ._entries import PrefixEntry
from ._errors import ArgumentTypeError
from ._methods import Methods, Pages, always_true, any_of, one_or_more, ttl_ms
from ._toondb import Core
from ._types import Durability, Key, Span


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
        if_absent: bool = False,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> bool:
        """Write a key, replacing any older value. Returns True.

        if_absent: write only if the key is absent or expired; returns whether it was written.

        ttl: seconds, or a timedelta, from now after which the key is gone; None = for ever. A put without it clears an
        older one. durability: "durable" returns once the write is on disk; "volatile" returns earlier and may lose the
        write in a crash. Raises LimitExceededError for a key over 8 KiB or a value over 64 MiB, QuotaExceededError,
        BusyError, DiskFullError, and OutcomeUnknownError if the disk failed in the middle of it. A namespace that does
        not exist is created.
        """
        if if_absent:
            return self.compare_and_set(key, None, value, ttl=ttl, namespace=namespace, durability=durability)
        return self._put(key, value, namespace, ttl_ms(ttl), durability)

    def exists(self, key: Key, *, namespace: str = "default") -> bool:
        """True if the key is present and not expired."""
        return self._call("Exists", namespace, {"key": key})

    def delete(self, key: Key, *, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Delete a key. Returns True if it existed; deleting nothing is no error."""
        return self._call("DeleteKey", namespace, {"key": key, "durability": durability}, any_of)

    def batch_delete(
        self, keys: Sequence[Key], *, namespace: str = "default", durability: Durability = "durable"
    ) -> int:
        """Delete several keys, all in one commit. Returns how many of them existed. At most 100,000 keys a call."""
        return self._call("BatchDelete", namespace, {"keys": keys, "durability": durability})

    def delete_prefix(
        self, prefix: Key, *, namespace: str = "default", durability: Durability = "durable"
    ) -> Optional[int]:
        """Delete every key that begins with a prefix; otherwise as :meth:`delete_range`. The prefix must not be empty."""
        return self._call("DeleteRange", namespace, {"keys": {"prefix": prefix}, "durability": durability})

    def delete_range(
        self,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        *,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> Optional[int]:
        """Delete every key at or after start and before end, however many, all in one commit. Returns how many there were.

        None means more than 10,000 keys, or 8 MiB of keys: from this commit on nobody sees them, and they are removed in the
        background; statistics and the quota count them until then. One bound may be left out; ``delete_range(b"")``
        deletes every key. Raises BusyError while 64 such ranges are still being removed.
        """
        return self._call("DeleteRange", namespace, {"keys": {"start": start, "end": end}, "durability": durability})

    def incr(
        self,
        key: Key,
        by: int = 1,
        *,
        ttl: Optional[Span] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> int:
        """Add to the integer that a key holds, in one step however many do so at once. Returns what it holds now.

        The value is decimal text, as ``get`` shows it: ``put(key, "10")`` begins at 10, and a key that is absent counts
        as 0. by: negative to take away. ttl: the time to live of a key that this makes; one that is there keeps its own,
        so ``incr(key, ttl=60)`` counts what happens in a minute. Raises InvalidArgumentError if the key holds anything
        else, and LimitExceededError for a sum beyond 64 signed bits; then nothing is changed.
        """
        arguments = {"key": key, "by": by, "ttl_ms": ttl_ms(ttl), "durability": durability}
        return self._call("Increment", namespace, arguments)

    def expire(
        self, key: Key, ttl: Span, *, namespace: str = "default", durability: Durability = "durable"
    ) -> bool:
        """Have a key expire: ttl seconds, or a timedelta, from now. Returns True if the key exists; its value stays.

        The value is written again with it: expiring a large one costs as much as putting it.
        """
        arguments = {"keys": [key], "ttl_ms": ttl_ms(ttl), "durability": durability}
        return self._call("Touch", namespace, arguments, _any_exists)

    def persist(self, key: Key, *, namespace: str = "default", durability: Durability = "durable") -> bool:
        """Have a key live for ever. Returns True if it would have expired; False if not, or if there is no such key."""
        return self._call("Touch", namespace, {"keys": [key], "persist": True, "durability": durability}, _any_changed)

    def touch(
        self,
        keys: Union[Key, Sequence[Key]],
        *,
        ttl: Optional[Span] = None,
        namespace: str = "default",
        durability: Durability = "durable",
    ) -> int:
        """Give those of the keys that exist another time to live, all in one commit. Returns how many exist.

        ttl: seconds, or a timedelta, from now; None = only count, they keep what they have. One key may be given by
        itself. Values and versions stay, and are written again.
        """
        arguments = {"keys": one_or_more(keys), "ttl_ms": ttl_ms(ttl), "durability": durability}
        return self._call("Touch", namespace, arguments, _existing)

    def ttl(self, key: Key, *, namespace: str = "default") -> Optional[float]:
        """How many seconds a key still lives: ``math.inf`` for one that never expires, None if there is no such key."""
        return self._call("GetTtl", namespace, {"key": key}, _seconds)

    def put_kv(
        self,
        key: str,
        value: Key,
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
        """Read several keys at one instant: for each its value, or None if it is absent or expired.

        Together the values may have 72 MiB (LimitExceededError): what may be more is read by a scan, which comes in pages.
        """
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

    def scan_prefixes(
        self,
        prefix: Optional[Key] = None,
        *,
        delimiter: Key = "/",
        depth: int = 1,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        namespace: str = "default",
    ) -> Pages[PrefixEntry]:
        """List what stands under a prefix, as a directory lists files and folders: ``scan_prefixes("users/")``.

        Keys are cut behind their delimiter number ``depth``, counted from the prefix on, and those that become equal are
        given once, with ``is_prefix``; keys with fewer delimiters are given whole. All in the order of their bytes. What
        stands below a prefix that is given is skipped: the work is that of what is listed. limit, cursor: as in
        :meth:`scan`.
        """
        arguments = {"prefix": prefix, "delimiter": delimiter, "depth": depth, "limit": limit, "cursor": cursor}
        return self._pages("ScanPrefixes", namespace, arguments)


def _existing(touched: Tuple[int, int]) -> int:
    return touched[0]


def _any_exists(touched: Tuple[int, int]) -> bool:
    return touched[0] > 0


def _any_changed(touched: Tuple[int, int]) -> bool:
    return touched[1] > 0


def _seconds(found: Tuple[bool, Optional[int]]) -> Optional[float]:
    exists, left_ms = found
    return (math.inf if left_ms is None else left_ms / 1000) if exists else None


def _key(pair: Tuple[bytes, bytes]) -> bytes:
    return pair[0]
