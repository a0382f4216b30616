//! What a running server makes of tokens that come, change and go.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use toondb_engine::api::{NamespaceName, Right};
use toondb_engine::clock::ManualClock;
use toondb_engine::rng::SeededRng;

use super::super::principal::Namespaces;
use super::super::testing::TempDir;
use super::super::token_record::NewToken;
use super::*;

struct Fixture {
    dir: TempDir,
    clock: Arc<ManualClock>,
    rng: SeededRng,
}

impl Fixture {
    fn new() -> Self {
        Self { dir: TempDir::new(), clock: Arc::new(ManualClock::new(1_000)), rng: SeededRng::new(3) }
    }

    fn open(&self, required: bool) -> Tokens {
        Tokens::open(self.dir.path(), Arc::clone(&self.clock) as Arc<dyn Clock>, required).unwrap()
    }

    fn create(&self, namespace: &str, expires_at: Option<i64>) -> Token {
        let new = NewToken {
            name: "agent".to_owned(),
            namespaces: Namespaces::These([NamespaceName::new(namespace)].into()),
            rights: "read".parse().unwrap(),
            expires_at: expires_at.map(TimestampMs),
        };
        token_file::create(self.dir.path(), &new, &*self.clock, &self.rng).unwrap()
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(token_file::FILE_NAME)
    }

    fn poll(&self) {
        self.clock.advance_ms(250);
    }
}

fn with(tokens: &Tokens, token: &Token) -> Result<Arc<Principal>, Refusal> {
    tokens.authenticate(Some(format!("Bearer {}", token.reveal()).as_bytes()))
}

#[test]
fn without_a_file_the_policy_decides() {
    let f = Fixture::new();
    let stranger = Token::generate(&f.rng);
    let open = f.open(false);
    assert_eq!(open.authenticate(None).as_deref(), Ok(&Principal::unrestricted()));
    assert_eq!(with(&open, &stranger), Err(Refusal::Invalid));
    assert!(!open.exist() && !open.are_required());
    let closed = f.open(true);
    assert_eq!(closed.authenticate(None), Err(Refusal::Missing));
    assert_eq!(with(&closed, &stranger), Err(Refusal::Invalid));
    assert!(!closed.exist() && closed.are_required());
}

#[test]
fn a_token_lets_its_bearer_in_with_its_own_bounds() {
    let f = Fixture::new();
    let (a, b) = (f.create("a", None), f.create("b", None));
    let tokens = f.open(false);
    let principal = with(&tokens, &a).unwrap();
    assert!(principal.check("a", Right::Read).is_ok());
    assert!(principal.check("a", Right::Write).is_err() && principal.check("b", Right::Read).is_err());
    assert!(with(&tokens, &b).unwrap().check("b", Right::Read).is_ok());
    assert_eq!(principal.who().to_string(), format!("token {} (agent)", a.id()));
    // The secret of one under the id of another.
    let mixed = format!("Bearer {}{}", &a.reveal()[..21], &b.reveal()[21..]);
    assert_eq!(tokens.authenticate(Some(mixed.as_bytes())), Err(Refusal::Invalid));
}

#[test]
fn the_first_token_closes_a_server_that_was_open() {
    let f = Fixture::new();
    let tokens = f.open(false);
    let anyone = tokens.authenticate(None).unwrap();
    let token = f.create("a", None);
    f.poll();
    assert_eq!(tokens.recheck(&anyone), Err(Refusal::Missing));
    assert_eq!(tokens.authenticate(None), Err(Refusal::Missing));
    assert!(with(&tokens, &token).is_ok());
    assert!(tokens.exist() && tokens.are_required());
}

#[test]
fn a_revoked_token_is_refused_at_the_next_poll_and_the_last_one_leaves_nobody() {
    let f = Fixture::new();
    let token = f.create("a", None);
    let tokens = f.open(false);
    let principal = with(&tokens, &token).unwrap();
    token_file::revoke(f.dir.path(), token.id(), &*f.clock).unwrap();
    f.poll();
    assert_eq!(tokens.recheck(&principal), Err(Refusal::Revoked));
    assert_eq!(with(&tokens, &token), Err(Refusal::Revoked));
    assert_eq!(tokens.authenticate(None), Err(Refusal::Missing));
}

#[test]
fn a_token_expires_without_any_poll() {
    let f = Fixture::new();
    let token = f.create("a", Some(1_100));
    let tokens = f.open(false);
    let principal = with(&tokens, &token).unwrap();
    f.clock.advance_ms(99);
    assert!(with(&tokens, &token).is_ok());
    f.clock.advance_ms(1);
    assert_eq!(with(&tokens, &token), Err(Refusal::Expired));
    assert_eq!(tokens.recheck(&principal), Err(Refusal::Expired));
}

#[test]
fn many_changes_within_one_clock_tick_are_all_seen() {
    let f = Fixture::new();
    f.create("a", None);
    let tokens = f.open(false);
    for _ in 0..100 {
        let token = f.create("a", None);
        f.poll();
        assert!(with(&tokens, &token).is_ok());
        token_file::revoke(f.dir.path(), token.id(), &*f.clock).unwrap();
        f.poll();
        assert_eq!(with(&tokens, &token), Err(Refusal::Revoked));
    }
}

#[test]
fn a_file_that_is_damaged_unreadable_or_gone_lets_nobody_in() {
    let f = Fixture::new();
    let token = f.create("a", None);
    let tokens = f.open(false);
    let whole = std::fs::read(f.path()).unwrap();
    let nobody = |tokens: &Tokens, what: &str| {
        for _ in 0..3 {
            f.poll();
            assert_eq!(with(tokens, &token), Err(Refusal::Invalid), "{what}");
            assert_eq!(tokens.authenticate(None), Err(Refusal::Missing), "{what}");
        }
    };
    let rescued = |what: &str| {
        std::fs::write(f.path(), &whole).unwrap();
        std::fs::set_permissions(f.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        f.poll();
        assert!(with(&tokens, &token).is_ok(), "{what}");
    };
    let damages: [&[u8]; 4] = [b"", b"{", b"\xff\xfe", b"{\"version\":1,\"tokens\":[]}"];
    for damage in damages {
        std::fs::write(f.path(), damage).unwrap();
        nobody(&tokens, "damaged");
        nobody(&f.open(false), "damaged at start");
        rescued("repaired");
    }
    std::fs::remove_file(f.path()).unwrap();
    nobody(&tokens, "gone");
    nobody(&f.open(false), "gone before the start");
    rescued("back again");
    std::fs::remove_file(f.path()).unwrap();
    std::fs::create_dir(f.path()).unwrap();
    nobody(&tokens, "a directory");
    nobody(&f.open(false), "a directory at start");
}

/// The mark alone says that tokens were made; without it and them, nobody ever did, or somebody took both away on purpose.
#[test]
fn lost_tokens_let_nobody_in_and_removed_ones_everybody() {
    let f = Fixture::new();
    assert!(f.open(false).authenticate(None).is_ok(), "no token was ever made");
    let token = f.create("a", None);
    std::fs::remove_file(f.path()).unwrap();
    let lost = f.open(false);
    assert_eq!(lost.authenticate(None), Err(Refusal::Missing));
    assert_eq!(with(&lost, &token), Err(Refusal::Invalid));
    let new = f.create("b", None);
    f.poll();
    assert!(with(&lost, &new).is_ok(), "new tokens are taken up");
    std::fs::remove_file(f.path()).unwrap();
    std::fs::remove_file(f.dir.path().join("tokens.lock")).unwrap();
    assert!(f.open(false).authenticate(None).is_ok(), "both were removed");
}

#[test]
fn headers_that_are_no_bearer_token_are_refused() {
    let f = Fixture::new();
    let token = f.create("a", None);
    let tokens = f.open(false);
    let text = token.reveal();
    for right in [format!("Bearer {text}"), format!("bearer {text}"), format!("BEARER   {text}")] {
        assert!(tokens.authenticate(Some(right.as_bytes())).is_ok(), "{right}");
    }
    let wrong = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        text.clone(),
        format!("Basic {text}"),
        format!("Bearer{text}"),
        format!("Bearer\t{text}"),
        format!("Bearer {text} "),
        format!("Bearer {text},"),
        format!("Bearer {text} {text}"),
        format!("Bearer \"{text}\""),
        format!("Bearer {}{text}", " ".repeat(1 << 20)),
        format!("Bearer é{text}"),
        format!("Bearer {}", &text[..text.len() - 1]),
    ];
    for header in wrong {
        let shown: String = header.chars().take(40).collect();
        assert_eq!(tokens.authenticate(Some(header.as_bytes())), Err(Refusal::Invalid), "{shown}");
    }
}

#[test]
fn guesses_get_one_answer() {
    let f = Fixture::new();
    let token = f.create("a", None);
    token_file::revoke(f.dir.path(), token.id(), &*f.clock).unwrap();
    let tokens = f.open(false);
    let (unknown, mut guess) = (Token::generate(&f.rng).reveal(), token.reveal());
    guess.replace_range(30..31, if &guess[30..31] == "A" { "B" } else { "A" });
    for text in [unknown, guess, "tdb_".to_owned()] {
        assert_eq!(tokens.authenticate(Some(format!("Bearer {text}").as_bytes())), Err(Refusal::Invalid));
    }
    assert_eq!(with(&tokens, &token), Err(Refusal::Revoked));
}

#[test]
fn threads_see_a_revocation_while_they_authenticate() {
    let f = Fixture::new();
    let token = f.create("a", None);
    let tokens = f.open(false);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| while with(&tokens, &token).is_ok() {})).collect();
        token_file::revoke(f.dir.path(), token.id(), &*f.clock).unwrap();
        f.poll();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(with(&tokens, &token), Err(Refusal::Revoked));
}

/// Who may call belongs to the data that is served, and not to whatever has its path now.
#[test]
fn a_directory_that_takes_the_path_of_the_served_one_lets_nobody_in() {
    let (f, other) = (Fixture::new(), Fixture::new());
    // Both draw from the same seed, so the first tokens of both are one.
    let ours = f.create("a", None);
    other.create("a", None);
    let theirs = other.create("a", None);
    let tokens = f.open(false);
    let moved = f.dir.path().with_extension("moved");
    std::fs::rename(f.dir.path(), &moved).unwrap();
    std::fs::rename(other.dir.path(), f.dir.path()).unwrap();
    f.poll();
    assert_eq!(with(&tokens, &theirs), Err(Refusal::Invalid));
    assert!(with(&tokens, &ours).is_ok());
    token_file::revoke(&moved, ours.id(), &*f.clock).unwrap();
    f.poll();
    assert_eq!(with(&tokens, &ours), Err(Refusal::Revoked));
    std::fs::remove_dir_all(&moved).unwrap();
}

#[test]
fn the_first_token_is_noticed_also_after_the_directory_was_renamed() {
    let f = Fixture::new();
    let tokens = f.open(false);
    let moved = f.dir.path().with_extension("moved");
    std::fs::rename(f.dir.path(), &moved).unwrap();
    let new = NewToken {
        name: "agent".to_owned(),
        namespaces: Namespaces::All,
        rights: "read".parse().unwrap(),
        expires_at: None,
    };
    let token = token_file::create(&moved, &new, &*f.clock, &f.rng).unwrap();
    f.poll();
    assert_eq!(tokens.authenticate(None), Err(Refusal::Missing));
    assert!(with(&tokens, &token).is_ok());
    std::fs::remove_dir_all(&moved).unwrap();
}

#[test]
fn a_directory_that_is_not_there_is_no_directory_without_tokens() {
    let dir = TempDir::new();
    let path = dir.path().join("typo");
    let clock = Arc::new(ManualClock::new(1_000));
    assert!(matches!(Tokens::open(&path, clock, false), Err(TokenFileError::Io { .. })));
    assert!(matches!(token_file::list(&path), Err(TokenFileError::Io { .. })));
}
