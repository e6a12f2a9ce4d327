//! A rate limit in response headers, with OpenAI's names and its way to write durations.

use std::time::Duration;

use actix_web::HttpResponseBuilder;

use crate::limiter::Standing;

const LIMIT: &str = "x-ratelimit-limit-requests";
const REMAINING: &str = "x-ratelimit-remaining-requests";
const RESET: &str = "x-ratelimit-reset-requests";

pub fn standing(response: &mut HttpResponseBuilder, standing: Option<Standing>) {
    let Some(Standing { limit, remaining, reset }) = standing else { return };
    response
        .insert_header((LIMIT, limit))
        .insert_header((REMAINING, remaining))
        .insert_header((RESET, spoken(reset)));
}

pub fn refused(response: &mut HttpResponseBuilder, limit: u64, wait: Duration) {
    response
        .insert_header((LIMIT, limit))
        .insert_header((REMAINING, 0u64))
        .insert_header((RESET, spoken(wait)));
}

/// `6m0s`, `1.5s`, `20ms`.
fn spoken(time: Duration) -> String {
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
            assert_eq!(spoken(Duration::from_millis(millis)), text);
        }
    }
}
