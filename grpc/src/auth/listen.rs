//! Where a server may listen, given what protects it.
//!
//! | Address | Needs |
//! |---|---|
//! | loopback | nothing |
//! | any other | TLS, and one of: client certificates, tokens |
//!
//! On loopback without tokens every user of the machine may do everything, unlike on the Unix socket; the server says so when
//! it starts. An address that needs more than there is is refused at start, so that no mistake in a configuration serves data
//! to a network in the clear.

use std::net::SocketAddr;

use super::tls::TlsOptions;

/// Why a server may not listen on an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// Tokens and data would travel in the clear.
    #[error(
        "{0} can be reached from other machines, which needs TLS: give a certificate and its key, or listen on 127.0.0.1"
    )]
    NoTls(SocketAddr),
    /// Everybody who reaches it would be let in.
    #[error(
        "{0} can be reached from other machines, and nothing says who may call: create a token (toondb token create), give \
         the authority of the clients' certificates, or listen on 127.0.0.1"
    )]
    AnyCaller(SocketAddr),
}

fn is_loopback(addr: &SocketAddr) -> bool {
    addr.ip().to_canonical().is_loopback()
}

/// Lets a server listen on `addr`, or not.
///
/// # Errors
/// With what is missing.
pub fn check_address(addr: &SocketAddr, tls: Option<&TlsOptions>, tokens_exist: bool) -> Result<(), ListenError> {
    if is_loopback(addr) {
        return Ok(());
    }
    let tls = tls.ok_or(ListenError::NoTls(*addr))?;
    if tls.client_ca.is_none() && !tokens_exist {
        return Err(ListenError::AnyCaller(*addr));
    }
    Ok(())
}

/// True if [`super::Tokens`] must be opened so that nobody enters without a token, even before there is a file of them.
#[must_use]
pub fn requires_tokens(addr: &SocketAddr, tls: Option<&TlsOptions>) -> bool {
    !is_loopback(addr) && tls.is_none_or(|tls| tls.client_ca.is_none())
}

/// Who may call a server that listens on `addr`, for its log when it starts.
#[must_use]
pub fn describe_access(addr: &SocketAddr, tls: Option<&TlsOptions>, tokens_exist: bool) -> &'static str {
    let certificates = tls.is_some_and(|tls| tls.client_ca.is_some());
    match (certificates, tokens_exist) {
        (true, true) => "callers with a certificate of the authority and a token",
        (true, false) => "callers with a certificate of the authority; no token was ever created",
        (false, true) => "callers with a token",
        (false, false) if is_loopback(addr) && tls.is_none() => {
            "every process on this machine, without TLS and without a token; toondb token create makes tokens required"
        }
        (false, false) if is_loopback(addr) => {
            "every process on this machine, without a token; toondb token create makes tokens required"
        }
        (false, false) => "nobody: no token was ever created",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_loopback_needs_tls_and_a_way_to_know_the_caller() {
        let plain = TlsOptions { cert: "c".into(), key: "k".into(), client_ca: None };
        let mutual = TlsOptions { client_ca: Some("ca".into()), ..plain.clone() };
        for local in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            let local = local.parse().unwrap();
            for tls in [None, Some(&plain), Some(&mutual)] {
                assert!(check_address(&local, tls, false).is_ok() && check_address(&local, tls, true).is_ok());
                assert!(!requires_tokens(&local, tls));
            }
        }
        for open in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"] {
            let open = open.parse().unwrap();
            assert_eq!(check_address(&open, None, true), Err(ListenError::NoTls(open)));
            assert_eq!(check_address(&open, None, false), Err(ListenError::NoTls(open)));
            assert_eq!(check_address(&open, Some(&plain), false), Err(ListenError::AnyCaller(open)));
            assert_eq!(check_address(&open, Some(&plain), true), Ok(()));
            assert_eq!(check_address(&open, Some(&mutual), false), Ok(()));
            assert!(requires_tokens(&open, Some(&plain)) && !requires_tokens(&open, Some(&mutual)));
        }
    }

    #[test]
    fn a_server_says_that_every_process_may_call_it() {
        let local = "127.0.0.1:1".parse().unwrap();
        assert!(describe_access(&local, None, false).starts_with("every process on this machine, without TLS"));
        assert_eq!(describe_access(&local, None, true), "callers with a token");
    }
}
