//! A client's request: what is checked of it, and its facts.

use bytes::Bytes;

use crate::dialects::completions;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::openai::facts;
use crate::domain::facts::RequestFacts;
use crate::domain::service::Service;

/// The members that hold what the model reads. Without the first one, no upstream can do anything.
fn texts(service: Service) -> &'static [&'static str] {
    match service {
        Service::Completions => &["prompt", "suffix"],
        Service::Moderations => &["input"],
        Service::Rerank => &["query", "documents"],
        Service::Images => &["prompt"],
        Service::Speech => &["input", "instructions"],
        Service::Chat
        | Service::Embeddings
        | Service::ImageEdits
        | Service::ImageVariations
        | Service::Transcriptions
        | Service::Translations => &[],
    }
}

/// A body with its facts, and the error in the client's preferences.
///
/// # Errors
/// When the bytes are no JSON object, or there is nothing in it to work on.
pub fn check(
    service: Service,
    bytes: Bytes,
) -> Result<(JsonBody, RequestFacts, Option<BadRequest>), BadRequest> {
    let body = JsonBody::parse(bytes, |_| Ok(()))?;
    let texts = texts(service);
    if let Some(text) = texts.first()
        && body.value_of(text).is_none_or(|value| value == b"null")
    {
        return Err(BadRequest::new(format!("`{text}` is missing"), *text));
    }
    if body.value_of("model").is_some_and(|value| !value.starts_with(b"\"") && value != b"null") {
        return Err(BadRequest::new("`model` must be a string", "model"));
    }
    let (mut facts, bad) = facts::of_service(&body, service, texts);
    if service == Service::Completions {
        facts.needs.only_completion = completions::only_completion(&body);
    }
    Ok((body, facts, bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_upstream_can_work_on_is_refused_in_words() {
        for (service, body, expected) in [
            (Service::Moderations, r#"{"model":"m"}"#, "`input` is missing"),
            (Service::Rerank, r#"{"documents":["a"]}"#, "`query` is missing"),
            (Service::Images, r#"{"prompt":null}"#, "`prompt` is missing"),
            (Service::Speech, r#"{"model":1,"input":"a"}"#, "`model` must be a string"),
        ] {
            let refused = check(service, Bytes::from(body)).unwrap_err();
            assert_eq!(refused.message, expected, "{body}");
        }
        let refused = check(Service::Images, Bytes::from("[]")).unwrap_err();
        assert!(refused.message.starts_with("the body is not a JSON object"));
    }

    #[test]
    fn the_facts_are_those_of_the_texts() {
        let body = r#"{"model":"m","input":"abcdefghijkl","stream":true,"models":["n"]}"#;
        let (_, facts, _) = check(Service::Moderations, Bytes::from(body)).unwrap();
        assert_eq!(facts.model.as_deref(), Some("m"));
        assert_eq!(facts.needs.service, Service::Moderations);
        assert_eq!((facts.needs.prompt_tokens, facts.needs.least_prompt_tokens), (4, 0));
        assert!(facts.is_stream);
        assert_eq!(facts.fallback_models, ["n"]);
    }
}
