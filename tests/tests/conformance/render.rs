//! Reads in formats: what each gives, which columns, and what is refused.

use toondb_engine::api::{
    AddNode, ByteBuf, ConvertText, CountTokens, Direction, ErrorCode, Flush, GetEdges, MultiGet, Neighbors, Node,
    OutputFormat, Properties, Render, RowsQuery, Scan, SearchCollection, Tokenizer, ToonOptions, Traverse,
    TraverseTemporal, Value,
};
use toondb_engine::format::{json, toon};
use toondb_tests::Script;
use toondb_tests::requests::{
    add_documents, add_edge, add_fact, add_node, at, bytes, create_collection, document_with, filter, get_documents,
    get_node, history, map, node, put, query, scan, search,
};

pub fn render(read: RowsQuery, format: OutputFormat, columns: &[&str]) -> Render {
    let columns = (!columns.is_empty()).then(|| columns.iter().map(|name| (*name).to_owned()).collect());
    Render { read, format, columns, tokenizer: None }
}

pub fn text(s: &mut Script, read: RowsQuery, format: OutputFormat, columns: &[&str]) -> String {
    let rendered = s.ok("default", render(read, format, columns));
    assert_eq!(rendered.format, format);
    String::from_utf8(rendered.data.into_vec()).unwrap()
}

fn as_toon(s: &mut Script, read: RowsQuery, columns: &[&str]) -> String {
    text(s, read, OutputFormat::Toon, columns)
}

fn fill(s: &mut Script) {
    s.ok("default", create_collection("docs", 2, Default::default()));
    let fields = |n: i64| Properties::new().with("kind", "note").with("n", n);
    let documents = vec![
        document_with("a", &[1.0, 0.0], fields(1)),
        document_with("b", &[0.6, 0.8], fields(2).with("tags", Value::List(vec!["x".into()]))),
    ];
    s.ok("default", add_documents("docs", documents));
}

fn keys(s: &mut Script) {
    s.ok("default", put("k:1", "one"));
    s.ok("default", put("k:2", "true"));
    s.ok("default", put("k:3", "a, b"));
    let all = || RowsQuery::Scan(scan("k:"));
    let toon = "[3]{key,value,version}:\n  \"k:1\",one,1\n  \"k:2\",\"true\",2\n  \"k:3\",\"a, b\",3";
    assert_eq!(as_toon(s, all(), &[]), toon);
    assert_eq!(as_toon(s, all(), &["value"]), "[3]{value}:\n  one\n  \"true\"\n  \"a, b\"");
    let json = text(s, all(), OutputFormat::Json, &["version", "key"]);
    assert_eq!(json, r#"[{"version":1,"key":"k:1"},{"version":2,"key":"k:2"},{"version":3,"key":"k:3"}]"#);
    assert_eq!(text(s, all(), OutputFormat::Markdown, &["key"]), "| key |\n|---|\n| k:1 |\n| k:2 |\n| k:3 |\n");
    let get = MultiGet { keys: vec![bytes("k:3"), bytes("none"), bytes("k:1")], snapshot: None };
    assert_eq!(as_toon(s, RowsQuery::MultiGet(get), &["key"]), "[2]{key}:\n  \"k:3\"\n  \"k:1\"");
    let page =
        s.ok("default", render(RowsQuery::Scan(Scan { limit: Some(2), ..scan("k:") }), OutputFormat::Toon, &["key"]));
    assert_eq!((page.rows, page.truncated), (2, true));
    let rest = Scan { cursor: page.cursor, ..scan("k:") };
    assert_eq!(as_toon(s, RowsQuery::Scan(rest), &["key"]), "[1]{key}:\n  \"k:3\"");
    assert_eq!(as_toon(s, RowsQuery::Scan(scan("none")), &[]), "[]");
    s.ok("default", toondb_engine::api::Put { value: ByteBuf::from(vec![0xff, 0]), ..put("k:4", "") });
    let raw = as_toon(s, RowsQuery::Scan(scan("k:4")), &["value"]);
    let back = toon::decode(&raw).unwrap();
    let row = Value::Map([("value".to_owned(), Value::Bytes(vec![0xff, 0]))].into());
    assert_eq!(back, Value::List(vec![row]));
}

fn documents(s: &mut Script) {
    fill(s);
    let get = || RowsQuery::GetDocuments(get_documents("docs", &["b", "none", "a"]));
    assert_eq!(as_toon(s, get(), &["id", "metadata.n"]), "[2]{id,metadata.n}:\n  b,2\n  a,1");
    let without = RowsQuery::GetDocuments(toondb_engine::api::GetDocuments {
        include_embedding: false,
        ..get_documents("docs", &["b", "none", "a"])
    });
    let whole = text(s, without, OutputFormat::Json, &[]);
    let rows = concat!(
        r#"[{"id":"b","content":"content of b","metadata.kind":"note","metadata.n":2,"metadata.tags":["x"]},"#,
        r#"{"id":"a","content":"content of a","metadata.kind":"note","metadata.n":1}]"#,
    );
    assert_eq!(whole, rows, "embeddings are left out unless the read includes them or a column names them");
    let included = text(s, get(), OutputFormat::Json, &[]);
    assert!(included.ends_with(r#","embedding":[1.0,0.0]}]"#), "{included}");
    assert_eq!(
        text(s, get(), OutputFormat::Json, &["id", "embedding"]),
        r#"[{"id":"b","embedding":[0.6,0.8]},{"id":"a","embedding":[1.0,0.0]}]"#
    );
    assert_eq!(
        as_toon(s, get(), &["metadata.tags", "id"]),
        "[2]:\n  - metadata.tags[1]: x\n    id: b\n  - metadata.tags: null\n    id: a"
    );
    let near = || RowsQuery::SearchCollection(search("docs", &[1.0, 0.0], 2));
    assert_eq!(as_toon(s, near(), &["id", "score"]), "[2]{id,score}:\n  a,1\n  b,0.6");
    let found = json::decode(&text(s, near(), OutputFormat::Json, &[])).unwrap();
    assert_eq!(toon::decode(&as_toon(s, near(), &[])).unwrap(), found, "the formats hold the same rows");
}

fn graph_and_facts(s: &mut Script) {
    s.ok("default", add_node("a"));
    s.ok("default", add_node("b"));
    s.ok("default", add_edge("a", "KNOWS", "b"));
    let near = || {
        RowsQuery::Neighbors(Neighbors {
            node_id: "a".into(),
            direction: Direction::Outgoing,
            filter: Default::default(),
            edge_types: None,
            limit: None,
            snapshot: None,
        })
    };
    let both = "nodes[1]{id,node_type,properties.name}:\n  b,thing,b\nedges[1]{from_id,edge_type,to_id}:\n  a,KNOWS,b";
    assert_eq!(as_toon(s, near(), &[]), both);
    assert_eq!(
        as_toon(s, near(), &["edge_type", "to_id"]),
        "[1]{edge_type,to_id}:\n  KNOWS,b",
        "one table has no name"
    );
    let walk = Traverse {
        start: "a".into(),
        order: Default::default(),
        max_depth: None,
        edge_types: None,
        direction: Direction::Outgoing,
        filter: Default::default(),
        limit: None,
        snapshot: None,
    };
    assert_eq!(as_toon(s, RowsQuery::Traverse(walk), &["id"]), "[2]{id}:\n  a\n  b");
    let edges = GetEdges {
        node_id: "a".into(),
        edge_types: None,
        direction: Direction::Both,
        filter: Default::default(),
        limit: None,
        cursor: None,
        snapshot: None,
    };
    assert_eq!(as_toon(s, RowsQuery::GetEdges(edges), &[]), "[1]{from_id,edge_type,to_id}:\n  a,KNOWS,b");

    s.ok("default", add_fact(("a", "AT", "home"), 10, Some(20)));
    s.ok("default", add_fact(("a", "AT", "work"), 20, None));
    let facts = "[1]{from_id,edge_type,to_id,valid_from,valid_until}:\n  a,AT,work,20,null";
    assert_eq!(as_toon(s, RowsQuery::QueryTemporal(query("a", at(25))), &[]), facts);
    let asserted = as_toon(s, RowsQuery::QueryTemporal(query("a", at(15))), &["to_id", "asserted_seq"]);
    assert_eq!(asserted, "[1]{to_id,asserted_seq}:\n  home,4");
    let past = as_toon(s, RowsQuery::TemporalHistory(history("a")), &[]);
    let header =
        "[2]{from_id,edge_type,to_id,valid_from,valid_until,asserted_seq,asserted_at,retracted_seq,retracted_at}:";
    assert_eq!(past.lines().next(), Some(header));
    let walk = TraverseTemporal {
        start: "a".into(),
        at: Some(toondb_engine::api::TimestampMs(15)),
        as_of: None,
        order: Default::default(),
        max_depth: None,
        edge_types: None,
        direction: Direction::Outgoing,
        limit: None,
        snapshot: None,
    };
    assert_eq!(as_toon(s, RowsQuery::TraverseTemporal(walk), &["to_id"]), "[1]{to_id}:\n  home");
}

fn the_shorter_is_chosen_and_counted(s: &mut Script) {
    fill(s);
    let read = || RowsQuery::GetDocuments(get_documents("docs", &["a", "b"]));
    let counted =
        |format, columns: &[&str]| Render { tokenizer: Some(Tokenizer::O200k), ..render(read(), format, columns) };
    for columns in [&["id", "content"][..], &["metadata.tags", "id"], &[]] {
        let (toon, json) = (
            s.ok("default", counted(OutputFormat::Toon, columns)),
            s.ok("default", counted(OutputFormat::Json, columns)),
        );
        let auto = s.ok("default", render(read(), OutputFormat::Auto, columns));
        assert_eq!(auto.tokens, toon.tokens.min(json.tokens));
        assert_eq!(auto.data, if auto.format == OutputFormat::Toon { toon.data } else { json.data });
        let text = String::from_utf8(auto.data.into_vec()).unwrap();
        assert_eq!(Some(s.ok("default", CountTokens { text, tokenizer: Tokenizer::O200k }).tokens), auto.tokens);
    }
    let columnar = s.ok("default", render(read(), OutputFormat::Columnar, &[]));
    assert_eq!((columnar.rows, columnar.tokens), (2, None));
}

fn what_cannot_be_is_refused(s: &mut Script) {
    fill(s);
    let read = || RowsQuery::GetDocuments(get_documents("docs", &["a"]));
    let error = s.fails(ErrorCode::InvalidArgument, "default", render(read(), OutputFormat::Toon, &["id", "title"]));
    assert!(
        error.message.ends_with("there are id, content, embedding, metadata, metadata.<name>"),
        "{}",
        error.message
    );
    s.fails(ErrorCode::InvalidArgument, "default", render(read(), OutputFormat::Toon, &["id", "id"]));
    s.fails(ErrorCode::InvalidArgument, "default", render(read(), OutputFormat::Toon, &["metadata", "metadata.n"]));
    let counted = Render { tokenizer: Some(Tokenizer::Cl100k), ..render(read(), OutputFormat::Columnar, &[]) };
    s.fails(ErrorCode::FormatConversion, "default", counted);
    let missing = RowsQuery::GetDocuments(get_documents("none", &["a"]));
    s.fails(ErrorCode::CollectionNotFound, "default", render(missing, OutputFormat::Toon, &[]));
}

fn texts_are_converted(s: &mut Script) {
    let toon = ToonOptions::default();
    let convert =
        |text: &str, to| ConvertText { text: text.to_owned(), from: None, to, tokenizer: Tokenizer::O200k, toon };
    let converted = s.ok("default", convert("{\"a\": [1, 2.5, null]}", OutputFormat::Toon));
    assert_eq!((converted.data.as_slice(), converted.lossless), (&b"a[3]: 1,2.5,null"[..], true));
    assert!(!s.ok("default", convert("[1]{a}:\n  x", OutputFormat::Markdown)).lossless);
    let error = s.fails(ErrorCode::FormatConversion, "default", convert("{\n\"a\": }", OutputFormat::Toon));
    assert!(error.message.contains("line 2, column 6"), "{}", error.message);
    let error = s.fails(ErrorCode::FormatConversion, "default", convert("a: 1\nb[2]: 1", OutputFormat::Json));
    assert!(error.message.contains("line 2, column 8"), "{}", error.message);
    s.fails(ErrorCode::LimitExceeded, "default", convert(&"[".repeat(100), OutputFormat::Json));
}

/// Through every door, also that with maps on the wire, where a mix of texts and other values must not lose its order.
fn fields_keep_their_order(s: &mut Script) {
    let nested = map([("z", Value::Null), ("a", map([("y", 1.into()), ("b", "t".into())])), ("m", 2.into())]);
    let mixed = || Properties::new().with("zulu", "last").with("alpha", 1).with("mike", nested.clone()).with("b", "t");
    let texts = || Properties::new().with("z", "1").with("a", "2");
    let typed = || Properties::new().with("z", 1).with("a", 2);
    s.ok("default", create_collection("docs", 1, Default::default()));
    for (id, fields) in [("mixed", mixed()), ("texts", texts()), ("typed", typed())] {
        s.ok("default", add_documents("docs", vec![document_with(id, &[1.0], fields.clone())]));
        s.ok("default", AddNode { node: Node { properties: fields.clone(), ..node(id) }, ..add_node(id) });
        let found = s.ok("default", get_documents("docs", &[id])).documents.remove(0).unwrap();
        let node = s.ok("default", get_node(id)).node.unwrap();
        let given = format!("{fields:?}");
        assert_eq!((format!("{:?}", found.metadata), format!("{:?}", node.properties)), (given.clone(), given));
    }
    s.ok("default", Flush {});
    s.lose_power();
    let read = || RowsQuery::GetDocuments(get_documents("docs", &["mixed"]));
    let json = text(s, read(), OutputFormat::Json, &["metadata"]);
    let wanted = r#"[{"metadata.zulu":"last","metadata.alpha":1,"metadata.mike":{"z":null,"a":{"y":1,"b":"t"},"m":2},"metadata.b":"t"}]"#;
    assert_eq!(json, wanted);
    let header = text(s, read(), OutputFormat::Markdown, &["metadata"]);
    assert!(header.starts_with("| metadata.zulu | metadata.alpha | metadata.mike | metadata.b |\n"), "{header}");
    // The same fields in another order are the same row of a table, and the same value of a filter.
    let turned = Properties::new().with("a", "3").with("z", "4");
    s.ok("default", add_documents("docs", vec![document_with("turned", &[1.0], turned)]));
    let both = RowsQuery::GetDocuments(get_documents("docs", &["texts", "turned"]));
    assert_eq!(as_toon(s, both, &["metadata"]), "[2]{metadata.z,metadata.a}:\n  \"1\",\"2\"\n  \"4\",\"3\"");
    let turned = map([("m", 2.into()), ("a", map([("b", "t".into()), ("y", 1.into())])), ("z", Value::Null)]);
    let filter = filter(map([("mike", map([("$eq", turned)]))]));
    let found = s.ok("default", SearchCollection { filter: Some(filter), ..search("docs", &[1.0], 5) }).hits;
    assert_eq!(found.iter().map(|hit| hit.document.id.as_ref().unwrap().as_str()).collect::<Vec<_>>(), ["mixed"]);
}

scenarios!(
    fields_keep_their_order,
    keys,
    documents,
    graph_and_facts,
    the_shorter_is_chosen_and_counted,
    what_cannot_be_is_refused,
    texts_are_converted
);
