//! The client for tokio.

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::bytes::Bytes;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use toondb_engine::api::{Effect, Error, Operation, Ping, Response, Result};
use toondb_engine::limits;

use super::address::Address;
use super::channel::channel;
use super::message::{Plain, Prepared};
use super::options::ClientOptions;
use super::outcome::{Failure, failure};

struct Inner {
    address: Address,
    channel: Channel,
    authorization: Option<MetadataValue<Ascii>>,
    timeout: Option<Duration>,
}

/// A client. Clones share its connection, which carries any number of calls at once.
///
/// A connection that is lost is made anew by the next call. A read whose connection broke is asked once more; a write is
/// never sent twice.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("address", &self.inner.address).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that connects at its first call. To be made inside a tokio runtime.
    ///
    /// # Errors
    /// `InvalidArgument` if the options contradict the address, or a certificate cannot be read.
    pub fn new(address: Address, options: &ClientOptions) -> Result<Self> {
        let authorization = options.token.as_deref().map(bearer).transpose()?;
        let channel = channel(&address, options)?;
        Ok(Self { inner: Arc::new(Inner { address, channel, authorization, timeout: options.timeout }) })
    }

    /// A client that has reached its server and been let in.
    ///
    /// # Errors
    /// As [`Client::new`]; `ConnectionFailed` if no server answers, `PermissionDenied` if it wants another token.
    pub async fn connect(address: Address, options: &ClientOptions) -> Result<Self> {
        let client = Self::new(address, options)?;
        client.call("", Ping {}.into_request()).await?;
        Ok(client)
    }

    /// Sends a request and waits for its answer, within the time for it.
    pub(super) async fn exchange(&self, prepared: Prepared) -> Result<Response> {
        if prepared.ask.len() > limits::FRAME_BYTES_MAX {
            return Err(Error::message_too_large(prepared.ask.len()));
        }
        let sent = async {
            let first = self.unary(prepared.path, prepared.ask.clone()).await;
            match first {
                Err(Failure::Broken(_)) if prepared.code.effect() == Effect::Keeps => {
                    self.unary(prepared.path, prepared.ask.clone()).await
                }
                result => result,
            }
        };
        let result = match self.inner.timeout {
            Some(timeout) => tokio::time::timeout(timeout, sent).await.unwrap_or(Err(Failure::Late)),
            None => sent.await,
        };
        let answer = result.map_err(|failure| failure.into_error(prepared.code, &self.inner.address))?;
        prepared.read(answer)
    }

    async fn unary(&self, path: &'static str, ask: Bytes) -> Result<Bytes, Failure> {
        let mut grpc = tonic::client::Grpc::new(self.inner.channel.clone())
            .max_decoding_message_size(limits::FRAME_BYTES_MAX)
            .max_encoding_message_size(limits::FRAME_BYTES_MAX);
        grpc.ready().await.map_err(|error| Failure::NotSent(error.to_string()))?;
        let mut request = tonic::Request::new(ask);
        if let Some(authorization) = &self.inner.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        if let Some(timeout) = self.inner.timeout {
            request.set_timeout(timeout);
        }
        let answer = grpc.unary(request, PathAndQuery::from_static(path), Plain).await;
        answer.map(tonic::Response::into_inner).map_err(|status| failure(&status))
    }
}

fn bearer(token: &str) -> Result<MetadataValue<Ascii>> {
    let value = MetadataValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| Error::invalid("the token has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}
