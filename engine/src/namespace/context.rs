//! What an operation that writes may use, and where it leaves its results until it has succeeded as a whole.

use std::sync::Arc;

use super::answered;
use super::change::Change;
use super::collection::Collection;
use super::last_changes::LastChanges;
use super::state::State;
use super::timelines::Asserted;
use crate::api::{ClientId, CommitSeq, Created, Deleted, Durability, Error, Once, Quota, Response, Result, Written};
use crate::limits;
use crate::planted::{self, Planted};
use crate::rng::Rng;
use crate::store::{Counters, LoggedOnce, Table, Txn, answer_key};
use crate::work::{Permit, Share};

/// The surroundings of one operation. Dropping it changes nothing anywhere.
pub struct WriteContext<'a> {
    /// The namespace's indexes, as every earlier operation left them.
    pub state: &'a State,
    /// The rows, with this operation's own writes on top.
    pub txn: Txn,
    /// The commit this operation will have if it writes anything.
    pub seq: u64,
    /// The time by the clock as it is: what expires is judged by it, as readers do, and "now" in a request means it.
    pub now_ms: i64,
    /// The time this commit is stamped with: the clock's, but never before an earlier commit's. After a clock has been
    /// ahead and was set back it stands still until the clock has caught up, so nothing else may be measured by it.
    pub stamp_ms: i64,
    /// The namespace's counters, with this operation's part.
    pub counters: Counters,
    /// The namespace's bounds.
    pub quota: Quota,
    /// Collections that it has created, under their numbers as the rows say: nobody else knows them yet.
    pub fresh: Vec<Arc<Collection>>,
    /// When each part of the namespace was last changed.
    pub last_changes: &'a LastChanges,
    /// Rows that it has looked at to delete ranges.
    pub range_rows: usize,
    /// The temporal facts it has asserted so far.
    pub asserted: Asserted,
    /// Randomness, for ids.
    pub rng: &'a dyn Rng,
    /// The level the caller asked for.
    pub durability: Durability,
    /// Room for answers.
    pub answers: &'a Arc<Share>,
    /// Under which number it was asked for, if it was.
    pub once: Option<Once>,
    /// What the log says of that.
    pub kept: Option<LoggedOnce>,
    /// What of the room for answers the answer's stored values have; nothing if they are small.
    pub answer_room: Option<Permit>,
}

impl WriteContext<'_> {
    /// The commit to report: this operation's, or the newest before it if it changed nothing.
    pub fn commit_seq(&self) -> CommitSeq {
        CommitSeq(if self.txn.is_empty() { self.seq - 1 } else { self.seq })
    }

    /// A reply for a write.
    pub fn written(&self) -> Written {
        Written { commit_seq: self.commit_seq(), durability: self.durability }
    }

    /// A reply for a write that may have created something.
    pub fn created(&self, created: bool) -> Created {
        Created { created, commit_seq: self.commit_seq(), durability: self.durability }
    }

    /// A reply for a delete.
    pub fn deleted(&self, deleted: u64) -> Deleted {
        Deleted { deleted, commit_seq: self.commit_seq(), durability: self.durability }
    }

    /// Keeps the answer for whoever asks again under its number, if anything changes; a row has it if it is long.
    pub fn keep(&mut self, response: &Response) -> Result<()> {
        let Some(Once { client: ClientId(client), number, answered_below }) =
            self.once.filter(|_| !self.txn.is_empty())
        else {
            return Ok(());
        };
        let (body, long) = answered::body_of(response)?;
        if let Some(bytes) = long {
            self.txn.put(Table::Answers, answer_key(&client, number), bytes);
        }
        self.kept = Some(LoggedOnce { client, number, answered_below, body });
        Ok(())
    }

    /// True if stored values of so many bytes have room in the answer: to be asked before they are read. An operation whose answer
    /// has none is refused, with nothing changed.
    #[must_use]
    pub fn has_answer_room(&mut self, bytes: usize) -> bool {
        if bytes <= limits::ANSWER_SMALL_BYTES_MAX || planted::is(Planted::AnswersUncounted) {
            return true;
        }
        match &mut self.answer_room {
            Some(room) => bytes <= room.bytes() || room.try_settle(bytes),
            none => {
                *none = self.answers.take(bytes);
                none.is_some()
            }
        }
    }

    /// Counts bytes of live data that come and go.
    pub fn account(&mut self, added: u64, removed: u64) {
        self.counters.live_bytes = (self.counters.live_bytes + added).saturating_sub(removed);
    }

    /// What it changes in the indexes.
    pub fn changes(&self) -> Result<Vec<Change>> {
        Change::of(self.txn.effects(), self.seq, &self.state.collections, self.txn.before())
    }

    /// Refuses the operation if it breaks a bound. Only growth is refused: deletes always pass.
    pub fn check_bounds(&self, before: &Counters) -> Result<()> {
        if planted::is(Planted::QuotaIgnored) {
            return Ok(());
        }
        let Counters { vectors, collections, live_bytes, .. } = self.counters;
        if live_bytes > before.live_bytes {
            Quota::check(self.quota.bytes_max, live_bytes, "bytes")?;
        }
        if vectors > before.vectors {
            Quota::check(self.quota.vectors_max, vectors, "vectors")?;
        }
        if collections > before.collections {
            Quota::check(self.quota.collections_max, collections, "collections")?;
        }
        self.check_size()
    }

    /// Refuses the operation once it has outgrown its bound, before it grows further: to be called after each of many writes.
    pub fn check_size(&self) -> Result<()> {
        let (given, max) = (self.txn.bytes(), limits::OPERATION_BYTES_MAX);
        if given > max {
            return Err(Error::limit(format!(
                "the operation would log {given} bytes or more; the limit is {max}: split it, or narrow what it matches"
            )));
        }
        Ok(())
    }
}
