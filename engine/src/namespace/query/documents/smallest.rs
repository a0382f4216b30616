//! The first few ids in an order, of as many as there are: a heap of no more than are wanted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::index::vector::IdBytes;

/// The first ids among those that were offered, or the last.
pub struct Smallest {
    room: usize,
    kept: Kept,
}

/// The root of either heap is the one that goes when a better one comes.
enum Kept {
    First(BinaryHeap<IdBytes>),
    Last(BinaryHeap<Reverse<IdBytes>>),
}

fn offer<T: Ord>(heap: &mut BinaryHeap<T>, room: usize, id: T) {
    if heap.len() < room {
        heap.push(id);
    } else if let Some(mut worst) = heap.peek_mut()
        && id < *worst
    {
        *worst = id;
    }
}

impl Smallest {
    /// Room for so many ids, of the first or of the last.
    pub fn new(room: usize, descending: bool) -> Self {
        let kept = if descending { Kept::Last(BinaryHeap::new()) } else { Kept::First(BinaryHeap::new()) };
        Self { room, kept }
    }

    /// Considers an id.
    pub fn offer(&mut self, id: IdBytes) {
        match &mut self.kept {
            Kept::First(heap) => offer(heap, self.room, id),
            Kept::Last(heap) => offer(heap, self.room, Reverse(id)),
        }
    }

    /// The ids kept, in order.
    pub fn into_sorted(self) -> Vec<IdBytes> {
        match self.kept {
            Kept::First(heap) => heap.into_sorted_vec(),
            Kept::Last(heap) => heap.into_sorted_vec().into_iter().map(|Reverse(id)| id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_or_the_last_are_kept_in_order() {
        let ids = |numbers: &[u8]| numbers.iter().map(|number| IdBytes::new(&[*number])).collect::<Vec<_>>();
        for (descending, room, expected) in [
            (false, 3, &[1, 2, 3][..]),
            (true, 3, &[9, 7, 4]),
            (false, 9, &[1, 2, 3, 4, 7, 9]),
            (true, 9, &[9, 7, 4, 3, 2, 1]),
            (false, 0, &[]),
        ] {
            let mut smallest = Smallest::new(room, descending);
            ids(&[4, 1, 9, 3, 7, 2]).into_iter().for_each(|id| smallest.offer(id));
            assert_eq!(smallest.into_sorted(), ids(expected));
        }
    }
}
