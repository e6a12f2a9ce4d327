//! Calls of models, and what can be called.

use super::About;
use super::bodies::{
    ChatAnswer, ChatRequest, ExplainRequest, InvokeRequest, RouteRequest, StreamLine,
};
use crate::dialects::invoke::client::answer::InvokeAnswer;
use crate::http::calls::batch::Answers;
use crate::http::calls::explain::{Chance, Shown};
use crate::http::calls::openai_models::{ModelItem, ModelList};

/// What may become of any call.
const FAILURES: [u16; 9] = [402, 403, 404, 429, 500, 502, 503, 504, 508];

const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/jsonl";

/// Headers that every call may have.
fn call(about: About) -> About {
    about
        .header("x-llm-router-tags", "Tags that the model must have, such as `coding,fast|cheap`.")
        .header("x-session-id", "What the conversation is known by: its calls stay together.")
        .fails(&FAILURES)
}

fn chat_call(about: About) -> About {
    call(about.takes::<ChatRequest>())
        .answers::<ChatAnswer>(200, "The answer of the model, or its chunks where `stream` is set.")
        .answers_stream::<ChatAnswer>(EVENTS)
}

fn invoke_call(about: About) -> About {
    call(about)
        .answers_one_of::<InvokeAnswer<'_>, Answers>(
            200,
            "The answer, or the answers of a batch, or its lines where `stream` is set.",
        )
        .answers_stream::<StreamLine>(LINES)
        .answers_stream::<StreamLine>(EVENTS)
}

pub fn chat() -> About {
    chat_call(About::new("chat", "A chat completion, as OpenAI's API has it"))
}

pub fn chat_with() -> About {
    chat_call(About::new("chatWithModel", "A chat completion of the model in the path"))
}

pub fn invoke() -> About {
    invoke_call(About::new("invoke", "Calls the model in the path")).takes::<InvokeRequest>()
}

pub fn route() -> About {
    invoke_call(About::new("routeInvoke", "Calls the model that fits the query best"))
        .takes::<RouteRequest>()
}

pub fn explain() -> About {
    About::new("explainRoute", "Who would be called, in which order, and why the others not")
        .text("Calls nobody. `error` is what the client would be told if nobody can be called.")
        .query::<Chance>()
        .takes::<ExplainRequest>()
        .answers::<Shown>(200, "The order.")
        .fails(&FAILURES)
}

pub fn models() -> About {
    About::new("listCallable", "The ids that a client may send back as `model`")
        .answers::<ModelList>(200, "In OpenAI's form.")
}

pub fn model() -> About {
    About::new("getCallable", "One of the ids of `/v1/models`")
        .answers::<ModelItem>(200, "In OpenAI's form.")
}
