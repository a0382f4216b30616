//! Where a server is: `host:port`, `grpc://host:port`, `grpcs://host:port` or `unix:/path`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use toondb_engine::api::{Error, Result};

/// The port where none is named.
const PORT_DEFAULT: u16 = 50051;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// On a host, maybe another one.
    Tcp {
        /// Its name or its address, an IPv6 one in brackets.
        host: String,
        /// The port.
        port: u16,
        /// True if the address itself asks for TLS.
        secure: bool,
    },
    /// On this machine, behind a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// True if nothing sent there leaves this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Address::Unix(_) => true,
            Address::Tcp { host, .. } => {
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = |why: &str| {
            let forms = "give host:port, grpc://host:port, grpcs://host:port or unix:/path";
            Error::invalid(format!("the address {text:?} is refused: {why}; {forms}"))
        };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(refused("it has no path")) } else { Ok(Address::Unix(path.into())) };
        }
        let (secure, rest) = match text.split_once("://") {
            Some(("grpc", rest)) => (false, rest),
            Some(("grpcs", rest)) => (true, rest),
            Some(_) => return Err(refused("it has another scheme")),
            None => (false, text),
        };
        let (host, port) = match rest.rsplit_once(':') {
            // The colons of a bare IPv6 address separate no port.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| refused("it has a bad port"))?)
            }
            Some(_) => return Err(refused("an IPv6 address needs brackets")),
            None => (rest, PORT_DEFAULT),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(is_name) {
            return Err(refused("it has no usable host"));
        }
        Ok(Address::Tcp { host: host.to_owned(), port, secure })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    fn tcp(host: &str, port: u16, secure: bool) -> Address {
        Address::Tcp { host: host.to_owned(), port, secure }
    }

    #[test]
    fn every_form_is_read() {
        let cases = [
            ("localhost:50051", tcp("localhost", 50051, false)),
            ("localhost", tcp("localhost", 50051, false)),
            ("grpc://10.0.0.1:7", tcp("10.0.0.1", 7, false)),
            ("grpcs://api.example.com:443", tcp("api.example.com", 443, true)),
            ("[::1]:9", tcp("[::1]", 9, false)),
            ("unix:/run/t.sock", Address::Unix("/run/t.sock".into())),
            ("unix:///run/t.sock", Address::Unix("/run/t.sock".into())),
        ];
        for (text, wanted) in cases {
            assert_eq!(text.parse::<Address>().unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ":1", "h:0", "h:x", "h:70000", "http://h:1", "::1:9", "unix:", "a b:1", "h/p:1", "u@h:1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_local() {
        for text in ["localhost:1", "127.0.0.1:1", "127.8.0.1:1", "[::1]:1", "unix:/s"] {
            assert!(text.parse::<Address>().unwrap().is_local(), "{text}");
        }
        for text in ["10.0.0.1:1", "[fe80::1]:1", "example.com:1", "localhost.example.com:1"] {
            assert!(!text.parse::<Address>().unwrap().is_local(), "{text}");
        }
    }
}
