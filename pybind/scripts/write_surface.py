#!/usr/bin/env python3
"""Writes what follows from the methods of a store: handles, queries, batches, and everything for asyncio.

    python pybind/scripts/write_surface.py [--check]

Each method is written once by hand, in the file of its area (``_keys.py``, ``_documents.py`` and so on). From its signature
and its documentation come, in ``toondb/_generated``:

- ``Namespace``: every method with a ``namespace``, without it;
- ``Collection``: every method whose first argument is ``collection_name``, without both, under the shorter names of `SHORTER`;
- ``Query``: every read whose answer is rows, noted instead of carried out;
- ``WriteBatch``: every write that a commit can hold, noted instead of carried out;
- the methods for asyncio of the clients, of both handles and of a transaction.

With --check nothing is written: the exit code says whether the files are what would be written.
"""

import argparse
import sys
from pathlib import Path
from typing import Iterator, List, Sequence, Set, Tuple

from surface import PACKAGE, Method, Module, folded, source

AREAS = [
    ("_keys", "KeyMethods"),
    ("_logs", "LogMethods"),
    ("_namespaces", "NamespaceMethods"),
    ("_documents", "DocumentMethods"),
    ("_listings", "ListingMethods"),
    ("_vectors", "VectorMethods"),
    ("_graph", "GraphMethods"),
    ("_temporal", "TemporalMethods"),
    ("_caches", "CacheMethods"),
    ("_checkpoints", "CheckpointMethods"),
    ("_context", "ContextMethods"),
    ("_engine", "EngineMethods"),
]

OF_THE_NAMESPACE_ITSELF = {
    "create_namespace": "create",
    "describe_namespace": "info",
    "namespace_stats": "stats",
    "set_quota": "set_quota",
}
"""Methods whose ``name`` is a namespace's, and what they are called on its handle."""

SHORTER = {
    "get_document": "get",
    "search_collection": "search",
    "search_collection_batch": "search_batch",
    "list_documents": "list",
    "list_document_ids": "list_ids",
    "describe_collection": "info",
    "drop_collection": "drop",
    "update_collection": "set_metadata",
}
"""What methods are called on a collection's handle, where their names would repeat what it is."""

OF_THE_COLLECTION_ITSELF = ["describe_collection", "drop_collection", "update_collection", "truncate"]
"""Methods whose ``name`` is a collection's."""

WRITES = [
    "put",
    "delete",
    "add_documents",
    "update_documents",
    "delete_documents",
    "truncate",
    "insert_vectors",
    "delete_vectors",
    "add_node",
    "delete_node",
    "add_edge",
    "delete_edge",
    "add_temporal_edge",
    "close_temporal_edge",
    "supersede_temporal_edge",
    "append",
    "delete_prefix",
    "delete_range",
    "update_node",
    "update_edge",
    "merge_nodes",
    "state_fact",
]
"""What a commit can hold."""

TRANSACTION_READS = [
    "ttl",
    "scan_prefixes",
    "read_log",
    "log_length",
    "list_logs",
    "count",
    "search_collection",
    "search_collection_batch",
    "list_documents",
    "list_document_ids",
    "facet",
    "min_max",
    "get_vectors",
    "search",
    "search_batch",
    "list_nodes",
    "count_nodes",
    "list_edges",
    "get_edges",
    "traverse",
    "shortest_path",
    "neighbors",
    "query_temporal_graph",
    "traverse_temporal",
    "temporal_shortest_path",
    "temporal_neighbors",
    "list_facts",
    "temporal_history",
]
"""Reads of a namespace that a transaction has as they are. What it reads by its name it overlays with its own writes."""

NOT_IN_A_BATCH = ("namespace", "durability", "if_absent", "return_ids", "chunk_size", "progress")
"""What the commit says for all its writes, conditions, which a batch has of its own, and what asks for an answer of its own."""

STORE = [method for module, kind in AREAS for method in source(module).methods(kind)]


def write_namespace() -> Tuple[str, List[Method]]:
    """The handle on a namespace."""
    module = Module(
        "_namespace",
        "A handle on a namespace.",
        "class Namespace(NamespaceBase):",
        "A namespace: made by :meth:`Database.namespace`. Its methods are those of :class:`Database` without the name.",
    )
    module.use(2, "_handles", "NamespaceBase")
    methods = []
    for method in STORE:
        if method.name in OF_THE_NAMESPACE_ITSELF:
            bare = method.without("name")._replace(name=OF_THE_NAMESPACE_ITSELF[method.name])
            given = {"name": "self.name"}
        elif method.has("namespace"):
            bare, given = method.without("namespace"), {"namespace": "self.name"}
        else:
            continue
        body = folded(8, "return ", method.call(f"self._store.{method.name}", given))
        module.add(bare, bare.result, body)
        methods.append(bare)
    return module.text(), [*source("_handles").methods("NamespaceBase"), *methods]


def write_collection() -> Tuple[str, List[Method]]:
    """The handle on a collection."""
    module = Module(
        "_collection",
        "A handle on a collection.",
        "class Collection(CollectionBase):",
        "A collection: made by :meth:`Namespace.collection`. Its methods are those of :class:`Database` without the names.",
    )
    module.use(2, "_handles", "CollectionBase")
    methods = []
    for method in STORE:
        name = "name" if method.name in OF_THE_COLLECTION_ITSELF else "collection_name"
        if not method.has(name) or not method.has("namespace"):
            continue
        bare = method.without(name, "namespace")._replace(name=SHORTER.get(method.name, method.name))
        given = {name: "self.name", "namespace": "self.namespace"}
        module.add(bare, bare.result, folded(8, "return ", method.call(f"self._store.{method.name}", given)))
        methods.append(bare)
    return module.text(), [*source("_handles").methods("CollectionBase"), *methods]


def write_query() -> str:
    """The reads, noted."""
    module = Module(
        "_query",
        "Reads as values.",
        "class Query(QueryBase):",
        "A read that gives rows: what to look for, without the namespace to look in.\n\n"
        "    Each kind is made by the method that has the name and the arguments of the method of :class:`Database`, for\n"
        '    example ``Query.search_collection("notes", embedding, k=5)``: it is what :meth:`Database.render` renders and a\n'
        "    :class:`Section` holds.\n    ",
    )
    module.use(0, "typing", "Any", "cast")
    module.use(2, "_query", "Noting", "QueryBase")
    for method in STORE:
        if not method.is_rows:
            continue
        module.use(2, method.module, method.kind)
        bare = method.without("namespace")
        given = {"namespace": '""'}
        whole = method._replace(keywords=[each for each in method.keywords if each.name != "namespace"])
        noting = whole.call(f"{method.kind}.{method.name}", given, ["_NOTING"])
        body = folded(8, "return ", noting, 'cast("Query", ')
        module.add(bare._replace(doc=f"As :meth:`Database.{method.name}`."), '"Query"', body, "def", "@staticmethod")
    return module.text("\n\n_NOTING: Any = Noting(Query)\n")


def write_batch() -> str:
    """The writes, noted."""
    module = Module(
        "_batch",
        "Writes for one atomic commit.",
        "class WriteBatch(BatchBase):",
        "Writes and preconditions for one atomic commit: see :meth:`Database.commit`.\n\n"
        "    The methods mean the same as those of :class:`Database`. Writes are made in order, later ones see earlier ones;\n"
        "    preconditions are checked before all of them, and one that does not hold raises TransactionConflictError and\n"
        "    changes nothing.\n    ",
    )
    module.use(0, "typing", "Any", "cast")
    module.use(2, "_batch", "BatchBase")
    by_name = {method.name: method for method in STORE}
    for name in WRITES:
        method = by_name[name]
        module.use(2, method.module, method.kind)
        bare = method.without(*NOT_IN_A_BATCH)
        kept = [each for each in method.keywords if each.name not in NOT_IN_A_BATCH]
        whole = method._replace(keywords=kept)
        noting = whole.call(f"{method.kind}.{name}", {"namespace": '""'}, ["cast(Any, self)"])
        module.add(bare._replace(doc=f"As :meth:`Database.{name}`."), "None", folded(8, "", noting))
    return module.text()


def write_transaction(namespace_methods: Sequence[Method]) -> Tuple[str, List[Method]]:
    """The reads of a transaction that look into a part of the namespace as a whole."""
    module = Module(
        "_transaction",
        "Reads of a namespace in a transaction.",
        "if TYPE_CHECKING:\n    from ._namespace import Namespace\n\n\nclass TransactionReads(Methods):",
        "What a transaction reads at its snapshot as it is there.",
    )
    module.use(2, "_methods", "Methods")
    module.use(0, "typing", "TYPE_CHECKING")
    by_name = {method.name: method for method in namespace_methods}
    module.methods.append(
        '    @property\n    def _seen(self) -> "Namespace":\n'
        '        """The namespace at the snapshot; what is read there is noted."""\n        raise NotImplementedError'
    )
    methods = [by_name[name] for name in TRANSACTION_READS]
    for method in methods:
        body = folded(8, "return ", method.call(f"self._seen.{method.name}", {}))
        module.add(method._replace(doc=f"As :meth:`Namespace.{method.name}`, at the snapshot."), method.result, body)
    return module.text(), methods


def write_async(name: str, plain: Tuple[str, str], methods: Sequence[Method], about: str, skip: Set[str]) -> str:
    """The methods for asyncio of a sync class."""
    module = Module("", about, f"class {name}:", f":class:`{plain[1]}`, awaited.")
    module.use(2 if plain[0] else 1, plain[0] or f"_{plain[1].lower()}", plain[1])
    module.methods.append(f"    _plain: {plain[1]}")
    for method in methods:
        if method.name in skip:
            continue
        call = method.call(f"self._plain.{method.name}", {})
        if method.result.startswith("Pages["):
            module.use(2, "_looped", "AsyncPages", "paged")
            module.add(method, f"Async{method.result}", folded(8, "return ", call, "paged("))
        elif method.result == "None" and not method.is_stepwise:
            # It waits for nothing, and is awaited like the others.
            module.add(method, "None", folded(8, "", call), "async def")
        else:
            module.use(2, "_looped", "awaited")
            head = "await " if method.result == "None" else "return await "
            module.add(method, method.result, folded(8, head, call, "awaited("), "async def")
    return module.text()


def files() -> Iterator[Tuple[str, str]]:
    """Every file and its text."""
    namespace, namespace_methods = write_namespace()
    collection, collection_methods = write_collection()
    yield "_namespace.py", namespace
    yield "_collection.py", collection
    yield "_query.py", write_query()
    yield "_batch.py", write_batch()
    store = ("_store", "Store")
    yield "_async_store.py", write_async("AsyncStoreMethods", store, STORE, "The methods of clients for asyncio.", set())
    by_hand = {"collection", "snapshot", "transaction", "run_transaction"}
    about = "The methods of a handle on a namespace, for asyncio."
    plain = ("", "Namespace")
    yield "_async_namespace.py", write_async("AsyncNamespaceMethods", plain, namespace_methods, about, by_hand)
    about = "The methods of a handle on a collection, for asyncio."
    plain = ("", "Collection")
    yield "_async_collection.py", write_async("AsyncCollectionMethods", plain, collection_methods, about, set())
    about = "The methods of a transaction, for asyncio."
    plain = ("_transactions", "Transaction")
    reads, read_methods = write_transaction(namespace_methods)
    yield "_transaction.py", reads
    own = [*source("_transaction_overlay").methods("TransactionOverlay"), *source("_transactions").methods("Transaction")]
    yield "_async_transaction.py", write_async("AsyncTransactionMethods", plain, [*read_methods, *own], about, set())
    yield "__init__.py", '"""What scripts/write_surface.py writes from the methods of a store."""\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    stale = []
    known = dict(files())
    for path in (PACKAGE / "_generated").glob("*.py"):
        if path.name not in known:
            stale.append(path.name)
            if not check:
                path.unlink()
    for name, text in known.items():
        path = PACKAGE / "_generated" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"not what {Path(sys.argv[0]).name} writes: {', '.join(stale)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
