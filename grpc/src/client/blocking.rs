//! The client for threads.
//!
//! A child of fork(2) has a copy of everything, but without the thread, and with a connection that is its parent's to speak on.
//! So what was made belongs to the process that made it: another one leaves it alone, never drops it, and makes its own.
//! The place where it is kept has no lock, because the thread that held one at the fork would not exist in the child.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use toondb_engine::api::{Error, ErrorCode, Operation, Ping, Request, Response, Result};

use super::address::Address;
use super::asynchronous::Client;
use super::driver::Driver;
use super::options::ClientOptions;

/// Asked now and then while a call waits, and free to use the same client; an error ends the wait. The request itself
/// may still be carried out.
pub type OnIdle<'a> = &'a dyn Fn() -> Result<()>;

/// A connection and what drives it.
struct Connected {
    /// Always there, but for the end of [`Drop`].
    inner: Option<(Driver, Client)>,
    pid: u32,
}

impl Drop for Connected {
    fn drop(&mut self) {
        if self.pid != std::process::id() {
            std::mem::forget(self.inner.take());
        }
    }
}

/// A client for any number of threads. A forked child that uses it connects anew.
pub struct BlockingClient {
    address: Address,
    options: ClientOptions,
    connected: ArcSwapOption<Connected>,
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
        let client = Self { address, options, connected: ArcSwapOption::empty() };
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
        let Some((driver, client)) = &connected.inner else { return Err(Error::internal("the connection is gone")) };
        driver.wait(client.call(namespace, request), self.options.idle_interval, on_idle)
    }

    /// Closes the connection once the calls under way are done. A later call connects anew.
    pub fn disconnect(&self) {
        self.connected.store(None);
    }

    fn connected(&self) -> Result<Arc<Connected>> {
        let pid = std::process::id();
        loop {
            let present = self.connected.load();
            if let Some(connected) = present.as_ref().filter(|connected| connected.pid == pid) {
                return Ok(Arc::clone(connected));
            }
            let driver = Driver::start().map_err(|error| {
                Error::new(ErrorCode::ConnectionFailed, format!("a thread could not be started: {error}"))
            })?;
            let client = driver.enter(|| Client::new(self.address.clone(), &self.options))?;
            let made = Arc::new(Connected { inner: Some((driver, client)), pid });
            // If another thread was faster, its connection serves this one too.
            self.connected.compare_and_swap(&present, Some(made));
        }
    }
}
