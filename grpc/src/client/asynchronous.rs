//! The client for tokio.

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic_prost::ProstCodec;
use toondb_engine::api::{Error, ErrorCode, Ping, Result};
use toondb_engine::limits;

use super::address::Address;
use super::channel::channel;
use super::options::ClientOptions;
use super::outcome::{Failure, failure, is_repeatable};
use crate::rpc::{Answer, Rpc};

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
        client.run("", Ping {}).await?;
        Ok(client)
    }

    /// Carries one typed operation out.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(super) async fn run<R: Rpc>(&self, namespace: &str, operation: R) -> Result<R::Reply>
    where
        R::Ask: Clone,
    {
        let code = R::CODE;
        let ask = R::ask(namespace, operation);
        let spare = is_repeatable(code).then(|| ask.clone());
        let sent = async {
            match (self.unary::<R>(ask).await, spare) {
                (Err(Failure::Broken(_)), Some(spare)) => self.unary::<R>(spare).await,
                (result, _) => result,
            }
        };
        let result = match self.inner.timeout {
            Some(timeout) => tokio::time::timeout(timeout, sent).await.map_err(|_| self.too_late(timeout))?,
            None => sent.await,
        };
        let answer = result.map_err(|failure| failure.into_error(code, &self.inner.address))?;
        match answer.refusal() {
            Some(error) => Err(error),
            None => R::read_answer(answer),
        }
    }

    fn too_late(&self, timeout: Duration) -> Error {
        let address = &self.inner.address;
        let text = format!("{address} did not answer within {timeout:?}; a write may have happened");
        Error::new(ErrorCode::Timeout, text)
    }

    async fn unary<R: Rpc>(&self, ask: R::Ask) -> Result<R::Answer, Failure> {
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
        let codec: ProstCodec<R::Ask, R::Answer> = ProstCodec::default();
        let answer = grpc.unary(request, PathAndQuery::from_static(R::PATH), codec).await;
        answer.map(tonic::Response::into_inner).map_err(|status| failure(&status))
    }
}

fn bearer(token: &str) -> Result<MetadataValue<Ascii>> {
    let value = MetadataValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| Error::invalid("the token has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}
