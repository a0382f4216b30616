"""Optimistic transactions: read a snapshot, collect writes, commit if nothing that was read has changed.

The commit sends the writes together with what was read as preconditions: a key found must be unchanged since the
snapshot, a key found absent still absent, a range scanned must hold as many keys, none of them newer. The engine checks
and writes in one step, so that a transaction is serializable without ever holding a lock.
"""

from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Type, Union

from ._collections import Vectors
from ._errors import ToonDBError, TransactionError
from ._toondb import Query, WriteBatch
from ._types import BytesLike, CommitResult, Document, Durability, GraphNode, Metadata

if TYPE_CHECKING:
    from ._store import Store


def prefix_end(prefix: bytes) -> Optional[bytes]:
    """The first key after every key with this prefix; None if there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None


def _as_bytes(given: BytesLike) -> bytes:
    """Bytes of any buffer; bytes() would also make some of a number."""
    return given if type(given) is bytes else memoryview(given).tobytes()


class _RangeRead:
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


class Transaction:
    """All of it or nothing, in one namespace: made by :meth:`Database.transaction`.

    ``get``, ``exists``, ``scan``, ``get_document`` and ``get_node`` see the snapshot that the first of them takes (for
    at most 30 seconds, then SnapshotExpiredError) overlaid with the transaction's own writes. Writes are collected and
    made by the commit at the end of the ``with`` block; an exception inside it drops them. If something that was read
    has changed by then, TransactionConflictError is raised and nothing is written: run the transaction again, or let
    :meth:`Database.run_transaction` do so. A transaction belongs to one thread.
    """

    def __init__(self, store: "Store", namespace: str, durability: Durability) -> None:
        self._store = store
        self._namespace = namespace
        self._durability: Durability = durability
        self._batch = WriteBatch()
        self._snapshot: Optional[int] = None
        self._open = True
        # Own writes, None = deleted; and what was read of the snapshot, True = found.
        self._keys: Dict[bytes, Optional[bytes]] = {}
        self._documents: Dict[Tuple[str, str], Optional[Document]] = {}
        self._nodes: Dict[str, Optional[GraphNode]] = {}
        self._keys_read: Dict[bytes, bool] = {}
        self._documents_read: Dict[Tuple[str, str], bool] = {}
        self._nodes_read: Dict[str, bool] = {}
        self._ranges_read: List[_RangeRead] = []

    def __enter__(self) -> "Transaction":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if not self._open:
            return
        if kind is None:
            self.commit()
        else:
            # The exception on its way matters more; a snapshot that cannot be given back expires by itself.
            with suppress(ToonDBError):
                self.rollback()

    def _writing(self) -> WriteBatch:
        """The batch of a transaction that is not over; also asked before a read, whose answer may be known already."""
        if not self._open:
            raise TransactionError("the transaction is over; begin another one")
        return self._batch

    def _seq(self) -> int:
        """The commit whose state is read. 0 is before every commit: there is nothing to read, and no snapshot to
        hold.
        """
        self._writing()
        if self._snapshot is None:
            self._snapshot = self._store._take_snapshot(self._namespace)
        return self._snapshot

    # Reads

    def get(self, key: BytesLike) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent."""
        self._writing()
        key = _as_bytes(key)
        if key in self._keys:
            return self._keys[key]
        seq = self._seq()
        value = self._store._get_at(key, self._namespace, seq) if seq else None
        self._keys_read[key] = value is not None
        return value

    def exists(self, key: BytesLike) -> bool:
        """True if the key is present."""
        return self.get(key) is not None

    def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return self.get(key.encode())

    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> Iterator[Tuple[bytes, bytes]]:
        """Read (key, value) pairs in order, at the transaction's snapshot; arguments as for :meth:`Database.scan`.

        The transaction depends on the part of the range that was consumed: keys that appear or vanish in it conflict.
        """
        first = max(_as_bytes(prefix or b""), _as_bytes(start or b""))
        after = prefix_end(_as_bytes(prefix)) if prefix else None
        ends = [_as_bytes(bound) for bound in (end, after) if bound is not None]
        last = min(ends) if ends else None
        if last is not None and first >= last:
            return
        read = _RangeRead(first, last, reverse)
        self._ranges_read.append(read)
        own = sorted((key for key in self._keys if key >= first and (last is None or key < last)), reverse=reverse)
        left = limit
        for key, value in self._merged(own, read):
            if left is not None:
                if left <= 0:
                    return
                left -= 1
            yield key, value

    def _merged(self, own: List[bytes], read: _RangeRead) -> Iterator[Tuple[bytes, bytes]]:
        """The snapshot's pairs with the transaction's own writes laid over them."""
        seq, start = self._seq(), read.start or None

        def page(size: int, at: Optional[bytes]) -> "Query[Tuple[List[Tuple[bytes, bytes]], Optional[bytes]]]":
            return Query.scan(None, start, read.end, size, read.reverse, cursor=at)._at(seq)

        pairs = self._store._pages(self._namespace, page, None)
        position = 0
        for key, value in pairs if seq else ():
            read.count += 1
            read.last = key
            while position < len(own) and own[position] != key and (own[position] < key) != read.reverse:
                written = self._keys[own[position]]
                if written is not None:
                    yield own[position], written
                position += 1
            if position < len(own) and own[position] == key:
                position += 1
                overlaid = self._keys[key]
                if overlaid is not None:
                    yield key, overlaid
            else:
                yield key, value
        read.complete = True
        for key in own[position:]:
            written = self._keys[key]
            if written is not None:
                yield key, written

    def get_document(self, collection_name: str, id: str, include_embeddings: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id. One written here comes back as it was given."""
        self._writing()
        name = (collection_name, id)
        if name in self._documents:
            return self._documents[name]
        found, seq = None, self._seq()
        if seq:
            query = Query.get_documents(collection_name, [id], include_embeddings)
            (found,) = self._store._read(self._namespace, query._at(seq))
        self._documents_read[name] = found is not None
        return found

    def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        self._writing()
        if node_id in self._nodes:
            return self._nodes[node_id]
        seq = self._seq()
        found = self._store._get_node(self._namespace, node_id, seq) if seq else None
        self._nodes_read[node_id] = found is not None
        return found

    # Writes

    def put(self, key: BytesLike, value: BytesLike, ttl: Optional[float] = None) -> None:
        """Write a key. ttl: seconds from the commit after which it is gone."""
        key, value = _as_bytes(key), _as_bytes(value)
        self._writing().put(key, value, ttl)
        self._keys[key] = value

    def put_kv(self, key: str, value: BytesLike, ttl: Optional[float] = None) -> None:
        """Write a text key."""
        self.put(key.encode(), value, ttl)

    def delete(self, key: BytesLike) -> None:
        """Delete a key."""
        key = _as_bytes(key)
        self._writing().delete(key)
        self._keys[key] = None

    def delete_kv(self, key: str) -> None:
        """Delete a text key."""
        self.delete(key.encode())

    def add_documents(
        self,
        collection_name: str,
        documents: Sequence[Union[Mapping[str, Any], Document]],
        embeddings: Optional[Vectors] = None,
    ) -> None:
        """Add or replace documents; each needs an id here. The collection must exist by the commit."""
        self._writing().add_documents(collection_name, documents, embeddings)
        for given in documents:
            if isinstance(given, Document):
                document = given
            else:
                content, metadata = given.get("content") or "", dict(given.get("metadata") or {})
                document = Document(given["id"], content, given.get("embedding", []), metadata)
            self._documents[collection_name, document.id] = document

    def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None:
        """Delete documents by id."""
        self._writing().delete_documents(collection_name, ids)
        for id in ids:
            self._documents[collection_name, id] = None

    def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Insert or replace vectors."""
        self._writing().insert_vectors(index_name, ids, vectors)

    def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None:
        """Delete vectors by id."""
        self._writing().delete_vectors(index_name, ids)

    def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None:
        """Add a node, or replace its type and properties."""
        self._writing().add_node(node_id, node_type, properties)
        self._nodes[node_id] = GraphNode(node_id, node_type, dict(properties or {}))

    def delete_node(self, node_id: str) -> None:
        """Delete a node with all its edges."""
        self._writing().delete_node(node_id)
        self._nodes[node_id] = None

    def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None:
        """Add an edge, or replace its properties. Both nodes must exist by then."""
        self._writing().add_edge(from_id, edge_type, to_id, properties)

    def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None:
        """Delete an edge."""
        self._writing().delete_edge(from_id, edge_type, to_id)

    def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State a fact that holds over ``[valid_from, valid_until)``, in milliseconds; 0 = open end."""
        self._writing().add_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties)

    def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[int] = None) -> None:
        """End the open periods of an edge at a time in milliseconds; None = at the commit."""
        self._writing().close_temporal_edge(from_id, edge_type, to_id, at)

    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State the next value of a single-valued relation; the open fact ends where this one begins."""
        self._writing().supersede_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties)

    # The end

    def commit(self) -> Optional[CommitResult]:
        """Make the writes, if nothing that was read has changed. Returns None if there are none.

        Raises TransactionConflictError if something has changed; the transaction is over either way.
        """
        batch = self._writing()
        if len(batch) == 0:
            self.rollback()
            return None
        self._open = False
        seq = self._snapshot
        if seq is not None:
            for key, found in self._keys_read.items():
                batch._read_key(key, seq, found)
            for (collection, id), found in self._documents_read.items():
                batch._read_document(collection, id, seq, found)
            for node_id, found in self._nodes_read.items():
                batch._read_node(node_id, seq, found)
            for read in self._ranges_read:
                bounds = read.bounds()
                if bounds is not None:
                    batch._read_range(*bounds, seq, read.count)
        return self._store._commit(self._namespace, batch, seq or None, self._durability)

    def rollback(self) -> None:
        """Drop the writes. The transaction is over; rolling back again does nothing."""
        self._open = False
        snapshot, self._snapshot = self._snapshot, None
        if snapshot:
            self._store._end_snapshot(self._namespace, snapshot)
