//! One page: what has been taken, and where to go on.

use std::ops::ControlFlow;

use super::cursor::{ListOrder, ListPosition, OrderPlace};
use crate::api::{ByteBuf, DocumentId, Result};
use crate::index::vector::IdBytes;
use crate::limits;

/// A page that is being filled.
pub struct Page<T> {
    order: ListOrder,
    limit: usize,
    bytes: usize,
    items: Vec<T>,
    last: Option<(OrderPlace, IdBytes)>,
    is_complete: bool,
}

impl<T> Page<T> {
    /// Room for as many as are asked for, within the limits of a page.
    pub fn new(limit: Option<u32>, order: ListOrder) -> Self {
        let limit = limit.map_or(limits::PAGE_ITEMS_DEFAULT, |limit| limit as usize).min(limits::PAGE_ITEMS_MAX);
        Self { order, limit, bytes: 0, items: Vec::new(), last: None, is_complete: true }
    }

    /// Documents that decide the page: those on it, and one more that says whether another page follows.
    pub fn room(&self) -> usize {
        self.limit + 1
    }

    /// Takes the next document, as what `make` makes of it and the bytes of that, unless the page is full.
    pub fn offer(
        &mut self,
        place: &OrderPlace,
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
        let position = |(place, id): (OrderPlace, IdBytes)| {
            let id = DocumentId::new(String::from_utf8_lossy(&id));
            ListPosition { place, id }.encode(self.order)
        };
        (self.items, self.last.filter(|_| !self.is_complete).map(position))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    /// Takes as many as the page has room for, each of so many bytes.
    fn filled(limit: Option<u32>, bytes: usize) -> (usize, Option<ListPosition>) {
        let order = ListOrder::of(Some("f"), false);
        let mut page = Page::new(limit, order);
        let mut taken = 0;
        while page
            .offer(&OrderPlace::Missing, format!("d{taken}").as_bytes(), || Ok(((), bytes)))
            .unwrap()
            .is_continue()
        {
            taken += 1;
        }
        let (items, cursor) = page.finish();
        assert_eq!(items.len(), taken);
        (taken, cursor.map(|cursor| ListPosition::decode(&cursor, order).unwrap()))
    }

    #[test]
    fn a_page_has_room_for_so_many_and_one_at_least() {
        assert_eq!(filled(Some(u32::MAX), 0).0, limits::PAGE_ITEMS_MAX);
        assert_eq!(filled(None, 0).0, limits::PAGE_ITEMS_DEFAULT);
        let last = |number: usize| {
            Some(ListPosition { place: OrderPlace::Missing, id: DocumentId::new(format!("d{number}")) })
        };
        assert_eq!(filled(Some(3), 0), (3, last(2)));
        assert_eq!(filled(None, limits::PAGE_BYTES_MAX / 2), (3, last(2)), "the last one may be too many");
        assert_eq!(filled(None, usize::MAX / 2), (1, last(0)));
        assert_eq!(filled(Some(0), 0), (0, None));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let mut page = Page::new(Some(2), ListOrder::of(None, false));
        for id in [b"a", b"b"] {
            assert!(page.offer(&OrderPlace::Id, id, || Ok(((), 1))).unwrap().is_continue());
        }
        assert_eq!(page.finish().1, None);
    }
}
