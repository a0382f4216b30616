//! A client for tokio: one socket, any number of calls in flight, matched to their answers by id.
//!
//! Calls append their frames to one buffer, which a writing task sends as a whole; a reading task hands each answer to
//! the call that waits for its id. A call that is dropped only forgets its id, so cancelling never harms another call; a
//! write that was cancelled may still happen. When the connection breaks, each waiting call learns whether its request
//! can have been carried out, and the next call connects anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};
use tokio_util::codec::Decoder;
use toondb_engine::api::{ClientId, Error, ErrorCode, Once, OpCode, OpKind, Operation, Request, Response, Result};
use toondb_engine::limits;

use super::again::{Again, Attempt, Broken, Next};
use super::numbers::{Numbered, Numbers};
use super::open::{OpenOptions, Opened};
use super::options::ClientOptions;
use super::stream::{Patience, Stream, broken, connect, ended_by_server, read_welcome};
use crate::codec::FrameCodec;
use crate::hello::{HELLO_CODE, Hello};
use crate::message::{self, ID_NONE, Number};
use crate::outbox::BUFFER_KEEP_BYTES;

const HELLO_ID: u64 = 1;
/// Bytes of requests that may wait to be sent; one more is answered `Busy`.
const QUEUE_BYTES_MAX: usize = 6 * limits::FRAME_BYTES_MAX;

/// A client that any number of tasks may share and clone.
#[derive(Debug, Clone)]
pub struct AsyncClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: Whose,
    options: ClientOptions,
    link: tokio::sync::Mutex<Option<Arc<Link>>>,
    numbers: Arc<Numbers>,
}

/// Which server.
#[derive(Debug)]
enum Whose {
    /// The one at this socket.
    At(PathBuf),
    /// The one of this directory, which is started if need be.
    Of(Arc<Opened>),
}

/// One connection.
#[derive(Debug)]
struct Link {
    /// True if the server takes numbers.
    takes_numbers: bool,
    state: Mutex<LinkState>,
    next: AtomicU64,
    queued: Notify,
}

#[derive(Debug, Default)]
struct LinkState {
    waiting: HashMap<u64, oneshot::Sender<Result<Bytes>>>,
    output: Vec<u8>,
    broken: Option<Error>,
}

/// Forgets the id of a call that ends, however it ends.
struct Waiting<'a> {
    link: &'a Link,
    id: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.link.state.lock().waiting.remove(&self.id);
    }
}

impl AsyncClient {
    /// Connects to the server at `path`; must be called inside a tokio runtime with I/O and time.
    pub async fn connect(path: impl AsRef<Path>, options: ClientOptions) -> Result<Self> {
        Self::begin(Whose::At(path.as_ref().to_owned()), options).await
    }

    /// Opens a data directory as [`BlockingClient::open`](super::BlockingClient::open) does; must be called inside a tokio runtime with
    /// I/O and time. What waits for a server to start waits on a thread of the runtime's for that.
    ///
    /// # Errors
    /// As [`BlockingClient::open`](super::BlockingClient::open).
    pub async fn open(dir: impl AsRef<Path>, options: OpenOptions) -> Result<Self> {
        let (dir, client) = (dir.as_ref().to_owned(), options.client.clone());
        let opened = on_thread(move || Opened::new(&dir, options)).await?;
        Self::begin(Whose::Of(Arc::new(opened)), client).await
    }

    async fn begin(server: Whose, options: ClientOptions) -> Result<Self> {
        let link = tokio::sync::Mutex::new(None);
        let client = Self { shared: Arc::new(Shared { server, options, link, numbers: Numbers::new()? }) };
        let mut again = Again::begin(OpCode::Ping, client.shared.retry_for());
        loop {
            match client.link(again.left()).await {
                Ok(_link) => return Ok(client),
                // Another server takes its place, as where a supervisor holds the socket.
                Err(error) if error.code == ErrorCode::ShuttingDown => match again.judge(Err(Broken::unsent(error))) {
                    Next::Tell(told) => return told.and(Ok(client)),
                    Next::After(pause) => tokio::time::sleep(pause).await,
                },
                Err(error) => return Err(error),
            }
        }
    }

    /// Carries a request out. Operations that are about no namespace take the empty name, all others a name.
    pub async fn call(&self, namespace: &str, request: &Request) -> Result<Response> {
        let code = request.code();
        let numbered = match code.kind() {
            OpKind::Write => Some(self.shared.numbers.begin()),
            OpKind::Read | OpKind::Admin => None,
        };
        let once = numbered.as_ref().map(Numbered::once);
        let mut again = Again::begin(code, self.shared.retry_for());
        loop {
            let attempt = self.call_over(namespace, once, request, again.left()).await;
            match again.judge(attempt) {
                Next::Tell(result) => return result,
                Next::After(pause) => tokio::time::sleep(pause).await,
            }
        }
    }

    /// Carries a typed request out.
    pub async fn call_op<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        O::take_reply(self.call(namespace, &operation.into_request()).await?)
    }

    async fn call_over(&self, namespace: &str, once: Option<Once>, request: &Request, left: Duration) -> Attempt {
        let code = request.code();
        let link = self.link(left).await.map_err(Broken::unsent)?;
        let number = once.filter(|_| link.takes_numbers).map(Number::of);
        let numbered = number.is_some();
        let id = link.next.fetch_add(1, Ordering::Relaxed);
        let receiver = match link.queue((id, code.number(), namespace), number, request) {
            Ok(receiver) => receiver,
            Err(error) if error.code == ErrorCode::ConnectionFailed => return Err(Broken::unsent(error)),
            Err(error) => return Ok((Err(error), numbered)),
        };
        let _waiting = Waiting { link: &link, id };
        let after = |error| Broken { error, sent: true, numbered };
        let answer = match self.shared.options.timeout {
            None => receiver.await,
            Some(timeout) => tokio::time::timeout(timeout, receiver).await.map_err(|_| after(timed_out(timeout)))?,
        };
        let gone = |_| after(broken("receiving", "the connection's task has ended"));
        let payload = answer.map_err(gone)?.map_err(after)?;
        let head = message::read_response(&payload).map_err(after)?;
        Ok((message::read_body(code, &head), numbered))
    }

    /// The live connection, or a new one. A server that is started may take the time that is left to the call.
    async fn link(&self, left: Duration) -> Result<Arc<Link>> {
        let mut slot = self.shared.link.lock().await;
        if let Some(link) = slot.as_ref().filter(|link| link.state.lock().broken.is_none()) {
            return Ok(Arc::clone(link));
        }
        let Shared { server, options, numbers, .. } = &*self.shared;
        let link = match server {
            Whose::At(path) => {
                let opening = Link::open(path, options, numbers.client());
                match options.timeout {
                    None => opening.await?,
                    Some(timeout) => match tokio::time::timeout(timeout, opening).await {
                        Ok(link) => link?,
                        Err(_) => return Err(timed_out(timeout)),
                    },
                }
            }
            Whose::Of(opened) => {
                let (opened, client) = (Arc::clone(opened), numbers.client());
                let timeout = options.timeout.map(|_| left);
                let reach = move || opened.reach(Some(client), &Patience { timeout, on_idle: None });
                Link::adopt(on_thread(reach).await?)?
            }
        };
        *slot = Some(Arc::clone(&link));
        Ok(link)
    }
}

impl Shared {
    /// How long a call is made again. Where the server can be started, as long as the call may last.
    fn retry_for(&self) -> Duration {
        match &self.server {
            Whose::At(_) => self.options.retry_for,
            Whose::Of(_) => self.options.timeout.unwrap_or(Duration::MAX),
        }
    }
}

/// Does what blocks where it may.
async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal(format!("opening a directory: {error}")))?
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(link) = self.link.get_mut() {
            link.fail(&Error::new(ErrorCode::ConnectionFailed, "the client was dropped"));
        }
    }
}

fn timed_out(timeout: Duration) -> Error {
    Error::new(ErrorCode::Timeout, format!("no answer within {} ms", timeout.as_millis()))
}

fn of_tokio(socket: std::os::unix::net::UnixStream) -> Result<UnixStream> {
    let adopted = socket.set_nonblocking(true).and_then(|()| UnixStream::from_std(socket));
    adopted.map_err(|error| broken("connecting", error))
}

impl Link {
    async fn open(path: &Path, options: &ClientOptions, client: ClientId) -> Result<Arc<Self>> {
        let socket = connect(path, options, &Patience { timeout: options.timeout, on_idle: None })?;
        let (reader, mut writer) = of_tokio(socket)?.into_split();
        let mut reader = FrameReader::new(reader, &[]);
        let mut hello = Vec::new();
        message::write_request(&mut hello, HELLO_ID, HELLO_CODE, "", &Hello::new(options.name.as_str()).of(client))?;
        let sent = writer.write_all(&hello).await;
        let welcome = match (reader.next().await, sent) {
            (Ok(payload), _) => payload,
            (Err(_), Err(error)) => return Err(broken("sending", error)),
            (Err(error), Ok(())) => return Err(error),
        };
        Ok(Self::start(read_welcome(&welcome)?.numbers, reader, writer))
    }

    /// Goes on with a connection over which the hello was said.
    fn adopt(stream: Stream) -> Result<Arc<Self>> {
        let (socket, welcome, arrived) = stream.into_parts();
        let (reader, writer) = of_tokio(socket)?.into_split();
        Ok(Self::start(welcome.numbers, FrameReader::new(reader, &arrived), writer))
    }

    fn start(takes_numbers: bool, reader: FrameReader, writer: OwnedWriteHalf) -> Arc<Self> {
        let (state, next, queued) = (Mutex::default(), AtomicU64::new(HELLO_ID + 1), Notify::new());
        let link = Arc::new(Self { takes_numbers, state, next, queued });
        drop(tokio::spawn(Arc::clone(&link).run(reader, writer)));
        link
    }

    /// Queues a request. An error that is not about the request itself means that nothing was sent.
    fn queue(
        &self,
        (id, op, namespace): (u64, u16, &str),
        number: Option<Number>,
        request: &Request,
    ) -> Result<oneshot::Receiver<Result<Bytes>>> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state.lock();
        if let Some(error) = &state.broken {
            return Err(error.clone());
        }
        if state.output.len() >= QUEUE_BYTES_MAX {
            return Err(Error::new(ErrorCode::Busy, "too many requests wait to be sent; retry after a short pause"));
        }
        message::write_numbered(&mut state.output, (id, op, namespace), number, request)?;
        state.waiting.insert(id, sender);
        drop(state);
        self.queued.notify_one();
        Ok(receiver)
    }

    /// Ends the connection and every call on it.
    fn fail(&self, error: &Error) {
        let waiting = {
            let mut state = self.state.lock();
            state.broken.get_or_insert_with(|| error.clone());
            state.output = Vec::new();
            std::mem::take(&mut state.waiting)
        };
        for (_, sender) in waiting {
            let _ = sender.send(Err(error.clone()));
        }
        self.queued.notify_one();
    }

    /// Reads and writes until the connection or the client ends.
    async fn run(self: Arc<Self>, reader: FrameReader, writer: OwnedWriteHalf) {
        let error = tokio::select! {
            error = self.read(reader) => error,
            error = self.write(writer) => error,
        };
        self.fail(&error);
    }

    async fn read(&self, mut reader: FrameReader) -> Error {
        loop {
            if let Err(error) = reader.next().await.and_then(|payload| self.hand_over(payload)) {
                return error;
            }
        }
    }

    async fn write(&self, mut writer: OwnedWriteHalf) -> Error {
        let mut output = Vec::new();
        loop {
            self.queued.notified().await;
            {
                let mut state = self.state.lock();
                if let Some(error) = &state.broken {
                    return error.clone();
                }
                std::mem::swap(&mut state.output, &mut output);
            }
            if let Err(error) = writer.write_all(&output).await {
                return broken("sending", error);
            }
            output.clear();
            if output.capacity() > BUFFER_KEEP_BYTES {
                output = Vec::new();
            }
        }
    }

    /// Gives an answer to its call; one that nobody waits for any more is dropped. Why the server ends the connection is news
    /// about none of the calls: each of them may have been carried out.
    fn hand_over(&self, payload: Bytes) -> Result<()> {
        let head = message::read_response(&payload)?;
        if head.id == ID_NONE {
            return Err(ended_by_server(&message::read_error(&head)));
        }
        let sender = self.state.lock().waiting.remove(&head.id);
        if let Some(sender) = sender {
            let _ = sender.send(Ok(payload));
        }
        Ok(())
    }
}

/// Reads frames.
struct FrameReader {
    socket: OwnedReadHalf,
    received: BytesMut,
    codec: FrameCodec,
}

impl FrameReader {
    fn new(socket: OwnedReadHalf, arrived: &[u8]) -> Self {
        Self { socket, received: BytesMut::from(arrived), codec: FrameCodec::new(limits::FRAME_BYTES_MAX) }
    }

    async fn next(&mut self) -> Result<Bytes> {
        loop {
            let frame = self.codec.decode(&mut self.received);
            if let Some(payload) = frame.map_err(|error| Error::new(ErrorCode::Protocol, error.to_string()))? {
                return Ok(payload);
            }
            match self.socket.read_buf(&mut self.received).await {
                Ok(0) => return Err(broken("receiving", "the server closed the connection")),
                Ok(_) => {}
                Err(error) => return Err(broken("receiving", error)),
            }
        }
    }
}
