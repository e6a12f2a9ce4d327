//! A saved router.toml takes effect, under load, however it was saved; a bad one does not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::app::Setup;
use crate::support::client::RawClient;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually, streamed_chat};

async fn serves(app: &TestApp, model: &str) -> bool {
    app.chat(&chat(model)).await.status == 200
}

async fn becomes_served(app: &TestApp, model: &str) {
    eventually(&format!("`{model}` is served"), async || serves(app, model).await).await;
}

#[tokio::test]
async fn in_all_three_ways_to_save_it() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    let path = app.config_path();

    std::fs::write(&path, config.clone().model("up", "written", "").text()).unwrap();
    becomes_served(&app, "written").await;

    let temporary = app.folder.path().join(".router.toml.swp");
    std::fs::write(&temporary, config.clone().model("up", "renamed", "").text()).unwrap();
    std::fs::rename(&temporary, &path).unwrap();
    becomes_served(&app, "renamed").await;
    assert!(!serves(&app, "written").await);

    // As Kubernetes does it: router.toml -> ..data/router.toml, ..data -> ..version_n.
    let version = |name: &str, config: &Config| {
        let folder = app.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("router.toml"), config.text()).unwrap();
    };
    let data = app.folder.path().join("..data");
    let turn = |target: &str| {
        let fresh = app.folder.path().join("..data_tmp");
        std::os::unix::fs::symlink(target, &fresh).unwrap();
        std::fs::rename(fresh, &data).unwrap();
    };
    version("..version_1", &config.clone().model("up", "linked", ""));
    turn("..version_1");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(Path::new("..data/router.toml"), &path).unwrap();
    becomes_served(&app, "linked").await;
    version("..version_2", &config.clone().model("up", "turned", ""));
    turn("..version_2");
    becomes_served(&app, "turned").await;
    assert!(!serves(&app, "linked").await);
}

#[tokio::test]
async fn under_load_without_one_failed_request() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    for _ in 0..8 {
        let (addr, is_over) = (app.addr, is_over.clone());
        clients.push(tokio::spawn(async move {
            let mut client = RawClient::connect(addr).await;
            let mut calls = 0;
            while !is_over.load(Ordering::Relaxed) {
                client.post_json("/v1/chat/completions", &chat("gpt-x").to_string(), &[]).await;
                assert_eq!(client.read_head().await.status, 200);
                client.read_body().await;
                calls += 1;
            }
            calls
        }));
    }
    for round in 0..10 {
        let before = app.generation();
        let other = config.clone().model("up", &format!("model-{round}"), "");
        // Every other time the provider changes as well, and with it its connections.
        let text =
            other.text().replace("sk-upstream", if round % 2 == 0 { "sk-a" } else { "sk-b" });
        std::fs::write(app.config_path(), text).unwrap();
        eventually("the file is taken", async || app.generation() > before).await;
    }
    is_over.store(true, Ordering::Relaxed);
    let mut calls = 0;
    for client in clients {
        calls += client.await.unwrap();
    }
    assert!(calls >= 10, "{calls} calls");
    assert_eq!(app.recorded_count().await, calls, "a call has one record, and none is lost");
}

#[tokio::test]
async fn a_stream_goes_on_when_its_provider_leaves_the_file() {
    let upstream =
        Upstream::start(Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal)).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    app.reconfigure(
        Config::new().tables("[[providers]]\nname = \"demo\"\ntype = \"mock\"").text().as_str(),
    )
    .await;
    assert!(!serves(&app, "gpt-x").await);
    upstream.proceed();
    let (frames, _) = client.read_to_end().await;
    assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n");
}

#[tokio::test]
async fn a_file_with_any_error_changes_nothing_and_says_where() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    for (text, place) in [
        (format!("{}\n[server", config.text()), "unclosed table"),
        (config.clone().model("nobody", "new", "").text(), "names the unknown provider `nobody`"),
        (config.clone().model("up", "gpt-x", "").text(), "`up/gpt-x` is defined twice"),
        (
            config.clone().model("up", "new", "[models.config]\ncost_per_1k_tokens = \"x\"").text(),
            "must be a number",
        ),
        (String::new(), "the file is empty"),
    ] {
        app.reconfigure(&text).await;
        let status = app.get("/config/status").await.json();
        assert_eq!(status["is_current"], false, "{text}");
        let problems = status["problems"].to_string();
        assert!(problems.contains(place), "{problems}");
        assert!(status["problems"][0]["line"].as_u64().unwrap() >= 1);
        assert!(serves(&app, "gpt-x").await && !serves(&app, "new").await);

        let sync = app.post("/config/sync", &json!({})).await;
        assert_eq!(sync.status, 400);
        assert!(sync.json()["errors"].to_string().contains(place), "{}", sync.text());
    }
    app.reconfigure(&config.clone().model("up", "new", "").text()).await;
    assert!(serves(&app, "new").await);
    assert_eq!(app.get("/config/status").await.json()["is_current"], true);
}

#[tokio::test]
async fn sync_answers_with_the_diff() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).model("up", "old", "").model("up", "same", "");
    let app = TestApp::start(&config).await;
    let before = app.generation();
    let text = Config::with(&upstream)
        .model("up", "same", "# a comment changes nothing")
        .model("up", "new", "")
        .text()
        .replace("name = \"gpt-x\"\n", "name = \"gpt-x\"\ndisplay_name = \"X\"\n");
    std::fs::write(app.config_path(), text).unwrap();
    eventually("the file is taken", async || app.generation() > before).await;
    let status = app.get("/config/status").await.json();
    assert_eq!(
        status["last_change"],
        json!({"added": ["up/new"], "changed": ["up/gpt-x"], "removed": ["up/old"], "kept": ["up", "up/same"]})
    );
    let sync = app.post("/config/sync", &json!({})).await.json();
    assert_eq!((&sync["added"], &sync["removed"]), (&json!([]), &json!([])));
    assert_eq!(sync["kept"].as_array().unwrap().len(), 4);

    let gone = app.get("/models/up/old").await.json();
    assert_eq!(gone["is_active"], false, "what leaves the file is deactivated, never deleted");
}

#[tokio::test]
async fn an_entry_that_comes_back_is_active_again() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let with = Config::with(&upstream).model("up", "other", "");
    let app = TestApp::start(&with).await;
    app.reconfigure(&Config::with(&upstream).text()).await;
    assert!(!serves(&app, "other").await);
    app.reconfigure(&with.text()).await;
    assert!(serves(&app, "other").await);
}

#[tokio::test]
async fn an_edit_in_the_database_stands_until_the_file_edits_the_same_entry() {
    use diesel::RunQueryDsl;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    let (folder, _) = app.stop();
    let database =
        llm_router::store::Database::at(&folder.path().join("router.db").display().to_string());
    diesel::sql_query("UPDATE models SET display_name = 'edited', is_active = 0")
        .execute(&mut database.connect().unwrap())
        .unwrap();

    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(app.get("/models/up/gpt-x").await.json()["display_name"], "edited");
    assert!(!serves(&app, "gpt-x").await);
    app.reconfigure(&config.clone().model("up", "other", "").text()).await;
    assert_eq!(app.get("/models/up/gpt-x").await.json()["display_name"], "edited");

    let edited =
        config.text().replace("name = \"gpt-x\"\n", "name = \"gpt-x\"\ndescription = \"d\"\n");
    app.reconfigure(&edited).await;
    let model = app.get("/models/up/gpt-x").await.json();
    assert_eq!((&model["display_name"], &model["is_active"]), (&json!(null), &json!(true)));
}

#[tokio::test]
async fn changes_of_server_say_that_they_need_a_restart() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    app.reconfigure(&config.server("port = 1\nmax_body_bytes = 5").text()).await;
    let status = app.get("/config/status").await.json();
    assert_eq!(status["restart_needed"], json!(["port", "max_body_bytes"]));
    assert!(serves(&app, "gpt-x").await);
}
