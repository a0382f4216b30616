//! One OS thread with a current-thread runtime that drives some of the connections.
//!
//! A connection stays on its thread for life: no work stealing, no lock between threads on the way from the read to an
//! inline answer's write.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

/// A running thread; dropping it ends its tasks.
#[derive(Debug)]
pub struct IoThread {
    handle: Handle,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl IoThread {
    /// Starts the thread.
    pub fn start(name: String) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let handle = runtime.handle().clone();
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(stopped.notified());
        })?;
        Ok(Self { handle, stop, thread: Some(thread) })
    }

    /// Gives the thread a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(task));
    }

    /// A handle to give the thread tasks from anywhere.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for IoThread {
    fn drop(&mut self) {
        self.stop.notify_one();
        // A thread that drops the server from its own task cannot wait for itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}
