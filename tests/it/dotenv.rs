//! `.env`: a bad line affects no other, no value is printed, and no access is granted by it.

use std::path::Path;

use crate::support::client::request;
use crate::support::process::{command, folder_with, run, serve};

const DEMO: &str = "[[providers]]\nname = \"demo\"\ntype = \"mock\"\n\
    [[models]]\nname = \"echo\"\nprovider = \"demo\"\n\
    [[providers]]\nname = \"up\"\ntype = \"openai\"\napi_key_env = \"UP_KEY\"\n";

fn write(folder: &Path, dotenv: &[u8]) {
    std::fs::write(folder.join(".env"), dotenv).unwrap();
}

#[tokio::test]
async fn what_stands_behind_a_bad_line_is_read() {
    for bad in [
        "UP_KEY=\"sk-SECRET-one\nOTHER=x",
        "UP_KEY='sk-SECRET-one",
        "UP_KEY=\"sk-SECRET-one\", \"sk-SECRET-two\"",
        "UP_KEY=sk-SECRET\0one",
        "UP_KEY=sk-SECRET-${MISSING}",
        "sk-SECRET-one",
    ] {
        let folder = folder_with(DEMO);
        let locks = "LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH=false\r\n\
            export LLM_ROUTER_API_KEYS=\"sk-admin-SECRET-0123456789\" # ours\r\n";
        write(folder.path(), format!("\u{feff}{bad}\r\n{locks}").as_bytes());
        let (_child, addr) = serve(command(folder.path())).await;
        let status = async |headers: &[(&str, &str)]| {
            request(addr, "GET", "/api-keys", headers, b"").await.status
        };
        assert_eq!(status(&[]).await, 401, "{bad}");
        assert_eq!(status(&[("x-api-key", "sk-admin-SECRET-0123456789")]).await, 200, "{bad}");
        let mut check = command(folder.path());
        check.arg("check");
        let (code, out, log) = run(check).await;
        assert_eq!(code, 0, "{out}{log}");
        assert!(out.contains("warning: .env:1: "), "{out}");
        assert!(!format!("{out}{log}").contains("SECRET"), "{out}{log}");
    }
}

#[tokio::test]
async fn values_reach_the_providers_whole() {
    use crate::support::{Config, Script, Upstream};
    let upstream = Upstream::start(Script::status(200).json(r#"{"data":[]}"#)).await;
    for (line, expected) in [
        ("UP_KEY=pa$$word#1", "pa$$word#1"),
        ("UP_KEY=sk-$ecret\\n", "sk-$ecret\\n"),
        ("UP_KEY='$HOME \"${x}'", "$HOME \"${x}"),
        ("UP_KEY=\"a \\\" \\\\ \\$b\"", "a \" \\ $b"),
        ("BASE=b\nexport UP_KEY = a-${BASE}-$BASE # c", "a-b-b"),
    ] {
        let config = Config::with(&upstream).text();
        let config = config.replace("api_key = \"sk-upstream\"", "api_key_env = \"UP_KEY\"");
        assert!(config.contains("UP_KEY"));
        let folder = folder_with(&config);
        write(folder.path(), line.as_bytes());
        let mut test = command(folder.path());
        test.args(["providers", "test", "up"]);
        let (code, out, _) = run(test).await;
        assert_eq!(code, 0, "{out}");
        let sent = upstream.requests().pop().unwrap();
        assert_eq!(sent.header("authorization"), Some(format!("Bearer {expected}").as_str()));
    }
}

#[tokio::test]
async fn nothing_starts_where_a_switch_of_access_may_be_among_what_was_not_read() {
    for dotenv in [
        &b"LLM_ROUTER_REQUIRE_AUTH=\"SECRET"[..],
        b"LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH='SECRET",
        b"LLM_ROUTER_API_KEYS=\"sk-SECRET-1\", \"sk-SECRET-2\"",
        b"LLM_ROUTER_API_KEYS=sk-SECRET\0",
        b"LLM_ROUTER_API_KEYS=sk-SECRET-1,\\\nsk-SECRET-2",
        b"LLM_ROUTER_API_KEYS: sk-SECRET",
        b"UP_KEY=SECRET LLM_ROUTER_REQUIRE_AUTH=true",
        b"LLM_ROUTER_REQUIRE_AUTH=true LLM_ROUTER_API_KEYS=SECRET",
        b"L\0L\0M\0_\0R\0O\0U\0T\0E\0R\0_\0R\0E\0Q\0=\0S\0E\0C\0R\0E\0T\0",
    ] {
        let folder = folder_with(DEMO);
        write(folder.path(), dotenv);
        for verb in [&[][..], &["check"], &["keys", "list"], &["providers", "test", "demo"]] {
            let mut command = command(folder.path());
            command.args(verb);
            let (code, out, log) = run(command).await;
            assert_eq!(code, 1, "{verb:?} {out}{log}");
            assert!(format!("{out}{log}").contains("who may call is unknown"), "{out}{log}");
            assert!(!format!("{out}{log}").contains("SECRET"), "{out}{log}");
        }
        assert!(!folder.path().join("llm_router.db").exists());
    }
}

#[tokio::test]
async fn nothing_starts_where_the_file_is_there_and_cannot_be_read() {
    let folder = folder_with(DEMO);
    let path = folder.path().join(".env");
    let refused = async || {
        let (code, _, log) = run(command(folder.path())).await;
        assert_eq!(code, 1, "{log}");
        assert!(log.contains("not started: .env cannot be read"), "{log}");
    };
    std::fs::create_dir(&path).unwrap();
    refused().await;
    std::fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink("gone", &path).unwrap();
    refused().await;
}

#[tokio::test]
async fn a_variable_that_is_no_text_closes_rather_than_counts_as_absent() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_with(DEMO);
    let mut command = command(folder.path());
    command.env("LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH", std::ffi::OsStr::from_bytes(b"false\xff"));
    let (code, _, log) = run(command).await;
    assert_eq!(code, 1);
    assert!(log.contains("LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH: its value is not true"), "{log}");
}
