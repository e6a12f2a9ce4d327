//! Splits the bytes of a stream into values. Whether they are events or bare JSON is detected from
//! the first bytes, because services do not always declare it in their headers.

use super::values::Values;
use crate::dialects::errors::StreamFault;
use crate::dialects::sse::{FrameTooLong, MAX_FRAME_BYTES};

/// A value of a stream.
pub(super) enum Piece<'a> {
    /// JSON, or `[DONE]`.
    Value(&'a [u8]),
    /// The data of an event named `error`.
    Error(&'a [u8]),
}

#[derive(Debug, Default)]
pub(super) struct Pieces {
    framing: Framing,
    values: Values,
}

#[derive(Debug, Default)]
enum Framing {
    #[default]
    Unknown,
    Bare,
    Events(Events),
}

/// The lines of an event stream. Data is split at the end of a JSON value, not of an event, because
/// some services omit the empty line.
#[derive(Debug, Default)]
struct Events {
    /// The incomplete last line.
    rest: Vec<u8>,
    /// A `\n` that follows a `\r` belongs to it.
    is_after_return: bool,
    is_error: bool,
}

impl Pieces {
    /// # Errors
    /// When the stream is malformed, or `on_value` fails.
    pub(super) fn push(
        &mut self,
        mut piece: &[u8],
        mut on_value: impl FnMut(Piece<'_>) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        let Self { framing, values } = self;
        if let Framing::Unknown = framing {
            piece = piece.trim_ascii_start();
            *framing = match piece.first() {
                None => return Ok(()),
                Some(b'{' | b'[' | b'"' | b'<') => Framing::Bare,
                Some(_) => Framing::Events(Events::default()),
            };
        }
        match framing {
            Framing::Events(events) => events
                .push(piece, |is_error, line| read_line(is_error, line, values, &mut on_value)),
            Framing::Unknown | Framing::Bare => {
                values.push(piece, |value| on_value(Piece::Value(value)))
            }
        }
    }

    /// Ends the stream; a last line without its line break counts.
    ///
    /// # Errors
    /// When the stream ends inside of a value, or `on_value` fails.
    pub(super) fn finish(
        &mut self,
        mut on_value: impl FnMut(Piece<'_>) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        self.push_end_of_events(&mut on_value)?;
        match self.values.finish()? {
            Some(value) => on_value(Piece::Value(&value)),
            None => Ok(()),
        }
    }

    fn push_end_of_events(
        &mut self,
        on_value: &mut impl FnMut(Piece<'_>) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        let Self { framing: Framing::Events(events), values } = self else { return Ok(()) };
        events.push(b"\n", |is_error, line| read_line(is_error, line, values, on_value))
    }
}

/// Reads one line; `is_error` is kept from an event's name to its end.
fn read_line(
    is_error: &mut bool,
    line: &[u8],
    values: &mut Values,
    on_value: &mut impl FnMut(Piece<'_>) -> Result<(), StreamFault>,
) -> Result<(), StreamFault> {
    if line.is_empty() {
        *is_error = false;
        return if values.is_inside() { Err(StreamFault::Malformed) } else { Ok(()) };
    }
    let colon = memchr::memchr(b':', line).unwrap_or(line.len());
    let (name, value) = line.split_at_checked(colon).unwrap_or((line, b""));
    let value = value.strip_prefix(b":").unwrap_or(value);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    match name {
        b"event" => *is_error = value == b"error",
        b"data" if *is_error => on_value(Piece::Error(value))?,
        b"data" => {
            values.push(value, |value| on_value(Piece::Value(value)))?;
            values.push(b"\n", |value| on_value(Piece::Value(value)))?;
        }
        // Comments, `id`, `retry`, and unknown fields.
        _ => {}
    }
    Ok(())
}

impl Events {
    fn push(
        &mut self,
        mut piece: &[u8],
        mut on_line: impl FnMut(&mut bool, &[u8]) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        loop {
            if let Some(first) = piece.first() {
                let is_rest_of_end = self.is_after_return && *first == b'\n';
                self.is_after_return = false;
                piece = piece.get(usize::from(is_rest_of_end)..).unwrap_or_default();
            }
            let Some(at) = memchr::memchr2(b'\n', b'\r', piece) else {
                return self.keep(piece);
            };
            let (line, end) = piece.split_at_checked(at).unwrap_or((piece, b""));
            self.is_after_return = end.first() == Some(&b'\r');
            piece = end.get(1..).unwrap_or_default();
            if self.rest.is_empty() {
                on_line(&mut self.is_error, line)?;
            } else {
                self.keep(line)?;
                let line = std::mem::take(&mut self.rest);
                on_line(&mut self.is_error, &line)?;
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), StreamFault> {
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > MAX_FRAME_BYTES { Err(FrameTooLong.into()) } else { Ok(()) }
    }
}
