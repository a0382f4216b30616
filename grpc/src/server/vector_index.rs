//! `VectorIndexService`.

use tonic::{Request, Response, Status, Streaming};
use toondb_engine::VERSION;
use toondb_engine::api::{DescribeIndex, ErrorCode, ListIndexes, Result as ApiResult, SearchBatchVectors};

use super::frontend::{Call, Frontend, invalid};
use super::service;
use crate::proto;
use crate::proto::health_check_response::Status as Health;
use crate::proto::vector_index_service_server::VectorIndexService;
use crate::rpc::Rpc as _;

service! {
    VectorIndexService {
        create_index: CreateIndexRequest, CreateIndex => CreateIndexResponse;
        drop_index: DropIndexRequest, DropIndex => DropIndexResponse;
        insert_batch: InsertBatchRequest, InsertVectors => InsertBatchResponse;
        search: SearchRequest, SearchVectors => SearchResponse;
        list_indexes: ListIndexesRequest, ListIndexes => ListIndexesResponse;
        describe_index: DescribeIndexRequest, DescribeIndex => DescribeIndexResponse;
        get_vectors: GetVectorsRequest, GetVectors => GetVectorsResponse;
        delete_vectors: DeleteVectorsRequest, DeleteVectors => DeleteVectorsResponse;
        count_vectors: CountVectorsRequest, CountVectors => CountVectorsResponse;
    }

    async fn insert_stream(
        &self,
        request: Request<Streaming<proto::InsertStreamRequest>>,
    ) -> Result<Response<proto::InsertStreamResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.insert_all(&call, request.into_inner()).await?;
        self.finish(&call, Ok(result))
    }

    async fn search_batch(
        &self,
        request: Request<proto::SearchBatchRequest>,
    ) -> Result<Response<proto::SearchBatchResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.search_counted(&call, request.into_inner()).await;
        self.finish(&call, result)
    }

    async fn get_stats(
        &self,
        request: Request<proto::GetStatsRequest>,
    ) -> Result<Response<proto::GetStatsResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.index_stats(&call, request.into_inner()).await;
        self.finish(&call, result)
    }

    async fn health_check(
        &self,
        request: Request<proto::HealthCheckRequest>,
    ) -> Result<Response<proto::HealthCheckResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.index_health(&call, request.into_inner()).await;
        self.finish(&call, result)
    }
}

impl Frontend {
    /// A number of queries that is given must be the one that the numbers make at the index's dimension.
    async fn search_counted(
        &self,
        call: &Call,
        ask: proto::SearchBatchRequest,
    ) -> ApiResult<proto::SearchBatchResponse> {
        let (given, numbers) = (ask.num_queries as usize, ask.queries.len());
        let (namespace, operation) = SearchBatchVectors::read_ask(ask)?;
        let reply = self.run(call, &namespace, operation).await?;
        let made = reply.results.len();
        if given != 0 && given != made {
            let text = format!("num_queries is {given}, but the {numbers} numbers in queries make {made} of them");
            return Err(invalid(text));
        }
        Ok(SearchBatchVectors::answer(&namespace, reply))
    }

    async fn index_stats(&self, call: &Call, ask: proto::GetStatsRequest) -> ApiResult<proto::GetStatsResponse> {
        let info = self.run(call, &ask.namespace, DescribeIndex { index: ask.index_name.into() }).await?;
        let stats = proto::IndexStats {
            num_vectors: info.count,
            dimension: info.dimension,
            memory_bytes: info.memory_bytes,
            ..Default::default()
        };
        Ok(proto::GetStatsResponse { stats: Some(stats), ..Default::default() })
    }

    async fn index_health(&self, call: &Call, ask: proto::HealthCheckRequest) -> ApiResult<proto::HealthCheckResponse> {
        let list = self.run(call, &ask.namespace, ListIndexes {}).await;
        let (status, indexes) = match list {
            Ok(list) => {
                let names: Vec<String> = list.indexes.into_iter().map(|info| info.name.into_string()).collect();
                let known = ask.index_name.is_empty() || names.contains(&ask.index_name);
                (if known { Health::Serving } else { Health::Unknown }, names)
            }
            Err(error) if matches!(error.code, ErrorCode::Fenced | ErrorCode::Corrupt | ErrorCode::ShuttingDown) => {
                (Health::NotServing, Vec::new())
            }
            Err(error) => return Err(error),
        };
        Ok(proto::HealthCheckResponse { status: status.into(), version: VERSION.to_owned(), indexes })
    }
}
