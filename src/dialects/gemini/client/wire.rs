//! What whole answers and streams have in common: the parts of a candidate.

use serde_json::{Map, Value, json};

use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::call_ids;
use crate::domain::chat::{FinishReason, Maker, Media, Seal, ToolCall};

/// Whose signatures clients of this API hold as they are.
const OWN: Maker = Maker::Google;

/// Writes the parts of one candidate. What an upstream wants back of its thinking rides on the part
/// that follows it, where Gemini's own signatures are: clients send such parts back as they came, and
/// the thinking itself often not.
#[derive(Debug, Default)]
pub(super) struct PartWriter {
    /// Thinking that no seal has completed.
    thinking: String,
    /// The signatures that wait for a part.
    waiting: Vec<String>,
}

impl PartWriter {
    pub(super) fn think(&mut self, text: &str, options: &AnswerOptions, out: &mut Vec<Value>) {
        if text.is_empty() {
            return;
        }
        self.thinking.push_str(text);
        if options.shows_thinking {
            out.push(json!({"text": text, "thought": true}));
        }
    }

    pub(super) fn seal(&mut self, seal: &Seal, options: &AnswerOptions) {
        let text = std::mem::take(&mut self.thinking);
        self.waiting.push(match seal.maker == OWN {
            true => seal.data.clone(),
            false => options.thinking(text, Some(seal)),
        });
    }

    /// Thinking without a seal before it was its summary: of the two only this is wanted back.
    pub(super) fn cipher(&mut self, id: Option<&str>, sealed: &Seal, options: &AnswerOptions) {
        self.thinking.clear();
        self.waiting.push(match sealed.maker == OWN {
            true => sealed.data.clone(),
            false => options.cipher(id, sealed),
        });
    }

    /// Thinking without a seal that ends in a text is not wanted back.
    pub(super) fn say(&mut self, text: &str, out: &mut Vec<Value>) {
        if text.is_empty() {
            return;
        }
        self.thinking.clear();
        let signature = self.signature(out);
        out.push(signed(json!({"text": text}), signature));
    }

    pub(super) fn show(&mut self, source: &Media, out: &mut Vec<Value>) {
        let signature = self.signature(out);
        let part = match source {
            Media::Inline { media_type, data } => {
                json!({"inlineData": {"mimeType": media_type, "data": data}})
            }
            Media::Url(url) => json!({"text": format!("![image]({url})")}),
            Media::FileId(id) => json!({"text": format!("[the model made the file {id}]")}),
        };
        out.push(signed(part, signature));
    }

    pub(super) fn call(&mut self, call: &ToolCall, options: &AnswerOptions, out: &mut Vec<Value>) {
        let thinking = std::mem::take(&mut self.thinking);
        if !thinking.is_empty() {
            self.waiting.push(options.thinking(thinking, None));
        }
        if let Some(signature) = &call.signature {
            self.waiting.push(signature.clone());
        }
        let signature = self.signature(out);
        let part = json!({
            "functionCall": {"id": call_ids::plain(&call.id), "name": call.name, "args": args(&call.arguments)},
        });
        out.push(signed(part, signature));
    }

    /// The signatures that no part followed.
    pub(super) fn end(&mut self, out: &mut Vec<Value>) {
        out.extend(self.waiting.drain(..).map(empty));
    }

    /// The last one that waits; a part has room for one, the others stand on empty parts.
    fn signature(&mut self, out: &mut Vec<Value>) -> Option<String> {
        let last = self.waiting.pop();
        self.end(out);
        last
    }
}

fn empty(signature: String) -> Value {
    json!({"text": "", "thoughtSignature": signature})
}

fn signed(mut part: Value, signature: Option<String>) -> Value {
    if let (Some(signature), Some(members)) = (signature, part.as_object_mut()) {
        members.insert(String::from("thoughtSignature"), Value::from(signature));
    }
    part
}

/// The arguments of a call as an object. A text that is none is shown as what it is.
fn args(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(args @ Value::Object(_)) => args,
        _ if arguments.trim().is_empty() => json!({}),
        _ => json!({"arguments": arguments}),
    }
}

/// A candidate; without a reason it is not the last of a stream.
pub(super) fn candidate(index: u64, parts: Vec<Value>, end: Option<&FinishReason>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}});
    if let Some(members) = candidate.as_object_mut() {
        if let Some(reason) = end {
            members.insert(String::from("finishReason"), Value::from(finish_reason(reason)));
            if let FinishReason::GaveUp(why) = reason {
                members.insert(String::from("finishMessage"), Value::from(why.to_string()));
            }
        }
        members.insert(String::from("index"), json!(index));
    }
    candidate
}

pub(super) fn response(
    candidates: Vec<Value>,
    usage: Option<Value>,
    (id, model): (&str, &str),
) -> Map<String, Value> {
    let mut response = Map::new();
    response.insert(String::from("candidates"), Value::Array(candidates));
    if let Some(usage) = usage {
        response.insert(String::from("usageMetadata"), usage);
    }
    response.insert(String::from("modelVersion"), Value::from(model));
    response.insert(String::from("responseId"), Value::from(id));
    response
}

/// Gemini's own words for why a model gave up; any other is told in `finishMessage`.
const GAVE_UP: [&str; 4] = [
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
];

fn finish_reason(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls => "STOP",
        FinishReason::Length => "MAX_TOKENS",
        FinishReason::ContentFilter => "SAFETY",
        FinishReason::GaveUp(why) if GAVE_UP.contains(&why.reason.as_str()) => &why.reason,
        FinishReason::GaveUp(_) => "OTHER",
    }
}
