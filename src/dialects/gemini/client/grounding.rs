//! Searches of the web that another vendor's servers ran, and what the text cites of them, as the
//! `groundingMetadata` of a candidate.

use serde_json::{Map, Value, json};

use crate::domain::search::{Citation, Search};

/// Collects what is found out during an answer.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    queries: Vec<String>,
    /// URL and title of each page, once.
    pages: Vec<(String, String)>,
    /// Places of the text in characters, each with its pages.
    supports: Vec<(usize, usize, Vec<usize>)>,
}

impl Grounding {
    pub(super) fn search(&mut self, search: &Search) {
        self.queries.extend(search.queries.iter().cloned());
        for found in &search.found {
            self.page(&found.url, found.title.as_deref());
        }
    }

    pub(super) fn cite(&mut self, citation: &Citation) {
        let page = self.page(&citation.url, citation.title.as_deref());
        match self.supports.last_mut() {
            Some((start, end, pages)) if (*start, *end) == (citation.start, citation.end) => {
                pages.push(page);
            }
            _ => self.supports.push((citation.start, citation.end, vec![page])),
        }
    }

    fn page(&mut self, url: &str, title: Option<&str>) -> usize {
        let known = self.pages.iter().position(|(known, _)| known == url);
        known.unwrap_or_else(|| {
            self.pages.push((url.to_owned(), title.unwrap_or(url).to_owned()));
            self.pages.len() - 1
        })
    }

    /// `said`: the text of the candidate. The format counts bytes of it.
    pub(super) fn written(&self, said: &str) -> Option<Value> {
        if self.queries.is_empty() && self.pages.is_empty() {
            return None;
        }
        let mut grounding = Map::new();
        if !self.queries.is_empty() {
            grounding.insert(String::from("webSearchQueries"), json!(self.queries));
        }
        let chunk = |(url, title): &(String, String)| json!({"web": {"uri": url, "title": title}});
        let chunks: Vec<Value> = self.pages.iter().map(chunk).collect();
        grounding.insert(String::from("groundingChunks"), Value::Array(chunks));
        let byte = |count: usize| said.char_indices().nth(count).map_or(said.len(), |(at, _)| at);
        let supports: Vec<Value> = self
            .supports
            .iter()
            .map(|(start, end, pages)| {
                let (start, end) = (byte(*start), byte(*end));
                let text = said.get(start..end).unwrap_or_default();
                let segment = json!({"startIndex": start, "endIndex": end, "text": text});
                json!({"segment": segment, "groundingChunkIndices": pages})
            })
            .collect();
        if !supports.is_empty() {
            grounding.insert(String::from("groundingSupports"), Value::Array(supports));
        }
        Some(Value::Object(grounding))
    }
}

/// Puts it into a candidate.
pub(super) fn add(candidate: &mut Value, grounding: Option<Value>) {
    if let (Some(grounding), Some(members)) = (grounding, candidate.as_object_mut()) {
        members.insert(String::from("groundingMetadata"), grounding);
    }
}
