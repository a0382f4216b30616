//! `CheckpointService`.

use tonic::{Request, Response, Status};
use toondb_engine::api::{Error, ExportCheckpoint, Result as ApiResult};
use toondb_engine::limits;

use super::frontend::{Call, Frontend};
use super::service;
use crate::proto;
use crate::proto::checkpoint_service_server::CheckpointService;
use crate::rpc::Rpc as _;

service! {
    CheckpointService {
        create_checkpoint: CreateCheckpointRequest, CreateCheckpoint => CreateCheckpointResponse;
        restore_checkpoint: RestoreCheckpointRequest, RestoreCheckpoint => RestoreCheckpointResponse;
        list_checkpoints: ListCheckpointsRequest, ListCheckpoints => ListCheckpointsResponse;
        delete_checkpoint: DeleteCheckpointRequest, DeleteCheckpoint => DeleteCheckpointResponse;
        import_checkpoint: ImportCheckpointRequest, ImportCheckpoint => ImportCheckpointResponse;
    }

    async fn export_checkpoint(
        &self,
        request: Request<proto::ExportCheckpointRequest>,
    ) -> Result<Response<proto::ExportCheckpointResponse>, Status> {
        let call = self.begin(&request)?;
        let result = match ExportCheckpoint::read_ask(request.into_inner()) {
            Ok((namespace, export)) => self.export(&call, &namespace, export).await,
            Err(error) => Err(error),
        };
        self.finish(&call, result)
    }
}

impl Frontend {
    /// One part where the caller bounds it, otherwise all parts as far as they fit into one message: clients of the
    /// original contract know of no parts.
    async fn export(
        &self,
        call: &Call,
        namespace: &str,
        mut export: ExportCheckpoint,
    ) -> ApiResult<proto::ExportCheckpointResponse> {
        let in_one = export.bytes_max.is_none();
        let mut part = self.run(call, namespace, export.clone()).await?;
        while let Some(offset) = part.next_offset.filter(|_| in_one) {
            export.offset = offset;
            let next = self.run(call, namespace, export.clone()).await?;
            if part.data.len() + next.data.len() > limits::REPLY_BYTES_MAX {
                let max = limits::REPLY_BYTES_MAX;
                return Err(Error::limit(format!(
                    "the export has more than {max} bytes; ask for parts with bytes_max"
                )));
            }
            part.data.extend_from_slice(&next.data);
            part.next_offset = next.next_offset;
        }
        Ok(ExportCheckpoint::answer(namespace, part))
    }
}
