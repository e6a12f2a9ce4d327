//! `db backup` and `db check`, beside a router that writes.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::client::{post_json, request};
use crate::support::process::{command, folder_with, run, serve};
use crate::support::{chat, eventually};

const DEMO: &str = "[[providers]]\nname = \"demo\"\ntype = \"mock\"\n\
    [[models]]\nname = \"echo\"\nprovider = \"demo\"\ntags = [\"demo\"]\n";

async fn verb(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = command(folder);
    command.args(args);
    run(command).await
}

/// What the router has accepted, once all of it is written.
async fn written(addr: SocketAddr) -> u64 {
    let mut accepted = 0;
    eventually("all records are written", async || {
        let records =
            request(addr, "GET", "/health/detail", &[], b"").await.json()["records"].clone();
        accepted = records["accepted"].as_u64().unwrap();
        records["written"] == records["accepted"]
    })
    .await;
    accepted
}

async fn status(addr: SocketAddr, credential: &str) -> u16 {
    let bearer = format!("Bearer {credential}");
    let headers = [("host", "router.example"), ("authorization", bearer.as_str())];
    request(addr, "GET", "/me", &headers, b"").await.status
}

#[tokio::test]
async fn a_backup_is_made_while_the_router_writes_and_has_all() {
    let folder = folder_with(DEMO);
    let (_, out, _) = verb(folder.path(), &["keys", "create", "--name", "team"]).await;
    let key = out.lines().last().unwrap().to_owned();
    let (_child, addr) = serve(command(folder.path())).await;
    let login = post_json(addr, "/auth/login", &json!({"api_key": key})).await;
    assert_eq!(login.status, 200, "{}", login.text());
    let token = login.json()["token"].as_str().unwrap().to_owned();
    let is_done = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let is_done = is_done.clone();
        async move {
            while !is_done.load(Ordering::Relaxed) {
                let answer = post_json(addr, "/v1/chat/completions", &chat("demo/echo")).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        }
    });
    for name in ["one.db", "two.db", "two.db"] {
        let (code, out, log) = verb(folder.path(), &["db", "backup", name, "--force"]).await;
        assert_eq!(code, 0, "{log}");
        assert!(out.contains("keep it as safe as the database"), "{out}");
        let (code, out, log) = verb(folder.path(), &["db", "check", name]).await;
        assert_eq!(code, 0, "{out}{log}");
    }
    let (code, out, log) = verb(folder.path(), &["db", "check"]).await;
    assert_eq!(code, 0, "beside the router that writes: {out}{log}");
    is_done.store(true, Ordering::Relaxed);
    load.await.unwrap();
    let calls = written(addr).await;
    let (code, _, log) = verb(folder.path(), &["db", "backup", "last.db"]).await;
    assert_eq!(code, 0, "{log}");
    let (code, out, _) = verb(folder.path(), &["db", "check", "last.db"]).await;
    assert!(code == 0 && out.contains(&format!(", {calls} calls")), "{calls} of {out}");
    restored(&folder.path().join("last.db"), calls, &[&key, &token]).await;
}

/// A router starts on a copy, knows all calls, and takes the same keys and sessions.
async fn restored(copy: &Path, calls: u64, credentials: &[&str]) {
    let folder = folder_with(DEMO);
    std::fs::copy(copy, folder.path().join("llm_router.db")).unwrap();
    let (_child, addr) = serve(command(folder.path())).await;
    let list = request(addr, "GET", "/monitor/invocations?limit=1", &[], b"").await.json();
    assert_eq!(list["total"], json!(calls), "{list}");
    let figures = request(addr, "GET", "/monitor/statistics?time_range=24h", &[], b"").await;
    assert_eq!(figures.status, 200, "{}", figures.text());
    for credential in credentials {
        assert_eq!(status(addr, credential).await, 200);
    }
    let answer = post_json(addr, "/v1/chat/completions", &chat("demo/echo")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(written(addr).await, 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_told_and_nothing_is_made() {
    let folder = folder_with(DEMO);
    let there = |name: &str| folder.path().join(name).exists();
    for args in [&["backup", "copy.db"][..], &["check"], &["check", "llm_router.db"], &["compact"]]
    {
        let args: Vec<&str> = ["db"].iter().chain(args).copied().collect();
        let (code, out, log) = verb(folder.path(), &args).await;
        assert_eq!((code, out.as_str()), (1, ""), "{log}");
        assert!(log.contains("there is no database llm_router.db"), "{log}");
    }
    assert!(!there("llm_router.db") && !there("copy.db"));
    std::fs::create_dir(folder.path().join("llm_router.db")).unwrap();
    for args in [&["db", "backup", "copy.db"][..], &["db", "check"]] {
        let (code, _, log) = verb(folder.path(), args).await;
        assert!(code == 1 && log.contains("is a folder"), "{log}");
    }
    std::fs::remove_dir(folder.path().join("llm_router.db")).unwrap();
    std::fs::write(folder.path().join("llm_router.db"), "no database at all. ".repeat(99)).unwrap();
    for args in [&["db", "backup", "copy.db"][..], &["db", "check"]] {
        let (code, out, log) = verb(folder.path(), args).await;
        assert_eq!((code, out.as_str()), (1, ""), "{log}");
        assert!(
            log.contains("no database of llm-router") || log.contains("not a database"),
            "{log}"
        );
    }
    assert!(!there("copy.db"));
    let (code, _, log) = verb(folder.path(), &["db", "backup"]).await;
    assert!(code == 2 && log.contains("<FILE>"), "{log}");
}
