//! Verifies the pages of a file, past redb.

use std::io;

use crate::store::backend::Backend;
use crate::store::pages::PageState;

/// The pages of a stretch of the file that do not verify, and where the next stretch begins; nothing = at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageReport {
    /// Numbers of the pages, page 0 being the head.
    pub bad: Vec<u64>,
    /// The next page to look at.
    pub next: Option<u64>,
}

/// Verifies at most `count` pages from `from` on. A page that seems damaged is read once more: it may have been written
/// at that moment. The file may also become shorter meanwhile: then it ends there.
pub fn verify_pages(backend: &Backend, from: u64, count: u64) -> io::Result<PageReport> {
    let total = backend.page_count()?;
    let end = from.saturating_add(count).min(total);
    let mut bad = Vec::new();
    for page in from..end {
        let is_bad = || Ok::<_, io::Error>(backend.verify_page(page)? == PageState::Bad);
        match is_bad().and_then(|seems_bad| Ok(seems_bad && is_bad()?)) {
            Ok(true) => bad.push(page),
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && page >= backend.page_count()? => {
                return Ok(PageReport { bad, next: None });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(PageReport { bad, next: (end < total).then_some(end) })
}
