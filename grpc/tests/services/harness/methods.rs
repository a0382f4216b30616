//! Every method that the server has, from the descriptors it is built with, so that none is forgotten.

use prost::Message;
use prost_types::FileDescriptorSet;
use toondb_grpc::proto;

/// A method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// `toondb.v1.KvService`
    pub service: String,
    /// `/toondb.v1.KvService/Get`
    pub path: String,
    pub request: String,
    pub response: String,
    pub takes_stream: bool,
    pub gives_stream: bool,
}

/// The methods of `toondb.v1`.
pub fn contract_methods() -> Vec<Method> {
    methods_of(proto::DESCRIPTORS)
}

/// Those, and the ones of health and reflection.
pub fn every_method() -> Vec<Method> {
    let mut all = contract_methods();
    all.extend(methods_of(tonic_health::pb::FILE_DESCRIPTOR_SET));
    all.extend(methods_of(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET));
    all.extend(methods_of(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET));
    all
}

fn methods_of(descriptors: &[u8]) -> Vec<Method> {
    let set = FileDescriptorSet::decode(descriptors).unwrap();
    let mut all = Vec::new();
    for file in set.file {
        for service in &file.service {
            for method in &service.method {
                let service = format!("{}.{}", file.package(), service.name());
                all.push(Method {
                    path: format!("/{service}/{}", method.name()),
                    service,
                    request: method.input_type().to_owned(),
                    response: method.output_type().to_owned(),
                    takes_stream: method.client_streaming(),
                    gives_stream: method.server_streaming(),
                });
            }
        }
    }
    all
}
