//! Decodes the thinking of earlier turns, in the spellings that clients send back.

use serde_json::Value;

use super::fields::Fields;
use super::order::After;
use super::wire::maker;
use crate::dialects::errors::BadRequest;
use crate::domain::chat::{Seal, Thinking};

/// A thinking block, and its position in the turn if the client sends one.
pub(super) type Placed = (Thinking, Option<After>);

/// The thinking of an assistant's message. Several members usually hold the same text; the one
/// with signatures is used.
pub(super) fn take(message: &mut Fields) -> Result<Vec<Placed>, BadRequest> {
    let blocks = message.objects("thinking_blocks")?;
    let details = message.objects("reasoning_details")?;
    let content = message.string("reasoning_content")?;
    let reasoning = message.string("reasoning")?;

    let mut thinking = Vec::new();
    for mut block in blocks {
        let after = After::read(block.take("after").as_ref());
        thinking.extend(block_of(block)?.map(|block| (block, after)));
    }
    if thinking.is_empty() {
        thinking = details_of(details)?;
    }
    let is_said = thinking
        .iter()
        .any(|(block, _)| matches!(block, Thinking::Text { text, .. } if !text.is_empty()));
    let text = content.filter(|text| !text.is_empty()).or(reasoning);
    if let Some(text) = text.filter(|text| !is_said && !text.is_empty()) {
        thinking.insert(0, (Thinking::Text { text, signature: None }, None));
    }
    Ok(thinking)
}

/// A block in Anthropic's format; `None` for an unknown type and for an empty block.
pub(super) fn block_of(mut block: Fields) -> Result<Option<Thinking>, BadRequest> {
    Ok(match block.string("type")?.as_deref() {
        Some("thinking") => {
            let text = block.string("thinking")?.unwrap_or_default();
            text_block(text, signature(&mut block)?)
        }
        Some("redacted_thinking") => Some(opaque(&mut block)?),
        _ => None,
    })
}

fn signature(block: &mut Fields) -> Result<Option<Seal>, BadRequest> {
    let Some(data) = block.string("signature")? else { return Ok(None) };
    Ok(Some(Seal { maker: maker(block.string("format")?.as_deref()), data }))
}

fn opaque(block: &mut Fields) -> Result<Thinking, BadRequest> {
    let data = block.required_string("data")?;
    let sealed = Seal { maker: maker(block.string("format")?.as_deref()), data };
    Ok(Thinking::Opaque { id: block.string("id")?, sealed })
}

/// OpenRouter's `reasoning_details`. A streaming client may send a block as fragments: those with
/// the same `index` are one block, up to its signature.
fn details_of(details: Vec<Fields>) -> Result<Vec<Placed>, BadRequest> {
    let mut thinking: Vec<Placed> = Vec::new();
    let mut open: Option<Value> = None;
    for mut detail in details {
        let index = detail.take("index");
        let after = After::read(detail.take("after").as_ref());
        let found = match detail.string("type")?.as_deref() {
            Some("reasoning.text") => {
                let text = detail.string("text")?.unwrap_or_default();
                text_block(text, signature(&mut detail)?)
            }
            Some("reasoning.summary") => {
                text_block(detail.string("summary")?.unwrap_or_default(), None)
            }
            Some("reasoning.encrypted") => Some(opaque(&mut detail)?),
            _ => None,
        };
        let Some(found) = found else { continue };
        match (thinking.last_mut(), found) {
            (
                Some((Thinking::Text { text, signature: signature @ None }, _)),
                Thinking::Text { text: more, signature: end },
            ) if index.is_some() && index == open => {
                text.push_str(&more);
                *signature = end;
            }
            (_, found) => thinking.push((found, after)),
        }
        open = index;
    }
    Ok(thinking)
}

fn text_block(text: String, signature: Option<Seal>) -> Option<Thinking> {
    let signature = signature.filter(|signature| !signature.data.is_empty());
    (!text.is_empty() || signature.is_some()).then_some(Thinking::Text { text, signature })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::Maker;
    use serde_json::json;

    fn text(text: &str, signature: Option<&str>) -> Thinking {
        let signature = signature.map(|data| Seal::new(Maker::Anthropic, data));
        Thinking::Text { text: text.into(), signature }
    }

    fn opaque(data: &str) -> Thinking {
        Thinking::Opaque { id: None, sealed: Seal::new(Maker::Anthropic, data) }
    }

    fn taken(fields: &mut Fields) -> Result<Vec<Thinking>, BadRequest> {
        Ok(take(fields)?.into_iter().map(|(thinking, _)| thinking).collect())
    }

    #[test]
    fn a_seal_keeps_its_maker() {
        for (format, maker) in [
            (json!(null), Maker::Anthropic),
            (json!("anthropic-claude-v1"), Maker::Anthropic),
            (json!("google-gemini-v1"), Maker::Google),
            (json!("openai-responses-v1"), Maker::OpenAi),
            (json!("xai-responses-v1"), Maker::Xai),
            (json!("somebody-v7"), Maker::Unknown),
        ] {
            let message = json!({"reasoning_details": [
                {"type": "reasoning.text", "text": "a", "signature": "s", "format": format},
                {"type": "reasoning.encrypted", "id": "rs_1", "data": "d", "format": format},
            ]});
            let mut fields = Fields::new(message, String::from("m")).unwrap();
            let signature = Some(Seal::new(maker, "s"));
            let expected = vec![
                Thinking::Text { text: "a".into(), signature },
                Thinking::Opaque { id: Some("rs_1".into()), sealed: Seal::new(maker, "d") },
            ];
            assert_eq!(taken(&mut fields), Ok(expected), "{format}");
        }
    }

    #[test]
    fn every_spelling_is_read_and_none_twice() {
        for (message, expected) in [
            (json!({"reasoning_content": "a"}), vec![text("a", None)]),
            (json!({"reasoning_content": "", "reasoning": "b"}), vec![text("b", None)]),
            (
                json!({"reasoning_content": "ab", "reasoning": "ab", "thinking_blocks": [
                    {"type": "thinking", "thinking": "a", "signature": "s", "index": 0},
                    {"type": "redacted_thinking", "data": "d"},
                    {"type": "later", "x": 1},
                    {"type": "thinking", "thinking": "b", "signature": ""},
                    {"type": "thinking", "thinking": "", "signature": "t"},
                ]}),
                vec![text("a", Some("s")), opaque("d"), text("b", None), text("", Some("t"))],
            ),
            (
                json!({"reasoning": "abc", "reasoning_details": [
                    {"type": "reasoning.text", "text": "a", "index": 0},
                    {"type": "reasoning.text", "text": "b", "index": 0},
                    {"type": "reasoning.text", "signature": "s", "index": 0},
                    {"type": "reasoning.text", "text": "c", "index": 0},
                    {"type": "reasoning.encrypted", "data": "d", "index": 1},
                    {"type": "reasoning.summary", "summary": "e"},
                    {"type": "reasoning.summary", "summary": "f"},
                ]}),
                vec![
                    text("ab", Some("s")),
                    text("c", None),
                    opaque("d"),
                    text("e", None),
                    text("f", None),
                ],
            ),
            (
                json!({"reasoning": "a", "thinking_blocks": [{"type": "redacted_thinking", "data": "d"}]}),
                vec![text("a", None), opaque("d")],
            ),
        ] {
            let mut fields = Fields::new(message.clone(), String::from("m")).unwrap();
            assert_eq!(taken(&mut fields), Ok(expected), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_read_names_its_place() {
        let message = json!({"thinking_blocks": [{"type": "redacted_thinking"}]});
        let mut fields = Fields::new(message, String::from("messages[2]")).unwrap();
        let bad = take(&mut fields).unwrap_err();
        assert_eq!(bad.param.as_deref(), Some("messages[2].thinking_blocks[0].data"));
    }
}
