//! The names of settings, as Python shows them.

use toondb_engine::api::{Durability, Metric, OutputFormat};

/// The name of a metric.
pub fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Cosine => "cosine",
        Metric::Euclidean => "euclidean",
        Metric::Dot => "dot",
    }
}

/// The name of a format.
pub fn output_format(format: OutputFormat) -> &'static str {
    match format {
        OutputFormat::Toon => "toon",
        OutputFormat::Json => "json",
        OutputFormat::Columnar => "columnar",
        OutputFormat::Markdown => "markdown",
        OutputFormat::Auto => "auto",
    }
}

/// The name of a durability level.
pub fn durability(durability: Durability) -> &'static str {
    match durability {
        Durability::Durable => "durable",
        Durability::Volatile => "volatile",
    }
}
