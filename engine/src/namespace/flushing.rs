//! Where the flushes of an actor stand; what it does about them stands in [`super::flush`].

use std::sync::Arc;
use std::time::Duration;

use super::flush_failures::Barred;
use super::mailbox::{Post, Task};
use super::spawn::Spawn;
use crate::limits;
use crate::reply::Reply;
use crate::store::Counters;
use crate::work::Job;

/// What is to be in redb next: the last commit of the frozen memtable, and the counters after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frozen {
    pub(super) through_seq: u64,
    pub(super) counters: Counters,
}

/// Where the flush of the frozen memtable stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// Nothing is frozen.
    Idle,
    /// A background thread writes it.
    Writing(Frozen),
    /// There was no space for it. It is tried again at a time, and after longer and longer pauses, each time with what was
    /// committed since: deletes may be among it.
    Paused { again_at: Duration },
}

/// Where flushing stands.
pub struct Flushing {
    spawn: Spawn,
    post: Post,
    /// Everything up to here is in redb.
    pub flushed_seq: u64,
    /// Bytes of live data in what is in redb.
    pub flushed_bytes: u64,
    /// What is under way.
    pub(super) stage: Stage,
    /// How long the next pause lasts.
    pub(super) pause: Duration,
    /// Bytes of live data when the flush was first paused; nothing if it is not.
    pub(super) paused_bytes: Option<u64>,
    /// When the active memtable took its first row, in monotonic time.
    pub(super) dirty_since: Option<Duration>,
    /// Who waits for everything up to a commit to be in redb.
    pub(super) waiters: Vec<(u64, Reply)>,
    /// Flushes failed again and again: nothing may be written.
    pub(super) barred: Option<Barred>,
}

impl Flushing {
    /// Everything up to `flushed_seq` is in redb, with so many bytes of live data.
    pub fn new(spawn: Spawn, post: Post, flushed_seq: u64, flushed_bytes: u64) -> Self {
        let (stage, pause) = (Stage::Idle, limits::FLUSH_PAUSE_MIN);
        Self {
            spawn,
            post,
            flushed_seq,
            flushed_bytes,
            stage,
            pause,
            paused_bytes: None,
            dirty_since: None,
            waiters: Vec::new(),
            barred: None,
        }
    }

    /// Notes that the active memtable has rows.
    pub fn wrote(&mut self, now: Duration) {
        self.dirty_since.get_or_insert(now);
    }

    /// Puts a task behind whatever waits in the mailbox.
    pub fn post(&self, task: Task) {
        (self.post)(task);
    }

    /// What puts a task into the mailbox, for other threads.
    pub fn poster(&self) -> Post {
        Arc::clone(&self.post)
    }

    /// Runs other background work of the namespace.
    pub fn spawn(&self, work: Job) {
        (self.spawn)(work);
    }
}
