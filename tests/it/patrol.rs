//! Active probes, where a provider's settings ask for them: by the list of its models alone.

use serde_json::Value;

use crate::support::{Config, Script, TestApp, Upstream, eventually};

const QUICK: &str =
    "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 0.5\nmax_rest = 0.5";

fn watched(base_url: &str) -> Config {
    let settings = "api_key = \"sk-upstream\"\n[providers.settings]\nprobe_interval = 1";
    Config::new().provider_with("up", base_url, settings).model("up", "gpt-x", "").routing(QUICK)
}

async fn circuit(app: &TestApp) -> Value {
    app.get("/health/detail").await.json()["providers"][0]["circuit"].clone()
}

#[tokio::test]
async fn a_dead_provider_is_taken_out_before_any_call_meets_it() {
    let port = Upstream::refusing_port();
    let app = TestApp::start(&watched(&format!("http://127.0.0.1:{port}/v1"))).await;
    eventually("its circuit opens", async || circuit(&app).await != "closed").await;
    assert_eq!(app.records().await.len(), 0, "a probe is no call");
}

#[tokio::test]
async fn only_the_list_of_models_is_asked_for_and_a_provider_that_is_back_is_called_again() {
    let upstream = Upstream::start(Script::status(401).json("{}")).await.takes_anything();
    let config = watched(&upstream.base_url());
    let config = config.routing(&QUICK.replace("max_rest", "billing_rest = 0.5\nmax_rest"));
    let app = TestApp::start(&config).await;
    eventually("its circuit opens", async || circuit(&app).await != "closed").await;
    upstream.set(Script::status(200).json(r#"{"object":"list","data":[]}"#));
    eventually("its circuit closes", async || circuit(&app).await == "closed").await;
    let requests = upstream.requests();
    assert!(
        requests
            .iter()
            .all(|seen| (seen.method.as_str(), seen.path.as_str()) == ("GET", "/v1/models"))
    );
}

#[tokio::test]
async fn no_provider_is_probed_without_its_setting() {
    let (watched_one, other) = (
        Upstream::start(Script::status(200).json("{}")).await.takes_anything(),
        Upstream::start(Script::chat("hi")).await,
    );
    let config = watched(&watched_one.base_url())
        .provider("other", &other.base_url())
        .model("other", "m", "");
    let _app = TestApp::start(&config).await;
    watched_one.wait_for_requests(2).await;
    assert_eq!(other.request_count(), 0);
}
