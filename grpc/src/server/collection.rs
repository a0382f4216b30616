//! `CollectionService`.

use tonic::{Request, Response, Status};
use toondb_engine::api::{DeleteDocuments, GetDocuments, Result as ApiResult};

use super::frontend::{Call, Frontend};
use super::service;
use crate::proto;
use crate::proto::collection_service_server::CollectionService;
use crate::rpc::Rpc as _;

service! {
    CollectionService {
        create_collection: CreateCollectionRequest, CreateCollection => CreateCollectionResponse;
        get_collection: GetCollectionRequest, DescribeCollection => GetCollectionResponse;
        list_collections: ListCollectionsRequest, ListCollections => ListCollectionsResponse;
        delete_collection: DeleteCollectionRequest, DropCollection => DeleteCollectionResponse;
        add_documents: AddDocumentsRequest, AddDocuments => AddDocumentsResponse;
        search_collection: SearchCollectionRequest, SearchCollection => SearchCollectionResponse;
        get_documents: GetDocumentsRequest, GetDocuments => GetDocumentsResponse;
        delete_documents: DeleteDocumentsRequest, DeleteDocuments => DeletedResponse;
        delete_by_filter: DeleteByFilterRequest, DeleteByFilter => DeletedResponse;
        update_documents: UpdateDocumentsRequest, UpdateDocuments => UpdateDocumentsResponse;
        update_collection: UpdateCollectionRequest, UpdateCollection => UpdateCollectionResponse;
        truncate_collection: TruncateCollectionRequest, TruncateCollection => DeletedResponse;
        count_documents: CountDocumentsRequest, CountDocuments => CountDocumentsResponse;
        search_batch: SearchCollectionBatchRequest, SearchBatchCollection => SearchCollectionBatchResponse;
        list_documents: ListDocumentsRequest, ListDocuments => ListDocumentsResponse;
        list_document_ids: ListDocumentIdsRequest, ListDocumentIds => ListDocumentIdsResponse;
        facet_documents: FacetDocumentsRequest, FacetDocuments => FacetDocumentsResponse;
        min_max_documents: MinMaxDocumentsRequest, MinMaxDocuments => MinMaxDocumentsResponse;
    }

    async fn get_document(
        &self,
        request: Request<proto::GetDocumentRequest>,
    ) -> Result<Response<proto::GetDocumentResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.one_document(&call, request.into_inner()).await;
        self.finish(&call, result)
    }

    async fn delete_document(
        &self,
        request: Request<proto::DeleteDocumentRequest>,
    ) -> Result<Response<proto::DeleteDocumentResponse>, Status> {
        let call = self.begin(&request)?;
        let result = self.delete_one(&call, request.into_inner()).await;
        self.finish(&call, result)
    }
}

const NO_DOCUMENT: &str = "there is no such document";

impl Frontend {
    async fn one_document(&self, call: &Call, ask: proto::GetDocumentRequest) -> ApiResult<proto::GetDocumentResponse> {
        let (namespace, operation) = GetDocuments::read_ask(proto::GetDocumentsRequest {
            collection_name: ask.collection_name,
            namespace: ask.namespace,
            document_ids: vec![ask.document_id],
            include_embedding: true,
            snapshot: ask.snapshot,
            missing_ok: false,
        })?;
        let answer = GetDocuments::answer(&namespace, self.run(call, &namespace, operation).await?);
        let document = answer.documents.into_iter().next().and_then(|maybe| maybe.document);
        let error = if document.is_some() { String::new() } else { NO_DOCUMENT.to_owned() };
        Ok(proto::GetDocumentResponse { document, error, error_code: 0 })
    }

    async fn delete_one(
        &self,
        call: &Call,
        ask: proto::DeleteDocumentRequest,
    ) -> ApiResult<proto::DeleteDocumentResponse> {
        let (namespace, operation) = DeleteDocuments::read_ask(proto::DeleteDocumentsRequest {
            collection_name: ask.collection_name,
            namespace: ask.namespace,
            document_ids: vec![ask.document_id],
            return_ids: false,
            durability: ask.durability,
        })?;
        let answer = DeleteDocuments::answer(&namespace, self.run(call, &namespace, operation).await?);
        let existed = answer.deleted > 0;
        Ok(proto::DeleteDocumentResponse {
            success: existed,
            error: if existed { String::new() } else { NO_DOCUMENT.to_owned() },
            error_code: 0,
            commit_seq: answer.commit_seq,
            durability: answer.durability,
            deleted: answer.deleted,
        })
    }
}
