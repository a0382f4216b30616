//! `toondb install-units`: the example units, with the path of this program.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::cli::InstallUnits;
use crate::program::{self, Program};

const SOCKET: &str = include_str!("../../toondb.sock.example");
const SERVICE: &str = include_str!("../../scripts/systemd/toondb.service.example");
/// The program in the example.
const PROGRAM: &str = "/usr/local/bin/toondb";
/// Where the part of the service begins that a user's manager cannot do.
const SYSTEM_PART: &str = "\n# For the system alone;";

/// Writes both units, or neither: one that is there with other content is somebody's.
pub fn install(program: &Program, options: &InstallUnits) -> Result<(), Box<dyn Error>> {
    let folder = folder(options.user)?;
    let service = service(program, options.user)?;
    let units = [("toondb.socket", SOCKET.to_owned()), ("toondb.service", service)];
    let mut missing = Vec::new();
    for (name, text) in units {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(there) if there == text => println!("{} is there already", path.display()),
            Ok(_) => {
                let shown = path.display();
                return Err(format!(
                    "{shown} is there and says something else; nothing was written. Move it away first"
                )
                .into());
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing.push((path, text)),
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        }
    }
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (path, text) in missing {
        write_new(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    let user = if options.user { " --user" } else { "" };
    println!("now: systemctl{user} daemon-reload && systemctl{user} enable --now toondb.socket");
    if !options.user {
        println!(
            "only processes of the service's user are served; see User= in {}",
            folder.join("toondb.service").display()
        );
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn folder(user: bool) -> Result<PathBuf, Box<dyn Error>> {
    if !user {
        return Ok("/etc/systemd/system".into());
    }
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    Ok(config.ok_or("neither XDG_CONFIG_HOME nor HOME names a folder")?.join("systemd/user"))
}

/// The service for this program. In a unit each of its words is one of a command line: what would mean something there is refused.
fn service(program: &Program, user: bool) -> Result<String, Box<dyn Error>> {
    let mut words = Vec::new();
    for word in program.words() {
        let word = word.to_str().ok_or("the path of this program is not UTF-8")?;
        if word.contains(|c: char| c.is_whitespace() || c.is_control() || "%$\"'\\;".contains(c)) {
            return Err(format!("the path of this program, {word:?}, cannot stand in a unit; move it").into());
        }
        words.push(word);
    }
    if words.is_empty() {
        return Err(program::UNKNOWN.into());
    }
    let text = match (user, SERVICE.split_once(SYSTEM_PART)) {
        (true, Some((common, _))) => common,
        (true, None) | (false, _) => SERVICE,
    };
    Ok(text.replace(PROGRAM, &words.join(" ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn a_unit_starts_this_program_and_a_users_unit_asks_for_nothing_that_a_user_cannot_do() {
        let program = |words: &[&str]| Program::of(words.iter().map(Into::into).collect());
        let of = |user| service(&program(&["/opt/toondb-1/toondb"]), user).unwrap();
        for user in [true, false] {
            assert!(of(user).contains("\nExecStart=/opt/toondb-1/toondb serve --data %S/toondb --idle-exit 10min\n"));
            assert_eq!(of(user).contains("ProtectSystem="), !user);
            assert_eq!(of(user).contains("\nUser="), !user);
            assert!(of(user).contains("\nNoNewPrivileges=yes\n"));
        }
        for path in ["/opt/my programs/toondb", "/opt/%n/toondb", "/opt/$x", "/opt/\nExecStart=/bin/sh"] {
            assert!(service(&program(&[path]), true).is_err(), "{path:?}");
        }
        assert!(service(&program(&[]), true).is_err());
        let python = service(&program(&["/opt/venv/bin/python", "-m", "toondb"]), true).unwrap();
        assert!(python.contains("\nExecStart=/opt/venv/bin/python -m toondb serve --data"));
    }
}
