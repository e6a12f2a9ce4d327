//! The real application on a port of its own, in a thread of its own. When it is dropped it is
//! stopped as by SIGTERM, and every call that it accepted must have left its record.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;

use actix_web::web::Data;
use llm_router::app::{App, Inherited, Launch, StartError, Stopped};
use llm_router::config::settings::{Env, Flags};
use llm_router::http::AppState;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::client::{self, RawClient, Response};
use super::config::Config;
use super::secured::{self, Pair};
use super::{eventually, secs};

pub struct TestApp {
    /// Takes plain HTTP, also where the router speaks https.
    pub addr: SocketAddr,
    /// The router's own port.
    pub own_addr: SocketAddr,
    pub folder: TempDir,
    state: Data<AppState>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Stopped>>,
}

/// How an application is started, where it is not the usual way.
#[derive(Default)]
pub struct Setup {
    pub env: Vec<(String, String)>,
    /// Where it listens; this machine alone where it is not said.
    host: Option<Ipv4Addr>,
    /// With a certificate of its own.
    over_tls: bool,
}

impl Setup {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Others may call as well.
    pub fn on_all_addresses(self) -> Self {
        Self { host: Some(Ipv4Addr::UNSPECIFIED), ..self }
    }

    pub fn over_tls(self) -> Self {
        Self { over_tls: true, ..self }
    }

    pub async fn start(self, config: &Config) -> TestApp {
        self.try_start(config).await.unwrap_or_else(|error| panic!("not started: {error}"))
    }

    pub async fn try_start(self, config: &Config) -> Result<TestApp, String> {
        let folder = tempfile::tempdir().unwrap();
        let config_path = folder.path().join("router.toml");
        std::fs::write(&config_path, config.text()).unwrap();
        self.start_in(folder).await
    }

    /// In a folder that holds a router.toml already.
    pub async fn start_in(self, folder: TempDir) -> Result<TestApp, String> {
        let mut env = self.env;
        let database = folder.path().join("router.db").display().to_string();
        if !env.iter().any(|(name, _)| name == "LLM_ROUTER_DATABASE_URL") {
            env.push((String::from("LLM_ROUTER_DATABASE_URL"), database));
        }
        // `TEST_OVER_TLS=1` has all tests show that https changes nothing.
        let is_tls =
            self.over_tls || std::env::var("TEST_OVER_TLS").is_ok_and(|value| value == "1");
        if is_tls {
            if !folder.path().join("cert.pem").exists() {
                Pair::valid(2020, 2090).write(folder.path());
            }
            for (name, file) in
                [("LLM_ROUTER_TLS_CERT", "cert.pem"), ("LLM_ROUTER_TLS_KEY", "key.pem")]
            {
                env.push((name.to_owned(), folder.path().join(file).display().to_string()));
            }
        }
        let flags = Flags {
            config: Some(folder.path().join("router.toml")),
            host: Some(self.host.unwrap_or(Ipv4Addr::LOCALHOST).to_string()),
            port: Some(0),
        };
        let env: Env = Arc::new(move |name| look_up(&env, name));
        let launch = Launch { flags, env, inherited: Inherited::default(), takes_over: false };
        let (started, is_started) = std_mpsc::channel();
        let (stop, told_to_stop) = oneshot::channel();
        let thread = std::thread::spawn(move || run(launch, &started, told_to_stop));
        match is_started.recv().expect("the application's thread died") {
            Ok((mut addr, state)) => {
                if addr.ip().is_unspecified() {
                    addr.set_ip(Ipv4Addr::LOCALHOST.into());
                }
                let own_addr = addr;
                if is_tls {
                    addr = secured::face(own_addr).await;
                }
                Ok(TestApp {
                    addr,
                    own_addr,
                    folder,
                    state,
                    stop: Some(stop),
                    thread: Some(thread),
                })
            }
            Err(error) => Err(error),
        }
    }
}

fn look_up(env: &[(String, String)], name: &str) -> Option<String> {
    env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

type Started = Result<(SocketAddr, Data<AppState>), String>;

fn run(
    launch: Launch,
    started: &std_mpsc::Sender<Started>,
    told_to_stop: oneshot::Receiver<()>,
) -> Stopped {
    actix::System::new().block_on(async move {
        let running = match App::start(launch).await {
            Ok(running) => running,
            Err(error) => {
                let error: StartError = error;
                started.send(Err(error.to_string())).unwrap();
                return Stopped { accepted: 0, written: 0, set_aside: 0 };
            }
        };
        started.send(Ok((running.address, running.state.clone()))).unwrap();
        // A dropped sender means stop as well.
        let _ = told_to_stop.await;
        running.stop().await
    })
}

impl TestApp {
    pub async fn start(config: &Config) -> Self {
        Setup::default().start(config).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        client::post_json(self.addr, path, body).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Response {
        let headers = [("content-type", "application/json")];
        client::request(self.addr, "PATCH", path, &headers, body.to_string().as_bytes()).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        client::request(self.addr, "DELETE", path, &[], b"").await
    }

    pub async fn chat(&self, body: &Value) -> Response {
        self.post("/v1/chat/completions", body).await
    }

    pub async fn get(&self, path: &str) -> Response {
        client::request(self.addr, "GET", path, &[], b"").await
    }

    /// A chat request that was sent, and of whose answer nothing has been read.
    pub async fn begin_chat(&self, body: &Value) -> RawClient {
        let mut client = RawClient::connect(self.addr).await;
        client.post_json("/v1/chat/completions", &body.to_string(), &[]).await;
        client
    }

    /// How many records there are, once all that are owed are on disk.
    pub async fn recorded_count(&self) -> u64 {
        self.flush_records().await;
        let page = self.get("/monitor/invocations?limit=1").await;
        page.json()["total"].as_u64().unwrap()
    }

    async fn flush_records(&self) {
        let missing = self.state.recorder.flush(secs(10)).await;
        assert_eq!(missing, 0, "records that did not reach the disk");
    }

    /// Every record, oldest first, once all that are owed are on disk.
    pub async fn records(&self) -> Vec<Value> {
        self.flush_records().await;
        let first = "/monitor/invocations?order_desc=false&limit=1000";
        let (mut records, mut path) = (Vec::new(), first.to_owned());
        loop {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{}", page.text());
            let page = page.json();
            records.extend_from_slice(page["items"].as_array().unwrap());
            let Some(cursor) = page["next_cursor"].as_str() else { return records };
            path = format!("{first}&cursor={cursor}");
        }
    }

    pub async fn only_record(&self) -> Value {
        let mut records = self.records().await;
        assert_eq!(records.len(), 1, "{records:#?}");
        records.remove(0)
    }

    /// `success 200 3 attempts`, as tests like to compare it.
    pub async fn only_outcome(&self) -> String {
        outcome(&self.only_record().await)
    }

    /// Events of a kind, or of a noun, oldest first, once all that were noted are on disk.
    pub async fn events(&self, kind: &str) -> Vec<Value> {
        assert!(self.state.journal.flush(secs(10)).await, "events that did not reach the disk");
        let page = self.get(&format!("/events?kind={kind}&limit=1000")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let mut events = page.json()["items"].as_array().unwrap().clone();
        events.reverse();
        events
    }

    pub fn config_path(&self) -> PathBuf {
        self.folder.path().join("router.toml")
    }

    /// Saves another configuration and waits until it was looked into.
    pub async fn reconfigure(&self, text: &str) {
        std::fs::write(self.config_path(), text).unwrap();
        self.wait_for_config(text).await;
    }

    /// Waits until the text is what runs, or was refused.
    pub async fn wait_for_config(&self, text: &str) {
        let before = self.state.watcher.status().checked_at.clone();
        eventually(&format!("the watcher looks at\n{text}"), async || {
            self.state.watcher.status().checked_at != before
        })
        .await;
    }

    pub fn generation(&self) -> u64 {
        self.state.watcher.status().generation
    }

    /// Stops as by SIGTERM.
    pub fn stop(mut self) -> (TempDir, Stopped) {
        let stopped = self.end().expect("it runs");
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (folder, stopped)
    }

    fn end(&mut self) -> Option<Stopped> {
        drop(self.stop.take());
        self.thread.take().map(|thread| thread.join().expect("the application's thread panicked"))
    }
}

/// `success 200`, `error 504 upstream_timeout`, `cancelled 499 client_closed_request`.
pub fn outcome(record: &Value) -> String {
    let text =
        |name: &str| record[name].as_str().map(|text| format!(" {text}")).unwrap_or_default();
    format!(
        "{}{}{}",
        text("status").trim(),
        format_args!(" {}", record["http_status"]),
        text("error_code")
    )
}

/// The text of the first choice; empty in an error.
pub fn said(answer: &Response) -> String {
    answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let is_alive = self.state.watcher.is_alive()
            && self.state.journal.is_alive()
            && self.state.recorder.last_write_error().is_none();
        let lost = self.state.journal.lost();
        if let Some(stopped) = self.end()
            && !std::thread::panicking()
        {
            assert!(stopped.is_clean(), "calls without a record: {stopped:?}");
            assert_eq!(lost, 0, "events for which there was no room");
            assert!(is_alive, "an actor died, or records could not be written");
        }
    }
}
