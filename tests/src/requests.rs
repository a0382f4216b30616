//! Short ways to write requests.

use toondb_engine::api::{
    AddDocuments, AddEdge, AddNode, AddTemporalEdge, AppendLog, BatchPut, ByteBuf, CacheGet, CacheInvalidate, CachePut,
    Commit, CompareAndSet, CreateCollection, DeleteKey, DeleteLog, DeleteRange, Direction, Document, Durability, Edge,
    EdgeType, EdgeUpdate, Embedding, FacetDocuments, Filter, Get, GetDocuments, GetNode, KeySpan, ListDocuments,
    ListNodes, MergeNodes, Metric, MinMaxDocuments, Node, NodeId, NodeUpdate, PopLog, Precondition, Properties, Put,
    PutEntry, QueryTemporal, ReadLog, Scan, SearchCollection, StateFact, StatedFact, TemporalFact, TemporalHistory,
    TemporalMode, TemporalNeighbors, TemporalShortestPath, TimestampMs, TrimLog, UpdateEdge, UpdateNode, Value, Write,
};

/// Bytes of a text.
#[must_use]
pub fn bytes(text: &str) -> ByteBuf {
    ByteBuf::from(text.as_bytes().to_vec())
}

/// Writes a key durably.
#[must_use]
pub fn put(key: &str, value: &str) -> Put {
    Put { key: bytes(key), value: bytes(value), ttl_ms: None, durability: Durability::Durable }
}

/// Writes a key that expires.
#[must_use]
pub fn put_ttl(key: &str, value: &str, ttl_ms: u64) -> Put {
    Put { ttl_ms: Some(ttl_ms), ..put(key, value) }
}

/// Reads a key.
#[must_use]
pub fn get(key: &str) -> Get {
    Get { key: bytes(key), snapshot: None }
}

/// Deletes every key that begins with a prefix.
#[must_use]
pub fn delete_prefix(prefix: &str) -> DeleteRange {
    let keys = KeySpan { prefix: Some(bytes(prefix)), ..KeySpan::default() };
    DeleteRange { keys, durability: Durability::Durable }
}

/// Deletes a key.
#[must_use]
pub fn delete_key(key: &str) -> DeleteKey {
    DeleteKey { key: bytes(key), durability: Durability::Durable }
}

/// Sets fields of a node and gives it a type.
#[must_use]
pub fn update_node(id: &str, node_type: &str, set: Properties) -> UpdateNode {
    let update = NodeUpdate { id: id.into(), node_type: Some(node_type.to_owned()), set, unset: Vec::new() };
    UpdateNode { update, durability: Durability::Durable }
}

/// Sets and removes fields of an edge.
#[must_use]
pub fn update_edge((from, edge_type, to): (&str, &str, &str), set: Properties, unset: &[&str]) -> UpdateEdge {
    let (from_id, edge_type, to_id) = (from.into(), edge_type.into(), to.into());
    let unset = unset.iter().map(|name| (*name).to_owned()).collect();
    UpdateEdge { update: EdgeUpdate { from_id, edge_type, to_id, set, unset }, durability: Durability::Durable }
}

/// Makes one node of two.
#[must_use]
pub fn merge_nodes(source: &str, target: &str) -> MergeNodes {
    MergeNodes { source_id: source.into(), target_id: target.into(), durability: Durability::Durable }
}

/// The nodes of a type, or all.
#[must_use]
pub fn list_nodes(node_type: Option<&str>) -> ListNodes {
    ListNodes { node_type: node_type.map(str::to_owned), ..ListNodes::default() }
}

/// One write of a batch.
#[must_use]
pub fn entry(key: &str, value: &str) -> PutEntry {
    PutEntry { key: bytes(key), value: bytes(value), ttl_ms: None }
}

/// Writes several keys.
#[must_use]
pub fn batch(entries: &[(&str, &str)]) -> BatchPut {
    let entries = entries.iter().map(|(key, value)| entry(key, value)).collect();
    BatchPut { entries, durability: Durability::Durable }
}

/// Writes a key if it holds what is expected.
#[must_use]
pub fn swap(key: &str, expected: Option<&str>, value: Option<&str>) -> CompareAndSet {
    let (expected, value) = (expected.map(bytes), value.map(bytes));
    CompareAndSet { key: bytes(key), expected, value, ttl_ms: None, durability: Durability::Durable }
}

/// Reads all keys with a prefix.
#[must_use]
pub fn scan(prefix: &str) -> Scan {
    Scan { prefix: Some(bytes(prefix)), ..Scan::default() }
}

/// Appends values to a log.
#[must_use]
pub fn append(log: &str, values: &[&str]) -> AppendLog {
    let values = values.iter().map(|value| bytes(value)).collect();
    AppendLog { log: log.into(), values, durability: Durability::Durable }
}

/// Reads a log from its first entry on.
#[must_use]
pub fn read_log(log: &str) -> ReadLog {
    ReadLog { log: log.into(), after: None, before: None, last: None, limit: None, cursor: None, snapshot: None }
}

/// Takes entries out of a log.
#[must_use]
pub fn pop(log: &str, count: u32) -> PopLog {
    PopLog { log: log.into(), count: Some(count), durability: Durability::Durable }
}

/// Deletes all entries but the newest so many.
#[must_use]
pub fn keep(log: &str, keep: u64) -> TrimLog {
    TrimLog { log: log.into(), before: None, keep: Some(keep), durability: Durability::Durable }
}

/// Deletes a log.
#[must_use]
pub fn delete_log(log: &str) -> DeleteLog {
    DeleteLog { log: log.into(), durability: Durability::Durable }
}

/// Creates a collection.
#[must_use]
pub fn create_collection(name: &str, dimension: u32, metric: Metric) -> CreateCollection {
    CreateCollection { collection: name.into(), dimension, metric, metadata: Properties::new() }
}

/// A document without metadata.
#[must_use]
pub fn document(id: &str, embedding: &[f32]) -> Document {
    Document {
        id: Some(id.into()),
        content: format!("content of {id}"),
        embedding: Some(Embedding(embedding.to_vec())),
        metadata: Properties::new(),
        ..Default::default()
    }
}

/// A document with metadata.
#[must_use]
pub fn document_with(id: &str, embedding: &[f32], metadata: Properties) -> Document {
    Document { metadata, ..document(id, embedding) }
}

/// Adds documents.
#[must_use]
pub fn add_documents(collection: &str, documents: Vec<Document>) -> AddDocuments {
    AddDocuments { collection: collection.into(), documents, durability: Durability::Durable, ..Default::default() }
}

/// Reads documents with their embeddings.
#[must_use]
pub fn get_documents(collection: &str, ids: &[&str]) -> GetDocuments {
    let ids = ids.iter().map(|id| (*id).into()).collect();
    GetDocuments { collection: collection.into(), ids, include_embedding: true, ..GetDocuments::default() }
}

/// Finds the `k` nearest documents.
#[must_use]
pub fn search(collection: &str, query: &[f32], k: u32) -> SearchCollection {
    SearchCollection {
        collection: collection.into(),
        query: Embedding(query.to_vec()),
        k: Some(k),
        ef: None,
        filter: None,
        include_embedding: false,
        snapshot: None,
        ..SearchCollection::default()
    }
}

/// Lists all documents.
#[must_use]
pub fn list(collection: &str) -> ListDocuments {
    ListDocuments { collection: collection.into(), ..ListDocuments::default() }
}

/// Counts documents by the value of a field.
#[must_use]
pub fn facet(collection: &str, field: &str) -> FacetDocuments {
    FacetDocuments { collection: collection.into(), field: field.to_owned(), ..FacetDocuments::default() }
}

/// Asks for the bounds of a field.
#[must_use]
pub fn min_max(collection: &str, field: &str) -> MinMaxDocuments {
    MinMaxDocuments { collection: collection.into(), field: field.to_owned(), ..MinMaxDocuments::default() }
}

/// Remembers the answer `value of <key>`.
#[must_use]
pub fn cache_put(cache: &str, key: &str, embedding: &[f32]) -> CachePut {
    CachePut {
        cache: cache.into(),
        key: key.to_owned(),
        value: format!("value of {key}"),
        embedding: Embedding(embedding.to_vec()),
        ttl_ms: None,
        durability: Durability::Durable,
    }
}

/// Looks an answer up by similarity.
#[must_use]
pub fn cache_get(cache: &str, embedding: &[f32]) -> CacheGet {
    CacheGet { cache: cache.into(), key: None, embedding: Some(Embedding(embedding.to_vec())), threshold: None }
}

/// Forgets entries.
#[must_use]
pub fn cache_invalidate(cache: &str, pattern: &str) -> CacheInvalidate {
    CacheInvalidate { cache: cache.into(), pattern: pattern.to_owned(), durability: Durability::Durable }
}

/// A filter from its wire form, a value tree.
#[must_use]
pub fn filter(value: Value) -> Filter {
    Filter::try_from(value).expect("the filter is well formed")
}

/// A map value.
#[must_use]
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A node with one field.
#[must_use]
pub fn node(id: &str) -> Node {
    Node { id: id.into(), node_type: "thing".to_owned(), properties: Properties::new().with("name", id) }
}

/// Adds a node.
#[must_use]
pub fn add_node(id: &str) -> AddNode {
    AddNode { node: node(id), durability: Durability::Durable }
}

/// Reads a node.
#[must_use]
pub fn get_node(id: &str) -> GetNode {
    GetNode { id: id.into(), snapshot: None }
}

/// An edge without fields.
#[must_use]
pub fn edge(from: &str, edge_type: &str, to: &str) -> Edge {
    Edge { from_id: from.into(), edge_type: edge_type.into(), to_id: to.into(), properties: Properties::new() }
}

/// Adds an edge.
#[must_use]
pub fn add_edge(from: &str, edge_type: &str, to: &str) -> AddEdge {
    AddEdge { edge: edge(from, edge_type, to), durability: Durability::Durable }
}

/// A fact without fields; `until` nothing = open.
#[must_use]
pub fn fact(ends: (&str, &str, &str), from: i64, until: Option<i64>) -> TemporalFact {
    let (from_id, edge_type, to_id) = ends;
    TemporalFact {
        from_id: from_id.into(),
        edge_type: edge_type.into(),
        to_id: to_id.into(),
        valid_from: TimestampMs(from),
        valid_until: until.map(TimestampMs),
        properties: Properties::new(),
    }
}

/// States a fact.
#[must_use]
pub fn add_fact(ends: (&str, &str, &str), from: i64, until: Option<i64>) -> AddTemporalEdge {
    AddTemporalEdge { fact: fact(ends, from, until), durability: Durability::Durable }
}

/// States the value of a relation, without fields; `from` nothing = now, `until` nothing = open.
#[must_use]
pub fn state(ends: (&str, &str, &str), from: Option<i64>, until: Option<i64>) -> StateFact {
    let (from_id, edge_type, to_id) = ends;
    let fact = StatedFact {
        from_id: from_id.into(),
        edge_type: edge_type.into(),
        to_id: to_id.into(),
        valid_from: from.map(TimestampMs),
        valid_until: until.map(TimestampMs),
        properties: Properties::new(),
    };
    StateFact { fact, durability: Durability::Durable }
}

/// Asks for the whole history of a node's outgoing facts.
#[must_use]
pub fn history(node: &str) -> TemporalHistory {
    TemporalHistory {
        node_id: node.into(),
        edge_type: None,
        other_id: None,
        direction: Direction::Outgoing,
        start: None,
        end: None,
        as_of: None,
        newest_first: false,
        limit: None,
        cursor: None,
        snapshot: None,
    }
}

/// Asks for the nodes that a node's facts lead to at an instant.
#[must_use]
pub fn temporal_neighbors(node: &str, at: i64) -> TemporalNeighbors {
    TemporalNeighbors {
        node_id: node.into(),
        at: Some(TimestampMs(at)),
        as_of: None,
        direction: Direction::Outgoing,
        edge_types: None,
        limit: None,
        snapshot: None,
    }
}

/// Asks for a shortest path over facts at an instant.
#[must_use]
pub fn temporal_path(from: &str, to: &str, at: i64) -> TemporalShortestPath {
    TemporalShortestPath {
        from_id: from.into(),
        to_id: to.into(),
        at: Some(TimestampMs(at)),
        as_of: None,
        max_depth: None,
        edge_types: None,
        direction: Direction::Outgoing,
        snapshot: None,
    }
}

/// Asks for a node's outgoing facts.
#[must_use]
pub fn query(node: &str, mode: TemporalMode) -> QueryTemporal {
    QueryTemporal {
        node_id: NodeId::from(node),
        mode,
        edge_types: None,
        direction: Direction::Outgoing,
        as_of: None,
        limit: None,
        snapshot: None,
    }
}

/// Valid at an instant.
#[must_use]
pub fn at(time: i64) -> TemporalMode {
    TemporalMode::PointInTime { at: TimestampMs(time) }
}

/// Valid somewhere in `[start, end)`.
#[must_use]
pub fn during(start: i64, end: i64) -> TemporalMode {
    TemporalMode::Range { start: Some(TimestampMs(start)), end: Some(TimestampMs(end)), clip: false }
}

/// Edge types.
#[must_use]
pub fn types(names: &[&str]) -> Option<Vec<EdgeType>> {
    Some(names.iter().map(|name| EdgeType::from(*name)).collect())
}

/// A commit of writes under preconditions.
#[must_use]
pub fn commit(preconditions: Vec<Precondition>, writes: Vec<Write>) -> Commit {
    Commit { preconditions, writes, snapshot: None, durability: Durability::Durable }
}
