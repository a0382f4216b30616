//! `LogService`.

use toondb_engine::api::{
    AppendLog, Appended, ByteBuf, CommitSeq, DeleteLog, Deleted, ListLogs, LogEntry, LogInfo, LogList, LogPage, PopLog,
    Popped, ReadLog, Result, TrimLog,
};

use super::enums::{durability, durability_number};
use super::kv::deleted;
use super::{bytes, seq, snapshot, vec};
use crate::proto;
use crate::rpc::Rpc;

fn entry(message: proto::LogEntry) -> LogEntry {
    LogEntry { position: message.position, value: message.value.into() }
}

fn entry_message(entry: LogEntry) -> proto::LogEntry {
    let LogEntry { position, value } = entry;
    proto::LogEntry { position, value: value.into_vec() }
}

pub(super) fn values(values: Vec<Vec<u8>>) -> Vec<ByteBuf> {
    values.into_iter().map(ByteBuf::from).collect()
}

pub(super) fn values_message(values: Vec<ByteBuf>) -> Vec<Vec<u8>> {
    values.into_iter().map(ByteBuf::into_vec).collect()
}

impl Rpc for AppendLog {
    type Ask = proto::AppendLogRequest;
    type Answer = proto::AppendLogResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let AppendLog { log, values, durability } = operation;
        proto::AppendLogRequest {
            namespace: namespace.to_owned(),
            log: log.into_string(),
            values: values_message(values),
            durability: durability_number(durability),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let (values, durability) = (values(ask.values), durability(ask.durability)?);
        Ok((ask.namespace, AppendLog { log: ask.log.into(), values, durability }))
    }

    fn answer(_: &str, reply: Appended) -> Self::Answer {
        let Appended { first, commit_seq, durability } = reply;
        proto::AppendLogResponse { first, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<Appended> {
        let (commit_seq, durability) = (CommitSeq(answer.commit_seq), durability(answer.durability)?);
        Ok(Appended { first: answer.first, commit_seq, durability })
    }
}

impl Rpc for ReadLog {
    type Ask = proto::ReadLogRequest;
    type Answer = proto::ReadLogResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ReadLog { log, after, before, last, limit, cursor, snapshot } = operation;
        let (namespace, log, cursor, snapshot) = (namespace.to_owned(), log.into_string(), vec(cursor), seq(snapshot));
        proto::ReadLogRequest { namespace, log, after, before, last, limit, cursor, snapshot }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let proto::ReadLogRequest { namespace, log, after, before, last, limit, cursor, snapshot: at } = ask;
        let (cursor, snapshot) = (bytes(cursor), snapshot(at));
        Ok((namespace, ReadLog { log: log.into(), after, before, last, limit, cursor, snapshot }))
    }

    fn answer(_: &str, reply: LogPage) -> Self::Answer {
        let LogPage { entries, cursor, length } = reply;
        let entries = entries.into_iter().map(entry_message).collect();
        proto::ReadLogResponse { entries, cursor: vec(cursor), length }
    }

    fn read_answer(answer: Self::Answer) -> Result<LogPage> {
        let entries = answer.entries.into_iter().map(entry).collect();
        Ok(LogPage { entries, cursor: bytes(answer.cursor), length: answer.length })
    }
}

impl Rpc for PopLog {
    type Ask = proto::PopLogRequest;
    type Answer = proto::PopLogResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let PopLog { log, count, durability } = operation;
        let (namespace, log, durability) = (namespace.to_owned(), log.into_string(), durability_number(durability));
        proto::PopLogRequest { namespace, log, count, durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, PopLog { log: ask.log.into(), count: ask.count, durability }))
    }

    fn answer(_: &str, reply: Popped) -> Self::Answer {
        let Popped { entries, commit_seq, durability } = reply;
        let entries = entries.into_iter().map(entry_message).collect();
        proto::PopLogResponse { entries, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<Popped> {
        let entries = answer.entries.into_iter().map(entry).collect();
        Ok(Popped { entries, commit_seq: CommitSeq(answer.commit_seq), durability: durability(answer.durability)? })
    }
}

impl Rpc for TrimLog {
    type Ask = proto::TrimLogRequest;
    type Answer = proto::TrimLogResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let TrimLog { log, before, keep, durability } = operation;
        let (namespace, log, durability) = (namespace.to_owned(), log.into_string(), durability_number(durability));
        proto::TrimLogRequest { namespace, log, before, keep, durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let durability = durability(ask.durability)?;
        Ok((ask.namespace, TrimLog { log: ask.log.into(), before: ask.before, keep: ask.keep, durability }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let Deleted { deleted, commit_seq, durability } = reply;
        proto::TrimLogResponse { deleted, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

impl Rpc for DeleteLog {
    type Ask = proto::DeleteLogRequest;
    type Answer = proto::DeleteLogResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let DeleteLog { log, durability } = operation;
        let durability = durability_number(durability);
        proto::DeleteLogRequest { namespace: namespace.to_owned(), log: log.into_string(), durability }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, DeleteLog { log: ask.log.into(), durability: durability(ask.durability)? }))
    }

    fn answer(_: &str, reply: Deleted) -> Self::Answer {
        let Deleted { deleted, commit_seq, durability } = reply;
        proto::DeleteLogResponse { deleted, commit_seq: commit_seq.0, durability: durability_number(durability) }
    }

    fn read_answer(answer: Self::Answer) -> Result<Deleted> {
        deleted(answer.deleted, answer.commit_seq, answer.durability)
    }
}

impl Rpc for ListLogs {
    type Ask = proto::ListLogsRequest;
    type Answer = proto::ListLogsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ListLogs { prefix, limit, cursor, snapshot } = operation;
        let (namespace, cursor, snapshot) = (namespace.to_owned(), vec(cursor), seq(snapshot));
        proto::ListLogsRequest { namespace, prefix, limit, cursor, snapshot }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let proto::ListLogsRequest { namespace, prefix, limit, cursor, snapshot: at } = ask;
        Ok((namespace, ListLogs { prefix, limit, cursor: bytes(cursor), snapshot: snapshot(at) }))
    }

    fn answer(_: &str, reply: LogList) -> Self::Answer {
        let info = |info: LogInfo| {
            let LogInfo { log, length, first, next, bytes } = info;
            proto::LogInfo { log: log.into_string(), length, first, next, bytes }
        };
        proto::ListLogsResponse { logs: reply.logs.into_iter().map(info).collect(), cursor: vec(reply.cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<LogList> {
        let info = |info: proto::LogInfo| {
            let proto::LogInfo { log, length, first, next, bytes } = info;
            LogInfo { log: log.into(), length, first, next, bytes }
        };
        Ok(LogList { logs: answer.logs.into_iter().map(info).collect(), cursor: bytes(answer.cursor) })
    }
}
