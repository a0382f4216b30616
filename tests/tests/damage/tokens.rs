//! The token file: a damaged one lets nobody in, and never another one than before.

use std::fs;
use std::sync::Arc;

use toondb_engine::api::Right;
use toondb_engine::clock::{Clock, ManualClock};
use toondb_engine::rng::SeededRng;
use toondb_grpc::auth;
use toondb_grpc::auth::{Namespaces, NewToken, Principal, Rights, Token, Tokens};
use toondb_tests::{CLOCK_START_MS, Dice, TempDir, is_long, seed};

fn header(token: &Token) -> Vec<u8> {
    format!("Bearer {}", token.reveal()).into_bytes()
}

fn who(tokens: &Tokens, header: Option<&[u8]>) -> Option<Principal> {
    tokens.authenticate(header).ok().map(|principal| (*principal).clone())
}

#[test]
fn a_damaged_token_file_lets_nobody_in_who_was_not() {
    let seed = seed(42);
    let (dir, clock) = (TempDir::new(), Arc::new(ManualClock::new(CLOCK_START_MS)));
    let rng = SeededRng::new(seed);
    let made = ["reader", "taken back", "writer"].map(|name| {
        let rights: Rights = [if name == "writer" { Right::Write } else { Right::Read }].into_iter().collect();
        let namespaces = Namespaces::These([name.replace(' ', "-").into()].into());
        let new = NewToken { name: name.to_owned(), namespaces, rights, expires_at: None };
        auth::create(dir.path(), &new, &*clock, &rng).unwrap()
    });
    auth::revoke(dir.path(), made[1].id(), &*clock).unwrap();
    let clock: Arc<dyn Clock> = clock;
    let open = || Tokens::open(dir.path(), Arc::clone(&clock), false).unwrap();
    let headers: Vec<Option<Vec<u8>>> =
        [None].into_iter().chain(made.iter().map(|token| Some(header(token)))).collect();
    let ask = || headers.iter().map(|header| who(&open(), header.as_deref())).collect::<Vec<_>>();
    let right = ask();
    assert_eq!(right.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false, true]);
    let (path, dice) = (dir.join(auth::FILE_NAME), Dice::new(seed));
    let sound = fs::read(&path).unwrap();
    for case in 0..if is_long() { 5_000 } else { 200 } {
        let mut bytes = sound.clone();
        let offset = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
        bytes[offset] ^=
            if dice.below(2) == 0 { 1 << dice.below(8) } else { u8::try_from(1 + dice.below(255)).unwrap() };
        fs::write(&path, &bytes).unwrap();
        for (found, right) in ask().into_iter().zip(&right) {
            assert!(
                found.is_none() || found == *right,
                "seed {seed}, case {case}, byte {offset} became {:#x}: {found:?} instead of {right:?}",
                bytes[offset]
            );
        }
    }
}
