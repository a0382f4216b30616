//! Reads a checkpoint from JSON, a row at a time, whatever the bytes are.
//!
//! The parser refuses nesting deeper than 128 and is given bounded pieces (`input.rs`); each row is handed on as soon as
//! it is complete. A refusal by the receiver ends the parsing; it is kept beside, as the parser only carries texts.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::input::{Allowance, Input};
use super::row::JsonRow;
use super::value::unspell_properties;
use crate::api::{NamespaceName, Properties, Value};
use crate::checkpoints::fault::{Checked, CheckpointFault};
use crate::checkpoints::head::Texts;
use crate::checkpoints::item::Item;
use crate::disk::DiskFile;
use crate::limits;

/// What `format` says.
pub const FORMAT: &str = "toondb-checkpoint";
/// What `version` says. In version 1 each document had an embedding, and none expired.
pub const VERSION: u32 = 2;

/// Takes rows one after the other.
pub trait Items {
    /// The next row.
    fn item(&mut self, item: &Item) -> Checked<()>;
}

/// What was read.
pub struct Said<S> {
    /// Who took the rows.
    pub sink: S,
    /// The commit it was taken at.
    pub commit_seq: u64,
    /// The time of that commit.
    pub last_commit_at: i64,
}

/// Reads `len` bytes; `begin` is called with what precedes the rows and gives the one who takes them.
pub fn read<S: Items>(file: &Arc<dyn DiskFile>, len: u64, begin: impl FnOnce(Texts) -> Checked<S>) -> Checked<Said<S>> {
    let left = Cell::new(limits::CHECKPOINT_JSON_ROW_BYTES_MAX);
    let refusal = RefCell::new(None);
    let input = std::io::BufReader::new(Input::new(&**file, len, &left));
    let mut parser = serde_json::Deserializer::from_reader(input);
    let top = TopLevel { begin, allowance: Allowance(&left), refusal: &refusal };
    let said = parser.deserialize_map(top).and_then(|said| parser.end().map(|()| said));
    said.map_err(|error| {
        refusal.take().unwrap_or_else(|| CheckpointFault::Content(format!("it is no JSON of a checkpoint: {error}")))
    })
}

struct TopLevel<'a, B> {
    begin: B,
    allowance: Allowance<'a>,
    refusal: &'a RefCell<Option<CheckpointFault>>,
}

/// Keeps a refusal and gives the parser something to stop at.
fn stop<E: serde::de::Error>(refusal: &RefCell<Option<CheckpointFault>>, fault: CheckpointFault) -> E {
    let error = E::custom(&fault);
    refusal.replace(Some(fault));
    error
}

#[derive(Default)]
struct ReadPreface {
    format: Option<String>,
    version: Option<u32>,
    name: String,
    metadata: Properties,
    commit_seq: Option<u64>,
    last_commit_at: Option<i64>,
}

impl ReadPreface {
    fn texts(&mut self) -> Checked<Texts> {
        if self.format.as_deref() != Some(FORMAT) {
            return Err(CheckpointFault::Content(format!("`format` must be {FORMAT:?}, before the rows")));
        }
        if !self.version.is_some_and(|version| (1..=VERSION).contains(&version)) {
            return Err(CheckpointFault::Content(format!("`version` must be 1 to {VERSION}, before the rows")));
        }
        let (name, metadata) = (std::mem::take(&mut self.name), std::mem::take(&mut self.metadata));
        Ok(Texts { name, namespace: NamespaceName::new(NamespaceName::DEFAULT), metadata })
    }
}

impl<'de, S: Items, B: FnOnce(Texts) -> Checked<S>> Visitor<'de> for TopLevel<'_, B> {
    type Value = Said<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with the rows of a checkpoint")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said<S>, A::Error> {
        let Self { begin, allowance, refusal } = self;
        let mut preface = ReadPreface::default();
        let mut begin = Some(begin);
        let mut sink = None;
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "format" => preface.format = Some(map.next_value()?),
                "version" => preface.version = Some(map.next_value()?),
                "name" if sink.is_none() => preface.name = map.next_value()?,
                "metadata" if sink.is_none() => {
                    let spelled = map.next_value::<Value>()?;
                    preface.metadata = unspell_properties(spelled).map_err(A::Error::custom)?;
                }
                "commit_seq" => preface.commit_seq = Some(map.next_value()?),
                "last_commit_at" => preface.last_commit_at = Some(map.next_value()?),
                // What is only for people, and what the import settles itself.
                "namespace" | "created_at" | "keys" => drop(map.next_value::<IgnoredAny>()?),
                "rows" => {
                    let begin = begin.take().ok_or_else(|| A::Error::duplicate_field("rows"))?;
                    let texts = preface.texts().map_err(|fault| stop(refusal, fault))?;
                    let mut taker = begin(texts).map_err(|fault| stop(refusal, fault))?;
                    map.next_value_seed(RowList { taker: &mut taker, allowance: &allowance, refusal })?;
                    sink = Some(taker);
                }
                other => return Err(A::Error::custom(format!("the field {other:?} is unknown or comes too late"))),
            }
            allowance.renew();
        }
        let missing = A::Error::missing_field;
        Ok(Said {
            sink: sink.ok_or_else(|| missing("rows"))?,
            commit_seq: preface.commit_seq.ok_or_else(|| missing("commit_seq"))?,
            last_commit_at: preface.last_commit_at.ok_or_else(|| missing("last_commit_at"))?,
        })
    }
}

struct RowList<'a, S> {
    taker: &'a mut S,
    allowance: &'a Allowance<'a>,
    refusal: &'a RefCell<Option<CheckpointFault>>,
}

impl<'de, S: Items> DeserializeSeed<'de> for RowList<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, S: Items> Visitor<'de> for RowList<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        self.allowance.renew();
        while let Some(row) = rows.next_element::<JsonRow>()? {
            let item = Item::try_from(row).map_err(A::Error::custom)?;
            self.taker.item(&item).map_err(|fault| stop(self.refusal, fault))?;
            self.allowance.renew();
        }
        Ok(())
    }
}
