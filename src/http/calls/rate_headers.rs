//! Rate limits as response headers, with OpenAI's names and format of durations.

use std::time::Duration;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::HeaderName;

use crate::limits::RateLimitStatus;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Requests,
    Tokens,
}

impl Limit {
    /// The names of limit, remaining and reset.
    fn names(self) -> [HeaderName; 3] {
        match self {
            Self::Requests => [
                HeaderName::from_static("x-ratelimit-limit-requests"),
                HeaderName::from_static("x-ratelimit-remaining-requests"),
                HeaderName::from_static("x-ratelimit-reset-requests"),
            ],
            Self::Tokens => [
                HeaderName::from_static("x-ratelimit-limit-tokens"),
                HeaderName::from_static("x-ratelimit-remaining-tokens"),
                HeaderName::from_static("x-ratelimit-reset-tokens"),
            ],
        }
    }
}

pub fn put(response: &mut HttpResponseBuilder, of: Limit, status: Option<RateLimitStatus>) {
    let Some(RateLimitStatus { limit, remaining, reset }) = status else { return };
    let [limit_name, remaining_name, reset_name] = of.names();
    response
        .insert_header((limit_name, limit))
        .insert_header((remaining_name, remaining))
        .insert_header((reset_name, duration_text(reset)));
}

/// For a refusal: nothing remains until `wait` has passed.
pub fn refused(response: &mut HttpResponseBuilder, of: Limit, limit: u64, wait: Duration) {
    put(response, of, Some(RateLimitStatus { limit, remaining: 0, reset: wait }));
}

/// `6m0s`, `1.5s`, `20ms`.
fn duration_text(time: Duration) -> String {
    let (minutes, seconds) = (time.as_secs() / 60, time.as_secs() % 60);
    let millis = time.subsec_millis();
    match (minutes, seconds, millis) {
        (0, 0, millis) => format!("{millis}ms"),
        (0, seconds, 0) => format!("{seconds}s"),
        (0, seconds, millis) => {
            let text = format!("{seconds}.{millis:03}");
            format!("{}s", text.trim_end_matches('0'))
        }
        (minutes, seconds, _) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_openai_writes_them() {
        for (millis, text) in [
            (0, "0ms"),
            (20, "20ms"),
            (1000, "1s"),
            (1500, "1.5s"),
            (1042, "1.042s"),
            (360_000, "6m0s"),
        ] {
            assert_eq!(duration_text(Duration::from_millis(millis)), text);
        }
    }
}
