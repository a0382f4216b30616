//! `KvService.Scan`: keys in order, for as long as there are any.
//!
//! The first page is read before the answer begins, so that a bad request is a status and not a broken stream. A task reads
//! the others, one page ahead of the client at most: the channel to the connection holds one page, and HTTP/2's windows
//! hold back what the client does not take. A client that takes nothing for the stall timeout loses the stream. Pages that wait
//! count as unread answers of the connection; a stream for whose next page there is no room ends with `Busy`.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use toondb_engine::api::{ByteBuf, Error, KvPage, Scan};
use toondb_engine::{Permit, limits};

use super::frontend::{Call, Frontend};
use crate::proto;
use crate::rpc::Rpc as _;
use crate::status::to_status;

/// The stream of a scan's entries.
pub type ScanStream = ReceiverStream<Result<proto::KvScanResponse, Status>>;

/// Entries between the reading task and the connection.
const CHANNEL_ITEMS: usize = 64;

type Sender = mpsc::Sender<Result<proto::KvScanResponse, Status>>;

/// What is still to be read.
struct Rest {
    namespace: String,
    scan: Scan,
    /// Entries still wanted; nothing = all there are.
    wanted: Option<usize>,
}

impl Rest {
    fn next_page(&self) -> Scan {
        let limit = self.wanted.unwrap_or(limits::PAGE_ITEMS_MAX).min(limits::PAGE_ITEMS_MAX);
        Scan { limit: u32::try_from(limit).ok(), ..self.scan.clone() }
    }

    /// Notes what was read; true if there is more to read.
    fn advance(&mut self, entries: usize, cursor: Option<ByteBuf>) -> bool {
        self.wanted = self.wanted.map(|wanted| wanted.saturating_sub(entries));
        self.scan.cursor = cursor;
        self.scan.cursor.is_some() && self.wanted != Some(0)
    }
}

/// A page, and the room that it takes until the connection has it.
struct HeldPage {
    page: KvPage,
    room: Permit,
}

impl HeldPage {
    fn of(page: KvPage, call: &Call) -> Result<Self, Error> {
        let bytes = page.entries.iter().map(|entry| entry.key.len() + entry.value.len()).sum();
        let room = call.unread().take(bytes).ok_or_else(Error::no_room)?;
        Ok(Self { page, room })
    }
}

impl Frontend {
    pub(super) async fn scan_stream(
        &self,
        request: Request<proto::KvScanRequest>,
    ) -> Result<Response<ScanStream>, Status> {
        let call = self.begin(&request)?;
        let (namespace, scan) = Scan::read_ask(request.into_inner()).map_err(|error| to_status(&error))?;
        let wanted = scan.limit.filter(|limit| *limit > 0).map(|limit| limit as usize);
        let rest = Rest { namespace, scan, wanted };
        let first = self.run(&call, &rest.namespace, rest.next_page()).await;
        let first = first.and_then(|page| HeldPage::of(page, &call)).map_err(|error| to_status(&error))?;
        let (sender, receiver) = mpsc::channel(CHANNEL_ITEMS);
        tokio::spawn(self.clone().send_pages(call, rest, first, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    /// Waits until the connection has taken everything; false if it takes nothing.
    async fn is_taken(&self, sender: &Sender) -> bool {
        matches!(tokio::time::timeout(self.stall_timeout, sender.reserve_many(CHANNEL_ITEMS)).await, Ok(Ok(_)))
    }

    async fn send_pages(self, call: Call, mut rest: Rest, mut held: HeldPage, sender: Sender) {
        loop {
            let HeldPage { mut page, mut room } = held;
            let cursor = page.cursor.take();
            let entries = Scan::answer(&rest.namespace, page).entries;
            let more = rest.advance(entries.len(), cursor);
            for entry in entries {
                let bytes = entry.key.len() + entry.value.len();
                if sender.send_timeout(Ok(entry), self.stall_timeout).await.is_err() {
                    return;
                }
                // Large entries are handed over one by one: the connection counts what it has.
                if bytes > limits::VALUE_SHORT_BYTES_MAX {
                    if !self.is_taken(&sender).await {
                        return;
                    }
                    room.settle(room.bytes().saturating_sub(bytes));
                }
            }
            if !more {
                return;
            }
            drop(room);
            let next = tokio::select! {
                next = self.run(&call, &rest.namespace, rest.next_page()) => next,
                // Nobody reads any more: the page is given up too.
                () = sender.closed() => return,
            };
            match next.and_then(|next| HeldPage::of(next, &call)) {
                Ok(next) => held = next,
                Err(error) => {
                    let _ = sender.send_timeout(Err(to_status(&error)), self.stall_timeout).await;
                    return;
                }
            }
        }
    }
}
