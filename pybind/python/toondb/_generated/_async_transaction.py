"""The methods of a transaction, for asyncio.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import Any, Optional, Sequence, Tuple, Union

from .._documents import Documents, Vectors
from .._looped import awaited
from .._methods import Pages
from .._transactions import Transaction
from .._types import CommitResult, Document, GraphNode, Key, Metadata, Span, Time


class AsyncTransactionMethods:
    """:class:`Transaction`, awaited."""

    _plain: Transaction

    async def get(self, key: Key) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent."""
        return await awaited(self._plain.get(key))

    async def exists(self, key: Key) -> bool:
        """True if the key is present."""
        return await awaited(self._plain.exists(key))

    async def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return await awaited(self._plain.get_kv(key))

    def scan(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> Pages[Tuple[bytes, bytes]]:
        """Read pairs of key and value in order, at the transaction's snapshot; arguments as for :meth:`Database.scan`.

        What has been iterated over when the transaction commits counts as read.
        """
        return self._plain.scan(prefix, start=start, end=end, limit=limit, reverse=reverse)

    async def get_document(
        self, collection_name: str, id: str, *, include_embeddings: bool = False
    ) -> Optional[Document]:
        """Read a document; None if there is none of this id. One written here comes back as it was given."""
        return await awaited(self._plain.get_document(collection_name, id, include_embeddings=include_embeddings))

    async def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return await awaited(self._plain.get_node(node_id))

    async def put(self, key: Key, value: Key, *, ttl: Optional[Span] = None) -> None:
        """Write a key. ttl: seconds, or a timedelta, from the commit after which it is gone."""
        self._plain.put(key, value, ttl=ttl)

    async def put_kv(self, key: str, value: Key, *, ttl: Optional[Span] = None) -> None:
        """Write a text key."""
        self._plain.put_kv(key, value, ttl=ttl)

    async def delete(self, key: Key) -> None:
        """Delete a key."""
        self._plain.delete(key)

    async def delete_kv(self, key: str) -> None:
        """Delete a text key."""
        self._plain.delete_kv(key)

    async def delete_prefix(self, prefix: Key) -> None:
        """Delete every key that begins with a prefix, which must not be empty."""
        self._plain.delete_prefix(prefix)

    async def delete_range(self, start: Optional[Key] = None, end: Optional[Key] = None) -> None:
        """Delete every key at or after start and before end, however many; one bound may be left out."""
        self._plain.delete_range(start, end)

    async def add_documents(
        self,
        collection_name: str,
        documents: Documents,
        *,
        embeddings: Optional[Vectors] = None,
        ttl: Optional[Span] = None,
        create_missing: bool = False,
    ) -> None:
        """Add or replace documents; each needs an id here. The collection must exist by the commit, unless
        ``create_missing`` says that it may be created.
        """
        self._plain.add_documents(
            collection_name, documents, embeddings=embeddings, ttl=ttl, create_missing=create_missing
        )

    async def update_documents(
        self,
        collection_name: str,
        ids: Sequence[str],
        *,
        set: Optional[Metadata] = None,
        unset: Sequence[str] = (),
        ttl: Optional[Span] = None,
        persist: bool = False,
    ) -> None:
        """Merge fields into the metadata of documents; text and embedding stay as they are."""
        self._plain.update_documents(collection_name, ids, set=set, unset=unset, ttl=ttl, persist=persist)

    async def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None:
        """Delete documents by id."""
        self._plain.delete_documents(collection_name, ids)

    async def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Insert or replace vectors."""
        self._plain.insert_vectors(index_name, ids, vectors)

    async def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None:
        """Delete vectors by id."""
        self._plain.delete_vectors(index_name, ids)

    async def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None:
        """Add a node, or replace its type and properties."""
        self._plain.add_node(node_id, node_type, properties)

    async def delete_node(self, node_id: str) -> None:
        """Delete a node with all its edges."""
        self._plain.delete_node(node_id)

    async def update_node(
        self,
        node_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        node_type: Optional[str] = None,
    ) -> bool:
        """Set and remove properties of a node, which counts as read. Returns False, and does nothing, if there is none."""
        return await awaited(self._plain.update_node(node_id, set, unset=unset, node_type=node_type))

    async def merge_nodes(self, source_id: str, target_id: str) -> None:
        """Make one node of two, which count as read: what is said of the source is said of the target from then on."""
        await awaited(self._plain.merge_nodes(source_id, target_id))

    async def update_edge(
        self, from_id: str, edge_type: str, to_id: str, set: Optional[Metadata] = None, *, unset: Sequence[str] = ()
    ) -> None:
        """Set and remove properties of an edge; where there is none by then, nothing happens."""
        self._plain.update_edge(from_id, edge_type, to_id, set, unset=unset)

    async def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None:
        """Add an edge, or replace its properties. Both nodes must exist by then."""
        self._plain.add_edge(from_id, edge_type, to_id, properties)

    async def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None:
        """Delete an edge."""
        self._plain.delete_edge(from_id, edge_type, to_id)

    async def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        **row: Any,
    ) -> None:
        """State a fact that holds over ``[valid_from, valid_until)``; an end of 0 or None is open."""
        self._plain.add_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties, **row)

    async def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[Time] = None) -> None:
        """End the open periods of an edge at a time; None = at the commit."""
        self._plain.close_temporal_edge(from_id, edge_type, to_id, at)

    async def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State the next value of a single-valued relation; the open fact ends where this one begins."""
        self._plain.supersede_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties)

    async def append(self, log: str, values: Union[Key, Sequence[Key]]) -> None:
        """Append one value or several to a log, in the order of the commits."""
        self._plain.append(log, values)

    async def state_fact(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        *,
        valid_from: Optional[Time] = None,
        valid_until: Optional[Time] = None,
    ) -> None:
        """State the value of a single-valued relation from a time on, None = the commit; nothing if it has it already."""
        self._plain.state_fact(from_id, edge_type, to_id, properties, valid_from=valid_from, valid_until=valid_until)

    async def commit(self) -> Optional[CommitResult]:
        """Make the writes, if nothing that was read has changed. Returns None if there are none.

        Raises TransactionConflictError if something has changed; the transaction is over either way.
        """
        return await awaited(self._plain.commit())

    async def rollback(self) -> None:
        """Drop the writes. The transaction is over; rolling back again does nothing."""
        await awaited(self._plain.rollback())
