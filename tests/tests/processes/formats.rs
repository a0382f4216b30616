//! `toondb convert`, `toondb tokens` and `--format` as a user types them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use toondb_engine::api::{CountTokens, Tokenizer, Value};
use toondb_engine::format::{count, json, toon};
use toondb_engine::{Engine, EngineOptions, limits};
use toondb_tests::requests::put;
use toondb_tests::{Served, TempDir, server_binary};

use crate::damage::namespace;

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(server_binary());
    command.env_remove("TOONDB_DATA").env_remove("TOONDB_SOCKET").args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input.as_bytes());
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}{error}");
    out.into_owned()
}

fn refused(arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const JSON: &str = r#"[{"id":1,"name":"Ann"},{"id":2,"name":"Bob, B"}]"#;
const TOON: &str = "[2]{id,name}:\n  1,Ann\n  2,\"Bob, B\"\n";

#[test]
fn texts_are_converted_from_files_and_standard_input() {
    assert_eq!(text(&["convert", "--format", "toon"], JSON), TOON);
    assert_eq!(text(&["convert", "-", "--from", "toon", "--format", "json"], TOON), format!("{JSON}\n"));
    assert_eq!(text(&["convert", "--format", "auto", "--tokenizer", "cl100k"], JSON), TOON);
    let markdown = text(&["convert", "--from", "json", "--format", "markdown"], JSON);
    assert_eq!(markdown, "| id | name |\n|---|---|\n| 1 | Ann |\n| 2 | Bob, B |\n");
    let dir = TempDir::new();
    let file = dir.join("rows.json");
    std::fs::write(&file, JSON).unwrap();
    assert_eq!(text(&["convert", file.to_str().unwrap(), "--format", "toon"], ""), TOON);
}

#[test]
fn tokens_are_counted_exactly() {
    assert_eq!(text(&["tokens"], "hello world"), "2\n");
    assert_eq!(text(&["tokens", "--tokenizer", "cl100k"], ""), "0\n");
    for (name, tokenizer) in [("o200k", Tokenizer::O200k), ("cl100k", Tokenizer::Cl100k)] {
        let wanted = count(&CountTokens { text: TOON.to_owned(), tokenizer }, &mut || Ok(())).unwrap().tokens;
        assert_eq!(text(&["tokens", "--tokenizer", name], TOON), format!("{wanted}\n"));
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let error = refused(&["convert", "--from", "toon", "--format", "json"], b"a: 1\nb: \"open\n");
    assert!(error.contains("standard input: malformed TOON at line 2, column 4"), "{error}");
    let error = refused(&["convert", "--format", "toon"], b"{\n  \"a\" 1}");
    assert!(error.contains("malformed JSON at line 2, column 7"), "{error}");
    let dir = TempDir::new();
    let file = dir.join("bytes");
    std::fs::write(&file, b"a\n\xc3\xa9\xff").unwrap();
    let error = refused(&["tokens", file.to_str().unwrap()], b"");
    assert!(error.contains("bytes: no UTF-8 at line 2, column 2"), "{error}");
    assert!(refused(&["tokens", dir.join("none").to_str().unwrap()], b"").contains("none: No such file"));
    assert!(refused(&["convert", "--format", "markdown"], b"1").contains("only a list of maps"));
    assert!(
        refused(&["convert", "--format", "columnar"], b"1").contains("possible values: toon, json, markdown, auto")
    );
    assert!(
        refused(&["convert", "--from", "markdown", "--format", "json"], b"1").contains("possible values: toon, json")
    );
    assert!(refused(&["convert"], b"1").contains("--format"));
    let long = vec![b' '; limits::TEXT_BYTES_MAX + 1];
    assert!(refused(&["tokens"], &long).contains("more than 16777216 bytes"));
}

fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    match value {
        Value::Map(fields) => fields.get(name).unwrap(),
        other => panic!("{other:?} is no map"),
    }
}

fn rows(value: &Value) -> &[Value] {
    match value {
        Value::List(rows) => rows,
        other => panic!("{other:?} is no list"),
    }
}

#[test]
fn counters_come_in_every_format() {
    let dir = TempDir::new();
    let socket = dir.join("s");
    let served = Served::start(&socket, &dir.join("data")).unwrap();
    served.client().call_op("agents", put("k", "value")).unwrap();
    let path = socket.to_str().unwrap();
    let stats = |rest: &[&str]| text(&[&["stats", "--socket", path], rest].concat(), "");

    let all = json::decode(&stats(&["--format", "json"])).unwrap();
    assert_eq!(rows(field(&all, "server")).len(), 1);
    assert_eq!(field(&rows(field(&all, "server"))[0], "pid"), &Value::Int(i64::from(served.pid())));
    let of_agents =
        rows(field(&all, "namespaces")).iter().find(|row| *field(row, "namespace") == Value::from("agents"));
    assert_eq!(field(of_agents.unwrap(), "keys"), &Value::Int(1));
    let one = toon::decode(&stats(&["--format", "toon", "--namespace", "agents"])).unwrap();
    assert_eq!((rows(&one).len(), field(&rows(&one)[0], "commit_seq")), (1, &Value::Int(1)));
    assert!(stats(&["--format", "markdown"]).contains("| namespace | keys |"));
    assert!(!stats(&["--format", "auto"]).is_empty());
    assert!(stats(&[]).starts_with("ToonDB "), "the table is the default");
    assert_eq!(stats(&["--namespace", "agents"]), stats(&["--namespace", "agents", "--format", "table"]));
    assert!(
        refused(&["stats", "--socket", path, "--format", "columnar"], b"").contains("possible values: table, toon")
    );
}

#[test]
fn a_damaged_namespace_is_named_and_hides_no_other() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("s"), dir.join("data"));
    {
        let engine = Engine::open(EngineOptions::new(&data)).unwrap();
        engine.run("default", put("k", "value")).unwrap();
        engine.close().unwrap();
    }
    std::fs::remove_file(namespace(&data).join("store.redb")).unwrap();
    let served = Served::start(&socket, &data).unwrap();
    served.client().call_op("sound", put("k", "value")).unwrap();
    let stats = |format: &str| {
        let output = Command::new(server_binary())
            .args(["stats", "--socket", socket.to_str().unwrap(), "--format", format])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}: a script must notice");
        assert!(String::from_utf8(output.stderr).unwrap().contains("1 namespaces cannot give their counters"));
        String::from_utf8(output.stdout).unwrap()
    };
    let table = stats("table");
    assert!(table.contains("Corrupt: namespace \"default\" cannot be opened: "), "{table}");
    assert!(table.lines().any(|line| line.starts_with("sound ")), "{table}");
    let all = json::decode(&stats("json")).unwrap();
    assert_eq!(field(&rows(field(&all, "namespaces"))[0], "namespace"), &Value::from("sound"));
    let failed = &rows(field(&all, "failed"))[0];
    assert_eq!((field(failed, "namespace"), field(failed, "code")), (&Value::from("default"), &Value::from("Corrupt")));
}

#[test]
fn tokens_of_callers_are_listed_in_every_format() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let data = data.to_str().unwrap();
    let create = ["token", "create", "--data", data, "--name", "agent-7", "--namespace", "a", "--rights", "read,write"];
    let id = text(&create, "")[4..20].to_owned();
    let list = |format: &str| text(&["token", "list", "--data", data, "--format", format], "");
    for found in [json::decode(&list("json")).unwrap(), toon::decode(&list("toon")).unwrap()] {
        let row = &rows(&found)[0];
        assert_eq!((field(row, "id"), field(row, "expires")), (&Value::from(id.as_str()), &Value::Null));
        assert_eq!((field(row, "rights"), field(row, "state")), (&Value::from("read,write"), &Value::from("valid")));
    }
    assert!(list("markdown").contains(&format!("| {id} | agent-7 |")));
    assert_eq!(list("table"), text(&["token", "list", "--data", data], ""));
    assert!(list("table").starts_with("id               name"));
}
