//! Writes to bare vector indexes: documents without text, whose ids are eight big-endian bytes.

use super::collection::{create_record, drop_record};
use super::rows::{NewRow, delete_row, resolve, write_row};
use crate::api::{
    CollectionName, CreateIndex, DeleteVectors, Deleted, DropIndex, EmbeddingBatch, Error, IdBatch, IndexInfo,
    InsertVectors, Inserted, Properties, Result, TimestampMs,
};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::{CollectionKind, CollectionRecord};

/// Creates a vector index.
pub fn create(ctx: &mut WriteContext<'_>, request: CreateIndex) -> Result<IndexInfo> {
    let CreateIndex { index: name, dimension, metric } = request;
    let record = CollectionRecord {
        seq: ctx.seq,
        id: 0,
        kind: CollectionKind::Vectors,
        dimension,
        metric,
        metadata: Properties::new(),
        created_at: ctx.now_ms,
    };
    let (target, created) = create_record(ctx, &name, record)?;
    let index = target.rows;
    Ok(IndexInfo {
        name,
        dimension,
        metric,
        count: index.newest_count(),
        graph_count: index.vectors.stats().covered as u64,
        memory_bytes: index.memory_bytes(),
        created_at: TimestampMs(index.record.created_at),
        created,
    })
}

impl Execute for CreateIndex {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<IndexInfo> {
        create(ctx, self)
    }
}

/// Drops a vector index. True if it existed.
pub fn drop_index(ctx: &mut WriteContext<'_>, name: &CollectionName) -> Result<bool> {
    drop_record(ctx, name, CollectionKind::Vectors)
}

impl Execute for DropIndex {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let existed = drop_index(ctx, &self.index)?;
        Ok(ctx.deleted(u64::from(existed)))
    }
}

/// Inserts vectors, replacing those whose ids exist. Gives how many were given.
pub fn insert(
    ctx: &mut WriteContext<'_>,
    name: &CollectionName,
    ids: &IdBatch,
    vectors: &EmbeddingBatch,
) -> Result<u64> {
    let index = resolve(ctx, name, CollectionKind::Vectors)?;
    let dimension = index.record.dimension as usize;
    let (rows, rest) = (vectors.0.chunks_exact(dimension), vectors.0.len() % dimension);
    if rest != 0 || rows.len() != ids.0.len() {
        let (ids, numbers) = (ids.0.len(), vectors.0.len());
        return Err(Error::invalid(format!(
            "{ids} ids need {ids} vectors of dimension {dimension}, {} numbers; {numbers} were given",
            ids * dimension
        )));
    }
    for (id, vector) in ids.0.iter().zip(rows) {
        let row = NewRow { id: &id.to_be_bytes(), vector: Some(vector), body: None };
        write_row(ctx, &index, row)
            .map_err(|error| Error::new(error.code, format!("vector {id}: {}", error.message)))?;
    }
    Ok(ids.0.len() as u64)
}

impl Execute for InsertVectors {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Inserted> {
        let inserted = insert(ctx, &self.index, &self.ids, &self.vectors)?;
        let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
        Ok(Inserted { inserted, commit_seq, durability })
    }
}

/// Deletes vectors by id. Gives how many existed.
pub fn delete(ctx: &mut WriteContext<'_>, name: &CollectionName, ids: &[u64]) -> Result<u64> {
    let index = resolve(ctx, name, CollectionKind::Vectors)?;
    let mut deleted = 0;
    for id in ids {
        deleted += u64::from(delete_row(ctx, &index, &id.to_be_bytes())?);
    }
    Ok(deleted)
}

impl Execute for DeleteVectors {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let deleted = delete(ctx, &self.index, &self.ids)?;
        Ok(ctx.deleted(deleted))
    }
}
