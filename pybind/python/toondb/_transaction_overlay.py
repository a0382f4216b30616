"""What a transaction reads by its name and what it writes: the snapshot with its own writes laid over it.

A write goes into the batch, and what a reader of its name would see of it, as it will be stored, is kept beside it. What was
read of the snapshot is noted, each thing by itself: the commit asks that it has not changed.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Set, Tuple, Union, cast

from ._bulk import documents_of
from ._documents import Documents, Vectors
from ._errors import CollectionNotFoundError, TransactionError
from ._generated._batch import WriteBatch
from ._generated._transaction import TransactionReads
from ._methods import Arguments, Pages, Steps, steps
from ._toondb import bytes_of
from ._transaction_scan import RangeRead, Scan, prefix_end
from ._types import Document, GraphEdge, GraphNode, Key, Metadata, Span, Time

if TYPE_CHECKING:
    from ._store import Store


def _as_bytes(given: Key, name: str = "key") -> bytes:
    """The bytes that a key or value stands for; what has none is refused by its name."""
    return given if type(given) is bytes else bytes_of(given, name)


def _merged(old: Metadata, fields: Metadata, gone: Sequence[str]) -> Metadata:
    """Fields as they are with some set and others gone."""
    return {**{name: value for name, value in old.items() if name not in gone}, **fields}


def _changed(document: Document, fields: Metadata, gone: Sequence[str]) -> Document:
    """A document as it is with some fields set and others gone."""
    return replace(document, metadata=_merged(document.metadata, fields, gone))


class TransactionOverlay(TransactionReads):
    """Reads by name, and writes."""

    def __init__(self, store: "Store", namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._batch = WriteBatch()
        self._snapshot: Optional[int] = None
        self._open = True
        # Own writes, None = deleted.
        self._keys: Dict[bytes, Optional[bytes]] = {}
        self._ranges_deleted: List[Tuple[bytes, Optional[bytes]]] = []
        self._documents: Dict[Tuple[str, str], Optional[Document]] = {}
        self._changes: Dict[Tuple[str, str], List[Tuple[Metadata, Sequence[str]]]] = {}
        self._nodes: Dict[str, Optional[GraphNode]] = {}
        self._edges: Dict[Tuple[str, str, str], Optional[GraphEdge]] = {}
        self._edge_changes: Dict[Tuple[str, str, str], List[Tuple[Metadata, Sequence[str]]]] = {}
        self._nodes_deleted: Set[str] = set()
        self._has_merged = False
        # What was read of the snapshot, True = found.
        self._reads: Dict[Tuple[Any, ...], Tuple[str, Arguments, bool]] = {}
        self._ranges_read: List[RangeRead] = []
        self._parts_read: Set[Tuple[str, str]] = set()

    def _run(self, steps: "Steps[Any]") -> Any:
        return self._store._run(steps)

    def _writing(self) -> WriteBatch:
        """The batch of a transaction that is not over; also asked before a read, whose answer may be known already."""
        if not self._open:
            raise TransactionError("the transaction is over; begin another one")
        return self._batch

    @steps
    def _seq(self) -> Steps[int]:
        """The commit whose state is read. 0 is before every commit: nothing is there, and nothing to hold."""
        self._writing()
        if self._snapshot is None:
            taken = yield self._store._call("TakeSnapshot", self._namespace, {})
            # Of two reads at a time, the first to take a snapshot has said which it is.
            if self._snapshot is None:
                self._snapshot = taken
            elif taken:
                yield self._store._call("EndSnapshot", self._namespace, {"seq": taken})
        return self._snapshot

    def _read_each(
        self, operation: str, target: str, arguments: Arguments, names: Sequence[Any], **at: str
    ) -> Steps[List[Any]]:
        """Reads several things of the snapshot, and notes of each whether it is there."""
        seq = yield self._seq()
        try:
            found = yield self._store._call(operation, self._namespace, {**arguments, "snapshot": seq})
        except CollectionNotFoundError:
            # That it was not there was read.
            self._parts_read.add(("collection", at["collection"]))
            raise
        for name, one in zip(names, found):
            each = {**at, "key" if target == "key" else "id": name}
            self._reads[(target, *each.values())] = (target, each, one is not None)
        return list(found)

    def _read(self, operation: str, target: str, arguments: Arguments, at: Arguments, then: Any = None) -> Steps[Any]:
        """Reads one thing of the snapshot, and notes whether it is there."""
        self._writing()
        seq = yield self._seq()
        found = yield self._store._call(operation, self._namespace, {**arguments, "snapshot": seq}, then)
        self._reads[(target, *at.values())] = (target, at, found is not None)
        return found

    # Reads

    @steps
    def get(self, key: Key) -> Steps[Optional[bytes]]:
        """Read a key: its value, or None if it is absent."""
        self._writing()
        key = _as_bytes(key)
        if key in self._keys:
            return self._keys[key]
        if self._is_deleted(key):
            return None
        return (yield from self._read("Get", "key", {"key": key}, {"key": key}))

    @steps
    def exists(self, key: Key) -> Steps[bool]:
        """True if the key is present."""
        found = yield self.get(key)
        return found is not None

    def get_kv(self, key: str) -> Optional[bytes]:
        """Read a text key."""
        return self.get(key)

    @steps
    def multi_get(self, keys: Sequence[Key]) -> Steps[List[Optional[bytes]]]:
        """Read several keys: for each its value, or None if it is absent."""
        self._writing()
        names = [_as_bytes(key) for key in keys]
        left = [key for key in dict.fromkeys(names) if key not in self._keys and not self._is_deleted(key)]
        found: Dict[bytes, Optional[bytes]] = {}
        if left:
            found = dict(zip(left, (yield from self._read_each("MultiGet", "key", {"keys": left}, left))))
        return [self._keys.get(key, found.get(key)) for key in names]

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
        self._writing()
        first = b"" if start is None else _as_bytes(start, "start")
        last = None if end is None else _as_bytes(end, "end")
        if prefix is not None:
            stem = _as_bytes(prefix, "prefix")
            bound = prefix_end(stem)
            first = max(first, stem)
            last = bound if last is None or (bound is not None and bound < last) else last
        if last is not None and last <= first:
            # No key lies in it: nothing is read, and nothing can conflict.
            last = first
        read = RangeRead(first, last, reverse)
        self._ranges_read.append(read)
        return Scan(self, read, limit)

    def scan_keys(
        self,
        prefix: Optional[Key] = None,
        *,
        start: Optional[Key] = None,
        end: Optional[Key] = None,
        limit: Optional[int] = None,
        reverse: bool = False,
    ) -> Pages[bytes]:
        """Read keys in order, as :meth:`scan` does pairs."""
        pairs = self.scan(prefix, start=start, end=end, limit=limit, reverse=reverse)
        return cast("Scan", pairs).of_keys()

    @steps
    def get_document(
        self, collection_name: str, id: str, *, include_embeddings: bool = False
    ) -> Steps[Optional[Document]]:
        """Read a document; None if there is none of this id."""
        found = yield self.get_documents(collection_name, [id], include_embeddings=include_embeddings)
        return cast("Optional[Document]", found[0])

    @steps
    def get_documents(
        self, collection_name: str, ids: Sequence[str], *, include_embeddings: bool = False
    ) -> Steps[List[Optional[Document]]]:
        """Read documents by id: for each the document, or None if there is none."""
        self._writing()
        names = list(ids)
        left = [id for id in dict.fromkeys(names) if (collection_name, id) not in self._documents]
        found: Dict[str, Optional[Document]] = {}
        if left:
            arguments = {"collection": collection_name, "ids": left, "include_embedding": include_embeddings}
            read = yield from self._read_each("GetDocuments", "document", arguments, left, collection=collection_name)
            found = dict(zip(left, read))
        return [self._own_document((collection_name, id), found.get(id), include_embeddings) for id in names]

    def _own_document(
        self, name: Tuple[str, str], found: Optional[Document], include_embeddings: bool
    ) -> Optional[Document]:
        if name in self._documents:
            own = self._documents[name]
            return own if own is None or include_embeddings else replace(own, embedding=[])
        for change in self._changes.get(name, []) if found else []:
            found = _changed(cast("Document", found), *change)
        return found

    @steps
    def get_node(self, node_id: str) -> Steps[Optional[GraphNode]]:
        """Read a node; None if there is none."""
        self._writing()
        if node_id in self._nodes:
            return self._nodes[node_id]
        return (yield from self._read("GetNode", "node", {"id": node_id}, {"id": node_id}))

    @steps
    def get_nodes(self, node_ids: Sequence[str]) -> Steps[List[Optional[GraphNode]]]:
        """Read nodes by id: for each the node, or None if there is none."""
        self._writing()
        names = list(node_ids)
        left = [id for id in dict.fromkeys(names) if id not in self._nodes]
        found: Dict[str, Optional[GraphNode]] = {}
        if left:
            found = dict(zip(left, (yield from self._read_each("GetNodes", "node", {"ids": left}, left))))
        return [self._nodes.get(id, found.get(id)) for id in names]

    @steps
    def get_edge(self, from_id: str, edge_type: str, to_id: str) -> Steps[Optional[GraphEdge]]:
        """Read an edge; None if there is none."""
        self._writing()
        name = (from_id, edge_type, to_id)
        if self._has_merged:
            raise TransactionError("which edges there are after merge_nodes shows after the commit")
        if name in self._edges:
            return self._edges[name]
        if not self._nodes_deleted.isdisjoint((from_id, to_id)):
            return None
        at = {"from_id": from_id, "edge_type": edge_type, "to_id": to_id}
        found = yield from self._read("GetEdge", "edge", at, at)
        for fields, gone in self._edge_changes.get(name, []) if found else []:
            found = replace(found, properties=_merged(found.properties, fields, gone))
        return cast("Optional[GraphEdge]", found)

    # Writes

    def put(self, key: Key, value: Key, *, ttl: Optional[Span] = None) -> None:
        """Write a key. ttl: seconds, or a timedelta, from the commit after which it is gone."""
        key, value = _as_bytes(key), _as_bytes(value, "value")
        self._writing().put(key, value, ttl=ttl)
        self._keys[key] = value

    def put_kv(self, key: str, value: Key, *, ttl: Optional[Span] = None) -> None:
        """Write a text key."""
        self.put(key, value, ttl=ttl)

    def delete(self, key: Key) -> None:
        """Delete a key."""
        key = _as_bytes(key)
        self._writing().delete(key)
        self._keys[key] = None

    def delete_kv(self, key: str) -> None:
        """Delete a text key."""
        self.delete(key)

    def delete_prefix(self, prefix: Key) -> None:
        """Delete every key that begins with a prefix, which must not be empty."""
        prefix = _as_bytes(prefix, "prefix")
        self._writing().delete_prefix(prefix)
        self._forget(prefix, prefix_end(prefix))

    def delete_range(self, start: Optional[Key] = None, end: Optional[Key] = None) -> None:
        """Delete every key at or after start and before end, however many; one bound may be left out."""
        first = None if start is None else _as_bytes(start, "start")
        last = None if end is None else _as_bytes(end, "end")
        self._writing().delete_range(first, last)
        self._forget(first or b"", last)

    def _forget(self, start: bytes, end: Optional[bytes]) -> None:
        self._ranges_deleted.append((start, end))
        for key in self._keys:
            if start <= key and (end is None or key < end):
                self._keys[key] = None

    def _is_deleted(self, key: bytes) -> bool:
        return any(start <= key and (end is None or key < end) for start, end in self._ranges_deleted)

    def add_documents(
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
        given = list(documents_of(documents))
        batch = self._writing()
        batch.add_documents(collection_name, given, embeddings=embeddings, ttl=ttl, create_missing=create_missing)
        for document in batch._last():
            self._documents[collection_name, document.id] = document

    def update_documents(
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
        given, gone = list(ids), list(unset)
        batch = self._writing()
        batch.update_documents(collection_name, ids=given, set=set, unset=gone, ttl=ttl, persist=persist)
        fields = batch._last()
        for id in given:
            name = (collection_name, id)
            own = self._documents.get(name)
            if own is not None:
                self._documents[name] = _changed(own, fields, gone)
            elif name not in self._documents:
                self._changes.setdefault(name, []).append((fields, gone))

    def delete_documents(self, collection_name: str, ids: Sequence[str]) -> None:
        """Delete documents by id."""
        given = list(ids)
        self._writing().delete_documents(collection_name, given)
        for id in given:
            self._documents[collection_name, id] = None

    def insert_vectors(self, index_name: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Insert or replace vectors."""
        self._writing().insert_vectors(index_name, ids, vectors)

    def delete_vectors(self, index_name: str, ids: Sequence[int]) -> None:
        """Delete vectors by id."""
        self._writing().delete_vectors(index_name, ids)

    def add_node(self, node_id: str, node_type: str, properties: Optional[Metadata] = None) -> None:
        """Add a node, or replace its type and properties."""
        batch = self._writing()
        batch.add_node(node_id, node_type, properties)
        self._nodes[node_id] = batch._last()

    def delete_node(self, node_id: str) -> None:
        """Delete a node with all its edges."""
        self._writing().delete_node(node_id)
        self._nodes[node_id] = None
        self._nodes_deleted.add(node_id)
        for name in self._edges:
            if node_id in (name[0], name[2]):
                self._edges[name] = None

    @steps
    def update_node(
        self,
        node_id: str,
        set: Optional[Metadata] = None,
        *,
        unset: Sequence[str] = (),
        node_type: Optional[str] = None,
    ) -> Steps[bool]:
        """Set and remove properties of a node, which counts as read. Returns False, and does nothing, if there is none."""
        names = list(unset)
        found = yield self.get_node(node_id)
        if found is None:
            return False
        batch = self._writing()
        batch.update_node(node_id, set, unset=names, node_type=node_type)
        properties = {name: value for name, value in {**found.properties, **batch._last()}.items() if name not in names}
        self._nodes[node_id] = GraphNode(node_id, found.node_type if node_type is None else node_type, properties)
        return True

    @steps
    def merge_nodes(self, source_id: str, target_id: str) -> Steps[None]:
        """Make one node of two, which count as read: what is said of the source is said of the target from then on."""
        source = yield self.get_node(source_id)
        target = yield self.get_node(target_id)
        self._writing().merge_nodes(source_id, target_id)
        self._nodes[source_id] = None
        self._has_merged = True
        if source is not None and target is not None:
            merged = {**source.properties, **target.properties}
            self._nodes[target_id] = GraphNode(target_id, target.node_type, merged)

    def update_edge(
        self, from_id: str, edge_type: str, to_id: str, set: Optional[Metadata] = None, *, unset: Sequence[str] = ()
    ) -> None:
        """Set and remove properties of an edge; where there is none by then, nothing happens."""
        names = list(unset)
        batch = self._writing()
        batch.update_edge(from_id, edge_type, to_id, set, unset=names)
        name, fields = (from_id, edge_type, to_id), batch._last()
        own = self._edges.get(name)
        if own is not None:
            self._edges[name] = replace(own, properties=_merged(own.properties, fields, names))
        elif name not in self._edges:
            self._edge_changes.setdefault(name, []).append((fields, names))

    def add_edge(self, from_id: str, edge_type: str, to_id: str, properties: Optional[Metadata] = None) -> None:
        """Add an edge, or replace its properties. Both nodes must exist by then."""
        batch = self._writing()
        batch.add_edge(from_id, edge_type, to_id, properties)
        self._edges[from_id, edge_type, to_id] = batch._last()

    def delete_edge(self, from_id: str, edge_type: str, to_id: str) -> None:
        """Delete an edge."""
        self._writing().delete_edge(from_id, edge_type, to_id)
        self._edges[from_id, edge_type, to_id] = None

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
        """State a fact that holds over ``[valid_from, valid_until)``; an end of 0 or None is open."""
        self._writing().add_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties, **row)

    def close_temporal_edge(self, from_id: str, edge_type: str, to_id: str, at: Optional[Time] = None) -> None:
        """End the open periods of an edge at a time; None = at the commit."""
        self._writing().close_temporal_edge(from_id, edge_type, to_id, at)

    def supersede_temporal_edge(
        self,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
    ) -> None:
        """State the next value of a single-valued relation; the open fact ends where this one begins."""
        self._writing().supersede_temporal_edge(from_id, edge_type, to_id, valid_from, valid_until, properties)

    def append(self, log: str, values: Union[Key, Sequence[Key]]) -> None:
        """Append one value or several to a log, in the order of the commits."""
        self._writing().append(log, values)

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
        """State the value of a single-valued relation from a time on, None = the commit; nothing if it has it already."""
        self._writing().state_fact(
            from_id, edge_type, to_id, properties, valid_from=valid_from, valid_until=valid_until
        )
