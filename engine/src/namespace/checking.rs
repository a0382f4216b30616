//! Verifies the files of a namespace that is in service, for a check or for the scrubber.
//!
//! The store is verified while requests go on; only where a page does not verify do flushes wait until the file is judged.
//! The log of an open namespace is not read: it was verified when it was opened, and what it holds is in memory too. Files
//! that cannot be opened are looked at as those of a directory that nobody has open, while nobody can open them.

use std::sync::Arc;

use super::Namespace;
use super::look::{Files, FilesReport, kind_of, tell_store};
use super::mailbox::{Envelope, Task};
use super::recovery::STORE_NAME;
use super::state::State;
use crate::api::{Error, ErrorCode, Finding, FindingKind, FindingPart, Result};
use crate::disk::{Disk, LookingDisk};
use crate::store::StoreFile;

/// What an attempt to open it came to.
enum Reached {
    Open(Arc<State>),
    /// It cannot be opened: this is what its files say.
    Closed(FilesReport),
}

impl Namespace {
    /// Verifies everything but the log; opens the namespace if need be. `place` is what findings call its folder. `wanted` is
    /// asked again and again, with the bytes read since the last time; its error ends the check.
    ///
    /// # Errors
    /// If it is no longer wanted, or the namespace is gone or being opened anew. What cannot be read is a finding.
    pub fn check(self: &Arc<Self>, place: &str, wanted: &mut dyn FnMut(u64) -> Result<()>) -> Result<FilesReport> {
        let state = match self.reach(place, wanted)? {
            Reached::Open(state) => state,
            Reached::Closed(report) => return Ok(report),
        };
        let commit_seq = state.view.load().published();
        let mut report = FilesReport { commit_seq, ..FilesReport::default() };
        let Some(base) = &state.base else { return Ok(report) };
        let (disk, path) = (Arc::clone(&self.options.disk), self.files.dir.join(STORE_NAME));
        let disk = LookingDisk::new(disk);
        let file = StoreFile { disk: &disk, path: &path, id: self.files.id };
        let mut ended = Ok(());
        let found = base.verify_in_use(file, &mut |bytes| {
            ended = wanted(bytes);
            ended.is_ok()
        });
        if state.store_has_failed() {
            self.submit(Envelope::internal(Task::StoreFailed { opening: state.opening }), false);
        }
        ended?;
        let store = format!("{place}/{STORE_NAME}");
        match found {
            Ok(Some(found)) => {
                report.pages = found.pages;
                tell_store(&found, &store, &mut report);
            }
            Ok(None) => return Err(Error::internal("a check ended that nobody ended")),
            Err(error) => {
                let error = Error::from(error);
                report.findings.push(Finding::new(kind_of(&error), FindingPart::Store, store, error.message));
            }
        }
        Ok(report)
    }

    fn reach(self: &Arc<Self>, place: &str, wanted: &mut dyn FnMut(u64) -> Result<()>) -> Result<Reached> {
        // Held while the files are looked at: nobody opens them meanwhile.
        let mut slot = self.opening.lock();
        let error = match self.opened(&mut slot) {
            Ok(opening) => return Ok(Reached::Open(Arc::clone(&opening.actor.state))),
            Err(error) => error,
        };
        match error.code {
            ErrorCode::Corrupt | ErrorCode::UnsupportedVersion => {
                let mut report = self.as_files(place).look(wanted)?;
                let gravest = report.findings.iter().map(|finding| finding.kind).max();
                if gravest.is_none_or(|gravest| gravest < FindingKind::Unreadable) {
                    let finding = Finding::new(kind_of(&error), FindingPart::Store, place, error.message);
                    report.findings.push(finding);
                }
                Ok(Reached::Closed(report))
            }
            // Gone, or soon to be asked again: that says nothing about the files.
            ErrorCode::NamespaceNotFound | ErrorCode::ShuttingDown | ErrorCode::Busy => Err(error),
            _ => {
                let findings = vec![Finding::new(FindingKind::Unreadable, FindingPart::Store, place, error.message)];
                Ok(Reached::Closed(FilesReport { findings, ..FilesReport::default() }))
            }
        }
    }

    fn as_files(&self, place: &str) -> Files {
        let disk: Arc<dyn Disk> = Arc::new(LookingDisk::new(Arc::clone(&self.options.disk)));
        Files {
            disk,
            rng: Arc::clone(&self.options.rng),
            id: self.files.id,
            dir: self.files.dir.clone(),
            place: place.to_owned(),
            floor_seq: self.files.floor_seq,
        }
    }
}
