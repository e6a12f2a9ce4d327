//! Searches of the web that the API ran, and what the text cites of them.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::search::{Citation, Found, Search};

#[derive(Deserialize)]
struct WireCall {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    action: Option<Value>,
}

/// `None` for another step of a search, as when the model opens a page.
pub(super) fn search(item: &RawValue) -> Option<Search> {
    let call: WireCall = serde_json::from_str(item.get()).ok()?;
    let action = call.action.unwrap_or_default();
    let kind = action.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind != "search") {
        return None;
    }
    let texts = |name: &str| {
        let list = action.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>()
    };
    let mut queries = texts("queries");
    if queries.is_empty() {
        queries.extend(text(&action, "query"));
    }
    let mut search = Search { id: call.id.unwrap_or_default(), queries, found: Vec::new() };
    for source in action.get("sources").and_then(Value::as_array).into_iter().flatten() {
        if let Some(url) = text(source, "url") {
            search.add(Found { url, title: text(source, "title"), age: None });
        }
    }
    Some(search)
}

/// The place is one in the text of the part.
pub(super) fn citations(annotations: Option<Value>) -> Vec<Citation> {
    let citation = |annotation: &Value| {
        if annotation.get("type").and_then(Value::as_str) != Some("url_citation") {
            return None;
        }
        let count = |name: &str| {
            let count = annotation.get(name).and_then(Value::as_u64).unwrap_or(0);
            usize::try_from(count).unwrap_or(usize::MAX)
        };
        let (start, end) = (count("start_index"), count("end_index"));
        let (url, title) = (text(annotation, "url")?, text(annotation, "title"));
        Some(Citation { url, title, cited: None, start, end })
    };
    let annotations = annotations.as_ref().and_then(Value::as_array);
    annotations.into_iter().flatten().filter_map(citation).collect()
}

fn text(holder: &Value, name: &str) -> Option<String> {
    holder.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// With its place in the whole text; `start`: that of the part.
pub(super) fn placed(citation: Citation, start: usize) -> Citation {
    let (from, to) = (citation.start, citation.end);
    Citation { start: start.saturating_add(from), end: start.saturating_add(to), ..citation }
}
