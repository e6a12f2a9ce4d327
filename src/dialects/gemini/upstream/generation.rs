//! `generationConfig`: sampling, length, format.
//!
//! Source: Gemini API reference, `GenerationConfig`.

use serde::Serialize;
use serde_json::{Number, Value};

use super::reasoning::{self, ThinkingConfig};
use super::schema;
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, ResponseFormat};

/// More stop sequences are a 400.
const MAX_STOPS: usize = 5;

#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a Value>,
    /// In the OpenAPI subset.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_schema: Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    response_logprobs: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

impl GenerationConfig<'_> {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// # Errors
/// When there are too many stop sequences, or the answer's schema cannot be carried.
pub(super) fn encode<'a>(
    request: &'a ChatRequest,
    has_tools: bool,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<GenerationConfig<'a>, Untranslatable> {
    let mut config = GenerationConfig {
        candidate_count: request.n,
        max_output_tokens: request.max_tokens,
        stop_sequences: stops(&request.stop)?,
        response_logprobs: request.logprobs == Some(true),
        thinking_config: reasoning::encode(
            request.reasoning,
            request.thinking_budget,
            capabilities,
            dropped,
        ),
        ..GenerationConfig::default()
    };
    config.sample(request, capabilities, dropped);
    let format = request.response_format.as_ref();
    let wants_json = format.is_some_and(|format| *format != ResponseFormat::Text);
    if wants_json && has_tools && !capabilities.takes_json_with_tools {
        dropped.record("response_format");
    } else {
        config.format(format, capabilities, dropped)?;
    }
    Ok(config)
}

fn stops(stop: &[String]) -> Result<&[String], Untranslatable> {
    if stop.len() <= MAX_STOPS {
        return Ok(stop);
    }
    let complaint = format!(" holds {} sequences; Gemini takes {MAX_STOPS}", stop.len());
    Err(Untranslatable::at(Place::Parameter("stop"), complaint))
}

impl<'a> GenerationConfig<'a> {
    fn sample(
        &mut self,
        request: &'a ChatRequest,
        capabilities: &Capabilities,
        dropped: &mut Dropped,
    ) {
        if capabilities.takes_sampling {
            self.temperature = request.temperature.as_ref();
            self.top_p = request.top_p.as_ref();
            self.top_k = request.top_k;
            self.presence_penalty = request.presence_penalty.as_ref();
            self.frequency_penalty = request.frequency_penalty.as_ref();
        } else {
            dropped.record_if(request.presence_penalty.is_some(), "presence_penalty");
            dropped.record_if(request.frequency_penalty.is_some(), "frequency_penalty");
            dropped.record_if(request.temperature.is_some(), "temperature");
            dropped.record_if(request.top_p.is_some(), "top_p");
            dropped.record_if(request.top_k.is_some(), "top_k");
        }
        // Gemini's seeds have 32 bits.
        self.seed = request.seed.and_then(|seed| i32::try_from(seed).ok());
        dropped.record_if(request.seed.is_some() && self.seed.is_none(), "seed");
        if self.response_logprobs {
            self.logprobs = request.top_logprobs.filter(|count| *count > 0);
        } else {
            dropped.record_if(request.top_logprobs.is_some(), "top_logprobs");
        }
    }

    /// A schema's `strict` needs no counterpart: Gemini always enforces the schema.
    fn format(
        &mut self,
        format: Option<&'a ResponseFormat>,
        capabilities: &Capabilities,
        dropped: &mut Dropped,
    ) -> Result<(), Untranslatable> {
        let (schema, description) = match format {
            None | Some(ResponseFormat::Text) => return Ok(()),
            Some(ResponseFormat::JsonObject) => (None, None),
            Some(ResponseFormat::JsonSchema { schema, description, .. }) => {
                (Some(schema), description.as_ref())
            }
        };
        self.response_mime_type = Some("application/json");
        dropped.record_if(description.is_some(), "response_format.json_schema.description");
        let Some(schema) = schema else { return Ok(()) };
        if !capabilities.takes_json_schema {
            dropped.record("response_format.json_schema");
        } else if capabilities.takes_full_schemas {
            self.response_json_schema = Some(schema);
        } else {
            let schema = schema::to_openapi(schema, "the answer's format", Place::AnswerSchema)?;
            self.response_schema = Some(schema);
        }
        Ok(())
    }
}
