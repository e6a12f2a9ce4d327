//! The mock is a provider like any other, and does what its settings say.

use serde_json::json;

use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

fn mock(settings: &str) -> Config {
    Config::new()
        .tables("[[providers]]\nname = \"demo\"\ntype = \"mock\"\n[providers.settings.mock]\nretry_after = 9")
        .model("demo", "m", &format!("tags = [\"demo\", \"coding\"]\n[models.config.mock]\n{settings}"))
}

#[tokio::test]
async fn it_echoes_or_generates_a_text_of_the_given_length() {
    let app = TestApp::start(&mock("")).await;
    let answer = app.chat(&chat("demo/m")).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "hi");

    let app = TestApp::start(&mock("text = \"one two three\"\ntokens = 7")).await;
    let answer = app.chat(&chat("demo/m")).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "one two three one two three one ");
    assert_eq!(answer["usage"]["completion_tokens"], 7);

    let mut short = streamed_chat("demo/m");
    short["max_tokens"] = json!(2);
    let streamed = app.chat(&short).await;
    assert!(streamed.text().contains("\"finish_reason\":\"length\""), "{}", streamed.text());
    assert!(streamed.text().ends_with("data: [DONE]\n\n"));
    assert!(!streamed.text().contains("usage"));
}

#[tokio::test]
async fn it_fails_as_configured() {
    let app = TestApp::start(&mock("error_rate = 1.0\nerror_status = 429")).await;
    let answer = app.chat(&chat("demo/m")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("9")));
    let app = TestApp::start(&mock("error_rate = 0.5")).await;
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(app.chat(&chat("demo/m")).await.status);
    }
    assert!(statuses.contains(&200) && statuses.contains(&502), "{statuses:?}");
}

#[tokio::test]
async fn it_is_selected_only_by_name() {
    let upstream = Upstream::start(Script::chat("real")).await;
    let config =
        mock("").provider("up", &upstream.base_url()).model("up", "real", "tags = [\"coding\"]");
    let app = TestApp::start(&config).await;
    for name in ["auto", "tag:coding"] {
        for _ in 0..3 {
            app.chat(&chat(name)).await;
        }
    }
    assert_eq!(upstream.request_count(), 6);
    for name in ["demo/m", "m", "tag:demo", "tag:demo,coding"] {
        assert_eq!(app.chat(&chat(name)).await.status, 200, "{name}");
    }
    let typed = json!({"query": {"provider_types": ["mock"]}, "request": {"prompt": "hi"}});
    assert_eq!(app.post("/route/invoke", &typed).await.json()["provider"], "demo");
    assert_eq!(upstream.request_count(), 6);

    let alone = TestApp::start(&mock("")).await;
    assert_eq!(alone.chat(&chat("auto")).await.status, 404);
}

#[tokio::test]
async fn bad_settings_are_errors_with_their_place() {
    for (settings, says) in [
        ("error_rate = 2", "`error_rate` must be from 0 to 1"),
        ("error_status = 200", "`error_status` must be from 400 to 599"),
        ("tokens = 0", "`tokens` must be a whole number of 1 or more"),
    ] {
        let refused = crate::support::app::Setup::default().try_start(&mock(settings)).await;
        let error = refused.err().expect("bad settings are refused");
        assert!(error.contains(says), "{error}");
    }
}
