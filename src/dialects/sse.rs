//! Server-Sent Events, split into frames without copying: a frame that arrived in one piece is a
//! slice of that piece. `\n`, `\r\n` and `\r` end lines, an empty line ends a frame, and the
//! remainder at the end of the stream is a frame too.
//!
//! Source: the "event stream interpretation" section of the WHATWG HTML standard.

use std::borrow::Cow;
use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::surrogates::Halves;

/// The longest accepted frame; images come in frames of megabytes.
pub const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the stream is longer than {MAX_FRAME_BYTES} bytes")]
pub struct FrameTooLong;

/// Splits a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Splitter {
    /// The incomplete last frame.
    rest: BytesMut,
    /// The length of the prefix of `rest` that is known to hold no end of a frame.
    searched: usize,
    halves: Halves,
}

impl Splitter {
    /// Takes the next piece and passes each completed frame to `on_frame`: the bytes that contain
    /// it, and its range. Frames of one piece follow each other in the same bytes, except those
    /// that had to be repaired ([`Halves`]).
    ///
    /// # Errors
    /// When a frame grows beyond [`MAX_FRAME_BYTES`].
    pub fn push(
        &mut self,
        mut piece: Bytes,
        mut on_frame: impl FnMut(&Bytes, Range<usize>),
    ) -> Result<(), FrameTooLong> {
        if !self.rest.is_empty() {
            self.rest.extend_from_slice(&piece);
            let from = self.searched.saturating_sub(3);
            if frame_end(&self.rest, from).is_none() {
                self.searched = self.rest.len();
                return self.check_length();
            }
            self.searched = 0;
            piece = std::mem::take(&mut self.rest).freeze();
        }
        let mut start = 0;
        while let Some(end) = frame_end(&piece, start) {
            self.hand_on(&piece, start..end, &mut on_frame);
            start = end;
        }
        self.rest.extend_from_slice(piece.get(start..).unwrap_or_default());
        self.searched = self.rest.len();
        self.check_length()
    }

    /// The remainder: a frame that was held back, and one without its empty line.
    pub fn finish(&mut self) -> Vec<Bytes> {
        self.searched = 0;
        let rest = std::mem::take(&mut self.rest).freeze();
        let mut left = Vec::new();
        if !rest.iter().all(u8::is_ascii_whitespace) {
            let whole = 0..rest.len();
            self.hand_on(&rest, whole, &mut |bytes, place| left.push(bytes.slice(place)));
        }
        left.extend(self.halves.last().map(Bytes::from));
        left
    }

    fn hand_on(
        &mut self,
        bytes: &Bytes,
        place: Range<usize>,
        on_frame: &mut impl FnMut(&Bytes, Range<usize>),
    ) {
        let frame = bytes.get(place.clone()).unwrap_or_default();
        let (held, frame) = self.halves.next(frame);
        for mended in held.into_iter().map(Bytes::from) {
            on_frame(&mended, 0..mended.len());
        }
        match frame {
            None => {}
            Some(Cow::Borrowed(_)) => on_frame(bytes, place),
            Some(Cow::Owned(mended)) => {
                let mended = Bytes::from(mended);
                on_frame(&mended, 0..mended.len());
            }
        }
    }

    fn check_length(&self) -> Result<(), FrameTooLong> {
        if self.rest.len() > MAX_FRAME_BYTES { Err(FrameTooLong) } else { Ok(()) }
    }
}

/// The end of the first frame, after its empty line. A `\r` at the very end is left for the next
/// piece, because a `\n` may follow.
fn frame_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', bytes.get(at..)?) {
        let line_end = after_line_end(bytes, at + found)?;
        match bytes.get(line_end) {
            Some(b'\n' | b'\r') => return after_line_end(bytes, line_end),
            Some(_) => at = line_end,
            None => return None,
        }
    }
    None
}

/// The position after the line ending at `at`; `None` when it may be incomplete.
fn after_line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes.get(at)?, bytes.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) => None,
        _ => Some(at + 1),
    }
}

/// The content of a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum FrameContent<'a> {
    /// A comment, an event without data or with empty data, or a keep-alive event.
    Nothing,
    /// `[DONE]`, with which OpenAI, and gateways before other APIs, end a stream.
    Done,
    Data(Cow<'a, [u8]>),
    /// The data of an event named `error`.
    Error(Cow<'a, [u8]>),
    /// Not an event: JSON although a stream was requested.
    Body(&'a [u8]),
}

/// Keep-alive events of proxies, whatever their data is.
const KEEPALIVE: [&[u8]; 5] = [b"ping", b"heartbeat", b"keepalive", b"keep-alive", b"keep_alive"];

pub fn read(frame: &[u8]) -> FrameContent<'_> {
    let Some(data) = data(frame) else {
        let text = frame.trim_ascii();
        let is_json = matches!(text.first(), Some(b'{' | b'['));
        return if is_json { FrameContent::Body(text) } else { FrameContent::Nothing };
    };
    match event(frame) {
        Some(b"error") => return FrameContent::Error(data),
        Some(name) if KEEPALIVE.contains(&name) => return FrameContent::Nothing,
        _ => {}
    }
    match data.trim_ascii() {
        b"" => FrameContent::Nothing,
        b"[DONE]" => FrameContent::Done,
        _ => FrameContent::Data(data),
    }
}

/// The data of a frame: its `data:` lines joined by newlines, `None` for a frame without one,
/// such as a comment.
fn data(frame: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut found: Option<Cow<'_, [u8]>> = None;
    for line in lines(frame) {
        let Some(value) = field(line, b"data") else { continue };
        match &mut found {
            None => found = Some(Cow::Borrowed(value)),
            Some(data) => {
                let data = data.to_mut();
                data.push(b'\n');
                data.extend_from_slice(value);
            }
        }
    }
    found
}

fn event(frame: &[u8]) -> Option<&[u8]> {
    lines(frame).filter_map(|line| field(line, b"event")).last().map(<[u8]>::trim_ascii)
}

/// Whether the frame has an id. From then on a client has a last event id, and some treat any empty
/// line as the end of an event.
pub fn has_id(frame: &[u8]) -> bool {
    lines(frame).any(|line| field(line, b"id").is_some())
}

/// `\r\n` counts as two ends, with an empty line between them.
fn lines(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    // A byte order mark may precede the first line.
    let mut rest = Some(frame.strip_prefix(b"\xef\xbb\xbf").unwrap_or(frame));
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr2(b'\n', b'\r', text);
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// The value of the line if it is that field, without the one space after the colon.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames_of(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::default();
        let mut frames = Vec::new();
        for piece in pieces {
            let piece = Bytes::copy_from_slice(piece);
            splitter.push(piece, |bytes, place| frames.push(bytes[place].to_vec())).unwrap();
        }
        frames.extend(splitter.finish().iter().map(|frame| frame.to_vec()));
        frames
    }

    fn datas_of(pieces: &[&[u8]]) -> Vec<Option<String>> {
        let text = |data: Cow<'_, [u8]>| String::from_utf8(data.into_owned()).unwrap();
        frames_of(pieces).iter().map(|frame| data(frame).map(text)).collect()
    }

    const STREAM: &[u8] = b": hello\n\ndata: {\"a\":1}\r\n\r\nevent: x\ndata:two\ndata: lines\n\n\
        data: caf\xc3\xa9\r\rdata\n\ndata: [DONE]";

    #[test]
    fn all_line_endings_comments_and_an_unended_last_frame_are_read() {
        let expected: Vec<Option<String>> =
            [None, Some("{\"a\":1}"), Some("two\nlines"), Some("café"), Some(""), Some("[DONE]")]
                .map(|data| data.map(str::to_owned))
                .into();
        assert_eq!(datas_of(&[STREAM]), expected);
    }

    #[test]
    fn a_stream_split_at_every_byte_decodes_the_same() {
        let whole = datas_of(&[STREAM]);
        for at in 0..STREAM.len() {
            let (one, other) = STREAM.split_at(at);
            assert_eq!(datas_of(&[one, other]), whole, "split at {at}");
        }
        let bytes: Vec<&[u8]> = STREAM.chunks(1).collect();
        assert_eq!(datas_of(&bytes), whole);
    }

    #[test]
    fn no_byte_is_lost_or_made_up() {
        assert_eq!(frames_of(&[STREAM]).concat(), STREAM);
    }

    #[test]
    fn a_frame_that_came_in_one_piece_is_not_copied() {
        let piece = Bytes::from_static(b"data: 1\n\ndata: 2\n\n");
        let mut starts = Vec::new();
        let on_frame = |bytes: &Bytes, place: Range<usize>| starts.push(bytes[place].as_ptr());
        Splitter::default().push(piece.clone(), on_frame).unwrap();
        assert_eq!(starts, [piece.as_ptr(), piece[9..].as_ptr()]);
    }

    #[test]
    fn keepalives_have_no_content() {
        for frame in [
            ": ping\n\n",
            ":\n\n",
            "\n\n",
            "data:\n\n",
            "data: \r\n\r\n",
            "data\n\n",
            "data:\ndata:\n\n",
            "id: 7\n\n",
            "retry: 3000\n\n",
            "event: message\n\n",
            "event: ping\ndata:\n\n",
            "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            "data: {}\nevent: heartbeat\n\n",
            "<html>\n\n",
        ] {
            assert_eq!(read(frame.as_bytes()), FrameContent::Nothing, "{frame:?}");
        }
    }

    #[test]
    fn the_contents_of_frames_are_distinguished() {
        let data = |text: &'static str| Cow::Borrowed(text.as_bytes());
        for (frame, said) in [
            ("data: [DONE] \n\n", FrameContent::Done),
            ("id: 1\ndata:{\"a\":1}\n\n", FrameContent::Data(data("{\"a\":1}"))),
            ("\u{feff}data: 1\n\n", FrameContent::Data(data("1"))),
            ("data: event: error\n\n", FrameContent::Data(data("event: error"))),
            ("event: error\ndata: oh\n\n", FrameContent::Error(data("oh"))),
            ("data: oh\r\nevent:error\r\n\r\n", FrameContent::Error(data("oh"))),
            ("event: error\ndata:\n\n", FrameContent::Error(data(""))),
            ("\n{\"error\":1}\n", FrameContent::Body(b"{\"error\":1}")),
            ("[{}]", FrameContent::Body(b"[{}]")),
        ] {
            assert_eq!(read(frame.as_bytes()), said, "{frame:?}");
        }
    }

    #[test]
    fn ids_are_seen_where_they_are_a_field() {
        for (frame, expected) in [
            ("id: 1\ndata: x\n\n", true),
            ("data: x\r\nid\r\n\r\n", true),
            ("data: {\"id\":1}\n\n", false),
            (": id: 1\n\n", false),
        ] {
            assert_eq!(has_id(frame.as_bytes()), expected, "{frame:?}");
        }
    }

    #[test]
    fn a_frame_without_end_is_refused() {
        let mut splitter = Splitter::default();
        let piece = Bytes::from(vec![b'x'; MAX_FRAME_BYTES]);
        assert_eq!(splitter.push(piece, |_, _| ()), Ok(()));
        assert_eq!(splitter.push(Bytes::from_static(b"x"), |_, _| ()), Err(FrameTooLong));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_decode_the_same(
            bytes in prop::collection::vec(prop::sample::select(b"\n\r: dat".to_vec()), 0..60),
            cuts in prop::collection::vec(0usize..60, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&bytes[start..cut]);
                start = cut;
            }
            pieces.push(&bytes[start..]);
            prop_assert_eq!(datas_of(&pieces), datas_of(&[&bytes]));
        }
    }
}
