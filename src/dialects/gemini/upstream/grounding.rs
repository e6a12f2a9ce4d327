//! What Google's search found for an answer, and which pieces of the text rest on it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::search::{Citation, Found, Search};

/// The most places of a text that are looked up.
const MOST: usize = 512;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Grounding {
    web_search_queries: Option<Vec<String>>,
    grounding_chunks: Option<Vec<Chunk>>,
    grounding_supports: Option<Vec<Support>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk {
    web: Option<Page>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    uri: Option<String>,
    title: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Support {
    segment: Option<Segment>,
    grounding_chunk_indices: Option<Vec<usize>>,
}

/// In bytes of a part; a count of 0 is left out.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Segment {
    part_index: usize,
    start_index: usize,
    end_index: usize,
    text: Option<String>,
}

/// The search and the citations. `said`: the text of the answer; `parts`: where each part begins in
/// it, as far as that is known.
pub(super) fn read(
    grounding: &RawValue,
    said: &str,
    parts: &[usize],
) -> Option<(Search, Vec<Citation>)> {
    let grounding: Grounding = serde_json::from_str(grounding.get()).ok()?;
    let queries = grounding.web_search_queries.unwrap_or_default();
    let pages: Vec<Option<Page>> =
        grounding.grounding_chunks.unwrap_or_default().into_iter().map(|chunk| chunk.web).collect();
    let mut search = Search { id: String::new(), queries, found: Vec::new() };
    for page in pages.iter().flatten() {
        if let Some(url) = page.uri.clone() {
            search.add(Found { url, title: page.title.clone(), age: None });
        }
    }
    if search.queries.is_empty() && search.found.is_empty() {
        return None;
    }
    let mut citations = Vec::new();
    for support in grounding.grounding_supports.into_iter().flatten().take(MOST) {
        let segment = support.segment.unwrap_or_default();
        let Some((start, end)) = place(&segment, said, parts) else { continue };
        for page in support.grounding_chunk_indices.into_iter().flatten().take(MOST) {
            if let Some(Some(Page { uri: Some(url), title })) = pages.get(page) {
                let (url, title) = (url.clone(), title.clone());
                citations.push(Citation { url, title, cited: None, start, end });
            }
        }
    }
    Some((search, citations))
}

/// In characters. Where the bytes are not those of the segment's text, this is looked for.
fn place(segment: &Segment, said: &str, parts: &[usize]) -> Option<(usize, usize)> {
    let base = parts.get(segment.part_index).copied().unwrap_or(0);
    let (from, to) = (base.checked_add(segment.start_index)?, base.checked_add(segment.end_index)?);
    let text = segment.text.as_deref().filter(|text| !text.is_empty());
    let found = said.get(from..to).filter(|found| text.is_none_or(|text| text == *found));
    let (from, found) = match (found, text) {
        (Some(found), _) => (from, found),
        (None, Some(text)) => (said.find(text)?, text),
        (None, None) => return None,
    };
    let start = said.get(..from)?.chars().count();
    Some((start, start + found.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn placed(segment: serde_json::Value, parts: &[usize]) -> Option<(usize, usize)> {
        place(&serde_json::from_value(segment).unwrap(), "Öl. Es regnet.", parts)
    }

    #[test]
    fn places_are_counted_in_characters() {
        for (segment, parts, expected) in [
            (json!({"endIndex": 4, "text": "Öl."}), &[][..], Some((0, 3))),
            (json!({"startIndex": 5, "endIndex": 15}), &[], Some((4, 14))),
            (json!({"partIndex": 1, "endIndex": 10}), &[0, 5], Some((4, 14))),
            (json!({"startIndex": 4, "endIndex": 14, "text": "Es regnet."}), &[], Some((4, 14))),
            (json!({"startIndex": 1, "endIndex": 3}), &[], None),
            (json!({"startIndex": 9, "endIndex": 3}), &[], None),
            (json!({"endIndex": 3, "text": "no"}), &[], None),
        ] {
            assert_eq!(placed(segment.clone(), parts), expected, "{segment}");
        }
    }
}
