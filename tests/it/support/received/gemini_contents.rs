//! `contents`: user and model in alternation, as many results as calls, signatures where they
//! must be.

use serde_json::{Value, json};

use super::gemini::payload;
use super::members::Members;
use super::tools::{check_base64, object_text};
use llm_router::domain::chat::{
    AssistantMessage, Block, Maker, Media, Message, Part, PartContent, Seal, Thinking, ToolCall,
};

/// Taken for a signature that was lost.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

pub(super) fn read(body: &mut Members, is_level: bool) -> Result<Vec<Message>, String> {
    let mut contents = Contents { is_level, ..Contents::default() };
    if let Some(mut system) = body.object("systemInstruction")? {
        let mut content = Vec::new();
        for mut part in system.required_objects("parts")? {
            content.push(text(part.required_string("text")?));
            part.end()?;
        }
        system.end()?;
        contents.read.push(Message::System { content });
    }
    for mut content in body.required_objects("contents")? {
        let role = content.required_string("role")?;
        let parts = content.required_objects("parts")?;
        let place = content.place_of("parts");
        content.end()?;
        let last = contents.last_role.replace(role.clone());
        match (last.as_deref(), role.as_str()) {
            (None | Some("model"), "user") => contents.user(parts, &place)?,
            (last, "model") if last != Some("model") => contents.model(parts, &place)?,
            (last, role) => return Err(format!("`{place}`: {role} after {last:?}")),
        }
    }
    contents.end()
}

#[derive(Default)]
struct Contents {
    is_level: bool,
    read: Vec<Message>,
    last_role: Option<String>,
    /// The calls of the content before: id and name.
    open: Vec<(String, String)>,
    /// Contents of the running turn whose first call is not signed.
    unsigned: Vec<String>,
}

impl Contents {
    fn user(&mut self, parts: Vec<Members>, place: &str) -> Result<(), String> {
        let mut content = Vec::new();
        let mut results = 0;
        for mut part in parts {
            let place = part.place_of("");
            let known = ["text", "inlineData", "fileData", "functionResponse"];
            match payload(&mut part, &known)? {
                (name, value) if name == "functionResponse" => {
                    results += 1;
                    let result = self.result(value, &place)?;
                    self.read.push(result);
                }
                (name, value) if name == "text" && value == json!("") => {
                    content.push(text(String::new()));
                }
                (name, value) => content.push(piece(&name, value, &place)?),
            }
            part.end()?;
        }
        if !self.open.is_empty() {
            return Err(format!("`{place}`: {results} results, and none for {:?}", self.open));
        }
        if results == 0 {
            self.unsigned.clear();
        }
        if !content.is_empty() {
            self.read.push(Message::User { content });
        }
        Ok(())
    }

    fn result(&mut self, value: Value, place: &str) -> Result<Message, String> {
        let mut result = Members::of(value, place)?;
        let name = result.required_string("name")?;
        let id = result.string("id")?;
        let is_meant = |(open, called): &(String, String)| {
            *called == name && id.as_ref().is_none_or(|id| open == id)
        };
        let Some(found) = self.open.iter().position(is_meant) else {
            return Err(format!("`{place}` is the result of no call of the content before"));
        };
        let (call_id, _) = self.open.remove(found);
        let response = result.required("response")?;
        let (said, is_error) = said(response, place)?;
        let mut content: Vec<Part> = said.into_iter().map(text).collect();
        for mut part in result.objects("parts")? {
            if !self.is_level {
                return Err(format!("`{place}`: this model takes no media in results"));
            }
            let (name, value) = payload(&mut part, &["inlineData"])?;
            content.push(piece(&name, value, place)?);
            part.end()?;
        }
        result.end()?;
        Ok(Message::Tool { call_id, content, is_error })
    }

    fn model(&mut self, parts: Vec<Members>, place: &str) -> Result<(), String> {
        let mut message = AssistantMessage::default();
        for mut part in parts {
            let place = part.place_of("");
            let signature = part.string("thoughtSignature")?;
            let known = ["text", "inlineData", "fileData", "functionCall"];
            match payload(&mut part, &known)? {
                (name, value) if name == "functionCall" => {
                    let call = call(value, signature, &place)?;
                    if !message.has_tool_calls() && call.signature.is_none() {
                        self.unsigned.push(place);
                    }
                    self.open.push((call.id.clone(), call.name.clone()));
                    let signature = call.signature.filter(|signature| signature != NO_SIGNATURE);
                    message.blocks.push(Block::ToolCall(ToolCall { signature, ..call }));
                }
                (name, value) => {
                    let is_carrier = signature.is_some() && value == json!("");
                    if let Some(signature) = signature {
                        let signature = Some(Seal::new(Maker::Google, signature));
                        let thinking = Thinking::Text { text: String::new(), signature };
                        message.blocks.push(Block::Thinking(thinking));
                    }
                    if !is_carrier {
                        message.blocks.push(Block::Part(piece(&name, value, &place)?));
                    }
                }
            }
            part.end()?;
        }
        let calls_first = message.has_tool_calls()
            && !self.read.iter().any(|message| !matches!(message, Message::System { .. }));
        if calls_first {
            return Err(format!("`{place}`: a call must come after a user turn or a result"));
        }
        self.read.push(Message::Assistant(message));
        Ok(())
    }

    fn end(self) -> Result<Vec<Message>, String> {
        if self.last_role.as_deref() != Some("user") {
            return Err("the last content must be the user's".into());
        }
        if self.is_level && !self.unsigned.is_empty() {
            return Err(format!("calls without `thoughtSignature`: {:?}", self.unsigned));
        }
        Ok(self.read)
    }
}

fn text(text: String) -> Part {
    Part { content: PartContent::Text(text), cache_control: None }
}

/// What a tool said, and whether that was an error: under `result` or `error`, or an object of
/// its own.
fn said(response: Value, place: &str) -> Result<(Option<String>, bool), String> {
    let Value::Object(members) = &response else {
        return Err(format!("`{place}.response` is no object: {response}"));
    };
    let of = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (said, is_error) = match (members.len(), members.get("result"), members.get("error")) {
        (1, Some(result @ Value::String(_)), None) => (of(result), false),
        (1, None, Some(error)) => (of(error), true),
        _ => (response.to_string(), false),
    };
    Ok((Some(said).filter(|said| !said.is_empty()), is_error))
}

fn call(value: Value, signature: Option<String>, place: &str) -> Result<ToolCall, String> {
    let mut call = Members::of(value, place)?;
    let id = call.required_string("id")?;
    let name = call.required_string("name")?;
    let arguments = object_text(&call.required("args")?, place)?;
    call.end()?;
    Ok(ToolCall { id, name, arguments, signature })
}

fn piece(name: &str, value: Value, place: &str) -> Result<Part, String> {
    if name == "text" {
        return match value {
            Value::String(said) if !said.is_empty() => Ok(text(said)),
            other => Err(format!("`{place}.text` says nothing: {other}")),
        };
    }
    let mut media = Members::of(value, place)?;
    let kind = media.string("mimeType")?;
    let source = if name == "inlineData" {
        let media_type = kind.ok_or_else(|| format!("`{place}` is of no type"))?;
        let data = media.required_string("data")?;
        check_base64(&data, place)?;
        Media::Inline { media_type, data }
    } else {
        Media::Url(media.required_string("fileUri")?)
    };
    media.end()?;
    // What it shows is known by its type only, and a file's not always.
    let content = PartContent::File { source, filename: None };
    Ok(Part { content, cache_control: None })
}
