//! OTLP's JSON: ids in hexadecimal digits, whole numbers of 64 bits as strings, enumerations as
//! numbers.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>, trace.proto.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};

/// Longer texts are cut: names come from clients too.
const LONGEST_TEXT: usize = 256;

#[derive(DeriveSerialize)]
#[serde(rename_all = "camelCase")]
pub struct Span<'a> {
    pub trace_id: String,
    pub span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    pub flags: u32,
    pub name: String,
    pub kind: Kind,
    pub start_time_unix_nano: Nanos,
    pub end_time_unix_nano: Nanos,
    pub attributes: Attributes<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event<'a>>,
    pub status: SpanStatus,
}

#[derive(DeriveSerialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    pub time_unix_nano: Nanos,
    pub name: &'static str,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Internal,
    Server,
    Client,
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Internal => 1,
            Self::Server => 2,
            Self::Client => 3,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanStatus {
    Unset,
    Error,
}

impl Serialize for SpanStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if *self == Self::Error {
            map.serialize_entry("code", &2)?;
        }
        map.end()
    }
}

/// A time since 1970 that is known in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos {
    pub micros: i64,
}

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}000", self.micros.max(0)))
    }
}

#[derive(Default)]
pub struct Attributes<'a>(Vec<(&'static str, Value<'a>)>);

pub enum Value<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Texts(Vec<Cow<'a, str>>),
}

impl<'a> Attributes<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn text(&mut self, name: &'static str, text: impl Into<Cow<'a, str>>) {
        self.0.push((name, Value::Text(cut(text.into()))));
    }

    pub fn texts(&mut self, name: &'static str, text: impl Into<Cow<'a, str>>) {
        self.0.push((name, Value::Texts(vec![cut(text.into())])));
    }

    pub fn bool(&mut self, name: &'static str, truth: bool) {
        self.0.push((name, Value::Bool(truth)));
    }

    /// A count beyond 63 bits is none.
    pub fn int<N: TryInto<i64>>(&mut self, name: &'static str, number: N) {
        if let Ok(number) = number.try_into() {
            self.0.push((name, Value::Int(number)));
        }
    }

    pub fn double(&mut self, name: &'static str, number: f64) {
        if number.is_finite() {
            self.0.push((name, Value::Double(number)));
        }
    }
}

fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text,
        Some((end, _)) => Cow::Owned(text.get(..end).unwrap_or_default().to_owned()),
    }
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(key, value)| KeyValue { key, value }))
    }
}

#[derive(DeriveSerialize)]
struct KeyValue<'a> {
    key: &'static str,
    value: &'a Value<'a>,
}

#[derive(DeriveSerialize)]
struct Values<'a> {
    values: Vec<StringValue<'a>>,
}

#[derive(DeriveSerialize)]
#[serde(rename_all = "camelCase")]
struct StringValue<'a> {
    string_value: &'a str,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Text(text) => map.serialize_entry("stringValue", text)?,
            Self::Bool(truth) => map.serialize_entry("boolValue", truth)?,
            Self::Int(number) => map.serialize_entry("intValue", &number.to_string())?,
            Self::Double(number) => map.serialize_entry("doubleValue", number)?,
            Self::Texts(texts) => {
                let values = texts.iter().map(|text| StringValue { string_value: text }).collect();
                map.serialize_entry("arrayValue", &Values { values })?;
            }
        }
        map.end()
    }
}

/// A whole `ExportTraceServiceRequest` around spans that are written already, with commas between.
pub fn request(service_name: &str, spans: &[u8]) -> Vec<u8> {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let mut resource = Attributes::default();
    resource.text("service.name", service_name);
    resource.text("service.version", VERSION);
    // Strings only, so serialising cannot fail.
    let resource = serde_json::to_string(&resource).unwrap_or_default();
    let head = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":{resource}}},"scopeSpans":[{{"scope":{{"name":"llm-router","version":"{VERSION}"}},"spans":["#
    );
    [head.as_bytes(), spans, b"]}]}]}"].concat()
}

/// What an answer says of spans that were not taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    pub spans: u64,
    pub message: String,
}

/// Reads an `ExportTraceServiceResponse`. One that is no JSON rejects nothing: its status was good.
pub fn rejected(answer: &[u8]) -> Rejected {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Answer {
        partial_success: Option<Partial>,
    }

    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Partial {
        rejected_spans: serde_json::Value,
        error_message: String,
    }

    let answer: Answer = serde_json::from_slice(answer).unwrap_or_default();
    let Some(Partial { rejected_spans, error_message }) = answer.partial_success else {
        return Rejected::default();
    };
    let spans = match &rejected_spans {
        serde_json::Value::String(digits) => digits.parse().unwrap_or_default(),
        other => other.as_u64().unwrap_or_default(),
    };
    Rejected { spans, message: cut(error_message.into()).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_json_of_their_types() {
        let mut attributes = Attributes::default();
        attributes.text("t", "a\"b");
        attributes.bool("b", true);
        attributes.int("i", u64::MAX);
        attributes.int("i", 1_u64 << 53);
        attributes.double("d", 0.5);
        attributes.double("n", f64::NAN);
        attributes.texts("l", "stop");
        insta::assert_snapshot!(
            serde_json::to_string(&attributes).unwrap(),
            @r#"[{"key":"t","value":{"stringValue":"a\"b"}},{"key":"b","value":{"boolValue":true}},{"key":"i","value":{"intValue":"9007199254740992"}},{"key":"d","value":{"doubleValue":0.5}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"stop"}]}}}]"#
        );
        assert_eq!(cut("é".repeat(300).into()), "é".repeat(256));
        let times = [Nanos { micros: 1 }, Nanos { micros: -1 }].map(|time| serde_json::json!(time));
        assert_eq!(times, ["1000", "0000"]);
    }

    #[test]
    fn what_an_answer_rejects_is_read_and_garbage_rejects_nothing() {
        let read = |text: &str| {
            let rejected = rejected(text.as_bytes());
            (rejected.spans, rejected.message)
        };
        let message = String::from("no");
        assert_eq!(
            read(r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}"#),
            (3, message.clone())
        );
        assert_eq!(read(r#"{"partialSuccess":{"rejectedSpans":2}}"#), (2, String::new()));
        assert_eq!(read(r#"{"partialSuccess":{"errorMessage":"no"}}"#), (0, message));
        for none in ["", "{}", "<html>", r#"{"partialSuccess":7}"#, r#"{"partialSuccess":null}"#] {
            assert_eq!(read(none), (0, String::new()), "{none}");
        }
    }
}
