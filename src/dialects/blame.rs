//! Attributes a 400 to the client or to the translation, for a request that was sent in another
//! dialect than it came in: a 400 about the shape of tools, schemas or blocks concerns the router's
//! translation, and no client could fix it. Errors that a client may have caused remain the
//! client's: a parameter's value, media, the length of the prompt, an invalid schema.
//!
//! Sources: the vendors' error messages as their documents and SDKs' issues show them.

use serde_json::Value;

use super::Dialect;
use super::errors::UpstreamError;
use crate::dialects::json::body::JsonBody;

/// Phrases of a message, in lower case, that concern the shape of a request.
struct Words {
    blaming: &'static [&'static str],
    /// Phrases beside them that concern what the client wrote itself, in the vendor's terms.
    sparing: &'static [&'static str],
}

const ANTHROPIC: Words = Words {
    blaming: &[
        "input_schema",
        "output_config.format",
        "output_format",
        "tools.",
        "tool_choice",
        "tool_use",
        "tool_result",
        "compiled grammar",
        "schema is too complex",
        "schemas contains too many",
        "additionalproperties",
        "extra inputs are not permitted",
        "field required",
        "input tag",
        "thinking.type",
        "thinking block",
    ],
    sparing: &["image", "document", "cache_control", "tools: too many", "prompt"],
};

const GEMINI: Words = Words {
    blaming: &[
        "function_declarations",
        "functiondeclarations",
        "function_calling_config",
        "response_schema",
        "responseschema",
        "response_json_schema",
        "responsejsonschema",
        "parameters_json_schema",
        "parametersjsonschema",
        "response mime type",
        "response_mime_type",
        "specified schema",
        "function calling",
        "function call",
        "function response",
        "function name",
        "functionresponse",
        "thought_signature",
        "thought signature",
        "unknown name",
    ],
    sparing: &["safety_settings", "safetysettings"],
};

/// A schema is sent unchanged there, so only items can be the router's.
const RESPONSES: Words = Words {
    blaming: &[
        "no tool call found",
        "no tool output found",
        "required following item",
        "required 'reasoning' item",
        "unknown parameter: 'input[",
        "unknown parameter: 'tools[",
        "missing required parameter: 'input[",
        "missing required parameter: 'tools[",
        "encrypted content",
    ],
    sparing: &[],
};

const OLLAMA: Words =
    Words { blaming: &["cannot unmarshal", "grammar", "json schema"], sparing: &["options"] };

/// Whether a valid request was refused because of its translation. `error`: of an answer that means
/// a bad request.
pub fn is_translations(dialect: Dialect, error: &UpstreamError, asked: &JsonBody) -> bool {
    let words = match dialect {
        Dialect::AnthropicMessages => ANTHROPIC,
        Dialect::GeminiGenerate => GEMINI,
        Dialect::OpenAiResponses(_) => RESPONSES,
        Dialect::OllamaChat => OLLAMA,
        // These are sent unchanged, or with the operator's template.
        Dialect::OpenAiChat
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Embeddings(_)
        | Dialect::Forwarded(_) => return false,
    };
    let message = error.message.to_lowercase();
    let holds = |words: &[&str]| words.iter().any(|words| message.contains(words));
    holds(words.blaming) && !holds(words.sparing) && has_valid_schemas(asked)
}

/// Whether a request was refused for what it gives back of earlier thinking: a signature that does not
/// verify any more, a cipher that cannot be opened.
pub fn is_of_thinking(dialect: Dialect, status: u16, error: &UpstreamError) -> bool {
    let words: &[&str] = match dialect {
        Dialect::AnthropicMessages => &["signature", "thinking block", "redacted_thinking"],
        Dialect::GeminiGenerate => &["thought_signature", "thought signature", "thoughtsignature"],
        Dialect::OpenAiResponses(_) => {
            &["encrypted content", "encrypted_content", "required following item"]
        }
        _ => return false,
    };
    let message = error.message.to_lowercase();
    status == 400 && words.iter().any(|words| message.contains(words))
}

fn has_valid_schemas(asked: &JsonBody) -> bool {
    let read = |name: &str| {
        let value = asked.value_of(name)?;
        serde_json::from_slice::<Value>(value).ok()
    };
    let tools = read("tools").unwrap_or_default();
    let offered = tools.as_array().into_iter().flatten();
    let of_tools = offered.filter_map(|tool| tool.pointer("/function/parameters"));
    let format = read("response_format").unwrap_or_default();
    of_tools.chain(format.pointer("/json_schema/schema")).all(is_valid)
}

/// Whether it is a valid schema: no provider could accept an unknown type.
fn is_valid(schema: &Value) -> bool {
    const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];
    let members = match schema {
        Value::Bool(_) | Value::Null => return true,
        Value::Object(members) => members,
        _ => return false,
    };
    let is_type = |name: &Value| name.as_str().is_some_and(|name| TYPES.contains(&name));
    members.iter().all(|(key, value)| match (key.as_str(), value) {
        ("type", Value::Array(names)) => names.iter().all(is_type),
        ("type", name) => is_type(name),
        ("properties" | "$defs" | "definitions", named) => {
            named.as_object().is_some_and(|named| named.values().all(is_valid))
        }
        ("items", Value::Array(all)) => all.iter().all(is_valid),
        ("items" | "additionalProperties" | "not", schema) => is_valid(schema),
        ("anyOf" | "oneOf" | "allOf" | "prefixItems", all) => {
            all.as_array().is_some_and(|all| all.iter().all(is_valid))
        }
        ("required", names) => {
            names.as_array().is_some_and(|names| names.iter().all(Value::is_string))
        }
        ("enum", values) => values.is_array(),
        ("$ref", reference) => reference.is_string(),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::dialects::openai::body;
    use crate::domain::chat::Maker;

    fn blamed(dialect: Dialect, message: &str, members: &Value) -> bool {
        let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let asked = body::parse(Bytes::from(body.to_string())).unwrap();
        let error = UpstreamError { message: message.into(), code: None };
        is_translations(dialect, &error, &asked)
    }

    const MAKER: Dialect = Dialect::OpenAiResponses(Maker::OpenAi);

    #[test]
    fn what_speaks_of_the_shape_is_the_translations() {
        for (dialect, message) in [
            (Dialect::AnthropicMessages, "tools.0.custom.input_schema: JSON schema is invalid."),
            (
                Dialect::AnthropicMessages,
                "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
            ),
            (
                Dialect::AnthropicMessages,
                "output_config.format.schema: For 'object' type, 'additionalProperties' must be false",
            ),
            (Dialect::AnthropicMessages, "seed: Extra inputs are not permitted"),
            (
                Dialect::AnthropicMessages,
                "messages.2: `tool_use` ids were found without `tool_result` blocks",
            ),
            (
                Dialect::GeminiGenerate,
                "Invalid JSON payload received. Unknown name \"const\" at 'tools[0]'",
            ),
            (
                Dialect::GeminiGenerate,
                "GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name.",
            ),
            (
                Dialect::GeminiGenerate,
                "Function calling with a response mime type: 'application/json' is unsupported",
            ),
            (
                Dialect::GeminiGenerate,
                "The specified schema produces a constraint that has too many states",
            ),
            (MAKER, "No tool output found for function call call_1."),
            (
                Dialect::OllamaChat,
                "json: cannot unmarshal object into Go struct field ChatRequest.tools",
            ),
        ] {
            assert!(blamed(dialect, message, &json!({})), "{message}");
            assert!(!blamed(Dialect::OpenAiChat, message, &json!({})), "{message}");
            assert!(!blamed(Dialect::RemoteHttp, message, &json!({})), "{message}");
        }
    }

    #[test]
    fn what_a_client_may_have_caused_stays_its_own() {
        for (dialect, message) in [
            (
                Dialect::AnthropicMessages,
                "max_tokens: 100000 > 64000, which is the maximum allowed",
            ),
            (Dialect::AnthropicMessages, "temperature: range: 0..1"),
            (
                Dialect::AnthropicMessages,
                "messages.0.content.0.image.source.base64.data: Field required",
            ),
            (
                Dialect::AnthropicMessages,
                "messages.1.content.0.tool_result.content.0.image.source: Could not process image",
            ),
            (
                Dialect::GeminiGenerate,
                "Invalid value at 'safety_settings[0].category': unknown name",
            ),
            (Dialect::GeminiGenerate, "Unable to process input image"),
            (
                Dialect::GeminiGenerate,
                "* GenerateContentRequest.generation_config.top_p: top_p must be in [0, 1]",
            ),
            (MAKER, "Invalid schema for function 'f': schema must have type 'object'"),
            (MAKER, "Unsupported parameter: 'temperature' is not supported with this model."),
            (Dialect::OllamaChat, "invalid options: temperature"),
        ] {
            assert!(!blamed(dialect, message, &json!({})), "{message}");
        }
        let tools = |parameters: Value| json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]});
        let says = "tools.0.custom.input_schema: JSON schema is invalid.";
        for unsound in [
            json!({"type": "strng"}),
            json!({"properties": {"a": {"type": ["string", "text"]}}}),
            json!({"anyOf": {}}),
            json!({"items": {"required": "a"}}),
            json!({"$defs": {"a": {"enum": 1}}}),
        ] {
            assert!(
                !blamed(Dialect::AnthropicMessages, says, &tools(unsound.clone())),
                "{unsound}"
            );
        }
        let sound = json!({"type": "object", "properties": {"type": {"type": ["string", "null"]},
            "any": true}, "required": ["type"], "items": [{}, false]});
        assert!(blamed(Dialect::AnthropicMessages, says, &tools(sound)));
    }
}
