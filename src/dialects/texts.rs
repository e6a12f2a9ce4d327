//! What was asked and what was answered, as plain text, out of the bodies that are kept of a call:
//! chats, Anthropic's Messages, OpenAI's Responses, Gemini's contents, Ollama's API and the router's own format,
//! whole or as a stream, also where a body was cut.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::cut::closed;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    /// Of Gemini's API.
    #[serde(borrow)]
    contents: Option<&'a RawValue>,
    /// Of its embeddings: of one text, or a list of such requests.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    requests: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    /// Of OpenAI's Responses: a text or a list of items. Of embeddings, moderations and speech: a text
    /// or texts.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    /// Of documents to be ranked.
    #[serde(borrow)]
    query: Option<&'a RawValue>,
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
    /// Of Gemini's thinking.
    #[serde(default)]
    thought: Option<bool>,
}

/// Of Gemini's API.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Content<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    parts: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Candidate<'a> {
    index: u32,
    #[serde(borrow)]
    content: Option<Content<'a>>,
}

/// A whole answer or a piece of a stream.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    output_text: Option<Cow<'a, str>>,
    /// Of a response it is an object.
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    /// Of OpenAI's Responses: a whole answer, or the type of an event.
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    /// Of Gemini's API.
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    /// Of Anthropic's Messages: a whole answer, or a piece of a block.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    /// Of Ollama's API: a whole answer, or a line of one.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Choice<'a> {
    index: u32,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    delta: Option<Message<'a>>,
    /// Of a text that is continued.
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
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
    if let Some(input) = request.input.filter(|_| request.messages.is_empty()) {
        if input.get().starts_with('"') {
            return content(input);
        }
        let items: Vec<&RawValue> = serde_json::from_str(input.get()).unwrap_or_default();
        let mut items = items.into_iter().rev().filter_map(message);
        let asked = items.find(|message| message.role == "user");
        let asked = asked.and_then(|message| message.content);
        return content(asked.unwrap_or(input));
    }
    if let Some(query) = request.query.filter(|_| request.messages.is_empty()) {
        return content(query);
    }
    if let Some(contents) = request.contents.filter(|_| request.messages.is_empty()) {
        let contents: Vec<Content<'_>> = serde_json::from_str(contents.get()).unwrap_or_default();
        let said = contents.iter().rev().filter(|content| content.role != "model");
        let mut texts = said.filter_map(|content| content.parts).map(content);
        return texts.find(|text| !text.is_empty()).unwrap_or_default();
    }
    if let Some(one) = request.content.filter(|_| request.messages.is_empty()) {
        let parts = serde_json::from_str(one.get()).ok().and_then(|it: Content<'_>| it.parts);
        return content(parts.unwrap_or(one));
    }
    if let Some(requests) = request.requests.filter(|_| request.messages.is_empty()) {
        let requests: Vec<Request<'_>> = serde_json::from_str(requests.get()).unwrap_or_default();
        return requests.iter().map(prompt_of).collect::<Vec<_>>().join("\n");
    }
    let asked = request.messages.iter().rfind(|message| message.role == "user");
    let asked = asked.or(request.messages.last());
    asked.and_then(|message| message.content).map(content).unwrap_or_default()
}

fn message(json: &RawValue) -> Option<Message<'_>> {
    serde_json::from_str(json.get()).ok()
}

/// The text of the first choice. Empty where there is none.
pub fn answer(body: &[u8]) -> String {
    let body = text(body);
    let body = body.trim_start();
    if !body.starts_with('{') {
        // Gemini's list has an element in each line.
        let is_list = body.starts_with('[');
        let json = |line: &'_ str| match is_list {
            true => piece(line.trim_start_matches(['[', ','])),
            false => piece(line.strip_prefix("data:")?),
        };
        return body.lines().filter_map(json).collect();
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
    if let Some(text) = answer.output_text {
        return Some(text.into_owned());
    }
    if let Some(kind) = answer.kind.filter(|kind| kind.get().starts_with("\"response.")) {
        let is_text = kind.get() == "\"response.output_text.delta\"";
        return Some(answer.delta.filter(|_| is_text).map(content).unwrap_or_default());
    }
    if let Some(output) = answer.output {
        let items: Vec<&RawValue> = serde_json::from_str(output.get()).unwrap_or_default();
        let said = items.into_iter().filter_map(message).filter(|it| it.role == "assistant");
        return Some(said.filter_map(|message| message.content).map(content).collect());
    }
    if let Some(text) = answer.text.filter(|text| text.get().starts_with('"')) {
        return Some(content(text));
    }
    if let Some(candidates) = answer.candidates {
        let first = candidates.into_iter().find(|candidate| candidate.index == 0);
        let parts = first.and_then(|candidate| candidate.content?.parts);
        return Some(parts.map(said_in).unwrap_or_default());
    }
    if let Some(said) = answer.content {
        return Some(content(said));
    }
    let delta = answer.delta.and_then(|delta| serde_json::from_str::<Part<'_>>(delta.get()).ok());
    if let Some(text) = delta.and_then(|delta| delta.text) {
        return Some(text.into_owned());
    }
    if let Some(text) = answer.response.map(content).filter(|text| !text.is_empty()) {
        return Some(text);
    }
    let message =
        answer.message.and_then(|json| serde_json::from_str::<Message<'_>>(json.get()).ok());
    if let Some(said) = message.and_then(|message| message.content) {
        return Some(content(said));
    }
    let first = answer.choices.into_iter().find(|choice| choice.index == 0);
    let Some(first) = first else { return Some(String::new()) };
    if let Some(text) = first.text {
        return Some(text.into_owned());
    }
    let message = first.message.or(first.delta);
    Some(message.and_then(|message| message.content).map(content).unwrap_or_default())
}

/// A string, or the texts of a list of parts.
fn content(json: &RawValue) -> String {
    let json = json.get();
    if json.starts_with('"') {
        return serde_json::from_str(json).unwrap_or_default();
    }
    let parts: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let texts = parts.into_iter().filter_map(|part| match part.get().starts_with('"') {
        true => serde_json::from_str(part.get()).ok(),
        false => serde_json::from_str::<Part<'_>>(part.get()).ok()?.text.map(Cow::into_owned),
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The text of an answer's parts, without thinking.
fn said_in(parts: &RawValue) -> String {
    let parts: Vec<Part<'_>> = serde_json::from_str(parts.get()).unwrap_or_default();
    let said = parts.into_iter().filter(|part| part.thought != Some(true));
    said.filter_map(|part| part.text).collect()
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
            (r#"{"input":"hi","text":{"format":{"type":"text"}}}"#, "hi"),
            (
                r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"do it"}]},
                   {"type":"function_call","name":"f"},{"type":"function_call_output","output":"x"}]}"#,
                "do it",
            ),
            (r#"{"model":"a/b","messages":[{"role":"user","content":"a long que"#, "a long que"),
            (r#"{"messages":[{"role":"user","content":"asked"},{"role":"ass"#, "asked"),
            (r#"{"input":"to speak","voice":"v"}"#, "to speak"),
            (r#"{"input":["to","embed"]}"#, "to\nembed"),
            (r#"{"input":[[1,2]]}"#, ""),
            (r#"{"content":{"parts":[{"text":"to"},{"text":"embed"}]}}"#, "to\nembed"),
            (
                r#"{"requests":[{"content":{"parts":[{"text":"to"}]}},{"content":{"parts":[{"text":"emb"#,
                "to\nemb",
            ),
            (r#"{"query":"to rank","documents":["a"]}"#, "to rank"),
            (r#"{"messages":"none"}"#, ""),
            (
                r#"{"contents":[{"role":"user","parts":[{"text":"see"},{"text":"this"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"functionResponse":{}}]}]}"#,
                "see\nthis",
            ),
            (r#"{"contents":[{"parts":[{"text":"a long que"#, "a long que"),
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
            (r#"{"choices":[{"text":" upon a time","index":0}]}"#, " upon a time"),
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
            (
                r#"{"object":"response","text":{"format":{"type":"text"}},"output":[{"type":"reasoning","summary":[]},
                   {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]}"#,
                "Hi",
            ),
            (
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"fer\"}\n\n\
                 event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"ry\"}\n\n\
                 event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"text\":\"ferry\"}\n\n\
                 event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[]}}\n\n",
                "ferry",
            ),
            ("data: {\"text\":\"as \"}\n\ndata: {\"text\":\"events\"}\n\n", "as events"),
            (r#"{"choices":[{"message":{"content":"a long ans"#, "a long ans"),
            (r#"{"error":{"message":"it broke"}}"#, ""),
            (
                r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}]}"#,
                "Hi",
            ),
            (
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"fer\"}]}}]}\n\n\n\
                 data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ry\"}]}}]}\n\n",
                "ferry",
            ),
            (
                "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"fer\"}]}}]}\n\
                 ,{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ry\"}]}}]}\n]\n",
                "ferry",
            ),
            (r#"{"choices":[{"message":{"content":null,"tool_calls":[]}}]}"#, ""),
            ("\u{feff}", ""),
            ("{", ""),
        ] {
            assert_eq!(answer(body.as_bytes()), text, "{body}");
        }
    }
}
