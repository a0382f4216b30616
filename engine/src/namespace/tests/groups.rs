//! Groups: what waits together is committed together, up to a bound that one request among them cannot break for others.

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{
    AddNode, Commit, DeleteNode, Durability, Edge, EdgeType, Get, Node, NodeId, Properties, Put, Request, Write,
};
use crate::limits;

const DURABLE: Durability = Durability::Durable;

fn put(key: String) -> Request {
    Request::Put(Put {
        key: ByteBuf::from(key.into_bytes()),
        value: ByteBuf::from(vec![1]),
        ttl_ms: None,
        durability: DURABLE,
    })
}

#[test]
fn what_waits_together_is_one_group() {
    let bench = Bench::new();
    bench.run_together(vec![put("first".to_owned())]);
    let syncs = bench.disk.sync_count();
    let answers = bench.run_together((0..100).map(|i| put(format!("key {i}"))).collect());
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(bench.disk.sync_count(), syncs + 1);
}

/// Small requests with large effects: deleting a node logs the keys of all its edges.
#[test]
fn a_group_ends_when_its_log_record_is_full() {
    let bench = Bench::new();
    let long = |name: &str| NodeId::new(format!("{name:x<1024}"));
    let node = |id: &NodeId| Node { id: id.clone(), node_type: "n".into(), properties: Properties::new() };
    let hubs: Vec<NodeId> = (0..3).map(|hub| long(&format!("hub {hub} "))).collect();
    let edge_type = EdgeType::new("t".repeat(256));
    let edges_each = limits::GROUP_BYTES_MAX / 4608 + 10;
    for hub in &hubs {
        let mut writes = vec![Write::AddNode(node(hub))];
        for i in 0..edges_each {
            let end = long(&format!("end {i} "));
            writes.push(Write::AddNode(node(&end)));
            let (from_id, to_id, edge_type) = (hub.clone(), end, edge_type.clone());
            writes.push(Write::AddEdge(Edge { from_id, edge_type, to_id, properties: Properties::new() }));
        }
        bench.run(Commit { preconditions: Vec::new(), writes, snapshot: None, durability: DURABLE }).unwrap();
    }
    bench.run(AddNode { node: node(&long("last ")), durability: DURABLE }).unwrap();
    let before = bench.stats();
    let deletes = hubs.iter().map(|hub| Request::DeleteNode(DeleteNode { id: hub.clone(), durability: DURABLE }));
    let answers = bench.run_together(deletes.chain([put("bystander".to_owned())]).collect());
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let after = bench.stats();
    assert_eq!((before.edges, after.edges), (3 * edges_each as u64, 0));
    let key = ByteBuf::from(b"bystander".to_vec());
    assert!(bench.run(Get { key, snapshot: None }).unwrap().found.is_some());
    let largest = bench.log_records().into_iter().max().unwrap();
    assert!(largest < 2 * limits::GROUP_BYTES_MAX, "a record of {largest} bytes");
}
