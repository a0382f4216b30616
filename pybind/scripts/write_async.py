#!/usr/bin/env python3
"""Writes the asyncio half's methods from the sync classes: same names, arguments, types and documentation, awaited.

    python pybind/scripts/write_async.py [--check]

Each public method of a sync class becomes a coroutine that runs its namesake on a thread, or an async iterator if it
returns an iterator. What is not written here (opening and closing, transactions, handles) is written by hand in
``toondb/_async``. Signatures of native methods are those of the stub, their documentation that of the installed module.
With --check nothing is written: the exit code says whether the files are what would be written.
"""

import ast
import inspect
import sys
import textwrap
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Set, Tuple

from signatures import PACKAGE, WIDTH, Method, Source, fold, names_in, overloads, read_method, write


class Mirror(NamedTuple):
    """A file to write: what it mirrors, and what of that is left to hand-written code."""

    target: str
    name: str
    about: str
    module: str
    kind: str
    sync: Tuple[str, str]
    by_hand: Tuple[str, ...] = ()


STORE = ("_store", "Store")
NAMESPACE = ("_namespace", "Namespace")
MIRRORS = [
    Mirror("_keys", "AsyncKeyMethods", "Key-value methods", "_keys", "KeyMethods", STORE),
    Mirror("_namespaces", "AsyncNamespacesMethods", "Namespace methods", "_namespaces", "NamespaceMethods", STORE),
    Mirror("_collections", "AsyncCollectionsMethods", "Collections", "_collections", "CollectionMethods", STORE),
    Mirror("_vectors", "AsyncVectorMethods", "Vector indexes", "_vectors", "VectorMethods", STORE),
    Mirror("_graph", "AsyncGraphMethods", "The property graph", "_graph", "GraphMethods", STORE),
    Mirror("_temporal", "AsyncTemporalMethods", "The temporal graph", "_temporal", "TemporalMethods", STORE),
    Mirror("_caches", "AsyncCacheMethods", "Semantic caches", "_caches", "CacheMethods", STORE),
    Mirror("_checkpoints", "AsyncCheckpointMethods", "Checkpoints", "_checkpoints", "CheckpointMethods", STORE),
    Mirror("_context", "AsyncContextMethods", "Prompts of several reads", "_context", "ContextMethods", STORE),
    Mirror(
        "_engine",
        "AsyncEngineMethods",
        "Commits, and the engine as a whole",
        "_store",
        "Store",
        STORE,
        ("namespace", "transaction", "run_transaction"),
    ),
    Mirror(
        "_namespace_keys",
        "AsyncNamespaceKeys",
        "The key-value methods of a handle on a namespace",
        "_namespace_keys",
        "NamespaceKeys",
        NAMESPACE,
    ),
    Mirror(
        "_namespace_graph",
        "AsyncNamespaceGraph",
        "The graph methods of a handle on a namespace",
        "_namespace_graph",
        "NamespaceGraph",
        NAMESPACE,
    ),
    Mirror(
        "_namespace_temporal",
        "AsyncNamespaceTemporal",
        "The temporal methods of a handle on a namespace",
        "_namespace_temporal",
        "NamespaceTemporal",
        NAMESPACE,
    ),
    Mirror(
        "_namespace_methods",
        "AsyncNamespaceMethods",
        "The other methods of a handle on a namespace",
        "_namespace",
        "Namespace",
        NAMESPACE,
        ("transaction", "run_transaction", "collection"),
    ),
    Mirror(
        "_collection_methods",
        "AsyncCollectionMethods",
        "The methods of a handle on a collection",
        "_collection",
        "Collection",
        ("_collection", "Collection"),
    ),
    Mirror(
        "_transaction_methods",
        "AsyncTransactionMethods",
        "The methods of a transaction",
        "_transactions",
        "Transaction",
        ("_transactions", "Transaction"),
    ),
]

# Native methods that callers use directly, and are not `close`, which is written by hand.
NATIVE_MIRROR = "_keys"
NATIVE_BY_HAND = {"close"}


# What asks a read for rows in a format.
FORMAT_KEYWORDS = {"format", "columns", "tokenizer"}


def native_core() -> Any:
    """The native class, without the package around it, which may not work before its mirrors are written."""
    package = find_spec("toondb")
    folders = [Path(folder) for folder in (package.submodule_search_locations or [])] if package else []
    built = [path for folder in folders for path in folder.glob("_toondb*.so")]
    if not built:
        raise SystemExit("the package is not installed; build it first, with maturin")
    spec = spec_from_loader("_toondb", ExtensionFileLoader("_toondb", str(built[0])))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Core


def write_method(method: Method, sync: str) -> str:
    """The awaited form of a method."""
    iterates = method.result.startswith("Iterator[")
    result = f"Async{method.result}" if iterates else method.result
    head = f"def {method.name}" if iterates else f"async def {method.name}"
    doc = f'        """{method.doc.replace("= db.", "= await db.")}"""'
    if method.is_formatted:
        return write_formatted(method, head, result, doc)
    call = "return self._iterate" if iterates else "return await self._call"
    body = fold(8, call, [f"{sync}.{method.name}", *method.arguments], "")
    return "\n".join([fold(4, head, method.signature, f" -> {result}:"), doc, body])


def write_lambda(indent: int, head: str, name: str, arguments: List[str]) -> str:
    """A call with a lambda that calls a method of the sync object."""
    line = f"{' ' * indent}{head}(lambda sync: sync.{name}({', '.join(arguments)}))"
    if len(line) <= WIDTH:
        return line
    inner = fold(indent + 4, f"lambda sync: sync.{name}", arguments, "")
    return f"{' ' * indent}{head}(\n{inner}\n{' ' * indent})"


def write_formatted(method: Method, head: str, result: str, doc: str) -> str:
    """The awaited form of a read in formats. One that iterates gives an iterator without a format, and something to
    await with one.
    """
    iterates = result.startswith("AsyncIterator[")
    if iterates:
        own = [f"{name}={name}" for name in method.keyword_names if name not in FORMAT_KEYWORDS]
        pages = write_lambda(12, "return self._iterate", method.name, [*method.names, *own])
        body = f"        if format is None and columns is None and tokenizer is None:\n{pages}\n" + write_lambda(
            8, "return self._call", method.name, method.arguments
        )
    else:
        body = write_lambda(8, "return await self._call", method.name, method.arguments)
    forms = overloads(method, head, result, "Awaitable[Rendered]" if iterates else "Rendered")
    return "\n\n".join([*forms, "\n".join([fold(4, head, method.signature, " -> Any:"), doc, body])])


def write_imports(wanted: Dict[Tuple[int, str], Set[str]]) -> str:
    """Import statements, those of the standard library first."""
    blocks: List[List[str]] = [[], []]
    for level, module in sorted(wanted, key=lambda origin: (origin[0], origin[1])):
        # What the package imports from beside it lies one folder up from here.
        dots = {0: "", 1: "..", 2: "."}[level]
        names = sorted(wanted[level, module], key=lambda name: (not name.isupper(), name))
        line = f"from {dots}{module} import {', '.join(names)}"
        if len(line) > WIDTH:
            line = f"from {dots}{module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        blocks[level > 0].append(line)
    return "\n\n".join("\n".join(block) for block in blocks if block)


def write_file(mirror: Mirror) -> str:
    """The whole text of one mirror."""
    source = Source(mirror.module)
    sources: List[Source] = []
    methods: List[Method] = []
    if mirror.target == NATIVE_MIRROR:
        stub, core = Source("_toondb"), native_core()
        sources.append(stub)
        for node in stub.methods("Core"):
            if node.name not in NATIVE_BY_HAND:
                doc = inspect.getdoc(getattr(core, node.name)) or ""
                lines = textwrap.indent(doc, " " * 8).strip()
                methods.append(read_method(stub, node, f"{lines}\n        " if "\n" in doc else lines))
    sources.append(source)
    for node in source.methods(mirror.kind):
        if node.name not in mirror.by_hand:
            method = read_method(source, node, ast.get_docstring(node, clean=False) or "")
            if method.is_formatted:
                method = method._replace(result=source.native_result(mirror.kind, node.name))
            methods.append(method)
    wanted: Dict[Tuple[int, str], Set[str]] = {
        (2, "_mirror"): {"Mirror"},
        (1, mirror.sync[0]): {mirror.sync[1]},
    }
    origins: Dict[str, Tuple[int, str]] = {}
    for each in sources:
        origins.update(each.origins)
    for method in methods:
        used = names_in(", ".join([*method.parameters, *method.keywords])) | names_in(method.result)
        if method.is_formatted:
            used |= {"Any", "Rendered", "TextFormat", "overload"}
            if method.result.startswith("Iterator["):
                wanted.setdefault((0, "typing"), set()).add("Awaitable")
        for name in used:
            origin = origins[name]
            written = "AsyncIterator" if name == "Iterator" else name
            wanted.setdefault(origin, set()).add(written)
    about = f'"""{mirror.about}, awaited.\n\nWritten by scripts/write_async.py from ``{mirror.module}.py``.\n"""'
    body = "\n\n".join(write_method(method, mirror.sync[1]) for method in methods)
    head = f'class {mirror.name}(Mirror[{mirror.sync[1]}]):\n    """:class:`{mirror.kind}`, awaited."""'
    return f"{about}\n\n{write_imports(wanted)}\n\n\n{head}\n\n{body}\n"


if __name__ == "__main__":
    sys.exit(write(__doc__, ((PACKAGE / "_async" / f"{mirror.target}.py", write_file(mirror)) for mirror in MIRRORS)))
