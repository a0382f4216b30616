//! `CheckpointService`.

use toondb_engine::api::{
    CheckpointDeleted, CheckpointId, CheckpointInfo, CheckpointList, CommitSeq, CreateCheckpoint, DeleteCheckpoint,
    ExportCheckpoint, ExportedPart, ImportCheckpoint, Imported, ListCheckpoints, NamespaceName, RestoreCheckpoint,
    Restored, Result, TimestampMs,
};

use super::enums::{export_format, export_format_number};
use super::properties::{properties, split, split_for_all};
use super::required;
use crate::proto;
use crate::rpc::Rpc;

fn info_message(info: CheckpointInfo) -> proto::Checkpoint {
    let CheckpointInfo { id, name, namespace, created_at, size_bytes, keys, commit_seq, metadata, damaged } = info;
    let (metadata, typed_metadata) = split_for_all(metadata);
    proto::Checkpoint {
        id: id.as_str().to_owned(),
        name,
        namespace: namespace.into_string(),
        created_at: created_at.0.cast_unsigned(),
        size_bytes,
        metadata,
        typed_metadata,
        keys,
        commit_seq: commit_seq.0,
        damaged,
    }
}

fn info(message: proto::Checkpoint) -> Result<CheckpointInfo> {
    Ok(CheckpointInfo {
        id: CheckpointId::new(message.id),
        name: message.name,
        namespace: NamespaceName::new(message.namespace),
        created_at: TimestampMs(message.created_at.cast_signed()),
        size_bytes: message.size_bytes,
        keys: message.keys,
        commit_seq: CommitSeq(message.commit_seq),
        metadata: properties(message.metadata, message.typed_metadata)?,
        damaged: message.damaged,
    })
}

/// The namespace a request is about: the one given, otherwise the one in the checkpoint's id.
fn namespace_of(id: &CheckpointId, given: String) -> Result<String> {
    if given.is_empty() { id.parts().map(|(namespace, _)| namespace.into_string()) } else { Ok(given) }
}

/// An empty name, which elsewhere means the default namespace, would mean the checkpoint's own here.
fn named(namespace: &str) -> String {
    if namespace.is_empty() { NamespaceName::DEFAULT.to_owned() } else { namespace.to_owned() }
}

impl Rpc for CreateCheckpoint {
    type Ask = proto::CreateCheckpointRequest;
    type Answer = proto::CreateCheckpointResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let CreateCheckpoint { name, include_patterns, metadata } = operation;
        let (metadata, typed_metadata) = split(metadata);
        let namespace = namespace.to_owned();
        proto::CreateCheckpointRequest { name, namespace, include_patterns, metadata, typed_metadata }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let metadata = properties(ask.metadata, ask.typed_metadata)?;
        Ok((ask.namespace, CreateCheckpoint { name: ask.name, include_patterns: ask.include_patterns, metadata }))
    }

    fn answer(_: &str, reply: CheckpointInfo) -> Self::Answer {
        let checkpoint = Some(info_message(reply));
        proto::CreateCheckpointResponse { success: true, checkpoint, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<CheckpointInfo> {
        info(required(answer.checkpoint, "checkpoint")?)
    }
}

impl Rpc for ListCheckpoints {
    type Ask = proto::ListCheckpointsRequest;
    type Answer = proto::ListCheckpointsResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::ListCheckpointsRequest { namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, ListCheckpoints {}))
    }

    fn answer(_: &str, reply: CheckpointList) -> Self::Answer {
        proto::ListCheckpointsResponse { checkpoints: reply.checkpoints.into_iter().map(info_message).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<CheckpointList> {
        Ok(CheckpointList { checkpoints: answer.checkpoints.into_iter().map(info).collect::<Result<_>>()? })
    }
}

impl Rpc for RestoreCheckpoint {
    type Ask = proto::RestoreCheckpointRequest;
    type Answer = proto::RestoreCheckpointResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let RestoreCheckpoint { checkpoint_id, overwrite } = operation;
        proto::RestoreCheckpointRequest {
            checkpoint_id: checkpoint_id.as_str().to_owned(),
            target_namespace: named(namespace),
            overwrite,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let checkpoint_id = CheckpointId::new(ask.checkpoint_id);
        let target = namespace_of(&checkpoint_id, ask.target_namespace)?;
        Ok((target, RestoreCheckpoint { checkpoint_id, overwrite: ask.overwrite }))
    }

    fn answer(_: &str, reply: Restored) -> Self::Answer {
        proto::RestoreCheckpointResponse {
            success: true,
            restored_keys: reply.keys,
            commit_seq: reply.commit_seq.0,
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Restored> {
        Ok(Restored { keys: answer.restored_keys, commit_seq: CommitSeq(answer.commit_seq) })
    }
}

impl Rpc for DeleteCheckpoint {
    type Ask = proto::DeleteCheckpointRequest;
    type Answer = proto::DeleteCheckpointResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let checkpoint_id = operation.checkpoint_id.as_str().to_owned();
        proto::DeleteCheckpointRequest { checkpoint_id, namespace: named(namespace) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let checkpoint_id = CheckpointId::new(ask.checkpoint_id);
        Ok((namespace_of(&checkpoint_id, ask.namespace)?, DeleteCheckpoint { checkpoint_id }))
    }

    fn answer(_: &str, reply: CheckpointDeleted) -> Self::Answer {
        let error = if reply.deleted { String::new() } else { "there is no such checkpoint".to_owned() };
        proto::DeleteCheckpointResponse { success: reply.deleted, error, error_code: 0, deleted: reply.deleted }
    }

    fn read_answer(answer: Self::Answer) -> Result<CheckpointDeleted> {
        Ok(CheckpointDeleted { deleted: answer.deleted })
    }
}

impl Rpc for ExportCheckpoint {
    type Ask = proto::ExportCheckpointRequest;
    type Answer = proto::ExportCheckpointResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ExportCheckpoint { checkpoint_id, format, offset, bytes_max } = operation;
        // Nothing at all would ask for the whole export in one message.
        let bytes_max = bytes_max.unwrap_or(toondb_engine::limits::EXPORT_BYTES_MAX as u64);
        proto::ExportCheckpointRequest {
            checkpoint_id: checkpoint_id.as_str().to_owned(),
            format: export_format_number(format),
            namespace: named(namespace),
            offset,
            bytes_max: Some(bytes_max),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let checkpoint_id = CheckpointId::new(ask.checkpoint_id);
        let namespace = namespace_of(&checkpoint_id, ask.namespace)?;
        let format = export_format(ask.format)?;
        Ok((namespace, ExportCheckpoint { checkpoint_id, format, offset: ask.offset, bytes_max: ask.bytes_max }))
    }

    fn answer(_: &str, reply: ExportedPart) -> Self::Answer {
        let ExportedPart { data, next_offset } = reply;
        proto::ExportCheckpointResponse { data: data.into_vec(), next_offset, ..Default::default() }
    }

    fn read_answer(answer: Self::Answer) -> Result<ExportedPart> {
        Ok(ExportedPart { data: answer.data.into(), next_offset: answer.next_offset })
    }
}

impl Rpc for ImportCheckpoint {
    type Ask = proto::ImportCheckpointRequest;
    type Answer = proto::ImportCheckpointResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ImportCheckpoint { format, name, data, continues, more } = operation;
        proto::ImportCheckpointRequest {
            data: data.into_vec(),
            format: export_format_number(format),
            name,
            namespace: namespace.to_owned(),
            continues,
            more,
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ImportCheckpoint {
            format: export_format(ask.format)?,
            name: ask.name,
            data: ask.data.into(),
            continues: ask.continues,
            more: ask.more,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Imported) -> Self::Answer {
        let Imported { checkpoint, continues } = reply;
        proto::ImportCheckpointResponse {
            success: true,
            checkpoint: checkpoint.map(info_message),
            continues,
            ..Default::default()
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<Imported> {
        Ok(Imported { checkpoint: answer.checkpoint.map(info).transpose()?, continues: answer.continues })
    }
}
