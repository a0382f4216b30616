//! Changes that are asked for again under their numbers.

use std::sync::Arc;

use super::world::{World, submit_once};
use crate::api::{
    AddDocuments, AppendLog, ByteBuf, ClientId, CompareAndSet, CreateCollection, DeleteKey, Document, Durability,
    Embedding, ErrorCode, Flush, Get, Increment, Metric, Once, Operation, PopLog, Properties, Put, ReadLog, Request,
    Response, Result,
};
use crate::clock::ManualClock;
use crate::disk::CrashMode;
use crate::limits;

const DURABILITY: Durability = Durability::Durable;

fn once(client: u8, number: u64, answered_below: u64) -> Once {
    Once { client: ClientId([client; 16]), number, answered_below }
}

fn ask(world: &World, once: Once, request: impl Operation) -> Result<Response> {
    submit_once(&world.engine, "a", request.into_request(), once).recv().unwrap()
}

fn increment(key: &str) -> Increment {
    Increment { key: ByteBuf::from(key), by: 1, ttl_ms: None, durability: DURABILITY }
}

fn value(world: &World, key: &str) -> Option<i64> {
    let found = world.engine.run("a", Get { key: ByteBuf::from(key), snapshot: None }).unwrap().found?;
    Some(std::str::from_utf8(&found.value).unwrap().parse().unwrap())
}

fn append(values: usize, bytes: usize) -> AppendLog {
    let value = |number: usize| ByteBuf::from(vec![u8::try_from(number % 256).unwrap(); bytes]);
    AppendLog { log: "l".into(), values: (0..values).map(value).collect(), durability: DURABILITY }
}

fn length(world: &World) -> usize {
    let read =
        ReadLog { log: "l".into(), after: None, before: None, last: None, limit: None, cursor: None, snapshot: None };
    world.engine.run("a", read).unwrap().entries.len()
}

fn pop(count: u32) -> PopLog {
    PopLog { log: "l".into(), count: Some(count), durability: DURABILITY }
}

fn refused(result: Result<Response>) -> ErrorCode {
    result.unwrap_err().code
}

/// One of each sort of answer: nothing but "written", a short one, a long one that holds what is gone.
fn changes() -> Vec<Request> {
    let put = Put { key: ByteBuf::from("k"), value: ByteBuf::from("1"), ttl_ms: None, durability: DURABILITY };
    let name = || "c".into();
    let create =
        CreateCollection { collection: name(), dimension: 1, metric: Metric::Dot, metadata: Properties::new() };
    let document = |_| Document { embedding: Some(Embedding(vec![1.0])), ..Default::default() };
    let documents = (0..50).map(document).collect();
    let add = AddDocuments { collection: name(), documents, durability: DURABILITY, ..Default::default() };
    let (key, expected, value) = (ByteBuf::from("k"), Some(ByteBuf::from("1")), Some(ByteBuf::from("2")));
    let swap = CompareAndSet { key, expected, value, ttl_ms: None, durability: DURABILITY };
    vec![
        put.into_request(),
        increment("n").into_request(),
        append(30, 1_000).into_request(),
        pop(20).into_request(),
        create.into_request(),
        add.into_request(),
        swap.into_request(),
        DeleteKey { key: ByteBuf::from("k"), durability: DURABILITY }.into_request(),
    ]
}

#[test]
fn a_change_is_made_once_however_often_it_is_asked_for() {
    let world = World::new();
    let asked: Vec<_> = (1..).zip(changes()).collect();
    let answers: Vec<_> = asked
        .iter()
        .map(|(number, request)| {
            let answer = submit_once(&world.engine, "a", request.clone(), once(1, *number, 0)).recv().unwrap();
            let again = submit_once(&world.engine, "a", request.clone(), once(1, *number, 0)).recv().unwrap();
            assert_eq!(answer, again, "{request:?}");
            answer.unwrap()
        })
        .collect();
    for ((number, request), answer) in asked.iter().zip(&answers) {
        let again = submit_once(&world.engine, "a", request.clone(), once(1, *number, 0)).recv().unwrap();
        assert_eq!(&again.unwrap(), answer, "later, too: {request:?}");
    }
    assert_eq!((value(&world, "n"), value(&world, "k"), length(&world)), (Some(1), None, 10));
    // Another client's numbers are its own, and without a number each request is one.
    ask(&world, once(2, 2, 0), increment("n")).unwrap();
    world.engine.run("a", increment("n")).unwrap();
    assert_eq!(value(&world, "n"), Some(3));
    assert_eq!(refused(ask(&world, once(1, 2, 0), pop(1))), ErrorCode::InvalidArgument, "it was an increment");
}

/// They are in one group then: the second sees what the first has not yet published.
#[test]
fn one_number_that_comes_many_times_at_once_is_carried_out_once() {
    let world = World::new();
    world.create("a").unwrap();
    for number in 0..50 {
        let asked: Vec<_> = (0..8)
            .map(|_| submit_once(&world.engine, "a", increment("n").into_request(), once(1, number, 0)))
            .collect();
        let answers: Vec<_> = asked.iter().map(|answer| answer.recv().unwrap().unwrap()).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
    assert_eq!(value(&world, "n"), Some(50));
}

#[test]
fn answers_outlive_flushes_and_kills() {
    let mut world = World::new();
    let asked: Vec<_> = (1..).zip(changes()).collect();
    let mut answers = Vec::new();
    for (number, request) in &asked {
        answers.push(submit_once(&world.engine, "a", request.clone(), once(1, *number, 0)).recv().unwrap().unwrap());
        if number % 3 == 0 {
            world.engine.run("a", Flush {}).unwrap();
        }
    }
    let check = |world: &World| {
        for ((number, request), answer) in asked.iter().zip(&answers) {
            let again = submit_once(&world.engine, "a", request.clone(), once(1, *number, 0)).recv().unwrap();
            assert_eq!(&again.unwrap(), answer, "{request:?}");
        }
        assert_eq!((value(world, "n"), value(world, "k"), length(world)), (Some(1), None, 10));
    };
    check(&world);
    // As a kill leaves it, with part of it in the log; then closed, with all of it in the store.
    let killed = world.on(world.sim.crash_image(1, CrashMode::KeepAll));
    check(&killed);
    world.reopen();
    check(&world);
    world.reopen();
    check(&world);
    let report = world.engine.run("a", crate::api::Check::default()).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn what_a_client_has_is_let_go_and_never_carried_out_again() {
    let mut world = World::new();
    ask(&world, once(1, 1, 0), append(30, 1_000)).unwrap();
    ask(&world, once(1, 2, 0), pop(20)).unwrap();
    ask(&world, once(1, 3, 3), increment("n")).unwrap();
    for _ in 0..2 {
        for number in 1..3 {
            assert_eq!(refused(ask(&world, once(1, number, 0), increment("n"))), ErrorCode::OutcomeUnknown);
        }
        assert_eq!(refused(ask(&world, once(1, 9, 10), increment("n"))), ErrorCode::InvalidArgument);
        assert_eq!((value(&world, "n"), length(&world)), (Some(1), 10));
        world.reopen();
    }
    let report = world.engine.run("a", crate::api::Check::default()).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// Carried out again, it is as if only the second had been.
#[test]
fn what_changed_nothing_is_carried_out_again() {
    let world = World::new();
    world.create("a").unwrap();
    let swap = || CompareAndSet {
        key: ByteBuf::from("n"),
        expected: Some(ByteBuf::from("1")),
        value: Some(ByteBuf::from("7")),
        ttl_ms: None,
        durability: DURABILITY,
    };
    let Response::CompareAndSet(first) = ask(&world, once(1, 1, 0), swap()).unwrap() else { panic!("a swap") };
    assert!(!first.swapped);
    ask(&world, once(2, 1, 0), increment("n")).unwrap();
    let Response::CompareAndSet(second) = ask(&world, once(1, 1, 0), swap()).unwrap() else { panic!("a swap") };
    assert!(second.swapped && value(&world, "n") == Some(7));
    assert_eq!(ask(&world, once(1, 1, 0), swap()).unwrap(), Response::CompareAndSet(second), "now it was");
}

#[test]
fn a_client_is_forgotten_after_a_day_and_its_long_answers_are_deleted() {
    let clock = Arc::new(ManualClock::new(1_000));
    let mut world = World::with(|options| options.clock = Arc::<ManualClock>::clone(&clock));
    ask(&world, once(1, 1, 0), append(30, 1_000)).unwrap();
    ask(&world, once(1, 2, 0), pop(20)).unwrap();
    clock.advance_ms(limits::CLIENT_KEPT_MAX.as_millis() as u64 / 2);
    ask(&world, once(2, 1, 0), increment("n")).unwrap();
    world.engine.tick().unwrap();
    ask(&world, once(1, 2, 0), pop(20)).unwrap();
    assert_eq!(length(&world), 10, "it is kept");
    clock.advance_ms(limits::CLIENT_KEPT_MAX.as_millis() as u64 / 2 + 1);
    world.engine.tick().unwrap();
    ask(&world, once(2, 1, 0), increment("n")).unwrap();
    world.engine.run("a", increment("m")).unwrap();
    assert_eq!(value(&world, "n"), Some(1), "that of the other one is kept");
    world.reopen();
    let report = world.engine.run("a", crate::api::Check::default()).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    ask(&world, once(1, 2, 0), pop(5)).unwrap();
    assert_eq!(length(&world), 5, "it is a new client's");
}
