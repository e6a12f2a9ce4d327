//! Files and media in the shapes that clients really send: text in a file, a picture in a file, a
//! type that is not that of the bytes; and the sound that a model answers with.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

async fn app(kind: &str, model: &str, upstream: &Upstream) -> TestApp {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"",
        upstream.base_url()
    );
    let model = format!("remote_identifier = \"{model}\"");
    TestApp::start(&Config::new().tables(&provider).model("up", "m", &model)).await
}

const CLAUDE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":3}}"#;
const GEMINI: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]},"finishReason":"STOP","index":0}],"responseId":"r"}"#;
const OLLAMA: &str = r#"{"model":"l","message":{"role":"assistant","content":"x"},"done":true,"done_reason":"stop"}"#;

/// What an upstream of that kind is sent for a message with this part.
async fn sent(kind: &str, part: &Value) -> Value {
    let (model, answer) = match kind {
        "claude" => ("claude-sonnet-4-5", CLAUDE),
        "gemini" => ("gemini-2.5-flash", GEMINI),
        _ => ("llama3.2-vision", OLLAMA),
    };
    let upstream = Upstream::start(Script::chat_body(answer)).await;
    let app = app(kind, model, &upstream).await;
    let text = json!({"type": "text", "text": "look"});
    let body = json!({"model": "m", "messages": [{"role": "user", "content": [text, part]}]});
    let answer = app.chat(&body).await;
    assert_eq!(answer.status, 200, "{kind} {part}: {}", answer.text());
    upstream.requests()[0].json()
}

fn file(name: &str, data: &str) -> Value {
    json!({"type": "file", "file": {"filename": name, "file_data": data}})
}

#[tokio::test]
async fn a_file_that_is_text_is_text() {
    for (data, expected) in [
        ("data:text/plain;base64,aMOpbGxv", "héllo"),
        ("data:text/x-python;base64,cHJpbnQoMSk=", "print(1)"),
        ("data:application/json;charset=utf-8;base64,e30=", "{}"),
        ("DATA:TEXT/CSV;BASE64,YTti", "a;b"),
        ("data:text/markdown,%23%20hi", "# hi"),
        ("data:;base64,aMOpbGxv", "héllo"),
        ("data:application/octet-stream;base64,aMOpbGxv", "héllo"),
        ("aMOpbGxv", "héllo"),
    ] {
        let part = file("a", data);
        let claude = sent("claude", &part).await;
        let block = &claude["messages"][0]["content"][1];
        let source = json!({"type": "text", "media_type": "text/plain", "data": expected});
        assert_eq!((&block["type"], &block["source"]), (&json!("document"), &source), "{data}");
        assert_eq!(block["title"], "a");

        let gemini = sent("gemini", &part).await;
        let blob = &gemini["contents"][0]["parts"][1]["inlineData"];
        assert!(blob["mimeType"].as_str().unwrap().starts_with("text/"), "{data}: {blob}");

        let ollama = sent("ollama", &part).await;
        let content = &ollama["messages"][0]["content"];
        assert_eq!(content, &json!(format!("look\na:\n{expected}")), "{data}");
    }
}

#[tokio::test]
async fn a_picture_is_one_wherever_it_is_put_and_of_the_type_of_its_bytes() {
    let image = |url: String| json!({"type": "image_url", "image_url": {"url": url}});
    for part in [
        file("a.png", &format!("data:image/png;base64,{PNG}")),
        file("a.png", &format!("data:application/octet-stream;base64,{PNG}")),
        image(format!("data:image/jpeg;base64,{PNG}")),
        image(format!("data:application/octet-stream;base64,{PNG}")),
        image(format!("data:;base64,{PNG}")),
        image(format!("data:IMAGE/PNG;name=a.png;BASE64,{PNG}")),
    ] {
        let claude = sent("claude", &part).await;
        let source = json!({"type": "base64", "media_type": "image/png", "data": PNG});
        let block = &claude["messages"][0]["content"][1];
        assert_eq!((&block["type"], &block["source"]), (&json!("image"), &source), "{part}");

        let gemini = sent("gemini", &part).await;
        let blob = json!({"mimeType": "image/png", "data": PNG});
        assert_eq!(gemini["contents"][0]["parts"][1]["inlineData"], blob, "{part}");

        let ollama = sent("ollama", &part).await;
        assert_eq!(ollama["messages"][0]["images"], json!([PNG]), "{part}");
    }
    let wav = "UklGRiQAAABXQVZFZm10IA==";
    let sound = json!({"type": "input_audio", "input_audio": {"data": wav, "format": "mp3"}});
    let gemini = sent("gemini", &sound).await;
    let blob = &gemini["contents"][0]["parts"][1]["inlineData"];
    assert_eq!(blob, &json!({"mimeType": "audio/wav", "data": wav}));
}

/// Gemini's answer with these parts.
fn spoken(parts: &Value) -> String {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP",
        "index": 0}], "responseId": "r"})
    .to_string()
}

fn sound(media_type: &str, data: &str) -> Value {
    json!({"inlineData": {"mimeType": media_type, "data": data}})
}

#[tokio::test]
async fn sound_reaches_the_client_whole() {
    for (media_type, format, data) in [
        ("audio/wav", "wav", "UklGRg=="),
        ("audio/mpeg", "mp3", "SUQzBA=="),
        // A file of 24 kHz with one sample.
        (
            "audio/L16;codec=pcm;rate=24000",
            "wav",
            "UklGRiYAAABXQVZFZm10IBAAAAABAAEAwF0AAIC7AAACABAAZGF0YQIAAAABAA==",
        ),
    ] {
        let made = if media_type.contains("L16") { "AQA=" } else { data };
        let answer = spoken(&json!([sound(media_type, made)]));
        let upstream = Upstream::start(Script::chat_body(&answer)).await;
        let app = app("gemini", "gemini-2.5-flash", &upstream).await;
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "sing"}]});
        let answer = app.chat(&body).await;
        let message = &answer.json()["choices"][0]["message"];
        let audio = &message["audio"];
        assert_eq!((&audio["format"], &audio["data"]), (&json!(format), &json!(data)), "{message}");
        assert_eq!(message["content"], Value::Null, "{message}");

        // The conversation goes on with the message as it came, and with its id alone.
        for audio in [audio.clone(), json!({"id": audio["id"]})] {
            body["messages"] = json!([
                {"role": "user", "content": "sing"},
                {"role": "assistant", "content": null, "audio": audio},
                {"role": "user", "content": "again"},
            ]);
            let answer = app.chat(&body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn sound_reaches_the_client_in_pieces() {
    let piece = |data: &str| {
        let parts = json!([sound("audio/L16;codec=pcm;rate=24000", data)]);
        format!("data: {}\n\n", spoken(&parts))
    };
    let upstream = Upstream::start(Script::stream_frames(&[piece("AQA="), piece("AgA=")])).await;
    let app = app("gemini", "gemini-2.5-flash", &upstream).await;
    let body = json!({"model": "m", "stream": true,
        "messages": [{"role": "user", "content": "sing"}]});
    let answer = app.chat(&body).await;
    let datas = answer.text().split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    let chunks = datas.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let audios: Vec<Value> = chunks
        .map(|chunk| chunk["choices"][0]["delta"]["audio"].clone())
        .filter(|audio| !audio.is_null())
        .collect();
    assert_eq!(audios.len(), 2, "{}", answer.text());
    assert_eq!(
        (&audios[0]["data"], &audios[0]["format"], &audios[0]["sample_rate"]),
        (&json!("AQA="), &json!("pcm16"), &json!(24000))
    );
    assert_eq!(audios[1], json!({"data": "AgA="}));
}
