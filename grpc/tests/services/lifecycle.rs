//! From the start to the end: health, reflection, two frontends, a Unix socket, and the last requests.

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest as Check, HealthCheckResponse as Health};
use tonic_reflection::pb::v1 as reflection;
use toondb_engine::api::{ErrorCode, Get, Ping};
use toondb_grpc::proto::*;
use toondb_grpc::{BlockingClient, ClientOptions, Listener, Server, ServerOptions};

use crate::harness::{Peer, World, every_method, wait_until};

fn health(peer: &Peer, service: &str) -> Result<ServingStatus, Code> {
    let bytes = Check { service: service.to_owned() }.encode_to_vec();
    let answers = peer.raw("/grpc.health.v1.Health/Check", bytes).map_err(|status| status.code())?;
    Ok(Health::decode(answers[0].clone()).unwrap().status())
}

#[test]
fn health_is_told_of_every_service_that_serves() {
    let world = World::new();
    let peer = world.peer();
    for service in ["", "toondb.v1.KvService", "toondb.v1.GraphService", "toondb.v1.EngineService"] {
        assert_eq!(health(&peer, service), Ok(ServingStatus::Serving), "{service}");
    }
    for service in ["toondb.v1.TraceService", "nothing"] {
        assert_eq!(health(&peer, service), Err(Code::NotFound), "{service}");
    }
    world.finish();
}

/// A watcher hears of the end before the connection goes.
#[test]
fn a_watcher_of_health_hears_of_the_end() {
    let mut world = World::new();
    let peer = world.peer();
    let server = world.server.take().unwrap();
    let peer_address = server.address().unwrap();
    let _inside = world.runtime.enter();
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{peer_address}")).unwrap();
    let watcher = world.peer_on(endpoint.connect_lazy());
    drop(_inside);
    drop(peer);
    let codec: tonic_prost::ProstCodec<Check, Health> = tonic_prost::ProstCodec::default();
    let mut stream = watcher.wait(async {
        let mut grpc = watcher.grpc();
        grpc.ready().await.unwrap();
        let path = "/grpc.health.v1.Health/Watch".parse().unwrap();
        grpc.server_streaming(watcher.request(Check::default()), path, codec).await.unwrap().into_inner()
    });
    let first = watcher.wait(stream.message()).unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);
    let ending = std::thread::spawn(move || server.shutdown());
    let second = watcher.wait(stream.message()).unwrap().unwrap();
    assert_eq!(second.status(), ServingStatus::NotServing);
    drop((stream, watcher));
    assert!(ending.join().unwrap(), "a watch does not hold up the end");
    world.finish();
}

#[test]
fn reflection_lists_every_service_and_its_file() {
    let world = World::new();
    let peer = world.peer();
    let ask = |message_request| {
        let request =
            reflection::ServerReflectionRequest { host: String::new(), message_request: Some(message_request) };
        let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
        let answers = peer.raw(path, request.encode_to_vec()).unwrap();
        reflection::ServerReflectionResponse::decode(answers[0].clone()).unwrap().message_response.unwrap()
    };
    use reflection::server_reflection_request::MessageRequest;
    use reflection::server_reflection_response::MessageResponse;
    let MessageResponse::ListServicesResponse(list) = ask(MessageRequest::ListServices(String::new())) else {
        panic!("a list is answered by a list");
    };
    let listed: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for method in every_method().iter().filter(|method| !method.service.contains("reflection")) {
        assert!(listed.contains(&method.service), "{} is not in {listed:?}", method.service);
        let symbol = MessageRequest::FileContainingSymbol(method.service.clone());
        assert!(matches!(ask(symbol), MessageResponse::FileDescriptorResponse(_)), "{}", method.service);
    }
    world.finish();
}

/// Writes without a pause; at the end each write was acknowledged and is there, or was not and may be.
#[test]
fn the_end_answers_what_was_accepted() {
    let mut world = World::new();
    let server = world.server.take().unwrap();
    let address = server.address().unwrap().to_string();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let client = BlockingClient::connect(address.parse().unwrap(), ClientOptions::default(), None).unwrap();
            std::thread::spawn(move || {
                let mut acknowledged = Vec::new();
                for i in 0.. {
                    let key = format!("{writer}/{i}").into_bytes();
                    let put = toondb_engine::api::Put {
                        key: key.clone().into(),
                        value: b"v".to_vec().into(),
                        ttl_ms: None,
                        durability: toondb_engine::api::Durability::Durable,
                    };
                    match client.call_op("", put) {
                        Ok(_) => acknowledged.push(key),
                        Err(error) => return (acknowledged, error),
                    }
                }
                unreachable!("the server ends before the numbers do")
            })
        })
        .collect();
    let engine = world.engine.clone();
    let has = |key: &[u8]| {
        let get = Get { key: key.to_vec().into(), snapshot: None };
        use toondb_engine::Service;
        use toondb_engine::api::Operation;
        Get::take_reply(engine.call("", get.into_request()).unwrap()).unwrap().found.is_some()
    };
    wait_until("the writers have begun", || (0..4).all(|writer| has(format!("{writer}/50").as_bytes())));
    assert!(server.shutdown(), "everything was answered");
    for writer in writers {
        let (acknowledged, error) = writer.join().unwrap();
        assert!(acknowledged.iter().all(|key| has(key)), "an acknowledged write is lost");
        // The write after the last acknowledged one was never sent, or nobody can know.
        let known =
            matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::OutcomeUnknown | ErrorCode::ShuttingDown);
        assert!(known, "{error:?}");
    }
    world.finish();
}

#[test]
fn an_open_scan_is_finished_and_new_calls_are_refused() {
    let mut world = World::new();
    let peer = world.peer();
    let entry = |i: u32| KvPutEntry { key: format!("{i:05}").into(), value: vec![1; 1_000], ..Default::default() };
    let ask = KvBatchPutRequest { entries: (0..30_000).map(entry).collect(), ..Default::default() };
    let _: KvBatchPutResponse = peer.ask("KvService/BatchPut", ask).unwrap();
    let late = world.peer();
    let mut stream = peer.wait(peer.stream::<_, KvScanResponse>("KvService/Scan", KvScanRequest::default())).unwrap();
    assert!(peer.wait(stream.message()).unwrap().is_some());
    let server = world.server.take().unwrap();
    let ending = std::thread::spawn(move || server.shutdown());
    wait_until("new calls are refused", || late.ask::<_, PingResponse>("EngineService/Ping", PingRequest {}).is_err());
    let rest = peer.wait(async {
        let mut rest = 0;
        while stream.message().await.unwrap().is_some() {
            rest += 1;
        }
        rest
    });
    assert_eq!(rest, 29_999);
    drop((stream, peer, late));
    assert!(ending.join().unwrap(), "everything was answered");
    world.finish();
}

/// Who reads nothing holds the end up for no longer than the time for it.
#[test]
fn an_end_that_is_held_up_comes_nevertheless() {
    let mut world =
        World::with(&ServerOptions { drain_timeout: Duration::from_millis(100), ..ServerOptions::default() });
    let peer = world.peer();
    let entry = |i: u32| KvPutEntry { key: format!("{i:05}").into(), value: vec![1; 10_000], ..Default::default() };
    for part in 0..10 {
        let entries = (part * 1_000..part * 1_000 + 1_000).map(entry).collect();
        let _: KvBatchPutResponse =
            peer.ask("KvService/BatchPut", KvBatchPutRequest { entries, ..Default::default() }).unwrap();
    }
    let stream = peer.wait(peer.stream::<_, KvScanResponse>("KvService/Scan", KvScanRequest::default())).unwrap();
    assert!(!world.server.take().unwrap().shutdown(), "not everything was answered, and it says so");
    drop((stream, peer));
    world.finish();
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let world = World::new();
    let error = Listener::bind(world.address()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    world.finish();
}

#[test]
fn a_unix_socket_serves_all_of_it() {
    let world = World::without_server();
    let path = world.dir.join("g");
    let listener = Listener::Unix(UnixListener::bind(&path).unwrap());
    let server = Server::start(listener, &ServerOptions::default(), world.backend()).unwrap();
    assert_eq!(server.address(), None);
    let address = format!("unix:{}", path.display());
    let client = BlockingClient::connect(address.parse().unwrap(), ClientOptions::default(), None).unwrap();
    client.call_op("", Ping {}).unwrap();
    let token = world.token(&["a"], "read", None).reveal();
    world.pass_token_poll();
    assert_eq!(client.call_op("", Ping {}).unwrap_err().code, ErrorCode::PermissionDenied, "tokens count here as well");
    let options = ClientOptions { token: Some(token), ..ClientOptions::default() };
    BlockingClient::connect(address.parse().unwrap(), options, None).unwrap();
    assert!(server.shutdown());
    world.finish();
}

/// The rule of the other socket: a server lets in its own user, and a client speaks to a server of its own user or root's.
#[test]
fn users_are_checked_on_both_sides_of_a_unix_socket() {
    let world = World::without_server();
    let own = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap());
    let serve = |name: &str, uids: Vec<u32>| {
        let path = world.dir.join(name);
        let listener = Listener::Unix(UnixListener::bind(&path).unwrap());
        let server =
            Server::start(listener, &ServerOptions { uids, ..ServerOptions::default() }, world.backend()).unwrap();
        (server, format!("unix:{}", path.display()).parse::<toondb_grpc::Address>().unwrap())
    };
    let (closed, address) = serve("closed", vec![own + 1]);
    let refused = BlockingClient::connect(address, ClientOptions::default(), None).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ConnectionFailed, "{refused}");
    let (open, address) = serve("open", vec![own]);
    let wary = ClientOptions { server_uids: vec![own + 1], ..ClientOptions::default() };
    let refused = BlockingClient::connect(address.clone(), wary, None).unwrap_err();
    assert_eq!(refused.code, ErrorCode::PermissionDenied, "{refused}");
    assert!(refused.message.contains("not trusted"), "{refused}");
    BlockingClient::connect(address, ClientOptions::default(), None).unwrap();
    assert!(closed.shutdown() && open.shutdown());
    world.finish();
}

#[test]
fn two_servers_share_one_engine() {
    let world = World::new();
    let second = world.serve(&ServerOptions::default());
    let socket = world.dir.join("s");
    let engine = Arc::new(world.engine.clone());
    let ipc = toondb_ipc::Server::bind(&socket, toondb_ipc::ServerOptions::default(), engine).unwrap();
    let other =
        BlockingClient::connect(second.address().unwrap().to_string().parse().unwrap(), ClientOptions::default(), None);
    let ask = KvPutRequest { key: b"k".to_vec(), value: b"v".to_vec(), ..Default::default() };
    let _: KvPutResponse = world.peer().ask("KvService/Put", ask).unwrap();
    let get = || Get { key: b"k".to_vec().into(), snapshot: None };
    assert!(other.unwrap().call_op("", get()).unwrap().found.is_some());
    let client = toondb_ipc::BlockingClient::connect(&socket, toondb_ipc::ClientOptions::default()).unwrap();
    assert!(client.call_op("default", get()).unwrap().found.is_some());
    drop(client);
    assert!(second.shutdown() && ipc.shutdown());
    world.finish();
}
