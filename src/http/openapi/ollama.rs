//! Ollama's API.

use super::RouteDoc;
use super::bodies::{OllamaAnswer, OllamaChatRequest, OllamaGenerateRequest, OllamaGenerated};
use super::calls::call;
use crate::http::calls::ollama_models::{Running, ShowRequest, Shown, Tags, Version};

const LINES: &str = "application/x-ndjson";

pub fn chat() -> RouteDoc {
    call(RouteDoc::new("ollamaChat", "A chat, as Ollama's API has it").takes::<OllamaChatRequest>())
        .text(
            "It reaches any model. An upstream that speaks the same API is sent the client's bytes. \
             The body may have any content type.",
        )
        .answers::<OllamaAnswer>(200, "The answer of the model, in lines unless `stream` is false.")
        .answers_stream::<OllamaAnswer>(LINES)
}

pub fn generate() -> RouteDoc {
    call(
        RouteDoc::new("ollamaGenerate", "The answer to a prompt, as Ollama's API has it")
            .takes::<OllamaGenerateRequest>(),
    )
    .text(
        "`suffix` reaches models of providers of type `ollama` alone. The body may have any content type.",
    )
    .answers::<OllamaGenerated>(200, "The answer of the model, in lines unless `stream` is false.")
    .answers_stream::<OllamaGenerated>(LINES)
}

pub fn version() -> RouteDoc {
    RouteDoc::new("ollamaVersion", "The version of Ollama's API that is served")
        .public()
        .answers::<Version>(200, "The version.")
}

pub fn tags() -> RouteDoc {
    RouteDoc::new("ollamaTags", "The names that a client may send as `model`, as Ollama lists them")
        .answers::<Tags>(200, "Of the models that the caller may call.")
}

pub fn show() -> RouteDoc {
    RouteDoc::new("ollamaShow", "What a model can do, as Ollama tells it")
        .text("The body may have any content type.")
        .takes::<ShowRequest>()
        .answers::<Shown>(200, "What the catalogue knows of it.")
        .fails(&[404])
}

pub fn ps() -> RouteDoc {
    RouteDoc::new("ollamaRunning", "The models in memory: none")
        .answers::<Running>(200, "No models.")
}
