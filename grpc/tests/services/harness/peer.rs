//! A peer: a connection, perhaps with a token, that asks in messages of the contract or in bare bytes.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use prost::bytes::Bytes;
use tokio::runtime::Runtime;
use tokio_stream::Stream;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;
use toondb_engine::api::ErrorCode;
use toondb_engine::limits;

use super::Raw;

const MESSAGE_BYTES_MAX: usize = 2 * limits::FRAME_BYTES_MAX;

/// A peer of a server. Its calls wait for their answers.
#[derive(Clone)]
pub struct Peer {
    pub runtime: Arc<Runtime>,
    pub channel: Channel,
    /// What its calls carry, as (name, value).
    pub headers: Vec<(&'static str, String)>,
}

impl Peer {
    /// The same connection with one more header on each call.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut peer = self.clone();
        peer.headers.push((name, value.into()));
        peer
    }

    /// The same connection with a token.
    pub fn bearing(&self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in &self.headers {
            request.metadata_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    pub fn grpc(&self) -> tonic::client::Grpc<Channel> {
        tonic::client::Grpc::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// One call without a stream. `method` is `KvService/Get`.
    pub fn ask<A: Message + 'static, B: Message + Default + 'static>(&self, method: &str, ask: A) -> Result<B, Status> {
        self.runtime.block_on(self.ask_later(method, ask))
    }

    pub async fn ask_later<A: Message + 'static, B: Message + Default + 'static>(
        &self,
        method: &str,
        ask: A,
    ) -> Result<B, Status> {
        let mut grpc = self.grpc();
        ready(&mut grpc).await?;
        let codec: ProstCodec<A, B> = ProstCodec::default();
        Ok(grpc.unary(self.request(ask), path(&format!("/toondb.v1.{method}")), codec).await?.into_inner())
    }

    /// A call that is answered by a stream.
    pub async fn stream<A: Message + 'static, B: Message + Default + 'static>(
        &self,
        method: &str,
        ask: A,
    ) -> Result<Streaming<B>, Status> {
        let mut grpc = self.grpc();
        ready(&mut grpc).await?;
        let codec: ProstCodec<A, B> = ProstCodec::default();
        let answer = grpc.server_streaming(self.request(ask), path(&format!("/toondb.v1.{method}")), codec);
        Ok(answer.await?.into_inner())
    }

    /// A call that is asked by a stream.
    pub async fn pour<A: Message + 'static, B: Message + Default + 'static>(
        &self,
        method: &str,
        asks: impl Stream<Item = A> + Send + 'static,
    ) -> Result<B, Status> {
        let mut grpc = self.grpc();
        ready(&mut grpc).await?;
        let codec: ProstCodec<A, B> = ProstCodec::default();
        let answer = grpc.client_streaming(self.request(asks), path(&format!("/toondb.v1.{method}")), codec);
        Ok(answer.await?.into_inner())
    }

    /// Sends bytes as the only message of a call of whatever kind; gives the messages of the answer.
    pub fn raw(&self, path: &str, bytes: Vec<u8>) -> Result<Vec<Bytes>, Status> {
        self.runtime.block_on(self.raw_later(path, bytes))
    }

    pub async fn raw_later(&self, whole_path: &str, bytes: Vec<u8>) -> Result<Vec<Bytes>, Status> {
        let mut grpc = self.grpc();
        ready(&mut grpc).await?;
        let asks = self.request(tokio_stream::once(bytes));
        let mut answers = grpc.streaming(asks, path(whole_path), Raw).await?.into_inner();
        let mut all = Vec::new();
        while let Some(answer) = answers.message().await? {
            all.push(answer);
        }
        Ok(all)
    }

    /// Runs a future of this peer, which must end: a hang fails the test instead of stopping it.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        let patience = Duration::from_secs(60);
        self.runtime.block_on(async { tokio::time::timeout(patience, future).await.expect("it takes too long") })
    }
}

async fn ready(grpc: &mut tonic::client::Grpc<Channel>) -> Result<(), Status> {
    grpc.ready().await.map_err(|error| Status::unavailable(format!("{error:?}")))
}

fn path(text: &str) -> PathAndQuery {
    PathAndQuery::try_from(text.to_owned()).unwrap()
}

/// ToonDB's own code in the details of a status.
pub fn error_code(status: &Status) -> Option<ErrorCode> {
    let info = status.get_details_error_info()?;
    assert_eq!(info.domain, "toondb");
    let code = ErrorCode::try_from(info.metadata.get("code")?.parse::<u16>().ok()?).ok()?;
    assert_eq!(info.reason, format!("{code:?}"));
    Some(code)
}

/// True if the status is one that a server in good order gives, and says something.
pub fn is_typed(status: &Status) -> bool {
    let sound = !matches!(status.code(), Code::Ok | Code::Unknown | Code::DataLoss | Code::Unavailable);
    sound && !status.message().is_empty()
}

/// The code of what must have failed.
#[track_caller]
pub fn code_of<T: Debug>(result: Result<T, Status>) -> (Code, ErrorCode) {
    let status = result.expect_err("this must fail");
    assert!(status.message().len() > 10, "a status says what is wrong: {status:?}");
    (status.code(), error_code(&status).unwrap_or_else(|| panic!("the status has no code in it: {status:?}")))
}
