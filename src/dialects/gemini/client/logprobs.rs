//! Log probabilities of a candidate's tokens.

use serde_json::{Map, Value, json};

/// Collects those of an answer, in a chat's shape.
#[derive(Debug, Default)]
pub(super) struct Logprobs(Vec<Value>);

impl Logprobs {
    pub(super) fn add(&mut self, logprobs: &Value) {
        let tokens = logprobs.get("content").and_then(Value::as_array);
        self.0.extend(tokens.into_iter().flatten().cloned());
    }

    /// Puts them into a candidate.
    pub(super) fn write(&self, candidate: &mut Value) {
        let Some(members) = candidate.as_object_mut().filter(|_| !self.0.is_empty()) else {
            return;
        };
        let chosen: Vec<Value> = self.0.iter().map(token).collect();
        let mut result = Map::new();
        let tops = |token: &Value| {
            let tops = token.get("top_logprobs").and_then(Value::as_array);
            json!({"candidates": tops.into_iter().flatten().map(self::token).collect::<Vec<_>>()})
        };
        let tops: Vec<Value> = self.0.iter().map(tops).collect();
        result.insert(String::from("topCandidates"), Value::Array(tops));
        result.insert(String::from("chosenCandidates"), Value::Array(chosen));
        members.insert(String::from("logprobsResult"), Value::Object(result));
    }
}

fn token(token: &Value) -> Value {
    json!({"token": token.get("token"), "logProbability": token.get("logprob")})
}
