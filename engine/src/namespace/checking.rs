//! Verifies the files of a namespace that is in service, for a check or for the scrubber.
//!
//! Store and log are verified while requests go on. What does not verify may be being written at that moment, so it is
//! judged again while nobody writes: for a page flushes wait, for the log the actor. What the log of an open namespace holds
//! is in memory too, so what is found damaged there is written to the store at once, and the log begun anew. Files that cannot
//! be opened are looked at as those of a directory that nobody has open, while nobody can open them.
//!
//! A repair ends the opening first, and holds what the next one needs until it has ended.

use std::sync::Arc;

use super::Namespace;
use super::access::Access;
use super::handle::reopened;
use super::look::{Files, FilesReport, kind_of, tell_store};
use super::mailbox::{Envelope, Task};
use super::opening::Opening;
use super::recovery::{LOG_NAME, STORE_NAME};
use super::state::State;
use crate::api::{Error, ErrorCode, Finding, FindingKind, FindingPart, Result};
use crate::disk::{Disk, LookingDisk};
use crate::store::{StoreFile, View};

/// What an attempt to open it came to.
enum Reached {
    Open(Arc<State>),
    /// It cannot be opened: this is what its files say.
    Closed(FilesReport),
}

fn is_grave(finding: &Finding) -> bool {
    finding.kind > FindingKind::Notice
}

/// Writes what only the log has into the store, from memory, and begins the log anew behind it: a record that joined the damaged
/// ones later would be out of reach after a restart.
fn save_from_log(opening: &mut Opening) -> Result<()> {
    if opening.access == Access::ReadOnly {
        return Err(Error::new(ErrorCode::Busy, "the file system is mounted read-only"));
    }
    let actor = &mut opening.actor;
    // Also where flushes have failed: what the log cannot give any more is in memory alone.
    if !actor.flush_now()? {
        return Err(Error::new(ErrorCode::Busy, "a flush is under way"));
    }
    if let Some(base) = &actor.state.base {
        let (view, base) = (actor.state.view.load_full(), Some(Arc::new(base.snapshot()?)));
        let view = View::new(Arc::clone(&view.active), None, base, actor.last_seq, view.published())
            .hiding(view.hidden.from(view.published()));
        actor.state.view.store(Arc::new(view));
    }
    actor.log.begin_anew()?;
    Ok(())
}

impl Namespace {
    /// Verifies everything; opens the namespace if need be. `place` is what findings call its folder. `wanted` is
    /// asked again and again, with the bytes read since the last time; its error ends the check.
    ///
    /// # Errors
    /// If it is no longer wanted, or the namespace is gone or being opened anew. What cannot be read is a finding.
    pub fn check(self: &Arc<Self>, place: &str, wanted: &mut dyn FnMut(u64) -> Result<()>) -> Result<FilesReport> {
        let report = self.look_in_use(place, wanted)?;
        if report.findings.iter().any(is_grave) {
            // What takes the files away keeps this locked until it has said so.
            let _slot = self.opening.lock();
            self.life.check_files_kept()?;
        }
        Ok(report)
    }

    fn look_in_use(self: &Arc<Self>, place: &str, wanted: &mut dyn FnMut(u64) -> Result<()>) -> Result<FilesReport> {
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
        report.findings.extend(self.check_log(&state, place, wanted)?);
        Ok(report)
    }

    /// What is wrong with the log of an opening. Nothing if that has ended meanwhile: whatever opens next reads it whole.
    fn check_log(&self, state: &State, place: &str, wanted: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<Finding>> {
        let files = self.as_files(place);
        let mut look = |told: u64, from_seq: u64| -> Result<Vec<Finding>> {
            let mut found = FilesReport::default();
            files.look_at_log(from_seq, &mut found, wanted)?;
            let is_short = found.commit_seq < told && found.findings.iter().all(|finding| !is_grave(finding));
            if is_short {
                let what = format!("it ends with commit {}, and commit {told} was answered", found.commit_seq);
                let place = format!("{place}/{LOG_NAME}");
                found.findings.push(Finding::new(FindingKind::Damaged, FindingPart::Log, place, what));
            }
            Ok(found.findings)
        };
        // In this order: what is released later than the view says is not needed.
        let view = state.view.load();
        let (told, from_seq) = (view.published(), view.base_seq);
        if !look(told, from_seq)?.iter().any(is_grave) {
            return Ok(Vec::new());
        }
        // Nobody appends, begins a segment, or releases one while this is held.
        let mut slot = self.opening.lock();
        let Some(opening) = slot.as_mut().filter(|opening| opening.actor.state.opening == state.opening) else {
            return Ok(Vec::new());
        };
        // What a view says may be older: an opening that was to end, and stayed, has flushed more.
        let mut found = look(opening.actor.last_seq, opening.actor.flushing.flushed_seq)?;
        if found.iter().any(is_grave) {
            let saved = save_from_log(opening);
            let advice = match &saved {
                Ok(()) => {
                    "nothing is lost: what the log held was in memory too; it is in the store now, and the log begins anew"
                }
                Err(_) => {
                    "let a flush succeed before the process ends: what the log holds is in memory too, and nowhere else"
                }
            };
            found
                .iter_mut()
                .filter(|finding| is_grave(finding))
                .for_each(|finding| advice.clone_into(&mut finding.advice));
            if let Err(error) = saved {
                tracing::error!(%error, place, "the log is damaged, and what it holds could not be written to the store");
                if error.code != ErrorCode::Busy && error.code != ErrorCode::DiskFull {
                    self.give_up(&mut slot, &error);
                }
            }
        }
        Ok(found)
    }

    /// Makes anew what follows from other rows, if nothing else is wrong. Whoever uses the namespace waits meanwhile, and
    /// its transactions end. Gives what is found afterwards, and what was made anew.
    ///
    /// # Errors
    /// `Busy` while a flush runs, or if a reader does not leave; `DiskFull`; if it is no longer wanted; whatever ends a flush.
    /// Nothing is repaired then; transactions may have ended.
    pub fn repair(
        &self,
        place: &str,
        wanted: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<(FilesReport, Vec<Finding>)> {
        let mut slot = self.opening.lock();
        if self.shared.space.is_short() {
            return Err(Error::new(ErrorCode::DiskFull, "there is too little space to repair anything"));
        }
        if Access::of(&*self.options.disk, &self.files.dir) == Access::ReadOnly {
            return Err(Error::new(ErrorCode::Unavailable, "the file system is mounted read-only"));
        }
        if let Some(opening) = slot.as_mut() {
            match opening.flush() {
                Ok(true) => self.give_up(&mut slot, &reopened()),
                Ok(false) => return Err(Error::new(ErrorCode::Busy, "a flush is under way; retry")),
                Err(error) => {
                    self.give_up(&mut slot, &error);
                    return Err(error);
                }
            }
        }
        self.life.wait_until_closed()?;
        let found = self.as_files(place).look(wanted)?;
        if !found.is_repairable() {
            return Ok((found, Vec::new()));
        }
        Files { disk: Arc::clone(&self.options.disk), ..self.as_files(place) }.repair()?;
        self.flush_failures.lock().mended();
        let after = self.as_files(place).look(wanted).unwrap_or_else(|error| {
            let what = format!("it was repaired, and not looked at again: {}", error.message);
            let findings = vec![Finding::new(FindingKind::Notice, FindingPart::Store, place, what)];
            FilesReport { findings, ..FilesReport::default() }
        });
        let derived = found.findings.into_iter().filter(|finding| finding.kind == FindingKind::Derived);
        Ok((after, derived.collect()))
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
