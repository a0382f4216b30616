//! Changing the file from several sides, crashes in between, and files that are not what they should be.

use std::sync::Arc;

use toondb_engine::api::NamespaceName;
use toondb_engine::clock::ManualClock;
use toondb_engine::rng::{OsRng, SeededRng};

use super::super::principal::Namespaces;
use super::super::testing::TempDir;
use super::super::token_record::TokenState;
use super::*;

fn new(name: &str) -> NewToken {
    let namespaces = Namespaces::These([NamespaceName::new("a")].into());
    NewToken { name: name.to_owned(), namespaces, rights: "read,write".parse().unwrap(), expires_at: None }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn tokens_are_created_listed_and_revoked() {
    let dir = TempDir::new();
    let data = dir.path().join("new/data");
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    assert!(matches!(list(&data), Err(TokenFileError::Io { .. })), "a wrong path is not a directory without tokens");
    assert!(matches!(revoke(&data, TokenId(1), &clock), Err(TokenFileError::Io { .. })));
    assert!(!data.exists());
    assert!(list(dir.path()).unwrap().is_empty());
    assert!(matches!(revoke(dir.path(), TokenId(1), &clock), Err(TokenFileError::Unknown(TokenId(1)))));

    let token = create(&data, &new("agent-7"), &clock, &rng).unwrap();
    assert_eq!((mode(&data), mode(&data.join(FILE_NAME)), mode(&data.join(LOCK_NAME))), (0o700, 0o600, 0o600));
    let text = std::fs::read_to_string(data.join(FILE_NAME)).unwrap();
    assert!(!text.contains(&token.reveal()[21..]), "the secret is in the file");
    let listed = list(&data).unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].hash.matches(&token));
    assert_eq!((listed[0].name.as_str(), listed[0].created_at), ("agent-7", TimestampMs(1_000)));

    clock.set_ms(2_000);
    assert!(matches!(revoke(&data, TokenId(1), &clock), Err(TokenFileError::Unknown(_))));
    for now in [2_000, 3_000] {
        clock.set_ms(now);
        assert_eq!(revoke(&data, token.id(), &clock).unwrap().revoked_at, Some(TimestampMs(2_000)));
    }
    assert_eq!(list(&data).unwrap()[0].state(TimestampMs(0)), TokenState::Revoked);
    assert!(!data.join(NEW_NAME).exists());
}

#[test]
fn what_cannot_be_a_token_is_refused_and_leaves_no_file() {
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    let names = |names: &[&str]| Namespaces::These(names.iter().map(|name| NamespaceName::new(*name)).collect());
    let many: Vec<String> = (0..=limits::TOKEN_NAMESPACES_MAX).map(|number| format!("n{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let wrong = [
        NewToken { name: String::new(), ..new("x") },
        NewToken { name: "a\nb".to_owned(), ..new("x") },
        NewToken { name: "\u{1b}[31m".to_owned(), ..new("x") },
        NewToken { name: " a".to_owned(), ..new("x") },
        NewToken { name: "n".repeat(65), ..new("x") },
        NewToken { namespaces: names(&[]), ..new("x") },
        NewToken { namespaces: names(&[""]), ..new("x") },
        NewToken { namespaces: names(&["../a"]), ..new("x") },
        NewToken { namespaces: names(&many), ..new("x") },
        NewToken { rights: Default::default(), ..new("x") },
        NewToken { expires_at: Some(TimestampMs(1_000)), ..new("x") },
    ];
    for new in wrong {
        let refused = create(dir.path(), &new, &clock, &rng);
        assert!(matches!(refused, Err(TokenFileError::Invalid(_))), "{new:?}: {refused:?}");
    }
    assert!(!dir.path().join(FILE_NAME).exists());
}

/// As on a full disk: the file cannot be written. That must not shut out those who were let in without a token.
#[test]
fn a_first_token_that_cannot_be_written_leaves_no_mark() {
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    let in_the_way = dir.path().join(NEW_NAME);
    std::fs::create_dir(&in_the_way).unwrap();
    assert!(matches!(create(dir.path(), &new("a"), &clock, &rng), Err(TokenFileError::Io { .. })));
    let found = find(dir.path()).unwrap();
    assert!(!is_marked(&found).unwrap() && lost(&found).unwrap().is_none());
    std::fs::remove_dir(&in_the_way).unwrap();
    create(dir.path(), &new("a"), &clock, &rng).unwrap();
    // A mark that was there before stays, whatever fails: tokens were made and lost.
    std::fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
    std::fs::create_dir(&in_the_way).unwrap();
    assert!(matches!(create(dir.path(), &new("b"), &clock, &rng), Err(TokenFileError::Io { .. })));
    assert!(lost(&found).unwrap().is_some());
    assert!(list(dir.path()).unwrap_err().to_string().contains("is gone"));
}

#[test]
fn parallel_changes_do_not_lose_each_other() {
    let dir = Arc::new(TempDir::new());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let dir = Arc::clone(&dir);
            std::thread::spawn(move || {
                let (clock, rng) = (ManualClock::new(1_000), OsRng::open().unwrap());
                for number in 0..8 {
                    let token = create(dir.path(), &new(&format!("{thread}-{number}")), &clock, &rng).unwrap();
                    if number % 2 == 0 {
                        revoke(dir.path(), token.id(), &clock).unwrap();
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let listed = list(dir.path()).unwrap();
    assert_eq!((listed.len(), listed.iter().filter(|record| record.revoked_at.is_some()).count()), (64, 32));
}

#[test]
fn a_crash_leaves_the_file_as_it_was_and_the_next_change_works() {
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    create(dir.path(), &new("first"), &clock, &rng).unwrap();
    let whole = std::fs::read(dir.path().join(FILE_NAME)).unwrap();
    // Killed at any byte of writing the new file: the rename has not happened.
    for length in [0, 1, whole.len() / 2, whole.len()] {
        std::fs::write(dir.path().join(NEW_NAME), &whole[..length]).unwrap();
        assert_eq!(list(dir.path()).unwrap().len(), 1);
    }
    create(dir.path(), &new("second"), &clock, &rng).unwrap();
    assert_eq!(list(dir.path()).unwrap().len(), 2);
    assert!(!dir.path().join(NEW_NAME).exists());
}

#[test]
fn a_new_file_in_the_way_is_not_followed() {
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    let victim = dir.path().join("victim");
    std::fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, dir.path().join(NEW_NAME)).unwrap();
    create(dir.path(), &new("first"), &clock, &rng).unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    assert!(dir.path().join(FILE_NAME).symlink_metadata().unwrap().is_file());
}

#[test]
fn every_cut_and_every_kind_of_damage_is_refused_and_not_overwritten() {
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    create(dir.path(), &new("first"), &clock, &rng).unwrap();
    let path = dir.path().join(FILE_NAME);
    let whole = std::fs::read_to_string(&path).unwrap();
    for length in 0..whole.len() {
        assert!(parse(&whole.as_bytes()[..length]).is_err(), "cut to {length} bytes");
    }
    let record = whole[whole.find('[').unwrap() + 1..whole.rfind(']').unwrap()].trim();
    let json = "not the JSON of tokens";
    let hostile = [
        ("null".to_owned(), json),
        ("{}".to_owned(), json),
        ("[".repeat(1 << 20), json),
        (whole.replace("\"version\": 1", "\"version\": 2"), "version is 2"),
        (whole.replace("\"version\": 1", "\"version\": 1, \"version\": 1"), json),
        (whole.replace("\"rights\"", "\"only_on_mondays\": true, \"rights\""), json),
        (whole.replace("\"read\"", "\"everything\""), json),
        (whole.replace("\"a\"", "\"../a\""), "namespace name"),
        (whole.replace("\"a\"", "\"\""), "has no name"),
        (whole.replace("\"these\"", "\"those\""), json),
        (whole.replace("1000", "1e300"), json),
        (whole.replacen("\"sha256\": \"", "\"sha256\": \"00", 1), "64 hexadecimal digits"),
        (whole.replace(record, &format!("{record}, {record}")), "there twice"),
        (whole.replace("first", &"n".repeat(65)), "name has 1 to 64"),
        (whole.replace("\"a\"", "\"b\""), "checksum"),
        (whole.replace("1000", "1001"), "checksum"),
        (whole.replace("null", "9000"), "checksum"),
        (format!("{whole}{whole}"), json),
        (format!("{whole}\0"), json),
        (" ".repeat(limits::TOKEN_FILE_BYTES_MAX + 1), "more than 16 MiB"),
    ];
    for (text, why) in &hostile {
        assert_ne!(*text, whole);
        std::fs::write(&path, text).unwrap();
        let Err(TokenFileError::Damaged { reason, .. }) = list(dir.path()) else { panic!("{why}: accepted") };
        assert!(reason.contains(why), "{why}: {reason}");
        let refused = create(dir.path(), &new("second"), &clock, &rng);
        assert!(matches!(refused, Err(TokenFileError::Damaged { .. })), "{why}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), *text);
    }
    assert!(
        parse(whole.replace("\"version\": 1", "\"version\": 2, \"new\": 1").as_bytes())
            .unwrap_err()
            .contains("version is 2")
    );
}

#[test]
fn random_damage_is_refused_or_changes_nothing() {
    let dir = TempDir::new();
    let seed = 0xF11E;
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(seed));
    create(dir.path(), &new("first"), &clock, &rng).unwrap();
    let whole = std::fs::read(dir.path().join(FILE_NAME)).unwrap();
    let shown = format!("{:?}", parse(&whole).unwrap()[0].to_stored());
    for round in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=rng.next_u64() % 3 {
            let place = usize::try_from(rng.next_u64()).unwrap() % bytes.len();
            bytes[place] = rng.next_u64().to_le_bytes()[0];
        }
        if let Ok(records) = parse(&bytes) {
            let same = records.len() == 1 && format!("{:?}", records[0].to_stored()) == shown;
            assert!(same, "seed {seed}, round {round}: {records:?}");
        }
    }
}

#[test]
fn a_file_that_others_could_have_made_is_refused() {
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    create(dir.path(), &new("first"), &clock, &rng).unwrap();
    let path = dir.path().join(FILE_NAME);
    let set_mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o602, 0o620, 0o666] {
        set_mode(mode);
        assert!(matches!(list(dir.path()), Err(TokenFileError::Damaged { .. })), "{mode:o}");
    }
    set_mode(0o600);
    assert_eq!(list(dir.path()).unwrap().len(), 1);

    let moved = dir.path().join("moved.json");
    std::fs::rename(&path, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &path).unwrap();
    assert!(matches!(list(dir.path()), Err(TokenFileError::Io { .. })));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(list(dir.path()).is_err());
    std::fs::remove_dir(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    assert!(matches!(list(dir.path()), Err(TokenFileError::Damaged { .. })));
}

#[test]
fn root_leaves_the_file_to_the_owner_of_the_directory() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = TempDir::new();
    let (clock, rng) = (ManualClock::new(1_000), SeededRng::new(1));
    std::os::unix::fs::chown(dir.path(), Some(65_534), None).unwrap();
    create(dir.path(), &new("first"), &clock, &rng).unwrap();
    for name in [FILE_NAME, LOCK_NAME] {
        assert_eq!(dir.path().join(name).metadata().unwrap().uid(), 65_534);
    }
    assert_eq!(list(dir.path()).unwrap().len(), 1);
    std::os::unix::fs::chown(dir.path().join(FILE_NAME), Some(65_533), None).unwrap();
    assert!(matches!(list(dir.path()), Err(TokenFileError::Damaged { .. })));
}

#[test]
fn where_there_is_no_room_the_one_that_was_dead_longest_goes() {
    let dir = TempDir::new();
    let rng = SeededRng::new(1);
    let mut records: Vec<TokenRecord> = (0..limits::TOKENS_MAX)
        .map(|number| TokenRecord {
            id: TokenId(u64::try_from(number).unwrap()),
            name: "n".to_owned(),
            namespaces: Namespaces::All,
            rights: "read".parse().unwrap(),
            hash: Token::generate(&rng).hash(),
            created_at: TimestampMs(0),
            expires_at: None,
            revoked_at: None,
        })
        .collect();
    let now = TimestampMs(100);
    assert!(matches!(make_room(&mut records, now), Err(TokenFileError::Full)));
    records[5].revoked_at = Some(TimestampMs(50));
    records[7].expires_at = Some(TimestampMs(40));
    records[9].expires_at = Some(TimestampMs(101));
    let file = File::create(dir.path().join(LOCK_NAME)).unwrap();
    replace(&find(dir.path()).unwrap(), &records, &file).unwrap();
    make_room(&mut records, now).unwrap();
    assert_eq!(records.len(), limits::TOKENS_MAX - 1);
    assert!(records.iter().all(|record| record.id != TokenId(7)));
    assert_eq!(list(dir.path()).unwrap().len(), limits::TOKENS_MAX);
}
