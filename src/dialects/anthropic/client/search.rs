//! Searches of the web that another vendor's servers ran, and what the text cites of them, as blocks of
//! this API. Its own servers could not read the sealed strings of these: each is an envelope, by which
//! they are known when they come back.

use serde_json::{Value, json};

use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::envelope::PREFIX;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{list_of, text_of};
use crate::domain::search::{Citation, Search};

/// What ids of such searches begin with, in the one alphabet that the API allows.
fn own_id() -> String {
    format!("srvtoolu_{PREFIX}")
}

/// `place`: among the blocks of the answer.
pub(super) fn id_of(search: &Search, place: u64) -> String {
    let plain: String = search.id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    format!("{}{place}{plain}", own_id())
}

pub(super) fn call(id: &str, input: &Value) -> Value {
    json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": input})
}

pub(super) fn input(search: &Search) -> Value {
    json!({"query": search.query()})
}

pub(super) fn result(id: &str, search: &Search, options: &AnswerOptions) -> Value {
    let sealed = options.unsealed();
    let found: Vec<Value> = search
        .found
        .iter()
        .map(|found| {
            json!({
                "type": "web_search_result", "url": found.url,
                "title": found.title.as_deref().unwrap_or(&found.url),
                "encrypted_content": sealed, "page_age": found.age,
            })
        })
        .collect();
    json!({"type": "web_search_tool_result", "tool_use_id": id, "content": found})
}

pub(super) fn citation(citation: &Citation, options: &AnswerOptions) -> Value {
    json!({
        "type": "web_search_result_location", "url": citation.url, "title": citation.title,
        "encrypted_index": options.unsealed(),
        "cited_text": citation.cited.as_deref().unwrap_or_default(),
    })
}

/// A text as blocks: each piece that cites something is one. `start`: where the text begins in the
/// text of the answer, in characters.
pub(super) fn cited(
    text: &str,
    start: usize,
    citations: &[&Citation],
    options: &AnswerOptions,
) -> Vec<Value> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let length = places.len() - 1;
    let of = |citation: &&Citation| {
        let from = citation.start.saturating_sub(start).min(length);
        let to = citation.end.saturating_sub(start).min(length);
        (citation.end > start && citation.start < start + length && from < to).then_some((from, to))
    };
    let mut pieces: Vec<(usize, usize, Vec<Value>)> = Vec::new();
    for (citation, (from, to)) in
        citations.iter().filter_map(|citation| Some((citation, of(citation)?)))
    {
        let value = self::citation(citation, options);
        match pieces.last_mut() {
            Some((_, end, values)) if from < *end => values.push(value),
            _ => pieces.push((from, to, vec![value])),
        }
    }
    let slice = |from: usize, to: usize| {
        let range = places.get(from).copied()..places.get(to).copied();
        let (Some(from), Some(to)) = (range.start, range.end) else { return "" };
        text.get(from..to).unwrap_or_default()
    };
    let (mut blocks, mut done) = (Vec::new(), 0);
    for (from, to, values) in pieces {
        if done < from {
            blocks.push(json!({"type": "text", "text": slice(done, from)}));
        }
        let text = slice(from, to);
        blocks.push(json!({"type": "text", "text": text, "citations": values}));
        done = to;
    }
    if done < length {
        blocks.push(json!({"type": "text", "text": slice(done, length)}));
    }
    blocks
}

/// What this API is sent back of a block that was made here: `None` for any other.
pub(super) fn sent_back(block: &RawObject<'_>) -> Option<String> {
    let kind = text_of(block, "type")?;
    let is_own = |name: &str| text_of(block, name).is_some_and(|id| id.starts_with(&own_id()));
    let text = match &*kind {
        "server_tool_use" if is_own("id") => super::documents::of_server_tool(&kind, block)?,
        "web_search_tool_result" if is_own("tool_use_id") => {
            super::documents::of_server_tool(&kind, block)?
        }
        "text" => {
            let is_own = |citation: &RawObject<'_>| {
                text_of(citation, "encrypted_index").is_some_and(|it| it.starts_with(PREFIX))
            };
            list_of(block, "citations").iter().any(is_own).then_some(())?;
            text_of(block, "text")?.into_owned()
        }
        _ => return None,
    };
    Some(json!({"type": "text", "text": text}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: usize, end: usize, url: &str) -> Citation {
        Citation { url: url.to_owned(), start, end, ..Citation::default() }
    }

    fn shown(text: &str, start: usize, citations: &[Citation]) -> Vec<String> {
        let citations: Vec<&Citation> = citations.iter().collect();
        let blocks = cited(text, start, &citations, &AnswerOptions::default());
        let urls = |block: &Value| {
            let list = block["citations"].as_array().cloned().unwrap_or_default();
            list.iter().map(|it| it["url"].as_str().unwrap().to_owned()).collect::<String>()
        };
        blocks.iter().map(|it| format!("{}|{}", it["text"].as_str().unwrap(), urls(it))).collect()
    }

    #[test]
    fn each_piece_that_cites_something_is_a_block() {
        let citations = [at(2, 4, "a"), at(2, 4, "b"), at(6, 90, "c")];
        assert_eq!(shown("äbcdefgh", 0, &citations), ["äb|", "cd|ab", "ef|", "gh|c"]);
        assert_eq!(shown("äbcdefgh", 4, &citations), ["äb|", "cdefgh|c"]);
        assert_eq!(shown("äb", 100, &citations), ["äb|"]);
        assert_eq!(shown("abcdef", 0, &[at(0, 4, "a"), at(3, 6, "b")]), ["abcd|ab", "ef|"]);
        assert_eq!(shown("ab", 0, &[at(1, 1, "a")]), ["ab|"]);
        assert!(shown("", 0, &citations).is_empty());
    }
}
