//! Every service, on one frontend.

use tonic::codec::CompressionEncoding;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::frontend::Frontend;
use crate::proto;
use crate::proto::checkpoint_service_server::CheckpointServiceServer;
use crate::proto::collection_service_server::CollectionServiceServer;
use crate::proto::context_service_server::ContextServiceServer;
use crate::proto::engine_service_server::EngineServiceServer;
use crate::proto::graph_service_server::GraphServiceServer;
use crate::proto::kv_service_server::KvServiceServer;
use crate::proto::mcp_service_server::McpServiceServer;
use crate::proto::namespace_service_server::NamespaceServiceServer;
use crate::proto::policy_service_server::PolicyServiceServer;
use crate::proto::semantic_cache_service_server::SemanticCacheServiceServer;
use crate::proto::trace_service_server::TraceServiceServer;
use crate::proto::transaction_service_server::TransactionServiceServer;
use crate::proto::vector_index_service_server::VectorIndexServiceServer;

/// The services, and what reports their health.
pub struct Services {
    /// For the server.
    pub routes: Routes,
    health: HealthReporter,
    names: Vec<&'static str>,
}

/// Adds the services that carry operations out, and lists their names.
macro_rules! serving {
    ($services:ident, $frontend:ident, $bytes_max:ident: $($server:ident),+) => {$({
        let server = $server::new($frontend.clone());
        $services.names.push(<$server<Frontend> as NamedService>::NAME);
        let server = server.accept_compressed(CompressionEncoding::Gzip);
        $services.routes = $services.routes.add_service(
            server.max_decoding_message_size($bytes_max).max_encoding_message_size($bytes_max),
        );
    })+};
}

impl Services {
    /// All services of `frontend`, with messages of at most `message_bytes_max`.
    pub async fn new(frontend: &Frontend, message_bytes_max: usize) -> Result<Self, tonic_reflection::server::Error> {
        let (health, health_server) = tonic_health::server::health_reporter();
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let routes = Routes::new(health_server)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?)
            .add_service(TraceServiceServer::new(frontend.clone()))
            .add_service(PolicyServiceServer::new(frontend.clone()))
            .add_service(McpServiceServer::new(frontend.clone()));
        let mut services = Self { routes, health, names: vec![""] };
        serving!(
            services, frontend, message_bytes_max:
            KvServiceServer, NamespaceServiceServer, VectorIndexServiceServer, CollectionServiceServer,
            GraphServiceServer, TransactionServiceServer, EngineServiceServer, SemanticCacheServiceServer,
            CheckpointServiceServer, ContextServiceServer
        );
        services.report(ServingStatus::Serving).await;
        Ok(services)
    }

    /// What tells the health of each service from now on.
    pub fn reporter(&self) -> Reporter {
        Reporter { health: self.health.clone(), names: self.names.clone() }
    }

    async fn report(&self, status: ServingStatus) {
        self.reporter().report(status).await;
    }
}

/// Tells the health of all services.
pub struct Reporter {
    health: HealthReporter,
    names: Vec<&'static str>,
}

impl Reporter {
    /// Reports the same of every service that carries operations out, and of the server as a whole.
    pub async fn report(&self, status: ServingStatus) {
        for name in &self.names {
            self.health.set_service_status(*name, status).await;
        }
    }
}
