//! Parameters of sampling and of the runner. Outside of `options` Ollama ignores them silently.

use serde_json::{Map, Value};

use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::ChatRequest;

/// Options without a counterpart at OpenAI. A client, or a model's defaults, may set them as
/// top-level parameters.
const OWN: &[&str] = &[
    "draft_num_predict",
    "main_gpu",
    "min_p",
    "mirostat",
    "mirostat_eta",
    "mirostat_tau",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_thread",
    "penalize_newline",
    "repeat_last_n",
    "repeat_penalty",
    "tfs_z",
    "typical_p",
    "use_mmap",
];

pub(super) struct Taken<'a> {
    pub options: Map<String, Value>,
    /// How long the model stays in memory afterwards.
    pub keep_alive: Option<&'a Value>,
}

/// # Errors
/// When the client's own `options` are no object.
pub(super) fn encode<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Taken<'a>, Untranslatable> {
    let mut options = Map::new();
    let mut keep_alive = None;
    for (name, value) in &request.rest {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("keep_alive", value) => keep_alive = Some(value),
            ("options", Value::Object(_)) | ("think", Value::Bool(_) | Value::String(_)) => {}
            ("options", _) => {
                let place = Place::Parameter("options");
                return Err(Untranslatable::at(place, " must be an object"));
            }
            (own, value) if OWN.contains(&own) => {
                options.insert(own.to_owned(), value.clone());
            }
            (name, _) => dropped.record(name),
        }
    }
    sampling(request, capabilities, &mut options, dropped);
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    };
    set("num_predict", request.max_tokens.map(Value::from));
    set("presence_penalty", request.presence_penalty.clone().map(Value::Number));
    set("frequency_penalty", request.frequency_penalty.clone().map(Value::Number));
    set("seed", request.seed.map(Value::from));
    set("stop", (!request.stop.is_empty()).then(|| Value::from(request.stop.clone())));
    // The client's own `options` take precedence over everything translated, which includes a
    // model's defaults.
    if let Some(Value::Object(own)) = request.rest.get("options") {
        options.extend(own.clone());
    }
    Ok(Taken { options, keep_alive })
}

fn sampling(
    request: &ChatRequest,
    capabilities: &Capabilities,
    options: &mut Map<String, Value>,
    dropped: &mut Dropped,
) {
    for (name, value) in [
        ("temperature", request.temperature.clone().map(Value::Number)),
        ("top_p", request.top_p.clone().map(Value::Number)),
        ("top_k", request.top_k.map(Value::from)),
    ] {
        match value {
            None => {}
            Some(value) if capabilities.takes_sampling => {
                options.insert(name.to_owned(), value);
            }
            Some(_) => dropped.record(name),
        }
    }
}
