//! What the database has promised so far, and whether an opened one keeps it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toondb_engine::api::{
    CreateNamespace, DeleteNamespace, Error, ErrorCode, Flush, ListNamespaces, NamespaceStatsRequest, Request, Result,
};
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{Disk, SimDisk};
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions, Service};
use toondb_tests::{CLOCK_START_MS, Model, Observed, check_answer, commit_of};

use crate::workload::{Step, universe};

/// Opens the database on a disk.
pub fn open(disk: &SimDisk) -> Result<Engine> {
    open_as(Arc::new(disk.clone()), disk.op_count())
}

/// Opens the database on any disk, with randomness that must differ from opening to opening.
pub fn open_as(disk: Arc<dyn Disk>, seed: u64) -> Result<Engine> {
    let mut options = EngineOptions::new("/db").on_disk(disk);
    options.clock = Arc::new(ManualClock::new(CLOCK_START_MS));
    options.rng = Some(Arc::new(SeededRng::new(seed)));
    Engine::open(options)
}

/// What is known of one namespace.
#[derive(Debug, Clone, Default)]
struct Track {
    /// The model after every commit; the first is empty.
    states: BTreeMap<u64, Model>,
    /// The newest acknowledged commit.
    acknowledged: u64,
}

impl Track {
    fn newest(&self) -> Model {
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

/// Whether a namespace must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Certain,
    /// Its creation or deletion was not acknowledged.
    Open,
}

/// All promises.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    namespaces: BTreeMap<String, (Presence, Track)>,
    /// The workload up to here was acknowledged.
    pub done: usize,
}

impl Oracle {
    fn track(&mut self, namespace: &str, presence: Presence) -> &mut Track {
        let fresh = || {
            let mut track = Track::default();
            track.note(Model::default(), true);
            (presence, track)
        };
        &mut self.namespaces.entry(namespace.to_owned()).or_insert_with(fresh).1
    }

    /// Carries out one step and notes what it promises; gives its error.
    pub fn perform(&mut self, engine: &Engine, step: &Step) -> Result<()> {
        match step {
            Step::Write(namespace, request) => self.write(engine, namespace, request),
            Step::Flush(namespace) => engine.run(namespace, Flush {}).map(drop),
            Step::Create(namespace) => {
                let created =
                    engine.run(namespace, CreateNamespace { must_be_new: true, ..CreateNamespace::default() });
                let presence = if created.is_ok() { Presence::Certain } else { Presence::Open };
                self.track(namespace, presence);
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
        }
    }

    fn write(&mut self, engine: &Engine, namespace: &str, request: &Request) -> Result<()> {
        let mut model = self.track(namespace, Presence::Open).newest();
        let expected = model.seq + 1;
        let outcome = model.apply(request, expected, CLOCK_START_MS).expect("the workload's writes are valid");
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

    /// Checks everything an opened database shows.
    pub fn check(&self, engine: &Engine) -> std::result::Result<(), String> {
        let text = |error: Error| format!("{:?}: {}", error.code, error.message);
        let list = engine.run("", ListNamespaces {}).map_err(text)?.namespaces;
        let present: Vec<String> = list.into_iter().map(|namespace| namespace.name.into_string()).collect();
        for (name, (presence, _)) in &self.namespaces {
            if *presence == Presence::Certain && !present.contains(name) {
                return Err(format!("namespace {name} was acknowledged and is gone"));
            }
        }
        for name in &present {
            let Some((_, track)) = self.namespaces.get(name) else {
                if name == "default" {
                    continue;
                }
                return Err(format!("namespace {name} was deleted and is back, or never was"));
            };
            let observed = Observed::read(engine, name, &universe()).map_err(text)?;
            if observed.seq < track.acknowledged {
                return Err(format!("{name}: commit {} was acknowledged, found {}", track.acknowledged, observed.seq));
            }
            let model = track.states.get(&observed.seq);
            let model = model.ok_or_else(|| format!("{name}: commit {} was never sent", observed.seq))?;
            let expected = Observed::expected(model, &universe(), CLOCK_START_MS);
            observed.compare(&expected).map_err(|difference| format!("{name}: {difference}"))?;
        }
        Ok(())
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
    /// has happened after all.
    pub fn settle(&mut self, engine: &Engine, step: &Step, error: &Error) -> bool {
        let (Step::Write(name, _) | Step::Create(name) | Step::Delete(name) | Step::Flush(name)) = step;
        let list = patiently(|| engine.run("", ListNamespaces {})).namespaces;
        if !list.iter().any(|namespace| namespace.name.as_str() == *name) {
            self.namespaces.remove(*name);
            return matches!(step, Step::Delete(_));
        }
        let found = patiently(|| engine.run(name, NamespaceStatsRequest {})).commit_seq.0;
        let Some((presence, track)) = self.namespaces.get_mut(*name) else { return false };
        *presence = Presence::Certain;
        let before = track.acknowledged;
        if error.code != ErrorCode::OutcomeUnknown {
            assert_eq!(found, before, "{:?} says that nothing was changed ({step:?}: {})", error.code, error.message);
        }
        assert!(found >= before, "an acknowledged commit is gone after {error:?}");
        track.states.retain(|seq, _| *seq <= found);
        assert!(track.states.contains_key(&found), "commit {found} was never sent");
        track.acknowledged = found;
        match step {
            Step::Create(_) => true,
            Step::Write(..) => found > before,
            Step::Delete(_) | Step::Flush(_) => false,
        }
    }
}

/// Tries until the namespace, which may just be reopening itself, answers.
pub fn patiently<R>(mut ask: impl FnMut() -> Result<R>) -> R {
    let mut last = None;
    for _ in 0..100_000 {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => last = Some(error),
        }
        std::thread::yield_now();
    }
    panic!("no answer: {last:?}");
}

/// Opens a disk and checks it; the message names the fault.
pub fn reopen_and_check(oracle: &Oracle, disk: &SimDisk, fault: &str) {
    let engine = match open(disk) {
        Ok(engine) => engine,
        Err(error) => panic!("{fault}: it does not open: {:?} {}", error.code, error.message),
    };
    if let Err(difference) = oracle.check(&engine) {
        panic!("{fault} (after {} acknowledged steps): {difference}", oracle.done);
    }
    engine.close().expect("it closes");
}

/// The log segments of all namespaces on a disk, newest last in each.
pub fn log_segments(disk: &SimDisk) -> Vec<std::path::PathBuf> {
    let root = Path::new("/db/ns");
    let mut found = Vec::new();
    for namespace in disk.list_dir(root).unwrap() {
        let log = root.join(namespace).join("log");
        for name in disk.list_dir(&log).unwrap() {
            if name.ends_with(".log") {
                found.push(log.join(name));
            }
        }
    }
    found
}

/// Tries every fault, and fails in the end with all that went wrong.
pub fn try_each(faults: impl Iterator<Item = u64>, attempt: impl Fn(u64)) {
    let (mut tried, mut failed) = (0_usize, Vec::new());
    for fault in faults {
        tried += 1;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attempt(fault)));
        failed.extend(outcome.is_err().then_some(fault));
    }
    assert!(failed.is_empty(), "{} of {tried} fault points failed (reasons above): {failed:?}", failed.len());
}
