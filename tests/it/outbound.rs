//! The way out through real proxies, and TLS that is never bypassed.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::support::app::Setup;
use crate::support::tls::face;
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually, skip, streamed_chat};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a proxy and waits until it listens; `None` where it is not installed.
async fn proxy(mut command: Command, port: u16) -> Option<Child> {
    let command = command.kill_on_drop(true).stdin(Stdio::null());
    let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        skip("the proxy is not installed; `make test-tools` does it");
        return None;
    };
    eventually("the proxy listens", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
    })
    .await;
    Some(child)
}

async fn tinyproxy(folder: &Path) -> Option<(Child, u16)> {
    let port = free_port();
    let config = folder.join("tinyproxy.conf");
    let text = format!(
        "Port {port}\nListen 127.0.0.1\nBasicAuth user secret\nMaxClients 50\nTimeout 60\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(&config);
    Some((proxy(command, port).await?, port))
}

async fn microsocks() -> Option<(Child, u16)> {
    let port = free_port();
    let mut command = Command::new("microsocks");
    command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-u", "user", "-P", "secret"]);
    Some((proxy(command, port).await?, port))
}

fn config(base_url: &str, settings: &str) -> Config {
    let lines = format!("api_key = \"k\"\n[providers.settings]\n{settings}");
    Config::new().provider_with("up", base_url, &lines).model("up", "gpt-x", "")
}

async fn upstream() -> Upstream {
    Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a"]),
        false => Script::chat("hi"),
    })
    .await
}

#[tokio::test]
async fn tls_through_an_http_proxy_with_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_proxy, proxy_port)) = tinyproxy(folder.path()).await else { return };
    let upstream = upstream().await;
    let ca = folder.path().join("ca.pem");
    let port = face(&upstream, "localhost", &ca).await;
    let url = format!("https://localhost:{port}");
    let ca = format!("ca_file = \"{}\"", ca.display());

    let right = format!("{ca}\nproxy = \"http://user:secret@127.0.0.1:{proxy_port}\"");
    let app = TestApp::start(&config(&url, &right)).await;
    for body in [chat("gpt-x"), streamed_chat("gpt-x")] {
        let answer = app.chat(&body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let providers = app.get("/providers").await;
    assert!(!providers.text().contains("secret"), "{}", providers.text());

    let wrong = format!("{ca}\nproxy = \"http://user:wrong@127.0.0.1:{proxy_port}\"");
    let app = TestApp::start(&config(&url, &wrong)).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    let says = format!("proxy 127.0.0.1:{proxy_port}: it");
    assert!(answer.text().contains(&says) && !answer.text().contains("wrong"), "{}", answer.text());
}

#[tokio::test]
async fn tls_through_a_socks5_proxy_with_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_proxy, proxy_port)) = microsocks().await else { return };
    let upstream = upstream().await;
    let ca = folder.path().join("ca.pem");
    let port = face(&upstream, "localhost", &ca).await;
    let url = format!("https://localhost:{port}");
    for (password, status) in [("secret", 200), ("wrong", 502)] {
        let settings = format!(
            "ca_file = \"{}\"\nproxy = \"socks5h://user:{password}@127.0.0.1:{proxy_port}\"",
            ca.display()
        );
        let app = TestApp::start(&config(&url, &settings)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_a_502_that_names_it() {
    let upstream = upstream().await;
    let port = Upstream::refusing_port();
    let app = TestApp::start(&config(
        &upstream.base_url(),
        &format!("proxy = \"http://127.0.0.1:{port}\""),
    ))
    .await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains(&format!("proxy 127.0.0.1:{port}")), "{}", answer.text());
    assert_eq!(upstream.request_count(), 0, "never around the proxy");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_is_a_502_and_never_a_bypass() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let trusted = format!("ca_file = \"{}\"", ca.display());
    for (name, settings) in [("localhost", ""), ("other.example", trusted.as_str())] {
        let upstream = upstream().await;
        let port = face(&upstream, name, &ca).await;
        let app = TestApp::start(&config(&format!("https://localhost:{port}"), settings)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        assert_eq!(answer.status, 502, "{}", answer.text());
        assert!(answer.text().contains("certificate"), "{}", answer.text());
        assert_eq!(upstream.request_count(), 0);
    }
    let upstream = upstream().await;
    let port = face(&upstream, "localhost", &ca).await;
    let url = format!("https://localhost:{port}");
    let app = TestApp::start(&config(&url, &trusted)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let app = TestApp::start(&config(&url, "ca_file = \"/no/such/file.pem\"")).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert!(
        answer.status == 502 && answer.text().contains("/no/such/file.pem"),
        "{}",
        answer.text()
    );
}

/// A proxy that is its own upstream: what comes through the tunnel it answers itself.
async fn answering_proxy() -> Upstream {
    Upstream::with(|seen| match seen.method.as_str() {
        "CONNECT" => Script::status(200),
        _ => Script::chat("through the proxy"),
    })
    .await
}

#[tokio::test]
async fn the_environment_names_a_proxy_and_what_goes_around_it() {
    let direct = Upstream::start(Script::chat("straight")).await;
    // This machine, but not by a name that always goes around a proxy.
    let url = format!("http://0.0.0.0:{}", direct.addr().port());
    for (variable, no_proxy, settings, is_proxied) in [
        ("HTTP_PROXY", None, "", true),
        ("ALL_PROXY", Some("10.0.0.0/8,example.com"), "", true),
        ("HTTPS_PROXY", None, "", false),
        ("HTTP_PROXY", Some("example.com, 0.0.0.0"), "", false),
        ("HTTP_PROXY", None, "proxy = \"none\"", false),
    ] {
        let proxy = answering_proxy().await;
        let address = format!("http://user:secret@{}", proxy.addr());
        let setup = Setup::default().env(variable, &address);
        let setup = no_proxy.into_iter().fold(setup, |setup, names| setup.env("NO_PROXY", names));
        let app = setup.start(&config(&url, settings)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        let case = format!("{variable} {no_proxy:?} {settings}: {}", answer.text());
        assert_eq!(answer.status, 200, "{case}");
        assert_eq!(answer.text().contains("through the proxy"), is_proxied, "{case}");
        if is_proxied {
            let asked = proxy.requests().remove(0);
            assert_eq!((asked.method.as_str(), &asked.path), ("CONNECT", &url[7..].to_owned()));
            assert_eq!(asked.header("proxy-authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
        } else {
            assert_eq!(proxy.request_count(), 0, "{case}");
        }
    }
}
