//! Everything that can be seen of a namespace, read through a door or told by the model, in one comparable form.

use std::collections::BTreeSet;

use toondb_engine::api::{
    AsOf, CacheGet, CacheStatsRequest, CommitSeq, CountDocuments, Direction, DocumentId, Embedding, Error, ErrorCode,
    GetDocuments, GetEdges, GetNode, ListFacts, ListLogs, ListNodes, NamespaceStatsRequest, Node, ReadLog, Result,
    Scan, SearchCollection, TemporalMode,
};

use super::state::Model;
use crate::requests::history;
use crate::requests::read_log;
use crate::{Door, run};

/// The names that a test uses; nodes and collections cannot be listed together with all they hold.
#[derive(Debug, Clone)]
pub struct Universe {
    /// Collections and their dimensions.
    pub collections: Vec<(String, usize)>,
    /// Caches, with the keys that may be in them.
    pub caches: Vec<(String, Vec<String>)>,
    /// Nodes.
    pub nodes: Vec<String>,
    /// Ids that documents without an embedding may have, which no search finds.
    pub bare: Vec<String>,
}

/// What is there. Fields are texts, so that types count and a difference can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The newest commit.
    pub seq: u64,
    /// One line for each thing, in a fixed order.
    pub lines: Vec<String>,
}

impl Observed {
    /// What the model says is there at a time.
    #[must_use]
    pub fn expected(model: &Model, universe: &Universe, now_ms: i64) -> Self {
        let mut lines = Vec::new();
        for (key, row) in model.kv.iter().filter(|(_, row)| !row.is_expired(now_ms)) {
            lines.push(key_line(key, &row.value, row.version));
        }
        for (name, _) in &universe.collections {
            let Some(collection) = model.collections.get(name) else { continue };
            lines.push(format!("collection {name}: {} documents", collection.documents.len()));
            // Those that a search finds come first.
            let mut documents: Vec<_> = collection.documents.iter().collect();
            documents.sort_by_key(|(_, (_, document))| document.embedding.is_none());
            for (id, (_, document)) in documents {
                let (content, metadata) = (&document.content, &document.metadata);
                lines.push(format!("document {name}/{id}: {content:?} {:?} {metadata:?}", document.embedding));
            }
        }
        for (name, keys) in &universe.caches {
            let entries = model.caches.get(name).map_or(0, |cache| cache.open(now_ms).count());
            lines.push(format!("cache {name}: {entries} entries"));
            for key in keys {
                let found = model.look_up(&by_key(name, key), now_ms).ok().flatten();
                lines.extend(found.map(|hit| format!("entry {name}: {hit:?}")));
            }
        }
        for (name, log) in &model.logs {
            lines.push(log_line(name, log.entries.len() as u64, log.first, log.next()));
            lines.extend(log.rows().map(|(position, value)| entry_line(name, position, value)));
        }
        for node_type in types_of(model.nodes.values().map(|(_, node)| node)) {
            lines.push(type_line(&node_type, &model.nodes_of(Some(&node_type), None)));
        }
        for node in &universe.nodes {
            lines.extend(model.nodes.get(node).map(|(_, node)| format!("node {node:?}")));
            lines.extend(model.edges_of(node, Direction::Outgoing).iter().map(|edge| format!("out {edge:?}")));
            lines.extend(model.edges_of(node, Direction::Incoming).iter().map(|edge| format!("in {edge:?}")));
            lines.extend(model.history_of(node).iter().map(|fact| format!("fact {fact:?}")));
        }
        let facts = ListFacts { mode: Some(EVER), ..ListFacts::default() };
        lines.extend(model.list_of(&facts, now_ms).iter().map(|fact| format!("listed {fact:?}")));
        let changes = ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(0))), ..facts };
        lines.extend(model.list_of(&changes, now_ms).iter().map(|fact| format!("changed {fact:?}")));
        let documents: usize = model.collections.values().map(|collection| collection.documents.len()).sum();
        let counts = (documents, model.nodes.len(), model.edges.len(), model.facts.len());
        lines.push(format!("documents, nodes, edges, versions: {counts:?}"));
        Self { seq: model.seq, lines }
    }

    /// What a door shows.
    ///
    /// # Errors
    /// Of any read.
    pub fn read(door: &dyn Door, namespace: &str, universe: &Universe) -> Result<Self> {
        let mut lines = Vec::new();
        let mut cursor = None;
        loop {
            let page = run(door, namespace, Scan { cursor, ..Scan::default() })?;
            for entry in &page.entries {
                lines.push(key_line(&entry.key, &entry.value, entry.version.0));
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        for (name, dimension) in &universe.collections {
            read_collection(door, namespace, (name, *dimension), &universe.bare, &mut lines)?;
        }
        for (name, keys) in &universe.caches {
            let stats = run(door, namespace, CacheStatsRequest { cache: name.as_str().into() })?;
            lines.push(format!("cache {name}: {} entries", stats.entries));
            for key in keys {
                let found = run(door, namespace, by_key(name, key))?.hit;
                lines.extend(found.map(|hit| format!("entry {name}: {hit:?}")));
            }
        }
        read_logs(door, namespace, &mut lines)?;
        let all = run(door, namespace, ListNodes::default())?.nodes;
        for node_type in types_of(all.iter()) {
            let list = ListNodes { node_type: Some(node_type.clone()), ..ListNodes::default() };
            lines.push(type_line(&node_type, &run(door, namespace, list)?.nodes));
        }
        for node in &universe.nodes {
            read_node(door, namespace, node, &mut lines)?;
        }
        let facts = ListFacts { mode: Some(EVER), ..ListFacts::default() };
        lines.extend(run(door, namespace, facts.clone())?.edges.iter().map(|fact| format!("listed {fact:?}")));
        let changes = ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(0))), ..facts };
        lines.extend(run(door, namespace, changes)?.edges.iter().map(|fact| format!("changed {fact:?}")));
        let stats = run(door, namespace, NamespaceStatsRequest {})?;
        let counts = (stats.documents, stats.nodes, stats.edges, stats.temporal_versions);
        lines.push(format!("documents, nodes, edges, versions: {counts:?}"));
        let CommitSeq(seq) = stats.commit_seq;
        Ok(Self { seq, lines })
    }

    /// Compares line by line.
    ///
    /// # Errors
    /// With the lines that only one side has.
    pub fn compare(&self, expected: &Self) -> std::result::Result<(), String> {
        if self.lines == expected.lines {
            return Ok(());
        }
        let only = |ours: &[String], theirs: &[String]| {
            let lines: Vec<&str> = ours.iter().filter(|line| !theirs.contains(line)).map(String::as_str).collect();
            lines.join("\n    ")
        };
        Err(format!(
            "the states differ (engine at commit {}, model at {}).\n  only in the engine:\n    {}\n  only in the model:\n    {}",
            self.seq,
            expected.seq,
            only(&self.lines, &expected.lines),
            only(&expected.lines, &self.lines)
        ))
    }
}

/// Facts of every time.
const EVER: TemporalMode = TemporalMode::Range { start: None, end: None, clip: false };

fn by_key(cache: &str, key: &str) -> CacheGet {
    CacheGet { cache: cache.into(), key: Some(key.to_owned()), embedding: None, threshold: None }
}

fn key_line(key: &[u8], value: &[u8], version: u64) -> String {
    format!("key {}: {} at {version}", String::from_utf8_lossy(key), String::from_utf8_lossy(value))
}

fn log_line(name: &str, length: u64, first: u64, next: u64) -> String {
    format!("log {name}: {length} entries from {first} to {next}")
}

fn entry_line(log: &str, position: u64, value: &[u8]) -> String {
    format!("entry {position} of {log}: {}", String::from_utf8_lossy(value))
}

fn read_logs(door: &dyn Door, namespace: &str, lines: &mut Vec<String>) -> Result<()> {
    for info in run(door, namespace, ListLogs { limit: Some(10_000), ..ListLogs::default() })?.logs {
        lines.push(log_line(info.log.as_str(), info.length, info.first, info.next));
        let read = ReadLog { limit: Some(10_000), ..read_log(info.log.as_str()) };
        let entries = run(door, namespace, read)?.entries;
        lines.extend(entries.iter().map(|entry| entry_line(info.log.as_str(), entry.position, &entry.value)));
    }
    Ok(())
}

fn read_collection(
    door: &dyn Door,
    namespace: &str,
    (name, dimension): (&str, usize),
    bare: &[String],
    lines: &mut Vec<String>,
) -> Result<()> {
    // Asking for more than there are gives all of them.
    let query = Embedding(vec![1.0; dimension]);
    let (k, filter, snapshot) = (Some(10_000), None, None);
    let all = SearchCollection {
        collection: name.into(),
        query,
        k,
        filter,
        include_embedding: true,
        snapshot,
        ..SearchCollection::default()
    };
    let hits = match run(door, namespace, all) {
        Ok(found) => found.hits,
        Err(Error { code: ErrorCode::CollectionNotFound, .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let all = CountDocuments { collection: name.into(), ..CountDocuments::default() };
    lines.push(format!("collection {name}: {} documents", run(door, namespace, all)?.count));
    let mut documents: Vec<_> = hits.into_iter().map(|hit| hit.document).collect();
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    let mut ids: Vec<DocumentId> = bare.iter().map(|id| DocumentId::new(id.as_str())).collect();
    ids.sort();
    let asked = GetDocuments { collection: name.into(), ids, include_embedding: true, ..GetDocuments::default() };
    let found = run(door, namespace, asked)?.documents.into_iter().flatten();
    documents.extend(found.filter(|document| document.embedding.is_none()));
    for document in documents {
        let id = document.id.map(DocumentId::into_string).unwrap_or_default();
        let (content, metadata) = (&document.content, &document.metadata);
        lines.push(format!("document {name}/{id}: {content:?} {:?} {metadata:?}", document.embedding));
    }
    Ok(())
}

/// The types of nodes, and some that a node may have had.
fn types_of<'n>(nodes: impl Iterator<Item = &'n Node>) -> BTreeSet<String> {
    let once = ["", "kind", "moved"].map(str::to_owned);
    nodes.map(|node| node.node_type.clone()).chain(once).collect()
}

fn type_line(node_type: &str, nodes: &[Node]) -> String {
    format!("type {node_type:?}: {nodes:?}")
}

fn read_node(door: &dyn Door, namespace: &str, node: &str, lines: &mut Vec<String>) -> Result<()> {
    let found = run(door, namespace, GetNode { id: node.into(), snapshot: None })?;
    lines.extend(found.node.map(|node| format!("node {node:?}")));
    for (direction, word) in [(Direction::Outgoing, "out"), (Direction::Incoming, "in")] {
        let edges = GetEdges {
            node_id: node.into(),
            edge_types: None,
            direction,
            filter: Default::default(),
            limit: None,
            cursor: None,
            snapshot: None,
        };
        lines.extend(run(door, namespace, edges)?.edges.iter().map(|edge| format!("{word} {edge:?}")));
    }
    lines.extend(run(door, namespace, history(node))?.edges.iter().map(|fact| format!("fact {fact:?}")));
    Ok(())
}
