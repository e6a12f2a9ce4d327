//! `make test-crash`: the real binary under load, killed and stopped in the middle of it.
//!
//! A killed router leaves a sound file, from which only the newest calls are missing, and sums that equal its rows. A
//! stopped one leaves nothing out. The size fits a quick test run; `CRASH_KILLS`, `CRASH_RATE` (calls a second, of all
//! routers), `CRASH_CLIENTS` and `CRASH_LOAD_MS` (before each end) make it larger. So does `RELOADS` with the saves of
//! its configuration, none of which may fail a call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on should say so and stop; its figures go to its terminal"
)]

mod file;
mod load;
mod loopback;
mod reloads;
mod router;
mod upstream;

use std::time::Duration;

use file::CallFile;
use load::{Load, Tally};
use router::Router;
use upstream::Upstream;

/// What may be missing of a killed router was answered so shortly before, beside the longest time in which nothing was
/// answered at all: a machine that stood still wrote nothing either.
const MAY_BE_LOST: Duration = Duration::from_secs(2);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

fn kills() -> u64 {
    number("CRASH_KILLS", 3)
}

/// Another one each time, so that the end comes at any moment between two batches.
fn load_time(round: u64) -> Duration {
    Duration::from_millis(number("CRASH_LOAD_MS", 800) + 37 * (round % 7))
}

/// Its calls before the kill, checked against the file.
fn check_killed(file: &CallFile, tally: &Tally, what: &str) {
    let found = file.ids();
    let lost = tally.lost(&found);
    if let Some(hole) = lost.hole {
        panic!("{what}: `{hole}` is missing, and a call that began after its answer is there");
    }
    let bound = MAY_BE_LOST + tally.longest_silence();
    assert!(
        lost.oldest <= bound,
        "{what}: a call is missing that was answered {:?} before",
        lost.oldest
    );
    let figures = format!(
        "{} answered, {} missing, the oldest answered {:?} before the end",
        tally.answered(),
        lost.count,
        lost.oldest
    );
    println!("{what}: {figures}");
}

#[tokio::test]
async fn a_killed_router_loses_the_newest_calls_alone() {
    let upstream = Upstream::start();
    let file = CallFile::new();
    let mut all = Tally::default();
    for round in 0..kills() {
        let router = Router::start(&file, upstream.addr).await;
        file.expect_sums_equal_rows(&router).await;
        let load = Load::start(router.addr, &format!("kill-{round}"));
        tokio::time::sleep(load_time(round)).await;
        router.kill();
        let tally = load.ended().await;
        file.expect_sound();
        check_killed(&file, &tally, &format!("kill {round}"));
        all.merge(tally);
    }
    file.expect_no_other_rows(&all);
    let router = Router::start(&file, upstream.addr).await;
    file.expect_sums_equal_rows(&router).await;
    router.stop().await;
    file.expect_sound();
}

#[tokio::test]
async fn a_stopped_router_loses_nothing() {
    let upstream = Upstream::start();
    let file = CallFile::new();
    let mut all = Tally::default();
    for round in 0..kills().div_ceil(2) {
        let router = Router::start(&file, upstream.addr).await;
        let load = Load::start(router.addr, &format!("stop-{round}"));
        tokio::time::sleep(load_time(round)).await;
        router.stop().await;
        let tally = load.ended().await;
        file.expect_sound();
        let lost = tally.lost(&file.ids());
        assert_eq!(lost.count, 0, "the oldest was answered {:?} before the end", lost.oldest);
        println!("stop {round}: {} answered, none missing", tally.answered());
        all.merge(tally);
    }
    file.expect_no_other_rows(&all);
    let router = Router::start(&file, upstream.addr).await;
    file.expect_sums_equal_rows(&router).await;
    router.stop().await;
}

#[tokio::test]
async fn a_router_whose_neighbour_on_the_file_is_killed_loses_nothing() {
    let upstream = Upstream::start();
    let file = CallFile::new();
    let mut all = Tally::default();
    let staying = Router::start(&file, upstream.addr).await;
    let steady = Load::start(staying.addr, "staying");
    for round in 0..kills().div_ceil(2) {
        let killed = Router::start(&file, upstream.addr).await;
        let load = Load::start(killed.addr, &format!("beside-{round}"));
        tokio::time::sleep(load_time(round)).await;
        killed.kill();
        let tally = load.ended().await;
        check_killed(&file, &tally, &format!("kill {round} beside another"));
        all.merge(tally);
    }
    steady.end_soon();
    let steady = steady.ended().await;
    file.settled(&staying).await;
    file.expect_sums_equal_rows(&staying).await;
    staying.stop().await;
    file.expect_sound();
    assert_eq!(steady.lost(&file.ids()).count, 0, "of {} calls", steady.answered());
    println!("the other router: {} answered, none missing", steady.answered());
    all.merge(steady);
    file.expect_no_other_rows(&all);
    let router = Router::start(&file, upstream.addr).await;
    file.expect_sums_equal_rows(&router).await;
    router.stop().await;
}
