//! The router on this database, over HTTP: how much memory its exports and figures take.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Router {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

/// An answer, and what the router's memory rose to while it was made.
pub struct Served {
    pub bytes: u64,
    pub lines: usize,
    pub took: Duration,
    pub peak_mib: f64,
}

const CONFIG: &str = r#"
[[providers]]
name = "bench"
type = "openai_compatible"
base_url = "http://127.0.0.1:9/v1"
api_key = "sk-bench"

[[models]]
name = "bench-model"
provider = "bench"
"#;

impl Router {
    pub fn start(database: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("router.toml");
        fs::write(&config, CONFIG).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let child = Command::new(env!("CARGO_BIN_EXE_llm-router"))
            .arg("--config")
            .arg(&config)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .env_clear()
            .env("HOME", folder.path())
            .env("LLM_ROUTER_DATABASE_URL", database)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let router = Self { child, port, _folder: folder };
        let begun = Instant::now();
        while router.asked("/health").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the router does not answer");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        router
    }

    pub fn get(&self, path: &str) -> Served {
        // The peak is counted anew from here on.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
        let begun = Instant::now();
        let (bytes, lines) = self.asked(path).unwrap_or_else(|| panic!("`{path}` has no answer"));
        Served { bytes, lines, took: begun.elapsed(), peak_mib: self.peak_mib() }
    }

    pub fn resident_mib(&self) -> f64 {
        self.status("VmRSS:")
    }

    fn peak_mib(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() / 1024.0
    }

    /// The bytes and the lines of an answer with status 200.
    fn asked(&self, path: &str) -> Option<(u64, usize)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut buffer = vec![0; 256 * 1024];
        let (mut bytes, mut lines, mut is_begun) = (0, 0, false);
        loop {
            let count = stream.read(&mut buffer).ok()?;
            if count == 0 {
                return is_begun.then_some((bytes, lines));
            }
            if !is_begun && !buffer.starts_with(b"HTTP/1.1 200") {
                println!("{path}: {}", String::from_utf8_lossy(&buffer[..count]));
                return None;
            }
            is_begun = true;
            bytes += count as u64;
            lines += buffer[..count].iter().filter(|byte| **byte == b'\n').count();
        }
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        let _ = self.child.wait();
    }
}
