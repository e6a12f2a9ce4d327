//! Traces and bodies compressed with zstd; a short one stays as it is. They are short and alike, so
//! a dictionary makes them half as long, in half the time: what zstd knows beforehand it need not
//! find out, and not write down, for each of them. A trace's numbers stand apart ([`traces`]).

mod traces;

use std::num::NonZeroU32;

use bytes::Bytes;
use diesel::sql_types::{Binary, Nullable};
use diesel::sqlite::SqliteConnection;
use zstd::bulk::{Compressor, Decompressor};

use crate::domain::invocation::{Bodies, Invocation};
use crate::domain::packed::{PackedCall, Texts};
use crate::domain::varint;

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
    /// Of traces.
    shapes: Option<Compressor<'static>>,
}

impl Default for Packer {
    fn default() -> Self {
        let with = |dictionary| Compressor::with_dictionary(LEVEL, dictionary).ok();
        Self { compressor: with(DICTIONARY), shapes: with(traces::SHAPES) }
    }
}

impl Packer {
    /// Compresses a call's trace and bodies.
    pub fn pack_call(&mut self, mut call: Invocation, texts: Texts) -> PackedCall {
        let body_bytes = call.body_bytes();
        let trace = call.route.take().map(|route| self.pack_trace(route.as_bytes()));
        if let Some(Bodies { request, response, .. }) = &mut call.bodies {
            for body in [request, response] {
                *body = Bytes::from(self.pack(body));
            }
        }
        PackedCall { call, trace, texts, body_bytes }
    }

    /// Where it cannot be compressed, it is kept in a frame that is not.
    pub fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        let is_taken_for_packed = bytes.starts_with(&MAGIC) || bytes.first() == Some(&traces::MARK);
        if bytes.len() < MIN_PACKED && !is_taken_for_packed {
            return bytes.to_vec();
        }
        let packed = self.compressor.as_mut().map(|compressor| compressor.compress(bytes));
        match packed {
            Some(Ok(packed)) => packed,
            Some(Err(_)) | None => bytes.to_vec(),
        }
    }

    pub fn pack_trace(&mut self, json: &[u8]) -> Vec<u8> {
        self.with_numbers_apart(json).unwrap_or_else(|| self.pack(json))
    }

    fn with_numbers_apart(&mut self, json: &[u8]) -> Option<Vec<u8>> {
        let (numbers, text) = traces::take_apart(json)?;
        let text = self.shapes.as_mut()?.compress(&text).ok()?;
        let text = text.strip_prefix(&MAGIC)?;
        let mut packed = Vec::with_capacity(4 + numbers.len() + text.len());
        packed.push(traces::MARK);
        varint::put(numbers.len().try_into().ok()?, &mut packed);
        packed.extend_from_slice(&numbers);
        packed.extend_from_slice(text);
        Some(packed)
    }
}

/// What [`Packer::pack`] or [`Packer::pack_trace`] was given.
pub fn unpack(bytes: &[u8]) -> Vec<u8> {
    let unpacked = match bytes.first() {
        Some(&traces::MARK) => with_numbers(bytes),
        _ if bytes.starts_with(&MAGIC) => {
            decompressor(bytes).ok().and_then(|with| decompress(with, bytes))
        }
        _ => None,
    };
    unpacked.unwrap_or_else(|| bytes.to_vec())
}

fn with_numbers(packed: &[u8]) -> Option<Vec<u8>> {
    let mut rest = packed.strip_prefix(&[traces::MARK])?;
    let length = usize::try_from(varint::take(&mut rest)?).ok()?;
    let (numbers, text) = rest.split_at_checked(length)?;
    let frame = [&MAGIC, text].concat();
    let text = decompress(Decompressor::with_dictionary(traces::SHAPES).ok()?, &frame)?;
    traces::put_together(numbers, &text)
}

fn decompress(mut with: Decompressor<'static>, frame: &[u8]) -> Option<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    let size =
        size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_UNPACKED)?;
    with.decompress(frame, size).ok()
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
        for bytes in [&b""[..], b"{}", b"\x01", &[b'a'; 100_000], &looks_packed] {
            let packed = packer.pack(bytes);
            assert_eq!(unpack(&packed), bytes);
            assert!(packed.len() < bytes.len() + 16);
        }
        assert_eq!(unpack(b"no frame"), b"no frame");
    }

    #[test]
    fn a_trace_is_packed_by_its_shape_and_one_of_before_is_read_as_well() {
        let trace = br#"{"strategy":"priority","seed":191145749344752,"candidates":[{"model":
            "claude/sonnet","score":0.2958,"reason":"priority 0"}],"attempts":[{"model":"claude/sonnet",
            "outcome":"answered","at_ms":0.7,"ms":1344.93,"queue_ms":0.0,"http_status":200}]}"#;
        let mut packer = Packer::default();
        let (apart, packed) = (packer.pack_trace(trace), packer.pack(trace));
        let number = zstd::zstd_safe::get_dict_id_from_frame(&packed).map(NonZeroU32::get);
        assert_eq!(number, Some(DICTIONARY_ID));
        let without = zstd::bulk::compress(trace, LEVEL).unwrap();
        assert!(apart.len() < packed.len(), "{} {}", apart.len(), packed.len());
        assert!(packed.len() * 3 < without.len() * 2, "{} {}", packed.len(), without.len());
        for packed in [apart, packed, without] {
            assert_eq!(unpack(&packed), trace);
        }
        let no_json = packer.pack_trace(b"\x01");
        assert_eq!(unpack(&no_json), b"\x01");
        assert_eq!(unpack(b"\x01\x7f"), b"\x01\x7f");
    }

    /// What was written with them could not be read any more.
    #[test]
    fn dictionaries_never_change() {
        use sha2::{Digest, Sha256};
        let digest = |of: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(of));
        assert_eq!(
            digest(DICTIONARY),
            "65b753303527a9cf17f2db55f62311f4e87baaea885796389b8ea6f6f4f47996"
        );
        assert_eq!(
            digest(traces::SHAPES),
            "cd7011f0f9286681ad3f6c178a45b5d5615f5e2e2ec31ea31e4bfa3931ea02ef"
        );
    }
}
