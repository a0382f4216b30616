"""The documented Python API, name by name: every signature, default and dataclass field works as written.

The contract is copied here as text; where the document itself is at hand, the copy is compared with it.
"""

import ast
import dataclasses
import inspect
import re
from enum import Enum
from pathlib import Path
from typing import Dict, List, Set, Tuple

import pytest

import toondb
from toondb import Database, IpcClient, ToonDBClient

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "reference" / "toondb-python-sdk-readme.txt"

METHODS = """
create_index(name: str, dimension: int, metric: str = "cosine") -> bool
insert_vectors(index_name: str, ids: List[int], vectors: List[List[float]]) -> bool
search(index_name: str, query: List[float], k: int = 10) -> List[SearchResult]
create_collection(name: str, dimension: int, namespace: str = "default") -> bool
add_documents(collection_name: str, documents: List[Dict], namespace: str = "default") -> List[str]
search_collection(collection_name: str, query: List[float], k: int = 10, namespace: str = "default", filter: Optional[Dict] = None) -> List[Document]
add_node(node_id: str, node_type: str, properties: Optional[Dict] = None, namespace: str = "default") -> bool
add_edge(from_id: str, edge_type: str, to_id: str, properties: Optional[Dict] = None, namespace: str = "default") -> bool
traverse(start_node: str, max_depth: int = 3, edge_types: Optional[List[str]] = None, namespace: str = "default") -> Tuple[List[GraphNode], List[GraphEdge]]
create_namespace(name: str, metadata: Optional[Dict] = None) -> bool
list_namespaces() -> List[str]
put_kv(key: str, value: bytes, namespace: str = "default") -> bool
get_kv(key: str, namespace: str = "default") -> Optional[bytes]
add_temporal_edge(namespace: str, from_id: str, edge_type: str, to_id: str, valid_from: int, valid_until: int = 0, properties: Optional[Dict] = None) -> bool
query_temporal_graph(namespace: str, node_id: str, mode: str = "POINT_IN_TIME", timestamp: int = None, start_time: int = None, end_time: int = None, edge_types: List[str] = None) -> List[TemporalEdge]
"""

DATACLASSES = {
    "SearchResult": ["id", "distance"],
    "Document": ["id", "content", "embedding", "metadata"],
    "GraphNode": ["id", "node_type", "properties"],
    "GraphEdge": ["from_id", "edge_type", "to_id", "properties"],
    "TemporalEdge": ["from_id", "edge_type", "to_id", "valid_from", "valid_until", "properties"],
}

ENUMS = {
    "WireFormat": {"TOON": "toon", "JSON": "json", "COLUMNAR": "columnar"},
    "ContextFormat": {"TOON": "toon", "JSON": "json", "MARKDOWN": "markdown"},
}

ERRORS = ["ToonDBError", "ConnectionError", "TransactionError", "ProtocolError", "DatabaseError"]

KINDS: List[type] = [Database, IpcClient, ToonDBClient]

Signature = Tuple[List[Tuple[str, object]], str]


def signatures(text: str) -> Dict[str, Signature]:
    """Each method's parameters with their defaults (``...`` = none), and its result."""
    found = {}
    for line in text.strip().splitlines():
        function = ast.parse(f"def {line}: ...").body[0]
        assert isinstance(function, ast.FunctionDef) and function.returns is not None
        names = [argument.arg for argument in function.args.args]
        defaults: List[object] = [ast.literal_eval(default) for default in function.args.defaults]
        padded = [...] * (len(names) - len(defaults)) + defaults
        found[function.name] = (list(zip(names, padded)), ast.unparse(function.returns))
    return found


def document() -> str:
    if not DOCUMENT.exists():
        pytest.skip("the document is not at hand")
    return DOCUMENT.read_text()


OPTIONAL = {("create_collection", "dimension")}
"""What the contract demands and may be left out here: then it is None."""


@pytest.mark.parametrize("name", signatures(METHODS))
@pytest.mark.parametrize("kind", KINDS)
def test_methods(kind: type, name: str) -> None:
    wanted, _ = signatures(METHODS)[name]
    parameters = list(inspect.signature(getattr(kind, name)).parameters.values())[1:]
    # Whatever takes all other names by keyword may get none.
    parameters = [each for each in parameters if each.kind is not each.VAR_KEYWORD]
    ours = [(each.name, ... if each.default is each.empty else each.default) for each in parameters]
    demanded = [(each, None if (name, each) in OPTIONAL else default) for each, default in wanted]
    assert ours[: len(wanted)] == demanded
    assert all(default is not ... for _, default in ours[len(wanted) :]), "what is added has defaults"


def test_methods_shown_only_in_use() -> None:
    parameters = inspect.signature(Database.batch_put).parameters
    assert list(parameters)[1] == "entries" and all(
        each.default is not each.empty for each in list(parameters.values())[2:]
    )
    assert list(inspect.signature(Database.open).parameters) == ["path"]
    assert list(inspect.signature(IpcClient.connect).parameters)[0] == "path"
    assert list(inspect.signature(Database.put).parameters)[:3] == ["self", "key", "value"]
    assert list(inspect.signature(Database.get).parameters)[:2] == ["self", "key"]


def test_every_kind_of_client_has_the_same_methods() -> None:
    def public(kind: type) -> Set[str]:
        return {name for name in dir(kind) if not name.startswith("_")} - {"open", "connect"}

    for kind in KINDS:
        assert public(kind) == public(Database)


def test_the_constructor() -> None:
    wanted = signatures('ToonDBClient(address: str = "localhost:50051", secure: bool = False) -> None')["ToonDBClient"][
        0
    ]
    given = list(inspect.signature(ToonDBClient).parameters.values())
    assert [(each.name, each.default) for each in given][:2] == wanted
    assert all(each.default is None for each in given[2:])


@pytest.mark.parametrize("name", DATACLASSES)
def test_dataclasses(name: str) -> None:
    fields = dataclasses.fields(getattr(toondb, name))
    assert [field.name for field in fields][: len(DATACLASSES[name])] == DATACLASSES[name]
    for added in fields[len(DATACLASSES[name]) :]:
        assert added.default is not dataclasses.MISSING or added.default_factory is not dataclasses.MISSING


@pytest.mark.parametrize("name", ENUMS)
def test_enums(name: str) -> None:
    kind = getattr(toondb, name)
    assert issubclass(kind, Enum)
    assert {each.name: each.value for each in kind} == ENUMS[name]


def test_errors() -> None:
    for name in ERRORS:
        assert issubclass(getattr(toondb, name), toondb.ToonDBError)


def test_everything_public_is_documented() -> None:
    for name in toondb.__all__:
        thing = getattr(toondb, name)
        if not inspect.isclass(thing):
            continue
        assert thing.__doc__, name
        for member, value in inspect.getmembers(thing, callable):
            if not member.startswith("_"):
                assert value.__doc__, f"{name}.{member}"


def test_the_copy_of_the_methods_is_the_documents() -> None:
    text = document()
    blocks = re.findall(
        r"client\.(\w+)\(\n((?:\w+: .*\n)+)\) -> ([^\n#]*?)(?=#|[A-Z][\w-]* Operations|Use Cases|\n|$)", text
    )
    lines = []
    for name, body, result in blocks:
        parameters = ", ".join(line.split("#")[0].strip().rstrip(",") for line in body.strip().splitlines())
        if parameters.endswith("None") or "..." not in parameters:
            lines.append(f"{name}({parameters}) -> {balanced(result)}")
    ours = signatures(METHODS)
    theirs = signatures("\n".join(lines))
    assert len(theirs) >= 13
    for name, signature in theirs.items():
        assert ours[name] == signature, name


def balanced(result: str) -> str:
    """A result type; the document's text runs on behind it without a line break."""
    end = re.match(r"(bool|\w+\[.*\])", result.strip())
    assert end is not None, result
    return end.group(1)


def test_the_copy_of_the_rest_is_the_documents() -> None:
    text = document()
    for name, fields in DATACLASSES.items():
        body = text.split(f"class {name}:\n", 1)[1]
        assert re.findall(r"^(\w+): ", body.split("@dataclass")[0].split("class ")[0], re.M)[: len(fields)] == fields
    for name, members in ENUMS.items():
        body = text.split(f"class {name}(Enum):\n", 1)[1]
        assert dict(re.findall(r'^([A-Z]+) = "(\w+)"', body, re.M)[: len(members)]) == members
    for name in ERRORS:
        assert re.search(f"{name} ?- ", text), name
