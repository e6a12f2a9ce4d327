//! `make soak`: the real binary under load for twenty minutes (`SOAK_SECONDS`), while a third of its upstreams' answers
//! fail in every way of the fault matrix, some clients leave and the configuration is saved every few seconds. In the end every call was answered or refused cleanly,
//! every call has its one record, every place is free again, and neither memory nor open files have grown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on should say so and stop; this one reports to its terminal"
)]

#[allow(dead_code, unused_imports, reason = "the soak needs a part of it")]
#[path = "../it/support/mod.rs"]
mod support;

#[allow(dead_code, reason = "shared with the fault matrix, which needs all of it")]
#[path = "../it/fault_matrix/door.rs"]
mod door;
#[allow(dead_code, reason = "shared with the fault matrix, which needs all of it")]
#[path = "../it/fault_matrix/fault.rs"]
mod fault;
#[allow(dead_code, reason = "shared with the fault matrix, which needs all of it")]
#[path = "../it/fault_matrix/moment.rs"]
mod moment;
#[allow(dead_code, reason = "shared with the fault matrix, which needs all of it")]
#[path = "../it/fault_matrix/outcome.rs"]
mod outcome;
#[allow(dead_code, reason = "shared with the fault matrix, which needs all of it")]
#[path = "../it/fault_matrix/rows.rs"]
mod rows;
#[allow(dead_code, reason = "shared with the fault matrix, which needs all of it")]
#[path = "../it/fault_matrix/scripts.rs"]
mod scripts;

mod books;
mod load;
mod places;
mod reloads;
mod router;
mod upstreams;
mod watch;

use std::time::Duration;

use load::Tally;
use router::Router;
use upstreams::Upstreams;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let length = Duration::from_secs(number("SOAK_SECONDS", 1200));
    let clients = number("SOAK_CLIENTS", 24);
    let upstreams = Upstreams::start().await;
    let config = upstreams.config();
    let router = Router::start(&config).await;
    println!("{clients} clients for {} s against process {}", length.as_secs(), router.id());

    let path = router.config_path();
    let (tally, samples, saves) = tokio::join!(
        load::run(router.addr, clients, length),
        watch::watch(router.id(), length),
        reloads::run(&path, &config, length),
    );
    println!("{tally}\n{saves} saves of the configuration, every other one broken");
    let mut faults = tally.unclean.clone();
    let books = books::settled(router.addr).await;
    println!("{books}\n{samples}");
    faults.extend(books.faults(&tally));
    faults.extend(samples.faults());
    places::fill_all(router.addr, &upstreams).await;
    println!("all places of the bounded model and provider were free");
    router.stop();
    println!("the router ended with all records written");
    assert!(tally.failed_share() > 0.05, "the upstreams hardly failed: {tally}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

impl Tally {
    fn failed_share(&self) -> f64 {
        self.refused as f64 / self.calls.max(1) as f64
    }
}
