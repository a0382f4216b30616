//! What a read of values will bring, as far as that can be told before it is carried out: so that its answer finds room, and no
//! thread that others wait for reads megabytes.

use std::sync::Arc;

use super::handle::Namespace;
use crate::api::{AnswerSize, OpKind, Request};
use crate::limits;
use crate::store::{Read, RowSnapshot, Table, View, guarded};

/// Bytes of the record under a key. What cannot be read is told by the read, and so is damage that makes redb panic.
fn bytes_under(view: Arc<View>, key: &[u8]) -> Option<usize> {
    let head = || RowSnapshot::newest(view).head(Table::Kv, key);
    guarded(head).ok()?.map(|head| head.bytes)
}

impl Namespace {
    /// Bytes that a read of values may bring; nothing if no more than such reads do as a rule, or if it is none.
    pub fn foresee(&self, request: &Request) -> Option<usize> {
        let get = match (request.code().answer(), request) {
            (AnswerSize::Value, Request::Get(get)) => Some(get),
            (AnswerSize::Values, Request::Scan(scan)) if scan.keys_only => return None,
            (AnswerSize::Values, _) if request.code().kind() == OpKind::Read => None,
            _ => return None,
        };
        let state = self.state.load();
        let view = state.as_ref().map(|state| state.view.load_full());
        match (get, view) {
            // It may have anything in it.
            (Some(_), None) => Some(limits::VALUE_BYTES_MAX),
            (None, None) => Some(limits::VALUES_BYTES_MAX),
            (_, Some(view)) if !view.may_hold_large() => None,
            (None, Some(_)) => Some(limits::VALUES_BYTES_MAX),
            // Who waits for whoever shrinks the store is not to do so here.
            (Some(_), Some(view)) if view.base.as_ref().is_some_and(|base| base.is_away()) => {
                Some(limits::VALUE_BYTES_MAX)
            }
            (Some(get), Some(view)) => bytes_under(view, &get.key),
        }
    }

    /// True if a read that is short as a rule is so here: it needs no opening, nobody shrinks the store, and no large value is
    /// to be read.
    pub fn answers_at_once(&self, request: &Request) -> bool {
        self.is_at_hand() && self.foresee(request).is_none_or(|bytes| bytes <= limits::VALUE_SHORT_BYTES_MAX)
    }
}
