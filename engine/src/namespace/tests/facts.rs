//! A namespace whose store is older than the lists of facts: they are made while it is open, and nobody sees a difference.

use std::ops::Bound;
use std::sync::Arc;

use super::bench::Bench;
use crate::api::{
    AddTemporalEdge, AsOf, CommitSeq, Durability, ListFacts, MergeNodes, Properties, SupersedeTemporalEdge,
    TemporalEdge, TemporalFact, TemporalMode, TimestampMs,
};
use crate::store::{KeyRange, Read, Table};

const LISTS: [Table; 2] = [Table::TemporalTypes, Table::TemporalChanges];

fn fact(n: u64) -> TemporalFact {
    TemporalFact {
        from_id: format!("n{}", n % 50).into(),
        edge_type: ["r", "s"][(n % 2) as usize].into(),
        to_id: format!("m{n}").into(),
        valid_from: TimestampMs(n.cast_signed()),
        valid_until: None,
        properties: Properties::new(),
    }
}

fn supersede(bench: &Bench, n: u64) {
    bench.run(SupersedeTemporalEdge { fact: fact(n), durability: Durability::Durable }).unwrap();
}

/// The lists as they are answered: of one type, and of what changed.
fn answers(bench: &Bench) -> [Vec<TemporalEdge>; 2] {
    let ever = Some(TemporalMode::Range { start: None, end: None, clip: false });
    let of_type = ListFacts { edge_type: Some("r".into()), mode: ever, ..ListFacts::default() };
    let changed = ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(3))), ..ListFacts::default() };
    [of_type, changed].map(|list| bench.run(ListFacts { limit: Some(10_000), ..list }).unwrap().edges)
}

fn rows(bench: &Bench) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
    drop(bench.handle.hold().unwrap());
    let state = Arc::clone(&bench.handle.opening.lock().as_ref().unwrap().actor.state);
    let snapshot = state.unpublished();
    let of = |table| snapshot.scan(table, &KeyRange::all(), false).unwrap().map(|row| row.unwrap());
    LISTS.map(|table| of(table).map(|row| (row.key, row.value)).collect()).to_vec()
}

/// Takes the lists out of the store, as one of before has none.
fn make_older(bench: &mut Bench) {
    bench.alter(|rows, memtable| {
        for table in LISTS {
            for row in rows.rows::<Vec<u8>>(table, Bound::Unbounded, Bound::Unbounded, false).unwrap() {
                memtable.insert(table, &row.unwrap().key, None, 1);
            }
        }
    });
}

#[test]
fn facts_of_before_the_lists_are_listed_while_it_is_open() {
    let (mut bench, twin) = (Bench::new(), Bench::new());
    for n in 0..1_300 {
        supersede(&bench, n);
        supersede(&twin, n);
    }
    assert_eq!(answers(&bench), answers(&twin));
    make_older(&mut bench);
    assert_eq!(answers(&bench), answers(&twin), "without lists");
    assert_eq!(rows(&bench), [vec![], vec![]]);
    // What is written before they are made is listed at once.
    for n in 1_300..1_310 {
        supersede(&bench, n);
        supersede(&twin, n);
    }
    let odd = AddTemporalEdge { fact: fact(2_000), durability: Durability::Durable };
    bench.run(odd.clone()).unwrap();
    twin.run(odd).unwrap();
    // So is what comes from elsewhere: some of it is not listed where it was.
    let merge = MergeNodes { source_id: "n3".into(), target_id: "n8".into(), durability: Durability::Durable };
    bench.run(merge.clone()).unwrap();
    twin.run(merge).unwrap();
    assert_eq!(answers(&bench), answers(&twin), "with some");
    bench.tick();
    assert_eq!(rows(&bench), rows(&twin), "one tick begins, and it goes on by itself");
    assert_eq!(answers(&bench), answers(&twin));
    let (made, commit) = (rows(&bench), bench.stats().commit_seq);
    bench.tick();
    assert_eq!((rows(&bench), bench.stats().commit_seq), (made, commit), "and it has an end");
}
