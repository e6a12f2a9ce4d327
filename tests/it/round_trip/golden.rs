//! What a client's request becomes, and what of an answer of a chat model a client gets, as the files in
//! `tests/fixtures/clients` say; `UPDATE_FIXTURES=1` writes them.

use std::path::PathBuf;

use bytes::Bytes;
use llm_router::dialects::ollama::client::wire::Shape;
use llm_router::dialects::request::ClientRequest;
use serde_json::{Value, json};

use super::apis::{APIS, Api, Chat, Messages, Ollama, Responses, answered, answered_to, streamed};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A file that the code writes.
fn golden(name: &str, found: &str) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(path(name), found).unwrap();
    } else {
        let expected = String::from_utf8(file(name)).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

fn shown(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    format!("{body:#}\n")
}

fn chat(request: &ClientRequest) -> String {
    shown(request.chat().unwrap().bytes())
}

fn request(api: Api, name: &str) -> ClientRequest {
    api.read(Bytes::from(file(&format!("{name}.json"))))
}

#[test]
fn a_request_becomes_a_chat() {
    for (api, name) in [
        (Messages, "messages_deferred_tools"),
        (Messages, "messages_foreign_signature"),
        (Ollama, "ollama_chat"),
    ] {
        golden(&format!("{name}.chat.json"), &chat(&request(api, name)));
    }
    let generate = Bytes::from(file("ollama_generate.json"));
    let generate = ClientRequest::ollama(Shape::Generate, generate, None).unwrap();
    golden("ollama_generate.chat.json", &chat(&generate));
}

#[test]
fn an_answer_becomes_the_clients() {
    for client in APIS.into_iter().filter(|client| *client != Chat) {
        let name = format!("{client:?}").to_lowercase();
        let body = answered(Chat, client, Bytes::from(file("answer.json")));
        golden(&format!("{name}_answer.json"), &shown(&body));
        let stream = streamed(Chat, client, &[&file("stream.sse")]);
        let end = if client == Ollama { "ndjson" } else { "sse" };
        golden(&format!("{name}_stream.{end}"), str::from_utf8(&stream).unwrap());
    }
}

/// A conversation is replaced by one item, whose summary the next request begins with.
#[test]
fn a_compaction_comes_back_as_its_summary() {
    let asked = request(Responses, "responses_compaction");
    golden("responses_compaction.chat.json", &chat(&asked));
    let summary = json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "The ferry is fixed; its tests are not."}}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 9, "total_tokens": 909},
    });
    let summary = Bytes::from(summary.to_string());
    let answer = answered_to(Chat, Responses, asked, "up/m", summary);
    golden("responses_compaction_answer.json", &shown(&answer));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let user = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "Go on."}]});
    let next = json!({"model": "gpt-6-sol", "input": [answer["output"][0], user], "store": false});
    golden("responses_compacted.chat.json", &chat(&Responses.read(Bytes::from(next.to_string()))));
}
