//! Encodes a chat as the body of a request to `/v1/messages`.

use bytes::Bytes;

use super::conversation::Conversation;
use super::schema::{self, Closed, Inexpressible};
use super::wire::{Body, Format, Metadata, OutputConfig};
use super::{markers, parameters, thinking, tools, wire};
use crate::dialects::dropped::Dropped;
use crate::dialects::encoded::Encoded;
use crate::dialects::errors::Untranslatable;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, ResponseFormat};

/// # Errors
/// When the messages or the tools hold something that the API cannot carry; the place is named as
/// the client wrote it.
pub fn encode(
    request: &ChatRequest,
    capabilities: &Capabilities,
) -> Result<Encoded, Untranslatable> {
    let mut dropped = Dropped::default();
    let conversation = Conversation::encode(&request.messages, capabilities, &mut dropped)?;
    let tools = wire::Tools {
        functions: tools::encode(request, capabilities, &mut dropped)?,
        search: tools::search(request, capabilities, &mut dropped)?,
    };
    let tool_choice = tools::choice(request, capabilities, &mut dropped)?;
    let forces_tool = tool_choice.as_ref().is_some_and(tools::is_forced);
    let obstacles =
        thinking::Obstacles { forces_tool, lacks_thinking: !conversation.may_go_on_thinking() };
    let plan = thinking::plan(request, capabilities, obstacles, &mut dropped);
    let sampling = parameters::sampling(request, capabilities, plan.is_on, &mut dropped);
    let stop_sequences = parameters::stop_sequences(request, &mut dropped);
    let format = format(request, capabilities, &mut dropped);
    parameters::record_unknown(request, &mut dropped);

    let mut body = Body {
        model: &request.model,
        max_tokens: plan.max_tokens,
        system: conversation.system,
        messages: conversation.messages,
        tools,
        tool_choice,
        thinking: plan.thinking,
        output_config: OutputConfig { effort: plan.effort, format },
        sampling,
        stop_sequences,
        metadata: request.user.as_deref().map(|user_id| Metadata { user_id }),
        service_tier: parameters::service_tier(request, &mut dropped),
        cache_control: request.rest.get("cache_control").filter(|marker| !marker.is_null()),
        stream: request.is_stream,
    };
    markers::keep_the_last(&mut body, &mut dropped);
    let body = serde_json::to_vec(&body).map_err(|error| {
        Untranslatable::as_a_whole(format!("the request cannot be written for Anthropic: {error}"))
    })?;
    Ok(Encoded { body: Bytes::from(body), dropped: dropped.into_names() })
}

/// The schema's name, description and `strict` have no counterpart and need none: the API always
/// enforces the part of the schema that its subset can express.
fn format(
    request: &ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<Format> {
    let schema = match request.response_format.as_ref()? {
        ResponseFormat::Text => return None,
        ResponseFormat::JsonSchema { schema, .. } if capabilities.takes_json_schema => schema,
        ResponseFormat::JsonSchema { .. } | ResponseFormat::JsonObject => {
            dropped.record("response_format");
            return None;
        }
    };
    match schema::close(schema) {
        Ok(Closed { schema, lost }) => {
            for keyword in lost {
                dropped.record(&format!("response_format.json_schema.schema.{keyword}"));
            }
            Some(Format::JsonSchema { schema })
        }
        Err(Inexpressible) => {
            dropped.record("response_format");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::anthropic::upstream::fixtures::{self, system, user};
    use crate::domain::capabilities::ThinkingStyle;
    use crate::domain::chat::{Block, Effort, Message, Tool, ToolChoice};
    use serde_json::{Value, json};

    fn encoded(request: &ChatRequest, capabilities: &Capabilities) -> (Value, Vec<String>) {
        let encoded = encode(request, capabilities).unwrap();
        (serde_json::from_slice(&encoded.body).unwrap(), encoded.dropped)
    }

    fn hello() -> ChatRequest {
        ChatRequest {
            model: "claude-haiku-4-5".into(),
            messages: vec![user("hi")],
            ..ChatRequest::default()
        }
    }

    #[test]
    fn the_smallest_request_holds_the_required_fields_only() {
        let (body, dropped) = encoded(&hello(), &Capabilities::default());
        let expected = json!({
            "model": "claude-haiku-4-5",
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        });
        assert_eq!((body, dropped), (expected, Vec::new()));
    }

    #[test]
    fn a_whole_agent_turn_is_written_as_the_golden_file_says() {
        let request = fixtures::agent_turn();
        let capabilities = Capabilities {
            thinking: ThinkingStyle::Adaptive,
            max_output_tokens: Some(128_000),
            takes_sampling: false,
            ..Capabilities::default()
        };
        let encoded = encode(&request, &capabilities).unwrap();
        let golden = include_str!("../../../../tests/fixtures/anthropic/request_agent_turn.json");
        let compact = fixtures::compact(golden);
        assert_eq!(String::from_utf8(encoded.body.to_vec()).unwrap(), compact);
        assert_eq!(encoded.dropped, ["temperature", "seed", "logit_bias"]);
    }

    #[test]
    fn a_schema_for_the_answer_is_passed_on_or_reported_as_dropped() {
        let schema = json!({"type": "object", "additionalProperties": false});
        let mut request = hello();
        request.response_format = Some(ResponseFormat::JsonSchema {
            name: "x".into(),
            schema: schema.clone(),
            strict: Some(true),
            description: None,
        });
        let (body, dropped) = encoded(&request, &Capabilities::default());
        assert_eq!(
            body["output_config"],
            json!({"format": {"type": "json_schema", "schema": schema}})
        );
        assert_eq!(dropped, Vec::<String>::new());

        let older = Capabilities { takes_json_schema: false, ..Capabilities::default() };
        let (body, dropped) = encoded(&request, &older);
        assert_eq!((body.get("output_config"), dropped), (None, vec!["response_format".into()]));

        request.response_format = Some(ResponseFormat::JsonObject);
        let (body, dropped) = encoded(&request, &Capabilities::default());
        assert_eq!((body.get("output_config"), dropped), (None, vec!["response_format".into()]));
    }

    #[test]
    fn a_forced_tool_is_kept_and_the_effort_is_dropped() {
        let mut request = hello();
        request.tools = vec![Tool {
            name: "f".into(),
            description: None,
            parameters: None,
            strict: None,
            cache_control: None,
        }];
        request.tool_choice = Some(ToolChoice::Required);
        request.reasoning = Some(Effort::High);
        let capabilities =
            Capabilities { thinking: ThinkingStyle::Budget, ..Capabilities::default() };
        let (body, dropped) = encoded(&request, &capabilities);
        assert_eq!(body["tool_choice"], json!({"type": "any"}));
        assert_eq!(body["thinking"], json!({"type": "disabled"}));
        assert_eq!(dropped, ["reasoning_effort"]);
    }

    #[test]
    fn thinking_that_is_missing_in_the_running_tool_loop_turns_thinking_off() {
        let mut request = fixtures::agent_turn();
        let budget = Capabilities { thinking: ThinkingStyle::Budget, ..Capabilities::default() };
        let (body, _) = encoded(&request, &budget);
        assert_eq!(body["thinking"]["type"], "enabled");

        for message in &mut request.messages {
            if let Message::Assistant(assistant) = message {
                assistant.blocks.retain(|block| !matches!(block, Block::Thinking(_)));
            }
        }
        let (body, dropped) = encoded(&request, &budget);
        assert_eq!(body["thinking"], json!({"type": "disabled"}));
        assert!(dropped.contains(&"reasoning_effort".into()), "{dropped:?}");
        let adaptive =
            Capabilities { thinking: ThinkingStyle::Adaptive, ..Capabilities::default() };
        assert_eq!(encoded(&request, &adaptive).0["thinking"]["type"], "adaptive");
    }

    #[test]
    fn anthropics_own_fields_and_the_user_are_passed_on() {
        let mut request = hello();
        request.messages.insert(0, system("be brief"));
        request.user = Some("u-1".into());
        request.is_stream = true;
        request.rest.insert("cache_control".into(), json!({"type": "ephemeral"}));
        request.rest.insert("stream_options".into(), json!({"include_usage": true}));
        let (body, dropped) = encoded(&request, &Capabilities::default());
        assert_eq!(body["metadata"], json!({"user_id": "u-1"}));
        assert_eq!(body["cache_control"], json!({"type": "ephemeral"}));
        assert_eq!(body["system"], json!([{"type": "text", "text": "be brief"}]));
        assert_eq!((&body["stream"], dropped), (&json!(true), Vec::new()));
    }
}
