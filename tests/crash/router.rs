//! The real binary, as a process of its own.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::file::CallFile;
use crate::loopback::position;

/// So long may a start or a stop take on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(120);

/// In the folder of the file.
pub const CONFIG: &str = "router.toml";

pub fn config(upstream: SocketAddr) -> String {
    format!(
        "[server]\nworkers = 2\n\
         [[providers]]\nname = \"up\"\ntype = \"openai_compatible\"\nbase_url = \"http://{upstream}/v1\"\n\
         api_key = \"sk-crash\"\n\
         [[models]]\nname = \"m\"\nprovider = \"up\"\n\
         cost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.003\n"
    )
}

pub struct Router {
    pub addr: SocketAddr,
    child: Child,
}

impl Router {
    /// On a port of its own, with that file.
    pub async fn start(file: &CallFile, upstream: SocketAddr) -> Self {
        let folder = file.folder();
        std::fs::write(folder.join(CONFIG), config(upstream)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_llm-router"))
            .args(["--host", "127.0.0.1", "--port", "0"])
            .current_dir(folder)
            .env_clear()
            .env("LLM_ROUTER_DATABASE_URL", "router.db")
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = Vec::new();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once("listening on http://") {
                    return rest.split(',').next().unwrap().parse().unwrap();
                }
                log.push(line);
            }
            panic!("it ended before it listened:\n{}", log.join("\n"));
        };
        let addr = timeout(PATIENCE, listening).await.expect("it listens");
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains("ERROR") {
                    println!("router: {line}");
                }
            }
        });
        Self { addr, child }
    }

    /// SIGKILL. Returns before it has ended.
    pub fn kill(mut self) {
        self.child.start_kill().unwrap();
        tokio::spawn(async move { drop(self.child.wait().await) });
    }

    /// SIGTERM. Its exit code says whether all records were written.
    pub async fn stop(mut self) {
        let id = self.child.id().unwrap().to_string();
        // The shell's own `kill`: the standard library sends nothing but SIGKILL.
        Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status().await.unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        assert!(status.success(), "it ended with {status}");
    }

    pub async fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let body = position(&answer, b"\r\n\r\n").unwrap() + 4;
        let text = String::from_utf8_lossy(&answer[body..]);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }
}
