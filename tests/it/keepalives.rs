//! Keep-alives carry no content: neither the router's own comments nor an upstream's comments,
//! empty data and pings are ever an event to a client, in any dialect.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Config, Script, Step, TestApp, Upstream, streamed_chat};

fn content(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// What openai-python 2.54 makes of a stream: an empty line ends an event as soon as one had an id.
fn events_of(stream: &str) -> Vec<String> {
    let (mut events, mut has_id) = (Vec::new(), false);
    let mut data: Option<String> = None;
    let mut is_begun = false;
    for line in stream.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
        if line.is_empty() {
            if is_begun || has_id {
                events.push(data.take().unwrap_or_default());
            }
            is_begun = false;
        } else if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| !name.is_empty())
        {
            is_begun = true;
            has_id |= name == "id";
            if name == "data" {
                data.get_or_insert_default().push_str(value.trim_start());
            }
        }
    }
    // The last line's end is no empty line.
    events.pop_if(|event| event.is_empty() && stream.ends_with("\n\n"));
    events
}

/// The text of a stream, each of whose events must be a chunk.
fn text_of(stream: &str) -> String {
    let mut events = events_of(stream);
    assert_eq!(events.pop().as_deref(), Some("[DONE]"), "{stream}");
    let chunks = events.iter().map(|event| {
        serde_json::from_str::<Value>(event).unwrap_or_else(|error| panic!("{error}: {stream:?}"))
    });
    chunks
        .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect()
}

#[tokio::test]
async fn a_heartbeat_completes_no_event_that_the_upstream_began() {
    let pause = || Step::Pause(Duration::from_millis(300));
    for begun in
        ["id: 1\n", "id\n", "event: message\nid: 1\n", "retry: 5\nid: 1\n", "event: message\n"]
    {
        let (first, second) = (format!("{begun}{}", content("a")), content("b"));
        // The pause comes between events, and behind the lines that begin one.
        let frames = [first.as_str(), begun, second.as_str(), END];
        let script =
            Script::stream_frames(&frames).after_frames(1, pause()).after_frames(2, pause());
        let upstream = Upstream::start(script).await;
        let config = Config::with(&upstream).tables("[timeouts]\nheartbeat = 0.1");
        let app = TestApp::start(&config).await;
        let answer = app.chat(&streamed_chat("gpt-x")).await;
        assert!(answer.text().contains(": keepalive\n"), "{begun:?}: {}", answer.text());
        assert_eq!(text_of(answer.text()), "ab", "{begun:?}");
    }
}

#[tokio::test]
async fn heartbeats_of_a_stream_without_ids_are_events_of_their_own() {
    let script = Script::stream_frames(&[&content("a"), END])
        .after_frames(1, Step::Pause(Duration::from_millis(300)));
    let upstream = Upstream::start(script).await;
    let config = Config::with(&upstream).tables("[timeouts]\nheartbeat = 0.1");
    let answer = TestApp::start(&config).await.chat(&streamed_chat("gpt-x")).await;
    assert!(answer.text().contains("\n\n: keepalive\n\n"), "{}", answer.text());
}

const NOISE: [&str; 9] = [
    ": ping\n\n",
    ":\r\n\r\n",
    "data:\n\n",
    "data: \r\n\r\n",
    "\n\n",
    "id: 7\n\n",
    "retry: 3000\n\n",
    "event: ping\ndata:\n\n",
    "event: keepalive\ndata: still here\n\n",
];

const CLAUDE: [&str; 5] = [
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"b\"}}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
];

const GEMINI: [&str; 2] = [
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\"}]},\"finishReason\":\"STOP\"}]}\n\n",
];

const RESPONSES: [&str; 3] = [
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"a\"}\n\n",
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"b\"}\n\n",
    "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[]}}\n\n",
];

const PLAIN: [&str; 2] =
    ["data: {\"text\":\"a\"}\n\n", "data: {\"text\":\"b\",\"is_final\":true}\n\n"];

/// A provider's type and settings, and the stream that says `ab`.
fn dialects() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let owned = |frames: &[&str]| frames.iter().map(|frame| (*frame).to_owned()).collect();
    vec![
        ("openai_compatible", "", vec![content("a"), content("b"), END.to_owned()]),
        ("openai", "[providers.settings]\napi = \"responses\"", owned(&RESPONSES)),
        ("claude", "", owned(&CLAUDE)),
        ("gemini", "", owned(&GEMINI)),
        ("remote_http", "", owned(&PLAIN)),
    ]
}

#[tokio::test]
async fn an_upstreams_comments_empty_data_and_pings_are_passed_over_in_every_dialect() {
    for (kind, settings, frames) in dialects() {
        let script = |noise: &str| {
            let noisy = frames.iter().flat_map(|frame| [noise, frame.as_str()]);
            Script::stream_frames(&noisy.collect::<Vec<_>>())
        };
        for noise in NOISE {
            // A plain service's events may be called anything.
            if kind == "remote_http" && noise.contains("still here") {
                continue;
            }
            let upstream = Upstream::start(script(noise)).await;
            let provider = format!(
                "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n{settings}",
                upstream.base_url()
            );
            let app = TestApp::start(&Config::new().tables(&provider).model("up", "m", "")).await;
            let answer = app.chat(&streamed_chat("up/m")).await;
            assert_eq!(answer.status, 200, "{kind} {noise:?}: {}", answer.text());
            assert_eq!(text_of(answer.text()), "ab", "{kind} {noise:?}");
            assert_eq!(app.only_outcome().await, "success 200", "{kind} {noise:?}");
        }
    }
}
