//! The rows of a namespace and what each write does to them.

use std::collections::BTreeMap;

use toondb_engine::api::{
    CompareAndSet, Condition, Document, ErrorCode, KeySpan, Metric, Node, Precondition, Properties, PutEntry, Request,
    Target, TemporalEdge, Write,
};

use super::vector::document_row;

/// A key's row; an expired one stays until something replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvRow {
    /// The bytes.
    pub value: Vec<u8>,
    /// The commit that wrote them.
    pub version: u64,
    /// When it expires.
    pub expires_at: Option<i64>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Numbers in each embedding.
    pub dimension: u32,
    /// How distances are measured.
    pub metric: Metric,
    /// Documents by id, each with the commit that wrote it.
    pub documents: BTreeMap<String, (u64, Document)>,
}

/// What a write did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// True if it took a commit.
    pub wrote: bool,
    /// True if it touched a row that had expired: whether that took a commit depends on whether it was swept before.
    pub ambiguous: bool,
    /// How many things it created, deleted, swapped or closed.
    pub number: u64,
    /// What a compare-and-set found.
    pub previous: Option<Vec<u8>>,
    /// Temporal edges it reports.
    pub edges: Vec<TemporalEdge>,
    /// Entries of a log that it took out.
    pub entries: Vec<(u64, Vec<u8>)>,
}

/// A namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// The newest commit.
    pub seq: u64,
    /// Its time.
    pub last_commit_at: i64,
    /// Keys.
    pub kv: BTreeMap<Vec<u8>, KvRow>,
    /// Collections.
    pub collections: BTreeMap<String, Collection>,
    /// Semantic caches.
    pub caches: BTreeMap<String, super::cache::Cache>,
    /// Ordered logs.
    pub logs: BTreeMap<String, super::ordered_log::OrderedLog>,
    /// Where the positions of a new log begin, at least.
    pub log_floor: u64,
    /// Nodes, each with the commit that wrote it.
    pub nodes: BTreeMap<String, (u64, Node)>,
    /// Edges by source, type and target, each with the commit that wrote it.
    pub edges: BTreeMap<(String, String, String), (u64, Properties)>,
    /// Every belief there ever was, in the order of assertion.
    pub facts: Vec<TemporalEdge>,
}

/// The commit that is being made.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Its number.
    pub seq: u64,
    /// Its time.
    pub ms: i64,
}

impl KvRow {
    /// True if it must not be seen any more.
    #[must_use]
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now_ms)
    }
}

impl Model {
    /// The same rows, restored as commit `floor`, or as the commits they are of if that is 0.
    #[must_use]
    pub fn restored(&self, floor: u64) -> Self {
        let mut restored = self.clone();
        restored.seq = restored.seq.max(floor);
        restored.kv.values_mut().for_each(|row| row.version = row.version.max(floor));
        restored
    }

    /// Carries a write out as commit `seq`. A write that fails changes nothing.
    ///
    /// # Errors
    /// With the code that the engine must give.
    pub fn apply(&mut self, request: &Request, seq: u64, clock_ms: i64) -> Result<Outcome, ErrorCode> {
        request.validate().map_err(|error| error.code)?;
        let now = Now { seq, ms: clock_ms.max(self.last_commit_at) };
        let mut next = self.clone();
        let outcome = next.execute(request, now)?;
        if outcome.wrote {
            (next.seq, next.last_commit_at) = (now.seq, now.ms);
            *self = next;
        }
        Ok(outcome)
    }

    fn execute(&mut self, request: &Request, now: Now) -> Result<Outcome, ErrorCode> {
        Ok(match request {
            Request::Put(put) => {
                let entry = PutEntry { key: put.key.clone(), value: put.value.clone(), ttl_ms: put.ttl_ms };
                self.write(&Write::Put(entry), now)?
            }
            Request::BatchPut(batch) => {
                let mut all = Outcome::default();
                for entry in &batch.entries {
                    all.wrote |= self.write(&Write::Put(entry.clone()), now)?.wrote;
                }
                all
            }
            Request::DeleteKey(delete) => self.write(&Write::DeleteKey { key: delete.key.clone() }, now)?,
            Request::CompareAndSet(swap) => self.swap(swap, now),
            Request::Increment(increment) => self.increment(increment, now)?,
            Request::Touch(touch) => self.touch(touch, now),
            Request::BatchDelete(delete) => {
                let keys: Vec<Vec<u8>> = delete.keys.iter().map(|key| key.to_vec()).collect();
                self.remove(&keys, now)
            }
            Request::DeleteRange(delete) => self.write(&Write::DeleteRange(delete.keys.clone()), now)?,
            Request::AppendLog(append) => self.append(append.log.as_str(), &append.values),
            Request::PopLog(pop) => self.pop(pop),
            Request::TrimLog(trim) => self.trim(trim),
            Request::DeleteLog(delete) => self.delete_log(delete.log.as_str()),
            Request::CreateCollection(create) => self.create_collection(create)?,
            Request::DropCollection(drop) => {
                let existed = self.collections.remove(drop.collection.as_str()).is_some();
                counted(u64::from(existed))
            }
            Request::AddDocuments(_)
            | Request::UpdateDocuments(_)
            | Request::DeleteDocuments(_)
            | Request::TruncateCollection(_) => {
                self.write(&Write::try_from(request.clone()).expect("a commit can hold it"), now)?
            }
            Request::DeleteByFilter(delete) => {
                let documents = &mut self.collection(delete.collection.as_str())?.documents;
                let before = documents.len();
                documents.retain(|id, (_, document)| !delete.filter.matches(document_row(id, document)));
                counted((before - documents.len()) as u64)
            }
            Request::AddNode(add) => self.write(&Write::AddNode(add.node.clone()), now)?,
            Request::DeleteNode(delete) => self.write(&Write::DeleteNode { id: delete.id.clone() }, now)?,
            Request::AddEdge(add) => self.write(&Write::AddEdge(add.edge.clone()), now)?,
            Request::UpdateNode(update) => self.update_node(&update.update, now),
            Request::UpdateEdge(update) => self.update_edge(&update.update, now),
            Request::MergeNodes(merge) => self.merge_nodes(&merge.source_id, &merge.target_id, now)?,
            Request::DeleteEdge(delete) => self.delete_edge(&delete.from_id, &delete.edge_type, &delete.to_id),
            Request::AddTemporalEdge(add) => self.add_fact(&add.fact, now),
            Request::CloseTemporalEdge(close) => {
                self.close_fact((&close.from_id, &close.edge_type, &close.to_id), close.at, now)?
            }
            Request::SupersedeTemporalEdge(supersede) => self.supersede(&supersede.fact, now),
            Request::StateFact(state) => self.write(&Write::StateFact(state.fact.clone()), now)?,
            Request::EraseTemporal(erase) => self.erase(erase),
            Request::CachePut(put) => self.cache_put(put, now)?,
            Request::CacheInvalidate(invalidate) => self.cache_invalidate(invalidate, now),
            Request::Commit(commit) => {
                for precondition in &commit.preconditions {
                    if !self.holds(precondition, now) {
                        return Err(ErrorCode::Conflict);
                    }
                }
                let mut all = Outcome::default();
                for write in &commit.writes {
                    let one = self.write(write, now)?;
                    all.wrote |= one.wrote;
                    all.ambiguous |= one.ambiguous;
                }
                all
            }
            other => panic!("the model knows no write {:?}", other.code()),
        })
    }

    fn write(&mut self, write: &Write, now: Now) -> Result<Outcome, ErrorCode> {
        Ok(match write {
            Write::Put(entry) => {
                let expires_at = entry.ttl_ms.map(|ttl| now.ms.saturating_add(i64::try_from(ttl).unwrap()));
                let row = KvRow { value: entry.value.to_vec(), version: now.seq, expires_at };
                self.kv.insert(entry.key.to_vec(), row);
                Outcome { wrote: true, ..Outcome::default() }
            }
            Write::DeleteKey { key } => match self.kv.remove(key.as_slice()) {
                Some(row) if row.is_expired(now.ms) => Outcome { wrote: true, ambiguous: true, ..Outcome::default() },
                Some(_) => counted(1),
                None => Outcome::default(),
            },
            Write::DeleteRange(KeySpan { prefix, start, end }) => {
                let is_in = |key: &[u8]| {
                    prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix))
                        && start.as_ref().is_none_or(|start| key >= start.as_slice())
                        && end.as_ref().is_none_or(|end| key < end.as_slice())
                };
                let keys: Vec<Vec<u8>> = self.kv.keys().filter(|key| is_in(key)).cloned().collect();
                self.remove(&keys, now)
            }
            Write::AddDocuments { collection, documents, on_conflict, ttl_ms: None, create_missing: false } => {
                self.add_documents(collection.as_str(), documents, *on_conflict, now)?
            }
            Write::AddDocuments { .. } => panic!("the model knows no documents that expire"),
            Write::UpdateDocuments(update) => self.update_documents(update, now)?,
            Write::TruncateCollection { collection } => self.truncate(collection.as_str())?,
            Write::DeleteDocuments { collection, ids } => {
                let documents = &mut self.collection(collection.as_str())?.documents;
                counted(ids.iter().filter(|id| documents.remove(id.as_str()).is_some()).count() as u64)
            }
            Write::AddNode(node) => {
                let created = self.nodes.insert(node.id.as_str().to_owned(), (now.seq, node.clone())).is_none();
                Outcome { wrote: true, number: u64::from(created), ..Outcome::default() }
            }
            Write::DeleteNode { id } => self.delete_node(id),
            Write::AddEdge(edge) => self.add_edge(edge, now)?,
            Write::DeleteEdge { from_id, edge_type, to_id } => self.delete_edge(from_id, edge_type, to_id),
            Write::AddTemporalEdge(fact) => self.add_fact(fact, now),
            Write::CloseTemporalEdge { from_id, edge_type, to_id, at } => {
                self.close_fact((from_id, edge_type, to_id), *at, now)?
            }
            Write::SupersedeTemporalEdge(fact) => self.supersede(fact, now),
            Write::AppendLog { log, values } => self.append(log.as_str(), values),
            Write::UpdateNode(update) => self.update_node(update, now),
            Write::UpdateEdge(update) => self.update_edge(update, now),
            Write::MergeNodes { source_id, target_id } => self.merge_nodes(source_id, target_id, now)?,
            Write::StateFact(fact) => self.state_fact(fact, now)?,
            Write::InsertVectors { .. } | Write::DeleteVectors { .. } => panic!("the model knows no vector indexes"),
        })
    }

    fn swap(&mut self, swap: &CompareAndSet, now: Now) -> Outcome {
        let old = self.kv.get(swap.key.as_slice()).cloned();
        let stale = old.as_ref().is_some_and(|row| row.is_expired(now.ms));
        let seen = old.as_ref().filter(|_| !stale).map(|row| row.value.clone());
        if seen.as_deref() != swap.expected.as_ref().map(|value| value.as_slice()) {
            return Outcome { previous: seen, ..Outcome::default() };
        }
        let (wrote, ambiguous) = match &swap.value {
            Some(value) => {
                let expires_at = swap.ttl_ms.map(|ttl| now.ms.saturating_add(i64::try_from(ttl).unwrap()));
                let row = KvRow { value: value.to_vec(), version: now.seq, expires_at };
                self.kv.insert(swap.key.to_vec(), row);
                (true, false)
            }
            None => (self.kv.remove(swap.key.as_slice()).is_some(), stale),
        };
        Outcome { wrote, ambiguous, number: 1, previous: seen, ..Outcome::default() }
    }

    fn holds(&self, precondition: &Precondition, now: Now) -> bool {
        let condition = &precondition.condition;
        let found: Option<(u64, &[u8])> = match &precondition.target {
            Target::KeyRange { start, end } => {
                let inside =
                    |key: &[u8]| key >= start.as_slice() && end.as_ref().is_none_or(|end| key < end.as_slice());
                let rows = self.kv.iter().filter(|(key, row)| inside(key) && !row.is_expired(now.ms));
                let versions: Vec<u64> = rows.map(|(_, row)| row.version).collect();
                return match condition {
                    Condition::Absent => versions.is_empty(),
                    Condition::Present => !versions.is_empty(),
                    Condition::UnchangedSince { seq, count } => {
                        versions.len() as u64 == *count && versions.iter().all(|version| *version <= seq.0)
                    }
                    Condition::Equals { .. } => false,
                };
            }
            Target::Part { .. } => panic!("the model knows no parts"),
            Target::Key { key } => {
                let row = self.kv.get(key.as_slice()).filter(|row| !row.is_expired(now.ms));
                row.map(|row| (row.version, row.value.as_slice()))
            }
            Target::Document { collection, id } => {
                let collection = self.collections.get(collection.as_str());
                let found = collection.and_then(|collection| collection.documents.get(id.as_str()));
                found.map(|(seq, _)| (*seq, &[][..]))
            }
            Target::Node { id } => self.nodes.get(id.as_str()).map(|(seq, _)| (*seq, &[][..])),
            Target::Edge { from_id, edge_type, to_id } => {
                let key = (from_id.to_string(), edge_type.to_string(), to_id.to_string());
                self.edges.get(&key).map(|(seq, _)| (*seq, &[][..]))
            }
        };
        match condition {
            Condition::Absent => found.is_none(),
            Condition::Present => found.is_some(),
            Condition::Equals { value } => found.is_some_and(|(_, bytes)| bytes == value.as_slice()),
            Condition::UnchangedSince { seq, count: _ } => found.is_some_and(|(written, _)| written <= seq.0),
        }
    }
}

/// An outcome that took a commit if it did anything.
pub(super) fn counted(number: u64) -> Outcome {
    Outcome { wrote: number > 0, number, ..Outcome::default() }
}
