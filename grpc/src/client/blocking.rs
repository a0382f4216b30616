//! The client for threads: a runtime of one thread that carries the connection, and calls that wait for it.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Runtime;
use toondb_engine::api::{Error, ErrorCode, Operation, Ping, Request, Response, Result};

use super::address::Address;
use super::asynchronous::Client;
use super::options::ClientOptions;

/// Asked now and then while a call waits; an error ends the wait. The request itself may still be carried out.
pub type OnIdle<'a> = &'a (dyn Fn() -> Result<()> + Sync);

struct Connected {
    runtime: Runtime,
    client: Client,
    /// The process that made it. Its thread does not exist in a fork.
    pid: u32,
}

/// A client for any number of threads. A forked child that uses it connects anew.
pub struct BlockingClient {
    address: Address,
    options: ClientOptions,
    connected: Mutex<Option<Arc<Connected>>>,
}

impl std::fmt::Debug for BlockingClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockingClient").field("address", &self.address).finish_non_exhaustive()
    }
}

impl BlockingClient {
    /// Connects, and sees to it that a server answers and lets this client in.
    ///
    /// # Errors
    /// As [`Client::connect`], and what `on_idle` ends the wait with.
    pub fn connect(address: Address, options: ClientOptions, on_idle: Option<OnIdle<'_>>) -> Result<Self> {
        let client = Self { address, options, connected: Mutex::new(None) };
        client.call_with("", Ping {}.into_request(), on_idle)?;
        Ok(client)
    }

    /// Carries a request out.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        self.call_with(namespace, request, None)
    }

    /// Carries one typed operation out.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call_op<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        O::take_reply(self.call(namespace, operation.into_request())?)
    }

    /// Carries a request out and asks `on_idle` while it waits.
    ///
    /// # Errors
    /// As [`Client::call`], and what `on_idle` ends the wait with.
    pub fn call_with(&self, namespace: &str, request: Request, on_idle: Option<OnIdle<'_>>) -> Result<Response> {
        let connected = self.connected()?;
        let call = connected.client.call(namespace, request);
        let Some(on_idle) = on_idle else { return connected.runtime.block_on(call) };
        connected.runtime.block_on(async {
            let mut call = std::pin::pin!(call);
            loop {
                tokio::select! {
                    biased;
                    result = &mut call => return result,
                    () = tokio::time::sleep(self.options.idle_interval) => on_idle()?,
                }
            }
        })
    }

    /// Closes the connection once the calls under way are done. A later call connects anew.
    pub fn disconnect(&self) {
        *self.connected.lock() = None;
    }

    fn connected(&self) -> Result<Arc<Connected>> {
        let mut slot = self.connected.lock();
        let pid = std::process::id();
        if let Some(connected) = &*slot {
            if connected.pid == pid {
                return Ok(Arc::clone(connected));
            }
            // The parent's: its thread is not here to be ended, and its socket must not be spoken on.
            std::mem::forget(slot.take());
        }
        let failed = |error: std::io::Error| {
            Error::new(ErrorCode::ConnectionFailed, format!("a thread could not be started: {error}"))
        };
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime =
            builder.worker_threads(1).thread_name("toondb-grpc-client").enable_all().build().map_err(failed)?;
        let inside = runtime.enter();
        let client = Client::new(self.address.clone(), &self.options)?;
        drop(inside);
        let connected = Arc::new(Connected { runtime, client, pid });
        *slot = Some(Arc::clone(&connected));
        Ok(connected)
    }
}
