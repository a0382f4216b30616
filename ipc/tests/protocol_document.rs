//! Reads `docs/protocol.md` and holds it to its word: each example is decoded, and encoded again to the very same bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure fails the test"
)]

use std::collections::BTreeMap;

use toondb_engine::api::{
    ByteBuf, Commit, CommitSeq, Condition, Durability, Effect, Embedding, Error, ErrorCode, Get, KvValue, MaybeValue,
    OpCode, Precondition, Put, PutEntry, Request, Response, Result, SearchVectors, Target, Write, Written,
};
use toondb_ipc::{
    HELLO_CODE, Hello, Welcome, read_args, read_body, read_request, read_response, write_request, write_result,
    write_success,
};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md");

fn document() -> String {
    std::fs::read_to_string(DOCUMENT).unwrap()
}

enum Example {
    Hello(u64, Hello),
    Welcome(u64, Welcome),
    Request(u64, &'static str, Request),
    Response(u64, OpCode, Result<Response>),
}

fn key(text: &str) -> ByteBuf {
    ByteBuf::from(text.as_bytes())
}

fn requests() -> [(&'static str, Example); 6] {
    let get = Request::Get(Get { key: key("user:1"), snapshot: None });
    let put = Put { key: key("user:1"), value: key("Ada"), ttl_ms: Some(60_000), durability: Durability::Durable };
    let search = SearchVectors {
        index: "memories".into(),
        query: Embedding(vec![1.0, 0.0, -0.5]),
        k: Some(3),
        ef: None,
        include_embedding: false,
        snapshot: None,
        ..SearchVectors::default()
    };
    let commit = Commit {
        writes: vec![
            Write::Put(PutEntry { key: key("a"), value: key("1"), ttl_ms: None }),
            Write::DeleteKey { key: key("b") },
        ],
        preconditions: vec![Precondition {
            target: Target::Key { key: key("a") },
            condition: Condition::UnchangedSince { seq: CommitSeq(7), count: 0 },
        }],
        snapshot: None,
        durability: Durability::Volatile,
    };
    [
        ("hello", Example::Hello(1, Hello::new("docs"))),
        ("open-hello", Example::Hello(1, Hello::new("docs").with_successor("0.5.0"))),
        ("get", Example::Request(2, "default", get)),
        ("put", Example::Request(3, "tenant-a", Request::Put(put))),
        ("search", Example::Request(4, "default", Request::SearchVectors(search))),
        ("commit", Example::Request(5, "default", Request::Commit(commit))),
    ]
}

fn responses() -> [(&'static str, Example); 6] {
    let welcome = Welcome {
        protocol: 1,
        server: "0.4.0".to_owned(),
        frame_bytes_max: 83_886_080,
        pipeline_max: 256,
        depth_max: 64,
        elements_max: 2_000_000,
        numbers: true,
        directory: None,
        gives_way: false,
    };
    let yielding = Welcome { directory: Some("fe01-1a2b".to_owned()), gives_way: true, ..welcome.clone() };
    let value = KvValue { value: key("Ada"), version: CommitSeq(7) };
    let written = Written { commit_seq: CommitSeq(300), durability: Durability::Durable };
    let busy = Error::new(ErrorCode::Busy, "later");
    [
        ("hello-answer", Example::Welcome(1, welcome)),
        ("open-hello-answer", Example::Welcome(1, yielding)),
        ("get-answer", Example::Response(2, OpCode::Get, Ok(Response::Get(MaybeValue { found: Some(value) })))),
        ("get-absent", Example::Response(2, OpCode::Get, Ok(Response::Get(MaybeValue { found: None })))),
        ("put-answer", Example::Response(3, OpCode::Put, Ok(Response::Put(written)))),
        ("failure", Example::Response(4, OpCode::SearchVectors, Err(busy))),
    ]
}

fn encode(example: &Example) -> Vec<u8> {
    let mut out = Vec::new();
    match example {
        Example::Hello(id, hello) => write_request(&mut out, *id, HELLO_CODE, "", hello).unwrap(),
        Example::Welcome(id, welcome) => write_success(&mut out, *id, welcome).unwrap(),
        Example::Request(id, namespace, request) => {
            write_request(&mut out, *id, request.code().number(), namespace, request).unwrap();
        }
        Example::Response(id, _, result) => write_result(&mut out, *id, result),
    }
    out
}

fn check_decoding(name: &str, frame: &[u8], example: &Example) {
    let (header, payload) = frame.split_at(4);
    assert_eq!(u32::from_be_bytes(header.try_into().unwrap()) as usize, payload.len(), "length of {name}");
    match example {
        Example::Hello(id, hello) => {
            let head = read_request(payload).unwrap();
            assert_eq!((head.id, head.op, head.namespace), (*id, HELLO_CODE, ""));
            assert_eq!(&rmp_serde::from_slice::<Hello>(head.args).unwrap(), hello);
        }
        Example::Welcome(id, welcome) => {
            let head = read_response(payload).unwrap();
            assert_eq!((head.id, head.status), (*id, 0));
            assert_eq!(&rmp_serde::from_slice::<Welcome>(head.body).unwrap(), welcome);
        }
        Example::Request(id, namespace, request) => {
            let head = read_request(payload).unwrap();
            assert_eq!((head.id, head.namespace), (*id, *namespace), "{name}");
            assert_eq!(&read_args(&head).unwrap(), request, "{name}");
        }
        Example::Response(id, code, result) => {
            let head = read_response(payload).unwrap();
            assert_eq!(head.id, *id, "{name}");
            assert_eq!(&read_body(*code, &head), result, "{name}");
        }
    }
}

/// The bytes of each fenced block ```` ```frame <name> ````; text behind `#` explains.
fn document_frames() -> BTreeMap<String, Vec<u8>> {
    let mut frames = BTreeMap::new();
    let mut open: Option<(String, Vec<u8>)> = None;
    for line in document().lines() {
        match &mut open {
            None => open = line.strip_prefix("```frame ").map(|name| (name.trim().to_owned(), Vec::new())),
            Some((name, bytes)) if line.starts_with("```") => {
                assert!(frames.insert(name.clone(), std::mem::take(bytes)).is_none(), "{name} occurs twice");
                open = None;
            }
            Some((name, bytes)) => {
                for pair in line.split('#').next().unwrap_or_default().split_whitespace() {
                    bytes.push(u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair:?} in {name}")));
                }
            }
        }
    }
    frames
}

#[test]
fn every_example_is_exact_both_ways() {
    let mut frames = document_frames();
    for (name, example) in requests().into_iter().chain(responses()) {
        let expected = encode(&example);
        let hex: Vec<String> = expected.iter().map(|byte| format!("{byte:02x}")).collect();
        let frame =
            frames.remove(name).unwrap_or_else(|| panic!("no example {name}; its bytes are\n{}", hex.join(" ")));
        assert_eq!(frame, expected, "{name} should be\n{}", hex.join(" "));
        check_decoding(name, &frame, &example);
    }
    assert!(frames.is_empty(), "the document has examples that no test knows: {:?}", frames.keys());
}

/// A row of the document's table.
fn row(code: OpCode) -> String {
    let ((request, answer), right) = (code.types(), code.right());
    let (number, name, summary) = (code.number(), code.name(), code.summary());
    let again = if code.effect() == Effect::Keeps { "yes" } else { "no" };
    format!("| {number} | `{name}` | `{request}` | `{answer}` | {right} | {again} | {summary} |")
}

/// The table is written by this test, from the engine's: `TOONDB_WRITE_DOCS=1 cargo test -p toondb-ipc --test protocol_document`.
#[test]
fn the_table_of_operations_is_the_engines() {
    let rows: Vec<String> = OpCode::ALL.iter().map(|code| row(*code)).collect();
    let document = document();
    let first = row(OpCode::ALL[0]);
    let head = "|---|---|---|---|---|---|---|\n";
    let start = document.find(&format!("{head}{}", first.split(" | `").next().unwrap())).unwrap() + head.len();
    let end = start + document[start..].find("\n\n").unwrap();
    if std::env::var_os("TOONDB_WRITE_DOCS").is_some() {
        let written = format!("{}{}{}", &document[..start], rows.join("\n"), &document[end..]);
        std::fs::write(DOCUMENT, written).unwrap();
        return;
    }
    let found: Vec<&str> = document[start..end].lines().collect();
    assert_eq!(found, rows, "let it be written anew: see above");
}

#[test]
fn the_table_of_errors_is_complete() {
    let document = document();
    for code in ErrorCode::ALL {
        let row = format!("| {} | `{code:?}` |", u16::from(code));
        assert!(document.contains(&row), "no row {row}");
    }
}
