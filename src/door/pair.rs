//! A certificate with its chain and its key, read from two files of PEM and checked: what cannot be
//! used is told in words that say what to do about it.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};
use zeroize::Zeroizing;

use super::der::{Validity, validity};
use crate::config::tls_files::TlsFiles;

/// No chain is as large.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why two files cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPair(pub(super) String);

/// What a handshake shows and signs with.
pub struct Pair {
    pub key: Arc<CertifiedKey>,
    /// Of the first certificate: the router's own.
    pub validity: Validity,
}

impl fmt::Debug for Pair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pair").field("validity", &self.validity).finish_non_exhaustive()
    }
}

impl Pair {
    /// # Errors
    /// When the files cannot be read, are not what they should be, or do not fit each other.
    pub fn read(files: &TlsFiles) -> Result<Self, BadPair> {
        let chain = chain(&files.cert)?;
        let key = private_key(&files.key)?;
        let of_cert = |what: &str| BadPair(format!("`{}` {what}", files.cert.display()));
        let validity = chain.first().and_then(|own| validity(own));
        let validity = validity.ok_or_else(|| of_cert("holds no certificate of X.509"))?;
        let key = CertifiedKey::from_der(chain, key, &default_provider());
        let key = key.map_err(|error| BadPair(misfit(files, &error)))?;
        Ok(Self { key: Arc::new(key), validity })
    }

    /// Whether the handshake would be the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }
}

fn misfit(files: &TlsFiles, error: &TlsError) -> String {
    let (cert, key) = (files.cert.display(), files.key.display());
    match error {
        TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
            "the key in `{key}` does not fit the first certificate in `{cert}`: the router's own \
             certificate comes first, then those that signed it"
        ),
        other => format!("`{cert}` and `{key}` cannot be used: {other}"),
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, BadPair> {
    let bad = |what: String| BadPair(format!("`{}` {what}", path.display()));
    let text = read(path)?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| bad(broken(&error)))?;
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    Err(bad(match holds(&text, "PRIVATE KEY-----") {
        true => String::from("holds a key and no certificate: are `cert` and `key` exchanged?"),
        false => format!("holds no certificate: {}", as_pem(&text, "CERTIFICATE", "x509")),
    }))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, BadPair> {
    let bad = |what: String| BadPair(format!("`{}` {what}", path.display()));
    let text = read(path)?;
    if holds(&text, "ENCRYPTED") {
        let shown = path.display();
        return Err(bad(format!(
            "holds an encrypted key, whose passphrase nobody can type in: \
             `openssl pkey -in {shown} -out plain.pem` writes it without one"
        )));
    }
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) if holds(&text, "CERTIFICATE-----") => Err(bad(String::from(
            "holds a certificate and no key: are `cert` and `key` exchanged?",
        ))),
        Err(PemError::NoItemsFound) => {
            Err(bad(format!("holds no key: {}", as_pem(&text, "PRIVATE KEY", "pkey"))))
        }
        Err(error) => Err(bad(broken(&error))),
    }
}

/// The message of a file that holds nothing in PEM.
fn as_pem(text: &[u8], what: &str, tool: &str) -> String {
    match text.first() {
        None => String::from("it is empty"),
        // A sequence in DER.
        Some(0x30) => {
            format!("it seems to be DER; `openssl {tool} -inform der -in FILE` writes PEM")
        }
        Some(_) => format!("a PEM file has a line `-----BEGIN {what}-----`"),
    }
}

/// What came of a file that is being written, among others.
fn broken(error: &PemError) -> String {
    format!("is not whole, or no PEM: {error}")
}

fn holds(text: &[u8], word: &str) -> bool {
    memchr::memmem::find(text, word.as_bytes()).is_some()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, BadPair> {
    let bad = |what: String| BadPair(format!("`{}` {what}", path.display()));
    let unreadable = |error: std::io::Error| {
        bad(match error.kind() {
            ErrorKind::NotFound => String::from("is not there"),
            ErrorKind::PermissionDenied => {
                String::from("may not be read by the user that the router runs as")
            }
            _ => format!("cannot be read: {error}"),
        })
    };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(bad(String::from("is no file")));
    }
    if about.len() > MAX_BYTES {
        return Err(bad(String::from("is larger than a certificate or key can be")));
    }
    std::fs::read(path).map(Zeroizing::new).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    use super::*;

    /// A folder with two files.
    struct Folder(TempDir);

    impl Folder {
        fn with(cert: &str, key: &str) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            fs::write(folder.path("cert.pem"), cert).unwrap();
            fs::write(folder.path("key.pem"), key).unwrap();
            folder
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// What is wrong, without the folder.
        fn told(&self) -> String {
            let files = TlsFiles { cert: self.path("cert.pem"), key: self.path("key.pem") };
            let told = Pair::read(&files).map_or_else(|bad| bad.to_string(), |_| String::new());
            told.replace(&format!("{}/", self.0.path().display()), "")
        }
    }

    fn made() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![String::from("r.example")]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_pair_that_can_be_used_is_taken() {
        let (cert, key) = made();
        let (other, _) = made();
        let both = format!("{cert}{key}");
        for (cert, key) in [
            (cert.clone(), key.clone()),
            // With what signed it behind, with words between, in one file.
            (format!("{cert}{other}"), key.clone()),
            (format!("subject=r.example\n\n{cert}\n# end\n"), key.replace('\n', "\r\n")),
            (both.clone(), both.clone()),
        ] {
            assert_eq!(Folder::with(&cert, &key).told(), "");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_with_what_to_do() {
        let ((cert, key), (other_cert, other_key)) = (made(), made());
        let half = &cert[..cert.len() / 2];
        let encrypted =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let chain = format!("{other_cert}{cert}");
        for (cert, key, expected) in [
            (
                cert.as_str(),
                other_key.as_str(),
                "the key in `key.pem` does not fit the first certificate in `cert.pem`",
            ),
            (&chain, &key, "the router's own certificate comes first"),
            ("", &key, "`cert.pem` holds no certificate: it is empty"),
            (&cert, "", "`key.pem` holds no key: it is empty"),
            ("hello", &key, "-----BEGIN CERTIFICATE-----"),
            (&cert, "hello", "-----BEGIN PRIVATE KEY-----"),
            ("0\u{1}", &key, "openssl x509 -inform der"),
            (&cert, "0\u{1}", "openssl pkey -inform der"),
            (
                &key,
                &cert,
                "`cert.pem` holds a key and no certificate: are `cert` and `key` exchanged?",
            ),
            (&cert, &cert, "`key.pem` holds a certificate and no key"),
            (&cert, encrypted, "`key.pem` holds an encrypted key"),
            (&cert, old, "`openssl pkey -in key.pem -out plain.pem`"),
            (half, &key, "`cert.pem` is not whole, or no PEM"),
            (nonsense, &key, "`cert.pem` holds no certificate of X.509"),
        ] {
            let told = Folder::with(cert, key).told();
            assert!(told.contains(expected), "{told}");
            assert!(!told.contains("AAAA"), "{told}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let (cert, key) = made();
        let folder = Folder::with(&cert, &key);
        fs::remove_file(folder.path("key.pem")).unwrap();
        assert_eq!(folder.told(), "`key.pem` is not there");
        fs::create_dir(folder.path("key.pem")).unwrap();
        assert_eq!(folder.told(), "`key.pem` is no file");
        fs::write(folder.path("cert.pem"), vec![b'x'; 2_000_000]).unwrap();
        assert_eq!(folder.told(), "`cert.pem` is larger than a certificate or key can be");
    }
}
