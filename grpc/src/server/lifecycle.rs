//! The server: a runtime of its own, a listener, the layers, the services, and a way to end without losing an answer.
//!
//! The way of a request: [`Incoming`], then its deadline, then [`AuthLayer`], then the meter of arriving bytes, then that
//! of unread answers, then the service's method. The layers lie round all services at once, so a service cannot be added beside them.
//!
//! An end goes in this order: the services report that they do not serve any more; nobody is accepted; each connection is
//! told so (GOAWAY) and ends when its requests are answered; when all have, or the time for it is over, the runtime ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tonic::transport::Server as TonicServer;
use tonic_health::ServingStatus;
use toondb_engine::Service;
use toondb_engine::clock::Clock;

use super::answers::AnswersLayer;
use super::connection::Patience;
use super::deadline::DeadlineLayer;
use super::frontend::Frontend;
use super::listener::{Incoming, Listener};
use super::metered::MeterLayer;
use super::options::ServerOptions;
use super::routes::{Reporter, Services};
use crate::auth::{AuthLayer, ListenError, TlsError, Tokens, check_address};

/// A connection is given up after this many keepalive intervals of silence.
const SILENT_INTERVALS: u32 = 3;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address needs more protection than there is.
    #[error(transparent)]
    Address(#[from] ListenError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system refused.
    #[error("the gRPC server could not start: {0}")]
    Io(#[from] io::Error),
    /// The library refused.
    #[error("the gRPC server could not start: {0}")]
    Setup(String),
}

/// What a server serves, and to whom.
pub struct Backend {
    /// The engine.
    pub engine: Arc<dyn Service>,
    /// Who may call.
    pub tokens: Arc<Tokens>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A running server. Dropping it shuts it down.
pub struct Server {
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<Result<(), tonic::transport::Error>>>,
    reporter: Reporter,
    address: Option<SocketAddr>,
    drain_timeout: Duration,
    places: Arc<Semaphore>,
    connections_max: usize,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Serves on a listener, on threads of its own.
    ///
    /// # Errors
    /// If the address needs more protection than there is, or the certificate cannot be used.
    pub fn start(listener: Listener, options: &ServerOptions, backend: Backend) -> Result<Self, StartError> {
        let address = listener.tcp_address();
        if let Some(address) = &address {
            check_address(address, options.tls.as_ref(), backend.tokens.exist())?;
        }
        let tls = options.tls.as_ref().map(crate::auth::TlsOptions::load).transpose()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .thread_name("toondb-grpc")
            .enable_all()
            .build()?;
        let unread = backend.engine.answer_budget();
        let frontend = Frontend::new(backend.engine, Arc::clone(&backend.clock), options.stall_timeout);
        let services = runtime
            .block_on(Services::new(&frontend, options.message_bytes_max))
            .map_err(|error| StartError::Setup(error.to_string()))?;
        let reporter = services.reporter();
        let mut builder = builder(options);
        if let Some(tls) = tls {
            let tls = tls.timeout(options.hello_timeout);
            builder = builder.tls_config(tls).map_err(|error| StartError::Setup(error.to_string()))?;
        }
        let patience = Patience {
            hello: options.hello_timeout,
            silence: options.keepalive_interval * SILENT_INTERVALS,
            unread: options.stall_timeout,
        };
        let _inside = runtime.enter();
        let incoming = Incoming::new(listener, options, unread, patience)?;
        let (places, connections_max) = (incoming.places(), options.connections_max);
        let (stop, stopped) = oneshot::channel();
        let serving = builder
            .layer(DeadlineLayer)
            .layer(AuthLayer::new(backend.tokens, backend.clock))
            .layer(MeterLayer::new(options))
            .layer(AnswersLayer)
            .add_routes(services.routes)
            .serve_with_incoming_shutdown(incoming, async move {
                // A sender that is gone ends the server as well.
                let _ = stopped.await;
            });
        let serving = Some(runtime.spawn(serving));
        drop(_inside);
        let drain_timeout = options.drain_timeout;
        let (runtime, stop) = (Some(runtime), Some(stop));
        Ok(Self { runtime, stop, serving, reporter, address, drain_timeout, places, connections_max })
    }

    /// Connections now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections_max.saturating_sub(self.places.available_permits())
    }

    /// The TCP address it listens on, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Answers what was accepted, within the time for it, and ends. True if everything was answered.
    pub fn shutdown(mut self) -> bool {
        self.stop()
    }

    fn stop(&mut self) -> bool {
        let (Some(runtime), Some(serving)) = (self.runtime.take(), self.serving.take()) else { return true };
        let stop = self.stop.take();
        let complete = runtime.block_on(async {
            self.reporter.report(ServingStatus::NotServing).await;
            drop(stop);
            tokio::time::timeout(self.drain_timeout, serving).await.is_ok()
        });
        runtime.shutdown_background();
        complete
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn builder(options: &ServerOptions) -> TonicServer {
    TonicServer::builder()
        .max_concurrent_streams(options.streams_max)
        .http2_max_header_list_size(options.header_bytes_max)
        .http2_keepalive_interval(Some(options.keepalive_interval))
        .http2_keepalive_timeout(Some(options.keepalive_interval))
        .http2_adaptive_window(Some(true))
}
