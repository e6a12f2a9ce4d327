//! A search of the web between dialects: as a chat body asks for it (OpenAI's `web_search_options`,
//! and what other APIs say besides), and how what cannot be asked for is told.

use serde_json::{Map, Value, json};

use super::dropped::Dropped;
use super::errors::Untranslatable;
use super::json::RawObject;
use super::place::Place;
use crate::domain::capabilities::SearchStyle;
use crate::domain::chat::ChatRequest;
use crate::domain::search::{Location, WebSearch};

/// The member of a chat body.
pub const OPTIONS: &str = "web_search_options";
pub const CONTEXT_SIZE: &str = "web_search_options.search_context_size";
pub const LOCATION: &str = "web_search_options.user_location";
pub const ALLOWED_DOMAINS: &str = "web_search_options.filters.allowed_domains";
pub const BLOCKED_DOMAINS: &str = "web_search_options.filters.blocked_domains";
pub const MAX_USES: &str = "web_search_options.max_uses";

/// The member of the options by which a forced search is told from an offered one.
const FORCED: &str = "forced";

const CANNOT: &str = " forces a search of the web, which this model cannot run; call a model that can \
                      search, or do without the forced `tool_choice`";

/// The tool of a vendor's API, or the options of a chat, whose members are alike.
pub fn of_tool(tool: &RawObject<'_>) -> WebSearch {
    let members = tool.members.iter().filter_map(|(name, value)| {
        Some((name.to_string(), serde_json::from_str(value.get()).ok()?))
    });
    read(&Value::Object(members.collect()))
}

/// What cannot be understood says nothing.
pub fn read(options: &Value) -> WebSearch {
    let filters = options.get("filters");
    let domains = |name: &str| {
        let list = filters.and_then(|filters| filters.get(name)).or_else(|| options.get(name));
        let list = list.and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect::<Vec<String>>()
    };
    let place = options.get("user_location");
    let place = place.map(|place| place.get("approximate").unwrap_or(place));
    WebSearch {
        context_size: text(options, "search_context_size"),
        location: place.map(location).filter(|location| *location != Location::default()),
        allowed_domains: domains("allowed_domains"),
        blocked_domains: domains("blocked_domains"),
        max_uses: options.get("max_uses").and_then(Value::as_u64),
        is_forced: options.get(FORCED) == Some(&Value::Bool(true)),
    }
}

fn text(holder: &Value, name: &str) -> Option<String> {
    holder.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn location(place: &Value) -> Location {
    let text = |name: &str| text(place, name);
    Location {
        city: text("city"),
        region: text("region"),
        country: text("country"),
        timezone: text("timezone"),
    }
}

/// The options in a chat body, all of them.
pub fn write(search: &WebSearch) -> String {
    let mut options = own_options(search);
    let mut filters = Map::new();
    for (name, domains) in
        [("allowed_domains", &search.allowed_domains), ("blocked_domains", &search.blocked_domains)]
    {
        if !domains.is_empty() {
            filters.insert(name.to_owned(), json!(domains));
        }
    }
    if !filters.is_empty() {
        options.insert(String::from("filters"), Value::Object(filters));
    }
    if let Some(most) = search.max_uses {
        options.insert(String::from("max_uses"), json!(most));
    }
    if search.is_forced {
        options.insert(String::from(FORCED), Value::Bool(true));
    }
    Value::Object(options).to_string()
}

/// Those that OpenAI's chats have.
fn own_options(search: &WebSearch) -> Map<String, Value> {
    let mut options = Map::new();
    if let Some(size) = &search.context_size {
        options.insert(String::from("search_context_size"), json!(size));
    }
    if let Some(location) = &search.location {
        let place = json!({"type": "approximate", "approximate": members(location)});
        options.insert(String::from("user_location"), place);
    }
    options
}

fn members(location: &Location) -> Map<String, Value> {
    let Location { city, region, country, timezone } = location;
    let members =
        [("city", city), ("region", region), ("country", country), ("timezone", timezone)];
    let members = members
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text.as_deref()?))));
    members.collect()
}

/// As the tools of Anthropic and of OpenAI's Responses have it.
pub fn user_location(location: &Location) -> Value {
    let mut place = Map::new();
    place.insert(String::from("type"), Value::from("approximate"));
    place.extend(members(location));
    Value::Object(place)
}

/// What an upstream of OpenAI's chats is sent of the options that a client of another API sent.
pub struct ForChat {
    /// `None`: the model searches nothing.
    pub options: Option<String>,
    pub dropped: Vec<&'static str>,
}

/// # Errors
/// When the search is forced and the model has none.
pub fn for_chat(options: &[u8], style: SearchStyle) -> Result<ForChat, Untranslatable> {
    let search = read(&serde_json::from_slice(options).unwrap_or_default());
    if style != SearchStyle::Options {
        if search.is_forced {
            return Err(cannot());
        }
        return Ok(ForChat { options: None, dropped: vec![OPTIONS] });
    }
    let lost = [ALLOWED_DOMAINS, BLOCKED_DOMAINS, MAX_USES];
    Ok(ForChat {
        options: Some(Value::Object(own_options(&search)).to_string()),
        dropped: lost.into_iter().filter(|name| sets(&search, name)).collect(),
    })
}

fn cannot() -> Untranslatable {
    Untranslatable::at(Place::Parameter("tool_choice"), CANNOT)
}

/// The search for an upstream whose models have a tool for it; `None` where it is left out, which
/// is recorded. `fits`: whether the rest of the request goes with one.
///
/// # Errors
/// When the search is forced and cannot be run.
pub(super) fn as_tool<'r>(
    request: &'r ChatRequest,
    style: SearchStyle,
    fits: bool,
    dropped: &mut Dropped,
) -> Result<Option<&'r WebSearch>, Untranslatable> {
    let Some(search) = &request.web_search else { return Ok(None) };
    if style == SearchStyle::Tool && fits {
        return Ok(Some(search));
    }
    if search.is_forced {
        return Err(cannot());
    }
    dropped.record(OPTIONS);
    Ok(None)
}

/// Records those of the options that are set and have no counterpart.
pub(super) fn lose(search: &WebSearch, names: &[&str], dropped: &mut Dropped) {
    for name in names {
        dropped.record_if(sets(search, name), name);
    }
}

/// Whether the search sets the option.
fn sets(search: &WebSearch, option: &str) -> bool {
    match option {
        CONTEXT_SIZE => search.context_size.is_some(),
        LOCATION => search.location.is_some(),
        ALLOWED_DOMAINS => !search.allowed_domains.is_empty(),
        BLOCKED_DOMAINS => !search.blocked_domains.is_empty(),
        MAX_USES => search.max_uses.is_some(),
        _ => false,
    }
}

/// The options by the names that the tool of Anthropic's and of OpenAI's Responses has for them.
const OF_TOOL: [(&str, &str); 6] = [
    (OPTIONS, "web_search"),
    (CONTEXT_SIZE, "web_search.search_context_size"),
    (LOCATION, "web_search.user_location"),
    (ALLOWED_DOMAINS, "web_search.allowed_domains"),
    (BLOCKED_DOMAINS, "web_search.blocked_domains"),
    (MAX_USES, "web_search.max_uses"),
];

/// One of the options as a client of a vendor's API knows it; `None` for another parameter.
pub fn member_of_tool(name: &str, is_gemini: bool) -> Option<&'static str> {
    let (_, own) = OF_TOOL.iter().find(|(chat, _)| *chat == name)?;
    Some(if is_gemini { "googleSearch" } else { own })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> WebSearch {
        let text = |text: &str| Some(text.to_owned());
        WebSearch {
            context_size: text("low"),
            location: Some(Location {
                city: text("Ulm"),
                country: text("DE"),
                ..Default::default()
            }),
            allowed_domains: vec![String::from("a.example")],
            blocked_domains: vec![String::from("b.example")],
            max_uses: Some(3),
            is_forced: true,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for search in [full(), WebSearch::default()] {
            assert_eq!(read(&serde_json::from_str(&write(&search)).unwrap()), search);
        }
    }

    #[test]
    fn the_tools_of_the_vendors_say_the_same() {
        let expected = WebSearch { is_forced: false, ..full() };
        let place = json!({"type": "approximate", "city": "Ulm", "country": "DE"});
        for tool in [
            json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 3,
                "allowed_domains": ["a.example"], "blocked_domains": ["b.example"],
                "user_location": place, "search_context_size": "low"}),
            json!({"type": "web_search", "search_context_size": "low", "user_location": place,
                "filters": {"allowed_domains": ["a.example"], "blocked_domains": ["b.example"]},
                "max_uses": 3}),
        ] {
            let text = tool.to_string();
            assert_eq!(of_tool(&RawObject::parse(text.as_bytes()).unwrap()), expected, "{tool}");
        }
        let odd = json!({"filters": 7, "user_location": "here", "max_uses": "x", "search_context_size": ""});
        assert_eq!(read(&odd), WebSearch::default());
    }

    #[test]
    fn a_chat_upstream_gets_what_openai_has_and_the_rest_is_told() {
        let options = write(&WebSearch { is_forced: false, ..full() });
        let sent = for_chat(options.as_bytes(), SearchStyle::Options).unwrap();
        let expected = json!({"search_context_size": "low", "user_location": {
            "type": "approximate", "approximate": {"city": "Ulm", "country": "DE"}}});
        let found: Value = serde_json::from_str(&sent.options.unwrap()).unwrap();
        assert_eq!(found, expected);
        assert_eq!(sent.dropped, [ALLOWED_DOMAINS, BLOCKED_DOMAINS, MAX_USES]);
        for style in [SearchStyle::None, SearchStyle::Tool] {
            let sent = for_chat(options.as_bytes(), style).unwrap();
            assert_eq!((sent.options, sent.dropped), (None, vec![OPTIONS]));
            assert!(for_chat(write(&full()).as_bytes(), style).is_err());
        }
    }
}
