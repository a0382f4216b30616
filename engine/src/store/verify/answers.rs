//! The answers that clients may ask for again; see [`crate::store::client_record`].

use super::checked::{CONTRADICTION, RowCheck};
use super::walk::RowWalk;
use crate::store::client_record::{AnswerBody, ClientRecord, answer_key};
use crate::store::error::StoreResult;
use crate::store::table::Table;

impl RowWalk<'_> {
    pub(super) fn client(&self, key: &[u8], value: &[u8]) -> StoreResult<RowCheck> {
        let (Ok(client), Ok(record)) = (<[u8; 16]>::try_from(key), ClientRecord::decode(value)) else {
            return Ok(Err(CONTRADICTION("the row of a client does not decode")));
        };
        for (number, kept) in &record.answers {
            if kept.body == AnswerBody::Long && !self.has(Table::Answers, &answer_key(&client, *number))? {
                return Ok(Err(CONTRADICTION("the answer to a request is missing")));
            }
        }
        Ok(Ok(()))
    }

    pub(super) fn answer(&self, key: &[u8]) -> StoreResult<RowCheck> {
        let Some((client, number)) = key.split_at_checked(16).filter(|(_, number)| number.len() == 8) else {
            return Ok(Err(CONTRADICTION("the key of an answer does not decode")));
        };
        let _ = number;
        match self.has(Table::Clients, client)? {
            true => Ok(Ok(())),
            false => Ok(Err(CONTRADICTION("there is an answer for a client whose row is not there"))),
        }
    }
}
