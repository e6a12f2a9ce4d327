//! Responses that are kept, so that a later request need only name the one before it: what of a
//! request and of its response is kept, and how a request is put together with the turns before it.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::{present, text_of};
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};

/// A turn that was kept, each part a JSON list of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub input: String,
    pub output: String,
}

/// The items of a request, as a list; each has an id.
pub fn input_items(body: &[u8], response_id: &str) -> String {
    let items = RawObject::parse(body).ok().and_then(|object| present(&object, "input"));
    let items = items.map_or_else(Vec::new, elements);
    let suffix = response_id.strip_prefix("resp_").unwrap_or(response_id);
    let named =
        (0..).zip(items).map(|(at, item)| with_id(item, &format!("{MADE}{suffix}{at:02x}")));
    list(&named.collect::<Vec<String>>())
}

/// How ids begin that items of a request are given, so that they can be listed.
const MADE: &str = "item_";

/// OpenAI refuses such an id: its own begin by the type of the item.
fn without_made_id(item: &str) -> String {
    let made =
        |object: &RawObject<'_>| text_of(object, "id").is_some_and(|id| id.starts_with(MADE));
    match RawObject::parse(item.as_bytes()) {
        Ok(object) if made(&object) => write_all(Object::default(), &object),
        _ => item.to_owned(),
    }
}

/// All members but the id, behind what is written already.
fn write_all(mut out: Object, item: &RawObject<'_>) -> String {
    for (name, value) in item.members.iter().filter(|(name, _)| name != "id") {
        // The name came as JSON, and goes as JSON.
        out.raw(serde_json::Value::from(name.as_ref()).to_string().trim_matches('"'), value.get());
    }
    out.finish()
}

fn with_id(item: String, id: &str) -> String {
    let Ok(object) = RawObject::parse(item.as_bytes()) else { return item };
    if present(&object, "id").is_some() {
        return item;
    }
    let mut out = Object::default();
    out.text("id", id);
    if present(&object, "type").is_none() {
        out.text("type", "message");
    }
    write_all(out, &object)
}

/// The elements of a list; a text is a message of the user.
fn elements(input: &RawValue) -> Vec<String> {
    if Kind::of(input) == Kind::String {
        let part = Object::default().text("type", "input_text").raw("text", input.get()).finish();
        let mut message = Object::default();
        message.text("type", "message").text("role", "user").raw("content", &list(&[part]));
        return vec![message.finish()];
    }
    let items: Vec<&RawValue> = serde_json::from_str(input.get()).unwrap_or_default();
    items.into_iter().map(|item| item.get().to_owned()).collect()
}

/// The request with the turns before it, oldest first, in front of its own input.
pub fn continued(body: &Bytes, turns: &[Turn]) -> Option<Bytes> {
    let parsed = JsonBody::parse(body.clone(), |_| Ok(())).ok()?;
    let mut all = Vec::new();
    for part in turns.iter().flat_map(|turn| [&turn.input, &turn.output]) {
        let items: Vec<&RawValue> = serde_json::from_str(part).ok()?;
        all.extend(items.into_iter().map(|item| without_made_id(item.get())));
    }
    let own: Option<&RawValue> =
        parsed.value_of("input").and_then(|input| serde_json::from_slice(input).ok());
    all.extend(own.map_or_else(Vec::new, elements));
    let mut edits = Edits::default();
    edits.set(&parsed, "input", list(&all));
    Some(edits.apply(body))
}

/// The id of a response that ended well; `None` for one that is not to be gone on from.
pub fn ended(response: &[u8]) -> Option<String> {
    let object = RawObject::parse(response).ok()?;
    let status = text_of(&object, "status").unwrap_or_default();
    let id = text_of(&object, "id").filter(|id| !id.is_empty())?.into_owned();
    matches!(&*status, "completed" | "incomplete").then_some(id)
}

/// The items of a response, as a list.
pub fn output_of(response: &str) -> String {
    let object = RawObject::parse(response.as_bytes()).ok();
    let output = object.as_ref().and_then(|object| present(object, "output"));
    output.map_or("[]", RawValue::get).to_owned()
}

/// The response in the event that ends a stream, if it is among these bytes.
pub fn last_response(events: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(events).ok()?;
    text.split("\n\n").flat_map(str::lines).filter_map(|line| line.strip_prefix("data:")).find_map(
        |data| {
            let event = RawObject::parse(data.trim().as_bytes()).ok()?;
            let kind = text_of(&event, "type")?;
            matches!(&*kind, "response.completed" | "response.incomplete").then_some(())?;
            Some(event.get("response")?.get().as_bytes().to_vec())
        },
    )
}

/// A stored response without what the client did not ask for: sealed reasoning.
pub fn shown(response: &str, includes_sealed: bool) -> String {
    if includes_sealed || !response.contains("\"encrypted_content\"") {
        return response.to_owned();
    }
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(response) else {
        return response.to_owned();
    };
    let output = value.get_mut("output").and_then(serde_json::Value::as_array_mut);
    for item in output.into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
        if item.get("type").is_some_and(|kind| kind == "reasoning") {
            item.shift_remove("encrypted_content");
        }
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_request_goes_on_from_the_turns_before_it() {
        let first = json!({"model": "m", "input": "hi"}).to_string();
        let input = input_items(first.as_bytes(), "resp_9");
        let expected = json!([{"id": "item_900", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]);
        assert_eq!(serde_json::from_str::<Value>(&input).unwrap(), expected);
        let output =
            json!([{"type": "message", "role": "assistant", "content": "yes"}]).to_string();
        let turn = Turn { input, output };
        let next = json!({"model": "m", "previous_response_id": "resp_9", "input": [{"role": "user", "content": "and?"}]});
        let next = Bytes::from(next.to_string());
        let whole = continued(&next, std::slice::from_ref(&turn)).unwrap();
        let whole: Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(whole["input"].as_array().unwrap().len(), 3);
        let said = json!([{"type": "input_text", "text": "hi"}]);
        let first = json!({"type": "message", "role": "user", "content": said});
        assert_eq!(whole["input"][0], first, "without an id that OpenAI would refuse");
        assert_eq!(whole["input"][2]["content"], "and?");
        let bare = Bytes::from(json!({"previous_response_id": "resp_9"}).to_string());
        let whole: Value = serde_json::from_slice(&continued(&bare, &[turn]).unwrap()).unwrap();
        assert_eq!(whole["input"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn only_a_response_that_ended_well_is_kept() {
        let response =
            |status: &str| json!({"id": "resp_1", "status": status, "output": [1]}).to_string();
        let id = Some(String::from("resp_1"));
        assert_eq!(ended(response("completed").as_bytes()), id);
        assert_eq!(ended(response("incomplete").as_bytes()), id);
        assert_eq!(output_of(&response("completed")), "[1]");
        assert_eq!(ended(response("failed").as_bytes()), None);
        assert_eq!(ended(b"{}"), None);
        let events = format!(
            "event: response.output_item.done\ndata: {{\"type\":\"response.output_item.done\"}}\n\nevent: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{}}}\n\n",
            response("completed")
        );
        assert_eq!(last_response(events.as_bytes()), Some(response("completed").into_bytes()));
        assert_eq!(
            last_response(b"event: response.failed\ndata: {\"type\":\"response.failed\"}\n\n"),
            None
        );
    }
}
