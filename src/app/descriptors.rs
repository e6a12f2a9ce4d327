//! Looks each second whether file descriptors are left: without any, clients wait at the port and
//! nothing else would say why.

use std::time::Duration;

use log::{info, warn};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::observe::descriptors::{ADVICE, are_exhausted, limit};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// As long as there are none, it is told this often.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// For as long as the process lives.
pub async fn watch() {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told: Option<Instant> = None;
    loop {
        looks.tick().await;
        match (are_exhausted(), told) {
            (true, last) if last.is_none_or(|last| last.elapsed() >= TELL_EVERY) => {
                let of = limit().map(|limit| format!(" (of {limit})")).unwrap_or_default();
                warn!("{ADVICE}{of}; new clients wait at the port until some are closed");
                told = Some(Instant::now());
            }
            (false, Some(_)) => {
                info!("file descriptors are left again");
                told = None;
            }
            (true, _) | (false, None) => {}
        }
    }
}
