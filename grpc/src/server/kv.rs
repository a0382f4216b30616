//! `KvService`.

use tonic::{Request, Response, Status};
use toondb_engine::api::{BatchPut, MultiGet, Result as ApiResult};

use super::frontend::{Call, Frontend};
use super::scan_stream::ScanStream;
use super::service;
use crate::proto;
use crate::proto::kv_service_server::KvService;
use crate::rpc::Rpc as _;

service! {
    KvService {
        get: KvGetRequest, Get => KvGetResponse;
        put: KvPutRequest, Put => KvPutResponse;
        delete: KvDeleteRequest, DeleteKey => KvDeleteResponse;
        exists: KvExistsRequest, Exists => KvExistsResponse;
        compare_and_set: KvCompareAndSetRequest, CompareAndSet => KvCompareAndSetResponse;
        scan_page: KvScanRequest, Scan => KvScanPageResponse;
        increment: KvIncrementRequest, Increment => KvIncrementResponse;
        touch: KvTouchRequest, Touch => KvTouchResponse;
        get_ttl: KvGetTtlRequest, GetTtl => KvGetTtlResponse;
        batch_delete: KvBatchDeleteRequest, BatchDelete => KvBatchDeleteResponse;
        delete_range: KvDeleteRangeRequest, DeleteRange => KvDeleteRangeResponse;
        scan_prefixes: KvScanPrefixesRequest, ScanPrefixes => KvScanPrefixesResponse;
    }

    type ScanStream = ScanStream;

    async fn scan(&self, request: Request<proto::KvScanRequest>) -> Result<Response<ScanStream>, Status> {
        self.scan_stream(request).await
    }

    async fn batch_get(
        &self,
        request: Request<proto::KvBatchGetRequest>,
    ) -> Result<Response<proto::KvBatchGetResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.get_with_keys(&call, request.into_inner()).await;
        self.finish(&call, result)
    }

    async fn batch_put(
        &self,
        request: Request<proto::KvBatchPutRequest>,
    ) -> Result<Response<proto::KvBatchPutResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.put_and_count(&call, request.into_inner()).await;
        self.finish(&call, result)
    }
}

impl Frontend {
    async fn get_with_keys(&self, call: &Call, ask: proto::KvBatchGetRequest) -> ApiResult<proto::KvBatchGetResponse> {
        let keys = ask.keys.clone();
        let (namespace, operation) = MultiGet::read_ask(ask)?;
        let mut answer = MultiGet::answer(&namespace, self.run(call, &namespace, operation).await?);
        for (entry, key) in answer.entries.iter_mut().zip(keys) {
            entry.key = key;
        }
        Ok(answer)
    }

    async fn put_and_count(&self, call: &Call, ask: proto::KvBatchPutRequest) -> ApiResult<proto::KvBatchPutResponse> {
        let count = u32::try_from(ask.entries.len()).unwrap_or(u32::MAX);
        let (namespace, operation) = BatchPut::read_ask(ask)?;
        let mut answer = BatchPut::answer(&namespace, self.run(call, &namespace, operation).await?);
        answer.success_count = count;
        Ok(answer)
    }
}
