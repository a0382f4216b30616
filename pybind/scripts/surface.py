"""Methods taken from source, and modules of methods that follow from them: what ``write_surface.py`` writes with."""

import ast
import builtins
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

PACKAGE = Path(__file__).resolve().parents[1] / "python" / "toondb"
WIDTH = 120

ABOUT = '"""{}\n\nWritten by scripts/write_surface.py: change the method where it is written by hand, and run that again.\n"""'


class Parameter(NamedTuple):
    """A parameter: its name, its type, its default if it has one."""

    name: str
    type: str
    default: Optional[str]

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" + ("" if self.default is None else f" = {self.default}")


class Method(NamedTuple):
    """A method, taken apart: parameters by position, parameters by keyword, what it gives, what carries it out."""

    module: str
    kind: str
    name: str
    positions: List[Parameter]
    keywords: List[Parameter]
    result: str
    doc: str
    overloads: List["Method"]
    is_stepwise: bool
    is_rows: bool
    others: Optional[Parameter] = None
    """What takes all other parameters by keyword, if anything does."""

    def without(self, *names: str) -> "Method":
        """The same without some parameters."""
        kept = [[each for each in group if each.name not in names] for group in (self.positions, self.keywords)]
        overloads = [each.without(*names) for each in self.overloads]
        return self._replace(positions=kept[0], keywords=kept[1], overloads=overloads)

    def has(self, name: str) -> bool:
        return any(each.name == name for each in self.positions + self.keywords)

    @property
    def signature(self) -> List[str]:
        """All parameters, as they stand between the brackets."""
        star = ["*"] if self.keywords else []
        others = [f"**{self.others}"] if self.others else []
        return [*map(str, self.positions), *star, *map(str, self.keywords), *others]

    def call(self, function: str, given: Dict[str, str], first: Sequence[str] = ()) -> str:
        """A call that hands everything on, but for what is ``given``."""
        positions = [given.get(each.name, each.name) for each in self.positions]
        keywords = [f"{each.name}={given.get(each.name, each.name)}" for each in self.keywords]
        keywords += [f"**{self.others.name}"] if self.others else []
        return f"{function}({', '.join([*first, *positions, *keywords])})"


class Source:
    """A module of the package: its classes, and where the names in it come from."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.text = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.origins: Dict[str, Tuple[int, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                self.origins.update({each.name: (node.level, node.module or "") for each in node.names})
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                self.origins[node.name] = (1, module)
            elif isinstance(node, ast.Assign):
                self.origins.update({each.id: (1, module) for each in node.targets if isinstance(each, ast.Name)})

    def segment(self, node: Optional[ast.AST]) -> str:
        """The source of an annotation or a default, on one line."""
        text = " ".join((ast.get_source_segment(self.text, node) or "").split()) if node else "None"
        return text[1:-1] if text.startswith('"') and text.endswith('"') and "[" in text else text

    def methods(self, kind: str) -> Iterator[Method]:
        """The public methods of a class, in their order."""
        (found,) = (node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
        overloads: List[Method] = []
        for node in found.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if decorated(node, "overload"):
                overloads.append(self.method(kind, node, []))
            elif not decorated(node, "property"):
                yield self.method(kind, node, overloads)
                overloads = []

    def method(self, kind: str, node: ast.FunctionDef, overloads: List[Method]) -> Method:
        given = node.args
        if given.posonlyargs or given.vararg:
            raise SystemExit(f"{self.module}.{node.name}: only plain parameters are known here")
        arguments = given.args[1:]
        defaults = [None] * (len(arguments) - len(given.defaults)) + list(given.defaults)
        result = self.segment(node.returns)
        if decorated(node, "steps"):
            result = result[len("Steps[") : -1]
        called = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
        calls = {each.attr for each in called if isinstance(each.value, ast.Name) and each.value.id == "self"}
        return Method(
            self.module,
            kind,
            node.name,
            [self.parameter(*pair) for pair in zip(arguments, defaults)],
            [self.parameter(*pair) for pair in zip(given.kwonlyargs, given.kw_defaults)],
            result,
            ast.get_docstring(node, clean=False) or "",
            overloads,
            decorated(node, "steps"),
            bool(calls & {"_rows", "_pages", "_all"}),
            self.parameter(given.kwarg, None) if given.kwarg else None,
        )

    def parameter(self, argument: ast.arg, default: Optional[ast.expr]) -> Parameter:
        assert argument.annotation is not None, f"{self.module}: {argument.arg} has no type"
        return Parameter(argument.arg, self.segment(argument.annotation), self.segment(default) if default else None)


@lru_cache(maxsize=None)
def source(module: str) -> Source:
    """A module of the package, read once."""
    return Source(module)


def decorated(node: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in node.decorator_list)


def names_in(text: str) -> Set[str]:
    """The names that an annotation or a default uses."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} - set(dir(builtins))


def fold(indent: int, head: str, items: Sequence[str], tail: str) -> str:
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


def folded(indent: int, head: str, call: str, wrapper: Optional[str] = None) -> str:
    """A statement: ``head``, and a call, inside another one if there is a ``wrapper``."""
    space = " " * indent
    inner = f"{wrapper}{call})" if wrapper else call
    if indent + len(head) + len(inner) <= WIDTH:
        return f"{space}{head}{inner}"
    function, arguments = call[:-1].split("(", 1)
    if function.endswith("cast") or not wrapper:
        return fold(indent, f"{head}{wrapper or ''}{function}", split_arguments(arguments), ")" if wrapper else "")
    return f"{space}{head}{wrapper}\n{fold(indent + 4, function, split_arguments(arguments), '')}\n{space})"


def split_arguments(text: str) -> List[str]:
    """Arguments of a call; only ``cast(Any, self)`` has a comma of its own."""
    return [each.replace("\0", ", ") for each in text.replace("cast(Any, self)", "cast(Any\0self)").split(", ")]


class Module:
    """A module that is written: a class, its methods, and the imports that they need."""

    def __init__(self, file: str, about: str, head: str, doc: str) -> None:
        self.file = file
        self.about = about
        self.head = head
        self.doc = doc
        self.methods: List[str] = []
        self.imports: Dict[Tuple[int, str], Set[str]] = {}

    def use(self, level: int, module: str, *names: str) -> None:
        self.imports.setdefault((level, module), set()).update(names)

    def add(self, method: Method, result: str, body: str, prefix: str = "def", decorator: str = "") -> None:
        """Adds a method; ``result`` and ``prefix`` are what it has here."""
        used: Set[str] = set()
        for each in [*method.positions, *method.keywords, *([method.others] if method.others else [])]:
            used |= names_in(each.type) | (names_in(each.default) if each.default else set())
        used |= names_in(result)
        for overload in method.overloads:
            used |= names_in(overload.result)
        origins = source(method.module).origins
        for name in used - {"AsyncPages"}:
            level, module = origins[name]
            if module.startswith("_generated."):
                # It stands beside this one, or is this one.
                if module != f"_generated.{self.file}":
                    self.use(1, module.split(".")[1], name)
            else:
                self.use(level + 1 if level else 0, module, name)
        first = [] if decorator else ["self"]
        parts = [
            f"    @overload\n{fold(4, f'{prefix} {method.name}', [*first, *each.signature], f' -> {each.result}: ...')}"
            for each in method.overloads
        ]
        if parts:
            self.use(0, "typing", "overload")
        space = " " * 8
        doc = f'{space}"""{method.doc}"""'
        head = fold(4, f"{prefix} {method.name}", [*first, *method.signature], f" -> {result}:")
        marked = f"    {decorator}\n{head}" if decorator else head
        parts.append(f"{marked}\n{doc}\n{body}")
        self.methods.append("\n\n".join(parts))

    def text(self, tail: str = "") -> str:
        lines = []
        for level in (0, 2, 1):
            for (each, module), names in sorted(self.imports.items()):
                if each == level:
                    origin = "." * level + module
                    one = f"from {origin} import {', '.join(sorted(names, key=sort_key))}"
                    if len(one) > WIDTH:
                        one = f"from {origin} import (\n" + "".join(
                            f"    {name},\n" for name in sorted(names, key=sort_key)
                        ) + ")"
                    lines.append(one)
            if lines and lines[-1]:
                lines.append("")
        imports = "\n".join(lines).strip()
        methods = "\n\n".join(self.methods)
        return f'{ABOUT.format(self.about)}\n\n{imports}\n\n\n{self.head}\n    """{self.doc}"""\n\n{methods}\n{tail}'


def sort_key(name: str) -> Tuple[int, str]:
    """The order of imported names: constants, classes, functions."""
    rank = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return rank, name
