//! Every operation by its method. A new operation does not compile before it is listed here.

use toondb_engine::api::{OpCode, Request, Response, Result};

use super::asynchronous::Client;
use super::message::Prepared;
use crate::rpc::Rpc;

/// Hands every operation to a macro that has `$callback!($arguments: <operations>)`.
macro_rules! with_operations {
    ($callback:ident $($arguments:tt)*) => {
        $callback!(
            $($arguments)*:
            Ping Capabilities ServerStats Check
            CreateNamespace ListNamespaces DescribeNamespace NamespaceStats DeleteNamespace SetQuota Flush
            Get Put Exists DeleteKey MultiGet BatchPut CompareAndSet Scan
            CreateCollection ListCollections DescribeCollection DropCollection AddDocuments GetDocuments
            DeleteDocuments DeleteByFilter CountDocuments SearchCollection SearchBatchCollection
            CreateIndex ListIndexes DescribeIndex DropIndex InsertVectors GetVectors DeleteVectors CountVectors
            SearchVectors SearchBatchVectors
            AddNode GetNode DeleteNode AddEdge DeleteEdge GetEdges Traverse ShortestPath Neighbors
            AddTemporalEdge QueryTemporal CloseTemporalEdge SupersedeTemporalEdge TraverseTemporal TemporalHistory
            EraseTemporal
            Commit TakeSnapshot EndSnapshot
            CacheGet CachePut CacheInvalidate CacheStats
            CreateCheckpoint ListCheckpoints RestoreCheckpoint DeleteCheckpoint ExportCheckpoint ImportCheckpoint
            Render AssembleContext CountTokens ConvertText
        )
    };
}

macro_rules! by_method {
    ($namespace:ident $request:ident: $($name:ident)+) => {
        match $request {
            $(Request::$name(operation) => Prepared::new($namespace, operation, Response::$name),)+
        }
    };
}

macro_rules! path_of {
    ($code:ident: $($name:ident)+) => {
        match $code {
            $(OpCode::$name => path(Request::$name),)+
        }
    };
}

fn path<R: Rpc>(_: fn(R) -> Request) -> &'static str {
    R::PATH
}

/// The method that carries an operation out: `/toondb.v1.<service>/<method>`.
#[must_use]
pub fn method_path(code: OpCode) -> &'static str {
    with_operations!(path_of code)
}

impl Client {
    /// Carries a request out.
    ///
    /// # Errors
    /// As the operation says; `ConnectionFailed` if no server was reached, `OutcomeUnknown` if the connection broke
    /// after a write was sent, `Timeout` if the time for it is over.
    pub async fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        // What the engine would refuse need not travel, and what the contract takes for "unset" is refused as elsewhere.
        request.validate()?;
        let prepared = with_operations!(by_method namespace request);
        self.exchange(prepared).await
    }
}
