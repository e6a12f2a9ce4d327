//! Real clients of https and HTTP/2.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::app::Setup;
use crate::support::{Config, Script, TestApp, Upstream, chat, skip, streamed_chat};

async fn secured() -> (Upstream, TestApp) {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["one ", "two"]),
        false => Script::chat("hi"),
    })
    .await;
    let app = Setup::default().over_tls().start(&Config::with(&upstream)).await;
    (upstream, app)
}

/// Standard output; `None` where there is no such program.
async fn output(mut command: Command) -> Option<String> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match command.output().await {
        Ok(output) => output,
        Err(error) => {
            skip(&format!("{:?} cannot be run: {error}", command.as_std().get_program()));
            return None;
        }
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn curl_speaks_both_versions_and_trusts_the_certificate() {
    let (_upstream, app) = secured().await;
    for (version, expected) in [("--http2", "2"), ("--http1.1", "1.1")] {
        for (body, ends) in [(chat("gpt-x"), "}"), (streamed_chat("gpt-x"), "data: [DONE]\n\n")] {
            let url = format!("https://localhost:{}/v1/chat/completions", app.own_addr.port());
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--show-error", "--fail", "--max-time", "20", version]);
            curl.arg("--cacert").arg(app.folder.path().join("cert.pem"));
            curl.args([
                "--write-out",
                "|%{http_version}",
                "--header",
                "content-type: application/json",
            ]);
            curl.args(["--data-binary", &body.to_string(), &url]).env_remove("http_proxy");
            let Some(output) = output(curl).await else { return };
            let (answer, spoken) = output.rsplit_once('|').unwrap();
            assert_eq!(spoken, expected);
            assert!(answer.ends_with(ends), "{answer}");
        }
    }
    assert_eq!(app.records().await.len(), 4);
}

/// The OpenAI SDK over httpx, which speaks HTTP/2 where it is told to.
const SDK: &str = r#"
import ssl, sys, httpx, openai
address, certificate = sys.argv[1:]
client = httpx.Client(http2=True, verify=ssl.create_default_context(cafile=certificate), trust_env=False)
sdk = openai.OpenAI(base_url=address + "/v1", api_key="none", http_client=client, max_retries=0)
messages = [{"role": "user", "content": "hi"}]
whole = sdk.chat.completions.create(model="gpt-x", messages=messages)
stream = sdk.chat.completions.create(model="gpt-x", messages=messages, stream=True)
said = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
left = sdk.chat.completions.create(model="gpt-x", messages=messages, stream=True)
next(iter(left))
left.close()
print(whole.choices[0].message.content, "|", said, "|", client.get(address + "/health").http_version)
"#;

#[tokio::test]
async fn the_openai_sdk_speaks_http2() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http2/.venv/bin/python");
    if !python.exists() {
        return skip("`make test-tools` has not installed openai and httpx[http2]");
    }
    let (_upstream, app) = secured().await;
    let mut command = Command::new(python);
    command.args(["-B", "-c", SDK, &format!("https://localhost:{}", app.own_addr.port())]);
    command.arg(app.folder.path().join("cert.pem"));
    let Some(output) = output(command).await else { return };
    assert_eq!(output.trim(), "hi | one two | HTTP/2");
    assert_eq!(app.records().await.len(), 3);
}
