//! What was asked and what was answered, as plain text, out of the bodies that are kept of a call:
//! chats, Anthropic's Messages and the router's own format, whole or as a stream, also where a body was cut.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::cut::closed;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    /// Of a call by tags.
    #[serde(borrow)]
    request: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
}

/// A whole answer or a piece of a stream.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    output_text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    /// Of Anthropic's Messages: a whole answer, or a piece of a block.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<Part<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Choice<'a> {
    index: u32,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    delta: Option<Message<'a>>,
}

/// Most are valid, which is found out faster than where one is not.
fn text(body: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

/// The last message of the user. Empty where there is none.
pub fn prompt(body: &[u8]) -> String {
    let text = text(body);
    match serde_json::from_str(&text) {
        Ok(request) => prompt_of(&request),
        Err(_) => {
            let text = closed(&text);
            serde_json::from_str(&text).map(|request| prompt_of(&request)).unwrap_or_default()
        }
    }
}

fn prompt_of(request: &Request<'_>) -> String {
    if let Some(nested) = request.request.filter(|_| request.messages.is_empty()) {
        return prompt(nested.get().as_bytes());
    }
    if let Some(prompt) = request.prompt {
        let prompt = content(prompt);
        if !prompt.is_empty() {
            return prompt;
        }
    }
    let asked = request.messages.iter().rfind(|message| message.role == "user");
    let asked = asked.or(request.messages.last());
    asked.and_then(|message| message.content).map(content).unwrap_or_default()
}

/// The text of the first choice. Empty where there is none.
pub fn answer(body: &[u8]) -> String {
    let body = text(body);
    let body = body.trim_start();
    if !body.starts_with('{') {
        return body
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .filter_map(piece)
            .collect();
    }
    if let Some(text) = piece(body) {
        return text;
    }
    // Pieces of a stream, one in a line; a whole answer may have many lines, too.
    let pieces: Vec<String> = body.lines().map_while(piece).collect();
    match pieces.is_empty() {
        true => piece(&closed(body)).unwrap_or_default(),
        false => pieces.concat(),
    }
}

/// `None` where it is not JSON.
fn piece(json: &str) -> Option<String> {
    let answer: Answer<'_> = serde_json::from_str(json).ok()?;
    if let Some(text) = answer.output_text.or(answer.text) {
        return Some(text.into_owned());
    }
    if let Some(said) = answer.content {
        return Some(content(said));
    }
    if let Some(text) = answer.delta.and_then(|delta| delta.text) {
        return Some(text.into_owned());
    }
    let first = answer.choices.into_iter().find(|choice| choice.index == 0);
    let message = first.and_then(|choice| choice.message.or(choice.delta));
    Some(message.and_then(|message| message.content).map(content).unwrap_or_default())
}

/// A string, or the texts of a list of parts.
fn content(json: &RawValue) -> String {
    let json = json.get();
    if json.starts_with('"') {
        return serde_json::from_str(json).unwrap_or_default();
    }
    let parts: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let texts = parts.into_iter().filter_map(|part| {
        serde_json::from_str::<Part<'_>>(part.get()).ok()?.text.map(Cow::into_owned)
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_the_last_message_of_the_user() {
        for (body, text) in [
            (
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#,
                "a",
            ),
            (
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"see"},
                   {"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"this"}]}]}"#,
                "see\nthis",
            ),
            (r#"{"messages":[{"role":"system","content":"only"}]}"#, "only"),
            (r#"{"prompt":"line\nline é","parameters":{}}"#, "line\nline é"),
            (r#"{"prompt":null,"messages":[{"role":"user","content":"m"}]}"#, "m"),
            (r#"{"query":{"tags":["fast"]},"request":{"prompt":"by tags"}}"#, "by tags"),
            (r#"{"model":"a/b","messages":[{"role":"user","content":"a long que"#, "a long que"),
            (r#"{"messages":[{"role":"user","content":"asked"},{"role":"ass"#, "asked"),
            (r#"{"messages":"none"}"#, ""),
            (r#"[1,2]"#, ""),
            ("", ""),
            ("no json", ""),
        ] {
            assert_eq!(prompt(body.as_bytes()), text, "{body}");
        }
    }

    #[test]
    fn an_answer_is_the_text_of_its_first_choice() {
        for (body, text) in [
            (r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}}]}"#, "Hi"),
            (
                r#"{"choices":[{"index":1,"message":{"content":"no"}},{"index":0,"message":{"content":"yes"}}]}"#,
                "yes",
            ),
            ("{\n \"choices\": [\n {\"message\": {\"content\": \"many lines\"}}]}", "many lines"),
            (r#"{"output_text":"ours","raw":{"choices":[]}}"#, "ours"),
            (
                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"The \"}}]}\n\n: keepalive\n\n\
                 data: {\"choices\":[{\"delta\":{\"content\":\"ferry\"}}]}\n\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n",
                "The ferry",
            ),
            (
                ": keepalive\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"cut\"}}]}\n\ndata: {\"choi",
                "cut",
            ),
            (
                "{\"text\":\"a\",\"raw\":{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}}\n\
                 {\"text\":\"b\"}\n{\"text\":\"\",\"is_final\":true}\n",
                "ab",
            ),
            (
                r#"{"type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Hi"}]}"#,
                "Hi",
            ),
            (
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"fer\"}}\n\n\
                 event: ping\ndata: {\"type\":\"ping\"}\n\n\
                 event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"ry\"}}\n\n\
                 event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
                "ferry",
            ),
            ("data: {\"text\":\"as \"}\n\ndata: {\"text\":\"events\"}\n\n", "as events"),
            (r#"{"choices":[{"message":{"content":"a long ans"#, "a long ans"),
            (r#"{"error":{"message":"it broke"}}"#, ""),
            (r#"{"choices":[{"message":{"content":null,"tool_calls":[]}}]}"#, ""),
            ("\u{feff}", ""),
            ("{", ""),
        ] {
            assert_eq!(answer(body.as_bytes()), text, "{body}");
        }
    }
}
