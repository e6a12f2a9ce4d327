//! Log probabilities in chat's shape. The tokens have the same shape; those of a stream lack
//! members that chat always has.

use serde_json::{Map, Value, json};

/// `None` when there are none.
pub(super) fn to_chat(mut tokens: Vec<Value>) -> Option<Value> {
    for token in &mut tokens {
        let Value::Object(token) = token else { continue };
        let tops = token.entry("top_logprobs").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(tops) = tops {
            tops.iter_mut().filter_map(Value::as_object_mut).for_each(complete);
        }
        complete(token);
    }
    (!tokens.is_empty()).then(|| json!({ "content": tokens }))
}

fn complete(token: &mut Map<String, Value>) {
    token.entry("bytes").or_insert(Value::Null);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_chat_requires_are_added() {
        let tokens = vec![
            json!({"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}),
            json!({"token": "b", "logprob": -1, "top_logprobs": [{"token": "c", "logprob": -2}]}),
            json!({"token": "d", "logprob": 0}),
        ];
        let expected = json!({"content": [
            {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []},
            {"token": "b", "logprob": -1, "bytes": null,
             "top_logprobs": [{"token": "c", "logprob": -2, "bytes": null}]},
            {"token": "d", "logprob": 0, "top_logprobs": [], "bytes": null},
        ]});
        assert_eq!(to_chat(tokens), Some(expected));
        assert_eq!(to_chat(Vec::new()), None);
    }
}
