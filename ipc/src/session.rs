//! What a connection's frames mean: the hello, then requests for the service, then an end.
//!
//! A session sees received bytes and says how many of them it has dealt with and why it stopped. It does no I/O, so the
//! protocol can be followed here alone. A request that is well-formed but wrong (unknown operation, wrong fields) fails
//! alone; bytes that are not the protocol end the session after a typed answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use toondb_engine::api::{ClientId, Error, ErrorCode, Once, Request, Result};
use toondb_engine::{Completion, Reply, Service, limits};

use crate::codec::{self, Front, HEADER_BYTES};
use crate::hello::{HELLO_CODE, Hello, PROTOCOL, Welcome};
use crate::message::{self, ID_NONE, Number, RequestHead, Violation};
use crate::outbox::Outbox;
use crate::succession::Succession;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing but a hello is taken.
    Hello,
    /// Requests are taken.
    Open,
    /// Requests that have arrived are answered with a refusal, none is carried out.
    Refusing,
    /// Nothing is taken any more.
    Ended,
}

/// Why a session stopped before the end of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The rest is no whole frame; it will have this many bytes, if that is known.
    Partial(Option<usize>),
    /// Too many requests are unanswered, or the answers should be written first, or there is no room for further ones. There
    /// may be whole frames left.
    Full,
    /// The session has ended; the rest is of no interest.
    Ended,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It was dealt with.
    Yes,
    /// It is a request for whose answer there is no room yet, and is to be shown again.
    NoRoom,
}

/// One connection's side of the protocol.
pub struct Session {
    service: Arc<dyn Service>,
    succession: Arc<Succession>,
    outbox: Arc<Outbox>,
    sink: Arc<dyn Completion>,
    pipeline_max: usize,
    output_pause_bytes: usize,
    phase: Phase,
    /// Who asks under numbers, if the peer does.
    client: Option<ClientId>,
    /// The request being dealt with, for the answer should it panic.
    current: u64,
    panicked: bool,
}

impl Session {
    /// A session that awaits the hello and stops while `pipeline_max` requests are unanswered.
    pub fn new(
        service: Arc<dyn Service>,
        succession: Arc<Succession>,
        outbox: Arc<Outbox>,
        pipeline_max: usize,
    ) -> Self {
        let sink = Arc::clone(&outbox) as Arc<dyn Completion>;
        let output_pause_bytes = usize::MAX;
        Self {
            service,
            succession,
            outbox,
            sink,
            pipeline_max,
            output_pause_bytes,
            phase: Phase::Hello,
            client: None,
            current: ID_NONE,
            panicked: false,
        }
    }

    /// From now on, stops while this many bytes of answers wait in the outbox.
    pub fn pause_at(&mut self, output_bytes: usize) {
        self.output_pause_bytes = output_bytes;
    }

    /// Where the session stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// True if the session ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.panicked
    }

    /// From now on, requests are refused.
    pub fn refuse(&mut self) {
        if self.phase != Phase::Ended {
            self.phase = Phase::Refusing;
        }
    }

    /// From now on, nothing is taken.
    pub fn end(&mut self) {
        self.phase = Phase::Ended;
    }

    /// Tells the peer why the connection ends, and ends it.
    pub fn fail(&mut self, id: u64, error: &Error) {
        self.outbox.append(|out| message::write_failure(out, id, error));
        self.phase = Phase::Ended;
    }

    /// Deals with the frames at the front of `received`; gives the bytes that are done with.
    pub fn feed(&mut self, received: &[u8]) -> (usize, Stop) {
        let mut done = 0;
        // One guard around the whole batch costs nothing on the way through.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.feed_all(received, &mut done)));
        let stop = outcome.unwrap_or_else(|_| {
            tracing::error!("a request panicked while it was decoded or submitted; its connection ends");
            self.panicked = true;
            self.fail(self.current, &Error::internal("the request failed in the server; its log has the details"));
            Stop::Ended
        });
        (done, stop)
    }

    fn feed_all(&mut self, received: &[u8], done: &mut usize) -> Stop {
        let mut rest = received;
        while self.phase != Phase::Ended {
            let frame_bytes_max = match self.phase {
                Phase::Hello => limits::FRAME_BYTES_BEFORE_HELLO_MAX,
                _ => limits::FRAME_BYTES_MAX,
            };
            let bytes = match codec::peek(rest, frame_bytes_max) {
                Ok(Front::Frame(bytes)) => bytes,
                Ok(Front::Partial(total)) => return Stop::Partial(total),
                Err(error) => {
                    self.fail(ID_NONE, &Error::new(ErrorCode::Protocol, error.to_string()));
                    break;
                }
            };
            if self.is_full() {
                return Stop::Full;
            }
            let (frame, tail) = rest.split_at_checked(HEADER_BYTES + bytes).unwrap_or((rest, &[]));
            match self.take(frame.get(HEADER_BYTES..).unwrap_or_default()) {
                Ok(Taken::Yes) => {}
                Ok(Taken::NoRoom) => return Stop::Full,
                Err(violation) => self.fail(violation.id, &violation.error),
            }
            rest = tail;
            *done += frame.len();
        }
        Stop::Ended
    }

    /// True if requests have to wait. Refusals never do: a drain reads only a bounded number of bytes.
    fn is_full(&self) -> bool {
        self.phase != Phase::Refusing
            && (self.outbox.unanswered() >= self.pipeline_max || self.outbox.len() >= self.output_pause_bytes)
    }

    #[inline]
    fn take(&mut self, payload: &[u8]) -> std::result::Result<Taken, Violation> {
        self.current = ID_NONE;
        let head = message::read_request(payload)?;
        self.current = head.id;
        match self.phase {
            Phase::Open if head.op != HELLO_CODE => return Ok(self.submit(&head)),
            Phase::Open => return Err(Violation::new(head.id, "the hello was said before")),
            Phase::Hello => self.greet(&head)?,
            Phase::Refusing => {
                let error = Error::new(ErrorCode::ShuttingDown, "the server is shutting down; nothing was executed");
                self.outbox.append(|out| message::write_failure(out, head.id, &error));
            }
            Phase::Ended => {}
        }
        Ok(Taken::Yes)
    }

    #[inline]
    fn submit(&mut self, head: &RequestHead<'_>) -> Taken {
        let read = self.once(head).and_then(|once| Ok((once, named(head, message::read_args(head)?)?)));
        match read {
            Ok((once, request)) => {
                let bytes = self.service.answer_hint(head.namespace, &request);
                let Some(token) = self.outbox.expect_answer(head.id, request.effect(), bytes) else {
                    return Taken::NoRoom;
                };
                self.service.submit(head.namespace, request, once, Reply::new(Arc::clone(&self.sink), token));
            }
            Err(_) if self.outbox.has_no_room() => return Taken::NoRoom,
            Err(error) => self.outbox.append(|out| message::write_failure(out, head.id, &error)),
        }
        Taken::Yes
    }

    /// Under which number it is asked for.
    #[inline]
    fn once(&self, head: &RequestHead<'_>) -> Result<Option<Once>> {
        match (head.number, self.client) {
            (None, _) => Ok(None),
            (Some(Number { number, open }), Some(client)) => {
                Ok(Some(Once { client, number, answered_below: number.saturating_sub(open) }))
            }
            (Some(_), None) => Err(Error::invalid("the request has a number, and the hello no client_id")),
        }
    }

    fn greet(&mut self, head: &RequestHead<'_>) -> std::result::Result<(), Violation> {
        if head.op != HELLO_CODE {
            return Err(Violation::new(head.id, "the first message on a connection must be the hello"));
        }
        let hello: Hello = message::read_map(head.args).map_err(|error| Violation::new(head.id, error))?;
        let gives_way = hello.successor.is_some_and(|version| self.succession.is_asked_by(&version));
        if hello.protocol != PROTOCOL {
            let text = format!("protocol {} is unknown to this server; it speaks {PROTOCOL}", hello.protocol);
            return Err(Violation { id: head.id, error: Error::new(ErrorCode::UnsupportedVersion, text) });
        }
        if let Some(id) = hello.client_id {
            let id = <[u8; 16]>::try_from(id.as_slice());
            let id = id.map_err(|_| Violation::new(head.id, "a client_id has 16 bytes"))?;
            self.client = Some(ClientId(id));
        }
        let welcome = Welcome {
            directory: self.succession.directory().map(str::to_owned),
            gives_way,
            ..Welcome::new(self.pipeline_max)
        };
        self.answer_hello(head.id, &welcome).map_err(|error| Violation { id: head.id, error })
    }

    fn answer_hello(&mut self, id: u64, welcome: &Welcome) -> Result<()> {
        let mut written = Ok(());
        self.outbox.append(|out| written = message::write_success(out, id, welcome));
        self.phase = Phase::Open;
        written
    }
}

/// Refuses a request that is about a namespace and names none: an empty name is a mistake of whoever made it up from
/// something that was empty, and must not be somebody else's namespace.
#[inline]
fn named(head: &RequestHead<'_>, request: Request) -> Result<Request> {
    let code = request.code();
    if head.namespace.is_empty() && code.scope().is_namespaced() {
        let text = format!(
            "{} needs the name of a namespace, and the name given is empty; say \"default\" for the default one",
            code.name()
        );
        return Err(Error::invalid(text));
    }
    Ok(request)
}
