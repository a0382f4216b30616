"""The code of the document, run as written but for paths, addresses and the numbers of vectors."""

from pathlib import Path
from typing import Any, Dict

import pytest

import toondb
from toondb import ConnectionError, Document, IpcClient, TemporalEdge

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

ATOMIC = """
# All operations succeed or all fail atomically
client.batch_put([
    (b"user:alice:email", b"alice@example.com"),
    (b"user:alice:age", b"30"),
    (b"user:alice:created", b"2026-01-07"),
])
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
# Check if format supports decode(encode(x)) = x
is_lossless = FormatCapabilities.supports_round_trip(WireFormat.TOON)
"""

BLOCKS = {name: text for name, text in list(globals().items()) if name.isupper() and isinstance(text, str)}


def run(block: str, replacements: Dict[str, str], **names: object) -> Dict[str, Any]:
    for written, meant in replacements.items():
        assert written in block
        block = block.replace(written, meant)
    scope: Dict[str, Any] = dict(names)
    exec(compile(block, "<the document>", "exec"), scope)
    return scope


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


def test_collections(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with server.connect() as client:
        client.drop_collection("documents")
        vectors = {"[0.1, 0.2, ...]": "[0.1, 0.2] + [0.05] * 382", "[0.15, 0.25, ...]": "[0.15, 0.25] + [0.05] * 382"}
        scope = run(COLLECTION, vectors, client=client)
        (found,) = scope["results"]
        assert isinstance(found, Document)
        assert (found.id, found.metadata) == ("doc1", {"category": "AI"})
        assert "Content: Machine learning tutorial" in capsys.readouterr().out
        assert run(FILTERED, {}, client=client, query_vector=scope["query_vector"])["results"] == []


def test_batches(server: Server) -> None:
    with server.connect() as client:
        run(ATOMIC, {}, client=client)
        assert client.get_kv("user:alice:age") == b"30"
        client.create_index("my_index", 8)
        run(
            BATCH_VECTORS,
            {"[[...] for _ in range(1000)]": "[[1.0] * 7 + [float(n)] for n in range(1000)]"},
            client=client,
        )
        assert client.count_vectors("my_index") == 1000


def test_time_travel(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with server.connect() as client:
        scope = run(TIME_TRAVEL, {}, client=client)
        assert capsys.readouterr().out == "Door was open: False\n"
        assert scope["edges"] == []
        (edge,) = client.query_temporal_graph("agent_memory", "door_1", timestamp=scope["now"])
        assert edge.to_id == "room_5"


def test_formats() -> None:
    scope = run(FORMATS, {})
    assert (scope["wire"], scope["ctx"], scope["supports"]) == (toondb.WireFormat.JSON, toondb.ContextFormat.JSON, True)
    scope = run(PROMPT, {})
    assert (scope["ctx_format"], scope["is_lossless"]) == (toondb.ContextFormat.TOON, True)


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError) as caught:
        IpcClient.connect(tmp_path / "nobody.sock")
    assert isinstance(caught.value, toondb.ToonDBError) and str(caught.value)
