//! Keys as a tree. Below each prefix that is given everything is skipped by seeking to the first key behind it, so the work is
//! that of what is listed, and not of what stands under it.

use std::ops::Bound;

use serde_bytes::ByteBuf;

use crate::api::{PrefixEntry, PrefixPage, Result, ScanPrefixes};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{KeyRange, KvFront, Read, Table, prefix_end};

/// The end of delimiter number `depth` behind the first `from` bytes of a key; nothing if there are fewer.
fn cut(key: &[u8], from: usize, delimiter: &[u8], depth: u32) -> Option<usize> {
    let mut at = from;
    for _ in 0..depth {
        let rest = key.get(at..)?;
        at += rest.windows(delimiter.len()).position(|window| window == delimiter)? + delimiter.len();
    }
    Some(at)
}

/// Lists what stands under a prefix, one page.
pub fn scan_prefixes(state: &State, snapshot: &Reader<'_>, request: &ScanPrefixes) -> Result<PrefixPage> {
    let prefix = request.prefix.as_ref().map_or(&[][..], |prefix| prefix);
    let cut = |key: &[u8]| cut(key, prefix.len(), &request.delimiter, request.depth);
    let limit = request.limit.map_or(limits::PAGE_ITEMS_DEFAULT, |limit| limit as usize).min(limits::PAGE_ITEMS_MAX);
    let now_ms = state.clock.now_ms();
    let mut range = KeyRange::prefix(prefix);
    // A cursor from elsewhere can only narrow the range, never widen it.
    if let Some(cursor) = request.cursor.as_ref().filter(|cursor| cursor.as_slice() >= prefix) {
        let is_prefix = cut(cursor).is_some_and(|end| end == cursor.len());
        range.start = if is_prefix { behind(cursor) } else { Bound::Excluded(cursor.to_vec()) };
    }
    let (mut entries, mut bytes): (Vec<PrefixEntry>, usize) = (Vec::new(), 0);
    'seeking: while !range.is_empty() {
        for row in snapshot.scan_heads(Table::Kv, &range, false)? {
            let row = row?;
            snapshot.wanted.step()?;
            if KvFront::decode(&row.value)?.is_expired(now_ms) {
                continue;
            }
            if entries.len() >= limit || bytes > limits::PAGE_BYTES_MAX {
                let cursor = entries.last().map(|last| last.key.clone());
                return Ok(PrefixPage { entries, cursor });
            }
            let mut key = row.key;
            let end = cut(&key);
            key.truncate(end.unwrap_or(key.len()));
            bytes += key.len();
            if end.is_some() {
                range.start = behind(&key);
            }
            entries.push(PrefixEntry { key: ByteBuf::from(key), is_prefix: end.is_some() });
            if end.is_some() {
                continue 'seeking;
            }
        }
        break;
    }
    Ok(PrefixPage { entries, cursor: None })
}

/// Where the keys begin that come behind all those with a prefix.
fn behind(prefix: &[u8]) -> Bound<Vec<u8>> {
    // Behind a prefix of the largest bytes alone there is nothing; no key is as long as this.
    let none = || vec![u8::MAX; limits::KEY_BYTES_MAX + 1];
    Bound::Included(prefix_end(prefix).unwrap_or_else(none))
}

impl Query for ScanPrefixes {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<PrefixPage> {
        scan_prefixes(state, snapshot, &self)
    }
}
