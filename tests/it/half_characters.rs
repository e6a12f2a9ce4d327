//! Half a surrogate pair, as written by a client or a model that counts in UTF-16 and splits an
//! emoji: it fails no call and loses no text. The halves in two pieces of one text are joined
//! again.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

/// One provider `up` of that type, with the model `m`, one that does not think.
fn config(kind: &str, settings: &str, upstream: &Upstream) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n{settings}",
        upstream.base_url()
    );
    let remote = if kind == "gemini" { "gemini-2.5-flash" } else { "remote" };
    Config::new().tables(&provider).model("up", "m", &format!("remote_identifier = \"{remote}\""))
}

const RESPONSES: &str = "[providers.settings]\napi = \"responses\"";

/// A kind of provider, its settings, how its API answers with a text, whole and in two pieces.
/// `$A` and `$B` are the pieces.
struct Speaker {
    kind: &'static str,
    settings: &'static str,
    whole: &'static str,
    stream: &'static str,
}

const SPEAKERS: [Speaker; 6] = [
    Speaker {
        kind: "claude",
        settings: "",
        whole: r#"{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"$A$B"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":3}}"#,
        stream: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n\
            event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
            event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"$A\"}}\n\n\
            event: ping\ndata: {\"type\":\"ping\"}\n\n\
            event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"$B\"}}\n\n\
            event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
            event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\n\
            event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    },
    Speaker {
        kind: "gemini",
        settings: "",
        whole: r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"$A$B"}]},"finishReason":"STOP","index":0}],"responseId":"r"}"#,
        stream: "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"$A\"}]},\"index\":0}]}\r\n\r\n\
            data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"$B\"}]},\"index\":0,\"finishReason\":\"STOP\"}]}\r\n\r\n",
    },
    Speaker {
        kind: "ollama",
        settings: "",
        whole: r#"{"model":"l","message":{"role":"assistant","content":"$A$B"},"done":true,"done_reason":"stop"}"#,
        stream: "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"$A\"},\"done\":false}\n\
            {\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"$B\"},\"done\":false}\n\
            {\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n",
    },
    Speaker {
        kind: "openai_compatible",
        settings: "",
        whole: r#"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"$A$B"},"finish_reason":"stop"}]}"#,
        stream: "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"$A\"},\"finish_reason\":null}]}\n\n\
            data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"$B\"},\"finish_reason\":\"stop\"}]}\n\n\
            data: [DONE]\n\n",
    },
    Speaker {
        kind: "openai",
        settings: RESPONSES,
        whole: r#"{"id":"resp_1","object":"response","status":"completed","model":"g","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"$A$B"}]}]}"#,
        stream: "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"output_index\":0,\"content_index\":0,\"delta\":\"$A\"}\n\n\
            data: {\"type\":\"response.output_text.delta\",\"sequence_number\":4,\"output_index\":0,\"content_index\":0,\"delta\":\"$B\"}\n\n\
            data: {\"type\":\"response.completed\",\"sequence_number\":5,\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[]}}\n\n",
    },
    Speaker {
        kind: "remote_http",
        settings: "",
        whole: r#"{"output_text":"$A$B","finish_reason":"stop"}"#,
        stream: "{\"text\":\"$A\",\"is_final\":false}\n{\"text\":\"$B\",\"is_final\":false}\n{\"text\":\"\",\"finish_reason\":\"stop\",\"is_final\":true}\n",
    },
];

impl Speaker {
    fn answer_of(&self, pieces: [&str; 2]) -> String {
        self.whole.replace("$A", pieces[0]).replace("$B", pieces[1])
    }

    fn streamed(&self, pieces: [&str; 2]) -> Script {
        let text = self.stream.replace("$A", pieces[0]).replace("$B", pieces[1]);
        let is_events = self.stream.contains("data: ");
        let media = if is_events { "text/event-stream" } else { "application/x-ndjson" };
        Script::status(200).body(media, text)
    }
}

/// The text of a streamed answer in any framing.
fn text_of(stream: &str) -> String {
    let lines = stream.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let values: Vec<Value> = lines
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let text = |value: &Value| {
        let chunk = value["choices"][0]["delta"]["content"].as_str();
        chunk.or(value["text"].as_str()).map(str::to_owned)
    };
    values.iter().filter_map(text).collect()
}

const INVOKE: &str = "/models/up/m/invoke";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test]
async fn a_whole_answer_with_half_a_character_is_an_answer() {
    for speaker in SPEAKERS {
        let upstream =
            Upstream::start(Script::chat_body(&speaker.answer_of(["x\\ud83c", "y"]))).await;
        let app = TestApp::start(&config(speaker.kind, speaker.settings, &upstream)).await;
        let answer = app.chat(&chat("m")).await;
        assert_eq!(answer.status, 200, "{}: {}", speaker.kind, answer.text());
        let said = answer.json()["choices"][0]["message"]["content"].clone();
        assert_eq!(said, "x\u{fffd}y", "{}", speaker.kind);
        let answer = app.post(INVOKE, &json!({"prompt": "hi"})).await;
        assert_eq!(answer.json()["output_text"], "x\u{fffd}y", "{}", speaker.kind);
    }
}

#[tokio::test]
async fn halves_in_two_pieces_of_a_stream_are_one_character() {
    for speaker in SPEAKERS {
        for (pieces, expected) in [
            (["x\\ud83c", "\\udf0dy"], "x🌍y"),
            (["x\\ud83c", "y"], "x\u{fffd}y"),
            (["x", "\\udf0dy"], "x\u{fffd}y"),
            (["x", "y\\ud83c"], "xy\u{fffd}"),
            (["\\ud83c\\udf0d\\ud83c", "\\udf0e"], "🌍🌎"),
        ] {
            let upstream = Upstream::start(speaker.streamed(pieces)).await;
            let app = TestApp::start(&config(speaker.kind, speaker.settings, &upstream)).await;
            let mut body = chat("m");
            body["stream"] = json!(true);
            let answer = app.chat(&body).await;
            let place = format!("{} {pieces:?}: {}", speaker.kind, answer.text());
            assert_eq!(text_of(answer.text()), expected, "{place}");
            assert!(answer.text().ends_with("data: [DONE]\n\n"), "{place}");
            let answer = app.post(INVOKE, &json!({"prompt": "hi", "stream": true})).await;
            assert_eq!(text_of(answer.text()), expected, "{place}");
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_character_cost_a_stream_nothing_either() {
    for speaker in SPEAKERS {
        let text = speaker.stream.replace("$A", "x\u{1}").replace("$B", "y");
        let cut = text.bytes().flat_map(|byte| match byte {
            1 => vec![0xF0, 0x9F, 0x8C],
            byte => vec![byte],
        });
        let media = if speaker.stream.contains("data: ") {
            "text/event-stream"
        } else {
            "application/x-ndjson"
        };
        let script = Script::status(200).body(media, cut.collect::<Vec<u8>>());
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config(speaker.kind, speaker.settings, &upstream)).await;
        let mut body = chat("m");
        body["stream"] = json!(true);
        let answer = app.chat(&body).await;
        assert_eq!(text_of(answer.text()), "x\u{fffd}y", "{}", speaker.kind);
    }
}

#[tokio::test]
async fn a_request_with_half_a_character_is_carried() {
    let history = r#"{"messages":[{"role":"user","content":"cut \ud83d"},
        {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",
        "function":{"name":"f","arguments":"{\"a\":\"\\ud83d and \ud83d\"}"}}]},
        {"role":"tool","tool_call_id":"1","content":"\udf0d whole \ud83c\udf0d"}],
        "model":"m"}"#;
    for speaker in SPEAKERS {
        let upstream = Upstream::start(Script::chat_body(&speaker.answer_of(["a", "b"]))).await;
        let app = TestApp::start(&config(speaker.kind, speaker.settings, &upstream)).await;
        for path in ["/v1/chat/completions", INVOKE] {
            let answer = request(app.addr, "POST", path, &JSON, history.as_bytes()).await;
            assert_eq!(answer.status, 200, "{} {path}: {}", speaker.kind, answer.text());
        }
        for seen in upstream.requests() {
            let sent = seen.json().to_string();
            assert!(sent.contains("cut \u{fffd}"), "{}: {sent}", speaker.kind);
            assert!(sent.contains("\u{fffd} whole 🌍"), "{}: {sent}", speaker.kind);
        }
    }
}

#[tokio::test]
async fn the_same_in_a_batch_a_route_and_as_three_bytes() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", "", &upstream)).await;
    let batch = br#"{"batch":[{"prompt":"a \ud83d"}]}"#.to_vec();
    let route = br#"{"query":{},"request":{"prompt":"a \ud83d"}}"#.to_vec();
    let three = b"{\"prompt\":\"a \xed\xa0\xbd\"}".to_vec();
    for (path, body) in [(INVOKE, batch), ("/route/invoke", route), (INVOKE, three)] {
        let answer = request(app.addr, "POST", path, &JSON, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    for seen in upstream.requests() {
        assert_eq!(seen.json()["messages"][0]["content"], "a \u{fffd}");
    }
    assert_eq!(upstream.request_count(), 3);
    let latin1 = b"{\"prompt\":\"caf\xe9\"}".to_vec();
    let answer = request(app.addr, "POST", INVOKE, &JSON, &latin1).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}
