//! Where the server of a directory is, or may be.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toondb_engine::peer::own_uid;
use toondb_engine::{DirectoryIdentity, SharedDir};

use crate::listener::check_path;

/// Where a socket is looked for, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The socket.
    pub socket: PathBuf,
    /// True if the place is the directory's own, so that a server that serves another one has no business there.
    pub is_own: bool,
    /// True if a server that does not say what it serves is believed: its socket lies in the directory.
    pub is_named: bool,
}

/// Where a server that is started makes its socket: the first place at which it can. In the directory, or, where the path is too long
/// or the file system holds no sockets, in `$XDG_RUNTIME_DIR`.
pub fn socket_places(dir: &SharedDir) -> Vec<PathBuf> {
    let of_user = runtime_dir().map(|place| runtime_socket(&place, dir.identity()));
    [dir.socket()].into_iter().chain(of_user).filter(|path| check_path(path).is_ok()).collect()
}

/// Where the directory's server is looked for, in this order.
pub fn places(dir: &SharedDir) -> Vec<Place> {
    let own = |socket| Place { is_named: socket == dir.socket(), socket, is_own: true };
    let mut places: Vec<Place> = socket_places(dir).into_iter().map(own).collect();
    // It may be older than whoever has that socket now, who must say what he serves.
    let named = dir.holder().socket.map(|socket| Place { socket, is_own: false, is_named: false });
    let of_units = unit_socket(dir.path()).map(|socket| Place { socket, is_own: false, is_named: false });
    for place in named.into_iter().chain(of_units) {
        if check_path(&place.socket).is_ok() && !places.iter().any(|known| known.socket == place.socket) {
            places.push(place);
        }
    }
    places
}

fn runtime_socket(place: &Path, identity: DirectoryIdentity) -> PathBuf {
    place.join(format!("toondb-{identity}.sock"))
}

/// `$XDG_RUNTIME_DIR`, if it is what it must be: this user's, and nobody else may write into it.
fn runtime_dir() -> Option<PathBuf> {
    let path = absolute("XDG_RUNTIME_DIR")?;
    let found = std::fs::metadata(&path).ok()?;
    (found.is_dir() && found.uid() == own_uid() && found.mode() & 0o022 == 0).then_some(path)
}

/// The socket of the units that `toondb install-units --user` writes, if `dir` is what they serve: `%t/toondb/toondb.sock` and
/// `%S/toondb`. Connecting to it starts that server, so it is asked for no other directory.
fn unit_socket(dir: &Path) -> Option<PathBuf> {
    let socket = runtime_dir()?.join("toondb/toondb.sock");
    let home = absolute("HOME");
    let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
    // Before systemd 254 a user's state was among the configuration.
    let states =
        [absolute("XDG_STATE_HOME"), below_home(".local/state"), absolute("XDG_CONFIG_HOME"), below_home(".config")];
    let serves =
        states.into_iter().flatten().any(|state| state.join("toondb").canonicalize().is_ok_and(|state| state == dir));
    serves.then_some(socket)
}

fn absolute(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}
