"""The code of the document, run as written but for paths, addresses and the numbers of vectors.

What the document shows with ToonDBClient holds for every kind of client, and is run with each.
"""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

import pytest

import toondb
from toondb import ConnectionError, Document, GraphEdge, GraphNode, IpcClient, SearchResult, TemporalEdge

import test_contract
from conftest import Server

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "reference" / "toondb-python-sdk-readme.txt"

EMBEDDED = """
from toondb import Database
# Open database with direct FFI bindings
with Database.open("./mydb") as db:
    # Key-value operations
    db.put(b"key", b"value")
    value = db.get(b"key")
    # Namespaces
    ns = db.namespace("tenant_123")
    collection = ns.collection("documents", dimension=384)
    # Temporal graphs (NEW in 0.3.4)
    import time
    now = int(time.time() * 1000)
    db.add_temporal_edge(
        namespace="smart_home",
        from_id="door_front",
        edge_type="STATE",
        to_id="open",
        valid_from=now - 3600000, # 1 hour ago
        valid_until=now,
        properties={"sensor": "motion_1"}
    )
    # Time-travel query: "Was door open 30 minutes ago?"
    edges = db.query_temporal_graph(
        namespace="smart_home",
        node_id="door_front",
        mode="POINT_IN_TIME",
        timestamp=now - 1800000 # 30 minutes ago
    )
"""

IPC = """
from toondb import IpcClient
# Connect via Unix socket
client = IpcClient.connect("/tmp/toondb.sock")
# Same API as ToonDBClient
client.put(b"key", b"value")
value = client.get(b"key")
"""

COLLECTION = """
from toondb import ToonDBClient
# Connect to server
client = ToonDBClient("localhost:50051")
# Create a vector collection
client.create_collection("documents", dimension=384)
# Add documents with embeddings
documents = [
    {
        "id": "doc1",
        "content": "Machine learning tutorial",
        "embedding": [0.1, 0.2, ...], # 384-dimensional vector
        "metadata": {"category": "AI"}
    }
]
client.add_documents("documents", documents)
# Search for similar documents
query_vector = [0.15, 0.25, ...] # 384-dimensional
results = client.search_collection("documents", query_vector, k=5)
for result in results:
    print(f"Score: {result.score}, Content: {result.content}")
"""

FILTERED = """
# Search with metadata filtering
results = client.search_collection(
    "documents",
    query_vector,
    k=10,
    filter={"category": "AI", "year": "2024"}
)
"""

BATCH_VECTORS = """
# Insert multiple vectors at once
ids = list(range(1000))
vectors = [[...] for _ in range(1000)] # 1000 vectors
client.insert_vectors("my_index", ids, vectors)
"""

TIME_TRAVEL = """
import time
from toondb import ToonDBClient
client = ToonDBClient("localhost:50051")
# Record that door was open from 10:00 to 11:00
now = int(time.time() * 1000)
one_hour = 60 * 60 * 1000
client.add_temporal_edge(
    namespace="agent_memory",
    from_id="door_1",
    edge_type="is_open",
    to_id="room_5",
    valid_from=now,
    valid_until=now + one_hour
)
# Query: "Was door_1 open 30 minutes ago?"
thirty_min_ago = now - (30 * 60 * 1000)
edges = client.query_temporal_graph(
    namespace="agent_memory",
    node_id="door_1",
    mode="POINT_IN_TIME",
    timestamp=thirty_min_ago
)
print(f"Door was open: {len(edges) > 0}")
# Query: "What changed in the last hour?"
edges = client.query_temporal_graph(
    namespace="agent_memory",
    node_id="door_1",
    mode="RANGE",
    start_time=now - one_hour,
    end_time=now
)
"""

PAIRS = """
# Batch operations (atomic)
client.batch_put([
    (b"key1", b"value1"),
    (b"key2", b"value2"),
])
"""

ATOMIC = """
from toondb import ToonDBClient
client = ToonDBClient("localhost:50051")
# All operations succeed or all fail atomically
client.batch_put([
    (b"user:alice:email", b"alice@example.com"),
    (b"user:alice:age", b"30"),
    (b"user:alice:created", b"2026-01-07"),
])
# If server crashes mid-batch, none of the writes persist
"""

ERRORS = """
from toondb import ToonDBError, ConnectionError
try:
    client = ToonDBClient("localhost:50051")
    client.create_collection("test", dimension=128)
except ConnectionError as e:
    print(f"Cannot connect to server: {e}")
except ToonDBError as e:
    print(f"ToonDB error: {e}")
"""

SECURE = """
client = ToonDBClient("api.example.com:50051", secure=True)
"""

FORMATS = """
from toondb import WireFormat, ContextFormat, FormatCapabilities
# Parse format from string
wire = WireFormat.from_string("json") # WireFormat.JSON
# Convert between formats
ctx = FormatCapabilities.wire_to_context(WireFormat.JSON)
# Returns: ContextFormat.JSON
# Check round-trip support
supports = FormatCapabilities.supports_round_trip(WireFormat.TOON)
# Returns: True (TOON and JSON support round-trip)
"""

PROMPT = """
from toondb import WireFormat, ContextFormat, FormatCapabilities
# Query results come in WireFormat
query_format = WireFormat.TOON # 40-66% fewer tokens than JSON
# Convert to ContextFormat for LLM prompt
ctx_format = FormatCapabilities.wire_to_context(query_format)
# Returns: ContextFormat.TOON
# TOON format example:
# user:alice|email:alice@example.com,age:30
# vs JSON:
# {"user":"alice","email":"alice@example.com","age":30}
# Check if format supports decode(encode(x)) = x
is_lossless = FormatCapabilities.supports_round_trip(WireFormat.TOON)
# Returns: True (TOON and JSON are lossless)
"""

BLOCKS = {name: text for name, text in list(globals().items()) if name.isupper() and isinstance(text, str)}

# One call of every method that the document gives a signature for, in an order in which they succeed, and what each
# gives back. The names of the arguments are the document's.
CALLS: List[Tuple[str, Dict[str, Any], Callable[[Any], bool]]] = [
    ("create_namespace", {"name": "doc", "metadata": {"owner": "ada"}}, lambda given: given is True),
    ("list_namespaces", {}, lambda given: "doc" in given),
    ("create_index", {"name": "doc_index", "dimension": 2, "metric": "cosine"}, lambda given: given is True),
    (
        "insert_vectors",
        {"index_name": "doc_index", "ids": [1, 2], "vectors": [[1.0, 0.0], [0.0, 1.0]]},
        lambda given: given is True,
    ),
    (
        "search",
        {"index_name": "doc_index", "query": [1.0, 0.1], "k": 1},
        lambda given: isinstance(given[0], SearchResult) and given[0].id == 1,
    ),
    ("create_collection", {"name": "c", "dimension": 2, "namespace": "doc"}, lambda given: given is True),
    (
        "add_documents",
        {
            "collection_name": "c",
            "documents": [{"id": "d", "content": "text", "embedding": [1.0, 0.0], "metadata": {"year": "2024"}}],
            "namespace": "doc",
        },
        lambda given: given == ["d"],
    ),
    (
        "search_collection",
        {"collection_name": "c", "query": [1.0, 0.0], "k": 10, "namespace": "doc", "filter": {"year": "2024"}},
        lambda given: isinstance(given[0], Document) and given[0].content == "text",
    ),
    (
        "add_node",
        {"node_id": "a", "node_type": "person", "properties": {"name": "Ada"}, "namespace": "doc"},
        lambda given: given is True,
    ),
    (
        "add_edge",
        {"from_id": "a", "edge_type": "KNOWS", "to_id": "a", "properties": {"since": "2020"}, "namespace": "doc"},
        lambda given: given is True,
    ),
    (
        "traverse",
        {"start_node": "a", "max_depth": 3, "edge_types": ["KNOWS"], "namespace": "doc"},
        lambda given: (
            isinstance(given, tuple) and isinstance(given[0][0], GraphNode) and isinstance(given[1][0], GraphEdge)
        ),
    ),
    ("put_kv", {"key": "k", "value": b"v", "namespace": "doc"}, lambda given: given is True),
    ("get_kv", {"key": "k", "namespace": "doc"}, lambda given: given == b"v"),
    (
        "add_temporal_edge",
        {
            "namespace": "doc",
            "from_id": "door",
            "edge_type": "STATE",
            "to_id": "open",
            "valid_from": 1_000,
            "valid_until": 2_000,
            "properties": {"sensor": "motion_1"},
        },
        lambda given: given is True,
    ),
    (
        "query_temporal_graph",
        {
            "namespace": "doc",
            "node_id": "door",
            "mode": "RANGE",
            "timestamp": None,
            "start_time": 0,
            "end_time": 1_500,
            "edge_types": ["STATE"],
        },
        lambda given: isinstance(given[0], TemporalEdge) and given[0].to_id == "open",
    ),
]


class Peer(NamedTuple):
    """A class of the package that stands where the document has ToonDBClient, and what opens one."""

    name: str
    address: str

    def open(self) -> Any:
        return getattr(toondb, self.name)(self.address)


@pytest.fixture(params=["embedded", "socket", "grpc"])
def peer(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Peer:
    """Each kind of client, with nothing yet under the names that the document uses."""
    if request.param == "embedded":
        return Peer("Database", str(tmp_path / "data"))
    if request.param == "grpc":
        found = Peer("ToonDBClient", server.address)
    else:
        found = Peer("IpcClient", server.socket)
    with found.open() as client:
        for name in {"doc", "agent_memory"} & set(client.list_namespaces()):
            client.delete_namespace(name)
        for name in ("documents", "test"):
            client.drop_collection(name)
        for name in ("my_index", "doc_index"):
            client.drop_index(name)
    return found


def run(block: str, replacements: Dict[str, str], **names: object) -> Dict[str, Any]:
    for written, meant in replacements.items():
        assert written in block
        block = block.replace(written, meant)
    scope: Dict[str, Any] = dict(names)
    exec(compile(block, "<the document>", "exec"), scope)
    return scope


def run_with(peer: Peer, block: str, replacements: Dict[str, str], **names: object) -> Dict[str, Any]:
    """Runs a block that connects by itself: only the address is another one, and for the other kinds the class."""
    connecting = {'"localhost:50051"': repr(peer.address), "ToonDBClient": peer.name}
    return run(block, {**replacements, **connecting}, **names)


@pytest.mark.parametrize("name", BLOCKS)
def test_the_copies_are_the_documents(name: str) -> None:
    if not DOCUMENT.exists():
        pytest.skip("the document is not at hand")
    # The document at hand has lost its indentation and some line breaks.
    text = "".join(DOCUMENT.read_text().split())
    for line in BLOCKS[name].split("\n"):
        assert "".join(line.split()) in text, line


def test_embedded(tmp_path: Path) -> None:
    scope = run(EMBEDDED, {'"./mydb"': repr(str(tmp_path / "mydb"))})
    assert scope["value"] == b"value"
    (edge,) = scope["edges"]
    now = scope["now"]
    assert isinstance(edge, TemporalEdge) and isinstance(now, int)
    assert (edge.to_id, edge.valid_until, edge.properties) == ("open", now, {"sensor": "motion_1"})
    assert repr(scope["collection"]) == "<toondb.Collection 'documents' of namespace 'tenant_123'>"


def test_ipc(server: Server) -> None:
    scope = run(IPC, {"/tmp/toondb.sock": server.socket})
    assert scope["value"] == b"value"
    assert isinstance(scope["client"], IpcClient)


def test_collections(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    vectors = {"[0.1, 0.2, ...]": "[0.1, 0.2] + [0.05] * 382", "[0.15, 0.25, ...]": "[0.15, 0.25] + [0.05] * 382"}
    scope = run_with(peer, COLLECTION, vectors)
    (found,) = scope["results"]
    assert isinstance(found, Document)
    assert (found.id, found.metadata) == ("doc1", {"category": "AI"})
    assert "Content: Machine learning tutorial" in capsys.readouterr().out
    with scope["client"] as client:
        assert run(FILTERED, {}, client=client, query_vector=scope["query_vector"])["results"] == []


def test_batches(peer: Peer) -> None:
    with run_with(peer, ATOMIC, {})["client"] as client:
        assert client.get_kv("user:alice:age") == b"30"
        run(PAIRS, {}, client=client)
        assert client.multi_get([b"key1", b"key2"]) == [b"value1", b"value2"]
        client.create_index("my_index", 8)
        vectors = {"[[...] for _ in range(1000)]": "[[1.0] * 7 + [float(n)] for n in range(1000)]"}
        run(BATCH_VECTORS, vectors, client=client)
        assert client.count_vectors("my_index") == 1000


def test_time_travel(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    scope = run_with(peer, TIME_TRAVEL, {})
    assert capsys.readouterr().out == "Door was open: False\n"
    assert scope["edges"] == []
    with scope["client"] as client:
        (edge,) = client.query_temporal_graph("agent_memory", "door_1", timestamp=scope["now"])
        assert edge.to_id == "room_5"


def test_every_method_as_documented(peer: Peer) -> None:
    documented = test_contract.signatures(test_contract.METHODS)
    assert {name for name, _, _ in CALLS} == set(documented)
    with peer.open() as client:
        for name, arguments, expected in CALLS:
            assert list(arguments) == [parameter for parameter, _ in documented[name][0]]
            assert expected(getattr(client, name)(**arguments)), name


def test_errors(peer: Peer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # This block of the document leaves the import of the class out.
    names = {peer.name: getattr(toondb, peer.name)}
    with run_with(peer, ERRORS, {}, **names)["client"] as client:
        assert client.describe_collection("test").dimension == 128
        assert capsys.readouterr().out == ""
        client.drop_collection("test")
        client.create_collection("test", dimension=3)
    run_with(peer, ERRORS, {}, **names)
    assert capsys.readouterr().out.startswith("ToonDB error: ")
    if peer.name != "Database":
        nobody = "localhost:1" if peer.name == "ToonDBClient" else str(tmp_path / "nobody.sock")
        run_with(peer._replace(address=nobody), ERRORS, {}, **names)
        assert capsys.readouterr().out.startswith("Cannot connect to server: ")


def test_a_secure_connection_needs_a_secure_server(server: Server) -> None:
    with pytest.raises(ConnectionError):
        run(SECURE, {"api.example.com:50051": server.address}, ToonDBClient=toondb.ToonDBClient)


def test_formats() -> None:
    scope = run(FORMATS, {})
    assert (scope["wire"], scope["ctx"], scope["supports"]) == (toondb.WireFormat.JSON, toondb.ContextFormat.JSON, True)
    scope = run(PROMPT, {})
    assert (scope["ctx_format"], scope["is_lossless"]) == (toondb.ContextFormat.TOON, True)
