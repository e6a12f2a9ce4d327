//! A client that leaves stops the upstream call within a second, however and whenever it goes,
//! and the record says so.

use serde_json::Value;

use crate::support::client::RawClient;
use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

const LEFT: &str = "cancelled 499 client_closed_request";

enum Goodbye {
    Fin,
    Rst,
    Close,
}

impl Goodbye {
    async fn say(&self, mut client: RawClient) -> Option<RawClient> {
        match self {
            Self::Fin => {
                client.hang_up_fin().await;
                return Some(client);
            }
            Self::Rst => client.hang_up_rst(),
            Self::Close => client.close(),
        }
        None
    }
}

const ALL: [Goodbye; 3] = [Goodbye::Fin, Goodbye::Rst, Goodbye::Close];

/// Every way to leave, after so many frames were read, stops the upstream within a second and is
/// recorded.
async fn every_goodbye_is_heard(script: Script, body: &Value, frames: usize) {
    for goodbye in ALL {
        let upstream = Upstream::start(script.clone()).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let mut client = app.begin_chat(body).await;
        upstream.wait_for_requests(1).await;
        if frames > 0 {
            client.read_head().await;
        }
        for _ in 0..frames {
            client.read_frame().await;
        }
        let _half_open = goodbye.say(client).await;
        upstream.expect_closed_within(secs(1)).await;
        assert_eq!(app.only_outcome().await, LEFT);
    }
}

#[tokio::test]
async fn before_the_head_of_a_whole_answer() {
    let script = Script::chat("hi").before_head(Step::Stall);
    every_goodbye_is_heard(script, &chat("gpt-x"), 0).await;
}

#[tokio::test]
async fn before_the_head_of_a_stream() {
    let script = Script::stream(&["a"]).before_head(Step::Stall);
    every_goodbye_is_heard(script, &streamed_chat("gpt-x"), 0).await;
}

#[tokio::test]
async fn between_the_head_and_the_first_chunk() {
    let script = Script::stream(&["a"]).stall_after_frames(0);
    every_goodbye_is_heard(script, &streamed_chat("gpt-x"), 0).await;
}

#[tokio::test]
async fn in_the_silence_of_a_stream() {
    let script = Script::stream(&["a", "b"]).stall_after_frames(2);
    every_goodbye_is_heard(script, &streamed_chat("gpt-x"), 2).await;
}

/// More than all buffers on the way hold, and no end.
fn flood() -> Script {
    let text = "x".repeat(60_000);
    let frame = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let frames: Vec<&str> = vec![&frame; 400];
    Script::stream_frames(&frames).then(Step::Stall)
}

#[tokio::test]
async fn in_the_middle_of_a_flood_that_it_does_not_read() {
    for goodbye in ALL {
        let upstream = Upstream::start(flood()).await;
        let config = Config::with(&upstream).server("client_stall_timeout = 1");
        let app = TestApp::start(&config).await;
        let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
        client.read_head().await;
        client.read_frame().await;
        let _half_open = goodbye.say(client).await;
        upstream.expect_closed_within(secs(10)).await;
        assert_eq!(app.only_outcome().await, LEFT);
    }
}

#[tokio::test]
async fn without_a_word_and_with_its_socket_open() {
    let upstream = Upstream::start(flood()).await;
    let config = Config::with(&upstream).server("client_stall_timeout = 1");
    let app = TestApp::start(&config).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    upstream.expect_closed_within(secs(10)).await;
    assert_eq!(app.only_outcome().await, LEFT);
}

#[tokio::test]
async fn while_it_queues_for_a_rate_limit() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limit =
        "[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600\nmax_wait_ms = 3_600_000";
    let config = Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", limit);
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let client = app.begin_chat(&chat("gpt-x")).await;
    eventually("it queues", async || {
        app.get("/metrics").await.text().contains("llm_router_in_flight_requests 1")
    })
    .await;
    client.close();
    eventually("the one who left is recorded", async || app.records().await.len() == 2).await;
    let outcomes: Vec<String> =
        app.records().await.iter().map(crate::support::app::outcome).collect();
    assert_eq!(outcomes, ["success 200", LEFT]);
    assert_eq!(upstream.request_count(), 1);
}

#[tokio::test]
async fn a_thousand_at_once_leave_nothing_behind() {
    let upstream = Upstream::start(Script::stream(&["a", "b"]).stall_after_frames(2)).await;
    let settings = "api_key = \"k\"\n[providers.settings]\nmax_connections = 2000";
    let config =
        Config::new().provider_with("up", &upstream.base_url(), settings).model("up", "gpt-x", "");
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let app = TestApp::start(&config).await;
    let mut clients = Vec::new();
    for _ in 0..1000 {
        clients.push(app.begin_chat(&streamed_chat("gpt-x")).await);
    }
    for client in &mut clients {
        client.read_frame_after_head().await;
    }
    for (place, client) in clients.into_iter().enumerate() {
        let goodbye = if place % 2 == 0 { Goodbye::Rst } else { Goodbye::Close };
        goodbye.say(client).await;
    }
    upstream.wait_for_open_connections(0).await;
    let records = app.records().await;
    assert_eq!(records.len(), 1000);
    assert!(records.iter().all(|record| record["status"] == "cancelled"));
}
