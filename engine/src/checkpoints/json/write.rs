//! Writes a checkpoint as JSON, a row at a time.

use serde::Serialize;

use super::row::JsonRow;
use super::value::spell_properties;
use crate::api::{Error, Value};
use crate::checkpoints::fault::Checked;
use crate::checkpoints::reader::CheckpointReader;
use crate::checkpoints::site::Site;
use crate::disk::DiskFile;
use crate::limits;

/// What precedes the rows.
#[derive(Serialize)]
struct Preface<'a> {
    format: &'a str,
    version: u32,
    name: &'a str,
    namespace: &'a str,
    metadata: Value,
    commit_seq: u64,
    last_commit_at: i64,
    created_at: i64,
    keys: u64,
}

struct Output<'a> {
    file: &'a dyn DiskFile,
    site: &'a Site,
    offset: u64,
    buffer: Vec<u8>,
}

impl Output<'_> {
    fn add(&mut self, value: &impl Serialize) -> Checked<()> {
        let failed = |error| Error::internal(format!("a row could not be written as JSON: {error}"));
        serde_json::to_writer(&mut self.buffer, value).map_err(failed)?;
        if self.buffer.len() >= limits::CHECKPOINT_BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Checked<()> {
        self.site.check()?;
        self.file.write_all_at(self.offset, &self.buffer).map_err(Site::io)?;
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        self.buffer.shrink_to(2 * limits::CHECKPOINT_BLOCK_BYTES);
        Ok(())
    }
}

/// Writes everything `reader` gives into an empty file. The same checkpoint gives the same bytes each time.
pub fn write(reader: &mut CheckpointReader, file: &dyn DiskFile, site: &Site) -> Checked<()> {
    let head = &reader.head;
    let mut output = Output { file, site, offset: 0, buffer: Vec::new() };
    output.add(&Preface {
        format: super::read::FORMAT,
        version: super::read::VERSION,
        name: &head.texts.name,
        namespace: head.texts.namespace.as_str(),
        metadata: spell_properties(&head.texts.metadata),
        commit_seq: head.commit_seq,
        last_commit_at: head.last_commit_at,
        created_at: head.created_at,
        keys: head.keys,
    })?;
    // The rows are the last field: they go where the map's end was.
    output.buffer.pop();
    output.buffer.extend_from_slice(b",\"rows\":[");
    let mut separator: &[u8] = b"\n";
    while let Some(item) = reader.next()? {
        output.buffer.extend_from_slice(separator);
        output.add(&JsonRow::from(&item))?;
        separator = b",\n";
    }
    output.buffer.extend_from_slice(b"\n]}\n");
    output.flush()
}
