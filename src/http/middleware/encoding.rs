//! Compressed bodies of requests: gzip, deflate, br and zstd, one after another where a client used
//! several. What they unpack to is bounded, so that a small body cannot fill the memory.

use std::io::{self, Read};

use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use actix_web::rt::task::spawn_blocking;
use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::http::problem::{ACCEPTED_CODINGS, CODING_REFUSED, Problem};

/// Each costs a pass over the body, and more than this has no use.
const MAX_CODINGS: usize = 4;

/// The largest window that RFC 9659 allows this coding: 8 MiB, as a power of two. It is made before
/// a byte is unpacked.
const ZSTD_WINDOW_LOG: u32 = 23;

/// What brotli keeps of its input at a time.
const BROTLI_BUFFER: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The codings of a body, in the order in which they were applied. `identity` is none.
///
/// # Errors
/// 415 for a coding that is not taken, with those that are.
pub fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, Problem> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        // A value that is not ASCII names no coding.
        for written in value.to_str().unwrap_or("?").split(',').map(str::trim) {
            match written.to_ascii_lowercase().as_str() {
                "" | "identity" => {}
                "gzip" | "x-gzip" => codings.push(Coding::Gzip),
                "deflate" => codings.push(Coding::Deflate),
                "br" => codings.push(Coding::Brotli),
                "zstd" => codings.push(Coding::Zstd),
                _ => return Err(refused(&format!("content-encoding `{written}` is not taken"))),
            }
        }
    }
    match codings.len() {
        0..=MAX_CODINGS => Ok(codings),
        _ => Err(refused(&format!("more than {MAX_CODINGS} content-encodings are not taken"))),
    }
}

fn refused(what: &str) -> Problem {
    Problem::new(415, CODING_REFUSED, format!("{what}; these are: {ACCEPTED_CODINGS}"))
}

/// Unpacks a body, on a thread of its own: some megabytes would hold up the other calls of this
/// one. `limit` holds after each of the codings.
///
/// # Errors
/// 413 where it unpacks to more than the limit, 400 where it cannot be unpacked.
///
/// # Cancel safety
/// Dropping it leaves the thread to end by itself, which the limit sees to.
pub async fn unpacked(body: Bytes, codings: Vec<Coding>, limit: usize) -> Result<Bytes, Problem> {
    if codings.is_empty() {
        return Ok(body);
    }
    let unpack =
        move || codings.iter().rev().try_fold(body, |packed, coding| coding.unpack(&packed, limit));
    match spawn_blocking(unpack).await {
        Ok(unpacked) => unpacked,
        Err(_) => Err(Problem::new(500, "internal_error", "the body could not be unpacked")),
    }
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn unpack(self, packed: &[u8], limit: usize) -> Result<Bytes, Problem> {
        let mut rest = packed;
        let unpacked = match self {
            Self::Gzip => read(MultiGzDecoder::new(&mut rest), limit),
            // Some clients leave the wrapper of zlib out, which the standard asks for.
            Self::Deflate if has_zlib_header(packed) => read(ZlibDecoder::new(&mut rest), limit),
            Self::Deflate => read(DeflateDecoder::new(&mut rest), limit),
            Self::Brotli => read(Decompressor::new(&mut rest, BROTLI_BUFFER), limit),
            Self::Zstd => ZstdDecoder::with_buffer(&mut rest).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                read(decoder, limit)
            }),
        };
        let broken = |reason: &str| {
            let message = format!(
                "the body is not valid {}, which its content-encoding names: {reason}",
                self.name()
            );
            Problem::new(400, "invalid_content_encoding", message)
        };
        match unpacked {
            Err(error) => Err(broken(&error.to_string())),
            Ok(Unpacked::TooMuch) => {
                let message = format!(
                    "the body unpacks to more than {limit} bytes ([server] max_body_bytes)"
                );
                Err(Problem::new(413, "request_too_large", message))
            }
            Ok(Unpacked::Whole(_)) if !rest.is_empty() => Err(broken("more bytes follow its end")),
            Ok(Unpacked::Whole(bytes)) => Ok(bytes),
        }
    }
}

enum Unpacked {
    Whole(Bytes),
    TooMuch,
}

/// Reads one byte beyond the limit at most.
fn read(decoder: impl Read, limit: usize) -> io::Result<Unpacked> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(most).read_to_end(&mut bytes)?;
    Ok(if bytes.len() > limit { Unpacked::TooMuch } else { Unpacked::Whole(bytes.into()) })
}

/// RFC 1950: the method is 8, and the two bytes are a multiple of 31.
fn has_zlib_header(packed: &[u8]) -> bool {
    let [method, flags, ..] = packed else { return false };
    method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use actix_web::http::header::HeaderValue;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const LIMIT: usize = 10_000;

    fn packed(coding: Coding, text: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Brotli => {
                let mut out = Vec::new();
                let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
                encoder.write_all(text).unwrap();
                drop(encoder);
                out
            }
            Coding::Zstd => zstd::encode_all(text, 3).unwrap(),
        }
    }

    const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

    /// The text, or the status of the refusal.
    fn outcome(coding: Coding, packed: &[u8]) -> Result<Vec<u8>, u16> {
        coding.unpack(packed, LIMIT).map(|bytes| bytes.to_vec()).map_err(|problem| problem.status)
    }

    #[test]
    fn each_coding_is_unpacked_up_to_the_limit() {
        for coding in ALL {
            for length in [0, 1, LIMIT] {
                let text = vec![b'x'; length];
                assert_eq!(
                    outcome(coding, &packed(coding, &text)),
                    Ok(text),
                    "{coding:?} {length}"
                );
            }
            for length in [LIMIT + 1, 20_000_000] {
                let bomb = packed(coding, &vec![0; length]);
                assert_eq!(outcome(coding, &bomb), Err(413), "{coding:?} {length}");
            }
        }
    }

    #[test]
    fn what_is_cut_short_or_followed_or_something_else_is_no_body() {
        let text = b"{\"model\": \"gpt-x\", \"messages\": []}".repeat(20);
        for coding in ALL {
            let whole = packed(coding, &text);
            for length in 0..whole.len() {
                assert_eq!(
                    outcome(coding, &whole[..length]),
                    Err(400),
                    "{coding:?} cut at {length}"
                );
            }
            // brotli's reader takes bytes ahead, and does not tell of those that it has no use for.
            if coding != Coding::Brotli {
                let followed = [&whole[..], b"rest"].concat();
                assert_eq!(outcome(coding, &followed), Err(400), "{coding:?} followed");
            }
            assert_eq!(
                outcome(coding, b"{\"model\": \"gpt-x\"}"),
                Err(400),
                "{coding:?} not packed"
            );
        }
    }

    #[test]
    fn members_and_frames_in_a_row_and_deflate_without_its_wrapper_are_read() {
        for coding in [Coding::Gzip, Coding::Zstd] {
            let two = [packed(coding, b"one "), packed(coding, b"two")].concat();
            assert_eq!(outcome(coding, &two), Ok(b"one two".to_vec()), "{coding:?}");
        }
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"raw").unwrap();
        assert_eq!(outcome(Coding::Deflate, &raw.finish().unwrap()), Ok(b"raw".to_vec()));
    }

    #[test]
    fn a_window_beyond_the_standard_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(b"small").unwrap();
        assert_eq!(outcome(Coding::Zstd, &encoder.finish().unwrap()), Err(400));
    }

    #[test]
    fn codings_are_read_in_their_order() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            codings(&headers).map_err(|problem| problem.status)
        };
        assert_eq!(read(&[]), Ok(vec![]));
        assert_eq!(read(&["identity"]), Ok(vec![]));
        assert_eq!(read(&["GZip"]), Ok(vec![Coding::Gzip]));
        assert_eq!(
            read(&["x-gzip, identity ,br", "zstd"]),
            Ok(vec![Coding::Gzip, Coding::Brotli, Coding::Zstd])
        );
        assert_eq!(read(&["gzip, compress"]), Err(415));
        assert_eq!(read(&["gzip, gzip, gzip, gzip, gzip"]), Err(415));
    }
}
