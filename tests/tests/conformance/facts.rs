//! Facts beyond one node at one time: stated values, lists across nodes, what changed, the newest first, paths, forgetting.

use toondb_engine::api::{
    AsOf, ByteBuf, CommitSeq, Direction, EraseTemporal, ErrorCode, Filter, ListFacts, NamespaceStatsRequest, Predicate,
    Properties, QueryTemporal, StateFact, StatedFact, Superseded, TakeSnapshot, TemporalEdge, TemporalHistory,
    TemporalMode, TemporalNeighbors, TemporalShortestPath, TimestampMs, Value, Write,
};
use toondb_tests::requests::{
    add_fact, add_node, at, bytes, commit, during, fact, history, query, state, temporal_neighbors, temporal_path,
};
use toondb_tests::{CLOCK_START_MS, Script};

use crate::temporal::{close, short, supersede};

/// Facts of every time.
const EVER: TemporalMode = TemporalMode::Range { start: None, end: None, clip: false };

fn ever() -> ListFacts {
    ListFacts { mode: Some(EVER), ..ListFacts::default() }
}

/// `from to[from,until)`, so that expectations of several nodes can be read.
fn lines(edges: &[TemporalEdge]) -> Vec<String> {
    edges.iter().zip(short(edges)).map(|(edge, text)| format!("{} {text}", edge.from_id)).collect()
}

fn with_field(
    ends: (&str, &str, &str),
    from: i64,
    until: Option<i64>,
    source: &str,
) -> toondb_engine::api::AddTemporalEdge {
    let mut add = add_fact(ends, from, until);
    add.fact.properties = Properties::new().with("source", source);
    add
}

fn source_is(source: &str) -> Option<Filter> {
    Some(Filter::on("source", Predicate::Eq(Value::from(source))).unwrap())
}

fn all(s: &mut Script, node: &str) -> Vec<String> {
    short(&s.ok("default", query(node, EVER)).edges)
}

fn ends_of_a_range_may_be_left_out(s: &mut Script) {
    s.ok("default", add_fact(("a", "r", "b"), i64::MIN, Some(0)));
    s.ok("default", add_fact(("a", "r", "c"), 0, Some(10)));
    s.ok("default", add_fact(("a", "r", "d"), 10, None));
    let to = |edges: Vec<TemporalEdge>| edges.iter().map(|edge| edge.to_id.to_string()).collect::<String>();
    let half = |start: Option<i64>, end: Option<i64>| TemporalMode::Range {
        start: start.map(TimestampMs),
        end: end.map(TimestampMs),
        clip: false,
    };
    for (start, end, found) in [
        (None, None, "bcd"),
        (Some(0), None, "cd"),
        (Some(10), None, "d"),
        (None, Some(0), "b"),
        (None, Some(1), "bc"),
        (Some(i64::MIN), Some(i64::MAX), "bcd"),
        (Some(i64::MAX), None, "d"),
    ] {
        assert_eq!(to(s.ok("default", query("a", half(start, end))).edges), found, "{start:?} {end:?}");
    }
    let clip = TemporalMode::Range { start: Some(TimestampMs(5)), end: None, clip: true };
    assert_eq!(short(&s.ok("default", query("a", clip)).edges), ["c[5,10)", "d[10,-)"]);
    s.fails(ErrorCode::InvalidArgument, "default", query("a", half(Some(5), Some(5))));
    s.fails(ErrorCode::InvalidArgument, "default", query("a", half(None, Some(i64::MIN))));
}

fn closing_brings_a_planned_end_forward(s: &mut Script) {
    s.ok("default", add_fact(("a", "r", "b"), 10, Some(50)));
    assert_eq!(short(&s.ok("default", close(("a", "r", "b"), Some(30))).edges), ["b[10,30)"]);
    for ended in [30, 31, 50] {
        s.fails(ErrorCode::EdgeNotFound, "default", close(("a", "r", "b"), Some(ended)));
    }
    for not_begun in [9, 10] {
        s.fails(ErrorCode::EdgeNotFound, "default", close(("a", "r", "b"), Some(not_begun)));
    }
    // One that is planned for later stays; what holds and what is open end together.
    s.ok("default", add_fact(("c", "r", "d"), 0, None));
    s.ok("default", add_fact(("c", "r", "d"), 5, Some(90)));
    s.ok("default", add_fact(("c", "r", "d"), 60, Some(70)));
    assert_eq!(short(&s.ok("default", close(("c", "r", "d"), Some(20))).edges), ["d[0,20)", "d[5,20)"]);
    assert_eq!(all(s, "c"), ["d[0,20)", "d[5,20)", "d[60,70)"]);
    s.ok("default", add_fact(("c", "r", "d"), 65, None));
    s.fails(ErrorCode::InvalidArgument, "default", close(("c", "r", "d"), Some(65)));
    // Without a time it ends now.
    let now = CLOCK_START_MS;
    s.ok("default", add_fact(("e", "r", "f"), 0, Some(now + 100)));
    s.db.clock.advance_ms(7);
    let closed = s.ok("default", close(("e", "r", "f"), None)).edges;
    assert_eq!(closed[0].valid_until, Some(TimestampMs(now + 7)));
}

fn told(done: &Superseded) -> (String, Vec<String>, bool) {
    (short(std::slice::from_ref(&done.asserted)).remove(0), short(&done.closed), done.changed)
}

fn stating_a_value(s: &mut Script) {
    let mut say = |ends, from, until| told(&s.ok("default", state(ends, from, until)));
    let (on, off) = (("lamp", "is", "on"), ("lamp", "is", "off"));
    assert_eq!(say(on, Some(10), None), ("on[10,-)".into(), vec![], true));
    assert_eq!(say(on, Some(20), None), ("on[10,-)".into(), vec![], false), "it is on already");
    assert_eq!(say(on, Some(20), Some(30)), ("on[10,-)".into(), vec![], false), "and for longer than is said");
    assert_eq!(say(off, Some(40), None), ("off[40,-)".into(), vec!["on[10,40)".into()], true));
    assert_eq!(say(on, Some(35), None), ("on[10,40)".into(), vec![], false), "a late one, known as well");
    assert_eq!(say(off, Some(5), None), ("off[5,10)".into(), vec![], true), "a late one ends where the next begins");
    assert_eq!(say(off, Some(7), None), ("off[5,10)".into(), vec![], false));
    assert_eq!(say(off, Some(30), None), ("off[30,-)".into(), vec!["on[10,30)".into()], true), "it grew to the front");
    assert_eq!(all(s, "lamp"), ["off[5,10)", "on[10,30)", "off[30,-)"]);
    let mut say = |ends, from, until| told(&s.ok("default", state(ends, from, until)));
    // What touches is one period, before and behind.
    assert_eq!(say(off, Some(10), Some(30)), ("off[5,-)".into(), vec![], true));
    // A planned end is moved; another value takes its part out.
    let (open, shut) = (("door", "is", "open"), ("door", "is", "shut"));
    assert_eq!(say(open, Some(0), Some(10)), ("open[0,10)".into(), vec![], true));
    assert_eq!(say(open, Some(10), Some(20)), ("open[0,20)".into(), vec![], true));
    assert_eq!(say(open, Some(5), None), ("open[0,-)".into(), vec![], true));
    assert_eq!(say(shut, Some(10), Some(20)), ("shut[10,20)".into(), vec!["open[0,10)".into()], true));
    assert_eq!(all(s, "door"), ["open[0,10)", "shut[10,20)", "open[20,-)"]);
    assert_eq!(all(s, "lamp"), ["off[5,-)"]);
    s.reopen();
    assert_eq!(all(s, "door"), ["open[0,10)", "shut[10,20)", "open[20,-)"]);
}

fn fields_are_part_of_the_value_and_the_start_may_be_now(s: &mut Script) {
    let with = |value: Value| {
        let fact =
            StatedFact { properties: Properties::new().with("n", value), ..state(("a", "is", "b"), None, None).fact };
        StateFact { fact, durability: Default::default() }
    };
    let now = CLOCK_START_MS;
    let first = s.ok("default", with(Value::Int(1)));
    assert_eq!(first.asserted.valid_from, TimestampMs(now));
    s.db.clock.advance_ms(5);
    let again = s.ok("default", with(Value::Int(1)));
    assert_eq!((again.changed, again.asserted, again.commit_seq), (false, first.asserted, CommitSeq(1)));
    let other = s.ok("default", with(Value::Float(1.0)));
    assert_eq!(other.asserted.valid_from, TimestampMs(now + 5));
    assert_eq!((other.changed, other.closed[0].valid_until), (true, Some(TimestampMs(now + 5))));
    // An end that is over now is no period.
    s.fails(ErrorCode::InvalidArgument, "default", state(("a", "is", "c"), None, Some(now)));
    // In a commit each sees those before it.
    let values = ["x", "x", "y"].into_iter().zip([0, 10, 20]);
    let writes = values.map(|(to, from)| Write::StateFact(state(("m", "is", to), Some(from), None).fact)).collect();
    s.ok("default", commit(vec![], writes));
    assert_eq!(all(s, "m"), ["x[0,20)", "y[20,-)"]);
    assert_eq!(s.ok("default", history("m")).edges.len(), 2, "what never was leaves no trace");
}

/// Three people, where they live and whom they know.
fn people(s: &mut Script) {
    s.ok("default", supersede(fact(("ann", "lives", "rome"), 10, None)));
    s.ok("default", supersede(fact(("bob", "lives", "rome"), 15, None)));
    s.ok("default", with_field(("ann", "knows", "bob"), 5, None, "letter"));
    s.ok("default", with_field(("cyd", "knows", "ann"), 7, Some(30), "rumour"));
    s.ok("default", supersede(fact(("ann", "lives", "oslo"), 20, None)));
}

fn facts_across_nodes(s: &mut Script) {
    people(s);
    for round in 0..3 {
        let mut list = |list: ListFacts| lines(&s.ok("default", list).edges);
        let now = ["ann bob[5,-)", "ann oslo[20,-)", "bob rome[15,-)"];
        assert_eq!(list(ListFacts::default()), now, "those that hold now, round {round}");
        assert_eq!(
            list(ever()),
            ["ann bob[5,-)", "ann rome[10,20)", "ann oslo[20,-)", "bob rome[15,-)", "cyd ann[7,30)"]
        );
        let lives = ListFacts { edge_type: Some("lives".into()), ..ever() };
        assert_eq!(list(lives.clone()), ["ann rome[10,20)", "ann oslo[20,-)", "bob rome[15,-)"]);
        let at_12 = ListFacts { mode: Some(at(12)), ..lives.clone() };
        assert_eq!(list(at_12), ["ann rome[10,20)"]);
        let in_rome = ListFacts { to_id: Some("rome".into()), ..lives.clone() };
        assert_eq!(list(in_rome), ["ann rome[10,20)", "bob rome[15,-)"]);
        let of_ann = ListFacts { from_id: Some("ann".into()), to_id: Some("rome".into()), ..ever() };
        assert_eq!(list(of_ann), ["ann rome[10,20)"]);
        let before = ListFacts { as_of: Some(AsOf::Seq(CommitSeq(2))), ..ListFacts::default() };
        assert_eq!(list(before), ["ann rome[10,-)", "bob rome[15,-)"], "as believed then");
        let rumours = ListFacts { filter: source_is("rumour"), ..ever() };
        assert_eq!(list(rumours), ["cyd ann[7,30)"]);
        assert_eq!(list(ListFacts { filter: source_is("nobody"), ..ever() }), [""; 0]);
        assert_eq!(list(ListFacts { edge_type: Some("live".into()), ..ever() }), [""; 0]);
        if round == 0 { s.reopen() } else { s.lose_power() }
    }
    s.fails(
        ErrorCode::InvalidArgument,
        "default",
        ListFacts { mode: Some(TemporalMode::Range { start: None, end: None, clip: true }), ..ListFacts::default() },
    );
    assert!(s.ok("elsewhere", ListFacts::default()).edges.is_empty());
}

fn lists_come_in_pages(s: &mut Script) {
    people(s);
    let walks = [
        ever(),
        ListFacts { edge_type: Some("lives".into()), ..ever() },
        ListFacts { from_id: Some("ann".into()), ..ever() },
        ListFacts { to_id: Some("rome".into()), ..ever() },
        ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(0))), ..ever() },
    ];
    let mut cursors: Vec<ByteBuf> = Vec::new();
    for walk in &walks {
        let whole = s.ok("default", walk.clone()).edges;
        for limit in [1, 2, 100] {
            let (mut found, mut cursor) = (Vec::new(), None);
            loop {
                let page = s.ok("default", ListFacts { limit: Some(limit), cursor, ..walk.clone() });
                assert!(page.edges.len() <= limit as usize);
                found.extend(page.edges);
                cursor = page.cursor;
                cursors.extend(cursor.clone());
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, whole, "{walk:?} by {limit}");
        }
    }
    for bad in ["", "\u{1}", "junk that is long enough"] {
        s.fails(ErrorCode::InvalidArgument, "default", ListFacts { cursor: Some(bytes(bad)), ..ever() });
    }
    let of_cyd = ListFacts { from_id: Some("cyd".into()), cursor: Some(cursors[0].clone()), ..ever() };
    s.fails(ErrorCode::InvalidArgument, "default", of_cyd);
}

fn what_changed(s: &mut Script) {
    people(s);
    let since = |seq| ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(seq))), ..ListFacts::default() };
    let told = |edges: &[TemporalEdge]| {
        let ends = edges.iter().map(|edge| edge.retracted_seq.map_or(0, |seq| seq.0));
        lines(edges).into_iter().zip(ends).map(|(line, end)| format!("{line} ..{end}")).collect::<Vec<_>>()
    };
    let mut changes = |list: ListFacts| told(&s.ok("default", list).edges);
    let last = ["ann rome[10,-) ..5", "ann rome[10,20) ..0", "ann oslo[20,-) ..0"];
    assert_eq!(changes(since(4)), last, "what was believed and is no more, too");
    assert_eq!(changes(since(3)), [&["cyd ann[7,30) ..0"], &last[..]].concat());
    assert_eq!(changes(since(5)), [""; 0]);
    assert_eq!(changes(since(u64::MAX)), [""; 0]);
    let as_of = Some(AsOf::Seq(CommitSeq(2)));
    assert_eq!(changes(ListFacts { as_of, ..since(1) }), ["bob rome[15,-) ..0"]);
    assert_eq!(changes(ListFacts { as_of, ..since(0) }), ["ann rome[10,-) ..0", "bob rome[15,-) ..0"]);
    let of_type = ListFacts { edge_type: Some("knows".into()), ..since(0) };
    assert_eq!(changes(of_type), ["ann bob[5,-) ..0", "cyd ann[7,30) ..0"]);
    assert_eq!(changes(ListFacts { mode: Some(at(25)), ..since(4) }), [last[0], last[2]], "of a time");
    s.db.clock.advance_ms(10);
    s.ok("default", close(("ann", "knows", "bob"), Some(40)));
    let at_start = ListFacts { changed_since: Some(AsOf::Time(TimestampMs(CLOCK_START_MS))), ..ListFacts::default() };
    let closed = ["ann bob[5,-) ..6", "ann bob[5,40) ..0"];
    assert_eq!(told(&s.ok("default", at_start).edges), closed);
    // A page of before the closing and one of after it tell both.
    let page = s.ok("default", ListFacts { as_of: Some(AsOf::Seq(CommitSeq(5))), limit: Some(3), ..since(2) });
    assert_eq!(told(&page.edges)[0], "ann bob[5,-) ..0");
    let rest = s.ok("default", ListFacts { cursor: page.cursor, ..since(2) });
    assert_eq!(told(&rest.edges)[2..], closed);
    s.ok("default", EraseTemporal { to_id: Some("bob".into()), ..EraseTemporal::default() });
    assert_eq!(told(&s.ok("default", since(5)).edges), [""; 0], "what was erased is not told");
}

fn histories_with_the_newest_first(s: &mut Script) {
    people(s);
    s.ok("default", close(("ann", "lives", "oslo"), Some(50)));
    let newest = TemporalHistory { newest_first: true, ..history("ann") };
    let mut ask = |history: TemporalHistory| short(&s.ok("default", history).edges);
    let all = ["oslo[20,50)", "oslo[20,-)", "rome[10,20)", "rome[10,-)", "bob[5,-)"];
    assert_eq!(ask(newest.clone()), all);
    let both = TemporalHistory { direction: Direction::Both, ..newest.clone() };
    assert_eq!(ask(both)[3..], ["rome[10,-)", "ann[7,30)", "bob[5,-)"]);
    assert_eq!(ask(TemporalHistory { limit: Some(1), ..newest.clone() }), all[..1]);
    let of_type = TemporalHistory { edge_type: Some("lives".into()), ..newest.clone() };
    assert_eq!(ask(of_type.clone()), all[..4]);
    let of_rome = TemporalHistory { other_id: Some("rome".into()), ..of_type };
    assert_eq!(ask(of_rome), all[2..4]);
    // Windows are of valid time, and half open.
    let window = |start: Option<i64>, end: Option<i64>| TemporalHistory {
        start: start.map(TimestampMs),
        end: end.map(TimestampMs),
        ..newest.clone()
    };
    assert_eq!(ask(window(None, Some(10))), all[4..]);
    assert_eq!(ask(window(None, Some(11))), all[2..]);
    assert_eq!(ask(window(Some(50), None)), ["oslo[20,-)", "rome[10,-)", "bob[5,-)"]);
    let forwards = TemporalHistory { newest_first: false, ..window(Some(20), Some(21)) };
    assert_eq!(ask(forwards), ["bob[5,-)", "rome[10,-)", "oslo[20,-)", "oslo[20,50)"]);
    s.fails(ErrorCode::InvalidArgument, "default", window(Some(5), Some(5)));
    // As it was known.
    let known = TemporalHistory { as_of: Some(AsOf::Seq(CommitSeq(5))), ..newest.clone() };
    let edges = s.ok("default", known).edges;
    assert_eq!(short(&edges), ["oslo[20,-)", "rome[10,20)", "rome[10,-)", "bob[5,-)"]);
    assert_eq!(edges[0].retracted_seq, None, "nobody knew that");
    assert_eq!(edges[2].retracted_seq, Some(CommitSeq(5)));
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = s.ok("default", TemporalHistory { limit: Some(2), cursor, ..newest.clone() });
        found.extend(short(&page.edges));
        cursor = page.cursor;
        let Some(there) = &cursor else { break };
        // The way back is another one.
        let forwards = TemporalHistory { newest_first: false, cursor: Some(there.clone()), ..newest.clone() };
        s.fails(ErrorCode::InvalidArgument, "default", forwards);
    }
    assert_eq!(found, all);
}

fn erasing_what_is_meant(s: &mut Script) {
    people(s);
    s.ok("default", with_field(("dan", "lives", "rome"), 1, Some(9), "rumour"));
    s.ok("default", supersede(fact(("dan", "lives", "bonn"), 9, None)));
    let none = EraseTemporal::default;
    s.fails(ErrorCode::InvalidArgument, "default", none());
    let always = Some(Filter::And(vec![]));
    s.fails(
        ErrorCode::InvalidArgument,
        "default",
        EraseTemporal { filter: always, from_id: Some("ann".into()), ..none() },
    );
    let mut erase = |erase: EraseTemporal| s.ok("default", erase).erased;
    assert_eq!(erase(EraseTemporal { filter: source_is("rumour"), ..none() }), 2, "whoever it is about");
    assert_eq!(erase(EraseTemporal { filter: source_is("rumour"), ..none() }), 0);
    // Rome ended in it: so did the belief that its end is open.
    assert_eq!(erase(EraseTemporal { end: Some(TimestampMs(19)), ..none() }), 0);
    assert_eq!(erase(EraseTemporal { end: Some(TimestampMs(20)), start: Some(TimestampMs(11)), ..none() }), 0);
    assert_eq!(erase(EraseTemporal { end: Some(TimestampMs(20)), ..none() }), 2);
    let typed = EraseTemporal { edge_type: Some("lives".into()), from_id: Some("bob".into()), ..none() };
    assert_eq!(erase(typed), 1);
    assert_eq!(erase(EraseTemporal { start: Some(TimestampMs(20)), ..none() }), 1, "an open one too, if it has no end");
    assert_eq!(erase(EraseTemporal { node_id: Some("bob".into()), ..none() }), 1, "in both directions");
    assert_eq!(lines(&s.ok("default", ever()).edges), ["dan bonn[9,-)"]);
    s.lose_power();
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).temporal_versions, 1);
    assert_eq!(s.ok("default", EraseTemporal { edge_type: Some("lives".into()), ..none() }).erased, 1);
    assert!(s.ok("default", ListFacts { changed_since: Some(AsOf::Seq(CommitSeq(0))), ..ever() }).edges.is_empty());
}

fn paths_and_neighbours_at_an_instant(s: &mut Script) {
    s.ok("default", add_node("a"));
    s.ok("default", add_fact(("a", "r", "b"), 0, Some(50)));
    s.ok("default", with_field(("b", "r", "c"), 0, None, "map"));
    s.ok("default", add_fact(("a", "s", "d"), 40, None));
    s.ok("default", add_fact(("d", "r", "c"), 40, None));
    let known = s.ok("default", add_fact(("d", "q", "a"), 0, None)).commit_seq;
    s.ok("default", add_fact(("a", "q", "c"), 60, None));
    let mut path = |path: TemporalShortestPath| {
        let found = s.ok("default", path);
        assert_eq!(found.found, !found.nodes.is_empty());
        (found.nodes.iter().map(ToString::to_string).collect::<String>(), found.edges)
    };
    let (nodes, edges) = path(temporal_path("a", "c", 10));
    assert_eq!((nodes.as_str(), short(&edges)), ("abc", vec!["b[0,50)".to_owned(), "c[0,-)".to_owned()]));
    assert_eq!(edges[1].properties, Properties::new().with("source", "map"), "with its fields");
    assert_eq!(path(temporal_path("a", "c", 45)).0, "abc", "the first by type");
    assert_eq!(path(temporal_path("a", "c", 50)).0, "adc");
    assert_eq!(path(temporal_path("a", "c", 60)).0, "ac");
    assert_eq!(path(TemporalShortestPath { as_of: Some(AsOf::Seq(known)), ..temporal_path("a", "c", 60) }).0, "adc");
    assert_eq!(path(TemporalShortestPath { at: None, ..temporal_path("a", "c", 0) }).0, "ac", "now, by the clock");
    assert_eq!(path(TemporalShortestPath { max_depth: Some(1), ..temporal_path("a", "c", 10) }).0, "");
    assert_eq!(path(temporal_path("c", "a", 10)).0, "");
    let back = TemporalShortestPath { direction: Direction::Incoming, ..temporal_path("c", "a", 10) };
    assert_eq!(path(back).0, "cba");
    let both = TemporalShortestPath { direction: Direction::Both, ..temporal_path("c", "d", 10) };
    assert_eq!(path(both).0, "cbad");
    assert_eq!(path(temporal_path("a", "a", 10)).0, "a");
    assert_eq!(path(temporal_path("nobody", "c", 10)).0, "");

    let mut near = |near: TemporalNeighbors| {
        let found = s.ok("default", near);
        (found.nodes.iter().map(|node| node.id.to_string()).collect::<String>(), short(&found.edges), found.truncated)
    };
    let first = (String::from("b"), vec!["b[0,50)".to_owned()], false);
    assert_eq!(near(temporal_neighbors("a", 10)), first);
    let both = TemporalNeighbors { direction: Direction::Both, ..temporal_neighbors("a", 45) };
    let edges = ["b[0,50)", "d[40,-)", "a[0,-)"].map(str::to_owned).to_vec();
    assert_eq!(near(both.clone()), ("bd".into(), edges, false), "each node once");
    assert_eq!(near(TemporalNeighbors { limit: Some(1), ..both }), (first.0, first.1, true));
    assert_eq!(near(temporal_neighbors("nobody", 10)), (String::new(), vec![], false));
    let (nodes, _, _) = near(TemporalNeighbors { edge_types: Some(vec!["s".into()]), ..temporal_neighbors("a", 45) });
    assert_eq!(nodes, "d");
}

fn new_reads_stand_at_a_held_snapshot(s: &mut Script) {
    people(s);
    let held = s.ok("default", TakeSnapshot {}).seq;
    let snapshot = Some(held);
    let ask = |s: &mut Script| {
        (
            s.ok("default", ListFacts { snapshot, ..ever() }),
            s.ok("default", ListFacts { snapshot, changed_since: Some(AsOf::Seq(CommitSeq(1))), ..ever() }),
            s.ok("default", TemporalNeighbors { snapshot, ..temporal_neighbors("ann", 25) }),
            s.ok("default", TemporalShortestPath { snapshot, ..temporal_path("cyd", "bob", 25) }),
            s.ok("default", TemporalHistory { snapshot, newest_first: true, ..history("ann") }),
            s.ok("default", QueryTemporal { snapshot, ..query("ann", during(0, 100)) }),
        )
    };
    let before = ask(s);
    s.ok("default", state(("ann", "lives", "lima"), Some(30), None));
    s.ok("default", EraseTemporal { node_id: Some("bob".into()), ..EraseTemporal::default() });
    assert_eq!(ask(s), before);
    assert_eq!(lines(&s.ok("default", ListFacts::default()).edges), ["ann lima[30,-)"]);
}

scenarios!(
    ends_of_a_range_may_be_left_out,
    closing_brings_a_planned_end_forward,
    stating_a_value,
    fields_are_part_of_the_value_and_the_start_may_be_now,
    facts_across_nodes,
    lists_come_in_pages,
    what_changed,
    histories_with_the_newest_first,
    erasing_what_is_meant,
    paths_and_neighbours_at_an_instant,
    new_reads_stand_at_a_held_snapshot,
);
