//! `llm-router serve`.

use std::process::ExitCode;
use std::sync::Arc;

use log::{error, warn};

use crate::app::{App, Launch};
use crate::config::settings::{Flags, process_env};

pub fn serve(flags: Flags) -> ExitCode {
    // Each call needs two sockets; the usual soft limit of 1024 is soon reached.
    if let Err(failure) = rlimit::increase_nofile_limit(u64::MAX) {
        warn!("the limit of open files stays as it is: {failure}");
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
        if let Err(failure) = running.until_told_to_stop().await {
            error!("no signals can be received: {failure}");
        }
        if running.stop().await.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}
