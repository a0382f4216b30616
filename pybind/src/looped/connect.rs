//! How a line connects: on a thread of its own, since a server that does not answer must not hold the loop up.

use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::Completion;
use toondb_engine::api::{Error, ErrorCode, Result};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_ipc::{ClientOptions, Numbers, Pipeline};

use super::door::Door;
use super::line::Line;
use super::state::{State, Way};

/// The number under which the mailbox tells that an attempt to connect has ended.
pub const CONNECTED: u64 = 0;

/// Begins to connect. If not even that can be done, the calls that wait for it are told.
pub fn begin(this: &Bound<'_, Line>, state: &mut State) {
    let begun = match this.get().door.clone() {
        Door::Grpc(remote) => {
            state.way = Way::Grpc(remote);
            Ok(())
        }
        Door::Embedded(opening) => match opening.opened() {
            Some(embedded) => {
                state.way = Way::Embedded(embedded);
                Ok(())
            }
            None => on_a_thread(this, state, move || opening.open().map(Way::Embedded)),
        },
        Door::Directory(opened) => match numbers(state) {
            Ok(numbers) => on_a_thread(this, state, move || {
                Pipeline::open_as(&opened, numbers.client()).map(|pipeline| Way::Socket(Box::new(pipeline)))
            }),
            Err(error) => {
                state.fail_waiting(&error);
                Ok(())
            }
        },
        Door::Socket { path, options } => match numbers(state) {
            Ok(numbers) => {
                // A server that was there is looked for again, for a while.
                let retry_for = if state.heard.is_zero() { Duration::ZERO } else { options.retry_for };
                on_a_thread(this, state, move || connect(&path, &options, &numbers, retry_for))
            }
            Err(error) => {
                state.fail_waiting(&error);
                Ok(())
            }
        },
    };
    if let Err(error) = begun {
        state.fail_waiting(&Error::internal(format!("no connection could be begun: {error}")));
    }
}

fn numbers(state: &mut State) -> Result<Arc<Numbers>> {
    match &state.numbers {
        Some(numbers) => Ok(Arc::clone(numbers)),
        None => Numbers::new().map(|numbers| Arc::clone(state.numbers.insert(numbers))),
    }
}

#[expect(clippy::disallowed_methods, reason = "a server that is started tells nobody who waits for it")]
fn connect(path: &Path, options: &ClientOptions, numbers: &Numbers, retry_for: Duration) -> Result<Way> {
    const PAUSE: Duration = Duration::from_millis(10);
    let clock = SystemClock::new();
    loop {
        match Pipeline::connect_as(path, options.clone(), numbers.client()) {
            Ok(pipeline) => return Ok(Way::Socket(Box::new(pipeline))),
            Err(Error { code: ErrorCode::ConnectionFailed | ErrorCode::ShuttingDown, .. })
                if clock.monotonic() < retry_for => {}
            Err(error) => return Err(error),
        }
        std::thread::sleep(PAUSE);
    }
}

fn on_a_thread(
    this: &Bound<'_, Line>,
    state: &mut State,
    connect: impl FnOnce() -> Result<Way> + Send + 'static,
) -> PyResult<()> {
    let mail = Line::mail(this, state)?;
    let outcome = Arc::new(Mutex::new(None));
    let place = Arc::clone(&outcome);
    std::thread::Builder::new().name("toondb-connect".to_owned()).spawn(move || {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(connect());
        mail.complete(CONNECTED, Err(Error::internal("connected")));
    })?;
    state.way = Way::Connecting(outcome);
    Ok(())
}

/// An attempt to connect has ended.
pub fn ended(this: &Bound<'_, Line>, state: &mut State) -> PyResult<()> {
    let outcome = match &state.way {
        Way::Connecting(outcome) => outcome.lock().unwrap_or_else(PoisonError::into_inner).take(),
        Way::None | Way::Socket(_) | Way::Embedded(_) | Way::Grpc(_) => None,
    };
    state.heard = this.get().clock.monotonic();
    match outcome {
        None => Ok(()),
        Some(Ok(way)) => {
            if let Way::Socket(pipeline) = &way {
                let fd = pipeline.as_fd().as_raw_fd();
                state.way = Way::None;
                let readable = this.getattr("_socket_is_readable")?;
                if let Err(error) = this.get().call_loop(this.py(), "add_reader", (fd, readable)) {
                    let text = format!("the event loop does not take the connection: {error}");
                    state.fail_waiting(&Error::internal(text));
                    return Ok(());
                }
                state.reads = Some(fd);
                state.socket = pipeline.as_fd().try_clone_to_owned().ok().map(Arc::new);
            }
            state.way = way;
            Ok(())
        }
        Some(Err(error)) => {
            state.way = Way::None;
            state.fail_waiting(&error);
            Ok(())
        }
    }
}
