//! The part of a line that is a connection: bytes out, answers in, and what becomes of calls when it breaks.

use std::os::fd::{AsFd, AsRawFd};

use pyo3::prelude::*;
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::clock::Clock;

use super::line::Line;
use super::state::{State, Way};

/// Bytes that may wait to be sent before another call begins.
const QUEUE_BYTES_MAX: usize = 1 << 20;

/// Takes the answers that have come.
pub fn pull(this: &Bound<'_, Line>, state: &mut State) -> PyResult<()> {
    if let Some(error) = take_answers(this, state) {
        break_off(this, state, &error);
    }
    Ok(())
}

/// Takes the answers that have come; why there will be no more, if that is so.
fn take_answers(this: &Bound<'_, Line>, state: &mut State) -> Option<Error> {
    let Way::Socket(pipeline) = &mut state.way else { return None };
    let pulled = pipeline.pull();
    loop {
        match pipeline.next_answer() {
            Ok(Some(answer)) => {
                state.heard = this.get().clock.monotonic();
                // One that nobody waits for any more is dropped.
                let Some(call) = state.running.remove(&answer.id) else { continue };
                let is_refused = answer.result.as_ref().is_err_and(|error| error.code == ErrorCode::ShuttingDown);
                if is_refused && pipeline.takes_numbers() && this.get().has_time(&call) {
                    // Nothing was carried out. The server ends the connection once everything else is answered.
                    state.is_refused = true;
                    state.waiting.push_back(call);
                } else {
                    let result = answer.result.map_err(|error| call.decided(error));
                    state.results.push((call, result));
                }
            }
            Ok(None) => return pulled.err(),
            Err(error) => return Some(error),
        }
    }
}

/// True if a call that begins need not wait for those before it to be sent.
pub fn has_room(this: &Bound<'_, Line>, state: &mut State) -> PyResult<bool> {
    let is_full = |state: &State| matches!(&state.way, Way::Socket(pipeline) if pipeline.queued() >= QUEUE_BYTES_MAX);
    if is_full(state) {
        push(this, state)?;
    }
    Ok(!is_full(state) && !state.is_refused && !matches!(state.way, Way::None))
}

/// True if nothing waits to be sent.
pub fn is_all_sent(state: &State) -> bool {
    !matches!(&state.way, Way::Socket(pipeline) if pipeline.queued() > 0)
}

/// Sends what is queued. What the socket does not take at once goes when the loop finds that it does.
pub fn push(this: &Bound<'_, Line>, state: &mut State) -> PyResult<()> {
    let Way::Socket(pipeline) = &mut state.way else { return Ok(()) };
    let fd = pipeline.as_fd().as_raw_fd();
    match (pipeline.push(), state.writes) {
        (Ok(true), None) | (Ok(false), Some(_)) => Ok(()),
        (Ok(true), Some(_)) => {
            state.writes = None;
            this.get().call_loop(this.py(), "remove_writer", (fd,))
        }
        (Ok(false), None) => {
            let writable = this.getattr("_socket_is_writable")?;
            match this.get().call_loop(this.py(), "add_writer", (fd, writable)) {
                Ok(()) => state.writes = Some(fd),
                Err(error) => {
                    let text = format!("the event loop does not take the connection: {error}");
                    break_off(this, state, &Error::internal(text));
                }
            }
            Ok(())
        }
        (Err(error), _) => {
            // Answers that came before count, and a server that ends a connection says why.
            let why = loop {
                let before = state.results.len();
                match take_answers(this, state) {
                    Some(said) if said.code == ErrorCode::ConnectionFailed => break said,
                    Some(_) => break error,
                    None if state.results.len() == before => break error,
                    None => {}
                }
            };
            break_off(this, state, &why);
            Ok(())
        }
    }
}

/// Gives the connection up. What did not arrive, or only reads, or has a number, is asked again; of anything else nobody knows
/// whether it happened.
fn break_off(this: &Bound<'_, Line>, state: &mut State, error: &Error) {
    this.get().unwatch_socket(this.py(), state);
    let (sent, takes_numbers) = match &state.way {
        Way::Socket(pipeline) => (pipeline.bytes_sent(), pipeline.takes_numbers()),
        Way::None | Way::Connecting(_) | Way::Embedded(_) | Way::Grpc(_) => (0, false),
    };
    (state.way, state.is_refused) = (Way::None, false);
    let mut calls: Vec<_> = state.running.drain().collect();
    calls.sort_unstable_by_key(|(id, _)| *id);
    for (_, mut call) in calls.into_iter().rev() {
        if call.repeat(error, sent, takes_numbers) && this.get().has_time(&call) {
            state.waiting.push_front(call);
        } else {
            let error = call.lost(error.clone());
            state.results.push((call, Err(error)));
        }
    }
}
