//! `NamespaceService`.

use tonic::{Request, Response, Status};
use toondb_engine::api::{DescribeNamespace, NamespaceStatsRequest, Result as ApiResult};

use super::frontend::{Call, Frontend};
use super::service;
use crate::proto;
use crate::proto::namespace_service_server::NamespaceService;
use crate::rpc::Rpc as _;

service! {
    NamespaceService {
        create_namespace: CreateNamespaceRequest, CreateNamespace => CreateNamespaceResponse;
        list_namespaces: ListNamespacesRequest, ListNamespaces => ListNamespacesResponse;
        delete_namespace: DeleteNamespaceRequest, DeleteNamespace => DeleteNamespaceResponse;
        set_quota: SetQuotaRequest, SetQuota => SetQuotaResponse;
        get_namespace_stats: GetNamespaceStatsRequest, NamespaceStatsRequest => GetNamespaceStatsResponse;
        flush: FlushRequest, Flush => FlushResponse;
    }

    async fn get_namespace(
        &self,
        request: Request<proto::GetNamespaceRequest>,
    ) -> Result<Response<proto::GetNamespaceResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.describe_with_stats(&call, &request.into_inner().name).await;
        self.finish(&call, result)
    }
}

impl Frontend {
    async fn describe_with_stats(&self, call: &Call, name: &str) -> ApiResult<proto::GetNamespaceResponse> {
        let info = self.run(call, name, DescribeNamespace {}).await?;
        let stats = self.run(call, name, NamespaceStatsRequest {}).await?;
        let mut answer = DescribeNamespace::answer(name, info);
        if let Some(namespace) = &mut answer.namespace {
            namespace.stats = Some(proto::NamespaceStats {
                storage_bytes: stats.live_bytes,
                vector_count: stats.vectors.saturating_add(stats.documents),
                collection_count: stats.collections,
            });
        }
        Ok(answer)
    }
}
