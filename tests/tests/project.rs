//! A project's memory: which one a working directory means, and how it is made.
#![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use toondb_engine::api::ErrorCode;
use toondb_engine::peer::own_uid;
use toondb_ipc::project::{Memory, Surroundings, Worktrees, find, init};
use toondb_tests::TempDir;

/// From a directory upward, but not out of the test's own.
fn found(top: &TempDir, working_dir: &Path) -> Result<Memory, ErrorCode> {
    let ceilings = vec![top.path().parent().unwrap().canonicalize().unwrap()];
    let data_home = Some("/home/u/.local/share".into());
    let working_dir = working_dir.canonicalize().unwrap();
    find(&Surroundings { working_dir, ceilings, data_home }).map_err(|error| error.code)
}

fn project(root: &Path) -> Result<Memory, ErrorCode> {
    Ok(Memory::Project { data_dir: root.canonicalize().unwrap().join(".toondb/data") })
}

fn user() -> Result<Memory, ErrorCode> {
    Ok(Memory::User { data_dir: "/home/u/.local/share/toondb".into() })
}

fn dir(path: PathBuf) -> PathBuf {
    fs::create_dir_all(&path).unwrap();
    path
}

/// What `git worktree add` leaves.
fn add_worktree(main: &Path, worktree: &Path) {
    let name = worktree.file_name().unwrap();
    let private = dir(main.join(".git/worktrees").join(name));
    fs::create_dir_all(worktree).unwrap();
    fs::write(private.join("commondir"), "../..\n").unwrap();
    fs::write(private.join("gitdir"), format!("{}\n", worktree.join(".git").display())).unwrap();
    fs::write(worktree.join(".git"), format!("gitdir: {}\n", private.display())).unwrap();
}

#[test]
fn the_nearest_one_above_is_found_and_else_the_users_own() {
    let top = TempDir::new();
    let deep = dir(top.path().join("project/a/b"));
    assert_eq!(found(&top, &deep), user());
    let outer = top.path().join("project");
    init(&outer, Worktrees::Shared).unwrap();
    assert_eq!(found(&top, &deep), project(&outer));
    assert_eq!(found(&top, &outer), project(&outer));
    assert_eq!(found(&top, &outer.join(".toondb")), project(&outer));
    init(&deep, Worktrees::Isolated).unwrap();
    assert_eq!(found(&top, &deep), project(&deep));
    assert_eq!(found(&top, deep.parent().unwrap()), project(&outer));
    assert_eq!(found(&top, top.path()), user());
}

#[test]
fn the_way_up_ends_below_a_ceiling() {
    let top = TempDir::new();
    let outer = top.path().canonicalize().unwrap();
    let inner = dir(outer.join("home/project"));
    init(&outer, Worktrees::Shared).unwrap();
    let from = |working_dir: &Path, ceiling: &Path| {
        let (working_dir, ceilings) = (working_dir.to_owned(), vec![ceiling.to_owned()]);
        find(&Surroundings { working_dir, ceilings, data_home: None }).map_err(|error| error.code)
    };
    assert_eq!(from(&inner, &outer), Err(ErrorCode::InvalidArgument), "and there is no place for the user's own");
    assert_eq!(from(&inner, &outer.join("home")), Err(ErrorCode::InvalidArgument));
    assert_eq!(from(&outer, &outer), project(&outer), "where one stands is always looked at");
}

#[test]
fn linked_worktrees_share_the_memory_of_the_main_one_or_have_their_own() {
    for (worktrees, nested) in [(Worktrees::Shared, false), (Worktrees::Isolated, false), (Worktrees::Isolated, true)] {
        let top = TempDir::new();
        let main = dir(top.path().join("main"));
        let linked = if nested { main.join("trees/linked") } else { top.path().join("linked") };
        add_worktree(&main, &linked);
        let inside = dir(linked.join("src"));
        assert_eq!(found(&top, &inside), user());
        init(&main, worktrees).unwrap();
        assert_eq!(found(&top, &main), project(&main));
        match worktrees {
            Worktrees::Shared => assert_eq!(found(&top, &inside), project(&main)),
            Worktrees::Isolated => {
                let own = found(&top, &inside).unwrap();
                let root = linked.canonicalize().unwrap();
                assert_eq!(own, Memory::Worktree { root: root.clone() });
                assert!(!linked.join(".toondb").exists(), "looking makes nothing");
                assert_eq!(own.data_dir().unwrap(), root.join(".toondb/data"));
                assert_eq!(found(&top, &inside), project(&linked));
            }
        }
    }
}

#[test]
fn a_file_that_only_says_so_makes_no_worktree_of_somebody_elses_repository() {
    let top = TempDir::new();
    let main = dir(top.path().join("main"));
    add_worktree(&main, &top.path().join("linked"));
    init(&main, Worktrees::Shared).unwrap();
    let stranger = dir(top.path().join("stranger"));
    for text in [
        format!("gitdir: {}\n", main.join(".git/worktrees/linked").display()),
        format!("gitdir: {}\n", main.join(".git").display()),
        "gitdir: /nowhere\n".to_owned(),
        "gitdir:\n".to_owned(),
        "something else".to_owned(),
    ] {
        fs::write(stranger.join(".git"), &text).unwrap();
        assert_eq!(found(&top, &stranger), user(), "{text}");
    }
    // As an archive may bring it along.
    let forged = dir(stranger.join("forged"));
    fs::write(stranger.join(".git"), "gitdir: forged\n").unwrap();
    fs::write(forged.join("gitdir"), "../.git\n").unwrap();
    fs::write(forged.join("commondir"), main.join(".git").display().to_string()).unwrap();
    assert_eq!(found(&top, &stranger), user());
}

#[test]
fn what_is_no_memory_of_this_user_alone_is_refused_and_not_passed_over() {
    let top = TempDir::new();
    let outer = top.path().join("outer");
    let inner = dir(outer.join("inner"));
    init(&outer, Worktrees::Shared).unwrap();
    let memory = inner.join(".toondb");
    let refused = |code| {
        assert_eq!(found(&top, &inner), Err(code));
        assert_eq!(init(&inner, Worktrees::Shared).map_err(|error| error.code), Err(code));
    };
    fs::write(&memory, "").unwrap();
    refused(ErrorCode::Unavailable);
    fs::remove_file(&memory).unwrap();
    symlink(outer.join(".toondb"), &memory).unwrap();
    refused(ErrorCode::Unavailable);
    fs::remove_file(&memory).unwrap();
    fs::create_dir(&memory).unwrap();
    fs::set_permissions(&memory, fs::Permissions::from_mode(0o700)).unwrap();
    refused(ErrorCode::Unavailable);
    fs::write(memory.join("config"), "toondb project 9\n").unwrap();
    refused(ErrorCode::UnsupportedVersion);
    fs::write(memory.join("config"), "x".repeat(1 << 20)).unwrap();
    refused(ErrorCode::LimitExceeded);
    fs::write(memory.join("config"), "toondb project 1\nworktrees = shared\n").unwrap();
    assert_eq!(found(&top, &inner), project(&inner));
    fs::set_permissions(&memory, fs::Permissions::from_mode(0o770)).unwrap();
    refused(ErrorCode::PermissionDenied);
    fs::set_permissions(&memory, fs::Permissions::from_mode(0o700)).unwrap();
    // Only root can give something away.
    if own_uid() == 0 {
        chown(&memory, Some(own_uid() + 1), None).unwrap();
        refused(ErrorCode::PermissionDenied);
    }
}

#[test]
fn it_is_made_whole_for_its_user_alone_and_once() {
    let top = TempDir::new();
    let memories: Vec<PathBuf> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| init(top.path(), Worktrees::Shared).unwrap())).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    assert!(memories.iter().all(|memory| *memory == top.path().join(".toondb")), "{memories:?}");
    let entries: Vec<_> = fs::read_dir(top.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(entries, [".toondb"], "nothing else is left");
    let memory = top.path().join(".toondb");
    assert_eq!(fs::metadata(&memory).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_to_string(memory.join(".gitignore")).unwrap(), "*\n");
    assert_eq!(fs::read_to_string(memory.join("config")).unwrap(), "toondb project 1\nworktrees = shared\n");
    let other = init(top.path(), Worktrees::Isolated).unwrap_err();
    assert_eq!(other.code, ErrorCode::AlreadyExists, "{other}");
    assert!(init(&top.path().join("missing"), Worktrees::Shared).is_err());
}
