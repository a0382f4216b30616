//! `ContextService`.

use tonic::{Request, Response, Status};
use toondb_engine::api::Error;

use super::frontend::Frontend;
use super::service;
use crate::convert::{query_answer, read_estimate, read_format, read_query};
use crate::proto;
use crate::proto::context_service_server::ContextService;

service! {
    ContextService {
        render: RenderRequest, Render => RenderResponse;
        assemble: AssembleContextRequest, AssembleContext => AssembleContextResponse;
        count_tokens: CountTokensRequest, CountTokens => CountTokensResponse;
        convert_text: ConvertTextRequest, ConvertText => ConvertTextResponse;
    }

    async fn query(
        &self,
        request: Request<proto::ContextQueryRequest>,
    ) -> Result<Response<proto::ContextQueryResponse>, Status> {
        let call = self.begin(&request)?;
        let result = match read_query(request.into_inner()) {
            Ok((namespace, operation)) => self.run(&call, &namespace, operation).await.map(query_answer),
            Err(error) => Err(error),
        };
        self.finish(&call, result)
    }

    async fn estimate_tokens(
        &self,
        request: Request<proto::EstimateTokensRequest>,
    ) -> Result<Response<proto::EstimateTokensResponse>, Status> {
        let call = self.begin(&request)?;
        let counted = self.run(&call, "", read_estimate(request.into_inner())).await;
        let answer = |tokens| proto::EstimateTokensResponse { token_count: u32::try_from(tokens).unwrap_or(u32::MAX) };
        self.finish(&call, counted.map(|count| answer(count.tokens)))
    }

    async fn format_context(
        &self,
        request: Request<proto::FormatContextRequest>,
    ) -> Result<Response<proto::FormatContextResponse>, Status> {
        let call = self.begin(&request)?;
        let converted = match read_format(request.into_inner()) {
            Ok(operation) => self.run(&call, "", operation).await,
            Err(error) => Err(error),
        };
        let answer = converted.and_then(|converted| {
            let formatted = String::from_utf8(converted.data.into_vec());
            let formatted = formatted.map_err(|_| Error::invalid("the columnar format is no text; use ConvertText"))?;
            Ok(proto::FormatContextResponse { formatted })
        });
        self.finish(&call, answer)
    }
}
