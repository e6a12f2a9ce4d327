//! Where the time of a call went, as its trace and its headers show it. What was not measured is
//! left out.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

/// The longest message of a failed attempt in a trace; the record holds the whole one.
const MAX_ERROR_CHARS: usize = 300;

/// One upstream call, or several with one provider's keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AttemptTrace {
    pub model: String,
    /// `answered`, or the code of the failure.
    pub outcome: String,
    /// From the call's arrival to the attempt's begin.
    pub at_ms: f64,
    /// To its end; for a stream, to its first content.
    pub ms: f64,
    /// Waiting for a permit and for a connection.
    pub queue_ms: f64,
    /// 0 for a pooled connection. Without TLS, whose handshake counts to the first byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// From the sent request to the head of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    /// Of the upstream's answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Which of the provider's keys was used last, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_key: Option<usize>,
    /// The beginning of the failure's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl AttemptTrace {
    /// Without its times.
    pub fn of(model: String, outcome: &str, error: Option<&str>) -> Self {
        let error = error.map(|error| error.chars().take(MAX_ERROR_CHARS).collect());
        Self { model, outcome: outcome.to_owned(), error, ..Self::default() }
    }
}

/// The parts of a call's time, one after the other; `queue_ms` sums up all waits. From `connect_ms`
/// on they are those of the last attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Timings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_ms: Option<f64>,
    /// Reading the request, and choosing candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_ms: Option<f64>,
    /// Waiting for a slot, a permit, a connection, a backoff or an analyzer's verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_ms: Option<f64>,
    /// 0 for a pooled connection. Without TLS, whose handshake counts to the first byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// From the sent request to the head of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    /// Of a stream: from the head to the first content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<f64>,
    /// Of a stream: from the first content to the end. Of a whole answer: its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_ms: Option<f64>,
    /// Of a whole answer: reading and translating what was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translate_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
}

impl Timings {
    /// As the header `server-timing` has it.
    pub fn to_header(&self) -> String {
        let parts = [
            ("auth", self.auth_ms),
            ("route", self.route_ms),
            ("queue", self.queue_ms),
            ("connect", self.connect_ms),
            ("first-byte", self.first_byte_ms),
            ("first-token", self.first_token_ms),
            ("stream", self.stream_ms),
            ("translate", self.translate_ms),
            ("total", self.total_ms),
        ];
        let mut header = String::with_capacity(160);
        for (name, ms) in parts {
            let Some(ms) = ms else { continue };
            if !header.is_empty() {
                header.push_str(", ");
            }
            header.push_str(name);
            header.push_str(";dur=");
            push_ms(&mut header, ms);
        }
        header
    }
}

/// Appends a number of [`in_ms`]. Formatting seven numbers takes as long as routing a call.
fn push_ms(text: &mut String, ms: f64) {
    let hundredths = (ms * 100.0).round() as u64;
    push_number(text, hundredths / 100);
    let rest = hundredths % 100;
    if rest > 0 {
        text.push('.');
        push_digit(text, rest / 10);
    }
    if !rest.is_multiple_of(10) {
        push_digit(text, rest % 10);
    }
}

fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    push_digit(text, number % 10);
}

fn push_digit(text: &mut String, digit: u64) {
    text.extend(char::from_digit(digit as u32, 10));
}

/// In steps of 10 µs.
pub fn in_ms(duration: Duration) -> f64 {
    ((duration.as_nanos() + 5_000) / 10_000) as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_leaves_out_what_was_not_measured() {
        let timings = Timings {
            auth_ms: Some(0.02),
            connect_ms: Some(0.0),
            total_ms: Some(12.5),
            ..Timings::default()
        };
        assert_eq!(timings.to_header(), "auth;dur=0.02, connect;dur=0, total;dur=12.5");
        assert_eq!(Timings::default().to_header(), "");
    }

    #[test]
    fn milliseconds_are_written_as_they_are() {
        for hundredths in [0_u32, 1, 9, 10, 99, 100, 105, 110, 999, 12_345, 1_000_000, u32::MAX] {
            let ms = f64::from(hundredths) / 100.0;
            let mut text = String::new();
            push_ms(&mut text, ms);
            assert_eq!(text, ms.to_string());
        }
    }

    #[test]
    fn a_trace_holds_the_beginning_of_a_message() {
        let attempt = AttemptTrace::of(String::from("a/m"), "closed", Some(&"ä".repeat(1000)));
        assert_eq!(attempt.error.unwrap().chars().count(), MAX_ERROR_CHARS);
    }
}
