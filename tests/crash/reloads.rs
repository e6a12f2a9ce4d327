//! The configuration is saved again and again under load, valid and invalid in turn: no call fails, and each has its
//! record.

use std::time::Duration;

use serde_json::Value;

use crate::file::CallFile;
use crate::load::Load;
use crate::number;
use crate::router::{CONFIG, Router, config};
use crate::upstream::Upstream;

/// So long may a saved file take to be read on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every other time the provider changes too, and with it its connections.
fn valid(config: &str, round: u64) -> String {
    let other = format!("[[models]]\nname = \"of-round-{round}\"\nprovider = \"up\"\n");
    let key = if round.is_multiple_of(4) { "sk-crash-a" } else { "sk-crash-b" };
    config.replace("sk-crash", key) + &other
}

/// No TOML, TOML that means nothing, half of a file, and an empty one.
fn invalid(config: &str, round: u64) -> String {
    match round % 8 {
        1 => format!("{config}[[models"),
        3 => format!("{config}[[models]]\nname = \"x\"\nprovider = \"nobody\"\n"),
        5 => config[..config.len() / 2].to_owned(),
        _ => String::new(),
    }
}

async fn until(router: &Router, what: &str, is_so: impl Fn(&Value) -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !is_so(&router.get("/config/status").await) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}: {}", router.get("/config/status").await);
}

#[tokio::test]
async fn a_reload_fails_no_call() {
    let upstream = Upstream::start();
    let file = CallFile::new();
    let router = Router::start(&file, upstream.addr).await;
    let path = file.folder().join(CONFIG);
    let config = config(upstream.addr);
    let load = Load::start(router.addr, "reload");
    let reloads = number("RELOADS", 12);
    let mut generation = router.get("/config/status").await["generation"].as_u64().unwrap();
    for round in 0..reloads {
        if round.is_multiple_of(2) {
            std::fs::write(&path, valid(&config, round)).unwrap();
            let before = generation;
            until(&router, "a valid file is taken", |status| {
                status["generation"].as_u64() > Some(before) && status["is_current"] == true
            })
            .await;
            generation = router.get("/config/status").await["generation"].as_u64().unwrap();
        } else {
            std::fs::write(&path, invalid(&config, round)).unwrap();
            until(&router, "an invalid file is refused", |status| status["is_current"] == false)
                .await;
        }
    }
    load.end_soon();
    let tally = load.ended().await;
    println!("{reloads} reloads: {} calls answered, {} failed", tally.answered(), tally.failed());
    assert_eq!(tally.failed(), 0, "of {} calls", tally.answered());
    router.stop().await;
    file.expect_sound();
    assert_eq!(tally.lost(&file.ids()).count, 0);
    file.expect_no_other_rows(&tally);
}
