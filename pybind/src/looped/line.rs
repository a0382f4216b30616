//! What an event loop has of a client: the calls of this loop, and the way they take.
//!
//! A line is used by the thread of its loop alone, but for [`Line::end`]. Its state is never locked while Python code runs:
//! that of a caller may well begin another call.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::task::AbortHandle;
use toondb_engine::api::{Cost, Error, ErrorCode, Response, Result};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::{Completion, Reply};
use toondb_ipc::Pipeline;

use super::call::Call;
use super::door::{Door, Remote};
use super::mail::Mail;
use super::socket::{self, Step};
use crate::embedded::{Embedded, is_short};
use crate::error::to_python;
use crate::record::Object;

/// How long a call that is alone waits for its answer before the loop does: a short read is answered within microseconds, and
/// the way through the loop and back costs more than that.
const QUICK_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000 };
/// So many calls in a row may be answered without the loop; then it gets its turn, and with it whatever else it has to do.
const QUICK_MAX: u32 = 16;
/// The number under which the mailbox tells that an attempt to connect has ended.
const CONNECTED: u64 = 0;

/// The way that calls take.
pub enum Way {
    /// Nothing is connected.
    None,
    /// A thread connects, or opens the data directory, and leaves the outcome here.
    Connecting(Arc<Mutex<Option<Result<Way>>>>),
    /// A connection of this loop.
    Socket(Box<Pipeline>),
    /// The engine in this process.
    Embedded(Arc<Embedded>),
    /// A connection that all loops share.
    Grpc(Arc<Remote>),
}

pub struct State {
    pub way: Way,
    /// Calls that are under way, by their numbers.
    pub running: HashMap<u64, Call>,
    /// Calls that wait for their turn, or for a connection.
    pub waiting: VecDeque<Call>,
    next: u64,
    is_timed: bool,
    /// Calls answered without the loop since its last turn.
    quick: u32,
    ended: Option<Error>,
    /// The loop watches these.
    mail: Option<Arc<Mail>>,
    pub reads: Option<RawFd>,
    /// The connection, to be waited for while the state is not locked.
    pub socket: Option<Arc<OwnedFd>>,
    pub writes: Option<RawFd>,
}

/// Calls of one event loop.
#[pyclass(frozen, module = "toondb._toondb")]
pub struct Line {
    event_loop: Py<PyAny>,
    /// What the loop will do in its next turn, if it is one of asyncio's own: empty if only the present task has anything to do.
    ready: Option<Py<PyAny>>,
    pid: u32,
    door: Door,
    concurrency: usize,
    timeout: Option<Duration>,
    clock: SystemClock,
    state: Mutex<State>,
}

/// Calls and what comes of them, to be told once the state is unlocked.
pub type Results = Vec<(Call, Result<Response>)>;

/// Called when a future is done before its answer has come: nobody waits any more.
#[pyclass(frozen)]
struct GiveUp {
    mail: Arc<Mail>,
    token: u64,
    task: Option<AbortHandle>,
}

#[pymethods]
impl GiveUp {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0("cancelled")?.is_truthy()? {
            self.mail.give_up(self.token);
            if let Some(task) = &self.task {
                task.abort();
            }
        }
        Ok(())
    }
}

impl Line {
    pub fn new(event_loop: &Object<'_>, door: Door, concurrency: usize) -> Self {
        let timeout = match &door {
            Door::Socket { options, .. } => options.timeout,
            // That client keeps the time itself.
            Door::Embedded(_) | Door::Grpc(_) => None,
        };
        let state = State {
            way: Way::None,
            running: HashMap::new(),
            waiting: VecDeque::new(),
            next: CONNECTED + 1,
            is_timed: false,
            quick: 0,
            ended: None,
            mail: None,
            reads: None,
            socket: None,
            writes: None,
        };
        let ready = event_loop.getattr("_ready").ok().map(Bound::unbind);
        let (event_loop, pid) = (event_loop.clone().unbind(), std::process::id());
        Self { event_loop, ready, pid, door, concurrency, timeout, clock: SystemClock::new(), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if it is this loop's, in this process: a forked child has another connection.
    pub fn is_of(&self, event_loop: &Object<'_>) -> bool {
        self.event_loop.is(event_loop) && self.pid == std::process::id()
    }

    /// True if its loop will never run again.
    pub fn is_over(&self, py: Python<'_>) -> bool {
        let is_closed = || self.event_loop.call_method0(py, "is_closed").and_then(|closed| closed.is_truthy(py));
        self.pid != std::process::id() || is_closed().unwrap_or(true)
    }

    /// Takes a call on.
    pub fn submit(this: &Bound<'_, Self>, mut call: Call) -> PyResult<()> {
        let (py, line) = (this.py(), this.get());
        call.begun = line.clock.monotonic();
        let mut state = line.lock();
        if let Some(error) = &state.ended {
            return Err(to_python(py, error));
        }
        let is_short = call.request.as_ref().is_some_and(|request| request.cost() == Cost::Short);
        state.waiting.push_back(call);
        let mut results = Self::advance(this, &mut state)?;
        if is_short && results.is_empty() {
            state = line.wait_a_moment(py, state);
            if let Step::Broken(error) = socket::pull(&mut state, &mut results) {
                socket::break_off(this, &mut state, &error, &mut results);
                results.extend(Self::advance(this, &mut state)?);
            }
        }
        drop(state);
        tell(py, results);
        Ok(())
    }

    /// Waits for the answer to the only call that is under way, if nobody else is waiting for the loop. Nothing is locked
    /// meanwhile: another thread may want to end this line.
    fn wait_a_moment<'a>(&'a self, py: Python<'_>, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let is_alone = state.running.len() == 1 && state.waiting.is_empty() && state.writes.is_none();
        let is_idle = |ready: &Py<PyAny>| ready.bind(py).len().is_ok_and(|tasks| tasks == 0);
        if !is_alone || state.quick >= QUICK_MAX || !self.ready.as_ref().is_some_and(is_idle) {
            return state;
        }
        let Some(socket) = state.socket.clone() else { return state };
        state.quick += 1;
        drop(state);
        py.detach(|| {
            let mut fds = [PollFd::new(&*socket, PollFlags::IN)];
            // A signal or the end of the wait: the loop takes over.
            let _ = poll(&mut fds, Some(&QUICK_WAIT));
        });
        self.lock()
    }

    /// Begins what can begin.
    pub fn advance(this: &Bound<'_, Self>, state: &mut State) -> PyResult<Results> {
        let (py, line) = (this.py(), this.get());
        let mut results = Vec::new();
        loop {
            if state.waiting.is_empty() {
                break;
            }
            if matches!(state.way, Way::None) {
                Self::connect(this, state)?;
            }
            if matches!(state.way, Way::Connecting(_)) {
                break;
            }
            if state.running.len() >= line.concurrency {
                // What was given up gives its place back at once; its answer will find nobody.
                state.running.retain(|_, call| !call.is_given_up(py));
                if state.running.len() >= line.concurrency {
                    break;
                }
            }
            let Some(call) = state.waiting.pop_front() else { break };
            if !call.is_given_up(py) {
                Self::start(this, state, call, &mut results)?;
            }
        }
        if let Way::Socket(_) = state.way {
            socket::push(this, state, &mut results)?;
        }
        line.keep_time(this, state)?;
        Ok(results)
    }

    fn start(this: &Bound<'_, Self>, state: &mut State, mut call: Call, results: &mut Results) -> PyResult<()> {
        let Some(request) = call.request.take() else { return Ok(()) };
        match &mut state.way {
            Way::Socket(pipeline) => {
                let queued = pipeline.queue(&call.namespace, &request);
                call.request = Some(request);
                call.has_left();
                match queued {
                    Ok(id) => drop(state.running.insert(id, call)),
                    Err(error) => results.push((call, Err(error))),
                }
            }
            Way::Embedded(embedded) if is_short(&request) => {
                let result = embedded.run(&call.namespace, request);
                state.quick += 1;
                if state.quick <= QUICK_MAX {
                    results.push((call, result));
                } else {
                    // Through the mailbox, so that the loop gets its turn.
                    let (mail, token) = (Self::mail(this, state)?, state.take_number());
                    state.running.insert(token, call);
                    mail.complete(token, result);
                }
            }
            Way::Embedded(embedded) => {
                let embedded = Arc::clone(embedded);
                let (mail, token) = (Self::mail(this, state)?, state.take_number());
                Self::watch(this, &call, &mail, token, None)?;
                let reply = Reply::new(Arc::clone(&mail) as Arc<dyn Completion>, token);
                let namespace = call.namespace.clone();
                state.running.insert(token, call);
                embedded.submit(&namespace, request, reply);
            }
            Way::Grpc(remote) => {
                let remote = Arc::clone(remote);
                let (mail, token) = (Self::mail(this, state)?, state.take_number());
                match remote.submit(&mail, token, call.namespace.clone(), request) {
                    Ok(task) => {
                        Self::watch(this, &call, &mail, token, Some(task))?;
                        state.running.insert(token, call);
                    }
                    Err(error) => results.push((call, Err(error))),
                }
            }
            Way::None | Way::Connecting(_) => {
                call.request = Some(request);
                state.waiting.push_front(call);
            }
        }
        Ok(())
    }

    fn watch(
        this: &Bound<'_, Self>,
        call: &Call,
        mail: &Arc<Mail>,
        token: u64,
        task: Option<AbortHandle>,
    ) -> PyResult<()> {
        let give_up = Bound::new(this.py(), GiveUp { mail: Arc::clone(mail), token, task })?;
        call.on_done(this.py(), give_up.as_any())
    }

    /// The mailbox, which the loop watches from now on.
    fn mail(this: &Bound<'_, Self>, state: &mut State) -> PyResult<Arc<Mail>> {
        if let Some(mail) = &state.mail {
            return Ok(Arc::clone(mail));
        }
        let mail = Arc::new(Mail::new()?);
        this.get().call_loop(this.py(), "add_reader", (mail.fd(), this.getattr("_mail_has_come")?))?;
        state.mail = Some(Arc::clone(&mail));
        Ok(mail)
    }

    /// Begins to connect, on a thread of its own: a server that does not answer must not hold the loop up.
    fn connect(this: &Bound<'_, Self>, state: &mut State) -> PyResult<()> {
        let door = this.get().door.clone();
        let connect: Box<dyn FnOnce() -> Result<Way> + Send> = match door {
            Door::Grpc(remote) => {
                state.way = Way::Grpc(remote);
                return Ok(());
            }
            Door::Embedded(opening) => {
                if let Some(embedded) = opening.opened() {
                    state.way = Way::Embedded(embedded);
                    return Ok(());
                }
                Box::new(move || opening.open().map(Way::Embedded))
            }
            Door::Socket { path, options } => {
                Box::new(move || Pipeline::connect(path, options).map(|pipeline| Way::Socket(Box::new(pipeline))))
            }
        };
        let mail = Self::mail(this, state)?;
        let outcome = Arc::new(Mutex::new(None));
        state.way = Way::Connecting(Arc::clone(&outcome));
        std::thread::Builder::new().name("toondb-connect".to_owned()).spawn(move || {
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(connect());
            mail.complete(CONNECTED, Err(Error::internal("connected")));
        })?;
        Ok(())
    }

    /// An attempt to connect has ended.
    fn connected(this: &Bound<'_, Self>, state: &mut State, results: &mut Results) -> PyResult<()> {
        let outcome = match &state.way {
            Way::Connecting(outcome) => outcome.lock().unwrap_or_else(PoisonError::into_inner).take(),
            _ => None,
        };
        match outcome {
            None => return Ok(()),
            Some(Ok(way)) => {
                if let Way::Socket(pipeline) = &way {
                    let fd = pipeline.as_fd().as_raw_fd();
                    this.get().call_loop(this.py(), "add_reader", (fd, this.getattr("_socket_is_readable")?))?;
                    state.reads = Some(fd);
                    state.socket = pipeline.as_fd().try_clone_to_owned().ok().map(Arc::new);
                }
                state.way = way;
            }
            Some(Err(error)) => {
                state.way = Way::None;
                results.extend(state.waiting.drain(..).map(|call| (call, Err(error.clone()))));
            }
        }
        Ok(())
    }

    /// Has the loop look for calls whose time is over, when the first may be.
    fn keep_time(&self, this: &Bound<'_, Self>, state: &mut State) -> PyResult<()> {
        let Some(timeout) = self.timeout.filter(|_| !state.is_timed) else { return Ok(()) };
        let Some(begun) = state.calls().map(|call| call.begun).min() else { return Ok(()) };
        let wait = timeout.saturating_sub(self.clock.monotonic().saturating_sub(begun)).as_secs_f64() + 0.001;
        self.call_loop(this.py(), "call_later", (wait, this.getattr("_look_at_the_time")?))?;
        state.is_timed = true;
        Ok(())
    }

    pub fn call_loop<'py, A>(&self, py: Python<'py>, method: &str, arguments: A) -> PyResult<()>
    where
        A: pyo3::call::PyCallArgs<'py>,
    {
        self.event_loop.bind(py).call_method1(method, arguments).map(drop)
    }

    /// Stops the loop's watch over the connection.
    pub fn unwatch_socket(&self, py: Python<'_>, state: &mut State) {
        state.socket = None;
        for (method, fd) in [("remove_reader", state.reads.take()), ("remove_writer", state.writes.take())] {
            if let Some(fd) = fd {
                let _ = self.call_loop(py, method, (fd,));
            }
        }
    }

    /// Ends it: calls under way do not wait on. From another thread than its loop's it ends there, soon.
    pub fn end(this: &Bound<'_, Self>, error: &Error) {
        let (py, line) = (this.py(), this.get());
        line.lock().ended.get_or_insert_with(|| error.clone());
        if line.is_over(py) {
            return;
        }
        let is_here = super::running_loop(py).is_ok_and(|running| line.is_of(&running));
        let ended = if is_here {
            line._end(py);
            Ok(())
        } else {
            this.getattr("_end").and_then(|end| line.call_loop(py, "call_soon_threadsafe", (end,)))
        };
        if let Err(error) = ended {
            error.write_unraisable(py, Some(this.as_any()));
        }
    }
}

impl State {
    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.running.values().chain(&self.waiting)
    }
}

/// Tells results, with nothing locked.
pub fn tell(py: Python<'_>, results: Results) {
    for (call, result) in results {
        call.resolve(py, result);
    }
}

#[pymethods]
impl Line {
    /// Called by the loop: answers have come from other threads.
    #[pyo3(name = "_mail_has_come")]
    fn mail_has_come(this: &Bound<'_, Self>) -> PyResult<()> {
        let mut state = this.get().lock();
        state.quick = 0;
        let mut results = Vec::new();
        for (token, result) in state.mail.as_ref().map(|mail| mail.take()).unwrap_or_default() {
            if token == CONNECTED {
                Self::connected(this, &mut state, &mut results)?;
            } else if let Some(call) = state.running.remove(&token) {
                results.push((call, result));
            }
        }
        results.extend(Self::advance(this, &mut state)?);
        drop(state);
        tell(this.py(), results);
        Ok(())
    }

    /// Called by the loop: bytes have come.
    #[pyo3(name = "_socket_is_readable")]
    fn socket_is_readable(this: &Bound<'_, Self>) -> PyResult<()> {
        let mut state = this.get().lock();
        state.quick = 0;
        let mut results = Vec::new();
        if let Step::Broken(error) = socket::pull(&mut state, &mut results) {
            socket::break_off(this, &mut state, &error, &mut results);
        }
        results.extend(Self::advance(this, &mut state)?);
        drop(state);
        tell(this.py(), results);
        Ok(())
    }

    /// Called by the loop: the socket takes bytes again.
    #[pyo3(name = "_socket_is_writable")]
    fn socket_is_writable(this: &Bound<'_, Self>) -> PyResult<()> {
        let mut state = this.get().lock();
        let results = Self::advance(this, &mut state)?;
        drop(state);
        tell(this.py(), results);
        Ok(())
    }

    /// Called by the loop when the time of the oldest call may be over.
    #[pyo3(name = "_look_at_the_time")]
    fn look_at_the_time(this: &Bound<'_, Self>) -> PyResult<()> {
        let (py, line) = (this.py(), this.get());
        let Some(timeout) = line.timeout else { return Ok(()) };
        let mut state = line.lock();
        state.is_timed = false;
        let now = line.clock.monotonic();
        let is_late = |call: &Call| now.saturating_sub(call.begun) >= timeout;
        let sent: Vec<Call> = state.running.extract_if(|_, call| is_late(call)).map(|(_, call)| call).collect();
        let (late, early): (VecDeque<Call>, _) = state.waiting.drain(..).partition(is_late);
        state.waiting = early;
        line.keep_time(this, &mut state)?;
        drop(state);
        let text = format!("the server gave no answer for {} ms", timeout.as_millis());
        let error = Error::new(ErrorCode::Timeout, text);
        sent.into_iter().for_each(|call| call.fail(py, &error, true));
        late.into_iter().for_each(|call| call.fail(py, &error, false));
        Ok(())
    }

    /// Ends what is under way, on the loop's thread.
    fn _end(&self, py: Python<'_>) {
        let mut state = self.lock();
        let Some(error) = state.ended.clone() else { return };
        self.unwatch_socket(py, &mut state);
        if let Some(mail) = state.mail.take() {
            let _ = self.call_loop(py, "remove_reader", (mail.fd(),));
        }
        state.way = Way::None;
        let sent: Vec<Call> = state.running.drain().map(|(_, call)| call).collect();
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        sent.into_iter().for_each(|call| call.fail(py, &error, true));
        waiting.into_iter().for_each(|call| call.fail(py, &error, false));
    }
}
