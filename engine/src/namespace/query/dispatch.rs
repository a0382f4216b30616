//! From a read to the [`Query`] that answers it, and which reads are short. The match is made from the table of operations.

use std::sync::Arc;

use super::Query as _;
use super::reader::Reader;
use crate::api::{CommitSeq, Cost, Error, Request, Response, Result};
use crate::clock::Clock;
use crate::namespace::state::State;
use crate::store::RowSnapshot;
use crate::work::Wanted;

/// A match over all operations in which reads are answered.
macro_rules! answer {
    ($request:ident $state:ident $snapshot:ident: $($kind:ident $name:ident)+) => {
        match $request {
            $(Request::$name(request) => answer!(@$kind $name request $state $snapshot),)+
        }
    };
    (@Read $name:ident $request:ident $state:ident $snapshot:ident) => {
        $request.answer($state, $snapshot).map(Response::$name)
    };
    (@$kind:ident $name:ident $request:ident $state:ident $snapshot:ident) => {{
        let _ = $request;
        Err(Error::internal(concat!(stringify!($name), " is no read and must not reach a snapshot")))
    }};
}

/// Answers a read, for as long as its answer is wanted.
pub fn query(state: &State, request: Request, wanted: &Wanted<'_>) -> Result<Response> {
    if request.snapshot() == Some(CommitSeq(0)) {
        // Before every commit nothing was there, whatever has come since, and nothing need be held for it.
        let nothing = State::empty(Arc::clone(&state.clock));
        return answer(&nothing, nothing.snapshot(None)?, request, wanted);
    }
    let (snapshot, _running) = state.begin_read(&request)?;
    answer(state, snapshot, request, wanted)
}

fn answer(state: &State, snapshot: RowSnapshot, request: Request, wanted: &Wanted<'_>) -> Result<Response> {
    let snapshot = &Reader::new(snapshot, wanted);
    with_operations!(answer request state snapshot)
}

/// Answers a read in a namespace that does not exist: there is nothing in it.
pub fn read_nothing(clock: &Arc<dyn Clock>, request: Request) -> Result<Response> {
    query(&State::empty(Arc::clone(clock)), request, &Wanted::always())
}

/// Items up to which a read of several is short enough for a thread that must not block.
const SHORT_ITEMS: usize = 64;

/// True if the read costs microseconds, so that a frontend's own thread may do it.
pub fn is_short(request: &Request) -> bool {
    match request.cost() {
        Cost::Short => true,
        Cost::Items(items) => items <= SHORT_ITEMS,
        Cost::Brief | Cost::Long => false,
    }
}
