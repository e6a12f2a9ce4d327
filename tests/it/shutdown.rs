//! Told to stop, the router lets calls end, gives up what does not, and closes its books.

use crate::support::app::{Setup, outcome};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

#[tokio::test]
async fn a_stream_in_flight_is_served_to_its_end() {
    let upstream =
        Upstream::start(Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal)).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    let stopping = std::thread::spawn(move || app.stop());
    upstream.proceed();
    let (frames, _) = client.read_to_end().await;
    assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n");
    let (folder, stopped) = stopping.join().unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(app.only_outcome().await, "success 200");
}

#[tokio::test]
async fn what_does_not_end_in_time_is_given_up_and_recorded() {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]).stall_after_frames(2),
        false => Script::chat("hi").before_head(Step::Stall),
    })
    .await;
    let config = Config::with(&upstream).server("shutdown_timeout = 1");
    let app = TestApp::start(&config).await;
    let mut streamed = app.begin_chat(&streamed_chat("gpt-x")).await;
    streamed.read_frame_after_head().await;
    let _whole = app.begin_chat(&chat("gpt-x")).await;
    upstream.wait_for_requests(2).await;

    let (folder, stopped) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();

    assert_eq!((stopped.accepted, stopped.written), (2, 2));
    upstream.wait_for_open_connections(0).await;
    let app = Setup::default().start_in(folder).await.unwrap();
    let outcomes: Vec<String> = app.records().await.iter().map(outcome).collect();
    assert_eq!(outcomes, ["error 503 shutting_down", "error 503 shutting_down"]);
}
