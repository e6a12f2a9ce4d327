//! The real binary and the processes that replace it; one log for them all.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// So long may a start or a stop take on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Router {
    pub addr: SocketAddr,
    /// The process that was started first.
    child: Child,
    /// The one that serves.
    id: u32,
    log: Log,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<(Vec<String>, bool)>>);

/// A listening socket that the test holds, as systemd does.
pub struct Socket(TcpListener);

impl Socket {
    pub fn open() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }
}

impl Router {
    pub async fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
        command.args(["--host", "127.0.0.1", "--port", "0"]).stdin(Stdio::null());
        Self::spawn(command, folder).await
    }

    /// With the socket as descriptor 3.
    pub async fn start_on(socket: &Socket, folder: &Path) -> Self {
        let mut command = Command::new("sh");
        let pass = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\"";
        let descriptor = OwnedFd::from(socket.0.try_clone().unwrap());
        command.args(["-c", pass, env!("CARGO_BIN_EXE_llm-router")]).stdin(descriptor);
        Self::spawn(command, folder).await
    }

    async fn spawn(mut command: Command, folder: &Path) -> Self {
        command.current_dir(folder).env_clear().env("LLM_ROUTER_DATABASE_URL", "router.db");
        command.kill_on_drop(true).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Log::default();
        let writing = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                writing.0.lock().unwrap().0.push(line);
            }
            writing.0.lock().unwrap().1 = true;
        });
        let listening = log.wait_for("listening on http://", 1).await;
        let addr = listening.split(',').next().unwrap().parse().unwrap();
        let id = child.id().unwrap();
        Self { addr, child, id, log }
    }

    /// SIGUSR2. Returns once the old process has ended.
    pub async fn hand_over(&mut self) {
        let ended = self.log.count("stopped; ");
        let handed = self.log.count("handing over to process ") + 1;
        signal(self.id, "USR2").await;
        let rest = self.log.wait_for("handing over to process ", handed).await;
        let next = rest.split(',').next().unwrap().parse().unwrap();
        self.log.wait_for("stopped; ", ended + 1).await;
        self.id = next;
    }

    /// SIGTERM. Returns once every process has ended, which wrote all records.
    pub async fn stop(mut self) {
        signal(self.id, "TERM").await;
        self.log.wait_for_end().await;
        let status = self.child.wait().await.unwrap();
        assert!(status.success(), "it ended with {status}");
        let problems = self.log.lines("could not be written");
        assert_eq!(problems, [""; 0]);
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // A test that failed leaves no process behind: only the first one is this test's child.
        if std::thread::panicking() {
            let kill = ["-c", "kill -KILL \"$0\"", &self.id.to_string()];
            let _ = std::process::Command::new("sh").args(kill).status();
            println!("{}", self.log.0.lock().unwrap().0.join("\n"));
        }
    }
}

impl Log {
    /// What stands behind that text in the log.
    fn lines(&self, text: &str) -> Vec<String> {
        let log = self.0.lock().unwrap();
        let found = log.0.iter().filter_map(|line| line.split_once(text));
        found.map(|(_, rest)| rest.to_owned()).collect()
    }

    fn count(&self, text: &str) -> usize {
        self.lines(text).len()
    }

    /// The rest of the line that has the text for that time.
    async fn wait_for(&self, text: &str, count: usize) -> String {
        let wait = async {
            loop {
                if let Some(rest) = self.lines(text).get(count - 1) {
                    return rest.clone();
                }
                assert!(!self.has_ended(), "`{text}` never came:\n{}", self.text());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await;
        found.unwrap_or_else(|_| panic!("`{text}` does not come:\n{}", self.text()))
    }

    async fn wait_for_end(&self) {
        let wait = async {
            while !self.has_ended() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, wait).await;
        ended.unwrap_or_else(|_| panic!("it does not end:\n{}", self.text()));
    }

    fn has_ended(&self) -> bool {
        self.0.lock().unwrap().1
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().0.join("\n")
    }
}

async fn signal(id: u32, name: &str) {
    // The shell's own `kill`: the standard library sends nothing but SIGKILL.
    let kill = ["-c", "kill -\"$0\" \"$1\"", name, &id.to_string()];
    assert!(Command::new("sh").args(kill).status().await.unwrap().success());
}
