//! Merges sorted sources of rows into one: for each key the newest source decides, and a deletion hides the key.

use std::iter::Peekable;

use super::error::StoreResult;
use super::row::StoredRow;

/// A key with its value, or with nothing where the source says it is deleted.
type KeyChange<V> = (Vec<u8>, Option<V>);
type Changes<'a, V> = Box<dyn Iterator<Item = StoreResult<KeyChange<V>>> + 'a>;

/// The merge; sources are added newest first.
pub struct Merge<'a, V> {
    sources: Vec<Peekable<Changes<'a, V>>>,
    reverse: bool,
}

impl<'a, V> Merge<'a, V> {
    /// No source yet. All sources must walk in the same direction.
    pub fn new(reverse: bool) -> Self {
        Self { sources: Vec::with_capacity(3), reverse }
    }

    /// Adds a source that is older than those added before.
    pub fn add(&mut self, source: impl Iterator<Item = StoreResult<KeyChange<V>>> + 'a) {
        let source: Changes<'a, V> = Box::new(source);
        self.sources.push(source.peekable());
    }

    /// The index of the newest source that holds the next key; an error counts as next.
    fn next_source(&mut self) -> Option<usize> {
        let mut best: Option<(usize, &[u8])> = None;
        for (index, source) in self.sources.iter_mut().enumerate() {
            match source.peek() {
                None => {}
                Some(Err(_)) => return Some(index),
                Some(Ok((key, _))) => {
                    let nearer =
                        best.is_none_or(
                            |(_, best)| if self.reverse { key.as_slice() > best } else { key.as_slice() < best },
                        );
                    if nearer {
                        best = Some((index, key));
                    }
                }
            }
        }
        best.map(|(index, _)| index)
    }
}

impl<V> Iterator for Merge<'_, V> {
    type Item = StoreResult<StoredRow<V>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let newest = self.next_source()?;
            let (key, value) = match self.sources.get_mut(newest)?.next()? {
                Ok(change) => change,
                Err(error) => {
                    self.sources.clear();
                    return Some(Err(error));
                }
            };
            for older in self.sources.iter_mut().skip(newest + 1) {
                older.next_if(|change| matches!(change, Ok((other, _)) if *other == key));
            }
            if let Some(value) = value {
                return Some(Ok(StoredRow { key, value }));
            }
        }
    }
}
