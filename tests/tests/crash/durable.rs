//! What the sweeps over every fault point find, each in the fewest steps: what is durable, and what both ends of a thing say.

use std::sync::Arc;

use toondb_engine::Engine;
use toondb_engine::api::{
    AddNode, ByteBuf, CreateNamespace, DeleteEdge, Direction, Durability, Flush, GetEdges, ListNamespaces, Metric,
    NamespaceStatsRequest, Node, Properties, Put,
};
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::requests::{
    add_documents, add_edge, add_node, create_collection, delete_key, document, get, get_documents, list_nodes, put,
    update_node,
};
use toondb_tests::{CLOCK_START_MS, Killable};

use crate::images::open;
use crate::life::open_as;

/// Two or three of them fill a log segment.
fn large(number: usize, durability: Durability) -> Put {
    Put { value: ByteBuf::from(vec![b'v'; 25_000]), durability, ..put(&format!("k{number}"), "") }
}

fn write_large(engine: &Engine, numbers: std::ops::Range<usize>, durability: Durability) {
    for number in numbers {
        engine.run("", large(number, durability)).unwrap();
    }
}

fn has(engine: &Engine, namespace: &str, key: &str) -> bool {
    engine.run(namespace, get(key)).unwrap_or_else(|error| panic!("{key}: {error:?}")).found.is_some()
}

/// What a power loss leaves of what was not synced: nothing.
fn after_power_loss(disk: &SimDisk) -> Engine {
    let opened = open(&disk.crash_image(1, CrashMode::DropUnsynced));
    opened.unwrap_or_else(|error| panic!("it does not open: {error:?}"))
}

#[test]
fn an_acknowledged_write_outlives_the_power() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("k", "1")).unwrap();
    assert!(has(&after_power_loss(&disk), "", "k"));
}

/// Also where it goes while one segment takes over from another.
#[test]
fn writes_in_later_segments_outlive_the_power() {
    for step in 1.. {
        let disk = SimDisk::new();
        let engine = open(&disk).unwrap();
        disk.crash_at(disk.op_count() + step);
        let acknowledged =
            (0..8).take_while(|number| engine.run("", large(*number, Durability::Durable)).is_ok()).count();
        let left = after_power_loss(&disk);
        let lost: Vec<usize> = (0..acknowledged).filter(|number| !has(&left, "", &format!("k{number}"))).collect();
        assert!(lost.is_empty(), "power loss at operation {step}: {lost:?} are gone");
        if acknowledged == 8 {
            assert!(step > 16, "{step} operations");
            return;
        }
    }
}

/// Whenever it goes: a namespace that is there can be used, and one that was acknowledged is there.
#[test]
fn a_new_namespace_outlives_the_power() {
    for step in 1.. {
        let disk = SimDisk::new();
        let engine = open(&disk).unwrap();
        disk.crash_at(disk.op_count() + step);
        let is_made = engine.run("new", CreateNamespace::default()).is_ok();
        let is_written = is_made && engine.run("new", put("k", "1")).is_ok();
        let left = after_power_loss(&disk);
        let names = left.run("", ListNamespaces {}).unwrap().namespaces;
        assert!(!is_made || names.len() == 2, "power loss at operation {step}");
        for info in &names {
            assert_eq!(has(&left, &info.name.to_string(), "k"), is_written && &*info.name.to_string() == "new");
        }
        if is_written {
            assert!(step > 10, "{step} operations");
            return;
        }
    }
}

/// The power takes what it likes of what was not synced; no part of it may be taken for damage.
#[test]
fn what_was_not_synced_may_be_lost_and_is_not_missed() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("durable", "1")).unwrap();
    for number in 0..3 {
        engine.run("", Put { durability: Durability::Volatile, ..put(&format!("k{number}"), "1") }).unwrap();
    }
    for seed in 0..60 {
        let image = disk.crash_image(seed, CrashMode::Random);
        let engine = open(&image).unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
        assert!(has(&engine, "", "durable"), "seed {seed}");
    }
}

/// A process is killed before it has synced; what the next one finds and shows must stay.
#[test]
fn what_the_next_process_has_shown_outlives_the_power() {
    let disk = SimDisk::new();
    let clock = Arc::new(ManualClock::new(CLOCK_START_MS));
    let killed = open_as(Arc::new(Killable::new(&disk, 400)), &clock, 1).unwrap();
    let volatile = |number: usize| Put { durability: Durability::Volatile, ..put(&format!("k{number}"), "1") };
    let mut written = 0;
    while killed.run("", volatile(written)).is_ok() {
        written += 1;
    }
    drop(killed);
    let next = open(&disk).unwrap();
    let shown: Vec<String> =
        (0..written).map(|number| format!("k{number}")).filter(|key| has(&next, "", key)).collect();
    assert!(shown.len() > 10, "{} of {written}", shown.len());
    let after = after_power_loss(&disk);
    let missing: Vec<&String> = shown.iter().filter(|key| !has(&after, "", key)).collect();
    assert!(missing.is_empty(), "{} of {} keys are gone", missing.len(), shown.len());
}

#[test]
fn the_power_may_go_while_a_flush_runs() {
    let prepared = SimDisk::new();
    let engine = open(&prepared).unwrap();
    write_large(&engine, 0..8, Durability::Durable);
    for step in 1.. {
        let disk = prepared.crash_image(step, CrashMode::KeepAll);
        let engine = open(&disk).unwrap();
        assert!(has(&engine, "", "k0"), "and with that the namespace is open");
        disk.crash_at(disk.op_count() + step);
        let is_whole = engine.run("", Flush {}).is_ok();
        // What was not synced may be there as well as not.
        for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll] {
            let left = open(&disk.crash_image(1, mode)).unwrap();
            let lost: Vec<usize> = (0..8).filter(|number| !has(&left, "", &format!("k{number}"))).collect();
            assert!(lost.is_empty(), "power loss at operation {step} of a flush, {mode:?}: {lost:?} are gone");
        }
        if is_whole {
            assert!(step > 5, "a flush of {step} operations");
            return;
        }
    }
}

/// The log lets go of what was flushed, and its files are used again.
#[test]
fn what_was_flushed_outlives_the_power() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    for round in 0..3 {
        write_large(&engine, round * 8..round * 8 + 8, Durability::Durable);
        engine.run("", Flush {}).unwrap();
    }
    let engine = after_power_loss(&disk);
    assert!((0..24).all(|number| has(&engine, "", &format!("k{number}"))));
}

#[test]
fn counters_come_back_with_the_log() {
    let disk = SimDisk::new();
    let engine = open(&disk).unwrap();
    engine.run("", put("k", "1")).unwrap();
    assert_eq!(after_power_loss(&disk).run("", NamespaceStatsRequest {}).unwrap().keys, 1);
}

#[test]
fn what_was_deleted_is_gone_from_the_store_too() {
    let engine = open(&SimDisk::new()).unwrap();
    engine.run("", put("k", "1")).unwrap();
    engine.run("", Flush {}).unwrap();
    engine.run("", delete_key("k")).unwrap();
    engine.run("", Flush {}).unwrap();
    assert!(!has(&engine, "", "k"));
}

#[test]
fn an_edge_is_seen_from_both_ends_and_gone_from_both() {
    let engine = open(&SimDisk::new()).unwrap();
    for id in ["a", "b"] {
        engine.run("", add_node(id)).unwrap();
    }
    let seen = |node: &str, direction| {
        let read = GetEdges {
            node_id: node.into(),
            edge_types: None,
            direction,
            filter: Default::default(),
            limit: None,
            cursor: None,
            snapshot: None,
        };
        engine.run("", read).unwrap().edges.len()
    };
    let from_both = || (seen("a", Direction::Outgoing), seen("b", Direction::Incoming));
    engine.run("", add_edge("a", "r", "b")).unwrap();
    assert_eq!(from_both(), (1, 1));
    let (from_id, edge_type, to_id) = ("a".into(), "r".into(), "b".into());
    engine.run("", DeleteEdge { from_id, edge_type, to_id, durability: Durability::Durable }).unwrap();
    assert_eq!(from_both(), (0, 0));
}

#[test]
fn a_node_is_found_by_its_type_and_by_no_other() {
    let engine = open(&SimDisk::new()).unwrap();
    let of_type = |node_type: &str| {
        let found = engine.run("", list_nodes(Some(node_type))).unwrap().nodes;
        found.iter().map(|node| node.id.to_string()).collect::<Vec<_>>()
    };
    for id in ["a", "b"] {
        let node = Node { id: id.into(), node_type: "first".to_owned(), properties: Properties::new() };
        engine.run("", AddNode { node, durability: Durability::Durable }).unwrap();
    }
    assert_eq!((of_type("first"), of_type("second")), (vec!["a".to_owned(), "b".to_owned()], Vec::new()));
    engine.run("", update_node("a", "second", Properties::new())).unwrap();
    assert_eq!((of_type("first"), of_type("second")), (vec!["b".to_owned()], vec!["a".to_owned()]));
}

#[test]
fn collections_keep_their_documents_to_themselves() {
    let engine = open(&SimDisk::new()).unwrap();
    for name in ["first", "second"] {
        engine.run("", create_collection(name, 2, Metric::Dot)).unwrap();
    }
    engine.run("", add_documents("first", vec![document("d", &[1.0, 2.0])])).unwrap();
    let found = |collection| engine.run("", get_documents(collection, &["d"])).unwrap().documents.remove(0).is_some();
    assert!(found("first") && !found("second"));
}
