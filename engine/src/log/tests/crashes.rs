//! Power loss and I/O errors at every operation, over several lives, checked against a model.

use super::*;
use crate::disk::CrashMode;

/// What the caller of the log knows.
#[derive(Clone, Default)]
struct Model {
    /// Batches appended, or being appended when the power went.
    history: Vec<Batch>,
    /// How many of them were acknowledged as durable.
    durable: usize,
    /// What the store durably contains: the caller released the log through it.
    stored_seq: u64,
    /// What a reader of the log was told of.
    told_seq: u64,
}

impl Model {
    fn last_seq(&self) -> u64 {
        self.history.last().map_or(0, |(seqs, _)| seqs.last)
    }

    /// What was recovered must be the history up to some batch not before the last durable one. From then on that is
    /// the history, and all of it is durable.
    fn accept(&mut self, batches: &[Batch], context: &str) {
        let skipped = self.history.iter().take_while(|(seqs, _)| seqs.last <= self.stored_seq).count();
        let count = skipped + batches.len();
        assert!(count <= self.history.len(), "{context}: more batches than were written");
        assert_eq!(batches, &self.history[skipped..count], "{context}");
        assert!(count >= self.durable, "{context}: {} batches durable, {count} recovered", self.durable);
        self.history.truncate(count);
        self.durable = count;
    }

    /// Everybody sees what was appended. What a reader of the log is then told, no crash may take back.
    fn follow(&mut self, log: &mut SegmentedLog, context: &str) {
        log.publish(self.last_seq());
        let mut cursor = log.reader().unwrap().cursor(self.told_seq.max(self.stored_seq)).unwrap();
        while let Ok(Some(batch)) = cursor.next_batch() {
            let at = self.history.iter().position(|(seqs, _)| *seqs == batch.seqs);
            let at = at.unwrap_or_else(|| panic!("{context}: a batch was told that was not written"));
            assert_eq!(*batch.payload, self.history[at].1, "{context}");
            (self.durable, self.told_seq) = (self.durable.max(at + 1), batch.seqs.last);
        }
    }

    /// One random action. The store is assumed to be durable at any point the log is released through.
    fn act(&mut self, log: &mut SegmentedLog, rng: &SeededRng) -> Result<(), LogError> {
        match rng.next_u64() % 12 {
            0 => log.sync().map(|()| self.durable = self.history.len()),
            1 if self.durable > 0 => {
                let chosen = (rng.next_u64() % self.durable as u64) as usize;
                self.stored_seq = self.stored_seq.max(self.history[chosen].0.last);
                log.truncate(self.stored_seq)
            }
            2 | 3 => {
                if let Some(work) = log.take_background_work() {
                    work();
                }
                Ok(())
            }
            kind => {
                let first = self.last_seq() + 1;
                let seqs = SeqRange { first, last: first + rng.next_u64() % 3 };
                let payload = random_payload(rng, if kind == 4 { 2500 } else { 180 });
                let sync = if kind < 8 { Sync::Now } else { Sync::Later };
                self.history.push((seqs, payload.clone()));
                append_batch(log, seqs, &payload, sync)?;
                if sync == Sync::Now {
                    self.durable = self.history.len();
                }
                Ok(())
            }
        }
    }
}

/// Opens, then acts `actions` times or until the disk fails.
fn live(disk: &SimDisk, model: &mut Model, seed: u64, actions: usize, context: &str) {
    let rng = SeededRng::new(seed);
    match open_from(disk, seed, model.stored_seq) {
        Ok(mut opened) => {
            model.accept(&opened.batches, context);
            for _ in 0..actions {
                if model.act(&mut opened.log, &rng).is_err() {
                    return;
                }
                model.follow(&mut opened.log, context);
            }
        }
        Err(LogError::Io { .. }) => {}
        Err(error) => panic!("{context}: {error}"),
    }
}

const IMAGES: [(CrashMode, u64); 5] = [
    (CrashMode::DropUnsynced, 0),
    (CrashMode::KeepAll, 0),
    (CrashMode::Random, 1),
    (CrashMode::Random, 2),
    (CrashMode::Random, 3),
];

/// Runs the same life with the power going at each operation in turn, and for each gives every image to `check`.
fn crash_everywhere(seed: u64, actions: usize, mut check: impl FnMut(&SimDisk, &Model, &str)) {
    for op in 1.. {
        let disk = new_disk();
        disk.crash_at(disk.op_count() + op);
        let mut model = Model::default();
        live(&disk, &mut model, seed, actions, &format!("seed {seed} op {op} first life"));
        for (mode, image_seed) in IMAGES {
            let context = format!("seed {seed} op {op} {mode:?} {image_seed}");
            check(&disk.crash_image(image_seed, mode), &model, &context);
        }
        if disk.sync_dir(Path::new("/")).is_ok() {
            assert!(op > 40, "seed {seed}: the life is too short to mean much");
            return;
        }
    }
}

#[test]
fn acknowledged_batches_survive_a_crash_at_every_operation() {
    for seed in 0..12 {
        crash_everywhere(seed, 60, |image, model, context| {
            let mut model = model.clone();
            let opened = open_from(image, seed + 100, model.stored_seq);
            model.accept(&opened.unwrap_or_else(|error| panic!("{context}: {error}")).batches, context);
        });
    }
}

#[test]
fn recovery_survives_crashes_at_every_operation_twice() {
    for seed in 20..23 {
        crash_everywhere(seed, 30, |image, model, context| {
            for (op, second_seed) in (1..).zip(0..40) {
                let disk = image.crash_image(0, CrashMode::KeepAll);
                disk.crash_at(op);
                let mut model = model.clone();
                let context = format!("{context}, recovery op {op}");
                live(&disk, &mut model, 200 + second_seed, 4, &context);
                for (mode, image_seed) in IMAGES {
                    let third = disk.crash_image(image_seed, mode);
                    let mut model = model.clone();
                    live(&third, &mut model, 300, 3, &context);
                    let last = third.crash_image(image_seed, CrashMode::DropUnsynced);
                    live(&last, &mut model, 400, 0, &context);
                }
                if disk.sync_dir(Path::new("/")).is_ok() {
                    break;
                }
            }
        });
    }
}

#[test]
fn many_lives_of_random_crashes() {
    for seed in 1000..1300 {
        let rng = SeededRng::new(seed);
        let mut disk = new_disk();
        let mut model = Model::default();
        for life in 0..12 {
            let context = format!("seed {seed} life {life}");
            disk.crash_at(disk.op_count() + 1 + rng.next_u64() % 80);
            live(&disk, &mut model, rng.next_u64(), 40, &context);
            let (mode, _) = IMAGES[(rng.next_u64() % IMAGES.len() as u64) as usize];
            disk = disk.crash_image(rng.next_u64(), mode);
        }
        live(&disk, &mut model, seed, 0, &format!("seed {seed} last life"));
    }
}

#[test]
fn an_error_at_every_operation_fences_and_loses_nothing() {
    for seed in 0..8 {
        for op in 1.. {
            let disk = new_disk();
            disk.fail_at(disk.op_count() + op);
            let mut model = Model::default();
            let context = format!("seed {seed} op {op}");
            live(&disk, &mut model, seed, 50, &context);
            let failed = disk.op_count() >= op;
            // The process goes on: the page cache is as it was, then the power goes.
            live(&disk, &mut model, seed + 50, 5, &context);
            for (mode, image_seed) in IMAGES {
                live(&disk.crash_image(image_seed, mode), &mut model.clone(), 70, 0, &context);
            }
            if !failed || op > 150 {
                break;
            }
        }
    }
}

#[test]
fn a_failed_sync_at_any_time_loses_nothing() {
    for seed in 0..8 {
        for sync in 1..60 {
            let disk = new_disk();
            disk.fail_sync_at(disk.sync_count() + sync);
            let mut model = Model::default();
            let context = format!("seed {seed} sync {sync}");
            live(&disk, &mut model, seed, 50, &context);
            live(&disk, &mut model, seed + 50, 5, &context);
            for (mode, image_seed) in IMAGES {
                live(&disk.crash_image(image_seed, mode), &mut model.clone(), 70, 0, &context);
            }
        }
    }
}
