//! One page: what has been taken, and where to go on.

use std::ops::ControlFlow;

use super::cursor::{Place, Position};
use crate::api::{ByteBuf, DocumentId, Result};
use crate::index::vector::IdBytes;
use crate::limits;

/// A page that is being filled.
pub struct Page<T> {
    limit: usize,
    bytes: usize,
    items: Vec<T>,
    last: Option<(Place, IdBytes)>,
    is_complete: bool,
}

impl<T> Page<T> {
    /// Room for as many as are asked for, within the limits of a page.
    pub fn new(limit: Option<u32>) -> Self {
        let limit = limit.map_or(limits::PAGE_ITEMS_DEFAULT, |limit| limit as usize).min(limits::PAGE_ITEMS_MAX);
        Self { limit, bytes: 0, items: Vec::new(), last: None, is_complete: true }
    }

    /// Documents that decide the page: those on it, and one more that says whether another page follows.
    pub fn room(&self) -> usize {
        self.limit + 1
    }

    /// Takes the next document, as what `make` makes of it and the bytes of that, unless the page is full.
    pub fn offer(
        &mut self,
        place: &Place,
        id: &[u8],
        make: impl FnOnce() -> Result<(T, usize)>,
    ) -> Result<ControlFlow<()>> {
        if self.items.len() >= self.limit || self.bytes > limits::PAGE_BYTES_MAX {
            self.is_complete = false;
            return Ok(ControlFlow::Break(()));
        }
        let (item, bytes) = make()?;
        self.items.push(item);
        self.bytes += bytes;
        let id = IdBytes::new(id);
        match &mut self.last {
            // The value of many documents may be long: it is copied when it is another one.
            Some((known, last)) if known == place => *last = id,
            last => *last = Some((place.clone(), id)),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What is on it, and the cursor of the next one if there is one.
    pub fn finish(self) -> (Vec<T>, Option<ByteBuf>) {
        let position = |(place, id): (Place, IdBytes)| {
            let id = DocumentId::new(String::from_utf8_lossy(&id));
            Position { place, id }.encode()
        };
        (self.items, self.last.filter(|_| !self.is_complete).map(position))
    }
}
