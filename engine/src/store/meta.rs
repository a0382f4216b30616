//! What a store says of itself: table `meta.v2`, key: a name, value: sealed like every other.
//!
//! | Key | Value |
//! |---|---|
//! | `format` | version of the layout (u32) |
//! | `namespace` | namespace id |
//! | `checkpoint_seq` | the commit up to which the store is complete (u64) |
//! | `counters` | the counters after that commit; missing before the first flush |
//!
//! Files of the first layout have the same rows, not sealed, in `meta.v1`; they are rewritten when the file is upgraded.

use std::ops::RangeInclusive;

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::error::{StoreError, StoreResult};
use super::record::Counters;
use super::seal::{Seal, SealPlace};

/// The version of the layout of a file that holds values cut into chunks, and of the newest known one.
const FORMAT_WITH_CHUNKS: u32 = 3;
/// Of one that holds none, which earlier versions can read.
const FORMAT_VERSION: u32 = 2;
const FORMAT_OF_V1: u32 = 1;

const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("meta.v2");
const TABLE_V1: TableDefinition<&[u8], &[u8]> = TableDefinition::new("meta.v1");
const FORMAT: &[u8] = b"format";
const NAMESPACE: &[u8] = b"namespace";
/// The name that files have it under.
const FLUSHED_SEQ: &[u8] = b"checkpoint_seq";
const COUNTERS: &[u8] = b"counters";

/// Up to where a store is complete.
#[derive(Debug, Clone, Copy)]
pub struct Completeness {
    /// The last flushed commit.
    pub seq: u64,
    /// The counters after it; nothing before the first flush.
    pub counters: Option<Counters>,
}

/// Writes what a store says of itself from its first day on.
pub fn create(tx: &WriteTransaction, seal: Seal) -> StoreResult<()> {
    let mut table = tx.open_table(TABLE)?;
    put(&mut table, seal, FORMAT, &FORMAT_VERSION.to_le_bytes())?;
    put(&mut table, seal, NAMESPACE, &seal.namespace_id)
}

/// Notes that it holds values cut into chunks, which earlier versions must not take for damage.
pub fn note_cut_values(tx: &WriteTransaction, seal: Seal) -> StoreResult<()> {
    let mut table = tx.open_table(TABLE)?;
    put(&mut table, seal, FORMAT, &FORMAT_WITH_CHUNKS.to_le_bytes())
}

/// Writes up to where it is complete.
pub fn write(tx: &WriteTransaction, seal: Seal, complete: Completeness) -> StoreResult<()> {
    let mut table = tx.open_table(TABLE)?;
    put(&mut table, seal, FLUSHED_SEQ, &complete.seq.to_le_bytes())?;
    if let Some(counters) = complete.counters {
        let mut bytes = Vec::with_capacity(80);
        counters.encode(&mut bytes);
        put(&mut table, seal, COUNTERS, &bytes)?;
    }
    Ok(())
}

/// Checks that the store is of this layout and this namespace.
pub fn check(tx: &redb::ReadTransaction, seal: Seal) -> StoreResult<()> {
    let table = open(tx)?;
    let format = get(&table, seal, FORMAT)?.ok_or(StoreError::NotAStore("it has no format version"))?;
    check_format(&format, FORMAT_VERSION..=FORMAT_WITH_CHUNKS)?;
    check_owner(get(&table, seal, NAMESPACE)?.as_deref(), seal)
}

/// Reads up to where the store is complete.
pub fn read(tx: &redb::ReadTransaction, seal: Seal) -> StoreResult<Completeness> {
    let table = open(tx)?;
    decode(get(&table, seal, FLUSHED_SEQ)?.as_deref(), get(&table, seal, COUNTERS)?.as_deref())
}

/// Seals the rows of the first layout, in a copy of its file that redb has verified.
pub fn upgrade(db: &redb::Database, seal: Seal) -> StoreResult<()> {
    let mut tx = db.begin_write()?;
    tx.set_two_phase_commit(true);
    let complete = {
        let old = tx.open_table(TABLE_V1)?;
        let get = |key: &[u8]| -> StoreResult<_> { Ok(old.get(key)?.map(|value| value.value().to_vec())) };
        let format = get(FORMAT)?.ok_or(StoreError::NotAStore("it has no format version"))?;
        check_format(&format, FORMAT_OF_V1..=FORMAT_OF_V1)?;
        check_owner(get(NAMESPACE)?.as_deref(), seal)?;
        decode(get(FLUSHED_SEQ)?.as_deref(), get(COUNTERS)?.as_deref())?
    };
    create(&tx, seal)?;
    write(&tx, seal, complete)?;
    tx.delete_table(TABLE_V1)?;
    Ok(tx.commit()?)
}

fn open(tx: &redb::ReadTransaction) -> StoreResult<redb::ReadOnlyTable<&'static [u8], &'static [u8]>> {
    tx.open_table(TABLE).map_err(|error| match error {
        redb::TableError::Storage(error) => error.into(),
        _ => StoreError::NotAStore("it has no meta table"),
    })
}

fn get(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    seal: Seal,
    key: &[u8],
) -> StoreResult<Option<Vec<u8>>> {
    let Some(sealed) = table.get(key)? else { return Ok(None) };
    Ok(Some(seal.open(SealPlace::META, key, sealed.value())?.to_vec()))
}

fn put(
    table: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
    seal: Seal,
    key: &[u8],
    value: &[u8],
) -> StoreResult<()> {
    let mut sealed = Vec::with_capacity(96);
    seal.close(SealPlace::META, key, value, &mut sealed);
    table.insert(key, sealed.as_slice())?;
    Ok(())
}

fn check_format(format: &[u8], known: RangeInclusive<u32>) -> StoreResult<()> {
    let found = format.try_into().map(u32::from_le_bytes);
    let found = found.map_err(|_| StoreError::NotAStore("its format version is damaged"))?;
    if known.contains(&found) {
        return Ok(());
    }
    Err(match found > *known.end() {
        true => StoreError::UnsupportedVersion { found, known: FORMAT_WITH_CHUNKS },
        false => StoreError::NotAStore("its format version is damaged"),
    })
}

fn check_owner(owner: Option<&[u8]>, seal: Seal) -> StoreResult<()> {
    match owner.ok_or(StoreError::NotAStore("it has no namespace id"))? == seal.namespace_id {
        true => Ok(()),
        false => Err(StoreError::NotAStore("it belongs to another namespace")),
    }
}

fn decode(seq: Option<&[u8]>, counters: Option<&[u8]>) -> StoreResult<Completeness> {
    let seq = seq.ok_or(StoreError::NotAStore("it does not say up to where it is complete"))?;
    let seq = seq
        .try_into()
        .map(u64::from_le_bytes)
        .map_err(|_| StoreError::NotAStore("its last flushed commit is damaged"))?;
    let counters = match counters {
        Some(bytes) => Some(Counters::decode(bytes).ok_or(StoreError::NotAStore("its counters are damaged"))?.0),
        None => None,
    };
    Ok(Completeness { seq, counters })
}
