"""Methods of the package's classes as text: what write_overloads.py and write_async.py share."""

import argparse
import ast
import builtins
import sys
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

PACKAGE = Path(__file__).resolve().parents[1] / "python" / "toondb"
WIDTH = 120


def is_overload(node: ast.FunctionDef) -> bool:
    """True for one of several typed forms of a method, whose body is elsewhere."""
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


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
            elif isinstance(node, ast.ClassDef):
                self.origins[node.name] = (1, module)
            elif isinstance(node, ast.Assign):
                self.origins.update({each.id: (1, module) for each in node.targets if isinstance(each, ast.Name)})

    def methods(self, kind: str) -> Iterator[ast.FunctionDef]:
        (found,) = (node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
        for node in found.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not is_overload(node):
                yield node

    def native_result(self, kind: str, name: str) -> str:
        """What a read in formats gives without one: the result of its first overload, or its own if it has none yet."""
        (found,) = (node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
        first = next(node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == name)
        assert first.returns is not None
        return self.segment(first.returns)

    def segment(self, node: ast.AST) -> str:
        """The source of an annotation or a default, on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())


class Method(NamedTuple):
    """A method to write. ``parameters`` and ``keywords`` (those behind the star) are texts with types and defaults."""

    name: str
    parameters: List[str]
    names: List[str]
    keywords: List[str]
    keyword_names: List[str]
    result: str
    doc: str

    @property
    def is_formatted(self) -> bool:
        """True for a read whose rows can be asked for in a format."""
        return {"format", "columns"} <= set(self.keyword_names)

    @property
    def signature(self) -> List[str]:
        """All parameters, as they stand between the brackets."""
        return ["self", *self.parameters, *(["*"] if self.keywords else []), *self.keywords]

    @property
    def arguments(self) -> List[str]:
        """What a call hands on: positions by position, keywords by name."""
        return [*self.names, *(f"{name}={name}" for name in self.keyword_names)]


def read_method(source: Source, node: ast.FunctionDef, doc: str) -> Method:
    """A sync method, taken apart."""
    given = node.args
    if given.posonlyargs or given.vararg or given.kwarg or any(map(is_unknown_decorator, node.decorator_list)):
        raise SystemExit(f"{source.module}.{node.name}: only plain parameters are known here")
    arguments = given.args[1:]
    defaults = [None] * (len(arguments) - len(given.defaults)) + list(given.defaults)
    if node.returns is None:
        raise SystemExit(f"{source.module}.{node.name} has no type")
    return Method(
        node.name,
        [parameter(source, node, *pair) for pair in zip(arguments, defaults)],
        [each.arg for each in arguments],
        [parameter(source, node, *pair) for pair in zip(given.kwonlyargs, given.kw_defaults)],
        [each.arg for each in given.kwonlyargs],
        source.segment(node.returns),
        doc,
    )


def is_unknown_decorator(node: ast.expr) -> bool:
    """True for any decorator but ``overload``."""
    return not (isinstance(node, ast.Name) and node.id == "overload")


def parameter(source: Source, node: ast.FunctionDef, argument: ast.arg, default: Optional[ast.expr]) -> str:
    """A parameter with its type and default."""
    if argument.annotation is None:
        raise SystemExit(f"{source.module}.{node.name}: {argument.arg} has no type")
    text = f"{argument.arg}: {source.segment(argument.annotation)}"
    return text if default is None else f"{text} = {source.segment(default)}"


def overloads(method: Method, head: str, native: str, rendered: str) -> List[str]:
    """The typed forms of a read in formats: without one, with one of text, and with anything."""
    others = method.keywords[len(["format", "columns"]) :]
    plain = ["self", *method.parameters, "*", "format: None = None", "columns: None = None"]
    columns = next(each for each in method.keywords if each.startswith("columns:"))
    text = ["self", *method.parameters, "*", "format: TextFormat", columns, *others]
    forms = [(plain, native), (text, rendered), (method.signature, "Any")]
    return [f"    @overload\n{fold(4, head, items, f' -> {result}: ...')}" for items, result in forms]


def names_in(text: str) -> Set[str]:
    """The names that an annotation or a default uses."""
    parsed = ast.parse(f"def f(self, {text}): ...") if ":" in text else ast.parse(text)
    found = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)}
    return found - set(dir(builtins))


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


def write(about: Optional[str], files: Iterable[Tuple[Path, str]]) -> int:
    """The whole of a script: writes the files that differ from their texts, or with --check only names them. Gives the
    exit code.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    stale = []
    for path, text in files:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"not what {Path(sys.argv[0]).name} writes: {', '.join(stale)}")
    return 1 if check and stale else 0
