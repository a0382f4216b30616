"""The methods of a transaction, awaited.

Written by scripts/write_async.py from ``_transactions.py``.
"""

from typing import Any, AsyncIterator, Mapping, Optional, Sequence, Tuple, Union

from .._collections import Vectors
from .._transactions import Transaction
from .._types import BytesLike, CommitResult, Document, GraphNode, Metadata
from ._mirror import Mirror


class AsyncTransactionMethods(Mirror[Transaction]):
    """:class:`Transaction`, awaited."""

    async def get(self, key: BytesLike) -> Optional[bytes]:
        """Read a key: its value, or None if it is absent."""
        return await self._call(Transaction.get, key)

    async def exists(self, key: BytesLike) -> bool:
        """True if the key is present."""
        return await self._call(Transaction.exists, key)

    async def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return await self._call(Transaction.get_kv, key)

    def scan(
        self,
        prefix: Optional[BytesLike] = None,
        start: Optional[BytesLike] = None,
        end: Optional[BytesLike] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> AsyncIterator[Tuple[bytes, bytes]]:
        """Read (key, value) pairs in order, at the transaction's snapshot; arguments as for :meth:`Database.scan`.

        The transaction depends on the part of the range that was consumed: keys that appear or vanish in it conflict.
        """
        return self._iterate(Transaction.scan, prefix, start, end, limit, reverse)

    async def get_document(self, collection_name: str, id: str, include_embeddings: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id. One written here comes back as it was given."""
        return await self._call(Transaction.get_document, collection_name, id, include_embeddings)

    async def get_node(self, node_id: str) -> Optional[GraphNode]:
        """Read a node; None if there is none."""
        return await self._call(Transaction.get_node, node_id)

    async def put(self, key: BytesLike, value: BytesLike, ttl: Optional[float] = None) -> None:
        """Write a key. ttl: seconds from the commit after which it is gone."""
        return await self._call(Transaction.put, key, value, ttl)

    async def put_kv(self, key: str, value: BytesLike, ttl: Optional[float] = None) -> None:
        """Write a text key."""
        return await self._call(Transaction.put_kv, key, value, ttl)

    async def delete(self, key: BytesLike) -> None:
        """Delete a key."""
        return await self._call(Transaction.delete, key)

    async def delete_kv(self, key: str) -> None:
        """Delete a text key."""
        return await self._call(Transaction.delete_kv, key)

    async def add_documents(
        self,
        collection_name: str,
        documents: Sequence[Union[Mapping[str, Any], Document]],
        embeddings: Optional[Vectors] = None,
    ) -> None:
        """Add or replace documents; each needs an id here. The collection must exist by the commit."""
        return await self._call(Transaction.add_documents, collection_name, documents, embeddings)

    async def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None:
        """Delete documents by id."""
        return await self._call(Transaction.delete_documents, collection_name, ids)

    async def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Insert or replace vectors."""
        return await self._call(Transaction.insert_vectors, index_name, ids, vectors)

    async def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None:
        """Delete vectors by id."""
        return await self._call(Transaction.delete_vectors, index_name, ids)

    async def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None:
        """Add a node, or replace its type and properties."""
        return await self._call(Transaction.add_node, node_id, node_type, properties)

    async def delete_node(self, node_id: str) -> None:
        """Delete a node with all its edges."""
        return await self._call(Transaction.delete_node, node_id)

    async def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None:
        """Add an edge, or replace its properties. Both nodes must exist by then."""
        return await self._call(Transaction.add_edge, from_id, edge_type, to_id, properties)

    async def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None:
        """Delete an edge."""
        return await self._call(Transaction.delete_edge, from_id, edge_type, to_id)

    async def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State a fact that holds over ``[valid_from, valid_until)``, in milliseconds; 0 = open end."""
        return await self._call(
            Transaction.add_temporal_edge, from_id, edge_type, to_id, valid_from, valid_until, properties
        )

    async def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[int] = None) -> None:
        """End the open periods of an edge at a time in milliseconds; None = at the commit."""
        return await self._call(Transaction.close_temporal_edge, from_id, edge_type, to_id, at)

    async def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: int,
        valid_until: int = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State the next value of a single-valued relation; the open fact ends where this one begins."""
        return await self._call(
            Transaction.supersede_temporal_edge, from_id, edge_type, to_id, valid_from, valid_until, properties
        )

    async def commit(self) -> Optional[CommitResult]:
        """Make the writes, if nothing that was read has changed. Returns None if there are none.

        Raises TransactionConflictError if something has changed; the transaction is over either way.
        """
        return await self._call(Transaction.commit)

    async def rollback(self) -> None:
        """Drop the writes. The transaction is over; rolling back again does nothing."""
        return await self._call(Transaction.rollback)
