//! OpenAI's first form of tools: `functions`, `function_call` and messages of the role `function`.
//! Older clients still send it. For an upstream with another dialect it is rewritten as tools, and
//! the answer is returned in the old form.

use serde_json::{Map, Value, json};

use crate::dialects::json::body::JsonBody;
use crate::dialects::needle::needle;
use crate::domain::chat::FinishReason;

needle!(FUNCTION_CALL = b"\"function_call\"");
needle!(FUNCTION = b"\"function\"");

/// Whether the answer's call is to be a `function_call`.
pub fn are_asked_for(body: &JsonBody) -> bool {
    let is_filled = |name| body.value_of(name).is_some_and(|list| !matches!(list, b"null" | b"[]"));
    is_filled("functions") && !is_filled("tools")
}

/// The finish reason for a client that sent `functions`.
pub(super) fn finish_reason(word: &'static str) -> &'static str {
    if word == "tool_calls" { "function_call" } else { word }
}

/// Why an answer ended, to a client that wants its call as `function_call` or does not.
pub(super) fn finish_word(reason: &FinishReason, wants_function_call: bool) -> &'static str {
    let word = reason.as_str();
    if wants_function_call { finish_reason(word) } else { word }
}

/// Whether the old form is used anywhere.
pub(super) fn are_in(body: &JsonBody, default_params: &Map<String, Value>) -> bool {
    let messages = body.value_of("messages").unwrap_or_default();
    ["functions", "function_call"]
        .iter()
        .any(|name| body.has(name) || default_params.contains_key(*name))
        || FUNCTION_CALL.is_in(messages)
        || has_function_role(messages)
}

/// Rewrites the old form as tools.
pub(super) fn into_tools(members: &mut Map<String, Value>) {
    let is_filled = |name| {
        let list: Option<&Value> = members.get(name);
        list.is_some_and(|list| {
            !list.is_null() && list.as_array().is_none_or(|list| !list.is_empty())
        })
    };
    let is_asked_for = is_filled("functions") && !is_filled("tools");
    offer(members);
    let choice = members.shift_remove("function_call").filter(|choice| !choice.is_null());
    if is_asked_for {
        // An answer can hold one `function_call`.
        members.insert(String::from("parallel_tool_calls"), Value::Bool(false));
        if let Some(choice) = choice {
            choose(members, choice);
        }
    }
    if let Some(Value::Array(messages)) = members.get_mut("messages") {
        let mut history = History::default();
        *messages = std::mem::take(messages).into_iter().fold(Vec::new(), |mut out, message| {
            history.add_message(message, &mut out);
            out
        });
    }
}

fn has_function_role(messages: &[u8]) -> bool {
    FUNCTION.positions(messages).any(|at| {
        let before = messages.get(..at).unwrap_or_default().trim_ascii_end();
        let name = before.strip_suffix(b":").map(<[u8]>::trim_ascii_end);
        name.is_some_and(|name| name.ends_with(b"\"role\""))
    })
}

/// `functions` beside `tools` are tools too.
fn offer(members: &mut Map<String, Value>) {
    match members.shift_remove("functions") {
        Some(Value::Array(functions)) if !functions.is_empty() => {
            let tools = members.entry("tools").or_insert(Value::Null);
            if tools.is_null() {
                *tools = json!([]);
            }
            let Value::Array(tools) = tools else { return };
            let tool = |function| json!({"type": "function", "function": function});
            tools.extend(functions.into_iter().map(tool));
        }
        // Refused under its new name.
        Some(other) if !other.is_array() && !other.is_null() => {
            members.entry("tools").or_insert(other);
        }
        _ => {}
    }
}

fn choose(members: &mut Map<String, Value>, choice: Value) {
    let choice = match choice {
        Value::Object(named) => json!({"type": "function", "function": named}),
        word => word,
    };
    members.entry("tool_choice").or_insert(choice);
}

/// The calls so far: they had no ids, and a result belongs to the last call of that name.
#[derive(Default)]
struct History {
    /// Name and id of calls without a result.
    open: Vec<(String, String)>,
    count: usize,
}

impl History {
    fn add_message(&mut self, mut message: Value, out: &mut Vec<Value>) {
        let Some(members) = message.as_object_mut() else { return out.push(message) };
        match members.get("role").and_then(Value::as_str) {
            Some("assistant") => self.add_call(members),
            Some("function") => self.add_result(members, out),
            _ => {}
        }
        out.push(message);
    }

    fn add_call(&mut self, members: &mut Map<String, Value>) {
        let Some(call) = members.shift_remove("function_call").filter(|call| !call.is_null())
        else {
            return;
        };
        // A client that keeps both forms repeats itself.
        if members.get("tool_calls").is_some_and(|calls| calls.as_array().is_some()) {
            return;
        }
        let name = call.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = self.next_id();
        self.open.push((name, id.clone()));
        let call = json!([{"id": id, "type": "function", "function": call}]);
        members.insert(String::from("tool_calls"), call);
    }

    fn add_result(&mut self, members: &mut Map<String, Value>, out: &mut Vec<Value>) {
        let name = members.shift_remove("name");
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let open = self.open.iter().rposition(|(known, _)| known == name);
        let id = match open.or(self.open.len().checked_sub(1)) {
            Some(at) => self.open.remove(at).1,
            // OpenAI accepts the result of a call that the client did not keep.
            None => {
                let id = self.next_id();
                let function = json!({"name": name, "arguments": "{}"});
                let call = json!({"id": id, "type": "function", "function": function});
                out.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
                id
            }
        };
        members.insert(String::from("role"), Value::from("tool"));
        members.insert(String::from("tool_call_id"), Value::from(id));
    }

    fn next_id(&mut self) -> String {
        self.count += 1;
        format!("call_function_{}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use bytes::Bytes;

    fn body(body: &Value) -> JsonBody {
        body::parse(Bytes::from(body.to_string())).unwrap()
    }

    fn rewritten(asked: &Value) -> Option<Value> {
        let Value::Object(mut members) = asked.clone() else { panic!("a body is an object") };
        are_in(&body(asked), &Map::new()).then(|| {
            into_tools(&mut members);
            Value::Object(members)
        })
    }

    #[test]
    fn functions_are_tools_and_a_choice_of_one_is_a_choice() {
        let messages = json!([{"role": "user", "content": "hi"}]);
        let functions = json!([{"name": "f", "parameters": {"type": "object"}}]);
        for (choice, expected) in [
            (json!(null), json!(null)),
            (json!("auto"), json!("auto")),
            (json!("none"), json!("none")),
            (json!({"name": "f"}), json!({"type": "function", "function": {"name": "f"}})),
        ] {
            let asked =
                json!({"messages": messages, "functions": functions, "function_call": choice});
            let out = rewritten(&asked).unwrap();
            assert_eq!(out["tools"], json!([{"type": "function", "function": functions[0]}]));
            assert_eq!(
                (&out["tool_choice"], &out["parallel_tool_calls"]),
                (&expected, &json!(false))
            );
            assert!(out.get("functions").is_none() && out.get("function_call").is_none(), "{out}");
        }
    }

    #[test]
    fn results_find_their_calls_by_name() {
        let call = |name: &str| json!({"role": "assistant", "content": null, "function_call": {"name": name, "arguments": "{}"}});
        let result = |name: &str| json!({"role": "function", "name": name, "content": name});
        let asked = json!({"messages": [
            {"role": "user", "content": "hi"}, call("f"), result("f"), call("g"), result("g"), result("lost"),
        ]});
        let out = rewritten(&asked).unwrap();
        let id = |message: &Value| {
            let id = message["tool_calls"][0]["id"].as_str().or(message["tool_call_id"].as_str());
            (message["role"].as_str().unwrap().to_owned(), id.unwrap_or_default().to_owned())
        };
        let ids: Vec<(String, String)> =
            out["messages"].as_array().unwrap().iter().map(id).collect();
        let expected = [
            ("user", ""),
            ("assistant", "call_function_1"),
            ("tool", "call_function_1"),
            ("assistant", "call_function_2"),
            ("tool", "call_function_2"),
            ("assistant", "call_function_3"),
            ("tool", "call_function_3"),
        ];
        assert_eq!(ids, expected.map(|(role, id)| (role.to_owned(), id.to_owned())));
        assert_eq!(
            out["messages"][6],
            json!({"role": "tool", "content": "lost", "tool_call_id": "call_function_3"})
        );
    }

    #[test]
    fn what_is_in_the_new_spelling_is_not_touched() {
        let asked = json!({"messages": [
            {"role": "user", "content": "\"role\":\"function\""},
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "x"},
        ], "tools": [{"type": "function", "function": {"name": "f"}}]});
        assert_eq!(rewritten(&asked), None);
    }

    #[test]
    fn only_functions_without_tools_are_answered_in_their_spelling() {
        let messages = json!([{"role": "user", "content": "hi"}]);
        let functions = json!([{"name": "f"}]);
        let asked = |more: Value| {
            let mut asked = json!({"messages": messages});
            asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            are_asked_for(&body(&asked))
        };
        assert!(asked(json!({"functions": functions})));
        assert!(asked(json!({"functions": functions, "tools": []})));
        assert!(!asked(json!({"functions": []})));
        assert!(!asked(json!({"functions": functions, "tools": [{"function": {"name": "f"}}]})));
    }
}
