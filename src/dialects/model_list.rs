//! A provider's list of its models. The vendors' shapes differ little, and self-hosted servers mix
//! them, so that one reader takes them all; only the way to the next page is a dialect's own.
//!
//! OpenAI and its family: `{"data": [{"id"}]}`, some a bare list. Claude: the same, with `has_more`
//! and `last_id`. Gemini: `{"models": [{"name": "models/x"}], "nextPageToken"}`. Ollama:
//! `{"models": [{"name"}]}`.

use serde_json::{Map, Value};

use super::Dialect;

/// The most entries that a page is asked for, where that can be asked.
const PAGE: usize = 1000;

/// A longer name is none.
const MAX_NAME_BYTES: usize = 200;

/// What a list says of one model. Most say no more than its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportedModel {
    /// As calls name it.
    pub name: String,
    pub display_name: Option<String>,
    pub context_window: Option<u64>,
    pub max_output_tokens: Option<u64>,
    /// What it reads beside text, such as `image`; `None` where that is not told.
    pub inputs: Option<Vec<String>>,
    pub takes_tools: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub models: Vec<ReportedModel>,
    /// Entries whose name cannot be one.
    pub unusable: usize,
    /// To be appended to the list's URL.
    pub next: Option<String>,
}

/// To be appended to the list's URL for the first page.
pub fn first_query(dialect: Dialect) -> Option<String> {
    match dialect {
        Dialect::AnthropicMessages => Some(format!("?limit={PAGE}")),
        Dialect::GeminiGenerate => Some(format!("?pageSize={PAGE}")),
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses(_)
        | Dialect::OllamaChat
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Embeddings(_)
        | Dialect::Forwarded(_) => None,
    }
}

/// # Errors
/// What the body is instead of a list; nothing of it is repeated.
pub fn read(dialect: Dialect, body: &[u8]) -> Result<Page, String> {
    let answer: Value = serde_json::from_slice(body)
        .map_err(|error| format!("line {}, column {}: no JSON", error.line(), error.column()))?;
    let items = match &answer {
        Value::Array(items) => items,
        Value::Object(members) => {
            let list = ["data", "models"].into_iter().find_map(|name| members.get(name));
            match list {
                Some(Value::Array(items)) => items,
                // OpenAI's own servers and Ollama answer so where there is nothing.
                Some(Value::Null) => return Ok(Page::default()),
                _ => return Err(String::from("neither `data` nor `models` is a list")),
            }
        }
        _ => return Err(String::from("it is neither a list nor an object")),
    };
    let mut page = Page { next: next_query(dialect, &answer), ..Page::default() };
    for item in items {
        match model(dialect, item) {
            Item::Model(model) => page.models.push(model),
            Item::OfAnotherKind => {}
            Item::Unusable => page.unusable += 1,
        }
    }
    Ok(page)
}

enum Item {
    Model(ReportedModel),
    /// A model that generates no text.
    OfAnotherKind,
    Unusable,
}

fn model(dialect: Dialect, item: &Value) -> Item {
    let empty = Map::new();
    let members = item.as_object().unwrap_or(&empty);
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let name = item.as_str().or_else(|| text("id")).or_else(|| text("name"));
    let name = name.or_else(|| text("model")).unwrap_or_default();
    let name = match dialect {
        Dialect::GeminiGenerate => name.strip_prefix("models/").unwrap_or(name),
        _ => name,
    };
    if !is_usable(name) {
        return Item::Unusable;
    }
    if let Some(methods) = texts(members.get("supportedGenerationMethods"))
        && !methods.iter().any(|method| method == "generateContent")
    {
        return Item::OfAnotherKind;
    }
    let number = |names: &[&str]| {
        let numbers = names.iter().filter_map(|name| members.get(*name)?.as_u64());
        numbers.into_iter().find(|number| *number > 0)
    };
    let capability = |name: &str| members.get("capabilities")?.get(name)?.as_bool();
    let modalities = members.get("architecture").and_then(|it| it.get("input_modalities"));
    let inputs = texts(modalities).or_else(|| {
        let sees = capability("vision")?;
        Some(if sees { vec![String::from("image")] } else { Vec::new() })
    });
    let parameters = texts(members.get("supported_parameters"));
    let takes_tools = parameters.map(|names| names.iter().any(|name| name == "tools"));
    let shown = text("display_name").or_else(|| text("displayName")).or_else(|| {
        // OpenRouter's `name` beside its `id`.
        text("id").and(text("name"))
    });
    let context = [
        "context_length",
        "context_window",
        "max_context_length",
        "max_model_len",
        "max_input_tokens",
        "inputTokenLimit",
    ];
    Item::Model(ReportedModel {
        name: name.to_owned(),
        display_name: shown.filter(|shown| *shown != name && is_usable(shown)).map(str::to_owned),
        context_window: number(&context),
        max_output_tokens: number(&["max_completion_tokens", "max_tokens", "outputTokenLimit"]),
        inputs,
        takes_tools: takes_tools.or_else(|| capability("function_calling")),
    })
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let items = value?.as_array()?;
    Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

/// Whether a person can read it and a model can be called so. Invisible characters, and those that
/// turn the direction of a line, are part of no name.
fn is_usable(name: &str) -> bool {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    !name.trim().is_empty()
        && name.trim() == name
        && name.len() <= MAX_NAME_BYTES
        && !name.chars().any(is_hidden)
}

fn next_query(dialect: Dialect, answer: &Value) -> Option<String> {
    let text = |name: &str| answer.get(name)?.as_str().filter(|text| !text.is_empty());
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    match dialect {
        Dialect::AnthropicMessages => {
            let has_more = answer.get("has_more").and_then(Value::as_bool).unwrap_or(false);
            let last = text("last_id").filter(|_| has_more)?;
            Some(format!("?limit={PAGE}&after_id={}", encoded(last)))
        }
        Dialect::GeminiGenerate => {
            Some(format!("?pageSize={PAGE}&pageToken={}", encoded(text("nextPageToken")?)))
        }
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses(_)
        | Dialect::OllamaChat
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Embeddings(_)
        | Dialect::Forwarded(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(dialect: Dialect, body: &str) -> Page {
        read(dialect, body.as_bytes()).unwrap()
    }

    fn names(dialect: Dialect, body: &str) -> Vec<String> {
        page(dialect, body).models.into_iter().map(|model| model.name).collect()
    }

    #[test]
    fn every_dialects_list_is_read() {
        use Dialect::{AnthropicMessages, GeminiGenerate, OllamaChat, OpenAiChat};
        let openai = r#"{"object":"list","data":[{"id":"a","object":"model"},{"id":"v/b"}]}"#;
        assert_eq!(names(OpenAiChat, openai), ["a", "v/b"]);
        assert_eq!(names(OpenAiChat, r#"[{"id":"a"},"b"]"#), ["a", "b"]);
        assert_eq!(names(OpenAiChat, r#"{"object":"list","data":null}"#), [] as [&str; 0]);
        let claude = r#"{"data":[{"type":"model","id":"c","display_name":"C",
            "max_input_tokens":200000,"max_tokens":64000}],"has_more":true,"last_id":"c d"}"#;
        let read = page(AnthropicMessages, claude);
        assert_eq!(read.next.as_deref(), Some("?limit=1000&after_id=c+d"));
        let model = &read.models[0];
        assert_eq!(
            (model.display_name.as_deref(), model.context_window),
            (Some("C"), Some(200_000))
        );
        assert_eq!(model.max_output_tokens, Some(64_000));
        let gemini = r#"{"models":[
            {"name":"models/g","inputTokenLimit":1000,"supportedGenerationMethods":["generateContent"]},
            {"name":"models/e","supportedGenerationMethods":["embedContent"]}],"nextPageToken":"t&"}"#;
        let read = page(GeminiGenerate, gemini);
        assert_eq!((read.models.len(), read.models[0].name.as_str()), (1, "g"));
        assert_eq!(read.next.as_deref(), Some("?pageSize=1000&pageToken=t%26"));
        assert_eq!(read.unusable, 0);
        let ollama = r#"{"models":[{"name":"llama:8b","model":"llama:8b","size":1}]}"#;
        assert_eq!(names(OllamaChat, ollama), ["llama:8b"]);
    }

    #[test]
    fn what_some_lists_tell_beside_names_is_taken() {
        let openrouter = r#"{"data":[{"id":"v/m","name":"V: M","context_length":8,
            "architecture":{"input_modalities":["text","image"]},"supported_parameters":["tools"]}]}"#;
        let model = page(Dialect::OpenAiChat, openrouter).models.remove(0);
        assert_eq!((model.display_name.as_deref(), model.context_window), (Some("V: M"), Some(8)));
        assert_eq!(model.inputs.as_deref(), Some(&["text".to_owned(), "image".to_owned()][..]));
        assert_eq!(model.takes_tools, Some(true));
        let mistral = r#"{"data":[{"id":"m","max_context_length":9,
            "capabilities":{"vision":false,"function_calling":false}}]}"#;
        let model = page(Dialect::OpenAiChat, mistral).models.remove(0);
        assert_eq!((model.inputs, model.takes_tools), (Some(vec![]), Some(false)));
    }

    #[test]
    fn names_that_nobody_can_read_are_counted_and_left_out() {
        let long = "x".repeat(201);
        let items = ["a\u{0}b", "a\nb", "", " a", "\u{202e}txt", "a\u{200b}", &long, "good name"];
        let body = serde_json::json!({"data": items, "has_more": "yes"}).to_string();
        let read = page(Dialect::AnthropicMessages, &body);
        assert_eq!((read.models.len(), read.unusable, read.next), (1, 7, None));
        let mixed = r#"{"data":[5,null,{},{"id":7},[],{"id":"a"}]}"#;
        let read = page(Dialect::OpenAiChat, mixed);
        assert_eq!((read.models.len(), read.unusable), (1, 5));
    }

    #[test]
    fn what_is_no_list_is_refused_without_being_repeated() {
        for body in ["<html>secret", "5", "null", "{}", r#"{"data":{"secret":1}}"#, ""] {
            let error = read(Dialect::OpenAiChat, body.as_bytes()).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
