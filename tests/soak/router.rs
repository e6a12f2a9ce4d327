//! The real binary, as a process of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::support::eventually;

/// Longer than any call of the soak lasts.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Router {
    pub addr: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Router {
    pub async fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("router.toml"), config).unwrap();
        let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_llm-router"))
            .args(["--host", "127.0.0.1", "--port", &addr.port().to_string()])
            .current_dir(folder.path())
            .env("LLM_ROUTER_LOG_LEVEL", "error")
            .env_remove("RUST_LOG")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let router = Self { addr, child, folder };
        eventually("the router listens", async || TcpStream::connect(addr).await.is_ok()).await;
        router
    }

    pub fn config_path(&self) -> PathBuf {
        self.folder.path().join("router.toml")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM. The exit code says whether all records were written.
    pub fn stop(mut self) {
        self.terminate();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the router does not end");
            std::thread::park_timeout(Duration::from_millis(20));
        };
        assert!(status.success(), "the router ended with {status}");
    }

    /// The shell's own `kill`: the standard library sends nothing but SIGKILL.
    fn terminate(&self) {
        let id = self.child.id().to_string();
        Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status().unwrap();
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // It has ended, unless the soak broke off.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
