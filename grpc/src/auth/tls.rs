//! TLS (rustls with ring, versions 1.2 and 1.3): the certificate of the server, and the authority of its clients.
//!
//! With a client authority the handshake fails for whoever has no certificate of it: mutual TLS, before any request. The files
//! are read once, at start, and everything that can be wrong with them is found then and named by file.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use toondb_engine::limits;

/// Where the files are. All are PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOptions {
    /// The server's certificate, followed by those that lead to its authority.
    pub cert: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// The authorities of the clients' certificates; nothing = clients need none.
    pub client_ca: Option<PathBuf>,
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is too large to be one.
    #[error("{} has more than {} bytes, and is therefore no {what}", path.display(), limits::PEM_BYTES_MAX)]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
    },
    /// A file holds something else.
    #[error("{} holds no {what} in PEM form (-----BEGIN ...)", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The files hold what they should, but it cannot be used.
    #[error("{files} cannot be used: {reason}")]
    Unusable {
        /// Which files.
        files: String,
        /// Why.
        reason: String,
    },
}

impl TlsOptions {
    /// Reads the files and checks that they belong together.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(&self) -> Result<ServerTlsConfig, TlsError> {
        let cert = read(&self.cert, "certificate", "CERTIFICATE-----")?;
        let key = read(&self.key, "private key", "PRIVATE KEY-----")?;
        warn_if_shared(&self.key);
        let config =
            ServerTlsConfig::new().identity(Identity::from_pem(cert, key)).timeout(limits::TLS_HANDSHAKE_TIMEOUT);
        check(&config, || format!("{} and {}", self.cert.display(), self.key.display()))?;
        let Some(client_ca) = &self.client_ca else { return Ok(config) };
        let config = config.client_ca_root(Certificate::from_pem(read(client_ca, "certificate", "CERTIFICATE-----")?));
        check(&config, || client_ca.display().to_string())?;
        Ok(config)
    }
}

/// Builds the real thing once: tonic parses only then.
fn check(config: &ServerTlsConfig, files: impl Fn() -> String) -> Result<(), TlsError> {
    let Err(error) = Server::builder().tls_config(config.clone()) else { return Ok(()) };
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        reason = error.to_string();
        source = error.source();
    }
    Err(TlsError::Unusable { files: files(), reason })
}

fn read(path: &Path, what: &'static str, marker: &str) -> Result<Vec<u8>, TlsError> {
    let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let max = limits::PEM_BYTES_MAX;
    let mut bytes = Vec::new();
    file.take(u64::try_from(max).unwrap_or(u64::MAX) + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > max {
        return Err(TlsError::TooLarge { path: path.to_owned(), what });
    }
    let holds = |line: &[u8]| line.starts_with(b"-----BEGIN ") && line.trim_ascii_end().ends_with(marker.as_bytes());
    if !bytes.split(|byte| *byte == b'\n').any(holds) {
        return Err(TlsError::Missing { path: path.to_owned(), what });
    }
    Ok(bytes)
}

/// Who can read the key can pose as the server. It is a warning only: some systems hand out keys through a group.
fn warn_if_shared(key: &Path) {
    if key.metadata().is_ok_and(|metadata| is_shared(metadata.mode())) {
        tracing::warn!(key = %key.display(), "other users may read the private key; chmod 600 keeps it private");
    }
}

fn is_shared(mode: u32) -> bool {
    mode & 0o077 != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rcgen::{CertificateParams, KeyPair};

    use super::super::testing::TempDir;
    use super::*;

    struct Files {
        dir: TempDir,
        options: TlsOptions,
    }

    impl Files {
        fn new() -> Self {
            let dir = TempDir::new();
            let key = KeyPair::generate().unwrap();
            let cert = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
            let options = TlsOptions {
                cert: dir.path().join("cert.pem"),
                key: dir.path().join("key.pem"),
                client_ca: Some(dir.path().join("ca.pem")),
            };
            std::fs::write(&options.cert, cert.pem()).unwrap();
            std::fs::write(&options.key, key.serialize_pem()).unwrap();
            std::fs::write(dir.path().join("ca.pem"), cert.pem()).unwrap();
            Self { dir, options }
        }

        fn error(&self) -> String {
            self.options.load().unwrap_err().to_string()
        }
    }

    #[test]
    fn good_files_are_taken() {
        let mut files = Files::new();
        files.options.load().unwrap();
        files.options.client_ca = None;
        files.options.load().unwrap();
    }

    #[test]
    fn every_problem_names_its_file() {
        let files = Files::new();
        let other = KeyPair::generate().unwrap().serialize_pem();
        let good = std::fs::read_to_string(&files.options.key).unwrap();
        std::fs::write(&files.options.key, other).unwrap();
        let text = files.error();
        assert!(text.contains("cert.pem") && text.contains("key.pem") && text.contains("cannot be used"), "{text}");
        std::fs::write(&files.options.key, good).unwrap();
        for (name, what) in [("cert.pem", "certificate"), ("key.pem", "private key"), ("ca.pem", "certificate")] {
            let path = files.dir.path().join(name);
            let good = std::fs::read(&path).unwrap();
            let huge = vec![b'-'; limits::PEM_BYTES_MAX + 1];
            let other = format!("-----BEGIN OTHER-----\n{what}\n-----END OTHER-----\n");
            let cases: [(&[u8], &str); 4] = [
                (b"", "holds no"),
                (b"\xff\xfe\0", "holds no"),
                (other.as_bytes(), "holds no"),
                (&huge, "has more than"),
            ];
            for (content, why) in cases {
                std::fs::write(&path, content).unwrap();
                let text = files.error();
                assert!(text.contains(name) && text.contains(what) && text.contains(why), "{text}");
            }
            let kind = if what == "certificate" { "CERTIFICATE" } else { "PRIVATE KEY" };
            std::fs::write(&path, format!("-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n")).unwrap();
            let text = files.error();
            assert!(text.contains(name) && text.contains("cannot be used"), "{text}");
            std::fs::remove_file(&path).unwrap();
            assert!(files.error().contains(name));
            std::fs::create_dir(&path).unwrap();
            assert!(files.error().contains(name));
            std::fs::remove_dir(&path).unwrap();
            std::fs::write(&path, good).unwrap();
        }
        files.options.load().unwrap();
    }

    #[test]
    fn a_key_that_others_may_read_is_noticed() {
        let files = Files::new();
        let mode = |mode| {
            std::fs::set_permissions(&files.options.key, std::fs::Permissions::from_mode(mode)).unwrap();
            is_shared(files.options.key.metadata().unwrap().mode())
        };
        assert!(!mode(0o600) && !mode(0o400) && mode(0o640) && mode(0o604));
    }
}
