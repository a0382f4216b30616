//! The end of a namespace's files: the namespace is deleted, or a restore puts others in their place.
//!
//! Either is one change of the catalog, made while the actor stands still. If it succeeded nothing is written to the old
//! files ever after. If nobody knows whether it did, nothing is either, until the catalog has been read again: a write that
//! was acknowledged into files which the next start removes would be lost.

use std::sync::Arc;

use super::Namespace;
use super::opening::{Fence, Opening};
use crate::api::{Error, ErrorCode, Result};
use crate::limits;

impl Namespace {
    /// Carries out a change of the catalog that takes the files away from this namespace. While it runs nothing is written,
    /// and once it has succeeded every request is told `gone`. If it fails, everything goes on as before.
    pub fn end_with<T>(&self, gone: &Error, change: impl FnOnce() -> Result<T>) -> Result<T> {
        self.end_slot(&mut self.opening.lock(), gone, change)
    }

    fn end_slot<T>(&self, slot: &mut Option<Opening>, gone: &Error, change: impl FnOnce() -> Result<T>) -> Result<T> {
        let result = change();
        match &result {
            Ok(_) => self.fence_with(slot, Fence::Final(gone.clone())),
            Err(error) if error.code == ErrorCode::OutcomeUnknown => {
                let text =
                    format!("the namespace is out of service until the catalog has been read: {}", error.message);
                self.fence_with(slot, Fence::Doubt(Error::new(ErrorCode::Fenced, text)));
            }
            Err(_) => {}
        }
        result
    }

    /// Refuses now what [`Namespace::retire`] would refuse later; opens the namespace if need be.
    pub fn check_replaceable(self: &Arc<Self>, overwrite: bool) -> Result<()> {
        self.newest_to_replace(&mut self.opening.lock(), overwrite).map(drop)
    }

    fn newest_to_replace(self: &Arc<Self>, slot: &mut Option<Opening>, overwrite: bool) -> Result<u64> {
        match self.opened(slot) {
            Ok(opening) if !overwrite && opening.actor.counters.holds_anything() => {
                let text = "the namespace holds data; ask to overwrite it, or restore into another one";
                Err(Error::new(ErrorCode::AlreadyExists, text))
            }
            Ok(opening) => Ok(opening.actor.last_seq),
            Err(error) if overwrite && matches!(error.code, ErrorCode::Corrupt | ErrorCode::Fenced) => {
                Ok(self.files.floor_seq.saturating_add(limits::LOST_COMMITS_MAX))
            }
            Err(error) => Err(error),
        }
    }

    /// Lets `switch`, given the newest commit, put other files in the place of this namespace's. While it runs nothing is
    /// written, and once it has succeeded nothing ever again: requests that were waiting are told to come back. If it
    /// fails, everything goes on as before; if its outcome is unknown, nothing is written before the catalog is read again.
    ///
    /// Unless it is to `overwrite`, a namespace that holds anything is refused. Files that are damaged can only be
    /// overwritten, and as their commits are unknown, commit numbers then skip ahead of any they can have had.
    pub fn retire(self: &Arc<Self>, overwrite: bool, switch: impl FnOnce(u64) -> Result<()>) -> Result<()> {
        let mut slot = self.opening.lock();
        let newest = self.newest_to_replace(&mut slot, overwrite)?;
        let text = "the namespace was replaced by a restore; the request was not executed, send it again";
        self.end_slot(&mut slot, &Error::new(ErrorCode::Busy, text), || switch(newest))
    }
}
