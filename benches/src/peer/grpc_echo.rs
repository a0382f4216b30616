//! The floor of a request over gRPC: a tonic server in a process of its own whose `Get` answers one constant message.
//!
//! Its runtime, its HTTP/2 settings, its messages and its router are those of ToonDB's server, and so are the bounds of its
//! messages. It has no layers, no engine and no store: what is left is what tonic takes for any service.

use std::net::SocketAddr;
use std::process::Command;

use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use toondb_grpc::proto::kv_service_server::{KvService, KvServiceServer};
use toondb_grpc::{Address, ServerOptions, proto};

use super::daemon::Daemon;
use crate::data::value;
use crate::outcome::Outcome;

const READY: &str = "echo is ready";

struct Echo;

type Scanned = tonic::codegen::BoxStream<proto::KvScanResponse>;

/// Refuses the methods that nobody measures.
macro_rules! echo {
    ($($method:ident: $ask:ident => $answer:ty;)*) => {
        #[tonic::async_trait]
        impl KvService for Echo {
            type ScanStream = Scanned;

            async fn get(&self, _: Request<proto::KvGetRequest>) -> Result<Response<proto::KvGetResponse>, Status> {
                let value = value().into_vec();
                Ok(Response::new(proto::KvGetResponse { value, found: true, version: 1, ..Default::default() }))
            }

            $(async fn $method(&self, _: Request<proto::$ask>) -> Result<Response<$answer>, Status> {
                Err(Status::unimplemented("the echo has only Get"))
            })*
        }
    };
}

echo! {
    put: KvPutRequest => proto::KvPutResponse;
    delete: KvDeleteRequest => proto::KvDeleteResponse;
    scan: KvScanRequest => Scanned;
    batch_get: KvBatchGetRequest => proto::KvBatchGetResponse;
    batch_put: KvBatchPutRequest => proto::KvBatchPutResponse;
    exists: KvExistsRequest => proto::KvExistsResponse;
    compare_and_set: KvCompareAndSetRequest => proto::KvCompareAndSetResponse;
    scan_page: KvScanRequest => proto::KvScanPageResponse;
    increment: KvIncrementRequest => proto::KvIncrementResponse;
    touch: KvTouchRequest => proto::KvTouchResponse;
    get_ttl: KvGetTtlRequest => proto::KvGetTtlResponse;
    batch_delete: KvBatchDeleteRequest => proto::KvBatchDeleteResponse;
    delete_range: KvDeleteRangeRequest => proto::KvDeleteRangeResponse;
    scan_prefixes: KvScanPrefixesRequest => proto::KvScanPrefixesResponse;
}

/// Serves until the process is killed.
pub fn serve_grpc_echo(address: SocketAddr) -> Outcome<()> {
    let options = ServerOptions::default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(options.threads.max(1)).enable_all().build()?;
    let serving = runtime.spawn(async move {
        let incoming = TcpIncoming::bind(address)?.with_nodelay(Some(true));
        println!("{READY} address={}", incoming.local_addr()?);
        let service = KvServiceServer::new(Echo)
            .max_decoding_message_size(options.message_bytes_max)
            .max_encoding_message_size(options.message_bytes_max);
        Server::builder()
            .max_concurrent_streams(options.streams_max)
            .http2_max_header_list_size(options.header_bytes_max)
            .http2_keepalive_interval(Some(options.keepalive_interval))
            .http2_keepalive_timeout(Some(options.keepalive_interval))
            .http2_adaptive_window(Some(true))
            .add_service(service)
            .serve_with_incoming(incoming)
            .await?;
        Ok(())
    });
    runtime.block_on(serving)?
}

/// A running echo.
#[derive(Debug)]
pub struct GrpcEcho {
    server: Daemon,
}

impl GrpcEcho {
    /// Starts this very program as an echo on a free port of loopback.
    pub fn start() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("grpc-echo");
        Ok(Self { server: Daemon::start(command, READY)? })
    }

    /// Where it serves.
    pub fn address(&self) -> Outcome<Address> {
        self.server.address("address")
    }
}
