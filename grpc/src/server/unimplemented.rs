//! The services of the contract that this build does not carry out. They exist so that a client is told so, rather than
//! that it asked the wrong server.

use tonic::{Request, Response, Status};

use super::frontend::Frontend;
use crate::proto;
use crate::proto::context_service_server::ContextService;
use crate::proto::mcp_service_server::McpService;
use crate::proto::policy_service_server::PolicyService;
use crate::proto::trace_service_server::TraceService;

macro_rules! unimplemented_service {
    ($service:ident { $($method:ident: $ask:ident => $answer:ident;)* }) => {
        #[tonic::async_trait]
        impl $service for Frontend {
            $(async fn $method(
                &self,
                _: Request<proto::$ask>,
            ) -> Result<Response<proto::$answer>, Status> {
                Err(Status::unimplemented(concat!(stringify!($service), " is not carried out by this build of ToonDB")))
            })*
        }
    };
}

unimplemented_service!(TraceService {
    start_trace: StartTraceRequest => StartTraceResponse;
    start_span: StartSpanRequest => StartSpanResponse;
    end_span: EndSpanRequest => EndSpanResponse;
    add_event: AddEventRequest => AddEventResponse;
    get_trace: GetTraceRequest => GetTraceResponse;
    list_traces: ListTracesRequest => ListTracesResponse;
});

unimplemented_service!(PolicyService {
    register_policy: RegisterPolicyRequest => RegisterPolicyResponse;
    evaluate: EvaluatePolicyRequest => EvaluatePolicyResponse;
    list_policies: ListPoliciesRequest => ListPoliciesResponse;
    delete_policy: DeletePolicyRequest => DeletePolicyResponse;
});

unimplemented_service!(McpService {
    register_tool: RegisterToolRequest => RegisterToolResponse;
    execute_tool: ExecuteToolRequest => ExecuteToolResponse;
    list_tools: ListToolsRequest => ListToolsResponse;
    unregister_tool: UnregisterToolRequest => UnregisterToolResponse;
    get_tool_schema: GetToolSchemaRequest => GetToolSchemaResponse;
});

unimplemented_service!(ContextService {
    query: ContextQueryRequest => ContextQueryResponse;
    estimate_tokens: EstimateTokensRequest => EstimateTokensResponse;
    format_context: FormatContextRequest => FormatContextResponse;
});
