//! The journal: changes by callers, and circuits' changes by the router.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

/// One failure opens a circuit, which then stays open.
const TOUCHY: &str = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 3600\n\
    max_rest = 3600\n";

fn summaries(events: &[Value]) -> Vec<String> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    let summaries = events.iter().map(|event| {
        format!("{} {} by {}", text(event, "kind"), text(event, "subject"), text(event, "actor"))
    });
    summaries.collect()
}

#[tokio::test]
async fn a_circuit_that_opens_is_noted_and_can_be_closed_by_hand() {
    let upstream = Upstream::sequence(vec![Script::status(500), Script::chat("hi")]).await;
    let app = TestApp::start(&Config::with(&upstream).routing(TOUCHY)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    app.chat(&chat("gpt-x")).await;
    assert_eq!(upstream.request_count(), 1, "it rests");
    let opened = app.events("circuit").await;
    assert_eq!(summaries(&opened), ["circuit.opened up/gpt-x by router"]);
    assert_eq!(
        opened[0]["summary"],
        "model `up/gpt-x` is cooling down (circuit open): 1 failures in a row"
    );
    assert_eq!(
        (&opened[0]["before"], &opened[0]["after"]),
        (&json!({"circuit": "closed"}), &json!({"circuit": "open"}))
    );

    let reset = app.post("/providers/up/reset", &json!({})).await;
    let closed = json!([{"kind": "model", "name": "up/gpt-x", "was": "open"}]);
    assert_eq!((reset.status, &reset.json()["closed"]), (200, &closed));
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let circuits = app.events("circuit").await;
    let by_hand = "circuit.closed up/gpt-x by local";
    assert_eq!(summaries(&circuits), ["circuit.opened up/gpt-x by router", by_hand]);

    let again = app.post("/providers/up/reset", &json!({})).await;
    assert_eq!(again.json()["closed"], json!([]), "there is nothing left to close");
    assert_eq!(app.post("/providers/nobody/reset", &json!({})).await.status, 404);
}

#[tokio::test]
async fn the_circuits_of_an_unreachable_provider_stay_open_until_it_is_reset() {
    let nobody = format!("http://127.0.0.1:{}", Upstream::refusing_port());
    let config = Config::new().provider("up", &nobody).model("up", "gpt-x", "").routing(TOUCHY);
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    assert_eq!(summaries(&app.events("circuit").await), ["circuit.opened up by router"]);
    let reset = app.post("/providers/up/reset", &json!({})).await;
    assert_eq!(reset.json()["closed"], json!([{"kind": "provider", "name": "up", "was": "open"}]));
}

#[tokio::test]
async fn the_call_that_tries_a_rested_model_is_noted_too() {
    let upstream = Upstream::sequence(vec![Script::status(500), Script::chat("hi")]).await;
    let short =
        "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 0.001\nmax_rest = 0.001\n";
    let app = TestApp::start(&Config::with(&upstream).routing(short)).await;
    app.chat(&chat("gpt-x")).await;
    crate::support::eventually("its rest is over and the try succeeds", async || {
        app.chat(&chat("gpt-x")).await.status == 200
    })
    .await;
    assert_eq!(
        summaries(&app.events("circuit").await),
        [
            "circuit.opened up/gpt-x by router",
            "circuit.half_open up/gpt-x by router",
            "circuit.closed up/gpt-x by router"
        ]
    );
}

#[tokio::test]
async fn reloads_are_noted_with_what_they_did_and_who_asked_for_them() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = Setup::default().env("LLM_ROUTER_API_KEYS", "sk-admin").start(&config).await;
    app.reconfigure(&config.clone().model("up", "new", "").text()).await;
    app.reconfigure("[server").await;
    app.post("/config/sync", &json!({})).await;
    let headers = [("x-api-key", "sk-admin"), ("host", "router.example")];
    request(app.addr, "POST", "/config/sync", &headers, b"").await;

    let events = app.events("config").await;
    assert_eq!(
        summaries(&events),
        [
            "config.reloaded router.toml by file",
            "config.reloaded router.toml by file",
            "config.refused router.toml by file",
            "config.refused router.toml by local",
            "config.refused router.toml by LLM_ROUTER_API_KEYS#1",
        ]
    );
    assert_eq!(events[0]["after"]["added"], json!(["up", "up/gpt-x"]));
    assert_eq!(events[1]["after"], json!({"added": ["up/new"], "changed": [], "removed": []}));
    assert!(events[2]["summary"].as_str().unwrap().contains(":1:8: error: unclosed table"));
}

#[tokio::test]
async fn the_list_is_filtered_and_goes_on_from_where_a_page_ended() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    for _ in 0..4 {
        app.post("/config/sync", &json!({})).await;
    }
    let all = app.events("config.reloaded").await;
    assert_eq!(all.len(), 5);
    let ids = |page: &Value| -> Vec<i64> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    let mut seen = Vec::new();
    let mut path = String::from("/events?subject=router.toml&limit=2");
    loop {
        let page = app.get(&path).await.json();
        seen.extend(ids(&page));
        let Some(before) = page["next_before"].as_i64() else { break };
        path = format!("/events?subject=router.toml&limit=2&before={before}");
    }
    let mut expected: Vec<i64> = all.iter().map(|event| event["id"].as_i64().unwrap()).collect();
    expected.reverse();
    assert_eq!(seen, expected);

    let at = all[2]["at"].as_str().unwrap();
    let since = app.get(&format!("/events?start_time={at}")).await.json();
    assert_eq!(ids(&since).len(), 3);
    let until = app.get(&format!("/events?end_time={at}&subject=router.toml")).await.json();
    assert_eq!(ids(&until).len(), 3);
    assert_eq!(ids(&app.get("/events?subject=nobody").await.json()), [0i64; 0]);

    for (query, param) in [("kind=circus", "kind"), ("start_time=yesterday", "start_time")] {
        let refused = app.get(&format!("/events?{query}")).await;
        assert_eq!(refused.status, 400);
        assert!(refused.json()["detail"].as_str().unwrap().contains(param), "{}", refused.text());
    }
}

#[tokio::test]
async fn events_survive_a_restart() {
    let upstream = Upstream::start(Script::status(500)).await;
    let app = TestApp::start(&Config::with(&upstream).routing(TOUCHY)).await;
    app.chat(&chat("gpt-x")).await;
    let (folder, _) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(summaries(&app.events("circuit").await), ["circuit.opened up/gpt-x by router"]);
}
