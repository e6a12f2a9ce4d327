//! Verbs that ask or print: `health`, `completions`, `man`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use crate::support::client::request;
use crate::support::process::{command, folder_with, run, serve};

const DEMO: &str = "[[providers]]\nname = \"demo\"\ntype = \"mock\"\n\
    [[models]]\nname = \"echo\"\nprovider = \"demo\"\ntags = [\"demo\"]\n";

async fn verb(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = command(folder);
    command.args(args);
    run(command).await
}

#[tokio::test]
async fn health_says_whether_the_router_is_well() {
    let folder = folder_with(DEMO);
    let (_child, addr) = serve(command(folder.path())).await;
    let port = addr.port().to_string();
    let (code, out, log) = verb(folder.path(), &["health", "--port", &port]).await;
    assert_eq!((code, log.as_str()), (0, ""), "{out}");
    assert_eq!(out, format!("ok: 127.0.0.1:{port}\n"));
    let ready = ["health", "--ready", "--port", &port, "--host", "localhost"];
    let (code, out, log) = verb(folder.path(), &ready).await;
    assert_eq!((code, out), (0, format!("ready: localhost:{port}\n")), "{log}");
    // The router keeps the last file that could be used, and so its port; a broken `.env` is none of it.
    let broken =
        format!("{DEMO}[server]\nport = {port}\nbase_path = \"/llm/\"\n[[models]]\nname = 5\n");
    std::fs::write(folder.path().join("router.toml"), broken).unwrap();
    std::fs::write(folder.path().join(".env"), "LLM_ROUTER_API_KEYS='open\n").unwrap();
    let (code, out, log) = verb(folder.path(), &["health"]).await;
    assert_eq!((code, out), (0, format!("ok: 127.0.0.1:{port}\n")), "{log}");
    let mut elsewhere = command(folder.path());
    elsewhere.arg("health").env("LLM_ROUTER_PORT", "many");
    let (code, out, log) = run(elsewhere).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(log.contains("LLM_ROUTER_PORT: `many` is not a port"), "{log}");
}

#[tokio::test]
async fn health_says_what_is_wrong() {
    let folder = folder_with("[[providers]]\nname = \"demo\"\ntype = \"mock\"\n");
    let (_child, addr) = serve(command(folder.path())).await;
    assert_eq!(request(addr, "GET", "/health/ready", &[], b"").await.status, 503);
    let port = addr.port().to_string();
    let (code, out, log) = verb(folder.path(), &["health", "--ready", "--port", &port]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(log.contains("models: no model can be called"), "{log}");
    let (code, ..) = verb(folder.path(), &["health", "--port", &port]).await;
    assert_eq!(code, 0);
    for (args, says) in [
        (&["--port", "0"][..], "port 0 is any free port"),
        (&["--port", "1"], "nothing answers at 127.0.0.1:1: Connection refused"),
        (&["--host", "router.invalid"], "nothing answers at router.invalid:8000"),
        (&["--timeout", "soon"], "write a number of seconds"),
    ] {
        let args: Vec<&str> = ["health"].iter().chain(args).copied().collect();
        let (code, out, log) = verb(folder.path(), &args).await;
        assert_eq!((code != 0, out.as_str()), (true, ""), "{log}");
        assert!(log.contains(says), "{log}");
    }
}

/// A listener that answers the one who comes with these bytes, or with nothing.
fn stranger(answer: Option<&'static [u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        match answer {
            Some(answer) => stream.write_all(answer).unwrap(),
            // Until the client leaves.
            None => drop(stream.read_to_end(&mut Vec::new())),
        }
    });
    port
}

#[tokio::test]
async fn another_program_is_no_router() {
    let folder = folder_with(DEMO);
    for (answer, says) in [
        (
            Some(&b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"[..]),
            "answers with status 404",
        ),
        (Some(b"HTTP/1.1 200 OK\r\n\r\n<html>"), "not as LLM Router does"),
        (Some(b"HTTP/1.1 401 Unauthorized\r\n\r\n{}"), "asks for a key"),
        (Some(b"220 mail.example ESMTP\r\n"), "does not speak HTTP"),
        (Some(b""), "does not speak HTTP"),
        (None, "no answer from 127.0.0.1"),
    ] {
        let port = stranger(answer);
        let args = ["health", "--ready", "--timeout", "2", "--port", &port];
        let (code, out, log) = verb(folder.path(), &args).await;
        assert_eq!((code, out.as_str()), (1, ""), "{log}");
        assert!(log.contains(says), "{says}: {log}");
    }
}

#[tokio::test]
async fn completions_and_the_manual_know_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    // What needs no variable is not stopped by a file of them.
    std::fs::write(folder.path().join(".env"), "LLM_ROUTER_API_KEYS='open\n").unwrap();
    let verbs = [
        "serve",
        "init",
        "check",
        "health",
        "providers",
        "keys",
        "db",
        "completions",
        "man",
        "version",
    ];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, out, log) = verb(folder.path(), &["completions", shell]).await;
        assert_eq!(code, 0, "{log}");
        assert!(verbs.iter().all(|verb| out.contains(verb)), "{shell}: {out}");
    }
    let (code, out, _) = verb(folder.path(), &["man"]).await;
    assert_eq!(code, 0);
    assert!(out.contains(".TH llm-router 1"), "{out}");
    for verb in verbs {
        assert!(
            out.contains(&format!(".SH \"LLM\\-ROUTER {}", verb.to_uppercase())),
            "{verb}: {out}"
        );
    }
    let (code, out, log) = verb(folder.path(), &["completions", "cmd"]).await;
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(log.contains("[possible values: bash"), "{log}");
}
