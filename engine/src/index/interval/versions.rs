//! The answer to a query: matches of the believed and of the retracted tree, merged into the order `(from, key)`.
//!
//! The believed tree yields that order itself. The retracted tree breaks ties by belief first, so its matches are taken
//! one start at a time and put in order of key; that group is the only thing ever buffered.

use std::fmt;
use std::iter::FusedIterator;

use super::cursor::Cursor;
use super::version::Version;

/// Iterator over the versions that answer a query, ordered by `(valid.from, key)`. Lazy: stop when you have enough.
pub struct Versions<'a, K, P> {
    believed: Cursor<'a, K, P>,
    believed_head: Option<&'a Version<K, P>>,
    retracted: Cursor<'a, K, P>,
    retracted_head: Option<&'a Version<K, P>>,
    /// Retracted matches of one start, last key first.
    group: Vec<&'a Version<K, P>>,
}

impl<'a, K: Ord, P> Versions<'a, K, P> {
    pub(super) fn new(mut believed: Cursor<'a, K, P>, mut retracted: Cursor<'a, K, P>) -> Self {
        let (believed_head, retracted_head) = (believed.next(), retracted.next());
        Self { believed, believed_head, retracted, retracted_head, group: Vec::new() }
    }

    fn fill_group(&mut self) {
        let Some(first) = self.retracted_head.take() else { return };
        self.group.push(first);
        for version in self.retracted.by_ref() {
            if version.valid.from() != first.valid.from() {
                self.retracted_head = Some(version);
                break;
            }
            self.group.push(version);
        }
        self.group.sort_unstable_by(|a, b| b.key.cmp(&a.key));
    }

    fn next_believed(&mut self) -> Option<&'a Version<K, P>> {
        std::mem::replace(&mut self.believed_head, self.believed.next())
    }
}

impl<'a, K: Ord, P> Iterator for Versions<'a, K, P> {
    type Item = &'a Version<K, P>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.group.is_empty() {
            self.fill_group();
        }
        match (self.believed_head, self.group.last()) {
            (Some(believed), Some(retracted))
                if (believed.valid.from(), &believed.key) < (retracted.valid.from(), &retracted.key) =>
            {
                self.next_believed()
            }
            (_, Some(_)) => self.group.pop(),
            (Some(_), None) => self.next_believed(),
            (None, None) => None,
        }
    }
}

impl<K: Ord, P> FusedIterator for Versions<'_, K, P> {}

impl<K, P> fmt::Debug for Versions<'_, K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Versions").finish_non_exhaustive()
    }
}

#[cfg(test)]
impl<K, P> Versions<'_, K, P> {
    /// Nodes looked at so far.
    pub(super) fn visited(&self) -> usize {
        self.believed.visited + self.retracted.visited
    }
}
