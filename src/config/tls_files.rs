//! `[server.tls]`: where the certificate lies and where its key.

use std::path::PathBuf;

use super::reader::TableReader;

/// Two files of PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The router's certificate, and behind it those that signed it.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// `None` where one is missing, which is reported.
pub fn read(table: &TableReader<'_>) -> Option<TlsFiles> {
    let table = table.table("tls")?;
    let path = |key| table.required_string(key).map(|written| PathBuf::from(written.value));
    let (cert, key) = (path("cert"), path("key"));
    table.finish();
    Some(TlsFiles { cert: cert?, key: key? })
}
