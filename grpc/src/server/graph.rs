//! `GraphService`.

use tonic::{Request, Response, Status};
use toondb_engine::api::{GetEdges, Result as ApiResult};
use toondb_engine::limits;

use super::frontend::{Call, Frontend};
use super::service;
use crate::proto;
use crate::proto::graph_service_server::GraphService;
use crate::rpc::Rpc as _;

service! {
    GraphService {
        add_node: AddNodeRequest, AddNode => AddNodeResponse;
        get_node: GetNodeRequest, GetNode => GetNodeResponse;
        delete_node: DeleteNodeRequest, DeleteNode => DeleteNodeResponse;
        add_edge: AddEdgeRequest, AddEdge => AddEdgeResponse;
        delete_edge: DeleteEdgeRequest, DeleteEdge => DeleteEdgeResponse;
        traverse: TraverseRequest, Traverse => TraverseResponse;
        shortest_path: ShortestPathRequest, ShortestPath => ShortestPathResponse;
        get_neighbors: GetNeighborsRequest, Neighbors => GetNeighborsResponse;
        add_temporal_edge: AddTemporalEdgeRequest, AddTemporalEdge => AddTemporalEdgeResponse;
        query_temporal_graph: QueryTemporalGraphRequest, QueryTemporal => QueryTemporalGraphResponse;
        close_temporal_edge: CloseTemporalEdgeRequest, CloseTemporalEdge => CloseTemporalEdgeResponse;
        supersede_temporal_edge: AddTemporalEdgeRequest, SupersedeTemporalEdge => SupersedeTemporalEdgeResponse;
        traverse_temporal: TraverseTemporalRequest, TraverseTemporal => TraverseTemporalResponse;
        temporal_history: TemporalHistoryRequest, TemporalHistory => TemporalHistoryResponse;
        erase_temporal: EraseTemporalRequest, EraseTemporal => EraseTemporalResponse;
        get_edge: GetEdgeRequest, GetEdge => GetEdgeResponse;
        get_nodes: GetNodesRequest, GetNodes => GetNodesResponse;
        list_nodes: ListNodesRequest, ListNodes => ListNodesResponse;
        list_edges: ListEdgesRequest, ListEdges => ListEdgesResponse;
        count_nodes: CountNodesRequest, CountNodes => CountNodesResponse;
        update_node: UpdateNodeRequest, UpdateNode => UpdatedResponse;
        update_edge: UpdateEdgeRequest, UpdateEdge => UpdatedResponse;
        merge_nodes: MergeNodesRequest, MergeNodes => MergeNodesResponse;
        list_facts: ListFactsRequest, ListFacts => ListFactsResponse;
        state_fact: StateFactRequest, StateFact => SupersedeTemporalEdgeResponse;
        temporal_shortest_path: TemporalShortestPathRequest, TemporalShortestPath => TemporalShortestPathResponse;
        temporal_neighbors: TemporalNeighborsRequest, TemporalNeighbors => TraverseTemporalResponse;
    }

    async fn get_edges(
        &self,
        request: Request<proto::GetEdgesRequest>,
    ) -> Result<Response<proto::GetEdgesResponse>, Status> {
        let call = self.begin(&request)?;
        let result = match GetEdges::read_ask(request.into_inner()) {
            Ok((namespace, operation)) => self.edges(&call, &namespace, operation).await,
            Err(error) => Err(error),
        };
        self.finish(&call, result)
    }
}

/// Pages of the largest size that one answer holds.
const PAGES_MAX: usize = limits::REPLY_BYTES_MAX / limits::PAGE_BYTES_MAX;

impl Frontend {
    /// One page where the caller bounds it, otherwise as many as one answer holds: clients of the original contract know
    /// of no pages.
    async fn edges(&self, call: &Call, namespace: &str, mut operation: GetEdges) -> ApiResult<proto::GetEdgesResponse> {
        let mut pages_left = if operation.limit.is_none() { PAGES_MAX } else { 1 };
        let mut page = self.run(call, namespace, operation.clone()).await?;
        let mut edges = std::mem::take(&mut page.edges);
        loop {
            pages_left -= 1;
            if pages_left == 0 || page.cursor.is_none() {
                break;
            }
            operation.cursor = page.cursor;
            page = self.run(call, namespace, operation.clone()).await?;
            edges.append(&mut page.edges);
        }
        page.edges = edges;
        Ok(GetEdges::answer(namespace, page))
    }
}
