//! Verifies the files of a namespace that nobody has open, and makes anew what is derived in them.
//!
//! Looking reads the store and the log as an opening does, further than an opening does, and changes nothing. Repairing
//! first puts into the store what only the log has, as every flush does, because the counters that the log carries count
//! on from the store's; then one commit writes what follows from the rows. A crash before that commit leaves what was
//! there; the log is not touched, and what the store has of it is skipped by the next opening.

use std::path::PathBuf;
use std::sync::Arc;

use super::answered::AnsweredClients;
use super::recovery::{LOG_NAME, Replayed, STORE_NAME, log_options, read_batch};
use crate::api::{Error, ErrorCode, Finding, FindingKind, FindingPart, Result};
use crate::disk::{Disk, to_error};
use crate::limits;
use crate::log::{self, LogError, LogOptions, MarkState, Rest};
use crate::rng::Rng;
use crate::store::{
    Base, FaultKind, FlushInput, Pace, RowReport, StoreFile, StoreReport, is_of_first_layout, verify_file,
};

/// The files of a namespace, and how to call them.
#[derive(Debug)]
pub struct Files {
    /// Where they are. Looking needs a disk that can be read, repairing one that can be written.
    pub disk: Arc<dyn Disk>,
    /// Needed for new files of a log; looking makes none.
    pub rng: Arc<dyn Rng>,
    /// The random id in each of them.
    pub id: [u8; 16],
    /// Their folder.
    pub dir: PathBuf,
    /// The folder as findings call it.
    pub place: String,
    /// The commit as which a restore brought what they hold; 0 = they were not restored over anything.
    pub floor_seq: u64,
}

/// What was found in them.
#[derive(Debug, Default)]
pub struct FilesReport {
    /// Rows of the store.
    pub rows: u64,
    /// Pages of the store.
    pub pages: u64,
    /// The newest commit, as far as it can be told.
    pub commit_seq: u64,
    /// What is to be told.
    pub findings: Vec<Finding>,
}

impl FilesReport {
    /// True if something can be made anew from the rows, and nothing else is wrong.
    pub fn is_repairable(&self) -> bool {
        self.findings.iter().map(|finding| finding.kind).max() == Some(FindingKind::Derived)
    }
}

/// What an error of the layers below says about the bytes.
pub(super) fn kind_of(error: &Error) -> FindingKind {
    match error.code {
        ErrorCode::Corrupt => FindingKind::Damaged,
        // A record verifies, and what is in it is no batch.
        ErrorCode::Internal => FindingKind::Contradiction,
        _ => FindingKind::Unreadable,
    }
}

fn kind_of_fault(kind: FaultKind) -> FindingKind {
    match kind {
        FaultKind::Damaged => FindingKind::Damaged,
        FaultKind::Contradiction => FindingKind::Contradiction,
        FaultKind::Derived => FindingKind::Derived,
    }
}

/// What a walk over rows found, as it is told.
pub fn findings_of(rows: &RowReport, store: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rows
        .findings
        .iter()
        .map(|finding| {
            let place = format!("{store}, {}", finding.table);
            Finding::new(kind_of_fault(finding.kind), FindingPart::Store, place, finding.what.as_str())
        })
        .collect();
    if rows.more > 0 {
        let kind = if rows.beyond_repair { FindingKind::Contradiction } else { FindingKind::Derived };
        findings.push(Finding::new(kind, FindingPart::Store, store, format!("{} more of that kind", rows.more)));
    }
    findings
}

impl Files {
    /// Verifies everything and changes nothing. `wanted` is asked again and again, with the bytes read since the last time;
    /// its error ends the look.
    ///
    /// # Errors
    /// Only that one: what cannot be read is a finding.
    pub fn look(&self, wanted: &mut dyn FnMut(u64) -> Result<()>) -> Result<FilesReport> {
        let mut report = FilesReport::default();
        let store = format!("{}/{STORE_NAME}", self.place);
        let mut ended = Ok(());
        let found = self.look_at_store(&mut |bytes| {
            ended = wanted(bytes);
            ended.is_ok()
        });
        ended?;
        match found {
            Ok(found) => {
                report.pages = found.pages;
                tell_store(&found, &store, &mut report);
                match &found.rows {
                    Some(rows) => self.look_at_log(rows.flushed_seq.max(self.floor_seq), &mut report, wanted)?,
                    None => self.skip_log(&mut report),
                }
            }
            Err(error) => {
                report.findings.push(Finding::new(kind_of(&error), FindingPart::Store, store, error.message));
                self.skip_log(&mut report);
            }
        }
        Ok(report)
    }

    fn look_at_store(&self, pace: Pace<'_>) -> Result<StoreReport> {
        let path = self.dir.join(STORE_NAME);
        if self.disk.file_len(&path).map_err(|error| to_error(&error))?.is_none() {
            return Err(Error::new(ErrorCode::Corrupt, "it is missing"));
        }
        if is_of_first_layout(&*self.disk, &path).map_err(|error| to_error(&error))? {
            let text = "it has the layout of an earlier version: let the server open the namespace once, then check";
            return Err(Error::new(ErrorCode::UnsupportedVersion, text));
        }
        let found = verify_file(StoreFile { disk: &*self.disk, path: &path, id: self.id }, pace)?;
        found.ok_or_else(|| Error::internal("a look ended that nobody ended"))
    }

    fn log_options(&self) -> LogOptions {
        log_options(&self.disk, &self.rng, &self.dir, self.id)
    }

    fn skip_log(&self, report: &mut FilesReport) {
        let what = "it was not checked: from where on it is needed, the store says";
        let place = format!("{}/{LOG_NAME}", self.place);
        report.findings.push(Finding::new(FindingKind::Notice, FindingPart::Log, place, what));
    }

    /// Verifies the log from the first commit on that the store does not have, and its mark.
    pub(super) fn look_at_log(
        &self,
        from_seq: u64,
        report: &mut FilesReport,
        wanted: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        report.commit_seq = report.commit_seq.max(from_seq);
        let place = format!("{}/{LOG_NAME}", self.place);
        let mut tell = |kind, part, what: String| report.findings.push(Finding::new(kind, part, place.as_str(), what));
        match self.disk.exists(&self.dir.join(LOG_NAME)) {
            Ok(true) => {}
            Ok(false) => {
                tell(FindingKind::Damaged, FindingPart::Log, "it is missing".to_owned());
                return Ok(());
            }
            Err(error) => {
                tell(FindingKind::Unreadable, FindingPart::Log, to_error(&error).message);
                return Ok(());
            }
        }
        match log::look_at_mark(&self.log_options()) {
            Ok(MarkState::Whole) => {}
            Ok(MarkState::Torn) => {
                let what = "its mark of what was synced does not verify, as after a power loss: damage to the last records may not \
                            be told from writes that never ended";
                tell(FindingKind::Notice, FindingPart::Mark, what.to_owned());
            }
            Ok(MarkState::Missing) => {
                let what = "it has no mark of what was synced, as an older version wrote it, or as the mark was lost: damage to \
                            the last records cannot be told from writes that never ended";
                tell(FindingKind::Notice, FindingPart::Mark, what.to_owned());
            }
            Err(error) => {
                let error = Error::from(error);
                tell(kind_of(&error), FindingPart::Mark, error.message);
            }
        }
        let (mut ended, mut last_seq) = (Ok(()), from_seq);
        let read = self.read_log(from_seq, &mut |batch| {
            read_batch(batch, &mut |_, _| ())?;
            last_seq = batch.seqs.last;
            ended = wanted(batch.payload.len() as u64);
            ended.clone().map_err(|error| LogError::Replay(error.into()))
        });
        ended?;
        match read {
            Ok(Rest::Torn { bytes: 0 }) => {}
            Ok(Rest::Torn { bytes }) => {
                let what = format!("it ends with {bytes} bytes of a write that never ended");
                tell(FindingKind::Notice, FindingPart::Log, what);
            }
            Ok(Rest::Needless) => {
                let what = "it is damaged, but only where the store has what it held; the next opening begins it anew";
                tell(FindingKind::Notice, FindingPart::Log, what.to_owned());
            }
            Err(error) => tell(kind_of(&error), FindingPart::Log, error.message),
        }
        report.commit_seq = last_seq.max(from_seq);
        Ok(())
    }

    /// Reads what the log has after a commit; gives what stands behind it.
    fn read_log(&self, from_seq: u64, replay: &mut log::Replay<'_>) -> Result<Rest> {
        let mut last_seq = from_seq;
        let (log, report) = log::read(&self.log_options(), from_seq, &mut |batch| {
            last_seq = batch.seqs.last;
            replay(batch)
        })?;
        if log::Log::last_seq(&log) != last_seq {
            let text = "the log and what was replayed from it disagree about the newest commit";
            return Err(Error::new(ErrorCode::Corrupt, text));
        }
        Ok(report.rest)
    }

    /// Makes anew what follows from the rows. Nothing else may be wrong: who repairs has looked.
    pub fn repair(&self) -> Result<()> {
        let path = self.dir.join(STORE_NAME);
        let base = Base::open(&*self.disk, &path, self.id, limits::STORE_CACHE_BYTES)?;
        let (base_seq, counters) = base.flushed()?;
        let from_seq = base_seq.max(self.floor_seq);
        let mut replayed = Replayed::new(counters, from_seq, AnsweredClients::of_store(&base, from_seq)?);
        self.read_log(from_seq, &mut |batch| replayed.take(batch))?;
        if !replayed.memtable.is_empty() {
            let Replayed { memtable, counters, last_seq, answered } = &mut replayed;
            answered.write_into(memtable, *last_seq);
            base.flush(FlushInput { memtable, through_seq: *last_seq, counters: *counters })?;
        }
        let report = base.rebuild()?;
        if report.is_repairable() {
            return Ok(());
        }
        Err(Error::new(ErrorCode::Corrupt, "more is wrong than what can be made anew; nothing was repaired"))
    }
}

pub(super) fn tell_store(found: &StoreReport, store: &str, report: &mut FilesReport) {
    let StoreReport { pages: _, bad, damage, rows } = found;
    let mut tell = |kind, place: String, what: String| {
        report.findings.push(Finding::new(kind, FindingPart::Store, place, what));
    };
    if let Some(damage) = damage {
        tell(FindingKind::Damaged, store.to_owned(), damage.clone());
    }
    for page in bad {
        let place = format!("{store}, page {page}");
        match (page, damage) {
            (0, _) => {
                let what =
                    "one of the two copies of its head does not verify; the other does, and the next write mends it";
                tell(FindingKind::Notice, place, what.to_owned());
            }
            (_, None) => {
                let what = "a page that nothing leads to does not verify, as after a crash";
                tell(FindingKind::Notice, place, what.to_owned());
            }
            (_, Some(_)) => {
                tell(FindingKind::Damaged, place, "it does not verify, and may be in use".to_owned());
            }
        }
    }
    if let Some(rows) = rows {
        report.rows = rows.rows;
        report.findings.extend(findings_of(rows, store));
    }
}
