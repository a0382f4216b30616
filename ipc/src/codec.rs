//! Frames: a `u32` big-endian length, then that many bytes, which hold exactly one MessagePack value.
//!
//! The length is checked against the limit before a byte is reserved, and nobody reserves what a peer merely declares:
//! room grows with what has really arrived, in small steps or by doubling. `LengthDelimitedCodec` of
//! tokio-util reserves the declared size at once, which is why it is not used here. The server looks at frames in place
//! with [`peek`]; the asynchronous client reads them through the [`Decoder`].

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;
use tokio_util::codec::{Decoder, Encoder};

/// Bytes of the length in front of each frame.
pub const HEADER_BYTES: usize = 4;
/// Room for a client's half-received frame grows by at least this.
pub const STEP_BYTES: usize = 64 << 10;

/// Why a frame is refused by its length alone.
#[derive(Debug, Error)]
pub enum FrameError {
    /// A frame without a value.
    #[error("a frame of length 0 holds no value")]
    Empty,
    /// A frame above the limit.
    #[error("a frame of {bytes} bytes exceeds the limit of {bytes_max}")]
    TooLarge {
        /// The declared length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What stands at the front of received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// A whole frame; its payload begins behind the header and has this many bytes.
    Frame(usize),
    /// Part of a frame that will have this many bytes with its header, as far as that is known.
    Partial(Option<usize>),
}

/// Looks at the front of `received` without consuming anything.
#[inline]
pub fn peek(received: &[u8], frame_bytes_max: usize) -> Result<Front, FrameError> {
    let Some((header, payload)) = received.split_first_chunk::<HEADER_BYTES>() else {
        return Ok(Front::Partial(None));
    };
    let bytes = u32::from_be_bytes(*header) as usize;
    if bytes == 0 {
        return Err(FrameError::Empty);
    }
    if bytes > frame_bytes_max {
        return Err(FrameError::TooLarge { bytes, bytes_max: frame_bytes_max });
    }
    Ok(if payload.len() >= bytes { Front::Frame(bytes) } else { Front::Partial(Some(HEADER_BYTES + bytes)) })
}

/// How many bytes of room to make when `held` bytes of a frame of `total` have arrived: what is missing, but no more than
/// has arrived, or `step_bytes` if that is more.
pub fn next_step(held: usize, total: Option<usize>, step_bytes: usize) -> usize {
    let missing = total.map_or(step_bytes, |total| total.saturating_sub(held));
    missing.min(held.max(step_bytes))
}

/// Splits a stream into frames and puts payloads into frames.
#[derive(Debug, Clone, Copy)]
pub struct FrameCodec {
    frame_bytes_max: usize,
}

impl FrameCodec {
    /// A codec that refuses frames above `frame_bytes_max`.
    pub fn new(frame_bytes_max: usize) -> Self {
        Self { frame_bytes_max }
    }
}

impl Decoder for FrameCodec {
    type Item = Bytes;
    type Error = FrameError;

    fn decode(&mut self, received: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        match peek(received, self.frame_bytes_max)? {
            Front::Frame(bytes) => {
                received.advance(HEADER_BYTES);
                Ok(Some(received.split_to(bytes).freeze()))
            }
            Front::Partial(total) => {
                received.reserve(next_step(received.len(), total, STEP_BYTES));
                Ok(None)
            }
        }
    }
}

impl Encoder<&[u8]> for FrameCodec {
    type Error = FrameError;

    fn encode(&mut self, payload: &[u8], out: &mut BytesMut) -> Result<(), FrameError> {
        let bytes = payload.len();
        match u32::try_from(bytes) {
            Ok(0) => Err(FrameError::Empty),
            Ok(length) if bytes <= self.frame_bytes_max => {
                out.reserve(HEADER_BYTES + bytes);
                out.put_u32(length);
                out.put_slice(payload);
                Ok(())
            }
            _ => Err(FrameError::TooLarge { bytes, bytes_max: self.frame_bytes_max }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_split() {
        let mut codec = FrameCodec::new(1000);
        let mut wire = BytesMut::new();
        for payload in [&[1_u8][..], &[2; 300], &[3; 1000]] {
            codec.encode(payload, &mut wire).unwrap();
        }
        for step in [1, 3, 7, 400, wire.len()] {
            let mut received = BytesMut::new();
            let mut payloads = Vec::new();
            for chunk in wire.chunks(step) {
                received.extend_from_slice(chunk);
                while let Some(payload) = codec.decode(&mut received).unwrap() {
                    payloads.push(payload.to_vec());
                }
            }
            assert_eq!(payloads, [vec![1], vec![2; 300], vec![3; 1000]], "step {step}");
        }
    }

    #[test]
    fn lengths_are_judged_before_room_is_made() {
        let mut codec = FrameCodec::new(1000);
        for header in [[0, 0, 0, 0], [0, 0, 3, 0xe9], [0xff; 4], [0x80, 0, 0, 0]] {
            let mut received = BytesMut::from(&header[..]);
            assert!(codec.decode(&mut received).is_err(), "{header:?}");
        }
        assert!(codec.encode(&[], &mut BytesMut::new()).is_err());
        assert!(codec.encode(&[0; 1001], &mut BytesMut::new()).is_err());
        let mut large = FrameCodec::new(64 << 20);
        let mut received = BytesMut::from(&[0x04, 0, 0, 0, 1][..]);
        assert!(large.decode(&mut received).unwrap().is_none());
        assert!(received.capacity() < 3 * STEP_BYTES, "{}", received.capacity());
    }

    #[test]
    fn room_grows_with_what_arrived() {
        assert_eq!(next_step(0, None, STEP_BYTES), STEP_BYTES);
        assert_eq!(next_step(5, Some(64 << 20), STEP_BYTES), STEP_BYTES);
        assert_eq!(next_step(1 << 20, Some(64 << 20), STEP_BYTES), 1 << 20);
        assert_eq!(next_step(100, Some(120), STEP_BYTES), 20);
    }
}
