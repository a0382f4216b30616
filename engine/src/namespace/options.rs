//! What a namespace is made of, and what all of an engine's share.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use super::openings::Openings;
use super::spawn::{Spawn, TrySpawn, spawner, try_spawner};
use crate::clock::Clock;
use crate::disk::Disk;
use crate::rng::Rng;
use crate::space::Space;
use crate::work::{Budget, Class, Pools, Share, Turn};

/// What every namespace of an engine shares.
#[derive(Clone)]
pub struct NamespaceOptions {
    /// Where files are.
    pub disk: Arc<dyn Disk>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Runs flushes, prepares log segments, frees memory.
    pub background: Spawn,
    /// Runs mailboxes of open namespaces.
    pub actors: TrySpawn,
    /// Opens namespaces and then runs their mailboxes.
    pub opens: TrySpawn,
    /// Runs index builds.
    pub builds: Spawn,
    /// Where all of these end up, so that each namespace can have a turn of its own in them.
    pub pools: Option<Pools>,
    /// Memory that held snapshots keep, of all namespaces.
    pub pinned: Arc<Budget>,
    /// Runs first on each thread that builds an index.
    pub lower_priority: fn(),
    /// Set when work that nobody waits for must end at once: the engine is closing.
    pub closing: Arc<AtomicBool>,
    /// redb's page cache, for each open namespace.
    pub store_cache_bytes: usize,
    /// How many may be open.
    pub openings: Arc<Openings>,
}

impl NamespaceOptions {
    /// The same, with the jobs of one namespace in line behind each other.
    #[must_use]
    pub fn in_turn(mut self, turn: Turn) -> Self {
        if let Some(pools) = &self.pools {
            self.background = spawner(pools, Class::Flush, turn);
            self.actors = try_spawner(pools, Class::Actor, turn);
            self.builds = spawner(pools, Class::Build, turn);
            self.opens = try_spawner(pools, Class::Open, turn);
        }
        self
    }
}

impl fmt::Debug for NamespaceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamespaceOptions").finish_non_exhaustive()
    }
}

/// Which files a namespace has, and how their commits are numbered.
#[derive(Debug, Clone)]
pub struct NamespaceFiles {
    /// The random id in each of them.
    pub id: [u8; 16],
    /// The namespace's name, for those who are told that they cannot be opened.
    pub name: String,
    /// Their folder.
    pub dir: PathBuf,
    /// The commit as which a restore brought what they hold; 0 = they were not restored over anything.
    pub floor_seq: u64,
}

/// Counters and flags that belong to the engine and that namespaces move or read.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Requests that panicked.
    pub panics: Arc<AtomicU64>,
    /// The space on the disk.
    pub space: Arc<Space>,
    /// What writers take of the room for answers, for stored values that the answers of their group will have.
    pub answers: Arc<Share>,
}

impl Shared {
    /// Over the disk that the namespaces are on, and the engine's room for answers.
    pub fn new(space: Arc<Space>, answers: &Arc<Budget>) -> Self {
        Self { panics: Arc::default(), space, answers: answers.share(answers.bytes_max()) }
    }
}
