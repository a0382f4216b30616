//! Contexts: a limit that holds, priorities, duplicates, one instant.

use toondb_engine::api::{
    AssembleContext, ContextContent, ContextSection, CountTokens, ErrorCode, OutputFormat, RowsQuery, Tokenizer,
};
use toondb_engine::format::toon;
use toondb_tests::Script;
use toondb_tests::requests::{batch, get_documents, put, scan};

fn section(name: &str, priority: u32, read: RowsQuery, columns: &[&str]) -> ContextSection {
    let columns = (!columns.is_empty()).then(|| columns.iter().map(|name| (*name).to_owned()).collect());
    ContextSection { name: name.to_owned(), priority, content: ContextContent::Read { read, columns } }
}

fn literal(name: &str, priority: u32, text: &str) -> ContextSection {
    ContextSection { name: name.to_owned(), priority, content: ContextContent::Text(text.to_owned()) }
}

fn context(token_limit: u32, sections: Vec<ContextSection>) -> AssembleContext {
    AssembleContext {
        sections,
        token_limit,
        format: OutputFormat::Toon,
        tokenizer: Tokenizer::O200k,
        deduplicate: true,
        snapshot: None,
    }
}

fn keys(prefix: &str) -> RowsQuery {
    RowsQuery::Scan(scan(prefix))
}

fn fill(s: &mut Script) {
    let pairs: Vec<(String, String)> = (0..40).map(|n| (format!("k{n:02}"), format!("value number {n}"))).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    s.ok("default", batch(&pairs));
}

fn sections_stand_in_the_order_given(s: &mut Script) {
    s.ok("default", put("a", "one"));
    s.ok("default", put("b", "two"));
    let sections = vec![
        literal("", 9, "Answer from what follows."),
        section("First", 1, keys("a"), &["key", "value"]),
        section("Empty", 0, keys("none"), &[]),
        section("Second", 0, keys("b"), &["value"]),
    ];
    let found = s.ok("default", context(1_000, sections));
    let text = "Answer from what follows.\n\n## First\n[1]{key,value}:\n  a,one\n\n## Second\n[1]{value}:\n  two";
    assert_eq!(found.text, text);
    let count = CountTokens { text: text.to_owned(), tokenizer: Tokenizer::O200k };
    assert_eq!(found.tokens, s.ok("default", count).tokens);
    assert_eq!(found.sections.iter().map(|section| section.rows).collect::<Vec<_>>(), [1, 1, 0, 1]);
    assert!(found.sections.iter().all(|section| !section.truncated));
    assert_eq!(found.sections[3].content, "## Second\n[1]{value}:\n  two");
}

/// Whatever the limit, the whole text keeps it, rows are whole, and the more important section has the more.
fn the_limit_holds(s: &mut Script) {
    fill(s);
    for format in [OutputFormat::Toon, OutputFormat::Json, OutputFormat::Markdown, OutputFormat::Auto] {
        for limit in [40, 90, 150, 333, 600, 2_000] {
            let sections = vec![
                section("Low", 5, keys("k1"), &["key", "value"]),
                section("High", 1, keys("k0"), &["key", "value"]),
                literal("Notes", 7, "line one\nline two\nline three"),
            ];
            let found = s.ok("default", AssembleContext { format, ..context(limit, sections) });
            let counted = s.ok("default", CountTokens { text: found.text.clone(), tokenizer: Tokenizer::O200k }).tokens;
            assert_eq!(counted, found.tokens);
            assert!(counted <= u64::from(limit), "{counted} tokens, {limit} allowed");
            let [low, high, notes] = found.sections.as_slice() else { panic!("three sections") };
            for section in [low, high] {
                assert_eq!(section.rows + section.rows_dropped, 10);
                assert_eq!(section.truncated, section.rows < 10);
            }
            assert!(low.rows == 0 || high.rows == 10 || high.rows >= low.rows, "{format:?}, {limit}");
            assert_eq!(notes.rows + notes.rows_dropped, 3);
            if format == OutputFormat::Toon && high.rows > 0 {
                assert!(toon::decode(&high.content).is_ok(), "a heading is a comment in TOON");
            }
            if limit == 2_000 {
                assert_eq!((low.rows, high.rows, notes.rows), (10, 10, 3));
            }
        }
    }
}

fn a_limit_too_small_says_so(s: &mut Script) {
    fill(s);
    let one = |limit| context(limit, vec![section("Keys", 0, keys("k"), &["key", "value"])]);
    let error = s.fails(ErrorCode::InvalidArgument, "default", one(5));
    let least: u32 = error.message.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(s.ok("default", one(least)).sections[0].rows, 1, "{}", error.message);
    s.fails(ErrorCode::InvalidArgument, "default", one(least - 1));
    s.fails(ErrorCode::InvalidArgument, "default", one(0));
    let beside = vec![literal("", 0, "x"), section("Keys", 1, keys("k"), &["key", "value"])];
    let found = s.ok("default", context(5, beside));
    assert_eq!((found.text.as_str(), found.sections[1].rows, found.sections[1].truncated), ("x", 0, true));
    assert_eq!(s.ok("default", context(5, vec![section("None", 0, keys("none"), &[])])).text, "");
    let columnar = AssembleContext { format: OutputFormat::Columnar, ..one(100) };
    s.fails(ErrorCode::InvalidArgument, "default", columnar);
    s.fails(ErrorCode::InvalidArgument, "default", context(100, vec![literal("two\nlines", 0, "x")]));
    let missing = section("Docs", 0, RowsQuery::GetDocuments(get_documents("none", &["a"])), &[]);
    s.fails(ErrorCode::CollectionNotFound, "default", context(100, vec![missing]));
}

fn what_is_known_is_not_told_twice(s: &mut Script) {
    fill(s);
    let sections = || {
        vec![
            section("All", 2, keys("k0"), &["key"]),
            section("One", 1, keys("k03"), &["key", "value"]),
            literal("Note", 0, "same"),
            literal("Again", 3, "same"),
        ]
    };
    let found = s.ok("default", context(1_000, sections()));
    let counts = |found: &toondb_engine::api::Context| -> Vec<(u64, u64)> {
        found.sections.iter().map(|section| (section.rows, section.duplicates)).collect()
    };
    assert_eq!(counts(&found), [(9, 1), (1, 0), (1, 0), (0, 1)]);
    assert_eq!(found.text.matches("k03").count(), 1);
    let all = s.ok("default", AssembleContext { deduplicate: false, ..context(1_000, sections()) });
    assert_eq!(counts(&all), [(10, 0), (1, 0), (1, 0), (1, 0)]);
}

scenarios!(
    sections_stand_in_the_order_given,
    the_limit_holds,
    a_limit_too_small_says_so,
    what_is_known_is_not_told_twice
);
