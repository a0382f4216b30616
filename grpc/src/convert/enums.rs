//! Enumerations. A number that is no value of its enumeration is refused: it may mean something to a newer peer. So is a
//! name, where they travel by name.

use toondb_engine::api::{
    Direction, Durability, Error, ExportFormat, FindingKind, FindingPart, Metric, OnConflict, Part, Result,
    TraversalOrder,
};

use crate::proto;

/// The error of a number that is no value of its enumeration.
pub(super) fn unknown(what: &str, number: i32) -> Error {
    Error::invalid(format!("{what} {number} is unknown to this version"))
}

/// The error of a name that is none of those there are.
fn unknown_name(what: &str, name: &str) -> Error {
    Error::invalid(format!("{what} {name:?} is unknown to this version"))
}

pub(super) fn durability(number: i32) -> Result<Durability> {
    match proto::Durability::try_from(number) {
        Ok(proto::Durability::Durable) => Ok(Durability::Durable),
        Ok(proto::Durability::Volatile) => Ok(Durability::Volatile),
        Err(_) => Err(unknown("durability", number)),
    }
}

pub(super) fn durability_number(durability: Durability) -> i32 {
    let value = match durability {
        Durability::Durable => proto::Durability::Durable,
        Durability::Volatile => proto::Durability::Volatile,
    };
    value.into()
}

pub(super) fn on_conflict(number: i32) -> Result<OnConflict> {
    match proto::OnConflict::try_from(number) {
        Ok(proto::OnConflict::Replace) => Ok(OnConflict::Replace),
        Ok(proto::OnConflict::Skip) => Ok(OnConflict::Skip),
        Ok(proto::OnConflict::Error) => Ok(OnConflict::Error),
        Err(_) => Err(unknown("on_conflict", number)),
    }
}

pub(super) fn on_conflict_number(on_conflict: OnConflict) -> i32 {
    let value = match on_conflict {
        OnConflict::Replace => proto::OnConflict::Replace,
        OnConflict::Skip => proto::OnConflict::Skip,
        OnConflict::Error => proto::OnConflict::Error,
    };
    value.into()
}

pub(super) fn part(number: i32) -> Result<Part> {
    match proto::NamespacePart::try_from(number) {
        Ok(proto::NamespacePart::Keys) => Ok(Part::Keys),
        Ok(proto::NamespacePart::Collection) => Ok(Part::Collection),
        Ok(proto::NamespacePart::Index) => Ok(Part::Index),
        Ok(proto::NamespacePart::Graph) => Ok(Part::Graph),
        Ok(proto::NamespacePart::Facts) => Ok(Part::Facts),
        Ok(proto::NamespacePart::Logs) => Ok(Part::Logs),
        Ok(proto::NamespacePart::Unspecified) | Err(_) => Err(unknown("part", number)),
    }
}

pub(super) fn part_number(part: Part) -> i32 {
    let value = match part {
        Part::Keys => proto::NamespacePart::Keys,
        Part::Collection => proto::NamespacePart::Collection,
        Part::Index => proto::NamespacePart::Index,
        Part::Graph => proto::NamespacePart::Graph,
        Part::Facts => proto::NamespacePart::Facts,
        Part::Logs => proto::NamespacePart::Logs,
    };
    value.into()
}

pub(super) fn metric(number: i32) -> Result<Metric> {
    match proto::DistanceMetric::try_from(number) {
        Ok(proto::DistanceMetric::Unspecified | proto::DistanceMetric::Cosine) => Ok(Metric::Cosine),
        Ok(proto::DistanceMetric::L2) => Ok(Metric::Euclidean),
        Ok(proto::DistanceMetric::DotProduct) => Ok(Metric::Dot),
        Err(_) => Err(unknown("metric", number)),
    }
}

pub(super) fn metric_number(metric: Metric) -> i32 {
    let value = match metric {
        Metric::Cosine => proto::DistanceMetric::Cosine,
        Metric::Euclidean => proto::DistanceMetric::L2,
        Metric::Dot => proto::DistanceMetric::DotProduct,
    };
    value.into()
}

pub(super) fn direction(number: i32) -> Result<Direction> {
    match proto::EdgeDirection::try_from(number) {
        Ok(proto::EdgeDirection::Outgoing) => Ok(Direction::Outgoing),
        Ok(proto::EdgeDirection::Incoming) => Ok(Direction::Incoming),
        Ok(proto::EdgeDirection::Both) => Ok(Direction::Both),
        Err(_) => Err(unknown("direction", number)),
    }
}

pub(super) fn direction_number(direction: Direction) -> i32 {
    let value = match direction {
        Direction::Outgoing => proto::EdgeDirection::Outgoing,
        Direction::Incoming => proto::EdgeDirection::Incoming,
        Direction::Both => proto::EdgeDirection::Both,
    };
    value.into()
}

pub(super) fn order(number: i32) -> Result<TraversalOrder> {
    match proto::TraversalOrder::try_from(number) {
        Ok(proto::TraversalOrder::Bfs) => Ok(TraversalOrder::Bfs),
        Ok(proto::TraversalOrder::Dfs) => Ok(TraversalOrder::Dfs),
        Err(_) => Err(unknown("order", number)),
    }
}

pub(super) fn order_number(order: TraversalOrder) -> i32 {
    let value = match order {
        TraversalOrder::Bfs => proto::TraversalOrder::Bfs,
        TraversalOrder::Dfs => proto::TraversalOrder::Dfs,
    };
    value.into()
}

pub(super) fn export_format(number: i32) -> Result<ExportFormat> {
    match proto::ExportFormat::try_from(number) {
        Ok(proto::ExportFormat::Binary) => Ok(ExportFormat::Binary),
        Ok(proto::ExportFormat::Json) => Ok(ExportFormat::Json),
        Err(_) => Err(unknown("export format", number)),
    }
}

pub(super) fn export_format_number(format: ExportFormat) -> i32 {
    let value = match format {
        ExportFormat::Binary => proto::ExportFormat::Binary,
        ExportFormat::Json => proto::ExportFormat::Json,
    };
    value.into()
}

pub(super) fn finding_kind(name: &str) -> Result<FindingKind> {
    FindingKind::named(name).ok_or_else(|| unknown_name("kind of finding", name))
}

pub(super) fn finding_part(name: &str) -> Result<FindingPart> {
    FindingPart::named(name).ok_or_else(|| unknown_name("part of the data directory", name))
}
