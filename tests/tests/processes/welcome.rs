//! The answer to a hello, read by hand.

use std::io::Read;
use std::os::unix::net::UnixStream;

use toondb_ipc::{STATUS_OK, Welcome, read_map, read_response};

/// Reads one frame, which must be a welcome.
pub fn read(stream: &mut UnixStream) -> Welcome {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut payload = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut payload).unwrap();
    let head = read_response(&payload).unwrap();
    assert_eq!(head.status, STATUS_OK);
    read_map(head.body).unwrap()
}
