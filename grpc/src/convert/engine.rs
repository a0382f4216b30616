//! `EngineService`.

use toondb_engine::api::{
    Capabilities, CapabilitiesRequest, Check, CheckReport, CheckedNamespace, CommitSeq, Finding, NamespaceName, Ping,
    Pong, Result, ServerStats, ServerStatsRequest,
};

use super::enums::{finding_kind, finding_part};
use crate::proto;
use crate::rpc::Rpc;

fn checked_message(checked: CheckedNamespace) -> proto::CheckedNamespace {
    let CheckedNamespace { name, commit_seq, rows, pages } = checked;
    proto::CheckedNamespace { name: name.into_string(), commit_seq: commit_seq.0, rows, pages }
}

fn checked(message: proto::CheckedNamespace) -> CheckedNamespace {
    let proto::CheckedNamespace { name, commit_seq, rows, pages } = message;
    CheckedNamespace { name: NamespaceName::new(name), commit_seq: CommitSeq(commit_seq), rows, pages }
}

fn finding_message(finding: Finding) -> proto::Finding {
    let Finding { kind, part, place, what, advice } = finding;
    proto::Finding { kind: kind.name().to_owned(), part: part.name().to_owned(), place, what, advice }
}

fn finding(message: proto::Finding) -> Result<Finding> {
    let proto::Finding { kind, part, place, what, advice } = message;
    Ok(Finding { kind: finding_kind(&kind)?, part: finding_part(&part)?, place, what, advice })
}

impl Rpc for Ping {
    type Ask = proto::PingRequest;
    type Answer = proto::PingResponse;

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

    fn ask(_: &str, _: Self) -> Self::Ask {
        proto::GetServerStatsRequest {}
    }

    fn read_ask(_: Self::Ask) -> Result<(String, Self)> {
        Ok((String::new(), ServerStatsRequest {}))
    }

    fn answer(_: &str, reply: ServerStats) -> Self::Answer {
        let ServerStats {
            version,
            pid,
            uptime_ms,
            namespaces,
            open_namespaces,
            reads,
            writes,
            errors,
            panics,
            lost_entries,
            lost_bytes,
            scrub_rounds,
            scrubbed_bytes,
            damaged_namespaces,
            damaged_checkpoints,
        } = reply;
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
            lost_entries,
            lost_bytes,
            scrub_rounds,
            scrubbed_bytes,
            damaged_namespaces,
            damaged_checkpoints,
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
            lost_entries,
            lost_bytes,
            scrub_rounds,
            scrubbed_bytes,
            damaged_namespaces,
            damaged_checkpoints,
        } = answer;
        Ok(ServerStats {
            version,
            pid,
            uptime_ms,
            namespaces,
            open_namespaces,
            reads,
            writes,
            errors,
            panics,
            lost_entries,
            lost_bytes,
            scrub_rounds,
            scrubbed_bytes,
            damaged_namespaces,
            damaged_checkpoints,
        })
    }
}

impl Rpc for Check {
    type Ask = proto::CheckRequest;
    type Answer = proto::CheckResponse;

    fn ask(_: &str, operation: Self) -> Self::Ask {
        let Check { namespaces, repair } = operation;
        let namespaces = namespaces.into_iter().map(NamespaceName::into_string).collect();
        proto::CheckRequest { namespaces, repair }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let proto::CheckRequest { namespaces, repair } = ask;
        Ok((String::new(), Check { namespaces: namespaces.into_iter().map(NamespaceName::new).collect(), repair }))
    }

    fn answer(_: &str, reply: CheckReport) -> Self::Answer {
        let CheckReport { namespaces, checkpoints, findings, more, repaired } = reply;
        proto::CheckResponse {
            namespaces: namespaces.into_iter().map(checked_message).collect(),
            checkpoints,
            findings: findings.into_iter().map(finding_message).collect(),
            more,
            repaired: repaired.into_iter().map(finding_message).collect(),
        }
    }

    fn read_answer(answer: Self::Answer) -> Result<CheckReport> {
        let proto::CheckResponse { namespaces, checkpoints, findings, more, repaired } = answer;
        Ok(CheckReport {
            namespaces: namespaces.into_iter().map(checked).collect(),
            checkpoints,
            findings: findings.into_iter().map(finding).collect::<Result<_>>()?,
            more,
            repaired: repaired.into_iter().map(finding).collect::<Result<_>>()?,
        })
    }
}
