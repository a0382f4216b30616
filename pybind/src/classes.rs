//! The classes of answers, as the package `toondb` gives them to everybody, looked up once each.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

macro_rules! classes {
    ($($function:ident: $name:literal;)*) => {$(
        #[doc = concat!("The class `", $name, "`.")]
        pub fn $function(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
            static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
            CLASS.import(py, "toondb", $name)
        }
    )*};
}

classes! {
    search_result: "SearchResult";
    document: "Document";
    facet_count: "FacetCount";
    added_ids: "AddedIds";
    affected: "Affected";
    graph_node: "GraphNode";
    graph_edge: "GraphEdge";
    temporal_edge: "TemporalEdge";
    namespace_info: "NamespaceInfo";
    namespace_stats: "NamespaceStats";
    quota: "Quota";
    collection_info: "CollectionInfo";
    index_info: "IndexInfo";
    capabilities: "Capabilities";
    server_stats: "ServerStats";
    check_report: "CheckReport";
    checked_namespace: "CheckedNamespace";
    finding: "Finding";
    commit_result: "CommitResult";
    cache_hit: "CacheHit";
    cache_stats: "CacheStats";
    checkpoint_info: "CheckpointInfo";
    restore_result: "RestoreResult";
    section_result: "SectionResult";
    log_entry: "LogEntry";
    log_info: "LogInfo";
    prefix_entry: "PrefixEntry";
    merged_nodes: "MergedNodes";
}
