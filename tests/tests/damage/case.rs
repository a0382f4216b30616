//! One damage, and what came of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use toondb_engine::api::Request;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_tests::Dice;

use crate::questions::Question;
use crate::sample::{Ending, Sample, files, open};

/// Panics since the start of the process, on any thread, caught or not.
pub static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Bytes of a segment's header, and of a record's before its payload; `engine/src/log/` describes the format.
const SEGMENT_HEADER_BYTES: usize = 80;
const RECORD_HEADER_BYTES: usize = 72;

/// What kind of file it is; each kind is damaged equally often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Catalog,
    Store,
    Log,
    Checkpoint,
    Other,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Catalog, Kind::Store, Kind::Log, Kind::Checkpoint, Kind::Other];

    fn of(path: &Path) -> Self {
        let text = path.to_string_lossy();
        if text.contains("catalog") {
            Kind::Catalog
        } else if text.ends_with("store.redb") {
            Kind::Store
        } else if text.ends_with(".log") {
            Kind::Log
        } else if text.ends_with(".toondb") {
            Kind::Checkpoint
        } else {
            Kind::Other
        }
    }
}

/// One changed byte.
#[derive(Debug, Clone)]
pub struct Damage {
    pub kind: Kind,
    pub path: PathBuf,
    pub offset: u64,
    pub xor: u8,
}

/// How a database bore it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every answer is as it was.
    Exact,
    /// Some answers are errors, the others as they were.
    Reported,
    /// The damage is in the last record, and nothing but it is gone.
    LastRecordGone,
    /// A read lied.
    Lied(String),
    /// As one of the above, and a panic that the engine kept to one answer.
    Contained,
    /// A panic came out of the engine.
    Panicked,
}

/// A place in a file of the kind, in half of the cases one that is not zero.
pub fn draw(sample: &Sample, kind: Kind, dice: &Dice) -> Option<Damage> {
    let all: Vec<(PathBuf, u64)> = files(&sample.disk).into_iter().filter(|(path, _)| Kind::of(path) == kind).collect();
    if all.is_empty() {
        return None;
    }
    let (path, len) = dice.pick(&all).clone();
    let bytes = sample.disk.bytes(&path).unwrap();
    let mut offset = dice.below(len);
    if dice.below(2) == 0 {
        let from = usize::try_from(offset).unwrap();
        let used = bytes.iter().enumerate().skip(from).find(|(_, byte)| **byte != 0);
        offset = used.map_or(0, |(offset, _)| offset as u64);
    }
    let xor = if dice.below(2) == 0 { 1 << dice.below(8) } else { u8::try_from(1 + dice.below(255)).unwrap() };
    Some(Damage { kind, path, offset, xor })
}

/// Damages a copy, opens it, and asks everything.
pub fn attempt(sample: &Sample, damage: &Damage) -> Outcome {
    let disk = sample.disk.crash_image(1, CrashMode::KeepAll);
    disk.corrupt(&damage.path, damage.offset, damage.xor).unwrap();
    let before = PANICS.load(Ordering::SeqCst);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ask(sample, damage, &disk)));
    match caught {
        Err(_) => Outcome::Panicked,
        Ok(Outcome::Exact | Outcome::Reported | Outcome::LastRecordGone) if PANICS.load(Ordering::SeqCst) > before => {
            Outcome::Contained
        }
        Ok(outcome) => outcome,
    }
}

fn ask(sample: &Sample, damage: &Damage, disk: &SimDisk) -> Outcome {
    let Ok(engine) = open(disk, damage.offset) else { return Outcome::Reported };
    let found = crate::questions::answers(&engine, &sample.questions);
    // Closing may fail on a damaged store; it must come to its end.
    let _ = engine.close();
    let mut outcome = Outcome::Exact;
    let may_be_gone = is_in_last_record(sample, damage);
    // A namespace that could not be restored is not there, and nothing in it is missing.
    let mut unrestored = Vec::new();
    for (at, found) in found.iter().enumerate() {
        let Question { namespace, request } = &sample.questions[at];
        if *found == sample.right[at] || unrestored.contains(namespace) {
            continue;
        }
        if found.is_err() {
            unrestored.extend(matches!(request, Request::RestoreCheckpoint(_)).then_some(*namespace));
            outcome = if outcome == Outcome::Exact { Outcome::Reported } else { outcome };
        } else if may_be_gone && *found == sample.before_last[at] {
            outcome = Outcome::LastRecordGone;
        } else {
            let text = format!("{namespace}: {request:?}\n    must be {:?}\n    and is  {found:?}", sample.right[at]);
            return Outcome::Lied(text);
        }
    }
    outcome
}

/// True if the damage lies in the last record of a log that a power loss left.
fn is_in_last_record(sample: &Sample, damage: &Damage) -> bool {
    if damage.kind != Kind::Log || sample.ending != Ending::PowerLost {
        return false;
    }
    let bytes = sample.disk.bytes(&damage.path).unwrap();
    let (mut start, mut last) = (SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES);
    while let Some(len) = bytes.get(start + 16..start + 20) {
        let len = u32::from_le_bytes(len.try_into().unwrap()) as usize;
        if len == 0 {
            break;
        }
        last = start;
        start = (start + RECORD_HEADER_BYTES + len).next_multiple_of(8);
    }
    (last as u64..start as u64).contains(&damage.offset)
}
