//! Every bound of ToonDB in one place, with the relations between them checked at compile time.

use std::time::Duration;

/// Locked descriptors, two for each open engine, that forked children close; a fork keeps what is beyond.
pub const LOCK_DESCRIPTORS_MAX: usize = 256;
/// Longest namespace name.
pub const NAMESPACE_NAME_BYTES_MAX: usize = 64;
/// Longest collection name, edge type, node type and field name.
pub const NAME_BYTES_MAX: usize = 256;
/// Longest document id and node id.
pub const ID_BYTES_MAX: usize = 1024;
/// Longest key of a key-value pair.
pub const KEY_BYTES_MAX: usize = 8 << 10;
/// Longest value of a key-value pair, and of a log's entry. Large ones are kept in chunks.
pub const VALUE_BYTES_MAX: usize = 64 << 20;
/// A longer text spells no integer, with as many zeros as one may like.
pub const INTEGER_BYTES_MAX: usize = 1 << 10;
/// A longer value is not read on a thread that others wait for.
pub const VALUE_SHORT_BYTES_MAX: usize = 1 << 20;
/// As how long a value counts that may be answered, until it is there: few are longer.
pub const VALUE_BYTES_EXPECTED: usize = 8 << 20;
/// Longest content of a document.
pub const CONTENT_BYTES_MAX: usize = 4 << 20;
/// Most bytes the metadata of a document or a namespace, or the properties of a node or an edge, may take when stored.
pub const PROPERTIES_BYTES_MAX: usize = 1 << 20;
/// Most fields in one metadata or property map.
pub const PROPERTIES_MAX: usize = 1024;
/// Deepest nesting of a property value.
pub const VALUE_DEPTH_MAX: usize = 16;
/// Deepest nesting of a filter.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Most conditions in one filter.
pub const FILTER_CONDITIONS_MAX: usize = 1024;
/// Most names in the path of a filter: more lead nowhere.
pub const FILTER_PATH_MAX: usize = VALUE_DEPTH_MAX + 1;
/// Most bytes that one filter takes in memory, about.
pub const FILTER_BYTES_MAX: usize = 16 << 20;
/// Most bytes of documents that one write reads to find those that match its filter, and of those it finds: other writes wait
/// for it.
pub const FILTER_READ_BYTES_MAX: u64 = 1 << 30;
/// Most steps of testing the filter of one write: an id, a value, or a KiB of a text, against one condition.
pub const FILTER_STEPS_MAX: u64 = 1 << 24;
/// Documents whose ids have one beginning that a filter reads from the table; if there are more, it walks the ids in memory.
pub const ID_RANGE_ROWS_MAX: usize = 1_024;
/// Bytes of such documents; likewise.
pub const ID_RANGE_BYTES_MAX: usize = 4 << 20;
/// Names of one map of the metadata, in all documents of a collection, whose values have lists of rows; a map with more is a
/// dictionary, and filters walk its values.
pub const METADATA_NAMES_MAX: usize = 128;
/// Fields inside others whose values have lists of rows, in one collection.
pub const METADATA_PATHS_MAX: usize = 1_024;

/// Most bytes of the values inside others that one list, facet or the like brings into an order, about.
pub const RESOLVED_BYTES_MAX: usize = 256 << 20;

/// Largest vector dimension.
pub const DIMENSION_MAX: usize = 8192;
/// Most results of one search.
pub const K_MAX: usize = 10_000;
/// Largest search width.
pub const EF_MAX: usize = 10_000;
/// Most queries in one batch search.
pub const QUERIES_MAX: usize = 1_000;
/// Default number of search results.
pub const K_DEFAULT: usize = 10;
/// Largest number of rows in one collection or vector index over its life; row numbers are 32 bits.
pub const ROWS_MAX: u32 = u32::MAX - 1;

/// Most values of a field that are counted in one answer.
pub const FACETS_MAX: usize = 1_000;
/// Values of a field in an answer where the caller names no number.
pub const FACETS_DEFAULT: usize = 10;
/// Longest cursor of a list of documents: it has the id of the last one and the value that it stood at, which may take all of
/// its record.
pub const DOCUMENT_CURSOR_BYTES_MAX: usize = CONTENT_BYTES_MAX + PROPERTIES_BYTES_MAX + ID_BYTES_MAX + 64;

/// Most items in one batch: keys, documents, vectors, writes of a commit.
pub const BATCH_ITEMS_MAX: usize = 100_000;
/// Most preconditions of one commit.
pub const PRECONDITIONS_MAX: usize = 10_000;
/// Lowest cosine similarity that a semantic cache takes for a hit where the caller names none.
pub const CACHE_THRESHOLD_DEFAULT: f32 = 0.85;
/// Most steps that one request takes in matching patterns, beside [`MATCH_STEPS_EACH`] for each key: seconds.
pub const MATCH_STEPS_MAX: u64 = 1 << 30;
/// Steps that each key adds to what a request may take in matching it: more than any plain pattern needs.
pub const MATCH_STEPS_EACH: u64 = 128;
/// Most key patterns of one checkpoint.
pub const CHECKPOINT_PATTERNS_MAX: usize = 64;
/// Most checkpoints of one namespace.
pub const CHECKPOINTS_MAX: usize = 1_000;
/// Most bytes that the metadata of one checkpoint may take when stored.
pub const CHECKPOINT_METADATA_BYTES_MAX: usize = 16 << 10;
/// Checkpoints that are taken, restored or imported at once, over all namespaces; one more is answered `Busy`.
pub const CHECKPOINT_JOBS_MAX: usize = 2;
/// A checkpoint's rows are written, checksummed and read in blocks of about this size.
pub const CHECKPOINT_BLOCK_BYTES: usize = 256 << 10;
/// Largest block of a checkpoint: one that holds a single, largest row.
pub const CHECKPOINT_BLOCK_BYTES_MAX: usize = 80 << 20;
/// Rows of a checkpoint written into a store in one transaction.
pub const CHECKPOINT_BATCH_BYTES: usize = 16 << 20;
/// Most bytes of JSON that one row of an imported checkpoint may take.
pub const CHECKPOINT_JSON_ROW_BYTES_MAX: u64 = 96 << 20;
/// Largest commit number of an imported checkpoint: one that leaves room to go on, and that JSON readers keep exactly.
pub const CHECKPOINT_SEQ_MAX: u64 = 1 << 53;
/// How far the newest commit of an imported checkpoint may be ahead of this machine's clock. Commit times never go back,
/// so a namespace restored from it would stamp all its commits alike until the clock has caught up.
pub const CHECKPOINT_AHEAD_MAX: Duration = Duration::from_secs(24 * 3600);
/// JSON forms of checkpoints kept for the next part of an export.
pub const EXPORTS_MAX: usize = 4;
/// Commit numbers skipped when a damaged namespace is overwritten, as nobody knows how many it had used.
pub const LOST_COMMITS_MAX: u64 = 1 << 40;
/// Most bytes in one part of an exported checkpoint.
pub const EXPORT_BYTES_MAX: usize = 16 << 20;
/// Imports of checkpoints that wait for their next part, over all namespaces. One more takes the place of the one that has
/// waited longest in the namespace with most of them, or is answered `Busy`.
pub const IMPORTS_MAX: usize = 16;
/// Imports of one namespace that wait for their next part.
pub const IMPORTS_EACH_MAX: usize = 4;
/// An import that has waited for less than this does not give way to one of a namespace that has about as many.
pub const IMPORT_SPARED: Duration = Duration::from_secs(5);
/// An import that waits longer for its next part is forgotten.
pub const IMPORT_IDLE_MAX: Duration = Duration::from_secs(60);
/// Most bytes the effects of one operation may take in the log.
pub const OPERATION_BYTES_MAX: usize = 128 << 20;
/// Most entries in one page of a scan.
pub const PAGE_ITEMS_MAX: usize = 10_000;
/// Changes of facts that one page looks at in a namespace of before the list of changes, until that has every fact.
pub const UNLISTED_CHANGES_MAX: usize = PAGE_ITEMS_MAX;
/// Most bytes in one page of a scan; a page ends early and gives a cursor.
pub const PAGE_BYTES_MAX: usize = 8 << 20;
/// Most bytes of keys' values and logs' entries that are written out in a format: a control character takes six, in each of two
/// texts.
pub const RENDERED_VALUES_BYTES_MAX: usize = 2 * PAGE_BYTES_MAX;
/// Most bytes of values in one answer: a page ends behind the value that fills it.
pub const VALUES_BYTES_MAX: usize = PAGE_BYTES_MAX + VALUE_BYTES_MAX;
/// Entries in a page where the caller names no limit.
pub const PAGE_ITEMS_DEFAULT: usize = 1_000;
/// Most nodes or edges that one traversal, path search or temporal query returns.
pub const GRAPH_ITEMS_MAX: usize = 100_000;
/// Deepest traversal.
pub const TRAVERSE_DEPTH_MAX: u32 = 1_000;
/// Traversal depth where the caller names none.
pub const TRAVERSE_DEPTH_DEFAULT: u32 = 3;
/// Most edges that one path search looks at.
pub const PATH_EDGES_MAX: usize = 10 * GRAPH_ITEMS_MAX;
/// Most bytes of nodes that one path search remembers.
pub const PATH_BYTES_MAX: usize = 256 << 20;
/// Most versions that one page of a history looks at.
pub const HISTORY_LOOK_MAX: usize = GRAPH_ITEMS_MAX;
/// Most types of edges at one node whose history is read with the newest first, all of them at once.
pub const HISTORY_TYPES_MAX: usize = 256;
/// Most versions of facts that one operation which erases looks at.
pub const ERASE_LOOK_MAX: usize = GRAPH_ITEMS_MAX;
/// An operation that erases ends, to be gone on with, when it would log so many bytes.
pub const ERASE_BYTES_MAX: usize = 32 << 20;
/// Path search depth where the caller names none.
pub const PATH_DEPTH_DEFAULT: u32 = 16;
/// Most rows that one page with a filter looks at: it then ends early, and its cursor goes on.
pub const SIFTED_ROWS_MAX: usize = GRAPH_ITEMS_MAX;
/// Most edges that a walk or a search for neighbours with a filter looks at; it is then truncated.
pub const SIFTED_EDGES_MAX: usize = PATH_EDGES_MAX;

/// Longest text to convert, and longest text whose tokens are counted.
pub const TEXT_BYTES_MAX: usize = 16 << 20;
/// Longest word of a text whose tokens are counted: letters, spaces or marks without a break.
pub const TOKEN_PIECE_BYTES_MAX: usize = 1 << 20;
/// Names of fields that the Python package keeps as Python strings while it builds one answer.
pub const FIELD_NAMES_KEPT_MAX: usize = 64;
/// Numbers of a matrix from Python for which room is made before they are seen.
pub const NUMBERS_RESERVED_MAX: usize = 1 << 22;
/// Most spaces for a level of TOON.
pub const TOON_INDENT_MAX: u8 = 16;
/// Most values, nested ones included, that a text to convert may stand for.
pub const TEXT_VALUES_MAX: usize = 1_000_000;
/// Most bytes of field names that the tables of a text to convert may stand for, each name counted for every row.
pub const TEXT_NAMES_BYTES_MAX: usize = 64 << 20;
/// Most sections of one context.
pub const CONTEXT_SECTIONS_MAX: usize = 64;
/// Largest token limit of a context.
pub const CONTEXT_TOKENS_MAX: u32 = 1_000_000;

/// Most namespaces in one data directory.
pub const NAMESPACES_MAX: usize = 100_000;
/// Largest file in which a namespace's folder says what it is. Earlier versions took metadata as large as a frame was then, 64
/// MiB, and what they wrote must stay readable.
pub const NAMESPACE_META_BYTES_MAX: u64 = (64 << 20) + (64 << 10);
/// Things of one name that are set aside in `lost/` before somebody must look.
pub const LOST_NAMES_MAX: usize = 10_000;
/// Most collections and vector indexes in one namespace.
pub const COLLECTIONS_MAX: usize = 10_000;
/// Most open namespaces; the longest idle one is closed to open another.
pub const OPEN_NAMESPACES_MAX: usize = 64;
/// How long an opening waits for the last one's files to be closed.
pub const CLOSING_WAIT_MAX: Duration = Duration::from_millis(100);
/// An open namespace is closed after this long without a request.
pub const NAMESPACE_IDLE_MAX: Duration = Duration::from_secs(300);
/// Requests waiting for one namespace; one more is answered `Busy`.
pub const MAILBOX_ITEMS_MAX: usize = 4096;
/// Bytes of requests waiting for one namespace; one more is answered `Busy`.
pub const MAILBOX_BYTES_MAX: usize = 512 << 20;
/// Latest time of a commit, in ms since 1970: the end of the year 9999, which every calendar knows.
pub const TIME_MS_MAX: i64 = 253_402_300_799_999;
/// Most operations in one group commit.
pub const GROUP_ITEMS_MAX: usize = 1024;
/// A group commit takes no further operation once its log record has this many bytes.
pub const GROUP_BYTES_MAX: usize = 4 << 20;
/// A group commit takes no further operation once the stored values in its answers have this many bytes.
pub const GROUP_ANSWER_BYTES_MAX: usize = 8 << 20;
/// Answers that are kept for one client, in one namespace; of more the oldest are taken for answered.
pub const ANSWERS_EACH_MAX: usize = 100_000;
/// Answers that are kept for all clients, in one namespace; of more, the oldest of whoever asks next are taken for answered, all but
/// the newest.
pub const ANSWERS_MAX: usize = 200_000;
/// Clients whose answers one namespace keeps; one more is told to come back.
pub const CLIENTS_MAX: usize = 100_000;
/// Of more clients than this, those are forgotten first that have asked for nothing for longest.
pub const CLIENTS_KEPT: usize = 10_000;
/// The answers of a client that has asked for nothing for so long are forgotten.
pub const CLIENT_KEPT_MAX: Duration = Duration::from_secs(24 * 3600);
/// They are not forgotten before, however many clients there are. Longer than any client goes on asking.
pub const CLIENT_KEPT_MIN: Duration = Duration::from_secs(600);
/// How often a namespace looks for clients to forget.
pub const CLIENTS_LOOKED_AT: Duration = Duration::from_secs(60);
/// Most cursors that read the log of one namespace.
pub const LOG_CURSORS_MAX: usize = 16;
/// Most pins that keep segments of the log of one namespace.
pub const LOG_PINS_MAX: usize = 16;
/// Most bytes of segments that pins keep, for each namespace; the pin that keeps the oldest is broken then.
pub const LOG_PINNED_BYTES_MAX: u64 = 512 << 20;
/// Most bytes of the newest batches of a log that are kept in memory for cursors, while there are any.
pub const LOG_RECENT_BYTES_MAX: usize = 8 << 20;
/// Most of these batches.
pub const LOG_RECENT_BATCHES_MAX: usize = 1024;
/// Threads that execute namespaces' mailboxes.
pub const ACTOR_THREADS_MAX: usize = 16;
/// Threads that flush memtables and prepare log segments.
pub const FLUSH_THREADS_MAX: usize = 4;
/// Threads that read stores for damage.
pub const SCRUB_THREADS_MAX: usize = 1;
/// Index builds at once; each uses every processor that nobody else wants.
pub const BUILD_THREADS_MAX: usize = 2;
/// Threads that open namespaces, and create them by their first write.
pub const OPEN_THREADS_MAX: usize = 4;
/// Threads for operations on the engine, its catalog and users' checkpoints.
pub const ADMIN_THREADS_MAX: usize = 4;
/// Threads that execute long reads.
pub const READ_THREADS_MAX: usize = 4;
/// Long reads waiting, of all namespaces; one more is answered `Busy`.
pub const READ_QUEUE_MAX: usize = 4096;
/// Long reads of one namespace that wait.
pub const READ_QUEUE_EACH_MAX: usize = 1024;
/// Further threads, for long reads that have lasted so long that others must not wait for them.
pub const LENT_THREADS_MAX: usize = 12;

/// Files and folders of `lost/` that are looked at to count them; what is beyond is counted by name at most.
pub const LOST_LOOKS_MAX: usize = 10_000;

/// A memtable of this size is frozen and written to the store.
pub const MEMTABLE_BYTES_MAX: usize = 32 << 20;
/// While a frozen memtable is still being written, the next one may grow to this before writes answer `Busy`.
pub const MEMTABLE_BYTES_HARD_MAX: usize = 512 << 20;
/// A memtable with anything in it is written to the store after this long.
pub const MEMTABLE_AGE_MAX: Duration = Duration::from_secs(5);
/// A store's file may be so much longer than what lives in it, and four times as long, before it is shrunk;
pub const STORE_SLACK_BYTES: u64 = 4 << 20;
/// while space on the disk is short, so much, and twice as long.
pub const STORE_SLACK_BYTES_SHORT: u64 = 1 << 20;
/// Shrinking a store that has not become shorter is tried again after this long, if deletes have not changed it meanwhile,
pub const SHRINK_PAUSE_MIN: Duration = Duration::from_secs(1);
/// then after twice as long, and so on up to this.
pub const SHRINK_PAUSE_MAX: Duration = Duration::from_secs(600);
/// Bytes of live data up to which a store is shrunk while it is in service: readers wait for it as they do for the disk.
pub const SHRINK_BYTES_MAX: u64 = 16 << 20;
/// The same while space on the disk is short, and writes are refused otherwise.
pub const SHRINK_BYTES_MAX_SHORT: u64 = 256 << 20;
/// How often is looked whether the last reader has left, before shrinking is given up for this time.
pub const SHRINK_LOOKS_MAX: usize = 10_000;
/// A flush for which the disk has no space is tried again after this long,
pub const FLUSH_PAUSE_MIN: Duration = Duration::from_millis(250);
/// then after twice as long, and so on up to this.
pub const FLUSH_PAUSE_MAX: Duration = Duration::from_secs(4);
/// After so many openings in a row whose first flush failed, but for want of space, a namespace takes no writes.
pub const FLUSH_FAILURES_MAX: u32 = 2;
/// The first pause before a flush is tried again by then; it doubles up to [`FLUSH_RETRY_MAX`].
pub const FLUSH_RETRY_MIN: Duration = Duration::from_secs(60);
/// The longest such pause.
pub const FLUSH_RETRY_MAX: Duration = Duration::from_secs(600);
/// A volatile write that has waited this long is synced at the next [`TICK`].
pub const VOLATILE_DELAY_MAX: Duration = Duration::from_millis(100);
/// redb's page cache, for each open namespace.
pub const STORE_CACHE_BYTES: usize = 64 << 20;
/// Faults that a check of one store tells one by one; more are counted.
pub const FINDINGS_MAX: usize = 1_000;
/// How long an engine has been open when it begins to read its stores for damage: a short-lived process never does.
pub const SCRUB_REST_FIRST: Duration = Duration::from_secs(600);
/// How long it rests when all were read.
pub const SCRUB_REST: Duration = Duration::from_secs(24 * 3_600);
/// How fast it reads them.
pub const SCRUB_BYTES_PER_S: u64 = 4 << 20;
/// As how much a visit of a namespace counts, be its store ever so small.
pub const SCRUB_BYTES_EACH: u64 = 16 << 10;
/// Bytes that it reads at once.
pub const SCRUB_READ_BYTES: u64 = 256 << 10;
/// Time that one step makes up for at most.
pub const SCRUB_STEP_MAX: Duration = Duration::from_secs(1);
/// Findings that it logs of one namespace.
pub const SCRUB_TOLD_MAX: usize = 10;
/// Most namespaces that one check names.
pub const CHECK_NAMESPACES_MAX: usize = 10_000;
/// Most findings in the report of a check of everything; more are counted.
pub const CHECK_FINDINGS_MAX: usize = 10_000;
/// Pages that a check verifies between two looks at what it has found.
pub const CHECK_PAGES_EACH: u64 = 4_096;
/// redb's page cache of the catalog.
pub const CATALOG_CACHE_BYTES: usize = 1 << 20;
/// How often the engine looks after its open namespaces.
pub const TICK: Duration = Duration::from_millis(250);
/// Longest life of a snapshot that a transaction holds.
pub const SNAPSHOT_AGE_MAX: Duration = Duration::from_secs(30);
/// How often rows of vectors and metadata that nobody can see any more are freed.
pub const RECLAIM_INTERVAL: Duration = Duration::from_secs(5);
/// Bytes of memtables that held snapshots, of all namespaces, keep in memory; the oldest end with `SnapshotExpired`.
pub const SNAPSHOT_BYTES_MAX: usize = 512 << 20;
/// Most snapshots held in one namespace.
pub const SNAPSHOTS_MAX: usize = 1024;
/// Most bytes of temporal timelines kept in memory, for each open namespace.
pub const TIMELINE_BYTES_MAX: usize = 64 << 20;
/// Expired keys, expired entries of caches, rows of dropped collections and of deleted ranges removed in one step of a sweep.
pub const SWEEP_ITEMS_MAX: usize = 1_000;
/// Rows of a range that its delete removes itself; it leaves more than these, or than [`PAGE_BYTES_MAX`] of their keys, to sweeps.
pub const ROWS_DELETED_AT_ONCE_MAX: usize = 10_000;
/// Rows that the range deletes of one operation look at, all together: seconds, in which other writes wait.
pub const RANGE_ROWS_LOOKED_AT_MAX: usize = 1_000_000;
/// Deleted ranges of a namespace whose rows are still being removed; one more is answered `Busy`. A read of a key asks each.
pub const RANGE_DELETES_MAX: usize = 64;
/// Panics within a minute that take a namespace out of service.
pub const PANICS_PER_MINUTE_MAX: usize = 5;
/// Writes stop when the disk has less free space than this.
pub const DISK_FREE_BYTES_MIN: u64 = 64 << 20;

/// Largest frame on the socket, either way.
pub const FRAME_BYTES_MAX: usize = 80 << 20;
/// Largest frame before the hello exchange.
pub const FRAME_BYTES_BEFORE_HELLO_MAX: usize = 64 << 10;
/// Most bytes of one answer but for pages of values, as estimated while it is gathered: half a frame.
pub const REPLY_BYTES_MAX: usize = FRAME_BYTES_MAX / 2;
/// Deepest nesting of a MessagePack value.
pub const FRAME_DEPTH_MAX: usize = 64;
/// Most values in one frame, nested ones included.
pub const FRAME_ELEMENTS_MAX: usize = 2_000_000;
/// Most pieces in one gRPC message: tags, lengths and numbers of less than four bytes.
pub const MESSAGE_PIECES_MAX: usize = 3 * FRAME_ELEMENTS_MAX;
/// Largest headers of a gRPC request.
pub const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Largest headers of a gRPC answer that a client takes. Statuses travel in them, so it is more than a request's.
pub const ANSWER_HEADER_BYTES_MAX: u32 = 64 << 10;
/// After how long a client that met `Busy` over gRPC is told to try again.
pub const BUSY_RETRY_AFTER: Duration = Duration::from_millis(50);
/// How much memory a byte of a compressed request may take: no byte of deflate stands for more.
pub const INFLATION_MAX: usize = 1_032;
/// Longest text of a gRPC status: it travels in a header, percent-encoded and once more in the details.
pub const STATUS_BYTES_MAX: usize = 2 << 10;
/// How often a silent gRPC connection is asked for a sign of life.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// Connections on the socket, and as many over gRPC.
pub const CONNECTIONS_MAX: usize = 1024;
/// File descriptors that a server asks the system for at start, where it may have so many.
pub const DESCRIPTORS_MAX: u64 = 1 << 16;
/// Descriptors that one connection may need: its socket, and a duplicate of it while a write is blocked.
pub const DESCRIPTORS_PER_CONNECTION: u64 = 2;
/// Descriptors of one open namespace: its store, segments of its log and spares being made, and a folder while it is synced.
pub const DESCRIPTORS_PER_NAMESPACE: u64 = 6;
/// Descriptors that a server keeps for everything but connections: the namespaces, and beside them the catalog, locks,
/// checkpoints, tokens, standard streams, listeners and what the threads wait on.
pub const DESCRIPTORS_KEPT: u64 = OPEN_NAMESPACES_MAX as u64 * DESCRIPTORS_PER_NAMESPACE + 128;
/// Connections of each of so many doors that a process with so many descriptors may take; one at least.
pub const fn connections_within(descriptors: u64, doors: usize) -> usize {
    let doors = if doors == 0 { 1 } else { doors as u64 };
    let each = descriptors.saturating_sub(DESCRIPTORS_KEPT) / (DESCRIPTORS_PER_CONNECTION * doors);
    if each == 0 { 1 } else { each as usize }
}
/// Listening sockets that a server looks at of those that are handed to it.
pub const HANDED_SOCKETS_MAX: usize = 16;
/// Requests one connection may have unanswered; further ones stay in the socket.
pub const PIPELINE_MAX: usize = 256;
/// Bytes of answers a connection may leave unread before it is not read from any more.
pub const OUTBOX_BYTES_MAX: usize = 144 << 20;
/// Bytes of answers that their peers have not read yet, over all doors and connections.
pub const UNREAD_BYTES_MAX: usize = 512 << 20;
/// An answer over gRPC of at most so many bytes is not counted among those unread: streams bound the small ones.
pub const ANSWER_SMALL_BYTES_MAX: usize = 4 << 10;
/// A connection with unread answers that takes fewer bytes than this within [`WRITE_STALL_TIMEOUT`], over gRPC [`FRAME_TIMEOUT`], is
/// closed; one that holds much takes more, a [part](UNREAD_PROGRESS_PARTS) of it.
pub const UNREAD_PROGRESS_BYTES_MIN: usize = 64 << 10;
/// What a connection must take of its unread answers in that time: one of so many parts.
pub const UNREAD_PROGRESS_PARTS: usize = 16;
/// Bytes of half-received frames over all connections.
pub const INFLIGHT_BYTES_MAX: usize = 512 << 20;
/// Time for a connection's hello.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for the rest of a frame once its first byte is here.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for a peer to take some of the answers that wait for it.
pub const WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Time to answer accepted requests after SIGTERM.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest file that is read to find a project's memory: its marker, and git's files that name a directory.
pub const PROJECT_FILE_BYTES_MAX: usize = 16 << 10;
/// How long a server that clients started goes on when nobody is connected.
pub const OPEN_IDLE_EXIT: Duration = Duration::from_secs(60);
/// How long a server that is started waits for one that is ending, or starting, to free the directory or to answer.
pub const PREDECESSOR_WAIT_MAX: Duration = Duration::from_secs(30);
/// The same where no process has the number that the lock's text names.
pub const UNSEEN_WAIT_MAX: Duration = Duration::from_secs(1);
/// Servers that a call starts which die one after another, before it says so.
pub const STARTS_MAX: u32 = 5;
/// Longest report of a server that was started.
pub const START_REPORT_BYTES_MAX: usize = 16 << 10;
/// Bytes at the end of the log that are told of a server that died while it started.
pub const LOG_TAIL_BYTES_MAX: u64 = 2 << 10;
/// A file of the log of a server that clients started; there are two.
pub const LOG_FILE_BYTES_MAX: u64 = 1 << 20;

/// Most tokens in one data directory, revoked and expired ones included.
pub const TOKENS_MAX: usize = 10_000;
/// Largest file of tokens.
pub const TOKEN_FILE_BYTES_MAX: usize = 16 << 20;
/// Longest name of a token.
pub const TOKEN_NAME_BYTES_MAX: usize = 64;
/// Most namespaces that one token names.
pub const TOKEN_NAMESPACES_MAX: usize = 1_000;
/// How often a server looks whether the tokens have changed: a revoked one is refused after this at the latest.
pub const TOKEN_POLL: Duration = Duration::from_millis(250);
/// Longest `authorization` header that is looked at.
pub const AUTHORIZATION_BYTES_MAX: usize = 256;
/// Refused callers are logged no more often than this.
pub const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(1);
/// Largest file of certificates or of a key.
pub const PEM_BYTES_MAX: usize = 1 << 20;
/// Time for a TLS handshake.
pub const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

const _: () = {
    assert!(VALUE_BYTES_MAX + KEY_BYTES_MAX < FRAME_BYTES_MAX, "a put of the largest value fits in a frame");
    assert!(CONTENT_BYTES_MAX + PROPERTIES_BYTES_MAX + DIMENSION_MAX * 4 < FRAME_BYTES_MAX, "so does a document");
    assert!(
        ((PROPERTIES_BYTES_MAX + NAMESPACE_NAME_BYTES_MAX + 1024) as u64) < NAMESPACE_META_BYTES_MAX,
        "what a namespace's folder says of itself can be read, that of earlier versions too"
    );
    assert!(VALUES_BYTES_MAX < FRAME_BYTES_MAX, "a page with one entry too many fits in a frame");
    assert!(
        PAGE_BYTES_MAX + 2 * DOCUMENT_CURSOR_BYTES_MAX < REPLY_BYTES_MAX,
        "so do a page of documents with one too many, and its cursor"
    );
    assert!(FRAME_BYTES_MAX <= MAILBOX_BYTES_MAX, "any frame can be queued");
    assert!(FRAME_BYTES_MAX < OPERATION_BYTES_MAX, "any request can be logged");
    let record = GROUP_BYTES_MAX + 2 * OPERATION_BYTES_MAX;
    assert!((record as u64) < LOG_PINNED_BYTES_MAX, "a pin may keep the largest record");
    assert!(
        ROWS_DELETED_AT_ONCE_MAX + BATCH_ITEMS_MAX < RANGE_ROWS_LOOKED_AT_MAX,
        "a range may be deleted with all that its commit wrote into it"
    );
    assert!(ERASE_BYTES_MAX < OPERATION_BYTES_MAX, "an erasure ends before it is refused");
    assert!(MEMTABLE_BYTES_MAX < MEMTABLE_BYTES_HARD_MAX);
    // A filter nests two levels, a map and a list, for each $and; request and envelope add a few.
    assert!(2 * FILTER_DEPTH_MAX + VALUE_DEPTH_MAX + 8 <= FRAME_DEPTH_MAX, "any accepted filter fits in a frame");
    let row = KEY_BYTES_MAX + VALUE_BYTES_MAX + CONTENT_BYTES_MAX + PROPERTIES_BYTES_MAX;
    assert!(row < CHECKPOINT_BLOCK_BYTES_MAX, "any row fits in a block of a checkpoint");
    assert!(EXPORT_BYTES_MAX < FRAME_BYTES_MAX, "so does a part of an export in a frame");
    let info = CHECKPOINT_METADATA_BYTES_MAX + NAME_BYTES_MAX + 1024;
    assert!(CHECKPOINTS_MAX * info < REPLY_BYTES_MAX, "the checkpoints of a namespace are listed in one answer");
    assert!(
        CHECKPOINT_JOBS_MAX < ADMIN_THREADS_MAX,
        "the engine can be asked while checkpoints are taken and restored"
    );
    assert!(PIPELINE_MAX <= READ_QUEUE_EACH_MAX && READ_QUEUE_EACH_MAX < READ_QUEUE_MAX, "no one fills the queue");
    assert!(
        TOKEN_NAMESPACES_MAX * (NAMESPACE_NAME_BYTES_MAX + 3) < TOKEN_FILE_BYTES_MAX,
        "any one token fits in its file"
    );
    assert!(
        VALUES_BYTES_MAX <= OUTBOX_BYTES_MAX / 2,
        "the largest page of values has room beside all that may have been begun before it"
    );
    assert!(
        6 * FRAME_BYTES_MAX < INFLIGHT_BYTES_MAX && 6 * FRAME_BYTES_MAX < MAILBOX_BYTES_MAX,
        "several may send one"
    );
    // Base64 makes four bytes of three.
    let spelled = (VALUE_BYTES_MAX + KEY_BYTES_MAX).div_ceil(3) * 4 + 1024;
    assert!((spelled as u64) < CHECKPOINT_JSON_ROW_BYTES_MAX, "the largest row can be imported as JSON");
    assert!(2 * FRAME_BYTES_MAX < UNREAD_BYTES_MAX, "one connection may have several of the largest answers unread");
    assert!(TEXT_BYTES_MAX < REPLY_BYTES_MAX, "a text that is counted fits in an answer");
    // Percent-encoding makes three bytes of one; the details are base64.
    assert!(5 * STATUS_BYTES_MAX < ANSWER_HEADER_BYTES_MAX as usize, "any status fits in the headers of an answer");
    assert!(connections_within(DESCRIPTORS_MAX, 2) > CONNECTIONS_MAX, "no common system has fewer connections");
    assert!(connections_within(1024, 1) >= 128, "even the least common limit of descriptors leaves room for many");
    assert!(PIPELINE_MAX <= MAILBOX_ITEMS_MAX, "one connection alone never meets a full mailbox");
};
