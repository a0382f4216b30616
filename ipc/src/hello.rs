//! The first exchange on a connection: which protocol, and within which limits.
//!
//! It uses operation code 0, which the operation table never gives out. Fields that a peer does not know are ignored,
//! so both sides may add some; a change that old peers would misread takes a new protocol number instead.

use serde::{Deserialize, Serialize};
use toondb_engine::api::{ByteBuf, ClientId};
use toondb_engine::limits;

/// The operation code of the hello.
pub const HELLO_CODE: u16 = 0;
/// The only protocol of this build.
pub const PROTOCOL: u16 = 1;

/// What a client says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol it wants to speak.
    pub protocol: u16,
    /// Who it is, for the server's log.
    #[serde(default)]
    pub client: String,
    /// Under whose numbers it asks: 16 random bytes. Without it no request may have a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ByteBuf>,
    /// The version of the server that this client would start in the place of the one it speaks to; see [`Welcome::gives_way`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

impl Hello {
    /// The hello of this build's clients.
    pub fn new(client: impl Into<String>) -> Self {
        Self { protocol: PROTOCOL, client: client.into(), client_id: None, successor: None }
    }

    /// The same, of a client that asks under numbers.
    #[must_use]
    pub fn of(self, client: ClientId) -> Self {
        Self { client_id: Some(ByteBuf::from(client.0)), ..self }
    }

    /// The same, of a client that would start a server of this version.
    #[must_use]
    pub fn with_successor(self, version: impl Into<String>) -> Self {
        Self { successor: Some(version.into()), ..self }
    }
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol both speak from now on.
    pub protocol: u16,
    /// The server's version.
    pub server: String,
    /// The largest frame it takes and gives, without the length in front.
    pub frame_bytes_max: u64,
    /// Requests a connection may have unanswered before the server stops reading from it.
    pub pipeline_max: u64,
    /// The deepest nesting it takes.
    pub depth_max: u64,
    /// The most values in one frame it takes.
    pub elements_max: u64,
    /// True if requests may have numbers.
    #[serde(default)]
    pub numbers: bool,
    /// Which data directory it serves: [`toondb_engine::DirectoryIdentity`] as a text. Servers of earlier versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// True if it ends now, so that the [successor](Hello::successor) can be started: the client is to close the connection, and to
    /// connect anew to what serves the directory then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gives_way: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Welcome {
    /// The answer of a server that reads on until `pipeline_max` requests are unanswered.
    pub fn new(pipeline_max: usize) -> Self {
        Self {
            protocol: PROTOCOL,
            server: env!("CARGO_PKG_VERSION").to_owned(),
            frame_bytes_max: limits::FRAME_BYTES_MAX as u64,
            pipeline_max: pipeline_max as u64,
            depth_max: limits::FRAME_DEPTH_MAX as u64,
            elements_max: limits::FRAME_ELEMENTS_MAX as u64,
            numbers: true,
            directory: None,
            gives_way: false,
        }
    }
}
