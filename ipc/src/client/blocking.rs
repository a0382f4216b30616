//! A client for ordinary threads: no runtime, one write and one read syscall for a call.
//!
//! Calls from several threads run at the same time on a small pool of sockets, each of which carries one call at a time.
//! A connection that broke is replaced by itself, and the request repeated where that is harmless (`again`): also a change, which
//! is asked for under a number. `OutcomeUnknown` is left for servers that do not come back in time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toondb_engine::api::{Error, ErrorCode, Once, OpCode, OpKind, Operation, Request, Response, Result};

use super::again::{Again, Attempt, Broken, Next};
use super::numbers::Numbered;
use super::open::{OpenOptions, Opened};
use super::options::ClientOptions;
use super::pool::{Lease, Pool, Ticket};
use super::stream::{Patience, Silence, Stream};
use super::waiting::pause_for;
use crate::hello::Hello;
use crate::message::{self, ID_NONE, Number};

/// What one call does differently.
#[derive(Clone, Copy, Default)]
pub struct CallOptions<'a> {
    /// Instead of [`ClientOptions::timeout`].
    pub timeout: Option<Duration>,
    /// Asked about every [`ClientOptions::idle_interval`] while the call waits; an error ends the call with that error.
    /// A write that was given up so may still happen.
    pub on_idle: Option<&'a dyn Fn() -> Result<()>>,
}

/// A client that any number of threads may share.
#[derive(Debug)]
pub struct BlockingClient {
    server: Whose,
    options: ClientOptions,
    pool: Pool,
}

/// Which server.
#[derive(Debug)]
enum Whose {
    /// The one at this socket.
    At(PathBuf),
    /// The one of this directory, which is started if need be.
    Of(Box<Opened>),
}

impl BlockingClient {
    /// Connects to the server at `path`, so that a wrong path shows at once.
    pub fn connect(path: impl AsRef<Path>, options: ClientOptions) -> Result<Self> {
        Self::connect_with(path, options, &CallOptions::default())
    }

    /// As [`BlockingClient::connect`], with a timeout of its own, or to be given up as a call is.
    pub fn connect_with(path: impl AsRef<Path>, options: ClientOptions, call: &CallOptions<'_>) -> Result<Self> {
        let client = Self { server: Whose::At(path.as_ref().to_owned()), options, pool: Pool::new() };
        client.begin(call)?;
        Ok(client)
    }

    /// Opens a data directory: connects to its server, and starts one if nobody answers. It goes on when this process ends, and
    /// ends itself when nobody has been connected for [`OpenOptions::idle_exit`]. A call that finds it gone starts it anew, within the
    /// call's timeout.
    ///
    /// ```no_run
    /// use toondb_engine::api::Ping;
    /// use toondb_ipc::{BlockingClient, OpenOptions, ServerCommand};
    ///
    /// let server = ServerCommand::new("/usr/local/bin/toondb");
    /// let client = BlockingClient::open("/home/u/memory", OpenOptions::new(server))?;
    /// println!("{}", client.call_op("", Ping {})?.version);
    /// # Ok::<(), toondb_engine::api::Error>(())
    /// ```
    ///
    /// # Errors
    /// `PermissionDenied` if the directory or the server is another user's, or everyone may write into the directory; `Locked` if a
    /// process has it for itself; what kept the server from starting, such as `Corrupt`, `DiskFull`, `Unavailable` or
    /// `UnsupportedVersion`; `Timeout` if it is not ready in time, and then goes on starting.
    pub fn open(dir: impl AsRef<Path>, options: OpenOptions) -> Result<Self> {
        Self::open_with(dir, options, &CallOptions::default())
    }

    /// As [`BlockingClient::open`], with a timeout of its own, or to be given up as a call is.
    ///
    /// # Errors
    /// As [`BlockingClient::open`].
    pub fn open_with(dir: impl AsRef<Path>, options: OpenOptions, call: &CallOptions<'_>) -> Result<Self> {
        let client_options = options.client.clone();
        let server = Whose::Of(Box::new(Opened::new(dir.as_ref(), options)?));
        let client = Self { server, options: client_options, pool: Pool::new() };
        client.begin(call)?;
        Ok(client)
    }

    /// Opens the first socket.
    fn begin(&self, call: &CallOptions<'_>) -> Result<()> {
        let mut again = Again::begin(OpCode::Ping, self.retry_for(call));
        while let Ticket::New(lease) = self.take(call)? {
            let error = match self.open_socket(call, &again) {
                Ok(stream) => {
                    lease.keep(stream);
                    break;
                }
                // Another server takes its place, as where a supervisor holds the socket.
                Err(error) if error.code == ErrorCode::ShuttingDown => error,
                Err(error) => return Err(error),
            };
            match again.judge(Err(Broken::unsent(error))) {
                Next::Tell(told) => return told.map(drop),
                Next::After(pause) => pause_for(pause),
            }
        }
        Ok(())
    }

    /// Where the server is: its socket, or the directory that was opened.
    pub fn path(&self) -> &Path {
        match &self.server {
            Whose::At(socket) => socket,
            Whose::Of(opened) => opened.path(),
        }
    }

    /// Carries a request out. Operations that are about no namespace take the empty name, all others a name.
    pub fn call(&self, namespace: &str, request: &Request) -> Result<Response> {
        self.call_with(namespace, request, &CallOptions::default())
    }

    /// Carries a typed request out.
    pub fn call_op<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        O::take_reply(self.call(namespace, &operation.into_request())?)
    }

    /// Carries a request out with options of its own.
    pub fn call_with(&self, namespace: &str, request: &Request, call: &CallOptions<'_>) -> Result<Response> {
        let code = request.code();
        let numbered = match code.kind() {
            OpKind::Write => Some(self.pool.current().numbers()?.begin()),
            OpKind::Read | OpKind::Admin => None,
        };
        let once = numbered.as_ref().map(Numbered::once);
        let mut again = Again::begin(code, self.retry_for(call));
        loop {
            let attempt = match self.take(call)? {
                Ticket::Used(lease, stream) => self.exchange(lease, stream, (namespace, once, request), call),
                Ticket::New(lease) => match self.open_socket(call, &again) {
                    Ok(stream) => self.exchange(lease, stream, (namespace, once, request), call),
                    Err(error) => Err(Broken::unsent(error)),
                },
            };
            match again.judge(attempt) {
                Next::Tell(result) => return result,
                Next::After(pause) => {
                    // What broke one idle socket has broken all of them.
                    self.pool.current().clear();
                    pause_for(pause);
                    if let Some(on_idle) = call.on_idle {
                        on_idle()?;
                    }
                }
            }
        }
    }

    /// Closes all sockets that no call uses. A later call opens one again.
    pub fn disconnect(&self) {
        self.pool.current().clear();
    }

    fn patience<'a>(&self, call: &CallOptions<'a>) -> Patience<'a> {
        Patience { timeout: call.timeout.or(self.options.timeout), on_idle: call.on_idle }
    }

    /// How long a call is made again. Where the server can be started, as long as the call may last.
    fn retry_for(&self, call: &CallOptions<'_>) -> Duration {
        match &self.server {
            Whose::At(_) => self.options.retry_for,
            Whose::Of(_) => call.timeout.or(self.options.timeout).unwrap_or(Duration::MAX),
        }
    }

    fn open_socket(&self, call: &CallOptions<'_>, again: &Again) -> Result<Stream> {
        let client = self.pool.current().numbers()?.client();
        let patience = self.patience(call);
        match &self.server {
            Whose::At(socket) => {
                let hello = Hello::new(self.options.name.as_str()).of(client);
                Stream::connect(socket, &self.options, &hello, &patience)
            }
            Whose::Of(opened) => {
                let timeout = patience.timeout.map(|_| again.left());
                opened.reach(Some(client), &Patience { timeout, ..patience })
            }
        }
    }

    fn take(&self, call: &CallOptions<'_>) -> Result<Ticket<'_>> {
        let interval = self.options.idle_interval.max(Duration::from_millis(1));
        let patience = self.patience(call);
        let silence = Silence::begin();
        self.pool.current().take(self.options.sockets_max, interval, || patience.wait_on(&silence))
    }

    /// Sends a request and waits for its answer. The socket goes back to the pool only if it is sound.
    fn exchange(
        &self,
        lease: Lease<'_>,
        mut stream: Stream,
        (namespace, once, request): (&str, Option<Once>, &Request),
        call: &CallOptions<'_>,
    ) -> Attempt {
        // One request at a time: any id will do, as long as an answer to nothing differs from it.
        const ID: u64 = 1;
        let patience = self.patience(call);
        let code = request.code();
        let number = once.filter(|_| stream.welcome().numbers).map(Number::of);
        let numbered = number.is_some();
        let address = (ID, code.number(), namespace);
        if let Err(error) = stream.queue(|out| message::write_numbered(out, address, number, request)) {
            lease.keep(stream);
            return Ok((Err(error), numbered));
        }
        stream.send(&patience).map_err(Broken::unsent)?;
        let after = |error| Broken { error, sent: true, numbered };
        let bytes = stream.receive(&patience).map_err(after)?;
        let head = stream.response(bytes).map_err(after)?;
        let result = match head.id {
            ID => message::read_body(code, &head),
            ID_NONE if head.status != message::STATUS_OK => return Err(after(message::read_error(&head))),
            other => {
                return Err(after(Error::new(
                    ErrorCode::Protocol,
                    format!("an answer to the unknown request {other}"),
                )));
            }
        };
        stream.consume(bytes);
        lease.keep(stream);
        Ok((result, numbered))
    }
}
