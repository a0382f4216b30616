//! The table of faults, and which test finds each.

/// A test binary that plants faults in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// The unit tests of the engine.
    Engine,
    /// `tests/tests/crash`.
    Crash,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal, $binary:ident $test:literal;)*) => {
        /// A planted fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Planted {
            $($(#[$doc])* $fault,)*
        }

        impl Planted {
            /// All of them.
            pub const ALL: &'static [Planted] = &[$(Planted::$fault),*];

            /// What the environment variable calls it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Planted::$fault => $name,)*
                }
            }

            /// The test that fails with it.
            #[must_use]
            pub const fn finder(self) -> (Binary, &'static str) {
                match self {
                    $(Planted::$fault => (Binary::$binary, $test),)*
                }
            }
        }
    };
}

faults! {
    /// The directory is not synced after a log segment got its name.
    SegmentNameUnsynced = "segment_name_unsynced", Crash "durable::writes_in_later_segments_outlive_the_power";
    /// The header of a new log segment is not synced.
    SegmentHeaderUnsynced = "segment_header_unsynced", Crash "durable::writes_in_later_segments_outlive_the_power";
    /// A durable write is answered before the log is synced.
    AckBeforeSync = "ack_before_sync", Crash "durable::an_acknowledged_write_outlives_the_power";
    /// A durable request that changes nothing is answered without a sync.
    NoOpAckWithoutSync = "no_op_ack_without_sync", Crash "promises::a_durable_answer_rests_on_durable_state";
    /// A full segment is left without a sync.
    RotateWithoutSync = "rotate_without_sync", Crash "promises::a_full_segment_is_durable_before_the_next_begins";
    /// The log, and the mark beside it, say that a record is durable before it is.
    SyncedMarkTooEarly = "synced_mark_too_early", Crash "durable::what_was_not_synced_may_be_lost_and_is_not_missed";
    /// The mark beside the log is never written.
    MarkUnwritten = "mark_unwritten", Engine "log::tests::marks::every_bit_of_the_last_record_is_reported";
    /// A record of the log counts whatever its checksum.
    RecordChecksumSkipped = "record_checksum_skipped", Crash "tail::damage_before_the_last_record_is_reported";
    /// The header of a log segment counts whatever its checksum.
    SegmentChecksumSkipped = "segment_checksum_skipped", Engine "log::tests::damage::every_flipped_byte_is_reported_or_harmless";
    /// A bad record is taken for a torn end although a later one proves that it had been synced.
    SyncedRecordCutOff = "synced_record_cut_off", Crash "tail::damage_before_the_last_record_is_reported";
    /// A record or segment counts whatever history it says is before it.
    ChainUnverified = "chain_unverified", Engine "log::tests::chain::a_segment_of_another_history_is_reported";
    /// A record counts whatever epoch it was written under.
    EpochGoesBack = "epoch_goes_back", Engine "log::tests::chain::an_epoch_that_goes_back_is_reported";
    /// What a pin keeps is released.
    PinIgnored = "pin_ignored", Engine "log::tests::pins::a_pin_keeps_what_comes_after_it_until_it_is_let_go";
    /// Whoever reads the log is shown what is durable and not published.
    UnpublishedRead = "unpublished_read", Engine "log::tests::cursors::nothing_is_read_before_it_is_durable_and_published";
    /// Whoever reads the log is shown what is published and not durable.
    UnsyncedRead = "unsynced_read", Engine "log::tests::cursors::nothing_is_read_before_it_is_durable_and_published";
    /// What the engine does by itself is logged as a client's.
    OriginWrong = "origin_wrong", Engine "namespace::tests::origins::the_log_says_who_did_what_and_when";
    /// What recovery accepts is not made durable.
    RecoveredUnsynced = "recovered_unsynced", Crash "durable::what_the_next_process_has_shown_outlives_the_power";
    /// The log goes as soon as a flush begins.
    LogReleasedBeforeFlush = "log_released_before_flush", Crash "durable::the_power_may_go_while_a_flush_runs";
    /// A group whose log record failed is answered as if it had not.
    AckDespiteFailure = "ack_despite_failure", Crash "promises::a_write_whose_sync_failed_is_not_acknowledged";
    /// Log records carry no counters.
    CountersNotLogged = "counters_not_logged", Crash "durable::counters_come_back_with_the_log";
    /// The folder of a new namespace is synced by nobody before the catalog names it.
    FolderUnsynced = "folder_unsynced", Crash "durable::a_new_namespace_outlives_the_power";
    /// What a folder says of itself is not synced.
    AccountUnsynced = "account_unsynced", Engine "catalog::tests::damage::a_catalog_lost_with_the_power_is_made_of_the_folders";
    /// What a folder says of itself counts whatever its checksum.
    AccountChecksumSkipped = "account_checksum_skipped", Engine "catalog::about::tests::every_flipped_bit_and_every_cut_is_seen";
    /// A change of the catalog is committed before the names of folders are durable.
    RolesUnsynced = "roles_unsynced", Engine "catalog::tests::failures::a_crash_at_every_operation_leaves_the_old_state_or_the_new_one";
    /// An old copy of the catalog counts as the newest.
    OldCatalogTrusted = "old_catalog_trusted", Engine "catalog::tests::damage::an_old_copy_of_the_catalog_loses_no_namespace";
    /// A folder that nobody knows is removed instead of set aside.
    UnknownFolderRemoved = "unknown_folder_removed", Engine "catalog::tests::damage::what_cannot_be_understood_is_set_aside_or_refused";
    /// A second process may open the directory.
    DirectoryUnlocked = "directory_unlocked", Engine "lock::dir_lock::tests::a_directory_is_locked_once";
    /// Bytes of a file that was removed count as durable.
    RemovedFileSynced = "removed_file_synced", Engine "disk::real::tests::a_sync_of_what_was_removed_fails";
    /// A namespace is opened again while a reader still has its files.
    LeaseForgotten = "lease_forgotten", Engine "tests::lives::many_readers_and_many_failures_never_meet_two_handles";
    /// The store is not synced when redb asks for it.
    StoreUnsynced = "store_unsynced", Crash "durable::what_was_flushed_outlives_the_power";
    /// The length that a file shows is taken for durable when it is opened.
    LengthTrusted = "length_trusted", Engine "store::tests::crashes::what_a_failed_sync_lost_of_a_file_is_missed_by_nobody";
    /// A page of the store counts whatever its checksum.
    PageChecksumSkipped = "page_checksum_skipped", Crash "promises::a_damaged_page_hides_nothing";
    /// A copy of the store's head counts whatever its checksum.
    StoreHeadChecksumSkipped = "store_head_checksum_skipped", Engine "store::tests::damage::flips_are_reported_or_harmless";
    /// A stored row counts whatever its checksum.
    RowChecksumSkipped = "row_checksum_skipped", Engine "store::seal::tests::a_value_opens_only_as_it_was_and_where_it_was";
    /// A flush leaves deleted rows in the store.
    DeletesNotFlushed = "deletes_not_flushed", Crash "durable::what_was_deleted_is_gone_from_the_store_too";
    /// A large value counts whatever chunks it is put together from.
    ChunksUnverified = "chunks_unverified", Engine "store::tests::chunks::a_value_of_chunks_of_several_versions_is_never_given";
    /// Chunks of a value stay when it is replaced or deleted.
    OldChunksKept = "old_chunks_kept", Engine "store::tests::chunks::chunks_follow_their_values_whatever_is_written";
    /// A file does not say that it has chunks.
    ChunksUnnoted = "chunks_unnoted", Engine "store::tests::chunks::a_file_says_whether_it_has_chunks";
    /// A store is shrunk whatever of it cannot be read.
    ShrunkUnread = "shrunk_unread", Engine "store::tests::shrinking::a_store_with_a_damaged_page_is_not_shrunk";
    /// What stored values take in the answers of a group is not counted.
    AnswersUncounted = "answers_uncounted", Engine "tests::large_answers::answers_of_writes_stay_within_the_room_for_answers";
    /// A flush that fails is tried again with each opening, and writes go on.
    FlushTriedForever = "flush_tried_forever", Engine "tests::stuck_flush::a_store_that_cannot_be_flushed_refuses_writes_and_gives_reads";
    /// An opening after one that was given up serves readers, who may end its flushes, at once.
    FlushNotFirst = "flush_not_first", Engine "tests::stuck_flush::readers_of_a_damaged_value_neither_bar_writes_nor_let_the_log_grow";
    /// A request that comes again under its number is carried out again.
    AskedTwiceDoneTwice = "asked_twice_done_twice", Engine "tests::once::a_change_is_made_once_however_often_it_is_asked_for";
    /// A flush lets go of the log and of the answers that stand there.
    AnswersUnflushed = "answers_unflushed", Engine "tests::once::answers_outlive_flushes_and_kills";
    /// An edge is not written into the reverse index.
    ReverseEdgeForgotten = "reverse_edge_forgotten", Crash "durable::an_edge_is_seen_from_both_ends_and_gone_from_both";
    /// A node is not written into the list by type.
    NodeTypeForgotten = "node_type_forgotten", Crash "durable::a_node_is_found_by_its_type_and_by_no_other";
    /// A node that gets another type keeps its place under the old one.
    NodeTypeKept = "node_type_kept", Crash "durable::a_node_is_found_by_its_type_and_by_no_other";
    /// A deleted edge stays in the reverse index.
    ReverseEdgeKept = "reverse_edge_kept", Crash "durable::an_edge_is_seen_from_both_ends_and_gone_from_both";
    /// Two collections get one id.
    CollectionIdReused = "collection_id_reused", Crash "durable::collections_keep_their_documents_to_themselves";
    /// Rows that were taken and are free again count as never taken.
    RowNumberReused = "row_number_reused", Engine "namespace::tests::rows::the_number_of_a_deleted_row_is_not_taken_again_by_the_next_opening";
    /// Keys of the store may stand in any order.
    KeyOrderUnchecked = "key_order_unchecked", Engine "store::base_snapshot::tests::a_walk_is_refused_that_leaves_its_order_or_its_bounds";
    /// A commit leaves no map of free space, so that an opening after a kill walks the whole file.
    RepairNotQuick = "repair_not_quick", Engine "store::tests::crashes::opening_after_a_kill_reads_little";
    /// What deleted ranges hide is forgotten by the next opening.
    RangeForgotten = "range_forgotten", Engine "namespace::tests::ranges::what_a_range_hides_stays_hidden_while_and_after_it_is_removed";
    /// A deleted range hides what its own commit wrote behind it.
    RangeHidesItsCommit = "range_hides_its_commit", Engine "namespace::tests::ranges::in_a_commit_a_range_deletes_what_stands_before_it_and_not_what_comes_after";
    /// A key is read after its end.
    ExpiryIgnored = "expiry_ignored", Crash "promises::what_has_expired_is_not_seen_and_not_counted";
    /// Commits are stamped by the clock, even where it goes back.
    StampsGoBack = "stamps_go_back", Engine "namespace::tests::clocks::after_a_jump_closing_now_means_now";
    /// A commit does not look at its preconditions.
    PreconditionIgnored = "precondition_ignored", Crash "promises::conditions_hold_or_nothing_happens";
    /// Compare-and-set does not compare.
    SwapUncompared = "swap_uncompared", Crash "promises::conditions_hold_or_nothing_happens";
    /// A limit counts rows that are not given.
    LimitCountsExpired = "limit_counts_expired", Crash "promises::what_has_expired_is_not_seen_and_not_counted";
    /// A read at a held snapshot sees what is newer.
    SnapshotReadsNewest = "snapshot_reads_newest", Crash "promises::a_held_snapshot_stands_still";
    /// A namespace grows beyond its bounds.
    QuotaIgnored = "quota_ignored", Crash "promises::bounds_hold";
    /// A user's checkpoint is not synced.
    CheckpointUnsynced = "checkpoint_unsynced", Crash "promises::a_checkpoint_outlives_the_power";
    /// The name of a user's checkpoint is not synced.
    CheckpointNameUnsynced = "checkpoint_name_unsynced", Crash "promises::a_checkpoint_outlives_the_power";
    /// The head of a user's checkpoint counts whatever its checksum.
    HeadChecksumSkipped = "head_checksum_skipped", Crash "promises::a_damaged_checkpoint_is_refused";
    /// A block of a user's checkpoint counts whatever its checksum.
    BlockChecksumSkipped = "block_checksum_skipped", Crash "promises::a_damaged_checkpoint_is_refused";
    /// What a restore brings looks older than what was read before it.
    RestoreLooksOld = "restore_looks_old", Crash "promises::a_restore_counts_as_a_commit";
}

/// What turns a fault on.
#[cfg(any(test, feature = "sim"))]
pub(super) const VARIABLE: &str = "TOONDB_PLANTED";

/// True if the fault is planted in this process.
#[cfg(any(test, feature = "sim"))]
#[must_use]
pub fn is(fault: Planted) -> bool {
    static PLANTED: std::sync::OnceLock<Option<Planted>> = std::sync::OnceLock::new();
    let planted = PLANTED.get_or_init(|| {
        let name = std::env::var(VARIABLE).ok()?;
        Planted::ALL.iter().copied().find(|fault| fault.name() == name)
    });
    *planted == Some(fault)
}

/// Nothing is ever planted in a build for use.
#[cfg(not(any(test, feature = "sim")))]
#[inline(always)]
#[must_use]
pub const fn is(_fault: Planted) -> bool {
    false
}
