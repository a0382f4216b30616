//! For tests: a namespace in memory whose actor is the test itself.

use std::sync::Arc;

use super::{Asserted, Timelines};
use crate::api::{Durability, Node, Properties, Quota, Result, TemporalFact, TimestampMs};
use crate::clock::ManualClock;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::graph;
use crate::namespace::last_changes::LastChanges;
use crate::namespace::state::State;
use crate::rng::SeededRng;
use crate::store::{Counters, KeyRange, Read, RowSnapshot, Table, Txn};
use crate::work::Budget;

/// A namespace without files.
pub struct Harness {
    /// What readers see.
    pub state: Arc<State>,
    /// The time.
    pub clock: Arc<ManualClock>,
    /// The counters after the newest commit.
    pub counters: Counters,
    /// The newest commit.
    pub seq: u64,
}

impl Harness {
    /// An empty namespace at time 0.
    pub fn new() -> Self {
        Self::with_timelines(Timelines::default())
    }

    /// The same with given timelines.
    pub fn with_timelines(timelines: Timelines) -> Self {
        let clock = Arc::new(ManualClock::new(0));
        let mut state = State::empty(Arc::<ManualClock>::clone(&clock));
        state.timelines = timelines;
        Self { state: Arc::new(state), clock, counters: Counters::default(), seq: 0 }
    }

    /// Carries one operation out, as the actor does. One that fails, or writes nothing, leaves no trace.
    pub fn run<R>(&mut self, operation: impl FnOnce(&mut WriteContext<'_>) -> Result<R>) -> Result<R> {
        let rng = SeededRng::new(1);
        let last_changes = LastChanges::since(0);
        let mut ctx = WriteContext {
            state: &self.state,
            txn: Txn::new(self.state.unpublished()),
            seq: self.seq + 1,
            now_ms: crate::clock::Clock::now_ms(&*self.clock),
            stamp_ms: crate::clock::Clock::now_ms(&*self.clock),
            counters: self.counters,
            quota: Quota::default(),
            range_rows: 0,
            asserted: Asserted::default(),
            last_changes: &last_changes,
            rng: &rng,
            durability: Durability::Durable,
            fresh: Vec::new(),
            answers: &Budget::new(0).share(0),
            answer_room: None,
            once: None,
            kept: None,
        };
        let result = operation(&mut ctx)?;
        let changes = ctx.changes()?;
        let WriteContext { txn, seq, counters, .. } = ctx;
        if !txn.is_empty() {
            let view = self.state.view.load();
            changes.iter().for_each(|change| change.announce(&self.state));
            txn.effects().for_each(|effect| view.active.insert(effect.table, effect.key, effect.value, seq));
            for change in changes {
                change.apply(&self.state)?;
            }
            view.publish(seq);
            self.seq = seq;
            self.counters = counters;
        }
        Ok(result)
    }

    /// Puts rows past every operation and every index, as damage does.
    pub fn spoil(&mut self, rows: impl IntoIterator<Item = (Table, Vec<u8>, Vec<u8>)>) {
        self.seq += 1;
        let view = self.state.view.load();
        for (table, key, value) in rows {
            view.active.insert(table, &key, Some(&value), self.seq);
        }
        view.publish(self.seq);
    }

    /// Takes every row of these tables away, as if they had come later than what is stored.
    pub fn forget(&mut self, tables: &[Table]) {
        let snapshot = self.snapshot();
        self.seq += 1;
        let view = self.state.view.load();
        for table in tables {
            for row in snapshot.scan(*table, &KeyRange::all(), false).unwrap() {
                view.active.insert(*table, &row.unwrap().key, None, self.seq);
            }
        }
        view.publish(self.seq);
    }

    /// The newest state.
    pub fn snapshot(&self) -> RowSnapshot {
        self.state.snapshot(None).unwrap()
    }

    /// Adds nodes without fields.
    pub fn add_nodes(&mut self, ids: &[&str]) {
        for id in ids {
            let node = Node { id: (*id).into(), node_type: "thing".into(), properties: Properties::new() };
            self.run(|ctx| graph::add_node(ctx, node)).unwrap();
        }
    }
}

/// A fact without fields.
pub fn fact(from: &str, edge_type: &str, to: &str, valid_from: i64, valid_until: Option<i64>) -> TemporalFact {
    TemporalFact {
        from_id: from.into(),
        edge_type: edge_type.into(),
        to_id: to.into(),
        valid_from: TimestampMs(valid_from),
        valid_until: valid_until.map(TimestampMs),
        properties: Properties::new(),
    }
}
