//! The facts of a chat body for routing and limits, read once from its bytes.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{needs, preferences};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{count, string};
use crate::dialects::token_estimate;
use crate::domain::facts::{Needs, Preferences, RequestFacts, Stated};
use crate::domain::service::Service;

/// The parameters for the maximum answer length. Where several are present the greatest counts,
/// because it is unknown which one an upstream obeys.
const ANSWER_TOKENS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

const CHOICES: &str = "n";

/// The facts, and the error in the preferences, which are then ignored.
pub fn read(body: &JsonBody) -> (RequestFacts, Option<BadRequest>) {
    let (preferences, bad) = preferences_of(body);
    let facts = RequestFacts {
        model: body.value_of("model").and_then(string).map(|model| model.into_owned()),
        is_stream: is_stream(body),
        wants_usage: wants_usage(body),
        needs: needs::read(body),
        max_answer_tokens: stated(body, &ANSWER_TOKENS),
        choices: stated(body, &[CHOICES]),
        names_tools: body.has("tools") || body.has("functions"),
        may_reason: may_reason(body),
        preferences,
        fallback_models: fallback_models(body),
    };
    (facts, bad)
}

/// The preferences, or the error in them.
pub fn preferences_of(body: &JsonBody) -> (Preferences, Option<BadRequest>) {
    match preferences::read(body) {
        Ok(preferences) => (preferences, None),
        Err(bad) => (Preferences::default(), Some(bad)),
    }
}

/// The facts of a request for another service than a chat. `texts`: the members that hold what the
/// model reads.
pub fn of_service(
    body: &JsonBody,
    service: Service,
    texts: &[&str],
) -> (RequestFacts, Option<BadRequest>) {
    let (preferences, bad) = preferences_of(body);
    let texts = texts.iter().filter_map(|name| body.value_of(name));
    let prompt_tokens = texts.map(token_estimate::of_texts).sum();
    let mut facts = RequestFacts {
        model: body.value_of("model").and_then(string).map(|model| model.into_owned()),
        is_stream: is_stream(body),
        needs: Needs { service, prompt_tokens, ..Needs::default() },
        // There is no answer in tokens.
        max_answer_tokens: Stated::Count(0),
        preferences,
        fallback_models: fallback_models(body),
        ..RequestFacts::default()
    };
    if service == Service::Completions {
        facts.wants_usage = wants_usage(body);
        facts = with_limits(facts, body);
    }
    (facts, bad)
}

/// The facts of the same body after its numbers were changed.
pub fn with_limits(facts: RequestFacts, body: &JsonBody) -> RequestFacts {
    RequestFacts {
        max_answer_tokens: stated(body, &ANSWER_TOKENS),
        choices: stated(body, &[CHOICES]),
        needs: Needs { max_tokens: needs::max_tokens(body), ..facts.needs },
        ..facts
    }
}

/// The maximum answer length in a model's default parameters.
pub fn max_answer_tokens(defaults: &Map<String, Value>) -> Option<u64> {
    ANSWER_TOKENS.iter().filter_map(|name| defaults.get(*name)?.as_u64()).max()
}

/// The number of answers (`n`) in a model's default parameters.
pub fn choices(defaults: &Map<String, Value>) -> Option<u64> {
    defaults.get(CHOICES)?.as_u64()
}

pub fn is_stream(body: &JsonBody) -> bool {
    body.value_of("stream") == Some(b"true")
}

pub fn wants_usage(body: &JsonBody) -> bool {
    #[derive(Deserialize)]
    struct StreamOptions {
        include_usage: Option<bool>,
    }
    let options = body.value_of("stream_options").and_then(|options| {
        serde_json::from_slice::<Option<StreamOptions>>(options).ok().flatten()
    });
    options.is_some_and(|options| options.include_usage == Some(true))
}

pub fn stated(body: &JsonBody, names: &[&str]) -> Stated {
    let greatest = names.iter().filter_map(|name| count(body.value_of(name)?)).max();
    match greatest {
        Some(count) => Stated::Count(count),
        None if names.iter().any(|name| body.has(name)) => Stated::Unreadable,
        None => Stated::Absent,
    }
}

/// Only the effort `none` turns reasoning off.
fn may_reason(body: &JsonBody) -> Option<bool> {
    let effort = body.value_of("reasoning_effort").filter(|effort| *effort != b"null")?;
    Some(effort != b"\"none\"")
}

/// OpenRouter's `models`. A value that is not a list of names is left to the upstream to refuse.
pub fn fallback_models(body: &JsonBody) -> Vec<String> {
    let models = body.value_of("models").unwrap_or_default();
    serde_json::from_slice(models).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::body;
    use super::*;

    fn facts(body: &str) -> RequestFacts {
        read(&body::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap()).0
    }

    #[test]
    fn null_is_as_good_as_absent() {
        let facts = facts(
            r#"{"model":null,"stream":null,"stream_options":null,"messages":[{"role":"user"}]}"#,
        );
        assert_eq!((facts.model, facts.is_stream, facts.wants_usage), (None, false, false));
    }

    #[test]
    fn escaped_names_are_read_as_what_they_mean() {
        let facts = facts(r#"{"mod\u0065l":"a\/b","messages":[{"r\u006fle":"user"}]}"#);
        assert_eq!(facts.model.as_deref(), Some("a/b"));
    }

    #[test]
    fn of_several_words_for_the_longest_answer_the_greatest_counts() {
        for (members, expected) in [
            ("", Stated::Absent),
            (r#""max_tokens":5,"#, Stated::Count(5)),
            (
                r#""max_tokens":5,"max_output_tokens":9,"max_completion_tokens":7,"#,
                Stated::Count(9),
            ),
            (r#""max_tokens":5,"max_completion_tokens":null,"#, Stated::Count(5)),
            (r#""max_completion_tokens":null,"#, Stated::Unreadable),
            (r#""max_output_tokens":"5","#, Stated::Unreadable),
            (r#""max_tokens":-1,"#, Stated::Unreadable),
        ] {
            let found = facts(&format!(r#"{{{members}"messages":[{{"role":"user"}}]}}"#));
            assert_eq!(found.max_answer_tokens, expected, "{members}");
        }
        let default = || Some(3);
        assert_eq!(Stated::Absent.or_default(default), Some(3));
        assert_eq!(Stated::Unreadable.or_default(default), None);
        assert_eq!(Stated::Count(5).or_default(default), Some(5));
    }

    #[test]
    fn facts_follow_a_change_of_their_numbers() {
        let body = |n: u64| {
            let text = format!(r#"{{"n":{n},"max_tokens":{n},"messages":[{{"role":"user"}}]}}"#);
            body::parse(Bytes::from(text)).unwrap()
        };
        assert_eq!(with_limits(read(&body(9)).0, &body(2)), read(&body(2)).0);
    }
}
