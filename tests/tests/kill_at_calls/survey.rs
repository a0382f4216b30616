//! Which system calls the server makes on its data directory, and when.

use std::collections::{BTreeMap, BTreeSet};

use toondb_tests::{Joined, Served, Watch};

use crate::places::Places;
use crate::step::Step;
use crate::world::Seen;

/// Every call that changes a file, a name or a lock, or lets go of one, and those that can make a file.
const CALLS: &str = "?open,openat,?creat,?mkdir,mkdirat,?rename,?renameat,renameat2,?link,linkat,?symlink,symlinkat,\
    ?unlink,unlinkat,?rmdir,?truncate,ftruncate,fallocate,write,writev,pwrite64,pwritev,?pwritev2,copy_file_range,\
    ?sendfile,fsync,fdatasync,?sync_file_range,?msync,?chmod,fchmod,fchmodat,?fchmodat2,?utimensat,flock,close";

/// A part of the server's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// From its first start, which makes the data directory.
    FirstStart,
    /// From this step of the script.
    Step(usize),
    /// From the orderly end.
    Stop,
    /// From a start after a death.
    Restart,
    /// From the first questions after such a start: they open the namespaces.
    Opening,
}

/// A death: instead of a call, the `nth` of this name that any thread makes in a scene, or later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Death {
    pub scene: Scene,
    pub call: String,
    pub nth: u64,
    /// True if the call would have changed what is there. A kill at one that would not leaves what the kill at the next change
    /// of the same thread leaves.
    pub is_change: bool,
}

impl Death {
    pub fn watch(&self) -> Watch<'_> {
        Watch::Kill { call: &self.call, nth: self.nth }
    }
}

/// A list of the calls of a scene.
fn watch(places: &Places) -> Watch<'_> {
    Watch::List { calls: CALLS, file: &places.list }
}

/// Every death on a call that touches the data directory and succeeds, by scene and name of the call.
#[derive(Debug, Default)]
pub struct Survey(BTreeMap<(Scene, String), BTreeSet<Death>>);

impl Survey {
    /// Starts a first server, plays the script, and stops it.
    pub fn of_script(steps: &[Step]) -> Self {
        let mut survey = Self::default();
        let places = &Places::new();
        let mut server = survey.start(places, Scene::FirstStart);
        let client = server.client();
        for (number, step) in steps.iter().enumerate() {
            survey.join(places, Scene::Step(number), &server, || {
                step.perform(&client).unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
            });
        }
        drop(client);
        let joined = Joined::join(server.pid(), &watch(places)).expect("the server can be watched");
        server.terminate();
        assert!(server.wait().success(), "an orderly end: {}", server.log());
        joined.leave();
        survey.take(Scene::Stop, places);
        survey
    }

    /// Starts a server again on what a dead one left.
    pub fn of_recovery(places: &Places) -> Self {
        let mut survey = Self::default();
        let server = survey.start(places, Scene::Restart);
        let client = server.client();
        survey.join(places, Scene::Opening, &server, || drop(Seen::look(&client).expect("it answers")));
        survey
    }

    fn start(&mut self, places: &Places, scene: Scene) -> Served {
        let started = Served::start_watched(&watch(places), &places.socket, &places.data);
        let mut server = started.unwrap_or_else(|log| panic!("no start: {log}"));
        server.unwatch();
        self.take(scene, places);
        server
    }

    fn join(&mut self, places: &Places, scene: Scene, server: &Served, act: impl FnOnce()) {
        let joined = Joined::join(server.pid(), &watch(places)).expect("the server can be watched");
        act();
        joined.leave();
        self.take(scene, places);
    }

    /// Reads what was listed in a scene: `<thread> <call>(<arguments>`, and the rest of calls that others interrupted.
    fn take(&mut self, scene: Scene, places: &Places) {
        let data = places.data.to_str().expect("the path is a text");
        let mut made: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let bytes = std::fs::read(&places.list).expect("strace has listed calls");
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((thread, rest)) = line.split_once(' ') else { continue };
            let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
            if !call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                continue;
            }
            let nth = made.entry((thread, call)).or_default();
            *nth += 1;
            if arguments.contains(data) && !arguments.contains(" = -1 E") {
                let is_change = match call {
                    "close" | "flock" | "fsync" | "fdatasync" => false,
                    "open" | "openat" => arguments.contains("O_CREAT"),
                    _ => true,
                };
                let death = Death { scene, call: call.to_owned(), nth: *nth, is_change };
                self.0.entry((scene, call.to_owned())).or_default().insert(death);
            }
        }
    }

    /// The deaths of one call in one scene, for each of both.
    pub fn groups(&self) -> Vec<Vec<Death>> {
        self.0.values().map(|deaths| deaths.iter().cloned().collect()).collect()
    }

    /// The names of the calls.
    pub fn calls(&self) -> BTreeSet<&str> {
        self.0.keys().map(|(_, call)| call.as_str()).collect()
    }
}
