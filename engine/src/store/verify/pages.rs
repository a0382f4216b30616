//! Verifies the pages of a file, past redb.

use std::io;

use crate::store::backend::Backend;
use crate::store::pages::PageState;

/// The pages of a stretch of the file that do not verify, and where the next stretch begins; nothing = at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageReport {
    /// Numbers of the pages, page 0 being the head.
    pub bad: Vec<u64>,
    /// True if there is a page of nothing but zeros: it was never written, or it was wiped out.
    pub has_unwritten: bool,
    /// The next page to look at.
    pub next: Option<u64>,
}

/// Verifies at most `count` pages from `from` on. A page that seems damaged is read once more: it may have been written
/// at that moment. The file may also become shorter meanwhile: then it ends there.
pub fn verify_pages(backend: &Backend, from: u64, count: u64) -> io::Result<PageReport> {
    let total = backend.page_count()?;
    let end = from.saturating_add(count).min(total);
    let (mut bad, mut has_unwritten) = (Vec::new(), false);
    for page in from..end {
        let read = || backend.verify_page(page);
        match read().and_then(|seen| if seen == PageState::Bad { read() } else { Ok(seen) }) {
            Ok(PageState::Bad) => bad.push(page),
            Ok(PageState::Unwritten) => has_unwritten = true,
            Ok(PageState::Good) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && page >= backend.page_count()? => {
                return Ok(PageReport { bad, has_unwritten, next: None });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(PageReport { bad, has_unwritten, next: (end < total).then_some(end) })
}
