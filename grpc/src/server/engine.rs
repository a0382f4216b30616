//! `EngineService`.

use super::frontend::Frontend;
use super::service;
use crate::proto;
use crate::proto::engine_service_server::EngineService;

service! {
    EngineService {
        ping: PingRequest, Ping => PingResponse;
        get_capabilities: GetCapabilitiesRequest, CapabilitiesRequest => GetCapabilitiesResponse;
        get_server_stats: GetServerStatsRequest, ServerStatsRequest => GetServerStatsResponse;
        check: CheckRequest, Check => CheckResponse;
    }
}
