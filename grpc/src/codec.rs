//! The codec of the services: protobuf, with a bound on how many pieces one message has.
//!
//! A list of empty messages takes two bytes a piece on the wire and a hundred in memory: a message of 80 MiB could take
//! gigabytes before anybody has looked at it. So the decoder reads through [`Counted`], which counts the steps that read less
//! than four bytes: tags, lengths and short numbers, at least one for each piece that takes more memory than it has bytes. At
//! the bound the message seems to end, the decoder stops, and the request is refused as a whole.

use std::marker::PhantomData;

use prost::Message;
use prost::bytes::Buf;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::limits;

use crate::status::to_status;

/// Encodes `T` and decodes `U`.
#[derive(Debug, Clone)]
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(PhantomData)
    }
}

/// Decodes messages with a bounded number of pieces.
#[derive(Debug)]
pub struct BoundedDecoder<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        decode(buffer, limits::MESSAGE_PIECES_MAX).map(Some).map_err(|error| to_status(&error))
    }
}

fn decode<U: Message + Default>(buffer: &mut impl Buf, pieces_max: usize) -> Result<U, Error> {
    let mut counted = Counted { inner: buffer, pieces_left: pieces_max };
    let message = U::decode(&mut counted);
    if counted.pieces_left == 0 {
        return Err(Error::limit(format!("the message has more than {pieces_max} pieces; split the request")));
    }
    message.map_err(|error| Error::new(ErrorCode::Protocol, format!("the message cannot be read: {error}")))
}

/// Bytes that seem to end when too many pieces were read from them. What a reader has been told is there stays there.
struct Counted<'a, B> {
    inner: &'a mut B,
    pieces_left: usize,
}

impl<B> Counted<'_, B> {
    fn count(&mut self, bytes: usize) {
        if bytes < size_of::<f32>() {
            self.pieces_left = self.pieces_left.saturating_sub(1);
        }
    }
}

impl<B: Buf> Buf for Counted<'_, B> {
    fn remaining(&self) -> usize {
        if self.pieces_left == 0 { 0 } else { self.inner.remaining() }
    }

    fn chunk(&self) -> &[u8] {
        if self.pieces_left == 0 { &[] } else { self.inner.chunk() }
    }

    fn advance(&mut self, bytes: usize) {
        self.count(bytes);
        self.inner.advance(bytes);
    }

    // The decoder asks once how much there is and then reads several times.
    fn get_u8(&mut self) -> u8 {
        self.count(1);
        self.inner.get_u8()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;
    use crate::proto;

    fn read<U: Message + Default>(bytes: &[u8], pieces_max: usize) -> Result<U, ErrorCode> {
        decode(&mut { bytes }, pieces_max).map_err(|error| error.code)
    }

    #[test]
    fn pieces_are_bounded_and_bytes_are_not() {
        let many = proto::AddDocumentsRequest { documents: vec![Default::default(); 50], ..Default::default() };
        let bytes = many.encode_to_vec();
        assert_eq!(bytes.len(), 100);
        assert_eq!(read(&bytes, 101), Ok(many));
        for bound in 1..=100 {
            assert_eq!(read::<proto::AddDocumentsRequest>(&bytes, bound), Err(ErrorCode::LimitExceeded), "{bound}");
        }
        let vectors = proto::InsertBatchRequest { vectors: vec![1.0; 10_000], ..Default::default() };
        assert_eq!(read(&vectors.encode_to_vec(), 10), Ok(vectors));
    }

    #[test]
    fn the_bound_may_be_met_anywhere() {
        let value = proto::Value { kind: Some(proto::value::Kind::IntValue(i64::MIN)) };
        let document = proto::Document {
            id: "abc".to_owned(),
            embedding: vec![0.5; 3],
            content: "x".repeat(200),
            metadata: vec![proto::TextEntry::new("a", "b")],
            typed_metadata: vec![proto::ValueEntry { key: "n".to_owned(), value: Some(value) }],
            ..Default::default()
        };
        let ask = proto::AddDocumentsRequest { documents: vec![document; 3], ..Default::default() };
        let bytes = ask.encode_to_vec();
        let whole = (1..1_000).find(|bound| read(&bytes, *bound) == Ok(ask.clone())).unwrap();
        for bound in 1..whole {
            assert_eq!(read::<proto::AddDocumentsRequest>(&bytes, bound), Err(ErrorCode::LimitExceeded), "{bound}");
        }
        for end in 0..bytes.len() {
            let cut = read::<proto::AddDocumentsRequest>(&bytes[..end], 1_000);
            assert!(matches!(cut, Ok(_) | Err(ErrorCode::Protocol)), "{end}: {cut:?}");
        }
    }
}
