//! The facts of a request for routing and limits, read from its bytes as they came: a request that
//! goes to an upstream of the same API is never converted.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::call_items::{call_id, is_call};
use super::input::is_true;
use super::parameters;
use super::results::is_result;
use super::tools::{call_kind, is_searched_by_client, kind};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{
    count, is_filled_list, list_of, object_of, present, string, text_of,
};
use crate::dialects::json::known;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::media_type;
use crate::dialects::needle::needle;
use crate::dialects::openai::facts::{fallback_models, is_stream, preferences_of, stated};
use crate::dialects::openai::needs::{self, Medium};
use crate::dialects::token_estimate::{Estimate, Price};
use crate::domain::facts::{Needs, Place, RequestFacts, Stated};

/// Where no string of the input begins like this, its items are text, calls and results.
const WORDS: [&[u8]; 7] = [
    b"input_image\"",
    b"input_file\"",
    b"input_audio\"",
    b"image_url\"",
    b"computer_screenshot\"",
    b"image_generation_call\"",
    b"compaction_trigger\"",
];

/// The same of tools, where it is not known yet that they are needed.
const TOOL_WORDS: [&[u8]; 7] = [
    b"function_call\"",
    b"custom_tool_call\"",
    b"local_shell_call\"",
    b"shell_call\"",
    b"apply_patch_call\"",
    b"tool_search_",
    b"additional_tools\"",
];

needle!(
    /// What OpenAI's own tools do not have.
    PARAMETERS = b"\"parameters\""
);
needle!(DEFERS = b"\"defer_loading\"");
needle!(SEALED = b"\"encrypted_content\"");

/// Those of the request, the error in its preferences, which are then ignored, and whether it asks
/// for a summary of the conversation.
pub(super) fn read(
    body: &JsonBody,
    is_compact_route: bool,
) -> ((RequestFacts, Option<BadRequest>), bool) {
    let (preferences, bad) = preferences_of(body);
    let Read { needs, defines_tools, is_compaction } = read_needs(body, is_compact_route);
    let is_stream = is_stream(body);
    let facts = RequestFacts {
        model: body.value_of("model").and_then(string).map(Cow::into_owned),
        is_stream,
        wants_usage: is_stream,
        max_answer_tokens: max_tokens(body),
        choices: Stated::Absent,
        names_tools: defines_tools,
        may_reason: may_reason(body),
        preferences,
        fallback_models: fallback_models(body),
        needs,
    };
    ((facts, bad), is_compaction)
}

/// `null` counts as absent.
fn max_tokens(body: &JsonBody) -> Stated {
    const NAME: &str = "max_output_tokens";
    if body.value_of(NAME) == Some(b"null") {
        return Stated::Absent;
    }
    stated(body, &[NAME])
}

fn may_reason(body: &JsonBody) -> Option<bool> {
    let reasoning = RawObject::parse(body.value_of("reasoning")?).ok()?;
    Some(parameters::effort(&reasoning)? != "none")
}

struct Read {
    needs: Needs,
    defines_tools: bool,
    is_compaction: bool,
}

fn read_needs(body: &JsonBody, is_compact_route: bool) -> Read {
    let value = |name: &str| body.value_of(name).unwrap_or_default();
    let choice = RawObject::parse(value("tool_choice")).ok();
    let allows_tools = allows_tools(choice.as_ref());
    let text = RawObject::parse(value("text")).ok();
    let format = text.as_ref().and_then(|text| object_of(text, "format"));
    let is_structured = format.is_some_and(|format| {
        text_of(&format, "type").as_deref() == Some("json_schema")
            && present(&format, "schema").is_some()
    });
    let mut items = Items {
        needs: Needs {
            structured: is_structured,
            max_tokens: count(value("max_output_tokens")),
            ..Needs::default()
        },
        estimate: Estimate::of_json(value("input")),
        defines_tools: !is_compact_route && allows_tools && defines_functions(body),
        hides: DEFERS.is_in(value("tools")) && tools(body).iter().any(is_searched_by_client),
        is_compaction: is_compact_route,
    };
    items.read(body);
    let Items { mut needs, mut estimate, defines_tools, is_compaction, .. } = items;
    let defines_tools = defines_tools && allows_tools && !is_compaction;
    needs.tools |= defines_tools;
    needs.forced_tool = defines_tools && is_forced(value("tool_choice"), choice.as_ref());
    for name in ["instructions", "tools", "text"] {
        estimate += Estimate::of_json(value(name));
    }
    needs.prompt_tokens = estimate.likely();
    needs.least_prompt_tokens = estimate.least();
    Read { needs, defines_tools, is_compaction }
}

fn tools(body: &JsonBody) -> Vec<RawObject<'_>> {
    let tools = body.raw_of("tools").and_then(known::elements).unwrap_or_default();
    tools.into_iter().filter_map(|tool| RawObject::of(tool).ok()).collect()
}

/// Whether a model can call any of the tools.
fn defines_functions(body: &JsonBody) -> bool {
    let json = body.value_of("tools").unwrap_or_default();
    if is_filled_list(json) && PARAMETERS.is_in(json) && !DEFERS.is_in(json) {
        return true;
    }
    let tools = tools(body);
    let hides = tools.iter().any(is_searched_by_client);
    tools.iter().any(|tool| is_function(tool, hides))
}

fn is_function(tool: &RawObject<'_>, hides: bool) -> bool {
    if kind(tool) == "namespace" {
        return list_of(tool, "tools").iter().any(|inner| is_function(inner, hides));
    }
    let is_hidden = hides && is_true(tool, "defer_loading");
    !is_hidden && call_kind(tool).is_some()
}

/// A choice may leave none of them.
fn allows_tools(choice: Option<&RawObject<'_>>) -> bool {
    choice.is_none_or(|choice| {
        kind(choice) != "allowed_tools"
            || list_of(choice, "tools").iter().any(|tool| call_kind(tool).is_some())
    })
}

fn is_forced(word: &[u8], choice: Option<&RawObject<'_>>) -> bool {
    let Some(choice) = choice else { return word == b"\"required\"" };
    match kind(choice) == "allowed_tools" {
        true => text_of(choice, "mode").as_deref() == Some("required"),
        false => call_kind(choice).is_some(),
    }
}

/// What the items of the input need.
struct Items {
    needs: Needs,
    estimate: Estimate,
    defines_tools: bool,
    /// Tools of which a search tells are not shown before.
    hides: bool,
    is_compaction: bool,
}

impl Items {
    /// What cannot be read is left to the upstream.
    fn read(&mut self, body: &JsonBody) {
        let input = body.value_of("input").unwrap_or_default();
        // No text that the model reads.
        for sealed in SEALED.values(input).flatten() {
            let inside = sealed.strip_prefix(b"\"").unwrap_or_default();
            let end = memchr::memchr(b'"', inside).unwrap_or_default();
            self.estimate.exchange(inside.get(..end).unwrap_or_default(), Price::default());
        }
        let tool_words: &[&[u8]] = if self.defines_tools { &[] } else { &TOOL_WORDS };
        let is_sought = |string: &[u8]| {
            let is_word = |word: &&[u8]| string.starts_with(word);
            WORDS.iter().any(is_word) || tool_words.iter().any(is_word)
        };
        if input.first() != Some(&b'[') || !needs::has_string_like(input, is_sought) {
            return;
        }
        let items = body.raw_of("input").and_then(known::elements).unwrap_or_default();
        for (index, item) in items.into_iter().enumerate() {
            if let Ok(item) = RawObject::of(item) {
                self.item(index, &item);
            }
        }
    }

    fn item(&mut self, index: usize, item: &RawObject<'_>) {
        match &*kind(item) {
            // Earlier answers of a model are history, which any model may be sent.
            "message" | "" if text_of(item, "role").as_deref() != Some("assistant") => {
                self.parts(index, present(item, "content"), true);
            }
            "additional_tools" => {
                let tools = list_of(item, "tools");
                let hides = self.hides || tools.iter().any(is_searched_by_client);
                self.defines_tools |= tools.iter().any(|tool| is_function(tool, hides));
            }
            "tool_search_output" => {
                self.defines_tools |=
                    list_of(item, "tools").iter().any(|it| is_function(it, false));
            }
            "compaction_trigger" => self.is_compaction = true,
            "image_generation_call" => {
                if let Some(image) = present(item, "result") {
                    self.estimate.exchange(image.get().as_bytes(), Medium::Image.price());
                }
            }
            // Its output is a text, whatever it is.
            "shell_call_output" => {}
            kind if is_result(kind) => {
                self.parts(index, present(item, "output"), kind == "computer_call_output");
            }
            kind if is_call(kind) => self.needs.tools |= call_id(item).is_some(),
            _ => {}
        }
    }

    /// `may_be_one`: an object is a part, too.
    fn parts(&mut self, index: usize, content: Option<&RawValue>, may_be_one: bool) {
        let Some(content) = content else { return };
        let parts: Vec<&RawValue> = match Kind::of(content) {
            Kind::Array => known::elements(content).unwrap_or_default(),
            Kind::Object if may_be_one => vec![content],
            _ => return,
        };
        for (part, json) in parts.into_iter().enumerate() {
            if let Ok(object) = RawObject::of(json) {
                self.part(json, &object, Place { message: index, part });
            }
        }
    }

    fn part(&mut self, json: &RawValue, part: &RawObject<'_>, place: Place) {
        let medium = match &*kind(part) {
            "input_image" | "image_url" | "computer_screenshot" => Medium::Image,
            "input_file" => Medium::File,
            "input_audio" => Medium::Audio,
            _ => return,
        };
        self.estimate.exchange(json.get().as_bytes(), medium.price());
        match medium {
            Medium::File => needs::note_file(&mut self.needs, file_type(part).as_deref(), place),
            medium => needs::note(&mut self.needs, medium, place),
        }
    }
}

/// The media type of a file whose content is in the part.
fn file_type(part: &RawObject<'_>) -> Option<String> {
    let data = text_of(part, "file_data")?;
    let (declared, data) = match data.strip_prefix("data:") {
        Some(rest) => {
            let (head, data) = rest.split_once(',')?;
            (head.split(';').next()?.trim().to_ascii_lowercase(), data)
        }
        None => (String::from("application/pdf"), &*data),
    };
    // Its beginning shows it.
    media_type::real(Some(&declared), data.get(..data.len().min(256) / 4 * 4)?)
}

#[cfg(test)]
mod tests;
