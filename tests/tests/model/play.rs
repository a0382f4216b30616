//! Plays one history on a fresh database and on the model.
//!
//! The engine's housekeeping takes commits of its own when it removes expired keys, at a moment that no test can know. So
//! the model does not foretell commit numbers but bounds them: each time time passes, at most one more commit may slip in.

use std::collections::BTreeMap;

use toondb_engine::api::{Durability, Flush, NamespaceStatsRequest, Request, Response};
use toondb_engine::clock::Clock;
use toondb_engine::disk::CrashMode;
use toondb_tests::{Database, Door, Model, Observed, Transport, Universe, check_answer, commit_of, run};

use crate::ask::ask;
use crate::op::{CACHES, COLLECTIONS, DIMENSION, DOCUMENTS, NODES, Op, QUESTIONS, create};

struct Play {
    db: Database,
    model: Model,
    /// The model after each commit, back to the newest durable one: what a power loss may bring back.
    states: BTreeMap<u64, Model>,
    durable: u64,
    /// Commits that housekeeping may have taken unseen.
    slack: u64,
}

fn universe() -> Universe {
    Universe {
        collections: COLLECTIONS.iter().map(|name| ((*name).to_owned(), DIMENSION)).collect(),
        caches: CACHES.iter().map(|name| ((*name).to_owned(), QUESTIONS.map(str::to_owned).to_vec())).collect(),
        nodes: NODES.iter().map(|node| (*node).to_owned()).collect(),
        bare: DOCUMENTS.iter().map(|id| (*id).to_owned()).collect(),
    }
}

/// Plays a history; the error says what differs.
pub fn play(ops: &[Op], transport: Transport, seed: u64) -> Result<(), String> {
    let db = Database::new(transport, seed);
    let mut play = Play { db, model: Model::default(), states: BTreeMap::new(), durable: 0, slack: 0 };
    for name in COLLECTIONS {
        play.write(&Request::CreateCollection(create(name)))?;
    }
    for (number, op) in ops.iter().enumerate() {
        play.step(op).map_err(|difference| format!("step {number}, {op:?}: {difference}"))?;
    }
    play.compare().map_err(|difference| format!("at the end: {difference}"))?;
    play.reopen()?;
    play.compare().map_err(|difference| format!("after the end: {difference}"))
}

impl Play {
    fn now_ms(&self) -> i64 {
        self.db.clock.now_ms()
    }

    fn step(&mut self, op: &Op) -> Result<(), String> {
        match op {
            Op::Write(request) => self.write(request),
            Op::Ask(question) => ask(&self.db, &self.model, self.now_ms(), question),
            Op::Wait(span_ms) => {
                let before = self.now_ms();
                self.db.clock.advance_ms(*span_ms);
                let after = self.now_ms();
                let expires = |at: i64| before < at && at <= after;
                let keys = self.model.kv.values().map(|row| row.expires_at);
                let entries = self.model.caches.values().flat_map(|cache| cache.entries.values());
                let ends = keys.chain(entries.map(|entry| entry.expires_at));
                self.slack += u64::from(ends.flatten().any(expires));
                Ok(())
            }
            Op::Flush => {
                let flushed = self.db.run("default", Flush {}).map_err(|error| error.message)?;
                self.durable = self.durable.max(flushed.flushed_seq.0.min(self.model.seq));
                Ok(())
            }
            Op::Reopen => {
                self.reopen()?;
                self.compare()
            }
            Op::Crash(seed, mode) => {
                self.crash(*seed, *mode)?;
                self.compare()
            }
        }
    }

    fn reopen(&mut self) -> Result<(), String> {
        self.db.reopen().map_err(|error| format!("it does not open: {error:?}"))
    }

    fn write(&mut self, request: &Request) -> Result<(), String> {
        // The model needs the number of the commit, which only the answer tells.
        let answer = self.db.door().call("default", request.clone());
        let now_ms = self.now_ms();
        let mut model = self.model.clone();
        match answer {
            Err(error) => match model.apply(request, self.model.seq + 1, now_ms) {
                Err(code) if code == error.code => Ok(()),
                other => Err(format!("the engine refused with {error:?}, the model says {other:?}")),
            },
            Ok(response) => {
                let seq = commit_of(&response).unwrap_or(self.model.seq + 1);
                let outcome = model
                    .apply(request, seq, now_ms)
                    .map_err(|code| format!("the engine answered {response:?}, the model refuses with {code:?}"))?;
                check_answer(&response, &outcome)?;
                let least = self.model.seq + u64::from(outcome.wrote && !outcome.ambiguous);
                let most = self.model.seq + u64::from(outcome.wrote) + self.slack;
                if commit_of(&response).is_some() && !(least..=most).contains(&seq) {
                    return Err(format!("commit {seq}, expected {least} to {most}"));
                }
                self.accept(model, &response, request, (outcome.wrote, seq.max(self.model.seq)));
                Ok(())
            }
        }
    }

    fn accept(&mut self, mut model: Model, response: &Response, request: &Request, (wrote, seq): (bool, u64)) {
        if commit_of(response).is_some() {
            self.slack -= seq.saturating_sub(self.model.seq + u64::from(wrote)).min(self.slack);
            model.seq = seq;
        }
        self.model = model;
        self.states.insert(self.model.seq, self.model.clone());
        if wrote && durability(request) == Durability::Durable {
            self.durable = self.model.seq;
        }
        self.states = self.states.split_off(&self.durable);
    }

    /// What was durable is there; of what was volatile, a beginning may be.
    fn crash(&mut self, seed: u64, mode: CrashMode) -> Result<(), String> {
        self.db.crash(seed, mode).map_err(|error| format!("it does not open: {error:?}"))?;
        let found = self.db.run("default", NamespaceStatsRequest {}).map_err(|error| error.message)?.commit_seq.0;
        if found < self.durable {
            return Err(format!("commit {} was durable, found {found}", self.durable));
        }
        if found < self.model.seq {
            let (_, model) = self.states.range(..=found).next_back().ok_or("no state to go back to")?;
            self.model = model.clone();
        }
        let surplus = found.saturating_sub(self.model.seq);
        if surplus > self.slack {
            return Err(format!("commit {} was the newest, found {found}", self.model.seq));
        }
        // Housekeeping may have been undone with the rest, and come again.
        self.slack += 1;
        self.states.split_off(&(self.model.seq + 1));
        Ok(())
    }

    fn compare(&self) -> Result<(), String> {
        let door = self.db.door();
        let observed = observed(&*door)?;
        observed.compare(&Observed::expected(&self.model, &universe(), self.now_ms()))
    }
}

fn observed(door: &dyn Door) -> Result<Observed, String> {
    run(door, "default", NamespaceStatsRequest {}).map_err(|error| error.message)?;
    Observed::read(door, "default", &universe()).map_err(|error| format!("reading failed: {error:?}"))
}

fn durability(request: &Request) -> Durability {
    match request {
        Request::Put(request) => request.durability,
        Request::DeleteKey(request) => request.durability,
        Request::BatchPut(request) => request.durability,
        Request::CompareAndSet(request) => request.durability,
        Request::AddDocuments(request) => request.durability,
        Request::DeleteDocuments(request) => request.durability,
        Request::DeleteByFilter(request) => request.durability,
        Request::UpdateDocuments(request) => request.durability,
        Request::AddNode(request) => request.durability,
        Request::DeleteNode(request) => request.durability,
        Request::AddEdge(request) => request.durability,
        Request::DeleteEdge(request) => request.durability,
        Request::UpdateNode(request) => request.durability,
        Request::UpdateEdge(request) => request.durability,
        Request::MergeNodes(request) => request.durability,
        Request::AddTemporalEdge(request) => request.durability,
        Request::CloseTemporalEdge(request) => request.durability,
        Request::SupersedeTemporalEdge(request) => request.durability,
        Request::StateFact(request) => request.durability,
        Request::EraseTemporal(request) => request.durability,
        Request::CachePut(request) => request.durability,
        Request::CacheInvalidate(request) => request.durability,
        Request::Commit(request) => request.durability,
        Request::Increment(request) => request.durability,
        Request::Touch(request) => request.durability,
        Request::BatchDelete(request) => request.durability,
        Request::DeleteRange(request) => request.durability,
        Request::AppendLog(request) => request.durability,
        Request::PopLog(request) => request.durability,
        Request::TrimLog(request) => request.durability,
        Request::DeleteLog(request) => request.durability,
        _ => Durability::Durable,
    }
}
