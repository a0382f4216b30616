//! The answers that clients may ask for again, so that a change is made once however often it is asked for.
//!
//! A request that has a number of its client ([`Once`]) and changes something leaves its answer here, in the same commit: the
//! head of its operation in the log says the number and what the answer said. Another request of that number is given the
//! answer and carries nothing out. What changed nothing is not kept: carried out again, it is as if only the second had been.
//!
//! A client says with each request below which number it has its answers; those are let go, so that a client that is alive keeps
//! about as many as it has requests in flight. What it has said is kept as well, and a request below it is refused: it was on
//! its way while its client asked again over another connection.
//!
//! Bounds: [`limits::ANSWERS_EACH_MAX`] answers of one client and [`limits::ANSWERS_MAX`] of all, then the oldest of whoever asks are taken
//! for answered; [`limits::CLIENTS_MAX`]
//! clients. One that has asked for nothing for [`limits::CLIENT_KEPT_MAX`] is forgotten, and where there are many, after
//! [`limits::CLIENT_KEPT_MIN`]. Where all of them are younger, a new one is told to come back.
//!
//! All of it is in memory. A flush writes the rows of the clients that have changed since the last one into the memtable that it
//! freezes; the next opening reads them and goes on with the heads of operations that the log has since.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::api::{ClientId, CommitSeq, Durability, Error, ErrorCode, Once, OpCode, Response, Result, Written};
use crate::limits;
use crate::planted::{self, Planted};
use crate::store::{
    AnswerBody, Base, ClientRecord, INLINE_BYTES_MAX, KeptAnswer, KeyRange, LoggedOnce, Memtable, Read, RowSnapshot,
    StoreError, Table, View, answer_key,
};

#[derive(Debug, Default)]
struct Client {
    used_at_ms: i64,
    answered_below: u64,
    answers: BTreeMap<u64, KeptAnswer>,
    /// True if the store does not have it as it is.
    is_dirty: bool,
}

/// What is known of a request's number.
#[derive(Debug)]
pub enum Seen<'a> {
    /// It is to be carried out.
    New,
    /// It was carried out.
    Answered(&'a KeptAnswer),
}

/// The clients that have asked under numbers.
#[derive(Debug, Default)]
pub struct AnsweredClients {
    clients: HashMap<ClientId, Client>,
    /// Answers of all of them.
    answers: usize,
    /// Clients of before, of which the store still has rows.
    forgotten: Vec<ClientId>,
}

impl AnsweredClients {
    /// What a store has, which is complete up to a commit.
    pub fn of_store(base: &Base, seq: u64) -> Result<Self> {
        let stored = View::new(Arc::default(), None, Some(Arc::new(base.snapshot()?)), seq, seq);
        let rows = RowSnapshot::newest(Arc::new(stored));
        let mut loaded = Self::default();
        for row in rows.scan(Table::Clients, &KeyRange::all(), false)? {
            let row = row?;
            let damaged = || StoreError::corrupt(Table::Clients, "a key is no client");
            let client = <[u8; 16]>::try_from(row.key.as_slice()).map_err(|_| damaged())?;
            let ClientRecord { used_at_ms, answered_below, answers } = ClientRecord::decode(&row.value)?;
            let client_state =
                Client { used_at_ms, answered_below, answers: answers.into_iter().collect(), is_dirty: false };
            loaded.answers += client_state.answers.len();
            loaded.clients.insert(ClientId(client), client_state);
        }
        Ok(loaded)
    }

    /// What is known of a number.
    ///
    /// # Errors
    /// `OutcomeUnknown` if it is below what the client has, or one answer too many; `InvalidArgument` if it belongs to another
    /// operation; `Busy` for one client too many.
    pub fn look(&self, once: &Once, code: OpCode, now_ms: i64) -> Result<Seen<'_>> {
        let Some(client) = self.clients.get(&once.client) else {
            return match self.has_room(now_ms) {
                true => Ok(Seen::New),
                false => Err(Error::new(ErrorCode::Busy, "too many clients have asked under numbers; retry later")),
            };
        };
        if once.number < client.answered_below {
            let text =
                format!("request {} was answered before, and its answer let go; read what it changed", once.number);
            return Err(Error::new(ErrorCode::OutcomeUnknown, text));
        }
        match client.answers.get(&once.number) {
            None => Ok(Seen::New),
            Some(_) if planted::is(Planted::AskedTwiceDoneTwice) => Ok(Seen::New),
            Some(kept) if kept.kind == code.number() => Ok(Seen::Answered(kept)),
            Some(_) => Err(Error::invalid(format!(
                "request {} was another operation before; give each a number of its own",
                once.number
            ))),
        }
    }

    fn has_room(&self, now_ms: i64) -> bool {
        self.clients.len() < limits::CLIENTS_MAX || self.clients.values().any(|client| may_go(client, now_ms))
    }

    /// Long answers that are let go once this request is carried out: the numbers of their rows.
    pub fn long_let_go(&self, once: &Once) -> Vec<u64> {
        let Some(client) = self.clients.get(&once.client) else { return Vec::new() };
        let gone = let_go(client, self.answers, once.number, once.answered_below);
        gone.filter(|(_, kept)| kept.body == AnswerBody::Long).map(|(number, _)| number).collect()
    }

    /// An operation was carried out under a number.
    pub fn note(&mut self, once: &LoggedOnce, seq: u64, kind: u16, time_ms: i64) {
        let LoggedOnce { client, number, answered_below, body } = once;
        let client = match self.clients.entry(ClientId(*client)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Client::default()),
        };
        client.is_dirty = true;
        client.used_at_ms = client.used_at_ms.max(time_ms);
        let gone: Vec<u64> = let_go(client, self.answers, *number, *answered_below).map(|(number, _)| number).collect();
        client.answered_below = client.answered_below.max(*answered_below);
        for number in gone {
            client.answers.remove(&number);
            self.answers -= 1;
            client.answered_below = client.answered_below.max(number + 1);
        }
        self.answers +=
            usize::from(client.answers.insert(*number, KeptAnswer { seq, kind, body: body.clone() }).is_none());
    }

    /// Forgets clients that have asked for nothing for long, and then of those that are left as many as there are too many. Gives
    /// the rows of their long answers, which are to be deleted.
    pub fn forget(&mut self, now_ms: i64) -> Vec<Vec<u8>> {
        let most = now_ms.saturating_sub(millis(limits::CLIENT_KEPT_MAX));
        let mut gone: Vec<ClientId> =
            self.clients.iter().filter(|(_, client)| client.used_at_ms < most).map(|(id, _)| *id).collect();
        let spare = self.clients.len().saturating_sub(gone.len() + limits::CLIENTS_KEPT);
        if spare > 0 {
            let may_go = |client: &Client| client.used_at_ms >= most && may_go(client, now_ms);
            let mut old: Vec<_> = self.clients.iter().filter(|(_, client)| may_go(client)).collect();
            old.sort_unstable_by_key(|(id, client)| (client.used_at_ms, **id));
            gone.extend(old.into_iter().take(spare).map(|(id, _)| *id));
        }
        let mut rows = Vec::new();
        for id in gone {
            let Some(client) = self.clients.remove(&id) else { continue };
            self.answers -= client.answers.len();
            let long = client.answers.iter().filter(|(_, kept)| kept.body == AnswerBody::Long);
            rows.extend(long.map(|(number, _)| answer_key(&id.0, *number)));
            self.forgotten.push(id);
        }
        rows
    }

    /// Puts the rows of clients that have changed into the memtable that is about to be flushed.
    pub fn write_into(&mut self, memtable: &Memtable, seq: u64) {
        if planted::is(Planted::AnswersUnflushed) {
            return;
        }
        for id in self.forgotten.drain(..).filter(|id| !self.clients.contains_key(id)) {
            memtable.insert(Table::Clients, id.0.as_slice(), None, seq);
        }
        for (id, client) in self.clients.iter_mut().filter(|(_, client)| client.is_dirty) {
            let answers = client.answers.iter().map(|(number, kept)| (*number, kept.clone())).collect();
            let record = ClientRecord { used_at_ms: client.used_at_ms, answered_below: client.answered_below, answers };
            memtable.insert(Table::Clients, id.0.as_slice(), Some(&record.encode()), seq);
            client.is_dirty = false;
        }
    }
}

/// What a client's next answer has let go: what it has, and then its oldest, where there are too many. Asked before the operation,
/// for the rows, and when it is noted: what is deleted and what is forgotten are the same.
fn let_go(
    client: &Client,
    answers: usize,
    number: u64,
    answered_below: u64,
) -> impl Iterator<Item = (u64, &KeptAnswer)> {
    let below = client.answered_below.max(answered_below);
    let added = usize::from(!client.answers.contains_key(&number));
    let (mut own, mut all) = (client.answers.len() + added, answers + added);
    let others = client.answers.iter().filter(move |(other, _)| **other != number);
    let gone = others.take_while(move |(other, _)| {
        let is_over = own > limits::ANSWERS_EACH_MAX || (all > limits::ANSWERS_MAX && own > 1);
        own -= 1;
        all -= 1;
        is_over || **other < below
    });
    gone.map(|(number, kept)| (*number, kept))
}

fn millis(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// True for a client that may be forgotten where there are too many.
fn may_go(client: &Client, now_ms: i64) -> bool {
    client.used_at_ms < now_ms.saturating_sub(millis(limits::CLIENT_KEPT_MIN))
}

fn encoded(body: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = body.serialize(&mut rmp_serde::Serializer::new(&mut bytes).with_struct_map());
    written.map_err(|error| Error::internal(format!("an answer could not be kept: {error}")))?;
    Ok(bytes)
}

/// What is kept of an answer, and for a long one its bytes.
pub fn body_of(response: &Response) -> Result<(AnswerBody, Option<Vec<u8>>)> {
    if response.written().is_some() {
        return Ok((AnswerBody::Written, None));
    }
    let bytes = encoded(response)?;
    Ok(match bytes.len() {
        ..=INLINE_BYTES_MAX => (AnswerBody::Short(bytes.into()), None),
        _ => (AnswerBody::Long, Some(bytes)),
    })
}

/// The answer to an operation again. `long` has the bytes of a long one.
pub fn response_of(
    kept: &KeptAnswer,
    code: OpCode,
    durability: Durability,
    long: impl FnOnce() -> Result<Option<Vec<u8>>>,
) -> Result<Response> {
    let read = match &kept.body {
        AnswerBody::Written => encoded(&Written { commit_seq: CommitSeq(kept.seq), durability })?,
        AnswerBody::Short(bytes) => bytes.to_vec(),
        AnswerBody::Long => long()?.ok_or(StoreError::corrupt(Table::Answers, "the answer to a request is missing"))?,
    };
    Response::deserialize(code, &mut rmp_serde::Deserializer::from_read_ref(&read))
        .map_err(|_| StoreError::corrupt(Table::Answers, "the answer to a request does not decode").into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    fn logged(client: u8, number: u64) -> LoggedOnce {
        LoggedOnce { client: [client; 16], number, answered_below: 0, body: AnswerBody::Written }
    }

    fn look(answered: &AnsweredClients, client: u8, number: u64) -> Result<bool> {
        let once = Once { client: ClientId([client; 16]), number, answered_below: 0 };
        answered.look(&once, OpCode::Put, 0).map(|seen| matches!(seen, Seen::Answered(_)))
    }

    /// Who never says what it has loses the oldest, and is never told that they were not carried out.
    #[test]
    fn answers_that_nobody_lets_go_are_bounded() {
        let mut answered = AnsweredClients::default();
        let most = limits::ANSWERS_EACH_MAX as u64;
        for number in 0..most + 10 {
            answered.note(&logged(1, number), number, OpCode::Put.number(), 0);
        }
        assert_eq!(answered.answers, limits::ANSWERS_EACH_MAX);
        assert_eq!(look(&answered, 1, 9).unwrap_err().code, ErrorCode::OutcomeUnknown);
        assert!(look(&answered, 1, 10).unwrap() && look(&answered, 1, most + 9).unwrap());
        assert!(!look(&answered, 1, most + 10).unwrap(), "it is new");
        for client in 2..5 {
            for number in 0..60_000 {
                answered.note(&logged(client, number), number, OpCode::Put.number(), 0);
            }
        }
        assert!(answered.answers <= limits::ANSWERS_MAX + 4, "the newest of each is kept: {}", answered.answers);
        assert!(look(&answered, 1, 10).unwrap(), "those of others stay");
        assert!(look(&answered, 4, 59_999).unwrap());
    }

    /// Each row of a long answer goes with what is known of it, whatever lets it go.
    #[test]
    fn the_rows_of_long_answers_go_with_them() {
        let mut answered = AnsweredClients::default();
        let mut rows = std::collections::BTreeSet::new();
        let most = limits::ANSWERS_EACH_MAX as u64;
        let below = |number: u64| if number > most + 50 { number - 20 } else { 0 };
        for number in (0..most + 100).map(|number| number ^ 1) {
            let once = Once { client: ClientId([1; 16]), number, answered_below: below(number) };
            for gone in answered.long_let_go(&once) {
                assert!(rows.remove(&gone));
            }
            rows.insert(number);
            let logged = LoggedOnce { answered_below: below(number), body: AnswerBody::Long, ..logged(1, number) };
            answered.note(&logged, number, OpCode::Put.number(), 0);
        }
        let known: Vec<u64> = answered.clients[&ClientId([1; 16])].answers.keys().copied().collect();
        assert_eq!(rows.into_iter().collect::<Vec<_>>(), known);
        assert!(known.len() < 30, "{}", known.len());
    }

    #[test]
    fn of_too_many_clients_those_go_first_that_have_been_silent_for_longest() {
        let mut answered = AnsweredClients::default();
        let id = |number: u32| {
            let mut id = [0; 16];
            id.first_chunk_mut::<4>().unwrap().copy_from_slice(&number.to_be_bytes());
            id
        };
        let kept = u32::try_from(limits::CLIENTS_KEPT).unwrap();
        for number in 0..kept + 5 {
            let once = LoggedOnce { client: id(number), ..logged(0, 1) };
            answered.note(&once, 1, OpCode::Put.number(), i64::from(number));
        }
        assert!(answered.forget(1_000).is_empty() && answered.clients.len() > limits::CLIENTS_KEPT, "all are young");
        answered.forget(millis(limits::CLIENT_KEPT_MIN) + i64::from(kept) + 10);
        assert_eq!((answered.clients.len(), answered.answers), (limits::CLIENTS_KEPT, limits::CLIENTS_KEPT));
        assert!((0..5).all(|number| !answered.clients.contains_key(&ClientId(id(number)))));
        assert_eq!(answered.forgotten.len(), 5);
        answered.forget(millis(limits::CLIENT_KEPT_MAX) + i64::from(kept) + 10);
        assert!(answered.clients.is_empty() && answered.answers == 0);
    }
}
