//! A data directory over as many servers as it takes, and what it must hold.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use toondb_engine::api::{Check, Error, ErrorCode, Operation};
use toondb_ipc::BlockingClient;
use toondb_tests::requests::put;
use toondb_tests::{Joined, Served, asks_once, run, server_binary};

use crate::places::Places;
use crate::step::Step;
use crate::survey::{Death, Scene, Survey};
use crate::world::{Seen, World};

/// What became of a server that was to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was killed in the scene.
    InScene,
    /// It was killed later.
    Later,
    /// It lived to its orderly end.
    Never,
}

/// A data directory in use.
pub struct Life<'a> {
    steps: &'a [Step],
    places: Places,
    /// What was acknowledged, and what a server that recovered has shown.
    world: World,
    /// What the step that was under way may have made of it.
    pending: Vec<World>,
    /// The step that comes next.
    next: usize,
}

/// True if an answer did not come, because nobody is there.
fn is_gone(error: &Error) -> bool {
    matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::OutcomeUnknown)
}

/// Waits for the end of a server that was to die; true if it did, and false if it ended in order.
fn is_killed(server: &mut Served) -> bool {
    let status = server.wait();
    let is_killed = status.signal() == Some(9);
    assert!(is_killed || status.success(), "it ended by itself: {status}: {}", server.log());
    is_killed
}

impl<'a> Life<'a> {
    /// Nothing is there yet.
    pub fn new(steps: &'a [Step]) -> Self {
        Self { steps, places: Places::new(), world: World::default(), pending: Vec::new(), next: 0 }
    }

    /// The same once more: what a dead server left can be recovered in more than one way.
    pub fn copy(&self) -> Self {
        let (world, pending) = (self.world.clone(), self.pending.clone());
        Self { steps: self.steps, places: self.places.copy(), world, pending, next: self.next }
    }

    /// The deaths that await whoever recovers this.
    pub fn survey(&self) -> Survey {
        Survey::of_recovery(&self.places.copy())
    }

    /// The first server: it makes the directory, plays the script, and dies.
    pub fn begin(&mut self, death: &Death) -> Fate {
        let from = match death.scene {
            Scene::FirstStart => {
                let Some(server) = self.start_doomed(death) else { return Fate::InScene };
                return if self.play_doomed(server) { Fate::Later } else { Fate::Never };
            }
            Scene::Step(number) => number,
            Scene::Stop => self.steps.len(),
            Scene::Restart | Scene::Opening => panic!("there is nothing to recover from"),
        };
        let server = self.start_watchable();
        assert!(self.play(&server.client(), from), "nobody has killed it yet: {}", server.log());
        let watch = Joined::join(server.pid(), &death.watch()).unwrap_or_else(|why| panic!("no watch: {why}"));
        let is_killed = self.play_doomed(server);
        watch.leave();
        match is_killed {
            false => Fate::Never,
            true if self.next <= from => Fate::InScene,
            true => Fate::Later,
        }
    }

    /// One more server: it recovers, goes on, and dies.
    pub fn go_on(&mut self, death: &Death) -> Fate {
        if death.scene == Scene::Opening {
            let server = self.start_watchable();
            let watch = Joined::join(server.pid(), &death.watch()).unwrap_or_else(|why| panic!("no watch: {why}"));
            let fate = self.recover_doomed(server);
            watch.leave();
            return fate;
        }
        match self.start_doomed(death) {
            Some(server) => self.recover_doomed(server),
            None => Fate::InScene,
        }
    }

    fn start_watchable(&self) -> Served {
        let started = Served::start_watchable(&self.places.socket, &self.places.data);
        started.unwrap_or_else(|log| panic!("no start: {log}"))
    }

    /// A server that is to die; nothing if it did so before it was ready.
    fn start_doomed(&self, death: &Death) -> Option<Served> {
        match Served::start_watched(&death.watch(), &self.places.socket, &self.places.data) {
            Ok(server) => Some(server),
            Err(log) if log.starts_with("signal: 9") => None,
            Err(log) => panic!("no start after a death: {log}"),
        }
    }

    /// Plays the script on to its end and stops the server, which dies on the way or does not; true if it did.
    fn play_doomed(&mut self, mut server: Served) -> bool {
        let is_played = self.connect().is_ok_and(|client| self.play(&client, self.steps.len()));
        if is_played {
            server.terminate();
        }
        let is_killed = is_killed(&mut server);
        assert!(is_killed || is_played, "it closed a connection: {}", server.log());
        is_killed
    }

    /// As [`Life::play_doomed`], but first looks at what there is.
    fn recover_doomed(&mut self, mut server: Served) -> Fate {
        match self.connect().and_then(|client| Seen::look(&client)) {
            Ok(seen) => {
                self.settle(&seen);
                if self.play_doomed(server) { Fate::Later } else { Fate::Never }
            }
            Err(error) => {
                assert!(is_gone(&error), "a reader was refused: {error:?}: {}", server.log());
                assert!(is_killed(&mut server), "it closed a connection: {}", server.log());
                Fate::InScene
            }
        }
    }

    /// The last server, which nobody kills: everything is there, it is sound, and all goes on.
    pub fn end(&mut self) {
        let started = Served::start(&self.places.socket, &self.places.data);
        let mut server = started.unwrap_or_else(|log| panic!("no start after a death: {log}"));
        let client = server.client();
        self.settle(&Seen::look(&client).unwrap_or_else(|error| panic!("a reader was refused: {error:?}")));
        let report = run(&client, "", Check::default()).expect("it can be checked");
        assert!(report.findings.is_empty() && report.more == 0, "a check finds {:?}", report.findings);
        for namespace in self.world.namespaces() {
            let write = Step::Write(namespace, put("again", "1").into_request());
            write.perform(&client).unwrap_or_else(|error| panic!("{namespace} takes no writes: {error:?}"));
            self.acknowledge(&write);
        }
        assert!(self.play(&client, self.steps.len()), "nobody kills it: {}", server.log());
        self.settle(&Seen::look(&client).expect("it answers"));
        drop(client);
        server.terminate();
        assert!(!is_killed(&mut server), "nobody kills it: {}", server.log());
        self.check_files();
    }

    fn connect(&self) -> Result<BlockingClient, Error> {
        BlockingClient::connect(&self.places.socket, asks_once())
    }

    /// Plays up to a step; false if the server died on the way.
    fn play(&mut self, client: &BlockingClient, until: usize) -> bool {
        while let Some(step) = self.steps[..until].get(self.next) {
            match step.perform(client) {
                Ok(()) => {
                    self.acknowledge(step);
                    self.next += 1;
                }
                Err(error) => {
                    assert!(is_gone(&error), "a healthy server refused {}: {error:?}", step.name());
                    // With the other code, what makes the change was not sent.
                    if error.code == ErrorCode::OutcomeUnknown {
                        self.pending = self.world.after(step);
                    }
                    return false;
                }
            }
        }
        true
    }

    fn acknowledge(&mut self, step: &Step) {
        self.world = self.world.after(step).pop().expect("a step ends somehow");
    }

    /// What was seen must be what was acknowledged, with the step that was under way or without it; and must stay, as somebody
    /// has seen it.
    fn settle(&mut self, seen: &Seen) {
        let known: Vec<Seen> = std::iter::once(&self.world).chain(&self.pending).map(World::seen).collect();
        let Some(found) = known.iter().position(|known| known == seen) else {
            let differences = known.iter().map(|known| {
                format!("\n  only there: {:?}\n  only expected: {:?}", seen.beyond(known), known.beyond(seen))
            });
            let next = self.steps.get(self.next).map_or("the end".to_owned(), Step::name);
            let place = format!("{} steps were acknowledged, and then came {next}", self.next);
            panic!("{place}: this is none of {} worlds:{}", known.len(), differences.collect::<String>());
        };
        if found > 0 {
            self.next += usize::from(found == self.pending.len());
            self.world = self.pending.swap_remove(found - 1);
        }
        self.pending.clear();
    }

    /// After an orderly end nothing is left of what was under way, and a check of the files finds nothing.
    fn check_files(&self) {
        let names = |path: &str| -> BTreeSet<String> {
            let entries = std::fs::read_dir(self.places.data.join(path)).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let seen = self.world.seen();
        let folders = names("ns").into_iter().filter(|name| !name.ends_with(".generation"));
        let folders: Vec<String> = folders.collect();
        assert!(folders.len() == seen.namespaces, "{} namespaces have {folders:?}", seen.namespaces);
        let owners = names("checkpoints").into_iter().filter(|name| !name.starts_with('.'));
        let files: Vec<String> = owners.flat_map(|owner| names(&format!("checkpoints/{owner}"))).collect();
        assert!(files.len() == seen.checkpoints, "{} checkpoints have {files:?}", seen.checkpoints);
        let left = (names("checkpoints/.tmp"), names("lost"));
        assert!(left.0.is_empty() && left.1.is_empty(), "{left:?} are left over");
        let check = Command::new(server_binary()).arg("check").arg(&self.places.data).output();
        let check = check.expect("it can be checked");
        assert!(check.status.success(), "a check finds {}", String::from_utf8_lossy(&check.stdout));
    }
}
