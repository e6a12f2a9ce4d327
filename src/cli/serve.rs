//! `llm-router serve`.

use std::process::ExitCode;
use std::sync::Arc;

use log::{debug, error, warn};
use rustix::thread::disable_transparent_huge_pages;

use crate::app::{App, Launch, Signals};
use crate::config::settings::{Flags, process_env};

pub fn serve(flags: Flags) -> ExitCode {
    // Each call needs two sockets; the usual soft limit of 1024 is soon reached.
    if let Err(failure) = rlimit::increase_nofile_limit(u64::MAX) {
        warn!("the limit of open files cannot be raised: {failure}");
    }
    // The allocator asks for pages of 2 MiB: each worker's first request of a size would hold one.
    if let Err(failure) = disable_transparent_huge_pages(true) {
        debug!("memory comes in huge pages: {failure}");
    }
    let launch = Launch { flags, env: Arc::new(process_env) };
    actix::System::new().block_on(async move {
        let running = match App::start(launch).await {
            Ok(running) => running,
            Err(failure) => {
                error!("not started: {failure}");
                return ExitCode::FAILURE;
            }
        };
        let stopped = match Signals::listen() {
            Ok(mut signals) => {
                signals.stop_after(async || running.reload().await).await;
                running.stop_until(signals.stop()).await
            }
            Err(failure) => {
                error!("signals cannot be received: {failure}");
                running.stop().await
            }
        };
        if stopped.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}
