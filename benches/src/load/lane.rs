//! One connection of the load: non-blocking, all its requests in flight or none.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use toondb_ipc::{HELLO_CODE, Hello, STATUS_OK, read_response, write_request};

use super::batch::Batch;
use crate::data::Random;
use crate::outcome::Outcome;

const INPUT_BYTES: usize = 64 << 10;
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection.
#[derive(Debug)]
pub struct Lane {
    stream: UnixStream,
    batch: Batch,
    unanswered: usize,
    input: Vec<u8>,
    filled: usize,
}

impl Lane {
    /// Connects and says hello.
    pub fn connect(socket: &Path, batch: Batch) -> Outcome<Self> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(HELLO_TIMEOUT))?;
        let mut hello = Vec::new();
        write_request(&mut hello, 1, HELLO_CODE, "", &Hello::new("toondb-bench"))?;
        stream.write_all(&hello)?;
        let mut header = [0; 4];
        stream.read_exact(&mut header)?;
        let mut welcome = vec![0; u32::from_be_bytes(header) as usize];
        stream.read_exact(&mut welcome)?;
        if read_response(&welcome)?.status != STATUS_OK {
            return Err("the server refused the hello".into());
        }
        stream.set_nonblocking(true)?;
        Ok(Self { stream, batch, unanswered: 0, input: vec![0; INPUT_BYTES], filled: 0 })
    }

    /// Sends its requests with new keys. Nothing is in flight, so the empty socket takes them whole.
    pub fn send(&mut self, random: &mut Random, keys: u64) -> Outcome<()> {
        self.batch.draw(random, keys);
        let sent = self.stream.write(self.batch.bytes())?;
        if sent < self.batch.bytes().len() {
            return Err("the requests in flight do not fit in the socket's buffer".into());
        }
        self.unanswered = self.batch.len();
        Ok(())
    }

    /// Reads once and gives the number of requests that are answered now.
    pub fn receive(&mut self) -> Outcome<usize> {
        match self.stream.read(self.input.get_mut(self.filled..).unwrap_or_default()) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(count) => self.filled += count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        let (answers, bytes) = self.batch.count_answers(self.input.get(..self.filled).unwrap_or_default())?;
        self.input.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
        self.unanswered =
            self.unanswered.checked_sub(answers).ok_or("the server gave more answers than it was asked")?;
        Ok(answers)
    }

    /// True if everything sent is answered.
    pub fn is_idle(&self) -> bool {
        self.unanswered == 0
    }
}

impl AsFd for Lane {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
