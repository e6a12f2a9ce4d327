//! Tools and `tool_choice`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::wire;
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::dialects::web_search::{self, BLOCKED_DOMAINS, CONTEXT_SIZE, LOCATION, MAX_USES};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, Maker, ToolChoice};
use crate::domain::search::WebSearch;

pub(super) fn encode<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Vec<wire::Tool<'a>>, Untranslatable> {
    if !capabilities.takes_tools && !request.tools.is_empty() {
        return Err(Untranslatable::saying("the model takes no tools", Place::Parameter("tools")));
    }
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        dropped.record_if(tool.cache_control.is_some(), "cache_control");
        // Optional in chat, required here.
        let parameters = match &tool.parameters {
            None | Some(Value::Null) => Cow::Owned(json!({"type": "object", "properties": {}})),
            Some(parameters) => Cow::Borrowed(parameters),
        };
        tools.push(wire::Tool::Function(wire::Function {
            kind: "function",
            name: &tool.name,
            description: tool.description.as_deref(),
            parameters,
            strict: tool.strict == Some(true),
        }));
    }
    Ok(tools)
}

const SEARCH: &str = "web_search";

/// The search of the web.
///
/// # Errors
/// When it is forced, and the model cannot run it.
pub(super) fn search<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    maker: Maker,
    dropped: &mut Dropped,
) -> Result<Option<&'a WebSearch>, Untranslatable> {
    let search = web_search::as_tool(request, capabilities.web_search, true, dropped)?;
    if let Some(search) = search {
        web_search::lose(search, lost(maker), dropped);
    }
    Ok(search)
}

/// What the maker's tool has no member for.
fn lost(maker: Maker) -> &'static [&'static str] {
    match maker {
        Maker::Xai => &[CONTEXT_SIZE, LOCATION, MAX_USES],
        _ => &[BLOCKED_DOMAINS],
    }
}

pub(super) fn search_tool(search: &WebSearch, maker: Maker) -> wire::Tool<'_> {
    let is_told = |name| !lost(maker).contains(&name);
    let excluded_domains = match is_told(BLOCKED_DOMAINS) {
        true => search.blocked_domains.as_slice(),
        false => &[],
    };
    wire::Tool::Search(wire::Search {
        kind: SEARCH,
        filters: wire::Filters { allowed_domains: &search.allowed_domains, excluded_domains },
        search_context_size: search.context_size.as_deref().filter(|_| is_told(CONTEXT_SIZE)),
        user_location: search
            .location
            .as_ref()
            .filter(|_| is_told(LOCATION))
            .map(web_search::user_location),
    })
}

/// The API counts the calls of all tools that it runs; it runs no other.
pub(super) fn max_calls(search: Option<&WebSearch>, maker: Maker) -> Option<u64> {
    search?.max_uses.filter(|_| !lost(maker).contains(&MAX_USES))
}

/// A choice without tools is ignored, unless it demands a tool.
pub(super) fn choice<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Option<wire::ToolChoice<'a>>, Untranslatable> {
    if request.web_search.as_ref().is_some_and(|search| search.is_forced) {
        return Ok(Some(wire::ToolChoice::Hosted { kind: SEARCH }));
    }
    let Some(wanted) = &request.tool_choice else { return Ok(None) };
    let is_forced = matches!(wanted, ToolChoice::Required | ToolChoice::Named(_));
    if request.tools.is_empty() {
        let place = Place::Parameter("tool_choice");
        let complaint = " demands a tool, but `tools` is empty";
        return if is_forced { Err(Untranslatable::at(place, complaint)) } else { Ok(None) };
    }
    if is_forced && !capabilities.takes_forced_tools {
        dropped.record("tool_choice");
        return Ok(None);
    }
    Ok(Some(match wanted {
        ToolChoice::Auto => wire::ToolChoice::Mode("auto"),
        ToolChoice::None => wire::ToolChoice::Mode("none"),
        ToolChoice::Required => wire::ToolChoice::Mode("required"),
        ToolChoice::Named(name) => wire::ToolChoice::Function { kind: "function", name },
    }))
}

/// Without tools the API refuses it, and it has no effect.
pub(super) fn parallel(request: &ChatRequest) -> Option<bool> {
    request.parallel_tool_calls.filter(|_| !request.tools.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;
    use crate::domain::chat::Tool;

    fn with(strict: Option<bool>, tool_choice: Option<ToolChoice>) -> ChatRequest {
        let tool = Tool {
            name: "f".into(),
            description: None,
            parameters: None,
            strict,
            cache_control: Some(json!({"type": "ephemeral"})),
        };
        let parallel_tool_calls = Some(false);
        ChatRequest {
            tools: vec![tool],
            tool_choice,
            parallel_tool_calls,
            ..ChatRequest::default()
        }
    }

    #[test]
    fn strict_keeps_the_meaning_of_chat() {
        for (strict, expected) in [(None, false), (Some(false), false), (Some(true), true)] {
            let (request, mut dropped) = (with(strict, None), Dropped::default());
            let tools = encode(&request, &Capabilities::default(), &mut dropped).unwrap();
            assert_eq!(
                serde_json::to_value(&tools).unwrap(),
                json!([{"type": "function", "name": "f", "strict": expected,
                    "parameters": {"type": "object", "properties": {}}}])
            );
            assert_eq!(dropped.into_names(), ["cache_control"]);
        }
    }

    #[test]
    fn every_choice_has_its_counterpart() {
        let named = ToolChoice::Named("f".into());
        for (wanted, expected, unforced) in [
            (ToolChoice::Auto, json!("auto"), Some(json!("auto"))),
            (ToolChoice::None, json!("none"), Some(json!("none"))),
            (ToolChoice::Required, json!("required"), None),
            (named, json!({"type": "function", "name": "f"}), None),
        ] {
            let request = with(None, Some(wanted));
            let mut dropped = Dropped::default();
            let mut found = |capabilities: &Capabilities| {
                let found = choice(&request, capabilities, &mut dropped).unwrap();
                found.map(|found| serde_json::to_value(found).unwrap())
            };
            assert_eq!(found(&Capabilities::default()), Some(expected));
            let free = Capabilities { takes_forced_tools: false, ..Capabilities::default() };
            let is_told = unforced.is_none();
            assert_eq!(found(&free), unforced);
            assert_eq!(dropped.into_names() == ["tool_choice"], is_told);
        }
    }

    #[test]
    fn what_cannot_be_met_is_refused() {
        let mut request = with(None, Some(ToolChoice::Required));
        let unable = Capabilities { takes_tools: false, ..Capabilities::default() };
        let bad = encode(&request, &unable, &mut Dropped::default()).unwrap_err();
        let bad = bad_request(bad);
        assert_eq!(bad.param.as_deref(), Some("tools"));
        assert_eq!(parallel(&request), Some(false));
        request.tools.clear();
        let bad = choice(&request, &Capabilities::default(), &mut Dropped::default()).unwrap_err();
        let bad = bad_request(bad);
        assert_eq!(bad.param.as_deref(), Some("tool_choice"));
        assert_eq!(parallel(&request), None);
    }
}
