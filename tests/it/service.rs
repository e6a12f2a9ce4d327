//! The router as a service: what systemd passes and is told, signals at any time, and a new process
//! that takes over.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpStream, UnixDatagram};
use tokio::process::{Child, Command};

use crate::support::client::{RawClient, request};
use crate::support::process::{command, folder_with, run};
use crate::support::{eventually, secs, streamed_chat};

const CONFIG: &str = "[server]\nshutdown_timeout = 60\nworkers = 1\n[[providers]]\nname = \"demo\"\n\
    type = \"mock\"\n[[models]]\nname = \"slow\"\nprovider = \"demo\"\n[models.config.mock]\n\
    text = \"a b c\"\ntokens = 40\ntoken_interval_ms = 50\n";

/// A router with its log.
struct Service {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let writing = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                writing.lock().unwrap().push(line);
            }
        });
        Self { child, log }
    }

    /// On a port of its own.
    fn start(folder: &Path) -> Self {
        let mut command = command(folder);
        command.args(["--host", "127.0.0.1", "--port", "0"]);
        Self::spawn(command)
    }

    fn count(&self, text: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }

    async fn wait_for(&self, text: &str, count: usize) {
        let is_there = eventually(text, async || self.count(text) >= count);
        tokio::time::timeout(secs(60), is_there).await.expect("it comes");
    }

    async fn address(&self) -> SocketAddr {
        self.wait_for("listening on http://", 1).await;
        let log = self.log.lock().unwrap();
        let line = log.iter().find_map(|line| line.split_once("listening on http://")).unwrap().1;
        line.split([',', ' ']).next().unwrap().parse().unwrap()
    }

    async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        signal(&id, name).await;
    }

    async fn exit_code(mut self) -> Option<i32> {
        let ended = tokio::time::timeout(secs(60), self.child.wait()).await.expect("it ends");
        ended.unwrap().code()
    }

    /// Waits until a signal is handled: the first that is, SIGHUP, has bit 0.
    async fn handles_signals(&self) {
        let status = format!("/proc/{}/status", self.child.id().unwrap());
        eventually("signals are handled", async || {
            let status = std::fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
            let (hang_up, user_2, terminate) = (1, 1 << 11, 1 << 14);
            caught & hang_up != 0 && caught & user_2 != 0 && caught & terminate != 0
        })
        .await;
    }
}

async fn signal(id: &str, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), id]).status().await;
    assert!(sent.unwrap().success());
}

/// The binary with sockets as descriptors 3 and 4, as systemd passes them.
fn with_sockets(folder: &Path, first: OwnedFd, second: OwnedFd) -> Command {
    let pass =
        "exec 3<&0 4<&1 0</dev/null 1>/dev/null; LISTEN_FDS=2 LISTEN_PID=$$ exec \"$0\" --port 1";
    let mut command = Command::new("/bin/sh");
    command.args(["-c", pass, env!("CARGO_BIN_EXE_llm-router")]);
    command.current_dir(folder).env_clear().kill_on_drop(true);
    command.stdin(first).stdout(second).stderr(Stdio::piped());
    command
}

fn descriptor(socket: &TcpListener) -> OwnedFd {
    socket.try_clone().unwrap().into()
}

async fn answers(address: SocketAddr) -> bool {
    request(address, "GET", "/health", &[], b"").await.status == 200
}

#[tokio::test]
async fn sockets_that_are_passed_outlive_the_router() {
    let folder = folder_with(CONFIG);
    let sockets = ["127.0.0.1:0", "[::1]:0"].map(|address| TcpListener::bind(address).unwrap());
    let [first, second] = sockets.each_ref().map(|socket| socket.local_addr().unwrap());
    let start = || {
        let [one, other] = sockets.each_ref().map(descriptor);
        Service::spawn(with_sockets(folder.path(), one, other))
    };
    let router = start();
    assert_eq!(router.address().await, first);
    router.wait_for(&format!("http://{first} and http://{second}, database"), 1).await;
    assert!(answers(first).await && answers(second).await);

    router.signal("TERM").await;
    assert_eq!(router.exit_code().await, Some(0));
    let mut waiting = RawClient::connect(first).await;
    waiting.send_request("GET", "/health", &[], b"").await;
    let router = start();
    assert_eq!(waiting.read_head().await.status, 200);
    drop(router);
}

#[tokio::test]
async fn a_passed_descriptor_that_is_no_listening_socket_is_refused() {
    let folder = folder_with(CONFIG);
    let listening = TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = TcpStream::connect(listening.local_addr().unwrap()).await.unwrap();
    let connected = OwnedFd::from(connected.into_std().unwrap());
    let file = OwnedFd::from(std::fs::File::open(folder.path().join("router.toml")).unwrap());
    let unix = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    for second in [connected, file, OwnedFd::from(unix)] {
        let command = with_sockets(folder.path(), descriptor(&listening), second);
        let (code, _, log) = run(command).await;
        assert_eq!(code, 1, "{log}");
        assert!(log.contains("socket 1 that was passed in LISTEN_FDS cannot be used"), "{log}");
    }
}

#[tokio::test]
async fn systemd_is_told_of_each_step() {
    let folder = folder_with(CONFIG);
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    let mut command = command(folder.path());
    command.args(["--host", "127.0.0.1", "--port", "0"]).env("NOTIFY_SOCKET", &path);
    let router = Service::spawn({
        command.env("WATCHDOG_USEC", "200000");
        command
    });
    // Until a message that is not that it is alive.
    let next = async || {
        let mut alive = 0;
        loop {
            let mut buffer = [0; 4096];
            let length = tokio::time::timeout(secs(60), systemd.recv(&mut buffer)).await;
            let text = String::from_utf8_lossy(&buffer[..length.unwrap().unwrap()]).into_owned();
            match text.as_str() {
                "WATCHDOG=1\n" => alive += 1,
                _ => return (alive, text),
            }
        }
    };
    let serving = format!("READY=1\nSTATUS=serving on http://{}\n", router.address().await);
    assert_eq!(next().await, (0, serving.clone()));
    router.signal("HUP").await;
    let (_, reloading) = next().await;
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(next().await.1, serving);
    let mut buffer = [0; 64];
    let length = tokio::time::timeout(secs(60), systemd.recv(&mut buffer)).await.unwrap().unwrap();
    assert_eq!(&buffer[..length], b"WATCHDOG=1\n");

    router.signal("USR2").await;
    let (_, handed_over) = next().await;
    let new = handed_over.strip_prefix("MAINPID=").unwrap().trim().to_owned();
    assert_eq!(next().await.1, serving, "the new process");
    signal(&new, "TERM").await;
    assert_eq!(next().await.1, "STOPPING=1\nSTATUS=ending the calls in flight\n");
    router.wait_for("stopped; ", 2).await;
}

#[tokio::test]
async fn a_credential_stands_for_a_variable_that_is_not_set() {
    let folder = folder_with(CONFIG);
    let credentials = tempfile::tempdir().unwrap();
    let write = |text: &[u8]| {
        std::fs::write(credentials.path().join("LLM_ROUTER_API_KEYS"), text).unwrap();
    };
    let with = |environment: &[(&str, &str)]| {
        let mut command = command(folder.path());
        command.args(["--host", "127.0.0.1", "--port", "0"]);
        command.env("CREDENTIALS_DIRECTORY", credentials.path());
        command.env("LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH", "false");
        command.envs(environment.iter().copied());
        command
    };
    let may_call = async |router: &Service, key: &str| {
        let header = format!("Bearer {key}");
        let headers = [("authorization", header.as_str())];
        let address = router.address().await;
        request(address, "GET", "/v1/models", &headers, b"").await.status == 200
    };
    write(b"key-of-the-file\n");
    let router = Service::spawn(with(&[]));
    assert!(may_call(&router, "key-of-the-file").await);
    let router = Service::spawn(with(&[("LLM_ROUTER_API_KEYS", "key-of-the-environment")]));
    assert!(may_call(&router, "key-of-the-environment").await);
    assert!(!may_call(&router, "key-of-the-file").await);

    write(b"key-\xff-of-the-file");
    let (code, _, log) = run(with(&[])).await;
    assert_eq!(code, 1);
    let reason = "the credential LLM_ROUTER_API_KEYS cannot be read (it is not UTF-8)";
    assert!(log.contains(reason) && !log.contains("of-the-file"), "{log}");
}

#[tokio::test]
async fn a_signal_during_the_start_is_not_lost() {
    let folder = folder_with(CONFIG);
    let path = folder.path().join("llm_router.db").display().to_string();
    let mut holder = SqliteConnection::establish(&path).unwrap();
    holder.batch_execute("PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE; CREATE TABLE t (x)").unwrap();
    let router = Service::start(folder.path());
    router.handles_signals().await;
    router.signal("TERM").await;
    router.wait_for("stopped before it was ready", 1).await;
    assert_eq!(router.exit_code().await, Some(0));

    let router = Service::start(folder.path());
    router.handles_signals().await;
    router.signal("HUP").await;
    holder.batch_execute("ROLLBACK").unwrap();
    router.wait_for("router.toml applied", 2).await;
    assert!(answers(router.address().await).await);
}

#[tokio::test]
async fn a_stop_that_comes_with_a_reload_or_before_it_is_orderly() {
    let folder = folder_with(CONFIG);
    for signals in [["HUP", "TERM"], ["TERM", "HUP"]] {
        let router = Service::start(folder.path());
        let mut client = RawClient::connect(router.address().await).await;
        let body = streamed_chat("demo/slow").to_string();
        client.post_json("/v1/chat/completions", &body, &[]).await;
        client.read_frame_after_head().await;
        for name in signals {
            router.signal(name).await;
        }
        router.wait_for("stopping; ", 1).await;
        router.signal("HUP").await;
        let (frames, _) = client.read_to_end().await;
        assert_eq!(frames.last().unwrap(), "data: [DONE]\n\n", "{signals:?}");
        assert_eq!(router.exit_code().await, Some(0), "{signals:?}");
    }
}

#[tokio::test]
async fn a_new_process_that_cannot_start_leaves_the_old_one_serving() {
    let folder = folder_with(CONFIG);
    let router = Service::start(folder.path());
    let address = router.address().await;
    let file = folder.path().join("router.toml");
    std::fs::write(&file, "[server").unwrap();
    router.signal("USR2").await;
    router.wait_for("not handed over, this process serves on", 1).await;
    assert!(answers(address).await);

    std::fs::write(&file, CONFIG).unwrap();
    router.signal("USR2").await;
    router.wait_for("stopped; ", 1).await;
    assert!(answers(address).await);
    let handed = "handing over to process ";
    let line = router.log.lock().unwrap().iter().rfind(|line| line.contains(handed)).cloned();
    let line = line.unwrap();
    let new = line.split_once(handed).unwrap().1.split(',').next().unwrap().to_owned();
    signal(&new, "TERM").await;
    router.wait_for("stopped; ", 2).await;
    assert_eq!(router.exit_code().await, Some(0));
}

#[tokio::test]
async fn a_stop_during_a_hand_over_ends_both() {
    let folder = folder_with(CONFIG);
    let router = Service::start(folder.path());
    router.address().await;
    let path = folder.path().join("llm_router.db").display().to_string();
    let mut holder = SqliteConnection::establish(&path).unwrap();
    holder.batch_execute("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE").unwrap();
    router.signal("USR2").await;
    router.wait_for("handing over to process ", 1).await;
    router.signal("TERM").await;
    router.wait_for("stopping; ", 1).await;
    holder.batch_execute("ROLLBACK").unwrap();
    router.wait_for("stopped; ", 1).await;
    assert_eq!(router.count("listening on"), 1);
    assert_eq!(router.exit_code().await, Some(0));
}
