//! Content that another dialect cannot carry: a 400 that names the path in the client's own body,
//! before anything is sent.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

const CLAUDE: &str = "claude";
const GEMINI: &str = "gemini";
const OLLAMA: &str = "ollama";
/// Through the Responses API.
const OPENAI: &str = "openai";

const ALL: &[&str] = &[CLAUDE, GEMINI, OLLAMA, OPENAI];

/// A model of that kind that takes images and tools, so that its dialect has to look.
async fn app(kind: &str, upstream: &Upstream, config: &str) -> TestApp {
    let remote = match kind {
        CLAUDE => "claude-haiku-4-5",
        GEMINI => "gemini-2.5-flash",
        OLLAMA => "qwen3-vl:8b",
        _ => "gpt-5.6-sol",
    };
    let api = if kind == OPENAI { "[providers.settings]\napi = \"responses\"" } else { "" };
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n{api}",
        upstream.base_url()
    );
    let model = format!("remote_identifier = \"{remote}\"\n{config}");
    TestApp::start(&Config::new().tables(&provider).model("up", "m", &model)).await
}

/// Refused by those kinds with that place.
async fn is_refused(kinds: &[&str], members: Value, place: &str) {
    is_refused_where(kinds, "", members, place).await;
}

async fn is_refused_where(kinds: &[&str], config: &str, members: Value, place: &str) {
    for kind in kinds {
        let upstream = Upstream::start(Script::chat("never")).await;
        let app = app(kind, &upstream, config).await;
        let mut body = json!({"model": "up/m", "messages": [{"role": "user", "content": "hi"}]});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = app.chat(&body).await;
        let error = &answer.json()["error"];
        assert_eq!(answer.status, 400, "{kind} {place}: {}", answer.text());
        assert_eq!(error["param"], place, "{kind}: {}", answer.text());
        assert_eq!(error["type"], "invalid_request_error", "{kind} {place}");
        assert_eq!(upstream.request_count(), 0, "{kind} {place}");
    }
}

fn messages(messages: Value) -> Value {
    json!({"messages": messages})
}

fn part(part: Value) -> Value {
    messages(json!([{"role": "user", "content": [{"type": "text", "text": "hi"}, part]}]))
}

fn image(url: &str) -> Value {
    part(json!({"type": "image_url", "image_url": {"url": url}}))
}

fn user() -> Value {
    json!({"role": "user", "content": "hi"})
}

fn calls(call: Value) -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [call]})
}

fn call() -> Value {
    json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}})
}

#[tokio::test]
async fn calls_without_an_id() {
    let mut nameless = call();
    nameless.as_object_mut().unwrap().shift_remove("id");
    is_refused(ALL, messages(json!([user(), calls(nameless)])), "messages[1].tool_calls[0].id")
        .await;
}

#[tokio::test]
async fn images_that_are_none() {
    let place = "messages[0].content[1].image_url";
    for url in [
        "data:text/html;base64,PGh0bWw+",
        "data:image/png;base64,***",
        "data:image/png;base64,QUI",
        "file:///etc/passwd",
        "cat.png",
    ] {
        is_refused(ALL, image(url), place).await;
    }
    is_refused(&[OLLAMA], image("https://host/cat.png"), place).await;
    is_refused(&[CLAUDE], image("data:image/tiff;base64,QUJD"), place).await;
}

#[tokio::test]
async fn what_a_model_has_no_ear_for() {
    let audio =
        part(json!({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}));
    // Told before any dialect looks: no candidate takes it.
    let place = "messages[0].content[1]";
    is_refused(&[CLAUDE, OLLAMA, OPENAI], audio.clone(), place).await;
    let deaf = "[models.config]\nsupports_audio = false";
    is_refused_where(&[GEMINI], deaf, audio, place).await;
    let pdf = json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,QUJD"}});
    is_refused(&[OLLAMA], part(pdf), place).await;
}

#[tokio::test]
async fn roles_out_of_order() {
    let answer = json!({"role": "assistant", "content": "Yes?"});
    is_refused(ALL, messages(json!([{"role": "wizard", "content": "hi"}])), "messages[0].role")
        .await;
    is_refused(&[CLAUDE], messages(json!([answer, user()])), "messages[0]").await;
    is_refused(&[GEMINI], messages(json!([user(), answer])), "messages[1]").await;
    let interrupted = json!([user(), calls(call()), user()]);
    let place = "messages[1].tool_calls[0]";
    is_refused(&[CLAUDE, GEMINI, OPENAI], messages(interrupted), place).await;
}

#[tokio::test]
async fn content_that_is_empty_or_not_there() {
    is_refused(ALL, messages(json!([user(), {"role": "user"}])), "messages[1].content").await;
    // Gemini takes a user who says nothing.
    for empty in [json!(""), json!([]), json!([{"type": "text", "text": ""}])] {
        let silent = messages(json!([{"role": "user", "content": empty}]));
        is_refused(&[CLAUDE], silent, "messages[0].content").await;
    }
    let silent = messages(json!([user(), {"role": "assistant", "content": null}]));
    is_refused(ALL, silent, "messages[1].content").await;
    is_refused(ALL, messages(json!([])), "messages").await;
}

#[tokio::test]
async fn results_without_a_call() {
    let result = json!({"role": "tool", "tool_call_id": "other", "content": "x"});
    let place = "messages[2].tool_call_id";
    is_refused(ALL, messages(json!([user(), calls(call()), result])), place).await;
    is_refused(ALL, messages(json!([user(), result])), "messages[1].tool_call_id").await;
}

#[tokio::test]
async fn schemas_that_refer_to_themselves_where_they_cannot() {
    let endless = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let tools =
        json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": endless}}]});
    let older = "[models.config]\ntakes_full_schemas = false";
    is_refused_where(&[GEMINI], older, tools, "tools[0].function.parameters").await;
    let format = json!({"response_format": {"type": "json_schema", "json_schema":
        {"name": "s", "schema": endless}}});
    is_refused_where(&[GEMINI], older, format, "response_format.json_schema.schema").await;
}
