//! The router under test, in a temporary directory, with limiter, recording and metrics on.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::affinity::Cores;
use crate::child::ChildProcess;
use crate::exchange::{CLIENT_KEY, PROVIDERS};
use crate::machine::free_port;
use crate::wire::{Answer, get_request};

/// Whether the router keeps prompts and answers.
#[derive(Clone, Copy)]
pub struct Bodies(pub bool);

pub struct Router {
    process: ChildProcess,
    pub address: SocketAddr,
    directory: TempDir,
}

impl Router {
    /// Starts `program` with `workers` workers in front of `upstream` and waits until it is healthy.
    pub async fn start(
        program: &Path,
        upstream: SocketAddr,
        workers: usize,
        bodies: Bodies,
        cores: &Cores,
    ) -> Result<Self> {
        let port = free_port()?;
        let directory = tempfile::Builder::new().prefix("bench-router-").tempdir()?;
        let config = directory.path().join("router.toml");
        std::fs::write(&config, configuration(upstream, workers, bodies))?;
        let log = std::fs::File::create(directory.path().join("router.log"))?;
        let mut command = Command::new(std::path::absolute(program)?);
        command
            .arg("--config")
            .arg(&config)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(directory.path())
            // No setting of the operator's own router may leak into the measurement.
            .env_clear()
            .env("HOME", directory.path())
            .env("LLM_ROUTER_DATABASE_URL", directory.path().join("bench.db"))
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = cores
            .for_proxy(|| command.spawn())?
            .with_context(|| format!("`{}` did not start", program.display()))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut router = Self { process: ChildProcess::new("router", child), address, directory };
        let deadline = Instant::now() + Duration::from_secs(15);
        while !matches!(router.get("/health").await, Ok((200, _))) {
            if router.process.ended()?.is_some() || Instant::now() > deadline {
                bail!("the router is not healthy; its log:\n{}", router.log());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(router)
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The last lines it wrote, for an error message.
    pub fn log(&self) -> String {
        let log = std::fs::read(self.directory.path().join("router.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Waits until the router has recorded `expected` invocations, and that it stays at this number.
    pub async fn expect_invocations(&self, expected: u64) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut times_equal = 0;
        loop {
            let recorded = self.invocations().await?;
            times_equal = if recorded == expected { times_equal + 1 } else { 0 };
            if times_equal == 3 {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{expected} requests were accepted, but {recorded} are in `invocations`"
            );
            sleep(Duration::from_millis(250)).await;
        }
    }

    async fn invocations(&self) -> Result<u64> {
        let (status, body) = self.get("/monitor/invocations?limit=1").await?;
        ensure!(
            status == 200,
            "/monitor/invocations: status {status}: {}",
            String::from_utf8_lossy(&body)
        );
        let page: serde_json::Value =
            serde_json::from_slice(&body).context("/monitor/invocations is not JSON")?;
        page.get("total")
            .and_then(serde_json::Value::as_u64)
            .context("/monitor/invocations has no `total`")
    }

    async fn get(&self, path: &str) -> Result<(u16, Vec<u8>)> {
        let whole = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(&get_request(path)).await?;
            let (mut answer, mut buffer, mut body) =
                (Answer::default(), Vec::with_capacity(16 * 1024), Vec::new());
            loop {
                buffer.clear();
                ensure!(
                    stream.read_buf(&mut buffer).await? > 0,
                    "`{path}`: the connection was closed"
                );
                if answer.feed(&buffer, |piece| body.extend_from_slice(piece))? {
                    return Ok((answer.status, body));
                }
            }
        };
        timeout(Duration::from_secs(10), whole)
            .await
            .with_context(|| format!("`{path}` did not answer"))?
    }

    /// SIGTERM; it must end in good order.
    pub fn stop(self) -> Result<()> {
        self.process.stop(Duration::from_secs(30))
    }
}

/// A key, a limit that is counted but never reached, and prices, so that every request costs what it costs in earnest.
fn configuration(upstream: SocketAddr, workers: usize, bodies: Bodies) -> String {
    let mut text = format!(
        r#"[server]
workers = {workers}

[recording]
bodies = {}

[[api_keys]]
name = "bench"
key = "{CLIENT_KEY}"
"#,
        bodies.0
    );
    for (name, kind, path) in PROVIDERS {
        text.push_str(&format!(
            r#"
[[providers]]
name = "{name}"
type = "{kind}"
base_url = "http://{upstream}{path}"
api_key = "sk-bench"

[providers.settings]
max_connections = 4096

[[models]]
name = "bench-model"
provider = "{name}"

[models.rate_limit]
max_requests = 100000000
per_seconds = 1

[models.config]
context_window = 128000
cost_per_1k_tokens = 0.001
cost_per_1k_completion_tokens = 0.002
"#
        ));
    }
    text
}
