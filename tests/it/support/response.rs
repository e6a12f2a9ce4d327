//! What a client got: a head, or a whole answer.
#![allow(dead_code, reason = "no single test needs all of it")]

use bytes::Bytes;

use super::wire;

#[derive(Clone, Debug)]
pub struct Head {
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        wire::header(&self.headers, name)
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        wire::header(&self.headers, name)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is not UTF-8")
    }

    /// Whatever it is.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("no JSON with {} ({error}): `{text}`", self.status))
    }

    /// The server-sent events, each with its blank line; a last one may lack it.
    pub fn frames(&self) -> Vec<Bytes> {
        let mut rest = Bytes::copy_from_slice(&self.body);
        let mut frames = Vec::new();
        while !rest.is_empty() {
            frames.push(rest.split_to(wire::frame_end(&rest).unwrap_or(rest.len())));
        }
        frames
    }
}
