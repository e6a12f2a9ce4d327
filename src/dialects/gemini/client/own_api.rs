//! To an upstream that speaks `generateContent` the client's bytes go as they came, but for numbers
//! beyond a limit, the model's default parameters, thinking in a form that the model does not take,
//! and signatures of what another API made.

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::generation::{effort, number_of};
use super::members::{camel, member, object, spelling, text};
use super::request::Own;
use crate::dialects::envelope::{Envelope, PREFIX};
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::count;
use crate::dialects::json::known;
use crate::dialects::json::write::list;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::needle::needle;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::Effort;

needle!(ENVELOPE = b"bGxtcjE6");

/// Members that are the router's own, or that the API has in its path.
const ROUTERS: [&str; 3] = ["provider", "models", "model"];

/// Numbers of the chat body, which a key's limits may have lowered, by their names here.
const NUMBERS: [(&str, &str); 8] = [
    ("max_tokens", "maxOutputTokens"),
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("top_k", "topK"),
    ("seed", "seed"),
    ("presence_penalty", "presencePenalty"),
    ("frequency_penalty", "frequencyPenalty"),
    ("n", "candidateCount"),
];

const MAX_TOKENS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

const CONFIG: &str = "generationConfig";

/// Google's stand-in for the signature of a call that its model did not make.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The body for the upstream, and the longest answer where it is shorter than the client asked.
/// `limited`: the chat body, where the limits of the caller's key changed it.
pub fn encode(
    own: &Own,
    limited: Option<&JsonBody>,
    capabilities: &Capabilities,
    defaults: &Map<String, Value>,
) -> (Bytes, Option<u64>) {
    let body = &*own.body.cleared_of(&ROUTERS);
    let mut edits = Edits::default();
    let config_name = spelling(|name| body.has(name), CONFIG);
    let config = body.value_of(&config_name).and_then(|json| RawObject::parse(json).ok());
    let mut changes = Changes::default();
    let lowered = limits(config.as_ref(), limited, capabilities, defaults, &mut changes);
    other_thinking(config.as_ref(), capabilities, defaults, &mut changes);
    if !changes.0.is_empty() {
        edits.set(body, &config_name, changes.in_object(config.as_ref()));
    }
    if let Some(contents) = without_envelopes(body, capabilities) {
        edits.set(body, "contents", contents);
    }
    (edits.apply(body.bytes()), lowered)
}

/// The body for counting the tokens of the prompt.
pub fn for_counting(own: &Own, model: &str, capabilities: &Capabilities) -> Bytes {
    let mut body = own.body.without(&["provider", "models", "model"]);
    if let Some(contents) = without_envelopes(&body, capabilities) {
        let mut edits = Edits::default();
        edits.set(&body, "contents", contents);
        let edited = edits.apply(body.bytes());
        body = JsonBody::parse(edited, |_| Ok(())).unwrap_or(body);
    }
    let model = model.strip_prefix("models/").unwrap_or(model);
    let mut edits = Edits::default();
    edits.set(&body, "model", Value::from(format!("models/{model}")).to_string());
    let inner = edits.apply(body.bytes());
    Bytes::from([br#"{"generateContentRequest":"#, inner.as_ref(), b"}"].concat())
}

/// Members of the configuration that get other values.
#[derive(Default)]
struct Changes(Vec<(&'static str, String)>);

impl Changes {
    fn set(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    /// The object with these members, each in the spelling in which it stands.
    fn in_object(self, object: Option<&RawObject<'_>>) -> String {
        let mut changes = self.0;
        let mut written = Vec::new();
        for (name, value) in object.into_iter().flat_map(|object| &object.members) {
            let own = camel(name);
            let change = changes.iter().position(|(changed, _)| *changed == own);
            let value = match change {
                Some(at) => changes.remove(at).1,
                None => value.get().to_owned(),
            };
            written.push(format!("{}:{value}", Value::from(name.as_ref())));
        }
        let added = changes.into_iter().map(|(name, value)| format!("\"{name}\":{value}"));
        written.extend(added);
        format!("{{{}}}", written.join(","))
    }
}

/// The limits of the model and of the caller's key, and the model's default parameters.
fn limits(
    config: Option<&RawObject<'_>>,
    limited: Option<&JsonBody>,
    capabilities: &Capabilities,
    defaults: &Map<String, Value>,
    changes: &mut Changes,
) -> Option<u64> {
    let sent = |name: &str| config.and_then(|config| member(config, name));
    let mut lowered = None;
    for (name, own) in NUMBERS {
        let asked = match limited {
            Some(chat) => {
                let json = chat.value_of(name).and_then(|json| std::str::from_utf8(json).ok());
                json.map(str::to_owned)
            }
            None => sent(own).and_then(|it| Some(number_of(it, true)?.to_string())),
        };
        let names = if name == "max_tokens" { MAX_TOKENS.as_slice() } else { &[name] };
        let default = names.iter().find_map(|name| defaults.get(*name).filter(|it| it.is_number()));
        let default = default.map(Value::to_string);
        let mut wanted = asked.clone();
        if sent(own).is_none() && wanted.is_none() {
            wanted = default;
        }
        if own == "maxOutputTokens" {
            let tokens = wanted.as_deref().and_then(|json| count(json.as_bytes()));
            let most = capabilities.max_output_tokens;
            if let Some(most) = most.filter(|most| tokens.is_some_and(|tokens| tokens > *most)) {
                wanted = Some(most.to_string());
                lowered = asked.map(|_| most);
            }
        }
        let Some(wanted) = wanted else { continue };
        if sent(own).is_none_or(|sent| !is_same(sent.get(), &wanted)) {
            changes.set(own, wanted);
        }
    }
    if sent("stopSequences").is_none() {
        let stops = match defaults.get("stop") {
            Some(Value::String(stop)) => Some(Value::from(vec![stop.clone()])),
            Some(stops @ Value::Array(_)) => Some(stops.clone()),
            _ => None,
        };
        if let Some(stops) = stops {
            changes.set("stopSequences", stops.to_string());
        }
    }
    lowered
}

/// Whether two spellings are one number.
fn is_same(one: &str, other: &str) -> bool {
    let number = |json: &str| json.trim_matches('"').parse::<f64>().ok();
    one == other || number(one).is_some_and(|it| number(other) == Some(it))
}

/// Agents choose the form by the name that they call, which may stand for any model: a level is
/// refused by models before Gemini 3, and any thinking by those that do not think.
fn other_thinking(
    config: Option<&RawObject<'_>>,
    capabilities: &Capabilities,
    defaults: &Map<String, Value>,
    changes: &mut Changes,
) {
    const NAME: &str = "thinkingConfig";
    let thinking = config.and_then(|config| object(config, NAME));
    let level = thinking.as_ref().and_then(|thinking| text(thinking, "thinkingLevel"));
    let wanted = match (&thinking, &level) {
        (_, Some(level)) => effort(level),
        (None, None) => {
            let default = defaults.get("reasoning_effort").and_then(Value::as_str);
            default.and_then(effort)
        }
        (Some(_), None) => return,
    };
    let Some(wanted) = wanted else { return };
    let is_taken = level.is_some() && capabilities.thinking != ThinkingStyle::Budget;
    if is_taken {
        return;
    }
    let amount = match capabilities.thinking {
        ThinkingStyle::Level => format!("\"thinkingLevel\":\"{}\"", level_of(wanted)),
        ThinkingStyle::Budget => format!("\"thinkingBudget\":{}", budget_of(wanted, capabilities)),
        _ => return,
    };
    let others = thinking.iter().flat_map(|thinking| &thinking.members);
    let others = others.filter(|(name, _)| camel(name) != "thinkingLevel");
    let mut members: Vec<String> = others
        .map(|(name, value)| format!("{}:{}", Value::from(name.as_ref()), value.get()))
        .collect();
    members.push(amount);
    changes.set(NAME, format!("{{{}}}", members.join(",")));
}

fn level_of(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::Xhigh | Effort::Max => "HIGH",
    }
}

fn budget_of(effort: Effort, capabilities: &Capabilities) -> u64 {
    match effort {
        // Such models cannot stop thinking.
        Effort::None if capabilities.always_thinks => 128,
        Effort::None => 0,
        Effort::Minimal | Effort::Low => 1_024,
        Effort::Medium => 8_192,
        Effort::High | Effort::Xhigh | Effort::Max => 24_576,
    }
}

/// The contents without signatures that another API made; `None` where there are none. The first call
/// of such a turn gets Google's stand-in, which its newer models ask for.
fn without_envelopes(body: &JsonBody, capabilities: &Capabilities) -> Option<String> {
    let json = body.value_of("contents")?;
    if !ENVELOPE.is_in(json) {
        return None;
    }
    let stand_in = capabilities.thinking != ThinkingStyle::None;
    let contents: &RawValue = serde_json::from_slice(json).ok()?;
    if Kind::of(contents) == Kind::Object {
        return content(contents, stand_in);
    }
    let contents: Vec<&RawValue> = serde_json::from_slice(json).ok()?;
    let mended =
        contents.into_iter().map(|it| content(it, stand_in).unwrap_or_else(|| it.get().to_owned()));
    Some(list(&mended.collect::<Vec<_>>()))
}

fn content(raw: &RawValue, stand_in: bool) -> Option<String> {
    if !ENVELOPE.is_in(raw.get().as_bytes()) {
        return None;
    }
    let content = RawObject::of(raw).ok()?;
    let parts = known::elements(content.get("parts")?)?;
    let mut has_call = false;
    let mut kept: Vec<String> =
        parts.into_iter().filter_map(|it| part(it, stand_in, &mut has_call)).collect();
    if kept.is_empty() {
        // A turn must say something.
        kept.push(String::from(r#"{"text":"(thinking)"}"#));
    }
    let members = content.members.iter().map(|(name, value)| match name.as_ref() {
        "parts" => format!("\"parts\":{}", list(&kept)),
        name => format!("{}:{}", Value::from(name), value.get()),
    });
    Some(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

/// The part without such a signature; `None` for one that had nothing else.
fn part(raw: &RawValue, stand_in: bool, has_call: &mut bool) -> Option<String> {
    let keep = || Some(raw.get().to_owned());
    let Ok(part) = RawObject::of(raw) else { return keep() };
    let is_call = object(&part, "functionCall").is_some();
    let is_first_call = is_call && !std::mem::replace(has_call, *has_call || is_call);
    let is_foreign = text(&part, "thoughtSignature")
        .is_some_and(|it| it.starts_with(PREFIX) && Envelope::read(&it).is_some());
    if !is_foreign {
        return keep();
    }
    let is_empty = text(&part, "text").is_some_and(|text| text.is_empty());
    if is_empty || super::members::is_true(&part, "thought") {
        return None;
    }
    let others = part.members.iter().filter(|(name, _)| camel(name) != "thoughtSignature");
    let mut members: Vec<String> = others
        .map(|(name, value)| format!("{}:{}", Value::from(name.as_ref()), value.get()))
        .collect();
    if is_first_call && stand_in {
        members.push(format!("\"thoughtSignature\":\"{NO_SIGNATURE}\""));
    }
    Some(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests;
