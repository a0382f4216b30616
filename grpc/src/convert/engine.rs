//! `EngineService`.

use toondb_engine::api::{Capabilities, CapabilitiesRequest, Ping, Pong, Result, ServerStats, ServerStatsRequest};

use crate::proto;
use crate::rpc::Rpc;

impl Rpc for Ping {
    type Ask = proto::PingRequest;
    type Answer = proto::PingResponse;
    const PATH: &'static str = "/toondb.v1.EngineService/Ping";

    fn ask(_: &str, _: Self) -> Self::Ask {
        proto::PingRequest {}
    }

    fn read_ask(_: Self::Ask) -> Result<(String, Self)> {
        Ok((String::new(), Ping {}))
    }

    fn answer(_: &str, reply: Pong) -> Self::Answer {
        proto::PingResponse { version: reply.version }
    }

    fn read_answer(answer: Self::Answer) -> Result<Pong> {
        Ok(Pong { version: answer.version })
    }
}

impl Rpc for CapabilitiesRequest {
    type Ask = proto::GetCapabilitiesRequest;
    type Answer = proto::GetCapabilitiesResponse;
    const PATH: &'static str = "/toondb.v1.EngineService/GetCapabilities";

    fn ask(_: &str, _: Self) -> Self::Ask {
        proto::GetCapabilitiesRequest {}
    }

    fn read_ask(_: Self::Ask) -> Result<(String, Self)> {
        Ok((String::new(), CapabilitiesRequest {}))
    }

    fn answer(_: &str, reply: Capabilities) -> Self::Answer {
        let Capabilities { version, operations, guarantees, metrics, durability } = reply;
        proto::GetCapabilitiesResponse { version, operations, guarantees, metrics, durability }
    }

    fn read_answer(answer: Self::Answer) -> Result<Capabilities> {
        let proto::GetCapabilitiesResponse { version, operations, guarantees, metrics, durability } = answer;
        Ok(Capabilities { version, operations, guarantees, metrics, durability })
    }
}

impl Rpc for ServerStatsRequest {
    type Ask = proto::GetServerStatsRequest;
    type Answer = proto::GetServerStatsResponse;
    const PATH: &'static str = "/toondb.v1.EngineService/GetServerStats";

    fn ask(_: &str, _: Self) -> Self::Ask {
        proto::GetServerStatsRequest {}
    }

    fn read_ask(_: Self::Ask) -> Result<(String, Self)> {
        Ok((String::new(), ServerStatsRequest {}))
    }

    fn answer(_: &str, reply: ServerStats) -> Self::Answer {
        let ServerStats { version, pid, uptime_ms, namespaces, open_namespaces, reads, writes, errors, panics } = reply;
        proto::GetServerStatsResponse {
            version,
            pid,
            uptime_ms,
            namespaces,
            open_namespaces,
            reads,
            writes,
            errors,
            panics,
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<ServerStats> {
        let proto::GetServerStatsResponse {
            version,
            pid,
            uptime_ms,
            namespaces,
            open_namespaces,
            reads,
            writes,
            errors,
            panics,
        } = answer;
        Ok(ServerStats { version, pid, uptime_ms, namespaces, open_namespaces, reads, writes, errors, panics })
    }
}
