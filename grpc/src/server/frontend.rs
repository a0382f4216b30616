//! The way of every request: who asks, what, may they, the engine's answer, the answer's message.
//!
//! The services hold a [`Frontend`] and nothing else, and its engine is private to this file. So no method can reach the
//! engine without the caller that the authentication layer found and without the check of its rights.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tonic::{Request, Response, Status};
use toondb_engine::api::{self, AnswerSize, Effect, Error, NamespaceName, Once, Operation, Right};
use toondb_engine::clock::Clock;
use toondb_engine::{Completion, Permit, Reply, Service, Share};

use super::answers::{Changed, SetAside};
use crate::auth::Principal;
use crate::once::once_of;
use crate::peer::Peer;
use crate::rpc::{Answer, Rpc};
use crate::status::{is_not_found, to_status};

/// Carries requests of all services to the engine.
#[derive(Clone)]
pub struct Frontend {
    engine: Arc<dyn Service>,
    clock: Arc<dyn Clock>,
    /// How long a stream may stand still.
    pub(super) stall_timeout: Duration,
}

/// A request on its way: who asks, and when it began.
pub(super) struct Call {
    principal: Arc<Principal>,
    began: Duration,
    /// True once something may have changed by it.
    changed: AtomicBool,
    /// What its connection leaves unread.
    unread: Arc<Share>,
    /// The room that its answer was foreseen to need.
    room: Mutex<Option<Permit>>,
    /// Under which number of its client it is asked for, if it is one operation and has a number.
    once: Option<Once>,
}

impl Call {
    /// What its connection leaves unread.
    pub(super) fn unread(&self) -> &Arc<Share> {
        &self.unread
    }
}

impl Frontend {
    /// A frontend of an engine.
    pub fn new(engine: Arc<dyn Service>, clock: Arc<dyn Clock>, stall_timeout: Duration) -> Self {
        Self { engine, clock, stall_timeout }
    }

    /// Takes the caller from a request. Without one the authentication layer was gone round: nothing is answered.
    pub(super) fn begin<T>(&self, request: &Request<T>) -> Result<Call, Status> {
        let principal = request.extensions().get::<Arc<Principal>>();
        let principal = principal.ok_or_else(|| Status::unauthenticated("the request has no authenticated caller"))?;
        let unread = Peer::of(request.extensions()).map(|peer| Arc::clone(&peer.unread));
        let unread = unread.ok_or_else(|| Status::internal("the request came by no connection of this server"))?;
        let (changed, room) = (AtomicBool::new(false), Mutex::new(None));
        let once = None;
        Ok(Call { principal: Arc::clone(principal), began: self.clock.monotonic(), changed, unread, room, once })
    }

    /// Carries out a method that is one operation.
    pub(super) async fn serve<R: Rpc>(&self, request: Request<R::Ask>) -> Result<Response<R::Answer>, Status> {
        let mut call = self.begin(&request)?;
        call.once = once_of(request.metadata()).map_err(|error| to_status(&error))?;
        let result = match R::read_ask(request.into_inner()) {
            Ok((namespace, operation)) => {
                self.run(&call, &namespace, operation).await.map(|reply| R::answer(&namespace, reply))
            }
            Err(error) => Err(error),
        };
        self.finish(&call, result)
    }

    /// Carries out one operation for the caller.
    pub(super) async fn run<O: Operation>(&self, call: &Call, namespace: &str, operation: O) -> api::Result<O::Reply> {
        let request = operation.into_request();
        // The original contract's rule, and no other door's: clients that know no namespaces leave the field unset.
        let namespace = if namespace.is_empty() { NamespaceName::DEFAULT } else { namespace };
        authorize(&call.principal, namespace, &request)?;
        self.set_aside(call, namespace, &request).await?;
        let answer = self.submit(namespace, request, call.once).await;
        let effect = O::CODE.effect();
        if answer.as_ref().map_or(effect != Effect::Keeps, |response| response.tells_of_change(effect)) {
            call.changed.store(true, Ordering::Relaxed);
        }
        let mut response = answer?;
        if let api::Response::ListNamespaces(list) = &mut response {
            list.namespaces.retain(|namespace| call.principal.may_see(namespace.name.as_str()));
        }
        O::take_reply(response)
    }

    /// Waits for room for a value that is foreseen to be large, so that those of one connection come one after the other instead
    /// of being refused. How large a page will be nobody knows before, and a small one must not wait for what the largest
    /// takes: pages are counted when they are there.
    async fn set_aside(&self, call: &Call, namespace: &str, request: &api::Request) -> api::Result<()> {
        if request.code().answer() != AnswerSize::Value {
            return Ok(());
        }
        let foreseen = self.engine.answer_hint(namespace, request);
        if foreseen <= request.answer_hint() {
            return Ok(());
        }
        let budget = Arc::clone(call.unread.budget());
        let room = poll_fn(|context| {
            if let Some(room) = call.unread.take(foreseen) {
                return Poll::Ready(room);
            }
            budget.when_freed(context.waker());
            // What came back before the waker was known wakes nobody.
            call.unread.take(foreseen).map_or(Poll::Pending, Poll::Ready)
        });
        let room = tokio::time::timeout(self.stall_timeout, room).await.map_err(|_| Error::no_room())?;
        *call.room.lock() = Some(room);
        Ok(())
    }

    /// Hands a request to the engine. A short read is answered before this first waits.
    async fn submit(&self, namespace: &str, request: api::Request, once: Option<Once>) -> api::Result<api::Response> {
        let (sender, receiver) = oneshot::channel();
        let sink = Arc::new(OneAnswer(Mutex::new(Some(sender))));
        self.engine.submit(namespace, request, once, Reply::new(sink, 0));
        receiver.await.unwrap_or_else(|_| Err(Error::internal("a request was dropped without an answer")))
    }

    /// The answer's message: what does not exist is said inside it where it has a place for that.
    pub(super) fn finish<A: Answer>(&self, call: &Call, result: api::Result<A>) -> Result<Response<A>, Status> {
        let mut answer = match result {
            Ok(answer) => answer,
            Err(error) => {
                let inside = if is_not_found(error.code) { A::not_found(&error) } else { None };
                inside.ok_or_else(|| to_status(&error))?
            }
        };
        let took = self.clock.monotonic().saturating_sub(call.began);
        answer.took(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let mut response = Response::new(answer);
        if call.changed.load(Ordering::Relaxed) {
            response.extensions_mut().insert(Changed);
        }
        if let Some(room) = call.room.lock().take() {
            response.extensions_mut().insert(SetAside::of(room));
        }
        Ok(response)
    }
}

/// Takes the result of one request.
struct OneAnswer(Mutex<Option<oneshot::Sender<api::Result<api::Response>>>>);

impl Completion for OneAnswer {
    fn complete(&self, _token: u64, result: api::Result<api::Response>) {
        if let Some(sender) = self.0.lock().take() {
            // Nobody waits any more if the deadline is over or the connection is gone.
            let _ = sender.send(result);
        }
    }

    /// The call's future, which holds the other end, is dropped when its deadline is over or its connection gone.
    fn is_wanted(&self, _token: u64) -> bool {
        self.0.lock().as_ref().is_some_and(|sender| !sender.is_closed())
    }
}

fn authorize(principal: &Principal, namespace: &str, request: &api::Request) -> api::Result<()> {
    if let api::Request::RestoreCheckpoint(restore) = request {
        // What is restored is read from the namespace it was taken of.
        let (source, _) = restore.checkpoint_id.parts()?;
        principal.check(source.as_str(), Right::Read)?;
    }
    principal.authorise(request.code(), namespace)
}

/// An error for what the caller did wrong.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(message)
}
