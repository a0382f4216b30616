//! Messages on their way: bytes already.
//!
//! An operation becomes bytes before it is sent, and its answer is read after it came. So what lies in between, the call
//! with its states and retries, is compiled once and not for each of the operations, and repeating a request copies
//! nothing.

use prost::Message;
use prost::bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use toondb_engine::api::{Error, ErrorCode, OpCode, Response, Result};

use crate::rpc::{Answer, Rpc};

/// A request as it travels, and the way back for its answer.
pub struct Prepared {
    /// The operation.
    pub code: OpCode,
    /// Its method.
    pub path: &'static str,
    /// The message that asks for it.
    pub ask: Bytes,
    read: Box<dyn FnOnce(Bytes) -> Result<Response> + Send>,
}

impl Prepared {
    /// Makes an operation ready; `wrap` is its variant of [`Response`].
    pub fn new<R: Rpc>(namespace: &str, operation: R, wrap: fn(R::Reply) -> Response) -> Self
    where
        R::Reply: 'static,
    {
        let ask = R::ask(namespace, operation).encode_to_vec().into();
        Self { code: R::CODE, path: R::CODE.method(), ask, read: Box::new(move |answer| read::<R>(answer).map(wrap)) }
    }

    /// Reads the answer.
    pub fn read(self, answer: Bytes) -> Result<Response> {
        (self.read)(answer)
    }
}

fn read<R: Rpc>(answer: Bytes) -> Result<R::Reply> {
    let answer = R::Answer::decode(answer)
        .map_err(|error| Error::new(ErrorCode::Protocol, format!("the answer cannot be read: {error}")))?;
    match answer.refusal() {
        Some(error) => Err(error),
        None => R::read_answer(answer),
    }
}

/// Carries messages as they are.
#[derive(Default)]
pub struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Plain;
    type Decoder = Plain;

    fn encoder(&mut self) -> Plain {
        Plain
    }

    fn decoder(&mut self) -> Plain {
        Plain
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> std::result::Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> std::result::Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
