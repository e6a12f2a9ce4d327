//! A file that is seen half-written takes nothing away.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream, chat, eventually};

const KEYS: &str = "[[api_keys]]\nname = \"team\"\nkey = \"sk-team-0123456789abcdef\"\n";

async fn status(app: &TestApp) -> Value {
    app.get("/config/status").await.json()
}

async fn is_pending(app: &TestApp) {
    eventually("the file is not taken yet", async || status(app).await["pending"].is_string())
        .await;
}

async fn serves(app: &TestApp, model: &str) -> bool {
    app.chat(&chat(model)).await.status == 200
}

fn config(upstream: &Upstream) -> Config {
    Config::with(upstream)
        .provider("other", &upstream.base_url())
        .provider("third", &upstream.base_url())
        .model("up", "two", "")
        .model("other", "three", "")
        .tables(KEYS)
}

/// What the journal says was ever taken away.
async fn removed(app: &TestApp) -> Vec<String> {
    let reloads = app.events("config.reloaded").await;
    let of = |event: &Value| event["after"]["removed"].as_array().cloned().unwrap_or_default();
    let names = reloads.iter().flat_map(of);
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nothing_is_taken_away_until_the_rest_is_there() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let whole = config(&upstream);
    let app = TestApp::start(&whole).await;
    let before = app.generation();
    for (half, told) in [
        (whole.text().split_once("[[models]]").unwrap().0.to_owned(), "3 of 3 models"),
        (whole.text().replace(KEYS, ""), "all [[api_keys]]"),
        (format!("{}# nothing yet", Config::new().text()), "3 of 3 providers, 3 of 3 models"),
    ] {
        std::fs::write(app.config_path(), &half).unwrap();
        is_pending(&app).await;
        let now = status(&app).await;
        assert_eq!(now["is_current"], false);
        assert!(now["pending"].as_str().unwrap().contains(told), "{now}");
        let is_cut = now["pending"].as_str().unwrap().contains("ends in the middle of a line");
        assert_eq!(is_cut, !half.ends_with('\n'), "{now}");
        assert!(serves(&app, "other/three").await);

        std::fs::write(app.config_path(), whole.text()).unwrap();
        eventually("the file is current", async || status(&app).await["is_current"] == true).await;
        assert_eq!(status(&app).await["pending"], Value::Null);
    }
    assert_eq!(app.generation(), before, "the whole file ran all the time");
    let grown = whole.model("up", "four", "").text();
    let (half, rest) = grown.split_once("[[models]]").unwrap();
    std::fs::write(app.config_path(), half).unwrap();
    is_pending(&app).await;
    std::fs::write(app.config_path(), format!("{half}[[models]]{rest}")).unwrap();
    eventually("the rest is taken", async || serves(&app, "up/four").await).await;
    assert_eq!(status(&app).await["pending"], Value::Null);
    assert_eq!(removed(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_stays_so_is_taken_in_the_end() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    std::fs::write(app.config_path(), Config::with(&upstream).text()).unwrap();
    is_pending(&app).await;
    eventually("the file is current", async || status(&app).await["is_current"] == true).await;
    assert_eq!(status(&app).await["pending"], Value::Null);
    assert!(!serves(&app, "other/three").await && serves(&app, "up/gpt-x").await);
}

#[tokio::test]
async fn who_asks_for_it_gets_it_at_once() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    std::fs::write(app.config_path(), Config::with(&upstream).text()).unwrap();
    is_pending(&app).await;
    let sync = app.post("/config/sync", &json!({})).await.json();
    assert_eq!(sync["removed"].as_array().unwrap().len(), 5, "{sync}");
    let now = status(&app).await;
    assert_eq!((&now["pending"], &now["is_current"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn an_empty_file_is_reported_and_removes_nothing() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    for empty in ["", "\n\n", "\u{feff}"] {
        app.reconfigure(empty).await;
        let now = status(&app).await;
        assert!(now["error"].as_str().unwrap().contains("the disk was full"), "{now}");
        assert!(serves(&app, "other/three").await);
        app.reconfigure(&config(&upstream).text()).await;
    }
}
