//! Sends what belongs together at once.
//!
//! HTTP/2 hands a request over in two steps: its header, and, once the header has been taken, its message. Written as
//! they come they are two system calls here, two segments, and two wake-ups of the server, for one small request. So the
//! first write after a flush lets every other task that is ready run before it: the message is then there as well, and
//! so are requests of other threads. Unlike Nagle's algorithm this waits for nothing from outside.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose writes gather.
pub struct Gather<T> {
    stream: T,
    /// True if the others had their turn since the last flush.
    let_others: bool,
}

impl<T> Gather<T> {
    /// Gathers what is written to `stream`.
    pub fn new(stream: T) -> Self {
        Self { stream, let_others: false }
    }

    fn poll_turn(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.let_others {
            return Poll::Ready(());
        }
        self.let_others = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gather<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gather<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_turn(cx));
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_turn(cx));
        Pin::new(&mut self.stream).poll_write_vectored(cx, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.let_others = false;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
