"""Scans of a transaction: the snapshot's keys with its own writes laid over them, and what of it counts as read."""

from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple, cast

from ._methods import Pages, Steps

if TYPE_CHECKING:
    from ._transaction_overlay import TransactionOverlay


def prefix_end(prefix: bytes) -> Optional[bytes]:
    """The first key after every key with this prefix; None if there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None


class RangeRead:
    """What a scan has read of the snapshot so far; it grows while the scan is consumed."""

    def __init__(self, start: bytes, end: Optional[bytes], reverse: bool) -> None:
        self.start = start
        self.end = end
        self.reverse = reverse
        self.count = 0
        self.last: Optional[bytes] = None
        self.complete = False

    def bounds(self) -> Optional[Tuple[bytes, Optional[bytes]]]:
        """The range that was read to its end; None if nothing was."""
        if self.complete:
            return self.start, self.end
        if self.last is None:
            return None
        return (self.last, self.end) if self.reverse else (self.start, self.last + b"\0")


class Scan(Pages[Tuple[bytes, bytes]]):
    """The snapshot's pairs with the transaction's own writes laid over them."""

    def __init__(self, transaction: "TransactionOverlay", read: RangeRead, limit: Optional[int]) -> None:
        # The limit is of pairs shown: where own writes hide some, more are read.
        arguments = {"start": read.start or None, "end": read.end, "reverse": read.reverse}
        super().__init__(transaction._store, "Scan", transaction._namespace, arguments)
        self._transaction = transaction
        self._range = read
        self._left = limit
        self._keys_only = False
        own = (key for key in transaction._keys if read.start <= key and (read.end is None or key < read.end))
        self._own = sorted(own, reverse=read.reverse)

    @property
    def _complete(self) -> bool:
        return (self._left is not None and self._left <= 0) or (self._paging.complete and self._range.complete)

    def _more(self) -> "Steps[Iterator[Tuple[bytes, bytes]]]":
        seq = yield self._transaction._seq()
        found: List[Tuple[bytes, bytes]] = []
        if not self._paging.complete:
            page = {**self._paging.next(), "snapshot": seq}
            if self._left is not None:
                page["limit"] = min(page["limit"], self._left + len(self._own))
            answer = yield self._methods._call(self._operation, self._namespace, page)
            found = self._paging.took(answer)
        pairs: Iterator[Any] = self._merged(found)
        return (key for key, _ in pairs) if self._keys_only else pairs

    def of_keys(self) -> Pages[bytes]:
        """The same, without the values."""
        self._keys_only = True
        return cast("Pages[bytes]", self)

    def _merged(self, found: List[Tuple[bytes, bytes]]) -> Iterator[Tuple[bytes, bytes]]:
        written = self._transaction._keys
        for key, value in found:
            if self._left is not None and self._left <= 0:
                return
            yield from self._own_before(key)
            if self._left is not None and self._left <= 0:
                return
            self._range.count += 1
            self._range.last = key
            shown: Optional[bytes] = value
            if self._own and self._own[0] == key:
                shown = written[self._own.pop(0)]
            elif self._transaction._is_deleted(key):
                shown = None
            if shown is not None:
                yield self._shown(key, shown)
        if self._paging.complete:
            self._range.complete = True
            yield from self._own_before(None)

    def _own_before(self, key: Optional[bytes]) -> Iterator[Tuple[bytes, bytes]]:
        """Own pairs before a key of the snapshot; None = all that are left."""
        while self._own and (key is None or (self._own[0] != key and (self._own[0] < key) != self._range.reverse)):
            if self._left is not None and self._left <= 0:
                return
            own = self._own.pop(0)
            # That no key of the snapshot comes before it was read, too.
            self._range.last = own
            value = self._transaction._keys[own]
            if value is not None:
                yield self._shown(own, value)

    def _shown(self, key: bytes, value: bytes) -> Tuple[bytes, bytes]:
        if self._left is not None:
            self._left -= 1
        return key, value
