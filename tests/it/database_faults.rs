//! A disk that is full, a file that cannot be written: calls are served as long as the books
//! can take them, nothing is lost, and `/health/ready` says what is wrong.

use std::path::Path;
use std::process::{Command, Stdio};

use llm_router::store::Database;
use serde_json::json;

use crate::support::app::Setup;
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually};

/// A small file system of its own, unmounted when dropped. `None` where the user may not.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("skipped: this user may not mount a file system");
            return None;
        }
        Some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until those who stopped have closed their files.
    async fn remount(&self, options: &str) {
        eventually(&format!("it is remounted {options}"), async || {
            Command::new("mount")
                .args(["-o", &format!("remount,{options}")])
                .arg(self.path())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
        .await;
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.path().join("filler")).unwrap();
        let block = [0u8; 4096];
        while std::io::Write::write_all(&mut filler, &block).is_ok() {}
    }

    fn clear(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }

    fn database(&self) -> String {
        format!("sqlite://{}", self.path().join("router.db").display())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there is about to end.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_lost_once_there_is_room_again() {
    let Some(disk) = SmallDisk::mount("3m") else { return };
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("LLM_ROUTER_DATABASE_URL", &disk.database());
    let app = setup.start(&Config::with(&upstream)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    app.records().await;

    disk.fill();
    let mut body = chat("gpt-x");
    body["messages"][0]["content"] = json!("x".repeat(20_000));
    for _ in 0..20 {
        assert_eq!(app.chat(&body).await.status, 200, "calls are served on");
    }
    eventually("readiness tells that the disk is full", async || {
        let ready = app.get("/health/ready").await;
        ready.status == 503 && ready.text().contains("full")
    })
    .await;

    disk.clear();
    assert_eq!(app.records().await.len(), 21);
    eventually("it is ready again", async || app.get("/health/ready").await.status == 200).await;
}

#[tokio::test]
async fn a_database_that_another_program_holds_is_told_and_nothing_is_lost() {
    use diesel::connection::SimpleConnection;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    let database = Database::at(&app.folder.path().join("router.db").display().to_string());
    let mut holder = database.connect().unwrap();
    holder.batch_execute("BEGIN IMMEDIATE").unwrap();
    for _ in 0..5 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    }
    eventually("readiness tells that records cannot be written", async || {
        app.get("/health/ready").await.status == 503
    })
    .await;
    holder.batch_execute("COMMIT").unwrap();
    assert_eq!(app.records().await.len(), 6);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_told_at_start() {
    let Some(disk) = SmallDisk::mount("8m") else { return };
    let upstream = Upstream::start(Script::chat("hi")).await;
    let start = || {
        let setup = Setup::default().env("LLM_ROUTER_DATABASE_URL", &disk.database());
        let config = Config::with(&upstream);
        async move { setup.try_start(&config).await }
    };
    drop(start().await.unwrap());
    disk.remount("ro").await;
    let error = start().await.err().expect("a read-only database is refused");
    assert!(error.contains("router.db") && error.contains("writable"), "{error}");
    disk.remount("rw").await;
    drop(start().await.unwrap());

    let missing =
        Setup::default().env("LLM_ROUTER_DATABASE_URL", "sqlite:///no/such/folder/router.db");
    let error = missing.try_start(&Config::with(&upstream)).await.err().expect("no such folder");
    assert!(error.contains("/no/such/folder/router.db` cannot be opened"), "{error}");
}
