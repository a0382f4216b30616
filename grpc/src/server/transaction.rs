//! `TransactionService`.

use super::frontend::Frontend;
use super::service;
use crate::proto;
use crate::proto::transaction_service_server::TransactionService;

service! {
    TransactionService {
        commit: CommitRequest, Commit => CommitResponse;
        take_snapshot: TakeSnapshotRequest, TakeSnapshot => TakeSnapshotResponse;
        end_snapshot: EndSnapshotRequest, EndSnapshot => EndSnapshotResponse;
    }
}
