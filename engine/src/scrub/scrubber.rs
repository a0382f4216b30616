//! The walk over all stores and users' checkpoints, its pace, and what it has found.
//!
//! A round visits every namespace, open or not, and reads the pages of its store past redb and all caches but the system's;
//! then it reads every checkpoint as a restore would. It reads at most [`limits::SCRUB_BYTES_PER_S`], by the engine's clock,
//! and time in which nothing was read is not made up for. A page that does not verify may be free, so it is not reported: the
//! namespace is [checked](Namespace::check), which tells. What is found damaged stays counted until a later round finds it
//! sound or gone. Nothing is repaired: what is damaged is told to whoever reads it, and what to do about it is the user's to
//! decide.
//!
//! [`Namespace::check`]: crate::namespace::Namespace::check

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::api::{CheckpointId, Error, ErrorCode, FindingKind, NamespaceName, Result};
use crate::checkpoints::{CheckpointWalk, WalkFault, WalkStep, checkpoint_ids};
use crate::disk::{Disk, LookingDisk};
use crate::limits;
use crate::router::Router;
use crate::store::{PageWalk, StoreFile, StoreResult, is_of_first_layout};

/// What every store has been found to be.
#[derive(Debug)]
pub struct Scrubber {
    /// True while a step is under way.
    running: AtomicBool,
    round: Mutex<Round>,
    found: Mutex<ScrubFound>,
}

/// What the scrubber looks at, and where.
#[derive(Clone, Copy)]
pub struct Scrubbed<'a> {
    /// The namespaces.
    pub router: &'a Router,
    /// The disk.
    pub disk: &'a Arc<dyn Disk>,
    /// The data directory on it.
    pub data_dir: &'a Path,
    /// Set when the engine is closing.
    pub closing: &'a AtomicBool,
}

#[derive(Debug)]
enum Round {
    /// None is under way; the next one begins then, in monotonic time.
    Resting { until: Duration },
    /// One is.
    Walking(ScrubWalk),
}

#[derive(Debug)]
struct ScrubWalk {
    /// What is still to be visited.
    left: VecDeque<ScrubTarget>,
    /// What is at hand.
    at: Option<At>,
    /// Bytes that were read before their time: a block of a checkpoint is read whole.
    debt: u64,
    /// When something was last read.
    since: Duration,
}

#[derive(Debug)]
enum ScrubTarget {
    Store(NamespaceName),
    Checkpoint(CheckpointId),
}

#[derive(Debug)]
enum At {
    /// A store, with the id of its namespace's files.
    Store(NamespaceName, [u8; 16], PageWalk),
    Checkpoint(CheckpointId, Box<CheckpointWalk>),
}

#[derive(Debug, Default)]
struct ScrubFound {
    rounds: u64,
    bytes: u64,
    damaged: BTreeSet<NamespaceName>,
    damaged_checkpoints: BTreeSet<CheckpointId>,
}

/// What to tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScrubStats {
    /// Rounds that have ended.
    pub rounds: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Namespaces that were found damaged when they were last visited.
    pub damaged: u64,
    /// Checkpoints of which the same is true.
    pub damaged_checkpoints: u64,
}

/// A step that is under way; when this is dropped it has ended, however it did.
struct ScrubStep<'a>(&'a Scrubber);

impl Drop for ScrubStep<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl Scrubber {
    /// A scrubber whose first round begins when the engine has been open for a while.
    pub fn new(opened_at: Duration) -> Self {
        let until = opened_at.saturating_add(limits::SCRUB_REST_FIRST);
        let (running, round, found) = (AtomicBool::new(false), Mutex::new(Round::Resting { until }), Mutex::default());
        Self { running, round, found }
    }

    /// Counters of everything so far.
    pub fn stats(&self) -> ScrubStats {
        let ScrubFound { rounds, bytes, damaged, damaged_checkpoints } = &*self.found.lock();
        let (damaged, damaged_checkpoints) = (damaged.len() as u64, damaged_checkpoints.len() as u64);
        ScrubStats { rounds: *rounds, bytes: *bytes, damaged, damaged_checkpoints }
    }

    /// True if a step is due: then [`Scrubber::step`] or [`Scrubber::give_up`] must follow.
    pub fn begin(&self, now: Duration) -> bool {
        if self.running.swap(true, Ordering::Acquire) {
            return false;
        }
        let is_due = match &*self.round.lock() {
            Round::Resting { until } => now >= *until,
            Round::Walking(walk) => now > walk.since,
        };
        if !is_due {
            self.give_up();
        }
        is_due
    }

    /// The step that was begun is not taken.
    pub fn give_up(&self) {
        self.running.store(false, Ordering::Release);
    }

    /// Lets go of the file at hand: the engine has closed. A step that is still under way lets go of it with the engine.
    pub fn end(&self) {
        if let Some(mut round) = self.round.try_lock() {
            *round = Round::Resting { until: Duration::MAX };
        }
    }

    /// Reads as much as the time since the last step allows.
    pub fn step(&self, scrubbed: Scrubbed<'_>, now: Duration) {
        let _step = ScrubStep(self);
        let mut round = self.round.lock();
        let ended = match &mut *round {
            Round::Resting { .. } => {
                let names = scrubbed.router.names();
                let (checkpoints, is_whole) = checkpoint_ids(&**scrubbed.disk, scrubbed.data_dir);
                let mut found = self.found.lock();
                found.damaged.retain(|name| names.binary_search(name).is_ok());
                // One that could not be listed is not known to be gone.
                found.damaged_checkpoints.retain(|id| !is_whole || checkpoints.binary_search(id).is_ok());
                let checkpoints = checkpoints.into_iter().map(ScrubTarget::Checkpoint);
                let left = names.into_iter().map(ScrubTarget::Store).chain(checkpoints).collect();
                *round = Round::Walking(ScrubWalk { left, at: None, debt: 0, since: now });
                false
            }
            Round::Walking(walk) => self.walk(walk, scrubbed, now),
        };
        if ended {
            self.found.lock().rounds += 1;
            *round = Round::Resting { until: now.saturating_add(limits::SCRUB_REST) };
        }
    }

    /// True if that was the last of the round.
    fn walk(&self, walk: &mut ScrubWalk, scrubbed: Scrubbed<'_>, now: Duration) -> bool {
        let elapsed = now.saturating_sub(walk.since).min(limits::SCRUB_STEP_MAX);
        walk.since = now;
        let allowed = limits::SCRUB_BYTES_PER_S.saturating_mul(elapsed.as_millis() as u64) / 1_000;
        let mut budget = allowed.saturating_sub(walk.debt);
        walk.debt = walk.debt.saturating_sub(allowed);
        while budget > 0 && !scrubbed.closing.load(Ordering::Acquire) {
            let Some(at) = &mut walk.at else {
                let Some(target) = walk.left.pop_front() else { return true };
                budget = budget.saturating_sub(limits::SCRUB_BYTES_EACH);
                walk.at = self.visit(scrubbed, target);
                continue;
            };
            let most = budget.min(limits::SCRUB_READ_BYTES);
            let WalkStep { bytes, has_ended } = match at {
                // Its file was deleted: whoever goes on reading keeps its space.
                At::Store(name, id, _) if scrubbed.router.store_of(name).is_none_or(|(_, now)| now != *id) => {
                    WalkStep { bytes: 0, has_ended: true }
                }
                At::Store(name, _, pages) => self.read_store(scrubbed, name, pages, most),
                At::Checkpoint(id, checkpoint) => self.read_checkpoint(id, checkpoint, most),
            };
            self.found.lock().bytes += bytes;
            walk.debt = walk.debt.saturating_add(bytes.saturating_sub(budget));
            budget = budget.saturating_sub(bytes.max(1));
            if has_ended {
                walk.at = None;
            }
        }
        false
    }

    fn read_store(&self, scrubbed: Scrubbed<'_>, name: &NamespaceName, pages: &mut PageWalk, most: u64) -> WalkStep {
        let read = pages.step(most);
        let bytes = *read.as_ref().unwrap_or(&0);
        if read.is_ok() && !pages.has_ended() {
            return WalkStep { bytes, has_ended: false };
        }
        // What was wrong with a namespace before may have been no page.
        if read.is_err() || pages.has_found_bad() || self.found.lock().damaged.contains(name) {
            self.judge(scrubbed, name);
        }
        WalkStep { bytes, has_ended: true }
    }

    fn read_checkpoint(&self, id: &CheckpointId, checkpoint: &mut CheckpointWalk, most: u64) -> WalkStep {
        match checkpoint.step(most) {
            Ok(step) => {
                if step.has_ended {
                    self.found.lock().damaged_checkpoints.remove(id);
                }
                step
            }
            Err(fault) => {
                self.tell_checkpoint(id, fault);
                // Something was read before that was seen.
                WalkStep { bytes: most, has_ended: true }
            }
        }
    }

    /// The log says it once, and again after a round that found it sound.
    fn tell_checkpoint(&self, id: &CheckpointId, fault: WalkFault) {
        let mut found = self.found.lock();
        match fault {
            WalkFault::Gone => drop(found.damaged_checkpoints.remove(id)),
            WalkFault::Wrong(_, what) => {
                if found.damaged_checkpoints.insert(id.clone()) {
                    tracing::error!(checkpoint = id.as_str(), what, "a checkpoint is damaged or cannot be read");
                }
            }
        }
    }

    /// Opens what is to be read next, at its beginning.
    fn visit(&self, scrubbed: Scrubbed<'_>, target: ScrubTarget) -> Option<At> {
        let disk = LookingDisk::new(Arc::clone(scrubbed.disk));
        match target {
            ScrubTarget::Store(name) => self.visit_store(scrubbed, &disk, name),
            ScrubTarget::Checkpoint(id) => match CheckpointWalk::open(&disk, scrubbed.data_dir, &id) {
                Ok(walk) => Some(At::Checkpoint(id, Box::new(walk))),
                Err(fault) => {
                    self.tell_checkpoint(&id, fault);
                    None
                }
            },
        }
    }

    fn visit_store(&self, scrubbed: Scrubbed<'_>, disk: &dyn Disk, name: NamespaceName) -> Option<At> {
        let (path, id) = scrubbed.router.store_of(&name)?;
        let open = || -> StoreResult<Option<PageWalk>> {
            // Its pages have no checksums; the next opening of the namespace gives them some.
            if is_of_first_layout(disk, &path).map_err(crate::store::StoreError::io)? {
                return Ok(None);
            }
            PageWalk::open(StoreFile { disk, path: &path, id }).map(Some)
        };
        match open() {
            Ok(walk) => walk.map(|walk| At::Store(name, id, walk)),
            Err(_) => {
                self.judge(scrubbed, &name);
                None
            }
        }
    }

    /// Something about a store is wrong, or seems to be: a check tells.
    fn judge(&self, scrubbed: Scrubbed<'_>, name: &NamespaceName) {
        let is_damaged = match check(scrubbed, name) {
            Ok(is_damaged) => is_damaged,
            // It is gone, or the engine is closing; or a later round will tell.
            Err(error) => {
                tracing::debug!(%error, namespace = name.as_str(), "a namespace could not be checked");
                return;
            }
        };
        let mut found = self.found.lock();
        if is_damaged {
            found.damaged.insert(name.clone());
        } else {
            found.damaged.remove(name);
        }
    }
}

/// True if the namespace is damaged; then the log says how.
fn check(scrubbed: Scrubbed<'_>, name: &NamespaceName) -> Result<bool> {
    let handle = scrubbed.router.require(name.as_str())?;
    let place = handle.dir().strip_prefix(scrubbed.data_dir).unwrap_or(handle.dir()).display().to_string();
    let mut wanted = |_| match scrubbed.closing.load(Ordering::Acquire) {
        true => Err(Error::new(ErrorCode::ShuttingDown, "the database is closing")),
        false => Ok(()),
    };
    let report = handle.check(&place, &mut wanted)?;
    let grave = report.findings.iter().filter(|finding| finding.kind >= FindingKind::Unreadable);
    for finding in grave.clone().take(limits::SCRUB_TOLD_MAX) {
        let (place, what, advice) = (&finding.place, &finding.what, &finding.advice);
        tracing::error!(namespace = name.as_str(), place, what, advice, "the scrubber found damage");
    }
    Ok(grave.count() > 0)
}
