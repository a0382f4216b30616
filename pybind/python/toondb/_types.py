"""What the operations return.

Times are milliseconds since 1970-01-01T00:00:00Z, negative before it. A ``commit_seq`` counts the commits of a
namespace.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Iterator, List, Literal, Optional, Tuple, Union

from ._rows import InFormats, Tables

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Key = Union[str, bytes, bytearray, memoryview]
"""A key or a value: bytes, any buffer of bytes, or a str, which stands for its UTF-8."""

Time = Union[int, datetime, str]
"""A point in time: milliseconds since 1970 (negative before it), an aware datetime, or a text in ISO 8601 with an offset."""

Span = Union[float, timedelta]
"""A span of time: seconds, or a timedelta."""

Metadata = Dict[str, Any]
"""Fields of documents, nodes and edges: str keys; values None, bool, int, float, str, bytes, lists and dicts of
them. An aware datetime or a date is stored as its text in ISO 8601.
"""

Metric = Literal["cosine", "euclidean", "dot"]
"""How distances are measured: distance is 1 - cos, L2 or -dot; score is cos, 1 / (1 + L2) or dot."""

Durability = Literal["durable", "volatile"]
"""When a write is acknowledged: once it is on disk, or at once with the risk of losing it in a crash."""

Direction = Literal["outgoing", "incoming", "both"]
"""Which edges of a node are meant."""

Order = Literal["bfs", "dfs"]
"""Breadth first or depth first."""

ExportFormat = Literal["binary", "json"]
"""How an exported checkpoint is written: compact and checksummed, or for people and other programs."""


def _short(value: object) -> str:
    """A value's text; of many numbers only the first."""
    if isinstance(value, list) and len(value) > 4:
        return f"[{', '.join(map(repr, value[:3]))}, ... {len(value)} numbers]"
    return repr(value)


@dataclass
class SearchResult:
    """A vector that a search found."""

    id: int
    """The vector's id."""
    distance: float
    """By the index's metric; smaller is closer."""
    score: float = 0.0
    """By the index's metric; larger is closer."""
    embedding: List[float] = field(default_factory=list)
    """The vector, if the search was asked for it."""


@dataclass
class Document:
    """A document of a collection."""

    id: str
    content: str
    embedding: List[float]
    """The embedding if the document has one and it was asked for (``include_embeddings=True``), otherwise empty."""
    metadata: Metadata
    score: Optional[float] = None
    """In search results: larger is closer."""
    distance: Optional[float] = None
    """In search results: smaller is closer."""
    expires_at: Optional[int] = None
    """When it expires; None = never. Kept by adding the document again."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_short(value)}" for name, value in vars(self).items() if value is not None)
        return f"Document({shown})"


@dataclass
class FacetCount:
    """A value of a field, and how many documents have it: unpacks as ``value, count``."""

    value: Any
    """The value; an element, of a field that holds lists."""
    count: int
    """The documents."""

    def __iter__(self) -> Iterator[Any]:
        return iter((self.value, self.count))


@dataclass
class GraphNode:
    """A node of the graph."""

    id: str
    node_type: str
    properties: Metadata


@dataclass
class GraphEdge:
    """An edge of the graph."""

    from_id: str
    edge_type: str
    to_id: str
    properties: Metadata


@dataclass
class TemporalEdge:
    """A fact that holds over ``[valid_from, valid_until)``, and when it was believed."""

    from_id: str
    edge_type: str
    to_id: str
    valid_from: int
    """The first millisecond at which it holds."""
    valid_until: int
    """The first millisecond at which it no longer holds; 0 = open."""
    properties: Metadata
    asserted_seq: int = 0
    """The commit from which this was believed."""
    asserted_at: int = 0
    """The time of that commit."""
    retracted_seq: Optional[int] = None
    """The commit from which it was no longer believed; None = it still is."""
    retracted_at: Optional[int] = None
    """The time of that commit."""
    ends_in_1970: bool = field(default=False, repr=False)
    """True if an end of 0 is meant: the first instant of 1970."""

    @property
    def is_open(self) -> bool:
        """True if no end of it is known."""
        return self.valid_until == 0 and not self.ends_in_1970

    @property
    def start(self) -> datetime:
        """The first instant at which it holds, in UTC."""
        return EPOCH + timedelta(milliseconds=self.valid_from)

    @property
    def end(self) -> Optional[datetime]:
        """The first instant at which it no longer holds, in UTC; None = open."""
        return None if self.is_open else EPOCH + timedelta(milliseconds=self.valid_until)


class Subgraph(Tuple[List[GraphNode], List[GraphEdge]], InFormats):
    """Part of a graph: unpacks as ``nodes, edges``.

    ``nodes`` come in the order they were visited, of a walk the start first; ``edges`` are those between visited nodes that
    the walk saw.
    """

    truncated: bool
    """True if a limit ended the walk before it was complete."""

    def __new__(cls, nodes: List[GraphNode], edges: List[GraphEdge], truncated: bool = False) -> "Subgraph":
        self = super().__new__(cls, (nodes, edges))
        self.truncated = truncated
        return self

    def __getnewargs__(self) -> Tuple[Any, ...]:
        """What a copy is made from: pickles and copies of it are whole."""
        return self[0], self[1], self.truncated

    def _tables(self) -> Tables:
        return [("nodes", self.nodes), ("edges", self.edges)]

    @property
    def nodes(self) -> List[GraphNode]:
        """The nodes visited."""
        return self[0]

    @property
    def edges(self) -> List[GraphEdge]:
        """The edges between them."""
        return self[1]


class TemporalSubgraph(Tuple[List[GraphNode], List[TemporalEdge]], InFormats):
    """Part of the temporal graph at one instant: unpacks as ``nodes, edges``.

    A node that was never added as a graph node has an empty type and no properties.
    """

    truncated: bool
    """True if a limit ended the walk before it was complete."""

    def __new__(cls, nodes: List[GraphNode], edges: List[TemporalEdge], truncated: bool = False) -> "TemporalSubgraph":
        self = super().__new__(cls, (nodes, edges))
        self.truncated = truncated
        return self

    def __getnewargs__(self) -> Tuple[Any, ...]:
        """What a copy is made from: pickles and copies of it are whole."""
        return self[0], self[1], self.truncated

    def _tables(self) -> Tables:
        return [("nodes", self.nodes), ("edges", self.edges)]

    @property
    def nodes(self) -> List[GraphNode]:
        """The nodes visited."""
        return self[0]

    @property
    def edges(self) -> List[TemporalEdge]:
        """The edges between them."""
        return self[1]


@dataclass
class Path:
    """A path through the graph with the fewest edges."""

    nodes: List[str]
    """The ids of its nodes, both ends included."""
    edges: List[GraphEdge]
    """Its edges, one fewer than nodes."""


@dataclass
class MergedNodes:
    """What :meth:`Database.merge_nodes` did; all 0 = there was nothing under the source's id."""

    nodes: int
    """Nodes that are gone: 1, or 0 if the source had never been added."""
    edges: int
    """Edges that are the target's now."""
    facts: int
    """Versions of temporal edges that are the target's now."""


@dataclass
class TemporalPath:
    """A path over facts that all hold at one instant, with the fewest of them."""

    nodes: List[str]
    """The ids of its nodes, both ends included."""
    edges: List[TemporalEdge]
    """Its facts, one fewer than nodes."""


@dataclass
class Superseded:
    """What :meth:`Database.supersede_temporal_edge` or :meth:`Database.state_fact` did."""

    asserted: TemporalEdge
    """The fact as it is believed now; a late one is closed already."""
    closed: List[TemporalEdge]
    """The facts that it ended."""
    changed: bool = True
    """False if all of it was believed already: nothing was written."""


@dataclass
class Quota:
    """Upper bounds of a namespace; None = no bound."""

    bytes_max: Optional[int] = None
    vectors_max: Optional[int] = None
    collections_max: Optional[int] = None


@dataclass
class NamespaceInfo:
    """What is known of a namespace."""

    name: str
    metadata: Metadata
    quota: Quota
    created_at: int


@dataclass
class NamespaceStats:
    """The counters of a namespace."""

    keys: int
    collections: int
    documents: int
    vectors: int
    nodes: int
    edges: int
    temporal_versions: int
    live_bytes: int
    disk_bytes: int
    log_bytes: int
    vector_memory_bytes: int
    commit_seq: int
    flushed_seq: int
    flush_paused: bool = False


@dataclass
class CollectionInfo:
    """What a collection is."""

    name: str
    dimension: int
    """Numbers in each embedding; 0 = no embedding has decided it yet."""
    metric: Metric
    metadata: Metadata
    count: int
    """Documents in it."""
    graph_count: int
    """Documents that the search graph covers; the others are scanned exactly."""
    memory_bytes: int
    created_at: int


@dataclass
class IndexInfo:
    """What a vector index is."""

    name: str
    dimension: int
    metric: Metric
    count: int
    """Vectors in it."""
    graph_count: int
    """Vectors that the search graph covers; the others are scanned exactly."""
    memory_bytes: int
    created_at: int


@dataclass
class CommitResult:
    """A commit that happened."""

    commit_seq: int
    """Its position in the namespace's commit order."""
    durability: Durability
    """The durability that was reached before the reply."""


@dataclass
class CacheHit:
    """An answer that a semantic cache gave."""

    key: str
    """The question that it was stored under."""
    value: str
    """The answer."""
    similarity: float
    """The cosine similarity of the two questions' embeddings; 1.0 where the keys are equal."""


@dataclass
class CacheStats:
    """The counters of a semantic cache."""

    hits: int
    """Look-ups that found an entry, since the namespace was opened."""
    misses: int
    """Look-ups that found none, since the namespace was opened."""
    entries: int
    """Entries that have not expired."""

    @property
    def hit_rate(self) -> float:
        """The share of look-ups that found an entry, 0 to 1; 0 before the first one."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


@dataclass
class CheckpointInfo:
    """What a checkpoint is."""

    id: str
    """``<namespace>/<32 hex digits>``."""
    name: str
    namespace: str
    """The namespace it was taken of, or imported for."""
    created_at: int
    """When it was taken or imported."""
    size_bytes: int
    """Bytes on disk."""
    keys: int
    """Key-value pairs in it."""
    commit_seq: int
    """The newest commit in it."""
    metadata: Metadata
    damaged: Optional[str] = None
    """What is wrong with its file, if it cannot be read: then only ``id``, ``namespace`` and ``size_bytes`` are known, and it
    can be deleted, not restored."""


@dataclass
class RestoreResult:
    """What a namespace holds after a checkpoint was restored into it."""

    keys: int
    """Key-value pairs."""
    commit_seq: int
    """The newest commit."""


@dataclass
class SectionResult:
    """A section as it was put into the text."""

    name: str
    tokens: int
    """Tokens of the section by itself; the whole text may have a few more or fewer than the sum."""
    rows: int
    """Rows in it; lines of a literal text."""
    rows_dropped: int
    """Rows that the token limit left out."""
    duplicates: int
    """Rows left out because a more important section holds them."""
    truncated: bool
    """True if the token limit, or a limit of the read, left rows out."""
    content: str
    """Its text with the heading; empty if nothing of it is in the whole text."""
