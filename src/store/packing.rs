//! Traces and bodies compressed with zstd; a short one stays as it is. They are short and alike, so
//! a dictionary makes them half as long, in half the time: what zstd knows beforehand it need not
//! find out, and not write down, for each of them.

use std::num::NonZeroU32;

use bytes::Bytes;
use diesel::sql_types::{Binary, Nullable};
use diesel::sqlite::SqliteConnection;
use zstd::bulk::{Compressor, Decompressor};

use crate::domain::invocation::{Bodies, Invocation};
use crate::domain::packed::{PackedCall, Texts};

/// A higher level costs more than it saves.
const LEVEL: i32 = 1;

/// Below this many bytes compressing costs more than the bytes that it saves.
const MIN_PACKED: usize = 100;

/// Trained on traces, requests and answers that `packing/train.py` makes. It is needed to read what
/// was written with it, and so it never changes: another one gets another number.
const DICTIONARY: &[u8] = include_bytes!("packing/dictionary-1");

/// Which each frame names that was made with it.
const DICTIONARY_ID: u32 = 1;

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
        Self { compressor: Compressor::with_dictionary(LEVEL, DICTIONARY).ok() }
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
    let unpacked = size.and_then(|size| decompressor(bytes).ok()?.decompress(bytes, size).ok());
    unpacked.unwrap_or_else(|| bytes.to_vec())
}

/// Earlier versions had no dictionary.
fn decompressor(frame: &[u8]) -> std::io::Result<Decompressor<'static>> {
    match zstd::zstd_safe::get_dict_id_from_frame(frame).map(NonZeroU32::get) {
        Some(DICTIONARY_ID) => Decompressor::with_dictionary(DICTIONARY),
        _ => Decompressor::new(),
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

    #[test]
    fn a_short_trace_is_packed_with_the_dictionary_and_one_without_is_read_as_well() {
        let trace = br#"{"strategy":"priority","seed":1,"candidates":[{"model":"openai/gpt-4o",
            "score":1.0,"reason":"asked for by name"}],"attempts":[],"timings":{"total_ms":2.1}}"#;
        let packed = Packer::default().pack(trace);
        let number = zstd::zstd_safe::get_dict_id_from_frame(&packed).map(NonZeroU32::get);
        assert_eq!(number, Some(DICTIONARY_ID));
        let without = zstd::bulk::compress(trace, LEVEL).unwrap();
        assert!(packed.len() * 3 < without.len() * 2, "{} {}", packed.len(), without.len());
        assert_eq!((unpack(&packed), unpack(&without)), (trace.to_vec(), trace.to_vec()));
    }

    /// What was written with it could not be read any more.
    #[test]
    fn the_dictionary_never_changes() {
        use sha2::{Digest, Sha256};
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(DICTIONARY));
        assert_eq!(digest, "65b753303527a9cf17f2db55f62311f4e87baaea885796389b8ea6f6f4f47996");
    }
}
