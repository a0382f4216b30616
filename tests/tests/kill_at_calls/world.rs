//! What there must be after a step, and what there is, in one comparable form.

use std::collections::BTreeMap;

use toondb_engine::api::{ListCheckpoints, ListNamespaces, Result};
use toondb_tests::{Door, Model, Observed, run};

use crate::step::{Kept, Step, universe};

/// Nothing in the script expires or is stamped, so the time is of no account.
const NOW_MS: i64 = 0;

#[derive(Debug, Clone, Default)]
struct Space {
    model: Model,
    bytes_max: Option<u64>,
}

/// All namespaces and checkpoints.
#[derive(Debug, Clone)]
pub struct World {
    spaces: BTreeMap<&'static str, Space>,
    kept: BTreeMap<Kept, Model>,
}

impl Default for World {
    /// A new data directory.
    fn default() -> Self {
        Self { spaces: BTreeMap::from([("default", Space::default())]), kept: BTreeMap::new() }
    }
}

impl World {
    /// What a step makes of it. A death may leave any of these, or this world; the last one is that of the whole step.
    pub fn after(&self, step: &Step) -> Vec<Self> {
        let mut next = self.clone();
        match step {
            Step::Write(namespace, request) => {
                let is_new = !self.spaces.contains_key(namespace);
                let mut between = Vec::new();
                if is_new {
                    next.spaces.insert(namespace, Space::default());
                    // A namespace is made first and written to then.
                    between.push(next.clone());
                }
                let model = &mut next.space(namespace).model;
                model.apply(request, model.seq + 1, NOW_MS).expect("the script's writes are valid");
                between.push(next);
                return between;
            }
            Step::Flush(_) => {}
            Step::Create(namespace) => drop(next.spaces.insert(namespace, Space::default())),
            Step::Delete(namespace) => drop(next.spaces.remove(namespace)),
            Step::Bound(namespace, bytes) => next.space(namespace).bytes_max = Some(*bytes),
            Step::Checkpoint(kept) => drop(next.kept.insert(*kept, self.model(kept.0))),
            Step::Forget(kept) => drop(next.kept.remove(kept)),
            Step::Copy(from, to, _) => drop(next.kept.insert(*to, self.kept[from].restored(0))),
            Step::Restore(kept, target) => {
                let (old_seq, kept) = (self.model(target).seq, &self.kept[kept]);
                // In place of other data a restore counts as a commit, and what it brings looks as new as that.
                let floor = if old_seq == 0 { 0 } else { kept.seq.max(old_seq + 1) };
                next.spaces.entry(target).or_default().model = kept.restored(floor);
            }
        }
        vec![next]
    }

    fn space(&mut self, namespace: &str) -> &mut Space {
        self.spaces.get_mut(namespace).expect("the script uses what it has made")
    }

    fn model(&self, namespace: &str) -> Model {
        self.spaces.get(namespace).map(|space| space.model.clone()).unwrap_or_default()
    }

    /// The names of all namespaces.
    pub fn namespaces(&self) -> Vec<&'static str> {
        self.spaces.keys().copied().collect()
    }

    /// As texts.
    pub fn seen(&self) -> Seen {
        let mut lines = Vec::new();
        for (name, Space { model, bytes_max }) in &self.spaces {
            tell_space(&mut lines, name, *bytes_max, Observed::expected(model, &universe(), NOW_MS));
        }
        for ((owner, name), model) in &self.kept {
            lines.push(checkpoint_line(owner, name, model.seq, model.kv.len() as u64));
        }
        Seen { lines, namespaces: self.spaces.len(), checkpoints: self.kept.len() }
    }
}

/// What there is, one line for each thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    lines: Vec<String>,
    pub namespaces: usize,
    pub checkpoints: usize,
}

impl Seen {
    /// What a server shows.
    pub fn look(door: &dyn Door) -> Result<Self> {
        let mut lines = Vec::new();
        let namespaces = run(door, "", ListNamespaces {})?.namespaces;
        for found in &namespaces {
            let observed = Observed::read(door, found.name.as_str(), &universe())?;
            tell_space(&mut lines, found.name.as_str(), found.quota.bytes_max, observed);
        }
        let mut checkpoints = 0;
        // Those who never own one in the script are asked too.
        for owner in ["auto", "copy", "default", "imported", "second"] {
            let mut list = run(door, owner, ListCheckpoints {})?.checkpoints;
            list.sort_by(|a, b| a.name.cmp(&b.name));
            checkpoints += list.len();
            lines.extend(list.into_iter().map(|info| match info.damaged {
                None => checkpoint_line(owner, &info.name, info.commit_seq.0, info.keys),
                Some(why) => format!("checkpoint {:?} is damaged: {why}", info.id),
            }));
        }
        Ok(Self { lines, namespaces: namespaces.len(), checkpoints })
    }

    /// The lines that only this one has; long ones are cut.
    pub fn beyond(&self, other: &Self) -> Vec<String> {
        let only = self.lines.iter().filter(|line| !other.lines.contains(line));
        only.map(|line| line.chars().take(120).collect()).collect()
    }
}

fn tell_space(lines: &mut Vec<String>, name: &str, bytes_max: Option<u64>, observed: Observed) {
    lines.push(format!("namespace {name} at commit {}, at most {bytes_max:?} bytes", observed.seq));
    lines.extend(observed.lines.into_iter().map(|line| format!("{name}: {line}")));
}

fn checkpoint_line(owner: &str, name: &str, seq: u64, keys: u64) -> String {
    format!("checkpoint {owner}/{name} of commit {seq} with {keys} keys")
}
