//! Decodes a whole answer.

use super::ids::CallIds;
use super::piece::{Piece, pieces};
use super::wire::{Candidate, Response, UsageMetadata};
use super::{error, finish, grounding, logprobs};
use crate::dialects::errors::NoAnswer;
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, FinishReason, Maker, Media, Part, PartContent,
    Seal, Thinking, ToolCall,
};

/// A blocked prompt is an answer too: an empty, filtered one. The id is empty when the upstream
/// gave none.
///
/// # Errors
/// When the body is no answer of `generateContent`.
pub fn decode(body: &[u8]) -> Result<ChatAnswer, NoAnswer> {
    let mut response: Response =
        serde_json::from_slice(body).map_err(|error| no_answer(body, &error))?;
    if let Some(error) = response.error.as_ref().filter(|error| !error.is_null()) {
        return Err(NoAnswer::Error(error::of_value(error)));
    }
    let is_blocked = response.is_blocked();
    let refusal = response.take_block_message();
    let id = response.response_id.unwrap_or_default();
    let mut candidates = response.candidates.unwrap_or_default();
    if candidates.is_empty() && !is_blocked {
        return Err(NoAnswer::without(body, "candidates"));
    }
    candidates.sort_by_key(|candidate| candidate.index.unwrap_or(0));
    let mut ids = CallIds::default();
    let mut choices: Vec<Choice> = (0..)
        .zip(candidates)
        .map(|(index, candidate)| choice(candidate, index, &id, &mut ids))
        .collect();
    if is_blocked {
        let finish_reason = Some(FinishReason::ContentFilter);
        let message =
            AssistantMessage { blocks: refusal.map(Block::Refusal).into_iter().collect() };
        choices.push(Choice { message, finish_reason, logprobs: None });
    }
    Ok(ChatAnswer {
        id,
        created: None,
        model: response.model_version.unwrap_or_default(),
        choices,
        usage: response.usage_metadata.as_ref().map(UsageMetadata::to_usage),
    })
}

fn no_answer(body: &[u8], error: &serde_json::Error) -> NoAnswer {
    if let Some(error) = error::in_body(body) {
        return NoAnswer::Error(error);
    }
    NoAnswer::malformed(body, "`generateContent` response", error)
}

fn choice(mut candidate: Candidate, index: u64, response_id: &str, ids: &mut CallIds) -> Choice {
    let mut blocks = Vec::new();
    let mut calls = 0;
    let finish = candidate.take_finish();
    let parts = candidate.content.and_then(|content| content.parts).unwrap_or_default();
    let is_grounded = candidate.grounding_metadata.is_some();
    let (mut said, mut starts) = (String::new(), Vec::with_capacity(parts.len()));
    for part in parts {
        starts.push(said.len());
        for piece in pieces(part) {
            match piece {
                Piece::Text(text) => {
                    if is_grounded {
                        said.push_str(&text);
                    }
                    add_text(&mut blocks, text);
                }
                Piece::Thinking(text) => add_thinking(&mut blocks, text),
                Piece::Signature(signature) => add_signature(&mut blocks, signature),
                Piece::Media { media_type, data } => blocks.push(media_block(media_type, data)),
                Piece::Call { id, name, arguments, signature } => {
                    let id = ids.give(id, response_id, index, calls);
                    calls += 1;
                    blocks.push(Block::ToolCall(ToolCall { id, name, arguments, signature }));
                }
            }
        }
    }
    if let Some(grounding) = candidate.grounding_metadata
        && let Some((search, citations)) = grounding::read(&grounding, &said, &starts)
    {
        let first = blocks.iter().position(|block| !matches!(block, Block::Thinking(_)));
        blocks.insert(first.unwrap_or(blocks.len()), Block::Search(search));
        blocks.extend(citations.into_iter().map(Block::Citation));
    }
    let message = AssistantMessage { blocks };
    let finish_reason = finish.map(|finish| finish::reason(&finish, calls > 0));
    let logprobs = candidate.logprobs_result.and_then(logprobs::to_openai);
    Choice { message, finish_reason, logprobs }
}

fn add_text(blocks: &mut Vec<Block>, text: String) {
    match blocks.last_mut() {
        Some(Block::Part(Part { content: PartContent::Text(known), .. })) => known.push_str(&text),
        _ => blocks.push(Block::text(text)),
    }
}

fn add_thinking(blocks: &mut Vec<Block>, more: String) {
    match blocks.last_mut() {
        Some(Block::Thinking(Thinking::Text { text, signature: None })) => text.push_str(&more),
        _ => blocks.push(Block::Thinking(Thinking::Text { text: more, signature: None })),
    }
}

/// The signature of the thinking right before it, or else of the text before it.
fn add_signature(blocks: &mut Vec<Block>, new: String) {
    let new = Some(Seal::new(Maker::Google, new));
    match blocks.last_mut() {
        Some(Block::Thinking(Thinking::Text { signature: signature @ None, .. })) => {
            *signature = new;
        }
        _ => {
            let thinking = Thinking::Text { text: String::new(), signature: new };
            blocks.push(Block::Thinking(thinking));
        }
    }
}

/// Media that the model generated.
fn media_block(media_type: String, data: String) -> Block {
    let kind = media_type.split('/').next().unwrap_or_default().to_owned();
    let source = Media::Inline { media_type, data };
    let content = match kind.as_str() {
        "image" => PartContent::Image { source, detail: None },
        "audio" => PartContent::Audio { source },
        "video" => PartContent::Video { source },
        _ => PartContent::File { source, filename: None },
    };
    Block::Part(Part::from(content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::errors::UpstreamError;
    use crate::dialects::gemini::upstream::fixtures;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn documented_answers_read_as_they_should() {
        for name in ["text", "tools", "thinking", "safety", "blocked", "spent", "logprobs"] {
            let body = fixtures::read(&format!("answer_{name}.json"));
            let answer = decode(body.as_bytes()).unwrap();
            fixtures::check(&format!("answer_{name}.txt"), &format!("{answer:#?}\n"));
        }
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        for (body, expected) in [
            ("", "answered with an empty body"),
            ("<html>", "answered HTML instead of JSON; is `base_url` right?"),
            (r#"{"candidates":[{"#, "answered JSON that breaks off in the middle"),
            (r#"{"promptFeedback":{}}"#, "answered JSON without `candidates`"),
        ] {
            let expected = NoAnswer::Malformed(expected.into());
            assert_eq!(decode(body.as_bytes()), Err(expected), "{body}");
        }
        let error = UpstreamError { message: "full".into(), code: Some("UNAVAILABLE".into()) };
        for body in [
            r#"{"error":{"code":503,"message":"full","status":"UNAVAILABLE"}}"#,
            r#"[{"error":{"code":503,"message":"full","status":"UNAVAILABLE"}}]"#,
        ] {
            assert_eq!(decode(body.as_bytes()), Err(NoAnswer::Error(error.clone())));
        }
    }

    #[test]
    fn generated_media_keeps_its_place() {
        let blob = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
        let parts = json!([{"text": "a"}, blob, {"text": "b"}]);
        let body = json!({"candidates": [{"content": {"parts": parts}}]}).to_string();
        let content = decode(body.as_bytes()).unwrap().choices.remove(0).message.blocks;
        let source = Media::Inline { media_type: "image/png".into(), data: "AA==".into() };
        let image = fixtures::part(PartContent::Image { source, detail: None });
        assert_eq!(content, [Block::text("a"), Block::Part(image), Block::text("b")]);
    }

    proptest! {
        #[test]
        fn any_text_in_any_parts_is_unharmed(texts in prop::collection::vec(any::<String>(), 1..6)) {
            let parts: Vec<_> = texts.iter().map(|text| json!({ "text": text })).collect();
            let body = json!({"candidates": [{"content": {"parts": parts}}]}).to_string();
            let message = decode(body.as_bytes()).unwrap().choices.remove(0).message;
            let whole = texts.concat();
            let expected = if whole.is_empty() { vec![] } else { vec![Block::text(whole)] };
            prop_assert_eq!(message.blocks, expected);
        }
    }
}
