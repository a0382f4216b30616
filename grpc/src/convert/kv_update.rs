//! The methods of `KvService` that depend on what keys hold, and the listing of prefixes.

use toondb_engine::api::{
    BatchDelete, ByteBuf, CommitSeq, DeleteRange, Deleted, GetTtl, Increment, Incremented, KeySpan, PrefixEntry,
    PrefixPage, RangeDeleted, Result, ScanPrefixes, TimeToLive, Touch, Touched,
};

use super::enums::{durability, durability_number};
use super::kv::deleted;
use super::ordered_log::{values, values_message};
use super::{bytes, required, seq, snapshot, vec};
use crate::proto;
use crate::rpc::Rpc;

impl Rpc for Increment {
    type Ask = proto::KvIncrementRequest;
    type Answer = proto::KvIncrementResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Increment { key, by, ttl_ms, durability } = operation;
        let (namespace, durability) = (namespace.to_owned(), durability_number(durability));
        proto::KvIncrementRequest { namespace, key: key.into_vec(), by: Some(by), ttl_ms, durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let proto::KvIncrementRequest { namespace, key, by, ttl_ms, durability: asked } = ask;
        let durability = durability(asked)?;
        Ok((namespace, Increment { key: key.into(), by: by.unwrap_or(1), ttl_ms, durability }))
    }

    fn answer(_: &str, reply: Incremented) -> Self::Answer {
        let Incremented { value, commit_seq, durability } = reply;
        proto::KvIncrementResponse { value, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<Incremented> {
        let (commit_seq, durability) = (CommitSeq(answer.commit_seq), durability(answer.durability)?);
        Ok(Incremented { value: answer.value, commit_seq, durability })
    }
}

impl Rpc for Touch {
    type Ask = proto::KvTouchRequest;
    type Answer = proto::KvTouchResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Touch { keys, ttl_ms, persist, durability } = operation;
        let (namespace, durability) = (namespace.to_owned(), durability_number(durability));
        proto::KvTouchRequest { namespace, keys: values_message(keys), ttl_ms, persist, durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let proto::KvTouchRequest { namespace, keys, ttl_ms, persist, durability: asked } = ask;
        Ok((namespace, Touch { keys: values(keys), ttl_ms, persist, durability: durability(asked)? }))
    }

    fn answer(_: &str, reply: Touched) -> Self::Answer {
        let Touched { existing, changed, commit_seq, durability } = reply;
        let durability = durability_number(durability);
        proto::KvTouchResponse { existing, changed, commit_seq: commit_seq.0, durability }
    }

    fn read_answer(answer: Self::Answer) -> Result<Touched> {
        let proto::KvTouchResponse { existing, changed, commit_seq, durability: reached } = answer;
        Ok(Touched { existing, changed, commit_seq: CommitSeq(commit_seq), durability: durability(reached)? })
    }
}

impl Rpc for GetTtl {
    type Ask = proto::KvGetTtlRequest;
    type Answer = proto::KvGetTtlResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let GetTtl { key, snapshot } = operation;
        proto::KvGetTtlRequest { namespace: namespace.to_owned(), key: key.into_vec(), snapshot: seq(snapshot) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, GetTtl { key: ask.key.into(), snapshot: snapshot(ask.snapshot) }))
    }

    fn answer(_: &str, reply: TimeToLive) -> Self::Answer {
        let TimeToLive { exists, ttl_ms } = reply;
        proto::KvGetTtlResponse { exists, ttl_ms }
    }

    fn read_answer(answer: Self::Answer) -> Result<TimeToLive> {
        Ok(TimeToLive { exists: answer.exists, ttl_ms: answer.ttl_ms })
    }
}

impl Rpc for BatchDelete {
    type Ask = proto::KvBatchDeleteRequest;
    type Answer = proto::KvBatchDeleteResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let BatchDelete { keys, durability } = operation;
        let (keys, durability) = (values_message(keys), durability_number(durability));
        proto::KvBatchDeleteRequest { namespace: namespace.to_owned(), keys, durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, BatchDelete { keys: values(ask.keys), durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let Deleted { deleted, commit_seq, durability } = reply;
        proto::KvBatchDeleteResponse { deleted, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

pub(super) fn key_span(message: proto::KvSpan) -> KeySpan {
    KeySpan { prefix: bytes(message.prefix), start: bytes(message.start), end: bytes(message.end) }
}

pub(super) fn key_span_message(keys: KeySpan) -> proto::KvSpan {
    proto::KvSpan { prefix: vec(keys.prefix), start: vec(keys.start), end: vec(keys.end) }
}

impl Rpc for DeleteRange {
    type Ask = proto::KvDeleteRangeRequest;
    type Answer = proto::KvDeleteRangeResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteRange { keys, durability } = operation;
        let (keys, durability) = (Some(key_span_message(keys)), durability_number(durability));
        proto::KvDeleteRangeRequest { namespace: namespace.to_owned(), keys, durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let keys = key_span(required(ask.keys, "keys in a delete of a range")?);
        Ok((ask.namespace, DeleteRange { keys, durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: RangeDeleted) -> Self::Answer {
        let RangeDeleted { deleted, commit_seq, durability } = reply;
        proto::KvDeleteRangeResponse { deleted, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<RangeDeleted> {
        let (commit_seq, durability) = (CommitSeq(answer.commit_seq), durability(answer.durability)?);
        Ok(RangeDeleted { deleted: answer.deleted, commit_seq, durability })
    }
}

impl Rpc for ScanPrefixes {
    type Ask = proto::KvScanPrefixesRequest;
    type Answer = proto::KvScanPrefixesResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ScanPrefixes { prefix, delimiter, depth, limit, cursor, snapshot } = operation;
        proto::KvScanPrefixesRequest {
            namespace: namespace.to_owned(),
            prefix: vec(prefix),
            delimiter: Some(delimiter.into_vec()),
            depth: Some(depth),
            limit,
            cursor: vec(cursor),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ScanPrefixes {
            prefix: bytes(ask.prefix),
            delimiter: ask.delimiter.map_or_else(|| ByteBuf::from(*b"/"), ByteBuf::from),
            depth: ask.depth.unwrap_or(1),
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: PrefixPage) -> Self::Answer {
        let entry = |entry: PrefixEntry| {
            let PrefixEntry { key, is_prefix } = entry;
            proto::KvPrefixEntry { key: key.into_vec(), is_prefix }
        };
        let entries = reply.entries.into_iter().map(entry).collect();
        proto::KvScanPrefixesResponse { entries, cursor: vec(reply.cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<PrefixPage> {
        let entry = |entry: proto::KvPrefixEntry| PrefixEntry { key: entry.key.into(), is_prefix: entry.is_prefix };
        Ok(PrefixPage { entries: answer.entries.into_iter().map(entry).collect(), cursor: bytes(answer.cursor) })
    }
}
