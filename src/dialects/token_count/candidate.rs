//! A candidate of an answer of Gemini's API.

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct Candidate<'a> {
    #[serde(default)]
    pub index: u64,
    #[serde(borrow)]
    pub content: Option<Content<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Content<'a> {
    #[serde(borrow, default)]
    pub parts: Vec<Part<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    pub text: Option<&'a RawValue>,
    #[serde(default)]
    pub thought: bool,
    #[serde(borrow)]
    pub function_call: Option<&'a RawValue>,
}
