//! The facts of a request for routing and limits, read from its bytes as they came: a request that
//! goes to an upstream of the same API is never converted.

use serde_json::value::RawValue;

use super::generation::{asked_effort, number_of, schema_of};
use super::members::{is_true, list, member, object, objects, text, value_of};
use super::tools::{Choice, Mode};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::media_type;
use crate::dialects::needle::needle;
use crate::dialects::openai::facts::{fallback_models, preferences_of};
use crate::dialects::openai::needs::{self, Medium};
use crate::dialects::token_estimate::{Estimate, Price};
use crate::domain::chat::Effort;
use crate::domain::facts::{Needs, Place, RequestFacts, Stated};

/// Where no string of the contents begins like this, they are text and results.
const MEDIA_WORDS: [&[u8]; 4] = [b"inlineData\"", b"inline_data\"", b"fileData\"", b"file_data\""];

/// The same of calls, where it is not known yet that tools are needed.
const TOOL_WORDS: [&[u8]; 2] = [b"functionCall\"", b"function_call\""];

needle!(
    /// What Google's own tools do not have.
    PARAMETERS = b"\"parameters"
);
needle!(SIGNATURE = b"\"thoughtSignature\"");
needle!(SNAKE_SIGNATURE = b"\"thought_signature\"");

/// The facts, and the error in the preferences, which are then ignored. `model`: of the path.
pub(super) fn read(
    body: &JsonBody,
    model: &str,
    is_stream: bool,
) -> (RequestFacts, Option<BadRequest>) {
    let (preferences, bad) = preferences_of(body);
    let config = value_of(body, "generationConfig").and_then(|it| RawObject::of(it).ok());
    let config = config.unwrap_or_default();
    // One answer is what is made anyway.
    let choices = match stated(&config, "candidateCount") {
        Stated::Count(1) => Stated::Absent,
        stated => stated,
    };
    let choice = value_of(body, "toolConfig").and_then(|it| RawObject::of(it).ok());
    let choice = Choice::read(choice);
    let names_tools = declares_functions(body, &choice);
    let max_answer_tokens = stated(&config, "maxOutputTokens");
    let facts = RequestFacts {
        model: Some(model.to_owned()),
        is_stream,
        wants_usage: is_stream,
        max_answer_tokens,
        choices,
        names_tools,
        may_reason: asked_effort(&config).map(|(effort, _)| effort != Effort::None),
        preferences,
        fallback_models: fallback_models(body),
        needs: Needs {
            forced_tool: names_tools && choice.mode == Mode::Any,
            structured: schema_of(&config).is_some(),
            max_tokens: max_answer_tokens.or_default(|| None),
            ..needs(body, names_tools)
        },
    };
    (facts, bad)
}

fn stated(config: &RawObject<'_>, name: &str) -> Stated {
    let Some(value) = member(config, name) else { return Stated::Absent };
    let count = number_of(value, true).and_then(|number| number.as_u64());
    count.map_or(Stated::Unreadable, Stated::Count)
}

/// Whether a model can call any of the tools.
fn declares_functions(body: &JsonBody, choice: &Choice) -> bool {
    let Some(tools) = value_of(body, "tools") else { return false };
    if choice.allows_all() && PARAMETERS.is_in(tools.get().as_bytes()) {
        return true;
    }
    objects(tools).iter().any(|(_, tool)| {
        let declared = list(tool, "functionDeclarations");
        declared.iter().any(|(_, it)| choice.allows(&text(it, "name").unwrap_or_default()))
    })
}

/// Those that the contents show. `has_tools`: it is known that tools are needed.
fn needs(body: &JsonBody, has_tools: bool) -> Needs {
    let contents = value_of(body, "contents");
    let json = contents.map_or("", RawValue::get).as_bytes();
    let needs = Needs { tools: has_tools, ..Needs::default() };
    let mut reading = Reading { needs, estimate: Estimate::of_json(json) };
    reading.leave_out_signatures(json);
    let tool_words: &[&[u8]] = if has_tools { &[] } else { &TOOL_WORDS };
    let is_sought = |string: &[u8]| {
        let is_word = |word: &&[u8]| string.starts_with(word);
        MEDIA_WORDS.iter().any(is_word) || tool_words.iter().any(is_word)
    };
    if needs::has_string_like(json, is_sought) {
        contents.into_iter().for_each(|contents| reading.contents(contents));
    }
    let Reading { mut needs, mut estimate } = reading;
    for name in ["systemInstruction", "tools", "generationConfig"] {
        let value = value_of(body, name).map_or("", RawValue::get);
        estimate += Estimate::of_json(value.as_bytes());
    }
    needs.prompt_tokens = estimate.likely();
    needs.least_prompt_tokens = estimate.least();
    needs
}

struct Reading {
    needs: Needs,
    estimate: Estimate,
}

impl Reading {
    /// No text that the model reads.
    fn leave_out_signatures(&mut self, contents: &[u8]) {
        let signatures = SIGNATURE.values(contents).chain(SNAKE_SIGNATURE.values(contents));
        for signature in signatures.flatten() {
            let inside = signature.strip_prefix(b"\"").unwrap_or_default();
            let end = memchr::memchr(b'"', inside).unwrap_or_default();
            self.estimate.exchange(inside.get(..end).unwrap_or_default(), Price::default());
        }
    }

    /// What cannot be read is left to the upstream.
    fn contents(&mut self, contents: &RawValue) {
        for (index, content) in objects(contents) {
            let role = text(&content, "role");
            // Earlier answers of a model are history, which any model may be sent.
            let is_answer = role.as_deref() == Some("model");
            let takes_media = !is_answer && role.as_deref() != Some("system");
            for (part, object) in list(&content, "parts") {
                let place = takes_media.then_some(Place { message: index, part });
                self.part(&object, is_answer, place);
            }
        }
    }

    /// `place`: of a medium that a model must take.
    fn part(&mut self, part: &RawObject<'_>, is_answer: bool, place: Option<Place>) {
        if is_answer && !is_true(part, "thought") && object(part, "functionCall").is_some() {
            self.needs.tools = true;
        } else if let Some(result) = object(part, "functionResponse").filter(|_| !is_answer) {
            for (_, inner) in list(&result, "parts") {
                self.medium(&inner, place);
            }
        } else {
            self.medium(part, place);
        }
    }

    fn medium(&mut self, part: &RawObject<'_>, place: Option<Place>) {
        if member(part, "text").is_some() {
            return;
        }
        let (source, holder) = match member(part, "inlineData") {
            Some(source) => (source, object(part, "inlineData")),
            None => match member(part, "fileData") {
                Some(source) => (source, object(part, "fileData")),
                None => return,
            },
        };
        let Some(holder) = holder else { return };
        let mime = text(&holder, "mimeType").unwrap_or_default().to_ascii_lowercase();
        let essence = mime.split(';').next().unwrap_or_default().trim();
        let uri = text(&holder, "fileUri");
        let data = text(&holder, "data").filter(|_| uri.is_none());
        let medium = match essence.split('/').next().unwrap_or_default() {
            "image" => Medium::Image,
            "audio" => Medium::Audio,
            "video" => Medium::Video,
            // Without a type, what is at a URL is taken for an image.
            "" if uri.is_some() => Medium::Image,
            "text" if uri.is_none() => return,
            _ if essence == "application/json" && uri.is_none() => return,
            _ => Medium::File,
        };
        self.estimate.exchange(source.get().as_bytes(), medium.price());
        let Some(place) = place else { return };
        match medium {
            Medium::File => {
                // Its beginning shows it.
                let head = data.as_deref().and_then(|it| it.get(..it.len().min(256) / 4 * 4));
                let media_type = head.and_then(|head| media_type::real(Some(essence), head));
                needs::note_file(&mut self.needs, media_type.as_deref(), place);
            }
            medium => needs::note(&mut self.needs, medium, place),
        }
    }
}

#[cfg(test)]
mod tests;
