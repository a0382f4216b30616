//! A connection to the server of a directory, whoever has to start it: look, queue, look again, start.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use toondb_engine::api::{ClientId, Error, ErrorCode, Result};
use toondb_engine::{SharedDir, limits};

use super::options::OpenOptions;
use super::places::{Place, places};
use super::starter::{Outcome, start};
use crate::client::options::ClientOptions;
use crate::client::stream::{Patience, Silence, Stream};
use crate::client::waiting::pause_for;
use crate::hello::Hello;
use crate::succession::is_newer;

const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(10);

/// A directory that was opened: found, checked, and known again. Whoever connects to its server does so through this.
#[derive(Debug)]
pub struct Opened {
    dir: SharedDir,
    options: OpenOptions,
    /// True once an older server was asked to give way, or the program was started: it is no newer than what answers then, whatever
    /// its version was said to be.
    has_asked: AtomicBool,
}

/// What a look at the places has found.
enum Seen {
    Answered(Stream),
    /// An older server ends, for this client.
    GivesWay,
    /// With what was tried last.
    Nobody(Error),
}

/// The time of one call.
struct Call<'a> {
    patience: &'a Patience<'a>,
    since: Silence,
    client: Option<ClientId>,
}

impl Call<'_> {
    /// The patience that is left.
    fn left(&self) -> Patience<'_> {
        let left = self.patience.timeout.map(|timeout| timeout.saturating_sub(self.since.lasted()));
        Patience { timeout: left, on_idle: self.patience.on_idle }
    }
}

impl Opened {
    /// Finds or makes the directory, and checks it; nobody is asked and nothing started yet.
    ///
    /// # Errors
    /// `PermissionDenied` if it is another user's, or everyone may write into it; `InvalidArgument` if the server's program has no
    /// absolute path; what the file system says.
    pub fn new(path: &Path, options: OpenOptions) -> Result<Self> {
        options.server.check()?;
        Ok(Self { dir: SharedDir::open(path)?, options, has_asked: AtomicBool::new(false) })
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// How its clients connect.
    pub fn client_options(&self) -> &ClientOptions {
        &self.options.client
    }

    /// Connects to its server, and says hello.
    pub(crate) fn reach(&self, client: Option<ClientId>, patience: &Patience<'_>) -> Result<Stream> {
        let call = Call { patience, since: Silence::begin(), client };
        let (mut pause, mut died, mut is_first) = (PAUSE_MIN, 0, true);
        self.dir.check_place()?;
        loop {
            // An older server is asked to give way once, and by nobody who has started one.
            let may_ask = !self.has_asked.load(Ordering::Relaxed);
            let seen = match self.look(&call, false)? {
                Seen::Answered(stream) if !(may_ask && self.is_older(&stream)) => return Ok(stream),
                seen => seen,
            };
            let why = match (self.dir.try_start()?, seen) {
                // Somebody starts one, or asks it to give way.
                (None, Seen::Answered(stream)) => return Ok(stream),
                (None, Seen::Nobody(_) | Seen::GivesWay) => {
                    Error::new(ErrorCode::Busy, "another process is starting its server")
                }
                (Some(_lock), seen) => {
                    // An only client is connected once.
                    drop(seen);
                    let why = match self.look(&call, may_ask)? {
                        Seen::Answered(stream) => {
                            self.has_asked.store(true, Ordering::Relaxed);
                            return Ok(stream);
                        }
                        // The lock stays until the successor is there: nobody else starts the older one again.
                        Seen::GivesWay => Error::new(ErrorCode::ShuttingDown, "its older server is ending"),
                        Seen::Nobody(why) => why,
                    };
                    self.has_asked.store(true, Ordering::Relaxed);
                    // What was removed meanwhile is not made anew.
                    self.dir.check_place()?;
                    match start(&self.dir, &self.options, self.interval(), &call.left())? {
                        // Connecting comes at once; after a pause if it was gone by then, as where servers are killed again and again.
                        Outcome::Ready if is_first => is_first = false,
                        Outcome::Ready => pause_for(PAUSE_MAX),
                        Outcome::Died(log) => {
                            died += 1;
                            tell_if_in_vain(died, &self.dir, &log)?;
                        }
                    }
                    self.wait_on(&call, &why)?;
                    continue;
                }
            };
            pause_for(pause);
            pause = (2 * pause).min(PAUSE_MAX);
            self.wait_on(&call, &why)?;
        }
    }

    /// Fails once the call is to end.
    fn wait_on(&self, call: &Call<'_>, why: &Error) -> Result<()> {
        call.patience.wait_on(&call.since).map_err(|error| match error.code {
            ErrorCode::Timeout => {
                Error { message: format!("{}: {}; {}", self.path().display(), error.message, why.message), ..error }
            }
            _ => error,
        })
    }

    /// True if the program would be a newer server than the one that has answered.
    fn is_older(&self, stream: &Stream) -> bool {
        is_newer(&self.options.server.version, &stream.welcome().server)
    }

    fn interval(&self) -> Duration {
        self.options.client.idle_interval.max(Duration::from_millis(1))
    }

    /// Tries all places; an older server is asked to give way if `as_successor`.
    fn look(&self, call: &Call<'_>, as_successor: bool) -> Result<Seen> {
        let mut nobody = Error::new(ErrorCode::ConnectionFailed, "there is no place for a socket: set XDG_RUNTIME_DIR");
        for place in places(&self.dir) {
            match self.ask(&place, call, as_successor)? {
                Seen::Nobody(error) => nobody = error,
                seen => return Ok(seen),
            }
        }
        Ok(Seen::Nobody(nobody))
    }

    fn ask(&self, place: &Place, call: &Call<'_>, as_successor: bool) -> Result<Seen> {
        let hello = Hello::new(self.options.client.name.as_str());
        let hello = match as_successor {
            true => hello.with_successor(self.options.server.version.as_str()),
            false => hello,
        };
        let hello = match call.client {
            Some(client) => hello.of(client),
            None => hello,
        };
        let stream = match Stream::connect(&place.socket, &self.options.client, &hello, &call.left()) {
            Ok(stream) => stream,
            Err(error) if matches!(error.code, ErrorCode::ConnectionFailed | ErrorCode::ShuttingDown) => {
                return Ok(Seen::Nobody(error));
            }
            // Whoever is there, it is none of this directory's business: the text that named the place may be old.
            Err(error) if !place.is_own && is_strangers(error.code) => return Ok(Seen::Nobody(error)),
            Err(error) => return Err(error),
        };
        let (shown, identity) = (place.socket.display(), self.dir.identity().to_string());
        let is_ours = match &stream.welcome().directory {
            Some(directory) => *directory == identity,
            None => place.is_named,
        };
        if !is_ours && place.is_own {
            let text =
                format!("the server on {shown} serves another directory than {}; stop it", self.path().display());
            return Err(Error::new(ErrorCode::Unavailable, text));
        }
        Ok(match (is_ours, stream.welcome().gives_way) {
            (true, false) => Seen::Answered(stream),
            (true, true) => Seen::GivesWay,
            (false, _) => {
                Seen::Nobody(Error::new(ErrorCode::ConnectionFailed, format!("{shown} serves another directory")))
            }
        })
    }
}

/// True of what another program than this directory's server may have answered with.
fn is_strangers(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::PermissionDenied | ErrorCode::Protocol | ErrorCode::UnsupportedVersion)
}

/// One server may be killed before it has said a word; many in a row mean that none ever will.
fn tell_if_in_vain(count: u32, dir: &SharedDir, log: &str) -> Result<()> {
    if count < limits::STARTS_MAX {
        return Ok(());
    }
    let text = match log {
        "" => "the last one died, and wrote nothing to its log".to_owned(),
        log => format!("the last one died; its log ends with: {log}"),
    };
    let text = format!("{count} servers were started for {}, and none answers: {text}", dir.path().display());
    Err(Error::new(ErrorCode::Unavailable, text))
}
