//! What a database is asked: everything that can be read, each in every way there is.

use toondb_engine::Engine;
use toondb_engine::Service;
use toondb_engine::api::{
    AsOf, CacheStatsRequest, CheckpointId, CommitSeq, CountDocuments, CountNodes, DescribeCollection, Direction,
    ErrorCode, Exists, GetEdges, GetTtl, ListCheckpoints, ListCollections, ListDocumentIds, ListDocuments, ListEdges,
    ListFacts, ListLogs, ListNamespaces, NamespaceStatsRequest, Operation, QueryTemporal, ReadLog, Request, Response,
    RestoreCheckpoint, Result, Scan, ScanPrefixes, SearchCollection, TemporalHistory, TemporalMode, TemporalNeighbors,
};
use toondb_tests::requests::{
    at, bytes, cache_get, facet, get, get_documents, get_node, history, list, list_nodes, min_max, query, read_log,
    search, temporal_neighbors, temporal_path,
};

/// Namespaces of the sample.
pub const NAMESPACES: [&str; 3] = ["default", "big", "small"];

/// A question, and where it is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub namespace: &'static str,
    pub request: Request,
}

fn ask(namespace: &'static str, operation: impl Operation) -> Question {
    Question { namespace, request: operation.into_request() }
}

fn of_namespace(namespace: &'static str) -> Vec<Question> {
    let mut all = vec![ask(namespace, NamespaceStatsRequest {}), ask(namespace, Scan::default())];
    for key in crate::sample::keys(namespace) {
        all.push(ask(namespace, get(&key)));
        all.push(ask(namespace, Exists { key: bytes(&key), snapshot: None }));
    }
    all.push(ask(namespace, Scan { start: Some(bytes("key0007")), limit: Some(5), ..Scan::default() }));
    let listing =
        ScanPrefixes { prefix: None, delimiter: bytes("00"), depth: 1, limit: None, cursor: None, snapshot: None };
    all.push(ask(namespace, listing));
    all.push(ask(namespace, GetTtl { key: bytes("key0003"), snapshot: None }));
    all.push(ask(namespace, ListLogs::default()));
    all.push(ask(namespace, read_log("log")));
    all.push(ask(namespace, ReadLog { last: Some(5), ..read_log("log") }));
    all.push(ask(namespace, ListCollections {}));
    all.push(ask(namespace, DescribeCollection { collection: "notes".into() }));
    all.push(ask(namespace, CountDocuments { collection: "notes".into(), ..CountDocuments::default() }));
    all.push(ask(namespace, list("notes")));
    all.push(ask(namespace, ListDocuments { include_embedding: true, descending: true, ..list("other") }));
    all.push(ask(namespace, ListDocuments { order_by: Some("n".to_owned()), ..list("notes") }));
    let ids = ListDocumentIds { collection: "notes".into(), limit: Some(3), ..ListDocumentIds::default() };
    all.push(ask(namespace, ids));
    all.push(ask(namespace, facet("notes", "n")));
    all.push(ask(namespace, min_max("notes", "n")));
    all.push(ask(namespace, search("notes", &[1.0, 0.5], 1_000)));
    let grouped = SearchCollection { group_by: Some("n".to_owned()), ..search("notes", &[1.0, 0.5], 1_000) };
    all.push(ask(namespace, grouped));
    all.push(ask(namespace, search("other", &[1.0, 0.5], 1_000)));
    for id in crate::sample::documents() {
        all.push(ask(namespace, get_documents("notes", &[&id])));
    }
    all.push(ask(namespace, CacheStatsRequest { cache: "answers".into() }));
    all.push(ask(namespace, cache_get("answers", &[1.0, 2.0])));
    all.push(ask(namespace, list_nodes(None)));
    all.push(ask(namespace, ListEdges::default()));
    for node_type in ["", "city", "thing", "node"] {
        all.push(ask(namespace, list_nodes(Some(node_type))));
        all.push(ask(namespace, CountNodes { node_type: Some(node_type.to_owned()), ..CountNodes::default() }));
    }
    for node in crate::sample::NODES {
        all.push(ask(namespace, get_node(node)));
        for direction in [Direction::Outgoing, Direction::Incoming] {
            let edges = GetEdges {
                node_id: node.into(),
                edge_types: None,
                direction,
                filter: Default::default(),
                limit: None,
                cursor: None,
                snapshot: None,
            };
            all.push(ask(namespace, edges));
            all.push(ask(namespace, QueryTemporal { direction, ..query(node, at(15)) }));
            all.push(ask(namespace, TemporalHistory { direction, ..history(node) }));
            let newest = TemporalHistory { direction, newest_first: true, ..history(node) };
            all.push(ask(namespace, newest));
            all.push(ask(namespace, TemporalNeighbors { direction, ..temporal_neighbors(node, 15) }));
        }
    }
    all.push(ask(namespace, temporal_path("a", "c", 15)));
    let ever = TemporalMode::Range { start: None, end: None, clip: false };
    let list = ListFacts { mode: Some(ever), ..ListFacts::default() };
    all.push(ask(namespace, ListFacts { edge_type: Some("at".into()), ..list.clone() }));
    all.push(ask(namespace, ListFacts { to_id: Some("c".into()), ..list.clone() }));
    all.push(ask(namespace, ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(1))), ..list.clone() }));
    all.push(ask(namespace, list));
    all
}

/// The questions of every case. Restoring comes last: it makes new namespaces.
pub fn questions(checkpoints: &[CheckpointId]) -> Vec<Question> {
    let mut all = vec![ask("", ListNamespaces {})];
    all.extend(NAMESPACES.into_iter().flat_map(of_namespace));
    all.extend(NAMESPACES.map(|namespace| ask(namespace, ListCheckpoints {})));
    for (id, target) in checkpoints.iter().zip(["restored1", "restored2"]) {
        all.push(ask(target, RestoreCheckpoint { checkpoint_id: id.clone(), overwrite: false }));
        all.push(ask(target, Scan::default()));
        all.push(ask(target, search("notes", &[1.0, 0.5], 1_000)));
        all.push(ask(target, get_node("b")));
        all.push(ask(target, read_log("log")));
    }
    all
}

/// The answers as texts, which can be compared and read.
pub fn answers(engine: &Engine, questions: &[Question]) -> Vec<Result<String, ErrorCode>> {
    let answer = |question: &Question| {
        let answer = Service::call(engine, question.namespace, question.request.clone());
        match answer {
            // A list tells of a file that it cannot read what is wrong with it: that is a report.
            Ok(Response::ListCheckpoints(list)) if list.checkpoints.iter().any(|info| info.damaged.is_some()) => {
                Err(ErrorCode::Corrupt)
            }
            other => other.map(|response| told(&response)).map_err(|error| error.code),
        }
    };
    questions.iter().map(answer).collect()
}

/// What an answer says about data: not how many bytes the files have.
fn told(response: &Response) -> String {
    match response {
        Response::NamespaceStats(stats) => format!(
            "commit {:?}, {} keys, {} vectors, {} documents, {} collections, {} nodes, {} edges, {} versions, {} bytes",
            stats.commit_seq,
            stats.keys,
            stats.vectors,
            stats.documents,
            stats.collections,
            stats.nodes,
            stats.edges,
            stats.temporal_versions,
            stats.live_bytes
        ),
        other => format!("{other:?}"),
    }
}
