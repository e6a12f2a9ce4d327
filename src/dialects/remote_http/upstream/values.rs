//! Splits a sequence of JSON values: one value a line, or values over many lines.

use crate::dialects::errors::StreamFault;
use crate::dialects::sse::{FrameTooLong, MAX_FRAME_BYTES};

/// Splits at the end of each value, found by its brackets and quotes; the reader checks whether it
/// is JSON.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// The incomplete last value.
    rest: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    /// In a number or a keyword: it ends with the next whitespace.
    Word,
    Nested {
        depth: u32,
    },
    /// `depth`: of the value around the string.
    String {
        depth: u32,
        is_escaped: bool,
    },
}

impl Values {
    pub(super) fn is_inside(&self) -> bool {
        self.state != State::Between
    }

    /// Takes the next bytes and passes each completed value to `on_value`.
    ///
    /// # Errors
    /// When a value grows beyond [`MAX_FRAME_BYTES`], or `on_value` fails.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        mut on_value: impl FnMut(&[u8]) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        let mut start = 0;
        for (at, byte) in piece.iter().enumerate() {
            let before = self.state;
            self.state = before.after(*byte);
            match (before, self.state) {
                (State::Between, State::Between) => start = at + 1,
                (_, State::Between) => {
                    let value = piece.get(start..=at).unwrap_or_default();
                    start = at + 1;
                    if self.rest.is_empty() {
                        check_length(value.len())?;
                        on_value(value.trim_ascii())?;
                    } else {
                        self.keep(value)?;
                        let value = std::mem::take(&mut self.rest);
                        on_value(value.trim_ascii())?;
                    }
                }
                _ => {}
            }
        }
        self.keep(piece.get(start..).unwrap_or_default())
    }

    /// Ends the stream; a last keyword counts.
    ///
    /// # Errors
    /// When the stream ends inside of a value.
    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, StreamFault> {
        match std::mem::take(&mut self.state) {
            State::Between => Ok(None),
            State::Word => Ok(Some(std::mem::take(&mut self.rest))),
            State::Nested { .. } | State::String { .. } => Err(StreamFault::Malformed),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), StreamFault> {
        self.rest.extend_from_slice(bytes);
        check_length(self.rest.len())
    }
}

fn check_length(length: usize) -> Result<(), StreamFault> {
    if length > MAX_FRAME_BYTES { Err(FrameTooLong.into()) } else { Ok(()) }
}

impl State {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Between | Self::Word, byte) if byte.is_ascii_whitespace() => Self::Between,
            (Self::Between, b'{' | b'[') => Self::Nested { depth: 1 },
            (Self::Between, b'"') => Self::String { depth: 0, is_escaped: false },
            (Self::Between | Self::Word, _) => Self::Word,
            (Self::Nested { depth }, b'{' | b'[') => {
                Self::Nested { depth: depth.saturating_add(1) }
            }
            (Self::Nested { depth }, b'}' | b']') => Self::inside(depth.saturating_sub(1)),
            (Self::Nested { depth }, b'"') => Self::String { depth, is_escaped: false },
            (Self::Nested { depth }, _) => Self::Nested { depth },
            (Self::String { depth, is_escaped: true }, _) => {
                Self::String { depth, is_escaped: false }
            }
            (Self::String { depth, .. }, b'"') => Self::inside(depth),
            (Self::String { depth, .. }, byte) => Self::String { depth, is_escaped: byte == b'\\' },
        }
    }

    fn inside(depth: u32) -> Self {
        if depth == 0 { Self::Between } else { Self::Nested { depth } }
    }
}
