//! The server: listener, connections, authentication, services.
//!
//! `listener` takes connections, `connection` bounds their number and their silence, `crate::auth` finds out who asks,
//! `metered` bounds the memory of what arrives, `answers` of what is not read, `deadline` the time of a call, one file for
//! each service converts, `frontend` calls the engine.

mod answers;
mod cache;
mod checkpoint;
mod collection;
mod connection;
mod context;
mod deadline;
mod engine;
mod frontend;
mod graph;
mod insert_stream;
mod kv;
mod lifecycle;
mod listener;
mod metered;
mod namespace;
mod options;
mod ordered_log;
mod routes;
mod scan_stream;
mod transaction;
mod unimplemented;
mod vector_index;

/// Implements a service of which most methods are one operation each; the others follow as they are.
macro_rules! service {
    ($service:ident { $($method:ident: $ask:ident, $operation:ident => $answer:ident;)* } $($rest:item)*) => {
        #[tonic::async_trait]
        impl $service for Frontend {
            $(async fn $method(
                &self,
                request: tonic::Request<proto::$ask>,
            ) -> Result<tonic::Response<proto::$answer>, tonic::Status> {
                self.serve::<toondb_engine::api::$operation>(request).await
            })*
            $($rest)*
        }
    };
}

use service;

pub use lifecycle::{Backend, Server, StartError};
pub use listener::Listener;
pub use options::ServerOptions;
