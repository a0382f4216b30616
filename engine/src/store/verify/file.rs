//! Verifies the file of a store that nobody writes to meanwhile: pages, redb's trees, rows.

use super::pages::{PageReport, verify_pages};
use super::report::RowReport;
use super::store_file::StoreFile;
use super::walk::Pace;
use crate::disk::OpenMode;
use crate::limits;
use crate::store::backend::Backend;
use crate::store::base::Base;
use crate::store::database::{GuardedDatabase, guarded};
use crate::store::error::{StoreError, StoreResult};
use crate::store::pages::PAGE_BYTES;

const CACHE_BYTES: usize = 16 << 20;

/// What a whole file turned out to be.
#[derive(Debug)]
pub struct StoreReport {
    /// Pages of the file.
    pub pages: u64,
    /// Pages that do not verify, the first [`limits::FINDINGS_MAX`] of them; 0 is one of the copies of the head.
    pub bad: Vec<u64>,
    /// Why the last commit cannot be read whole. If nothing is, no bad page is in use.
    pub damage: Option<String>,
    /// What the rows say, as far as they can be read.
    pub rows: Option<RowReport>,
}

/// Verifies every page of a file, past redb. Gives how many there are, and the first [`limits::FINDINGS_MAX`] bad ones; nothing if
/// `pace` ended it.
pub fn verify_pages_of(backend: &Backend, pace: Pace<'_>) -> StoreResult<Option<(u64, Vec<u64>)>> {
    let (mut bad, mut from) = (Vec::new(), Some(0));
    while let Some(at) = from {
        let PageReport { bad: found, has_unwritten: _, next } =
            verify_pages(backend, at, limits::CHECK_PAGES_EACH).map_err(StoreError::io)?;
        bad.extend(found);
        bad.truncate(limits::FINDINGS_MAX);
        from = next;
        if !pace(limits::CHECK_PAGES_EACH * PAGE_BYTES as u64) {
            return Ok(None);
        }
    }
    Ok(Some((backend.page_count().map_err(StoreError::io)?, bad)))
}

/// True if the failure says something about the bytes, and not about the disk.
pub(super) fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::Damaged(_) | StoreError::Corrupt { .. } | StoreError::NotAStore(_) => true,
        StoreError::Engine(_)
        | StoreError::DiskFull(_)
        | StoreError::NoSpace
        | StoreError::System(_)
        | StoreError::UnsupportedVersion { .. } => false,
    }
}

/// Verifies a file and changes nothing. An error says that it cannot be looked into at all. `pace` is asked again and again
/// whether to go on; if it ends the walk, there is nothing to tell. redb's own verification in the middle asks nobody.
pub fn verify_file(file: StoreFile<'_>, pace: Pace<'_>) -> StoreResult<Option<StoreReport>> {
    let StoreFile { disk, path, id } = file;
    let open = || Backend::open_as(OpenMode::ReadOnly, disk, path, id);
    let backend = open()?;
    let Some((pages, bad)) = verify_pages_of(&backend, pace)? else { return Ok(None) };
    let opened = GuardedDatabase::open_verifying(backend.clone(), CACHE_BYTES);
    let (opened, damage) = match opened {
        Ok(db) => (Some((db, backend)), None),
        Err(error) if is_damage(&error) || backend.damaged_page().is_some() => {
            // Rows on other pages may be readable.
            let backend = open()?;
            let opened = GuardedDatabase::open(backend.clone(), CACHE_BYTES).ok();
            (opened.map(|db| (db, backend)), Some(error.to_string()))
        }
        Err(error) => return Err(error),
    };
    let mut report = StoreReport { pages, bad, damage, rows: None };
    if let Some((db, backend)) = opened {
        // Each page verifies, and together they may be of several states.
        match guarded(|| Base::over(db, backend, id)?.verify(pace)) {
            Ok(None) => return Ok(None),
            Ok(rows) => report.rows = rows,
            Err(error) if is_damage(&error) => report.damage = report.damage.or(Some(error.to_string())),
            Err(error) if report.damage.is_none() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(Some(report))
}
