//! The tokens of a chat request.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Count, Message, beginning, in_proportion, list, tools};
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::cut::closed;
use crate::dialects::openai::needs;

/// What a message, and the beginning of the answer, cost besides their texts: as OpenAI lays them
/// out (OpenAI Cookbook, "How to count tokens with tiktoken").
const OF_MESSAGE: u64 = 3;
const OF_NAME: u64 = 1;
const OF_ANSWER: u64 = 3;

/// Members of a part that are no text for the model.
const NO_TEXT: [&str; 13] = [
    "type",
    "id",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "signature",
    "cache_control",
    "data",
    "format",
    "status",
    "encrypted_content",
    "thoughtSignature",
    "mimeType",
];

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    /// Of Ollama's API.
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    /// Of Anthropic's Messages, and Ollama's API.
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    /// Of OpenAI's Responses.
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    /// Of Gemini's API.
    #[serde(borrow)]
    contents: Option<&'a RawValue>,
    #[serde(borrow, rename = "systemInstruction")]
    system_instruction: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    functions: Option<&'a RawValue>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
}

/// The tokens of the request of which `body` is the beginning, or all; `estimate` is that of the
/// whole by its size. `None` where it cannot be read.
pub fn prompt(body: &[u8], estimate: u64, count: &Count<'_>) -> Option<u64> {
    let text = String::from_utf8_lossy(beginning(body));
    if let Ok(request) = serde_json::from_str(&text) {
        return Some(of_request(&request, count));
    }
    let text = closed(&text);
    let counted = of_request(&serde_json::from_str(&text).ok()?, count);
    let part = JsonBody::parse(Bytes::from(text), |_| Ok(())).ok()?;
    Some(in_proportion(counted, estimate, needs::read(&part).prompt_tokens))
}

fn of_request(request: &Request<'_>, count: &Count<'_>) -> u64 {
    let messages = request.messages.iter().map(|message| of_message(message, count));
    let mut tokens = messages.sum::<u64>() + OF_ANSWER;
    for text in [request.system, request.prompt].into_iter().flatten() {
        tokens += OF_MESSAGE + of_content(text, count);
    }
    tokens += request.instructions.map_or(0, |text| OF_MESSAGE + of_content(text, count));
    tokens += request.input.map_or(0, |input| of_input(input, count));
    for content in request.contents.map(list).unwrap_or_default() {
        tokens += OF_MESSAGE + of_parts(content, count);
    }
    tokens += request.system_instruction.map_or(0, |it| OF_MESSAGE + of_parts(it, count));
    for list in [request.tools, request.functions].into_iter().flatten() {
        tokens += tools::of_list(list, count);
    }
    tokens + request.response_format.map_or(0, |format| tools::of_format(format, count))
}

/// A text, or items, of which each is a message at least.
fn of_input(json: &RawValue, count: &Count<'_>) -> u64 {
    if let Some(text) = string(json) {
        return OF_MESSAGE + count(&text);
    }
    list(json).iter().map(|item| of_item(item, count)).sum()
}

fn of_item(json: &RawValue, count: &Count<'_>) -> u64 {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        role: Option<&'a RawValue>,
        #[serde(borrow)]
        content: Option<&'a RawValue>,
    }
    if let Ok(Item { role: Some(role), content: Some(content) }) = serde_json::from_str(json.get())
    {
        let role = string(role).map_or(0, |role| count(&role));
        return OF_MESSAGE + role + of_content(content, count);
    }
    OF_MESSAGE + of_value(&serde_json::from_str(json.get()).unwrap_or_default(), count)
}

fn of_message(json: &RawValue, count: &Count<'_>) -> u64 {
    let Ok(message) = serde_json::from_str::<Message<'_>>(json.get()) else {
        return OF_MESSAGE;
    };
    let Message { role, name, content, refusal, .. } = message;
    let texts = [role, name, message.thinking(), refusal];
    let mut tokens = OF_MESSAGE + if name.is_some() { OF_NAME } else { 0 };
    tokens += texts.into_iter().flatten().filter_map(string).map(|text| count(&text)).sum::<u64>();
    tokens += content.map_or(0, |content| of_content(content, count));
    for call in message.tool_calls.map(list).unwrap_or_default() {
        tokens += OF_MESSAGE + of_call(call, count);
    }
    tokens += message.function_call.map_or(0, |call| OF_MESSAGE + of_function(call, count));
    tokens + message.tokens_of_images()
}

/// A string, or parts of which each is a text or a medium.
fn of_content(json: &RawValue, count: &Count<'_>) -> u64 {
    if let Some(text) = string(json) {
        return count(&text);
    }
    let of_part = |part: &&RawValue| match needs::tokens_of_medium(part) {
        Some(tokens) => tokens,
        None => of_value(&serde_json::from_str(part.get()).unwrap_or_default(), count),
    };
    list(json).iter().map(of_part).sum()
}

/// Of a content of Gemini's API.
fn of_parts(json: &RawValue, count: &Count<'_>) -> u64 {
    #[derive(Deserialize)]
    struct Content<'a> {
        #[serde(borrow)]
        parts: Option<&'a RawValue>,
    }
    let content = serde_json::from_str::<Content<'_>>(json.get()).ok();
    let parts = content.and_then(|content| content.parts);
    parts.map_or(0, |parts| of_content(parts, count))
}

/// All texts in it.
fn of_value(value: &Value, count: &Count<'_>) -> u64 {
    match value {
        Value::String(text) => count(text),
        Value::Array(items) => items.iter().map(|item| of_value(item, count)).sum(),
        Value::Object(members) => {
            let texts = members.iter().filter(|(name, _)| !NO_TEXT.contains(&name.as_str()));
            texts.map(|(_, value)| of_value(value, count)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// A call of a tool.
fn of_call(json: &RawValue, count: &Count<'_>) -> u64 {
    #[derive(Deserialize)]
    struct Call<'a> {
        #[serde(borrow)]
        function: Option<&'a RawValue>,
        #[serde(borrow)]
        custom: Option<&'a RawValue>,
    }
    let call = serde_json::from_str::<Call<'_>>(json.get()).ok();
    let function = call.and_then(|call| call.function.or(call.custom));
    function.map_or(0, |function| of_function(function, count))
}

/// Name and arguments, which are JSON in a string, or an object.
fn of_function(json: &RawValue, count: &Count<'_>) -> u64 {
    #[derive(Deserialize)]
    struct Function<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow, alias = "input")]
        arguments: Option<&'a RawValue>,
    }
    let Ok(Function { name, arguments }) = serde_json::from_str(json.get()) else { return 0 };
    let arguments = arguments.map(|json| string(json).unwrap_or_else(|| json.get().to_owned()));
    let texts = name.and_then(string).into_iter().chain(arguments);
    texts.map(|text| count(&text)).sum()
}

fn string(json: &RawValue) -> Option<String> {
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A token a character.
    fn count(text: &str) -> u64 {
        text.chars().count() as u64
    }

    fn of(body: &Value) -> u64 {
        prompt(body.to_string().as_bytes(), 1, &count).unwrap()
    }

    fn user(content: Value) -> Value {
        json!({"messages": [{"role": "user", "content": content}]})
    }

    #[test]
    fn texts_are_counted_and_the_layout_of_messages() {
        let layout = of(&user(json!("")));
        assert_eq!(layout, 3 + 4 + 3);
        assert_eq!(of(&user(json!("12345"))), layout + 5);
        assert_eq!(of(&user(json!([{"type": "text", "text": "12345"}]))), layout + 5);
        assert_eq!(of(&user(json!(null))), layout);
        assert_eq!(of(&json!({"messages": []})), 3);
        let named = json!({"messages": [{"role": "user", "name": "bob", "content": "12345"}]});
        assert_eq!(of(&named), layout + 5 + 1 + 3);
        let reasoned = json!({"messages": [
            {"role": "user", "content": "", "reasoning_content": "12345", "reasoning": "12345"},
        ]});
        assert_eq!(of(&reasoned), layout + 5);
    }

    #[test]
    fn calls_of_tools_and_their_results_are_counted() {
        let layout = of(&user(json!("")));
        let call = json!({"messages": [{"role": "user", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "get", "arguments": "{}"}},
        ]}]});
        assert_eq!(of(&call), layout + 3 + 3 + 2);
        let result = user(json!([
            {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "12345"}]},
        ]));
        assert_eq!(of(&result), layout + 5);
    }

    #[test]
    fn media_are_no_text() {
        let layout = of(&user(json!("")));
        let data = format!("data:image/png;base64,{}", "A".repeat(100_000));
        let image = json!({"type": "image_url", "image_url": {"url": data}});
        let text = json!({"type": "text", "text": "12345"});
        assert_eq!(of(&user(json!([image.clone(), text.clone()]))), layout + 1_000 + 5);
        // What is cut within the image has its price all the same.
        let body = user(json!([text, image])).to_string();
        let cut = prompt(&body.as_bytes()[..50_000], 1_010, &count).unwrap();
        assert!((1_000..1_100).contains(&cut), "{cut}");
        let unknown = json!({"type": "blob", "blob": {"data": "A".repeat(9_000)}});
        assert_eq!(of(&user(json!([unknown]))), layout + 3_000);
    }

    #[test]
    fn a_whole_is_like_its_beginning() {
        let body = user(json!("word ".repeat(20_000))).to_string();
        let whole = prompt(body.as_bytes(), 1, &count).unwrap();
        let estimate = (body.len() / 4) as u64;
        let part = prompt(&body.as_bytes()[..10_000], estimate, &count).unwrap();
        assert!(part.abs_diff(whole) < whole / 50, "{part} of {whole}");
        // More than is read of any body.
        let body = user(json!("word ".repeat(200_000))).to_string();
        let whole = prompt(body.as_bytes(), (body.len() / 4) as u64, &count).unwrap();
        assert!(whole.abs_diff(1_000_000) < 20_000, "{whole}");
    }

    #[test]
    fn what_is_no_request_is_not_counted() {
        for body in ["", "no json", "[]", "{\"messages\": 5}", "{\"messages\": null}"] {
            assert_eq!(prompt(body.as_bytes(), 7, &count), None, "{body}");
        }
        let deep = format!("{{\"messages\": {}", "[".repeat(100_000));
        prompt(deep.as_bytes(), 7, &count);
        let odd = json!({"messages": [5, null, {"role": 5, "content": {"a": "b"}}], "tools": 5});
        assert_eq!(of(&odd), 3 * 3 + 3);
    }
}
