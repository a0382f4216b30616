//! Who is let in, and what for: nothing at all is answered without a right to it, over every method that there is.

use std::collections::BTreeSet;

use prost::Message;
use prost::bytes::Bytes;
use tonic::{Code, Status};
use toondb_engine::api::{ErrorCode, OpCode, Right, Scope};
use toondb_engine::rng::{Rng, SeededRng};
use toondb_grpc::proto::*;

use crate::harness::{Method, Peer, World, code_of, contract_methods, error_code, every_method};

const DENIED: (Code, ErrorCode) = (Code::PermissionDenied, ErrorCode::PermissionDenied);
const REQUESTS: usize = 10_000;

/// What nobody in their right mind lets in, and one that was good once.
fn bad_headers(world: &World, token: &str) -> Vec<Vec<(&'static str, String)>> {
    let expired = world.token(&["a"], "read,write,admin", Some(1)).reveal();
    let revoked = world.token(&["a"], "read,write,admin", None);
    toondb_grpc::auth::revoke(world.dir.path(), revoked.id(), &*world.clock).unwrap();
    let bearer = |text: &str| vec![("authorization", format!("Bearer {text}"))];
    let mut other = token.to_owned();
    let last = other.pop().unwrap();
    other.push(if last == 'A' { 'B' } else { 'A' });
    world.clock.advance_ms(1_000);
    vec![
        vec![],
        bearer(""),
        bearer("x"),
        bearer(&other),
        bearer(&token[..token.len() - 1]),
        bearer(&format!("{token}x")),
        bearer(&format!("tdb_{}_{}", "0".repeat(16), "A".repeat(43))),
        bearer(&expired),
        bearer(&revoked.reveal()),
        bearer(&"x".repeat(8_000)),
        vec![("authorization", token.to_owned())],
        vec![("authorization", format!("Basic {token}"))],
        vec![("authorization", format!("Bearer {token}")), ("authorization", format!("Bearer {token}"))],
        vec![("x-authorization", format!("Bearer {token}"))],
        vec![("proxy-authorization", format!("Bearer {token}"))],
        vec![("cookie", format!("authorization=Bearer {token}"))],
    ]
}

/// The method's request with a foreign namespace in every field that could name one.
fn foreign(method: &Method) -> Vec<u8> {
    let checkpoint_id = format!("b/{}", "0".repeat(32));
    let namespace = || "b".to_owned();
    match method.path.rsplit('/').next().unwrap() {
        "RestoreCheckpoint" => RestoreCheckpointRequest { checkpoint_id, ..Default::default() }.encode_to_vec(),
        "DeleteCheckpoint" => DeleteCheckpointRequest { checkpoint_id, ..Default::default() }.encode_to_vec(),
        "ExportCheckpoint" => ExportCheckpointRequest { checkpoint_id, ..Default::default() }.encode_to_vec(),
        "CreateNamespace" | "GetNamespace" | "DeleteNamespace" => {
            GetNamespaceRequest { name: namespace() }.encode_to_vec()
        }
        "AddNode" => AddNodeRequest { namespace: namespace(), node: Some(GraphNode::default()), ..Default::default() }
            .encode_to_vec(),
        "AddEdge" => AddEdgeRequest { namespace: namespace(), edge: Some(GraphEdge::default()), ..Default::default() }
            .encode_to_vec(),
        "ImportCheckpoint" => ImportCheckpointRequest { namespace: namespace(), ..Default::default() }.encode_to_vec(),
        _ => in_namespace(method, "b"),
    }
}

/// The field of a request that is called `namespace`, wherever it is.
fn in_namespace(method: &Method, namespace: &str) -> Vec<u8> {
    let set = prost_types::FileDescriptorSet::decode(toondb_grpc::proto::DESCRIPTORS).unwrap();
    let name = method.request.rsplit('.').next().unwrap();
    let messages = set.file.iter().flat_map(|file| &file.message_type);
    let message = messages.into_iter().find(|message| message.name() == name).unwrap();
    let field = message.field.iter().find(|field| field.name() == "namespace");
    let Some(field) = field else { return Vec::new() };
    let mut bytes = Vec::new();
    prost::encoding::string::encode(u32::try_from(field.number()).unwrap(), &namespace.to_owned(), &mut bytes);
    bytes
}

/// Which methods of the contract need no namespace at all.
fn is_for_any_caller(method: &Method) -> bool {
    let any = ["/Ping", "/GetCapabilities", "/ListNamespaces"];
    any.iter().any(|name| method.path.ends_with(name))
}

fn is_absent(method: &Method) -> bool {
    ["Trace", "Policy", "Mcp", "Context"].iter().any(|name| method.service.ends_with(&format!(".{name}Service")))
}

#[test]
fn ten_thousand_requests_without_a_right_are_not_answered() {
    let seed = 0xACCE;
    let world = World::new();
    let token = world.token(&["a"], "read,write,admin", None).reveal();
    let headers = bad_headers(&world, &token);
    let peer = world.peer();
    // Health tells everybody whether the server serves.
    let methods: Vec<_> =
        every_method().into_iter().filter(|method| method.service != "grpc.health.v1.Health").collect();
    let rng = SeededRng::new(seed);
    let mut answered = Vec::new();
    let mut sent = 0;
    let mut broken = 0;
    let mut round = 0;
    while sent < REQUESTS {
        for method in &methods {
            let mut bytes = if method.service.starts_with("toondb") { foreign(method) } else { Vec::new() };
            if round % 3 == 1 {
                bytes = vec![0; 1 + usize::try_from(rng.next_u64() % 30).unwrap()];
                rng.fill(&mut bytes);
            }
            let stranger = Peer { headers: headers[round % headers.len()].clone(), ..peer.clone() };
            match stranger.raw(&method.path, bytes) {
                Err(status) if status.code() == Code::Unauthenticated => {
                    assert_eq!(error_code(&status), Some(ErrorCode::PermissionDenied), "{status:?}");
                }
                // The refusal does not wait for the body; a client that is still sending it may find its stream closed, and
                // one that has given up many streams, or sent much into refused ones, its connection.
                Err(status)
                    if matches!(status.code(), Code::Unknown | Code::Cancelled | Code::ResourceExhausted)
                        && std::error::Error::source(&status).is_some() =>
                {
                    broken += 1;
                }
                other => answered.push((seed, round, method.path.clone(), stranger.headers.clone(), other)),
            }
            sent += 1;
        }
        round += 1;
    }
    assert!(
        answered.is_empty(),
        "{} of {sent} were answered: {:?}",
        answered.len(),
        &answered[..3.min(answered.len())]
    );
    assert!(broken <= sent / 100, "{broken} of {sent} streams broke before the refusal came (seed {seed})");
    let foreigner = peer.bearing(&token);
    for method in contract_methods().iter().filter(|method| !is_for_any_caller(method) && !is_absent(method)) {
        let answer = foreigner.raw(&method.path, foreign(method));
        // A stream's first message tells where it goes; a request that cannot be one is refused before that.
        let status = answer.expect_err(&method.path);
        assert!(matches!(status.code(), Code::PermissionDenied | Code::InvalidArgument), "{}: {status:?}", method.path);
        sent += 1;
    }
    println!("{sent} requests, 0 answered");
    world.finish();
}

/// Every operation, at its method, with a token that has each right alone: what a wrong right is told, and that a request
/// with the right one gets past it.
#[test]
fn each_operation_needs_its_right_and_no_other_will_do() {
    let world = World::new();
    let peer = world.peer();
    let tokens: Vec<(Right, Peer)> = Right::ALL
        .into_iter()
        .map(|right| (right, peer.bearing(&world.token(&["a"], right.name(), None).reveal())))
        .collect();
    world.pass_token_poll();
    let methods = contract_methods();
    for code in OpCode::ALL {
        let method = methods.iter().find(|method| method.path == code.method()).unwrap();
        for (right, bearer) in &tokens {
            let bytes = match method.path.rsplit('/').next().unwrap() {
                "CreateNamespace" | "GetNamespace" | "DeleteNamespace" => {
                    GetNamespaceRequest { name: "a".into() }.encode_to_vec()
                }
                // These need more than a namespace before anybody asks for a right.
                "AddNode" | "AddEdge" | "ImportCheckpoint" | "RestoreCheckpoint" | "DeleteCheckpoint"
                | "ExportCheckpoint" => continue,
                _ => in_namespace(method, "a"),
            };
            let status = bearer.raw(&method.path, bytes).err();
            let denied = status.as_ref().is_some_and(|status| status.code() == Code::PermissionDenied);
            let malformed = status.as_ref().is_some_and(|status| status.code() == Code::InvalidArgument);
            let allowed = match code.scope() {
                Scope::Anyone => true,
                Scope::Server => false,
                Scope::Namespace | Scope::Caller => code.right() == *right,
            };
            assert!(denied != allowed || (malformed && !allowed), "{code:?} with {right}: {status:?}");
        }
    }
    world.finish();
}

fn put(peer: &Peer, namespace: &str) -> Result<KvPutResponse, Status> {
    let ask =
        KvPutRequest { namespace: namespace.into(), key: b"k".to_vec(), value: b"v".to_vec(), ..Default::default() };
    peer.ask("KvService/Put", ask)
}

fn get(peer: &Peer, namespace: &str) -> Result<KvGetResponse, Status> {
    peer.ask("KvService/Get", KvGetRequest { namespace: namespace.into(), key: b"k".to_vec(), snapshot: None })
}

/// A client asks for a sign of life when it connects, and a token that only writes is good for writing.
#[test]
fn a_token_of_any_right_connects() {
    let world = World::new();
    let tokens = Right::ALL.map(|right| world.token(&["a"], right.name(), None).reveal());
    world.pass_token_poll();
    for token in tokens {
        let options = toondb_grpc::ClientOptions { token: Some(token), ..Default::default() };
        world.client(options).unwrap();
    }
    let refused = world.client(toondb_grpc::ClientOptions::default()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::PermissionDenied);
    world.finish();
}

#[test]
fn read_write_and_admin_do_not_include_each_other() {
    let world = World::new();
    let peer = world.peer();
    let [read, write, admin] =
        ["read", "write", "admin"].map(|right| peer.bearing(&world.token(&["a", "default"], right, None).reveal()));
    world.pass_token_poll();
    assert_eq!(code_of(put(&read, "a")), DENIED);
    assert_eq!(code_of(put(&admin, "a")), DENIED);
    assert!(put(&write, "a").unwrap().success);
    assert_eq!(code_of(get(&write, "a")), DENIED);
    assert!(get(&read, "a").unwrap().found);
    assert!(put(&write, "").unwrap().success, "the default namespace has no name on the wire");
    let delete = || DeleteNamespaceRequest { name: "a".into() };
    let answer = |peer: &Peer| peer.ask::<_, DeleteNamespaceResponse>("NamespaceService/DeleteNamespace", delete());
    assert_eq!(code_of(answer(&write)), DENIED);
    assert_eq!(code_of(answer(&read)), DENIED);
    assert!(answer(&admin).unwrap().success);
    for namespace in ["b", "c", "../a", ""] {
        let stranger = peer.bearing(&world.token(&["z"], "read,write,admin", None).reveal());
        world.pass_token_poll();
        assert_eq!(code_of(put(&stranger, namespace)), DENIED);
        assert_eq!(code_of(get(&stranger, namespace)), DENIED);
    }
    world.finish();
}

#[test]
fn a_list_shows_what_the_caller_may_see() {
    let world = World::new();
    let peer = world.peer();
    for name in ["a", "b", "c"] {
        let _: KvPutResponse = put(&peer, name).unwrap();
    }
    let listed = |namespaces: &[&str]| {
        let bearer = peer.bearing(&world.token(namespaces, "read", None).reveal());
        world.pass_token_poll();
        let list: ListNamespacesResponse =
            bearer.ask("NamespaceService/ListNamespaces", ListNamespacesRequest {}).unwrap();
        list.namespaces.into_iter().map(|namespace| namespace.name).collect::<BTreeSet<_>>()
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(listed(&["a", "c", "later"]), names(&["a", "c"]));
    assert_eq!(listed(&["nothing"]), names(&[]));
    assert_eq!(listed(&[]), names(&["a", "b", "c", "default"]));
    world.finish();
}

/// The right to restore into one's own namespace is no right to read another's checkpoint.
#[test]
fn a_foreign_checkpoint_is_not_restored() {
    let world = World::new();
    let peer = world.peer();
    put(&peer, "secret").unwrap();
    let ask = CreateCheckpointRequest { name: "c".into(), namespace: "secret".into(), ..Default::default() };
    let made: CreateCheckpointResponse = peer.ask("CheckpointService/CreateCheckpoint", ask).unwrap();
    let checkpoint_id = made.checkpoint.unwrap().id;
    let all = peer.bearing(&world.token(&["mine"], "read,write,admin", None).reveal());
    world.pass_token_poll();
    for (target, id) in
        [("mine", checkpoint_id.clone()), ("", checkpoint_id.clone()), ("secret", checkpoint_id.clone())]
    {
        let ask = RestoreCheckpointRequest { checkpoint_id: id, target_namespace: target.into(), overwrite: true };
        let answer = all.ask::<_, RestoreCheckpointResponse>("CheckpointService/RestoreCheckpoint", ask);
        assert_eq!(code_of(answer), DENIED, "into {target:?}");
    }
    for namespace in ["", "mine", "secret"] {
        let ask = ExportCheckpointRequest {
            checkpoint_id: checkpoint_id.clone(),
            namespace: namespace.into(),
            ..Default::default()
        };
        let status = all.ask::<_, ExportCheckpointResponse>("CheckpointService/ExportCheckpoint", ask).unwrap_err();
        assert!(matches!(status.code(), Code::PermissionDenied | Code::InvalidArgument), "{status:?}");
        let ask = DeleteCheckpointRequest { checkpoint_id: checkpoint_id.clone(), namespace: namespace.into() };
        let status = all.ask::<_, DeleteCheckpointResponse>("CheckpointService/DeleteCheckpoint", ask).unwrap_err();
        assert!(matches!(status.code(), Code::PermissionDenied | Code::InvalidArgument), "{status:?}");
    }
    assert!(!get(&all, "mine").unwrap().found);
    // Health tells whether the server serves, and nothing else.
    let health: Vec<Bytes> = peer.raw("/grpc.health.v1.Health/Check", Vec::new()).unwrap();
    assert_eq!(health, [Bytes::from_static(&[8, 1])], "SERVING");
    world.finish();
}
