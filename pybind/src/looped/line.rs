//! What an event loop has of a client: the calls of this loop, and the way they take.
//!
//! The thread of the loop alone works on the state of a line: it takes it out of its place, and nothing is locked while Python
//! code runs. A call that is made meanwhile, by a finalizer or a callback, finds the place empty and leaves itself in the
//! inbox, which whoever has the state empties before putting it back. Another thread can only ask for the end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::task::AbortHandle;
use toondb_engine::api::{Cost, Error, ErrorCode, OpKind, Request};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::{Completion, Reply};
use toondb_ipc::Numbered;

use super::call::Call;
use super::connect::{self, CONNECTED};
use super::door::Door;
use super::mail::Mail;
use super::socket;
use super::state::{State, Way};
use crate::embedded::is_short;
use crate::error::to_python;
use crate::record::Object;

/// How long a call that is alone waits for its answer before the loop does: a short read is answered within microseconds, and
/// the way through the loop and back costs more than that.
const QUICK_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000 };
/// So many calls in a row may be answered without the loop; then it gets its turn, and with it whatever else it has to do.
const QUICK_MAX: u32 = 16;

/// So many bytes of calls may come before those that wait are looked through for some that nobody wants any more.
const WAITING_BYTES_UNSEEN: usize = 8 << 20;

/// What comes while the state is out of its place.
#[derive(Default)]
struct Inbox {
    calls: VecDeque<Call>,
    /// Bytes of the calls that came since those that wait were last looked through.
    bytes: usize,
    ended: Option<Error>,
}

/// Calls of one event loop.
#[pyclass(frozen, weakref, module = "toondb._toondb")]
pub struct Line {
    event_loop: Py<PyAny>,
    /// What the loop will do in its next turn, if it is one of asyncio's own: empty if only the present task has anything to do.
    ready: Option<Py<PyAny>>,
    pid: u32,
    pub door: Door,
    concurrency: usize,
    timeout: Option<Duration>,
    retry_for: Duration,
    pub clock: SystemClock,
    inbox: Mutex<Inbox>,
    state: Mutex<Option<Box<State>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Called when a future is done: if that is not by its answer, nobody waits any more.
#[pyclass(frozen)]
struct GiveUp {
    line: Py<Line>,
    token: u64,
    task: Option<AbortHandle>,
}

#[pymethods]
impl GiveUp {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if !future.call_method0("cancelled")?.is_truthy()? {
            return Ok(());
        }
        Line::work(self.line.bind(future.py()), |_, state| {
            if let Way::Socket(_) = state.way {
                // It keeps its place as long as its bytes wait to be sent; whoever waits for one looks again.
                return Ok(());
            }
            if state.running.remove(&self.token).is_none() {
                return Ok(());
            }
            match (&self.task, &state.mail) {
                (Some(task), _) => task.abort(),
                (None, Some(mail)) => mail.give_up(self.token),
                (None, None) => {}
            }
            Ok(())
        })
    }
}

impl Line {
    pub fn new(event_loop: &Object<'_>, door: Door, concurrency: usize) -> Self {
        let (timeout, retry_for) = match &door {
            Door::Socket { options, .. } => (options.timeout, options.retry_for),
            Door::Directory(opened) => {
                let options = opened.client_options();
                (options.timeout, options.timeout.unwrap_or(options.retry_for))
            }
            // That client keeps the time itself.
            Door::Embedded(_) | Door::Grpc(_) => (None, Duration::ZERO),
        };
        Self {
            event_loop: event_loop.clone().unbind(),
            ready: event_loop.getattr("_ready").ok().map(Bound::unbind),
            pid: std::process::id(),
            door,
            concurrency,
            timeout,
            retry_for,
            clock: SystemClock::new(),
            inbox: Mutex::default(),
            state: Mutex::new(Some(Box::new(State::new(CONNECTED)))),
        }
    }

    /// True if it is this loop's, in this process.
    pub fn is_of(&self, event_loop: &Object<'_>) -> bool {
        self.event_loop.is(event_loop) && self.pid == std::process::id()
    }

    /// True if its loop will never run again.
    pub fn is_over(&self, py: Python<'_>) -> bool {
        let is_closed = || self.event_loop.call_method0(py, "is_closed").and_then(|closed| closed.is_truthy(py));
        self.pid != std::process::id() || is_closed().unwrap_or(true)
    }

    /// True if there is still time to ask again.
    pub fn has_time(&self, call: &Call) -> bool {
        call.is_in_time(self.clock.monotonic(), self.retry_for)
    }

    /// Takes a call on.
    pub fn submit(this: &Bound<'_, Self>, mut call: Call) -> PyResult<()> {
        let line = this.get();
        call.since = line.clock.monotonic();
        let size = call.request.as_ref().map_or(0, Request::size_hint);
        let is_short = call.request.as_ref().is_some_and(|request| request.cost() == Cost::Short);
        {
            let mut inbox = locked(&line.inbox);
            if let Some(error) = inbox.ended.clone() {
                drop(inbox);
                return Err(to_python(this.py(), &error));
            }
            inbox.calls.push_back(call);
            inbox.bytes += size;
        }
        let begun = Self::work(this, |_, _| Ok(()));
        let waited = if is_short { Self::wait_a_moment(this) } else { Ok(()) };
        if let Err(error) = begun.and(waited) {
            // The call is on its way, or has been told through its future; to raise would be to say that it is not.
            error.write_unraisable(this.py(), Some(this.as_any()));
        }
        Ok(())
    }

    /// Works on the state, begins what can begin, and tells what has come of calls. Does nothing if this thread is at it
    /// already: that sees to the inbox.
    pub fn work(
        this: &Bound<'_, Self>,
        act: impl FnOnce(&Bound<'_, Self>, &mut State) -> PyResult<()>,
    ) -> PyResult<()> {
        let line = this.get();
        let Some(mut state) = locked(&line.state).take() else { return Ok(()) };
        let mut outcome = act(this, &mut state);
        loop {
            let calls = std::mem::take(&mut locked(&line.inbox).calls);
            state.waiting.extend(calls);
            outcome = outcome.and(Self::advance(this, &mut state));
            let results = std::mem::take(&mut state.results);
            for (call, result) in results {
                call.resolve(this.py(), result);
            }
            // A connection that broke while it was written to leaves calls for the next one.
            let is_idle = !matches!(state.way, Way::None) || state.waiting.is_empty();
            if is_idle && locked(&line.inbox).calls.is_empty() && state.results.is_empty() {
                break;
            }
        }
        *locked(&line.state) = Some(state);
        outcome
    }

    /// Waits for the answer to the only call that is under way, if nobody else is waiting for the loop.
    fn wait_a_moment(this: &Bound<'_, Self>) -> PyResult<()> {
        let (py, line) = (this.py(), this.get());
        let is_idle = |ready: &Py<PyAny>| ready.bind(py).len().is_ok_and(|tasks| tasks == 0);
        if !line.ready.as_ref().is_some_and(is_idle) {
            return Ok(());
        }
        let socket = {
            let mut place = locked(&line.state);
            let Some(state) = place.as_mut() else { return Ok(()) };
            let is_alone = state.running.len() == 1 && state.waiting.is_empty() && state.writes.is_none();
            if !is_alone || state.quick >= QUICK_MAX {
                return Ok(());
            }
            state.quick += 1;
            state.socket.clone()
        };
        let Some(socket) = socket else { return Ok(()) };
        py.detach(|| {
            let mut fds = [PollFd::new(&*socket, PollFlags::IN)];
            // A signal or the end of the wait: the loop takes over.
            let _ = poll(&mut fds, Some(&QUICK_WAIT));
        });
        Self::work(this, socket::pull)
    }

    /// Begins what can begin.
    fn advance(this: &Bound<'_, Self>, state: &mut State) -> PyResult<()> {
        let line = this.get();
        if let Some(error) = locked(&line.inbox).ended.clone() {
            state.fail_waiting(&error);
            return Ok(());
        }
        while !state.waiting.is_empty() {
            if matches!(state.way, Way::None) {
                connect::begin(this, state);
            }
            if matches!(state.way, Way::None | Way::Connecting(_)) || !line.has_room(this, state)? {
                break;
            }
            let Some(call) = state.waiting.pop_front() else { break };
            if !call.is_given_up(this.py()) {
                Self::start(this, state, call);
            }
        }
        line.forget_given_up(this, state);
        socket::push(this, state)?;
        line.keep_time(this, state)
    }

    /// Lets go of calls that wait and that nobody wants any more, now and then: what they hold must not add up.
    fn forget_given_up(&self, this: &Bound<'_, Self>, state: &mut State) {
        if state.waiting.is_empty() || locked(&self.inbox).bytes < WAITING_BYTES_UNSEEN {
            return;
        }
        locked(&self.inbox).bytes = 0;
        state.waiting.retain(|call| !call.is_given_up(this.py()));
    }

    /// True if another call may begin.
    fn has_room(&self, this: &Bound<'_, Self>, state: &mut State) -> PyResult<bool> {
        if !socket::has_room(this, state)? {
            return Ok(false);
        }
        if state.running.len() < self.concurrency {
            return Ok(true);
        }
        // What was given up gives its place back at once, unless it still waits to be sent; its answer will find nobody.
        if socket::is_all_sent(state) {
            state.running.retain(|_, call| !call.is_given_up(this.py()));
        }
        if state.running.len() < self.concurrency {
            return Ok(true);
        }
        // The next that is given up lets another one begin.
        for (token, call) in state.running.iter_mut().filter(|(_, call)| !call.is_watched) {
            call.is_watched = true;
            let give_up = GiveUp { line: this.clone().unbind(), token: *token, task: None };
            call.on_done(this.py(), Bound::new(this.py(), give_up)?.as_any())?;
        }
        Ok(false)
    }

    fn start(this: &Bound<'_, Self>, state: &mut State, mut call: Call) {
        let Some(request) = call.request.take() else { return };
        call.since = this.get().clock.monotonic();
        match &mut state.way {
            Way::Socket(pipeline) => {
                call.first_sent.get_or_insert(call.since);
                if let (OpKind::Write, None, Some(numbers)) = (call.code.kind(), &call.numbered, &state.numbers) {
                    call.numbered = Some(numbers.begin());
                }
                let once = call.numbered.as_ref().map(Numbered::once);
                let queued = pipeline.queue_under(once, &call.namespace, &request);
                call.request = Some(request);
                call.ends_at = pipeline.bytes_queued();
                match queued {
                    Ok(id) => drop(state.running.insert(id, call)),
                    Err(error) => state.results.push((call, Err(error))),
                }
            }
            Way::Embedded(embedded) if is_short(&request) && state.quick < QUICK_MAX => {
                let (embedded, namespace) = (Arc::clone(embedded), call.namespace.clone());
                state.quick += 1;
                let result = this.py().detach(|| embedded.run(&namespace, request));
                state.results.push((call, result));
            }
            Way::Embedded(embedded) => {
                let embedded = Arc::clone(embedded);
                let Some((mut call, mail, token)) = Self::watched(this, state, call) else { return };
                let (reply, namespace) = (Reply::new(mail as Arc<dyn Completion>, token), call.namespace.clone());
                match Self::watch(this, &mut call, token, None) {
                    Ok(()) => {
                        state.running.insert(token, call);
                        this.py().detach(|| embedded.submit(&namespace, request, reply));
                    }
                    Err(error) => state.results.push((call, Err(error))),
                }
            }
            Way::Grpc(remote) => {
                let remote = Arc::clone(remote);
                let Some((mut call, mail, token)) = Self::watched(this, state, call) else { return };
                let begun = remote.submit(&mail, token, call.namespace.clone(), request);
                match begun.and_then(|task| Self::watch(this, &mut call, token, Some(task))) {
                    Ok(()) => drop(state.running.insert(token, call)),
                    Err(error) => state.results.push((call, Err(error))),
                }
            }
            Way::None | Way::Connecting(_) => {
                call.request = Some(request);
                state.waiting.push_front(call);
            }
        }
    }

    /// A call with the mailbox for its answer, and its number there; nothing if there is no mailbox, which the call is told.
    fn watched(this: &Bound<'_, Self>, state: &mut State, call: Call) -> Option<(Call, Arc<Mail>, u64)> {
        match Self::mail(this, state) {
            Ok(mail) => Some((call, mail, state.take_number())),
            Err(error) => {
                state.results.push((call, Err(failed(&error))));
                None
            }
        }
    }

    fn watch(
        this: &Bound<'_, Self>,
        call: &mut Call,
        token: u64,
        task: Option<AbortHandle>,
    ) -> toondb_engine::api::Result<()> {
        call.is_watched = true;
        let give_up = Bound::new(this.py(), GiveUp { line: this.clone().unbind(), token, task });
        give_up.and_then(|give_up| call.on_done(this.py(), give_up.as_any())).map_err(|error| failed(&error))
    }

    /// The mailbox, which the loop watches from now on.
    pub fn mail(this: &Bound<'_, Self>, state: &mut State) -> PyResult<Arc<Mail>> {
        if let Some(mail) = &state.mail {
            return Ok(Arc::clone(mail));
        }
        let mail = Arc::new(Mail::new()?);
        this.get().call_loop(this.py(), "add_reader", (mail.fd(), this.getattr("_mail_has_come")?))?;
        state.mail = Some(Arc::clone(&mail));
        Ok(mail)
    }

    /// Has the loop look for calls whose time is over, when the first may be.
    fn keep_time(&self, this: &Bound<'_, Self>, state: &mut State) -> PyResult<()> {
        let Some(timeout) = self.timeout.filter(|_| !state.is_timed) else { return Ok(()) };
        let calls = state.running.values().chain(&state.waiting);
        let Some(since) = calls.map(|call| call.since).min() else { return Ok(()) };
        let wait = timeout.saturating_sub(self.clock.monotonic().saturating_sub(since)).as_secs_f64() + 0.001;
        state.is_timed = true;
        self.call_loop(this.py(), "call_later", (wait, this.getattr("_look_at_the_time")?))
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
        locked(&line.inbox).ended.get_or_insert_with(|| error.clone());
        if line.is_over(py) {
            return;
        }
        let is_here = super::running_loop(py).is_ok_and(|running| line.is_of(&running));
        let ended = match is_here {
            true => Self::end_here(this),
            false => this.getattr("_end").and_then(|end| line.call_loop(py, "call_soon_threadsafe", (end,))),
        };
        // A loop that is closed at this very moment has nobody to be told.
        if let Err(error) = ended
            && !line.is_over(py)
        {
            error.write_unraisable(py, Some(this.as_any()));
        }
    }
}

/// A failure of the loop, as calls are told it.
fn failed(error: &PyErr) -> Error {
    Error::internal(format!("the event loop could not be used: {error}"))
}

#[pymethods]
impl Line {
    /// Called by the loop: answers have come from other threads.
    #[pyo3(name = "_mail_has_come")]
    fn mail_has_come(this: &Bound<'_, Self>) -> PyResult<()> {
        Self::work(this, |this, state| {
            state.quick = 0;
            for (token, result) in state.mail.as_ref().map(|mail| mail.take()).unwrap_or_default() {
                if token == CONNECTED {
                    connect::ended(this, state)?;
                } else if let Some(call) = state.running.remove(&token) {
                    state.results.push((call, result));
                }
            }
            Ok(())
        })
    }

    /// Called by the loop: bytes have come.
    #[pyo3(name = "_socket_is_readable")]
    fn socket_is_readable(this: &Bound<'_, Self>) -> PyResult<()> {
        Self::work(this, |this, state| {
            state.quick = 0;
            socket::pull(this, state)
        })
    }

    /// Called by the loop: the socket takes bytes again.
    #[pyo3(name = "_socket_is_writable")]
    fn socket_is_writable(this: &Bound<'_, Self>) -> PyResult<()> {
        Self::work(this, |_, _| Ok(()))
    }

    /// Called by the loop when the time of the oldest call may be over: of one that runs since it was sent, of one that waits its
    /// turn since the server was last heard of.
    #[pyo3(name = "_look_at_the_time")]
    fn look_at_the_time(this: &Bound<'_, Self>) -> PyResult<()> {
        Self::work(this, |this, state| {
            let line = this.get();
            let Some(timeout) = line.timeout else { return Ok(()) };
            state.is_timed = false;
            let now = line.clock.monotonic();
            let text = format!("the server gave no answer for {} ms", timeout.as_millis());
            let error = Error::new(ErrorCode::Timeout, text);
            let is_late = |since: Duration| now.saturating_sub(since) >= timeout;
            let late: Vec<Call> =
                state.running.extract_if(|_, call| is_late(call.since)).map(|(_, call)| call).collect();
            for call in late {
                let lost = Error::answer_lost(call.code, error.clone());
                state.results.push((call, Err(lost)));
            }
            let heard = state.heard;
            let (late, mut early): (VecDeque<Call>, VecDeque<Call>) =
                state.waiting.drain(..).partition(|call| is_late(call.since.max(heard)));
            for call in &mut early {
                call.since = call.since.max(heard);
            }
            state.waiting = early;
            state.results.extend(late.into_iter().map(|call| (call, Err(error.clone()))));
            Ok(())
        })
    }

    /// Ends what is under way, on the loop's thread.
    #[pyo3(name = "_end")]
    fn end_here(this: &Bound<'_, Self>) -> PyResult<()> {
        Self::work(this, |this, state| {
            let line = this.get();
            let Some(error) = locked(&line.inbox).ended.clone() else { return Ok(()) };
            line.unwatch_socket(this.py(), state);
            if let Some(mail) = state.mail.take() {
                let _ = line.call_loop(this.py(), "remove_reader", (mail.fd(),));
            }
            state.way = Way::None;
            state.fail_all(&error);
            Ok(())
        })
    }
}
