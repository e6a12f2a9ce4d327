//! Searches of the web that the API ran, and what the text cites of them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::search::{Citation, Found, Search};

const TOOL: &str = "web_search";

/// The name of the tool that a block uses is the search's.
pub(super) fn is_search(name: &str) -> bool {
    name == TOOL
}

/// Searches whose result has not come yet, each with its query.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// `input`: as JSON.
    pub(super) fn add(&mut self, id: String, input: &str) {
        #[derive(Deserialize)]
        struct Input {
            #[serde(default)]
            query: String,
        }
        let query =
            serde_json::from_str(input).map_or_else(|_| String::new(), |it: Input| it.query);
        self.0.push((id, query));
    }

    /// The search that these are the results of. `content`: a list, or an error.
    pub(super) fn answered(&mut self, id: &str, content: Option<&RawValue>) -> Search {
        let at = self.0.iter().position(|(asked, _)| asked == id);
        let asked = at.map(|at| self.0.remove(at));
        let mut search = asked.map_or_else(Search::default, whole);
        let results: Vec<&RawValue> =
            content.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
        results.into_iter().filter_map(found).for_each(|found| search.add(found));
        search
    }

    /// Those that no result followed.
    pub(super) fn rest(&mut self) -> impl Iterator<Item = Search> {
        std::mem::take(&mut self.0).into_iter().map(whole)
    }
}

fn whole((id, query): (String, String)) -> Search {
    let queries = Some(query).filter(|query| !query.is_empty()).into_iter().collect();
    Search { id, queries, found: Vec::new() }
}

#[derive(Deserialize)]
struct WireFound {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    page_age: Option<String>,
}

fn found(raw: &RawValue) -> Option<Found> {
    let WireFound { url, title, page_age } = serde_json::from_str(raw.get()).ok()?;
    Some(Found { url: url?, title, age: page_age })
}

#[derive(Deserialize)]
struct WireCitation {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    cited_text: Option<String>,
}

/// `None` for one of a document, which has no URL. Its place is that of the block's text.
pub(super) fn citation(raw: &RawValue) -> Option<Citation> {
    let WireCitation { url, title, cited_text } = serde_json::from_str(raw.get()).ok()?;
    Some(Citation { url: url?, title, cited: cited_text, start: 0, end: 0 })
}

pub(super) fn citations(list: Option<&RawValue>) -> Vec<Citation> {
    let list: Vec<&RawValue> =
        list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
    list.into_iter().filter_map(citation).collect()
}
