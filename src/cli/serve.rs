//! `llm-router serve`.

use std::process::ExitCode;
use std::sync::Arc;

use log::{error, warn};

use crate::app::{App, Launch, Signals};
use crate::config::settings::{Flags, process_env};

pub fn serve(flags: Flags) -> ExitCode {
    // Each call needs two sockets; the usual soft limit of 1024 is soon reached.
    if let Err(failure) = rlimit::increase_nofile_limit(u64::MAX) {
        warn!("the limit of open files cannot be raised: {failure}");
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
