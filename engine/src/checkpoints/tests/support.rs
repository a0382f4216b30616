//! A database on a simulated disk, something of everything in a namespace, and all it answers.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::{
    AddDocuments, AddEdge, AddNode, AddTemporalEdge, AsOf, ByteBuf, CacheGet, CachePut, CheckpointId, CheckpointInfo,
    CloseTemporalEdge, CommitSeq, CreateCheckpoint, CreateCollection, CreateIndex, DeleteDocuments, DeleteNode,
    Direction, Document, DocumentUpdate, DropCollection, Durability, Edge, Embedding, EmbeddingBatch, ExportCheckpoint,
    ExportFormat, GetDocuments, GetEdges, GetNode, GetVectors, IdBatch, ImportCheckpoint, InsertVectors,
    ListCheckpoints, ListCollections, ListIndexes, Metric, NamespaceStatsRequest, Node, Properties, Put, QueryTemporal,
    RestoreCheckpoint, Restored, Result, Scan, SearchCollection, SearchVectors, SupersedeTemporalEdge, TemporalFact,
    TemporalHistory, TemporalMode, TimestampMs, Traverse, UpdateDocuments, Value,
};
use crate::clock::ManualClock;
use crate::disk::{Disk, SimDisk};
use crate::rng::SeededRng;
use crate::{Engine, EngineOptions};

pub const DURABLE: Durability = Durability::Durable;
pub const DATA_DIR: &str = "/db";

/// An engine on a simulated disk.
pub struct Db {
    pub disk: SimDisk,
    pub clock: Arc<ManualClock>,
    pub engine: Engine,
}

impl Db {
    /// The folders of namespaces, whatever role they have.
    pub fn folders(&self) -> Vec<PathBuf> {
        let dir = Path::new(DATA_DIR).join("ns");
        let mut names = self.disk.list_dir(&dir).unwrap();
        names.retain(|name| !name.ends_with(".generation"));
        names.iter().map(|name| dir.join(name)).collect()
    }

    pub fn new() -> Self {
        Self::on(&SimDisk::new()).unwrap()
    }

    pub fn on(disk: &SimDisk) -> Result<Self> {
        Self::with_seed(disk, 1)
    }

    /// Engines on copies of one disk must not draw the same names twice.
    pub fn with_seed(disk: &SimDisk, seed: u64) -> Result<Self> {
        let clock = Arc::new(ManualClock::new(1_000_000));
        let mut options = EngineOptions::new(DATA_DIR).on_disk(Arc::new(disk.clone()));
        options.clock = Arc::clone(&clock) as _;
        options.rng = Some(Arc::new(SeededRng::new(seed)));
        Ok(Self { disk: disk.clone(), clock, engine: Engine::open(options)? })
    }

    pub fn checkpoint(&self, namespace: &str) -> CheckpointInfo {
        self.engine.run(namespace, CreateCheckpoint::default()).unwrap()
    }

    pub fn restore(&self, namespace: &str, id: &CheckpointId, overwrite: bool) -> Result<Restored> {
        self.engine.run(namespace, RestoreCheckpoint { checkpoint_id: id.clone(), overwrite })
    }

    pub fn list(&self, namespace: &str) -> Vec<CheckpointInfo> {
        self.engine.run(namespace, ListCheckpoints {}).unwrap().checkpoints
    }

    pub fn export(&self, namespace: &str, id: &CheckpointId, format: ExportFormat, bytes_max: u64) -> Vec<u8> {
        let (mut bytes, mut offset) = (Vec::new(), Some(0));
        while let Some(at) = offset {
            let part = ExportCheckpoint { checkpoint_id: id.clone(), format, offset: at, bytes_max: Some(bytes_max) };
            let part = self.engine.run(namespace, part).unwrap();
            bytes.extend_from_slice(&part.data);
            offset = part.next_offset;
        }
        bytes
    }

    pub fn import(&self, namespace: &str, format: ExportFormat, bytes: &[u8]) -> Result<CheckpointInfo> {
        let (data, name) = (ByteBuf::from(bytes.to_vec()), String::new());
        let part = ImportCheckpoint { format, name, data, continues: None, more: false };
        Ok(self.engine.run(namespace, part)?.checkpoint.unwrap())
    }

    /// Nothing under way is left.
    pub fn check_no_leftovers(&self, what: &str) {
        let dir = Path::new(DATA_DIR).join("checkpoints/.tmp");
        let left = if self.disk.exists(&dir).unwrap() { self.disk.list_dir(&dir).unwrap() } else { Vec::new() };
        assert!(left.is_empty(), "{what}: {left:?} is left");
    }
}

pub fn file_of(id: &CheckpointId) -> PathBuf {
    Path::new(DATA_DIR).join("checkpoints").join(format!("{id}.toondb"))
}

pub fn put(key: &[u8], value: &[u8], ttl_ms: Option<u64>) -> Put {
    Put { key: ByteBuf::from(key), value: ByteBuf::from(value), ttl_ms, durability: DURABLE }
}

pub fn document(id: &str, embedding: &[f32], metadata: Properties) -> Document {
    let (id, content) = (Some(id.into()), format!("content of {id} \u{1f600}\"\\\n"));
    Document { id, content, embedding: Some(Embedding(embedding.to_vec())), metadata, ..Default::default() }
}

pub fn fact(to: &str, from: i64, until: Option<i64>) -> TemporalFact {
    TemporalFact {
        from_id: "ann".into(),
        edge_type: "lives_in".into(),
        to_id: to.into(),
        valid_from: TimestampMs(from),
        valid_until: until.map(TimestampMs),
        properties: Properties::new().with("source", "she said"),
    }
}

/// Every kind of value.
pub fn fields() -> Properties {
    let inner = Properties::new().with("$bytes", "no bytes").with("plain", Value::Float(-0.0));
    Properties::new()
        .with("null", Value::Null)
        .with("yes", Value::Bool(true))
        .with("int", i64::MIN)
        .with("whole float", Value::Float(3.0))
        .with("float", Value::Float(0.1 + 0.2))
        .with("endless", Value::Float(f64::NEG_INFINITY))
        .with("bytes", Value::Bytes(vec![0, 255, 7]))
        .with("list", Value::List(vec![1.into(), Value::Map(inner.0)]))
        .with("$map", "a name that is special elsewhere")
}

/// Something of everything, with a past: deletions, replacements, a dropped collection, retracted and erased facts.
pub fn fill(db: &Db, ns: &str) {
    let (engine, clock) = (&db.engine, &db.clock);
    for index in 0_u8..20 {
        let ttl_ms = (index % 3 == 0).then_some(1_000_000 + u64::from(index));
        engine.run(ns, put(&[b'k', index, 200 + index], &[index; 9], ttl_ms)).unwrap();
        engine.run(ns, put(format!("text-{index}").as_bytes(), b"value", None)).unwrap();
    }
    let create =
        |name: &str, metric| CreateCollection { collection: name.into(), dimension: 3, metric, metadata: fields() };
    engine.run(ns, create("gone", Metric::Cosine)).unwrap();
    engine.run(ns, create("docs", Metric::Cosine)).unwrap();
    engine.run(ns, create("flat", Metric::Dot)).unwrap();
    let documents = |from: u8| -> Vec<Document> {
        (from..from + 12)
            .map(|n| {
                let metadata = fields().with("n", i64::from(n));
                document(&format!("d{n}"), &[0.1 + f32::from(n), 1.0 / (1.0 + f32::from(n)), -1e-30], metadata)
            })
            .collect()
    };
    for collection in ["docs", "gone"] {
        let add = AddDocuments {
            collection: collection.into(),
            documents: documents(0),
            durability: DURABLE,
            ..Default::default()
        };
        engine.run(ns, add).unwrap();
    }
    // Without an embedding, for a time, and changed since: before and after the checkpoint numbers its rows anew.
    let bare = Document { id: Some("bare".into()), ttl_ms: Some(1_000_000), metadata: fields(), ..Document::default() };
    let documents_of =
        |documents| AddDocuments { collection: "docs".into(), documents, durability: DURABLE, ..Default::default() };
    engine.run(ns, documents_of(vec![bare])).unwrap();
    for (ids, n) in [(vec!["bare".into(), "d5".into()], 50), (vec!["d5".into(), "d6".into()], 60)] {
        let set = Properties::new().with("n", n);
        let update = DocumentUpdate { collection: "docs".into(), ids: Some(ids), set, ..DocumentUpdate::default() };
        engine.run(ns, UpdateDocuments { update, ..UpdateDocuments::default() }).unwrap();
    }
    let ids = vec!["d3".into(), "d4".into()];
    engine
        .run(ns, DeleteDocuments { collection: "docs".into(), ids, durability: DURABLE, ..Default::default() })
        .unwrap();
    engine
        .run(
            ns,
            AddDocuments {
                collection: "docs".into(),
                documents: documents(9),
                durability: DURABLE,
                ..Default::default()
            },
        )
        .unwrap();
    engine.run(ns, DropCollection { collection: "gone".into() }).unwrap();
    engine.run(ns, CreateIndex { index: "bare".into(), dimension: 2, metric: Metric::Euclidean }).unwrap();
    let (ids, vectors) =
        (IdBatch(vec![7, u64::MAX, 1 << 60]), EmbeddingBatch(vec![0.0, -0.0, 1.5, 2.5, 3.25e-38, 9.0]));
    engine.run(ns, InsertVectors { index: "bare".into(), ids, vectors, durability: DURABLE }).unwrap();
    for (key, ttl_ms) in [("why?", None), ("how?", Some(1_000_000)), ("why?", Some(2_000_000)), ("when?", None)] {
        let (cache, value) = ("docs".into(), format!("because of {ttl_ms:?}"));
        let embedding = Embedding(vec![if key.starts_with('w') { 4.5 } else { -2.0 }, 1.0 / 3.0]);
        engine.run(ns, CachePut { cache, key: key.to_owned(), value, embedding, ttl_ms, durability: DURABLE }).unwrap();
    }
    for id in ["ann", "bob", "cid"] {
        let node = Node { id: id.into(), node_type: "person".to_owned(), properties: fields() };
        engine.run(ns, AddNode { node, durability: DURABLE }).unwrap();
    }
    for (from, to) in [("ann", "bob"), ("bob", "ann"), ("ann", "ann"), ("ann", "cid"), ("cid", "bob")] {
        let edge_type = "knows".into();
        let edge = Edge { from_id: from.into(), edge_type, to_id: to.into(), properties: fields() };
        engine.run(ns, AddEdge { edge, durability: DURABLE }).unwrap();
    }
    engine.run(ns, DeleteNode { id: "cid".into(), durability: DURABLE }).unwrap();
    fill_facts(db, ns);
    clock.advance_ms(10);
}

fn fill_facts(db: &Db, ns: &str) {
    let (engine, clock) = (&db.engine, &db.clock);
    for (to, from, until) in [("rome", 10, None), ("oslo", 20, Some(50)), ("rome", 10, Some(15))] {
        clock.advance_ms(100);
        engine.run(ns, AddTemporalEdge { fact: fact(to, from, until), durability: DURABLE }).unwrap();
    }
    for (to, from, until) in [("lima", 30, None), ("bern", 25, Some(28)), ("lima", 40, None)] {
        clock.advance_ms(100);
        engine.run(ns, SupersedeTemporalEdge { fact: fact(to, from, until), durability: DURABLE }).unwrap();
    }
    let (from_id, edge_type, to_id) = ("ann".into(), "lives_in".into(), "lima".into());
    clock.advance_ms(100);
    let close = CloseTemporalEdge { from_id, edge_type, to_id, at: Some(TimestampMs(90)), durability: DURABLE };
    engine.run(ns, close).unwrap();
}

struct Answers(String);

impl Answers {
    fn add(&mut self, answer: impl Debug) {
        self.0.push_str(&format!("{answer:?}\n"));
    }
}

/// Everything the namespace answers, in the debug form, which tells 1 from 1.0 and 0.0 from -0.0.
pub fn answers(db: &Db, ns: &str) -> String {
    let (engine, mut all) = (&db.engine, Answers(String::new()));
    all.add(engine.run(ns, Scan { limit: Some(1_000), ..Scan::default() }).unwrap());
    for info in engine.run(ns, ListCollections {}).unwrap().collections {
        all.add((&info.name, info.dimension, info.metric, info.metadata, info.count, info.created_at));
        let ids = (0..21).map(|n| format!("d{n}").into()).chain(["bare".into()]).collect();
        let get =
            GetDocuments { collection: info.name.clone(), ids, include_embedding: true, ..GetDocuments::default() };
        all.add(engine.run(ns, get).unwrap());
        for filter in [None, Some(crate::api::Filter::try_from(Value::Map(fields().0)))] {
            let search = SearchCollection {
                collection: info.name.clone(),
                query: Embedding(vec![1.0, 2.0, -3.0]),
                k: Some(30),
                ef: None,
                filter: filter.and_then(std::result::Result::ok),
                include_embedding: true,
                snapshot: None,
                ..SearchCollection::default()
            };
            all.add(engine.run(ns, search).unwrap());
        }
    }
    for info in engine.run(ns, ListIndexes {}).unwrap().indexes {
        all.add((&info.name, info.dimension, info.metric, info.count, info.created_at));
        let (index, ids) = (info.name.clone(), vec![7, 8, u64::MAX, 1 << 60]);
        all.add(engine.run(ns, GetVectors { index, ids, snapshot: None }).unwrap());
        let (query, k) = (Embedding(vec![1.0, 1.0]), Some(9));
        let search = SearchVectors { index: info.name, query, k, include_embedding: true, ..SearchVectors::default() };
        all.add(engine.run(ns, search).unwrap());
    }
    for key in [Some("why?"), Some("how?"), Some("who?"), None] {
        let (key, embedding) = (key.map(str::to_owned), Some(Embedding(vec![4.5, 0.25])));
        let get = CacheGet { cache: "docs".into(), key, embedding, threshold: Some(0.5) };
        all.add(engine.run(ns, get).unwrap());
    }
    for id in ["ann", "bob", "cid"] {
        all.add(engine.run(ns, GetNode { id: id.into(), snapshot: None }).unwrap());
        all.add(engine.run(ns, edges_of(id)).unwrap());
        let traverse = Traverse {
            start: id.into(),
            order: crate::api::TraversalOrder::Bfs,
            max_depth: None,
            edge_types: None,
            direction: Direction::Both,
            filter: Default::default(),
            limit: None,
            snapshot: None,
        };
        all.add(engine.run(ns, traverse).unwrap());
    }
    temporal_answers(db, ns, &mut all);
    let stats = engine.run(ns, NamespaceStatsRequest {}).unwrap();
    all.add((stats.keys, stats.collections, stats.documents, stats.vectors, stats.nodes, stats.edges));
    all.add((stats.temporal_versions, stats.live_bytes));
    all.0
}

/// The answers without the counters at their end: a key whose time is over counts until housekeeping has removed it.
pub fn without_counters(answers: &str) -> String {
    let lines: Vec<&str> = answers.lines().collect();
    lines[..lines.len() - 2].join("\n")
}

fn edges_of(id: &str) -> GetEdges {
    let (limit, cursor, snapshot) = (None, None, None);
    GetEdges {
        node_id: id.into(),
        edge_types: None,
        direction: Direction::Both,
        filter: Default::default(),
        limit,
        cursor,
        snapshot,
    }
}

fn temporal_answers(db: &Db, ns: &str, all: &mut Answers) {
    for (node, direction) in [("ann", Direction::Outgoing), ("rome", Direction::Incoming), ("lima", Direction::Both)] {
        let history = TemporalHistory {
            node_id: node.into(),
            edge_type: None,
            other_id: None,
            direction,
            start: None,
            end: None,
            as_of: None,
            newest_first: false,
            limit: None,
            cursor: None,
            snapshot: None,
        };
        all.add(db.engine.run(ns, history).unwrap());
        let moments = (0..12).map(|n| AsOf::Time(TimestampMs(1_000_000 + n * 100)));
        let beliefs = (0..80).step_by(3).map(|n| AsOf::Seq(CommitSeq(n))).chain(moments).map(Some);
        for as_of in beliefs.chain([None]) {
            for at in [5, 12, 26, 31, 45, 95] {
                let query = QueryTemporal {
                    node_id: node.into(),
                    mode: TemporalMode::PointInTime { at: TimestampMs(at) },
                    edge_types: None,
                    direction,
                    as_of,
                    limit: None,
                    snapshot: None,
                };
                all.add(db.engine.run(ns, query).unwrap());
            }
        }
    }
}
