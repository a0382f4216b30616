//! Checks a data directory that this very process serves, while it does.

use std::path::Path;
use std::sync::Arc;

use crate::api::{
    Check, CheckReport, CheckedNamespace, CommitSeq, Error, ErrorCode, Finding, FindingKind, FindingPart,
    NamespaceName, Result,
};
use crate::disk::{Disk, LookingDisk};
use crate::namespace::FilesReport;
use crate::router::Router;
use crate::work::Wanted;
use crate::{catalog, checkpoints};

/// What is served, and from where.
pub(crate) struct InUse<'a> {
    /// Its namespaces.
    pub router: &'a Router,
    /// The disk.
    pub disk: &'a Arc<dyn Disk>,
    /// The data directory on it.
    pub data_dir: &'a Path,
}

impl InUse<'_> {
    /// Verifies the named namespaces; if none is named all of them, and what belongs to none. Ends as soon as it is no longer
    /// `wanted`. Changes nothing, unless it is to repair.
    pub(crate) fn check(&self, request: &Check, wanted: &Wanted<'_>) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let is_whole = request.namespaces.is_empty();
        if is_whole {
            self.look_around(&mut report, wanted)?;
        }
        let mut names = match is_whole {
            true => self.router.list()?.into_iter().map(|namespace| namespace.name).collect(),
            false => request.namespaces.clone(),
        };
        names.sort();
        names.dedup();
        for name in names {
            let checked = self.namespace(&name, request.repair, wanted);
            let replaced = checked.as_ref().is_err_and(|error| is_whole && error.code == ErrorCode::Busy);
            match if replaced { self.namespace(&name, request.repair, wanted) } else { checked } {
                Ok((checked, found, repaired)) => {
                    report.namespaces.push(checked);
                    report.tell(found.findings);
                    report.repaired.extend(repaired);
                }
                // It was deleted since the names were taken.
                Err(Error { code: ErrorCode::NamespaceNotFound, .. }) if is_whole => {}
                // Something else is being done with it, such as a restore.
                Err(error) if is_whole && error.code == ErrorCode::Busy => {
                    let what = format!("namespace {:?} was not checked: {}", name.as_str(), error.message);
                    report.tell([Finding::new(FindingKind::Unreadable, FindingPart::Folder, catalog::DIR, what)]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(report)
    }

    /// The catalog, the folders, users' checkpoints, and what was set aside.
    fn look_around(&self, report: &mut CheckReport, wanted: &Wanted<'_>) -> Result<()> {
        let disk = LookingDisk::new(Arc::clone(self.disk));
        report.tell(self.router.look_at_catalog()?);
        let (checkpoints, findings) = checkpoints::look(&disk, self.data_dir, &mut || wanted.look())?;
        report.checkpoints = checkpoints;
        report.tell(findings);
        super::look_at_lost(&disk, self.data_dir, report);
        Ok(())
    }

    /// One namespace: what is found, after repairs, and what was repaired.
    fn namespace(
        &self,
        name: &NamespaceName,
        repair: bool,
        wanted: &Wanted<'_>,
    ) -> Result<(CheckedNamespace, FilesReport, Vec<Finding>)> {
        wanted.look()?;
        let handle = self.router.require(name.as_str())?;
        let place = handle.dir().strip_prefix(self.data_dir).unwrap_or(handle.dir()).display().to_string();
        let mut found = handle.check(&place, &mut |_| wanted.look())?;
        let mut repaired = Vec::new();
        if repair && found.is_repairable() {
            match handle.repair(&place, &mut |_| wanted.look()) {
                Ok(done) => (found, repaired) = done,
                // Whatever was repaired before is told all the same.
                Err(error) => {
                    wanted.look()?;
                    let what = format!("it was not repaired: {}", error.message);
                    found.findings.push(Finding::new(FindingKind::Notice, FindingPart::Store, place, what));
                }
            }
        }
        let FilesReport { rows, pages, commit_seq, findings: _ } = found;
        let checked = CheckedNamespace { name: name.clone(), commit_seq: CommitSeq(commit_seq), rows, pages };
        Ok((checked, found, repaired))
    }
}
