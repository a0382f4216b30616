//! What the database has promised so far, and whether an opened one keeps it.

use std::collections::{BTreeMap, BTreeSet};

use toondb_engine::api::{
    CreateNamespace, DeleteNamespace, DescribeNamespace, Error, ErrorCode, Flush, ListNamespaces,
    NamespaceStatsRequest, Quota, Request, Result, SetQuota,
};
use toondb_engine::{Engine, Service};
use toondb_tests::{CLOCK_START_MS, Model, Observed, check_answer, commit_of};

use crate::kept::Kept;
use crate::workload::{Step, universe};

/// What is known of one namespace.
#[derive(Debug, Clone, Default)]
pub struct Track {
    /// The model after every commit that may be the newest.
    states: BTreeMap<u64, Model>,
    /// The newest acknowledged commit.
    acknowledged: u64,
    /// Bounds on its bytes that it may have.
    bounds: BTreeSet<Option<u64>>,
}

impl Track {
    /// An empty namespace.
    fn fresh() -> Self {
        let states = BTreeMap::from([(0, Model::default())]);
        Self { states, acknowledged: 0, bounds: BTreeSet::from([None]) }
    }

    pub fn newest(&self) -> Model {
        self.states.last_key_value().map_or_else(Model::default, |(_, model)| model.clone())
    }

    /// Notes the state after a write, acknowledged or not.
    fn note(&mut self, model: Model, acknowledged: bool) {
        if acknowledged {
            self.acknowledged = self.acknowledged.max(model.seq);
        }
        self.states.insert(model.seq, model);
    }
}

/// Whether something must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Certain,
    /// Its creation or deletion was not acknowledged.
    Open,
}

impl Presence {
    pub fn after<T>(result: &Result<T>) -> Self {
        if result.is_ok() { Self::Certain } else { Self::Open }
    }
}

/// All promises.
#[derive(Debug, Clone)]
pub struct Oracle {
    namespaces: BTreeMap<String, (Presence, Track)>,
    pub kept: Kept,
    /// The workload up to here was acknowledged.
    pub done: usize,
    /// The clock.
    pub now_ms: i64,
}

impl Default for Oracle {
    fn default() -> Self {
        Self { namespaces: BTreeMap::new(), kept: Kept::default(), done: 0, now_ms: CLOCK_START_MS }
    }
}

/// Why a promise is not seen to be kept.
#[derive(Debug)]
pub enum Fault {
    /// The database does not answer.
    Silent(Error),
    /// It answers otherwise.
    Broken(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Silent(error)
    }
}

impl Oracle {
    fn track(&mut self, namespace: &str, presence: Presence) -> &mut Track {
        &mut self.namespaces.entry(namespace.to_owned()).or_insert_with(|| (presence, Track::fresh())).1
    }

    /// The state that the next write to a namespace meets.
    pub fn newest(&self, namespace: &str) -> Model {
        self.namespaces.get(namespace).map(|(_, track)| track.newest()).unwrap_or_default()
    }

    /// Carries out one step and notes what it promises; gives its error.
    pub fn perform(&mut self, engine: &Engine, step: &Step) -> Result<()> {
        match step {
            Step::Write(namespace, request) => self.write(engine, namespace, request),
            Step::Flush(namespace) => engine.run(namespace, Flush {}).map(drop),
            Step::Create(namespace) => {
                let created =
                    engine.run(namespace, CreateNamespace { must_be_new: true, ..CreateNamespace::default() });
                self.track(namespace, Presence::after(&created));
                created.map(drop)
            }
            Step::Delete(namespace) => {
                let deleted = engine.run(namespace, DeleteNamespace {});
                match &deleted {
                    Ok(_) => drop(self.namespaces.remove(*namespace)),
                    Err(_) => {
                        if let Some((presence, _)) = self.namespaces.get_mut(*namespace) {
                            *presence = Presence::Open;
                        }
                    }
                }
                deleted.map(drop)
            }
            Step::Bound(namespace, bytes) => {
                let quota = Quota { bytes_max: Some(*bytes), ..Quota::default() };
                let set = engine.run(namespace, SetQuota { quota });
                let bounds = &mut self.track(namespace, Presence::Certain).bounds;
                if set.is_ok() {
                    bounds.clear();
                }
                bounds.insert(Some(*bytes));
                set.map(drop)
            }
            Step::Checkpoint(namespace, name) => {
                let model = self.newest(namespace);
                self.kept.take(engine, namespace, name, model)
            }
            Step::Import(namespace, name) => self.kept.import(engine, namespace, name),
            Step::Forget(namespace, name) => self.kept.forget(engine, namespace, name),
            Step::Restore(owner, name, target) => self.restore(engine, (owner, name), target),
            Step::Reopen => panic!("whoever has the engine opens it again"),
        }
    }

    fn write(&mut self, engine: &Engine, namespace: &str, request: &Request) -> Result<()> {
        let now_ms = self.now_ms;
        let mut model = self.track(namespace, Presence::Open).newest();
        let expected = model.seq + 1;
        let outcome = model.apply(request, expected, now_ms).expect("the workload's writes are valid");
        let answer = Service::call(engine, namespace, request.clone());
        if let Ok(response) = &answer {
            check_answer(response, &outcome).expect("the answer is the model's");
            if let Some(seq) = commit_of(response) {
                assert_eq!(seq, model.seq, "commits have no holes");
            }
        }
        let (presence, track) = self.namespaces.get_mut(namespace).expect("it was just added");
        if answer.is_ok() {
            *presence = Presence::Certain;
        }
        track.note(model, answer.is_ok());
        answer.map(drop)
    }

    fn restore(&mut self, engine: &Engine, (owner, name): (&str, &str), target: &str) -> Result<()> {
        let old_seq = self.newest(target).seq;
        let model = self.kept.model(owner, name);
        // In place of other data a restore counts as a commit, and what it brings looks as new as that.
        let floor = if old_seq == 0 { 0 } else { model.seq.max(old_seq + 1) };
        let model = model.restored(floor);
        let restored = self.kept.restore(engine, (owner, name), target);
        if let Ok(restored) = &restored {
            assert_eq!(restored.commit_seq.0, model.seq, "commits have no holes");
            assert_eq!(restored.keys, model.kv.len() as u64);
        }
        let fresh = || (Presence::Open, Track { bounds: BTreeSet::from([None]), ..Track::default() });
        let (presence, track) = self.namespaces.entry(target.to_owned()).or_insert_with(fresh);
        if restored.is_ok() {
            *presence = Presence::Certain;
        }
        track.note(model, restored.is_ok());
        restored.map(drop)
    }

    /// Checks everything an opened database shows.
    pub fn check(&self, engine: &Engine) -> std::result::Result<(), String> {
        self.look(engine).map_err(|fault| match fault {
            Fault::Silent(error) => format!("{:?}: {}", error.code, error.message),
            Fault::Broken(how) => how,
        })
    }

    /// Looks at everything an opened database shows.
    pub fn look(&self, engine: &Engine) -> std::result::Result<(), Fault> {
        let list = engine.run("default", ListNamespaces {})?.namespaces;
        let present: Vec<&str> = list.iter().map(|namespace| namespace.name.as_str()).collect();
        for (name, (presence, _)) in &self.namespaces {
            if *presence == Presence::Certain && !present.contains(&name.as_str()) {
                return Err(Fault::Broken(format!("namespace {name} was acknowledged and is gone")));
            }
        }
        for found in &list {
            let name = found.name.as_str();
            let Some((_, track)) = self.namespaces.get(name) else {
                if name == "default" {
                    continue;
                }
                return Err(Fault::Broken(format!("namespace {name} was deleted and is back, or never was")));
            };
            if !track.bounds.contains(&found.quota.bytes_max) {
                return Err(Fault::Broken(format!("{name}: {:?} is none of {:?}", found.quota, track.bounds)));
            }
            self.look_into(engine, name)?;
        }
        self.kept.look(engine)
    }

    /// Looks at one namespace, which may be one that is not known to exist.
    pub fn look_into(&self, engine: &Engine, name: &str) -> std::result::Result<(), Fault> {
        let Some((presence, track)) = self.namespaces.get(name) else { return Ok(()) };
        let observed = match Observed::read(engine, name, &universe()) {
            Err(error) if error.code == ErrorCode::NamespaceNotFound && *presence == Presence::Open => return Ok(()),
            observed => observed?,
        };
        let broken = |how: String| Err(Fault::Broken(format!("{name}: {how}")));
        if observed.seq < track.acknowledged {
            return broken(format!("commit {} was acknowledged, found {}", track.acknowledged, observed.seq));
        }
        let Some(model) = track.states.get(&observed.seq) else {
            return broken(format!("commit {} was never sent", observed.seq));
        };
        let expected = Observed::expected(model, &universe(), self.now_ms);
        observed.compare(&expected).or_else(broken)
    }

    /// Names of namespaces that there are or may be.
    pub fn names(&self) -> Vec<String> {
        self.namespaces.keys().cloned().collect()
    }

    /// Notes what a reader sees, which must not be taken back. A power loss in the middle of looking ends it.
    pub fn keep(&mut self, engine: &Engine) {
        for (name, (presence, track)) in &mut self.namespaces {
            if let Ok(stats) = engine.run(name, NamespaceStatsRequest {}) {
                *presence = Presence::Certain;
                track.acknowledged = track.acknowledged.max(stats.commit_seq.0);
            }
        }
    }

    /// Takes what was read last for all there is: a write without an answer has happened by now, or never will.
    pub fn forget_pending(&mut self) {
        for (_, track) in self.namespaces.values_mut() {
            let newest = track.acknowledged;
            track.states.retain(|seq, _| *seq <= newest);
        }
    }

    /// The same promises, had a namespace's log ended with commit `seq`.
    pub fn up_to(&self, namespace: &str, seq: u64) -> Self {
        let mut earlier = self.clone();
        if let Some((_, track)) = earlier.namespaces.get_mut(namespace) {
            track.acknowledged = track.acknowledged.min(seq);
        }
        earlier
    }

    /// After an error that may or may not have changed something: looks, and goes on from what is there. True if the step
    /// has happened after all. An error if that cannot be told yet.
    pub fn settle(&mut self, engine: &Engine, step: &Step, error: &Error) -> Result<bool> {
        match step {
            Step::Reopen => Ok(false),
            Step::Checkpoint(owner, name) | Step::Import(owner, name) => {
                self.kept.settle(engine, (owner, name), true, error)
            }
            Step::Forget(owner, name) => self.kept.settle(engine, (owner, name), false, error),
            Step::Bound(namespace, bytes) => {
                let quota = engine.run(namespace, DescribeNamespace {})?.quota;
                self.track(namespace, Presence::Certain).bounds = BTreeSet::from([quota.bytes_max]);
                Ok(quota.bytes_max == Some(*bytes))
            }
            Step::Write(name, _)
            | Step::Create(name)
            | Step::Delete(name)
            | Step::Flush(name)
            | Step::Restore(_, _, name) => self.settle_namespace(engine, step, name, error),
        }
    }

    fn settle_namespace(&mut self, engine: &Engine, step: &Step, name: &str, error: &Error) -> Result<bool> {
        let list = engine.run("default", ListNamespaces {})?.namespaces;
        if !list.iter().any(|namespace| namespace.name.as_str() == name) {
            let known = self.namespaces.remove(name);
            assert!(
                matches!(step, Step::Delete(_)) || known.is_none_or(|(presence, _)| presence == Presence::Open),
                "{name} is gone after {error:?}"
            );
            return Ok(matches!(step, Step::Delete(_)));
        }
        let found = engine.run(name, NamespaceStatsRequest {})?.commit_seq.0;
        let Some((presence, track)) = self.namespaces.get_mut(name) else { return Ok(false) };
        *presence = Presence::Certain;
        let before = track.acknowledged;
        if error.code != ErrorCode::OutcomeUnknown {
            assert_eq!(found, before, "{:?} says that nothing was changed ({step:?}: {})", error.code, error.message);
        }
        assert!(found >= before, "an acknowledged commit is gone after {error:?}");
        track.states.retain(|seq, _| *seq <= found);
        assert!(track.states.contains_key(&found), "commit {found} was never sent");
        track.acknowledged = found;
        Ok(match step {
            Step::Create(_) => true,
            Step::Write(..) | Step::Restore(..) => found > before,
            _ => false,
        })
    }
}
