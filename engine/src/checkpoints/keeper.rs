//! Carries out the operations on checkpoints.
//!
//! Taking, restoring and importing run on the thread that asks, and only a few at once, so that they cannot hold up all
//! threads for long reads. Whatever fails, or panics on bytes it did not expect, leaves nothing: temporary files go with
//! the values that own them, and new files of a namespace belong to nobody before the catalog names them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::build::Builder;
use super::copy::{Sink, copy};
use super::exports::{Exports, RenderedExport};
use super::fault::{Checked, CheckpointFault};
use super::folder::{CheckpointFolder, Temporary};
use super::head::{Head, Texts};
use super::imports::{Imports, Progress, Spool};
use super::item::Item;
use super::json;
use super::reader::CheckpointReader;
use super::site::Site;
use super::writer::CheckpointWriter;
use crate::api::{
    ByteBuf, CheckpointDeleted, CheckpointId, CheckpointInfo, CheckpointList, CreateCheckpoint, Error, ErrorCode,
    ExportCheckpoint, ExportFormat, ExportedPart, Globs, ImportCheckpoint, Imported, NamespaceName, Request, Response,
    RestoreCheckpoint, Restored, Result,
};
use crate::clock::Clock;
use crate::disk::DiskFile;
use crate::limits;
use crate::namespace::NamespaceOptions;
use crate::rng::Rng;
use crate::router::{Replacement, Router};
use crate::space::Space;
use crate::store::{Base, Table};

const SCRATCH_NAME: &str = "store.redb";
const SCRATCH_CACHE_BYTES: usize = 16 << 20;

/// Keeps the checkpoints of a data directory.
pub struct Keeper {
    site: Site,
    folder: CheckpointFolder,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    imports: Imports,
    exports: Exports,
    jobs: AtomicUsize,
}

/// The right to do one long job; dropping it lets the next one begin.
struct LongJob<'a>(&'a AtomicUsize);

impl Drop for LongJob<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Sink for CheckpointWriter {
    fn row(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        CheckpointWriter::row(self, table, key, value)
    }
}

impl Keeper {
    /// Opens the folder of checkpoints, which need not exist, and removes what was left unfinished.
    pub fn open(data_dir: &Path, options: &NamespaceOptions, space: &Arc<Space>) -> Result<Self> {
        let (disk, closing) = (Arc::clone(&options.disk), Arc::clone(&options.closing));
        let site = Site { disk, data_dir: data_dir.to_owned(), space: Arc::clone(space), closing };
        Ok(Self {
            folder: CheckpointFolder::open(site.clone(), Arc::clone(&options.rng))?,
            site,
            clock: Arc::clone(&options.clock),
            rng: Arc::clone(&options.rng),
            imports: Imports::default(),
            exports: Exports::default(),
            jobs: AtomicUsize::new(0),
        })
    }

    /// Called now and then: forgets imports and exports that nobody goes on with.
    pub fn tick(&self) {
        let now = self.clock.monotonic();
        self.imports.expire(now);
        self.exports.expire(now);
    }

    /// Forgets all of them, as nobody can go on with any.
    pub fn close(&self) {
        self.imports.expire(std::time::Duration::MAX);
        self.exports.expire(std::time::Duration::MAX);
    }

    /// Carries out one operation for a namespace.
    pub fn administer(&self, router: &Router, namespace: &str, request: Request) -> Result<Response> {
        let namespace = &NamespaceName::parse(namespace)?;
        Ok(match request {
            Request::CreateCheckpoint(create) => Response::CreateCheckpoint(self.create(router, namespace, create)?),
            Request::ListCheckpoints(_) => {
                Response::ListCheckpoints(CheckpointList { checkpoints: self.folder.list(namespace)? })
            }
            Request::RestoreCheckpoint(restore) => {
                Response::RestoreCheckpoint(self.restore(router, namespace, &restore)?)
            }
            Request::DeleteCheckpoint(delete) => {
                check_owner(&delete.checkpoint_id, namespace)?;
                self.exports.forget(&delete.checkpoint_id);
                let deleted = self.folder.delete(&delete.checkpoint_id)?;
                Response::DeleteCheckpoint(CheckpointDeleted { deleted })
            }
            Request::ExportCheckpoint(export) => Response::ExportCheckpoint(self.export(namespace, &export)?),
            Request::ImportCheckpoint(import) => Response::ImportCheckpoint(self.import(namespace, import)?),
            other => {
                return Err(Error::internal(format!("{} is not an administrative operation", other.code().name())));
            }
        })
    }

    fn begin(&self) -> Result<LongJob<'_>> {
        self.site.check()?;
        let begun = self.jobs.fetch_update(Ordering::AcqRel, Ordering::Acquire, |running| {
            (running < limits::CHECKPOINT_JOBS_MAX).then_some(running + 1)
        });
        let busy = || Error::new(ErrorCode::Busy, "other checkpoints are being taken or restored; retry later");
        begun.map(|_| LongJob(&self.jobs)).map_err(|_| busy())
    }

    fn create(&self, router: &Router, namespace: &NamespaceName, request: CreateCheckpoint) -> Result<CheckpointInfo> {
        let CreateCheckpoint { name, include_patterns, metadata } = request;
        let mut globs = Globs::parse(include_patterns.iter().map(String::as_str))?;
        let texts = Texts { name, namespace: namespace.clone(), metadata };
        texts.check()?;
        let handle = router.require(namespace.as_str())?;
        let _job = self.begin()?;
        self.folder.check_room(namespace)?;
        let held = handle.hold()?;
        let (temporary, file) = self.folder.temporary()?;
        let mut writer = CheckpointWriter::begin(self.site.clone(), file, Head::new(texts, self.clock.now_ms()))?;
        copy(&held.snapshot, &mut globs, &mut writer, &self.site)?;
        let head = writer.finish(held.snapshot.seq(), held.last_commit_at)?;
        self.folder.publish(&temporary, &head)
    }

    fn restore(&self, router: &Router, namespace: &NamespaceName, request: &RestoreCheckpoint) -> Result<Restored> {
        let RestoreCheckpoint { checkpoint_id, overwrite } = request;
        let mut reader =
            CheckpointReader::open(self.folder.open_file(checkpoint_id)?).map_err(CheckpointFault::stored)?;
        let _job = self.begin()?;
        let fill = |base: &Base| self.fill(base, &mut reader).map_err(CheckpointFault::stored);
        let (new, commit_seq) = router.replace(namespace.as_str(), *overwrite, fill)?;
        Ok(Restored { keys: new.counters.keys, commit_seq })
    }

    fn fill(&self, base: &Base, reader: &mut CheckpointReader) -> Checked<Replacement> {
        let mut builder = Builder::begin(base, &self.site)?;
        while let Some(item) = reader.next()? {
            builder.add(&item)?;
        }
        let commit_seq = reader.head.commit_seq;
        let counters = builder.finish(commit_seq, reader.head.last_commit_at)?;
        Ok(Replacement { counters, commit_seq })
    }

    fn export(&self, namespace: &NamespaceName, request: &ExportCheckpoint) -> Result<ExportedPart> {
        let ExportCheckpoint { checkpoint_id, format, offset, bytes_max } = request;
        check_owner(checkpoint_id, namespace)?;
        let file = self.folder.open_file(checkpoint_id)?;
        let now = self.clock.monotonic();
        let file = match format {
            ExportFormat::Binary => file,
            ExportFormat::Json => match self.exports.get(checkpoint_id, now) {
                Some(rendered) => rendered.file,
                None => self.render(file, checkpoint_id)?,
            },
        };
        let part = part_of(&*file, *offset, *bytes_max)?;
        if part.next_offset.is_none() {
            self.exports.forget(checkpoint_id);
        }
        Ok(part)
    }

    fn render(&self, file: Arc<dyn DiskFile>, id: &CheckpointId) -> Result<Arc<dyn DiskFile>> {
        let _job = self.begin()?;
        let mut reader = CheckpointReader::open(file).map_err(CheckpointFault::stored)?;
        let (temporary, out) = self.folder.temporary()?;
        json::write(&mut reader, &*out, &self.site).map_err(CheckpointFault::stored)?;
        self.exports.keep(id.clone(), RenderedExport::new(temporary, Arc::clone(&out), self.clock.monotonic()));
        Ok(out)
    }

    fn import(&self, namespace: &NamespaceName, request: ImportCheckpoint) -> Result<Imported> {
        self.site.check()?;
        let now = self.clock.monotonic();
        // What may be refused for a while is asked for before the last part is taken, so that it can be sent again.
        let job = if request.more { None } else { Some(self.begin()?) };
        self.folder.check_room(namespace)?;
        match self.imports.part(&self.folder, &*self.rng, now, (namespace, request))? {
            Progress::Waits(continues) => Ok(Imported { checkpoint: None, continues: Some(continues) }),
            Progress::Complete(spool) => {
                let (temporary, head) = self.convert(namespace, &spool).map_err(CheckpointFault::given)?;
                let checkpoint = self.folder.publish(&temporary, &head)?;
                drop(job);
                Ok(Imported { checkpoint: Some(checkpoint), continues: None })
            }
        }
    }

    /// Writes the file of a checkpoint from spooled bytes, and fills a store that is thrown away again: what passes here
    /// can be restored.
    fn convert(&self, namespace: &NamespaceName, spool: &Spool) -> Checked<(Temporary, Head)> {
        let scratch = self.folder.temporary_dir()?;
        let path = scratch.path.join(SCRATCH_NAME);
        let (disk, id) = (&*self.site.disk, [0; 16]);
        let base = Base::create(disk, &path, id).and_then(|()| Base::open(disk, &path, id, SCRATCH_CACHE_BYTES));
        let base = base.map_err(|error| self.site.store(error))?;
        let (temporary, file) = self.folder.temporary()?;
        let begin = |said: Texts| {
            let name = if spool.name.is_empty() { said.name } else { spool.name.clone() };
            let texts = Texts { name, namespace: namespace.clone(), metadata: said.metadata };
            texts.check().map_err(CheckpointFault::content)?;
            let writer =
                CheckpointWriter::begin(self.site.clone(), Arc::clone(&file), Head::new(texts, self.clock.now_ms()))?;
            Ok(Conversion { builder: Builder::begin(&base, &self.site)?, writer })
        };
        let head = match spool.format {
            ExportFormat::Binary => {
                let mut reader = CheckpointReader::open(Arc::clone(&spool.file))?;
                let mut conversion = begin(reader.head.texts.clone())?;
                while let Some(item) = reader.next()? {
                    conversion.item(&item)?;
                }
                conversion.finish(reader.head.commit_seq, reader.head.last_commit_at)?
            }
            ExportFormat::Json => {
                let said = json::read(&spool.file, spool.len, begin)?;
                said.sink.finish(said.commit_seq, said.last_commit_at)?
            }
        };
        self.check_ahead(&head)?;
        Ok((temporary, head))
    }

    /// Refuses a checkpoint of commits that a sound clock could not have seen yet. One of our own may be, and can be
    /// restored all the same.
    fn check_ahead(&self, head: &Head) -> Checked<()> {
        let ahead = i64::try_from(limits::CHECKPOINT_AHEAD_MAX.as_millis()).unwrap_or(i64::MAX);
        if head.last_commit_at <= self.clock.now_ms().saturating_add(ahead) {
            return Ok(());
        }
        Err(CheckpointFault::content("its last commit is more than a day ahead of this machine's clock"))
    }
}

/// Takes the rows of an import.
struct Conversion<'a> {
    builder: Builder<'a>,
    writer: CheckpointWriter,
}

impl json::Items for Conversion<'_> {
    fn item(&mut self, item: &Item) -> Checked<()> {
        Conversion::item(self, item)
    }
}

impl Conversion<'_> {
    fn item(&mut self, item: &Item) -> Checked<()> {
        self.builder.add(item)?;
        let (key, value) = item.encode();
        Ok(self.writer.row(item.table(), &key, &value)?)
    }

    fn finish(self, commit_seq: u64, last_commit_at: i64) -> Checked<Head> {
        self.builder.finish(commit_seq, last_commit_at)?;
        Ok(self.writer.finish(commit_seq, last_commit_at)?)
    }
}

fn check_owner(id: &CheckpointId, namespace: &NamespaceName) -> Result<()> {
    let (owner, _) = id.parts()?;
    if owner == *namespace {
        return Ok(());
    }
    Err(Error::invalid(format!("the checkpoint {id} belongs to namespace {owner:?}, not to {namespace:?}")))
}

fn part_of(file: &dyn DiskFile, offset: u64, bytes_max: Option<u64>) -> Result<ExportedPart> {
    let len = file.len().map_err(Site::io)?;
    let rest = len.checked_sub(offset).ok_or_else(|| {
        Error::invalid(format!("offset {offset} is behind the end of the export, which has {len} bytes"))
    })?;
    let max = bytes_max.unwrap_or(u64::MAX).clamp(1, limits::EXPORT_BYTES_MAX as u64);
    let mut data = vec![0; usize::try_from(rest.min(max)).unwrap_or_default()];
    file.read_exact_at(offset, &mut data).map_err(Site::io)?;
    let next = offset + data.len() as u64;
    Ok(ExportedPart { data: ByteBuf::from(data), next_offset: (next < len).then_some(next) })
}
