//! The request in Gemini's format. It borrows from the chat: images are not copied, and tool
//! arguments keep the digits that the model wrote.
//!
//! Source: Gemini API reference, `GenerateContentRequest`, `Content`, `Part`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::generation::GenerationConfig;
use super::tools::{ToolConfig, ToolGroup};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    pub(super) contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_instruction: Option<SystemInstruction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<[ToolGroup<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) safety_settings: Option<&'a Value>,
    #[serde(skip_serializing_if = "GenerationConfig::is_empty")]
    pub(super) generation_config: GenerationConfig<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct SystemInstruction<'a> {
    pub(super) parts: Vec<Part<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Content<'a> {
    pub(super) role: Role,
    pub(super) parts: Vec<Part<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    User,
    Model,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(flatten)]
    pub(super) data: Payload<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thought_signature: Option<&'a str>,
}

impl Part<'_> {
    /// Whether it has neither content nor signature.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.data, Payload::Text("")) && self.thought_signature.is_none()
    }
}

impl<'a> From<Payload<'a>> for Part<'a> {
    fn from(data: Payload<'a>) -> Self {
        Self { data, thought_signature: None }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Payload<'a> {
    Text(&'a str),
    InlineData(Blob<'a>),
    FileData(FileData<'a>),
    FunctionCall(FunctionCall<'a>),
    FunctionResponse(FunctionResponse<'a>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob<'a> {
    pub(super) mime_type: &'a str,
    pub(super) data: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mime_type: Option<&'static str>,
    pub(super) file_uri: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionCall<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) args: &'a RawValue,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionResponse<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) response: Response<'a>,
    /// Media of the result; Gemini 3 and later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Payload<'a>>,
}

/// Always an object: the tool's result under `result`, or under `error`, unless it is an object
/// itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Response<'a> {
    Result(Cow<'a, str>),
    Error(ToolOutput<'a>),
    #[serde(untagged)]
    Object(Box<RawValue>),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ToolOutput<'a> {
    Text(Cow<'a, str>),
    Object(Box<RawValue>),
}
