//! Key-value reads.

use std::ops::Bound;

use serde_bytes::ByteBuf;

use crate::api::{
    CommitSeq, Existence, Exists, Get, GetTtl, KvEntry, KvPage, KvValue, KvValues, MaybeValue, MultiGet, Result, Scan,
    TimeToLive,
};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::planted::{self, Planted};
use crate::store::{KeyRange, KvRecord, Read, StoreResult, Table};

/// Which parts of a key's record are read; the version always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The value too.
    Value,
    /// No value: it stays empty.
    Version,
}

fn visible(state: &State, stored: &[u8], now_ms: i64, part: Part) -> StoreResult<Option<KvValue>> {
    let record = KvRecord::decode(stored)?;
    let version = CommitSeq(state.version(record.seq));
    let value = || match part {
        Part::Value => ByteBuf::from(record.value.to_vec()),
        Part::Version => ByteBuf::new(),
    };
    let found = || KvValue { value: value(), version };
    Ok((!record.is_expired(now_ms) || planted::is(Planted::ExpiryIgnored)).then(found))
}

/// Only keys with an expiry need the clock, and reading it costs as much as the look-up.
fn now_if_needed(state: &State, stored: &[u8]) -> i64 {
    match KvRecord::decode(stored) {
        Ok(record) if record.expires_at != 0 => state.clock.now_ms(),
        Ok(_) | Err(_) => 0,
    }
}

fn look_up(state: &State, snapshot: &Reader<'_>, key: &[u8], part: Part) -> Result<Option<KvValue>> {
    let take = |stored: &[u8]| visible(state, stored, now_if_needed(state, stored), part);
    let found = snapshot.get_with(Table::Kv, key, take)?;
    Ok(found.transpose()?.flatten())
}

impl Query for Get {
    /// Reads a key.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<MaybeValue> {
        Ok(MaybeValue { found: look_up(state, snapshot, &self.key, Part::Value)? })
    }
}

impl Query for Exists {
    /// Asks whether a key exists.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Existence> {
        Ok(Existence { exists: look_up(state, snapshot, &self.key, Part::Version)?.is_some() })
    }
}

impl Query for GetTtl {
    /// Asks how long a key still lives.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TimeToLive> {
        let take = |stored: &[u8]| KvRecord::decode(stored).map(|record| record.expires_at);
        let expires_at = snapshot.get_with(Table::Kv, &self.key, take)?.transpose()?;
        let left = expires_at.filter(|at| *at != 0).map(|at| at.saturating_sub(state.clock.now_ms()));
        let exists = expires_at.is_some() && left.is_none_or(|left| left > 0);
        Ok(TimeToLive { exists, ttl_ms: left.and_then(|left| u64::try_from(left).ok()).filter(|left| *left > 0) })
    }
}

/// Reads several keys at one instant.
pub fn multi_get(state: &State, snapshot: &Reader<'_>, request: &MultiGet, part: Part) -> Result<KvValues> {
    let mut values = Vec::with_capacity(request.keys.len());
    let mut bytes = 0;
    for key in &request.keys {
        snapshot.wanted.step()?;
        let found = look_up(state, snapshot, key, part)?;
        bytes += found.as_ref().map_or(0, |found| found.value.len());
        if bytes > limits::PAGE_BYTES_MAX + limits::VALUE_BYTES_MAX {
            return Err(crate::api::Error::limit("the values are too large for one answer; ask for fewer keys"));
        }
        values.push(found);
    }
    Ok(KvValues { values })
}

impl Query for MultiGet {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<KvValues> {
        multi_get(state, snapshot, &self, Part::Value)
    }
}

fn given(bound: &Option<ByteBuf>) -> Option<&[u8]> {
    bound.as_ref().map(|bound| bound.as_slice())
}

fn range_of(request: &Scan) -> KeyRange {
    let Scan { prefix, start, end, .. } = request;
    let mut range = KeyRange::of(given(prefix), given(start), given(end));
    if let Some(cursor) = &request.cursor {
        // A cursor from elsewhere can only narrow the range, never widen it.
        let inside = match request.reverse {
            false => !matches!(&range.start, Bound::Included(start) if cursor.as_slice() < start.as_slice()),
            true => !matches!(&range.end, Bound::Excluded(end) if cursor.as_slice() > end.as_slice()),
        };
        if inside {
            range = range.after(cursor, request.reverse);
        }
    }
    range
}

/// Reads keys in order, one page.
pub fn scan(state: &State, snapshot: &Reader<'_>, request: &Scan) -> Result<KvPage> {
    let mut limit =
        request.limit.map_or(limits::PAGE_ITEMS_DEFAULT, |limit| limit as usize).min(limits::PAGE_ITEMS_MAX);
    let now_ms = state.clock.now_ms();
    let mut entries: Vec<KvEntry> = Vec::new();
    let mut bytes = 0;
    for row in snapshot.scan(Table::Kv, &range_of(request), request.reverse)? {
        let row = row?;
        snapshot.wanted.step()?;
        let record = KvRecord::decode(&row.value)?;
        if record.is_expired(now_ms) {
            limit -= usize::from(limit > 0 && planted::is(Planted::LimitCountsExpired));
            continue;
        }
        if entries.len() >= limit || bytes > limits::PAGE_BYTES_MAX {
            let cursor = entries.last().map(|last| last.key.clone());
            return Ok(KvPage { entries, cursor });
        }
        let value = if request.keys_only { ByteBuf::new() } else { ByteBuf::from(record.value.to_vec()) };
        bytes += row.key.len() + value.len();
        let version = CommitSeq(state.version(record.seq));
        entries.push(KvEntry { key: ByteBuf::from(row.key), value, version });
    }
    Ok(KvPage { entries, cursor: None })
}

impl Query for Scan {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<KvPage> {
        scan(state, snapshot, &self)
    }
}
