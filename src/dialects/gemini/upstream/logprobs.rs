//! Log probabilities in OpenAI's shape.

use serde_json::{Map, Value, json};

use super::wire::{LogprobsResult, Token};

/// `None` when there are none.
pub(super) fn to_openai(result: LogprobsResult) -> Option<Value> {
    let chosen = result.chosen_candidates.filter(|chosen| !chosen.is_empty())?;
    let mut tops = result.top_candidates.unwrap_or_default().into_iter();
    let content: Vec<Value> = chosen
        .iter()
        .map(|token| {
            let top = tops.next().and_then(|top| top.candidates).unwrap_or_default();
            let mut members = members_of(token);
            let top: Vec<Value> =
                top.iter().map(|token| Value::Object(members_of(token))).collect();
            members.insert("top_logprobs".into(), Value::Array(top));
            Value::Object(members)
        })
        .collect();
    Some(json!({ "content": content }))
}

fn members_of(token: &Token) -> Map<String, Value> {
    let text = token.token.as_deref().unwrap_or_default();
    Map::from_iter([
        ("token".to_owned(), json!(text)),
        ("logprob".to_owned(), json!(token.log_probability)),
        ("bytes".to_owned(), json!(text.as_bytes())),
    ])
}
