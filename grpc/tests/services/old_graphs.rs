//! Clients of the original contract: graphs, facts, namespaces, caches and checkpoints.

use toondb_grpc::proto::*;

use crate::harness::{Peer, World};

fn add_node(peer: &Peer, id: &str) {
    let properties = vec![TextEntry::new("name", id)];
    let node = GraphNode { id: id.into(), node_type: "thing".into(), properties, ..Default::default() };
    let answer: AddNodeResponse =
        peer.ask("GraphService/AddNode", AddNodeRequest { node: Some(node), ..Default::default() }).unwrap();
    assert!(answer.success && answer.error.is_empty());
}

fn add_edge(peer: &Peer, from: &str, edge_type: &str, to: &str) {
    let edge = GraphEdge { from_id: from.into(), edge_type: edge_type.into(), to_id: to.into(), ..Default::default() };
    let answer: AddEdgeResponse =
        peer.ask("GraphService/AddEdge", AddEdgeRequest { edge: Some(edge), ..Default::default() }).unwrap();
    assert!(answer.success, "{}", answer.error);
}

#[test]
fn a_graph_from_first_to_last() {
    let world = World::new();
    let peer = world.peer();
    ["a", "b", "c"].iter().for_each(|id| add_node(&peer, id));
    add_edge(&peer, "a", "to", "b");
    add_edge(&peer, "b", "to", "c");
    add_edge(&peer, "a", "sees", "c");
    let ask = GetNodeRequest { node_id: "a".into(), ..Default::default() };
    let node = peer.ask::<_, GetNodeResponse>("GraphService/GetNode", ask).unwrap().node.unwrap();
    assert_eq!((node.node_type.as_str(), node.properties[0].value.as_str()), ("thing", "a"));
    let edges = |edge_type: &str, direction: EdgeDirection| {
        let ask = GetEdgesRequest {
            node_id: "a".into(),
            edge_type: edge_type.into(),
            direction: direction.into(),
            ..Default::default()
        };
        peer.ask::<_, GetEdgesResponse>("GraphService/GetEdges", ask).unwrap().edges.len()
    };
    assert_eq!((edges("", EdgeDirection::Outgoing), edges("to", EdgeDirection::Outgoing)), (2, 1));
    assert_eq!((edges("", EdgeDirection::Incoming), edges("", EdgeDirection::Both)), (0, 2));
    let ask = TraverseRequest { start_node_id: "a".into(), edge_types: vec!["to".into()], ..Default::default() };
    let answer: TraverseResponse = peer.ask("GraphService/Traverse", ask).unwrap();
    let seen: Vec<&str> = answer.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!((seen, answer.edges.len()), (vec!["a", "b", "c"], 2), "max_depth 0 is the default");
    let path = |to: &str, edge_types: Vec<String>| {
        let ask = ShortestPathRequest { from_id: "a".into(), to_id: to.into(), edge_types, ..Default::default() };
        peer.ask::<_, ShortestPathResponse>("GraphService/ShortestPath", ask).unwrap()
    };
    assert_eq!(path("c", vec!["to".into()]).path, ["a", "b", "c"]);
    assert_eq!(path("c", Vec::new()).path, ["a", "c"]);
    let none = path("c", vec!["other".into()]);
    assert!(none.path.is_empty() && !none.error.is_empty());
    let ask = GetNeighborsRequest { node_id: "c".into(), direction: 1, ..Default::default() };
    let answer: GetNeighborsResponse = peer.ask("GraphService/GetNeighbors", ask).unwrap();
    assert_eq!((answer.nodes.len(), answer.edges.len()), (2, 2));
    let ask =
        DeleteEdgeRequest { from_id: "a".into(), edge_type: "sees".into(), to_id: "c".into(), ..Default::default() };
    assert!(peer.ask::<_, DeleteEdgeResponse>("GraphService/DeleteEdge", ask).unwrap().success);
    let ask = DeleteNodeRequest { node_id: "b".into(), ..Default::default() };
    assert!(peer.ask::<_, DeleteNodeResponse>("GraphService/DeleteNode", ask).unwrap().success);
    assert_eq!(edges("", EdgeDirection::Outgoing), 0);
    world.finish();
}

#[test]
fn all_edges_come_although_they_fill_several_pages() {
    let world = World::new();
    let peer = world.peer();
    let node = |id: String| write::Write::AddNode(GraphNode { id, ..Default::default() });
    let edge = |i: u32| {
        let edge =
            GraphEdge { from_id: "hub".into(), edge_type: "t".into(), to_id: format!("{i:06}"), ..Default::default() };
        write::Write::AddEdge(edge)
    };
    let writes =
        std::iter::once(node("hub".into())).chain((0..25_000).flat_map(|i| [node(format!("{i:06}")), edge(i)]));
    let writes = writes.map(|one| Write { write: Some(one) }).collect();
    let _: CommitResponse =
        peer.ask("TransactionService/Commit", CommitRequest { writes, ..Default::default() }).unwrap();
    let ask = GetEdgesRequest { node_id: "hub".into(), ..Default::default() };
    let answer: GetEdgesResponse = peer.ask("GraphService/GetEdges", ask).unwrap();
    assert_eq!(answer.edges.len(), 25_000);
    assert!(answer.edges.is_sorted_by(|a, b| a.to_id < b.to_id) && answer.cursor.is_none());
    world.finish();
}

#[test]
fn facts_are_open_where_nothing_ends_them() {
    let world = World::new();
    let peer = world.peer();
    let fact = |to: &str, from: u64, until: u64| {
        let ask = AddTemporalEdgeRequest {
            from_id: "door".into(),
            edge_type: "STATE".into(),
            to_id: to.into(),
            valid_from: from,
            valid_until: until,
            ..Default::default()
        };
        let answer: AddTemporalEdgeResponse = peer.ask("GraphService/AddTemporalEdge", ask).unwrap();
        assert!(answer.success && answer.error.is_empty());
    };
    fact("open", 1_000, 2_000);
    fact("closed", 2_000, 0);
    let query = |mode: TemporalQueryMode, timestamp: u64, (start_time, end_time): (u64, u64)| {
        let ask = QueryTemporalGraphRequest {
            node_id: "door".into(),
            mode: mode.into(),
            timestamp,
            start_time,
            end_time,
            ..Default::default()
        };
        let answer: QueryTemporalGraphResponse = peer.ask("GraphService/QueryTemporalGraph", ask).unwrap();
        let shown = |edge: TemporalEdge| (edge.to_id, edge.valid_from, edge.valid_until);
        answer.edges.into_iter().map(shown).collect::<Vec<_>>()
    };
    let (open, closed) = (("open".to_owned(), 1_000, 2_000), ("closed".to_owned(), 2_000, 0));
    let at = |time| query(TemporalQueryMode::PointInTime, time, (0, 0));
    assert_eq!((at(999), at(1_000)), (vec![], vec![open.clone()]));
    assert_eq!((at(1_999), at(2_000)), (vec![open.clone()], vec![closed.clone()]));
    assert_eq!(query(TemporalQueryMode::Current, 0, (0, 0)), std::slice::from_ref(&closed));
    assert_eq!(query(TemporalQueryMode::Range, 0, (1_500, 2_500)).len(), 2);
    world.finish();
}

#[test]
fn namespaces_with_quotas() {
    let world = World::new();
    let peer = world.peer();
    let quota = NamespaceQuota { max_collections: 1, ..Default::default() };
    let ask = CreateNamespaceRequest {
        name: "n".into(),
        description: "notes".into(),
        quota: Some(quota),
        metadata: vec![TextEntry::new("team", "a")],
        ..Default::default()
    };
    let answer: CreateNamespaceResponse = peer.ask("NamespaceService/CreateNamespace", ask).unwrap();
    let made = answer.namespace.unwrap();
    assert!(answer.success && made.description == "notes" && made.metadata == [TextEntry::new("team", "a")]);
    let create = |name: &str| CreateCollectionRequest {
        name: name.into(),
        namespace: "n".into(),
        dimension: 1,
        ..Default::default()
    };
    let one: CreateCollectionResponse = peer.ask("CollectionService/CreateCollection", create("one")).unwrap();
    assert!(one.success);
    let two = peer.ask::<_, CreateCollectionResponse>("CollectionService/CreateCollection", create("two")).unwrap_err();
    assert_eq!(two.code(), tonic::Code::ResourceExhausted);
    let ask = SetQuotaRequest { namespace: "n".into(), quota: Some(NamespaceQuota::default()) };
    assert!(peer.ask::<_, SetQuotaResponse>("NamespaceService/SetQuota", ask).unwrap().success);
    let two: CreateCollectionResponse = peer.ask("CollectionService/CreateCollection", create("two")).unwrap();
    assert!(two.success, "0 is no bound");
    let ask = GetNamespaceRequest { name: "n".into() };
    let answer: GetNamespaceResponse = peer.ask("NamespaceService/GetNamespace", ask).unwrap();
    assert_eq!(answer.namespace.unwrap().stats.unwrap().collection_count, 2);
    let list: ListNamespacesResponse = peer.ask("NamespaceService/ListNamespaces", ListNamespacesRequest {}).unwrap();
    assert_eq!(list.namespaces.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["default", "n"]);
    let ask = DeleteNamespaceRequest { name: "n".into() };
    assert!(peer.ask::<_, DeleteNamespaceResponse>("NamespaceService/DeleteNamespace", ask).unwrap().success);
    world.finish();
}

#[test]
fn a_cache_answers_what_is_alike() {
    let world = World::new();
    let peer = world.peer();
    let ask = SemanticCachePutRequest {
        cache_name: "c".into(),
        key: "question".into(),
        value: "answer".into(),
        key_embedding: vec![1.0, 0.0],
        ttl_seconds: 60,
        ..Default::default()
    };
    assert!(peer.ask::<_, SemanticCachePutResponse>("SemanticCacheService/Put", ask).unwrap().success);
    let look = |query_embedding: Vec<f32>, query: &str| {
        let ask = SemanticCacheGetRequest {
            cache_name: "c".into(),
            query: query.into(),
            query_embedding,
            similarity_threshold: 0.9,
            ..Default::default()
        };
        peer.ask::<_, SemanticCacheGetResponse>("SemanticCacheService/Get", ask).unwrap()
    };
    let hit = look(vec![1.0, 0.1], "");
    assert!(hit.hit && hit.cached_value == "answer" && hit.matched_key == "question" && hit.similarity_score > 0.9);
    assert!(!look(vec![0.0, 1.0], "").hit);
    world.clock.advance_ms(60_000);
    assert!(!look(vec![1.0, 0.0], "").hit);
    let ask = SemanticCacheStatsRequest { cache_name: "c".into(), ..Default::default() };
    let stats: SemanticCacheStatsResponse = peer.ask("SemanticCacheService/GetStats", ask).unwrap();
    assert_eq!((stats.hits, stats.misses), (1, 2));
    let ask = SemanticCacheInvalidateRequest { cache_name: "c".into(), pattern: "*".into(), ..Default::default() };
    let _: SemanticCacheInvalidateResponse = peer.ask("SemanticCacheService/Invalidate", ask).unwrap();
    world.finish();
}

/// The export has several parts, which an old client cannot ask for.
#[test]
fn a_checkpoint_is_exported_whole_and_imported() {
    let world = World::new();
    let peer = world.peer();
    let entry = |i: u32| KvPutEntry { key: format!("{i:04}").into(), value: vec![7; 100_000], ..Default::default() };
    for part in 0..4 {
        let entries = (part * 60..(part + 1) * 60).map(entry).collect();
        let _: KvBatchPutResponse =
            peer.ask("KvService/BatchPut", KvBatchPutRequest { entries, ..Default::default() }).unwrap();
    }
    let ask = CreateCheckpointRequest { name: "one".into(), ..Default::default() };
    let made: CreateCheckpointResponse = peer.ask("CheckpointService/CreateCheckpoint", ask).unwrap();
    let id = made.checkpoint.unwrap().id;
    for format in [ExportFormat::Binary, ExportFormat::Json] {
        let ask = ExportCheckpointRequest { checkpoint_id: id.clone(), format: format.into(), ..Default::default() };
        let exported: Result<ExportCheckpointResponse, _> = peer.ask("CheckpointService/ExportCheckpoint", ask);
        let data = match exported {
            Ok(exported) => exported.data,
            // As JSON the values take a third more.
            Err(status) if format == ExportFormat::Json && status.code() == tonic::Code::OutOfRange => continue,
            Err(status) => panic!("{format:?}: {status:?}"),
        };
        let name = format!("copy-{}", i32::from(format));
        let ask = ImportCheckpointRequest {
            data,
            format: format.into(),
            name,
            namespace: "other".into(),
            ..Default::default()
        };
        let imported: ImportCheckpointResponse = peer.ask("CheckpointService/ImportCheckpoint", ask).unwrap();
        let checkpoint_id = imported.checkpoint.unwrap().id;
        let ask = RestoreCheckpointRequest { checkpoint_id, overwrite: true, ..Default::default() };
        let restored: RestoreCheckpointResponse = peer.ask("CheckpointService/RestoreCheckpoint", ask).unwrap();
        assert!(restored.success && restored.restored_keys == 240, "{restored:?}");
    }
    let ask = KvGetRequest { namespace: "other".into(), key: b"0239".to_vec(), snapshot: None };
    assert_eq!(peer.ask::<_, KvGetResponse>("KvService/Get", ask).unwrap().value.len(), 100_000);
    world.finish();
}
