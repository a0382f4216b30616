//! `KvService`.

use toondb_engine::api::{
    BatchPut, ByteBuf, CommitSeq, CompareAndSet, DeleteKey, Deleted, Existence, Exists, Get, KvEntry, KvPage, KvValue,
    KvValues, MaybeValue, MultiGet, Put, PutEntry, Result, Scan, Swapped, Written,
};

use super::enums::{durability, durability_number};
use super::{bytes, seq, snapshot, vec};
use crate::proto;
use crate::rpc::Rpc;

/// Milliseconds win over seconds; 0 seconds = for ever.
pub(super) fn ttl_ms(ttl_seconds: u64, ttl_ms: Option<u64>) -> Option<u64> {
    ttl_ms.or_else(|| (ttl_seconds > 0).then(|| ttl_seconds.saturating_mul(1_000)))
}

pub(super) fn put_entry(entry: proto::KvPutEntry) -> PutEntry {
    let ttl_ms = ttl_ms(entry.ttl_seconds, entry.ttl_ms);
    PutEntry { key: entry.key.into(), value: entry.value.into(), ttl_ms }
}

pub(super) fn put_entry_message(entry: PutEntry) -> proto::KvPutEntry {
    let PutEntry { key, value, ttl_ms } = entry;
    proto::KvPutEntry { key: key.into_vec(), value: value.into_vec(), ttl_seconds: 0, ttl_ms }
}

impl Rpc for Get {
    type Ask = proto::KvGetRequest;
    type Answer = proto::KvGetResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Get { key, snapshot } = operation;
        proto::KvGetRequest { namespace: namespace.to_owned(), key: key.into_vec(), snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, Get { key: ask.key.into(), snapshot: snapshot(ask.snapshot) }))
    }

    fn answer(_: &str, reply: MaybeValue) -> Self::Answer {
        match reply.found {
            Some(KvValue { value, version }) => proto::KvGetResponse {
                value: value.into_vec(),
                found: true,
                version: version.0,
                ..proto::KvGetResponse::default()
            },
            None => proto::KvGetResponse { error: "there is no such key".to_owned(), ..Default::default() },
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<MaybeValue> {
        let value = || KvValue { value: answer.value.into(), version: CommitSeq(answer.version) };
        Ok(MaybeValue { found: answer.found.then(value) })
    }
}

impl Rpc for Put {
    type Ask = proto::KvPutRequest;
    type Answer = proto::KvPutResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Put { key, value, ttl_ms, durability } = operation;
        proto::KvPutRequest {
            namespace: namespace.to_owned(),
            key: key.into_vec(),
            value: value.into_vec(),
            ttl_seconds: 0,
            ttl_ms,
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let ttl_ms = ttl_ms(ask.ttl_seconds, ask.ttl_ms);
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, Put { key: ask.key.into(), value: ask.value.into(), ttl_ms, durability }))
    }

    fn answer(_: &str, reply: Written) -> Self::Answer {
        proto::KvPutResponse {
            success: true,
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            ..proto::KvPutResponse::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Written> {
        Ok(Written { commit_seq: CommitSeq(answer.commit_seq), durability: durability(answer.durability)? })
    }
}

impl Rpc for DeleteKey {
    type Ask = proto::KvDeleteRequest;
    type Answer = proto::KvDeleteResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteKey { key, durability } = operation;
        let durability = durability_number(durability);
        proto::KvDeleteRequest { namespace: namespace.to_owned(), key: key.into_vec(), durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DeleteKey { key: ask.key.into(), durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        // Old clients take false for a failure, and a key that is gone is what the caller wanted.
        proto::KvDeleteResponse {
            success: true,
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            deleted: reply.deleted,
            ..proto::KvDeleteResponse::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

/// The reply of every delete.
pub(super) fn deleted(deleted: u64, commit_seq: u64, durability: i32) -> Result<Deleted> {
    Ok(Deleted { deleted, commit_seq: CommitSeq(commit_seq), durability: self::durability(durability)? })
}

impl Rpc for Exists {
    type Ask = proto::KvExistsRequest;
    type Answer = proto::KvExistsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Exists { key, snapshot } = operation;
        proto::KvExistsRequest { namespace: namespace.to_owned(), key: key.into_vec(), snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, Exists { key: ask.key.into(), snapshot: snapshot(ask.snapshot) }))
    }

    fn answer(_: &str, reply: Existence) -> Self::Answer {
        proto::KvExistsResponse { exists: reply.exists }
    }

    fn read_answer(answer: Self::Answer) -> Result<Existence> {
        Ok(Existence { exists: answer.exists })
    }
}

impl Rpc for MultiGet {
    type Ask = proto::KvBatchGetRequest;
    type Answer = proto::KvBatchGetResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let MultiGet { keys, snapshot } = operation;
        let keys = keys.into_iter().map(ByteBuf::into_vec).collect();
        proto::KvBatchGetRequest { namespace: namespace.to_owned(), keys, snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let keys = ask.keys.into_iter().map(ByteBuf::from).collect();
        Ok((ask.namespace, MultiGet { keys, snapshot: snapshot(ask.snapshot) }))
    }

    /// Without the keys: the reply does not know them.
    fn answer(_: &str, reply: KvValues) -> Self::Answer {
        let entry = |value: Option<KvValue>| match value {
            Some(KvValue { value, version }) => {
                proto::KvEntry { key: Vec::new(), value: value.into_vec(), found: true, version: version.0 }
            }
            None => proto::KvEntry::default(),
        };
        proto::KvBatchGetResponse { entries: reply.values.into_iter().map(entry).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<KvValues> {
        let value = |entry: proto::KvEntry| {
            entry.found.then(|| KvValue { value: entry.value.into(), version: CommitSeq(entry.version) })
        };
        Ok(KvValues { values: answer.entries.into_iter().map(value).collect() })
    }
}

impl Rpc for BatchPut {
    type Ask = proto::KvBatchPutRequest;
    type Answer = proto::KvBatchPutResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let BatchPut { entries, durability } = operation;
        proto::KvBatchPutRequest {
            namespace: namespace.to_owned(),
            entries: entries.into_iter().map(put_entry_message).collect(),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let entries = ask.entries.into_iter().map(put_entry).collect();
        Ok((ask.namespace, BatchPut { entries, durability: durability(ask.durability)? }))
    }

    /// Without the number of entries: the reply does not know it.
    fn answer(_: &str, reply: Written) -> Self::Answer {
        proto::KvBatchPutResponse {
            commit_seq: reply.commit_seq.0,
            durability: durability_number(reply.durability),
            ..proto::KvBatchPutResponse::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Written> {
        Ok(Written { commit_seq: CommitSeq(answer.commit_seq), durability: durability(answer.durability)? })
    }
}

impl Rpc for CompareAndSet {
    type Ask = proto::KvCompareAndSetRequest;
    type Answer = proto::KvCompareAndSetResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CompareAndSet { key, expected, value, ttl_ms, durability } = operation;
        proto::KvCompareAndSetRequest {
            namespace: namespace.to_owned(),
            key: key.into_vec(),
            expected: vec(expected),
            value: vec(value),
            ttl_ms,
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = CompareAndSet {
            key: ask.key.into(),
            expected: bytes(ask.expected),
            value: bytes(ask.value),
            ttl_ms: ask.ttl_ms,
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Swapped) -> Self::Answer {
        let Swapped { swapped, previous, commit_seq, durability } = reply;
        proto::KvCompareAndSetResponse {
            swapped,
            previous: vec(previous),
            commit_seq: commit_seq.0,
            durability: durability_number(durability),
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Swapped> {
        Ok(Swapped {
            swapped: answer.swapped,
            previous: bytes(answer.previous),
            commit_seq: CommitSeq(answer.commit_seq),
            durability: durability(answer.durability)?,
        })
    }
}

impl Rpc for Scan {
    type Ask = proto::KvScanRequest;
    type Answer = proto::KvScanPageResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Scan { prefix, start, end, limit, reverse, cursor, keys_only, snapshot } = operation;
        proto::KvScanRequest {
            namespace: namespace.to_owned(),
            prefix: vec(prefix),
            limit,
            start: vec(start),
            end: vec(end),
            reverse,
            cursor: vec(cursor),
            keys_only,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = Scan {
            prefix: bytes(ask.prefix),
            start: bytes(ask.start),
            end: bytes(ask.end),
            limit: ask.limit,
            reverse: ask.reverse,
            cursor: bytes(ask.cursor),
            keys_only: ask.keys_only,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: KvPage) -> Self::Answer {
        let entry = |entry: KvEntry| {
            let KvEntry { key, value, version } = entry;
            proto::KvScanResponse { key: key.into_vec(), value: value.into_vec(), version: version.0 }
        };
        let entries = reply.entries.into_iter().map(entry).collect();
        proto::KvScanPageResponse { entries, cursor: vec(reply.cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<KvPage> {
        let entry = |entry: proto::KvScanResponse| KvEntry {
            key: entry.key.into(),
            value: entry.value.into(),
            version: CommitSeq(entry.version),
        };
        let entries = answer.entries.into_iter().map(entry).collect();
        Ok(KvPage { entries, cursor: bytes(answer.cursor) })
    }
}
