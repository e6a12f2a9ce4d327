//! The bytes of a stream, cut into what they say. Whether they are events or bare JSON is told
//! by how they begin: services do not always say so in their headers.

use super::values::Values;
use crate::dialects::errors::StreamFault;
use crate::dialects::sse::{FrameTooLong, MAX_FRAME_BYTES};

/// Something that a stream says.
pub(super) enum Said<'a> {
    /// JSON, or `[DONE]`.
    Value(&'a [u8]),
    /// The data of an event that is called `error`.
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

/// The lines of an event stream. Data is cut at the end of a value and not of an event, for some
/// services forget the empty line.
#[derive(Debug, Default)]
struct Events {
    /// The begun line.
    rest: Vec<u8>,
    /// A `\n` that follows a `\r` belongs to it.
    is_after_return: bool,
    is_error: bool,
}

impl Pieces {
    /// # Errors
    /// When the stream cannot be read on, or `on_said` fails.
    pub(super) fn push(
        &mut self,
        mut piece: &[u8],
        mut on_said: impl FnMut(Said<'_>) -> Result<(), StreamFault>,
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
            Framing::Events(events) => {
                events.push(piece, |is_error, line| line_said(is_error, line, values, &mut on_said))
            }
            Framing::Unknown | Framing::Bare => {
                values.push(piece, |value| on_said(Said::Value(value)))
            }
        }
    }

    /// Ends the stream; a last line without its line break counts.
    ///
    /// # Errors
    /// When they ended inside of a value, or `on_said` fails.
    pub(super) fn finish(
        &mut self,
        mut on_said: impl FnMut(Said<'_>) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        self.push_end_of_events(&mut on_said)?;
        match self.values.finish()? {
            Some(value) => on_said(Said::Value(&value)),
            None => Ok(()),
        }
    }

    fn push_end_of_events(
        &mut self,
        on_said: &mut impl FnMut(Said<'_>) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        let Self { framing: Framing::Events(events), values } = self else { return Ok(()) };
        events.push(b"\n", |is_error, line| line_said(is_error, line, values, on_said))
    }
}

/// One line: `is_error` is kept from an event's name to its end.
fn line_said(
    is_error: &mut bool,
    line: &[u8],
    values: &mut Values,
    on_said: &mut impl FnMut(Said<'_>) -> Result<(), StreamFault>,
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
        b"data" if *is_error => on_said(Said::Error(value))?,
        b"data" => {
            values.push(value, |value| on_said(Said::Value(value)))?;
            values.push(b"\n", |value| on_said(Said::Value(value)))?;
        }
        // Comments, `id`, `retry`, and what is unknown.
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
