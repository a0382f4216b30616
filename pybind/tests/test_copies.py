"""Everything that the package gives or raises can be copied and pickled, whole."""

import copy
import dataclasses
import inspect
import pickle
from enum import Enum
from typing import Any, Callable, Dict, List

import pytest

import toondb
from toondb import Database, GraphEdge, GraphNode, Subgraph, TemporalEdge, TemporalSubgraph
from toondb._errors import ErrorCode, from_code

NODE = GraphNode("a", "person", {"name": "Ada", "bytes": b"\0", "list": [1, 2.5, None]})
EDGE = GraphEdge("a", "KNOWS", "b", {"since": 2020})
FACT = TemporalEdge("a", "IS", "b", 1, 0, {}, 3, 4)

MADE: Dict[str, Callable[[], Any]] = {
    "AddedIds": lambda: toondb.AddedIds(["a", "b"], ["b"]),
    "Affected": lambda: toondb.Affected(2, ["a", "b"]),
    "LogEntry": lambda: toondb.LogEntry(1, b"v"),
    "PrefixEntry": lambda: toondb.PrefixEntry(b"a/", True),
    "Subgraph": lambda: Subgraph([NODE], [EDGE], truncated=True),
    "TemporalSubgraph": lambda: TemporalSubgraph([NODE], [FACT], truncated=True),
    "Rendered": lambda: toondb.Rendered("text", "json", 3, 4, b"cursor", True),
    "ArrowStream": lambda: toondb.ArrowStream(b"bytes", 3, b"cursor", True),
    "History": lambda: toondb.History([FACT]),
    "Rows": lambda: toondb.Rows([NODE, EDGE]),
    "Context": lambda: toondb.Context("text", 2, [toondb.SectionResult("s", 1, 2, 3, 4, True, "c")]),
    "Section": lambda: toondb.Section("s", "text", 1, ["id"]),
}
"""What is made by more than giving each field a value."""

HANDLES = {
    "AsyncCollection", "AsyncDatabase", "AsyncIpcClient", "AsyncNamespace", "AsyncSnapshot", "AsyncToonDBClient", "AsyncTransaction",
    "Collection", "Database", "IpcClient", "Namespace", "Query", "Snapshot", "ToonDBClient", "Transaction", "WriteBatch",
}  # fmt: skip
"""What belongs to an open connection, or is still being built: these refuse."""

NO_VALUES = {"FormatCapabilities"}

CLASSES: List[str] = [name for name in toondb.__all__ if inspect.isclass(getattr(toondb, name))]


def values(name: str) -> List[Any]:
    kind = getattr(toondb, name)
    if name in MADE:
        return [MADE[name]()]
    if issubclass(kind, Enum):
        return list(kind)
    if issubclass(kind, BaseException):
        coded = [from_code(code.value, "what to do") for code in ErrorCode]
        return [kind("what to do"), *(error for error in coded if type(error) is kind)]
    if dataclasses.is_dataclass(kind):
        return [kind(*([f"{field.name}"] for field in dataclasses.fields(kind)))]
    return []


def state(value: Any) -> Any:
    """All of a value: what equality does not look at, too."""
    return type(value), getattr(value, "__dict__", None), value if not isinstance(value, BaseException) else value.args


@pytest.mark.parametrize("name", [name for name in CLASSES if name not in HANDLES | NO_VALUES])
def test_values(name: str) -> None:
    found = values(name)
    assert found, f"{name} is new: give it a value in MADE, or say in HANDLES that it has none"
    for value in found:
        copies = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for again in [*copies, copy.copy(value), copy.deepcopy(value)]:
            assert state(again) == state(value), name


def test_a_deep_copy_is_its_own() -> None:
    walk = Subgraph([NODE], [EDGE])
    again = copy.deepcopy(walk)
    again.nodes[0].properties["name"] = "Grace"
    assert walk.nodes[0].properties["name"] == "Ada"


def test_handles_refuse_at_once(database: Database) -> None:
    made = [
        database,
        database.transaction(),
        toondb.WriteBatch(),
        toondb.Query.scan(),
    ]
    for handle in made:
        with pytest.raises(TypeError):
            pickle.dumps(handle)
