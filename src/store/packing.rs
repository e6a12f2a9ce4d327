//! Traces and bodies compressed with zstd; a short one stays as it is.

use bytes::Bytes;
use diesel::sql_types::{Binary, Nullable};
use diesel::sqlite::SqliteConnection;
use zstd::bulk::Compressor;

use crate::domain::invocation::{Bodies, Invocation};
use crate::domain::packed::{PackedCall, Texts};

/// 3.8 : 1 on bodies of a kilobyte; a higher level costs more than it saves.
const LEVEL: i32 = 1;

/// Below this many bytes compressing costs more than the bytes that it saves.
const MIN_PACKED: usize = 200;

/// What every frame of zstd begins with. A value that does is compressed, however short it is.
const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// What one value may grow to when it is unpacked.
const MAX_UNPACKED: usize = 256 * 1024 * 1024;

/// Keeps its tables from one value to the next.
pub struct Packer {
    compressor: Option<Compressor<'static>>,
}

impl Default for Packer {
    fn default() -> Self {
        Self { compressor: Compressor::new(LEVEL).ok() }
    }
}

impl Packer {
    /// Compresses a call's trace and bodies.
    pub fn pack_call(&mut self, mut call: Invocation, texts: Texts) -> PackedCall {
        let body_bytes = call.body_bytes();
        let trace = call.route.take().map(|route| self.pack(route.as_bytes()));
        if let Some(Bodies { request, response, .. }) = &mut call.bodies {
            for body in [request, response] {
                *body = Bytes::from(self.pack(body));
            }
        }
        PackedCall { call, trace, texts, body_bytes }
    }

    /// Where it cannot be compressed, it is kept in a frame that is not.
    pub fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        if bytes.len() < MIN_PACKED && !bytes.starts_with(&MAGIC) {
            return bytes.to_vec();
        }
        let packed = self.compressor.as_mut().map(|compressor| compressor.compress(bytes));
        match packed {
            Some(Ok(packed)) => packed,
            Some(Err(_)) | None => bytes.to_vec(),
        }
    }
}

/// What [`Packer::pack`] was given.
pub fn unpack(bytes: &[u8]) -> Vec<u8> {
    if !bytes.starts_with(&MAGIC) {
        return bytes.to_vec();
    }
    let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
    let size =
        size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_UNPACKED);
    match size.map(|size| zstd::bulk::decompress(bytes, size)) {
        Some(Ok(unpacked)) => unpacked,
        Some(Err(_)) | None => bytes.to_vec(),
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn unzstd(packed: Nullable<Binary>) -> Nullable<Binary>;
}

/// Gives SQL the function `unzstd`, with which a migration is taken back.
///
/// # Errors
/// SQLite's error.
pub fn register(connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
    let unpacked = |packed: Option<Vec<u8>>| packed.map(|packed| unpack(&packed));
    unzstd_utils::register_impl(connection, unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let mut packer = Packer::default();
        let looks_packed = packer.pack(&[b'a'; 100_000]);
        for bytes in [&b""[..], b"{}", &[b'a'; 100_000], &looks_packed] {
            let packed = packer.pack(bytes);
            assert_eq!(unpack(&packed), bytes);
            assert!(packed.len() < bytes.len() + 16);
        }
        assert_eq!(unpack(b"no frame"), b"no frame");
    }
}
