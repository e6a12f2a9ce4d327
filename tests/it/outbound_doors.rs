//! Egress policy: provider URLs must not point at addresses that hand out the machine's
//! credentials.

use serde_json::json;

use crate::support::{Config, Script, TestApp, Upstream};

const METADATA: [&str; 6] = [
    "http://169.254.169.254",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://[::ffff:169.254.169.254]",
    "http://[fe80::1]",
    "http://metadata.google.internal",
];

#[tokio::test]
async fn link_local_and_metadata_addresses_are_refused_over_rest() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    for url in METADATA {
        for (settings, base_url, param) in [
            (json!({}), url, "base_url"),
            (json!({"endpoint": format!("{url}/x")}), "http://x", "settings.endpoint"),
            (json!({"proxy": url}), "http://x", "settings.proxy"),
        ] {
            let body =
                json!({"name": "a", "type": "openai", "base_url": base_url, "settings": settings});
            let refused = app.post("/providers", &body).await;
            assert_eq!(
                (refused.status, &refused.json()["param"]),
                (400, &json!(param)),
                "{body}: {}",
                refused.text()
            );
            assert!(refused.text().contains("allow_link_local"), "{}", refused.text());
        }
        let patched = app.patch("/providers/up", &json!({"base_url": url})).await;
        assert_eq!(patched.status, 400, "{url}");
    }
}

#[tokio::test]
async fn they_are_refused_in_the_file_with_their_place_unless_it_allows_them() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).provider("meta", "http://169.254.169.254/v1");
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.reconfigure(&config.text()).await;
    let status = app.get("/config/status").await.json();
    let problem = &status["problems"][0];
    assert!(problem["message"].as_str().unwrap().contains("metadata address"), "{status}");
    let line = problem["line"].as_u64().unwrap() as usize;
    assert!(config.text().lines().nth(line - 1).unwrap().starts_with("base_url"), "{status}");
    assert_eq!(problem["column"], 12);

    app.reconfigure(&config.clone().server("allow_link_local = true").text()).await;
    assert_eq!(app.get("/providers/meta").await.json()["health"], "ready");
    let body = json!({"name": "rest", "type": "openai_compatible", "base_url": METADATA[1]});
    assert_eq!(app.post("/providers", &body).await.status, 201);

    app.reconfigure(&Config::with(&upstream).text()).await;
    let view = app.get("/providers/rest").await.json();
    assert_eq!(view["health"], "no url", "an entry from when it was allowed is not called");
    assert!(view["detail"].as_str().unwrap().contains("allow_link_local"), "{view}");
}
