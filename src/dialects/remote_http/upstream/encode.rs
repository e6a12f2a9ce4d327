//! Encodes a chat in the router's own invoke format, or with the operator's template.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::chat_parts::ChatParts;
use super::{prompt, template};
use crate::config::payload_mapping::PayloadMapping;
use crate::config::payload_mapping::placeholder::{Placeholder, placeholders};
use crate::dialects::dropped::Dropped;
use crate::dialects::encoded::Encoded;
use crate::dialects::errors::Untranslatable;
use crate::dialects::json::Kind;

/// `edited`: the client's chat body, with the upstream's name of the model and its defaults.
///
/// # Errors
/// When it holds something that the template cannot carry; the error names its place.
pub fn encode(
    edited: &Bytes,
    is_stream: bool,
    mapping: &PayloadMapping,
) -> Result<Encoded, Untranslatable> {
    let asked = ChatParts::parse(edited, is_stream)?;
    let mut out = String::with_capacity(edited.len() + 64);
    let dropped = match &mapping.request {
        None => {
            asked.write_invoke(&mut out)?;
            Vec::new()
        }
        Some(template) => {
            template::fill(template, &asked, &mut out)?;
            dropped(&asked, template)
        }
    };
    Ok(Encoded { body: Bytes::from(out), dropped })
}

/// The parts of the request that the template does not use, by the client's names: parameters, and
/// `messages` if some of them are not sent.
fn dropped(asked: &ChatParts<'_>, template: &Map<String, Value>) -> Vec<String> {
    let mut dropped = Dropped::default();
    let told = placeholders(template);
    let has = |placeholder| told.contains(&placeholder);
    if !has(Placeholder::Messages)
        && let Ok(messages) = asked.messages()
    {
        let (has_prompt, has_system) = (has(Placeholder::Prompt), has(Placeholder::System));
        dropped.record_if(!prompt::is_all_of(messages, has_prompt, has_system), "messages");
        // Only the texts of the messages are sent.
        let marker = memchr::memmem::find(messages.get().as_bytes(), b"\"cache_control\"");
        dropped.record_if(marker.is_some(), "cache_control");
    }
    for (name, value) in asked.parameters() {
        let is_told = told.iter().any(|placeholder| match placeholder {
            Placeholder::Parameters => true,
            Placeholder::Parameter(asked_for) => {
                asked.find(asked_for).is_some_and(|(found, _)| found == name)
            }
            Placeholder::Model
            | Placeholder::Messages
            | Placeholder::Prompt
            | Placeholder::System
            | Placeholder::Stream => false,
        });
        dropped.record_if(!is_told && Kind::of(value) != Kind::Null, name);
    }
    dropped.into_names()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::invoke;
    use crate::dialects::openai::client::places::bad_request;
    use crate::dialects::remote_http::upstream::answer;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn mapping(request: Value) -> PayloadMapping {
        let mapping: PayloadMapping = serde_json::from_value(json!({"request": request})).unwrap();
        mapping.check().unwrap();
        mapping
    }

    fn encoded(body: &str, is_stream: bool, mapping: &PayloadMapping) -> String {
        match encode(&Bytes::copy_from_slice(body.as_bytes()), is_stream, mapping) {
            Ok(encoded) => String::from_utf8(encoded.body.to_vec()).unwrap(),
            Err(bad) => {
                let bad = bad_request(bad);
                format!("{} [{}]", bad.message, bad.param.unwrap_or_default())
            }
        }
    }

    const REQUEST: &str = include_str!("../../../../tests/fixtures/plain/request.json");

    #[test]
    fn without_a_template_another_router_reads_it_as_it_was() {
        let expected = include_str!("../../../../tests/fixtures/plain/invoke_body.json");
        let body = encoded(REQUEST, true, &PayloadMapping::default());
        assert_eq!(body, expected.trim_end());

        let read = invoke::client::request::decode(body.as_bytes()).unwrap();
        let mut read: serde_json::Map<String, Value> =
            serde_json::from_slice(read.bytes()).unwrap();
        let mut sent: serde_json::Map<String, Value> = serde_json::from_str(REQUEST).unwrap();
        sent.remove("stream_options");
        read.sort_keys();
        sent.sort_keys();
        assert_eq!(read, sent);

        assert_eq!(
            encoded(r#"{"messages":[{"role":"user"}]}"#, false, &PayloadMapping::default()),
            r#"{"messages":[{"role":"user"}],"parameters":{},"stream":false}"#
        );
    }

    #[test]
    fn a_template_is_filled() {
        let template = include_str!("../../../../tests/fixtures/plain/template.json");
        let mapping = mapping(serde_json::from_str(template).unwrap());
        let expected = include_str!("../../../../tests/fixtures/plain/template_body.json");
        assert_eq!(encoded(REQUEST, true, &mapping), expected.trim_end());
    }

    #[test]
    fn absent_values_are_omitted_with_their_names() {
        let mapping = mapping(json!({
            "a": "$system", "b": {"t": "$parameters.temperature", "k": "$parameters.top_k"},
            "list": ["$parameters.seed", "x", "$parameters.user", "$prompt"], "m": "$model",
            "max": "$parameters.max_tokens", "dollar": "$$prompt", "stream": "$stream",
        }));
        let body = r#"{"messages":[{"role":"user","content":"h\u0069"}],"top_k":1e2,"seed":null,
            "max_completion_tokens":7}"#;
        assert_eq!(
            encoded(body, false, &mapping),
            r#"{"b":{"k":1e2},"list":["x","h\u0069"],"max":7,"dollar":"$prompt","stream":false}"#
        );
    }

    #[test]
    fn what_the_template_does_not_use_is_reported() {
        let body = Bytes::from_static(
            br#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],
            "stream":true,"stream_options":{},"seed":1,"top_p":null,"max_completion_tokens":5,"tools":[]}"#,
        );
        for (template, expected) in [
            (json!({"m": "$messages", "p": "$parameters"}), &[][..]),
            (
                json!({"p": "$prompt", "max": "$parameters.max_tokens"}),
                &["messages", "seed", "tools"],
            ),
            (json!({"p": "$prompt", "s": "$system", "x": ["$parameters"]}), &[]),
            (
                json!({"m": "$messages", "s": "$parameters.seed"}),
                &["max_completion_tokens", "tools"],
            ),
        ] {
            let encoded = encode(&body, true, &mapping(template.clone())).unwrap();
            assert_eq!(encoded.dropped, expected, "{template}");
        }
        let untouched = encode(&body, true, &PayloadMapping::default()).unwrap();
        assert_eq!(untouched.dropped, Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_survives_a_template_and_an_answer(
            text in any::<String>(), system in any::<String>(), as_part in any::<bool>(),
        ) {
            let content = if as_part { json!([{"type": "text", "text": text}]) } else { json!(text) };
            let body = json!({"messages": [
                {"role": "user", "content": "before"}, {"role": "system", "content": system},
                {"role": "user", "content": content}, {"role": "assistant", "content": "so"},
            ]});
            let mapping = PayloadMapping {
                response: crate::config::payload_mapping::ResponsePointers {
                    text: Some("/echo/0".into()), ..Default::default()
                },
                ..mapping(json!({"echo": ["$prompt"], "output_text": "$system"}))
            };
            let body = encode(&Bytes::from(body.to_string()), false, &mapping).unwrap().body;
            // The posted text comes back as an answer.
            let said = |mapping: &PayloadMapping| {
                answer::decode(&body, mapping).unwrap().choices.remove(0).message.text()
            };
            prop_assert_eq!(said(&mapping), text);
            prop_assert_eq!(said(&PayloadMapping::default()), system);
        }
    }
}
