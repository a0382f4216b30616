//! Makes the connection of a client. It connects at the first call and again whenever it was lost.

use std::path::Path;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use toondb_engine::api::{Error, Result};
use toondb_engine::limits;
use toondb_engine::peer::Peer;
use tower::{BoxError, ServiceExt as _};

use super::address::Address;
use super::gather::Gather;
use super::options::{ClientOptions, ClientTls};

/// How much of the time for a call its connection may take: less than all, so that it ends with "no server" and not with
/// "no answer".
const CONNECT_SHARE: f64 = 0.9;

/// A channel to the server at `address`.
pub fn channel(address: &Address, options: &ClientOptions) -> Result<Channel> {
    let (uri, wants_tls) = match address {
        Address::Tcp { host, port, secure } => {
            let wants_tls = *secure || options.tls.is_some();
            (format!("{}://{host}:{port}", if wants_tls { "https" } else { "http" }), wants_tls)
        }
        // The name is not looked up: the connector below goes to the path.
        Address::Unix(_) => ("http://localhost".to_owned(), false),
    };
    if options.tls.is_some() && !wants_tls {
        return Err(Error::invalid("a Unix socket is reached without TLS; leave secure and the certificates out"));
    }
    if options.token.is_some() && !wants_tls && !address.is_local() {
        let text = format!("the token would travel to {address} in the clear; ask for TLS (secure, or grpcs://)");
        return Err(Error::invalid(text));
    }
    let unusable = |error: tonic::transport::Error| Error::invalid(format!("{address} cannot be used: {error}"));
    let mut endpoint = Endpoint::from_shared(uri)
        .map_err(unusable)?
        .user_agent(options.name.clone())
        .map_err(unusable)?
        .http2_adaptive_window(true)
        .http2_max_header_list_size(limits::ANSWER_HEADER_BYTES_MAX)
        .http2_keep_alive_interval(limits::KEEPALIVE_INTERVAL);
    let connect_timeout = options.timeout.map(|timeout| timeout.mul_f64(CONNECT_SHARE));
    if let Some(timeout) = connect_timeout {
        endpoint = endpoint.connect_timeout(timeout);
    }
    if wants_tls {
        endpoint = endpoint.tls_config(tls_config(options.tls.as_ref())?).map_err(unusable)?;
    }
    match address {
        Address::Tcp { .. } => {
            let mut tcp = HttpConnector::new();
            tcp.enforce_http(false);
            tcp.set_nodelay(true);
            tcp.set_connect_timeout(connect_timeout);
            let connect = tower::service_fn(move |uri: Uri| {
                let tcp = tcp.clone();
                async move { tcp.oneshot(uri).await.map(|stream| gathered(stream.into_inner())) }
            });
            Ok(endpoint.connect_with_connector_lazy(connect))
        }
        Address::Unix(path) => {
            let (path, trusted) = (path.clone(), options.server_uids.clone());
            let connect = tower::service_fn(move |_| {
                let (path, trusted) = (path.clone(), trusted.clone());
                async move { trusted_server(&path, &trusted).await.map(gathered) }
            });
            Ok(endpoint.connect_with_connector_lazy(connect))
        }
    }
}

/// The server behind a Unix socket runs as a user who is not trusted; it was sent nothing.
#[derive(Debug, thiserror::Error)]
#[error("the server runs as user {0}, who is not trusted")]
pub struct Untrusted(u32);

async fn trusted_server(path: &Path, trusted: &[u32]) -> Result<UnixStream, BoxError> {
    let stream = UnixStream::connect(path).await?;
    let uid = Peer::of(&stream)?.uid;
    if trusted.contains(&uid) { Ok(stream) } else { Err(Untrusted(uid).into()) }
}

fn gathered<T>(stream: T) -> TokioIo<Gather<T>> {
    TokioIo::new(Gather::new(stream))
}

fn tls_config(tls: Option<&ClientTls>) -> Result<ClientTlsConfig> {
    let mut config = ClientTlsConfig::new();
    let ClientTls { ca, identity } = tls.cloned().unwrap_or_default();
    config = match ca {
        Some(ca) => config.ca_certificate(Certificate::from_pem(read(&ca)?)),
        None => config.with_native_roots(),
    };
    if let Some((cert, key)) = identity {
        config = config.identity(Identity::from_pem(read(&cert)?, read(&key)?));
    }
    Ok(config)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
}
