//! `llm-router init`: from an empty folder to a first answer.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::chat;
use crate::support::client::{post_json, request};
use crate::support::process::{command, run, serve};

async fn verb(folder: &Path, args: &[&str], set: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = command(folder);
    command.args(args).envs(set.iter().copied());
    run(command).await
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test]
async fn an_empty_folder_becomes_a_router_that_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, log) = verb(folder.path(), &["init"], &[]).await;
    assert_eq!((code, log.as_str()), (0, ""), "{out}");
    assert!(out.contains("for real answers set one of OPENAI_API_KEY"), "{out}");
    let (code, out, _) = verb(folder.path(), &["check"], &[]).await;
    assert!(code == 0 && !out.contains("warning"), "{out}");
    let mode = folder.path().join(".env").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let dotenv = text(folder.path(), ".env");
    let key = dotenv.lines().find_map(|line| line.strip_prefix("LLM_ROUTER_API_KEYS=")).unwrap();
    assert!(key.starts_with("sk-") && !out.contains(key));
    let (_child, addr) = serve(command(folder.path())).await;
    assert_eq!(post_json(addr, "/v1/chat/completions", &chat("demo/echo")).await.status, 200);
    let bearer = format!("Bearer {key}");
    for (headers, expected) in [
        (&[("host", "router.example")][..], 401),
        (&[("host", "router.example"), ("authorization", &bearer)], 200),
    ] {
        assert_eq!(request(addr, "GET", "/v1/models", headers, b"").await.status, expected);
    }
}

#[tokio::test]
async fn keys_of_the_environment_are_used_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [
        ("OPENAI_API_KEY", "sk-HUSH-0123456789"),
        ("ANTHROPIC_API_KEY", "sk-ant-HUSH-one, sk-ant-HUSH-two"),
        ("XAI_API_KEY", "YOUR_API_KEY"),
    ];
    let (code, out, log) = verb(folder.path(), &["init"], &keys).await;
    assert_eq!((code, log.as_str()), (0, ""), "{out}");
    assert!(!out.contains("HUSH") && !text(folder.path(), "router.toml").contains("HUSH"));
    assert!(out.contains("XAI_API_KEY is not used: it looks like a placeholder"), "{out}");
    assert!(out.contains("\"model\": \"openai/"), "{out}");
    // From here on the keys are known from `.env` alone.
    let (code, out, _) = verb(folder.path(), &["check"], &[]).await;
    assert!(code == 0 && !out.contains("warning"), "{out}");
    assert!(out.contains("ok, 3 providers"), "{out}");
    assert!(out.lines().filter(|line| line.contains("  ready ")).count() == 3, "{out}");
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("router.toml"), "# mine\n").unwrap();
    let (code, out, log) = verb(folder.path(), &["init"], &[]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(log.contains("router.toml` exists already and is left as it is"), "{log}");
    assert!(!at(".env").exists());
    std::fs::write(at(".env"), "XAI_API_KEY=xai-0123456789\nLLM_ROUTER_API_KEYS='open\n").unwrap();
    let set = [("OPENAI_API_KEY", "sk-0123456789")];
    let (code, out, log) = verb(folder.path(), &["init", "--config", "more.toml"], &set).await;
    assert_eq!(code, 0, "{log}");
    for says in
        ["grok (", "only this shell knows OPENAI_API_KEY", "keys create", "--config more.toml"]
    {
        assert!(out.contains(says), "{says}: {out}");
    }
    assert_eq!(text(folder.path(), "router.toml"), "# mine\n");
    assert!(text(folder.path(), ".env").ends_with("'open\n"));
}

#[tokio::test]
async fn where_nothing_can_be_written_it_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["init", "--config", "missing/router.toml"];
    let (code, out, log) = verb(folder.path(), &args, &[]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(log.contains("`missing/router.toml` cannot be written"), "{log}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // A folder that nobody may write, root neither.
    let (code, out, log) = verb(Path::new("/proc"), &["init"], &[]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(log.contains("run this in a folder that you may write"), "{log}");
    // The second file fails, and the first goes.
    std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let elsewhere = folder.path().join("elsewhere/router.toml").display().to_string();
    let (code, ..) = verb(Path::new("/proc"), &["init", "--config", &elsewhere], &[]).await;
    assert_eq!(code, 1);
    assert_eq!(std::fs::read_dir(folder.path().join("elsewhere")).unwrap().count(), 0);
}
