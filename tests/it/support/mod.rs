//! What tests are made of.

pub mod app;
pub mod catalogue;
pub mod client;
pub mod config;
mod connection;
pub mod elsewhere;
pub mod exposition;
pub mod process;
pub mod received;
mod response;
pub mod script;
pub mod secured;
pub mod tls;
pub mod upstream;
mod wire;

use std::time::Duration;

pub use app::TestApp;
pub use config::Config;
pub use script::{Script, Step};
pub use upstream::Upstream;

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A test that cannot run here says so and is passed over. With `REQUIRE_TOOLS=1` it fails instead.
///
/// # Panics
/// When the tools are required.
pub fn skip(reason: &str) {
    let is_required = std::env::var("REQUIRE_TOOLS").is_ok_and(|value| value == "1");
    assert!(!is_required, "REQUIRE_TOOLS is set, and {reason}");
    eprintln!("skipped: {reason}");
}

/// Looks again and again until it is so; says what was expected after ten seconds.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within ten seconds: {what}");
}

/// A chat body with one user message.
pub fn chat(model: &str) -> serde_json::Value {
    serde_json::json!({"model": model, "messages": [{"role": "user", "content": "hi"}]})
}

/// The same, to be streamed.
pub fn streamed_chat(model: &str) -> serde_json::Value {
    serde_json::json!({
        "model": model, "stream": true, "messages": [{"role": "user", "content": "hi"}],
    })
}
