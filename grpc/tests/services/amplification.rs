//! Short messages that would take much memory. Alone in this file: the peak is of the whole process.

use tonic::Code;
use toondb_engine::api::ErrorCode;
use toondb_engine::limits;
use toondb_grpc::proto::PingRequest;
use toondb_grpc::proto::PingResponse;

use crate::harness::{World, error_code};

/// The most memory that this process ever had, in bytes.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<usize>().unwrap() * 1024
}

#[test]
fn a_message_of_empty_pieces_does_not_take_gigabytes() {
    let world = World::new();
    let peer = world.peer();
    let before = peak_bytes();
    let pieces = (limits::FRAME_BYTES_MAX - 1_000) / 2;
    for (method, field) in [
        ("CollectionService/AddDocuments", 3_u8),
        ("KvService/BatchPut", 2),
        ("KvService/BatchGet", 2),
        ("TransactionService/Commit", 3),
        ("GraphService/Traverse", 5),
    ] {
        let bytes = [field << 3 | 2, 0].repeat(pieces);
        let status = peer.raw(&format!("/toondb.v1.{method}"), bytes).unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{method}: {status:?}");
        assert_eq!(error_code(&status), Some(ErrorCode::LimitExceeded), "{method}: {status:?}");
    }
    let pong: PingResponse = peer.ask("EngineService/Ping", PingRequest {}).unwrap();
    assert!(!pong.version.is_empty());
    let grown = peak_bytes() - before;
    // The message, on both sides and in their buffers, and what may be decoded of it.
    assert!(grown < 1_300 << 20, "{} MiB more than before", grown >> 20);
    world.finish();
}
