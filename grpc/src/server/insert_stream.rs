//! `VectorIndexService.InsertStream`: vectors as they come, committed in atomic chunks.
//!
//! A chunk is full at 100,000 vectors or 40 MiB and is then one commit. What was not committed when the stream fails is
//! dropped, so a stream that fits into one chunk is all or nothing; a longer one tells in its status how much of it is
//! durable. A client that sends nothing for the stall timeout loses the stream.

use tokio::time::timeout;
use tonic::{Status, Streaming};
use toondb_engine::api::{Durability, EmbeddingBatch, Error, ErrorCode, IdBatch, InsertVectors, Inserted};
use toondb_engine::limits;

use super::frontend::{Call, Frontend, invalid};
use crate::proto;
use crate::rpc::Rpc as _;
use crate::status::{from_status, to_status};

/// Bytes of vectors in one chunk.
const CHUNK_BYTES_MAX: usize = limits::FRAME_BYTES_MAX / 2;

/// Vectors on their way into one index.
struct Chunk {
    namespace: String,
    insert: InsertVectors,
    dimension: usize,
    committed: u64,
    last: Option<Inserted>,
}

impl Chunk {
    fn begin(first: &mut proto::InsertStreamRequest) -> Result<Self, Error> {
        let head = proto::InsertBatchRequest {
            index_name: std::mem::take(&mut first.index_name),
            namespace: std::mem::take(&mut first.namespace),
            durability: first.durability,
            ..Default::default()
        };
        let (namespace, insert) = InsertVectors::read_ask(head)?;
        Ok(Self { namespace, insert, dimension: first.vector.len(), committed: 0, last: None })
    }

    fn push(&mut self, message: proto::InsertStreamRequest) -> Result<(), Error> {
        let proto::InsertStreamRequest { index_name, id, vector, namespace, durability: _ } = message;
        if !index_name.is_empty() && index_name != self.insert.index.as_str() {
            return Err(invalid("a later message names another index; use one stream for each"));
        }
        if !namespace.is_empty() && namespace != self.namespace {
            return Err(invalid("a later message names another namespace; use one stream for each"));
        }
        if vector.len() != self.dimension {
            let (given, first) = (vector.len(), self.dimension);
            return Err(invalid(format!("the vector of id {id} has {given} numbers and the first one had {first}")));
        }
        self.insert.ids.0.push(id);
        self.insert.vectors.0.extend_from_slice(&vector);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.insert.ids.0.len() >= limits::BATCH_ITEMS_MAX || self.insert.vectors.0.len() * 4 >= CHUNK_BYTES_MAX
    }

    fn is_empty(&self) -> bool {
        self.insert.ids.0.is_empty()
    }

    /// The vectors so far, as a request.
    fn take(&mut self) -> InsertVectors {
        InsertVectors {
            index: self.insert.index.clone(),
            ids: IdBatch(std::mem::take(&mut self.insert.ids.0)),
            vectors: EmbeddingBatch(std::mem::take(&mut self.insert.vectors.0)),
            durability: self.insert.durability,
        }
    }

    /// The status of a fault, with how much of the stream is in the index.
    fn refuse(&self, error: Error) -> Status {
        let Error { code, message } = error;
        let committed = self.committed;
        to_status(&Error::new(code, format!("{message}; {committed} vectors of this stream were committed before")))
    }

    /// The same for a stream that ended with a status of its own, such as that of a token that was taken back.
    fn refuse_with(&self, status: &Status) -> Status {
        let refused = self.refuse(from_status(status));
        Status::with_details(status.code(), refused.message(), refused.details().to_vec().into())
    }
}

impl Frontend {
    pub(super) async fn insert_all(
        &self,
        call: &Call,
        mut stream: Streaming<proto::InsertStreamRequest>,
    ) -> Result<proto::InsertStreamResponse, Status> {
        let Some(mut first) = self.next(&mut stream).await? else {
            return Ok(proto::InsertStreamResponse::default());
        };
        let mut chunk = Chunk::begin(&mut first).map_err(|error| to_status(&error))?;
        let mut message = Some(first);
        while let Some(next) = message {
            chunk.push(next).map_err(|error| chunk.refuse(error))?;
            if chunk.is_full() {
                self.commit(call, &mut chunk).await?;
            }
            message = match self.next(&mut stream).await {
                Ok(message) => message,
                Err(status) => return Err(chunk.refuse_with(&status)),
            };
        }
        if !chunk.is_empty() {
            self.commit(call, &mut chunk).await?;
        }
        let (commit_seq, durability) = match &chunk.last {
            Some(last) => (last.commit_seq.0, last.durability),
            None => (0, Durability::default()),
        };
        Ok(proto::InsertStreamResponse {
            total_inserted: u32::try_from(chunk.committed).unwrap_or(u32::MAX),
            commit_seq,
            durability: i32::from(durability == Durability::Volatile),
            ..Default::default()
        })
    }

    async fn next(
        &self,
        stream: &mut Streaming<proto::InsertStreamRequest>,
    ) -> Result<Option<proto::InsertStreamRequest>, Status> {
        match timeout(self.stall_timeout, stream.message()).await {
            Ok(message) => message,
            Err(_) => {
                let text = format!("no vector came for {:?}", self.stall_timeout);
                Err(to_status(&Error::new(ErrorCode::Timeout, text)))
            }
        }
    }

    async fn commit(&self, call: &Call, chunk: &mut Chunk) -> Result<(), Status> {
        let insert = chunk.take();
        let inserted = self.run(call, &chunk.namespace, insert).await.map_err(|error| chunk.refuse(error))?;
        chunk.committed += inserted.inserted;
        chunk.last = Some(inserted);
        Ok(())
    }
}
