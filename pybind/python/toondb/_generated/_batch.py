"""Writes for one atomic commit.

Written by scripts/write_surface.py: change the method where it is written by hand, and run that again.
"""

from typing import Any, Optional, Sequence, Union, cast

from .._batch import BatchBase
from .._document_writes import OnConflict
from .._documents import DocumentMethods, Documents, Filter, Vectors
from .._graph import GraphMethods
from .._keys import KeyMethods
from .._logs import LogMethods
from .._temporal import TemporalMethods
from .._types import Key, Metadata, Span, Time
from .._vectors import VectorMethods


class WriteBatch(BatchBase):
    """Writes and preconditions for one atomic commit: see :meth:`Database.commit`.

    The methods mean the same as those of :class:`Database`. Writes are made in order, later ones see earlier ones;
    preconditions are checked before all of them, and one that does not hold raises TransactionConflictError and
    changes nothing.
    """

    def put(self, key: Key, value: Key, *, ttl: Optional[Span] = None) -> None:
        """As :meth:`Database.put`."""
        KeyMethods.put(cast(Any, self), key, value, ttl=ttl)

    def delete(self, key: Key) -> None:
        """As :meth:`Database.delete`."""
        KeyMethods.delete(cast(Any, self), key)

    def add_documents(
        self,
        collection_name: str,
        documents: Documents,
        *,
        embeddings: Optional[Vectors] = None,
        on_conflict: OnConflict = "replace",
        ttl: Optional[Span] = None,
        create_missing: bool = False,
    ) -> None:
        """As :meth:`Database.add_documents`."""
        DocumentMethods.add_documents(
            cast(Any, self),
            collection_name,
            documents,
            "",
            embeddings=embeddings,
            on_conflict=on_conflict,
            ttl=ttl,
            create_missing=create_missing,
        )

    def update_documents(
        self,
        collection_name: str,
        *,
        ids: Optional[Sequence[str]] = None,
        filter: Optional[Filter] = None,
        all: bool = False,
        set: Optional[Metadata] = None,
        unset: Sequence[str] = (),
        ttl: Optional[Span] = None,
        persist: bool = False,
    ) -> None:
        """As :meth:`Database.update_documents`."""
        DocumentMethods.update_documents(
            cast(Any, self),
            collection_name,
            ids=ids,
            filter=filter,
            all=all,
            set=set,
            unset=unset,
            ttl=ttl,
            persist=persist,
        )

    def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None:
        """As :meth:`Database.delete_documents`."""
        DocumentMethods.delete_documents(cast(Any, self), collection_name, ids)

    def truncate(self, name: str) -> None:
        """As :meth:`Database.truncate`."""
        DocumentMethods.truncate(cast(Any, self), name)

    def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Vectors) -> None:
        """As :meth:`Database.insert_vectors`."""
        VectorMethods.insert_vectors(cast(Any, self), index_name, ids, vectors)

    def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None:
        """As :meth:`Database.delete_vectors`."""
        VectorMethods.delete_vectors(cast(Any, self), index_name, ids)

    def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None:
        """As :meth:`Database.add_node`."""
        GraphMethods.add_node(cast(Any, self), node_id, node_type, properties, "")

    def delete_node(self, node_id: str) -> None:
        """As :meth:`Database.delete_node`."""
        GraphMethods.delete_node(cast(Any, self), node_id)

    def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None:
        """As :meth:`Database.add_edge`."""
        GraphMethods.add_edge(cast(Any, self), from_id, edge_type, to_id, properties, "")

    def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None:
        """As :meth:`Database.delete_edge`."""
        GraphMethods.delete_edge(cast(Any, self), from_id, edge_type, to_id)

    def add_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        **row: Any,
    ) -> None:
        """As :meth:`Database.add_temporal_edge`."""
        TemporalMethods.add_temporal_edge(
            cast(Any, self), "", from_id, edge_type, to_id, valid_from, valid_until, properties, **row
        )

    def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[Time] = None) -> None:
        """As :meth:`Database.close_temporal_edge`."""
        TemporalMethods.close_temporal_edge(cast(Any, self), "", from_id, edge_type, to_id, at)

    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        **row: Any,
    ) -> None:
        """As :meth:`Database.supersede_temporal_edge`."""
        TemporalMethods.supersede_temporal_edge(
            cast(Any, self), "", from_id, edge_type, to_id, valid_from, valid_until, properties, **row
        )

    def append(self, log: str, values: Union[Key, Sequence[Key]]) -> None:
        """As :meth:`Database.append`."""
        LogMethods.append(cast(Any, self), log, values)

    def delete_prefix(self, prefix: Key) -> None:
        """As :meth:`Database.delete_prefix`."""
        KeyMethods.delete_prefix(cast(Any, self), prefix)

    def delete_range(self, start: Optional[Key] = None, end: Optional[Key] = None) -> None:
        """As :meth:`Database.delete_range`."""
        KeyMethods.delete_range(cast(Any, self), start, end)

    def update_node(
        self,
        node_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        node_type: Optional[str] = None,
    ) -> None:
        """As :meth:`Database.update_node`."""
        GraphMethods.update_node(cast(Any, self), node_id, set, unset=unset, node_type=node_type)

    def update_edge(
        self, from_id: str, edge_type: str, to_id: str, set: Optional[Metadata] = None, *, unset: Sequence[str] = ()
    ) -> None:
        """As :meth:`Database.update_edge`."""
        GraphMethods.update_edge(cast(Any, self), from_id, edge_type, to_id, set, unset=unset)

    def merge_nodes(self, source_id: str, target_id: str) -> None:
        """As :meth:`Database.merge_nodes`."""
        GraphMethods.merge_nodes(cast(Any, self), source_id, target_id)

    def state_fact(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        *,
        valid_from: Optional[Time] = None,
        valid_until: Optional[Time] = None,
    ) -> None:
        """As :meth:`Database.state_fact`."""
        TemporalMethods.state_fact(
            cast(Any, self), "", from_id, edge_type, to_id, properties, valid_from=valid_from, valid_until=valid_until
        )
