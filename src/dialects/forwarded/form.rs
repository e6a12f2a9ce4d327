//! A form of several parts (`multipart/form-data`), read piece by piece as it comes: its short fields,
//! and where the one stands that names the model. What a file holds is passed over.
//!
//! Source: RFC 7578 and RFC 2046.

use std::ops::Range;

use bytes::{Buf as _, BytesMut};
use memchr::memmem;
use serde_json::{Map, Value};

use crate::dialects::errors::BadRequest;

/// A longer head of a part is refused.
const MAX_HEAD: usize = 16 * 1024;

/// A longer field that is no file is passed over as one.
const MAX_FIELD: usize = 64 * 1024;

/// More parts are refused.
const MAX_PARTS: usize = 256;

/// What was found in a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// The fields as a JSON object; of a file its name and its size.
    pub fields: Map<String, Value>,
    pub model: ModelField,
}

/// Where the name of the model stands, or a part with it can be put.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelField {
    Value(Range<u64>),
    /// There is none: before the first part, whose boundary it needs.
    Before {
        at: u64,
        boundary: String,
    },
}

impl Default for ModelField {
    fn default() -> Self {
        Self::Before { at: 0, boundary: String::new() }
    }
}

impl ModelField {
    /// What is replaced in the form, and by what.
    pub fn replaced(&self, model: &str) -> (Range<u64>, String) {
        match self {
            Self::Value(place) => (place.clone(), model.to_owned()),
            Self::Before { at, boundary } => {
                let head = "content-disposition: form-data; name=\"model\"";
                (*at..*at, format!("--{boundary}\r\n{head}\r\n\r\n{model}\r\n"))
            }
        }
    }
}

#[derive(Debug)]
pub struct FormReader {
    /// The boundary's line without its beginning.
    delimiter: Vec<u8>,
    /// What came and was not read yet.
    rest: BytesMut,
    /// How many bytes were read before it.
    at: u64,
    /// What is read at first and never came: the line's end before the first delimiter.
    made_up: usize,
    state: State,
    parts: usize,
    form: Form,
}

#[derive(Debug)]
enum State {
    /// Before the first part.
    Preamble,
    /// Behind a delimiter.
    Delimited,
    Head,
    Part(Part),
    Ended,
}

#[derive(Debug)]
struct Part {
    name: String,
    /// Of a file.
    file: Option<String>,
    start: u64,
    /// Of a field that is no file, while it is short.
    value: Option<Vec<u8>>,
}

impl FormReader {
    /// # Errors
    /// When the content type names no boundary.
    pub fn of(content_type: &str) -> Result<Self, BadRequest> {
        let boundary = boundary(content_type).filter(|it| !it.is_empty() && it.len() <= 200);
        let Some(boundary) = boundary else {
            let message = format!(
                "content-type `{content_type}` names no boundary; leave the header to the client, which \
                 knows it"
            );
            return Err(BadRequest { message, param: None });
        };
        Ok(Self {
            delimiter: [b"\r\n--", boundary.as_bytes()].concat(),
            // The first delimiter may have no line before it.
            rest: BytesMut::from(&b"\r\n"[..]),
            at: 0,
            made_up: 2,
            state: State::Preamble,
            parts: 0,
            form: Form { fields: Map::new(), model: ModelField::Before { at: 0, boundary } },
        })
    }

    /// # Errors
    /// When it is no form.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), BadRequest> {
        if matches!(self.state, State::Ended) {
            return Ok(());
        }
        self.rest.extend_from_slice(piece);
        while self.step()? {}
        Ok(())
    }

    /// What the form holds.
    ///
    /// # Errors
    /// When its end did not come.
    pub fn finish(self) -> Result<Form, BadRequest> {
        match self.state {
            State::Ended => Ok(self.form),
            _ => Err(broken("it has no end")),
        }
    }

    /// Whether there is more to read in what came.
    fn step(&mut self) -> Result<bool, BadRequest> {
        match &mut self.state {
            State::Ended => Ok(false),
            State::Preamble => {
                let Some(found) = memmem::find(&self.rest, &self.delimiter) else {
                    self.skip_to_tail();
                    return Ok(false);
                };
                self.skip(found + 2);
                if let ModelField::Before { at, .. } = &mut self.form.model {
                    *at = self.at;
                }
                self.state = State::Delimited;
                self.skip(self.delimiter.len() - 2);
                Ok(true)
            }
            State::Delimited => self.after_delimiter(),
            State::Head => self.head(),
            State::Part(part) => {
                let found = memmem::find(&self.rest, &self.delimiter);
                let end = found.unwrap_or(self.rest.len().saturating_sub(self.delimiter.len()));
                part.take(self.rest.get(..end).unwrap_or_default());
                self.skip(end);
                if found.is_none() {
                    return Ok(false);
                }
                self.end_part()?;
                self.skip(self.delimiter.len());
                self.state = State::Delimited;
                Ok(true)
            }
        }
    }

    fn after_delimiter(&mut self) -> Result<bool, BadRequest> {
        // White space may stand between the delimiter and its line's end.
        let blank = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if blank > MAX_HEAD {
            return Err(broken("a boundary is too long"));
        }
        let rest = self.rest.get(blank..).unwrap_or_default();
        if rest.len() < 2 {
            return Ok(false);
        }
        match rest.get(..2) {
            Some(b"--") => self.state = State::Ended,
            Some(b"\r\n") => self.state = State::Head,
            _ => return Err(broken("a boundary is followed by something else")),
        }
        // The line's end is the beginning of a part's head, which may be empty.
        self.skip(blank);
        Ok(true)
    }

    fn head(&mut self) -> Result<bool, BadRequest> {
        let end = memmem::find(&self.rest, b"\r\n\r\n");
        // Its end may have come in part.
        if end.unwrap_or(self.rest.len().saturating_sub(3)) > MAX_HEAD {
            return Err(broken("the head of a part is too long"));
        }
        let Some(end) = end else { return Ok(false) };
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(broken(&format!("it has more than {MAX_PARTS} parts")));
        }
        let head = String::from_utf8_lossy(self.rest.get(..end).unwrap_or_default()).into_owned();
        let (name, file) = disposition(&head).ok_or_else(|| broken("a part has no name"))?;
        self.skip(end + 4);
        let value = file.is_none().then(Vec::new);
        self.state = State::Part(Part { name, file, start: self.at, value });
        Ok(true)
    }

    fn end_part(&mut self) -> Result<(), BadRequest> {
        let State::Part(part) = std::mem::replace(&mut self.state, State::Delimited) else {
            return Ok(());
        };
        let place = part.start..self.at;
        let size = place.end - place.start;
        let is_text = part.value.is_some();
        let value = match (part.value, part.file) {
            (Some(text), _) => Value::from(String::from_utf8_lossy(&text).into_owned()),
            (None, Some(file)) => Value::from(format!("[{size} bytes, {file}]")),
            (None, None) => Value::from(format!("[{size} bytes]")),
        };
        if part.name == "model" {
            if matches!(self.form.model, ModelField::Value(_)) {
                return Err(BadRequest::new("`model` is given twice", "model"));
            }
            self.form.model = ModelField::Value(place);
            if !is_text || value.as_str().is_none_or(|name| name.len() > 1024) {
                return Err(BadRequest::new("`model` is no name", "model"));
            }
        }
        match self.form.fields.get_mut(&part.name) {
            None => {
                self.form.fields.insert(part.name, value);
            }
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
        Ok(())
    }

    fn skip(&mut self, length: usize) {
        let made_up = self.made_up.min(length);
        self.made_up -= made_up;
        self.rest.advance(length);
        self.at += (length - made_up) as u64;
    }

    /// A delimiter may have come in part.
    fn skip_to_tail(&mut self) {
        let tail = self.delimiter.len() - 1;
        if self.rest.len() > tail {
            self.skip(self.rest.len() - tail);
        }
    }
}

impl Part {
    fn take(&mut self, more: &[u8]) {
        let Some(value) = &mut self.value else { return };
        if value.len() + more.len() > MAX_FIELD {
            self.value = None;
        } else {
            value.extend_from_slice(more);
        }
    }
}

fn broken(why: &str) -> BadRequest {
    BadRequest { message: format!("the body is no form (multipart/form-data): {why}"), param: None }
}

/// Of the header `content-type`.
fn boundary(content_type: &str) -> Option<String> {
    parameter(content_type, "boundary")
}

/// The name of a part, and its file's.
fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let file = parameter(line, "filename").or_else(|| parameter(line, "filename*"));
    Some((parameter(line, "name")?, file))
}

/// `name=value` or `name="value"`, behind a semicolon.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, behind) = match after.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => {
                let (value, behind) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), behind)
            }
        };
        if name.trim().trim_start_matches(';').trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = behind;
    }
}

/// The value up to its closing quote, and what stands behind it.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, text.get(at + 1..).unwrap_or_default())),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            char => value.push(char),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TYPE: &str = "multipart/form-data; boundary=\"x y\"";

    fn read(body: &[u8], pieces: usize) -> Result<Form, BadRequest> {
        let mut reader = FormReader::of(TYPE)?;
        for piece in body.chunks(pieces) {
            reader.push(piece)?;
        }
        reader.finish()
    }

    fn body(model: &str) -> Vec<u8> {
        let mut body = b"--x y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".mp3\"\r\n\
            Content-Type: audio/mpeg\r\n\r\n\xff\x00--x y\r\n--x \r\n\r\nsound\r\n--x y\r\n\
            content-disposition: form-data; name=model\r\n\r\n"
            .to_vec();
        body.extend_from_slice(model.as_bytes());
        body.extend_from_slice(
            b"\r\n--x y  \r\nContent-Disposition: form-data; name=\"t[]\"\r\n\r\nword\r\n--x y\r\n\
            Content-Disposition: form-data; name=\"t[]\"\r\n\r\n\r\n--x y--\r\nepilogue",
        );
        body
    }

    #[test]
    fn fields_are_found_wherever_the_form_is_cut() {
        for model in ["up/m", ""] {
            let body = body(model);
            for pieces in [1, 2, 3, 7, 64, 10_000] {
                let form = read(&body, pieces).unwrap();
                let fields = json!({
                    "file": "[22 bytes, a \"b\".mp3]", "model": model, "t[]": ["word", ""],
                });
                assert_eq!(Value::Object(form.fields), fields, "{pieces}");
                let (place, name) = form.model.replaced("remote");
                let place = place.start as usize..place.end as usize;
                assert_eq!((&body[place], name.as_str()), (model.as_bytes(), "remote"), "{pieces}");
            }
        }
    }

    #[test]
    fn a_form_may_have_a_preamble_and_no_model() {
        let body: &[u8] =
            b"hello\r\n--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x y--";
        for pieces in [1, 5, 1000] {
            let form = read(body, pieces).unwrap();
            assert_eq!(Value::Object(form.fields), json!({"a": "b"}));
            let (place, part) = form.model.replaced("remote");
            assert_eq!(place, 7..7, "{pieces}");
            let whole = [&body[..7], part.as_bytes(), &body[7..]].concat();
            let fields = Value::Object(read(&whole, pieces).unwrap().fields);
            assert_eq!(fields, json!({"model": "remote", "a": "b"}));
        }
    }

    #[test]
    fn a_long_field_is_passed_over() {
        let long = "a".repeat(MAX_FIELD + 1);
        let body =
            format!("--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{long}\r\n--x y--");
        let form = read(body.as_bytes(), 1000).unwrap();
        assert_eq!(form.fields["a"], format!("[{} bytes]", MAX_FIELD + 1));
    }

    #[test]
    fn a_head_has_one_limit_wherever_the_form_is_cut() {
        let named = "content-disposition: form-data; name=\"a\"\r\nx: ";
        for (length, is_taken) in [(MAX_HEAD - 2, true), (MAX_HEAD - 1, false)] {
            let head = format!("{named}{}", "y".repeat(length - named.len()));
            let body = format!("--x y\r\n{head}\r\n\r\nb\r\n--x y--");
            for pieces in [61, 1000, 100_000] {
                let form = read(body.as_bytes(), pieces);
                assert_eq!(form.is_ok(), is_taken, "{length} in pieces of {pieces}");
            }
        }
        for (blank, is_taken) in [(MAX_HEAD, true), (MAX_HEAD + 1, false)] {
            let blank = " ".repeat(blank);
            let body = format!("--x y{blank}\r\n{named}\r\n\r\nb\r\n--x y--");
            for pieces in [61, 1000, 100_000] {
                assert_eq!(read(body.as_bytes(), pieces).is_ok(), is_taken, "{pieces}");
            }
        }
    }

    #[test]
    fn what_is_no_form_is_refused_in_words() {
        let part = "--x y\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n";
        for (body, expected) in [
            (String::new(), "it has no end"),
            (String::from("{}"), "it has no end"),
            (part.to_owned(), "it has no end"),
            (format!("{part}--x y-"), "it has no end"),
            (format!("{part}{part}--x y--"), "`model` is given twice"),
            (format!("{part}--x yzz"), "a boundary is followed by something else"),
            (part.replace("model\"", "model\"; filename=\"m\"") + "--x y--", "`model` is no name"),
            (String::from("--x y\r\nx: y\r\n\r\nm\r\n--x y--"), "a part has no name"),
            (format!("--x y\r\n{}", "a".repeat(MAX_HEAD + 2)), "the head of a part is too long"),
            (part.replace("model", "n").repeat(MAX_PARTS + 1), "more than 256 parts"),
        ] {
            let refused = read(body.as_bytes(), 100).unwrap_err();
            assert!(refused.message.contains(expected), "{}", refused.message);
        }
        for no_boundary in ["multipart/form-data", "multipart/form-data; boundary=", "a; b=\"c"] {
            let refused = FormReader::of(no_boundary).unwrap_err();
            assert!(refused.message.contains("names no boundary"), "{}", refused.message);
        }
    }
}
