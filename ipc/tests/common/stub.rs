//! A service for tests: a key-value map. Reads are answered inline, writes from another thread and in groups, and a test
//! can hold requests back and answer them in any order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use parking_lot::{Condvar, Mutex, RwLock};
use toondb_engine::api::{
    ByteBuf, CommitSeq, Durability, Error, ErrorCode, Get, KvEntry, KvPage, KvValue, MaybeValue, Once, Pong, Put,
    Request, Response, Result, Scan, Written,
};
use toondb_engine::{Budget, Reply, Service, limits};

/// Requests in this namespace wait for [`Stub::release`].
pub const HELD: &str = "held";
/// Requests in this namespace panic.
pub const PANICS: &str = "panics";

type Data = Arc<RwLock<BTreeMap<Vec<u8>, KvValue>>>;

pub struct Stub {
    data: Data,
    writes: Sender<(Put, Reply)>,
    held: Mutex<Vec<(Request, Reply)>>,
    arrived: Condvar,
    budget: Arc<Budget>,
}

fn write_all(data: &Data, writes: &Receiver<(Put, Reply)>) {
    let mut seq = 0;
    while let Ok(first) = writes.recv() {
        let mut replies: Vec<Reply> = Vec::new();
        for (put, reply) in std::iter::once(first).chain(writes.try_iter().take(255)) {
            seq += 1;
            let value = KvValue { value: put.value, version: CommitSeq(seq) };
            data.write().insert(put.key.into_vec(), value);
            let written = Written { commit_seq: CommitSeq(seq), durability: Durability::Durable };
            reply.complete(Ok(Response::Put(written)));
            if !replies.iter().any(|known| known.same_sink(&reply)) {
                replies.push(reply);
            }
        }
        replies.iter().for_each(Reply::flush);
    }
}

impl Stub {
    pub fn new() -> Arc<Self> {
        Self::with_budget(limits::UNREAD_BYTES_MAX)
    }

    /// So many bytes of answers may be unread.
    pub fn with_budget(bytes_max: usize) -> Arc<Self> {
        let data = Data::default();
        let (writes, queue) = channel();
        let written = Arc::clone(&data);
        std::thread::spawn(move || write_all(&written, &queue));
        let budget = Budget::new(bytes_max);
        Arc::new(Self { data, writes, held: Mutex::default(), arrived: Condvar::new(), budget })
    }

    pub fn insert(&self, key: &[u8], value: Vec<u8>) {
        let value = KvValue { value: ByteBuf::from(value), version: CommitSeq(0) };
        self.data.write().insert(key.to_vec(), value);
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.data.read().contains_key(key)
    }

    /// Waits until `count` requests are held and takes them, in order of arrival.
    pub fn release(&self, count: usize) -> Vec<(Request, Reply)> {
        let mut held = self.held.lock();
        self.arrived.wait_while(&mut held, |held| held.len() < count);
        held.drain(..count).collect()
    }

    /// Requests held now.
    pub fn held(&self) -> usize {
        self.held.lock().len()
    }

    fn get(&self, get: &Get) -> Response {
        Response::Get(MaybeValue { found: self.data.read().get(get.key.as_slice()).cloned() })
    }

    fn scan(&self, scan: &Scan) -> Response {
        let prefix = scan.prefix.clone().unwrap_or_default();
        let data = self.data.read();
        let found = data.iter().filter(|(key, _)| key.starts_with(&prefix));
        let entries = found
            .take(scan.limit.unwrap_or(1000) as usize)
            .map(|(key, found)| KvEntry {
                key: ByteBuf::from(key.clone()),
                value: found.value.clone(),
                version: found.version,
            })
            .collect();
        Response::Scan(KvPage { entries, cursor: None })
    }

    pub fn answer(&self, request: &Request) -> Result<Response> {
        request.validate()?;
        match request {
            Request::Ping(_) => Ok(Response::Ping(Pong { version: "stub".to_owned() })),
            Request::Get(get) => Ok(self.get(get)),
            Request::Scan(scan) => Ok(self.scan(scan)),
            other => Err(Error::new(ErrorCode::UnknownOperation, format!("the stub has no {}", other.code().name()))),
        }
    }
}

impl Service for Stub {
    fn submit(&self, namespace: &str, request: Request, _once: Option<Once>, reply: Reply) {
        assert!(namespace != PANICS, "asked to panic");
        if namespace == HELD {
            self.held.lock().push((request, reply));
            self.arrived.notify_all();
            return;
        }
        match request {
            Request::Put(put) => drop(self.writes.send((put, reply))),
            request => reply.send(self.answer(&request)),
        }
    }

    fn call(&self, _namespace: &str, request: Request) -> Result<Response> {
        self.answer(&request)
    }

    fn answer_hint(&self, _namespace: &str, request: &Request) -> usize {
        request.answer_hint()
    }

    fn answer_budget(&self) -> Arc<Budget> {
        Arc::clone(&self.budget)
    }
}
