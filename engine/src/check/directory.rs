//! One data directory, from its catalog to its last checkpoint.

use std::path::Path;
use std::sync::Arc;

use crate::api::{
    CheckReport, CheckedNamespace, CommitSeq, Error, ErrorCode, Finding, FindingKind, FindingPart, NamespaceName,
    Result,
};
use crate::catalog::{self, Look, NamespacePlace};
use crate::checkpoints;
use crate::data_dir::{DataDir, odd_names};
use crate::disk::{Disk, LookingDisk, to_error};
use crate::limits;
use crate::namespace::{Files, FilesReport};
use crate::rng::{OsRng, Rng};

/// Checks everything in a data directory that no process has open. Changes nothing, unless `repair` is given: then what is
/// derived is made anew in namespaces where nothing else is wrong.
///
/// # Errors
/// `Locked` if a process has it open; if it is no data directory or cannot be read.
pub fn check_directory(path: &Path, repair: bool) -> Result<CheckReport> {
    let DataDir { path, disk, lock } = DataDir::look(path)?;
    let rng: Arc<dyn Rng> = Arc::new(OsRng::open().map_err(|error| to_error(&error))?);
    let report = check_on(&disk, &path, &rng, repair);
    drop(lock);
    report
}

/// The same on any disk.
pub(crate) fn check_on(disk: &Arc<dyn Disk>, data_dir: &Path, rng: &Arc<dyn Rng>, repair: bool) -> Result<CheckReport> {
    let looking: Arc<dyn Disk> = Arc::new(LookingDisk::new(Arc::clone(disk)));
    let mut report = CheckReport::default();
    let odd = odd_names(&*looking, data_dir);
    report.tell(odd.iter().map(|(name, what)| {
        Finding::new(FindingKind::Unreadable, FindingPart::Directory, name.display().to_string(), *what)
    }));
    let Look { places, findings } = match catalog::look(&*looking, data_dir) {
        // There is nothing to look into where folders must be.
        Err(_) if odd.iter().any(|(name, _)| name.as_path() == Path::new(catalog::DIR)) => return Ok(report),
        looked => looked?,
    };
    report.tell(findings);
    for NamespacePlace { name, entry, dir } in places {
        let Some(dir) = dir else { continue };
        let place = dir.strip_prefix(data_dir).unwrap_or(&dir).display().to_string();
        let files = |disk: &Arc<dyn Disk>| Files {
            disk: Arc::clone(disk),
            rng: Arc::clone(rng),
            id: entry.id,
            dir: dir.clone(),
            place: place.clone(),
            floor_seq: entry.floor_seq,
        };
        let mut found = files(&looking).look(&mut |_| Ok(()))?;
        if repair && found.is_repairable() {
            files(disk).repair().map_err(|error| repairing(&place, &error))?;
            let before = std::mem::replace(&mut found, files(&looking).look(&mut |_| Ok(()))?);
            report.repaired.extend(before.findings.into_iter().filter(|finding| finding.kind == FindingKind::Derived));
        }
        let FilesReport { rows, pages, commit_seq, findings } = found;
        let (name, commit_seq) = (NamespaceName::new(name), CommitSeq(commit_seq));
        report.namespaces.push(CheckedNamespace { name, commit_seq, rows, pages });
        report.tell(findings);
    }
    let (checkpoints, findings) = checkpoints::look(&*looking, data_dir, &mut || Ok(()))?;
    report.checkpoints = checkpoints;
    report.tell(findings);
    look_at_lost(&*looking, data_dir, &mut report);
    Ok(report)
}

fn repairing(place: &str, error: &Error) -> Error {
    let code = if error.code == ErrorCode::Internal { ErrorCode::Unavailable } else { error.code };
    Error::new(code, format!("{place} could not be repaired: {}", error.message))
}

/// What was set aside is listed, and not looked into.
pub(super) fn look_at_lost(disk: &dyn Disk, data_dir: &Path, report: &mut CheckReport) {
    let dir = data_dir.join(catalog::LOST_DIR);
    let names = match disk.exists(&dir).and_then(|exists| if exists { disk.list_dir(&dir) } else { Ok(Vec::new()) }) {
        Ok(names) => names,
        Err(error) => {
            let what = to_error(&error).message;
            report.tell([Finding::new(FindingKind::Unreadable, FindingPart::Directory, catalog::LOST_DIR, what)]);
            return;
        }
    };
    for name in names.iter().take(limits::FINDINGS_MAX) {
        let place = format!("{}/{name}", catalog::LOST_DIR);
        let what = "it was set aside because nobody knew its place; it is yours to look into and to remove";
        report.tell([Finding::new(FindingKind::Notice, FindingPart::Directory, place, what)]);
    }
}
