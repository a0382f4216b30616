//! The checkpoints that users took: which there must be, and what is in each.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use toondb_engine::Engine;
use toondb_engine::api::{
    ByteBuf, CheckpointInfo, CreateCheckpoint, DeleteCheckpoint, Error, ErrorCode, ExportCheckpoint, ExportFormat,
    ImportCheckpoint, ListCheckpoints, RestoreCheckpoint, Restored, Result,
};
use toondb_engine::disk::SimDisk;
use toondb_tests::{Model, Observed};

use crate::images::open;
use crate::oracle::{Fault, Oracle, Presence};
use crate::workload::{outside, universe};

/// The checkpoints, by owner and name.
#[derive(Debug, Clone, Default)]
pub struct Kept(BTreeMap<(String, String), (Presence, Model)>);

fn key(owner: &str, name: &str) -> (String, String) {
    (owner.to_owned(), name.to_owned())
}

fn list(engine: &Engine, owner: &str) -> Result<Vec<CheckpointInfo>> {
    Ok(engine.run(owner, ListCheckpoints {})?.checkpoints)
}

fn find(engine: &Engine, owner: &str, name: &str) -> Result<Option<CheckpointInfo>> {
    let infos = list(engine, owner)?;
    let unreadable = infos.iter().find_map(|info| info.damaged.clone());
    match (infos.into_iter().find(|info| info.name == name), unreadable) {
        // It may be the one whose head could not be read just now.
        (None, Some(why)) => Err(Error::new(ErrorCode::Unavailable, why)),
        (found, _) => Ok(found),
    }
}

/// A checkpoint of another database, and what is in it.
fn foreign() -> &'static (Vec<u8>, Model) {
    static FOREIGN: OnceLock<(Vec<u8>, Model)> = OnceLock::new();
    FOREIGN.get_or_init(|| {
        let engine = open(&SimDisk::new()).unwrap();
        let mut oracle = Oracle::default();
        outside().iter().for_each(|step| oracle.perform(&engine, step).unwrap());
        let id = engine.run("outside", CreateCheckpoint::default()).unwrap().id;
        let format = ExportFormat::Binary;
        let whole = ExportCheckpoint { checkpoint_id: id, format, offset: 0, bytes_max: None };
        (engine.run("outside", whole).unwrap().data.into_vec(), oracle.newest("outside"))
    })
}

impl Kept {
    /// What a checkpoint holds.
    pub fn model(&self, owner: &str, name: &str) -> Model {
        self.0.get(&key(owner, name)).expect("the workload restores what it took").1.clone()
    }

    /// Takes one.
    pub fn take(&mut self, engine: &Engine, owner: &str, name: &str, model: Model) -> Result<()> {
        let taken = engine.run(owner, CreateCheckpoint { name: name.to_owned(), ..CreateCheckpoint::default() });
        self.0.insert(key(owner, name), (Presence::after(&taken), model));
        taken.map(drop)
    }

    /// Imports one.
    pub fn import(&mut self, engine: &Engine, owner: &str, name: &str) -> Result<()> {
        let (bytes, model) = foreign();
        let (format, data) = (ExportFormat::Binary, ByteBuf::from(bytes.clone()));
        let import = ImportCheckpoint { format, name: name.to_owned(), data, continues: None, more: false };
        let imported = engine.run(owner, import);
        self.0.insert(key(owner, name), (Presence::after(&imported), model.clone()));
        imported.map(drop)
    }

    /// Deletes one.
    pub fn forget(&mut self, engine: &Engine, owner: &str, name: &str) -> Result<()> {
        let Some(info) = find(engine, owner, name)? else {
            // An attempt before this one has deleted it, and said that it does not know.
            self.0.remove(&key(owner, name));
            return Ok(());
        };
        let deleted = engine.run(owner, DeleteCheckpoint { checkpoint_id: info.id });
        match &deleted {
            Ok(_) => drop(self.0.remove(&key(owner, name))),
            Err(error) => {
                let found = find(engine, owner, name);
                let said = error.code == ErrorCode::OutcomeUnknown;
                assert!(said || !matches!(found, Ok(None)), "{:?} says that nothing was changed", error.code);
                // If the power went, whoever asked was told nothing, and nobody answers.
                if said || found.is_err() {
                    let (presence, _) = self.0.get_mut(&key(owner, name)).expect("the workload deletes what it took");
                    *presence = Presence::Open;
                }
            }
        }
        deleted.map(drop)
    }

    /// Restores one.
    pub fn restore(&self, engine: &Engine, (owner, name): (&str, &str), target: &str) -> Result<Restored> {
        let info = find(engine, owner, name)?;
        let checkpoint_id = info.expect("a checkpoint that is kept is listed").id;
        engine.run(target, RestoreCheckpoint { checkpoint_id, overwrite: true })
    }

    /// After an attempt to make or delete one that failed: looks whether it has happened all the same. That alone makes nothing
    /// durable, so a power loss may still go either way.
    pub fn settle(&mut self, engine: &Engine, (owner, name): (&str, &str), made: bool, why: &Error) -> Result<bool> {
        let happened = find(engine, owner, name)?.is_some() == made;
        assert!(
            !happened || why.code == ErrorCode::OutcomeUnknown,
            "{:?} says that nothing was changed (checkpoint {owner}/{name}: {})",
            why.code,
            why.message
        );
        if made && !happened {
            self.0.remove(&key(owner, name));
        }
        Ok(happened)
    }

    /// Looks at the lists.
    pub fn look(&self, engine: &Engine) -> std::result::Result<(), Fault> {
        let owners: std::collections::BTreeSet<&String> = self.0.keys().map(|(owner, _)| owner).collect();
        let mut found = BTreeMap::new();
        for owner in owners {
            found.extend(list(engine, owner)?.into_iter().map(|info| (key(owner, &info.name), info)));
        }
        for (key, (presence, model)) in &self.0 {
            match found.remove(key) {
                None if *presence == Presence::Certain => {
                    return Err(Fault::Broken(format!("checkpoint {key:?} was acknowledged and is gone")));
                }
                None => {}
                Some(info) if info.damaged.is_some() || info.commit_seq.0 != model.seq => {
                    return Err(Fault::Broken(format!("checkpoint {key:?} is of commit {}: {info:?}", model.seq)));
                }
                Some(_) => {}
            }
        }
        match found.into_keys().next() {
            None => Ok(()),
            Some(key) => Err(Fault::Broken(format!("checkpoint {key:?} was deleted and is back, or never was"))),
        }
    }

    /// Restores one into a namespace of its own and looks at it.
    pub fn restore_one(&self, engine: &Engine, now_ms: i64) -> std::result::Result<(), String> {
        let text = |error: Error| format!("a checkpoint cannot be restored: {:?} {}", error.code, error.message);
        let certain = |(_, (presence, _)): &(_, &(Presence, Model))| *presence == Presence::Certain;
        let Some(((owner, name), (_, model))) = self.0.iter().find(certain) else { return Ok(()) };
        self.restore(engine, (owner, name), "restored").map_err(text)?;
        let observed = Observed::read(engine, "restored", &universe()).map_err(text)?;
        let expected = Observed::expected(&model.restored(0), &universe(), now_ms);
        observed.compare(&expected).map_err(|difference| format!("checkpoint {owner}/{name}: {difference}"))
    }
}
