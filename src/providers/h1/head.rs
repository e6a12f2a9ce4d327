//! The head of an answer, and what it says of the body behind it.

use std::mem::MaybeUninit;

use awc::http::header::{HeaderMap, HeaderName, HeaderValue};
use httparse::{Header, ParserConfig, Status};

use super::body::Framing;
use crate::providers::wire::ContentType;

/// An answer with more lines is refused.
const MAX_HEADERS: usize = 128;

#[derive(Debug)]
pub struct Head {
    pub status: u16,
    pub framing: Framing,
    /// Whether the connection may be used again once the body was read.
    pub stays_open: bool,
    pub content_type: ContentType,
    /// Of an answer that is not good; there they say when to come back.
    pub headers: HeaderMap,
}

/// A head that was read, with its length, or `None` while it is not complete.
///
/// # Errors
/// Says what is wrong with it.
pub fn read(received: &[u8]) -> Result<Option<(Head, usize)>, String> {
    let mut storage = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let parsed = ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        received,
        &mut storage,
    );
    let length = match parsed.map_err(|error| error.to_string())? {
        Status::Partial => return Ok(None),
        Status::Complete(length) => length,
    };
    let status = response.code.unwrap_or_default();
    let fields = Fields::of(response.headers)?;
    let framing = fields.framing(status)?;
    let is_current = response.version == Some(1);
    let stays_open = match is_current {
        true => !fields.says_close,
        false => fields.says_keep_alive,
    };
    let is_good = (200..300).contains(&status);
    let head = Head {
        status,
        framing,
        stays_open: stays_open && !fields.is_ambiguous() && framing != Framing::UntilClose,
        content_type: fields.content_type(),
        headers: if is_good { HeaderMap::new() } else { all(response.headers) },
    };
    Ok(Some((head, length)))
}

/// The lines that matter for the body and the connection.
#[derive(Default)]
struct Fields<'h> {
    length: Option<u64>,
    is_chunked: bool,
    says_close: bool,
    says_keep_alive: bool,
    content_type: &'h [u8],
}

impl<'h> Fields<'h> {
    fn of(lines: &[Header<'h>]) -> Result<Self, String> {
        let mut fields = Self::default();
        for Header { name, value } in lines {
            if name.eq_ignore_ascii_case("content-length") {
                fields.length(value)?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                    let coding = String::from_utf8_lossy(value);
                    return Err(format!("unknown transfer-encoding `{coding}`"));
                }
                fields.is_chunked = true;
            } else if name.eq_ignore_ascii_case("connection") {
                let words = || value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
                fields.says_close |= words().any(|word| word.eq_ignore_ascii_case(b"close"));
                fields.says_keep_alive |=
                    words().any(|word| word.eq_ignore_ascii_case(b"keep-alive"));
            } else if name.eq_ignore_ascii_case("content-type") {
                fields.content_type = value;
            }
        }
        Ok(fields)
    }

    fn content_type(&self) -> ContentType {
        let is = |known: &[u8]| {
            let kind = self.content_type.get(..known.len());
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case(known))
        };
        if is(b"application/json") {
            return ContentType::Json;
        }
        if is(b"text/event-stream") {
            return ContentType::Events;
        }
        match std::str::from_utf8(self.content_type.trim_ascii()) {
            Ok(kind) if !kind.is_empty() => ContentType::Other(kind.to_owned().into()),
            _ => ContentType::Other("application/octet-stream".into()),
        }
    }

    /// The same length may be said twice, two different ones may not.
    fn length(&mut self, value: &[u8]) -> Result<(), String> {
        let bad = || format!("content-length `{}`", String::from_utf8_lossy(value));
        let digits = value.trim_ascii();
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(bad());
        }
        let length = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        let length: u64 = length.ok_or_else(bad)?;
        if self.length.is_some_and(|known| known != length) {
            return Err(String::from("two lengths"));
        }
        self.length = Some(length);
        Ok(())
    }

    fn framing(&self, status: u16) -> Result<Framing, String> {
        match (status, self.is_chunked, self.length) {
            (101, _, _) => Err(String::from("a change of the protocol")),
            (..200 | 204 | 304, _, _) => Ok(Framing::Length(0)),
            (_, true, _) => Ok(Framing::chunked()),
            (_, false, Some(length)) => Ok(Framing::Length(length)),
            (_, false, None) => Ok(Framing::UntilClose),
        }
    }

    /// Something in between may have read the body by the other length.
    fn is_ambiguous(&self) -> bool {
        self.is_chunked && self.length.is_some()
    }
}

fn all(lines: &[Header<'_>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Ok(name) = HeaderName::from_bytes(line.name.as_bytes())
            && let Ok(value) = HeaderValue::from_bytes(line.value)
        {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        let (head, length) = read(text.as_bytes()).unwrap().unwrap();
        assert_eq!(length, text.len());
        head
    }

    #[test]
    fn the_body_is_as_long_as_the_head_says() {
        for (lines, framing, stays_open) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n", Framing::Length(12), true),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 7\r\ncontent-length: 7\r\n",
                Framing::Length(7),
                true,
            ),
            ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n", Framing::chunked(), true),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n",
                Framing::chunked(),
                false,
            ),
            ("HTTP/1.1 200 OK\r\n", Framing::UntilClose, false),
            ("HTTP/1.1 204 No Content\r\n", Framing::Length(0), true),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: upgrade, Close\r\n",
                Framing::Length(1),
                false,
            ),
            ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n", Framing::Length(1), false),
            (
                "HTTP/1.0 200 OK\r\ncontent-length: 1\r\nConnection: Keep-Alive\r\n",
                Framing::Length(1),
                true,
            ),
        ] {
            let head = head(&format!("{lines}\r\n"));
            assert_eq!((head.framing, head.stays_open), (framing, stays_open), "{lines}");
        }
    }

    #[test]
    fn a_head_is_complete_with_its_empty_line() {
        let text = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-type: Application/JSON; x=y\r\n\r\n";
        for end in 0..text.len() {
            assert!(read(&text.as_bytes()[..end]).unwrap().is_none(), "{end}");
        }
        let head = head(text);
        assert_eq!(head.content_type, ContentType::Json);
        assert_eq!(head.headers.get("retry-after").unwrap(), "7");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for lines in [
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: \r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n",
            "HTTP/2 200 OK\r\n",
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n",
        ] {
            assert!(read(format!("{lines}\r\n").as_bytes()).is_err(), "{lines}");
        }
    }
}
