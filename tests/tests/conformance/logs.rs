//! Ordered logs: appended to, read, popped, trimmed, deleted.

use toondb_engine::api::{
    AppendLog, ByteBuf, CommitSeq, CreateCheckpoint, CreateNamespace, DeleteNamespace, Durability, ErrorCode, Flush,
    ListLogs, LogPage, NamespaceStatsRequest, OutputFormat, PopLog, ReadLog, Render, RestoreCheckpoint, RowsQuery,
    TakeSnapshot, TrimLog, Write,
};
use toondb_engine::limits;
use toondb_tests::Script;
use toondb_tests::requests::{append, bytes, commit, delete_log, entry, keep, pop, read_log};

fn rows(page: LogPage) -> Vec<(u64, String)> {
    page.entries.into_iter().map(|entry| (entry.position, String::from_utf8(entry.value.into_vec()).unwrap())).collect()
}

fn read(s: &mut Script, request: ReadLog) -> Vec<(u64, String)> {
    rows(s.ok("default", request))
}

fn named(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
    rows.iter().map(|(position, value)| (*position, (*value).to_owned())).collect()
}

fn positions_follow_each_other(s: &mut Script) {
    let first = s.ok("default", append("chat", &["a", "b"]));
    assert_eq!((first.first, first.commit_seq, first.durability), (1, CommitSeq(1), Durability::Durable));
    assert_eq!(s.ok("default", append("chat", &["c"])).first, 3);
    assert_eq!(s.ok("default", append("other", &["x"])).first, 1, "each log counts for itself");
    let nothing = s.ok("default", append("chat", &[]));
    assert_eq!((nothing.first, nothing.commit_seq), (4, CommitSeq(3)), "nothing takes no commit");
    assert_eq!(read(s, read_log("chat")), named(&[(1, "a"), (2, "b"), (3, "c")]));
    assert_eq!(s.ok("default", read_log("chat")).length, 3);
    s.reopen();
    assert_eq!(s.ok("default", append("chat", &["d"])).first, 4);
    s.lose_power();
    assert_eq!(s.ok("default", append("chat", &["e"])).first, 5);
    assert_eq!(read(s, read_log("chat")).len(), 5);
}

fn a_log_that_is_not_there_holds_nothing(s: &mut Script) {
    let page = s.ok("default", read_log("none"));
    assert_eq!((page.entries.len(), page.cursor, page.length), (0, None, 0));
    assert!(s.ok("default", pop("none", 3)).entries.is_empty());
    assert_eq!(s.ok("default", keep("none", 0)).deleted, 0);
    assert_eq!(s.ok("default", delete_log("none")).deleted, 0);
    assert_eq!(s.ok("default", append("none", &[])).first, 1);
    assert!(s.ok("default", ListLogs::default()).logs.is_empty(), "nothing of that has made it");
    assert!(s.ok("nowhere", read_log("none")).entries.is_empty());
}

fn windows(s: &mut Script) {
    s.ok("default", append("log", &["1", "2", "3", "4", "5", "6"]));
    let all = read_log("log");
    let bounds = |after: Option<u64>, before: Option<u64>, last: Option<u64>, limit: Option<u32>| ReadLog {
        after,
        before,
        last,
        limit,
        ..all.clone()
    };
    let none: [u64; 0] = [];
    let positions =
        |s: &mut Script, request: ReadLog| read(s, request).into_iter().map(|row| row.0).collect::<Vec<_>>();
    assert_eq!(positions(s, bounds(Some(4), None, None, None)), [5, 6]);
    assert_eq!(positions(s, bounds(Some(6), None, None, None)), none);
    assert_eq!(positions(s, bounds(Some(u64::MAX), None, None, None)), none);
    assert_eq!(positions(s, bounds(None, Some(3), None, None)), [1, 2]);
    assert_eq!(positions(s, bounds(Some(1), Some(5), None, None)), [2, 3, 4]);
    assert_eq!(positions(s, bounds(None, None, Some(2), None)), [5, 6], "the newest, in order");
    assert_eq!(positions(s, bounds(None, Some(5), Some(2), None)), [3, 4], "the newest before");
    assert_eq!(positions(s, bounds(Some(4), None, Some(5), None)), [5, 6]);
    assert_eq!(positions(s, bounds(None, None, Some(0), None)), none);
    assert_eq!(positions(s, bounds(None, None, Some(4), Some(2))), [3, 4], "a limit takes the oldest of them");
    assert_eq!(positions(s, bounds(None, Some(0), None, None)), none);
    assert_eq!(positions(s, bounds(Some(5), Some(3), None, None)), none);
    assert_eq!(s.ok("default", bounds(None, None, None, Some(0))).length, 6);
}

fn pages_go_on_where_they_ended(s: &mut Script) {
    s.ok("default", append("log", &["1", "2", "3", "4", "5"]));
    // What is appended between two pages is read by whoever wants everything, and not counted among the newest.
    for (last, expected) in [(None, vec![1, 2, 3, 4, 5, 6]), (Some(3), vec![4, 5, 6])] {
        let (mut found, mut cursor, mut is_first) = (Vec::new(), None, true);
        loop {
            let page = s.ok("default", ReadLog { last, limit: Some(2), cursor, ..read_log("log") });
            cursor = page.cursor.clone();
            found.extend(rows(page).into_iter().map(|row| row.0));
            if std::mem::take(&mut is_first) {
                s.ok("default", append("log", &["more"]));
            }
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "last {last:?}");
    }
    let wrong = ReadLog { cursor: Some(bytes("?")), ..read_log("log") };
    s.fails(ErrorCode::InvalidArgument, "default", wrong);
}

fn a_queue(s: &mut Script) {
    s.ok("default", append("queue", &["a", "b", "c", "d"]));
    let one = s.ok("default", PopLog { count: None, ..pop("queue", 1) });
    assert_eq!((one.entries[0].position, &one.entries[0].value, one.commit_seq), (1, &bytes("a"), CommitSeq(2)));
    let two = s.ok("default", pop("queue", 2)).entries;
    assert_eq!(two.iter().map(|entry| entry.position).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(s.ok("default", pop("queue", 10)).entries.len(), 1);
    let empty = s.ok("default", pop("queue", 10));
    assert_eq!((empty.entries.len(), empty.commit_seq), (0, CommitSeq(4)));
    s.reopen();
    assert_eq!(s.ok("default", append("queue", &["e"])).first, 5, "no position comes again");
    s.ok("default", Flush {});
    assert_eq!(s.ok("default", pop("queue", 1)).entries[0].position, 5);
    s.lose_power();
    assert_eq!(s.ok("default", append("queue", &["f"])).first, 6);
    s.fails(ErrorCode::InvalidArgument, "default", pop("queue", 0));
    s.fails(ErrorCode::LimitExceeded, "default", pop("queue", u32::try_from(limits::PAGE_ITEMS_MAX).unwrap() + 1));
}

fn trimming(s: &mut Script) {
    s.ok("default", append("log", &["1", "22", "333", "4444", "55555"]));
    let before = |position| TrimLog { before: Some(position), keep: None, ..keep("log", 0) };
    assert_eq!(s.ok("default", before(3)).deleted, 2);
    assert_eq!(s.ok("default", before(3)).deleted, 0);
    assert_eq!(s.ok("default", before(1)).deleted, 0);
    assert_eq!(s.ok("default", keep("log", 5)).deleted, 0);
    assert_eq!(read(s, read_log("log")), named(&[(3, "333"), (4, "4444"), (5, "55555")]));
    assert_eq!(s.ok("default", keep("log", 1)).deleted, 2);
    assert_eq!(read(s, read_log("log")), named(&[(5, "55555")]));
    assert_eq!(s.ok("default", before(u64::MAX)).deleted, 1);
    assert_eq!(s.ok("default", append("log", &["next"])).first, 6);
    let nothing = TrimLog { before: None, keep: None, ..keep("log", 0) };
    s.fails(ErrorCode::InvalidArgument, "default", nothing);
}

fn positions_outlive_a_deleted_log(s: &mut Script) {
    s.ok("default", append("log", &["1", "2", "3"]));
    s.ok("default", append("kept", &["k"]));
    assert_eq!(s.ok("default", delete_log("log")).deleted, 1);
    assert!(s.ok("default", read_log("log")).entries.is_empty());
    assert_eq!(s.ok("default", ListLogs::default()).logs.len(), 1);
    s.reopen();
    assert_eq!(s.ok("default", append("log", &["again"])).first, 4);
    assert_eq!(s.ok("default", append("kept", &["k"])).first, 2, "a log that stayed goes on");
    assert_eq!(s.ok("default", append("new", &["n"])).first, 4);
    assert_eq!(read(s, read_log("log")), named(&[(4, "again")]));
}

fn logs_are_listed(s: &mut Script) {
    for (name, values) in [("chat/a", &["1", "2"][..]), ("chat/b", &["333"][..]), ("jobs", &["x"][..])] {
        s.ok("default", append(name, values));
    }
    s.ok("default", pop("jobs", 1));
    let logs = s.ok("default", ListLogs::default()).logs;
    let told: Vec<_> = logs.iter().map(|log| (log.log.as_str(), log.length, log.first, log.next, log.bytes)).collect();
    assert_eq!(told, [("chat/a", 2, 1, 3, 50), ("chat/b", 1, 1, 2, 27), ("jobs", 0, 2, 2, 0)]);
    let chats = ListLogs { prefix: Some("chat/".to_owned()), limit: Some(1), ..ListLogs::default() };
    let page = s.ok("default", chats.clone());
    assert_eq!(page.logs.len(), 1);
    let rest = s.ok("default", ListLogs { cursor: page.cursor, ..chats });
    assert_eq!((rest.logs[0].log.as_str(), rest.cursor), ("chat/b", None));
}

fn bytes_are_counted(s: &mut Script) {
    let live = |s: &mut Script| s.ok("default", NamespaceStatsRequest {}).live_bytes;
    assert_eq!(live(s), 0);
    s.ok("default", append("log", &["12345", "1"]));
    assert_eq!(live(s), 3 + 40 + 2 * 24 + 6);
    s.ok("default", pop("log", 1));
    assert_eq!(live(s), 3 + 40 + 24 + 1);
    s.ok("default", append("log", &["12", "123"]));
    s.ok("default", keep("log", 1));
    assert_eq!(live(s), 3 + 40 + 24 + 3);
    s.ok("default", delete_log("log"));
    assert_eq!(live(s), 0);
    s.reopen();
    assert_eq!(live(s), 0);
}

fn values_of_any_bytes(s: &mut Script) {
    let all = ByteBuf::from((0..=255).collect::<Vec<u8>>());
    let values = vec![ByteBuf::new(), all.clone()];
    s.ok("default", AppendLog { values: values.clone(), ..append("log", &[]) });
    let found = s.ok("default", read_log("log")).entries;
    assert_eq!(found.into_iter().map(|entry| entry.value).collect::<Vec<_>>(), values);
    let large = AppendLog { values: vec![ByteBuf::from(vec![0; limits::VALUE_BYTES_MAX + 1])], ..append("log", &[]) };
    s.fails(ErrorCode::LimitExceeded, "default", large);
    for name in ["", "a\0b"] {
        s.fails(ErrorCode::InvalidArgument, "default", append(name, &["x"]));
    }
    s.fails(ErrorCode::LimitExceeded, "default", append(&"x".repeat(limits::ID_BYTES_MAX + 1), &["x"]));
}

fn appends_stand_in_commits(s: &mut Script) {
    let appended = |log: &str, value: &str| Write::AppendLog { log: log.into(), values: vec![bytes(value)] };
    let writes = vec![appended("a", "1"), Write::Put(entry("k", "v")), appended("a", "2"), appended("b", "3")];
    s.ok("default", commit(vec![], writes));
    assert_eq!(read(s, read_log("a")), named(&[(1, "1"), (2, "2")]));
    assert_eq!(read(s, read_log("b")), named(&[(1, "3")]));
    // One bad write refuses all of them.
    let bad = vec![appended("a", "no"), Write::Put(entry("", "v"))];
    s.fails(ErrorCode::InvalidArgument, "default", commit(vec![], bad));
    assert_eq!(s.ok("default", read_log("a")).length, 2);
}

fn a_snapshot_stands_still(s: &mut Script) {
    s.ok("default", append("log", &["1", "2", "3"]));
    let snapshot = Some(s.ok("default", TakeSnapshot {}).seq);
    s.ok("default", pop("log", 2));
    s.ok("default", append("log", &["4"]));
    s.ok("default", append("new", &["1"]));
    s.ok("default", Flush {});
    let page = s.ok("default", ReadLog { snapshot, ..read_log("log") });
    assert_eq!((page.length, rows(page)), (3, named(&[(1, "1"), (2, "2"), (3, "3")])));
    assert_eq!(s.ok("default", ListLogs { snapshot, ..ListLogs::default() }).logs.len(), 1);
    assert_eq!(read(s, read_log("log")), named(&[(3, "3"), (4, "4")]));
}

fn checkpoints_hold_logs(s: &mut Script) {
    s.ok("default", append("gone", &["1", "2", "3", "4"]));
    s.ok("default", delete_log("gone"));
    s.ok("default", append("log", &["1", "2", "3"]));
    s.ok("default", pop("log", 1));
    s.ok("default", append("empty", &["x"]));
    s.ok("default", pop("empty", 1));
    let taken = s.ok("default", CreateCheckpoint { name: "kept".to_owned(), ..CreateCheckpoint::default() }).id;
    let before = s.ok("default", ListLogs::default());
    s.ok("default", append("log", &["later"]));
    s.ok("copy", RestoreCheckpoint { checkpoint_id: taken, overwrite: false });
    assert_eq!(s.ok("copy", ListLogs::default()), before);
    let found = rows(s.ok("copy", read_log("log")));
    assert_eq!(found, named(&[(6, "2"), (7, "3")]));
    assert_eq!(s.ok("copy", append("log", &["on"])).first, 8);
    assert_eq!(s.ok("copy", append("gone", &["on"])).first, 5, "also there no position comes again");
    s.ok("copy", DeleteNamespace {});
    s.ok("copy", CreateNamespace::default());
    assert!(s.ok("copy", ListLogs::default()).logs.is_empty());
}

fn entries_are_rendered(s: &mut Script) {
    s.ok("default", append("log", &["one", "two"]));
    let render = |read| Render { read, format: OutputFormat::Json, columns: None, tokenizer: None };
    let text = |s: &mut Script, render: Render| String::from_utf8(s.ok("default", render).data.into_vec()).unwrap();
    let whole = render(RowsQuery::ReadLog(read_log("log")));
    assert_eq!(text(s, whole.clone()), r#"[{"position":1,"value":"one"},{"position":2,"value":"two"}]"#);
    let positions = Render { columns: Some(vec!["position".to_owned()]), ..whole };
    assert_eq!(text(s, positions), r#"[{"position":1},{"position":2}]"#);
    let logs = render(RowsQuery::ListLogs(ListLogs::default()));
    assert_eq!(text(s, logs), r#"[{"log":"log","length":2,"first":1,"next":3,"bytes":54}]"#);
}

scenarios!(
    positions_follow_each_other,
    a_log_that_is_not_there_holds_nothing,
    windows,
    pages_go_on_where_they_ended,
    a_queue,
    trimming,
    positions_outlive_a_deleted_log,
    logs_are_listed,
    bytes_are_counted,
    values_of_any_bytes,
    appends_stand_in_commits,
    a_snapshot_stands_still,
    checkpoints_hold_logs,
    entries_are_rendered,
);
