//! Operations on the engine, its catalog, its files and users' checkpoints, each on the thread that asks for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::EngineInner;
use crate::about::{VERSION, capabilities, ping};
use crate::api::{
    Check, CheckReport, CommitSeq, Deleted, Durability, Error, ErrorCode, NamespaceList, OpCode, Request, Response,
    Result, ServerStats,
};
use crate::catalog::Lost;
use crate::check::InUse;
use crate::format;
use crate::work::Wanted;

impl EngineInner {
    /// As [`EngineInner::administer`]; a panic in it is an answer too, and says no more than is known.
    pub(super) fn administer_contained(
        self: &Arc<Self>,
        namespace: &str,
        request: Request,
        wanted: &Wanted<'_>,
    ) -> Result<Response> {
        self.contained(request.code(), || self.administer(namespace, request, wanted))
    }

    pub(super) fn contained<T>(&self, code: OpCode, work: impl FnOnce() -> Result<T>) -> Result<T> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            tracing::error!(operation = code.name(), "an operation panicked; it failed alone");
            self.shared.panics.fetch_add(1, Ordering::Relaxed);
            Err(Error::answer_lost(code, Error::internal("a defect in ToonDB: the request failed alone")))
        })
    }

    fn administer(self: &Arc<Self>, namespace: &str, request: Request, wanted: &Wanted<'_>) -> Result<Response> {
        let _inside = self.occupancy.enter()?;
        Ok(match request {
            Request::Ping(_) => ping(),
            Request::Capabilities(_) => Response::Capabilities(capabilities()),
            Request::ServerStats(_) => Response::ServerStats(self.stats()),
            Request::Check(check) => Response::Check(self.check(&check, wanted)?),
            Request::CreateNamespace(create) => Response::CreateNamespace(self.router.create(namespace, create)?),
            Request::ListNamespaces(_) => Response::ListNamespaces(NamespaceList { namespaces: self.router.list()? }),
            Request::DescribeNamespace(_) => Response::DescribeNamespace(self.router.describe(namespace)?),
            Request::NamespaceStats(_) => Response::NamespaceStats(self.router.require(namespace)?.stats()?),
            Request::DeleteNamespace(_) => {
                self.router.delete(namespace)?;
                let (commit_seq, durability) = (CommitSeq(0), Durability::Durable);
                Response::DeleteNamespace(Deleted { deleted: 1, commit_seq, durability })
            }
            Request::SetQuota(set) => Response::SetQuota(self.router.set_quota(namespace, set.quota)?),
            Request::CountTokens(count) => Response::CountTokens(format::count(&count, &mut || wanted.step())?),
            Request::ConvertText(convert) => Response::ConvertText(format::convert(&convert, &mut || wanted.step())?),
            other => return self.checkpoints.administer(&self.router, namespace, other),
        })
    }

    /// One at a time: it is bounded by the disk, and two would only take turns.
    fn check(&self, request: &Check, wanted: &Wanted<'_>) -> Result<CheckReport> {
        let Some(_checking) = self.checking.try_lock() else {
            return Err(Error::new(ErrorCode::Busy, "another check is under way; retry when it has ended"));
        };
        InUse { router: &self.router, disk: &self.disk, data_dir: &self.data_dir }.check(request, wanted)
    }

    fn stats(&self) -> ServerStats {
        let lost = Lost::count(&*self.disk, &self.data_dir);
        let scrub = self.scrubber.stats();
        ServerStats {
            version: VERSION.to_owned(),
            pid: self.pid,
            uptime_ms: self.clock.monotonic().saturating_sub(self.opened_at).as_millis().try_into().unwrap_or(u64::MAX),
            namespaces: self.router.len() as u64,
            open_namespaces: self.router.open_count() as u64,
            reads: self.reads_count.load(Ordering::Relaxed),
            writes: self.writes_count.load(Ordering::Relaxed),
            errors: self.errors_count.load(Ordering::Relaxed),
            panics: self.shared.panics.load(Ordering::Relaxed),
            lost_entries: lost.entries,
            lost_bytes: lost.bytes,
            scrub_rounds: scrub.rounds,
            scrubbed_bytes: scrub.bytes,
            damaged_namespaces: scrub.damaged,
            damaged_checkpoints: scrub.damaged_checkpoints,
        }
    }
}
