//! Converts `messages`. A result names the tool and not the call, and arguments are objects.

use serde_json::value::RawValue;

use super::findings::Findings;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::{is_filled_list, list_of, object_of, present, string, text_of};
use crate::dialects::json::known;
use crate::dialects::json::write::{Object, list, quoted};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::media_type;
use crate::dialects::openai::message::{NO_RESULT, tool_message};

/// A call that waits for its result.
struct Call {
    id: String,
    name: String,
}

/// The list of chat messages, each as JSON.
///
/// # Errors
/// When a message is no object with a role.
pub(super) fn convert(
    object: &RawObject<'_>,
    findings: &mut Findings,
) -> Result<Vec<String>, BadRequest> {
    let Some(messages) = present(object, "messages") else {
        return Err(BadRequest::new("`messages` is missing", "messages"));
    };
    let messages = known::elements(messages)
        .ok_or_else(|| BadRequest::new("`messages` must be a list", "messages"))?;
    let mut conversation =
        Conversation { messages: Vec::new(), waiting: Vec::new(), shown: Vec::new(), findings };
    for (index, message) in messages.into_iter().enumerate() {
        conversation.add(index, message)?;
    }
    conversation.answer_the_rest();
    Ok(conversation.messages)
}

struct Conversation<'f> {
    messages: Vec<String>,
    /// The calls of the last turn that have no result yet.
    waiting: Vec<Call>,
    /// The images of its results, which a chat can only be shown after all of them.
    shown: Vec<(usize, String)>,
    findings: &'f mut Findings,
}

impl Conversation<'_> {
    fn push(&mut self, index: Option<usize>, message: String) {
        self.messages.push(message);
        self.findings.origins.messages.push(index);
    }

    fn add(&mut self, index: usize, message: &RawValue) -> Result<(), BadRequest> {
        let place = format!("messages[{index}]");
        let bad = |what: &str| BadRequest::new(format!("`{place}` {what}"), place.as_str());
        if Kind::of(message) != Kind::Object {
            return Err(bad("must be an object with `role` and `content`"));
        }
        let object =
            RawObject::of(message).map_err(|error| bad(&format!("cannot be read: {error}")))?;
        let Some(role) = text_of(&object, "role") else { return Err(bad("needs a `role`")) };
        let content = present(&object, "content");
        if content.is_some_and(|content| Kind::of(content) != Kind::String) {
            let place = format!("{place}.content");
            return Err(BadRequest::new(format!("`{place}` must be a string"), place.as_str()));
        }
        let content = content.map_or("\"\"", RawValue::get);
        match &*role {
            "tool" => self.result(index, content, &object),
            "assistant" => {
                self.answer_the_rest();
                self.turn(index, content, &object);
            }
            "system" | "developer" => {
                self.answer_the_rest();
                self.push(Some(index), user("system", content, &object));
            }
            _ => {
                self.answer_the_rest();
                self.push(Some(index), user("user", content, &object));
            }
        }
        Ok(())
    }

    fn turn(&mut self, index: usize, content: &str, object: &RawObject<'_>) {
        let mut message = Object::default();
        message.text("role", "assistant");
        let mut calls = Vec::new();
        for (at, call) in list_of(object, "tool_calls").iter().enumerate() {
            let Some(function) = object_of(call, "function") else { continue };
            let Some(name) = text_of(&function, "name") else { continue };
            // The same in each turn that it is sent back in, so that caches of prompts find it.
            let id = text_of(call, "id").filter(|id| !id.is_empty());
            let id = id.map_or_else(|| format!("call_{index}_{at}"), std::borrow::Cow::into_owned);
            let arguments = present(&function, "arguments").map_or("{}", RawValue::get);
            // Some clients send them as text already.
            let arguments = match string(arguments.as_bytes()) {
                Some(text) => quoted(&text),
                None => quoted(arguments),
            };
            let function =
                Object::default().text("name", &name).raw("arguments", &arguments).finish();
            let mut call = Object::default();
            call.text("id", &id).text("type", "function").raw("function", &function);
            calls.push(call.finish());
            self.waiting.push(Call { id, name: name.into_owned() });
        }
        let is_silent = content == "\"\"" && !calls.is_empty();
        message.raw("content", if is_silent { "null" } else { content });
        if let Some(thinking) = text_of(object, "thinking").filter(|text| !text.is_empty()) {
            message.text("reasoning_content", &thinking);
        }
        if !calls.is_empty() {
            message.raw("tool_calls", &list(&calls));
        }
        self.push(Some(index), message.finish());
    }

    /// Of the call with its id, else of the first one of that tool, else of the first one.
    fn result(&mut self, index: usize, content: &str, object: &RawObject<'_>) {
        let id = text_of(object, "tool_call_id");
        let name = text_of(object, "tool_name").or_else(|| text_of(object, "name"));
        let place = |wanted: &dyn Fn(&Call) -> bool| self.waiting.iter().position(wanted);
        let place = id
            .and_then(|id| place(&|call| call.id == id))
            .or_else(|| name.and_then(|name| place(&|call| call.name == name)))
            .or_else(|| place(&|_| true));
        let Some(place) = place else {
            self.push(Some(index), user("user", content, object));
            return;
        };
        let call = self.waiting.remove(place);
        self.push(Some(index), tool_message(&call.id, content));
        if present(object, "images").is_some_and(|images| is_filled_list(images.get().as_bytes())) {
            self.shown.push((index, user("user", "\"\"", object)));
        }
    }

    fn answer_the_rest(&mut self) {
        for call in std::mem::take(&mut self.waiting) {
            self.push(None, tool_message(&call.id, NO_RESULT));
        }
        for (index, images) in std::mem::take(&mut self.shown) {
            self.push(Some(index), images);
        }
    }
}

/// A message, with its images where it has any. `content`: as JSON.
pub(super) fn user(role: &str, content: &str, object: &RawObject<'_>) -> String {
    let images = present(object, "images").and_then(known::elements).unwrap_or_default();
    let has_images = !images.is_empty() && role == "user";
    let mut parts = Vec::new();
    if content != "\"\"" {
        parts.push(Object::default().text("type", "text").raw("text", content).finish());
    }
    for image in images.into_iter().filter_map(|image| string(image.get().as_bytes())) {
        let url = Object::default().text("url", &image_url(&image)).finish();
        parts.push(Object::default().text("type", "image_url").raw("image_url", &url).finish());
    }
    let mut message = Object::default();
    message.text("role", role);
    match has_images {
        true => message.raw("content", &list(&parts)),
        false => message.raw("content", content),
    };
    message.finish()
}

/// An image is bare base64; clients of several APIs also send what the others take.
fn image_url(image: &str) -> String {
    if image.starts_with("data:") || image.starts_with("http://") || image.starts_with("https://") {
        return image.to_owned();
    }
    let media_type = media_type::real(None, image).filter(|it| it.starts_with("image/"));
    format!("data:{};base64,{image}", media_type.as_deref().unwrap_or("image/png"))
}
