#!/usr/bin/env python3
"""Writes the typed forms of the reads that can give their rows in a format.

    python pybind/scripts/write_overloads.py [--check]

A read with the keywords ``format`` and ``columns`` gives its native objects, a ``Rendered``, or something else, by what
it is asked for. Each such method of a sync class gets three overloads, written above it. A new method is written with
its native result as its type; this script makes the overloads of it. With --check nothing is written: the exit code
says whether the files are what would be written.
"""

import ast
import sys
from typing import List, Tuple

from signatures import PACKAGE, Source, fold, is_overload, overloads, read_method, write

CLASSES: List[Tuple[str, str]] = [
    ("_keys", "KeyMethods"),
    ("_collections", "CollectionMethods"),
    ("_vectors", "VectorMethods"),
    ("_graph", "GraphMethods"),
    ("_temporal", "TemporalMethods"),
    ("_namespace_keys", "NamespaceKeys"),
    ("_namespace_graph", "NamespaceGraph"),
    ("_namespace_temporal", "NamespaceTemporal"),
    ("_collection", "Collection"),
]


def first_line(node: ast.FunctionDef) -> int:
    """The first line of a method, counted from 0, decorators included."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1


def write_file(module: str, kind: str) -> str:
    """The whole text of a module, with overloads."""
    source = Source(module)
    lines = source.text.splitlines()
    (found,) = (node for node in source.tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    for node in reversed(list(source.methods(kind))):
        method = read_method(source, node, "")
        if not method.is_formatted:
            continue
        native = source.native_result(kind, node.name)
        forms = overloads(method, f"def {node.name}", native, "Rendered")
        head = fold(4, f"def {node.name}", method.signature, " -> Any:")
        older = [each for each in found.body if isinstance(each, ast.FunctionDef) and each.name == node.name]
        start = min(first_line(each) for each in older if each is node or is_overload(each))
        lines[start : node.body[0].lineno - 1] = "\n\n".join([*forms, head]).split("\n")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(write(__doc__, ((PACKAGE / f"{module}.py", write_file(module, kind)) for module, kind in CLASSES)))
