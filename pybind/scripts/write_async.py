#!/usr/bin/env python3
"""Writes the asyncio half's methods from the sync classes: same names, arguments, types and documentation, awaited.

    python pybind/scripts/write_async.py [--check]

Each public method of a sync class becomes a coroutine that runs its namesake on a thread, or an async iterator if it
returns an iterator. What is not written here (opening and closing, transactions, handles) is written by hand in
``toondb/_async``. Signatures of native methods are those of the stub, their documentation that of the installed module.
With --check nothing is written: the exit code says whether the files are what would be written.
"""

import argparse
import ast
import inspect
import sys
import textwrap
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Set, Tuple

PACKAGE = Path(__file__).resolve().parents[1] / "python" / "toondb"
WIDTH = 120


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
MIRRORS = [
    Mirror("_keys", "AsyncKeyMethods", "Key-value methods", "_keys", "KeyMethods", STORE),
    Mirror("_namespaces", "AsyncNamespacesMethods", "Namespace methods", "_namespaces", "NamespaceMethods", STORE),
    Mirror("_collections", "AsyncCollectionsMethods", "Collections", "_collections", "CollectionMethods", STORE),
    Mirror("_vectors", "AsyncVectorMethods", "Vector indexes", "_vectors", "VectorMethods", STORE),
    Mirror("_graph", "AsyncGraphMethods", "The property graph", "_graph", "GraphMethods", STORE),
    Mirror("_temporal", "AsyncTemporalMethods", "The temporal graph", "_temporal", "TemporalMethods", STORE),
    Mirror("_caches", "AsyncCacheMethods", "Semantic caches", "_caches", "CacheMethods", STORE),
    Mirror("_checkpoints", "AsyncCheckpointMethods", "Checkpoints", "_checkpoints", "CheckpointMethods", STORE),
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
        "_namespace_methods",
        "AsyncNamespaceMethods",
        "The methods of a handle on a namespace",
        "_namespace",
        "Namespace",
        ("_namespace", "Namespace"),
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


class Source:
    """A module of the package: its text, its functions, and where the names in it come from."""

    def __init__(self, module: str) -> None:
        path = PACKAGE / f"{module}.py"
        self.module = module
        self.text = (path if path.exists() else path.with_suffix(".pyi")).read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.origins: Dict[str, Tuple[int, str]] = {}
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom):
                self.origins.update({each.name: (node.level, node.module or "") for each in node.names})
            elif isinstance(node, ast.Assign):
                self.origins.update({each.id: (1, module) for each in node.targets if isinstance(each, ast.Name)})

    def methods(self, kind: str) -> Iterator[ast.FunctionDef]:
        (found,) = (node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
        for node in found.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield node

    def segment(self, node: ast.AST) -> str:
        """The source of an annotation or a default, on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())


class Method(NamedTuple):
    """A method to write."""

    name: str
    parameters: List[str]
    names: List[str]
    result: str
    doc: str


def read_method(source: Source, node: ast.FunctionDef, doc: str) -> Method:
    """A sync method, taken apart."""
    given = node.args
    if given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg or node.decorator_list:
        raise SystemExit(f"{source.module}.{node.name}: only plain parameters are known here")
    arguments = given.args[1:]
    defaults = [None] * (len(arguments) - len(given.defaults)) + list(given.defaults)
    parameters = []
    for argument, default in zip(arguments, defaults):
        if argument.annotation is None:
            raise SystemExit(f"{source.module}.{node.name}: {argument.arg} has no type")
        text = f"{argument.arg}: {source.segment(argument.annotation)}"
        parameters.append(text if default is None else f"{text} = {source.segment(default)}")
    if node.returns is None:
        raise SystemExit(f"{source.module}.{node.name} has no type")
    return Method(node.name, parameters, [each.arg for each in arguments], source.segment(node.returns), doc)


def names_in(text: str) -> Set[str]:
    """The names that an annotation or a default uses."""
    parsed = ast.parse(f"def f(self, {text}): ...") if ":" in text else ast.parse(text)
    found = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)}
    return found - set(dir(__builtins__))


def fold(indent: int, head: str, items: List[str], tail: str) -> str:
    """Brackets with items, on as few lines as the width allows: all on one, the items on one, or a line for each."""
    space = " " * indent
    whole = f"{space}{head}({', '.join(items)}){tail}"
    if len(whole) <= WIDTH:
        return whole
    inner = f"{space}    {', '.join(items)}"
    if len(inner) <= WIDTH:
        return f"{space}{head}(\n{inner}\n{space}){tail}"
    lines = "".join(f"{space}    {item},\n" for item in items)
    return f"{space}{head}(\n{lines}{space}){tail}"


def write_method(method: Method, sync: str) -> str:
    """The awaited form of a method."""
    iterates = method.result.startswith("Iterator[")
    result = f"Async{method.result}" if iterates else method.result
    head = f"def {method.name}" if iterates else f"async def {method.name}"
    call = "return self._iterate" if iterates else "return await self._call"
    doc = method.doc.replace("= db.", "= await db.")
    return "\n".join(
        [
            fold(4, head, ["self", *method.parameters], f" -> {result}:"),
            f'        """{doc}"""',
            fold(8, call, [f"{sync}.{method.name}", *method.names], ""),
        ]
    )


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
            methods.append(read_method(source, node, ast.get_docstring(node, clean=False) or ""))
    wanted: Dict[Tuple[int, str], Set[str]] = {
        (2, "_mirror"): {"Mirror"},
        (1, mirror.sync[0]): {mirror.sync[1]},
    }
    origins: Dict[str, Tuple[int, str]] = {}
    for each in sources:
        origins.update(each.origins)
    for method in methods:
        for name in names_in(", ".join(method.parameters)) | names_in(method.result):
            origin = origins[name]
            written = "AsyncIterator" if name == "Iterator" else name
            wanted.setdefault(origin, set()).add(written)
    about = f'"""{mirror.about}, awaited. Written by scripts/write_async.py from ``{mirror.module}.py``."""'
    body = "\n\n".join(write_method(method, mirror.sync[1]) for method in methods)
    head = f'class {mirror.name}(Mirror[{mirror.sync[1]}]):\n    """:class:`{mirror.kind}`, awaited."""'
    return f"{about}\n\n{write_imports(wanted)}\n\n\n{head}\n\n{body}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    stale = []
    for mirror in MIRRORS:
        path = PACKAGE / "_async" / f"{mirror.target}.py"
        text = write_file(mirror)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"not what {Path(__file__).name} writes: {', '.join(stale)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
