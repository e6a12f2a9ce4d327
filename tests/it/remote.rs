//! Callers on another host: their packets come over a cable, not over the loopback.

use crate::support::app::Setup;
use crate::support::elsewhere::Elsewhere;
use crate::support::{Config, Script, TestApp, Upstream};

const KEY: &str = "authorization: Bearer sk-a-key-for-remote-callers";

/// A key that is good from `addresses` only.
fn key_for(addresses: &str) -> String {
    format!(
        "[[api_keys]]\nkey = \"sk-a-key-for-remote-callers\"\nname = \"far\"\n\
         allowed_ips = [\"{addresses}\"]\n"
    )
}

async fn start(config: impl FnOnce(Config) -> Config) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config(Config::with(&upstream));
    let app = Setup::default().on_all_addresses().start(&config).await;
    (upstream, app)
}

#[tokio::test]
async fn without_any_key_a_remote_caller_gets_the_command_that_creates_one() {
    let Some(host) = Elsewhere::make().await else { return };
    let (_upstream, app) = start(|config| config).await;
    let port = app.addr.port();
    for headers in
        [&[][..], &["host: localhost"], &["host: 127.0.0.1", "x-forwarded-for: 127.0.0.1"], &[KEY]]
    {
        let (status, body) = host.get(port, "/models", headers).await;
        assert_eq!(status, 401, "{headers:?}: {body}");
        assert!(body.contains("llm-router keys create --name"), "{body}");
    }
    assert_eq!(host.get(port, "/health", &[]).await.0, 200);
    assert_eq!(app.get("/models").await.status, 200, "who calls from here needs no key");
}

#[tokio::test]
async fn a_remote_caller_needs_a_key_that_is_good_at_its_address() {
    let Some(host) = Elsewhere::make().await else { return };
    let own = host.own_address.to_string();
    let (_upstream, app) = start(|config| config.tables(&key_for(&own))).await;
    let port = app.addr.port();
    assert_eq!(host.get(port, "/models", &[]).await.0, 401);
    assert_eq!(host.get(port, "/models", &[KEY]).await.0, 200);
    assert_eq!(host.get(port, "/api/v1/models", &[KEY]).await.0, 200);
    // It is no trusted proxy, so its own address counts.
    let as_other = [KEY, "x-forwarded-for: 9.9.9.9"];
    assert_eq!(host.get(port, "/models", &as_other).await.0, 200);
    let (status, body) = host.get(port, "/providers", &[KEY]).await;
    assert_eq!(status, 403, "a user is no admin: {body}");
}

#[tokio::test]
async fn a_trusted_proxy_on_another_host_says_whom_it_asks_for() {
    let Some(host) = Elsewhere::make().await else { return };
    let trusted = format!("trusted_proxies = [\"{}\"]", host.own_address);
    let keys = key_for("9.9.9.0/24");
    let (_upstream, app) = start(|config| config.server(&trusted).tables(&keys)).await;
    let port = app.addr.port();
    for (header, expected) in [
        ("x-forwarded-for: 9.9.9.9", 200),
        ("x-forwarded-for: 8.8.8.8, 9.9.9.9", 200),
        ("x-forwarded-for: 9.9.9.9, 8.8.8.8", 403),
        ("forwarded: for=9.9.9.9;proto=https", 200),
        ("x-real-ip: 9.9.9.9", 200),
        ("x-real-ip: 8.8.8.8", 403),
        // For itself it may not use the key.
        ("accept: */*", 403),
    ] {
        let (status, body) = host.get(port, "/models", &[KEY, header]).await;
        assert_eq!(status, expected, "{header}: {body}");
    }
    let local = ["host: localhost", "x-forwarded-for: 127.0.0.1"];
    assert_eq!(host.get(port, "/models", &local).await.0, 401, "what a proxy brings is not local");
}

#[tokio::test]
async fn nothing_of_another_host_stays() {
    let Some(host) = Elsewhere::make().await else { return };
    let cable = host.cable.clone();
    let is_there = || std::path::Path::new("/sys/class/net").join(&cable).exists();
    assert!(is_there());
    drop(host);
    crate::support::eventually("the cable is gone", async || !is_there()).await;
}
