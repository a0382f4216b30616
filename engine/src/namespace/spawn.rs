//! How a namespace has work done on other threads.

use std::sync::Arc;

use crate::work::{Class, Job, Pools, Turn};

/// Runs a job on some other thread.
pub type Spawn = Arc<dyn Fn(Job) + Send + Sync>;
/// Runs a job on some other thread, or gives it back: there is none, or nothing may begin any more.
pub type TrySpawn = Arc<dyn Fn(Job) -> std::result::Result<(), Job> + Send + Sync>;

/// Runs jobs in one pool.
pub fn spawner(pools: &Pools, class: Class, turn: Turn) -> Spawn {
    let pools = pools.clone();
    Arc::new(move |job| pools.run(class, turn, job))
}

/// Runs jobs in one pool, and gives back those that it does not take.
pub fn try_spawner(pools: &Pools, class: Class, turn: Turn) -> TrySpawn {
    let pools = pools.clone();
    Arc::new(move |job| pools.try_run(class, turn, job))
}
