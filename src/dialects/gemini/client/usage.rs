//! Usage in Gemini's meaning: `candidatesTokenCount` is without the thoughts.

use serde_json::{Map, Value, json};

use crate::domain::usage::Usage;

pub(super) fn metadata(usage: &Usage) -> Value {
    let mut members = Map::new();
    members.insert(String::from("promptTokenCount"), json!(usage.prompt));
    let answer = usage.completion.saturating_sub(usage.reasoning);
    members.insert(String::from("candidatesTokenCount"), json!(answer));
    members.insert(String::from("totalTokenCount"), json!(usage.total));
    for (name, count) in
        [("cachedContentTokenCount", usage.cached), ("thoughtsTokenCount", usage.reasoning)]
    {
        if count > 0 {
            members.insert(name.to_owned(), json!(count));
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_counted_apart() {
        let usage = Usage {
            prompt: 100,
            completion: 20,
            reasoning: 15,
            cached: 60,
            total: 120,
            ..Usage::default()
        };
        let expected = json!({
            "promptTokenCount": 100, "candidatesTokenCount": 5, "totalTokenCount": 120,
            "cachedContentTokenCount": 60, "thoughtsTokenCount": 15,
        });
        assert_eq!(metadata(&usage), expected);
    }
}
