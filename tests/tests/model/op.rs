//! What may happen in a history. Names come from small sets, so that operations meet.

use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::{collection, option};
use toondb_engine::api::{
    AddDocuments, AppendLog, BatchDelete, ByteBuf, CacheInvalidate, CachePut, CloseTemporalEdge, Commit, CommitSeq,
    CompareAndSet, Condition, CreateCollection, DeleteByFilter, DeleteDocuments, DeleteEdge, DeleteKey, DeleteLog,
    DeleteNode, DeleteRange, Document, DocumentUpdate, Durability, Edge, EdgeUpdate, Embedding, EraseTemporal, Filter,
    Increment, KeySpan, MergeNodes, Metric, Node, NodeUpdate, OnConflict, PopLog, Precondition, Predicate, Properties,
    Put, PutEntry, Request, StateFact, StatedFact, SupersedeTemporalEdge, Target, TemporalFact, TimestampMs, Touch,
    TrimLog, TruncateCollection, UpdateDocuments, UpdateEdge, UpdateNode, Value, Write,
};
use toondb_engine::disk::CrashMode;

use crate::ask::{Ask, asks};
use crate::filters::{conditional, field_name, properties};

pub const COLLECTIONS: [&str; 2] = ["cos", "l2"];
/// One of them has the name of a collection.
pub const CACHES: [&str; 2] = ["answers", "l2"];
pub const QUESTIONS: [&str; 4] = ["q0", "q1", "q2", "r"];
pub const DIMENSION: usize = 3;
pub const NODES: [&str; 5] = ["a", "b", "c", "d", "e"];
const KEYS: [&str; 8] = ["k", "k/1", "k/1/a", "k/2", "l", "l/", "m", "n"];
/// Logs; a name may be the beginning of another one.
pub const LOGS: [&str; 3] = ["log", "log2", "m"];
pub const DOCUMENTS: [&str; 5] = ["d0", "d1", "d2", "d3", "d4"];
pub const NODE_TYPES: [&str; 2] = ["", "kind"];
const EDGE_TYPES: [&str; 2] = ["r", "s"];

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Op {
    /// A write.
    Write(Request),
    /// A read.
    Ask(Ask),
    /// Time passes.
    Wait(u64),
    /// Everything goes into the store.
    Flush,
    /// Closing and opening.
    Reopen,
    /// A power loss and opening.
    Crash(u64, CrashMode),
}

pub fn one_of(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> + Clone {
    (0..names.len()).prop_map(|i| names[i])
}

fn key() -> impl Strategy<Value = ByteBuf> + Clone {
    one_of(&KEYS).prop_map(|key| ByteBuf::from(key.as_bytes().to_vec()))
}

fn value() -> impl Strategy<Value = ByteBuf> + Clone {
    let of = |i: u8, len: usize| ByteBuf::from(vec![if len < 4 { b'0' } else { b'a' } + i; len]);
    prop_oneof![
        40 => (0..4_u8).prop_map(move |i| of(i, usize::from(i))),
        // Such as stores hold in chunks.
        1 => (0..4_u8).prop_map(move |i| of(i, 65_000 + usize::from(i) * 70_000)),
    ]
}

fn ttl() -> impl Strategy<Value = Option<u64>> + Clone {
    option::weighted(0.3, 1..60_u64)
}

fn durability() -> impl Strategy<Value = Durability> + Clone {
    prop_oneof![9 => Just(Durability::Durable), 1 => Just(Durability::Volatile)]
}

pub fn node_id() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&NODES)
}

pub fn edge_type() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&EDGE_TYPES)
}

pub fn time() -> impl Strategy<Value = i64> + Clone {
    0..12_i64
}

pub fn collection_name() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&COLLECTIONS)
}

pub fn cache_name() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&CACHES)
}

pub fn question() -> impl Strategy<Value = String> + Clone {
    one_of(&QUESTIONS).prop_map(str::to_owned)
}

/// Small whole numbers, so that distances are exact and ties happen; sometimes nothing a collection may hold.
pub fn embedding() -> impl Strategy<Value = Embedding> + Clone {
    let component = (-2..3_i8).prop_map(f32::from);
    prop_oneof![
        20 => collection::vec(component.clone(), DIMENSION).prop_map(Embedding),
        1 => collection::vec(component, 0..5).prop_map(Embedding),
        1 => Just(Embedding(vec![f32::NAN; DIMENSION])),
    ]
}

fn document() -> impl Strategy<Value = Document> + Clone {
    let embedding = option::weighted(0.8, embedding());
    (one_of(&DOCUMENTS), embedding, properties()).prop_map(|(id, embedding, metadata)| {
        let content = format!("about {id}");
        Document { id: Some(id.into()), content, embedding, metadata, ..Document::default() }
    })
}

fn on_conflict() -> impl Strategy<Value = OnConflict> + Clone {
    prop_oneof![4 => Just(OnConflict::Replace), 1 => Just(OnConflict::Skip), 1 => Just(OnConflict::Error)]
}

fn update() -> impl Strategy<Value = DocumentUpdate> + Clone {
    let ids = collection::vec(one_of(&DOCUMENTS), 0..3);
    let unset = option::of(one_of(&["n", "tag", "missing"]));
    let parts = (collection_name(), ids, option::of(conditional()), any::<bool>(), properties(), unset);
    parts.prop_map(|(name, ids, filter, all, mut set, unset)| {
        set.0.insert("touched".to_owned(), Value::Bool(all));
        let unset: Vec<String> = unset.into_iter().filter(|name| set.get(name).is_none()).map(str::to_owned).collect();
        let by_id = filter.is_none() && !(all && ids.is_empty());
        DocumentUpdate {
            collection: name.into(),
            ids: by_id.then(|| ids.iter().map(|id| (*id).into()).collect()),
            all: !by_id && filter.is_none(),
            filter,
            set,
            unset,
            ..DocumentUpdate::default()
        }
    })
}

fn fact() -> impl Strategy<Value = TemporalFact> + Clone {
    let number = option::weighted(0.2, 0..2_i64);
    let parts = (node_id(), edge_type(), node_id(), time(), option::of(1..8_i64), number);
    parts.prop_map(|(from, edge_type, to, start, span, number)| TemporalFact {
        from_id: from.into(),
        edge_type: edge_type.into(),
        to_id: to.into(),
        valid_from: TimestampMs(start),
        valid_until: span.map(|span| TimestampMs(start + span)),
        properties: number.map_or_else(Properties::new, |number| Properties::new().with("n", number)),
    })
}

/// The same from a time on that may be left out, and then without an end: it may be over by now.
fn stated(fact: TemporalFact, is_now: bool) -> StatedFact {
    let TemporalFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = fact;
    let (valid_from, valid_until) = if is_now { (None, None) } else { (Some(valid_from), valid_until) };
    StatedFact { from_id, edge_type, to_id, valid_from, valid_until, properties }
}

fn entry() -> impl Strategy<Value = PutEntry> + Clone {
    (key(), value(), ttl()).prop_map(|(key, value, ttl_ms)| PutEntry { key, value, ttl_ms })
}

pub fn node_type() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&NODE_TYPES)
}

fn node() -> impl Strategy<Value = Node> + Clone {
    (node_id(), node_type(), properties()).prop_map(|(id, kind, properties)| Node {
        id: id.into(),
        node_type: kind.to_owned(),
        properties,
    })
}

fn edge() -> impl Strategy<Value = Edge> + Clone {
    (node_id(), edge_type(), node_id(), properties()).prop_map(|(from, edge_type, to, properties)| Edge {
        from_id: from.into(),
        edge_type: edge_type.into(),
        to_id: to.into(),
        properties,
    })
}

pub fn log_name() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&LOGS)
}

fn values() -> impl Strategy<Value = Vec<ByteBuf>> + Clone {
    collection::vec(value(), 0..4)
}

fn span() -> impl Strategy<Value = KeySpan> + Clone {
    (option::weighted(0.3, key()), option::of(key()), option::of(key())).prop_map(|(prefix, start, end)| KeySpan {
        prefix,
        start,
        end,
    })
}

fn write() -> impl Strategy<Value = Write> + Clone {
    let ends = || (node_id(), edge_type(), node_id());
    prop_oneof![
        4 => entry().prop_map(Write::Put),
        2 => key().prop_map(|key| Write::DeleteKey { key }),
        1 => span().prop_map(Write::DeleteRange),
        3 => (collection_name(), collection::vec(document(), 0..3), on_conflict())
            .prop_map(|(name, documents, on_conflict)| Write::AddDocuments {
                collection: name.into(), documents, on_conflict, ttl_ms: None, create_missing: false,
            }),
        2 => update().prop_map(Write::UpdateDocuments),
        1 => collection_name().prop_map(|name| Write::TruncateCollection { collection: name.into() }),
        1 => (collection_name(), one_of(&DOCUMENTS))
            .prop_map(|(name, id)| Write::DeleteDocuments { collection: name.into(), ids: vec![id.into()] }),
        4 => node().prop_map(Write::AddNode),
        1 => node_id().prop_map(|id| Write::DeleteNode { id: id.into() }),
        3 => edge().prop_map(Write::AddEdge),
        1 => ends().prop_map(|(from, kind, to)| Write::DeleteEdge {
            from_id: from.into(), edge_type: kind.into(), to_id: to.into(),
        }),
        4 => (log_name(), values()).prop_map(|(log, values)| Write::AppendLog { log: log.into(), values }),
        4 => fact().prop_map(Write::AddTemporalEdge),
        4 => fact().prop_map(Write::SupersedeTemporalEdge),
        2 => (node_id(), option::weighted(0.3, node_type()), properties(), option::of(field_name()))
            .prop_map(|(id, node_type, set, unset)| {
                // What is set and unset at once is refused.
                let unset = unset.into_iter().collect();
                Write::UpdateNode(NodeUpdate { id: id.into(), node_type: node_type.map(str::to_owned), set, unset })
            }),
        1 => (ends(), properties(), option::of(field_name())).prop_map(|((from, kind, to), set, unset)| {
            let (from_id, edge_type, to_id) = (from.into(), kind.into(), to.into());
            Write::UpdateEdge(EdgeUpdate { from_id, edge_type, to_id, set, unset: unset.into_iter().collect() })
        }),
        1 => (node_id(), node_id()).prop_map(|(source, target)| Write::MergeNodes {
            source_id: source.into(), target_id: target.into(),
        }),
        4 => (fact(), any::<bool>()).prop_map(|(fact, is_now)| Write::StateFact(stated(fact, is_now))),
        1 => (ends(), option::of(time())).prop_map(|((from, kind, to), at)| Write::CloseTemporalEdge {
            from_id: from.into(), edge_type: kind.into(), to_id: to.into(), at: at.map(TimestampMs),
        }),
    ]
}

fn precondition() -> impl Strategy<Value = Precondition> + Clone {
    let target = prop_oneof![
        3 => key().prop_map(|key| Target::Key { key }),
        1 => (collection_name(), one_of(&DOCUMENTS))
            .prop_map(|(name, id)| Target::Document { collection: name.into(), id: id.into() }),
        1 => node_id().prop_map(|id| Target::Node { id: id.into() }),
        1 => edge().prop_map(|edge| Target::Edge { from_id: edge.from_id, edge_type: edge.edge_type, to_id: edge.to_id }),
        2 => (key(), option::of(key())).prop_map(|(start, end)| Target::KeyRange { start, end }),
    ];
    let condition = prop_oneof![
        Just(Condition::Absent),
        Just(Condition::Present),
        value().prop_map(|value| Condition::Equals { value }),
        (0..40_u64, 0..4_u64).prop_map(|(seq, count)| Condition::UnchangedSince { seq: CommitSeq(seq), count }),
    ];
    (target, condition).prop_map(|(target, condition)| Precondition { target, condition })
}

fn commit() -> impl Strategy<Value = Request> {
    let parts = (collection::vec(precondition(), 0..2), collection::vec(write(), 0..5), durability());
    parts.prop_map(|(preconditions, writes, durability)| {
        Request::Commit(Commit { preconditions, writes, snapshot: None, durability })
    })
}

/// One write, most of them as an operation of its own rather than in a commit.
fn single() -> impl Strategy<Value = Request> {
    (write(), durability()).prop_map(|(write, durability)| match write {
        Write::Put(PutEntry { key, value, ttl_ms }) => Request::Put(Put { key, value, ttl_ms, durability }),
        Write::DeleteKey { key } => Request::DeleteKey(DeleteKey { key, durability }),
        Write::AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing } => {
            let add = AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing, durability };
            Request::AddDocuments(add)
        }
        Write::UpdateDocuments(update) => {
            Request::UpdateDocuments(UpdateDocuments { update, return_ids: false, durability })
        }
        Write::TruncateCollection { collection } => Request::TruncateCollection(TruncateCollection { collection }),
        Write::DeleteDocuments { collection, ids } => {
            Request::DeleteDocuments(DeleteDocuments { collection, ids, return_ids: false, durability })
        }
        Write::AddNode(node) => Request::AddNode(toondb_engine::api::AddNode { node, durability }),
        Write::DeleteNode { id } => Request::DeleteNode(DeleteNode { id, durability }),
        Write::AddEdge(edge) => Request::AddEdge(toondb_engine::api::AddEdge { edge, durability }),
        Write::DeleteEdge { from_id, edge_type, to_id } => {
            Request::DeleteEdge(DeleteEdge { from_id, edge_type, to_id, durability })
        }
        Write::UpdateNode(update) => Request::UpdateNode(UpdateNode { update, durability }),
        Write::UpdateEdge(update) => Request::UpdateEdge(UpdateEdge { update, durability }),
        Write::MergeNodes { source_id, target_id } => {
            Request::MergeNodes(MergeNodes { source_id, target_id, durability })
        }
        Write::AddTemporalEdge(fact) => {
            Request::AddTemporalEdge(toondb_engine::api::AddTemporalEdge { fact, durability })
        }
        Write::SupersedeTemporalEdge(fact) => {
            Request::SupersedeTemporalEdge(SupersedeTemporalEdge { fact, durability })
        }
        Write::CloseTemporalEdge { from_id, edge_type, to_id, at } => {
            Request::CloseTemporalEdge(CloseTemporalEdge { from_id, edge_type, to_id, at, durability })
        }
        Write::DeleteRange(keys) => Request::DeleteRange(DeleteRange { keys, durability }),
        Write::AppendLog { log, values } => Request::AppendLog(AppendLog { log, values, durability }),
        Write::StateFact(fact) => Request::StateFact(StateFact { fact, durability }),
        Write::InsertVectors { .. } | Write::DeleteVectors { .. } => panic!("never made"),
    })
}

fn rarer() -> BoxedStrategy<Request> {
    let swap = (key(), option::of(value()), option::of(value()), ttl(), durability());
    let ends = (option::of(node_id()), option::of(node_id()), option::of(node_id()));
    let window = (option::weighted(0.2, time()), option::weighted(0.3, time()));
    let number = option::weighted(0.3, 0..2_i64);
    let erase = (ends, option::of(edge_type()), number, window, durability());
    prop_oneof![
        4 => swap.prop_map(|(key, expected, value, ttl_ms, durability)| {
            Request::CompareAndSet(CompareAndSet { key, expected, value, ttl_ms, durability })
        }),
        3 => (collection::vec(entry(), 0..4), durability())
            .prop_map(|(entries, durability)| Request::BatchPut(toondb_engine::api::BatchPut { entries, durability })),
        8 => (cache_name(), question(), 0..9_u8, embedding(), ttl(), durability())
            .prop_map(|(cache, key, value, embedding, ttl_ms, durability)| {
                let (cache, value) = (cache.into(), value.to_string());
                Request::CachePut(CachePut { cache, key, value, embedding, ttl_ms, durability })
            }),
        1 => (cache_name(), one_of(&["*", "q?", "q[0-1]", "r", "x*"]), durability())
            .prop_map(|(cache, pattern, durability)| {
                let (cache, pattern) = (cache.into(), pattern.to_owned());
                Request::CacheInvalidate(CacheInvalidate { cache, pattern, durability })
            }),
        2 => (key(), -3..20_i64, ttl(), durability()).prop_map(|(key, by, ttl_ms, durability)| {
            Request::Increment(Increment { key, by, ttl_ms, durability })
        }),
        1 => (key(), durability()).prop_map(|(key, durability)| {
            Request::Increment(Increment { key, by: i64::MAX - 3, ttl_ms: None, durability })
        }),
        2 => (collection::vec(key(), 0..4), ttl(), any::<bool>(), durability())
            .prop_map(|(keys, ttl_ms, persist, durability)| {
                Request::Touch(Touch { keys, ttl_ms, persist: persist && ttl_ms.is_none(), durability })
            }),
        1 => (collection::vec(key(), 0..4), durability())
            .prop_map(|(keys, durability)| Request::BatchDelete(BatchDelete { keys, durability })),
        3 => (log_name(), option::of(0..4_u32), durability())
            .prop_map(|(log, count, durability)| Request::PopLog(PopLog { log: log.into(), count, durability })),
        2 => (log_name(), option::of(0..30_u64), option::of(0..4_u64), durability())
            .prop_map(|(log, before, keep, durability)| {
                Request::TrimLog(TrimLog { log: log.into(), before, keep, durability })
            }),
        1 => (log_name(), durability())
            .prop_map(|(log, durability)| Request::DeleteLog(DeleteLog { log: log.into(), durability })),
        2 => (collection_name(), conditional(), durability()).prop_map(|(name, filter, durability)| {
            Request::DeleteByFilter(DeleteByFilter { collection: name.into(), filter, return_ids: false, durability })
        }),
        1 => erase.prop_map(|((from, to, node), kind, number, (start, end), durability)| {
            let filter = number.map(|number| Filter::on("n", Predicate::Eq(Value::Int(number))).unwrap());
            Request::EraseTemporal(EraseTemporal {
                from_id: from.map(Into::into),
                edge_type: kind.map(Into::into),
                to_id: to.map(Into::into),
                node_id: node.map(Into::into),
                filter,
                start: start.map(TimestampMs),
                end: end.map(TimestampMs),
                cursor: None,
                durability,
            })
        }),
        1 => collection_name().prop_map(|name| Request::CreateCollection(create(name))),
        1 => Just(Request::CreateCollection(CreateCollection { metric: Metric::Dot, ..create("l2") })),
    ]
    .boxed()
}

/// The collection of this name as every history begins with it.
pub fn create(name: &str) -> CreateCollection {
    let metric = if name == "cos" { Metric::Cosine } else { Metric::Euclidean };
    let dimension = u32::try_from(DIMENSION).unwrap();
    CreateCollection { collection: name.into(), dimension, metric, metadata: Properties::new() }
}

/// A history.
pub fn ops(most: usize) -> impl Strategy<Value = Vec<Op>> {
    let mode = prop_oneof![Just(CrashMode::DropUnsynced), Just(CrashMode::KeepAll), Just(CrashMode::Random)];
    let op = prop_oneof![
        30 => single().prop_map(Op::Write),
        10 => commit().prop_map(Op::Write),
        12 => rarer().prop_map(Op::Write),
        16 => asks().prop_map(Op::Ask),
        4 => (1..50_u64).prop_map(Op::Wait),
        2 => Just(Op::Flush),
        1 => Just(Op::Reopen),
        2 => (any::<u64>(), mode).prop_map(|(seed, mode)| Op::Crash(seed, mode)),
    ];
    collection::vec(op, 1..=most)
}
