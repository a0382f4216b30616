//! `toondb token` as a user types it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use toondb_tests::{Served, TempDir, server_binary};

fn token(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(server_binary());
    let (verb, rest) = arguments.split_first().unwrap();
    command.env_remove("TOONDB_DATA").args(["token", verb]).arg("--data").arg(data).args(rest);
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{error}");
    out.into_owned()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const CREATE: [&str; 9] =
    ["create", "--name", "agent-7", "--namespace", "a", "--namespace", "b", "--rights", "read,write"];

#[test]
fn a_token_is_shown_once_listed_and_revoked_beside_a_running_server() {
    let dir = TempDir::new();
    let data = dir.join("data");
    let created = token(&data, &[&CREATE[..], &["--expires", "30d"]].concat());
    let secret = text(&created).trim().to_owned();
    assert!(secret.starts_with("tdb_") && secret.len() == 64, "{secret}");
    assert!(String::from_utf8_lossy(&created.stderr).contains("only time that the token is shown"));
    let id = secret[4..20].to_owned();

    let _served = Served::start(&dir.join("s"), &data).unwrap();
    let all = text(&token(&data, &["create", "--name", "backup", "--all-namespaces", "--rights", "admin"]));
    let list = text(&token(&data, &["list"]));
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        (lines.len(), lines[1][0], lines[1][1], lines[1][2]),
        (3, id.as_str(), "agent-7", "read,write"),
        "{list}"
    );
    assert_eq!(lines[1][5..], ["valid", "a,b"]);
    assert_eq!(lines[2][4..], ["never", "valid", "(all)"]);
    assert!(!list.contains(&secret[21..]) && !list.contains(&all.trim()[21..]));

    let revoked = text(&token(&data, &["revoke", &id]));
    assert!(revoked.starts_with(&format!("token {id} (agent-7) is revoked since 2")), "{revoked}");
    assert_eq!(text(&token(&data, &["revoke", &id])), revoked, "a second time changes nothing");
    assert!(text(&token(&data, &["list"])).lines().nth(1).unwrap().contains(" revoked "));
    for entry in std::fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let content = std::fs::read(entry.path()).unwrap();
            let found = content.windows(43).any(|window| window == &secret.as_bytes()[21..]);
            assert!(!found, "{} holds a secret", entry.path().display());
        }
    }
    assert_eq!(data.join("tokens.json").metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn only_create_makes_the_directory() {
    let dir = TempDir::new();
    let data = dir.join("new/data");
    // A wrong path is not a directory without tokens.
    for arguments in [&["list"][..], &["revoke", "0123456789abcdef"]] {
        assert!(refused(&token(&data, arguments)).contains("No such file or directory"), "{arguments:?}");
    }
    assert!(!data.exists());
    text(&token(&data, &CREATE));
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let dir = TempDir::new();
    let named = ["create", "--name", "n"];
    for (rest, why) in [
        (&["--rights", "read"][..], "--namespace"),
        (&["--rights", "read", "--namespace", "a", "--all-namespaces"], "cannot be used with"),
        (&["--namespace", "a"], "--rights"),
        (&["--namespace", "a", "--rights", "root"], "the rights are read, write and admin"),
        (&["--namespace", "../a", "--rights", "read"], "namespace name"),
        (&["--namespace", "", "--rights", "read"], "default"),
        (&["--namespace", "a", "--rights", "read", "--expires", "soon"], "no span of time"),
    ] {
        let error = refused(&token(dir.path(), &[&named[..], rest].concat()));
        assert!(error.contains(why), "{rest:?}: {error}");
    }
    assert!(refused(&token(dir.path(), &["revoke", "no-id"])).contains("16 digits"));
    assert!(!dir.join("tokens.json").exists());
    std::fs::write(dir.join("tokens.json"), "{").unwrap();
    for arguments in [&["list"][..], &["revoke", "0123456789abcdef"], &CREATE] {
        assert!(refused(&token(dir.path(), arguments)).contains("is damaged"), "{arguments:?}");
    }
    assert_eq!(std::fs::read(dir.join("tokens.json")).unwrap(), b"{");
}

#[test]
fn commands_that_run_at_one_time_do_not_lose_each_other() {
    let dir = TempDir::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let created = text(&token(dir.path(), &CREATE));
                    text(&token(dir.path(), &["revoke", &created[4..20]]));
                }
            });
        }
    });
    let list = text(&token(dir.path(), &["list"]));
    assert_eq!(list.matches(" revoked ").count(), 20, "{list}");
}
