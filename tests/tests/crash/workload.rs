//! What is done while faults happen: every kind of data, several namespaces, enough for the log to turn its segments over; and every
//! change of what there is: namespaces, bounds, checkpoints, restores, imports, and a restart in between.

use toondb_engine::api::{
    BatchDelete, ByteBuf, CachePut, DeleteDocuments, DeleteNode, Document, DocumentUpdate, Durability, EraseTemporal,
    Increment, Metric, OnConflict, Operation, Properties, Put, Request, SupersedeTemporalEdge, TimestampMs, Touch,
    UpdateDocuments, Write,
};
use toondb_tests::Universe;
use toondb_tests::requests::{
    add_documents, add_edge, add_fact, add_node, append, batch, bytes, cache_invalidate, cache_put, commit,
    create_collection, delete_key, delete_log, delete_prefix, document, edge, entry, fact, keep, merge_nodes, node,
    pop, put, state, update_node,
};

/// One thing to do.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a script has a few dozen steps, nearly all of them writes")]
pub enum Step {
    /// A write.
    Write(&'static str, Request),
    /// Everything into the store.
    Flush(&'static str),
    /// A namespace appears.
    Create(&'static str),
    /// A namespace goes with all it holds.
    Delete(&'static str),
    /// A namespace gets another bound on its bytes.
    Bound(&'static str, u64),
    /// A checkpoint of a namespace is taken, under a name.
    Checkpoint(&'static str, &'static str),
    /// A checkpoint that was taken elsewhere is imported.
    Import(&'static str, &'static str),
    /// A checkpoint is deleted.
    Forget(&'static str, &'static str),
    /// A namespace becomes what a checkpoint holds.
    Restore(&'static str, &'static str, &'static str),
    /// The database is closed and opened again.
    Reopen,
}

/// A list of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Writes and flushes, above all.
    Writes,
    /// Changes of what there is, above all.
    Changes,
}

impl Script {
    pub const ALL: [Script; 2] = [Script::Changes, Script::Writes];

    pub fn steps(self) -> Vec<Step> {
        match self {
            Script::Writes => writes(),
            Script::Changes => changes(),
        }
    }
}

/// The names the workload uses.
pub fn universe() -> Universe {
    Universe {
        collections: vec![("notes".to_owned(), 2)],
        caches: vec![("notes".to_owned(), ["q", "r", "s"].map(str::to_owned).to_vec())],
        nodes: ["a", "b", "c", "x", "y"].map(str::to_owned).to_vec(),
        bare: vec!["bare".to_owned()],
    }
}

fn write(namespace: &'static str, operation: impl Operation) -> Step {
    Step::Write(namespace, operation.into_request())
}

/// A value so large that two or three fill a log segment.
fn large(key: &str, fill: u8) -> Put {
    Put { value: ByteBuf::from(vec![b'a' + fill; 25_000]), ..put(key, "") }
}

/// One that stores hold in chunks: of two, of three, of one.
fn huge(round: u8) -> Put {
    let bytes = [70_000, 135_000, 65_300][usize::from(round) % 3];
    Put { value: ByteBuf::from(vec![b'a' + round; bytes]), ..put("huge", "") }
}

/// Keys, documents, nodes, edges and facts in one commit.
fn mixed(round: i64) -> toondb_engine::api::Commit {
    let id = format!("d{round}");
    let vector = [1.0, round as f32];
    commit(
        vec![],
        vec![
            Write::Put(entry("mixed", &round.to_string())),
            Write::AddDocuments {
                collection: "notes".into(),
                documents: vec![document(&id, &vector)],
                on_conflict: OnConflict::Replace,
                ttl_ms: None,
                create_missing: false,
            },
            Write::UpdateDocuments(touch(round)),
            Write::AppendLog { log: "mixed".into(), values: vec![bytes("one"), bytes(&round.to_string())] },
            Write::AddNode(node("a")),
            Write::AddNode(node("b")),
            Write::AddEdge(edge("a", "r", "b")),
            Write::SupersedeTemporalEdge(fact(("a", "at", if round % 2 == 0 { "x" } else { "y" }), round * 10, None)),
            Write::StateFact(state(("b", "is", if round % 4 < 2 { "x" } else { "y" }), Some(round * 10), None).fact),
        ],
    )
}

/// A change of every document in the collection: those written in the same commit, in others, and without an embedding.
fn touch(round: i64) -> DocumentUpdate {
    let set = Properties::new().with("round", round);
    DocumentUpdate { collection: "notes".into(), all: true, set, ..DocumentUpdate::default() }
}

/// What is in the checkpoint that is imported.
pub fn outside() -> Vec<Step> {
    vec![
        write("outside", create_collection("notes", 2, Metric::Cosine)),
        write("outside", mixed(7)),
        write("outside", batch(&[("from", "elsewhere"), ("k", "0")])),
    ]
}

fn changes() -> Vec<Step> {
    vec![
        write("a", create_collection("notes", 2, Metric::Cosine)),
        write("a", mixed(1)),
        Step::Checkpoint("a", "first"),
        write("a", put("later", "1")),
        Step::Bound("a", 1 << 20),
        Step::Restore("a", "first", "copy"),
        write("copy", put("own", "1")),
        Step::Flush("a"),
        Step::Reopen,
        write("a", mixed(2)),
        Step::Restore("a", "first", "a"),
        write("a", put("after", "the restore")),
        Step::Import("b", "imported"),
        Step::Restore("b", "imported", "b"),
        write("b", put("k", "1")),
        Step::Forget("a", "first"),
        Step::Delete("copy"),
        Step::Create("copy"),
        write("copy", put("again", "1")),
        Step::Checkpoint("copy", "second"),
        Step::Bound("a", 2 << 20),
        Step::Reopen,
        Step::Restore("copy", "second", "a"),
        Step::Delete("b"),
        write("a", put("last", "a")),
    ]
}

fn writes() -> Vec<Step> {
    let mut steps = vec![
        write("default", put("k", "1")),
        write("default", batch(&[("k", "2"), ("l", "2"), ("m", "2")])),
        Step::Create("b"),
        write("b", create_collection("notes", 2, Metric::Cosine)),
        write("b", mixed(1)),
        write("auto", put("first", "write")),
        Step::Flush("default"),
        write("default", delete_key("l")),
        write("default", cache_put("notes", "q", &[1.0, 2.0, 3.0])),
        write("default", create_collection("notes", 2, Metric::Euclidean)),
    ];
    for round in 0..4 {
        steps.push(write("default", huge(round)));
        steps.extend((0..3).map(|i| write("default", large(&format!("big{}", i % 2), round * 3 + i))));
        steps.push(write("default", mixed(i64::from(round) + 2)));
        let key = if round % 2 == 0 { "r" } else { "s" };
        let entry = CachePut { ttl_ms: Some(60_000), ..cache_put("notes", key, &[1.0, 0.0, f32::from(round)]) };
        steps.push(write("default", entry));
        steps.push(write("default", append("log", &["a", "b", "c"])));
        steps.push(write("default", pop("log", 2)));
        if round % 2 == 1 {
            steps.push(Step::Flush("default"));
        }
    }
    steps.extend([
        write("b", mixed(9)),
        Step::Delete("b"),
        write("default", add_documents("notes", vec![document("d2", &[5.0, 5.0]), document("new", &[3.0, 3.0])])),
        write("default", add_documents("notes", vec![Document { embedding: None, ..document("bare", &[]) }])),
        write("default", UpdateDocuments { update: touch(7), ..UpdateDocuments::default() }),
        write("default", DeleteDocuments { collection: "notes".into(), ids: vec!["d3".into()], ..Default::default() }),
        Step::Create("b"),
        write("b", batch(&[("again", "1"), ("more", "1")])),
        write("b", add_node("c")),
        write("auto", add_fact(("c", "f", "a"), 0, Some(10))),
        write("default", cache_invalidate("notes", "[p-r]")),
        write("auto", cache_put("notes", "s", &[1.0])),
        write("default", add_node("c")),
        write("default", add_edge("c", "r", "a")),
        write(
            "default",
            SupersedeTemporalEdge { fact: fact(("a", "at", "c"), 35, Some(37)), durability: Durability::Durable },
        ),
        write("default", keep("mixed", 3)),
        write("default", delete_log("log")),
        write("default", append("log", &["again"])),
        write("default", Increment { key: bytes("n"), by: 7, ttl_ms: None, durability: Durability::Durable }),
        write(
            "default",
            Touch { keys: vec![bytes("n")], ttl_ms: Some(60_000), persist: false, durability: Durability::Durable },
        ),
        write("default", put("range/1", "1")),
        write("default", put("range/2", "2")),
        write("default", delete_prefix("range/")),
        write("default", BatchDelete { keys: vec![bytes("k"), bytes("m")], durability: Durability::Durable }),
        write("default", update_node("c", "moved", Properties::new().with("n", 1))),
        write("default", merge_nodes("a", "c")),
        write("auto", merge_nodes("a", "b")),
        write("default", state(("a", "at", "x"), Some(38), Some(40))),
        write("default", state(("b", "is", "y"), Some(31), None)),
        write("default", EraseTemporal { end: Some(TimestampMs(25)), ..EraseTemporal::default() }),
        write("default", DeleteNode { id: "b".into(), durability: Durability::Durable }),
        Step::Flush("b"),
        write("auto", EraseTemporal { node_id: Some("c".into()), ..EraseTemporal::default() }),
        write("b", put("last", "b")),
        write("default", put("last", "default")),
    ]);
    steps
}
