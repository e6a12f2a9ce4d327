//! The router as a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::secs;

/// The binary in that folder, without an environment.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
    command.current_dir(folder).env_clear().kill_on_drop(true).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same with so few file descriptors.
pub fn command_with_descriptors(folder: &Path, descriptors: u32) -> Command {
    let mut command = Command::new("/bin/sh");
    let script = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_llm-router")]);
    command.current_dir(folder).env_clear().kill_on_drop(true).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A folder with that router.toml.
pub fn folder_with(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("router.toml"), config).unwrap();
    folder
}

/// Exit code, standard output and standard error.
pub async fn run(mut command: Command) -> (i32, String, String) {
    let output = tokio::time::timeout(secs(20), command.output()).await.expect("it ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Starts the server and returns its address from its log.
pub async fn serve(command: Command) -> (Child, SocketAddr) {
    let (child, address, _) = serve_with_log(command).await;
    (child, address)
}

/// The lines of a server's log so far.
pub type LogLines = Arc<Mutex<Vec<String>>>;

/// The same, with what it logs from then on.
pub async fn serve_with_log(mut command: Command) -> (Child, SocketAddr, LogLines) {
    let mut child = command.args(["--host", "127.0.0.1", "--port", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once("listening on http://") {
                return rest.split(',').next().unwrap().parse().unwrap();
            }
        }
        panic!("it ended before it listened");
    };
    let address = tokio::time::timeout(secs(20), address).await.expect("it listens");
    let log = LogLines::default();
    let kept = log.clone();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            kept.lock().unwrap().push(line);
        }
    });
    (child, address, log)
}
