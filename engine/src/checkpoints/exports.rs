//! JSON forms of checkpoints that are being exported part by part.
//!
//! A part is asked for by its offset, and JSON has no offsets to begin at: the whole form is written to a temporary file
//! once and kept for the parts that follow. It is the same bytes each time, so one that was forgotten is written again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::folder::Temporary;
use crate::api::CheckpointId;
use crate::disk::DiskFile;
use crate::limits;

/// A whole JSON form.
#[derive(Debug, Clone)]
pub struct RenderedExport {
    _temporary: Arc<Temporary>,
    /// The bytes.
    pub file: Arc<dyn DiskFile>,
    touched: Duration,
}

impl RenderedExport {
    /// A form that was just written.
    pub fn new(temporary: Temporary, file: Arc<dyn DiskFile>, now: Duration) -> Self {
        Self { _temporary: Arc::new(temporary), file, touched: now }
    }
}

/// The forms that are kept.
#[derive(Debug, Default)]
pub struct Exports {
    kept: Mutex<HashMap<CheckpointId, RenderedExport>>,
}

impl Exports {
    /// The kept form of a checkpoint.
    pub fn get(&self, id: &CheckpointId, now: Duration) -> Option<RenderedExport> {
        let mut kept = self.kept.lock();
        let rendered = kept.get_mut(id)?;
        rendered.touched = now;
        Some(rendered.clone())
    }

    /// Keeps a form; the one that was used longest ago gives way.
    pub fn keep(&self, id: CheckpointId, rendered: RenderedExport) {
        let mut kept = self.kept.lock();
        if kept.len() >= limits::EXPORTS_MAX
            && let Some(oldest) = kept.iter().min_by_key(|(_, rendered)| rendered.touched).map(|(id, _)| id.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(id, rendered);
    }

    /// Forgets the form of a checkpoint.
    pub fn forget(&self, id: &CheckpointId) {
        self.kept.lock().remove(id);
    }

    /// Forgets forms that nobody has asked for lately.
    pub fn expire(&self, now: Duration) {
        self.kept.lock().retain(|_, rendered| now.saturating_sub(rendered.touched) <= limits::IMPORT_IDLE_MAX);
    }
}
