//! The counters of a namespace.

use std::sync::Arc;

use super::Namespace;
use crate::api::{CommitSeq, NamespaceStats, Result};

impl Namespace {
    /// Counters of the namespace; opens it if need be.
    pub fn stats(self: &Arc<Self>) -> Result<NamespaceStats> {
        let mut slot = self.opening.lock();
        let actor = &self.opened(&mut slot)?.actor;
        let counters = *actor.state.counters.lock();
        let collections = actor.state.collections.all();
        let store_bytes =
            self.options.disk.file_len(&self.files.dir.join("store.redb")).ok().flatten().unwrap_or_default();
        Ok(NamespaceStats {
            keys: counters.keys,
            collections: counters.collections,
            documents: counters.documents,
            vectors: counters.vectors,
            nodes: counters.nodes,
            edges: counters.edges,
            temporal_versions: counters.temporal_versions,
            live_bytes: counters.live_bytes,
            disk_bytes: store_bytes + actor.log.bytes_on_disk(),
            log_bytes: actor.log.bytes_used(),
            vector_memory_bytes: collections.iter().map(|collection| collection.memory_bytes()).sum(),
            commit_seq: CommitSeq(actor.last_seq),
            flushed_seq: CommitSeq(actor.flushing.flushed_seq),
            flush_paused: actor.is_flush_paused(),
        })
    }
}
