//! Every method of every service is there and answers; every operation of the engine has one.

use std::collections::BTreeSet;

use tonic::Code;
use toondb_engine::api::{ErrorCode, OpCode, ServerStatsRequest};
use toondb_grpc::proto::{KvIncrementRequest, KvIncrementResponse};

use crate::harness::{World, contract_methods, error_code, is_typed};

/// What this build does not carry out, and says so.
const ABSENT: [&str; 3] = ["toondb.v1.TraceService", "toondb.v1.PolicyService", "toondb.v1.McpService"];

#[test]
fn every_method_answers_an_empty_message() {
    let world = World::new();
    let peer = world.peer();
    let methods = contract_methods();
    assert!(methods.len() > 80, "{}", methods.len());
    for method in &methods {
        let absent = ABSENT.contains(&method.service.as_str());
        match peer.raw(&method.path, Vec::new()) {
            Ok(answers) => {
                assert!(!absent, "{}", method.path);
                assert!(method.gives_stream || answers.len() == 1, "{}: {answers:?}", method.path);
            }
            Err(status) => {
                assert!(is_typed(&status), "{}: {status:?}", method.path);
                assert_eq!(status.code() == Code::Unimplemented, absent, "{}: {status:?}", method.path);
                assert_eq!(
                    error_code(&status) == Some(ErrorCode::UnknownOperation),
                    absent,
                    "{}: {status:?}",
                    method.path
                );
                assert_ne!(error_code(&status), Some(ErrorCode::Internal), "{}: {status:?}", method.path);
                let name = method.service.rsplit('.').next().unwrap();
                let message = format!("{name} is not carried out by this build of ToonDB");
                assert!(!absent || status.message() == message, "{status:?}");
            }
        }
    }
    assert_eq!(world.embedded("", ServerStatsRequest {}).unwrap().panics, 0);
    world.finish();
}

#[test]
fn a_method_that_does_not_exist_is_unimplemented() {
    let world = World::new();
    for path in ["/toondb.v1.KvService/Nothing", "/toondb.v1.Nothing/Get", "/toondb.v2.KvService/Get", "/x", "/"] {
        let status = world.peer().raw(path, Vec::new()).unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status:?}");
    }
    world.finish();
}

#[test]
fn every_operation_has_a_method_of_its_own() {
    let methods = contract_methods();
    let mut seen = BTreeSet::new();
    for code in OpCode::ALL {
        let path = code.method();
        let method = methods.iter().find(|method| method.path == path);
        let method = method.unwrap_or_else(|| panic!("{code:?} goes to {path}, which does not exist"));
        assert!(!method.takes_stream && !method.gives_stream, "{code:?} goes to {path}, a stream");
        assert!(seen.insert(path), "{path} is the method of two operations");
    }
}

/// The headers say under which number a call is asked for; another connection may ask again.
#[test]
fn a_call_under_a_number_is_carried_out_once() {
    let world = World::new();
    let id = "00112233445566778899aabbccddeeff";
    let ask = |headers: &[(&'static str, &str)]| {
        let mut peer = world.peer();
        peer.headers.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let increment = KvIncrementRequest { key: b"n".to_vec(), by: Some(1), ..Default::default() };
        peer.ask::<_, KvIncrementResponse>("KvService/Increment", increment)
    };
    let client = ("toondb-client-id", id);
    for (number, value) in [("1", 1), ("1", 1), ("2", 2), ("1", 1)] {
        assert_eq!(ask(&[client, ("toondb-request-number", number)]).unwrap().value, value);
    }
    let third = [client, ("toondb-request-number", "3"), ("toondb-answered-below", "3")];
    assert_eq!(ask(&third).unwrap().value, 3);
    for headers in [&[client][..], &[client, ("toondb-request-number", "x")]] {
        let status = ask(headers).unwrap_err();
        assert_eq!(error_code(&status), Some(ErrorCode::InvalidArgument), "{status:?}");
    }
    let status = ask(&[client, ("toondb-request-number", "1")]).unwrap_err();
    assert_eq!(error_code(&status), Some(ErrorCode::OutcomeUnknown), "its answer was let go: {status:?}");
    assert_eq!(ask(&[]).unwrap().value, 4);
    world.finish();
}
