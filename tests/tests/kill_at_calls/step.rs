//! What is done while the server is killed: one thing after the other, each of which is acknowledged or is not.

use toondb_engine::api::{
    ByteBuf, CheckpointId, CreateCheckpoint, CreateNamespace, DeleteCheckpoint, DeleteNamespace, DeleteNode,
    Durability, Error, ErrorCode, ExportCheckpoint, ExportFormat, Flush, ImportCheckpoint, ListCheckpoints, Metric,
    Operation, Put, Quota, Request, RestoreCheckpoint, Result, SetQuota, Write,
};
use toondb_ipc::BlockingClient;
use toondb_tests::requests::{
    add_documents, batch, cache_put, commit, create_collection, delete_key, document, edge, entry, node, put,
};
use toondb_tests::{Universe, run};

/// A part of an export, and of an import: small enough for several.
const PART_BYTES: usize = 50_000;

/// The namespace a checkpoint belongs to, and its name.
pub type Kept = (&'static str, &'static str);

/// One thing to do.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a script has few steps, and most are writes")]
pub enum Step {
    /// A write, which creates its namespace if there is none.
    Write(&'static str, Request),
    /// Everything into the store.
    Flush(&'static str),
    /// A namespace appears.
    Create(&'static str),
    /// A namespace goes with all it holds.
    Delete(&'static str),
    /// A namespace gets another bound on its bytes.
    Bound(&'static str, u64),
    /// A checkpoint is taken.
    Checkpoint(Kept),
    /// A checkpoint is deleted.
    Forget(Kept),
    /// A namespace becomes what a checkpoint holds.
    Restore(Kept, &'static str),
    /// A checkpoint is exported in parts, and imported as another one.
    Copy(Kept, Kept, ExportFormat),
}

impl Step {
    /// What it does, in a word or two: values are long.
    pub fn name(&self) -> String {
        match self {
            Self::Write(namespace, request) => format!("{:?} in {namespace}", request.code()),
            other => format!("{other:?}"),
        }
    }

    /// Carries it out. What it changes is changed by its last request.
    pub fn perform(&self, client: &BlockingClient) -> Result<()> {
        match self {
            Self::Write(namespace, request) => client.call(namespace, request).map(drop),
            Self::Flush(namespace) => run(client, namespace, Flush {}).map(drop),
            Self::Create(namespace) => {
                run(client, namespace, CreateNamespace { must_be_new: true, ..CreateNamespace::default() }).map(drop)
            }
            Self::Delete(namespace) => run(client, namespace, DeleteNamespace {}).map(drop),
            Self::Bound(namespace, bytes) => {
                let quota = Quota { bytes_max: Some(*bytes), ..Quota::default() };
                run(client, namespace, SetQuota { quota }).map(drop)
            }
            Self::Checkpoint((owner, name)) => {
                let create = CreateCheckpoint { name: (*name).to_owned(), ..CreateCheckpoint::default() };
                run(client, owner, create).map(drop)
            }
            Self::Forget(kept) => {
                let checkpoint_id = find(client, *kept)?;
                run(client, kept.0, DeleteCheckpoint { checkpoint_id }).map(drop)
            }
            Self::Restore(kept, target) => {
                let checkpoint_id = find(client, *kept)?;
                run(client, target, RestoreCheckpoint { checkpoint_id, overwrite: true }).map(drop)
            }
            Self::Copy(from, to, format) => import(client, *to, *format, &export(client, *from, *format)?),
        }
    }
}

/// Ids are random: a checkpoint is known by its name.
fn find(client: &BlockingClient, (owner, name): Kept) -> Result<CheckpointId> {
    let list = run(client, owner, ListCheckpoints {})?.checkpoints;
    let found = list.into_iter().find(|info| info.name == name);
    found.map(|info| info.id).ok_or_else(|| Error::new(ErrorCode::CheckpointNotFound, format!("{owner}/{name}")))
}

fn export(client: &BlockingClient, kept: Kept, format: ExportFormat) -> Result<Vec<u8>> {
    let checkpoint_id = find(client, kept)?;
    let (mut bytes, mut next) = (Vec::new(), Some(0));
    while let Some(offset) = next {
        let checkpoint_id = checkpoint_id.clone();
        let part = ExportCheckpoint { checkpoint_id, format, offset, bytes_max: Some(PART_BYTES as u64) };
        let part = run(client, kept.0, part)?;
        bytes.extend_from_slice(&part.data);
        next = part.next_offset;
    }
    Ok(bytes)
}

fn import(client: &BlockingClient, (owner, name): Kept, format: ExportFormat, bytes: &[u8]) -> Result<()> {
    let (mut continues, parts) = (None, bytes.chunks(PART_BYTES));
    let last = parts.len() - 1;
    for (i, part) in parts.enumerate() {
        let (name, data) = (name.to_owned(), ByteBuf::from(part.to_vec()));
        continues = run(client, owner, ImportCheckpoint { format, name, data, continues, more: i < last })?.continues;
    }
    Ok(())
}

/// The names that the script uses.
pub fn universe() -> Universe {
    Universe {
        collections: vec![("notes".to_owned(), 2)],
        caches: vec![("answers".to_owned(), vec!["q".to_owned()])],
        nodes: ["a", "b"].map(str::to_owned).to_vec(),
    }
}

fn write(namespace: &'static str, operation: impl Operation) -> Step {
    Step::Write(namespace, operation.into_request())
}

/// A value so large that two or three fill a log segment.
fn large(namespace: &'static str, key: &str, fill: u8) -> Step {
    write(namespace, Put { value: ByteBuf::from(vec![fill; 25_000]), ..put(key, "") })
}

/// Everything that a commit may hold, all of it with the same number.
fn mixed(namespace: &'static str, number: u8) -> Step {
    let vector = [1.0, f32::from(number)];
    let all = vec![
        Write::Put(entry("mixed", &number.to_string())),
        Write::AddDocuments { collection: "notes".into(), documents: vec![document("mixed", &vector)] },
        Write::AddNode(node("a")),
        Write::AddNode(node("b")),
        Write::AddEdge(edge("a", &format!("r{number}"), "b")),
    ];
    write(namespace, commit(vec![], all))
}

/// All steps, in their order.
pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        write("default", create_collection("notes", 2, Metric::Euclidean)),
        write("default", put("k", "1")),
        write("default", batch(&[("k", "2"), ("l", "2"), ("m", "2")])),
        mixed("default", 1),
    ];
    // Segments are begun, and spares of them made.
    steps.extend((b'a'..=b'f').map(|fill| large("default", &format!("large{}", fill % 4), fill)));
    steps.extend([
        Step::Flush("default"),
        write("default", Put { durability: Durability::Volatile, ..put("volatile", "1") }),
        Step::Create("second"),
        write("second", put("k", "1")),
        write("auto", put("first", "write")),
        write("default", cache_put("answers", "q", &[1.0, 2.0])),
        Step::Checkpoint(("default", "first")),
        mixed("default", 2),
        Step::Restore(("default", "first"), "copy"),
        write("copy", put("own", "1")),
        Step::Restore(("default", "first"), "second"),
        write("second", put("k", "after the restore")),
        Step::Copy(("default", "first"), ("auto", "binary"), ExportFormat::Binary),
        Step::Copy(("default", "first"), ("auto", "json"), ExportFormat::Json),
        Step::Restore(("auto", "json"), "imported"),
        Step::Bound("second", 1 << 20),
        Step::Restore(("auto", "binary"), "default"),
        write("default", delete_key("l")),
        write("default", DeleteNode { id: "b".into(), durability: Durability::Durable }),
        Step::Forget(("default", "first")),
        Step::Delete("copy"),
        Step::Create("copy"),
        write("copy", put("own", "2")),
    ]);
    // Segments that were let go of are used again.
    steps.extend((b'g'..=b'k').map(|fill| large("default", &format!("large{}", fill % 4), fill)));
    steps.extend([
        write("default", add_documents("notes", vec![document("last", &[3.0, 4.0])])),
        Step::Flush("default"),
        Step::Flush("second"),
        write("default", delete_key("k")),
        Step::Delete("imported"),
        write("second", put("last", "1")),
    ]);
    steps
}
