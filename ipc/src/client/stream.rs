//! One blocking connection of a client: connect, check the server's user, say hello, send and receive frames.
//!
//! Waiting is done in short intervals (`SO_RCVTIMEO`, `SO_SNDTIMEO`), so that a call can be given up in between, by its
//! timeout or by its caller's wish, without any further thread or descriptor. How long it has waited a clock says: an
//! interval may end early, at each signal that the thread gets, and must then not count as one.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, recv, send};
use toondb_engine::api::{Error, ErrorCode, Result};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::limits;
use toondb_engine::peer::Peer;

use super::options::ClientOptions;
use crate::codec::{self, Front, HEADER_BYTES};
use crate::hello::{HELLO_CODE, Hello, PROTOCOL, Welcome};
use crate::listener::check_path;
use crate::message::{self, ResponseHead};
use crate::outbox::BUFFER_KEEP_BYTES;

const HELLO_ID: u64 = 1;
const BUFFER_BYTES: usize = 64 << 10;

/// Since when nothing has come or gone.
#[derive(Debug)]
pub struct Silence(SystemClock);

impl Silence {
    /// Silence from now on.
    pub fn begin() -> Self {
        Self(SystemClock::new())
    }

    /// How long.
    pub fn lasted(&self) -> Duration {
        self.0.monotonic()
    }
}

/// How long a call waits in silence, and whom it asks meanwhile.
pub struct Patience<'a> {
    /// Time without any byte before the call fails.
    pub timeout: Option<Duration>,
    /// Asked after each silent interval, and at each signal; an error ends the call.
    pub on_idle: Option<&'a dyn Fn() -> Result<()>>,
}

impl Patience<'_> {
    /// Fails if the wait is to end after this much silence.
    pub fn wait_on(&self, silence: &Silence) -> Result<()> {
        if let Some(on_idle) = self.on_idle {
            on_idle()?;
        }
        match self.timeout {
            Some(timeout) if silence.lasted() >= timeout => {
                Err(Error::new(ErrorCode::Timeout, format!("the server gave no answer for {} ms", timeout.as_millis())))
            }
            _ => Ok(()),
        }
    }
}

/// A connection over which the hello has been said.
#[derive(Debug)]
pub struct Stream {
    socket: UnixStream,
    /// Received bytes are `input[start..end]`; the rest of it is room.
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
    /// How much at the front of it has left.
    output_start: usize,
    /// All bytes that have left.
    sent: u64,
    welcome: Welcome,
}

/// A failed connection attempt or a broken connection.
pub(super) fn broken(action: &str, error: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::ConnectionFailed, format!("{action}: {error}"))
}

/// What an answer to no request means where several are unanswered: it tells why the connection ends, and not what became of
/// any of them.
pub(super) fn ended_by_server(why: &Error) -> Error {
    broken("the server ended the connection", why)
}

/// How long one wait lasts before somebody is asked.
fn interval(options: &ClientOptions) -> Duration {
    options.idle_interval.max(Duration::from_millis(1))
}

/// Connects and checks the server's user, without a hello.
pub(super) fn connect(path: &Path, options: &ClientOptions, patience: &Patience<'_>) -> Result<UnixStream> {
    let failed = |error: Errno| {
        let hint = match error {
            Errno::NOENT | Errno::CONNREFUSED => "; start one with `toondb serve`",
            Errno::ACCESS => "; the socket belongs to another user",
            _ => "",
        };
        broken(&format!("no server at {}", path.display()), format!("{}{hint}", io::Error::from(error)))
    };
    check_path(path).map_err(|error| Error::invalid(error.to_string()))?;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(failed)?;
    // Connecting blocks while the server's backlog is full.
    set_socket_timeout(&socket, Timeout::Send, Some(interval(options))).map_err(failed)?;
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    let silence = Silence::begin();
    loop {
        match rustix::net::connect(&socket, &address) {
            Ok(()) => break,
            Err(Errno::AGAIN | Errno::INTR) => patience.wait_on(&silence)?,
            Err(error) => return Err(failed(error)),
        }
    }
    let peer = Peer::of(&socket).map_err(|error| broken("the server's user is unknown", error))?;
    if !options.server_uids.contains(&peer.uid) {
        let text = format!("the server at {} runs as user {}, who is not trusted", path.display(), peer.uid);
        return Err(Error::new(ErrorCode::PermissionDenied, text));
    }
    Ok(UnixStream::from(socket))
}

/// Reads the answer to a hello.
pub(super) fn read_welcome(payload: &[u8]) -> Result<Welcome> {
    let head = message::read_response(payload)?;
    if head.status != message::STATUS_OK {
        return Err(message::read_error(&head));
    }
    let welcome: Welcome = message::read_map(head.body)?;
    if welcome.protocol != PROTOCOL {
        let text = format!("the server speaks protocol {}, this client {PROTOCOL}", welcome.protocol);
        return Err(Error::new(ErrorCode::UnsupportedVersion, text));
    }
    Ok(welcome)
}

impl Stream {
    /// Connects to the server at `path`.
    pub fn connect(path: &Path, options: &ClientOptions, hello: &Hello, patience: &Patience<'_>) -> Result<Self> {
        let socket = connect(path, options, patience)?;
        for which in [Timeout::Send, Timeout::Recv] {
            set_socket_timeout(&socket, which, Some(interval(options)))
                .map_err(|error| broken("setting a timeout", error))?;
        }
        let welcome = Welcome::new(0);
        let (input, output) = (vec![0; BUFFER_BYTES], Vec::new());
        let mut stream = Self { socket, input, start: 0, end: 0, output, output_start: 0, sent: 0, welcome };
        stream.queue(|out| message::write_request(out, HELLO_ID, HELLO_CODE, "", hello))?;
        // A server that refuses the connection answers without reading, so its answer counts more than this failure.
        let sent = stream.send(patience);
        let payload_bytes = match stream.receive(patience) {
            Ok(bytes) => bytes,
            Err(error) => return Err(sent.err().unwrap_or(error)),
        };
        stream.welcome = read_welcome(stream.payload(payload_bytes))?;
        stream.consume(payload_bytes);
        Ok(stream)
    }

    /// The socket, what the server said first, and what has arrived behind that.
    pub fn into_parts(self) -> (UnixStream, Welcome, Vec<u8>) {
        let arrived = self.input.get(self.start..self.end).unwrap_or_default().to_vec();
        (self.socket, self.welcome, arrived)
    }

    /// What the server said first.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The socket, for waiting on it.
    pub fn socket(&self) -> &UnixStream {
        &self.socket
    }

    /// Bytes that wait to be sent.
    pub fn queued(&self) -> usize {
        self.output.len() - self.output_start
    }

    /// Adds a frame to what the next [`Stream::send`] sends.
    pub fn queue(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        write(&mut self.output)
    }

    /// Sends everything queued, waiting as needed. After an error the last frame has not reached the server whole.
    pub fn send(&mut self, patience: &Patience<'_>) -> Result<()> {
        let mut sent = 0;
        let mut silence = Silence::begin();
        let outcome = loop {
            let rest = self.output.get(sent..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match send(&self.socket, rest, SendFlags::NOSIGNAL) {
                Ok(count) => {
                    sent += count;
                    self.sent += count as u64;
                    silence = Silence::begin();
                }
                Err(Errno::AGAIN | Errno::INTR) => {
                    if let Err(error) = patience.wait_on(&silence) {
                        break Err(error);
                    }
                }
                Err(error) => break Err(broken("sending", io::Error::from(error))),
            }
        };
        self.output.clear();
        self.let_go();
        outcome
    }

    /// What has sent much keeps little of it.
    fn let_go(&mut self) {
        if self.output.is_empty() && self.output.capacity() > BUFFER_KEEP_BYTES {
            self.output = Vec::new();
        }
    }

    /// Bytes that have left so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends what the socket takes at once; true if everything queued is out. What has left is not moved, however much is left.
    pub fn send_some(&mut self) -> Result<bool> {
        let rest = self.output.get(self.output_start..).unwrap_or_default();
        match send(&self.socket, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(count) => {
                self.sent += count as u64;
                self.output_start += count;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(broken("sending", io::Error::from(error))),
        }
        if self.queued() == 0 {
            self.output.clear();
            self.output_start = 0;
            self.let_go();
        }
        Ok(self.queued() == 0)
    }

    /// Waits for a whole frame; gives the bytes of its payload, for [`Stream::payload`] and [`Stream::consume`].
    pub fn receive(&mut self, patience: &Patience<'_>) -> Result<usize> {
        let mut silence = Silence::begin();
        loop {
            let total = match self.front()? {
                Front::Frame(bytes) => return Ok(bytes),
                Front::Partial(total) => total,
            };
            self.make_room(total);
            if self.receive_some(RecvFlags::empty())? {
                silence = Silence::begin();
            } else {
                patience.wait_on(&silence)?;
            }
        }
    }

    /// Takes in what has arrived, without waiting; gives how many bytes are held.
    pub fn take_in(&mut self) -> Result<usize> {
        let total = match self.front()? {
            Front::Frame(bytes) => Some(self.end - self.start + bytes + BUFFER_BYTES),
            Front::Partial(total) => total,
        };
        self.make_room(total);
        self.receive_some(RecvFlags::DONTWAIT)?;
        Ok(self.end - self.start)
    }

    /// The bytes of the payload of a frame that has arrived whole, for [`Stream::payload`] and [`Stream::consume`].
    pub fn arrived(&self) -> Result<Option<usize>> {
        match self.front()? {
            Front::Frame(bytes) => Ok(Some(bytes)),
            Front::Partial(_) => Ok(None),
        }
    }

    fn front(&self) -> Result<Front> {
        codec::peek(self.input.get(self.start..self.end).unwrap_or_default(), limits::FRAME_BYTES_MAX)
            .map_err(|error| Error::new(ErrorCode::Protocol, error.to_string()))
    }

    /// One read syscall; false if nothing came within the interval.
    fn receive_some(&mut self, flags: RecvFlags) -> Result<bool> {
        match recv(&self.socket, self.input.get_mut(self.end..).unwrap_or_default(), flags) {
            Ok((_, 0)) => Err(broken("receiving", "the server closed the connection")),
            Ok((_, count)) => {
                self.end += count;
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(error) => Err(broken("receiving", io::Error::from(error))),
        }
    }

    /// Moves what is held to the front and grows the buffer with what has really arrived.
    fn make_room(&mut self, total: Option<usize>) {
        let held = self.end - self.start;
        if self.start > 0 && (held == 0 || self.end == self.input.len()) {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, held);
        }
        if held == 0 && self.input.len() > BUFFER_KEEP_BYTES {
            self.input = vec![0; BUFFER_BYTES];
        }
        if self.end == self.input.len() {
            self.input.resize(held + codec::next_step(held, total, codec::STEP_BYTES).max(1), 0);
        }
    }

    /// The payload of the frame at the front.
    pub fn payload(&self, bytes: usize) -> &[u8] {
        let start = self.start + HEADER_BYTES;
        self.input.get(start..start + bytes).unwrap_or_default()
    }

    /// The response at the front.
    pub fn response(&self, bytes: usize) -> Result<ResponseHead<'_>> {
        message::read_response(self.payload(bytes))
    }

    /// Goes on behind the frame at the front.
    pub fn consume(&mut self, bytes: usize) {
        self.start += HEADER_BYTES + bytes;
        if self.start == self.end && self.input.len() > BUFFER_KEEP_BYTES {
            // An idle socket keeps nothing of the largest answer that ever came through it.
            self.input = vec![0; BUFFER_BYTES];
            (self.start, self.end) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use std::io::{Read, Write};

    use super::*;

    const LARGE_BYTES: usize = 7_500_000;

    fn frame(bytes: usize) -> Vec<u8> {
        let mut frame = u32::try_from(bytes).unwrap().to_be_bytes().to_vec();
        frame.resize(HEADER_BYTES + bytes, 0xc0);
        frame
    }

    /// Many clients stay connected for days; each would otherwise keep the room of the largest things it ever sent and got.
    #[test]
    fn nothing_is_kept_of_large_requests_and_answers() {
        let (socket, mut server) = UnixStream::pair().unwrap();
        for which in [Timeout::Send, Timeout::Recv] {
            set_socket_timeout(&socket, which, Some(Duration::from_millis(50))).unwrap();
        }
        let welcome = Welcome::new(0);
        let mut stream = Stream {
            socket,
            input: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            output: Vec::new(),
            output_start: 0,
            sent: 0,
            welcome,
        };
        let patience = Patience { timeout: Some(Duration::from_secs(20)), on_idle: None };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2 {
                    server.read_exact(&mut vec![0; HEADER_BYTES + LARGE_BYTES]).unwrap();
                    server.write_all(&frame(LARGE_BYTES)).unwrap();
                }
            });
            for waits in [true, false] {
                stream.output.extend(frame(LARGE_BYTES));
                if waits {
                    stream.send(&patience).unwrap();
                } else {
                    while !stream.send_some().unwrap() {}
                }
                let bytes = stream.receive(&patience).unwrap();
                assert!(bytes == LARGE_BYTES && stream.input.len() >= LARGE_BYTES);
                stream.consume(bytes);
                assert!(stream.input.len() <= BUFFER_KEEP_BYTES, "{} bytes of answers are kept", stream.input.len());
                assert!(
                    stream.output.capacity() <= BUFFER_KEEP_BYTES,
                    "{} bytes of requests",
                    stream.output.capacity()
                );
            }
        });
    }
}
