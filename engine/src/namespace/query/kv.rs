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
use crate::store::{KeyRange, KvFront, KvRecord, Read, RowScan, StoreResult, Table, ValueOrHead};

/// Which parts of a key's record are read; the version always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The value too.
    Value,
    /// No value: it stays empty.
    Version,
}

/// True if what expires then is seen. Only keys with an expiry need the clock, and reading it costs as much as the look-up.
fn is_open(state: &State, expires_at: i64) -> bool {
    expires_at == 0 || expires_at > state.clock.now_ms() || planted::is(Planted::ExpiryIgnored)
}

fn look_up(state: &State, snapshot: &Reader<'_>, key: &[u8], part: Part) -> Result<Option<KvValue>> {
    match part {
        Part::Value => {
            let take = |stored: &[u8]| -> StoreResult<_> {
                let record = KvRecord::decode(stored)?;
                let version = CommitSeq(state.version(record.seq));
                let found = || KvValue { value: ByteBuf::from(record.value.to_vec()), version };
                Ok(is_open(state, record.expires_at).then(found))
            };
            Ok(snapshot.get_with(Table::Kv, key, take)?.transpose()?.flatten())
        }
        Part::Version => Ok(front(state, snapshot, key)?
            .map(|front| KvValue { value: ByteBuf::new(), version: CommitSeq(state.version(front.seq)) })),
    }
}

/// What a key's record says beside its value, which is not read.
fn front(state: &State, snapshot: &Reader<'_>, key: &[u8]) -> Result<Option<KvFront>> {
    let front = snapshot.head(Table::Kv, key)?.map(|head| KvFront::decode(&head)).transpose()?;
    Ok(front.filter(|front| is_open(state, front.expires_at)))
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
        Ok(Existence { exists: front(state, snapshot, &self.key)?.is_some() })
    }
}

impl Query for GetTtl {
    /// Asks how long a key still lives.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<TimeToLive> {
        let front = snapshot.head(Table::Kv, &self.key)?.map(|head| KvFront::decode(&head)).transpose()?;
        let expires_at = front.map(|front| front.expires_at);
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
        if bytes > limits::VALUES_BYTES_MAX {
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
    let range = range_of(request);
    if request.keys_only {
        let rows = snapshot.scan_heads(Table::Kv, &range, request.reverse)?;
        return page(state, snapshot, request, rows, KvFront::decode, |_, _| Ok(ByteBuf::new()));
    }
    let rows = snapshot.scan_lazily(Table::Kv, &range, request.reverse)?;
    let front = |value: &ValueOrHead| KvRecord::decode(&value.start).map(|record| record.front());
    page(state, snapshot, request, rows, front, |key, value| {
        let value = snapshot.rest_of(Table::Kv, key, value)?;
        Ok(ByteBuf::from(KvRecord::decode(&value)?.value))
    })
}

/// Gathers a page; `front` gives what a row says beside its value, and `value` the value to be answered.
fn page<V>(
    state: &State,
    snapshot: &Reader<'_>,
    request: &Scan,
    rows: RowScan<'_, V>,
    front: impl Fn(&V) -> StoreResult<KvFront>,
    value: impl Fn(&[u8], V) -> StoreResult<ByteBuf>,
) -> Result<KvPage> {
    let mut limit =
        request.limit.map_or(limits::PAGE_ITEMS_DEFAULT, |limit| limit as usize).min(limits::PAGE_ITEMS_MAX);
    let now_ms = state.clock.now_ms();
    let mut entries: Vec<KvEntry> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        let row = row?;
        snapshot.wanted.step()?;
        let front = front(&row.value)?;
        if front.is_expired(now_ms) {
            limit -= usize::from(limit > 0 && planted::is(Planted::LimitCountsExpired));
            continue;
        }
        if entries.len() >= limit || bytes > limits::PAGE_BYTES_MAX {
            let cursor = entries.last().map(|last| last.key.clone());
            return Ok(KvPage { entries, cursor });
        }
        let value = value(&row.key, row.value)?;
        bytes += row.key.len() + value.len();
        let version = CommitSeq(state.version(front.seq));
        entries.push(KvEntry { key: ByteBuf::from(row.key), value, version });
    }
    Ok(KvPage { entries, cursor: None })
}

impl Query for Scan {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<KvPage> {
        scan(state, snapshot, &self)
    }
}
