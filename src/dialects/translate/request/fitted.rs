//! Fits a chat body that was made of a request of another API to the upstream. Agents send some parameters
//! to every model, whether it has them or not; an upstream of the OpenAI family would refuse the
//! call for them.

use super::UpstreamTarget;
use crate::dialects::Dialect;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::{count, string};
use crate::dialects::openai::client::places::bad_request;
use crate::dialects::openai::upstream::history::{with_reasoning_alone, without_thinking};
use crate::dialects::openai::upstream::quirks::{EarlierReasoning, Quirks};
use crate::dialects::own::Own;
use crate::dialects::web_search;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::Effort;
use crate::domain::hash::StableHash;
use crate::domain::provider_kind::ProviderKind;

const EFFORT: &str = "reasoning_effort";
const VERBOSITY: &str = "verbosity";

/// A fitted body.
pub(super) struct Fitted {
    pub chat: JsonBody,
    /// Members that were dropped.
    pub dropped: Vec<String>,
    /// The longest answer, where it is shorter than the client asked.
    pub lowered: Option<u64>,
}

/// The body with what was changed in it.
///
/// # Errors
/// Where it forces a search that the model cannot run.
pub(super) fn for_upstream(
    own: &Own,
    chat: &JsonBody,
    to: UpstreamTarget<'_>,
) -> Result<Fitted, BadRequest> {
    let mut edits = Edits::default();
    let mut dropped = Vec::new();
    let mut unwanted = Vec::new();
    let most = to.capabilities.max_output_tokens;
    let asked = chat.value_of("max_tokens").and_then(count);
    let lowered = most.filter(|most| asked.is_some_and(|asked| asked > *most));
    if let Some(most) = lowered {
        edits.set(chat, "max_tokens", most.to_string());
    }
    if matches!(to.dialect, Dialect::OpenAiChat | Dialect::Invoke | Dialect::RemoteHttp) {
        unwanted.extend(["reasoning", "user"]);
        if let Some(options) = chat.value_of(web_search::OPTIONS) {
            let search = web_search::for_chat(options, to.capabilities.web_search)
                .map_err(|cannot| own.respelled(bad_request(cannot)))?;
            dropped.extend(search.dropped.iter().map(|name| own.member(name).to_owned()));
            match search.options {
                Some(options) => edits.set(chat, web_search::OPTIONS, options),
                None => unwanted.push(web_search::OPTIONS),
            }
        }
        fit_effort(own, chat, to.capabilities, &mut edits, &mut unwanted, &mut dropped);
        let user = chat.value_of("user").and_then(string);
        if let Some(user) = user.filter(|_| to.kind == ProviderKind::Openai) {
            let key = StableHash::default().with(user.as_bytes()).finish();
            edits.set(chat, "prompt_cache_key", format!("\"{key:016x}\""));
        }
        let quirks = Quirks::of(to.kind, to.capabilities, chat, to.default_params);
        let messages = match quirks.reasoning {
            EarlierReasoning::GivenBack => with_reasoning_alone(chat),
            EarlierReasoning::Kept | EarlierReasoning::TakenOut => without_thinking(chat),
        };
        if let Some(messages) = messages {
            edits.set(chat, "messages", messages);
        }
    }
    // Clients of Responses send these to every model; others mean them where they send them.
    let is_openais =
        to.kind == ProviderKind::Openai || matches!(to.dialect, Dialect::OpenAiResponses(_));
    if matches!(own, Own::Responses(_)) && !is_openais {
        unwanted.extend(["prompt_cache_key", VERBOSITY]);
        if chat.has(VERBOSITY) {
            dropped.push(own.member(VERBOSITY).to_owned());
        }
    }
    let fitted = edits.applied_to(chat);
    let has_unwanted = unwanted.iter().any(|name| fitted.has(name));
    let chat = if has_unwanted { fitted.without(&unwanted) } else { fitted };
    Ok(Fitted { chat, dropped, lowered })
}

/// An effort that the model has, or none.
fn fit_effort(
    own: &Own,
    chat: &JsonBody,
    capabilities: &Capabilities,
    edits: &mut Edits,
    unwanted: &mut Vec<&'static str>,
    dropped: &mut Vec<String>,
) {
    let Some(asked) = chat.value_of(EFFORT).and_then(string) else { return };
    let Some(asked) = EFFORTS.into_iter().find(|effort| effort.as_str() == asked) else { return };
    let fitting = match capabilities.thinking {
        ThinkingStyle::None => None,
        _ if capabilities.efforts.is_empty() || capabilities.efforts.contains(&asked) => {
            Some(asked)
        }
        _ if asked == Effort::None => None,
        _ => {
            let thinks = capabilities.efforts.iter().filter(|effort| **effort != Effort::None);
            thinks.clone().filter(|effort| **effort < asked).max().or_else(|| thinks.min()).copied()
        }
    };
    match fitting {
        Some(effort) if effort == asked => {}
        Some(effort) => edits.set(chat, EFFORT, format!("\"{}\"", effort.as_str())),
        None => {
            unwanted.push(EFFORT);
            if asked != Effort::None {
                dropped.push(own.member(EFFORT).to_owned());
            }
        }
    }
}

const EFFORTS: [Effort; 7] = [
    Effort::None,
    Effort::Minimal,
    Effort::Low,
    Effort::Medium,
    Effort::High,
    Effort::Xhigh,
    Effort::Max,
];
